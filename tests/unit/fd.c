/* SPDX-License-Identifier: ISC */
#include "../../src/base/fd.h"
#include "../tap.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static int file_with(const void *data, size_t length)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	CHECK(fd >= 0);
	CHECK_INT(write(fd, data, length), length);
	return fd;
}

/* The path of @fd below /proc, for fd_read_file(). */
static const char *path_of(int fd, char out[32])
{
	(void)snprintf(out, 32, "/proc/self/fd/%d", fd);
	return out;
}

TEST(close_leaves_minus_one)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC), copy = fd, none = -1;

	CHECK(fd >= 0);
	errno = ENOTTY;
	fd_close(&fd);
	CHECK_INT(fd, -1);
	CHECK(!is_open(copy));
	fd_close(&fd);
	fd_close(&none);
	CHECK_INT(none, -1);
}

TEST(cleanups_keep_errno)
{
	errno = ENOTTY;
	{
		AUTO_FD int fd = 987654; /* not open: closing it fails */
		AUTO_FREE char *memory = malloc(10);

		CHECK(memory != NULL);
		CHECK_INT(fd, 987654);
	}
	CHECK_INT(errno, ENOTTY);
}

TEST(scope_ends_what_was_not_stolen)
{
	int kept, lost;

	{
		AUTO_FD int a = open("/dev/null", O_RDONLY | O_CLOEXEC);
		AUTO_FD int b = open("/dev/null", O_RDONLY | O_CLOEXEC);

		lost = a;
		kept = fd_steal(&b);
		CHECK_INT(b, -1);
	}
	CHECK(!is_open(lost));
	CHECK(is_open(kept));
	close(kept);
}

TEST(stolen_pointer)
{
	char *memory = malloc(1), *taken = ptr_steal(&memory);

	CHECK(taken != NULL);
	CHECK(memory == NULL);
	free(taken);
}

