/* SPDX-License-Identifier: ISC */
/*
 * print.c - a policy as canonical text
 *
 * One grant a line, in the order of the rights table, then by value; equal lines once. Bundles
 * stay named, what they brought is not printed; includes are inlined. Parsing the text gives an
 * equal policy: paths are absolute, so it does not matter where.
 */
#include "print.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/buf.h"
#include "../base/errname.h"
#include "../base/utf8.h"
#include "check_class.h"
#include "lex.h"
#include "symbol.h"

static bool bare_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("_./:=,+@%-!&^~[]()<>?|;$`", c));
}

/* Would the lexer and the parser read @text, bare, as just this word? */
static bool reads_bare(const char *text, size_t length)
{
	if (!length || text[0] == '~' || text[0] == '$' || text[0] == '@')
		return false;
	for (size_t i = 0; i < length;) {
		size_t n = 1;

		if ((unsigned char)text[i] >= 0x80)
			n = utf8_visible(text + i, length - i);
		else if (!bare_char(text[i]))
			return false;
		if (!n)
			return false;
		i += n;
	}
	return !(length == 8 && !memcmp(text, "optional", 8)) &&
	       !(length == 6 && !memcmp(text, "prefer", 6));
}

void print_word(struct buf *out, const char *text, size_t length)
{
	if (reads_bare(text, length)) {
		buf_add(out, text, length);
		return;
	}
	buf_add_char(out, '"');
	for (size_t i = 0; i < length;) {
		size_t n = utf8_visible(text + i, length - i);

		if (text[i] == '"' || text[i] == '\\')
			buf_add_char(out, '\\');
		if (!n)
			buf_add_format(out, "\\x%02x", (unsigned char)text[i]);
		else
			buf_add(out, text + i, n);
		i += n ? n : 1;
	}
	buf_add_char(out, '"');
}

static void add_word(struct buf *out, const char *text)
{
	buf_add_char(out, ' ');
	print_word(out, text, strlen(text));
}

struct unit_name {
	const char *name;
	uint64_t factor;
};

/* @value in the largest unit that holds it exactly. */
static void add_unit(struct buf *out, uint64_t value, const struct unit_name *units, size_t count)
{
	size_t i = 0;

	while (i + 1 < count && (!value || value % units[i].factor))
		i++;
	buf_add_format(out, " %llu%s", (unsigned long long)(value / units[i].factor),
		       units[i].name);
}

static void add_bytes(struct buf *out, uint64_t value)
{
	static const struct unit_name units[] = {
		{ "T", UINT64_C(1) << 40 },
		{ "G", UINT64_C(1) << 30 },
		{ "M", UINT64_C(1) << 20 },
		{ "K", UINT64_C(1) << 10 },
		{ "", 1 },
	};

	add_unit(out, value, units, ARRAY_COUNT(units));
}

static void add_time(struct buf *out, uint64_t value)
{
	static const struct unit_name units[] = {
		{ "h", 3600 * 1000 },
		{ "m", 60 * 1000 },
		{ "s", 1000 },
		{ "ms", 1 },
	};

	add_unit(out, value, units, ARRAY_COUNT(units));
}

static void print_nothing(const struct grant *g, struct buf *out)
{
	(void)g;
	(void)out;
}

static void print_path(const struct grant *g, struct buf *out)
{
	add_word(out, g->path);
}

static void print_name(const struct grant *g, struct buf *out)
{
	add_word(out, g->name);
}

static void print_tmp(const struct grant *g, struct buf *out)
{
	add_bytes(out, g->number);
}

static void print_host(const struct endpoint *e, struct buf *out)
{
	char text[INET6_ADDRSTRLEN];
	unsigned full = e->family == AF_INET ? 32 : 128;

	if (e->name)
		buf_add_format(out, " %s", e->name);
	else if (!e->family || !inet_ntop(e->family, e->address, text, sizeof(text)))
		buf_add_string(out, " *");
	else if (e->prefix_bits == full)
		buf_add_format(out, " %s", text);
	else
		buf_add_format(out, " %s/%u", text, e->prefix_bits);
}

