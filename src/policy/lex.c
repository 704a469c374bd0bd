/* SPDX-License-Identifier: ISC */
#include "lex.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../base/num.h"
#include "../base/str.h"
#include "../base/utf8.h"

enum kind { KIND_PLAIN, KIND_BLANK, KIND_QUOTE, KIND_BRACE, KIND_CONTROL, KIND_HIGH };

static enum kind kind_of(char c)
{
	if (c > '\\' && c < '{') /* most of what is written */
		return KIND_PLAIN;
	switch (c) {
	case ' ':
	case '\t':
		return KIND_BLANK;
	case '"':
	case '\'':
	case '\\':
		return KIND_QUOTE;
	case '{':
	case '}':
		return KIND_BRACE;
	default:
		break;
	}
	if ((unsigned char)c < 0x20 || c == 0x7f)
		return KIND_CONTROL;
	return (unsigned char)c >= 0x80 ? KIND_HIGH : KIND_PLAIN;
}

static enum ambit_code fail_va(struct lexer *lx, const struct word *word, enum ambit_code code,
			       int sys_errno, const char *sentence)
{
	if (lx->option || !word->line)
		return err_set(lx->err, code, AMBIT_LAYER_POLICY, sys_errno, "%s: %s", lx->file,
			       sentence);
	(void)err_set(lx->err, code, AMBIT_LAYER_POLICY, sys_errno, "%s:%u:%u: %s", lx->file,
		      word->line, word->column, sentence);
	err_at(lx->err, word->line, word->column);
	return code;
}

enum ambit_code lex_fail(struct lexer *lx, const struct word *word, enum ambit_code code,
			 int sys_errno, const char *format, ...)
{
	char sentence[sizeof(lx->err->text)];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(sentence, sizeof(sentence), format, args); /* a cut sentence is fine */
	va_end(args);
	return fail_va(lx, word, code, sys_errno, sentence);
}

enum ambit_code lex_error(struct lexer *lx, const struct word *word, const char *format, ...)
{
	char sentence[sizeof(lx->err->text)];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(sentence, sizeof(sentence), format, args);
	va_end(args);
	return fail_va(lx, word, AMBIT_E_POLICY, 0, sentence);
}

const char *word_show(char *out, const struct word *word)
{
	char *cut = out + SHOW_SIZE - 4;

	str_escape(out, SHOW_SIZE, word->text, word->length);
	if (word->length < SHOW_SIZE)
		return out;
	while ((*cut & 0xc0) == 0x80) /* not within a character */
		cut--;
	memcpy(cut, "...", 4);
	return out;
}

bool word_is(const struct word *word, const char *text)
{
	if (word->quoted || (word->length && word->text[0] != text[0]))
		return false;
	return strlen(text) == word->length && !memcmp(word->text, text, word->length);
}

/* A place in the current line, as an empty word. */
static struct word place(const struct lexer *lx, const char *at)
{
	return (struct word){
		.text = at,
		.line = lx->option ? 0 : lx->line,
		.column = lx->option ? 0 : (uint32_t)(at - lx->line_start) + 1,
	};
}

static enum ambit_code error_at(struct lexer *lx, const char *at, const char *sentence,
				const char *hint)
{
	struct word here = place(lx, at);

	(void)lex_error(lx, &here, "%s", sentence);
	(void)err_hint(lx->err, "%s", hint);
	return AMBIT_E_POLICY;
}

static enum ambit_code bad_byte(struct lexer *lx, const char *at)
{
	unsigned char c = (unsigned char)*at;
	struct word here = place(lx, at);
	uint32_t unicode = 0;

