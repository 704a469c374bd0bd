/* SPDX-License-Identifier: ISC */
/* handle.h - what the header calls a plan is a run that is not started: policy, host, plan */
#ifndef AMBIT_API_HANDLE_H
#define AMBIT_API_HANDLE_H

#include "../run/run.h"

struct ambit_plan_handle {
	struct run run;
};

static inline struct run *run_of(const struct ambit_plan *plan)
{
	return &((struct ambit_plan_handle *)(uintptr_t)plan)->run;
}

#endif
