/* SPDX-License-Identifier: ISC */
/*
 * spawn.c - ambit_spawn() on a terminal: the caller's own is refused, one that is nobody's is
 * given; the signal mask of a program; and its caller under a limit on the size of files
 */
#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../tap.h"
#include <ambit.h>

/* How it went, in the process that stood on the terminal. */
struct told {
	struct ambit_error err;
	struct ambit_status status;
};

static void add(struct ambit_policy *p, const char *text)
{
	CHECK_INT(ambit_policy_parse(p, text, strlen(text), NULL, NULL), AMBIT_OK);
}

static struct told try_script(const char *policy, char *script)
{
	char sh[] = "sh", c[] = "-c";
	char *argv[] = { sh, c, script, NULL };
	struct told told = { .status.size = sizeof(told.status) };
	struct ambit_policy *p = ambit_policy_new();
	struct ambit_box *box;

	add(p, policy);
	if (ambit_spawn(p, argv, NULL, &box, &told.err) != AMBIT_OK)
		return told;
	if (ambit_box_wait(box, 15000, &told.status, &told.err) != AMBIT_OK)
		told.status.exit_code = -1;
	ambit_box_free(box);
	return told;
}

/* Does the program have a controlling terminal? It says so on its descriptor 1. */
static struct told try_spawn(const char *policy)
{
	char script[] = "if true </dev/tty; then echo its own; else echo none; fi";

	return try_script(policy, script);
}

enum terminal { OWN, NOBODYS, FOREIGN };

/* Another session's: its leader waits until the other end closes. */
static void lend(int slave, const int hold[2])
{
	const int until = hold[1];
	char byte;

	if (fork() != 0)
		return;
	close(hold[0]);
	if (setsid() < 0 || ioctl(slave, TIOCSCTTY, 0) < 0)
		_exit(1);
	(void)!write(until, "!", 1);
	(void)!read(until, &byte, 1);
	_exit(0);
}

/* A process in a session of its own stands on a pty and spawns; what the pty says is in @out. */
static struct told on_pty(enum terminal whose, const char *policy, char *out, size_t size)
{
	int master, slave, pair[2], hold[2];
	struct told told;
	ssize_t n = 0, r;
	char byte;

	memset(&told, 0, sizeof(told));
	CHECK(!openpty(&master, &slave, NULL, NULL, NULL));
	CHECK(!pipe2(pair, O_CLOEXEC) && !socketpair(AF_UNIX, SOCK_STREAM, 0, hold));
	if (whose == FOREIGN) {
		lend(slave, hold);
		CHECK_INT(read(hold[0], &byte, 1), 1);
	}
	close(hold[1]);
	if (fork() == 0) {
		if (setsid() < 0 || (whose == OWN && ioctl(slave, TIOCSCTTY, 0) < 0))
			_exit(1);
		for (int fd = 0; fd <= 2; fd++)
			(void)dup2(slave, fd);
		told = try_spawn(policy);
		(void)!write(pair[1], &told, sizeof(told));
		_exit(0);
	}
	close(slave);
	close(pair[1]);
	CHECK_INT(read(pair[0], &told, sizeof(told)), sizeof(told));
	close(hold[0]); /* whose session it is ends now, and nobody has it open */
	while (n < (ssize_t)size - 1 && (r = read(master, out + n, size - 1 - (size_t)n)) > 0)
		n += r;
	out[n] = '\0';
	close(master);
	return told;
}

TEST(a_pty_that_is_nobodys_becomes_the_programs)
{
	char out[512];
	struct told told = on_pty(NOBODYS, "use shell\nuse terminal", out, sizeof(out));

	CHECK_STR(told.err.text, "");
	CHECK_INT(told.status.exit_code, 0);
	CHECK_HAS(out, "its own");
}

TEST(the_callers_own_is_refused)
{
	char out[512];
	struct told told = on_pty(OWN, "use shell\nuse terminal", out, sizeof(out));

	CHECK_INT(told.err.code, AMBIT_E_UNSUPPORTED);
	CHECK_INT(told.err.layer, AMBIT_LAYER_SUPERVISOR);
	CHECK_HAS(told.err.text, "descriptor 0 is the caller's own terminal");
	CHECK_HAS(told.err.hint, "ambit_run()");
	CHECK_STR(out, "");
}

/* The controls: without the right nothing is given, and nothing refused. */
TEST(without_the_right_there_is_none)
{
	char out[512];
	struct told told = on_pty(NOBODYS, "use shell", out, sizeof(out));

	CHECK_INT(told.status.exit_code, 0);
	CHECK_HAS(out, "none");
	told = on_pty(OWN, "use shell", out, sizeof(out));
	CHECK_INT(told.status.exit_code, 0);
	CHECK_HAS(out, "none");
}

TEST(that_of_another_session_is_refused)
{
	char out[512];
	struct told told = on_pty(FOREIGN, "use shell\nuse terminal", out, sizeof(out));

	CHECK_INT(told.err.code, AMBIT_E_DENIED);
	CHECK_HAS(told.err.text, "another session's");
}

/* SIGXFSZ would end the caller: what it is told is the limit. */
TEST(a_limit_on_files_is_an_error)
{
	const struct rlimit none = { 0, RLIM_INFINITY }, wide = { RLIM_INFINITY, RLIM_INFINITY };
	struct told told;

	CHECK(signal(SIGXFSZ, SIG_DFL) != SIG_ERR);
	CHECK_INT(setrlimit(RLIMIT_FSIZE, &none), 0);
	told = try_spawn("use shell\nspawn\n");
	CHECK_INT(setrlimit(RLIMIT_FSIZE, &wide), 0);
	CHECK_INT(told.err.code, AMBIT_E_RESOURCE);
	CHECK_INT(told.err.sys_errno, EFBIG);
	CHECK_HAS(told.err.text, "cannot start the confined process");
	CHECK_HAS(told.err.hint, "ulimit -f");
	told = try_spawn("use shell\nspawn\n"); /* the control */
	CHECK_INT(told.err.code, AMBIT_OK);
}

/* That of the thread that calls, with a process beside the program and without one. */
TEST(the_callers_signal_mask_is_the_programs)
{
	static const char *const policies[] = {
		"use shell",
		"use shell\nlimit wall-time 1m",
		"use shell\nneed mount-view off\nneed namespaces off\nneed user-namespace off",
	};
	char script[] = "exec grep -q 'SigBlk:.*200$' /proc/self/status";
	sigset_t user;

	sigemptyset(&user);
	sigaddset(&user, SIGUSR1);
	for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++)
		for (int blocked = 0; blocked <= 1; blocked++) {
			struct told told;

			CHECK(!sigprocmask(blocked ? SIG_BLOCK : SIG_UNBLOCK, &user, NULL));
			told = try_script(policies[i], script);
			CHECK_STR(told.err.text, "");
			CHECK_INT(told.status.exit_code, !blocked);
		}
}
