/* SPDX-License-Identifier: ISC */
/* file.c - policy files, and the files they include */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/str.h"
#include "parse.h"
#include "policy.h"

struct source {
	char *text; /* owned */
	size_t length;
	uint64_t device, inode;
};

/*
 * Read to the end, with @room bytes at first. Pipes are read too: "-p <(generate)" is how
 * policies are made on the fly.
 */
static int read_all(int fd, size_t room, struct source *s)
{
	while (s->length <= LEX_TEXT_MAX) {
		char *text = s->text;
		ssize_t n;

		if (!text || s->length == room) {
			room = text ? 2 * room : room;
			text = realloc(text, room);
			if (!text)
				return -ENOMEM;
			s->text = text;
		}
		n = read(fd, text + s->length, room - s->length);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return 0;
		s->length += (size_t)n;
	}
	return -EFBIG;
}

/* 0 or -errno; -EFBIG for more than 1 MiB. */
static int source_read(const char *path, struct source *s)
{
	AUTO_FD int fd = -1;
	size_t room = 4096;
	struct stat st;

	/* A FIFO is waited for: without a writer it would read as a policy without restrictions. */
	do
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	while (fd < 0 && errno == EINTR);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (S_ISREG(st.st_mode) && st.st_size > LEX_TEXT_MAX)
		return -EFBIG;
	s->device = st.st_dev;
	s->inode = st.st_ino;
	if (S_ISREG(st.st_mode) && st.st_size > 0)
		room = (size_t)st.st_size + 1;
	return read_all(fd, room, s);
}

static enum ambit_code code_of(int sys_errno)
{
	enum ambit_code code = err_code_of_errno(sys_errno);

	if (sys_errno == EFBIG) /* ours, and no limit of the system's */
		return AMBIT_E_POLICY;
	if (code == AMBIT_E_NOT_FOUND || code == AMBIT_E_DENIED || code == AMBIT_E_RESOURCE)
		return code;
	return AMBIT_E_POLICY;
}

static const struct {
	int sys_errno;
	const char *hint;
} hints[] = {
	{ ENOENT, "check the spelling; a relative name is relative to where it is written" },
	{ EACCES, "the file and the directories above it must be readable by you" },
	{ EISDIR, "name a file in it" },
	{ EFBIG, "a policy file holds at most 1 MiB; grant directories, not each file" },
	{ EMFILE, "raise the limit on open files (ulimit -n)" },
};

static enum ambit_code read_error(struct parser *ps, const struct word *word, const char *path,
				  int r)
{
	char show[SHOW_SIZE];
	struct word name = { .text = path, .length = (uint32_t)strlen(path) };

	word_show(show, &name);
	if (word)
		(void)lex_fail(&ps->lex, word, code_of(-r), r == -EFBIG ? 0 : -r,
			       r == -EFBIG ? "included file '%s' is too large"
					   : "cannot read the included file '%s'",
			       show);
	else
		(void)err_set(ps->err, code_of(-r), AMBIT_LAYER_POLICY, r == -EFBIG ? 0 : -r,
			      r == -EFBIG ? "policy file '%s' is too large"
					  : "cannot read the policy file '%s'",
			      show);
	for (size_t i = 0; i < ARRAY_COUNT(hints); i++)
		if (hints[i].sys_errno == -r)
			return err_hint(ps->err, "%s", hints[i].hint);
	return (enum ambit_code)ps->err->code;
}

/* The directory part of @path as a copy; NULL in *ret for none. */
static enum ambit_code directory_of(struct parser *ps, const char *path, const char **ret)
{
	const char *slash = strrchr(path, '/');

	*ret = NULL;
	if (!slash)
		return AMBIT_OK;
	*ret = arena_copy(&ps->policy->arena, path, slash == path ? 1 : (size_t)(slash - path));
	return *ret ? AMBIT_OK : parse_memory(ps);
}

