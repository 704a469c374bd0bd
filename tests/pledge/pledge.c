/* SPDX-License-Identifier: ISC */
/*
 * Promise by promise: what passes, what ends the process, and what is otherwise than on OpenBSD.
 * Each act runs in a child of its own, first without any promise: that is the control, which has to
 * pass.
 */
#include "act.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* ---- acts: 0 or an errno ------------------------------------------------------------------- */

static int act_nothing(void)
{
	time_t now = time(NULL);
	char *p = malloc(1 << 20);
	int fds[2], e = errno_of(pipe(fds));

	free(p);
	if (!e)
		e = write(fds[1], "x", 1) == 1 ? 0 : EIO;
	return e || localtime(&now) ? e : EIO;
}

static int act_mkdir(void)
{
	const int e = errno_of(mkdir(fresh, 0700));

	(void)rmdir(fresh);
	return e;
}

static int act_fifo(void)
{
	const int e = errno_of(mkfifo(fresh, 0600));

	return e;
}

static int act_tmp(void)
{
	char name[] = "/tmp/ambit-pledge-XXXXXX";
	const int fd = mkstemp(name);

	if (fd >= 0)
		(void)unlink(name);
	return close_of(fd);
}

static int act_listen(void)
{
	const struct sockaddr_in any = { .sin_family = AF_INET,
					 .sin_addr = { htonl(INADDR_LOOPBACK) } };
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int e = errno_of(fd);

	if (!e)
		e = errno_of(bind(fd, (const struct sockaddr *)&any, sizeof(any)));
	if (!e)
		e = errno_of(listen(fd, 1));
	return e;
}

static int act_join(void)
{
	const struct ip_mreq group = { { inet_addr("224.0.0.251") }, { htonl(INADDR_LOOPBACK) } };

	return errno_of(
		setsockopt(inherited_udp, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof(group)));
}

static int act_unix(void)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int e = errno_of(fd);

	(void)snprintf(name.sun_path, sizeof(name.sun_path), "%s", fresh);
	if (!e)
		e = errno_of(bind(fd, (const struct sockaddr *)&name, sizeof(name)));
	if (!e)
		e = errno_of(listen(fd, 1));
	return e;
}

static int act_chmod(void)
{
	return errno_of(chmod(file, 0600));
}

static int act_chown(void)
{
	return errno_of(chown(file, getuid(), getgid()));
}

static int act_flock(void)
{
	return errno_of(flock(inherited_file, LOCK_EX));
}

static int act_lock(void)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	return errno_of(fcntl(inherited_file, F_SETLK, &lock));
}

static int act_getpw(void)
{
	return getpwuid(0) ? 0 : EACCES;
}

static int act_hosts(void)
{
	return close_of(open("/etc/hosts", O_RDONLY | O_CLOEXEC));
}

static int act_resolver(void)
{
	return close_of(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
}

/* The kernel knows no such descriptor; a filter that lets nobody ask it does not know that. */
static int act_tape(void)
{
	char get[64];
	const int e = errno_of(ioctl(-1, 0x80306d02 /* MTIOCGET */, get));

	return e == EBADF ? 0 : e;
}

static int act_foreground(void)
{
	const int e = errno_of(ioctl(inherited_file, TIOCSWINSZ, &(struct winsize){ 0 }));

	return e == ENOTTY ? 0 : e;
}

static int act_fork(void)
{
	const pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid < 0 ? errno : errno_of(waitpid(pid, NULL, 0));
}

static int act_signal(void)
{
	return errno_of(kill(getppid(), 0));
}

static int act_myself(void)
{
	return errno_of(kill(getpid(), 0));
}

static int act_session(void)
{
	return errno_of(setsid());
}

static int act_exec(void)
{
	(void)execl("/bin/true", "true", (char *)NULL);
	return errno;
}

static int act_memory(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return errno_of(mprotect(p, 4096, PROT_READ | PROT_EXEC));
}

static int act_clock(void)
{
	/* Nobody may set a time that is none; who may not is told before. */
	const struct timespec never = { .tv_nsec = -1 };
	const int e = errno_of((int)syscall(SYS_clock_settime, CLOCK_REALTIME, &never));

	return e == EINVAL || e == EPERM ? 0 : e;
}

static int act_processes(void)
{
	return close_of(open("/proc/uptime", O_RDONLY | O_CLOEXEC));
}

static int act_memory_state(void)
{
	return close_of(open("/proc/meminfo", O_RDONLY | O_CLOEXEC));
}

static int act_ids(void)
{
	return errno_of(setuid(getuid()));
}

static int act_routes(void)
{
	return close_of(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0));
}

/* ---- in a child ---------------------------------------------------------------------------- */

enum { ENDED = -1, NOT_PLEDGED = -2 };