TEST(standard_descriptors_are_opened)
{
	struct stat null, st;
	unsigned closed = 0;

	close(0);
	close(2);
	CHECK_INT(fd_open_standard(&closed), 0);
	CHECK_INT(closed, 5);
	CHECK_INT(stat("/dev/null", &null), 0);
	for (int fd = 0; fd <= 2; fd += 2) {
		CHECK_INT(fstat(fd, &st), 0);
		CHECK_INT(st.st_rdev, null.st_rdev);
		CHECK_INT(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
		CHECK_INT(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDWR);
	}
}

TEST(standard_descriptors_that_are_open_stay)
{
	struct stat before, after;
	unsigned closed = 0;

	CHECK_INT(fstat(1, &before), 0);
	CHECK_INT(fd_open_standard(&closed), 0);
	CHECK_INT(closed, 0);
	CHECK_INT(fstat(1, &after), 0);
	CHECK_INT(before.st_ino, after.st_ino);
}

TEST(duplicates_are_high_and_close_on_exec)
{
	int fd = fd_duplicate(0);

	CHECK(fd >= 3);
	CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	CHECK(is_open(0));
	CHECK_INT(fd_duplicate(987654), -EBADF);
	close(fd);
}

TEST(moves_above_standard)
{
	int fd = fd_above_standard(0);

	CHECK(fd >= 3);
	CHECK(!is_open(0));
	CHECK_INT(fd_above_standard(fd), fd);
	CHECK(is_open(fd));
	CHECK_INT(fd_above_standard(-EMFILE), -EMFILE);
	close(fd);
}

TEST(reads_a_whole_file)
{
	char out[16], path[32];
	int fd = file_with("0123456789", 10), r;

	memset(out, '#', sizeof(out));
	CHECK_INT(fd_read_file(AT_FDCWD, path_of(fd, path), out, sizeof(out)), 10);
	CHECK_STR(out, "0123456789");
	CHECK_INT(fd_read_file(AT_FDCWD, path, out, 11), 10);
	CHECK_INT(fd_read_file(AT_FDCWD, path, out, 10), -EFBIG);
	r = open("/dev/null", O_RDONLY | O_CLOEXEC);
	CHECK_INT(r, fd + 1); /* nothing was left open */
	close(r);
	close(fd);
}

TEST(reading_fails_with_the_kernels_answer)
{
	char out[16];

	CHECK_INT(fd_read_file(AT_FDCWD, "/nonexistent/file", out, sizeof(out)), -ENOENT);
	CHECK_INT(fd_read_file(AT_FDCWD, "/", out, sizeof(out)), -EISDIR);
	CHECK_INT(fd_read_file(987654, "file", out, sizeof(out)), -EBADF);
}

TEST(writes_all)
{
	static char data[300000];
	int fd = memfd_create("test", MFD_CLOEXEC);
	struct stat st;

	CHECK_INT(fd_write_all(fd, data, sizeof(data)), 0);
	CHECK_INT(fstat(fd, &st), 0);
	CHECK_INT(st.st_size, sizeof(data));
	CHECK_INT(fd_write_all(fd, data, 0), 0);
	CHECK_INT(fd_write_all(987654, data, 1), -EBADF);
	close(fd);
}

TEST(writes_on_after_a_full_pipe)
{
	static char data[200000], sink[200000];
	int ends[2];
	size_t got = 0;

	CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	memset(data, 'x', sizeof(data));
	if (fork() == 0) {
		CHECK_INT(fd_write_all(ends[1], data, sizeof(data)), 0);
		_exit(0);
	}
	close(ends[1]);
	while (got < sizeof(sink)) {
		ssize_t n = read(ends[0], sink + got, sizeof(sink) - got);

		CHECK(n > 0);
		got += (size_t)n;
	}
	CHECK(!memcmp(sink, data, sizeof(data)));
	close(ends[0]);
}

TEST(writing_to_nobody_is_an_error)
{
	int ends[2];

	(void)signal(SIGPIPE, SIG_IGN);
	CHECK_INT(pipe2(ends, O_CLOEXEC), 0);
	close(ends[0]);
	CHECK_INT(fd_write_all(ends[1], "x", 1), -EPIPE);
	close(ends[1]);
}

static bool is_pending(int number)
{
	sigset_t set;

	CHECK_INT(sigpending(&set), 0);
	return sigismember(&set, number) == 1;
}

static bool is_blocked(int number)
{
	sigset_t set;

	CHECK_INT(sigprocmask(SIG_BLOCK, NULL, &set), 0);
	return sigismember(&set, number) == 1;
}

/* The default is to be killed; nothing of it is left for later. */
TEST(quiet_writing_sends_no_signal)
{
	const struct rlimit small = { 4, 4 };
	int ends[2], file = file_with("", 0);

	CHECK(signal(SIGPIPE, SIG_DFL) != SIG_ERR && signal(SIGXFSZ, SIG_DFL) != SIG_ERR);
	CHECK_INT(pipe2(ends, O_CLOEXEC), 0);
	CHECK_INT(fd_write_quiet(ends[1], "x", 1), 0);
	close(ends[0]);
	CHECK_INT(fd_write_quiet(ends[1], "x", 1), -EPIPE);
	CHECK_INT(setrlimit(RLIMIT_FSIZE, &small), 0);
	CHECK_INT(fd_write_quiet(file, "12345", 5), -EFBIG);
	CHECK(!is_pending(SIGPIPE) && !is_blocked(SIGPIPE));
	CHECK(!is_pending(SIGXFSZ) && !is_blocked(SIGXFSZ));
	CHECK(signal(SIGPIPE, SIG_DFL) == SIG_DFL);
	close(ends[1]);
	close(file);
}

TEST(quiet_writing_leaves_the_callers_signal)
{
	sigset_t set;
	int ends[2];

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGPIPE);
	CHECK_INT(sigprocmask(SIG_BLOCK, &set, NULL), 0);
	CHECK_INT(raise(SIGPIPE), 0);
	CHECK_INT(pipe2(ends, O_CLOEXEC), 0);
	close(ends[0]);
	CHECK_INT(fd_write_quiet(ends[1], "x", 1), -EPIPE);
	CHECK(is_pending(SIGPIPE) && is_blocked(SIGPIPE));
	close(ends[1]);
}

