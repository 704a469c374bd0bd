/* SPDX-License-Identifier: ISC */
/*
 * returns.c - does a function ever come back?
 *
 * What stands after a call that never does is not code of the caller: often it is the next
 * function. A walk to the first return; whatever cannot be told (recursion, a depth, an indirect
 * jump) is "yes", which only makes more code count.
 */
#include <string.h>

#include "graph.h"

enum { ANSWER_UNKNOWN, ANSWER_ASKED, ANSWER_NO, ANSWER_YES };
enum { DEPTH_MAX = 40, WALK_MAX = 4000 };

struct walk {
	uint64_t stack[64];
	size_t waiting;
	struct map seen;
};

/* Nobody has room for more branches than this: then it returns. */
static bool walk_push(struct walk *w, uint64_t address)
{
	if (w->waiting == ARRAY_COUNT(w->stack))
		return false;
	w->stack[w->waiting++] = address;
	return true;
}

/* Where a call or a jump goes; 0: cannot be told. */
static uint64_t goes_to(const struct program *p, const struct decoded *d, uint64_t at, bool *ifunc)
{
	uint64_t place = relative_target(d, at);
	const struct slot *slot;

	if (place)
		return stub_target(p, place, ifunc);
	place = operand_place(p, d, at, &d->operands[0]);
	slot = place ? slot_at(object_of(p, place), place) : NULL;
	if (slot)
		*ifunc = slot->ifunc;
	return slot ? slot->target : 0;
}

enum step { STEP_ON, STEP_STOP, STEP_RETURNS };

static enum step step_call(struct graph *g, const struct decoded *d, uint64_t at)
{
	bool ifunc = false;
	uint64_t target = goes_to(g->program, d, at, &ifunc);

	return !target || target == at + d->insn.length || graph_returns(g, target, ifunc)
		       ? STEP_ON
		       : STEP_STOP;
}

static enum step step_jump(struct graph *g, struct walk *w, const struct decoded *d, uint64_t at,
			   uint64_t entry)
{
	bool ifunc = false;
	uint64_t target = goes_to(g->program, d, at, &ifunc);
	const struct object *o = object_of(g->program, target);

	if (!target || ifunc)
		return STEP_RETURNS;
	if (target != entry && o && map_has(&o->starts, target))
		return graph_returns(g, target, false) ? STEP_RETURNS : STEP_STOP;
	return walk_push(w, target) ? STEP_STOP : STEP_RETURNS;
}

static enum step step_over(struct graph *g, struct walk *w, const struct decoded *d, uint64_t at,
			   uint64_t entry)
{
	switch ((int)d->insn.mnemonic) {
	case ZYDIS_MNEMONIC_RET:
		return STEP_RETURNS;
	case ZYDIS_MNEMONIC_HLT:
	case ZYDIS_MNEMONIC_UD0:
	case ZYDIS_MNEMONIC_UD1:
	case ZYDIS_MNEMONIC_UD2:
	case ZYDIS_MNEMONIC_INT3:
		return STEP_STOP;
	case ZYDIS_MNEMONIC_CALL:
		return step_call(g, d, at);
	case ZYDIS_MNEMONIC_JMP:
		return step_jump(g, w, d, at, entry);
	default:
		break;
	}
	if (relative_target(d, at) && !walk_push(w, relative_target(d, at)))
		return STEP_RETURNS;
	return STEP_ON;
}

static bool walk(struct graph *g, uint64_t entry)
{
	struct walk w = { 0 };
	bool returns = false;
	size_t steps = 0;

	(void)walk_push(&w, entry);
	while (w.waiting && !returns) {
		uint64_t at = w.stack[--w.waiting];
		enum step step = STEP_ON;
		UNINITIALIZED struct decoded d;

		while (step == STEP_ON && map_put(&w.seen, at, 0)) {
			if (++steps > WALK_MAX) {
				step = STEP_RETURNS;
			} else if (!decode_short(g->program, false, at, &d)) {
				step = STEP_STOP;
			} else {
				step = step_over(g, &w, &d, at, entry);
				at += d.insn.length;
			}
		}
		returns = step == STEP_RETURNS;
	}
	map_done(&w.seen);
	return returns;
}

bool graph_returns(void *context, uint64_t target, bool ifunc)
{
	struct graph *g = context;
	uint32_t f;
	bool returns;

	if (ifunc || !is_code(g->program, target))
		return true;
	f = graph_function(g, target);
	switch (g->functions.at[f].returns) {
	case ANSWER_NO:
		return false;
	case ANSWER_UNKNOWN:
		break;
	default:
		return true;
	}
	if (libc_name(g, f) && never_returns(libc_name(g, f))) {
		g->functions.at[f].returns = ANSWER_NO;
		return false;
	}
	if (g->depth > DEPTH_MAX)
		return true;
	g->functions.at[f].returns = ANSWER_ASKED;
	g->depth++;
	returns = walk(g, target);
	g->depth--;
	g->functions.at[f].returns = returns ? ANSWER_YES : ANSWER_NO;
	return returns;
}
