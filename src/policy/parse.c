/* SPDX-License-Identifier: ISC */
/*
 * DOC: Theory of operation
 *
 * A policy is a set of grants; reading text only ever adds. The constraint: whatever is not
 * understood exactly is an error that names the word and the cure, because a line that is
 * skipped or guessed is a hole nobody sees.
 *
 * lex.c cuts text into units (the words of a line, or what stands before a brace). This file
 * looks the first word up in the rights table and hands the rest to one function a keyword, in
 * the parse_*.c files. When all text of one operation is read, conflict.c looks for lines that
 * contradict each other. An operation that fails takes its grants back: the count is reset; the
 * strings stay in the arena until the policy ends.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/str.h"
#include "bundle.h"
#include "parse.h"
#include "policy.h"

static enum ambit_code parse_bare(struct parser *ps, const struct directive *d)
{
	enum ambit_code code = parse_count(ps, d, 0, 0);

	if (code == AMBIT_OK && !parse_grant(ps, d, &d->words[0]))
		code = AMBIT_E_RESOURCE;
	return code;
}

static const parse_fn functions[RIGHT_COUNT] = {
	[RIGHT_READ] = parse_paths,
	[RIGHT_WRITE] = parse_paths,
	[RIGHT_MODIFY] = parse_paths,
	[RIGHT_CREATE] = parse_paths,
	[RIGHT_EXEC] = parse_paths,
	[RIGHT_HIDE] = parse_paths,
	[RIGHT_TMP] = parse_tmp,
	[RIGHT_ATTRIBUTES] = parse_bare,
	[RIGHT_CONNECT] = parse_connect,
	[RIGHT_LISTEN] = parse_listen,
	[RIGHT_UNIX] = parse_paths,
	[RIGHT_SPAWN] = parse_bare,
	[RIGHT_JIT] = parse_bare,
	[RIGHT_TERMINAL] = parse_bare,
	[RIGHT_LIMIT] = parse_limit,
	[RIGHT_USER] = parse_identity,
	[RIGHT_GROUP] = parse_identity,
	[RIGHT_KEEP_CAPABILITY] = parse_capability,
	[RIGHT_LABEL] = parse_label,
	[RIGHT_ENV] = parse_env,
	[RIGHT_FD] = parse_fd,
	[RIGHT_BROKER] = parse_broker,
	[RIGHT_ON_DENIAL] = parse_on_denial,
	[RIGHT_CHECK_FAILS] = parse_check_fails,
	[RIGHT_SYSCALL] = parse_syscall,
	[RIGHT_NEED] = parse_need,
	[RIGHT_USE] = parse_use,
	[RIGHT_PROMISES] = parse_promises,
	[RIGHT_PRIVILEGES] = parse_privileges,
	[RIGHT_INCLUDE] = parse_include,
	[RIGHT_COMPUTE] = parse_bare,
	[RIGHT_PLEDGE] = parse_bare,
	[RIGHT_UNVEIL] = parse_paths,
};

enum ambit_code parse_memory(struct parser *ps)
{
	return err_memory(ps->err, AMBIT_LAYER_POLICY);
}

struct grant *parse_grant(struct parser *ps, const struct directive *d, const struct word *word)
{
	struct ambit_policy *p = ps->policy;
	struct grant *g;

	if (p->count >= POLICY_GRANTS_MAX) {
		(void)lex_fail(&ps->lex, word, AMBIT_E_RESOURCE, 0,
			       "more than %d grants in one policy", POLICY_GRANTS_MAX);
		(void)err_hint(ps->err, "grant directories instead of the files in them");
		return NULL;
	}
	g = arena_grow(&p->arena, &p->grants, &p->count, sizeof(*g));
	if (!g) {
		(void)parse_memory(ps);
		return NULL;
	}
	/* Room that a failed operation gave back is not zero. */
	*g = (struct grant){
		.right = d->row->right,
		.optional = d->optional,
		.prefer = d->prefer,
		.origin = { ps->lex.file, word->line, word->column },
		.bundle = ps->bundle,
	};
	return g;
}

