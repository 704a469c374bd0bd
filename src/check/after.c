/* SPDX-License-Identifier: ISC */
/*
 * after.c - what remains once a call has come back
 *
 * The rest of whoever made it, then the rest of their callers, up to where the program begins. A
 * function whose address is taken may be called by whoever calls what it cannot tell. What was
 * registered before (handlers of signals, threads, destructors) goes on beside that: see
 * spread_later() in reach.c. Where nobody can tell what comes after, everything does.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "reach.h"

enum { AFTER_MAX = 20000 };

struct after {
	struct reach *reach;
	VEC(uint32_t) waiting; /* functions: what comes after each of their calls? */
	struct map seen;
	VEC(uint64_t) starts; /* in the function that is looked at */
	bool found, pointers;
};

static void wait_for(struct after *a, uint32_t function)
{
	if (map_put(&a->seen, function, 0))
		*vec_add(&a->waiting) = function;
}

static bool counts(const struct after *a, uint32_t function)
{
	const struct function *f = &a->reach->graph->functions.at[function];

	return f->known && (!f->libc || a->reach->deep);
}

static void add_start(struct after *a, uint64_t site)
{
	struct decoded d;

	if (decode_at(a->reach->graph->program, site, &d))
		*vec_add(&a->starts) = site + d.insn.length;
}

static bool is_among(const uint32_t *functions, size_t count, uint32_t function)
{
	for (size_t i = 0; i < count; i++)
		if (functions[i] == function)
			return true;
	return false;
}

/* Of what was looked at last, do the first @count instructions come back to a caller? */
static bool comes_back(const struct code *c, uint32_t count)
{
	bool back = c->leaves.count || c->too_long;

	for (uint32_t i = 0; i < count && !back; i++) {
		const struct insn *insn = &c->insns.at[i];

		back = insn->kind == INSN_RETURN || insn->kind == INSN_TAIL ||
		       insn->kind == INSN_JUMP_INDIRECT ||
		       (insn->kind == INSN_BRANCH && code_leaves(c, insn->target));
	}
	return back;
}

/* @function from the starts on; then its callers. */
static void take_rest(struct after *a, uint32_t function)
{
	struct reach *r = a->reach;
	struct graph *g = r->graph;
	const struct function *f = &g->functions.at[function];
	struct function rest = { .entry = f->entry, .libc = f->libc };
	uint32_t counted;

	if (!a->starts.count)
		return;
	a->found = true;
	counted = graph_look(g, function, a->starts.at, a->starts.count, &rest);
	/* main() has returned to what exit() follows. */
	rest.exits = rest.exits || is_among(g->roots.at, g->roots.count, function);
	for (uint32_t i = 0; i < counted; i++)
		(void)map_put(&r->rest, g->code.insns.at[i].address, 0);
	if (g->code.too_long)
		(void)map_put(&r->rest, rest.entry, 0);
	*vec_add(&r->partial) = rest;
	*vec_add(&r->partial_of) = function;
	a->starts.count = 0;
	if (comes_back(&g->code, counted))
		wait_for(a, function);
}

static void after_edges(struct after *a, uint32_t caller, uint32_t callee)
{
	const struct function *f = &a->reach->graph->functions.at[caller];

	for (size_t i = 0; i < f->edges.count; i++) {
		if (f->edges.at[i].to != callee)
			continue;
		a->found = true;
		if (f->edges.at[i].kind == EDGE_JUMP)
			wait_for(a, caller);
		else
			add_start(a, f->edges.at[i].site);
	}
	take_rest(a, caller);
}

/* A call of a pointer, or of the C library with one. */
static bool calls_pointer(struct graph *g, const struct insn *i)
{
	const char *name = NULL;

	if (i->kind == INSN_CALL || i->kind == INSN_TAIL)
		name = libc_name(g, graph_function(g, i->target));
	return i->kind == INSN_CALL_INDIRECT || i->kind == INSN_JUMP_INDIRECT ||
	       (name && libc_callbacks(name));
}

