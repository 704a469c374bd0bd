/* SPDX-License-Identifier: ISC */
/*
 * wrapper.c - system calls whose number the caller hands over: syscall(3) and its like
 *
 * A function that puts what it got in a register into RAX is a wrapper; so is one that hands its
 * own argument on to a wrapper. Each caller is looked at for what it hands over.
 */
#include <stdlib.h>

#include "graph.h"

enum { ROUNDS_MAX = 64, REGISTERS = 16 };

struct wrapper {
	uint32_t function;
	unsigned reg;
	uint64_t place; /* of the system call */
};

struct numbers {
	struct graph *graph;
	VEC(struct wrapper) waiting;
	struct map seen;
};

static void wait_for(struct numbers *n, uint32_t function, uint32_t registers, uint64_t place)
{
	for (unsigned reg = 0; reg < REGISTERS; reg++) {
		struct wrapper *w;

		if (!(registers >> reg & 1) || !map_put(&n->seen, (uint64_t)function << 4 | reg, 0))
			continue;
		w = vec_add(&n->waiting);
		*w = (struct wrapper){ .function = function, .reg = reg, .place = place };
	}
}

static void take_value(struct numbers *n, uint32_t caller, uint64_t site, const struct value *v,
		       const struct wrapper *w)
{
	struct graph *g = n->graph;

	for (size_t i = 0; i < v->count; i++) {
		struct site *s = graph_site(g, caller);

		*s = (struct site){ .address = site,
				    .number = (int32_t)(v->at[i] & 0x7fffffff),
				    .by = w->function + 1 };
	}
	wait_for(n, caller, v->entries, site);
	if (v->unknown)
		graph_gap(g, GAP_NUMBER, caller, site, NULL);
}

static bool goes_into(const struct graph *g, const struct insn *i, uint32_t function)
{
	uint32_t to;

	return (i->kind == INSN_CALL || i->kind == INSN_TAIL || i->kind == INSN_BRANCH) &&
	       i->target && graph_find(g, i->target, &to) && to == function;
}

static void ask_caller(struct numbers *n, uint32_t caller, const struct wrapper *w)
{
	const struct code_calls calls = { .returns = graph_returns, .context = n->graph };
	struct graph *g = n->graph;
	uint64_t entry = g->functions.at[caller].entry;
	bool found = false;

	code_begin(&g->code, g->program, entry, &calls);
	code_start(&g->code, entry);
	code_explore(&g->code);
	for (uint32_t i = 0; i < g->code.insns.count; i++) {
		struct value v;

		if (!goes_into(g, &g->code.insns.at[i], w->function))
			continue;
		found = true;
		code_value(&g->code, i, w->reg, &v);
		take_value(n, caller, g->code.insns.at[i].address, &v, w);
	}
	if (!found) /* by a pointer that is known: what it hands over is not */
		graph_gap(g, GAP_NUMBER, caller, entry, NULL);
}

static bool calls_function(const struct function *f, uint32_t to)
{
	for (size_t i = 0; i < f->edge_count; i++)
		if (f->edges[i].to == to)
			return true;
	return false;
}

static bool is_root(const struct graph *g, uint32_t function)
{
	for (size_t i = 0; i < g->roots.count; i++)
		if (g->roots.at[i] == function)
			return true;
	return false;
}

static void ask_callers(struct numbers *n, const struct wrapper *w)
{
	struct graph *g = n->graph;

	/* Whoever calls it by a pointer, or starts it, hands over nobody knows what. */
	if (g->functions.at[w->function].pools || is_root(g, w->function))
		graph_gap(g, GAP_NUMBER, w->function, w->place, NULL);
	for (uint32_t i = 0; i < g->functions.count; i++)
		if (g->functions.at[i].known && calls_function(&g->functions.at[i], w->function))
			ask_caller(n, i, w);
}

void graph_numbers(struct graph *g)
{
	struct numbers n = { .graph = g };

	for (uint32_t i = 0; i < g->functions.count; i++)
		if (g->functions.at[i].number_from)
			wait_for(&n, i, g->functions.at[i].number_from, g->functions.at[i].entry);
	for (size_t done = 0; done < n.waiting.count && done < ROUNDS_MAX; done++) {
		struct wrapper w = n.waiting.at[done];

		ask_callers(&n, &w);
	}
	for (size_t left = ROUNDS_MAX; left < n.waiting.count; left++)
		graph_gap(g, GAP_NUMBER, n.waiting.at[left].function, n.waiting.at[left].place,
			  NULL);
	free(n.waiting.at);
	map_done(&n.seen);
}
