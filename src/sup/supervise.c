/* SPDX-License-Identifier: ISC */
/*
 * supervise.c - the caller's side of a running program
 *
 * The command stays in the foreground job beside the program. What the terminal sends reaches both
 * by itself; what somebody sends to the command alone is handed to the leader, which knows whether
 * the whole group got it (src/sup/leader.c). On a stop the command stops itself too, so that a
 * shell sees a stopped job; a continue reaches both. It stops as the terminal would stop it: not
 * where it ignores that, nor where no shell waits for it.
 */
#include "supervise.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../base/fd.h"
#include "../base/sys.h"
#include "leader.h"

enum {
	END_MS = 5000, /* so long has the process beside the program to end all */
	/* A terminal that takes nothing for so long loses what the program printed last. */
	DRAIN_MS = 5000,
	DRAIN_KILLED_MS = 500,
};

#define OUT_OF_MEMORY "the kernel killed it, for limit memory, or the host's, ran out"

static const uint8_t forwarded[] = { SIGINT,  SIGQUIT, SIGTERM,	 SIGHUP,
				     SIGUSR1, SIGUSR2, SIGWINCH, SIGCONT };

static uint64_t bit(int number)
{
	return UINT64_C(1) << (number - 1);
}

static uint64_t watched(void)
{
	uint64_t set = bit(SIGTSTP);

	for (size_t i = 0; i < ARRAY_COUNT(forwarded); i++)
		set |= bit(forwarded[i]);
	return set;
}

int supervise_begin(uint64_t *ret_old)
{
	const uint64_t set = watched();

	return sys_sigmask(SIG_BLOCK, &set, ret_old);
}

static void tell(const struct spawned *s, int number)
{
	unsigned char byte = (unsigned char)number;

	if (s->control_fd >= 0)
		IGNORE_RESULT(sys_write(s->control_fd, &byte, 1)); /* EPIPE: it has just ended */
	else
		IGNORE_RESULT(run_signal(s, number)); /* ESRCH: likewise */
}

/*
 * Give the terminal back and stop; when somebody continues us, take it again. SIGTSTP does nothing
 * where it is ignored, or nobody is there to continue this group: then we go on at once.
 */
static void stop_self(struct terminal *t)
{
	const uint64_t stop = bit(SIGTSTP);
	bool raw = t->raw;

	terminal_pause(t);
	IGNORE_RESULT(sys_kill(sys_getpid(), SIGTSTP)); /* none of these can fail */
	IGNORE_RESULT(sys_sigmask(SIG_UNBLOCK, &stop, NULL));
	IGNORE_RESULT(sys_sigmask(SIG_BLOCK, &stop, NULL));
	if (raw)
		IGNORE_RESULT(
			terminal_begin(t)); /* EIO: the terminal is gone, and its hangup follows */
	terminal_resize(t);
}

static bool is_ignored(int number)
{
	unsigned long handler;

	return sys_sigaction_get(number, &handler) == 0 && handler == (unsigned long)SIG_IGN;
}

/*
 * While a signal is blocked it comes here even if it is ignored. To pass it on is right all the
 * same, for the program has the disposition, too, unless it chose another; we do not stop for it.
 */
static void read_signals(const struct spawned *s, struct terminal *t, int fd)
{
	struct signalfd_siginfo info;

	while (sys_read(fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGTSTP) {
			tell(s, SIGTSTP);
			if (is_ignored(SIGTSTP))
				continue;
			stop_self(t);
			tell(s, SIGCONT);
			continue;
		}
		if (info.ssi_signo == SIGWINCH)
			terminal_resize(t);
		/* On a terminal of its own the program hears of the size from there. */
		if (info.ssi_signo != SIGWINCH || t->outer_fd < 0)
			tell(s, (int)info.ssi_signo);
	}
}

/* A message of the leader: true when it was the last. */
static bool read_status(const struct spawned *s, struct terminal *t, struct outcome *ret)
{
	struct leader_status status;

	if (s->control_fd < 0 || sys_read(s->control_fd, &status, sizeof(status)) != sizeof(status))
		return false;
	if (WIFSTOPPED(status.wait_status)) {
		stop_self(t);
		tell(s, SIGCONT);
		return false;
	}
	ret->wait_status = status.wait_status;
	ret->timed_out = status.timed_out;
	ret->usage = status.usage;
	ret->failed = status.failed;
	return true;
}

static void cannot_wait(int sys_errno, struct ambit_error *err)
{
	(void)err_set(err, AMBIT_E_CHILD, AMBIT_LAYER_SUPERVISOR, sys_errno,
		      "cannot wait for the confined process");
	(void)err_hint(err, "%s",
		       sys_errno == ECHILD ? "somebody else in this process waits for all children"
					   : layer_hint(AMBIT_LAYER_RUN, 0, sys_errno));
}

static enum ambit_code reap(struct spawned *s, struct terminal *t, bool told, struct outcome *ret,
			    struct ambit_error *err)
{
	struct sys_rusage usage;
	int status = 0, r;