const char *parse_copy(struct parser *ps, const struct word *word)
{
	const char *copy = arena_copy(&ps->policy->arena, word->text, word->length);

	if (!copy)
		(void)parse_memory(ps);
	return copy;
}

enum ambit_code parse_usage(struct parser *ps, const struct directive *d)
{
	const struct right_row *row = d->row;

	if (!row->arguments[0])
		return err_hint(ps->err, "write: %s", row->keyword);
	return err_hint(ps->err, "write: %s %s, as in: %s", row->keyword, row->arguments,
			row->example);
}

enum ambit_code parse_count(struct parser *ps, const struct directive *d, size_t min, size_t max)
{
	size_t count = d->count - 1;
	char show[SHOW_SIZE];

	if (count >= min && count <= max)
		return AMBIT_OK;
	if (count < min)
		(void)lex_error(&ps->lex, &d->words[0], "'%s' needs more words after it",
				d->row->keyword);
	else
		(void)lex_error(&ps->lex, &d->words[max + 1], "'%s' is one word too many for '%s'",
				word_show(show, &d->words[max + 1]), d->row->keyword);
	return parse_usage(ps, d);
}

/* "a, b, c", ending in dots where the room does. */
static void list_words(char *out, size_t size, const char *const *list, size_t count)
{
	const char *dots = ", ...";
	size_t used = 0;

	for (size_t i = 0; i < count; i++) {
		bool fits = used + strlen(list[i]) + 2 * sizeof(", ...") < size;

		used += (size_t)snprintf(out + used, size - used, "%s%s", fits && i ? ", " : "",
					 fits ? list[i] : dots);
		if (!fits)
			return;
	}
}

static void fail_choice(struct parser *ps, const struct word *word, const char *kind,
			const char *const *list, size_t count)
{
	char show[SHOW_SIZE], all[200] = "";
	const char *close = NULL;
	size_t best = 3;

	word_show(show, word);
	for (size_t i = 0; i < count; i++) {
		size_t distance = str_distance(show, list[i], best);

		if (distance < best) {
			best = distance;
			close = list[i];
		}
	}
	list_words(all, sizeof(all), list, count);
	(void)lex_error(&ps->lex, word, "unknown %s '%s'", kind, show);
	if (close)
		(void)err_hint(ps->err, "did you mean '%s'?", close);
	else
		(void)err_hint(ps->err, "one of: %s", all);
}

int parse_choice(struct parser *ps, const struct word *word, const char *kind,
		 const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (word_is(word, list[i]))
			return (int)i;
	fail_choice(ps, word, kind, list, count);
	return -1;
}

/* Words that other tools use, or that stand elsewhere in this language. */
static const struct {
	const char *word, *hint;
} foreign[] = {
	{ "allow", "name what is needed: read, write, exec, connect ..." },
	{ "deny", "everything not granted is denied; 'hide' takes a path out of a grant" },
	{ "ro", "write: read PATH" },
	{ "rw", "write: write PATH" },
	{ "file", "write: read PATH, or write PATH" },
	{ "bind", "write: read PATH, write PATH, or listen tcp PORT" },
	{ "net", "write: connect tcp HOST PORT, or listen tcp PORT" },
	{ "network", "write: connect tcp HOST PORT, or listen tcp PORT" },
	{ "dns", "write: use dns-files" },
	{ "fork", "write: spawn" },
	{ "capability", "write: keep-capability NAME" },
	{ "seccomp", "write: syscall NAME, or need seccomp must" },
};

static enum ambit_code unknown_keyword(struct parser *ps, const struct word *word)
{
	char show[SHOW_SIZE];
	const char *close;

	(void)lex_error(&ps->lex, word, "unknown keyword '%s'", word_show(show, word));
	if (bundle_by_name(word->text, word->length))
		return err_hint(ps->err, "write: use %s", show);
	for (int i = 0; i < LIMIT_KIND_COUNT; i++)
		if (word_is(word, limit_name((enum limit_kind)i)))
			return err_hint(ps->err, "write: limit %s VALUE", show);
	for (size_t i = 0; i < ARRAY_COUNT(foreign); i++)
		if (word_is(word, foreign[i].word))
			return err_hint(ps->err, "%s", foreign[i].hint);
	close = policy_suggest(show);
	if (close && bundle_by_name(close, strlen(close)))
		return err_hint(ps->err, "did you mean 'use %s'?", close);
	if (close)
		return err_hint(ps->err, "did you mean '%s'?", close);
	return err_hint(ps->err, "'ambit help' lists the keywords");
}

