/* SPDX-License-Identifier: ISC */
/* paths.h - what paths.c and hide.c have in common: the sorted list and what lies above what */
#ifndef AMBIT_PLAN_PATHS_H
#define AMBIT_PLAN_PATHS_H

#include "plan.h"

bool plan_is_below(const char *path, const char *directory);
/* The nearest mounted directory above @path, among the first @index entries. */
struct plan_path *plan_mounted_above(struct ambit_plan *plan, size_t index, const char *path);
int plan_by_path(const void *a, const void *b);

/*
 * hide.c: what lies below a hidden path goes; then, after write access was handed down, what leads
 * to it is held in place.
 */
enum ambit_code plan_drop_hidden(struct ambit_plan *plan, struct ambit_error *err) MUST_CHECK;
enum ambit_code plan_pin_hidden(struct ambit_plan *plan, struct ambit_error *err) MUST_CHECK;
/* The line that hides the program, or an interpreter of it: then it cannot start. NULL for none. */
const struct grant *plan_hides_program(const struct ambit_plan *plan);

#endif
