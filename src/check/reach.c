/* SPDX-License-Identifier: ISC */
#include "reach.h"

#include <stdlib.h>

enum { ARGUMENTS = 6, R10 = 10 };
#define CHAIN_MAX 0xffffffU
static const unsigned argument_registers[ARGUMENTS] = { 7, 6, 2, 1, 8, 9 };

/* Functions that were named since: the array follows the graph's. */
static void make_room(struct reach *r)
{
	size_t count = r->graph->functions.count;
	struct reached *more;

	if (r->count >= count)
		return;
	more = store_alloc(count * 2, sizeof(*more));
	for (size_t i = 0; i < r->count; i++)
		more[i] = r->functions[i];
	free(r->functions);
	r->functions = more;
	r->count = count * 2;
}

struct step {
	uint32_t from; /* plus one */
	uint64_t site;
	enum step_kind how;
	enum confidence confidence;
};

static uint32_t pack(const struct reach *r, const struct step *step)
{
	struct graph *g = r->graph;

	return step->from ? graph_pack(g, g->functions.at[step->from - 1].entry, step->site) : 0;
}

static uint64_t unpack(const struct reach *r, uint32_t function, uint32_t site)
{
	return graph_unpack(r->graph, r->graph->functions.at[function].entry, site);
}

uint64_t reached_site(const struct reach *r, const struct reached *here)
{
	return here->from ? unpack(r, here->from - 1, here->site) : 0;
}

uint64_t use_site(const struct reach *r, const struct use *u)
{
	return unpack(r, u->from, u->site);
}

static void visit(struct reach *r, uint32_t function, const struct step *step)
{
	const struct function *f = &r->graph->functions.at[function];
	struct reached *here;

	make_room(r);
	here = &r->functions[function];
	if (f->libc && !r->deep && step->from && !r->graph->functions.at[step->from - 1].libc) {
		struct use *u = vec_add(&r->uses);

		*u = (struct use){ .function = function,
				   .from = step->from - 1,
				   .site = pack(r, step),
				   .confidence = (uint8_t)step->confidence,
				   .how = (uint8_t)step->how };
	}
	if (here->seen || (f->libc && !r->deep))
		return;
	*here = (struct reached){ .seen = true,
				  .confidence = step->confidence & 3U,
				  .how = step->how & 3U,
				  .from = step->from,
				  .site = pack(r, step) };
	if (step->from)
		here->chain = (r->functions[step->from - 1].chain + 1U) &
			      CHAIN_MAX; /* none is that long */
	*vec_add(&r->order) = function;
}

/* Is the C library one of the objects? In a static program nothing tells its functions. */
static bool has_libc(const struct program *p)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->objects[i]->libc)
			return true;
	return false;
}

void reach_start(struct reach *r, uint32_t function)
{
	const struct step step = { .how = STEP_START };
	const bool tells = has_libc(r->graph->program);

	visit(r, function, &step);
	if (!tells && !r->whole && r->graph->functions.at[function].pools)
		r->thread = true; /* it was given to somebody */
	for (size_t i = 0; i < r->graph->handed.count; i++) {
		const struct handed *h = &r->graph->handed.at[i];

		if (h->function == function)
			visit(r, h->what, &step);
		if (h->what == function &&
		    ((!tells && !r->whole) || starts_thread(libc_name(r->graph, h->function))))
			r->thread = true;
	}
}

/* Whoever calls a pointer first leads to all of them; the next one adds nothing. */
static void visit_pool(struct reach *r, int pool, const struct step *step)
{
	if (r->visited[pool] == r->graph->pools[pool].count)
		return;
	r->visited[pool] = r->graph->pools[pool].count;
	for (size_t i = 0; i < r->graph->pools[pool].count; i++)
		visit(r, r->graph->pools[pool].at[i], step);
}

static enum confidence edge_level(const struct edge *e)
{
	return e->kind == EDGE_CALLBACK ? SURE_CALLBACK : SURE_DIRECT;
}

static void spread_edges(struct reach *r, uint32_t function, const struct function *f,
			 enum confidence level, bool first)
{
	if (!first && level > SURE_CALLBACK)
		return; /* all of them were followed there */
	for (size_t i = 0; i < f->edge_count; i++) {
		const struct edge *e = &f->edges[i];
		struct step step = { .from = function + 1,
				     .site = graph_unpack(r->graph, f->entry, e->site),
				     .how = STEP_CALL,
				     .confidence = level };

		/* What was possible at a better level has been done there. */
		if (edge_level(e) > level || (!first && edge_level(e) < level))
			continue;
		if (e->kind == EDGE_CALLBACK)
			step.how = STEP_HANDED;
		visit(r, e->to, &step);
	}
}

