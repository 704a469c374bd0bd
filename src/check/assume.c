/* SPDX-License-Identifier: ISC */
/*
 * assume.c - what the author knows and machine code does not tell: a file of lines
 *
 *	loads LIBRARY...	what dlopen() brings in; read as if the program needed it, and
 *				everything it exports can be called
 *	loads nothing		no dlopen() that is reached ever succeeds
 *	number FUNCTION CALL...	the system calls that FUNCTION makes by a number nobody can tell
 *	calls FUNCTION TARGET...	what FUNCTION calls by pointers that nobody can follow
 *	trust FUNCTION		what cannot be followed in FUNCTION does no harm
 *	summary LIBRARY		a summary of another build of LIBRARY holds for this one
 */
#include "assume.h"

#include <stdlib.h>
#include <string.h>

#include "../base/fd.h"
#include "../filter/filter.h"

enum { FILE_SIZE = 65536, WORDS_MAX = 64 };

struct line {
	const char *words[WORDS_MAX];
	size_t count, number;
};

enum assumption_kind { ASSUME_LOADS, ASSUME_NUMBER, ASSUME_TRUST, ASSUME_SUMMARY, ASSUME_CALLS };
struct assumption {
	enum assumption_kind kind;
	struct line line;
	bool used; /* something else was read for it, wherever it counts */
};

struct assumptions {
	const char *path;
	char text[FILE_SIZE];
	VEC(struct assumption) lines;
};

static enum ambit_code wrong(const struct line *l, const char *path, struct ambit_error *err)
{
	return err_set(err, AMBIT_E_POLICY, AMBIT_LAYER_NONE, 0,
		       "%s:%zu: not 'loads LIBRARY...', 'number FUNCTION CALL...', "
		       "'calls FUNCTION TARGET...', 'trust FUNCTION' or 'summary LIBRARY'",
		       path, l->number);
}

static enum ambit_code take_line(struct assumptions *a, const struct line *l, const char *path,
				 struct ambit_error *err)
{
	static const char *const kinds[] = { "loads", "number", "trust", "summary", "calls" };
	static const size_t least[] = { 2, 3, 2, 2, 3 };

	for (size_t i = 0; i < ARRAY_COUNT(kinds); i++) {
		struct assumption *new;

		if (strcmp(l->words[0], kinds[i]) != 0 || l->count < least[i])
			continue;
		for (size_t k = 2; i == ASSUME_NUMBER && k < l->count; k++)
			if (!call_by_name(ARCH_X86_64, l->words[k]))
				return err_set(err, AMBIT_E_POLICY, AMBIT_LAYER_NONE, 0,
					       "%s:%zu: no system call is called %.60s", path,
					       l->number, l->words[k]);
		new = vec_add(&a->lines);
		new->line = *l;
		new->kind = (enum assumption_kind)i;
		return AMBIT_OK;
	}
	return wrong(l, path, err);
}

static void split(char *text, struct line *l)
{
	char *word = text + strspn(text, " \t");

	l->count = 0;
	while (*word && *word != '#' && l->count < WORDS_MAX) {
		size_t length = strcspn(word, " \t");
		bool last = !word[length];

		l->words[l->count++] = word;
		word[length] = '\0';
		if (last)
			return;
		word += length + 1;
		word += strspn(word, " \t");
	}
}

enum ambit_code assume_read(const char *path, struct assumptions **ret, struct ambit_error *err)
{
	struct assumptions *a = store_alloc(1, sizeof(*a));
	int r = fd_read_file(AT_FDCWD, path, a->text, sizeof(a->text));
	struct line l = { .number = 0 };
	enum ambit_code code = AMBIT_OK;
	char *at = a->text;

	*ret = a;
	a->path = path;
	if (r < 0)
		return err_set(err, AMBIT_E_NOT_FOUND, AMBIT_LAYER_NONE, -r, "cannot read %s",
			       path);
	while (*at && code == AMBIT_OK) {
		char *end = at + strcspn(at, "\n");
		bool last = !*end;

		*end = '\0';
		l.number++;
		split(at, &l);
		if (l.count)
			code = take_line(a, &l, path, err);
		at = last ? end : end + 1;
	}
	return code;
}

static bool is_summary_of(const struct assumption *line, const char *library)
{
	return line->kind == ASSUME_SUMMARY && !strcmp(line->line.words[1], library);
}

bool assume_summary(const struct assumptions *a, const char *library)
{
	for (size_t i = 0; a && i < a->lines.count; i++)
		if (is_summary_of(&a->lines.at[i], library))
			return true;
	return false;
}

void assume_summary_used(struct assumptions *a, const char *library)
{
	for (size_t i = 0; a && i < a->lines.count; i++)
		if (is_summary_of(&a->lines.at[i], library))
			a->lines.at[i].used = true;
}

size_t assume_count(const struct assumptions *a)
{
	return a ? a->lines.count : 0;
}

bool assume_used(const struct assumptions *a, size_t index)
{
	return a->lines.at[index].used;
}

const char *assume_place(const struct assumptions *a, size_t index, size_t *ret_line)
{
	*ret_line = a->lines.at[index].line.number;
	return a->path;
}

void assume_text(const struct assumptions *a, size_t index, struct buf *out)
{
	const struct line *l = &a->lines.at[index].line;

	for (size_t i = 0; i < l->count; i++)
		buf_add_format(out, "%s%s", i ? " " : "", l->words[i]);
}

