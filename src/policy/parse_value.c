/* SPDX-License-Identifier: ISC */
/* parse_value.c - lines whose arguments are numbers or words of a short list */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../base/num.h"
#include "check_class.h"
#include "parse.h"

static enum ambit_code value_error(struct parser *ps, const struct word *word, const char *what,
				   int r, const char *hint)
{
	char show[SHOW_SIZE];

	(void)lex_error(&ps->lex, word, "%s %s: '%s'", r == -ERANGE ? "too large" : "not", what,
			word_show(show, word));
	return err_hint(ps->err, "%s", hint);
}

/* Per mille of a processor from per cent with at most one decimal: 150% is 1500. */
static int parse_per_cent(const char *text, size_t length, uint64_t *ret)
{
	const char *dot = memchr(text, '.', length);
	uint64_t whole, tenth = 0;
	size_t n;
	int r;

	if (length < 2 || text[length - 1] != '%')
		return -EINVAL;
	length--;
	n = dot ? (size_t)(dot - text) : length;
	r = num_parse(text, n, 1000000, &whole);
	if (r == 0 && dot)
		r = length - n == 2 ? num_parse(dot + 1, 1, 9, &tenth) : -EINVAL;
	if (r == 0)
		*ret = whole * 10 + tenth;
	return r;
}

static int parse_number(const char *text, size_t length, uint64_t *ret)
{
	return num_parse(text, length, INT64_MAX, ret);
}

/* How the value of each kind of limit is written. */
static const struct {
	int (*parse)(const char *text, size_t length, uint64_t *ret);
	const char *what, *hint;
} limit_values[LIMIT_KIND_COUNT] = {
	[LIMIT_MEMORY] = { num_parse_bytes, "a size",
			   "write bytes, or a number with K, M, G or T: 256M" },
	[LIMIT_PROCESSES] = { parse_number, "a number", "write how many: 16" },
	[LIMIT_OPEN_FILES] = { parse_number, "a number", "write how many: 64" },
	[LIMIT_CPU_TIME] = { num_parse_ms, "a time", "write a number with ms, s, m or h: 10s" },
	[LIMIT_WALL_TIME] = { num_parse_ms, "a time", "write a number with ms, s, m or h: 30s" },
	[LIMIT_FILE_SIZE] = { num_parse_bytes, "a size",
			      "write bytes, or a number with K, M, G or T: 1G" },
	[LIMIT_CPU] = { parse_per_cent, "a share of processors",
			"write per cent of one processor: 150%" },
	[LIMIT_STACK] = { num_parse_bytes, "a size",
			  "write bytes, or a number with K, M, G or T: 8M" },
};

enum ambit_code parse_limit(struct parser *ps, const struct directive *d)
{
	const char *names[LIMIT_KIND_COUNT];
	enum ambit_code code = AMBIT_OK;
	uint64_t value = 0;
	struct grant *g;
	int kind = 0, r;

	for (int i = 0; i < LIMIT_KIND_COUNT; i++)
		names[i] = limit_name((enum limit_kind)i);
	if (d->count > 1)
		kind = parse_choice(ps, &d->words[1], "kind of limit", names, LIMIT_KIND_COUNT);
	if (kind < 0)
		return AMBIT_E_POLICY;
	code = parse_count(ps, d, 2, 2);
	if (code != AMBIT_OK)
		return code;
	r = limit_values[kind].parse(d->words[2].text, d->words[2].length, &value);
	if (r == 0 && value > INT64_MAX)
		r = -ERANGE;
	if (r < 0)
		return value_error(ps, &d->words[2], limit_values[kind].what, r,
				   limit_values[kind].hint);
	/* Nothing at all may grow: that is for file-size only, where it means "write nothing". */
	if (!value && kind != LIMIT_FILE_SIZE) {
		(void)lex_error(&ps->lex, &d->words[2], "'limit %s 0' lets nothing start",
				names[kind]);
		return err_hint(ps->err, "%s", limit_values[kind].hint);
	}
	g = parse_grant(ps, d, &d->words[0]);
	if (!g)
		return AMBIT_E_RESOURCE;
	g->limit = (enum limit_kind)kind;
	g->number = value;
	return AMBIT_OK;
}

