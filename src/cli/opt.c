/* SPDX-License-Identifier: ISC */
/*
 * opt.c - the command line, by tables
 *
 * Two walks over the same words. Both step over every option in the same way; each takes only
 * its own kind. The first operand of a subcommand with a policy is the program to run, and
 * what follows is the program's.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "../base/err.h"
#include "../base/num.h"
#include "../base/str.h"
#include "cli.h"

enum { SHOW_SIZE = 120 };

const char *const color_words[] = { "auto", "always", "never", NULL };
const char *const shell_words[] = { "bash", "zsh", "fish", NULL };

static const struct option_row common[] = {
	{ "help", 'h', NULL, opt_flag, offsetof(struct cli, help), NULL, false, "print this" },
	{ "version", 'V', NULL, opt_flag, offsetof(struct cli, version), NULL, false,
	  "print the version" },
	{ 0 },
};

const struct option_row *opt_common(void)
{
	return common;
}

/* One option as it stands on the command line: a row, or a keyword of the language. */
struct given {
	const struct option_row *row;
	struct ambit_keyword keyword; /* when @row is NULL */
	const char *argument;	      /* NULL for a flag */
};

struct walk {
	struct cli *c;
	char **next;	     /* the next word */
	const char *cluster; /* what is left of "-qv", or NULL */
};

/* A printable copy for messages. */
static const char *show(char out[SHOW_SIZE], const char *word, size_t length)
{
	return str_escape(out, SHOW_SIZE, word, length);
}

/* ---- what rows do with their argument -------------------------------------------------------- */

static void *member(struct cli *c, const struct option_row *row)
{
	return (char *)c + row->offset;
}

enum ambit_code opt_pass(struct cli *c, const struct option_row *row, const char *argument)
{
	(void)c;
	(void)row;
	(void)argument;
	return AMBIT_OK;
}

enum ambit_code opt_flag(struct cli *c, const struct option_row *row, const char *argument)
{
	(void)argument;
	*(bool *)member(c, row) = true;
	return AMBIT_OK;
}

static bool is_word(const struct option_row *row, const char *argument, int *ret_index)
{
	for (int i = 0; row->words[i]; i++)
		if (str_equal(row->words[i], argument)) {
			*ret_index = i;
			return true;
		}
	return false;
}

static enum ambit_code bad_word(struct cli *c, const struct option_row *row, const char *argument)
{
	char shown[SHOW_SIZE];

	(void)err_set(&c->err, AMBIT_E_USAGE, AMBIT_LAYER_NONE, 0, "--%s cannot be '%s'", row->name,
		      show(shown, argument, strlen(argument)));
	return err_hint(&c->err, "one of: %s, %s, %s", row->words[0], row->words[1], row->words[2]);
}

enum ambit_code opt_word(struct cli *c, const struct option_row *row, const char *argument)
{
	int index;

	if (!is_word(row, argument, &index))
		return bad_word(c, row, argument);
	*(int *)member(c, row) = index;
	return AMBIT_OK;
}

enum ambit_code opt_string(struct cli *c, const struct option_row *row, const char *argument)
{
	int index;

	if (row->words && !is_word(row, argument, &index))
		return bad_word(c, row, argument);
	*(const char **)member(c, row) = argument;
	return AMBIT_OK;
}

enum ambit_code opt_entry(struct cli *c, const struct option_row *row, const char *argument)
{
	for (size_t i = 0; i < ENTRIES_MAX; i++)
		if (!c->entries[i]) {
			c->entries[i] = argument;
			return AMBIT_OK;
		}
	return err_set(&c->err, AMBIT_E_USAGE, AMBIT_LAYER_NONE, 0,
		       "--%s is given more than %d times", row->name, ENTRIES_MAX);
}

enum ambit_code opt_descriptor(struct cli *c, const struct option_row *row, const char *argument)
{
	char shown[SHOW_SIZE];
	uint64_t value = 0;
	int flags;

	if (num_parse(argument, strlen(argument), INT32_MAX, &value) < 0) {
		(void)err_set(&c->err, AMBIT_E_USAGE, AMBIT_LAYER_NONE, 0,
			      "--%s needs the number of a descriptor, not '%s'", row->name,
			      show(shown, argument, strlen(argument)));
		return err_hint(&c->err, "as in: ambit run --%s 3 COMMAND 3>status.json",
				row->name);
	}
	flags = fcntl((int)value, F_GETFL);
	if (flags < 0 || (value <= 2 && c->closed >> value & 1) ||
	    (flags & O_ACCMODE) == O_RDONLY) {
		(void)err_set(&c->err, AMBIT_E_USAGE, AMBIT_LAYER_NONE, 0,
			      "descriptor %d of --%s is not open for writing", (int)value,
			      row->name);
		return err_hint(&c->err,
				"open it first, as in: ambit run --%s %d COMMAND %d>status.json",
				row->name, (int)value, (int)value);
	}
	*(int *)member(c, row) = (int)value;
	return AMBIT_OK;
}

