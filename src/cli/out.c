/* SPDX-License-Identifier: ISC */
/* out.c - what the command says: results, notes, errors; each with one write */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/err.h"
#include "../base/errname.h"
#include "../base/fd.h"
#include "../base/json.h"
#include "../base/str.h"
#include "cli.h"

/* Our own words: the same with every libc, in no locale, and each says what to look for. */
static const struct {
	int number;
	char text[44]; /* not a pointer, which had to be relocated */
} errno_rows[] = {
	{ EPERM, "Operation not permitted" },
	{ ENOENT, "No such file or directory" },
	{ ESRCH, "No such process" },
	{ EINTR, "Interrupted system call" },
	{ EIO, "Input/output error" },
	{ E2BIG, "Argument list too long" },
	{ ENOEXEC, "Exec format error" },
	{ EBADF, "Bad file descriptor" },
	{ ECHILD, "No child processes" },
	{ EAGAIN, "Resource temporarily unavailable" },
	{ ENOMEM, "Cannot allocate memory" },
	{ EACCES, "Permission denied" },
	{ EFAULT, "Bad address" },
	{ EBUSY, "Device or resource busy" },
	{ EEXIST, "File exists" },
	{ EXDEV, "Invalid cross-device link" },
	{ ENODEV, "No such device" },
	{ ENOTDIR, "Not a directory" },
	{ EISDIR, "Is a directory" },
	{ EINVAL, "Invalid argument" },
	{ ENFILE, "Too many open files in system" },
	{ EMFILE, "Too many open files" },
	{ ENOTTY, "Not a terminal" },
	{ ETXTBSY, "Text file busy" },
	{ EFBIG, "File too large" },
	{ ENOSPC, "No space left on device" },
	{ ESPIPE, "Illegal seek" },
	{ EROFS, "Read-only file system" },
	{ EMLINK, "Too many links" },
	{ EPIPE, "Broken pipe" },
	{ ERANGE, "Numerical result out of range" },
	{ EDEADLK, "Resource deadlock avoided" },
	{ ENAMETOOLONG, "File name too long" },
	{ ENOSYS, "Function not implemented" },
	{ ENOTEMPTY, "Directory not empty" },
	{ ELOOP, "Too many levels of symbolic links" },
	{ EPROTO, "Protocol error" },
	{ EOVERFLOW, "Value too large for defined data type" },
	{ EUSERS, "Too many users" },
	{ EOPNOTSUPP, "Operation not supported" },
	{ EADDRINUSE, "Address already in use" },
	{ ENOBUFS, "No buffer space available" },
	{ ETIMEDOUT, "Connection timed out" },
	{ ESTALE, "Stale file handle" },
	{ EDQUOT, "Disk quota exceeded" },
	{ ECANCELED, "Operation canceled" },
	{ EREMOTEIO, "Remote I/O error" },
};

static void add_errno(struct buf *out, const struct ambit_error *err)
{
	const char *name;

	if (!err->sys_errno)
		return;
	for (size_t i = 0; i < ARRAY_COUNT(errno_rows); i++) {
		if (errno_rows[i].number != err->sys_errno)
			continue;
		if (!strstr(err->text, errno_rows[i].text))
			buf_add_format(out, ": %s", errno_rows[i].text);
		return;
	}
	name = errno_name(err->sys_errno);
	if (name)
		buf_add_format(out, ": %s", name);
	else
		buf_add_format(out, ": errno %d", err->sys_errno);
}

/*
 * Which part of set-up failed: layer and step, where a call of it did. What a policy or a command
 * line lacks says its place by itself, and so does a program that cannot be executed.
 */
static void add_place(struct buf *out, const struct ambit_error *err)
{
	const enum ambit_layer layer = (enum ambit_layer)err->layer;
	const bool own_place = layer == AMBIT_LAYER_NONE || layer == AMBIT_LAYER_POLICY ||
			       (layer == AMBIT_LAYER_EXEC && !err->step);

	if (!err->sys_errno || own_place)
		return;
	buf_add_format(out, " (%s", ambit_layer_name(layer));
	if (err->step)
		buf_add_format(out, ", step %u", err->step);
	buf_add_char(out, ')');
}

