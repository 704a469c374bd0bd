/* SPDX-License-Identifier: ISC */
/*
 * read.c - a host as text: what host_print() writes, host_read() reads back the same
 *
 * A directive a line, words, quotes, # comments. Order never matters but among paths, users and
 * libraries, which keep theirs. A fact that is not stated is missing, and so is a path. The first
 * mistake sticks in the reader, so that the readers of lines stay free of error handling.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "../base/buf.h"
#include "../base/errname.h"
#include "../base/num.h"
#include "../base/str.h"
#include "text.h"

enum { ITEMS_MAX = 4096, SHOWN = 80 };

struct reader {
	struct host *h;
	const char *name;     /* of the file, for messages */
	const char *at, *end; /* what is left of the line */
	const char *line_start;
	uint32_t line, column; /* of the last word */
	enum ambit_code code;  /* the first mistake */
	struct ambit_error *err;
};

/* ---- words ------------------------------------------------------------------------------ */

static void wrong(struct reader *r, const char *what, const char *word)
{
	char shown[SHOWN], file[SHOWN];

	if (r->code != AMBIT_OK)
		return;
	r->at = r->end;
	(void)err_set(r->err, AMBIT_E_POLICY, AMBIT_LAYER_HOST, 0, "%s:%u:%u: %s%s%s",
		      str_escape(file, sizeof(file), r->name, strlen(r->name)), r->line, r->column,
		      what, word ? ": " : "",
		      word ? str_escape(shown, sizeof(shown), word, strlen(word)) : "");
	err_at(r->err, r->line, r->column);
	(void)err_hint(r->err,
		       "lines read as in: kernel 6.18, uid 0, fact proc yes, path /usr dir");
	r->code = AMBIT_E_POLICY;
}

static void no_memory(struct reader *r)
{
	if (r->code == AMBIT_OK)
		r->code = err_memory(r->err, AMBIT_LAYER_HOST);
	r->at = r->end;
}