static void print_net(const struct grant *g, struct buf *out)
{
	const struct endpoint *e = &g->net;

	buf_add_string(out, e->protocol == NET_UDP ? " udp" : " tcp");
	if (g->right == RIGHT_CONNECT || e->family)
		print_host(e, out);
	if (e->port_first == 0 && e->port_last == 65535)
		buf_add_string(out, " *");
	else if (e->port_first == e->port_last)
		buf_add_format(out, " %u", e->port_first);
	else
		buf_add_format(out, " %u-%u", e->port_first, e->port_last);
}

static void print_limit(const struct grant *g, struct buf *out)
{
	buf_add_format(out, " %s", limit_name(g->limit));
	switch (g->limit) {
	case LIMIT_MEMORY:
	case LIMIT_FILE_SIZE:
	case LIMIT_STACK:
		add_bytes(out, g->number);
		return;
	case LIMIT_CPU_TIME:
	case LIMIT_WALL_TIME:
		add_time(out, g->number);
		return;
	case LIMIT_CPU:
		buf_add_format(out, " %llu", (unsigned long long)(g->number / 10));
		if (g->number % 10)
			buf_add_format(out, ".%u", (unsigned)(g->number % 10));
		buf_add_char(out, '%');
		return;
	case LIMIT_PROCESSES:
	case LIMIT_OPEN_FILES:
	case LIMIT_KIND_COUNT:
		break;
	}
	buf_add_format(out, " %llu", (unsigned long long)g->number);
}

static void print_env(const struct grant *g, struct buf *out)
{
	struct buf text = { 0 };

	if (!g->value) {
		add_word(out, g->name);
		return;
	}
	buf_add_format(&text, "%s=%s", g->name, g->value);
	if (text.failed)
		out->failed = text.failed;
	add_word(out, buf_text(&text));
	buf_done(&text);
}

static void print_fd(const struct grant *g, struct buf *out)
{
	static const char *const modes[] = {
		[FD_ANY] = "", [FD_READ] = " read", [FD_WRITE] = " write"
	};

	buf_add_format(out, " %llu%s", (unsigned long long)g->number, modes[g->fd_mode]);
}

static void print_on_denial(const struct grant *g, struct buf *out)
{
	static const char *const answers[] = { " error", " kill", " report", " error" };

	buf_add_string(out, answers[g->on_denial]);
}

static void print_check_fails(const struct grant *g, struct buf *out)
{
	for (unsigned i = 0; i < CHECK_CLASS_COUNT; i++)
		if (g->number >> i & 1)
			buf_add_format(out, " %s", check_class_word((enum check_class)i));
	if (!g->number)
		buf_add_string(out, " none");
}

static void print_need(const struct grant *g, struct buf *out)
{
	static const char *const needs[] = { "", " must", " prefer", " off" };

	buf_add_format(out, " %s%s", layer_word(g->layer), needs[g->need]);
}

static void print_syscall(const struct grant *g, struct buf *out)
{
	const char *answer = errno_name((int)g->number);

	add_word(out, g->name);
	if (!g->cond_count && !g->number)
		return;
	buf_add_string(out, " {\n");
	for (size_t i = 0; i < g->cond_count; i++) {
		const struct syscall_cond *c = &g->conds[i];

		buf_add_format(out, "\targ %u ", c->argument);
		if (c->op == COND_MASK_EQ)
			buf_add_format(out, "& 0x%llx ", (unsigned long long)c->mask);
		buf_add_format(out, "%s 0x%llx\n", c->op == COND_NE ? "!=" : "=",
			       (unsigned long long)c->value);
	}
	if (answer)
		buf_add_format(out, "\tanswer %s\n", answer);
	buf_add_char(out, '}');
}