enum ambit_code parse_tmp(struct parser *ps, const struct directive *d)
{
	enum ambit_code code = parse_count(ps, d, 1, 1);
	uint64_t value = 0;
	struct grant *g;
	int r;

	if (code != AMBIT_OK)
		return code;
	r = num_parse_bytes(d->words[1].text, d->words[1].length, &value);
	if (r == 0 && value > INT64_MAX)
		r = -ERANGE;
	/* A tmpfs of size 0 is one without a limit. */
	if (r == 0 && !value)
		r = -EINVAL;
	if (r < 0)
		return value_error(ps, &d->words[1], "a size", r,
				   "write bytes, or a number with K, M, G or T: 64M");
	g = parse_grant(ps, d, &d->words[0]);
	if (!g)
		return AMBIT_E_RESOURCE;
	g->number = value;
	return AMBIT_OK;
}

enum { DESCRIPTOR_MAX = 1048575 }; /* the kernel's fs.nr_open, less one */

static enum ambit_code parse_descriptor(struct parser *ps, const struct directive *d,
					const struct word *word, enum fd_mode mode)
{
	uint64_t number;
	struct grant *g;
	int r = num_parse(word->text, word->length, DESCRIPTOR_MAX, &number);

	if (r < 0)
		return value_error(ps, word, "a descriptor", r,
				   "write its number, as in: fd 3 read");
	g = parse_grant(ps, d, word);
	if (!g)
		return AMBIT_E_RESOURCE;
	g->number = number;
	g->fd_mode = mode;
	return AMBIT_OK;
}

enum ambit_code parse_fd(struct parser *ps, const struct directive *d)
{
	const struct word *last = &d->words[d->count - 1];
	enum fd_mode mode = word_is(last, "read")    ? FD_READ
			    : word_is(last, "write") ? FD_WRITE
						     : FD_ANY;
	size_t count = d->count - (mode != FD_ANY);
	struct directive numbers = *d;
	enum ambit_code code;

	numbers.count = count;
	code = parse_count(ps, &numbers, 1, LEX_WORDS_MAX);
	for (size_t i = 1; i < count && code == AMBIT_OK; i++)
		code = parse_descriptor(ps, d, &d->words[i], mode);
	return code;
}

enum ambit_code parse_on_denial(struct parser *ps, const struct directive *d)
{
	static const char *const answers[] = {
		[ON_DENIAL_ERROR] = "error",
		[ON_DENIAL_KILL] = "kill",
		[ON_DENIAL_REPORT] = "report",
	};
	enum ambit_code code = parse_count(ps, d, 1, 1);
	struct grant *g;
	int i;

	if (code != AMBIT_OK)
		return code;
	i = parse_choice(ps, &d->words[1], "answer to a denial", answers, ARRAY_COUNT(answers));
	if (i < 0)
		return AMBIT_E_POLICY;
	g = parse_grant(ps, d, &d->words[0]);
	if (!g)
		return AMBIT_E_RESOURCE;
	g->on_denial = (enum on_denial)i;
	return AMBIT_OK;
}

/* The class of @word as a bit, 0 for "none"; negative with @err filled. */
static int check_class_bit(struct parser *ps, const struct directive *d, const struct word *word)
{
	const char *words[CHECK_CLASS_COUNT + 1] = { [CHECK_CLASS_COUNT] = "none" };
	int i;

	for (int k = 0; k < CHECK_CLASS_COUNT; k++)
		words[k] = check_class_word((enum check_class)k);
	i = parse_choice(ps, word, "class of findings", words, ARRAY_COUNT(words));
	if (i != CHECK_CLASS_COUNT)
		return i < 0 ? i : 1 << i;
	if (d->count == 2)
		return 0;
	(void)lex_error(&ps->lex, word, "'none' stands alone");
	(void)parse_usage(ps, d);
	return -1;
}

