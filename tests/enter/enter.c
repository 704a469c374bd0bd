/* SPDX-License-Identifier: ISC */
/* A process under its own policy: every thread, every phase; or nothing has changed. */
#include "../../include/ambit.h"
#include "../tap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static char directory[64];
static char granted[128], other[128];

static void make_file(char *path, size_t size, const char *name)
{
	int fd;

	(void)snprintf(path, size, "%s/%s", directory, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	CHECK(fd >= 0);
	CHECK_INT(write(fd, "text", 4), 4);
	(void)close(fd);
}

static void begin(void)
{
	tap_directory(directory, sizeof(directory));
	make_file(granted, sizeof(granted), "granted");
	make_file(other, sizeof(other), "other");
}

static int errno_of_open(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		(void)close(fd);
	return fd < 0 ? errno : 0;
}

static int errno_of_socket(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd >= 0)
		(void)close(fd);
	return fd < 0 ? errno : 0;
}

static struct ambit_policy *policy_of(const char *text)
{
	struct ambit_policy *p = ambit_policy_new();
	struct ambit_error err;

	if (ambit_policy_parse(p, text, strlen(text), "test", &err) != AMBIT_OK)
		tap_fail(__FILE__, __LINE__, "%s", err.text);
	return p;
}

static struct ambit_policy *reading(const char *path)
{
	struct ambit_policy *p = ambit_policy_new();

	CHECK_INT(ambit_policy_add(p, "read", path, NULL), AMBIT_OK);
	return p;
}

static void enter(struct ambit_policy *p)
{
	struct ambit_error err;

	if (ambit_enter(p, NULL, &err) != AMBIT_OK)
		tap_fail(__FILE__, __LINE__, "%s (%s), step %u", err.text, strerror(err.sys_errno),
			 err.step);
	CHECK_INT(err.code, AMBIT_OK);
	ambit_policy_free(p);
}

TEST(what_is_not_granted_is_gone)
{
	begin();
	CHECK_INT(errno_of_open(other), 0); /* the control */
	CHECK_INT(errno_of_socket(), 0);
	enter(reading(granted));
	CHECK_INT(errno_of_open(granted), 0);
	CHECK_INT(errno_of_open(other), EACCES);
	CHECK_INT(errno_of_open("/etc/passwd"), EACCES);
	CHECK(open(granted, O_WRONLY | O_CLOEXEC) < 0);
	CHECK(errno_of_socket() != 0);
	CHECK(fork() < 0);
	CHECK(execl("/bin/true", "true", (char *)NULL) < 0);
	CHECK_INT(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 1);
	CHECK(kill(getppid(), 0) < 0);
}

static int errno_of_writing(const char *path, int flags)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | flags, 0600);

	if (fd >= 0)
		(void)close(fd);
	return fd < 0 ? errno : 0;
}

static int errno_of(int r)
{
	return r < 0 ? errno : 0;
}

/* Contents and names apart: neither right brings what the other has. */
TEST(changing_is_not_making)
{
	struct ambit_policy *p = ambit_policy_new();
	char fresh[128], moved[128];

	begin();
	(void)snprintf(fresh, sizeof(fresh), "%s/fresh", directory);
	(void)snprintf(moved, sizeof(moved), "%s/moved", directory);
	CHECK_INT(errno_of_writing(fresh, O_CREAT | O_EXCL), 0); /* the controls */
	CHECK_INT(errno_of(unlink(fresh)), 0);
	CHECK_INT(ambit_allow_modify(p, directory, NULL), AMBIT_OK);
	enter(p);
	CHECK_INT(errno_of_writing(granted, O_TRUNC), 0);
	CHECK_INT(errno_of(truncate(granted, 1)), 0);
	CHECK_INT(errno_of_open(granted), EACCES);
	CHECK_INT(errno_of_writing(fresh, O_CREAT | O_EXCL), EACCES);
	CHECK_INT(errno_of(rename(granted, moved)), EACCES);
	CHECK_INT(errno_of(unlink(granted)), EACCES);
	CHECK_INT(errno_of(mkdir(moved, 0700)), EACCES);
}

