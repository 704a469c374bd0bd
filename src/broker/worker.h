/* SPDX-License-Identifier: ISC */
/* worker.h - workers: the caller's side (worker.c, pool.c) and their own (worker_inside.c) */
#ifndef AMBIT_BROKER_WORKER_H
#define AMBIT_BROKER_WORKER_H

#include <stdarg.h>

#include "../base/err.h"

/* worker_inside.c */
void worker_register(struct ambit_worker_entry *entry);
const struct ambit_worker_entry *worker_entry_of(ambit_worker_fn *function);
/* How many of the same name were there before it. */
int worker_entry_nth(const struct ambit_worker_entry *entry);
void *worker_reply_room(struct ambit_reply *reply, size_t length);
int worker_reply_format(struct ambit_reply *reply, const char *format, va_list args) PRINTF(2, 0);

/* The worker's own side; 0 for a descriptor that is not there. */
struct worker_inside {
	struct worker_control *control;
	struct worker_keeping *keeping; /* NULL: nobody keeps, the first process serves */
	unsigned char *data;
	size_t data_size;
	int event_fd; /* takes a byte for each answer that is polled for */
	int order_fd; /* becomes readable when a process is to end */
	int end_fd;   /* takes a byte for each process that served and has ended */
	ambit_worker_fn *function;
};
/* Map what is shared; these descriptors are closed. 0 or -errno. */
int worker_inside_map(struct worker_inside *w, int control_fd, int data_fd,
		      int keeping_fd) MUST_CHECK;
void worker_inside_run(const struct worker_inside *w, size_t in_length, uint64_t max_in,
		       uint64_t max_out);
/* worker_keep.c: make the processes that serve, one after the other. Does not return. */
__attribute__((noreturn)) void worker_keep(struct worker_inside *w);
/*
 * worker_prune.c: names of system calls as bits, and those that a worker itself needs; and then
 * what is not on the list is refused from now on: 0 or -errno.
 */
struct worker_control;
enum ambit_code worker_calls(uint64_t *bits, const char *const *names,
			     struct ambit_error *err) MUST_CHECK;
int worker_prune(const struct worker_control *c) MUST_CHECK;
/* worker_less.c: nor what only its keeper needs: 0 or -errno */
int worker_less(const struct worker_control *c) MUST_CHECK;
/* Answer calls until somebody ends it, or keep those that do. */
__attribute__((noreturn)) void worker_inside_begin(struct worker_inside *w);
__attribute__((noreturn)) void worker_inside_serve(struct worker_inside *w);

/* As the functions of the header, with a deadline in µs of worker_now_us(), 0 = never */
enum ambit_code worker_new(const struct ambit_policy *policy, ambit_worker_fn *function,
			   const struct ambit_worker_options *options, struct ambit_worker **ret,
			   struct ambit_error *err) MUST_CHECK;
void worker_free(struct ambit_worker *w);
void worker_replace(struct ambit_worker *w);
enum ambit_code worker_begin(struct ambit_worker *w, const void *in, size_t in_length,
			     bool wants_event, uint64_t until_us,
			     struct ambit_error *err) MUST_CHECK;
enum ambit_code worker_end(struct ambit_worker *w, struct ambit_untrusted *ret, uint64_t until_us,
			   struct ambit_error *err) MUST_CHECK;
int worker_fd(const struct ambit_worker *w);
/* False in a child of the process that made it: what its calls need was not handed down. */
bool worker_is_own(const struct ambit_worker *w);
/* The next call has to wait for the end of a process. */
bool worker_is_ending(const struct ambit_worker *w);
/* The moment @timeout_ms from now; 0 for a negative one. */
uint64_t worker_deadline(int timeout_ms);

#endif
