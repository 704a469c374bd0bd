/* SPDX-License-Identifier: ISC */
/*
 * namespaces.c - pid, ipc, uts and cgroup namespaces
 *
 * They are made by the clone(2) that makes the leader, in one call with the user and mount
 * namespaces, so that nothing of the caller is ever changed. The leader is pid 1: when it ends
 * the kernel ends everything.
 */
#include <sched.h>

#include "child.h"

enum { OP_PID };

enum ambit_code namespaces_plan(struct ambit_plan *plan, struct ambit_error *err)
{
	const struct step step = {
		.layer = AMBIT_LAYER_NAMESPACES,
		.place = PLACE_LEADER,
		.needs = TOKEN(ADMIN),
		.gives = TOKEN(NAMESPACES),
		.what = "enter new pid, ipc, uts and cgroup namespaces",
		.reason = "processes outside cannot be seen, signalled or outlived",
	};

	if (host_has(plan->host, FACT_PROC)) /* without it there is no list */
		plan_ask(plan, DENY_PROCESS_LIST);
	if (policy_may_fork(plan->policy))
		plan_ask(plan, DENY_SURVIVORS);
	if (!plan->pid_namespace)
		return AMBIT_OK;
	plan_carry(plan, DENY_SURVIVORS, AMBIT_LAYER_NAMESPACES);
	plan_carry(plan, DENY_TRACE, AMBIT_LAYER_NAMESPACES);
	if (plan->own_session)
		plan_carry(plan, DENY_SIGNALS, AMBIT_LAYER_NAMESPACES);
	if (plan->clone_flags & CLONE_NEWIPC)
		plan_carry(plan, DENY_IPC, AMBIT_LAYER_NAMESPACES);
	return plan_step(plan, &step) ? AMBIT_OK : err_memory(err, AMBIT_LAYER_NAMESPACES);
}

enum ambit_code namespaces_prepare(struct kit_builder *kit, const struct ambit_plan *plan,
				   const struct step *step, struct ambit_error *err)
{
	const struct kit_op op = { .layer = AMBIT_LAYER_NAMESPACES,
				   .place = (uint8_t)step->place,
				   .op = OP_PID };

	(void)err;
	(void)plan;
	kit->header.flags |= KIT_PID_NS;
	kit_add_op(kit, &op);
	return AMBIT_OK;
}

/* The clone did it; the leader only has to be who it should be. */
int namespaces_commit(struct child *child, const struct kit_op *op)
{
	(void)child;
	(void)op;
	int pid = sys_getpid();

	return pid == 1 ? 0 : pid < 0 ? pid : -EPROTO;
}

/* No parent is visible from pid 1. */
int namespaces_verify(struct child *child, const struct kit_op *op)
{
	(void)child;
	(void)op;
	int pid = sys_getppid();

	return pid == 0 ? 0 : pid < 0 ? pid : -EPROTO;
}