enum ambit_code parse_check_fails(struct parser *ps, const struct directive *d)
{
	enum ambit_code code = parse_count(ps, d, 1, LEX_WORDS_MAX);
	uint64_t fails = 0;
	struct grant *g;

	if (code != AMBIT_OK)
		return code;
	for (size_t i = 1; i < d->count; i++) {
		int bit = check_class_bit(ps, d, &d->words[i]);

		if (bit < 0)
			return AMBIT_E_POLICY;
		fails |= (unsigned)bit;
	}
	g = parse_grant(ps, d, &d->words[0]);
	if (!g)
		return AMBIT_E_RESOURCE;
	g->number = fails;
	return AMBIT_OK;
}

/* What a need line may name. Every run has the fixed ones: nothing starts without them. */
static const struct {
	enum ambit_layer layer;
	bool fixed;
} need_layers[] = {
	{ AMBIT_LAYER_FDS, false },	 { AMBIT_LAYER_ENV, true },
	{ AMBIT_LAYER_CGROUP, false },	 { AMBIT_LAYER_USERNS, false },
	{ AMBIT_LAYER_MOUNT, false },	 { AMBIT_LAYER_NAMESPACES, false },
	{ AMBIT_LAYER_NET, false },	 { AMBIT_LAYER_TIMENS, false },
	{ AMBIT_LAYER_RLIMITS, false },	 { AMBIT_LAYER_IDS, false },
	{ AMBIT_LAYER_CAPS, false },	 { AMBIT_LAYER_PROCESS, true },
	{ AMBIT_LAYER_APPARMOR, false }, { AMBIT_LAYER_LANDLOCK, false },
	{ AMBIT_LAYER_SECCOMP, false },	 { AMBIT_LAYER_EXEC, true },
};

/* A line without effect would only look like one: refused, with the layers that can be off. */
static enum ambit_code fixed_layer(struct parser *ps, const struct word *layer, const char *need)
{
	char list[200] = "";
	size_t used = 0;

	for (size_t i = 0; i < ARRAY_COUNT(need_layers); i++)
		if (!need_layers[i].fixed && used < sizeof(list))
			used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s",
						 used ? ", " : "",
						 layer_word(need_layers[i].layer));
	(void)lex_error(&ps->lex, layer, "'%.*s' cannot be '%s': every run has it",
			(int)layer->length, layer->text, need);
	return err_hint(ps->err, "these can: %s", list);
}

enum ambit_code parse_need(struct parser *ps, const struct directive *d)
{
	static const char *const needs[] = { "must", "prefer", "off" };
	const char *layers[ARRAY_COUNT(need_layers)];
	enum ambit_code code = AMBIT_OK;
	int layer = 0, need;
	struct grant *g;

	for (size_t i = 0; i < ARRAY_COUNT(layers); i++)
		layers[i] = layer_word(need_layers[i].layer);
	if (d->count > 1)
		layer = parse_choice(ps, &d->words[1], "layer", layers, ARRAY_COUNT(layers));
	if (layer < 0)
		return AMBIT_E_POLICY;
	code = parse_count(ps, d, 2, 2);
	if (code != AMBIT_OK)
		return code;
	need = parse_choice(ps, &d->words[2], "need", needs, ARRAY_COUNT(needs));
	if (need < 0)
		return AMBIT_E_POLICY;
	if (need_layers[layer].fixed && need + NEED_MUST != NEED_MUST)
		return fixed_layer(ps, &d->words[1], needs[need]);
	g = parse_grant(ps, d, &d->words[0]);
	if (!g)
		return AMBIT_E_RESOURCE;
	g->layer = need_layers[layer].layer;
	g->need = (enum need)(need + NEED_MUST);
	return AMBIT_OK;
}
