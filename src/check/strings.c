/* SPDX-License-Identifier: ISC */
/*
 * strings.c - the values and the strings that an argument of a call can be
 *
 * A helper that opens the path it is given has none of its own: then those who call the helper are
 * asked, and who calls them. What is known of some is kept, and that there are others: a function
 * whose address is taken, that the question began with, or that is entered in its middle, has been
 * called by anybody. A string in memory that can be written may be another by then, too.
 */
#include "compare.h"

enum { DEPTH_MAX = 5, CALLERS_MAX = 64 };

struct search {
	const struct comparison *comparison;
	uint64_t *values;
	size_t count, callers;
	unsigned depth;
	bool unknown; /* there are others */
};

static void argument_of(struct search *s, uint32_t function, uint64_t site, unsigned argument);

static void add_value(struct search *s, uint64_t value)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->values[i] == value)
			return;
	if (s->count == VALUES_MAX)
		s->unknown = true;
	else
		s->values[s->count++] = value;
}

/* What @caller hands over wherever it calls @function; of @partial only what is left of it. */
static bool caller_of(struct search *s, uint32_t caller, const struct function *partial,
		      uint32_t function, unsigned argument)
{
	const struct graph *g = s->comparison->graph;
	/* Looking at the caller may move the functions, but not their edges. */
	const struct function *f = partial ? partial : &g->functions.at[caller];
	const struct edge *const edges = f->edges;
	const uint32_t count = f->edge_count;
	const uint64_t entry = f->entry;
	bool found = false;

	for (uint32_t i = 0; i < count; i++) {
		const struct edge *e = &edges[i];

		if (e->to != function)
			continue;
		found = true;
		if (e->kind == EDGE_CALLBACK || ++s->callers > CALLERS_MAX)
			s->unknown = true;
		else
			argument_of(s, caller, graph_unpack(g, entry, e->site), argument);
	}
	return found;
}

/* May somebody call it, or have called it, who is not among those that are reached? */
static bool has_other_callers(const struct comparison *c, uint32_t function)
{
	for (size_t i = 0; i < c->reach->partial_of.count; i++)
		if (c->reach->partial_of.at[i] == function)
			return true;
	return c->graph->functions.at[function].pools ||
	       c->reach->functions[function].how == STEP_START;
}

static void callers_of(struct search *s, uint32_t function, unsigned argument)
{
	const struct reach *r = s->comparison->reach;
	bool found = false;

	s->unknown = s->unknown || has_other_callers(s->comparison, function);
	if (s->depth == DEPTH_MAX || s->callers > CALLERS_MAX) {
		s->unknown = true;
		return;
	}
	s->depth++;
	for (size_t i = 0; i < r->order.count; i++)
		found = caller_of(s, r->order.at[i], NULL, function, argument) || found;
	for (size_t i = 0; i < r->partial.count; i++)
		found = caller_of(s, r->partial_of.at[i], &r->partial.at[i], function, argument) ||
			found;
	s->depth--;
	s->unknown = s->unknown || !found;
}

static void argument_of(struct search *s, uint32_t function, uint64_t site, unsigned argument)
{
	struct value v;

	reach_argument(s->comparison->graph, function, site, argument, &v);
	if (v.unknown || (s->depth && v.perhaps) || (!v.count && !v.entries)) {
		s->unknown = true;
		return;
	}
	for (size_t i = 0; i < v.count; i++)
		add_value(s, v.at[i]);
	for (unsigned reg = 0; reg < 32; reg++) {
		const int handed = v.entries >> reg & 1 ? reach_register(reg) : -1;

		if (handed >= 0)
			callers_of(s, function, (unsigned)handed);
		else if (v.entries >> reg & 1)
			s->unknown = true;
	}
}

size_t values_of(const struct comparison *c, const struct place *at, unsigned argument,
		 uint64_t *ret)
{
	struct search s = { .comparison = c, .values = ret };

	argument_of(&s, at->function, at->site, argument);
	return s.unknown ? 0 : s.count;
}

size_t strings_of(const struct comparison *c, const struct place *at, unsigned argument,
		  const char **ret, bool *ret_all)
{
	const struct program *p = c->graph->program;
	uint64_t values[VALUES_MAX];
	struct search s = { .comparison = c, .values = values };
	size_t count = 0;

	argument_of(&s, at->function, at->site, argument);
	for (size_t i = 0; i < s.count; i++) {
		const struct segment *segment = segment_of(p, values[i]);

		ret[count] = values[i] ? string_at(p, values[i]) : NULL;
		s.unknown = s.unknown || !ret[count] || !segment || segment->writable;
		count += ret[count] != NULL;
	}
	*ret_all = !s.unknown && count;
	return count;
}