void assume_free(struct assumptions *a)
{
	if (a)
		free(a->lines.at);
	free(a);
}

enum ambit_code assume_load(struct assumptions *a, struct program *p, struct ambit_error *err)
{
	for (size_t i = 0; a && i < a->lines.count; i++) {
		struct assumption *line = &a->lines.at[i];
		const struct line *l = &line->line;

		for (size_t k = 1; line->kind == ASSUME_LOADS && k < l->count; k++) {
			const size_t had = p->count;
			enum ambit_code code;

			if (!strcmp(l->words[k], "nothing"))
				continue;
			code = program_add(p, l->words[k], err);
			line->used = line->used || p->count > had;
			if (code != AMBIT_OK)
				return code;
		}
	}
	return AMBIT_OK;
}

/* Whoever loads a library may ask for any of its names. */
void assume_exports(const struct assumptions *a, struct graph *g)
{
	for (size_t i = 0; a && i < g->program->count; i++) {
		const struct object *o = g->program->objects[i];

		for (size_t e = 0; o->plugin && e < o->exports.count; e++)
			if (o->exports.at[e].kind != SYMBOL_OBJECT)
				graph_take(g, false, o->exports.at[e].address, 0);
	}
}

static bool covers(const struct assumption *line, const struct graph *g, const struct gap *gap)
{
	const char *name = function_name(g, gap->function);

	switch (line->kind) {
	case ASSUME_LOADS:
		return gap->kind == GAP_OPEN || gap->kind == GAP_LOOKUP;
	case ASSUME_NUMBER:
		return gap->kind == GAP_NUMBER && !strcmp(line->line.words[1], name);
	case ASSUME_TRUST:
		return gap->kind != GAP_MISSING && !strcmp(line->line.words[1], name);
	case ASSUME_SUMMARY:
	case ASSUME_CALLS:
		break;
	}
	return false;
}

static void add_numbers(const struct line *l, struct graph *g, const struct gap *gap)
{
	for (size_t k = 2; k < l->count; k++) {
		const struct call_row *row = call_by_name(ARCH_X86_64, l->words[k]);
		struct site *s = graph_site(g, gap->function);

		*s = (struct site){ .address = gap->address,
				    .number = row->number,
				    .by = gap->function + 1 };
	}
}

static void add_assumed(struct graph *g, size_t line, uint32_t function, uint64_t address)
{
	*vec_add(&g->assumed) = (struct assumed){ .line = (uint32_t)line,
						  .function = function,
						  .address = address };
}

void assume_gaps(const struct assumptions *a, struct graph *g)
{
	uint32_t kept = 0;

	for (size_t i = 0; i < g->gaps.count; i++) {
		struct gap gap = g->gaps.at[i];
		bool covered = false;

		for (size_t k = 0; a && k < a->lines.count; k++) {
			const struct assumption *line = &a->lines.at[k];

			if (!covers(line, g, &gap))
				continue;
			if (line->kind == ASSUME_NUMBER)
				add_numbers(&line->line, g, &gap);
			add_assumed(g, k, gap.function, gap.address);
			covered = true;
		}
		if (!covered)
			g->gaps.at[kept++] = gap;
	}
	g->gaps.count = kept;
}

static bool named(const struct graph *g, const char *name, uint32_t *at)
{
	while (*at < g->functions.count && strcmp(function_name(g, *at), name) != 0)
		++*at;
	return *at < g->functions.count;
}

static enum ambit_code no_function(const struct assumptions *a, const struct line *l,
				   const char *name, struct ambit_error *err)
{
	return err_set(err, AMBIT_E_POLICY, AMBIT_LAYER_NONE, 0,
		       "%s:%zu: it names %.60s, and no code that can run is called so", a->path,
		       l->number, name);
}

/* Instead of whatever has its address taken. */
static enum ambit_code add_calls(const struct assumptions *a, size_t index, struct graph *g,
				 struct ambit_error *err)
{
	const struct line *l = &a->lines.at[index].line;
	VEC(struct edge) edges = { 0 };
	bool found = false;

	for (uint32_t from = 0; named(g, l->words[1], &from); from++) {
		struct function *f = &g->functions.at[from];

		found = found || f->indirect;
		for (size_t k = 2; f->indirect && k < l->count; k++) {
			uint32_t to = 0;

			if (!named(g, l->words[k], &to)) {
				free(edges.at);
				return no_function(a, l, l->words[k], err);
			}
			for (; named(g, l->words[k], &to); to++)
				*vec_add(&edges) = (struct edge){ .site = f->indirect_at,
								  .to = to & EDGE_TO_MASK,
								  .kind = EDGE_CALL };
		}
		graph_edges(g, from, edges.at, edges.count);
		edges.count = 0;
		if (f->indirect)
			add_assumed(g, index, from, graph_unpack(g, f->entry, f->indirect_at));
		f->indirect = false;
	}
	free(edges.at);
	return found ? AMBIT_OK : no_function(a, l, l->words[1], err);
}

enum ambit_code assume_calls(const struct assumptions *a, struct graph *g, struct ambit_error *err)
{
	enum ambit_code code = AMBIT_OK;

	for (size_t i = 0; a && i < a->lines.count && code == AMBIT_OK; i++)
		if (a->lines.at[i].kind == ASSUME_CALLS)
			code = add_calls(a, i, g, err);
	return code;
}
