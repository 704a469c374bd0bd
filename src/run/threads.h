/* SPDX-License-Identifier: ISC */
/* threads.h - the other threads of this process: hold them still, and have each act */
#ifndef AMBIT_RUN_THREADS_H
#define AMBIT_RUN_THREADS_H

#include <stdbool.h>
#include <stdint.h>

#include "../base/attr.h"

struct threads;

/* What each held thread does: system calls only, no libc. 0 or -errno. */
typedef int thread_act(void *argument);

/* 1 for a process of one thread, 0 for one of several, -errno where it cannot be told. */
int threads_single(void) MUST_CHECK;

/*
 * Hold every other thread in a signal handler of ours. On failure nothing has changed and *ret is
 * NULL: -EBUSY when one would not come (it blocks the signal, it is no thread of the program's),
 * else -errno; @ret_tid names it, 0 for none.
 */
int threads_hold(struct threads **ret, int *ret_tid) MUST_CHECK;
/* Each held thread acts, all at once; the first failure, or 0. */
int threads_act(struct threads *t, thread_act *act, void *argument) MUST_CHECK;
/* Let them go on where they were. Frees @t; NULL is accepted. */
void threads_release(struct threads *t);

#endif