/* What the act comes to under @promises: 0, an errno, or the end by SIGSYS. */
static int under(const char *promises, int (*act)(void))
{
	const pid_t pid = fork();
	int status = 0;

	CHECK(pid >= 0);
	if (pid == 0) {
		if (promises && pledge(promises, NULL) != 0) {
			(void)fprintf(stderr, "# pledge(%s): %s\n", promises, strerror(errno));
			_exit(250);
		}
		_exit(act());
	}
	CHECK_INT(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status)) {
		CHECK_INT(WTERMSIG(status), SIGSYS);
		CHECK(!WCOREDUMP(status));
		return ENDED;
	}
	return WEXITSTATUS(status) == 250 ? NOT_PLEDGED : WEXITSTATUS(status);
}

static const struct {
	const char *name;
	int (*act)(void);
	const char *with;    /* promises under which it passes */
	const char *without; /* and one less */
	int otherwise;	     /* what it comes to then: ENDED or an errno */
} rows[] = {
	{ "nothing", act_nothing, "stdio", NULL, 0 },
	{ "myself", act_myself, "stdio", NULL, 0 },
	{ "rpath", act_read, "stdio rpath", "stdio", EACCES },
	{ "wpath", act_write, "stdio wpath", "stdio rpath", EACCES },
	{ "open cpath", act_create, "stdio wpath cpath", "stdio rpath wpath", ENDED },
	{ "mkdir cpath", act_mkdir, "stdio cpath", "stdio rpath wpath", ENDED },
	{ "unlink cpath", act_remove, "stdio cpath", "stdio rpath wpath", ENDED },
	{ "dpath", act_fifo, "stdio dpath", "stdio cpath", EACCES },
	{ "tmppath", act_tmp, "stdio tmppath", "stdio rpath wpath", ENDED },
	{ "inet", act_inet, "stdio inet", "stdio rpath", ENDED },
	{ "inet listen", act_listen, "stdio inet", "stdio unix", ENDED },
	{ "mcast", act_join, "stdio inet mcast", "stdio inet", ENDED },
	{ "unix", act_unix, "stdio unix", "stdio rpath inet", EACCES },
	{ "fattr", act_chmod, "stdio rpath fattr", "stdio rpath wpath cpath", ENDED },
	{ "chown", act_chown, "stdio rpath chown", "stdio rpath wpath", ENDED },
	{ "flock", act_flock, "stdio flock", "stdio", ENDED },
	{ "fcntl flock", act_lock, "stdio flock", "stdio", ENDED },
	{ "getpw", act_getpw, "stdio getpw", "stdio", EACCES },
	{ "dns files", act_hosts, "stdio dns", "stdio", EACCES },
	{ "dns", act_resolver, "stdio dns", "stdio getpw", ENDED },
	{ "sendfd", act_nothing, "stdio sendfd recvfd", NULL, 0 },
	{ "tape", act_tape, "stdio tape", "stdio tty", ENOTTY },
	{ "tty", act_foreground, "stdio tty", "stdio", ENDED },
	{ "proc", act_fork, "stdio proc", "stdio", ENDED },
	{ "proc signal", act_signal, "stdio proc", "stdio", ENDED },
	{ "proc session", act_session, "stdio proc", "stdio", ENDED },
	{ "exec", act_exec, "stdio exec", "stdio", ENDED },
	{ "prot_exec", act_memory, "stdio prot_exec", "stdio", ENDED },
	{ "settime", act_clock, "stdio settime", "stdio", ENDED },
	{ "ps", act_processes, "stdio ps", "stdio", EACCES },
	{ "vminfo", act_memory_state, "stdio vminfo", "stdio", EACCES },
	{ "id", act_ids, "stdio id", "stdio proc", ENDED },
	{ "route", act_routes, "stdio route", "stdio", ENDED },
	{ "wroute", act_routes, "stdio wroute", "stdio", ENDED },
	{ "nothing here", act_nothing, "stdio pf audio video bpf disklabel drm vmm", NULL, 0 },
};

TEST_TIMEOUT(each_promise, 60)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		NOTE("%s", rows[i].name);
		begin();
		CHECK_INT(under(NULL, rows[i].act), 0);
		end();
		begin();
		CHECK_INT(under(rows[i].with, rows[i].act), 0);
		end();
		begin();
		if (rows[i].without)
			CHECK_INT(under(rows[i].without, rows[i].act), rows[i].otherwise);
		end();
	}
}

/* With "error" a violation is ENOSYS. */
static int act_error(void)
{
	const pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid >= 0 ? 0 : errno;
}

TEST(error)
{
	CHECK_INT(under("stdio", act_error), ENDED); /* the control */
	CHECK_INT(under("stdio error", act_error), ENOSYS);
	CHECK_INT(under("stdio error", act_inet), ENOSYS);
	CHECK_INT(under("stdio error proc", act_error), 0);
}

