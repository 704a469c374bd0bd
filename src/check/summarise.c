/* SPDX-License-Identifier: ISC */
/*
 * summarise.c - a summary is made: what each exported function leads to within its library
 *
 * What leaves the library is put down by name, so that the answer for another library, or another
 * C library, is that library's own. What the library may have given away as a pointer is a set
 * of its own, which whoever calls any pointer reaches.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../filter/filter.h"
#include "compare.h"
#include "summary.h"

/* A word of a function's own, in a list. */
struct own {
	uint32_t word, next; /* next: plus one */
};

struct row {
	const char *name; /* of a function; of a special line when @keyword is that */
	const char *keyword;
	uint32_t set;
};

struct maker {
	struct graph graph;
	struct reach reach;
	struct comparison comparison;
	VEC(char *) texts; /* words, then sets; owned */
	struct map ids;	   /* hash of a text to its number */
	VEC(struct own) owns;
	uint32_t *heads; /* of each function, plus one */
	size_t function_count;
	uint32_t *order; /* words by text */
	size_t word_count;
	bool *marked;	       /* words of the set that is being made */
	VEC(uint32_t) waiting; /* functions of it */
	struct map seen;
	VEC(struct row) rows;
	VEC(uint32_t) sets; /* numbers of texts */
	struct map set_of;  /* number of a text to the set's */
};

static uint64_t hash(const char *text)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (; *text; text++)
		h = (h ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	return h >> 1;
}

static uint32_t intern(struct maker *m, const char *text)
{
	uint64_t key = hash(text);
	size_t size = strlen(text) + 1;
	uint32_t at;

	for (; map_get(&m->ids, key, &at); key++)
		if (!strcmp(m->texts.at[at], text))
			return at;
	at = (uint32_t)m->texts.count;
	*vec_add(&m->texts) = memcpy(store_alloc(size, 1), text, size);
	(void)map_put(&m->ids, key, at);
	return at;
}

static void own_word(struct maker *m, uint32_t function, const char *text)
{
	uint32_t word = intern(m, text);
	struct own *own;

	for (uint32_t at = m->heads[function]; at; at = m->owns.at[at - 1].next)
		if (m->owns.at[at - 1].word == word)
			return;
	own = vec_add(&m->owns);
	*own = (struct own){ .word = word, .next = m->heads[function] };
	m->heads[function] = (uint32_t)m->owns.count;
}

static void own_format(struct maker *m, uint32_t function, const char *prefix, const char *text)
{
	AUTO_BUF struct buf word = { 0 };

	buf_add_format(&word, "%s%s", prefix, text);
	own_word(m, function, buf_text(&word));
}

static bool is_own(const struct graph *g, uint32_t function)
{
	return OBJECT_OF(g->functions.at[function].entry) == 0;
}

/* Letters that a word can have. */
static bool is_plain(const char *text)
{
	for (; *text; text++)
		if (*text <= ' ' || *text > '~')
			return false;
	return true;
}

/* The name by which another object's function is called; NULL. */
static const char *name_of(struct graph *g, uint32_t function)
{
	const char *name = libc_name(g, function);

	if (!name)
		name = function_name(g, function);
	return *name && is_plain(name) ? name : NULL;
}

static void own_call(struct maker *m, uint32_t function, uint32_t to)
{
	const char *name = name_of(&m->graph, to);

	/* A wrapper of system calls: the numbers that it is given are known to its caller. */
	if (m->graph.functions.at[to].number_from)
		return;
	if (name)
		own_format(m, function, "+", name);
	else
		own_word(m, function, "?code");
}

static void own_graph(struct maker *m, uint32_t function)
{
	const struct function *f = &m->graph.functions.at[function];

	for (size_t i = 0; i < f->edge_count; i++)
		if (!is_own(&m->graph, f->edges[i].to))
			own_call(m, function, f->edges[i].to);
	for (size_t i = 0; i < f->rare->site_count; i++) {
		const int32_t number = f->rare->sites[i].number;
		const struct call_row *row =
			number < 0 ? NULL : call_by_number(ARCH_X86_64, (uint32_t)number);

		own_format(m, function, row ? "=" : "?number", row ? row->name : "");
	}
	if (f->indirect)
		own_word(m, function, "*");
}

static void own_gaps(struct maker *m)
{
	for (size_t i = 0; i < m->graph.gaps.count; i++) {
		const struct gap *gap = &m->graph.gaps.at[i];
		AUTO_BUF struct buf word = { 0 };

		if (gap->kind == GAP_MISSING || !is_own(&m->graph, gap->function))
			continue;
		buf_add_format(&word, "?%s", gap_word(gap->kind));
		if (gap->name && is_plain(gap->name))
			buf_add_format(&word, ":%s", gap->name);
		own_word(m, gap->function, buf_text(&word));
	}
}

