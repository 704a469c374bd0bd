/* SPDX-License-Identifier: ISC */
/* fd.h - descriptors: close-on-exec from birth, never below 3, closed once */
#ifndef AMBIT_BASE_FD_H
#define AMBIT_BASE_FD_H

#include "attr.h"

/* Close unless negative; leaves -1. Never retried. */
void fd_close(int *fd);
/* Make sure that 0, 1 and 2 are open, on /dev/null where they were not. 0 or -errno. */
int fd_open_standard(unsigned *ret_closed) MUST_CHECK;
/* A close-on-exec duplicate at 3 or above. */
int fd_duplicate(int fd) MUST_CHECK;
/* @number, whatever it was, becomes a copy of @fd that stays open over execve. 0 or -errno. */
int fd_become(int fd, int number) MUST_CHECK;
/* Move @fd to 3 or above, closing the original. Returns the new number or -errno (then closed). */
int fd_above_standard(int fd) MUST_CHECK;
/*
 * Read a whole small file into @out (NUL-terminated). Length, or -errno; -EFBIG when it does
 * not fit.
 */
int fd_read_file(int dir, const char *path, char *out, size_t size) MUST_CHECK;
/* Write all of @length bytes; 0 or -errno. */
int fd_write_all(int fd, const void *data, size_t length) MUST_CHECK;
/*
 * The same, and nobody is sent a signal: of a reader that is gone (-EPIPE) or a limit on the size
 * of files (-EFBIG) only the error tells. What these signals do stays as the caller has it.
 */
int fd_write_quiet(int fd, const void *data, size_t length) MUST_CHECK;
/*
 * -EFBIG where a file may not become as large as @size: who makes it so is sent SIGXFSZ, and here
 * that may be any caller of ours. 0, or another -errno.
 */
int fd_check_size(uint64_t size) MUST_CHECK;

/* What the kernel lets a process open at most, unless somebody raised fs.nr_open. */
enum { FD_NUMBERS = 1 << 20 };
struct fd_walk {
	unsigned first, last;
	unsigned unlisted; /* without a list only numbers below it are looked at */
	int (*visit)(int fd, void *argument); /* -errno ends the walk; it may close @fd */
	void *argument;
};
/*
 * Each open descriptor of a range, whatever the limits are now: one that was opened before the
 * limit was lowered is above it. For where close_range(2) is refused. 0, or what a visit answered.
 */
int fd_walk(const struct fd_walk *walk) MUST_CHECK;
/* A visit: close-on-exec. One that another thread has closed is no error. */
int fd_mark(int fd, void *unused);

#endif