static void after_pointers(struct after *a, uint32_t caller)
{
	struct graph *g = a->reach->graph;
	const struct code_calls calls = { .returns = graph_returns, .context = g };
	uint64_t entry = g->functions.at[caller].entry;

	code_begin(&g->code, g->program, entry, &calls);
	code_start(&g->code, entry);
	code_explore(&g->code);
	for (size_t i = 0; i < g->code.insns.count; i++) {
		const struct insn insn = g->code.insns.at[i];

		if (!calls_pointer(g, &insn))
			continue;
		a->found = true;
		if (insn.kind == INSN_CALL || insn.kind == INSN_CALL_INDIRECT)
			add_start(a, insn.address);
		else
			wait_for(a, caller);
	}
	take_rest(a, caller);
}

/* Whoever is handed @callee calls it, or has it called. */
static void after_handed(struct after *a, uint32_t callee)
{
	const struct graph *g = a->reach->graph;

	for (size_t i = 0; i < g->handed.count; i++) {
		const struct handed h = g->handed.at[i];

		if (h.what != callee || !counts(a, h.function))
			continue;
		if (g->functions.at[h.function].libc)
			*vec_add(&a->reach->again) = h.function;
		else
			after_pointers(a, h.function);
	}
}

static void after_calls(struct after *a, uint32_t callee)
{
	const struct graph *g = a->reach->graph;
	const uint32_t count = g->functions.count;
	const bool pointers = g->functions.at[callee].pools && !a->pointers;

	a->pointers = a->pointers || pointers;
	for (uint32_t i = 0; i < count; i++) {
		if (!counts(a, i))
			continue;
		after_edges(a, i, callee);
		if (pointers && g->functions.at[i].indirect)
			after_pointers(a, i);
	}
	after_handed(a, callee);
	/* What the loader calls before the program's own start, or in the end. */
	if (is_among(g->last.at, g->last.count, callee) ||
	    (is_among(g->roots.at, g->roots.count, callee) &&
	     g->functions.at[callee].entry != g->program->objects[0]->entry))
		a->reach->all = true;
}

static bool ends_with(const char *name, const char *end)
{
	const size_t length = strlen(name), of_end = strlen(end);

	return length >= of_end && !strcmp(name + length - of_end, end);
}

/*
 * setjmp() comes back again when anything jumps there: all of that name are taken for it. The C
 * library's own are for the ends of threads and of errors.
 */
static void after_jumps(struct after *a)
{
	struct graph *g = a->reach->graph;
	const uint32_t count = g->functions.count;

	for (uint32_t i = 0; i < count; i++) {
		const char *name = libc_name(g, i);

		if (!ends_with(name ? name : function_name(g, i), "setjmp"))
			continue;
		for (uint32_t caller = 0; caller < count; caller++)
			if (g->functions.at[caller].known && !g->functions.at[caller].libc)
				after_edges(a, caller, i);
	}
}

/* A program that is linked with its C library: who makes the call may have any handler. */
static void note_own_handlers(struct graph *g)
{
	static const int32_t numbers[] = { SYS_rt_sigaction, SYS_clone, SYS_clone3 };

	for (size_t i = 0; i < g->program->count; i++)
		if (g->program->objects[i]->libc)
			return;
	for (uint32_t i = 0; i < g->functions.count && !g->later_by; i++) {
		const struct function *f = &g->functions.at[i];

		for (size_t s = 0; !f->libc && s < f->sites.count; s++)
			for (size_t n = 0; n < ARRAY_COUNT(numbers); n++)
				if (f->sites.at[s].number == numbers[n]) {
					g->later_by = i + 1;
					g->later_at = f->sites.at[s].address;
				}
	}
}

bool reach_after(struct reach *r, uint32_t function)
{
	struct after a = { .reach = r };
	size_t done = 0;
	bool found;

	r->after = true;
	note_own_handlers(r->graph);
	wait_for(&a, function);
	after_calls(&a, a.waiting.at[done++]);
	found = a.found;
	if (found)
		after_jumps(&a);
	while (found && done < a.waiting.count && done < AFTER_MAX && !r->all)
		after_calls(&a, a.waiting.at[done++]);
	r->all = r->all || (found && done < a.waiting.count);
	free(a.waiting.at);
	free(a.starts.at);
	map_done(&a.seen);
	return found;
}
