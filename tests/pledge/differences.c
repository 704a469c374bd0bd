/* SPDX-License-Identifier: ISC */
/*
 * The table "Differences" of ambit-promises(7), row by row: what it says is what happens, and what
 * it does not say is not. tests/docs/promises holds the names of the two tables together.
 */
#include "act.h"

#include <arpa/inet.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>

/* ---- in a child ---------------------------------------------------------------------------- */

enum { NOT_PLEDGED = 250 };

/* What the act comes to under @promises: 0, an errno, or a signal, negative. */
static int under(const char *promises, int (*act)(void))
{
	const pid_t pid = fork();
	int status = 0;

	CHECK(pid >= 0);
	if (pid == 0)
		_exit(promises && pledge(promises, NULL) != 0 ? NOT_PLEDGED : act());
	CHECK_INT(waitpid(pid, &status, 0), pid);
	if (!WIFSIGNALED(status))
		return WEXITSTATUS(status);
	CHECK(!WCOREDUMP(status));
	return -WTERMSIG(status);
}

static int act_stat(void)
{
	struct stat st;

	return errno_of(stat(file, &st));
}

static int act_access(void)
{
	return errno_of(access(file, R_OK));
}

static int act_readlink(void)
{
	char to[64];
	const int e = errno_of((int)readlink(file, to, sizeof(to)));

	return e == EINVAL ? 0 : e; /* a file is no link */
}

static int act_chmod(void)
{
	return errno_of(chmod(file, 0600));
}

static int act_chdir(void)
{
	return errno_of(chdir("/etc"));
}

static int act_device(void)
{
	return errno_of(mknod(fresh, S_IFCHR | 0600, 0x103 /* null */));
}

static int act_limit(void)
{
	struct rlimit limit;
	int e = errno_of(getrlimit(RLIMIT_NOFILE, &limit));

	limit.rlim_cur = limit.rlim_max = 64;
	if (!e)
		e = errno_of(setrlimit(RLIMIT_NOFILE, &limit));
	if (!e)
		e = errno_of(setpriority(PRIO_PROCESS, 0, 19));
	return e ? e : errno_of(mlock(&limit, sizeof(limit)));
}

static int act_priority_of_parent(void)
{
	return errno_of(setpriority(PRIO_PROCESS, (id_t)getppid(), 19));
}

/* -1 is no descriptor: whoever is let through is told so. */
static int reached(int r)
{
	const int e = errno_of(r);

	return e == EBADF ? 0 : e;
}

static int act_modes(void)
{
	struct termios modes = { 0 };

	return reached(ioctl(-1, TCSETS, &modes));
}

static int act_input(void)
{
	return reached(ioctl(-1, TIOCSTI, ""));
}

static int act_unknown_request(void)
{
	return reached(ioctl(-1, 0x5001, 0));
}

static int act_pass(void)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { .header = { CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS } };
	char byte = 'x';
	struct iovec io = { &byte, 1 };
	struct msghdr message = { .msg_iov = &io,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	int pair[2], e = errno_of(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));

	memcpy(CMSG_DATA(&control.header), &pair[0], sizeof(int));
	if (!e)
		e = errno_of((int)sendmsg(pair[0], &message, 0));
	return e ? e : errno_of((int)recvmsg(pair[1], &message, 0));
}

static int act_datagram(void)
{
	const struct sockaddr_in to = { .sin_family = AF_INET,
					.sin_port = htons(9),
					.sin_addr = { htonl(INADDR_LOOPBACK) } };
	const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	return errno_of((int)sendto(fd, "x", 1, 0, (const struct sockaddr *)&to, sizeof(to)));
}

static int act_datagram_port(void)
{
	struct sockaddr_in here = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t length = sizeof(here);
	const int first = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	const int second = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (bind(first, (const struct sockaddr *)&here, length) != 0 ||
	    getsockname(first, (struct sockaddr *)&here, &length) != 0 || close(first) != 0)
		return 253;
	return errno_of(bind(second, (const struct sockaddr *)&here, length));
}

