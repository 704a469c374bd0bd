/* SPDX-License-Identifier: ISC */
/* regs.h - what a tracer does to another process's system call, on each architecture */
#ifndef AMBIT_TESTS_REGS_H
#define AMBIT_TESTS_REGS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* At the entry of a call: it will not be executed. 0 or -errno. */
int regs_skip_call(pid_t tid);

/* At the exit of a call, or with regs_skip_call() at its entry: its result. 0 or -errno. */
int regs_set_result(pid_t tid, long result);

/*
 * At the entry of a call: all six arguments become -1, which no call succeeds with. The second may
 * stay, where a filter that kills asks for it.
 */
int regs_spoil_arguments(pid_t tid, bool keep_second);

/* Copy size bytes at address in a traced process; what could be read, or -errno. */
ssize_t regs_read(pid_t tid, unsigned long address, void *to, size_t size);

#endif
