/* SPDX-License-Identifier: ISC */
/* Permission by permission, each with a control; and what binds the programs that are executed. */
#include "act.h"

#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* ---- unveil -------------------------------------------------------------------------------- */

/* The permissions of one path, and what they make of each act. */
static const struct {
	const char *permissions;
	int read, write, create, remove, execute;
} veils[] = {
	{ "r", 0, EACCES, EACCES, EACCES, EACCES },
	{ "w", EACCES, 0, EACCES, EACCES, EACCES },
	{ "c", EACCES, EACCES, EACCES, 0, EACCES },
	{ "rwc", 0, 0, 0, 0, EACCES },
	/* A difference: what may be executed can be read. */
	{ "x", 0, EACCES, EACCES, EACCES, 0 },
	{ "rwxc", 0, 0, 0, 0, 0 },
	{ "", EACCES, EACCES, EACCES, EACCES, EACCES },
};

static char program[96];

static int act_run(void)
{
	const pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		(void)execl(program, "true", (char *)NULL);
		_exit(errno);
	}
	(void)waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

static int veiled(const char *permissions, int (*act)(void), bool by_pledge)
{
	const pid_t pid = fork();
	int status = 0, r;

	if (pid == 0) {
		r = permissions ? unveil(directory, permissions) : 0;
		if (r == 0 && permissions)
			r = by_pledge ? pledge("stdio rpath wpath cpath exec proc", NULL)
				      : unveil(NULL, NULL);
		_exit(r == 0 ? act() : 250);
	}
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void make_program(void)
{
	char command[256];

	(void)snprintf(program, sizeof(program), "%s/true", directory);
	(void)snprintf(command, sizeof(command), "cp /bin/true %s", program);
	CHECK_INT(system(command), 0);
}

static void try_veil(size_t i, bool by_pledge)
{
	static int (*const acts[])(void) = { act_read, act_write, act_create, act_remove, act_run };
	const char *p = veils[i].permissions;
	const int want[] = { veils[i].read, veils[i].write, veils[i].create, veils[i].remove,
			     veils[i].execute };

	for (size_t j = 0; j < 5; j++) {
		NOTE("unveil %s, act %zu, by pledge %d", p, j, by_pledge);
		begin();
		make_program();
		CHECK_INT(veiled(NULL, acts[j], by_pledge), 0); /* the control */
		end();
		(void)unlink(program);
		(void)rmdir(directory);
		begin();
		make_program();
		CHECK_INT(veiled(p, acts[j], by_pledge), want[j]);
		(void)unlink(program);
		end();
	}
}

TEST_TIMEOUT(each_permission, 100)
{
	for (size_t i = 0; i < sizeof(veils) / sizeof(*veils); i++) {
		try_veil(i, false);
		try_veil(i, true);
	}
}

TEST(unveil_rules)
{
	struct stat st;

	begin();
	CHECK_INT(failure(unveil(directory, "rz")), EINVAL);
	CHECK_INT(failure(unveil(directory, NULL)), EINVAL);
	CHECK_INT(failure(unveil("/nonexistent/file", "r")), ENOENT);
	CHECK_INT(failure(unveil("", "r")), ENOENT);
	CHECK_INT(symlink("nowhere", fresh), 0);
	CHECK_INT(failure(unveil(fresh, "r")), ENOENT);
	CHECK_INT(unlink(fresh), 0);
	CHECK_INT(failure(unveil(file, "rw")), 0);
	CHECK_INT(failure(unveil(file, "r")), 0);
	CHECK_INT(failure(unveil(file, "rw")), EPERM);
	CHECK_INT(close_of(open("/etc/passwd", O_RDONLY | O_CLOEXEC)), 0); /* not yet */
	CHECK_INT(failure(unveil(NULL, NULL)), 0);
	CHECK_INT(failure(unveil("/etc", "r")), EPERM);
	CHECK_INT(failure(unveil(NULL, NULL)), EPERM);
	CHECK_INT(act_read(), 0);
	CHECK_INT(act_write(), EACCES);
	/* The differences: EACCES, and metadata is seen. */
	CHECK_INT(close_of(open("/etc/passwd", O_RDONLY | O_CLOEXEC)), EACCES);
	CHECK_INT(errno_of(stat("/etc/passwd", &st)), 0);
	CHECK_INT(act_inet(), 0); /* and nothing else is bound */
}

/* What does not exist yet is granted through its parent. */
TEST(unveil_of_what_will_be)
{
	begin();
	CHECK_INT(failure(unveil(fresh, "rwc")), 0);
	CHECK_INT(failure(unveil(NULL, NULL)), 0);
	CHECK_INT(act_create(), 0);
	CHECK_INT(act_read(), 0);
	CHECK_INT(close_of(open("/etc/passwd", O_RDONLY | O_CLOEXEC)), EACCES);
	end();
}

/* A directory has its own permissions and those of what will be in it, in either order. */
TEST(what_will_be_beside_its_directory)
{
	for (int order = 0; order < 2; order++) {
		int status = 0;
		pid_t pid;

		begin();
		pid = fork();
		if (pid == 0) {
			CHECK_INT(failure(unveil(order ? fresh : directory, order ? "rwc" : "r")),
				  0);
			CHECK_INT(failure(unveil(order ? directory : fresh, order ? "r" : "rwc")),
				  0);
			CHECK_INT(failure(unveil(NULL, NULL)), 0);
			CHECK_INT(act_read(), 0);
			CHECK_INT(act_create(), 0);
			CHECK_INT(close_of(open("/etc/passwd", O_RDONLY | O_CLOEXEC)), EACCES);
			_exit(0);
		}
		CHECK_INT(waitpid(pid, &status, 0), pid);
		CHECK_INT(status, 0);
		end();
	}
}

/* Two that will be: each keeps what it has, whatever the other is given. */
TEST(two_that_will_be)
{
	char other[128];

	begin();
	(void)snprintf(other, sizeof(other), "%s/other", directory);
	CHECK_INT(failure(unveil(fresh, "rwc")), 0);
	CHECK_INT(failure(unveil(other, "rc")), 0);
	CHECK_INT(failure(unveil(other, "rwc")), EPERM); /* of the same path less, never more */
	CHECK_INT(failure(unveil(NULL, NULL)), 0);
	CHECK_INT(act_create(), 0);
	end();
}

/* Who gives up to remove a file gives up what its directory had for it. */
TEST(less_of_a_file)
{
	begin();
	CHECK_INT(failure(unveil(file, "rwc")), 0);
	CHECK_INT(failure(unveil(file, "r")), 0);
	CHECK_INT(failure(unveil(NULL, NULL)), 0);
	CHECK_INT(act_read(), 0);
	CHECK_INT(act_write(), EACCES);
	CHECK_INT(act_create(), EACCES);
	CHECK_INT(act_remove(), EACCES);
	end();
}

/* No path was named: none is taken away, and none may follow. */
TEST(nothing_unveiled)
{
	CHECK_INT(failure(unveil(NULL, NULL)), 0);
	CHECK_INT(close_of(open("/etc/passwd", O_RDONLY | O_CLOEXEC)), 0);
	CHECK_INT(failure(unveil("/etc", "r")), EPERM);
	CHECK_INT(failure(pledge("stdio rpath unveil", NULL)), 0);
	CHECK_INT(failure(unveil("/etc", "r")), EPERM);
	CHECK_INT(close_of(open("/etc/passwd", O_RDONLY | O_CLOEXEC)), 0);
}

/* The call is a violation then, as any other. */
static int unveil_under(const char *promises)
{
	const pid_t pid = fork();
	int status = 0;

	if (pid == 0)
		_exit(pledge(promises, NULL) != 0 ? 250 : failure(unveil("/etc", "r")));
	CHECK_INT(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

TEST(unveil_without_its_promise)
{
	CHECK_INT(unveil_under("stdio unveil"), 0); /* the control */
	CHECK_INT(unveil_under("stdio rpath"), -SIGSYS);
	CHECK_INT(unveil_under("stdio rpath error"), ENOSYS);
}

TEST(unveil_ends_with_its_promise)
{
	begin();
	CHECK_INT(failure(pledge("stdio rpath unveil", NULL)), 0);
	CHECK_INT(failure(unveil(directory, "rwc")), 0);
	CHECK_INT(close_of(open("/etc/passwd", O_RDONLY | O_CLOEXEC)), 0);
	CHECK_INT(failure(pledge("stdio rpath error", NULL)), EPERM);
	CHECK_INT(failure(pledge("stdio rpath", NULL)), 0);
	CHECK_INT(act_read(), 0);
	CHECK_INT(act_write(), EACCES); /* unveiled, and not promised */
	CHECK_INT(close_of(open("/etc/passwd", O_RDONLY | O_CLOEXEC)), EACCES);
}

/* Landlock takes nothing out of what is above. */
TEST(a_hole_is_refused)
{
	begin();
	CHECK_INT(failure(unveil("/", "r")), 0);
	CHECK_INT(failure(unveil(directory, "")), 0);
	CHECK_INT(failure(unveil(NULL, NULL)), ENOSYS);
	end();
}

/* Without Landlock nothing is pretended. */
TEST(no_landlock)
{
	begin();
	without_landlock();
	CHECK_INT(failure(pledge("stdio rpath", NULL)), ENOSYS);
	CHECK_INT(failure(pledge("stdio", NULL)), ENOSYS);
	CHECK_INT(failure(unveil(directory, "r")), 0);
	CHECK_INT(failure(unveil(NULL, NULL)), ENOSYS);
	CHECK_INT(act_create(), 0); /* and nothing has changed */
	CHECK_INT(act_inet(), 0);
	end();
}

/* ---- programs ------------------------------------------------------------------------------ */

/* What a shell's line comes to, executed under both kinds of promises. */
static int executed(const char *promises, const char *execpromises, const char *line, bool around)
{
	const pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		char *const argv[] = { (char *)(uintptr_t) "sh", (char *)(uintptr_t) "-c",
				       (char *)(uintptr_t)line, NULL };

		if (pledge(promises, execpromises) != 0)
			_exit(250);
		if (around)
			(void)syscall(SYS_execve, "/bin/sh", argv, environ);
		else
			(void)execvp("sh", argv);
		_exit(251);
	}
	CHECK_INT(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

TEST_TIMEOUT(execpromises, 60)
{
	static const char read_it[] = "read line < /etc/passwd && exit 3; exit 4";
	static const char run_it[] = "/bin/true; exit $?";
	static const char exec_it[] = "exec /bin/true";

	/* Without them the promises stay. */
	CHECK_INT(executed("stdio rpath exec proc", NULL, read_it, false), 3);
	CHECK_INT(executed("stdio exec proc", NULL, read_it, false), 4);
	/* Narrower: the program has both. */
	CHECK_INT(executed("stdio rpath exec proc", "stdio", read_it, false), 4);
	CHECK_INT(executed("stdio rpath exec proc", "stdio rpath", read_it, false), 3);
	CHECK_INT(executed("stdio rpath exec proc", "stdio rpath exec proc", run_it, false), 0);
	CHECK_INT(executed("stdio rpath exec proc", "stdio rpath", exec_it, false), -SIGSYS);
	CHECK_INT(executed("stdio rpath exec proc", "stdio rpath exec", exec_it, false), 0);
	/* Wider: it still has both. */
	CHECK_INT(executed("stdio exec", "stdio rpath", read_it, false), 4);
	/* Of this process nothing was promised. */
	CHECK_INT(executed(NULL, "stdio", read_it, false), 4);
	CHECK_INT(executed(NULL, "stdio rpath", read_it, false), 3);
	/* Around the library's functions nothing is executed. */
	CHECK_INT(executed("stdio rpath exec", NULL, read_it, true), 3);
	CHECK_INT(executed("stdio rpath exec", "stdio", read_it, true), -SIGSYS);
	CHECK_INT(executed(NULL, "stdio", read_it, true), 251);
}

/* Each that may not be executed would be a layer of Landlock's more, of which there are sixteen. */
TEST(a_long_search)
{
	static const char line[] = "read line < /etc/passwd && exit 3; exit 4";
	char search[4096] = "", part[96];

	for (int i = 0; i < 20; i++) {
		char at[64];
		int fd;

		tap_directory(at, sizeof(at));
		(void)snprintf(part, sizeof(part), "%s/sh", at);
		fd = open(part, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
		CHECK(fd >= 0 && close(fd) == 0);
		(void)snprintf(search + strlen(search), sizeof(search) - strlen(search), "%s:", at);
	}
	(void)strcat(search, "/usr/bin:/bin");
	CHECK_INT(setenv("PATH", search, 1), 0);
	CHECK_INT(executed("stdio rpath exec proc", "stdio", line, false), 4);
	CHECK_INT(executed("stdio rpath exec proc", "stdio rpath", line, false), 3);
	CHECK_INT(executed("stdio exec proc", "stdio", line, false), 4);
}

/* It is one execve and no more, and a failure before it changes nothing. */
TEST(a_program_that_is_not_there)
{
	CHECK_INT(failure(pledge("stdio rpath exec", "stdio")), 0);
	CHECK(execl("/nonexistent", "x", (char *)NULL) < 0);
	CHECK_INT(errno, ENOENT);
	CHECK_INT(close_of(open("/etc/passwd", O_RDONLY | O_CLOEXEC)), 0);
}
