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

/*
 * Who calls whom is found once; what a caller goes on with is looked at once for all the places
 * that a round adds. A file made to need more rounds than programs do ends with everything.
 */
enum { INSNS_MAX = 30 * 1000 * 1000 };

/* @from, at this edge of its own, goes on once the function it leads to has come back. */
struct caller {
	uint32_t from, edge;
};

/* @function goes on at @address. */
struct start {
	uint64_t address;
	uint32_t function;
};

struct after {
	struct reach *reach;
	struct caller *callers;	  /* by whom they call, then in the order of functions */
	uint32_t *first;	  /* of each function, in these; one more ends the last one's */
	uint32_t functions;	  /* how many there were then */
	VEC(uint32_t) waiting;	  /* functions that come back: what comes after each call? */
	VEC(struct start) starts; /* that nothing was made of yet */
	VEC(uint64_t) places;	  /* of one function */
	struct map seen, asked;	  /* functions that wait, or whose calls of pointers are known */
	uint64_t insns;		  /* looked at so far */
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

static int by_function(const void *a, const void *b)
{
	const struct start *x = a, *y = b;

	if (x->function != y->function)
		return x->function < y->function ? -1 : 1;
	return x->address < y->address ? -1 : x->address > y->address;
}

static const struct edge *edge_of(const struct after *a, const struct caller *c)
{
	return &a->reach->graph->functions.at[c->from].edges[c->edge];
}

/* Counted first, so that each has its place: there can be millions. */
static void find_callers(struct after *a)
{
	const struct graph *g = a->reach->graph;
	uint32_t sum = 0;

	a->functions = g->functions.count;
	a->first = store_alloc((size_t)a->functions + 2, sizeof(*a->first));
	for (uint32_t i = 0; i < a->functions; i++)
		for (uint32_t e = 0; e < g->functions.at[i].edge_count; e++)
			a->first[g->functions.at[i].edges[e].to + 2]++;
	for (uint32_t i = 2; i < a->functions + 2; i++)
		sum = a->first[i] += sum;
	a->callers = store_alloc(sum, sizeof(*a->callers));
	for (uint32_t i = 0; i < a->functions; i++)
		for (uint32_t e = 0; e < g->functions.at[i].edge_count; e++)
			a->callers[a->first[g->functions.at[i].edges[e].to + 1]++] =
				(struct caller){ .from = i, .edge = e };
}

static uint32_t first_caller(const struct after *a, uint32_t callee)
{
	return a->first[callee < a->functions ? callee : a->functions];
}

static uint32_t end_of_callers(const struct after *a, uint32_t callee)
{
	return a->first[callee < a->functions ? callee + 1 : a->functions];
}

static void add_start(struct after *a, uint32_t function, uint64_t site)
{
	struct decoded d;
	struct start *s;

	if (!decode_at(a->reach->graph->program, site, &d))
		return;
	s = vec_add(&a->starts);
	*s = (struct start){ .address = site + d.insn.length, .function = function };
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

/* @function from the places on; then its callers. */
static void take_rest(struct after *a, uint32_t function)
{
	struct reach *r = a->reach;
	struct graph *g = r->graph;
	const struct function *f = &g->functions.at[function];
	struct function rest = { .entry = f->entry, .libc = f->libc };
	struct found found = { .entry = f->entry };
	uint32_t counted = graph_look(g, function, a->places.at, a->places.count, &found);

	a->insns += g->code.insns.count;
	graph_keep(g, &rest, &found);
	found_done(&found);
	/* main() has returned to what exit() follows. */
	rest.exits = rest.exits || is_among(g->roots.at, g->roots.count, function);
	for (uint32_t i = 0; i < counted; i++)
		(void)map_put(&r->rest, g->code.insns.at[i].address, 0);
	if (g->code.too_long)
		(void)map_put(&r->rest, rest.entry, 0);
	*vec_add(&r->partial) = rest;
	*vec_add(&r->partial_of) = function;
	if (comes_back(&g->code, counted))
		wait_for(a, function);
}

/* What the last round has added, each function at once. */
static void take_starts(struct after *a)
{
	VEC(struct start) now = { .at = a->starts.at, .count = a->starts.count };

	a->starts.at = NULL;
	a->starts.count = a->starts.room = 0;
	store_sort(now.at, now.count, sizeof(*now.at), by_function);
	for (size_t i = 0; i < now.count && a->insns < INSNS_MAX;) {
		const uint32_t function = now.at[i].function;

		a->places.count = 0;
		for (; i < now.count && now.at[i].function == function; i++)
			if (!a->places.count ||
			    a->places.at[a->places.count - 1] != now.at[i].address)
				*vec_add(&a->places) = now.at[i].address;
		take_rest(a, function);
	}
	free(now.at);
}

static void after_edge(struct after *a, const struct caller *c)
{
	const struct graph *g = a->reach->graph;
	const struct edge *e = edge_of(a, c);

	a->found = true;
	if (e->kind == EDGE_JUMP)
		wait_for(a, c->from);
	else
		add_start(a, c->from, graph_unpack(g, g->functions.at[c->from].entry, e->site));
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

	if (!map_put(&a->asked, caller, 0))
		return;
	code_begin(&g->code, g->program, entry, &calls);
	code_start(&g->code, entry);
	code_explore(&g->code);
	a->insns += g->code.insns.count;
	for (size_t i = 0; i < g->code.insns.count; i++) {
		const struct insn insn = g->code.insns.at[i];

		if (!calls_pointer(g, &insn))
			continue;
		a->found = true;
		if (insn.kind == INSN_CALL || insn.kind == INSN_CALL_INDIRECT)
			add_start(a, caller, insn.address);
		else
			wait_for(a, caller);
	}
}

/* Whoever is handed @callee calls it, or has it called. */
static void after_handed(struct after *a, uint32_t callee)
{
	const struct graph *g = a->reach->graph;

	for (size_t i = 0; i < g->handed.count; i++) {
		const struct handed h = g->handed.at[i];

		if (h.what != callee || !counts(a, h.function))
			continue;
		if (!g->functions.at[h.function].libc)
			after_pointers(a, h.function);
		else if (map_put(&a->asked, h.function, 0))
			*vec_add(&a->reach->again) = h.function;
	}
}

static void after_calls(struct after *a, uint32_t callee)
{
	const struct graph *g = a->reach->graph;
	const uint32_t count = g->functions.count;
	const bool pointers = g->functions.at[callee].pools && !a->pointers;

	a->pointers = a->pointers || pointers;
	for (uint32_t i = first_caller(a, callee); i < end_of_callers(a, callee); i++)
		if (counts(a, a->callers[i].from))
			after_edge(a, &a->callers[i]);
	for (uint32_t i = 0; pointers && i < count; i++)
		if (counts(a, i) && g->functions.at[i].indirect)
			after_pointers(a, i);
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

/* These come back again when anything jumps there: all of such a name are taken for them. */
static bool comes_again(const char *name)
{
	static const char *const ends[] = { "setjmp", "getcontext", "swapcontext" };

	for (size_t i = 0; i < ARRAY_COUNT(ends); i++)
		if (ends_with(name, ends[i]))
			return true;
	return false;
}

/*
 * Where a jump can lead back to: what follows a call of setjmp() and its like, and the labels that
 * __builtin_setjmp() stores. The C library's own are for the ends of threads and of errors.
 */
static void after_jumps(struct after *a)
{
	struct graph *g = a->reach->graph;

	for (size_t i = 0; i < g->labels.count; i++)
		*vec_add(&a->starts) = (struct start){ .address = g->labels.at[i].address,
						       .function = g->labels.at[i].function };

	for (uint32_t callee = 0; callee < a->functions; callee++) {
		const uint32_t end = end_of_callers(a, callee);
		const char *name = libc_name(g, callee);

		if (first_caller(a, callee) == end ||
		    !comes_again(name ? name : function_name(g, callee)))
			continue;
		for (uint32_t i = first_caller(a, callee); i < end; i++) {
			const struct function *f = &g->functions.at[a->callers[i].from];

			if (f->known && !f->libc)
				after_edge(a, &a->callers[i]);
		}
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

		for (size_t s = 0; !f->libc && s < f->rare->site_count; s++)
			for (size_t n = 0; n < ARRAY_COUNT(numbers); n++)
				if (f->rare->sites[s].number == numbers[n]) {
					g->later_by = i + 1;
					g->later_at = f->rare->sites[s].address;
				}
	}
}

/* Until nothing is added. False: there is more than is looked at. */
static bool follow(struct after *a, size_t done)
{
	while (!a->reach->all && a->insns < INSNS_MAX) {
		take_starts(a);
		if (done == a->waiting.count)
			return a->insns < INSNS_MAX;
		while (done < a->waiting.count && !a->reach->all)
			after_calls(a, a->waiting.at[done++]);
	}
	return a->reach->all;
}

/* All of the program counts: what was found of the rest of its functions is a part of that. */
static void take_all(struct reach *r)
{
	r->all = true;
	r->partial.count = r->partial_of.count = 0;
	map_clear(&r->rest);
}

bool reach_after(struct reach *r, uint32_t function)
{
	struct after a = { .reach = r };
	bool found;

	r->after = true;
	note_own_handlers(r->graph);
	find_callers(&a);
	wait_for(&a, function);
	after_calls(&a, function);
	found = a.found;
	if (found)
		after_jumps(&a);
	if (found && (!follow(&a, 1) || r->all))
		take_all(r);
	free(a.callers);
	free(a.first);
	free(a.waiting.at);
	free(a.starts.at);
	free(a.places.at);
	map_done(&a.seen);
	map_done(&a.asked);
	return found;
}
