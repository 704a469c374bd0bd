/* SPDX-License-Identifier: ISC */
#include "graph.h"

#include <stdlib.h>
#include <string.h>

#include "summary.h"

enum { FORGET_EACH = 512 }; /* functions */
enum { INDEX_FIRST = 1024 };
/* Packed: 0; a distance from the middle of what has room; or FAR and where among g->far. */
#define NEAR_MIDDLE (UINT32_C(1) << 30)
#define FAR	    (UINT32_C(1) << 31)

static const struct rare nothing_rare;

/* Where @address stands in the index, or the free place where it would. */
static size_t index_of(const struct graph *g, uint64_t address)
{
	size_t i = (size_t)(address * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (g->index_size - 1);

	while (g->index[i] && g->functions.at[g->index[i] - 1].entry != address)
		i = (i + 1) & (g->index_size - 1);
	return i;
}

static void enlarge_index(struct graph *g)
{
	free(g->index);
	g->index_size = g->index_size ? g->index_size * 2 : INDEX_FIRST;
	g->index = store_alloc(g->index_size, sizeof(*g->index));
	for (uint32_t i = 0; i < g->functions.count; i++)
		g->index[index_of(g, g->functions.at[i].entry)] = i + 1;
}

bool graph_find(const struct graph *g, uint64_t address, uint32_t *ret)
{
	size_t i = g->index_size ? index_of(g, address) : 0;

	if (!g->index_size || !g->index[i])
		return false;
	*ret = g->index[i] - 1;
	return true;
}

uint32_t graph_function(struct graph *g, uint64_t address)
{
	const struct object *o;
	struct function *f;
	uint32_t at;

	if (graph_find(g, address, &at))
		return at;
	if (g->functions.count * UINT64_C(4) >= g->index_size * UINT64_C(3))
		enlarge_index(g);
	o = object_of(g->program, address);
	f = vec_add(&g->functions);
	f->entry = address;
	f->rare = &nothing_rare;
	f->libc = o && o->libc;
	g->index[index_of(g, address)] = g->functions.count;
	return g->functions.count - 1;
}

uint32_t graph_pack(struct graph *g, uint64_t entry, uint64_t place)
{
	const uint64_t distance = place - entry + NEAR_MIDDLE;

	if (!place)
		return 0;
	if (distance && distance < FAR)
		return (uint32_t)distance;
	*vec_add(&g->far) = place;
	return FAR | (g->far.count - 1);
}

uint64_t graph_unpack(const struct graph *g, uint64_t entry, uint32_t packed)
{
	if (!packed)
		return 0;
	return packed & FAR ? g->far.at[packed & ~FAR] : entry + packed - NEAR_MIDDLE;
}

void graph_queue(struct graph *g, uint32_t function)
{
	struct function *f = &g->functions.at[function];

	if (f->queued || (!is_code(g->program, f->entry) && !summary_covers(g->program, f->entry)))
		return;
	f->queued = true;
	*vec_add(&g->queue) = function;
}

void graph_gap(struct graph *g, enum gap_kind kind, uint32_t function, uint64_t address,
	       const char *name)
{
	struct gap *gap;

	for (size_t i = 0; i < g->gaps.count; i++)
		if (g->gaps.at[i].kind == kind && g->gaps.at[i].address == address &&
		    g->gaps.at[i].name == name)
			return;
	gap = vec_add(&g->gaps);
	*gap = (struct gap){ .kind = kind, .address = address, .function = function, .name = name };
}

static void wake(struct graph *g, int pool)
{
	g->pool_active[pool] = true;
	for (size_t i = 0; i < g->pools[pool].count; i++)
		graph_queue(g, g->pools[pool].at[i]);
}

void graph_take(struct graph *g, bool by_libc, uint64_t address, uint64_t site)
{
	const struct object *o = object_of(g->program, address);
	int pool = by_libc ? POOL_LIBC : POOL_PROGRAM;
	uint32_t f;

	/* Static glibc keeps the entry for AT_ENTRY; nobody calls it. */
	if (!o || address == o->entry || o->summary)
		return;
	if (!may_start(o, address))
		return; /* a label: its function looks after it */
	f = graph_function(g, address);
	if (g->functions.at[f].pools >> pool & 1)
		return;
	if (!g->functions.at[f].pools)
		g->functions.at[f].taken_at = site;
	g->functions.at[f].pools |= (uint8_t)(1U << pool);
	*vec_add(&g->pools[pool]) = f;
	if (g->pool_active[pool])
		graph_queue(g, f);
}

static void spread(struct graph *g, uint32_t function)
{
	const struct function *f = &g->functions.at[function];
	const struct rare *rare = f->rare;
	const bool resolver = f->resolver;

	for (size_t i = 0; i < f->edge_count; i++)
		graph_queue(g, f->edges[i].to);
	for (size_t i = 0; resolver && i < rare->take_count; i++)
		graph_queue(g, graph_function(g, rare->takes[i]));
	f = &g->functions.at[function];
	if (!f->indirect)
		return;
	/* What the program hands over is called by the library, too. */
	if (!g->pool_active[POOL_PROGRAM])
		wake(g, POOL_PROGRAM);
	if (f->libc && !g->pool_active[POOL_LIBC])
		wake(g, POOL_LIBC);
}

/* A program that is many times larger than what is known of it is not kept in memory. */
static void forget(const struct graph *g)
{
	for (size_t i = 0; i < g->program->count; i++)
		image_forget(g->program->objects[i]);
}

/* A copy of @count of @size bytes, with room for @room; NULL when there is none. */
static void *keep(struct graph *g, const void *from, size_t count, size_t room, size_t size)
{
	void *copy;

	if (!room)
		return NULL;
	copy = arena_array(&g->kept, room, size);
	if (!copy)
		store_exhausted();
	if (count)
		memcpy(copy, from, count * size);
	return copy;
}

void graph_edges(struct graph *g, uint32_t function, const struct edge *edges, uint32_t count)
{
	struct function *f = &g->functions.at[function];
	const size_t sum = (size_t)f->edge_count + count;

	if (!count)
		return;
	f->edges = keep(g, f->edges, f->edge_count, sum, sizeof(*edges));
	memcpy(f->edges + f->edge_count, edges, count * sizeof(*edges));
	f->edge_count = (uint32_t)sum;
}

struct site *graph_site(struct graph *g, uint32_t function)
{
	struct function *f = &g->functions.at[function];
	struct rare *rare = keep(g, f->rare, 1, 1, sizeof(*rare));
	const uint32_t count = rare->site_count;

	f->rare = rare;
	if (count == rare->site_room) {
		rare->site_room = count * 2 + 2;
		rare->sites = keep(g, rare->sites, count, rare->site_room, sizeof(*rare->sites));
	}
	return &rare->sites[rare->site_count++];
}

static const struct rare *keep_rare(struct graph *g, const struct found *found)
{
	const uint32_t sites = found->sites.count, takes = found->takes.count;
	struct rare *rare;

	if (!sites && !takes)
		return &nothing_rare;
	rare = keep(g, NULL, 0, 1, sizeof(*rare));
	rare->sites = keep(g, found->sites.at, sites, sites, sizeof(*found->sites.at));
	rare->takes = keep(g, found->takes.at, takes, takes, sizeof(*found->takes.at));
	rare->site_count = rare->site_room = sites;
	rare->take_count = takes;
	return rare;
}

void graph_keep(struct graph *g, struct function *f, const struct found *found)
{
	const uint32_t count = found->edges.count;

	f->edges = keep(g, found->edges.at, count, count, sizeof(*found->edges.at));
	f->edge_count = count;
	f->rare = keep_rare(g, found);
	f->indirect = found->indirect;
	f->indirect_at = graph_pack(g, f->entry, found->indirect_at);
	f->number_from = found->number_from;
	f->exits = found->exits;
	f->known = true;
}

static void empty(struct found *found, uint64_t entry)
{
	found->entry = entry;
	found->edges.count = found->sites.count = found->takes.count = 0;
	found->indirect = found->exits = false;
	found->indirect_at = found->number_from = 0;
}

void found_edge(struct graph *g, struct found *f, uint64_t site, uint32_t to, enum edge_kind kind)
{
	struct edge *e = vec_add(&f->edges);

	*e = (struct edge){
		.site = graph_pack(g, f->entry, site),
		.to = to & EDGE_TO_MASK,
		.kind = kind,
	};
}

void found_done(struct found *f)
{
	free(f->edges.at);
	free(f->sites.at);
	free(f->takes.at);
}

static void settle(struct graph *g)
{
	struct found found = { 0 };
	unsigned looked = 0;

	while (g->queue.count || g->data.count) {
		uint32_t function;

		graph_touch_all(g);
		if (!g->queue.count)
			continue;
		function = g->queue.at[--g->queue.count];
		empty(&found, g->functions.at[function].entry);
		if (!summary_look(g, function, &found))
			(void)graph_look(g, function, &found.entry, 1, &found);
		graph_keep(g, &g->functions.at[function], &found);
		spread(g, function);
		if (++looked % FORGET_EACH == 0)
			forget(g);
	}
	forget(g);
	found_done(&found);
	free(g->data.at);
	free(g->queue.at);
	memset(&g->data, 0, sizeof(g->data));
	memset(&g->queue, 0, sizeof(g->queue));
}

static void add_root(struct graph *g, uint64_t address, bool last)
{
	uint32_t f;

	/* At offset 0 is the file's header: the entry is not there. */
	if (!is_code(g->program, address) || address == OBJECT_BASE(OBJECT_OF(address)))
		return;
	f = graph_function(g, address);
	*(last ? vec_add(&g->last) : vec_add(&g->roots)) = f;
	graph_queue(g, f);
}

static void add_array(struct graph *g, const struct object *o, uint64_t at, uint64_t size,
		      bool last)
{
	for (uint64_t i = 0; at && i + 8 <= size && i < 65536; i += 8) {
		const struct slot *s = slot_at(o, at + i);

		if (s)
			add_root(g, s->target, last);
	}
}

/* Functions that the loader finds by name. */
static void add_named(struct graph *g, const struct object *o)
{
	static const char *const names[] = { "__libc_early_init" };

	for (size_t i = 0; i < o->exports.count; i++)
		for (size_t n = 0; n < ARRAY_COUNT(names); n++)
			if (o->libc && !strcmp(o->exports.at[i].name, names[n]))
				add_root(g, o->exports.at[i].address, false);
}

static void add_roots(struct graph *g, size_t index)
{
	const struct object *o = g->program->objects[index];
	const struct dynamic *d = &o->dynamic;

	if (index == 0 || o->loader)
		add_root(g, o->entry, false);
	add_root(g, d->init, false);
	add_root(g, d->fini, true);
	add_array(g, o, d->preinit_array, d->preinit_arraysz, false);
	add_array(g, o, d->init_array, d->init_arraysz, false);
	add_array(g, o, d->fini_array, d->fini_arraysz, true);
	add_named(g, o);
}

void graph_begin(struct graph *g, const struct program *p)
{
	g->program = p;
	g->kept.maximum = STORE_MAXIMUM;
}

void graph_add(struct graph *g, const char *name)
{
	for (size_t i = 0; i < g->program->count; i++) {
		const struct object *o = g->program->objects[i];

		for (size_t s = 0; s < o->symbols.count; s++)
			if (!strcmp(o->symbols.at[s].name, name) &&
			    is_code(g->program, o->symbols.at[s].address))
				graph_queue(g, graph_function(g, o->symbols.at[s].address));
	}
}

void graph_build(struct graph *g)
{
	const struct program *p = g->program;

	summaries_begin(g);
	for (size_t i = 0; i < p->count; i++)
		add_roots(g, i);
	/* A library has none; a program that has it nowhere does not start as it says. */
	if (p->count && p->objects[0]->entry != p->objects[0]->base &&
	    !is_code(p, p->objects[0]->entry))
		graph_gap(g, GAP_MISSING, 0, 0, "where the program begins");
	graph_touch_threads(g);
	for (size_t i = 0; i < p->missing.count; i++)
		graph_gap(g, GAP_MISSING, 0, 0, p->missing.at[i]);
	settle(g);
	graph_numbers(g);
}

void graph_done(struct graph *g)
{
	arena_done(&g->kept);
	free(g->functions.at);
	free(g->names.at);
	free(g->queue.at);
	for (size_t i = 0; i < POOL_COUNT; i++)
		free(g->pools[i].at);
	free(g->data.at);
	free(g->gaps.at);
	free(g->assumed.at);
	free(g->roots.at);
	free(g->last.at);
	free(g->handed.at);
	free(g->later.at);
	free(g->labels.at);
	free(g->index);
	free(g->far.at);
	map_done(&g->touched);
	map_done(&g->escapes);
	code_done(&g->code);
}