TEST(making_is_not_changing)
{
	struct ambit_policy *p = ambit_policy_new();
	char below[128], moved[160], fresh[160];

	begin();
	(void)snprintf(below, sizeof(below), "%s/below", directory);
	(void)snprintf(moved, sizeof(moved), "%s/below/moved", directory);
	(void)snprintf(fresh, sizeof(fresh), "%s/below/fresh", directory);
	CHECK_INT(ambit_allow_create(p, directory, NULL), AMBIT_OK);
	enter(p);
	CHECK_INT(errno_of(mkdir(below, 0700)), 0);
	CHECK_INT(errno_of(mkfifo(moved, 0600)), 0);
	CHECK_INT(errno_of(unlink(moved)), 0);
	CHECK_INT(errno_of(rename(granted, moved)), 0); /* to another directory */
	CHECK_INT(errno_of(symlink("/etc/passwd", fresh)), 0);
	CHECK_INT(errno_of(unlink(fresh)), 0);
	CHECK_INT(errno_of_open(moved), EACCES);
	CHECK_INT(errno_of_writing(moved, 0), EACCES);
	CHECK_INT(errno_of(truncate(moved, 0)), EACCES);
	CHECK_INT(errno_of(rename(moved, granted)), 0);
	CHECK_INT(errno_of(rmdir(below)), 0);
	CHECK_INT(errno_of(mkdir("/var/tmp/ambit-enter-outside", 0700)), EACCES);
}

TEST(each_call_narrows)
{
	struct ambit_policy *p;

	begin();
	p = reading(directory);
	CHECK_INT(ambit_policy_add(p, "spawn", NULL, NULL), AMBIT_OK);
	enter(p);
	CHECK_INT(errno_of_open(other), 0);
	CHECK_INT(errno_of_open("/etc/passwd"), EACCES);
	if (fork() == 0)
		_exit(0);
	enter(reading(granted));
	CHECK_INT(errno_of_open(granted), 0);
	CHECK_INT(errno_of_open(other), EACCES);
	CHECK(fork() < 0);
	/* Asking for more is no way back. */
	enter(reading(directory));
	CHECK_INT(errno_of_open(granted), 0);
	CHECK_INT(errno_of_open(other), EACCES);
	enter(ambit_policy_new());
	CHECK_INT(errno_of_open(granted), EACCES);
}

TEST(a_refusal_changes_nothing)
{
	static const char *const texts[] = { "read /nonexistent/file", "hide /etc/passwd",
					     "user nosuchuserhere", "limit wall-time 1s",
					     "need mount-view must" };

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct ambit_policy *p = policy_of(texts[i]);
		struct ambit_report *report = NULL;
		struct ambit_error err;

		NOTE("%s", texts[i]);
		CHECK(ambit_enter(p, &report, &err) != AMBIT_OK);
		CHECK_INT(err.step, 0);
		CHECK(err.text[0] != '\0');
		CHECK(!report);
		CHECK_INT(errno_of_open("/etc/passwd"), 0);
		CHECK_INT(errno_of_socket(), 0);
		CHECK_INT(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 0);
		ambit_policy_free(p);
	}
}

TEST(the_report_tells)
{
	struct ambit_policy *p = ambit_policy_new();
	struct ambit_report *report = NULL;
	struct ambit_report_line line = { .size = sizeof(line) };
	char *text = NULL;
	size_t steps = 0, i;

	CHECK_INT(ambit_enter(p, &report, NULL), AMBIT_OK);
	ambit_policy_free(p);
	for (i = 0; ambit_report_at(report, i, &line); i++)
		steps += line.kind == AMBIT_REPORT_STEP;
	CHECK(steps >= 4);
	CHECK(i > steps);
	CHECK_INT(ambit_report_print(report, &text, NULL), AMBIT_OK);
	CHECK(strstr(text, "seccomp       load the system call filter") != NULL);
	CHECK(strstr(text, "descriptors that are open stay open") != NULL);
	free(text);
	ambit_report_free(report);
}

/* ---- threads ------------------------------------------------------------------------------- */

enum { THREADS = 6 };
static atomic_int started, go, finished;
static int errors[THREADS];

static long blocking_read(int fd)
{
	char byte;

	return read(fd, &byte, 1);
}

