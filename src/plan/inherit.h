/* SPDX-License-Identifier: ISC */
/* inherit.h - what is there before the policy comes: part of plan.h */
#ifndef AMBIT_PLAN_INHERIT_H
#define AMBIT_PLAN_INHERIT_H

#include <stdbool.h>

struct ambit_plan;
struct arena;
struct grant;
struct host;
struct host_open;

/* inherit.c: descriptors of the caller's. Could their attributes be changed, were calls allowed? */
bool plan_is_exposed(const struct ambit_plan *plan, const struct host_open *o);
/* Where the view has the device that @o is; NULL where there is no need, or it has not. */
const char *plan_reopened(const struct ambit_plan *plan, const struct host_open *o);
/* Find the one that nothing can be done about: @plan->exposed. */
void plan_inherit(struct ambit_plan *plan);
/* Passes a file that can be written and, by its number or by its name in /proc, executed? */
bool plan_passes_code(const struct ambit_plan *plan);
/* One that only Landlock keeps from being opened again for more than it was; NULL for none. */
const struct host_open *plan_widened(const struct ambit_plan *plan);
/* Does a file pass that is still on a mount of the host's? */
bool plan_passes_file(const struct ambit_plan *plan);
/* May the program write what is at @path, canonical, on the host? */
bool plan_writes(const struct ambit_plan *plan, const char *path);

/* lint.c: the path of the policy file that @g stands in, in @a; NULL: it came from none. */
const char *plan_policy_file(struct arena *a, const struct host *host, const struct grant *g);
#define PLAN_SELF "/proc/self/exe" /* ambit, or the program that is linked with it */

#endif
