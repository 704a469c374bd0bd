/* SPDX-License-Identifier: ISC */
/*
 * strings.c - the values and the strings that an argument of a call can be
 *
 * A helper that opens the path it is given has none of its own: then those who call the helper are
 * asked, and who calls them. Only what is known of every caller counts: a function whose address
 * is taken, or that the question began with, may be called by anybody.
 */
#include "compare.h"

enum { DEPTH_MAX = 5, CALLERS_MAX = 64 };

struct search {
	const struct comparison *comparison;
	uint64_t *values;
	size_t count, callers;
	unsigned depth;
	bool unknown;
};

static void argument_of(struct search *s, uint32_t function, uint64_t site, unsigned argument);

static void add_value(struct search *s, uint64_t value)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->values[i] == value)
			return;
	s->unknown = s->unknown || s->count == VALUES_MAX;
	if (!s->unknown)
		s->values[s->count++] = value;
}

/* What @caller hands over wherever it calls @function. True when it does. */
static bool caller_of(struct search *s, uint32_t caller, uint32_t function, unsigned argument)
{
	const struct graph *g = s->comparison->graph;
	bool found = false;

	/* Looking at the caller may move the functions, but adds none of its edges. */
	for (size_t i = 0; i < g->functions.at[caller].edges.count && !s->unknown; i++) {
		const struct edge e = g->functions.at[caller].edges.at[i];

		if (e.to != function)
			continue;
		found = true;
		if (e.kind == EDGE_CALLBACK || ++s->callers > CALLERS_MAX)
			s->unknown = true;
		else
			argument_of(s, caller, e.site, argument);
	}
	return found;
}

static void callers_of(struct search *s, uint32_t function, unsigned argument)
{
	const struct reach *r = s->comparison->reach;
	bool found = false;

	if (s->depth == DEPTH_MAX || s->comparison->graph->functions.at[function].pools ||
	    r->functions[function].how == STEP_START) {
		s->unknown = true;
		return;
	}
	s->depth++;
	for (size_t i = 0; i < r->order.count && !s->unknown; i++)
		found = caller_of(s, r->order.at[i], function, argument) || found;
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
	for (size_t i = 0; i < v.count && !s->unknown; i++)
		add_value(s, v.at[i]);
	for (unsigned reg = 0; reg < 32 && !s->unknown; reg++) {
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
		  const char **ret)
{
	uint64_t values[VALUES_MAX];
	const size_t count = values_of(c, at, argument, values);

	for (size_t i = 0; i < count; i++) {
		ret[i] = values[i] ? string_at(c->graph->program, values[i]) : NULL;
		if (!ret[i])
			return 0;
	}
	return count;
}
