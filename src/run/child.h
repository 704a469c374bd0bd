/* SPDX-License-Identifier: ISC */
/* child.h - the commit driver: carries out a kit, verifies it, starts the program */
#ifndef AMBIT_RUN_CHILD_H
#define AMBIT_RUN_CHILD_H

#include "../layer/layer.h"

void child_init(struct child *child, struct kit *kit);
/* Begin a session, and take the pty for its terminal, if there is one. */
int child_session(struct child *child) MUST_CHECK;
/* Commit, then verify, every operation of the leader's place. 0, or -errno when reported. */
int child_leader(struct child *child) MUST_CHECK;
/* The same for what the program's process waits for, when it has done what it can do ahead. */
int child_build(struct child *child) MUST_CHECK;
/* The same for what the leader does beside the program's process. */
int child_beside(struct child *child) MUST_CHECK;
/* The same for the program's places, then execve. Returns only on failure, already reported. */
int child_program(struct child *child) MUST_CHECK;
/* The program's place alone, in a process that goes on afterwards. 0, or -errno when reported. */
int child_confine(struct child *child) MUST_CHECK;
/* What of it every thread has to do itself. */
int child_each_thread(struct child *child) MUST_CHECK;
/* Tell the parent; async-signal-safe. */
void child_report(struct child *child, const struct kit_op *op, enum kit_where where,
		  bool verifying, int r);
/* End a process that has failed: by a signal where the parent could not be told. */
__attribute__((noreturn)) void child_end(const struct child *child);

#endif
