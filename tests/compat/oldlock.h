/* SPDX-License-Identifier: ISC */
/* oldlock.h - make Landlock look older than it is, from a tracer; see without.c */
#ifndef AMBIT_TESTS_OLDLOCK_H
#define AMBIT_TESTS_OLDLOCK_H

#include "bpf.h"

enum { OLDLOCK_CHILD = -1000 };

/*
 * Split into a tracer and the process that becomes the command. Returns OLDLOCK_CHILD in the
 * latter; in the tracer the command's exit status once it has ended (the tracer dies of the signal
 * that ended the command), or -errno when nothing was started.
 */
int oldlock_start(int abi);

/* Add what the tracer wants to see to the command's filter. */
void oldlock_trace(struct bpf *f);

#endif
