/* SPDX-License-Identifier: ISC */
/*
 * checker.c - ambit-check lies beside this program
 *
 * Reading machine code needs libraries that the launcher does not want: it is a program of its own.
 * When it is asked about a program that is to run, that program may be hostile: who reads it runs
 * under a policy itself, and answers through a pipe.
 */
#include "checker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../base/err.h"
#include "../base/fd.h"

enum { PATH_SIZE = 4096, ANSWER_MAX = 4 << 20 };

/* Where it can be, from the directory of this program. */
static const char *const places[] = { "ambit-check", "../libexec/ambit/ambit-check" };

static int missing(struct cli *c, int sys_errno)
{
	(void)err_set(&c->err, AMBIT_E_NOT_FOUND, AMBIT_LAYER_NONE, sys_errno,
		      "cannot execute ambit-check, which reads machine code");
	(void)err_hint(&c->err, "it is built where these are: apt-get install libzydis-dev "
				"libelf-dev libdw-dev; then ./dev build");
	return -1;
}

/* The candidate @index, or false past the last. */
static bool place(size_t index, char *path, size_t size)
{
	char self[PATH_SIZE];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	const char *slash;

	self[length > 0 ? length : 0] = '\0';
	slash = strrchr(self, '/');
	if (!slash || index >= ARRAY_COUNT(places))
		return false;
	(void)snprintf(path, size, "%.*s/%s", (int)(slash - self), self, places[index]);
	return true;
}

void checker_become(struct cli *c, char **words)
{
	char path[PATH_SIZE + 64];
	int err = ENOENT;

	for (size_t i = 0; place(i, path, sizeof(path)); i++) {
		(void)execv(path, words);
		if (errno != ENOENT)
			err = errno;
	}
	(void)missing(c, err);
}

/* It may read, and has three descriptors of ours. */
static enum ambit_code fill_policy(struct ambit_policy *policy, const int fds[3],
				   struct ambit_error *err)
{
	enum ambit_code code = policy ? ambit_policy_add(policy, "read", "/", err)
				      : err_memory(err, AMBIT_LAYER_POLICY);

	for (int i = 0; i < 3 && code == AMBIT_OK; i++) {
		char number[16];

		(void)snprintf(number, sizeof(number), "%d", fds[i]);
		code = ambit_policy_add(policy, "fd", number, err);
	}
	return code;
}

static enum ambit_code start(char **words, const int fds[3], struct ambit_box **ret_box,
			     struct ambit_error *err)
{
	struct ambit_policy *policy = ambit_policy_new();
	enum ambit_code code = fill_policy(policy, fds, err);

	if (code == AMBIT_OK)
		code = ambit_spawn(policy, words, NULL, ret_box, err);
	ambit_policy_free(policy);
	return code;
}

static void read_answer(int fd, struct buf *out)
{
	char part[4096];
	ssize_t n;

	out->maximum = ANSWER_MAX;
	while ((n = read(fd, part, sizeof(part))) > 0 || (n < 0 && errno == EINTR))
		if (n > 0)
			buf_add(out, part, (size_t)n);
}

static int memory_file(struct cli *c, const struct buf *input)
{
	int fd = memfd_create("policy", MFD_CLOEXEC);
	int r = fd < 0 ? -errno : fd_write_all(fd, buf_text(input), input->length);

	if (r == 0 && lseek(fd, 0, SEEK_SET) < 0)
		r = -errno;
	if (r == 0)
		return fd;
	(void)err_set(&c->err, AMBIT_E_RESOURCE, AMBIT_LAYER_NONE, -r,
		      "cannot hand the policy to ambit-check");
	IGNORE_RESULT(err_exhausted(&c->err));
	fd_close(&fd);
	return -1;
}

/* Its exit status, once it has said what it has to say; -1 with c->err filled. */
static int hear(struct cli *c, struct ambit_box *box, int answer, struct buf *out)
{
	struct ambit_status status = { .size = sizeof(status) };

	read_answer(answer, out);
	if (ambit_box_wait(box, -1, &status, &c->err) != AMBIT_OK)
		return -1;
	return status.signal ? STATUS_FAILED : status.exit_code;
}

static int ask(struct cli *c, char **words, int policy, int program_fd, struct buf *out)
{
	struct ambit_box *box = NULL;
	char asked[64];
	int ends[2], fds[3], status = -1;

	if (pipe2(ends, O_CLOEXEC) < 0) {
		(void)err_set(&c->err, AMBIT_E_RESOURCE, AMBIT_LAYER_NONE, errno,
			      "cannot make a pipe");
		IGNORE_RESULT(err_exhausted(&c->err));
		return -1;
	}
	fds[0] = policy;
	fds[1] = program_fd;
	fds[2] = ends[1];
	(void)snprintf(asked, sizeof(asked), "--asked=%d,%d,%d", fds[0], fds[1], fds[2]);
	words[1] = asked;
	if (start(words, fds, &box, &c->err) == AMBIT_OK) {
		fd_close(&ends[1]); /* else the answer would never end */
		status = hear(c, box, ends[0], out);
	} else { /* of ambit-check, and not of the program that is to run */
		c->err.code = AMBIT_E_CHILD;
		c->err.layer = AMBIT_LAYER_NONE;
	}
	ambit_box_free(box);
	fd_close(&ends[0]);
	fd_close(&ends[1]);
	return status;
}

int checker_ask(struct cli *c, char **words, const struct buf *input, int program_fd,
		struct buf *out)
{
	AUTO_FD int policy = -1;
	char path[PATH_SIZE + 64];
	int found = ENOENT;
	size_t i = 0;

	while (place(i, path, sizeof(path)) && (found = access(path, X_OK) < 0 ? errno : 0) != 0)
		i++;
	if (found)
		return missing(c, found);
	words[0] = path;
	policy = memory_file(c, input);
	return policy < 0 ? -1 : ask(c, words, policy, program_fd, out);
}
