/* SPDX-License-Identifier: ISC */
/*
 * supervise.c - the caller's side of a running program
 *
 * The command stays in the foreground job beside the program. What the terminal sends reaches both
 * by itself; what somebody sends to the command alone is handed to the leader, which knows whether
 * the whole group got it (src/sup/leader.c). On a stop the command stops itself too, so that a
 * shell sees a stopped job; a continue reaches both.
 */
#include "supervise.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../base/fd.h"
#include "../base/sys.h"
#include "leader.h"

static const uint8_t forwarded[] = { SIGINT,  SIGQUIT, SIGTERM, SIGHUP,
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
		IGNORE_RESULT(sys_pidfd_send_signal(s->pidfd, number)); /* ESRCH: likewise */
}

/* Stop the box, then this process; when somebody continues it, continue the box. */
static void stop_with(const struct spawned *s)
{
	tell(s, SIGTSTP);
	IGNORE_RESULT(sys_kill(sys_getpid(), SIGSTOP)); /* cannot fail */
	tell(s, SIGCONT);
}

static void read_signals(const struct spawned *s, int fd)
{
	struct signalfd_siginfo info;

	while (sys_read(fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGTSTP)
			stop_with(s);
		else
			tell(s, (int)info.ssi_signo);
	}
}

/* The leader's last word, if it had one. */
static bool read_status(const struct spawned *s, struct outcome *ret)
{
	struct leader_status status;

	if (s->control_fd < 0 || sys_read(s->control_fd, &status, sizeof(status)) != sizeof(status))
		return false;
	ret->wait_status = status.wait_status;
	ret->timed_out = status.timed_out;
	ret->usage = status.usage;
	return true;
}

static enum ambit_code reap(struct spawned *s, struct outcome *ret, struct ambit_error *err)
{
	struct rusage usage;
	int status = 0, r;

	memset(ret, 0, sizeof(*ret));
	memset(&usage, 0, sizeof(usage));
	do
		r = sys_wait4(s->pid, &status, 0, &usage);
	while (r == -EINTR);
	if (r < 0)
		return err_set(err, AMBIT_E_CHILD, AMBIT_LAYER_SUPERVISOR, -r,
			       "the confined process was reaped by somebody else");
	if (!read_status(s, ret)) {
		ret->wait_status = status;
		ret->usage = usage;
		ret->lost = s->control_fd >= 0;
	}
	fd_close(&s->pidfd);
	fd_close(&s->control_fd);
	run_remove_cgroups(s);
	return AMBIT_OK;
}

enum ambit_code supervise(struct spawned *s, struct outcome *ret, struct ambit_error *err)
{
	const uint64_t set = watched();
	AUTO_FD int signals = fd_above_standard(sys_signalfd(&set, O_CLOEXEC | O_NONBLOCK));

	while (signals >= 0) {
		struct pollfd fds[2] = { { s->pidfd, POLLIN, 0 }, { signals, POLLIN, 0 } };
		int r = sys_poll(fds, 2, -1);

		if (r < 0 && r != -EINTR)
			break;
		if (r > 0 && fds[1].revents)
			read_signals(s, signals);
		if (r > 0 && fds[0].revents)
			break;
	}
	if (signals < 0) /* it must not go on unwatched */
		IGNORE_RESULT(sys_pidfd_send_signal(s->pidfd, SIGKILL));
	return reap(s, ret, err);
}

enum ambit_code supervise_wait(struct spawned *s, int timeout_ms, struct outcome *ret,
			       struct ambit_error *err)
{
	struct pollfd fd = { s->pidfd, POLLIN, 0 };
	int r;

	do
		r = sys_poll(&fd, 1, timeout_ms);
	while (r == -EINTR && timeout_ms < 0);
	if (r == 0 || r == -EINTR)
		return err_set(err, AMBIT_E_TIMEOUT, AMBIT_LAYER_SUPERVISOR, 0, "it has not ended yet");
	if (r < 0)
		return err_set(err, AMBIT_E_RESOURCE, AMBIT_LAYER_SUPERVISOR, -r, "cannot wait");
	return reap(s, ret, err);
}