/* Take "optional" and "prefer" off the end where the keyword knows them. */
static void take_modifiers(struct directive *d)
{
	while (d->count > 1) {
		const struct word *last = &d->words[d->count - 1];

		if ((d->row->flags & ROW_OPTIONAL) && word_is(last, "optional"))
			d->optional = true;
		else if ((d->row->flags & ROW_PREFER) && word_is(last, "prefer"))
			d->prefer = true;
		else
			return;
		d->count--;
	}
}

static enum ambit_code parse_directive(struct parser *ps, struct unit *u, bool modifiers)
{
	const struct word *keyword = &u->words[0];
	struct directive d = { .words = u->words, .count = u->count, .unit = u };

	d.row = right_by_keyword(keyword->text, keyword->length);
	if (!d.row || ((d.row->flags & ROW_HIDDEN) && !ps->bundle))
		return unknown_keyword(ps, keyword);
	if (modifiers)
		take_modifiers(&d);
	if (u->end == UNIT_OPEN && d.row->right != RIGHT_SYSCALL) {
		(void)lex_error(&ps->lex, &u->brace, "'%s' takes no block", d.row->keyword);
		return parse_usage(ps, &d);
	}
	return functions[d.row->right](ps, &d);
}

static enum ambit_code parse_unit(struct parser *ps, struct unit *u)
{
	if (u->count && !u->fresh) {
		(void)lex_error(&ps->lex, &u->words[0], "words after a block");
		return err_hint(ps->err, "put each directive on a line of its own");
	}
	if (u->end == UNIT_CLOSE) {
		(void)lex_error(&ps->lex, &u->brace, "'}' closes no block");
		return err_hint(ps->err, "remove it");
	}
	if (u->count)
		return parse_directive(ps, u, true);
	if (u->end == UNIT_OPEN) {
		(void)lex_error(&ps->lex, &u->brace, "block without a directive");
		return err_hint(ps->err, "'{' stands at the end of the line it belongs to");
	}
	return AMBIT_OK;
}

enum ambit_code parse_text(struct parser *ps)
{
	enum ambit_code code;
	struct unit u;

	do {
		code = lex_unit(&ps->lex, &u);
		if (code == AMBIT_OK)
			code = parse_unit(ps, &u);
	} while (code == AMBIT_OK && u.end != UNIT_END);
	return code;
}

enum ambit_code parse_begin(struct parser *ps, const char *name, const char *text, size_t length)
{
	const char *file = arena_string(&ps->policy->arena, name);

	ps->start = ps->policy->count;
	ps->lex.arena = &ps->policy->arena;
	ps->lex.err = ps->err;
	if (!file)
		return parse_memory(ps);
	lex_init(&ps->lex, file, text, length);
	return AMBIT_OK;
}

enum ambit_code parse_end(struct parser *ps, enum ambit_code code)
{
	if (code == AMBIT_OK && !ps->alone)
		code = policy_conflicts(ps->policy, ps->err);
	if (code != AMBIT_OK)
		ps->policy->count = ps->start;
	return code;
}

const char *policy_home(void)
{
	return secure_getenv("HOME");
}

static enum ambit_code parse_whole(struct parser *ps, const char *name, const char *text,
				   size_t length)
{
	enum ambit_code code = parse_begin(ps, name, text, length);

	if (code == AMBIT_OK && length > LEX_TEXT_MAX) {
		(void)err_set(ps->err, AMBIT_E_POLICY, AMBIT_LAYER_POLICY, 0,
			      "%s: policy text longer than 1 MiB", name);
		code = err_hint(ps->err, "grant directories instead of the files in them");
	}
	if (code == AMBIT_OK)
		code = parse_text(ps);
	return parse_end(ps, code);
}

