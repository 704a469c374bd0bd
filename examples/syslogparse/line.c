/* SPDX-License-Identifier: ISC */
/*
 * line.c - who wrote this line?
 *
 * Everybody can have text logged, and text can look like anything. So a record counts only where
 * the kernel's own text begins: behind the time, the host, and a tag that is the kernel's.
 */
#include "line.h"

enum { PREFIX_MAX = 128 }; /* what an administrator lets the kernel write before "IN=" */

struct text text_cut(struct text *t, char stop)
{
	const char *end = memchr(t->at, stop, text_length(*t));
	struct text part = { t->at, end ? end : t->end };

	t->at = end ? end + 1 : t->end;
	return part;
}

int text_number(struct text t, int maximum)
{
	int n = 0;

	if (t.at == t.end || text_length(t) > 9)
		return -1;
	for (; t.at < t.end; t.at++) {
		if (*t.at < '0' || *t.at > '9')
			return -1;
		n = n * 10 + (*t.at - '0');
	}
	return n <= maximum ? n : -1;
}

int text_index(struct text t, const char *const words[], int count)
{
	for (int i = 0; t.at < t.end && i < count; i++)
		if (words[i] && *words[i] == *t.at && text_is(t, words[i], strlen(words[i])))
			return i;
	return -1;
}

/* "Nov 22 11:18:28 ", or "2026-11-22T11:18:28.123456+00:00 ". */
static bool skip_time(struct text *t)
{
	const char *p = t->at;

	if (text_length(*t) < 20)
		return false;
	if (p[3] == ' ' && p[6] == ' ' && p[9] == ':' && p[12] == ':' && p[15] == ' ') {
		t->at += 16;
		return true;
	}
	if (p[4] != '-' || p[7] != '-' || p[10] != 'T' || p[13] != ':' || p[16] != ':')
		return false;
	return text_length(text_cut(t, ' ')) >= 19;
}

/* "[12345.678901] ", with blanks before the number */
static void skip_uptime(struct text *t)
{
	struct text rest = *t;

	if (!text_skip(&rest, "["))
		return;
	while (rest.at < rest.end && strchr(" .0123456789", *rest.at) && *rest.at)
		rest.at++;
	if (text_skip(&rest, "] "))
		*t = rest;
}

/* "audit(1700000000.123:45): " */
static bool skip_serial(struct text *t)
{
	struct text digits;

	if (!text_skip(t, "audit("))
		return false;
	for (digits = text_cut(t, ')'); digits.at < digits.end; digits.at++)
		if (!strchr(".:0123456789", *digits.at) || !*digits.at)
			return false;
	return text_skip(t, ": ");
}

static void parse_kernel(struct text t, struct rule *ret)
{
	struct text audit = t;
	const char *in;
	size_t n;

	(void)text_skip(&audit, "audit: ");
	if (text_skip(&audit, "type=1400 ")) {
		if (skip_serial(&audit))
			apparmor_parse(audit, ret);
		return;
	}
	n = text_length(t) < PREFIX_MAX ? text_length(t) : PREFIX_MAX;
	in = memmem(t.at, n, "IN=", 3);
	if (in)
		netfilter_parse((struct text){ in, t.end }, ret);
}

/* journald's "audit[123]: AVC apparmor=..." */
static bool skip_journal_tag(struct text *t)
{
	if (!text_skip(t, "audit["))
		return false;
	return text_number(text_cut(t, ']'), INT32_MAX) >= 0 && text_skip(t, ": AVC ");
}

void line_parse(const char *line, size_t length, struct rule *ret)
{
	struct text t = { line, line + length };

	ret->kind = RULE_NONE;
	if (text_skip(&t, "type=AVC msg=")) { /* auditd's own file */
		if (skip_serial(&t))
			apparmor_parse(t, ret);
		return;
	}
	if (length && *line == '[') { /* dmesg */
		skip_uptime(&t);
		if (t.at != line)
			parse_kernel(t, ret);
		return;
	}
	if (!skip_time(&t))
		return;
	(void)text_cut(&t, ' '); /* the host */
	if (text_skip(&t, "kernel: ")) {
		skip_uptime(&t);
		parse_kernel(t, ret);
	} else if (skip_journal_tag(&t)) {
		apparmor_parse(t, ret);
	}
}