/* The effects of each call of the C library, as far as its arguments tell. */
static void own_effects(struct maker *m)
{
	for (size_t i = 0; i < m->comparison.findings.count; i++) {
		const struct finding *f = &m->comparison.findings.at[i];
		AUTO_BUF struct buf word = { 0 };

		if (f->raw || f->kind == FINDING_UNKNOWN)
			continue;
		buf_add_string(&word, libc_effect_row(f->effect)->name);
		if (f->path && is_plain(f->path))
			buf_add_format(&word, ":%s", f->path);
		for (size_t k = 0; k < f->places.count; k++)
			own_word(m, f->places.at[k].function, buf_text(&word));
	}
}

static void build(struct maker *m, const struct program *p)
{
	const struct object *o = p->objects[0];
	struct graph *g = &m->graph;

	graph_begin(g, p);
	g->pool_active[POOL_PROGRAM] = true; /* whoever uses it calls what it gives */
	for (size_t i = 0; i < o->exports.count; i++) {
		const struct export *e = &o->exports.at[i];
		uint32_t f;

		if (!is_code(p, e->address)) {
			graph_touch(g, e->address);
			continue;
		}
		f = graph_function(g, e->address);
		if (e->kind == SYMBOL_IFUNC)
			g->functions.at[f].resolver = true;
		graph_queue(g, f);
	}
	graph_build(g);
	m->reach = (struct reach){ .graph = g, .certain = true };
	for (uint32_t i = 0; i < g->functions.count; i++)
		if (g->functions.at[i].known && is_own(g, i))
			reach_start(&m->reach, i);
	reach_run(&m->reach);
	m->comparison = (struct comparison){ .graph = g, .reach = &m->reach };
	compare(&m->comparison);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Numbers of words in the order of their texts. */
static void order_words(struct maker *m)
{
	char **sorted = store_alloc(m->texts.count, sizeof(*sorted));

	m->word_count = m->texts.count;
	m->order = store_alloc(m->word_count, sizeof(*m->order));
	m->marked = store_alloc(m->word_count, sizeof(*m->marked));
	for (size_t i = 0; i < m->word_count; i++)
		sorted[i] = m->texts.at[i];
	store_sort(sorted, m->word_count, sizeof(*sorted), by_text);
	for (size_t i = 0; i < m->word_count; i++)
		m->order[i] = intern(m, sorted[i]);
	free(sorted);
}

static void wait_for(struct maker *m, uint32_t function)
{
	if (is_own(&m->graph, function) && map_put(&m->seen, function, 0))
		*vec_add(&m->waiting) = function;
}

static void mark(struct maker *m, const char *prefix, const char *name)
{
	AUTO_BUF struct buf word = { 0 };
	uint32_t at;

	buf_add_format(&word, "%s%s", prefix, name);
	at = intern(m, buf_text(&word));
	if (at < m->word_count)
		m->marked[at] = true;
}

/* All that the functions that wait lead to, within the library, becomes the set of a row. */
static void finish_row(struct maker *m, const char *keyword, const char *name)
{
	AUTO_BUF struct buf text = { 0 };
	uint32_t at, set;

	for (size_t done = 0; done < m->waiting.count; done++) {
		uint32_t function = m->waiting.at[done];
		const struct function *f = &m->graph.functions.at[function];
		const struct rare *rare;

		for (uint32_t own = function < m->function_count ? m->heads[function] : 0; own;
		     own = m->owns.at[own - 1].next)
			m->marked[m->owns.at[own - 1].word] = true;
		for (size_t i = 0; i < f->edge_count; i++)
			wait_for(m, f->edges[i].to);
		rare = f->resolver ? f->rare : NULL;
		for (size_t i = 0; rare && i < rare->take_count; i++)
			wait_for(m, graph_function(&m->graph, rare->takes[i]));
	}
	for (size_t i = 0; i < m->word_count; i++) {
		if (m->marked[m->order[i]])
			buf_add_format(&text, " %s", m->texts.at[m->order[i]]);
		m->marked[m->order[i]] = false;
	}
	m->waiting.count = 0;
	map_clear(&m->seen);
	at = intern(m, buf_text(&text));
	if (!map_get(&m->set_of, at, &set)) {
		*vec_add(&m->sets) = at;
		set = (uint32_t)m->sets.count;
		(void)map_put(&m->set_of, at, set);
	}
	*vec_add(&m->rows) = (struct row){ .keyword = keyword, .name = name, .set = set };
}

static int by_name(const void *a, const void *b)
{
	const struct export *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

static void add_functions(struct maker *m, const struct object *o)
{
	VEC(const struct export *) sorted = { 0 };

	for (size_t i = 0; i < o->exports.count; i++)
		if (is_code(m->graph.program, o->exports.at[i].address) &&
		    is_plain(o->exports.at[i].name))
			*vec_add(&sorted) = &o->exports.at[i];
	store_sort(sorted.at, sorted.count, sizeof(*sorted.at), by_name);
	for (size_t i = 0; i < sorted.count; i++) {
		wait_for(m, graph_function(&m->graph, sorted.at[i]->address));
		if (i + 1 == sorted.count ||
		    strcmp(sorted.at[i]->name, sorted.at[i + 1]->name) != 0)
			finish_row(m, "function", sorted.at[i]->name);
	}
	free(sorted.at);
}

static void add_specials(struct maker *m)
{
	struct graph *g = &m->graph;

	for (size_t i = 0; i < g->roots.count; i++)
		wait_for(m, g->roots.at[i]);
	finish_row(m, "start", "");
	for (size_t i = 0; i < g->last.count; i++)
		wait_for(m, g->last.at[i]);
	finish_row(m, "end", "");
	for (size_t i = 0; i < g->pools[POOL_PROGRAM].count; i++) {
		uint32_t f = g->pools[POOL_PROGRAM].at[i];
		const char *name = is_own(g, f) ? NULL : name_of(g, f);

		wait_for(m, f);
		if (name)
			mark(m, "+", name);
	}
	finish_row(m, "pointers", "");
}

/* The words of what others' functions do that the library gave away the address of. */
static void own_pointers(struct maker *m)
{
	struct graph *g = &m->graph;

	for (size_t i = 0; i < g->pools[POOL_PROGRAM].count; i++) {
		uint32_t f = g->pools[POOL_PROGRAM].at[i];
		const char *name = is_own(g, f) ? NULL : name_of(g, f);
		AUTO_BUF struct buf word = { 0 };

		buf_add_format(&word, "+%s", name ? name : "");
		if (name)
			(void)intern(m, buf_text(&word));
	}
}

static void print(const struct maker *m, const struct object *o, struct buf *out)
{
	char file[PATH_MAX];
	const char *slash = realpath(o->path, file) ? strrchr(file, '/') : NULL;

	buf_add_string(out, "# What the functions of a library do, for ambit check --summary.\n");
	if (slash && is_plain(slash))
		buf_add_format(out, "# Made from %s\n", slash + 1);
	buf_add_format(out, "ambit-summary 1\nlibrary %s\nbuild-id ",
		       is_plain(o->name) ? o->name : "?");
	for (size_t i = 0; i < o->build_id_length; i++)
		buf_add_format(out, "%02x", o->build_id[i]);
	buf_add_format(out, "%s\n", o->build_id_length ? "" : "none");
	for (size_t i = 0; i < m->sets.count; i++)
		buf_add_format(out, "set %zu%s\n", i + 1, m->texts.at[m->sets.at[i]]);
	for (size_t i = 0; i < m->rows.count; i++)
		buf_add_format(out, "%s%s%s %u\n", m->rows.at[i].keyword,
			       *m->rows.at[i].name ? " " : "", m->rows.at[i].name,
			       m->rows.at[i].set);
}

static void maker_done(struct maker *m)
{
	for (size_t i = 0; i < m->texts.count; i++)
		free(m->texts.at[i]);
	free(m->texts.at);
	free(m->owns.at);
	free(m->heads);
	free(m->order);
	free(m->marked);
	free(m->waiting.at);
	free(m->rows.at);
	free(m->sets.at);
	map_done(&m->ids);
	map_done(&m->seen);
	map_done(&m->set_of);
	compare_done(&m->comparison);
	reach_done(&m->reach);
	graph_done(&m->graph);
}

void summarise(const struct program *p, struct buf *out)
{
	struct maker m = { .function_count = 0 };

	build(&m, p);
	m.function_count = m.graph.functions.count;
	m.heads = store_alloc(m.function_count, sizeof(*m.heads));
	for (uint32_t i = 0; i < m.function_count; i++)
		if (m.graph.functions.at[i].known && is_own(&m.graph, i))
			own_graph(&m, i);
	own_gaps(&m);
	own_effects(&m);
	own_pointers(&m);
	order_words(&m);
	add_functions(&m, p->objects[0]);
	add_specials(&m);
	print(&m, p->objects[0], out);
	maker_done(&m);
}
