/* SPDX-License-Identifier: ISC */
/* summary.c - summaries are read, and stand for the code of their libraries */
#include "summary.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/fd.h"
#include "../base/num.h"
#include "../filter/filter.h"
#include "../policy/libc.h"

enum { FILE_SIZE = 16 << 20, PATH_SIZE = 4096, ID_SIZE = 41 };

struct set {
	uint32_t first, count; /* of words */
};

struct row {
	const char *name;
	uint32_t set;
};

enum special { SPECIAL_START, SPECIAL_END, SPECIAL_POINTERS, SPECIAL_COUNT };
static const char *const specials[SPECIAL_COUNT] = { "start", "end", "pointers" };

struct summary {
	char *path, *text; /* owned */
	const char *library, *build_id;
	VEC(const char *) words;
	VEC(struct set) sets;
	VEC(struct row) rows; /* of functions, by name */
	uint32_t special[SPECIAL_COUNT];
	struct map at;		     /* address to set */
	VEC(uint32_t) interposed;    /* functions that others define before the library */
	const struct object *object; /* NULL: not used */
};

static const char *const gap_words[] = {
	[GAP_NUMBER] = "number", [GAP_CODE] = "code",	    [GAP_LENGTH] = "length",
	[GAP_OPEN] = "loads",	 [GAP_MISSING] = "missing", [GAP_LOOKUP] = "finds",
	[GAP_OTHER] = "other",
};

const char *gap_word(enum gap_kind kind)
{
	return gap_words[kind];
}

/* "loads:dlopen": the kind, and the name after it; -1. */
static int gap_of(const char *word, const char **ret_name)
{
	size_t length = strcspn(word, ":");

	*ret_name = word[length] ? word + length + 1 : NULL;
	for (size_t i = 0; i < ARRAY_COUNT(gap_words); i++)
		if (strlen(gap_words[i]) == length && !strncmp(word, gap_words[i], length))
			return (int)i;
	return -1;
}

static int effect_of(const char *word, const char **ret_path)
{
	size_t length = strcspn(word, ":");

	*ret_path = word[length] ? word + length + 1 : NULL;
	for (unsigned i = 0; i < EFFECT_COUNT; i++) {
		const char *name = libc_effect_row((enum libc_effect)i)->name;

		if (strlen(name) == length && !strncmp(word, name, length))
			return (int)i;
	}
	return -1;
}

static bool is_word(const char *word)
{
	const char *rest;

	switch (word[0]) {
	case '*':
		return !word[1];
	case '+':
		return word[1];
	case '=':
		return call_by_name(ARCH_X86_64, word + 1) != NULL;
	case '?':
		return gap_of(word + 1, &rest) >= 0;
	default:
		return effect_of(word, &rest) >= 0;
	}
}

/* The next word of a line, or NULL. */
static const char *next_word(char **at)
{
	char *word = *at + strspn(*at, " ");
	size_t length = strcspn(word, " ");

	if (!length)
		return NULL;
	*at = word + length + (word[length] != '\0');
	word[length] = '\0';
	return word;
}

static bool read_set(struct summary *s, char **at)
{
	const char *number = next_word(at), *word;
	struct set *set = vec_add(&s->sets);
	uint64_t n;

	if (!number || num_parse(number, strlen(number), UINT32_MAX, &n) != 0 || n != s->sets.count)
		return false;
	set->first = (uint32_t)s->words.count;
	while ((word = next_word(at))) {
		if (!is_word(word))
			return false;
		*vec_add(&s->words) = word;
		set->count++;
	}
	return true;
}

static bool read_number(const struct summary *s, char **at, uint32_t *ret)
{
	const char *word = next_word(at);
	uint64_t n;

	if (!word || num_parse(word, strlen(word), s->sets.count, &n) != 0 || !n || next_word(at))
		return false;
	*ret = (uint32_t)n;
	return true;
}

static bool read_line(struct summary *s, char *line)
{
	const char *kind = next_word(&line);
	struct row row;

	if (!kind || kind[0] == '#')
		return true;
	if (!strcmp(kind, "set"))
		return read_set(s, &line);
	if (!strcmp(kind, "library"))
		return (s->library = next_word(&line)) && !next_word(&line);
	if (!strcmp(kind, "build-id"))
		return (s->build_id = next_word(&line)) && !next_word(&line);
	for (size_t i = 0; i < SPECIAL_COUNT; i++)
		if (!strcmp(kind, specials[i]))
			return read_number(s, &line, &s->special[i]);
	if (strcmp(kind, "function") != 0)
		return false;
	row.name = next_word(&line);
	if (!row.name || !read_number(s, &line, &row.set) ||
	    (s->rows.count && strcmp(s->rows.at[s->rows.count - 1].name, row.name) >= 0))
		return false;
	*vec_add(&s->rows) = row;
	return true;
}

