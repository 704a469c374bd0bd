/* SPDX-License-Identifier: ISC */
/* worker.h - workers: the caller's side (worker.c, pool.c) and their own (worker_inside.c) */
#ifndef AMBIT_BROKER_WORKER_H
#define AMBIT_BROKER_WORKER_H

#include <stdarg.h>

#include "../base/err.h"

/* worker_inside.c */
void worker_register(struct ambit_worker_entry *entry);
const struct ambit_worker_entry *worker_entry_of(ambit_worker_fn *function);
void *worker_reply_room(struct ambit_reply *reply, size_t length);
int worker_reply_format(struct ambit_reply *reply, const char *format, va_list args) PRINTF(2, 0);

/* The worker's own side. */
struct worker_inside {
	struct worker_control *control;
	unsigned char *data;
	size_t data_size;
	int event_fd;
	ambit_worker_fn *function;
};
/* Map what is shared; the descriptors are closed. 0 or -errno. */
int worker_inside_map(struct worker_inside *w, int control_fd, int data_fd) MUST_CHECK;
/*
 * worker_prune.c: names of system calls as bits, and those that a worker itself needs; and then
 * what is not on the list is refused from now on: 0 or -errno.
 */
struct worker_control;
enum ambit_code worker_calls(uint64_t *bits, const char *const *names,
			     struct ambit_error *err) MUST_CHECK;
int worker_prune(const struct worker_control *c) MUST_CHECK;
/* Answer calls until somebody ends it. */
__attribute__((noreturn)) void worker_inside_serve(struct worker_inside *w);

/* worker.c; as the functions of the header, with a deadline in µs of worker_now_us(), 0 = never */
enum ambit_code worker_new(const struct ambit_policy *policy, ambit_worker_fn *function,
			   const struct ambit_worker_options *options, struct ambit_worker **ret,
			   struct ambit_error *err) MUST_CHECK;
void worker_free(struct ambit_worker *w);
enum ambit_code worker_begin(struct ambit_worker *w, const void *in, size_t in_length,
			     bool wants_event, struct ambit_error *err) MUST_CHECK;
enum ambit_code worker_end(struct ambit_worker *w, struct ambit_untrusted *ret, uint64_t until_us,
			   struct ambit_error *err) MUST_CHECK;
int worker_fd(const struct ambit_worker *w);
/* The moment @timeout_ms from now; 0 for a negative one. */
uint64_t worker_deadline(int timeout_ms);

#endif