/* Threads of different habits: sleeping, spinning, in a system call, with all signals blocked. */
static void *thread(void *argument)
{
	int number = *(int *)argument;
	sigset_t all;

	if (number == 3) {
		(void)sigfillset(&all);
		(void)pthread_sigmask(SIG_SETMASK, &all, NULL);
	}
	atomic_fetch_add(&started, 1);
	while (!atomic_load(&go)) {
		if (number == 1)
			continue; /* spins */
		if (number == 2)
			(void)syscall(SYS_futex, &go, 0 /* FUTEX_WAIT */, 0, NULL, NULL, 0);
		else
			(void)usleep(1000);
	}
	errors[number] = errno_of_open(other) == EACCES && errno_of_open(granted) == 0 &&
					 errno_of_socket() != 0 &&
					 prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1
				 ? 0
				 : 1;
	if (getuid() == 0 && prctl(PR_CAPBSET_READ, 0, 0, 0, 0) == 1)
		errors[number] = 2;
	atomic_fetch_add(&finished, 1);
	return NULL;
}

TEST(every_thread_is_confined)
{
	pthread_t threads[THREADS];
	int numbers[THREADS];

	begin();
	for (int i = 0; i < THREADS; i++) {
		numbers[i] = i;
		CHECK_INT(pthread_create(&threads[i], NULL, thread, &numbers[i]), 0);
	}
	while (atomic_load(&started) < THREADS)
		(void)usleep(1000);
	enter(reading(granted));
	atomic_store(&go, 1);
	(void)syscall(SYS_futex, &go, 1 /* FUTEX_WAKE */, THREADS, NULL, NULL, 0);
	for (int i = 0; i < THREADS; i++) {
		CHECK_INT(pthread_join(threads[i], NULL), 0);
		NOTE("thread %d", i);
		CHECK_INT(errors[i], 0);
	}
	CHECK_INT(errno_of_open(other), EACCES);
}

/* Threads that come and go while the others are collected. */
static void *short_lived(void *argument)
{
	return argument;
}

static void *creator(void *argument)
{
	(void)argument;
	while (!atomic_load(&go)) {
		pthread_t t;

		if (pthread_create(&t, NULL, short_lived, NULL) == 0)
			(void)pthread_join(t, NULL);
	}
	errors[0] = errno_of_open(other);
	return NULL;
}

TEST(threads_that_make_threads)
{
	pthread_t threads[2];

	begin();
	for (int i = 0; i < 2; i++)
		CHECK_INT(pthread_create(&threads[i], NULL, creator, NULL), 0);
	(void)usleep(20000);
	enter(reading(granted));
	atomic_store(&go, 1);
	for (int i = 0; i < 2; i++)
		CHECK_INT(pthread_join(threads[i], NULL), 0);
	CHECK_INT(errors[0], EACCES);
}

static void *deaf(void *argument)
{
	const unsigned long all = ~0ul;

	(void)argument;
	/* Past the C library, which would keep its own signals deliverable. */
	(void)syscall(SYS_rt_sigprocmask, 0 /* SIG_BLOCK */, &all, NULL, 8);
	atomic_fetch_add(&started, 1);
	while (!atomic_load(&go))
		(void)usleep(1000);
	return NULL;
}

TEST(a_thread_that_cannot_be_held_is_said)
{
	struct ambit_policy *p = ambit_policy_new();
	struct ambit_error err;
	pthread_t t;

	CHECK_INT(pthread_create(&t, NULL, deaf, NULL), 0);
	while (!atomic_load(&started))
		(void)usleep(1000);
	CHECK_INT(ambit_enter(p, NULL, &err), AMBIT_E_THREADS);
	CHECK_INT(err.code, AMBIT_E_THREADS);
	CHECK_INT(err.step, 0);
	CHECK(strstr(err.text, "thread ") != NULL);
	CHECK_INT(errno_of_open("/etc/passwd"), 0);
	CHECK_INT(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 0);
	atomic_store(&go, 1);
	CHECK_INT(pthread_join(t, NULL), 0);
	/* Once it has ended, nothing stands in the way. */
	CHECK_INT(ambit_enter(p, NULL, &err), AMBIT_OK);
	CHECK_INT(errno_of_open("/etc/passwd"), EACCES);
	ambit_policy_free(p);
}

/* A filter that allows all, of this thread alone. */
static void *own_filter(void *argument)
{
	static struct sock_filter allow[] = { BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW) };
	const struct sock_fprog prog = { 1, allow };

	(void)argument;
	errors[0] = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
		    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog) < 0;
	atomic_fetch_add(&started, 1);
	while (!atomic_load(&go))
		(void)usleep(1000);
	return NULL;
}

