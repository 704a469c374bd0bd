/* SPDX-License-Identifier: ISC */
/*
 * tolerate.c - the faults after which a run may be normal and complete, each with the reason
 *
 * "Normal and complete" is checked by the walk: the program says byte for byte what it says without
 * a fault, so no layer may be missing. The first row that matches holds.
 */
#include "walk.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>

static const char again[] = "interrupted: made again";
static const char beside[] =
	"made by what waits beside the program, which may have started by then";

static const struct tolerance rows[] = {
	{ SYS_wait4, EINTR, NULL, ANY_VALUE, AFTER_SAME, again },
	{ SYS_waitid, EINTR, NULL, ANY_VALUE, AFTER_SAME, again },
	{ SYS_ppoll, EINTR, NULL, ANY_VALUE, AFTER_SAME, again },
	{ SYS_read, EINTR, NULL, ANY_VALUE, AFTER_SAME, again },
	{ SYS_write, EINTR, NULL, ANY_VALUE, AFTER_SAME, again },
	{ SYS_ioctl, EINTR, NULL, ANY_VALUE, AFTER_SAME, again },
	{ SYS_futex, EINTR, NULL, ANY_VALUE, AFTER_SAME, again },
	{ SYS_wait4, ANY_ERROR, NULL, ANY_VALUE, AFTER_END, beside },
	{ SYS_waitid, ANY_ERROR, NULL, ANY_VALUE, AFTER_END, beside },
	{ SYS_close, ANY_ERROR, NULL, ANY_VALUE, AFTER_SAME,
	  "the descriptor is gone all the same" },
	{ SYS_munmap, ANY_ERROR, NULL, ANY_VALUE, AFTER_SAME, "at worst it stays mapped" },
};

static bool is_refusal(int error)
{
	return error == EPERM || error == ENOSYS || error == EACCES || error == EINVAL ||
	       error == EBUSY;
}

static bool is_error(const struct tolerance *r, int error)
{
	return r->error == ANY_ERROR || r->error == error ||
	       (r->error == ANY_REFUSAL && is_refusal(error));
}

const struct tolerance *tolerated(const struct trace_fault *fault, int error)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct tolerance *r = &rows[i];

		if (r->nr == fault->nr && is_error(r, error) &&
		    (r->first == ANY_VALUE || (uint64_t)r->first == fault->args[0]) &&
		    (!r->text || !strncmp(fault->text, r->text, strlen(r->text))))
			return r;
	}
	return NULL;
}