static bool read_lines(struct summary *s, size_t *ret_number)
{
	static const char first[] = "ambit-summary 1";
	char *at = s->text;
	bool begun = false;

	for (*ret_number = 1; *at; ++*ret_number) {
		size_t length = strcspn(at, "\n");
		bool last = !at[length];

		at[length] = '\0';
		if (!begun && at[0] != '#') {
			begun = !strcmp(at, first);
			if (!begun)
				return false;
		} else if (begun && !read_line(s, at)) {
			return false;
		}
		if (last)
			break;
		at += length + 1;
	}
	for (size_t i = 0; i < SPECIAL_COUNT; i++)
		begun = begun && s->special[i];
	return begun && s->library && s->build_id;
}

/* What was installed lies beside the program, in ../share of its directory or of the one above. */
static bool find_installed(const char *name, char *path)
{
	static const char *const places[] = { "../share/ambit/summaries",
					      "../../share/ambit/summaries" };
	char self[PATH_SIZE / 2];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	const char *slash;

	self[length > 0 ? length : 0] = '\0';
	slash = strrchr(self, '/');
	for (size_t i = 0; slash && i < ARRAY_COUNT(places); i++) {
		int n = snprintf(path, PATH_SIZE, "%.*s/%s/%s", (int)(slash - self), self,
				 places[i], name);

		if (n > 0 && n < PATH_SIZE && access(path, R_OK) == 0)
			return true;
	}
	return false;
}

enum ambit_code summary_add(struct summaries *all, const char *path, struct ambit_error *err)
{
	char found[PATH_SIZE];
	struct summary *s;
	size_t number = 0;
	int r;

	if (all->count == SUMMARIES_MAX) {
		(void)err_set(err, AMBIT_E_RESOURCE, AMBIT_LAYER_NONE, 0, "more than %d summaries",
			      SUMMARIES_MAX);
		return err_hint(err, "leave out those of libraries that it does not need");
	}
	if (!strchr(path, '/') && access(path, R_OK) != 0 && find_installed(path, found))
		path = found;
	s = all->at[all->count++] = store_alloc(1, sizeof(*s));
	s->path = strdup(path);
	s->text = store_alloc(FILE_SIZE, 1);
	if (!s->path)
		store_exhausted();
	r = fd_read_file(AT_FDCWD, path, s->text, FILE_SIZE);
	if (r < 0)
		(void)err_set(err, AMBIT_E_NOT_FOUND, AMBIT_LAYER_NONE, -r, "cannot read %s", path);
	else if (!read_lines(s, &number))
		(void)err_set(err, AMBIT_E_POLICY, AMBIT_LAYER_NONE, 0,
			      "%s:%zu: no summary that this version makes", path, number);
	else
		return AMBIT_OK;
	return err_hint(err, "make one: ambit check --summarise LIBRARY -o FILE");
}

static void summary_free(struct summary *s)
{
	free(s->path);
	free(s->text);
	free(s->words.at);
	free(s->sets.at);
	free(s->rows.at);
	free(s->interposed.at);
	map_done(&s->at);
	free(s);
}

void summaries_done(struct summaries *all)
{
	for (size_t i = 0; i < all->count; i++)
		summary_free(all->at[i]);
	all->count = 0;
}

const char *summary_library(const struct summary *s)
{
	return s->library;
}

const char *summary_path(const struct summary *s)
{
	return s->path;
}

static bool same_build(const struct summary *s, const struct object *o)
{
	char id[ID_SIZE] = "";

	for (size_t i = 0; i < o->build_id_length; i++)
		(void)snprintf(id + 2 * i, sizeof(id) - 2 * i, "%02x", o->build_id[i]);
	return *id && !strcmp(id, s->build_id);
}

enum summary_fit summary_use(struct summary *s, struct program *p, bool force)
{
	/* The program itself is always read. */
	for (size_t i = 1; i < p->count; i++) {
		struct object *o = p->objects[i];

		if (strcmp(o->name, s->library) != 0 || o->libc || o->summary)
			continue;
		if (!same_build(s, o) && !force)
			return SUMMARY_OTHER_BUILD;
		o->summary = s;
		s->object = o;
		return same_build(s, o) ? SUMMARY_FITS : SUMMARY_OTHER_BUILD;
	}
	return SUMMARY_NOT_NEEDED;
}

