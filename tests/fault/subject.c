/* SPDX-License-Identifier: ISC */
/*
 * subject - a small launcher with known habits, for the tests of the fault instruments
 *
 *	subject MODE PROGRAM [ARG...]
 *
 * Whatever its mode does before PROGRAM is executed is checked: a failure ends in status 125 and
 * one sentence on fd 2, unless the mode is one of the faulty ones, which the instruments
 * have to find out.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { FAILED = 125, STACK_SIZE = 64 * 1024, NOBODY = 65534 };

struct task {
	char *const *argv;
	int listener;
	_Alignas(16) char stack[STACK_SIZE];
};

static int check(long result, const char *what)
{
	if (result >= 0)
		return (int)result;

	static _Atomic int said;
	int e = errno;
	char line[128];

	/* The first to fail ends both threads. */
	while (atomic_fetch_add(&said, 1))
		(void)pause();

	int len = snprintf(line, sizeof(line), "subject: %s: %s\n", what, strerrordesc_np(e));

	(void)!write(2, line, (size_t)len);
	_exit(FAILED);
}

static void execute(const struct task *t)
{
	check(execv(t->argv[0], t->argv), "execve");
}

static void mode_plain(struct task *t)
{
	execute(t);
}

static void mode_ten_more(struct task *t)
{
	for (int i = 0; i < 10; i++)
		check(syscall(SYS_getppid), "getppid");
	execute(t);
}

/* Faulty: a step that fails is passed over. */
static void mode_careless(struct task *t)
{
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	execute(t);
}

/* Faulty: waits for what never comes, when closing fails. */
static void mode_hangs(struct task *t)
{
	int ends[2];
	char byte;

	check(pipe2(ends, O_CLOEXEC), "pipe2");
	if (close(ends[1]))
		for (;;)
			(void)pause();
	check(read(ends[0], &byte, 1), "read");
	execute(t);
}

/* Faulty: a child stays behind, out of everybody's sight. */
static void mode_leaves(struct task *t)
{
	int pid = check(fork(), "fork");

	if (!pid) {
		(void)setsid();
		for (;;)
			(void)pause();
	}
	execute(t);
}

/* A child has more than a second's work to do, as what is about to end has on a busy machine. */
static void mode_works(struct task *t)
{
	int pid = check(fork(), "fork");

	if (!pid) {
		struct timespec start, now;

		(void)setsid();
		(void)clock_gettime(CLOCK_MONOTONIC, &start);
		do
			(void)clock_gettime(CLOCK_MONOTONIC, &now);
		while (now.tv_sec < start.tv_sec + 2);
		_exit(0);
	}
	execute(t);
}

/* Faulty: a child waits for a second, and then it goes. */
static void mode_waits(struct task *t)
{
	int pid = check(fork(), "fork");

	if (!pid) {
		(void)setsid();
		(void)poll(NULL, 0, 1000);
		_exit(0);
	}
	execute(t);
}

/* Faulty: descriptor 7 goes to the program. */
static void mode_leaks(struct task *t)
{
	check(dup2(0, 7), "dup2");
	execute(t);
}

/* Faulty: says two things on fd 2. */
static void mode_chatters(struct task *t)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		(void)!write(2, "subject: something is odd\n", 26);
	check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl");
	execute(t);
}

/* Allows what is known, notifies execve, kills for what is not: number -1 above all. */
static int load_strict_filter(bool listen)
{
	struct sock_filter code[] = {
		{ BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, nr) },
		{ BPF_JMP | BPF_JEQ | BPF_K, 0, 1, SYS_execve },
		{ BPF_RET | BPF_K, 0, 0, listen ? SECCOMP_RET_USER_NOTIF : SECCOMP_RET_ALLOW },
		{ BPF_JMP | BPF_JGT | BPF_K, 0, 1, 1000 },
		{ BPF_RET | BPF_K, 0, 0, SECCOMP_RET_KILL_PROCESS },
		{ BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW },
	};
	struct sock_fprog prog = { .len = sizeof(code) / sizeof(code[0]), .filter = code };

	check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl");
	return check(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			     listen ? SECCOMP_FILTER_FLAG_NEW_LISTENER : 0, &prog),
		     "seccomp");
}