	if (!c)
		return error_at(lx, at, "NUL byte", "a policy is text; is this the right file?");
	if (c == '\r')
		return error_at(lx, at, "carriage return",
				"save the file with Unix line ends (LF), not Windows ones (CR LF)");
	if (c < 0x80) {
		(void)lex_error(lx, &here, "control character \\x%02x", c);
		return err_hint(lx->err, "write it as \"\\x%02x\" inside double quotes", c);
	}
	if (lx->end - at >= 3 && !memcmp(at, "\xef\xbb\xbf", 3))
		return error_at(lx, at, "byte order mark", "save the file as UTF-8 without it");
	if (utf8_decode((const unsigned char *)at, (size_t)(lx->line_end - at), &unicode) > 1) {
		(void)lex_error(lx, &here, "character U+%04X, which hides or reorders text",
				unicode);
		return err_hint(lx->err, "remove it, or put the word that holds it in quotes");
	}
	(void)lex_error(lx, &here, "byte \\x%02x is not part of UTF-8 text", c);
	return err_hint(lx->err, "write it as \"\\x%02x\" inside double quotes", c);
}

void lex_init(struct lexer *lx, const char *file, const char *text, size_t length)
{
	lx->file = file;
	lx->at = text;
	lx->end = text + length;
	lx->line_start = lx->line_end = NULL;
	lx->line = 0;
	lx->fresh = true;
}

/* Begin the line at lx->at. */
static enum ambit_code line_begin(struct lexer *lx)
{
	const char *end = NULL;

	if (lx->at < lx->end)
		end = memchr(lx->at, '\n', (size_t)(lx->end - lx->at));
	lx->line_start = lx->at;
	lx->line_end = end ? end : lx->end;
	lx->line++;
	lx->fresh = true;
	if (lx->line_end - lx->line_start > LEX_LINE_MAX) {
		struct word here = place(lx, lx->at);

		(void)lex_error(lx, &here, "line longer than %d bytes", LEX_LINE_MAX);
		return err_hint(lx->err, "use several lines");
	}
	return AMBIT_OK;
}

/* What \x, \n ... inside double quotes stands for; *at is moved past it. -1 for no escape. */
static int escaped_byte(const char **at, const char *end)
{
	static const char letters[] = "\"\\nrt", bytes[] = "\"\\\n\r\t";
	const char *known;
	uint64_t value;
	char hex[4] = "0x";

	if (*at == end)
		return -1;
	known = **at ? strchr(letters, **at) : NULL;
	if (known) {
		(*at)++;
		return bytes[known - letters];
	}
	if (**at != 'x' || end - *at < 3)
		return -1;
	memcpy(hex + 2, *at + 1, 2);
	if (num_parse_any(hex, sizeof(hex), 255, &value) < 0 || !value)
		return -1;
	*at += 3;
	return (int)value;
}

struct gather {
	char bytes[LEX_LINE_MAX];
	size_t count;
};

static enum ambit_code lex_quotes(struct lexer *lx, struct gather *g)
{
	const char *open = lx->at++;

	while (lx->at < lx->line_end && *lx->at != *open) {
		int c = (unsigned char)*lx->at++;

		if (!c)
			return bad_byte(lx, lx->at - 1);
		if (c == '\\' && *open == '"') {
			const char *start = lx->at - 1;

			c = escaped_byte(&lx->at, lx->line_end);
			if (c < 0)
				return error_at(lx, start, "unknown escape",
						"inside double quotes: \\\" \\\\ \\n \\r \\t and "
						"\\xHH (not \\x00); single quotes are literal");
		}
		g->bytes[g->count++] = (char)c;
	}
	if (lx->at == lx->line_end)
		return error_at(lx, open, "quote without end",
				"a quoted word ends on the line it begins");
	lx->at++;
	return AMBIT_OK;
}

static enum ambit_code lex_backslash(struct lexer *lx, struct gather *g)
{
	const char *start = lx->at++;
	char c = lx->at < lx->line_end ? *lx->at : '\0';

	if (c < 0x20 || c == 0x7f || (c >= '0' && c <= '9') ||
	    ((c | 0x20) >= 'a' && (c | 0x20) <= 'z'))
		return error_at(
			lx, start, "backslash before nothing it can quote",
			"outside quotes it goes before a blank or punctuation; \\n and \\xHH "
			"are understood inside double quotes");
	g->bytes[g->count++] = c;
	lx->at++;
	return AMBIT_OK;
}

/* One bare character that is not plain ASCII; a blank ends the word. */
static enum ambit_code lex_bare(struct lexer *lx, struct gather *g)
{
	size_t length = 1;
	enum kind kind = kind_of(*lx->at);