static void (*const printers[RIGHT_COUNT])(const struct grant *g, struct buf *out) = {
	[RIGHT_READ] = print_path,
	[RIGHT_WRITE] = print_path,
	[RIGHT_MODIFY] = print_path,
	[RIGHT_CREATE] = print_path,
	[RIGHT_EXEC] = print_path,
	[RIGHT_HIDE] = print_path,
	[RIGHT_TMP] = print_tmp,
	[RIGHT_ATTRIBUTES] = print_nothing,
	[RIGHT_CONNECT] = print_net,
	[RIGHT_LISTEN] = print_net,
	[RIGHT_UNIX] = print_path,
	[RIGHT_SPAWN] = print_nothing,
	[RIGHT_JIT] = print_nothing,
	[RIGHT_TERMINAL] = print_nothing,
	[RIGHT_LIMIT] = print_limit,
	[RIGHT_USER] = print_name,
	[RIGHT_GROUP] = print_name,
	[RIGHT_KEEP_CAPABILITY] = print_name,
	[RIGHT_LABEL] = print_name,
	[RIGHT_ENV] = print_env,
	[RIGHT_FD] = print_fd,
	[RIGHT_BROKER] = print_name,
	[RIGHT_ON_DENIAL] = print_on_denial,
	[RIGHT_CHECK_FAILS] = print_check_fails,
	[RIGHT_SYSCALL] = print_syscall,
	[RIGHT_NEED] = print_need,
	[RIGHT_USE] = print_name,
	[RIGHT_PROMISES] = print_name,
	[RIGHT_PRIVILEGES] = print_name,
	[RIGHT_INCLUDE] = print_path,
	[RIGHT_COMPUTE] = print_nothing,
	[RIGHT_PLEDGE] = print_nothing,
	[RIGHT_UNVEIL] = print_path,
};

void grant_print(const struct grant *g, struct buf *out)
{
	buf_add_string(out, right_row(g->right)->keyword);
	printers[g->right](g, out);
	if (g->optional)
		buf_add_string(out, " optional");
	if (g->prefer)
		buf_add_string(out, " prefer");
	buf_add_char(out, '\n');
}

struct line {
	enum right right;
	const char *key;   /* what it names, without the quotes that may stand around it */
	size_t at, length; /* in the text of all lines */
	const char *all;
};

static const char *key_of(const struct grant *g)
{
	/* Promises have both: every path is theirs. */
	return g->name ? g->name : g->path ? g->path : "";
}

static int compare_lines(const void *a, const void *b)
{
	const struct line *x = a, *y = b;
	int r = (x->right > y->right) - (x->right < y->right);
	size_t shorter = x->length < y->length ? x->length : y->length;

	if (!r)
		r = strcmp(x->key, y->key);
	if (!r)
		r = memcmp(x->all + x->at, y->all + y->at, shorter);
	return r ? r : (x->length > y->length) - (x->length < y->length);
}

void print_sorted(const struct grant *const *grants, size_t count, struct buf *out)
{
	struct line *lines = calloc(count + 1, sizeof(*lines));
	AUTO_BUF struct buf all = { 0 };

	if (!lines) {
		out->failed = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < count; i++) {
		lines[i].right = grants[i]->right;
		lines[i].key = key_of(grants[i]);
		lines[i].at = all.length;
		grant_print(grants[i], &all);
		lines[i].length = all.length - lines[i].at;
	}
	for (size_t i = 0; i < count; i++)
		lines[i].all = buf_text(&all);
	if (all.failed)
		count = 0;
	qsort(lines, count, sizeof(*lines), compare_lines);
	for (size_t i = 0; i < count; i++)
		if (!i || compare_lines(&lines[i - 1], &lines[i]) != 0)
			buf_add(out, all.data + lines[i].at, lines[i].length);
	if (all.failed)
		out->failed = all.failed;
	free(lines);
}

void policy_print(const struct ambit_policy *p, struct buf *out)
{
	const struct grant **grants = calloc(p->count + 1, sizeof(*grants));
	size_t count = 0;

	for (size_t i = 0; i < p->count && grants; i++)
		if (!p->grants[i].bundle && p->grants[i].right != RIGHT_INCLUDE)
			grants[count++] = &p->grants[i];
	if (grants)
		print_sorted(grants, count, out);
	else
		out->failed = -ENOMEM;
	free(grants);
}