static const struct row *row_of(const struct summary *s, const char *name)
{
	size_t low = 0, high = s->rows.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(name, s->rows.at[middle].name);

		if (order == 0)
			return &s->rows.at[middle];
		if (order > 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static void put_array(const struct object *o, struct map *at, uint64_t array, uint64_t size,
		      uint32_t set)
{
	for (uint64_t i = 0; array && i + 8 <= size && i < 65536; i += 8) {
		const struct slot *slot = slot_at(o, array + i);

		if (slot)
			(void)map_put(at, slot->target, set);
	}
}

static uint64_t pointers_address(const struct object *o)
{
	return o->base + (UINT64_C(1) << OBJECT_SHIFT) - 2;
}

/* Which set each address of the library has; what others define before it is called by it, too. */
static void link_summary(struct graph *g, struct summary *s)
{
	const struct object *o = s->object;
	const struct dynamic *d = &o->dynamic;

	for (size_t i = 0; i < o->exports.count; i++) {
		const struct export *e = &o->exports.at[i], *first;
		const struct row *row = row_of(s, e->name);

		if (e->kind == SYMBOL_OBJECT || !is_code(g->program, e->address))
			continue;
		if (row)
			(void)map_put(&s->at, e->address, row->set);
		first = program_lookup(g->program, e->name, e->version);
		if (first && object_of(g->program, first->address) != o)
			*vec_add(&s->interposed) = graph_function(g, first->address);
	}
	(void)map_put(&s->at, d->init, s->special[SPECIAL_START]);
	(void)map_put(&s->at, d->fini, s->special[SPECIAL_END]);
	put_array(o, &s->at, d->init_array, d->init_arraysz, s->special[SPECIAL_START]);
	put_array(o, &s->at, d->fini_array, d->fini_arraysz, s->special[SPECIAL_END]);
}

void summaries_begin(struct graph *g)
{
	for (size_t i = 0; i < g->program->count; i++) {
		struct object *o = g->program->objects[i];
		uint32_t f;

		if (!o->summary)
			continue;
		link_summary(g, o->summary);
		f = graph_function(g, pointers_address(o));
		g->functions.at[f].pools |= 1U << POOL_PROGRAM;
		*vec_add(&g->pools[POOL_PROGRAM]) = f;
	}
}

bool summary_is_pointers(const struct program *p, uint64_t address)
{
	const struct object *o = object_of(p, address);

	return o && o->summary && address == pointers_address(o);
}

bool summary_covers(const struct program *p, uint64_t address)
{
	const struct object *o = object_of(p, address);

	return o && o->summary;
}

/* What is neither exported nor run at the start or end can only be reached by a pointer. */
static const struct set *set_at(const struct summary *s, uint64_t address)
{
	uint32_t set = s->special[SPECIAL_POINTERS];

	(void)map_get(&s->at, address, &set);
	return &s->sets.at[set - 1];
}

static void take_call(struct graph *g, uint32_t function, struct found *ret, const char *name)
{
	const struct export *e = program_lookup(g->program, name, NULL);
	uint32_t to;

	if (!e) {
		graph_gap(g, GAP_MISSING, function, ret->entry, name);
		return;
	}
	to = graph_function(g, e->address);
	if (e->kind == SYMBOL_IFUNC)
		g->functions.at[to].resolver = true;
	found_edge(g, ret, ret->entry, to, EDGE_CALL);
	ret->exits = ret->exits || ends_process(name);
}

static void take_word(struct graph *g, uint32_t function, struct found *ret, const char *word)
{
	const char *name;
	struct site *site;
	int kind;

	switch (word[0]) {
	case '*':
		ret->indirect = true;
		ret->indirect_at = ret->entry;
		break;
	case '+':
		take_call(g, function, ret, word + 1);
		break;
	case '=':
		site = vec_add(&ret->sites);
		*site = (struct site){ .address = ret->entry,
				       .number = call_by_name(ARCH_X86_64, word + 1)->number };
		break;
	case '?':
		kind = gap_of(word + 1, &name);
		graph_gap(g, (enum gap_kind)kind, function, ret->entry, name);
		break;
	default: /* an effect: for the comparison */
		break;
	}
}

bool summary_look(struct graph *g, uint32_t function, struct found *ret)
{
	uint64_t entry = g->functions.at[function].entry;
	const struct object *o = object_of(g->program, entry);
	const struct set *set;

	if (!o || !o->summary)
		return false;
	ret->entry = entry;
	set = set_at(o->summary, entry);
	for (uint32_t i = 0; i < set->count; i++)
		take_word(g, function, ret, o->summary->words.at[set->first + i]);
	for (size_t i = 0; i < o->summary->interposed.count; i++)
		found_edge(g, ret, entry, o->summary->interposed.at[i], EDGE_CALL);
	return true;
}

void summary_effects(const struct graph *g, uint32_t function,
		     void (*add)(void *context, unsigned effect, const char *path), void *context)
{
	uint64_t entry = g->functions.at[function].entry;
	const struct object *o = object_of(g->program, entry);
	const struct set *set;

	if (!o || !o->summary)
		return;
	set = set_at(o->summary, entry);
	for (uint32_t i = 0; i < set->count; i++) {
		const char *path, *word = o->summary->words.at[set->first + i];
		int effect = strchr("*+=?", word[0]) ? -1 : effect_of(word, &path);

		if (effect >= 0)
			add(context, (unsigned)effect, path);
	}
}
