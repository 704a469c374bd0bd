/* SPDX-License-Identifier: ISC */
/* supervise.h - what the ambit command's own process does while the program runs */
#ifndef AMBIT_SUP_SUPERVISE_H
#define AMBIT_SUP_SUPERVISE_H

#include "../base/sys.h"
#include "../run/run.h"
#include "terminal.h"

/* How a run ended. */
struct outcome {
	int wait_status;      /* as wait4(2) */
	bool timed_out, lost; /* lost: the leader was killed, or failed; or reaped by others */
	int failed;	      /* -errno of the leader's own */
	struct sys_rusage usage;
};

/* Block the signals that are forwarded, before anything is started; the old mask to @ret_old. */
int supervise_begin(uint64_t *ret_old) MUST_CHECK;
/*
 * Forward signals, take part in job control, until the program has ended and all is reaped.
 * @terminal: proxied meanwhile when its outer_fd is not -1.
 */
enum ambit_code supervise(struct spawned *s, struct terminal *terminal, struct outcome *ret,
			  struct ambit_error *err) MUST_CHECK;
/*
 * Wait for the end of a run without any of that; @timeout_ms negative: for ever. The pidfd stays
 * open: the caller's to close.
 */
enum ambit_code supervise_wait(struct spawned *s, int timeout_ms, struct outcome *ret,
			       struct ambit_error *err) MUST_CHECK;
/*
 * Kill all that runs in it, which supervise_wait() then reaps. 0 or -errno: only the program's
 * process could be killed, and was not.
 */
int supervise_end(struct spawned *s) MUST_CHECK;

#endif