enum ambit_code policy_parse_text(struct ambit_policy *p, const char *text, size_t length,
				  const struct text_origin *from, struct ambit_error *err)
{
	struct ambit_error own = { 0 };
	struct parser ps = {
		.policy = p,
		.err = err ? err : &own,
		.directory = from->directory,
		.home = from->home,
		.sealed = from->sealed,
	};

	return parse_whole(&ps, from->name, text, length);
}

enum ambit_code policy_check_text(struct ambit_policy *p, const char *text, size_t length,
				  const char *name, struct ambit_error *err)
{
	/* Where paths begin does not matter to form, so neither may what they contradict. */
	struct parser ps = {
		.policy = p,
		.err = err,
		.directory = "/policy",
		.home = "/home",
		.alone = true,
	};

	return parse_whole(&ps, name, text, length);
}

/* Nothing but comments may follow the one directive of an option. */
static enum ambit_code option_rest(struct parser *ps, enum unit_end end)
{
	enum ambit_code code = AMBIT_OK;
	struct unit u = { .end = end };

	while (code == AMBIT_OK && u.end != UNIT_END) {
		code = lex_unit(&ps->lex, &u);
		if (code == AMBIT_OK && (u.count || u.end == UNIT_OPEN || u.end == UNIT_CLOSE)) {
			(void)lex_error(&ps->lex, u.count ? &u.words[0] : &u.brace,
					"more than one directive");
			code = err_hint(ps->err, "give the option once for each");
		}
	}
	return code;
}

/* @keyword and the words of the option's text as one directive. */
static enum ambit_code option_words(struct parser *ps, const struct word *keyword, struct unit *u)
{
	enum ambit_code code = lex_unit(&ps->lex, u);

	if (code != AMBIT_OK)
		return code;
	if (u->count == LEX_WORDS_MAX || u->end == UNIT_CLOSE) {
		(void)lex_error(&ps->lex, keyword, "this is not one directive");
		return err_hint(ps->err, "give the option once for each");
	}
	memmove(&u->words[1], &u->words[0], u->count * sizeof(u->words[0]));
	u->words[0] = *keyword;
	u->count++;
	code = parse_directive(ps, u, true);
	return code == AMBIT_OK ? option_rest(ps, u->end) : code;
}

/* @argument is one word, whatever is in it. */
static enum ambit_code option_whole(struct parser *ps, const struct word *keyword,
				    const char *argument)
{
	struct unit u;

	u.count = 2;
	u.end = UNIT_END;
	u.words[0] = *keyword;
	u.words[1] = (struct word){
		.text = argument,
		.length = (uint32_t)strlen(argument),
		.quoted = true,
		.tilde = argument[0] == '~',
	};
	return parse_directive(ps, &u, false);
}

static enum ambit_code option_too_long(struct parser *ps, const struct word *keyword)
{
	(void)lex_error(&ps->lex, keyword, "longer than %d bytes", LEX_LINE_MAX);
	return err_hint(ps->err, "write it into a file, and name that with -p");
}

enum ambit_code policy_add_directive(struct ambit_policy *p, const char *keyword,
				     const char *argument, struct ambit_error *err)
{
	const struct right_row *row = right_by_keyword(keyword, strlen(keyword));
	struct word word = { .text = keyword, .length = (uint32_t)strlen(keyword) };
	struct ambit_error own = { 0 };
	struct parser ps = {
		.policy = p,
		.err = err ? err : &own,
		.home = policy_home(),
		.lex = { .option = true },
	};
	bool whole = argument && row && (row->flags & ROW_WHOLE);
	size_t length = argument ? strlen(argument) : 0;
	char name[64] = "--";
	enum ambit_code code;
	struct unit u;

	/* "env A B" is two names, but a value takes the rest, blanks included. */
	if (whole && row->right == RIGHT_ENV)
		whole = strchr(argument, '=') != NULL;
	str_escape(name + 2, sizeof(name) - 2, keyword, strlen(keyword));
	code = parse_begin(&ps, name, argument ? argument : "", length);
	if (code == AMBIT_OK && length > LEX_LINE_MAX)
		code = option_too_long(&ps, &word);
	if (code == AMBIT_OK)
		code = whole ? option_whole(&ps, &word, argument) : option_words(&ps, &word, &u);
	return parse_end(&ps, code);
}
