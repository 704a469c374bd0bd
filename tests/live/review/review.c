/* SPDX-License-Identifier: ISC */
/*
 * review.c - what an attacker who read the code found, each with a control
 *
 * Under the identity that it takes. The acts are inside.c's.
 */
#include "../../compat/outside.h"
#include "../../tap.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ARGUMENTS_MAX = 24 };

static const char *inside(void)
{
	return outside_built("tests/live/review/inside");
}

/* The launcher as @identity, NULL-terminated arguments after it; what comes out on fd 1. */
static int confined(const char *identity, const char *const *more, char *out, size_t size)
{
	const char *argv[ARGUMENTS_MAX] = {
		outside_built("tests/as/as"), identity, "--", getenv("AMBIT"), "run", "-q"
	};
	size_t n = 6;

	for (; *more && n < ARGUMENTS_MAX - 1; more++)
		argv[n++] = *more;
	out[0] = '\0';
	return outside_run(argv, out, size);
}

#define CONFINED(identity, out, ...)                                                               \
	confined(identity, (const char *const[]){ __VA_ARGS__, NULL }, out, sizeof(out))

static void needs_root(void)
{
	if (geteuid())
		SKIP("needs root");
}

static void put(const char *path, const char *text)
{
	int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0644);

	CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text) && !close(fd));
}

static char *new_directory(char *template)
{
	CHECK(mkdtemp(template) != NULL);
	CHECK(chmod(template, 0755) == 0);
	return template;
}

/* The device nodes every program gets are the host's own: a write grant brings chmod along. */
TEST(devices_keep_their_mode)
{
	char directory[] = "/tmp/ambit-review-XXXXXX", out[256];
	const char *act[] = { inside(), "chmod", "/dev/full", "0666", NULL };

	needs_root();
	CHECK_INT(outside_run(act, out, sizeof(out)), 0);
	outside_has(out, "chmod", "0"); /* the control: nothing else refuses it */
	CHECK_INT(CONFINED("root", out, "--write", new_directory(directory), "--", inside(),
			   "chmod", "/dev/full", "0666"),
		  0);
	outside_has(out, "chmod", "EROFS");
	CHECK(rmdir(directory) == 0);
}

/* A directory on descriptor 0 walks around the view, and takes what is relative to it along. */
TEST(no_directory_passes_on_a_standard_descriptor)
{
	char out[256];

	for (int fd = 0; fd <= 2; fd++) {
		int saved = dup(fd), directory = open("/", O_RDONLY | O_DIRECTORY);
		int refused;

		CHECK(saved >= 0 && directory >= 0);
		if (fd == 1) { /* outside_run() has it for itself */
			CHECK(!close(saved) && !close(directory));
			continue;
		}
		CHECK(dup2(directory, fd) == fd);
		refused = CONFINED("root", out, "--", inside(), "death-signal");
		CHECK(dup2(saved, fd) == fd);
		CHECK(!close(saved) && !close(directory));
		CHECK(WIFEXITED(refused) && WEXITSTATUS(refused) != 0);
		CHECK_STR(out, "");
	}
	CHECK_INT(CONFINED("root", out, "--", inside(), "death-signal"), 0);
}

/* A number that the caller left free is none of ours either: here the master of the new pty. */
TEST(a_free_number_grants_nothing_of_ours)
{
	char out[256];
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), refused, fd;

	CHECK(master >= 0 && !grantpt(master) && !unlockpt(master));
	fd = open(ptsname(master), O_RDWR | O_NOCTTY);
	CHECK(fd >= 0 && dup2(fd, 0) == 0 && !close(fd));
	fd = fcntl(master, F_DUPFD_CLOEXEC, 64);
	CHECK(fd >= 64);
	for (int i = 3; i < 64; i++)
		(void)close(i);
	refused = CONFINED("root", out, "--terminal", "--fd", "3", "--", inside(), "death-signal");
	CHECK(WIFEXITED(refused) && WEXITSTATUS(refused) != 0);
	CHECK_STR(out, "");
	CHECK_INT(open("/dev/null", O_RDONLY), 3);
	CHECK_INT(CONFINED("root", out, "--terminal", "--fd", "3", "--", inside(), "death-signal"),
		  0);
}

/* A change of ids undoes what ties a program to its leader where no pid namespace does. */
TEST(the_death_signal_survives_a_change_of_ids)
{
	char out[256];
	const char *act[] = { inside(), "death-signal", NULL };

	needs_root();
	CHECK_INT(outside_run(act, out, sizeof(out)), 0);
	outside_has(out, "death-signal", "0");
	CHECK_INT(CONFINED("container", out, "--spawn", "--", inside(), "death-signal"), 0);
	outside_has(out, "death-signal", "9");
	CHECK_INT(CONFINED("container", out, "--spawn", "--user", "nobody", "--", inside(),
			   "death-signal"),
		  0);
	outside_has(out, "death-signal", "9");
}

/* CAP_SETGID is there and worth nothing: that groups cannot be dropped is no reason to fail. */
TEST(setgroups_may_be_denied)
{
	char out[256];

	needs_root();
	CHECK_INT(CONFINED("rootns", out, "--", inside(), "read", "/etc/ld.so.cache"), 0);
	outside_has(out, "read", "ENOENT");
	CHECK(CONFINED("rootns", out, "--user", "nobody", "--", inside(), "death-signal") != 0);
	CHECK_STR(out, "");
}

/* Blanks, tabs, newlines and backslashes are escaped in what the view is checked against. */
TEST(any_name_can_be_granted)
{
	static const char *const names[] = { "a b", "a\tb", "a\nb", "a\\b", "a\\040b", "\303\274" };
	char directory[] = "/tmp/ambit-review-XXXXXX", path[128], file[160], out[256];

	(void)new_directory(directory);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
		(void)snprintf(file, sizeof(file), "%s/f", path);
		CHECK(mkdir(path, 0755) == 0);
		put(file, "here");
		CHECK_INT(CONFINED("root", out, "--read", path, "--", inside(), "read", file), 0);
		outside_has(out, "read", "here");
		CHECK(unlink(file) == 0 && rmdir(path) == 0);
	}
	CHECK(rmdir(directory) == 0);
}
