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
	{ SYS_wait4, EINTR, NULL, false, again },
	{ SYS_waitid, EINTR, NULL, false, again },
	{ SYS_ppoll, EINTR, NULL, false, again },
	{ SYS_read, EINTR, NULL, false, again },
	{ SYS_write, EINTR, NULL, false, again },
	{ SYS_ioctl, EINTR, NULL, false, again },
	{ SYS_futex, EINTR, NULL, false, again },
	{ SYS_wait4, 0, NULL, true, beside },
	{ SYS_waitid, 0, NULL, true, beside },
	{ SYS_set_robust_list, 0, NULL, false, "libc's fork(): for mutexes no launcher has" },
	{ SYS_close, 0, NULL, false, "the descriptor is gone all the same" },
};

const struct tolerance *tolerated(const struct trace_fault *fault, int error)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct tolerance *r = &rows[i];

		if (r->nr == fault->nr && (!r->error || r->error == error) &&
		    (!r->text || !strncmp(fault->text, r->text, strlen(r->text))))
			return r;
	}
	return NULL;
}
