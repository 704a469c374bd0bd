/* SPDX-License-Identifier: ISC */
/*
 * format.c - one policy file in canonical form
 *
 * The order of lines, their words and all comments stay; blanks, indentation, quotes and blank
 * lines become regular, and comments at the end of neighbouring lines stand in one column.
 * Formatting twice changes nothing, and the meaning never changes.
 */
#include <string.h>

#include "parse.h"
#include "print.h"

/* A line to be written. Offsets, because the text moves while it grows. */
struct row {
	size_t start, length;
	size_t width; /* in columns */
	const char *comment;
	size_t comment_length;
};

enum { FORMAT_WIDE = 64, FORMAT_TAB = 8 }; /* longer lines do not push their neighbours' comments */

struct formatter {
	struct arena *arena;
	struct lexer lex;
	struct buf text;
	struct row *rows;
	size_t count;
	bool in_block;
	bool failed;
};

static size_t columns(const char *text, size_t length)
{
	size_t width = 0;

	for (size_t i = 0; i < length; i++) {
		if (text[i] == '\t')
			width += FORMAT_TAB - width % FORMAT_TAB;
		else if (((unsigned char)text[i] & 0xc0) != 0x80)
			width++;
	}
	return width;
}

static struct row *row_begin(struct formatter *f)
{
	struct row *row = arena_grow(f->arena, &f->rows, &f->count, sizeof(*row));

	if (!row) {
		f->failed = true;
		return NULL;
	}
	row->start = f->text.length;
	return row;
}

static void row_end(struct formatter *f, struct row *row)
{
	row->length = f->text.length - row->start;
	row->width = columns(buf_text(&f->text) + row->start, row->length);
}

static void row_comment(struct row *row, const struct unit *u)
{
	size_t length = u->comment_length;

	while (length && (u->comment[length - 1] == ' ' || u->comment[length - 1] == '\t'))
		length--;
	row->comment = u->comment;
	row->comment_length = length;
}

/* Bare words stay as they are; quotes stay only where they mean something. */
static void format_word(struct formatter *f, const struct word *word)
{
	if (!word->quoted) {
		buf_add(&f->text, word->text, word->length);
		return;
	}
	if (!word->tilde) {
		print_word(&f->text, word->text, word->length);
		return;
	}
	buf_add_char(&f->text, '~');
	if (word->length > 1)
		print_word(&f->text, word->text + 1, word->length - 1);
}

static void format_directive(struct formatter *f, const struct unit *u)
{
	struct row *row = row_begin(f);

	if (!row)
		return;
	if (f->in_block)
		buf_add_char(&f->text, '\t');
	for (size_t i = 0; i < u->count; i++) {
		if (i)
			buf_add_char(&f->text, ' ');
		format_word(f, &u->words[i]);
	}
	if (u->end == UNIT_OPEN)
		buf_add_string(&f->text, " {");
	row_end(f, row);
	if (u->comment)
		row_comment(row, u);
}

static void format_close(struct formatter *f)
{
	struct row *row = row_begin(f);

	if (!row)
		return;
	buf_add_char(&f->text, '}');
	row_end(f, row);
}

/* A unit without words: a comment of its own, one behind a brace, or an empty line. */
static void format_empty(struct formatter *f, const struct unit *u)
{
	struct row *last = f->count ? &f->rows[f->count - 1] : NULL;
	struct row *row;

	if (u->comment && !u->fresh && last && !last->comment) {
		row_comment(last, u);
		return;
	}
	/* One empty line at most, and none at the start. */
	if (!u->comment &&
	    (!u->fresh || u->end != UNIT_LINE || !last || (!last->length && !last->comment)))
		return;
	row = row_begin(f);
	if (!row)
		return;
	if (u->comment && f->in_block)
		buf_add_char(&f->text, '\t');
	row_end(f, row);
	if (u->comment)
		row_comment(row, u);
}

/* A line with words, whose neighbours' comments it stands beside. */
static bool has_words(const struct formatter *f, const struct row *row)
{
	const char *text = buf_text(&f->text) + row->start;

	return row->length && !(row->length == 1 && text[0] == '\t');
}

/* The column of the comments of the run of lines that begins at @first; *ret_end is its end. */
static size_t comment_column(const struct formatter *f, size_t first, size_t *ret_end)
{
	size_t column = 0, i;

	for (i = first; i < f->count && has_words(f, &f->rows[i]); i++) {
		const struct row *row = &f->rows[i];

		if (row->comment && row->width <= FORMAT_WIDE && row->width > column)
			column = row->width;
	}
	*ret_end = i;
	return column + 1;
}

static void write_row(const struct formatter *f, const struct row *row, size_t column,
		      struct buf *out)
{
	buf_add(out, buf_text(&f->text) + row->start, row->length);
	if (row->comment && has_words(f, row)) {
		buf_add_char(out, ' ');
		for (size_t i = row->width + 1; i < column; i++)
			buf_add_char(out, ' ');
	}
	if (row->comment)
		buf_add(out, row->comment, row->comment_length);
	buf_add_char(out, '\n');
}

static void write_rows(struct formatter *f, struct buf *out)
{
	size_t end = 0, column = 0;

	/* No empty lines at the end. */
	while (f->count && !f->rows[f->count - 1].length && !f->rows[f->count - 1].comment)
		f->count--;
	for (size_t i = 0; i < f->count; i++) {
		if (i >= end)
			column = comment_column(f, i, &end);
		write_row(f, &f->rows[i], column, out);
	}
}

static enum ambit_code format_units(struct formatter *f)
{
	enum ambit_code code;
	struct unit u;

	do {
		code = lex_unit(&f->lex, &u);
		if (code != AMBIT_OK)
			return code;
		if (u.count)
			format_directive(f, &u);
		else
			format_empty(f, &u);
		if (u.end == UNIT_CLOSE)
			format_close(f);
		if (u.end == UNIT_OPEN || u.end == UNIT_CLOSE)
			f->in_block = u.end == UNIT_OPEN;
	} while (u.end != UNIT_END);
	return AMBIT_OK;
}

enum ambit_code policy_format(const char *text, size_t length, const char *name, struct buf *out,
			      struct ambit_error *err)
{
	struct ambit_error own = { 0 };
	struct ambit_policy scratch = { 0 };
	struct formatter f = { .arena = &scratch.arena };
	enum ambit_code code;

	err = err ? err : &own;
	code = policy_check_text(&scratch, text, length, name, err);
	if (code == AMBIT_OK) {
		f.lex.arena = f.arena;
		f.lex.err = err;
		lex_init(&f.lex, name, text, length);
		code = format_units(&f);
	}
	if (code == AMBIT_OK)
		write_rows(&f, out);
	if (code == AMBIT_OK && (f.failed || f.text.failed || out->failed))
		code = err_memory(err, AMBIT_LAYER_POLICY);
	buf_done(&f.text);
	policy_done(&scratch);
	return code;
}