/* Is @s being read already? Then name the chain that leads back to it. */
static enum ambit_code check_loop(struct parser *ps, const struct word *word,
				  const struct source *s)
{
	AUTO_BUF struct buf chain = { .maximum = 4096 };
	const struct parser *at;
	unsigned depth = 1;

	for (at = ps; at; at = at->parent, depth++)
		if (at->inode == s->inode && at->device == s->device)
			break;
	if (at) {
		for (const struct parser *p = ps; p != at; p = p->parent)
			buf_add_format(&chain, "%s, included by ", p->lex.file);
		(void)lex_error(&ps->lex, word, "include loop: this file is %s%s", buf_text(&chain),
				at->lex.file);
		return err_hint(ps->err, "remove this line");
	}
	if (depth <= POLICY_DEPTH_MAX)
		return AMBIT_OK;
	(void)lex_error(&ps->lex, word, "more than %d files include each other", POLICY_DEPTH_MAX);
	return err_hint(ps->err, "include them from one file");
}

/* Was @path read in this operation before? @grants is the count before the new line. */
static bool already_included(const struct parser *ps, const char *path)
{
	const struct ambit_policy *p = ps->policy;

	for (size_t i = ps->start; i < p->count; i++)
		if (p->grants[i].right == RIGHT_INCLUDE && str_equal(p->grants[i].path, path))
			return true;
	return false;
}

static enum ambit_code read_included(struct parser *ps, const char *path, const struct source *s)
{
	struct parser inner = {
		.policy = ps->policy,
		.err = ps->err,
		.home = ps->home,
		.parent = ps,
		.device = s->device,
		.inode = s->inode,
		.start = ps->start,
		.lex = { .arena = ps->lex.arena, .err = ps->err },
	};
	enum ambit_code code = directory_of(&inner, path, &inner.directory);

	if (code != AMBIT_OK)
		return code;
	lex_init(&inner.lex, path, s->text, s->length);
	return parse_text(&inner);
}

static enum ambit_code include_one(struct parser *ps, const struct directive *d,
				   const struct word *word)
{
	const char *path;
	enum ambit_code code = parse_path(ps, word, &path);
	AUTO_FREE char *text = NULL;
	struct source s = { 0 };
	struct grant *g;
	bool known;
	int r;

	if (code != AMBIT_OK)
		return code;
	known = already_included(ps, path);
	if (!ps->alone) {
		r = source_read(path, &s);
		text = s.text;
		if (r == -ENOENT && d->optional)
			return AMBIT_OK;
		if (r < 0)
			return read_error(ps, word, path, r);
		code = check_loop(ps, word, &s);
		if (code != AMBIT_OK)
			return code;
	}
	g = parse_grant(ps, d, word);
	if (!g)
		return AMBIT_E_RESOURCE;
	g->path = path;
	return known || ps->alone ? AMBIT_OK : read_included(ps, path, &s);
}

enum ambit_code parse_include(struct parser *ps, const struct directive *d)
{
	enum ambit_code code = parse_count(ps, d, 1, LEX_WORDS_MAX);

	if (code == AMBIT_OK && ps->sealed)
		return lex_error(&ps->lex, &d->words[0], "a policy in a program includes no files");
	for (size_t i = 1; i < d->count && code == AMBIT_OK; i++)
		code = include_one(ps, d, &d->words[i]);
	return code;
}

enum ambit_code policy_load_file(struct ambit_policy *p, const char *path, struct ambit_error *err)
{
	struct ambit_error own = { 0 };
	struct parser ps = {
		.policy = p,
		.err = err ? err : &own,
		.home = policy_home(),
	};
	AUTO_FREE char *text = NULL;
	struct source s = { 0 };
	enum ambit_code code;
	int r;

	r = source_read(path, &s);
	text = s.text;
	if (r < 0)
		return read_error(&ps, NULL, path, r);
	ps.device = s.device;
	ps.inode = s.inode;
	code = parse_begin(&ps, path, s.text, s.length);
	if (code == AMBIT_OK)
		code = directory_of(&ps, path, &ps.directory);
	if (code == AMBIT_OK)
		code = parse_text(&ps);
	return parse_end(&ps, code);
}
