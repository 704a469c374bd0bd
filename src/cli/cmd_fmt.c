/* SPDX-License-Identifier: ISC */
/* cmd_fmt.c - ambit fmt: policies in canonical form */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/err.h"
#include "../base/fd.h"
#include "../base/str.h"
#include "cli.h"

enum { TEXT_MAX = (1 << 20) + 2 }; /* a longer policy is refused anyway, by its reader */

static enum ambit_code file_error(struct cli *c, int r, const char *what, const char *path)
{
	char shown[200];

	(void)err_set(&c->err, r == -ENOENT ? AMBIT_E_NOT_FOUND : AMBIT_E_RESOURCE,
		      AMBIT_LAYER_POLICY, -r, "cannot %s %s", what,
		      str_escape(shown, sizeof(shown), path, strlen(path)));
	return err_hint(&c->err, "%s",
			r == -ENOENT ? "check the spelling" : "check who may do so, and where");
}

/* "-" is standard input, in messages too. */
static const char *real_path(const char *path)
{
	return str_equal(path, "-") ? "/dev/stdin" : path;
}

/* The canonical text of @path; *ret_same when the file has it already. */
static enum ambit_code format(struct cli *c, const char *path, char **ret_text, bool *ret_same)
{
	AUTO_FREE char *text = malloc(TEXT_MAX);
	enum ambit_code code;
	int n;

	if (!text)
		return err_memory(&c->err, AMBIT_LAYER_POLICY);
	n = fd_read_file(AT_FDCWD, real_path(path), text, TEXT_MAX);
	if (n < 0)
		return file_error(c, n, "read", path);
	code = ambit_policy_format(text, (size_t)n, path, ret_text, &c->err);
	if (code == AMBIT_OK && *ret_text)
		*ret_same = strlen(*ret_text) == (size_t)n && !memcmp(*ret_text, text, (size_t)n);
	return code;
}

static int write_new(const char *temporary, const char *text, mode_t mode)
{
	AUTO_FD int fd =
		open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	int r = fd < 0 ? -errno : fd_write_all(fd, text, strlen(text));

	if (r == 0 && (fchmod(fd, mode) < 0 || fsync(fd) < 0))
		r = -errno;
	return r;
}

/* A new file beside the old, then its name: a full disk leaves the old one whole. */
static enum ambit_code replace(struct cli *c, const char *path, const char *text)
{
	AUTO_BUF struct buf temporary = { 0 };
	struct stat st;
	int r;

	buf_add_format(&temporary, "%s.%d.new", path, (int)getpid());
	if (temporary.failed)
		return err_memory(&c->err, AMBIT_LAYER_POLICY);
	if (lstat(path, &st) < 0)
		return file_error(c, -errno, "look at", path);
	if (!S_ISREG(st.st_mode)) {
		(void)err_set(&c->err, AMBIT_E_USAGE, AMBIT_LAYER_POLICY, 0,
			      "%s is not a regular file: it is not rewritten", path);
		return err_hint(&c->err, "without --write the result is printed");
	}
	r = write_new(temporary.data, text, st.st_mode & 0777);
	if (r == 0 && rename(temporary.data, path) < 0)
		r = -errno;
	if (r == 0)
		return AMBIT_OK;
	if (r != -EEXIST)
		(void)unlink(temporary.data); /* ENOENT: it was never made */
	return file_error(c, r, "rewrite", path);
}

static int one_file(struct cli *c, const char *path)
{
	AUTO_FREE char *text = NULL;
	bool same = false;

	if (format(c, path, &text, &same) != AMBIT_OK || !text)
		return fail(c);
	if (c->check)
		return same ? STATUS_OK : STATUS_NO;
	if (!c->write)
		return print(c, text, strlen(text), STATUS_OK);
	return same || replace(c, path, text) == AMBIT_OK ? STATUS_OK : fail(c);
}

int cmd_fmt(struct cli *c)
{
	int worst = STATUS_OK;

	if (!c->operand_count) {
		(void)err_set(&c->err, AMBIT_E_USAGE, AMBIT_LAYER_NONE, 0, "no file to format");
		(void)err_hint(&c->err, "write: ambit fmt %s", c->command->synopsis);
		return fail(c);
	}
	if (c->write && c->check) {
		(void)err_set(&c->err, AMBIT_E_USAGE, AMBIT_LAYER_NONE, 0,
			      "--write and --check exclude each other");
		(void)err_hint(&c->err, "--check rewrites nothing: leave out one of them");
		return fail(c);
	}
	for (int i = 0; i < c->operand_count; i++) {
		int status = one_file(c, c->operands[i]);

		err_clear(&c->err);
		worst = status > worst ? status : worst;
	}
	return worst;
}
