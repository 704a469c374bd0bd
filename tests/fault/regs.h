/* SPDX-License-Identifier: ISC */
/* regs.h - what a tracer does to another process's system call, on each architecture */
#ifndef AMBIT_TESTS_REGS_H
#define AMBIT_TESTS_REGS_H

#include <stddef.h>
#include <sys/types.h>
#include <sys/user.h>

/* At the entry of a call: it will not be executed. 0 or -errno. */
int regs_skip_call(pid_t tid);

/* At the exit of a call, or with regs_skip_call() at its entry: its result. 0 or -errno. */
int regs_set_result(pid_t tid, long result);

/*
 * At the entry of a call: it becomes a read from no descriptor, which fails and which every filter
 * lets pass. saved is what regs_restore() puts back at the exit, with another result.
 */
int regs_replace_call(pid_t tid, struct user_regs_struct *saved);
int regs_restore(pid_t tid, const struct user_regs_struct *saved, long result);

/* Copy size bytes at address in a traced process; what could be read, or -errno. */
ssize_t regs_read(pid_t tid, unsigned long address, void *to, size_t size);

#endif
