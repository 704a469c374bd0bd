/* SPDX-License-Identifier: ISC */
/*
 * terminal.c - a pty of the program's own, proxied to the caller's terminal
 *
 * With the right terminal the program may set modes, read its size and have job control, but on a
 * terminal of its own: whatever it pushes into that (TIOCSTI, TIOCLINUX, a foreground group) ends
 * there. The caller's terminal is in raw mode meanwhile and every byte is passed on, so Ctrl-C and
 * Ctrl-Z are the inner terminal's business; when the program stops, the caller gets its terminal
 * back and is stopped too.
 *
 * The slave is taken from the master by descriptor (TIOCGPTPEER): no path under /dev/pts.
 */
#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "../base/fd.h"
#include "../base/sys.h"

#ifndef TIOCGPTPEER
#define TIOCGPTPEER 0x5441
#endif

/* What is no terminal, or has hung up, needs none in its place; other failures tell nothing. */
static int find_outer(struct terminal *t)
{
	t->outer_fd = -1;
	t->mask = 0;
	for (int fd = 2; fd >= 0; fd--)
		if (tcgetattr(fd, &t->saved) == 0) {
			t->outer_fd = fd;
			t->mask |= 1u << fd;
		} else if (errno != ENOTTY && errno != EBADF && errno != EINVAL && errno != EIO) {
			return -errno;
		}
	return 0;
}

static int make_pair(struct terminal *t)
{
	int unlock = 0, r;

	t->master_fd = fd_above_standard(
		sys_openat(AT_FDCWD, "/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK, 0));
	if (t->master_fd < 0)
		return t->master_fd;
	r = sys_ioctl(t->master_fd, TIOCSPTLCK, &unlock);
	if (r < 0)
		return r;
	t->slave_fd = fd_above_standard(sys_ioctl(
		t->master_fd, TIOCGPTPEER, (void *)(uintptr_t)(O_RDWR | O_NOCTTY | O_CLOEXEC)));
	return t->slave_fd < 0 ? t->slave_fd : 0;
}

int terminal_open(struct terminal *t)
{
	int r;

	memset(t, 0, sizeof(*t));
	t->master_fd = t->slave_fd = -1;
	r = find_outer(t);
	if (r < 0 || t->outer_fd < 0)
		return r;
	r = make_pair(t);
	if (r >= 0 && tcsetattr(t->slave_fd, TCSANOW, &t->saved) < 0)
		r = -errno;
	if (r < 0)
		terminal_close(t);
	else
		terminal_resize(t);
	return r;
}

int terminal_begin(struct terminal *t)
{
	struct termios raw = t->saved;

	fd_close(&t->slave_fd);
	cfmakeraw(&raw);
	if (tcsetattr(t->outer_fd, TCSANOW, &raw) < 0)
		return -EIO;
	t->raw = true;
	return 0;
}

void terminal_pause(struct terminal *t)
{
	if (t->raw)
		(void)tcsetattr(t->outer_fd, TCSADRAIN, &t->saved); /* EIO: the terminal is gone */
	t->raw = false;
}

void terminal_close(struct terminal *t)
{
	terminal_pause(t);
	fd_close(&t->master_fd);
	fd_close(&t->slave_fd);
	t->outer_fd = -1;
}

void terminal_resize(const struct terminal *t)
{
	struct winsize size;

	if (t->outer_fd >= 0 && sys_ioctl(t->outer_fd, TIOCGWINSZ, &size) >= 0)
		IGNORE_RESULT(sys_ioctl(t->master_fd, TIOCSWINSZ, &size)); /* the old size stays */
}

void terminal_poll(const struct terminal *t, struct pollfd fds[2])
{
	bool room = t->pending_count < sizeof(t->pending);

	fds[0] = (struct pollfd){ t->raw && !t->input_ended && room ? t->outer_fd : -1, POLLIN, 0 };
	fds[1] = (struct pollfd){ t->raw ? t->master_fd : -1, POLLIN, 0 };
	if (t->pending_count)
		fds[1].events |= POLLOUT;
}

/* Keys to the program; what it does not take now waits. */
static void pass_keys(struct terminal *t)
{
	ssize_t n = sys_write(t->master_fd, t->pending, t->pending_count);

	if (n <= 0)
		return;
	t->pending_count -= (size_t)n;
	memmove(t->pending, t->pending + n, t->pending_count);
}

static bool pass_output(struct terminal *t)
{
	char data[8192];
	ssize_t n = sys_read(t->master_fd, data, sizeof(data));

	if (n <= 0)
		return false;
	/* An error: the caller's terminal went away, and nobody is left to read it. */
	IGNORE_RESULT(fd_write_all(t->mask & 2 ? 1 : t->outer_fd, data, (size_t)n));
	return true;
}

void terminal_relay(struct terminal *t, const struct pollfd fds[2])
{
	if (fds[0].revents) {
		ssize_t n = sys_read(t->outer_fd, t->pending + t->pending_count,
				     sizeof(t->pending) - t->pending_count);

		if (n > 0)
			t->pending_count += (size_t)n;
		else if (n != -EINTR && n != -EAGAIN)
			t->input_ended = true;
	}
	if (t->pending_count)
		pass_keys(t);
	if (fds[1].revents & (POLLIN | POLLHUP))
		(void)pass_output(t);
}

void terminal_drain(struct terminal *t)
{
	for (int i = 0; i < 4096 && t->master_fd >= 0; i++)
		if (!pass_output(t))
			return;
}

void modes_save(struct modes *m)
{
	for (int fd = 0; fd <= 2; fd++)
		m->known[fd] = tcgetattr(fd, &m->saved[fd]) == 0;
}

/* Between the members there is room that nobody fills. */
static bool same_modes(const struct termios *a, const struct termios *b)
{
	return a->c_iflag == b->c_iflag && a->c_oflag == b->c_oflag && a->c_cflag == b->c_cflag &&
	       a->c_lflag == b->c_lflag && !memcmp(a->c_cc, b->c_cc, sizeof(a->c_cc));
}

/* From the background it is somebody else's terminal by now. */
void modes_restore(const struct modes *m)
{
	struct termios now;

	for (int fd = 0; fd <= 2; fd++) {
		const struct termios *saved = &m->saved[fd];
		pid_t group;

		if (!m->known[fd] || tcgetattr(fd, &now) < 0)
			continue;
		group = tcgetpgrp(fd);
		if (!same_modes(&now, saved) && (group < 0 || group == getpgrp()))
			(void)tcsetattr(fd, TCSANOW, saved); /* EIO: the terminal is gone */
	}
}