bool wants_color(const struct cli *c, int fd)
{
	const char *no_color, *term;

	if (c->color != COLOR_AUTO)
		return c->color == COLOR_ALWAYS;
	no_color = secure_getenv("NO_COLOR");
	term = secure_getenv("TERM");
	return !(no_color && no_color[0]) && term && !str_equal(term, "dumb") && isatty(fd);
}

/* A reader that never reads must not hold up the end of a run: a full pipe gets a moment only. */
static void say(const struct buf *out)
{
	struct pollfd full = { .fd = 2, .events = POLLOUT };

	if (out->failed || poll(&full, 1, 500) == 0)
		return; /* the exit status still tells */
	IGNORE_RESULT(fd_write_quiet(2, out->data, out->length));
}

int fail_run(struct cli *c)
{
	AUTO_BUF struct buf out = { 0 };
	const struct ambit_error *err = &c->err;
	bool color = wants_color(c, 2);

	buf_add_format(&out, "%sambit:%s ", color ? "\033[1;31m" : "", color ? "\033[0m" : "");
	buf_add_visible(&out, err->text);
	add_place(&out, err);
	add_errno(&out, err);
	buf_add_char(&out, '\n');
	if (err->hint[0]) {
		buf_add_string(&out, "  hint: ");
		buf_add_visible(&out, err->hint);
		buf_add_char(&out, '\n');
	}
	say(&out);
	return STATUS_FAILED;
}

/* The same members as the object that ambit_run() writes. */
static void write_status(const struct cli *c)
{
	static const char *const lists[] = { "in_force", "skipped", "denials" };
	AUTO_BUF struct buf out = { 0 };
	const struct ambit_error *err = &c->err;

	json_open(&out, NULL, '{');
	json_string(&out, "outcome", "refused");
	json_string(&out, "code", ambit_code_name((enum ambit_code)err->code));
	json_string(&out, "layer", ambit_layer_name((enum ambit_layer)err->layer));
	json_number(&out, "step", err->step);
	json_signed(&out, "errno", err->sys_errno);
	json_string(&out, "text", err->text);
	json_string(&out, "hint", err->hint);
	for (size_t i = 0; i < ARRAY_COUNT(lists); i++) {
		json_open(&out, lists[i], '[');
		json_close(&out, ']');
	}
	json_close(&out, '}');
	buf_add_char(&out, '\n');
	if (!out.failed) /* a reader that went away changes nothing */
		IGNORE_RESULT(fd_write_quiet(c->status_fd, out.data, out.length));
}

int fail(struct cli *c)
{
	if (c->status_fd >= 0)
		write_status(c);
	return fail_run(c);
}

/* A reader of results that is gone ends the command as it ends every other: by SIGPIPE. */
int print(struct cli *c, const char *text, size_t length, int status)
{
	int r = fd_write_all(1, text, length);

	if (r == 0)
		return status;
	(void)err_set(&c->err, AMBIT_E_RESOURCE, AMBIT_LAYER_NONE, -r,
		      "cannot write to standard output");
	(void)err_hint(&c->err, "look at what standard output leads to");
	return fail(c);
}

int print_buf(struct cli *c, const struct buf *out, int status)
{
	if (!out->failed)
		return print(c, buf_text(out), out->length, status);
	(void)err_memory(&c->err, AMBIT_LAYER_NONE);
	return fail(c);
}

void note(struct cli *c, const char *line)
{
	AUTO_BUF struct buf out = { 0 };

	if (c->quiet)
		return;
	if (!c->note_lead)
		c->note_lead = wants_color(c, 2) ? "\033[33mambit: note:\033[0m " : "ambit: note: ";
	buf_add_string(&out, c->note_lead);
	buf_add_visible(&out, line);
	buf_add_char(&out, '\n');
	say(&out);
}
