/* SPDX-License-Identifier: ISC */
/* leader.h - the process that stays beside the program, and how the caller talks to it */
#ifndef AMBIT_SUP_LEADER_H
#define AMBIT_SUP_LEADER_H

#include <stdint.h>

#include "../base/sys.h"
#include "../run/child.h"

/* From the caller: one byte a message, a signal number for the program. */
/* To the caller: one message, when the program has ended. */
struct leader_status {
	int32_t wait_status; /* as wait4(2) */
	int32_t timed_out;
	int32_t failed; /* -errno of the leader's own, for which it ended the program */
	int32_t spare;
	struct sys_rusage usage;
};

/* Never returns. @left: where a report goes that the pipe cannot take, NULL. */
__attribute__((noreturn)) void leader_main(struct kit *kit, struct kit_report *left);

#endif