/* 1 when one of @which is there. */
static int has_capability(uint64_t which)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2] = { { 0 } };

	if (syscall(SYS_capget, &header, data) != 0)
		return errno;
	return ((uint64_t)data[1].permitted << 32 | data[0].permitted) & which ? 1 : 0;
}

static int act_capabilities(void)
{
	return has_capability(UINT64_MAX);
}

static int act_capabilities_to_mount(void)
{
	return has_capability(UINT64_C(1) << CAP_SYS_ADMIN | UINT64_C(1) << CAP_CHOWN);
}

static int act_log(void)
{
	return close_of(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
}

static int act_signal_parent(void)
{
	return errno_of(kill(getppid(), 0));
}

static int act_signal_self(void)
{
	return errno_of(kill(getpid(), 0));
}

static struct sockaddr_un outside;
static socklen_t outside_length;

static int act_abstract(void)
{
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return errno_of(connect(fd, (const struct sockaddr *)&outside, outside_length));
}

static int act_fork(void)
{
	const pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return errno_of(pid);
}

static int act_unveiled(const char *path, const char *permissions, int (*act)(void))
{
	int e = failure(unveil(path, permissions));

	if (!e)
		e = failure(unveil(NULL, NULL));
	return e ? e : act();
}

static int act_other_unveiled(void)
{
	return act_unveiled("/etc", "r", act_read);
}

static int act_other_unveiled_stat(void)
{
	return act_unveiled("/etc", "r", act_stat);
}

static int act_other_unveiled_chdir(void)
{
	return act_unveiled(directory, "r", act_chdir);
}

static int act_new_through_parent(void)
{
	return act_unveiled(fresh, "r", act_read);
}

static int act_collected(void)
{
	const int e = failure(unveil("/etc", "r"));

	return e ? e : act_read();
}

static int act_bound_by_pledge(void)
{
	const int e = act_collected();

	if (e || pledge("stdio rpath", NULL) != 0)
		return e ? e : 252;
	return act_read();
}

static int run_line(const char *promises, const char *execpromises, bool by_system)
{
	static const char line[] = "read line </etc/passwd && exit 3; exit 4";

	if (pledge(promises, execpromises) != 0)
		return NOT_PLEDGED;
	if (by_system) {
		const int status = system(line);

		return WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
	}
	(void)execl("/bin/sh", "sh", "-c", line, (char *)NULL);
	return errno;
}

static int act_run_both(void)
{
	return run_line("stdio rpath exec proc", "stdio", false);
}

static int act_run_one(void)
{
	return run_line("stdio rpath exec proc", NULL, false);
}

static int act_run_around(void)
{
	return run_line("stdio rpath exec proc", "stdio", true);
}

static int act_run_around_exec(void)
{
	return run_line("stdio rpath exec proc", "stdio exec rpath", true);
}

static int act_pledge_without_landlock(void)
{
	without_landlock();
	return failure(pledge("stdio rpath", NULL));
}

static int act_unveil_without_landlock(void)
{
	without_landlock();
	return act_other_unveiled();
}

/* Promised, and of a path that was not unveiled. */
static int act_chmod_veiled(void)
{
	const int e = failure(unveil("/etc", "r"));

	return e || pledge("stdio rpath fattr", NULL) != 0 ? 253 : act_chmod();
}

/* ---- the table ----------------------------------------------------------------------------- */

static const struct {
	const char *row; /* of the manual */
	const char *promises;
	int (*act)(void);
	int outcome; /* 0, an errno, or a signal, negative */
} rows[] = {
	{ "Opening a path", "stdio", act_read, EACCES },
	{ "Opening a path", "stdio rpath", act_write, EACCES },
	{ "Opening a path", "stdio rpath wpath", act_create, -SIGSYS },
	{ "Opening a path", "stdio rpath wpath cpath", act_create, 0 },
	{ "Looking at a path", "stdio", act_stat, EACCES },
	{ "Looking at a path", "stdio", act_access, EACCES },
	{ "Looking at a path", "stdio", act_readlink, EACCES },
	{ "Looking at a path", "stdio proc", act_stat, 0 },
	{ "Looking at a path", "stdio cpath", act_stat, 0 },
	{ "Unveiled paths", NULL, act_other_unveiled, EACCES },
	{ "Unveiled paths", NULL, act_other_unveiled_stat, 0 },
	{ "Unveiled paths", NULL, act_other_unveiled_chdir, 0 },
	{ "Unveiled paths", NULL, act_new_through_parent, 0 },
	{ "When unveil binds", NULL, act_collected, 0 },
	{ "When unveil binds", NULL, act_bound_by_pledge, EACCES },
	{ "Executed programs", NULL, act_run_one, 3 },
	{ "Executed programs", NULL, act_run_both, 4 },
	{ "Executed programs", NULL, act_run_around, SIGSYS },
	{ "Executed programs", NULL, act_run_around_exec, 3 },
	{ "Own process", "stdio", act_limit, 0 },
	{ "Own process", "stdio", act_priority_of_parent, -SIGSYS },
	{ "Terminals", "stdio", act_modes, 0 },
	{ "Terminals", "stdio tty", act_input, -SIGSYS },
	{ "Device requests", "stdio", act_unknown_request, ENOTTY },
	{ "Messages", "stdio", act_pass, 0 },
	{ "Names", "stdio dns", act_datagram, 0 },
	{ "Names", "stdio", act_datagram, -SIGSYS },
	{ "Names", "stdio dns", act_datagram_port, 0 },
	{ "Attributes", NULL, act_chmod_veiled, 0 },
	{ "Attributes", "stdio fattr", act_chmod, 0 },
	{ "Attributes", "stdio rpath", act_chmod, -SIGSYS },
	{ "Device nodes", "stdio dpath", act_device, -SIGSYS },
	{ "Privileged processes", "stdio", act_capabilities, 0 },
	{ "Privileged processes", "stdio rpath cpath exec", act_capabilities_to_mount, 0 },
	{ "System log", "stdio", act_log, EACCES },
	{ "System log", "stdio unix", act_log, 0 },
	{ "Signals", "stdio", act_signal_parent, -SIGSYS },
	{ "Signals", "stdio", act_signal_self, 0 },
	{ "Signals", "stdio proc", act_signal_self, 0 },
	{ "Landlock missing", NULL, act_pledge_without_landlock, ENOSYS },
	{ "Landlock missing", NULL, act_unveil_without_landlock, ENOSYS },
	{ "The end", "stdio", act_fork, -SIGSYS },
	{ "The end", "stdio error", act_fork, ENOSYS },
	{ "The end", "stdio rpath error", act_write, EACCES },
};

TEST_TIMEOUT(what_the_table_says, 60)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		NOTE("%s: %s, row %zu", rows[i].row, rows[i].promises ? rows[i].promises : "-", i);
		begin();
		CHECK_INT(under(rows[i].promises, rows[i].act), rows[i].outcome);
		end();
	}
}

/* Root has something to lose. */
TEST(privileged_control)
{
	if (geteuid() != 0)
		SKIP("no capabilities to begin with");
	CHECK_INT(act_capabilities(), 1);
	CHECK_INT(under("stdio rpath id", act_capabilities), 1);
}

/* The one row that depends on the kernel. */
TEST(local_sockets)
{
	static const char row[] = "Local sockets";
	const long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, 1 /* which version */);
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	NOTE("%s: Landlock ABI %ld", row, abi);
	/* Without a path the kernel chooses an abstract name. */
	outside.sun_family = AF_UNIX;
	CHECK_INT(bind(fd, (const struct sockaddr *)&outside, sizeof(sa_family_t)), 0);
	CHECK_INT(listen(fd, 4), 0);
	outside_length = sizeof(outside);
	CHECK_INT(getsockname(fd, (struct sockaddr *)&outside, &outside_length), 0);
	CHECK_INT(under(NULL, act_abstract), 0); /* the control */
	CHECK_INT(under("stdio unix", act_abstract), abi >= 6 ? EPERM : 0);
}
