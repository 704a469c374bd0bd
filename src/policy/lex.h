/* SPDX-License-Identifier: ISC */
/*
 * lex.h - policy text to words
 *
 * The grammar is scfg with a few strictnesses of ours. A directive a line; words are separated
 * by blanks; "double quotes" know the escapes \" \\ \n \r \t \xHH; 'single quotes' are literal; a
 * backslash outside quotes takes the next punctuation or blank literally; quoted and bare parts
 * may be joined (A="b c"). '#' at the start of a word begins a comment. '{' and '}' that stand
 * alone open and close a block. Every word knows its line and column (in bytes, from 1).
 */
#ifndef AMBIT_POLICY_LEX_H
#define AMBIT_POLICY_LEX_H

#include "../base/arena.h"
#include "../base/err.h"

enum {
	LEX_LINE_MAX = 8192,	/* bytes a line */
	LEX_WORDS_MAX = 128,	/* words a line */
	LEX_TEXT_MAX = 1 << 20, /* bytes a file */
};

struct word {
	const char *text; /* in the source or in the arena; NOT NUL-terminated */
	uint32_t length;
	uint32_t line; /* 0 = the command line */
	uint32_t column;
	bool quoted; /* some part was quoted or escaped: no longer a word of the language */
	bool tilde;  /* begins with a bare '~' */
};

enum unit_end { UNIT_LINE, UNIT_OPEN, UNIT_CLOSE, UNIT_END };

/* What stands between two line ends or braces: the words of one directive, or none. */
struct unit {
	struct word words[LEX_WORDS_MAX];
	size_t count;
	enum unit_end end;
	struct word brace;   /* where the '{' or '}' stands */
	const char *comment; /* from '#' on, without the line end; NULL for none */
	size_t comment_length;
	bool fresh; /* nothing but blanks before it on its line */
};

struct lexer {
	const char *file; /* what messages call the text */
	const char *at, *end;
	const char *line_start, *line_end; /* line_end NULL: before the first line */
	uint32_t line;
	bool fresh;
	bool option; /* the text is a command line option: places have no line */
	struct arena *arena;
	struct ambit_error *err;
};

void lex_init(struct lexer *lx, const char *file, const char *text, size_t length);
enum ambit_code lex_unit(struct lexer *lx, struct unit *ret_unit) MUST_CHECK;

/* E_POLICY at @word: "FILE:LINE:COL: sentence", or "--option: sentence". */
enum ambit_code lex_error(struct lexer *lx, const struct word *word, const char *format, ...)
	PRINTF(3, 4);
/* The same with a code and an errno of one's own. */
enum ambit_code lex_fail(struct lexer *lx, const struct word *word, enum ambit_code code,
			 int sys_errno, const char *format, ...) PRINTF(5, 6);

enum { SHOW_SIZE = 80 };
/* A printable, cut copy of a word for messages; returns @out of SHOW_SIZE bytes. */
const char *word_show(char *out, const struct word *word);
/* Is it the bare word @text? */
bool word_is(const struct word *word, const char *text);

#endif
