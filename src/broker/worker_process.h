/* SPDX-License-Identifier: ISC */
/* worker_process.h - the process of a worker: this program started again, or a copy of it */
#ifndef AMBIT_BROKER_WORKER_PROCESS_H
#define AMBIT_BROKER_WORKER_PROCESS_H

#include "../run/run.h"

/* At most one of the two. */
struct worker_process {
	struct ambit_box *box; /* owned; NULL */
	struct spawned copy;   /* pid -1: none, or it has ended */
};

/* None yet. */
void process_init(struct worker_process *p);
/* Both take a policy that is complete: the caller's, and what a worker needs of ours. */
enum ambit_code process_start(struct worker_process *p, const struct ambit_policy *policy,
			      char *program, struct ambit_error *err) MUST_CHECK;
enum ambit_code process_copy(struct worker_process *p, const struct ambit_policy *policy,
			     const struct run_copy *copy, struct ambit_error *err) MUST_CHECK;
bool process_runs(const struct worker_process *p);
/* Open until process_stop(), which is to find it in no epoll set; -1 for none. */
int process_pidfd(const struct worker_process *p);
/*
 * True when it has ended, and is reaped: with which signal, or with which status. HOW_UNKNOWN is no
 * signal: somebody else reaped it, or who was beside it did not tell.
 */
enum { HOW_UNKNOWN = -1 };
bool process_ended(struct worker_process *p, int *ret_signal, int *ret_status);
/* Waits for nobody: process_ended() tells when it has. */
void process_kill(struct worker_process *p);
/* Kills and reaps, however long that takes; none is fine. */
void process_stop(struct worker_process *p);
/* In a child of who started it: what that has of it is let go, and it goes on. */
void process_forget(struct worker_process *p);
/* api/run.c: likewise of a box, which is freed */
void box_forget(struct ambit_box *box);

#endif
