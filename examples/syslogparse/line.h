/* SPDX-License-Identifier: ISC */
/* line.h - a line of a system log to a rule: bytes in, no system call */
#ifndef LINE_H
#define LINE_H

#include <string.h>

#include "rule.h"

/* A part of a line. */
struct text {
	const char *at, *end;
};

static inline size_t text_length(struct text t)
{
	return (size_t)(t.end - t.at);
}

static inline bool text_is(struct text t, const char *word, size_t length)
{
	return text_length(t) == length && memcmp(t.at, word, length) == 0;
}

/* When @t begins with @word: behind it. */
static inline bool text_skip(struct text *t, const char *word)
{
	const size_t n = strlen(word);

	if (text_length(*t) < n || memcmp(t->at, word, n) != 0)
		return false;
	t->at += n;
	return true;
}

/* Up to @stop, or to the end; @t is behind both. */
struct text text_cut(struct text *t, char stop);
/* Decimal digits and nothing else, up to @maximum; -1 otherwise. */
int text_number(struct text t, int maximum);
/* Which of the words; -1: none. */
int text_index(struct text t, const char *const words[], int count);

/* The line without its end. ret->kind says what it is. */
void line_parse(const char *line, size_t length, struct rule *ret);

/* The two kinds of records; what is before them is gone already. */
void netfilter_parse(struct text record, struct rule *ret);
void apparmor_parse(struct text record, struct rule *ret);

#endif
