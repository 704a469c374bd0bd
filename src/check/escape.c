/* SPDX-License-Identifier: ISC */
/*
 * escape.c - where does a code pointer go?
 *
 * Forward from where an address is put into a register, with the set of registers that hold it.
 * When it goes only into calls that call it (qsort's comparison) or hand it on to such, it is an
 * edge to there and no pointer that anybody else could call. Anything not understood is an escape.
 */
#include <stdlib.h>

#include "summary.h"

enum { STEPS_MAX = 400, DEPTH_MAX = 4, ARGUMENTS = 6, RAX = 0 };
enum verdict { VERDICT_ASKED, VERDICT_KEPT, VERDICT_ESCAPES };
static const unsigned argument_registers[ARGUMENTS] = { 7, 6, 2, 1, 8, 9 };
#define CLOBBERED 0x0fc7U

/* A call that the pointer is an argument of. */
struct use {
	uint64_t site;
	uint32_t function;
	unsigned argument;
};

struct trail {
	struct graph *graph;
	const struct code *code;
	VEC(struct use) uses;
	VEC(uint64_t) states; /* instruction << 16 | registers that hold it before */
	struct map seen;
	size_t steps;
	bool escapes, called;
};

static void go(struct trail *t, uint64_t address, unsigned held)
{
	uint32_t index;
	uint64_t state;

	if (!held)
		return;
	if (!code_find(t->code, address, &index)) {
		t->escapes = true; /* out of what was explored */
		return;
	}
	state = (uint64_t)index << 16 | held;
	if (map_put(&t->seen, state, 0))
		*vec_add(&t->states) = state;
}

static void pass(struct trail *t, const struct insn *i, unsigned held)
{
	for (unsigned k = 0; k < ARGUMENTS; k++) {
		struct use *u;

		if (!(held >> argument_registers[k] & 1))
			continue;
		u = vec_add(&t->uses);
		*u = (struct use){ .site = i->address,
				   .function = graph_function(t->graph, i->target),
				   .argument = k };
	}
	if (held & 1U << RAX)
		t->escapes = t->escapes || i->kind == INSN_TAIL;
}

static bool holds(unsigned held, ZydisRegister reg)
{
	int number = register_number(reg);

	return number >= 0 && (held >> (unsigned)number & 1);
}

/* What a plain instruction does with the registers that hold the pointer. */
static unsigned over_plain(struct trail *t, const struct decoded *d, unsigned held)
{
	const ZydisDecodedOperand *op = d->operands;
	bool compares =
		d->insn.mnemonic == ZYDIS_MNEMONIC_CMP || d->insn.mnemonic == ZYDIS_MNEMONIC_TEST;
	bool copies = d->insn.mnemonic == ZYDIS_MNEMONIC_MOV && op[0].size == 64 &&
		      op[0].type == ZYDIS_OPERAND_TYPE_REGISTER &&
		      op[1].type == ZYDIS_OPERAND_TYPE_REGISTER;
	bool copied = copies && holds(held, op[1].reg.value);
	bool clears = d->insn.operand_count_visible == 2 &&
		      d->insn.mnemonic == ZYDIS_MNEMONIC_XOR && op[0].reg.value == op[1].reg.value;

	for (size_t i = 0; i < d->insn.operand_count; i++, op++) {
		bool reads = op->actions & ZYDIS_OPERAND_ACTION_MASK_READ;

		if (op->type == ZYDIS_OPERAND_TYPE_MEMORY &&
		    (holds(held, op->mem.base) || holds(held, op->mem.index)))
			t->escapes = true;
		if (op->type == ZYDIS_OPERAND_TYPE_REGISTER && reads && !compares && !copies &&
		    !clears && holds(held, op->reg.value))
			t->escapes = true;
	}
	op = d->operands;
	for (size_t i = 0; i < d->insn.operand_count; i++, op++)
		if (op->type == ZYDIS_OPERAND_TYPE_REGISTER &&
		    (op->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) &&
		    register_number(op->reg.value) >= 0 && !compares)
			held &= ~(1U << (unsigned)register_number(op->reg.value));
	if (copied)
		held |= 1U << (unsigned)register_number(d->operands[0].reg.value);
	return held;
}

static void over_indirect(struct trail *t, const struct decoded *d, unsigned held)
{
	if (d->operands[0].type == ZYDIS_OPERAND_TYPE_REGISTER &&
	    holds(held, d->operands[0].reg.value)) {
		t->called = true;
		held &= ~(1U << (unsigned)register_number(d->operands[0].reg.value));
	}
	for (unsigned k = 0; k < ARGUMENTS; k++)
		if (held >> argument_registers[k] & 1)
			t->escapes = true; /* perhaps an argument, perhaps left over */
}

/*
 * The registers that a call does not keep. A compiler that sees the callee knows better (gcc's
 * -fipa-ra): what a function of the same object does not touch is still there.
 */
static unsigned lost(const struct trail *t, const struct insn *i)
{
	return object_of(t->graph->program, i->target) == t->code->object ? 1U << RAX : CLOBBERED;
}