struct seen {
	int fds[8192], count, until;
};

static int see(int fd, void *argument)
{
	struct seen *seen = argument;

	CHECK(seen->count < 8192);
	seen->fds[seen->count++] = fd;
	return seen->count == seen->until ? -EPROTO : 0;
}

static int see_and_close(int fd, void *argument)
{
	CHECK_INT(close(fd), 0);
	return see(fd, argument);
}

static void walk(unsigned first, unsigned last, struct seen *ret)
{
	*ret = (struct seen){ .until = -1 };
	CHECK_INT(fd_walk(&(struct fd_walk){ first, last, FD_NUMBERS, see, ret }), 0);
}

/* Valgrind keeps the upper numbers for itself, and lets nobody have them. */
static void widen(void)
{
	const struct rlimit wide = { 4096, 4096 };

	if (setrlimit(RLIMIT_NOFILE, &wide) < 0)
		SKIP("the limit on descriptors cannot be set here");
}

/* Also one that only names a directory, and one above a limit that was lowered since. */
TEST(walk_sees_what_is_open)
{
	const struct rlimit narrow = { 256, 256 };
	int at = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct seen seen;

	widen();
	CHECK_INT(dup3(at, 1000, O_CLOEXEC), 1000);
	CHECK_INT(dup2(0, 1500), 1500);
	CHECK_INT(setrlimit(RLIMIT_NOFILE, &narrow), 0);
	walk(1000, ~0u, &seen);
	CHECK_INT(seen.count, 2);
	CHECK_INT(seen.fds[0], 1000);
	CHECK_INT(seen.fds[1], 1500);
	walk(1001, 1499, &seen);
	CHECK_INT(seen.count, 0);
	walk(1500, 1500, &seen);
	CHECK_INT(seen.count, 1);
	seen = (struct seen){ .until = 1 };
	CHECK_INT(fd_walk(&(struct fd_walk){ 1000, ~0u, FD_NUMBERS, see, &seen }), -EPROTO);
	CHECK_INT(seen.count, 1);
}

/* More than one reading of the list holds, and each is gone when the next is looked for. */
TEST(walk_may_close)
{
	enum { FIRST = 1000, MANY = 3000 };
	struct seen seen = { .until = -1 };

	widen();
	for (int i = 0; i < MANY; i++)
		CHECK_INT(dup3(0, FIRST + i, O_CLOEXEC), FIRST + i);
	CHECK_INT(fd_walk(&(struct fd_walk){ FIRST, ~0u, FD_NUMBERS, see_and_close, &seen }), 0);
	CHECK_INT(seen.count, MANY);
	for (int i = 0; i < MANY; i++)
		CHECK_INT(seen.fds[i], FIRST + i);
	walk(FIRST, ~0u, &seen);
	CHECK_INT(seen.count, 0);
}

/* No number is left for a list: each is asked for. */
TEST(walk_without_a_list)
{
	const struct rlimit wide = { 4096, 4096 }, none = { 0, 4096 };
	struct seen seen;

	widen();
	CHECK_INT(dup3(0, 1500, O_CLOEXEC), 1500);
	CHECK_INT(dup3(0, 4095, O_CLOEXEC), 4095);
	CHECK_INT(setrlimit(RLIMIT_NOFILE, &none), 0);
	CHECK(open("/dev/null", O_RDONLY | O_CLOEXEC) < 0);
	walk(1400, ~0u, &seen);
	CHECK_INT(setrlimit(RLIMIT_NOFILE, &wide), 0); /* for what looks for leaks at the end */
	CHECK_INT(seen.count, 2);
	CHECK_INT(seen.fds[0], 1500);
	CHECK_INT(seen.fds[1], 4095);
}
