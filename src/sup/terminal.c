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
 * No read or write here blocks: whoever reads the caller's terminal may stop reading, and the run
 * has to go on hearing of signals and of its end. O_NONBLOCK would hold for everybody who shares
 * the terminal's open file, the caller's shell for one, and a terminal refuses RWF_NOWAIT; so it is
 * opened once more for us. Where that is refused, to another user than the terminal's without it as
 * controlling terminal, or under TIOCEXCL, the output goes byte by byte: slow, but safe as well.
 *
 * The slave is taken from the master by descriptor (TIOCGPTPEER): no path under /dev/pts.
 */
#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "../base/fd.h"
#include "../base/sys.h"

#ifndef TIOCGPTPEER
#define TIOCGPTPEER 0x5441
#endif

enum {
	REOPEN_MS = 200,	  /* so often is looked whether the program's side is open again */
	DRAIN_STEPS = 128 * 1024, /* a pty holds less than so many bytes */
};

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

static bool same_terminal(int a, int b)
{
	unsigned of_a = 0, of_b = 0;

	return sys_ioctl(a, TIOCGDEV, &of_a) >= 0 && sys_ioctl(b, TIOCGDEV, &of_b) >= 0 &&
	       of_a == of_b;
}

/* Where the program's output goes. */
static int output_of(const struct terminal *t)
{
	return t->mask & 2 ? 1 : t->outer_fd;
}

/*
 * The terminal @fd in an open file of our own; -1. The second name asks for no right to it, and may
 * be that of another terminal. So may the first: of a pty's master it makes a new one.
 */
static int open_again(int fd)
{
	char own[sizeof("/proc/self/fd/-2147483648")];
	const char *const paths[] = { own, "/dev/tty" };
	const int mode = sys_fcntl(fd, F_GETFL, 0);
	const int flags = (mode & O_ACCMODE) | O_NOCTTY | O_CLOEXEC | O_NONBLOCK;

	(void)snprintf(own, sizeof(own), "/proc/self/fd/%d", fd);
	for (size_t i = 0; mode >= 0 && i < ARRAY_COUNT(paths); i++) {
		AUTO_FD int again = fd_above_standard(sys_openat(AT_FDCWD, paths[i], flags, 0));

		if (again >= 0 && same_terminal(fd, again))
			return fd_steal(&again);
	}
	return -1;
}

int terminal_open(struct terminal *t)
{
	int r;

	*t = (struct terminal)TERMINAL_NONE;
	r = find_outer(t);
	if (r < 0 || t->outer_fd < 0)
		return r;
	r = make_pair(t);
	if (r >= 0 && tcsetattr(t->slave_fd, TCSANOW, &t->saved) < 0)
		r = -errno;
	if (r < 0) {
		terminal_close(t);
		return r;
	}
	t->in_fd = open_again(t->outer_fd);
	t->out_fd = open_again(output_of(t));
	terminal_resize(t);
	return 0;
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
		(void)tcsetattr(t->outer_fd, TCSANOW, &t->saved); /* EIO: the terminal is gone */
	t->raw = false;
}

void terminal_close(struct terminal *t)
{
	terminal_pause(t);
	fd_close(&t->master_fd);
	fd_close(&t->slave_fd);
	fd_close(&t->in_fd);
	fd_close(&t->out_fd);
	t->outer_fd = -1;
}

void terminal_resize(const struct terminal *t)
{
	struct winsize size;

	if (t->outer_fd >= 0 && sys_ioctl(t->outer_fd, TIOCGWINSZ, &size) >= 0)
		IGNORE_RESULT(sys_ioctl(t->master_fd, TIOCSWINSZ, &size)); /* the old size stays */
}

static int reading(const struct terminal *t)
{
	return t->in_fd >= 0 ? t->in_fd : t->outer_fd;
}

static int writing(const struct terminal *t)
{
	return t->out_fd >= 0 ? t->out_fd : output_of(t);
}

int terminal_poll(const struct terminal *t, struct pollfd fds[TERMINAL_FDS])
{
	const bool keys = t->raw && !t->input_ended && t->keys.count < sizeof(t->keys.data);
	const bool output = t->raw && t->output.count;
	const bool master = t->raw && !t->hung_up && (t->keys.count || !t->output.count);

	fds[0] = (struct pollfd){ keys ? reading(t) : -1, POLLIN, 0 };
	fds[1] = (struct pollfd){ master ? t->master_fd : -1, 0, 0 };
	fds[1].events = (short)((t->keys.count ? POLLOUT : 0) | (t->output.count ? 0 : POLLIN));
	fds[2] = (struct pollfd){ output ? writing(t) : -1, POLLOUT, 0 };
	return t->raw && t->hung_up && !output ? REOPEN_MS : -1;
}

/* As much as fits. What read(2) or write(2) say: a count, 0, or -errno. */
static ssize_t fill(struct relay *relay, int fd)
{
	ssize_t n = sys_read(fd, relay->data + relay->count, sizeof(relay->data) - relay->count);

	if (n > 0)
		relay->count += (size_t)n;
	return n;
}

static ssize_t empty(struct relay *relay, int fd, size_t most)
{
	ssize_t n = sys_write(fd, relay->data, relay->count < most ? relay->count : most);

	if (n > 0) {
		relay->count -= (size_t)n;
		memmove(relay->data, relay->data + n, relay->count);
	}
	return n;
}

static bool for_later(ssize_t r)
{
	return r == -EAGAIN || r == -EINTR;
}

static void read_keys(struct terminal *t)
{
	ssize_t n = fill(&t->keys, reading(t));

	if (n <= 0 && !for_later(n))
		t->input_ended = true;
}

/* The program's side; -EIO while nobody has it open, which poll(2) would tell all the time. */
static bool relay_master(struct terminal *t, ssize_t n)
{
	if (n != -EINTR)
		t->hung_up = n <= 0 && n != -EAGAIN;
	return n > 0;
}

/*
 * Where write(2) may block, poll(2) has promised room for no more than one byte. An error: the
 * caller's terminal went away, and nobody is left to read it.
 */
static void write_output(struct terminal *t)
{
	ssize_t n = empty(&t->output, writing(t), t->out_fd >= 0 ? sizeof(t->output.data) : 1);

	if (n < 0 && !for_later(n))
		t->output.count = 0;
}

void terminal_relay(struct terminal *t, const struct pollfd fds[TERMINAL_FDS])
{
	const bool look = fds[1].revents || (t->raw && t->hung_up);

	if (fds[0].revents)
		read_keys(t);
	if (fds[2].revents)
		write_output(t);
	if (look && !t->output.count && relay_master(t, fill(&t->output, t->master_fd)) &&
	    t->out_fd >= 0)
		write_output(t);
	if (t->keys.count && t->raw && !t->hung_up)
		(void)relay_master(t, empty(&t->keys, t->master_fd, t->keys.count));
}

void terminal_drain(struct terminal *t, int patience_ms)
{
	struct pollfd fd = { writing(t), POLLOUT, 0 };

	for (int i = 0; i < DRAIN_STEPS && t->master_fd >= 0; i++) {
		int r;

		if (!t->output.count && fill(&t->output, t->master_fd) <= 0)
			return;
		r = sys_poll(&fd, 1, patience_ms);
		if (r == 0)
			return;
		if (r > 0)
			write_output(t);
	}
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
