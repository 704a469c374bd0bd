/* SPDX-License-Identifier: ISC */
/* seccomp_lines.h - what `syscall` lines take from the filter's rules */
#ifndef AMBIT_LAYER_SECCOMP_LINES_H
#define AMBIT_LAYER_SECCOMP_LINES_H

#include "../plan/plan.h"

/*
 * What a line allows stands before every rule. Where an act that a rule stops would pass by a
 * line, the filter does not carry that denial, and who else does is left; where that is nobody, the
 * plan warns instead of calling it a gap, for the policy says so.
 *
 * Should: come when all that the filter carries is written down.
 */
enum ambit_code seccomp_lines(struct ambit_plan *plan, struct ambit_error *err) MUST_CHECK;

#endif