/* Whoever ends the process first leads to all of them, too. */
static void spread_last(struct reach *r, uint32_t function, const struct function *f)
{
	const struct step step = { .from = function + 1,
				   .site = f->entry,
				   .how = STEP_HANDED,
				   .confidence = SURE_CALLBACK };

	if (r->ended)
		return;
	r->ended = true;
	/* What the C library does in the end is what exit() of it does. */
	for (size_t i = 0; i < r->graph->last.count; i++)
		if (r->deep || !r->graph->functions.at[r->graph->last.at[i]].libc)
			visit(r, r->graph->last.at[i], &step);
}

static void spread_pointers(struct reach *r, uint32_t function, const struct function *f,
			    enum confidence level)
{
	bool program = OBJECT_OF(f->entry) == 0;
	const struct step step = { .from = function + 1,
				   .site = graph_unpack(r->graph, f->entry, f->indirect_at),
				   .how = STEP_POINTER,
				   .confidence = level };

	if (!f->indirect || level < (program ? SURE_INDIRECT : SURE_INDIRECT_LIBRARY))
		return;
	if (!f->libc || r->whole)
		visit_pool(r, POOL_PROGRAM, &step);
	if (f->libc)
		visit_pool(r, POOL_LIBC, &step);
}

/* All that one function leads to at a level; @first: it is new, lower levels count as well. */
static void spread(struct reach *r, uint32_t function, const struct function *f,
		   enum confidence level, bool first)
{
	struct step step = { .from = function + 1, .how = STEP_CALL, .confidence = level };

	spread_edges(r, function, f, level, first);
	for (size_t i = 0; first && f->resolver && i < f->rare->take_count; i++)
		visit(r, graph_function(r->graph, f->rare->takes[i]), &step);
	if (f->exits && level >= SURE_CALLBACK)
		spread_last(r, function, f);
	spread_pointers(r, function, f, level);
}

/* What was registered before the call after which this begins. */
static void spread_later(struct reach *r, enum confidence level)
{
	const struct graph *g = r->graph;
	const struct step any = {
		.from = g->later_by, .site = g->later_at, .how = STEP_POINTER, .confidence = level
	};

	for (size_t i = 0; level == SURE_CALLBACK && i < g->later.count; i++) {
		const struct step step = { .from = g->later.at[i].by + 1,
					   .site = g->later.at[i].site,
					   .how = STEP_HANDED,
					   .confidence = level };

		visit(r, g->later.at[i].what, &step);
	}
	for (size_t i = 0; level == SURE_CALLBACK && i < r->again.count; i++) {
		const struct step step = { .how = STEP_START, .confidence = level };

		visit(r, r->again.at[i], &step);
	}
	if (level == SURE_INDIRECT && g->later_by)
		visit_pool(r, POOL_PROGRAM, &any);
}

void reach_run(struct reach *r)
{
	make_room(r);
	for (enum confidence level = SURE_DIRECT; level < (r->certain ? SURE_INDIRECT : SURE_COUNT);
	     level++) {
		size_t old = level == SURE_DIRECT ? 0 : r->order.count;

		for (size_t i = 0; i < r->partial.count; i++)
			spread(r, r->partial_of.at[i], &r->partial.at[i], level, level == 0);
		if (r->after)
			spread_later(r, level);
		for (size_t i = 0; i < r->order.count; i++) {
			/* Others that are named meanwhile may move them all. */
			const struct function f = r->graph->functions.at[r->order.at[i]];

			spread(r, r->order.at[i], &f, level, i >= old);
		}
	}
}

void reach_done(struct reach *r)
{
	free(r->functions);
	free(r->order.at);
	free(r->uses.at);
	free(r->partial.at);
	free(r->partial_of.at);
	free(r->again.at);
	map_done(&r->rest);
}

bool reach_has(const struct reach *r, uint32_t function, uint64_t address)
{
	return (function < r->count && r->functions[function].seen) || map_has(&r->rest, address);
}

int reach_register(unsigned reg)
{
	for (int i = 0; i < ARGUMENTS; i++)
		if (argument_registers[i] == reg)
			return i;
	return -1;
}

void reach_argument(struct graph *g, uint32_t function, uint64_t site, unsigned argument,
		    struct value *ret)
{
	const struct code_calls calls = { .returns = graph_returns, .context = g };
	uint64_t entry = g->functions.at[function].entry;
	uint32_t index;

	*ret = (struct value){ .unknown = true };
	if (argument >= ARGUMENTS)
		return;
	if (g->code.entry != entry || !code_find(&g->code, site, &index)) {
		code_begin(&g->code, g->program, entry, &calls);
		code_start(&g->code, entry);
		code_explore(&g->code);
	}
	if (!code_find(&g->code, site, &index))
		return;
	/* The kernel has the fourth elsewhere: SYSCALL destroys RCX. */
	code_value(&g->code, index,
		   argument == 3 && g->code.insns.at[index].kind == INSN_SYSCALL
			   ? R10
			   : argument_registers[argument],
		   ret);
}