static void over(struct trail *t, const struct insn *i, unsigned held)
{
	uint64_t next = i->address + i->length;
	UNINITIALIZED struct decoded d;

	if (!decode_at(t->graph->program, i->address, &d)) {
		t->escapes = true;
		return;
	}
	switch ((enum insn_kind)i->kind) {
	case INSN_CALL:
		pass(t, i, held);
		if (t->code->calls.returns(t->code->calls.context, i->target, i->ifunc))
			go(t, next, held & ~lost(t, i));
		break;
	case INSN_TAIL:
		pass(t, i, held);
		break;
	case INSN_CALL_INDIRECT:
		over_indirect(t, &d, held);
		go(t, next, held & ~CLOBBERED);
		break;
	case INSN_JUMP_INDIRECT:
		over_indirect(t, &d, held);
		break;
	case INSN_RETURN:
		t->escapes = t->escapes || (held & 1U << RAX);
		break;
	case INSN_JUMP:
		go(t, i->target, held);
		break;
	case INSN_BRANCH:
		if (i->target && !code_leaves(t->code, i->target))
			go(t, i->target, held);
		else
			t->escapes = true;
		go(t, next, held);
		break;
	case INSN_PLAIN:
		go(t, next, over_plain(t, &d, held));
		break;
	case INSN_JUMP_TABLE:
	case INSN_SYSCALL:
		t->escapes = true;
		break;
	case INSN_STOP:
	case INSN_BAD:
		break;
	}
}

static void follow(struct trail *t)
{
	for (size_t i = 0; i < t->states.count && !t->escapes; i++) {
		uint64_t state = t->states.at[i];

		if (++t->steps > STEPS_MAX)
			t->escapes = true;
		else
			over(t, &t->code->insns.at[state >> 16], (unsigned)(state & 0xffff));
	}
}

static void trail_done(struct trail *t)
{
	free(t->uses.at);
	free(t->states.at);
	map_done(&t->seen);
}

struct flight {
	struct graph *graph;
	uint64_t what;
	VEC(uint32_t) through; /* functions it is handed to */
};

static bool use_is_kept(struct flight *f, const struct use *u, unsigned depth);

/* Does a function keep what it gets as an argument to itself: calls it, or hands it on? */
static bool parameter_is_kept(struct flight *f, uint32_t function, unsigned argument,
			      unsigned depth)
{
	const struct code_calls calls = { .returns = graph_returns, .context = f->graph };
	struct graph *g = f->graph;
	uint64_t entry = g->functions.at[function].entry;
	struct code code = { 0 };
	struct trail t = { .graph = g, .code = &code };
	bool kept = true;

	if (!is_code(g->program, entry) || summary_covers(g->program, entry))
		return false;
	code_begin(&code, g->program, entry, &calls);
	code.budget = STEPS_MAX * 4;
	code_start(&code, entry);
	code_explore(&code);
	go(&t, entry, 1U << argument_registers[argument]);
	follow(&t);
	kept = !t.escapes && !code.too_long;
	for (size_t i = 0; kept && i < t.uses.count; i++)
		kept = use_is_kept(f, &t.uses.at[i], depth + 1);
	trail_done(&t);
	code_done(&code);
	return kept;
}

static bool use_is_kept(struct flight *f, const struct use *u, unsigned depth)
{
	struct graph *g = f->graph;
	const char *name = libc_name(g, u->function);
	uint64_t key = (uint64_t)u->function << 3 | u->argument;
	uint32_t verdict;
	bool kept;

	*vec_add(&f->through) = u->function;
	if (name)
		return libc_callbacks(name) >> u->argument & 1;
	if (map_get(&g->escapes, key, &verdict) && verdict == VERDICT_ESCAPES)
		return false;
	if (depth > DEPTH_MAX)
		return false;
	for (size_t i = 0; i + 1 < f->through.count; i++)
		if (f->through.at[i] == u->function)
			return true; /* handed round in a circle */
	kept = parameter_is_kept(f, u->function, u->argument, depth);
	if (!kept)
		(void)map_put(&g->escapes, key, VERDICT_ESCAPES);
	return kept;
}

bool escape_follow(struct graph *g, const struct code *c, uint32_t index, unsigned reg,
		   struct found *f, uint64_t what)
{
	const struct insn *i = &c->insns.at[index];
	struct trail t = { .graph = g, .code = c };
	struct flight flight = { .graph = g, .what = what };
	bool kept;

	go(&t, i->address + i->length, 1U << reg);
	follow(&t);
	kept = !t.escapes && (t.uses.count || t.called);
	for (size_t k = 0; kept && k < t.uses.count; k++)
		kept = use_is_kept(&flight, &t.uses.at[k], 0);
	for (size_t k = 0; kept && k < t.uses.count; k++)
		found_edge(g, f, t.uses.at[k].site, graph_function(g, what), EDGE_CALLBACK);
	for (size_t k = 0; kept && k < flight.through.count; k++) {
		struct handed *h = vec_add(&g->handed);
		const char *name = libc_name(g, flight.through.at[k]);

		if (name && runs_last(name))
			*vec_add(&g->last) = graph_function(g, what);

		*h = (struct handed){ .function = flight.through.at[k],
				      .what = graph_function(g, what) };
	}
	free(flight.through.at);
	trail_done(&t);
	return kept;
}