static void mode_filtered(struct task *t)
{
	load_strict_filter(false);
	check(syscall(SYS_getppid), "getppid");
	execute(t);
}

/* Let one execve pass, as the helper thread of a launcher that then becomes the program. */
static int answer_once(void *arg)
{
	struct task *t = arg;
	struct seccomp_notif ask = { 0 };
	struct seccomp_notif_resp answer = { .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE };

	while (t->listener < 0)
		check(sched_yield(), "sched_yield");
	check(ioctl(t->listener, SECCOMP_IOCTL_NOTIF_RECV, &ask), "receive");
	answer.id = ask.id;
	check(ioctl(t->listener, SECCOMP_IOCTL_NOTIF_SEND, &answer), "send");
	return 0;
}

static void mode_listener(struct task *t)
{
	t->listener = load_strict_filter(true);
	check(clone(answer_once, t->stack + STACK_SIZE,
		    CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
			    CLONE_SYSVSEM,
		    t),
	      "clone");
	execute(t);
}

static int execute_in_thread(void *arg)
{
	execute(arg);
	return 0;
}

/* A thread that is not the leader executes: it gets the leader's number. */
static void mode_thread(struct task *t)
{
	check(clone(execute_in_thread, t->stack + STACK_SIZE,
		    CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
			    CLONE_SYSVSEM,
		    t),
	      "clone");
	for (;;)
		(void)pause();
}

/* Process 1 of a pid namespace: makes the program, waits for it, ends like it. */
static int be_init(void *arg)
{
	struct task *t = arg;
	int status;

	check(prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0), "prctl");
	int pid = check(fork(), "fork");

	if (!pid) {
		load_strict_filter(false);
		execute(t);
	}
	check(waitpid(pid, &status, 0), "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void wait_and_end(int pid)
{
	int status, r;

	do
		r = waitpid(pid, &status, 0);
	while (r < 0 && errno == EINTR);
	if (r < 0) {
		(void)kill(pid, SIGKILL);
		check(r, "waitpid");
	}
	exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

static void mode_namespaces(struct task *t)
{
	wait_and_end(
		check(clone(be_init, t->stack + STACK_SIZE,
			    CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUTS | SIGCHLD, t),
		      "clone"));
}

static int execute_apart(void *arg)
{
	struct task *t = arg;

	check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl");
	execute(t);
	return FAILED;
}

/* The child runs on this memory until it executes. */
static void mode_vfork(struct task *t)
{
	wait_and_end(check(
		clone(execute_apart, t->stack + STACK_SIZE, CLONE_VM | CLONE_VFORK | SIGCHLD, t),
		"clone"));
}

static void mode_other_user(struct task *t)
{
	check(setresgid(NOBODY, NOBODY, NOBODY), "setresgid");
	check(setresuid(NOBODY, NOBODY, NOBODY), "setresuid");
	execute(t);
}

static const struct {
	const char *name;
	void (*run)(struct task *t);
} modes[] = {
	{ "plain", mode_plain },       { "ten-more", mode_ten_more },
	{ "filtered", mode_filtered }, { "listener", mode_listener },
	{ "thread", mode_thread },     { "namespaces", mode_namespaces },
	{ "vfork", mode_vfork },       { "other-user", mode_other_user },
	{ "careless", mode_careless }, { "hangs", mode_hangs },
	{ "leaves", mode_leaves },     { "leaks", mode_leaks },
	{ "chatters", mode_chatters }, { "works", mode_works },
	{ "waits", mode_waits },
};

int main(int argc, char **argv)
{
	static struct task task;

	task.listener = -1;
	task.argv = argv + 2;
	for (size_t i = 0; argc > 2 && i < sizeof(modes) / sizeof(modes[0]); i++)
		if (!strcmp(modes[i].name, argv[1]))
			modes[i].run(&task);
	errno = EINVAL;
	check(-1, "usage");
}