/* ---- what may follow what ------------------------------------------------------------------ */

TEST(narrowing)
{
	CHECK_INT(failure(pledge("stdio nonsense", NULL)), EINVAL);
	CHECK_INT(failure(pledge(NULL, "nonsense")), EINVAL);
	CHECK_INT(failure(pledge(NULL, NULL)), 0);
	CHECK_INT(failure(pledge("stdio rpath proc inet", NULL)), 0);
	CHECK_INT(failure(pledge("stdio wpath", NULL)), EPERM);
	CHECK_INT(act_inet(), 0);
	CHECK_INT(failure(pledge("  stdio  rpath ", NULL)), 0);
	CHECK_INT(failure(pledge("stdio rpath proc", NULL)), EPERM);
	CHECK_INT(close_of(open("/etc/passwd", O_RDONLY | O_CLOEXEC)), 0);
	CHECK_INT(failure(pledge("stdio", NULL)), 0);
	CHECK_INT(close_of(open("/etc/passwd", O_RDONLY | O_CLOEXEC)), EACCES);
	CHECK_INT(act_nothing(), 0);
	CHECK_INT(failure(pledge("", NULL)), 0);
	CHECK_INT(failure(pledge("stdio", NULL)), EPERM);
}

/* Whatever was promised, narrowing it is not a violation; and the time zone stays in reach. */
static int act_narrow(void)
{
	return close_of(open("/usr/share/zoneinfo", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) ? 60 : 0;
}

static const char *then;

static int act_then(void)
{
	if (pledge(then, NULL) != 0 || pledge("stdio", NULL) != 0)
		return errno;
	return act_narrow();
}

TEST_TIMEOUT(narrowing_from_each, 60)
{
	static const char *const names[] = { "rpath",	  "wpath", "cpath",  "dpath",  "tmppath",
					     "inet",	  "mcast", "fattr",  "chown",  "flock",
					     "unix",	  "dns",   "getpw",  "sendfd", "tape",
					     "tty",	  "proc",  "exec",   "ps",     "vminfo",
					     "id",	  "route", "wroute", "unveil", "settime",
					     "prot_exec", "error" };

	if (access("/usr/share/zoneinfo", F_OK) != 0)
		SKIP("no time zones here");
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char first[64], second[64];

		NOTE("%s", names[i]);
		(void)snprintf(first, sizeof(first), "stdio sendfd %s", names[i]);
		(void)snprintf(second, sizeof(second), "stdio %s", names[i]);
		then = second;
		CHECK_INT(under(first, act_then), 0);
	}
}

/* Under "error" what would be more is let go by. */
TEST(widening_under_error)
{
	CHECK_INT(failure(pledge("stdio error", NULL)), 0);
	CHECK_INT(failure(pledge("stdio error inet", NULL)), 0);
	CHECK_INT(act_inet(), ENOSYS);
}

static void *forks(void *argument)
{
	(void)argument;
	return (void *)(intptr_t)act_error();
}

static void *later(void *argument)
{
	volatile int *go = argument;

	while (!*go)
		(void)usleep(1000);
	return forks(NULL);
}

TEST(all_threads)
{
	static volatile int go;
	void *answer = NULL;
	pthread_t t;

	CHECK_INT(pthread_create(&t, NULL, later, (void *)(uintptr_t)&go), 0);
	CHECK_INT(failure(pledge("stdio error", NULL)), 0);
	go = 1;
	CHECK_INT(pthread_join(t, &answer), 0);
	CHECK_INT((int)(intptr_t)answer, ENOSYS);
}

/* ---- what is no text ----------------------------------------------------------------------- */

/* All of them, in each argument: the last runs to the end of what is there. */
static int act_bad_pointers(void)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *const there =
		mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const char *bad[] = { (const char *)1, (const char *)-1L, (const char *)(UINT64_C(1) << 63),
			      NULL };
	int wrong = 0;

	if (there == MAP_FAILED || mprotect(there + page, page, PROT_NONE) < 0)
		return 250;
	memset(there, 'r', page);
	bad[3] = there + page - 3;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		wrong += errno_of(pledge(bad[i], NULL)) != EFAULT;
		wrong += errno_of(pledge(NULL, bad[i])) != EFAULT;
		wrong += errno_of(unveil(bad[i], "r")) != EFAULT;
		wrong += errno_of(unveil("/etc", bad[i])) != EFAULT;
	}
	there[page - 1] = '\0'; /* the control: it ends with the page */
	wrong += errno_of(unveil("/etc", bad[3])) != 0;
	return wrong;
}

TEST(bad_pointers_are_told)
{
	CHECK_INT(under(NULL, act_bad_pointers), 0);
	CHECK_INT(under("stdio rpath unveil", act_bad_pointers), 0);
}
