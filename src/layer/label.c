/* SPDX-License-Identifier: ISC */
/*
 * label.c - an AppArmor profile, taken at execve
 *
 * The change is asked for before, by the process that stays, and its child inherits the request:
 * nothing of set-up runs under the profile, which need not know of it. By the time of execve
 * no_new_privs is set. Then AppArmor lets an unconfined caller take any profile, and one that is
 * under a profile only what narrows it: there NAME is stacked on the caller's own. Whatever it
 * refuses it refuses at execve, with EPERM or EACCES: the program does not start without its label.
 *
 * Mustn't: be skipped where the write fails; a program without its label would look confined.
 */
#include <stdio.h>

#include "child.h"

enum { OP_ON_EXEC };

enum ambit_code label_plan(struct ambit_plan *plan, struct ambit_error *err)
{
	const struct grant *g = policy_first(plan->policy, RIGHT_LABEL);
	const bool stacks = plan->host->label != NULL;
	const struct step step = {
		.layer = AMBIT_LAYER_APPARMOR,
		.op = OP_ON_EXEC,
		.place = PLACE_LEADER,
		.needs = TOKEN(HOST_FILES) | TOKEN(ANY_PATH) | TOKEN(ANY_CALL) | TOKEN(OWN_PROC),
		.grant = g,
		.what = stacks ? "have the AppArmor profile stacked on the caller's at execve"
			       : "have the AppArmor profile taken at execve",
		.reason = "no_new_privs allows what narrows only",
	};

	if (!g)
		return AMBIT_OK;
	plan_ask(plan, DENY_LABEL);
	if (!plan_may(plan, AMBIT_LAYER_APPARMOR) || !host_has(plan->host, FACT_PROC) ||
	    plan->host->proc_read_only)
		return AMBIT_OK;
	plan_carry(plan, DENY_LABEL, AMBIT_LAYER_APPARMOR);
	return plan_step(plan, &step) ? AMBIT_OK : err_memory(err, AMBIT_LAYER_APPARMOR);
}

enum ambit_code label_prepare(struct kit_builder *kit, const struct ambit_plan *plan,
			      const struct step *step, struct ambit_error *err)
{
	struct kit_op op = { .layer = AMBIT_LAYER_APPARMOR,
			     .place = (uint8_t)step->place,
			     .op = step->op };
	char request[300]; /* names are shorter: parse_label() */

	(void)err;
	(void)snprintf(request, sizeof(request), "%s %s", plan->host->label ? "stack" : "exec",
		       step->grant->name);
	op.data = kit_add_string(kit, request);
	kit_add_op(kit, &op);
	return AMBIT_OK;
}

/* "NAME" or "NAME (MODE)", and a newline. */
static bool is_label(const char *text, const char *name)
{
	while (*name)
		if (*text++ != *name++)
			return false;
	return *text == '\0' || *text == '\n' || *text == ' ';
}

/* The kernel answers with what it will do at execve; nobody can change it between. */
int label_commit(struct child *child, const struct kit_op *op)
{
	const char *request = kit_string(child->kit, op->data), *name = request;
	const char *file = "/proc/self/attr/apparmor/exec";
	char text[512];
	int r = child_write_file(AT_FDCWD, file, request);

	while (*name++ != ' ')
		;
	if (r == -ENOENT && sys_faccess(file, 0) < 0) { /* before Linux 5.1 */
		file = "/proc/self/attr/exec";
		r = child_write_file(AT_FDCWD, file, request);
	}
	if (r >= 0)
		r = child_read_file(AT_FDCWD, file, text, sizeof(text));
	if (r >= 0 && !is_label(text, name))
		r = -EPROTO;
	return r < 0 ? child_failed(child, r, name) : 0;
}

/* Read back when it was asked for: later the file lies outside the view. */
int label_verify(struct child *child, const struct kit_op *op)
{
	(void)child;
	(void)op;
	return 0;
}