enum ambit_code opt_policy_file(struct cli *c, const struct option_row *row, const char *argument)
{
	(void)row;
	return ambit_policy_load(c->policy, argument, &c->err);
}

enum ambit_code opt_directive(struct cli *c, const struct option_row *row, const char *argument)
{
	(void)row;
	return ambit_policy_parse(c->policy, argument, strlen(argument), "-e", &c->err);
}

/* ---- finding what a word means --------------------------------------------------------------- */

/* @name has @length bytes: "read" of "--read=/etc". */
static bool same(const char *name, const char *word, size_t length)
{
	return !strncmp(name, word, length) && !name[length];
}

static const struct option_row *row_by_name(const struct command *command, const char *name,
					    size_t length)
{
	const struct option_row *tables[] = { command->options, common };

	for (size_t t = 0; t < ARRAY_COUNT(tables); t++)
		for (const struct option_row *row = tables[t]; row->name; row++)
			if (same(row->name, name, length))
				return row;
	return NULL;
}

static const struct option_row *row_by_letter(const struct command *command, char letter)
{
	const struct option_row *tables[] = { command->options, common };

	for (size_t t = 0; t < ARRAY_COUNT(tables); t++)
		for (const struct option_row *row = tables[t]; row->name; row++)
			if (row->letter == letter)
				return row;
	return NULL;
}

static bool keyword_by_name(const char *name, size_t length, struct ambit_keyword *ret)
{
	ret->size = sizeof(*ret);
	for (size_t i = 0; ambit_keyword_at(i, ret); i++) {
		if (same(ret->name, name, length))
			return true;
		ret->size = sizeof(*ret);
	}
	return false;
}

static void closer(const char **close, size_t *best, const char *word, const char *name)
{
	size_t distance = str_distance(word, name, *best);

	if (distance < *best) {
		*best = distance;
		*close = name;
	}
}

static const char *close_option(const struct command *command, const char *word)
{
	const struct option_row *tables[] = { command->options, common };
	struct ambit_keyword keyword = { .size = sizeof(keyword) };
	size_t best = strlen(word) > 4 ? 3 : 2;
	const char *close = NULL;

	for (size_t t = 0; t < ARRAY_COUNT(tables); t++)
		for (const struct option_row *row = tables[t]; row->name; row++)
			closer(&close, &best, word, row->name);
	for (size_t i = 0; command->policy && ambit_keyword_at(i, &keyword); i++)
		closer(&close, &best, word, keyword.name);
	return close;
}

static enum ambit_code unknown_option(struct cli *c, const char *name, size_t length)
{
	char shown[SHOW_SIZE];
	const char *close = close_option(c->command, show(shown, name, length));

	(void)err_set(&c->err, AMBIT_E_USAGE, AMBIT_LAYER_NONE, 0, "unknown option '--%s'", shown);
	if (close)
		return err_hint(&c->err, "did you mean '--%s'?", close);
	return err_hint(&c->err, "'ambit %s --help' lists the options", c->command->name);
}

static enum ambit_code unknown_letter(struct cli *c, const char *letter)
{
	char shown[SHOW_SIZE];

	(void)err_set(&c->err, AMBIT_E_USAGE, AMBIT_LAYER_NONE, 0, "unknown option '-%s'",
		      show(shown, letter, 1));
	return err_hint(&c->err, "'ambit %s --help' lists the options", c->command->name);
}

/* ---- the walk -------------------------------------------------------------------------------- */

static enum ambit_code take_argument(struct walk *w, struct given *g, const char *attached)
{
	const char *name = g->row ? g->row->name : g->keyword.name;
	const char *wants = g->row ? g->row->argument : g->keyword.arguments;
	bool takes = g->row ? g->row->argument != NULL : g->keyword.takes_argument;

	g->argument = NULL;
	if (!takes && attached) {
		(void)err_set(&w->c->err, AMBIT_E_USAGE, AMBIT_LAYER_NONE, 0,
			      "option '--%s' takes no argument", name);
		return err_hint(&w->c->err, "write: --%s", name);
	}
	if (!takes)
		return AMBIT_OK;
	g->argument = attached ? attached : *w->next;
	if (!g->argument) {
		(void)err_set(&w->c->err, AMBIT_E_USAGE, AMBIT_LAYER_NONE, 0,
			      "option '--%s' needs an argument", name);
		return err_hint(&w->c->err, "write: --%s %s", name, wants);
	}
	w->next += !attached;
	return AMBIT_OK;
}

