/* SPDX-License-Identifier: ISC */
/*
 * data.c - what data that was reached points to
 *
 * An object of data that has a name is reached as a whole and alone; what has none is reached with
 * all of its section that has none either.
 */
#include "graph.h"

/* Code, and not constants that lie between code. */
bool graph_is_code(const struct graph *g, uint64_t address)
{
	const struct object *o = object_of(g->program, address);
	const struct section *section = o ? section_at(o, address) : NULL;

	return is_code(g->program, address) && (!section || section->code);
}

static const struct symbol *named_object(const struct object *o, uint64_t address)
{
	const struct symbol *s = symbol_at(o, address);

	return s && s->kind == SYMBOL_OBJECT && address - s->address < s->size ? s : NULL;
}

static void range_of(const struct graph *g, const struct object *o, uint64_t address,
		     uint64_t *start, uint64_t *end)
{
	const struct segment *segment = segment_of(g->program, address);
	const struct section *section = section_at(o, address);

	if (section) {
		*start = section->start;
		*end = section->end;
		return;
	}
	*start = segment->start;
	*end = segment->end;
}

static void take_slot(struct graph *g, const struct object *o, const struct slot *s)
{
	if (!graph_is_code(g, s->target)) {
		graph_touch(g, s->target);
		return;
	}
	graph_take(g, o->libc, s->target, 0);
	if (s->ifunc)
		g->functions.at[graph_function(g, s->target)].resolver = true;
}

void graph_touch(struct graph *g, uint64_t address)
{
	if (segment_of(g->program, address))
		*vec_add(&g->data) = address;
}

static void touch(struct graph *g, uint64_t address)
{
	const struct object *o = object_of(g->program, address);
	const struct symbol *named = o ? named_object(o, address) : NULL;
	uint64_t start, end;

	if (!o)
		return;
	if (named) {
		start = named->address;
		end = start + named->size;
	} else {
		range_of(g, o, address, &start, &end);
	}
	if (!map_put(&g->touched, start << 1 | !named, 0))
		return;
	for (size_t i = slots_from(o, start); i < o->slots.count && o->slots.at[i].place < end; i++)
		if (!o->slots.at[i].single && (named || !named_object(o, o->slots.at[i].place)))
			take_slot(g, o, &o->slots.at[i]);
}

void graph_touch_threads(struct graph *g)
{
	for (size_t i = 0; i < g->program->count; i++) {
		const struct object *o = g->program->objects[i];

		for (size_t s = slots_from(o, o->tls); s < o->slots.count; s++) {
			if (o->slots.at[s].place - o->tls >= o->tls_size)
				break;
			take_slot(g, o, &o->slots.at[s]);
		}
	}
}

void graph_touch_all(struct graph *g)
{
	while (g->data.count)
		touch(g, g->data.at[--g->data.count]);
}