/* E62: the kernel then puts the filter on nobody, and says so by that thread's number. */
TEST(a_thread_with_a_filter_of_its_own_is_no_success)
{
	struct ambit_policy *p = ambit_policy_new();
	struct ambit_error err;
	pthread_t t;

	CHECK_INT(pthread_create(&t, NULL, own_filter, NULL), 0);
	while (!atomic_load(&started))
		(void)usleep(1000);
	CHECK_INT(errors[0], 0);
	CHECK(ambit_enter(p, NULL, &err) != AMBIT_OK);
	CHECK_INT(err.layer, AMBIT_LAYER_SECCOMP);
	CHECK_INT(err.sys_errno, EBUSY);
	CHECK(err.step != 0); /* and it is told that something has changed */
	atomic_store(&go, 1);
	CHECK_INT(pthread_join(t, NULL), 0);
	ambit_policy_free(p);
}

/* ---- ids ----------------------------------------------------------------------------------- */

static void *ids_of_thread(void *argument)
{
	(void)argument;
	atomic_fetch_add(&started, 1);
	while (!atomic_load(&go))
		(void)usleep(1000);
	errors[0] = (int)syscall(SYS_getuid) == 65534 && (int)syscall(SYS_getgid) == 65534 &&
				    syscall(SYS_getgroups, 0, NULL) == 0 && setuid(0) < 0
			    ? 0
			    : 1;
	return NULL;
}

TEST(ids_change_in_all_threads)
{
	pthread_t t;
	int fds[2];

	if (getuid() != 0)
		SKIP("needs root to change ids");
	CHECK_INT(pipe(fds), 0);
	CHECK_INT(pthread_create(&t, NULL, ids_of_thread, NULL), 0);
	while (!atomic_load(&started))
		(void)usleep(1000);
	enter(policy_of("user 65534\ngroup 65534\n"));
	CHECK_INT(getuid(), 65534);
	CHECK(setuid(0) < 0);
	atomic_store(&go, 1);
	CHECK_INT(pthread_join(t, NULL), 0);
	CHECK_INT(errors[0], 0);
	(void)close(fds[1]);
	CHECK_INT(blocking_read(fds[0]), 0); /* what was open stays open */
}

/* A server that binds before it drops its user: the phase before has locked the securebits. */
TEST(ids_change_in_a_later_phase)
{
	if (getuid() != 0)
		SKIP("needs root to change ids");
	enter(policy_of("keep-capability setuid setgid\n"));
	CHECK_INT(setuid(0), 0); /* not yet */
	enter(policy_of("user 65534\ngroup 65534\n"));
	CHECK_INT(getuid(), 65534);
	CHECK_INT(getgid(), 65534);
	CHECK(setuid(0) < 0);
	CHECK(setgid(0) < 0);
}

static int accept_errno(int fd)
{
	return accept4(fd, NULL, NULL, SOCK_CLOEXEC) < 0 ? errno : 0;
}

/* Binding is over, serving goes on: only what is named, and only for whoever narrows to it. */
TEST(a_named_listener_is_accepted_on)
{
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	const struct sockaddr_un any = { .sun_family = AF_UNIX };
	struct ambit_error err;
	struct ambit_policy *p;
	char text[32];

	CHECK_INT(bind(fd, (const struct sockaddr *)&any, sizeof(sa_family_t)), 0);
	CHECK_INT(listen(fd, 1), 0);
	p = policy_of("fd 900\n");
	CHECK_INT(ambit_enter(p, NULL, &err), AMBIT_E_POLICY); /* it is not open */
	CHECK_INT(err.step, 0);
	ambit_policy_free(p);
	(void)snprintf(text, sizeof(text), "fd %d\n", fd);
	enter(policy_of(text));
	CHECK_INT(accept_errno(fd), EAGAIN);
	CHECK(errno_of_socket() != 0);
	enter(policy_of(""));
	CHECK_INT(accept_errno(fd), EACCES);
}

static int answer(const void *in, size_t length, struct ambit_reply *reply)
{
	return ambit_reply_set(reply, in, length);
}
AMBIT_WORKER(answer)

