/* SPDX-License-Identifier: ISC */
/* processor.h - the first child executes the stage where it is */
#ifndef AMBIT_RUN_PROCESSOR_H
#define AMBIT_RUN_PROCESSOR_H

#include "../layer/kit.h"

/* In the caller: which processors the child will get back. */
void processor_note(struct kit *kit);
/* In the first child, before execve: stay on this one. Where that is refused it may be moved. */
void processor_stay(const struct kit *kit);
/* In the stage: may run on all of them again. 0 or -errno. */
int processor_leave(const struct kit *kit) MUST_CHECK;

#endif