	memset(&usage, 0, sizeof(usage));
	do
		r = sys_wait4(s->pid, &status, 0, &usage);
	while (r == -EINTR);
	/* It has ended, and nobody can be asked how: what was made for it goes all the same. */
	if (r < 0) {
		cannot_wait(-r, err);
		ret->lost = true;
	} else if (!told && !read_status(s, t, ret)) {
		ret->wait_status = status;
		ret->usage = usage;
		ret->lost = s->control_fd >= 0;
	}
	ret->lost |= ret->failed != 0;
	if (ret->failed) {
		(void)err_set(err, AMBIT_E_CHILD, AMBIT_LAYER_SUPERVISOR, -ret->failed,
			      "the process beside the program failed, and the program was ended");
		(void)err_hint(err, "%s", layer_hint(AMBIT_LAYER_RUN, 0, -ret->failed));
	}
	if (ret->lost) {
		(void)err_set(err, AMBIT_E_CHILD, AMBIT_LAYER_SUPERVISOR, 0,
			      "the process beside the program ended without a word");
		(void)err_hint(err, "%s: the program was ended too",
			       run_out_of_memory(s) ? OUT_OF_MEMORY
						    : "somebody killed it, or memory ran out");
	}
	fd_close(&s->control_fd); /* not the pidfd: who polls it has yet to stop that */
	run_remove_cgroups(s);
	return ret->lost ? AMBIT_E_CHILD : AMBIT_OK;
}

static int64_t now_ms(void)
{
	struct timespec t = { 0, 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Whatever signals come: an earlier end of the wait would be no end of the time. */
static int poll_for(struct pollfd *fd, int timeout_ms)
{
	const int64_t until = timeout_ms > 0 ? now_ms() + timeout_ms : 0;
	int r = sys_poll(fd, 1, timeout_ms);

	while (r == -EINTR) {
		int64_t left = timeout_ms > 0 ? until - now_ms() : timeout_ms;

		r = sys_poll(fd, 1, timeout_ms > 0 && left < 0 ? 0 : (int)left);
	}
	return r;
}

int supervise_end(struct spawned *s)
{
	struct pollfd fd = { s->pidfd, POLLIN, 0 };
	const bool beside = s->control_fd >= 0;

	/*
	 * It kills the program and all that is left of it, as when we were gone; also while a child
	 * of ours has a copy of this end.
	 */
	if (beside)
		IGNORE_RESULT(sys_shutdown(s->control_fd, SHUT_RDWR)); /* EPERM: a policy of ours */
	fd_close(&s->control_fd);
	if (beside && poll_for(&fd, END_MS) == 1)
		return 0;
	return run_signal(s, SIGKILL);
}

enum ambit_code supervise(struct spawned *s, struct terminal *t, struct outcome *ret,
			  struct ambit_error *err)
{
	const uint64_t set = watched();
	AUTO_FD int signals = fd_above_standard(sys_signalfd(&set, O_CLOEXEC | O_NONBLOCK));
	bool ended = false, told = false;
	int failed = signals < 0 ? signals : 0;
	enum ambit_code code;

	memset(ret, 0, sizeof(*ret));
	while (!failed && !ended) {
		struct pollfd fds[3 + TERMINAL_FDS] = { { s->pidfd, POLLIN, 0 },
							{ signals, POLLIN, 0 },
							{ told ? -1 : s->control_fd, POLLIN, 0 } };
		const int timeout_ms = terminal_poll(t, fds + 3);
		int r = sys_poll(fds, ARRAY_COUNT(fds), timeout_ms);

		if (r < 0 && r != -EINTR)
			failed = r;
		if (r < 0)
			continue;
		terminal_relay(t, fds + 3);
		if (fds[1].revents)
			read_signals(s, t, signals);
		if (fds[2].revents & POLLIN)
			told = read_status(s, t, ret);
		ended = fds[0].revents != 0;
	}
	if (!ended) {				 /* it must not go on unwatched */
		IGNORE_RESULT(supervise_end(s)); /* ESRCH: just ended */
		(void)err_set(err, AMBIT_E_CHILD, AMBIT_LAYER_SUPERVISOR, -failed,
			      "cannot watch over the program: it was ended");
	}
	code = reap(s, t, told, ret, err);
	fd_close(&s->pidfd);
	terminal_drain(t, WIFSIGNALED(ret->wait_status) ? DRAIN_KILLED_MS : DRAIN_MS);
	return ended ? code : AMBIT_E_CHILD;
}

enum ambit_code supervise_wait(struct spawned *s, int timeout_ms, struct outcome *ret,
			       struct ambit_error *err)
{
	struct pollfd fd = { s->pidfd, POLLIN, 0 };
	struct terminal none = TERMINAL_NONE;
	int r;

	memset(ret, 0, sizeof(*ret));
	r = poll_for(&fd, timeout_ms);
	if (r == 0)
		return err_set(err, AMBIT_E_TIMEOUT, AMBIT_LAYER_SUPERVISOR, 0,
			       "it has not ended yet");
	if (r < 0)
		return err_set(err, AMBIT_E_RESOURCE, AMBIT_LAYER_SUPERVISOR, -r, "cannot wait");
	return reap(s, &none, false, ret, err);
}