static int hex_value(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Between quotes \xHH is a byte; 0 ends strings, so it is none. Returns the length, or -1. */
static ssize_t unquote(char *text, size_t length)
{
	size_t used = 0;

	for (size_t i = 0; i < length; i++) {
		int high, low;

		text[used++] = text[i];
		if (text[i] != '\\')
			continue;
		if (length - i < 4 || text[i + 1] != 'x')
			return -1;
		high = hex_value(text[i + 2]);
		low = hex_value(text[i + 3]);
		if (high < 0 || low < 0 || high + low == 0)
			return -1;
		text[used - 1] = (char)(high << 4 | low);
		i += 3;
	}
	return (ssize_t)used;
}

/* The next word of the line, or NULL at its end. */
static const char *next(struct reader *r)
{
	const char *from, *to;
	ssize_t length;
	char *word;
	bool quoted;

	while (r->at < r->end && (*r->at == ' ' || *r->at == '\t'))
		r->at++;
	r->column = (uint32_t)(r->at - r->line_start) + 1;
	if (r->at == r->end || *r->at == '#')
		return NULL;
	quoted = *r->at == '"';
	from = r->at + quoted;
	for (to = from; to < r->end && (quoted ? *to != '"' : *to != ' ' && *to != '\t'); to++)
		if ((unsigned char)*to < 0x20 || *to == 0x7f ||
		    (!quoted && (*to == '"' || *to == '\\'))) {
			wrong(r, "a character that has to be quoted, as \\x0a between quotes",
			      NULL);
			return NULL;
		}
	if (quoted && (to == r->end || (to + 1 < r->end && to[1] != ' ' && to[1] != '\t'))) {
		wrong(r, "a quoted word that does not end", NULL);
		return NULL;
	}
	r->at = to + quoted;
	word = arena_copy(&r->h->arena, from, (size_t)(to - from));
	length = word && quoted ? unquote(word, (size_t)(to - from)) : to - from;
	if (!word)
		no_memory(r);
	else if (length < 0)
		wrong(r, "only \\xHH stands for another character", NULL);
	else
		word[length] = '\0';
	return r->code == AMBIT_OK ? word : NULL;
}

/* A word that has to be there; "" after a mistake. */
static const char *take(struct reader *r, const char *what)
{
	const char *word = next(r);

	if (word)
		return word;
	wrong(r, what, NULL);
	return "";
}

static const char *take_path(struct reader *r)
{
	const char *word = take(r, "a path is missing");

	if (word[0] != '/')
		wrong(r, "not an absolute path", word);
	return word;
}

static uint64_t number_of(struct reader *r, const char *word, size_t length, uint64_t maximum)
{
	uint64_t value = 0;

	if (num_parse_any(word, length, maximum, &value) < 0)
		wrong(r, "not a number of this range", word);
	return value;
}

static uint64_t take_number(struct reader *r, uint64_t maximum)
{
	const char *word = take(r, "a number is missing");

	return number_of(r, word, strlen(word), maximum);
}

/* "8:1", "6.18" */
static void take_pair(struct reader *r, char separator, uint32_t *ret_first, uint32_t *ret_second)
{
	const char *word = take(r, "two numbers are missing");
	const char *split = strchr(word, separator);

	*ret_first = (uint32_t)number_of(r, word, split ? (size_t)(split - word) : 0, UINT32_MAX);
	*ret_second = split ? (uint32_t)number_of(r, split + 1, strlen(split + 1), UINT32_MAX) : 0;
}

static int errno_of(struct reader *r, const char *word)
{
	int number = errno_by_name(word, strlen(word));

	return number ? number : (int)number_of(r, word, strlen(word), 4095);
}

static size_t take_choice(struct reader *r, const char *const *words, size_t count)
{
	const char *word = take(r, "a word is missing");

	for (size_t i = 0; i < count; i++)
		if (str_equal(words[i], word))
			return i;
	wrong(r, "not one of the words that can stand here", word);
	return 0;
}

static void *grow(struct reader *r, void *array, size_t *count, size_t maximum, size_t size)
{
	void *item = *count < maximum ? arena_grow(&r->h->arena, array, count, size) : NULL;

	if (!item && *count >= maximum)
		wrong(r, "too many lines or words of this kind", NULL);
	else if (!item)
		no_memory(r);
	return item;
}

/* ---- lines ------------------------------------------------------------------------------ */

static void read_scalar(struct reader *r, const struct host_scalar *s)
{
	static const char *const bools[] = { "no", "yes" };
	void *at = (char *)r->h + s->at;

	switch (s->kind) {
	case SCALAR_U32:
		*(uint32_t *)at = (uint32_t)take_number(r, s->maximum);
		break;
	case SCALAR_INT:
		*(int *)at = (int)take_number(r, s->maximum);
		break;
	case SCALAR_HEX:
		*(uint64_t *)at = take_number(r, s->maximum);
		break;
	case SCALAR_BOOL:
		*(bool *)at = take_choice(r, bools, ARRAY_COUNT(bools)) == 1;
		break;
	}
}

static void read_kernel(struct reader *r)
{
	take_pair(r, '.', &r->h->kernel_major, &r->h->kernel_minor);
}

static void read_groups(struct reader *r)
{
	for (const char *word; (word = next(r)) != NULL;) {
		uint32_t *group =
			grow(r, &r->h->groups, &r->h->group_count, ITEMS_MAX, sizeof(*group));

		if (group)
			*group = (uint32_t)number_of(r, word, strlen(word), UINT32_MAX);
	}
}

static void read_landlock(struct reader *r)
{
	const char *word;

	r->h->landlock_abi = (int)take_number(r, 1000);
	word = next(r);
	r->h->landlock_errno = word ? errno_of(r, word) : 0;
}

static void read_directory(struct reader *r)
{
	r->h->directory = take_path(r);
}

static void read_label(struct reader *r)
{
	r->h->label = take(r, "a label is missing");
}

static void read_fact(struct reader *r)
{
	const char *fact = take(r, "the name of a fact is missing"), *word;
	uint32_t column = r->column;

	for (int f = 0; f < FACT_COUNT; f++)
		if (str_equal(host_fact_word((enum host_fact)f), fact)) {
			struct host_answer_of *a = &r->h->facts[f];

			a->answer = (enum host_answer)take_choice(r, host_answer_words,
								  HOST_ASSUMED + 1);
			word = next(r);
			a->cause_errno = word ? errno_of(r, word) : 0;
			a->cause = word ? next(r) : NULL;
			return;
		}
	r->column = column;
	wrong(r, "no fact of this name", fact);
}

static void read_cgroup(struct reader *r)
{
	struct host_cgroup *c = &r->h->cgroups[take_choice(r, host_controller_words, CTL_COUNT)];

	c->version = (int)take_number(r, 2);
	c->directory = take_path(r);
}

/* ---- what a path's line says after its kind ---------------------------------------------- */

static void path_real(struct reader *r, struct host_path *p)
{
	p->real = take_path(r);
}

static void path_link(struct reader *r, struct host_path *p)
{
	struct host_link *link = grow(r, &p->links, &p->link_count, ITEMS_MAX, sizeof(*link));

	if (!link)
		return;
	link->path = take_path(r);
	link->target = take(r, "a link's target is missing");
}

static void path_device(struct reader *r, struct host_path *p)
{
	uint32_t high = 0, low = 0;

	take_pair(r, ':', &high, &low);
	p->device = makedev(high, low);
}

static void path_inode(struct reader *r, struct host_path *p)
{
	p->inode = take_number(r, UINT64_MAX);
}

static void path_mode(struct reader *r, struct host_path *p)
{
	p->mode = (uint32_t)take_number(r, UINT32_MAX);
}

static void path_owner(struct reader *r, struct host_path *p)
{
	p->owner = (uint32_t)take_number(r, UINT32_MAX);
	p->group = (uint32_t)take_number(r, UINT32_MAX);
}

static void path_interpreter(struct reader *r, struct host_path *p)
{
	p->interpreter = take(r, "an interpreter is missing");
}

static void path_word(struct reader *r, struct host_path *p, const char *word)
{
	static const struct {
		const char *word;
		void (*read)(struct reader *r, struct host_path *p);
	} rows[] = {
		{ "real", path_real },
		{ "link", path_link },
		{ "device", path_device },
		{ "inode", path_inode },
		{ "mode", path_mode },
		{ "owner", path_owner },
		{ "interpreter", path_interpreter },
	};
	bool known = false;

	for (size_t i = 0; i < ARRAY_COUNT(rows) && !known; i++) {
		known = str_equal(rows[i].word, word);
		if (known)
			rows[i].read(r, p);
	}
	for (size_t i = 0; i < HOST_PATH_FLAGS && !known; i++) {
		known = str_equal(host_path_flags[i].word, word);
		if (known)
			*(bool *)((char *)p + host_path_flags[i].at) = true;
	}
	if (!known)
		wrong(r, "not a word for a path", word);
}

/* ---- the other lines that are more than a word and a value -------------------------------- */

static void read_path(struct reader *r)
{
	struct host_path path = { .path = take_path(r) }, *p;
	const char *word;

	path.real = path.path;
	if (r->code == AMBIT_OK && host_path(r->h, path.path))
		wrong(r, "this path has a line already", path.path);
	path.kind = (enum host_kind)take_choice(r, host_kind_words, KIND_OTHER + 1);
	if (path.kind == KIND_MISSING)
		path.missing_errno = errno_of(r, take(r, "why it is missing, as ENOENT"));
	while ((word = next(r)) != NULL)
		path_word(r, &path, word);
	p = r->code == AMBIT_OK ? grow(r, &r->h->paths, &r->h->path_count, ITEMS_MAX, sizeof(*p))
				: NULL;
	if (p)
		*p = path;
}

static void read_name(struct reader *r, bool is_group)
{
	struct host_user user = { .is_group = is_group, .name = take(r, "a name is missing") }, *u;
	const char *word = take(r, "an id is missing");

	if (r->code == AMBIT_OK && host_user(r->h, user.name, is_group))
		wrong(r, "this name has a line already", user.name);
	user.found = !str_equal(word, "missing");
	if (user.found) {
		user.uid = (uint32_t)number_of(r, word, strlen(word), UINT32_MAX);
		user.gid = (uint32_t)take_number(r, UINT32_MAX);
	}
	u = r->code == AMBIT_OK ? grow(r, &r->h->users, &r->h->user_count, ITEMS_MAX, sizeof(*u))
				: NULL;
	if (u)
		*u = user;
}

static void read_user(struct reader *r)
{
	read_name(r, false);
}

static void read_group(struct reader *r)
{
	read_name(r, true);
}

static void read_library(struct reader *r)
{
	const char *path = take_path(r);
	const char **library =
		grow(r, &r->h->closure, &r->h->closure_count, ITEMS_MAX, sizeof(*library));

	if (library)
		*library = path;
}

/* After its kind a descriptor has words of paths: the same readers fill in the same numbers. */
static void read_fd(struct reader *r)
{
	struct host_open open = { .number = (int)take_number(r, INT32_MAX) }, *o;
	bool read_only = false, write_only = false;
	struct host_path p = { 0 };
	const char *word;

	if (r->code == AMBIT_OK && host_open(r->h, open.number))
		wrong(r, "this descriptor has a line already", NULL);
	open.kind = (enum open_kind)take_choice(r, host_open_words, OPEN_KINDS);
	while ((word = next(r)) != NULL)
		if (str_equal(word, "path"))
			open.path = take_path(r);
		else if (str_equal(word, "read-only"))
			read_only = true;
		else if (str_equal(word, "write-only"))
			write_only = true;
		else
			path_word(r, &p, word);
	open.reads = !write_only;
	open.writes = !read_only;
	open.device = p.device;
	open.inode = p.inode;
	open.mode = p.mode;
	open.owner = p.owner;
	open.group = p.group;
	o = r->code == AMBIT_OK
		    ? grow(r, &r->h->opens.list, &r->h->opens.count, ITEMS_MAX, sizeof(*o))
		    : NULL;
	if (o)
		*o = open;
}

static void read_line(struct reader *r)
{
	static const struct {
		const char *word;
		void (*read)(struct reader *r);
	} rows[] = {
		{ "kernel", read_kernel },     { "groups", read_groups },
		{ "landlock", read_landlock }, { "directory", read_directory },
		{ "label", read_label },       { "fact", read_fact },
		{ "cgroup", read_cgroup },     { "path", read_path },
		{ "user", read_user },	       { "group", read_group },
		{ "library", read_library },   { "fd", read_fd },
	};
	const char *word = next(r);
	bool known = !word;

	for (size_t i = 0; word && i < ARRAY_COUNT(rows); i++)
		if (str_equal(rows[i].word, word)) {
			known = true;
			rows[i].read(r);
		}
	for (size_t i = 0; word && i < HOST_SCALARS; i++)
		if (str_equal(host_scalars[i].word, word)) {
			known = true;
			read_scalar(r, &host_scalars[i]);
		}
	if (!known)
		wrong(r, "no line begins with this word", word);
	word = next(r);
	if (word)
		wrong(r, "more than this line can say", word);
}

enum ambit_code host_read(struct host *h, const char *text, size_t length, const char *name,
			  struct ambit_error *err)
{
	struct reader r = { .h = h, .name = name, .code = AMBIT_OK, .err = err };
	const char *stop = text + length;

	while (text < stop && r.code == AMBIT_OK) {
		const char *end = memchr(text, '\n', (size_t)(stop - text));

		r.at = r.line_start = text;
		r.end = end ? end : stop;
		r.line++;
		text = end ? end + 1 : stop;
		read_line(&r);
	}
	return r.code;
}
