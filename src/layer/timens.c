/* SPDX-License-Identifier: ISC */
/*
 * timens.c - a time namespace: the clocks that count from the host's start begin at zero
 *
 * Made only on demand: it costs some 55 us. The process that stays enters it before the program's
 * process is made, because a process may share memory or threads with another only inside one time
 * namespace. Offsets can be written until somebody has entered.
 *
 * It hides the uptime from programs that ask the clock, sysinfo(2) or /proc/uptime, not from one
 * that reads the offsets in its own /proc: the plan says so.
 */
#include <time.h>

#include "child.h"

enum { OP_ENTER };

static bool sees_own_proc(const struct ambit_plan *plan)
{
	for (size_t i = 0; i < plan->path_count; i++)
		if (plan->paths[i].view == VIEW_PROC ||
		    (!plan->mount_view && plan->paths[i].access &&
		     child_starts(plan->paths[i].path, "/proc")))
			return true;
	return false;
}

enum ambit_code timens_plan(struct ambit_plan *plan, struct ambit_error *err)
{
	const struct step step = {
		.layer = AMBIT_LAYER_TIMENS,
		.op = OP_ENTER,
		.place = PLACE_LEADER,
		.needs = TOKEN(ADMIN) | TOKEN(HOST_FILES) | TOKEN(ANY_PATH) | TOKEN(ANY_CALL) |
			 TOKEN(OWN_PROC),
		.gives = TOKEN(NAMESPACES),
		.what = "enter a time namespace whose clocks begin at zero",
		.reason = "how long the host has been up is no business of the program's",
	};
	const enum need need = plan->layer_need[AMBIT_LAYER_TIMENS];

	if ((need != NEED_MUST && need != NEED_PREFER) || !plan->pid_namespace ||
	    !host_has(plan->host, FACT_PROC) || !plan_may(plan, AMBIT_LAYER_TIMENS))
		return AMBIT_OK;
	if (!plan_step(plan, &step))
		return err_memory(err, AMBIT_LAYER_TIMENS);
	if (!sees_own_proc(plan))
		return AMBIT_OK;
	return plan_notef(plan, NOTE_CHOICE, AMBIT_LAYER_TIMENS, NULL, err,
			  "clocks begin at zero, but a program that looks for it finds the offset "
			  "in its own /proc, in timens_offsets");
}

enum ambit_code timens_prepare(struct kit_builder *kit, const struct ambit_plan *plan,
			       const struct step *step, struct ambit_error *err)
{
	const struct kit_op op = { .layer = AMBIT_LAYER_TIMENS,
				   .place = (uint8_t)step->place,
				   .op = step->op };

	(void)plan;
	(void)err;
	kit_add_op(kit, &op);
	return AMBIT_OK;
}

/* "CLOCK -SECONDS 0"; returns the end. */
static char *offset_line(char *out, const char *clock, const struct timespec *now)
{
	while (*clock)
		*out++ = *clock++;
	out = child_decimal(out, (uint64_t)now->tv_sec);
	*out++ = ' ';
	*out++ = '0';
	*out++ = '\n';
	*out = '\0';
	return out;
}

static int write_offsets(const struct timespec *monotonic, const struct timespec *boot)
{
	char text[96];

	(void)offset_line(offset_line(text, "monotonic -", monotonic), "boottime -", boot);
	return child_write_file(AT_FDCWD, "/proc/self/timens_offsets", text);
}

static int join(const char *namespace)
{
	int fd = sys_openat(AT_FDCWD, namespace, O_RDONLY | O_CLOEXEC, 0);
	int r = fd < 0 ? fd : sys_setns(fd, ABI_CLONE_NEWTIME);

	if (fd >= 0)
		(void)sys_close(fd);
	return r;
}

/* The clock itself is the proof: afterwards it shows less than before. */
int timens_commit(struct child *child, const struct kit_op *op)
{
	static const char children[] = "/proc/self/ns/time_for_children";
	struct timespec monotonic, before, after;
	int r = sys_clock_gettime(CLOCK_MONOTONIC, &monotonic);

	(void)op;
	if (r >= 0)
		r = sys_clock_gettime(CLOCK_BOOTTIME, &before);
	if (r >= 0)
		r = sys_unshare(ABI_CLONE_NEWTIME);
	if (r >= 0)
		r = write_offsets(&monotonic, &before);
	if (r >= 0)
		r = join(children);
	if (r >= 0)
		r = sys_clock_gettime(CLOCK_BOOTTIME, &after);
	if (r < 0)
		return child_failed(child, r, NULL);
	return before.tv_sec && after.tv_sec >= before.tv_sec ? -EPROTO : 0;
}

/* Entered for good: there is no way back that the filter does not refuse. */
int timens_verify(struct child *child, const struct kit_op *op)
{
	(void)child;
	(void)op;
	return 0;
}