	if (kind == KIND_BRACE)
		return error_at(lx, lx->at, "brace inside a word",
				"put blanks around it, or quote the word");
	if (kind == KIND_CONTROL || kind == KIND_HIGH)
		length = utf8_visible(lx->at, (size_t)(lx->line_end - lx->at));
	if (!length)
		return bad_byte(lx, lx->at);
	memcpy(g->bytes + g->count, lx->at, length);
	g->count += length;
	lx->at += length;
	return AMBIT_OK;
}

/* A word with quotes, escapes or more than ASCII: gathered, then copied to the arena. */
static enum ambit_code lex_mixed(struct lexer *lx, struct word *word)
{
	struct gather g;

	g.count = 0;
	while (lx->at < lx->line_end && kind_of(*lx->at) != KIND_BLANK) {
		bool quote = kind_of(*lx->at) == KIND_QUOTE;
		enum ambit_code code;

		word->quoted |= quote;
		if (quote && *lx->at == '\\')
			code = lex_backslash(lx, &g);
		else
			code = quote ? lex_quotes(lx, &g) : lex_bare(lx, &g);
		if (code != AMBIT_OK)
			return code;
	}
	word->text = arena_copy(lx->arena, g.bytes, g.count);
	word->length = (uint32_t)g.count;
	return word->text ? AMBIT_OK : err_memory(lx->err, AMBIT_LAYER_POLICY);
}

static enum ambit_code lex_word(struct lexer *lx, struct word *word)
{
	const char *start = lx->at;

	*word = place(lx, start);
	word->tilde = *start == '~';
	while (lx->at < lx->line_end && kind_of(*lx->at) == KIND_PLAIN)
		lx->at++;
	word->length = (uint32_t)(lx->at - start);
	if (lx->at == lx->line_end || kind_of(*lx->at) == KIND_BLANK)
		return AMBIT_OK;
	lx->at = start;
	return lex_mixed(lx, word);
}

static enum ambit_code lex_comment(struct lexer *lx, struct unit *u)
{
	u->comment = lx->at;
	while (lx->at < lx->line_end) {
		size_t length = utf8_visible(lx->at, (size_t)(lx->line_end - lx->at));

		if (*lx->at == '\t')
			length = 1;
		if (!length)
			return bad_byte(lx, lx->at);
		lx->at += length;
	}
	u->comment_length = (size_t)(lx->at - u->comment);
	return AMBIT_OK;
}

static enum ambit_code lex_brace(struct lexer *lx, struct unit *u)
{
	const char *next = lx->at + 1;

	if (next < lx->line_end && kind_of(*next) != KIND_BLANK)
		return error_at(lx, lx->at, "brace inside a word",
				"put blanks around it, or quote the word");
	u->brace = place(lx, lx->at);
	u->end = *lx->at == '{' ? UNIT_OPEN : UNIT_CLOSE;
	lx->at = next;
	lx->fresh = false;
	return AMBIT_OK;
}

static enum ambit_code lex_line_end(struct lexer *lx, struct unit *u)
{
	if (lx->at == lx->end) {
		u->end = UNIT_END;
		return AMBIT_OK;
	}
	u->end = UNIT_LINE;
	lx->at++;
	return line_begin(lx);
}

enum ambit_code lex_unit(struct lexer *lx, struct unit *u)
{
	enum ambit_code code = lx->line_end ? AMBIT_OK : line_begin(lx);

	u->count = 0;
	u->comment = NULL;
	u->comment_length = 0;
	u->fresh = lx->fresh;
	while (code == AMBIT_OK) {
		while (lx->at < lx->line_end && kind_of(*lx->at) == KIND_BLANK)
			lx->at++;
		if (lx->at == lx->line_end)
			return lex_line_end(lx, u);
		if (kind_of(*lx->at) == KIND_BRACE)
			return lex_brace(lx, u);
		if (*lx->at == '#')
			code = lex_comment(lx, u);
		else if (u->count == LEX_WORDS_MAX)
			return error_at(lx, lx->at, "more than 128 words on one line",
					"use several lines");
		else
			code = lex_word(lx, &u->words[u->count++]);
	}
	return code;
}
