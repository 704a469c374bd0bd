/* SPDX-License-Identifier: ISC */
/*
 * inherit.c - descriptors that the program gets from its caller
 *
 * They point outside the view. Where a view makes changes of mode, owner and times harmless, one
 * of them could still carry such a change out: by its number, by a copy of it, or by its name in
 * /proc/self/fd, which no filter tells apart from any other. A device is opened anew from the
 * view, whose mount of it is read-only. A file cannot be, because caller and program share its
 * position: with one that the program's user owns, nobody's attributes may be changed.
 */
#include <string.h>

#include "../base/str.h"
#include "plan.h"

/* May the program change attributes of what the view has? */
static bool changes_attributes(const struct ambit_plan *plan)
{
	uint64_t calls = policy_has(plan->policy, RIGHT_TMP) ? right_row(RIGHT_WRITE)->calls : 0;

	for (size_t i = 0; i < plan->policy->count; i++)
		calls |= grant_calls(&plan->policy->grants[i]);
	return plan->mount_view && (calls & (CALL_BIT(CREATE) | CALL_BIT(ATTRIBUTES)));
}

static bool is_owner(const struct ambit_plan *plan, const struct host_open *o)
{
	return o->owner == plan->uid || policy_has(plan->policy, RIGHT_KEEP_CAPABILITY);
}

/* Would the kernel let the program's user change them? Who may write a file may set its times. */
static bool may_change(const struct ambit_plan *plan, const struct host_open *o)
{
	return is_owner(plan, o) || (o->kind != OPEN_TERMINAL && (o->mode & 022));
}

bool plan_is_exposed(const struct ambit_plan *plan, const struct host_open *o)
{
	/* With the right terminal the program gets another one in its place. */
	if (o->kind == OPEN_TERMINAL && o->number <= 2 && policy_has(plan->policy, RIGHT_TERMINAL))
		return false;
	return o->kind >= OPEN_FILE && o->kind <= OPEN_TERMINAL && changes_attributes(plan) &&
	       may_change(plan, o);
}

const char *plan_reopened(const struct ambit_plan *plan, const struct host_open *o)
{
	if (o->kind == OPEN_FILE || !o->path || !plan_is_exposed(plan, o))
		return NULL;
	for (size_t i = 0; i < plan->path_count; i++) {
		const struct plan_path *p = &plan->paths[i];

		if (p->view == VIEW_BIND && p->device && p->device_id == o->device &&
		    p->inode == o->inode && str_equal(p->path, o->path))
			return p->path;
	}
	return NULL;
}

/* What the policy lets the program write anyway, attributes included. Paths are sorted. */
bool plan_writes(const struct ambit_plan *plan, const char *path)
{
	bool writable = false;

	for (size_t i = 0; i < plan->path_count; i++) {
		const struct plan_path *p = &plan->paths[i];
		size_t n = strlen(p->path);

		if (p->view == VIEW_LINK || strncmp(path, p->path, n) != 0)
			continue;
		if (!path[n] || (p->is_dir && (n == 1 || path[n] == '/')))
			writable = p->writable && !p->own && !p->device && p->view != VIEW_HIDE;
	}
	return writable;
}

void plan_inherit(struct ambit_plan *plan)
{
	for (size_t i = 0; i < plan->host->opens.count && !plan->exposed; i++) {
		const struct host_open *o = &plan->host->opens.list[i];

		/* The times of a device that anybody may write to harm nobody. */
		if (plan_is_exposed(plan, o) && !plan_reopened(plan, o) &&
		    (o->kind == OPEN_FILE || is_owner(plan, o)) &&
		    !(o->path && plan_writes(plan, o->path)))
			plan->exposed = o;
	}
}
