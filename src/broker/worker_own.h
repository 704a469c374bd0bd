/* SPDX-License-Identifier: ISC */
/* worker_own.h - what worker.c and worker_start.c share: a worker as its caller has it */
#ifndef AMBIT_BROKER_WORKER_OWN_H
#define AMBIT_BROKER_WORKER_OWN_H

#include "self.h"
#include "worker.h"
#include "worker_process.h"
#include "worker_wire.h"

struct ambit_worker {
	volatile unsigned char *mark; /* 1; in a child that has a copy of all this it reads as 0 */
	struct ambit_policy *policy;  /* owned */
	const struct ambit_worker_entry *entry;
	struct ambit_worker_options options;
	uint64_t calls[WORKER_CALLS / 64]; /* of options.calls, which is gone */
	bool pruned;
	char program[SELF_PATH_SIZE];
	struct worker_process process; /* the first one: it serves, or keeps those that do */
	struct worker_control *control;
	struct worker_keeping *keeping; /* NULL: it serves */
	unsigned char *data;
	int control_fd, data_fd, keeping_fd;
	int event_fd;	 /* the worker's end of a pipe: a byte for each answer that is polled for */
	int heard_fd;	 /* ours */
	int order_fd[2]; /* a byte in this pipe ends the process that serves */
	int end_fd[2];	 /* a byte comes out of this one when it has ended */
	int poll_fd;
	uint64_t until_us; /* the deadline of the call under way, 0 = none */
	uint32_t request;  /* the number of the newest call */
	uint32_t serving;  /* with a keeper: that of the newest process */
	bool under_way;
	bool polled;	/* the call under way is told of in the pipe */
	bool is_lost;	/* the process that serves is no more, or is about to end */
	bool is_untold; /* and a byte will come that says so */
	bool is_hushed; /* and until then poll_fd tells of nothing that it writes */
	bool is_dying;	/* all of it was killed, and is not yet reaped */
};

static inline bool worker_is_fresh(const struct ambit_worker *w)
{
	return w->options.mode == AMBIT_FRESH;
}
/* The newest process that serves, or that of the newest call, has ended. */
static inline bool worker_has_ended(const struct ambit_worker *w)
{
	return w->keeping && __atomic_load_n(&w->keeping->ended.value, __ATOMIC_ACQUIRE) ==
				     (worker_is_fresh(w) ? w->request : w->serving);
}

enum ambit_code worker_failed(struct ambit_error *err, int r, const char *what);
/* worker_start.c: all of it, until it stops, and that is waited for. */
enum ambit_code worker_start(struct ambit_worker *w, struct ambit_error *err) MUST_CHECK;
void worker_stop(struct ambit_worker *w);
/* In a child: close what it has of it, and touch nothing of its parent's. */
void worker_forget(struct ambit_worker *w);
/* Kill all of it; what has not ended soon, or at the deadline, is left to the next call to reap. */
void worker_part(struct ambit_worker *w);
/* A process of one call leaves nothing to the next: its pages are given back. */
int worker_wipe(const struct ambit_worker *w) MUST_CHECK;
/* The process that serves has failed, or is not wanted any more: that one, or worker_part(). */
void worker_lose(struct ambit_worker *w);
/* Something is there to serve the next call. */
enum ambit_code worker_restore(struct ambit_worker *w, struct ambit_error *err) MUST_CHECK;

#endif