/* Workers are made before; calling goes on, and so does ending, though no signal may be sent. */
TEST(workers_outlive_a_phase_and_end)
{
	struct ambit_worker_options options = AMBIT_WORKER_OPTIONS_INIT;
	struct ambit_untrusted back = AMBIT_UNTRUSTED_INIT;
	struct ambit_worker *worker;
	struct ambit_error err;
	struct ambit_policy *p;
	char text[16];
	int64_t n;
	int fds[2];

	CHECK_INT(pipe(fds), 0);
	(void)snprintf(text, sizeof(text), "fd %d\nspawn\n", fds[1]);
	p = policy_of(text);
	if (ambit_worker_new(p, answer, &options, &worker, &err) != AMBIT_OK)
		tap_fail(__FILE__, __LINE__, "%s", err.text);
	ambit_policy_free(p);
	(void)close(fds[1]);
	enter(policy_of(""));
	CHECK(kill(getppid(), 0) < 0);
	CHECK_INT(ambit_call(worker, "7", 1, &back, 10000, &err), AMBIT_OK);
	CHECK_INT(ambit_validate_number(&back, 7, 7, &n, &err), AMBIT_OK);
	ambit_worker_free(worker);
	CHECK_INT(blocking_read(fds[0]), 0); /* nobody holds the other end any more */
	ambit_untrusted_done(&back);
}

/* A set of our capabilities, as /proc/self/status has it after @name. */
static unsigned long long capability_set(const char *name)
{
	FILE *file = fopen("/proc/self/status", "re");
	char line[256];
	unsigned long long set = 0;
	bool is_there = false;

	while (file && !is_there && fgets(line, sizeof(line), file)) {
		is_there = strncmp(line, name, strlen(name)) == 0;
		set = is_there ? strtoull(line + strlen(name), NULL, 16) : 0;
	}
	CHECK(file && is_there);
	(void)fclose(file);
	return set;
}

/*
 * Of who has some: out of the permitted set, and out of the limit set with the first call, which
 * takes the right to narrow that set; from then on no_new_privs makes it void.
 */
TEST(privileges_leave_the_sets)
{
	enum { CHOWN = 1 << 0, SETPCAP = 1 << 8, NET_BIND_SERVICE = 1 << 10 };
	struct ambit_error err;

	if (!(capability_set("CapPrm:") & SETPCAP))
		SKIP("no capabilities to give up");
	begin();
	CHECK(capability_set("CapPrm:") & capability_set("CapBnd:") & NET_BIND_SERVICE);
	CHECK_INT(ambit_privileges_drop("net_privaddr", &err), AMBIT_OK);
	CHECK_INT(capability_set("CapPrm:") & NET_BIND_SERVICE, 0);
	CHECK_INT(capability_set("CapBnd:") & NET_BIND_SERVICE, 0);
	CHECK_INT(capability_set("CapPrm:") & CHOWN, CHOWN); /* the control */
	CHECK_INT(ambit_privileges_drop("file_chown", &err), AMBIT_OK);
	CHECK_INT(capability_set("CapPrm:") & CHOWN, 0);
	CHECK_INT(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 1);
	/* A program of root has none of them either. */
	CHECK_INT(system("while read -r name set; do case $name in CapPrm:) "
			 "exit $((0x$set & 0x401));; esac; done </proc/self/status"),
		  0);
}

/* Out of the permitted set, and out of the limit set: nothing brings them back. */
TEST(privileges_are_dropped)
{
	struct ambit_error err;

	begin();
	CHECK_INT(ambit_privileges_drop("no_such_privilege", &err), AMBIT_E_POLICY);
	CHECK_INT(errno_of_socket(), 0);
	if (ambit_privileges_drop("net_access,net_privaddr", &err) != AMBIT_OK)
		tap_fail(__FILE__, __LINE__, "%s", err.text);
	CHECK(errno_of_socket() != 0);
	CHECK_INT(errno_of_open(other), 0);
	if (ambit_privileges_drop("file_write,proc_fork", &err) != AMBIT_OK)
		tap_fail(__FILE__, __LINE__, "%s", err.text);
	CHECK(fork() < 0);
	CHECK_INT(errno_of_writing(granted, 0), EACCES);
	CHECK_INT(errno_of_open(other), 0);
}