static enum ambit_code long_option(struct walk *w, const char *word, struct given *g)
{
	size_t length = strcspn(word, "=");
	const char *attached = word[length] ? word + length + 1 : NULL;

	g->row = row_by_name(w->c->command, word, length);
	if (!g->row && !(w->c->command->policy && keyword_by_name(word, length, &g->keyword)))
		return unknown_option(w->c, word, length);
	return take_argument(w, g, attached);
}

static enum ambit_code short_option(struct walk *w, struct given *g)
{
	const char *letter = w->cluster;
	const char *rest = letter + 1;

	g->row = row_by_letter(w->c->command, *letter);
	if (!g->row)
		return unknown_letter(w->c, letter);
	w->cluster = *rest && !g->row->argument ? rest : NULL;
	return take_argument(w, g, *rest && g->row->argument ? rest : NULL);
}

enum step { STEP_OPTION, STEP_OPERAND, STEP_END, STEP_ERROR };

/* The next option into @g, or the operand that w->next stands on. "--" is stepped over. */
static enum step step(struct walk *w, struct given *g)
{
	const char *word = *w->next;
	enum ambit_code code;

	if (w->cluster)
		code = short_option(w, g);
	else if (!word)
		return STEP_END;
	else if (word[0] != '-' || !word[1])
		return STEP_OPERAND;
	else {
		w->next++;
		if (word[1] == '-' && !word[2])
			return STEP_END;
		w->cluster = word[1] == '-' ? NULL : word + 1;
		code = w->cluster ? short_option(w, g) : long_option(w, word + 2, g);
	}
	return code == AMBIT_OK ? STEP_OPTION : STEP_ERROR;
}

static void all_operands(struct cli *c, char **from)
{
	while (*from)
		c->operands[c->operand_count++] = *from++;
	c->operands[c->operand_count] = NULL;
}

/*
 * The first mistake ends the reading, and whoever waits for the status is told of it wherever
 * --status-fd stands. An option that is not known may have had an argument, of one word.
 */
static void find_status(struct walk *w, bool argument)
{
	struct cli *c = w->c;
	const struct ambit_error first = c->err;
	struct given g = { .row = NULL };
	enum step what;

	w->cluster = NULL;
	while (c->status_fd < 0 && (what = step(w, &g)) != STEP_END) {
		if (what == STEP_OPERAND && !argument)
			break;
		argument = what == STEP_ERROR;
		if (what == STEP_OPERAND)
			w->next++;
		else if (argument)
			w->cluster = NULL;
		else if (g.row && g.row->take == opt_descriptor)
			IGNORE_RESULT((int)g.row->take(c, g.row, g.argument));
	}
	c->err = first;
}

/*
 * Operands are gathered at the front of argv: what is written there has been read before. The
 * words of a subcommand with a policy stay where they are for the second walk, since its
 * operands are the tail.
 */
enum ambit_code opt_settings(struct cli *c, int argc, char **argv)
{
	struct walk w = { c, argv, NULL };
	enum step what = STEP_OPTION;
	struct given g = { .row = NULL };
	bool unknown = false;

	(void)argc;
	c->operands = argv;
	while (what == STEP_OPTION) {
		what = step(&w, &g);
		unknown = what == STEP_ERROR;
		if (what == STEP_OPTION && g.row && !g.row->policy &&
		    g.row->take(c, g.row, g.argument) != AMBIT_OK)
			what = STEP_ERROR;
		if (what != STEP_OPERAND || c->command->policy)
			continue;
		c->operands[c->operand_count++] = *w.next++;
		what = STEP_OPTION;
	}
	if (what == STEP_ERROR) {
		find_status(&w, unknown);
		return (enum ambit_code)c->err.code;
	}
	if (c->command->policy)
		c->operands = w.next;
	all_operands(c, w.next);
	return AMBIT_OK;
}

static enum ambit_code take_policy(struct cli *c, const struct given *g)
{
	if (g->row && !g->row->policy)
		return AMBIT_OK;
	c->directives++;
	return g->row ? g->row->take(c, g->row, g->argument)
		      : ambit_policy_add(c->policy, g->keyword.name, g->argument, &c->err);
}

enum ambit_code opt_policy(struct cli *c, char **argv)
{
	struct walk w = { c, argv, NULL };
	struct given g = { .row = NULL };

	c->policy = ambit_policy_new();
	if (!c->policy)
		return err_memory(&c->err, AMBIT_LAYER_POLICY);
	while (step(&w, &g) == STEP_OPTION)
		if (take_policy(c, &g) != AMBIT_OK)
			return (enum ambit_code)c->err.code;
	return AMBIT_OK;
}
