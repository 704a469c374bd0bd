/* SPDX-License-Identifier: ISC */
/* help.c - pages on keywords and bundles, from the tables; 80 columns */
#include <string.h>

#include "../base/str.h"
#include "bundle.h"
#include "policy.h"
#include "promise.h"

enum { HELP_WIDTH = 78, HELP_COLUMN = 32, WORD_MAX = 48 };

static const char *closer(const char *word, const char *name, size_t *best)
{
	size_t distance = str_distance(word, name, *best);

	if (distance >= *best)
		return NULL;
	*best = distance;
	return name;
}

const char *policy_suggest(const char *word)
{
	/* Two edits; in short words one, or anything would be close to everything. */
	size_t length = strlen(word), best = length > 4 ? 3 : 2;
	const char *found = NULL, *name;
	const struct bundle *b;
	char lower[WORD_MAX + 1];

	if (length > WORD_MAX)
		return NULL; /* close to nothing */
	for (size_t i = 0; i <= length; i++)
		lower[i] = (char)(word[i] >= 'A' && word[i] <= 'Z' ? word[i] - 'A' + 'a' : word[i]);
	word = lower; /* all in capitals is no more wrong than one */
	for (int i = 0; i < RIGHT_COUNT; i++) {
		const struct right_row *row = right_row((enum right)i);

		name = row->flags & ROW_HIDDEN ? NULL : closer(word, row->keyword, &best);
		found = name ? name : found;
	}
	for (size_t i = 0; (b = bundle_at(i)); i++) {
		name = closer(word, b->name, &best);
		found = name ? name : found;
	}
	return found;
}

/* @text in lines of at most HELP_WIDTH, broken at blanks. */
static void add_paragraph(struct buf *out, const char *text)
{
	size_t column = 0;

	while (*text) {
		size_t length = strcspn(text, " ");

		if (column && column + 1 + length > HELP_WIDTH) {
			buf_add_char(out, '\n');
			column = 0;
		}
		if (column) {
			buf_add_char(out, ' ');
			column++;
		}
		buf_add(out, text, length);
		column += length;
		text += length;
		text += strspn(text, " ");
	}
	buf_add_char(out, '\n');
}

/* How the row is written as an option: one word less its dots, several in quotes. */
static void add_option(struct buf *out, const struct right_row *row)
{
	size_t length = strlen(row->arguments);
	const char *quote = strchr(row->arguments, ' ') ? "'" : "";

	if (!quote[0] && length > 3 && str_equal(row->arguments + length - 3, "..."))
		length -= 3;
	buf_add_format(out, "\nOption:   --%s%s%s%.*s%s\n", row->keyword, length ? " " : "", quote,
		       (int)length, row->arguments, quote);
}

static void list_line(struct buf *out, const char *word, const char *arguments, const char *help)
{
	size_t used = out->length;

	buf_add_format(out, "  %s%s%s", word, arguments[0] ? " " : "", arguments);
	used = out->length - used;
	do
		buf_add_char(out, ' ');
	while (++used < HELP_COLUMN);
	buf_add_format(out, "%s\n", help);
}

static void promise_list(struct buf *out, enum promise_family family)
{
	const struct promise *p;

	buf_add_char(out, '\n');
	for (size_t i = 0; (p = promise_at(family, i)); i++)
		list_line(out, p->name, "", p->help);
	buf_add_string(out, "\nambit-promises(7) tells what Linux cannot match.\n");
}

static void keyword_page(const struct right_row *row, struct buf *out)
{
	bool argument = row->arguments[0] != '\0';

	buf_add_format(out, "%s%s%s\n    %s\n\n", row->keyword, argument ? " " : "", row->arguments,
		       row->help);
	add_paragraph(out, row->detail);
	if (row->flags & ROW_OPTIONAL)
		add_paragraph(out, "With the word optional at its end, what does not exist is "
				   "skipped; otherwise it is an error.");
	if (row->flags & ROW_PREFER)
		add_paragraph(out, "With the word prefer at its end, a host that cannot enforce "
				   "the line is reported, not refused.");
	if (row->flags & ROW_ONCE)
		add_paragraph(out, "Two lines that give it different values contradict each "
				   "other.");
	buf_add_format(out, "\nExample:  %s", row->example);
	add_option(out, row);
	if (row->right == RIGHT_PROMISES)
		promise_list(out, FAMILY_PROMISE);
	if (row->right == RIGHT_PRIVILEGES)
		promise_list(out, FAMILY_PRIVILEGE);
}

static void bundle_page(const struct bundle *b, struct buf *out)
{
	const char *at = b->text, *end;

	buf_add_format(out, "use %s\n    %s\n\nBundle, version %s. It stands for these lines:\n\n",
		       b->name, b->help, b->version);
	for (; *at; at = end) {
		end = strchr(at, '\n') + 1;
		buf_add_string(out, "    ");
		buf_add(out, at, (size_t)(end - at));
	}
}

/* The rights in the order of the table; a heading stands before the first of its group. */
static const struct {
	enum right first;
	const char *heading;
} groups[] = {
	{ RIGHT_READ, "Files" },
	{ RIGHT_CONNECT, "Network" },
	{ RIGHT_SPAWN, "Processes" },
	{ RIGHT_USER, "Identity, and what is passed in" },
	{ RIGHT_BROKER, "The policy itself" },
};

static void list_page(struct buf *out)
{
	const struct bundle *b;
	size_t group = 0;

	buf_add_string(out, "A policy names what the program may use; all else is denied.\n");
	for (int i = 0; i < RIGHT_COUNT; i++) {
		const struct right_row *row = right_row((enum right)i);

		if (group < ARRAY_COUNT(groups) && row->right == groups[group].first)
			buf_add_format(out, "\n%s\n", groups[group++].heading);
		if (!(row->flags & ROW_HIDDEN))
			list_line(out, row->keyword, row->arguments, row->help);
	}
	buf_add_string(out, "\nBundles\n");
	for (size_t i = 0; (b = bundle_at(i)); i++)
		list_line(out, "use", b->name, b->help);
	buf_add_string(out, "\n'ambit help KEYWORD' and 'ambit help BUNDLE' tell more.\n");
}

static enum ambit_code no_page(const char *topic, struct ambit_error *err)
{
	const char *close = policy_suggest(topic);
	char show[80];

	(void)err_set(err, AMBIT_E_NOT_FOUND, AMBIT_LAYER_POLICY, 0,
		      "no keyword or bundle is called '%s'",
		      str_escape(show, sizeof(show), topic, strlen(topic)));
	if (close)
		(void)err_hint(err, "did you mean '%s'?", close);
	else
		(void)err_hint(err, "'ambit help' lists them");
	return AMBIT_E_NOT_FOUND;
}

enum ambit_code policy_help(const char *topic, struct buf *out, struct ambit_error *err)
{
	const struct right_row *row = topic ? right_by_keyword(topic, strlen(topic)) : NULL;
	const struct bundle *b = topic ? bundle_by_name(topic, strlen(topic)) : NULL;
	bool hidden = row && (row->flags & ROW_HIDDEN);

	if (!topic)
		list_page(out);
	else if (row && !hidden)
		keyword_page(row, out);
	if (row && !hidden && b)
		buf_add_char(out, '\n');
	if (b)
		bundle_page(b, out);
	if (topic && !b && (!row || hidden))
		return no_page(topic, err);
	return out->failed ? err_memory(err, AMBIT_LAYER_POLICY) : AMBIT_OK;
}
