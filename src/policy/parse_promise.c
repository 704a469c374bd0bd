/* SPDX-License-Identifier: ISC */
/* parse_promise.c - promises and privileges: names that stand for lines and system calls */
#include <string.h>

#include "../base/str.h"
#include "parse.h"
#include "promise.h"

enum { NAMES_MAX = 64 };

/* A part of @word, as if it stood there by itself. */
static struct word part_of(const struct word *word, size_t start, size_t length)
{
	struct word part = *word;

	part.text += start;
	part.length = (uint32_t)length;
	part.quoted = part.tilde = false;
	return part;
}

static const struct promise *find(struct parser *ps, enum promise_family family,
				  const struct word *word)
{
	static const char *const kinds[] = { "promise", "privilege" };
	const struct promise *p = promise_by_name(family, word->text, word->length);
	const char *names[NAMES_MAX];
	size_t count = 0;

	if (p)
		return p;
	for (; count < NAMES_MAX && (p = promise_at(family, count)); count++)
		names[count] = p->name;
	(void)parse_choice(ps, word, kinds[family], names, count);
	return NULL;
}

static bool is_there(const struct ambit_policy *policy, enum right right, const char *name)
{
	const struct grant *g;

	for (size_t at = 0; (g = policy_next(policy, right, &at)) != NULL;)
		if (str_equal(g->name, name))
			return true;
	return false;
}

/* The grant itself, and the lines that it stands for, read by this same parser. */
static enum ambit_code add(struct parser *ps, const struct directive *d, const struct word *word,
			   const struct promise *p)
{
	struct parser inner = {
		.policy = ps->policy,
		.err = ps->err,
		.home = ps->home,
		.parent = ps,
		.start = ps->start,
		.bundle = p->origin,
		.lex = { .arena = ps->lex.arena, .err = ps->err },
	};
	const bool known = is_there(ps->policy, d->row->right, p->name);
	struct grant *g = parse_grant(ps, d, word);

	if (!g)
		return AMBIT_E_RESOURCE;
	g->name = p->name;
	g->path = "/";
	if (known || ps->alone)
		return AMBIT_OK;
	lex_init(&inner.lex, p->origin, p->lines, strlen(p->lines));
	return parse_text(&inner);
}

enum ambit_code parse_promises(struct parser *ps, const struct directive *d)
{
	enum ambit_code code = parse_count(ps, d, 1, LEX_WORDS_MAX);

	for (size_t i = 1; i < d->count && code == AMBIT_OK; i++) {
		const struct word *word = &d->words[i];
		size_t at = 0;

		while (at < word->length && code == AMBIT_OK) {
			const struct promise *p;
			struct word part;
			size_t end = at;

			while (end < word->length && word->text[end] != ' ')
				end++;
			part = part_of(word, at, end - at);
			at = end + 1;
			if (!part.length)
				continue;
			p = find(ps, FAMILY_PROMISE, &part);
			code = p ? add(ps, d, word, p) : AMBIT_E_POLICY;
		}
	}
	return code;
}

/* One name of the list: into the set, out of it, or a name of several. */
static enum ambit_code apply(struct parser *ps, struct word part, bool *in)
{
	const bool out = part.length && part.text[0] == '!';
	const struct promise *p;
	uint32_t flags = UINT32_MAX;

	if (out)
		part = part_of(&part, 1, part.length - 1);
	if (word_is(&part, "basic"))
		flags = PROMISE_BASIC;
	else if (!word_is(&part, "all"))
		flags = 0;
	for (size_t i = 0; flags && (p = promise_at(FAMILY_PRIVILEGE, i)); i++)
		in[i] = flags == UINT32_MAX || (p->flags & flags) ? !out : in[i];
	if (flags)
		return AMBIT_OK;
	p = find(ps, FAMILY_PRIVILEGE, &part);
	for (size_t i = 0; p; i++)
		if (promise_at(FAMILY_PRIVILEGE, i) == p) {
			in[i] = !out;
			return AMBIT_OK;
		}
	return AMBIT_E_POLICY;
}

enum ambit_code parse_privileges(struct parser *ps, const struct directive *d)
{
	enum ambit_code code = parse_count(ps, d, 1, 1);
	const struct word *word = &d->words[1];
	bool in[NAMES_MAX] = { false };
	const struct promise *p;

	for (size_t at = 0; code == AMBIT_OK && at <= word->length;) {
		size_t end = at;

		while (end < word->length && word->text[end] != ',')
			end++;
		code = apply(ps, part_of(word, at, end - at), in);
		at = end + 1;
	}
	for (size_t i = 0; code == AMBIT_OK && (p = promise_at(FAMILY_PRIVILEGE, i)); i++)
		if (in[i])
			code = add(ps, d, word, p);
	return code;
}
