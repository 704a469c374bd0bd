/* SPDX-License-Identifier: ISC */
/*
 * inherit.c - descriptors that the program gets from its caller
 *
 * They point outside the view. Where a view makes changes of mode, owner and times harmless, one
 * of them could still carry such a change out: by its number, by a copy of it, or by its name in
 * /proc/self/fd, which no filter tells apart from any other. A device is opened anew from the
 * view, whose mount of it is read-only. A file cannot be, because caller and program share its
 * position: with one that the program's user owns, or a kept capability reaches, nobody's
 * attributes may be changed.
 *
 * By that name a file can also be opened again, on the mount it came from: neither read-only nor
 * noexec. Landlock judges that by where the file is, but not what may be mapped, and before ABI 3
 * not what is cut short.
 */
#include <linux/capability.h>
#include <string.h>
#include <sys/stat.h>

#include "../base/str.h"
#include "paths.h"
#include "plan.h"

/* May the program change attributes of what the view has? */
static bool changes_attributes(const struct ambit_plan *plan)
{
	uint64_t calls = policy_has(plan->policy, RIGHT_TMP) ? right_row(RIGHT_WRITE)->calls : 0;

	for (size_t i = 0; i < plan->policy->count; i++)
		calls |= grant_calls(&plan->policy->grants[i]);
	return plan->mount_view && (calls & (CALL_BIT(CREATE) | CALL_BIT(ATTRIBUTES)));
}

/* Those that change nothing about files. With any other it may be as good as being the owner. */
#define CAP(name) (UINT64_C(1) << CAP_##name)
#define HARMLESS                                                                                   \
	(CAP(KILL) | CAP(NET_BIND_SERVICE) | CAP(NET_BROADCAST) | CAP(NET_ADMIN) | CAP(NET_RAW) |  \
	 CAP(IPC_LOCK) | CAP(SYS_NICE) | CAP(SYS_TIME))

static bool is_owner(const struct ambit_plan *plan, const struct host_open *o)
{
	return o->owner == plan->uid || (plan->keep_caps & ~HARMLESS) != 0;
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

/* May the program read what is at @path, canonical, on the host? */
static bool reads(const struct ambit_plan *plan, const char *path)
{
	for (size_t i = 0; i < plan->path_count; i++) {
		const struct plan_path *p = &plan->paths[i];

		if (!p->own && p->view != VIEW_LINK && (p->access & LL_FS_READ_FILE) &&
		    (str_equal(p->path, path) || (p->is_dir && plan_is_below(path, p->path))))
			return true;
	}
	return false;
}

bool plan_passes_code(const struct ambit_plan *plan)
{
	for (size_t i = 0; i < plan->host->opens.count; i++) {
		const struct host_open *o = &plan->host->opens.list[i];

		if (S_ISREG(o->mode) && o->writes &&
		    (o->reads || !plan_may(plan, AMBIT_LAYER_LANDLOCK) || !o->path ||
		     reads(plan, o->path)))
			return true;
	}
	return false;
}

bool plan_passes_file(const struct ambit_plan *plan)
{
	for (size_t i = 0; i < plan->host->opens.count; i++)
		if (S_ISREG(plan->host->opens.list[i].mode))
			return true;
	return false;
}

/* A device that the view has may be opened there all the same. */
static bool is_in_view(const struct ambit_plan *plan, const struct host_open *o)
{
	for (size_t i = 0; i < plan->path_count; i++)
		if (plan->paths[i].device && plan->paths[i].device_id == o->device &&
		    plan->paths[i].inode == o->inode)
			return true;
	return false;
}

const struct host_open *plan_widened(const struct ambit_plan *plan)
{
	for (size_t i = 0; i < plan->host->opens.count; i++) {
		const struct host_open *o = &plan->host->opens.list[i];

		if (o->reads != o->writes && (o->kind == OPEN_FILE || o->kind == OPEN_DEVICE) &&
		    !is_in_view(plan, o))
			return o;
	}
	return NULL;
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
