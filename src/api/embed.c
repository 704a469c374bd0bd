/* SPDX-License-Identifier: ISC */
/* embed.c - exported functions on programs that are looked at, and on what policy they carry */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/fd.h"
#include "../base/str.h"
#include "../base/sys.h"
#include "../host/host.h"
#include "../policy/policy.h"
#include "api.h"

enum { SHOW_SIZE = 200 };

static enum ambit_code usage(struct ambit_error *err)
{
	return err_set(err, AMBIT_E_USAGE, AMBIT_LAYER_POLICY, 0,
		       "a program, a policy or a result is NULL");
}

static enum ambit_code cannot(struct ambit_error *err, const char *verb, const char *path, int e)
{
	char shown[SHOW_SIZE];

	str_escape(shown, sizeof(shown), path, strlen(path));
	(void)err_set(err, err_code_of_errno(e), AMBIT_LAYER_HOST, e, "cannot %s %s", verb, shown);
	(void)err_hint(err, "look at its permissions, and at those of the directory it is in");
	return err_exhausted(err);
}

/* ---- the program of a run ------------------------------------------------------------------ */

enum ambit_code ambit_program_open(const char *name, const char *search_path, int *ret_fd,
				   char **ret_path, struct ambit_error *err)
{
	char directory[PATH_MAX];
	struct host host = { .directory = directory };
	const char *path = NULL;
	enum ambit_code code;
	char *copy;
	int fd;

	ERR_BEGIN(err);
	if (!name || !ret_fd || !ret_path)
		return usage(err);
	/* Removed: then whoever needs it does not find the program. */
	if (!getcwd(directory, sizeof(directory))) {
		if (errno != ENOENT)
			return cannot(err, "name", "the working directory", errno);
		host.directory = NULL;
	}
	code = host_find_program(&host, name, search_path ? search_path : HOST_SEARCH_PATH, &path,
				 err);
	fd = code == AMBIT_OK
		     ? sys_openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0)
		     : -1;
	if (code == AMBIT_OK && fd < 0)
		code = cannot(err, "read the program", path, -fd);
	copy = code == AMBIT_OK ? strdup(path) : NULL;
	if (code == AMBIT_OK && !copy)
		code = err_memory(err, AMBIT_LAYER_RUN);
	host_done(&host);
	if (!copy) {
		fd_close(&fd);
		return code;
	}
	*ret_fd = fd;
	*ret_path = copy;
	return AMBIT_OK;
}

/* ---- what it carries ----------------------------------------------------------------------- */

enum ambit_code ambit_policy_embedded(struct ambit_policy *policy, int fd, const char *name,
				      bool *ret_found, struct ambit_error *err)
{
	ERR_BEGIN(err);
	if (!policy || !name || !ret_found)
		return usage(err);
	return policy_embedded(policy, fd, name, ret_found, err);
}

/*
 * Where the program goes, into @real: a link keeps leading to it, and what is there already is a
 * regular file: a device that a file takes the place of is lost to everybody.
 */
static enum ambit_code destination(const char *path, char real[PATH_MAX], struct ambit_error *err)
{
	char shown[SHOW_SIZE];
	struct stat st;

	if (lstat(path, &st) < 0) {
		if (errno != ENOENT)
			return cannot(err, "write", path, errno);
		if (strlen(path) >= PATH_MAX)
			return cannot(err, "write", path, ENAMETOOLONG);
		memcpy(real, path, strlen(path) + 1);
		return AMBIT_OK;
	}
	if (stat(path, &st) < 0)
		return cannot(err, "write", path, errno);
	if (!S_ISREG(st.st_mode)) {
		str_escape(shown, sizeof(shown), path, strlen(path));
		(void)err_set(err, AMBIT_E_USAGE, AMBIT_LAYER_HOST, 0,
			      "%s is not a regular file: no program takes its place", shown);
		return err_hint(err, "name a regular file, or one that does not exist yet");
	}
	return realpath(path, real) ? AMBIT_OK : cannot(err, "write", path, errno);
}

/* Beside the file that it is to become: all of it is there when the name is, or nothing. */
static enum ambit_code replace(const char *path, const struct buf *bytes, mode_t mode,
			       struct ambit_error *err)
{
	char temporary[PATH_MAX];
	const int n = snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path);
	int fd, r;

	if (n < 0 || (size_t)n >= sizeof(temporary))
		return cannot(err, "write", path, ENAMETOOLONG);
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return cannot(err, "write beside", path, errno);
	r = fd_write_all(fd, bytes->data, bytes->length);
	if (r == 0 && (fchmod(fd, mode & 0777) < 0 || rename(temporary, path) < 0))
		r = -errno;
	fd_close(&fd);
	if (r == 0)
		return AMBIT_OK;
	(void)unlink(temporary); /* it may not be there any more */
	return cannot(err, "write", path, -r);
}

enum ambit_code ambit_policy_embed(const struct ambit_policy *policy, const char *program,
				   const char *output, struct ambit_error *err)
{
	AUTO_BUF struct buf bytes = { 0 };
	char real[PATH_MAX];
	AUTO_FD int fd = -1;
	enum ambit_code code;
	struct stat st;

	ERR_BEGIN(err);
	if (!policy || !program)
		return usage(err);
	fd = open(program, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) < 0)
		return cannot(err, "read", program, errno);
	code = destination(output ? output : program, real, err);
	if (code == AMBIT_OK)
		code = policy_embed(policy, fd, program, &bytes, err);
	return code == AMBIT_OK ? replace(real, &bytes, st.st_mode, err) : code;
}
