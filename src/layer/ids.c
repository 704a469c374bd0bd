/* SPDX-License-Identifier: ISC */
/*
 * ids.c - user and group ids: groups, then gid, then uid; read back; going back must fail
 *
 * Should: run with CAP_SETUID and CAP_SETGID, before the capability sets are emptied.
 * Mustn't: run in a process that shares memory with the caller (credential changes reach its
 *   dumpable flag), nor trust a return value alone (CVE-2006-2607).
 */
#include <linux/capability.h>
#include <linux/prctl.h>
#include <linux/securebits.h>
#include <stdio.h>

#include "child.h"

enum { OP_DROP_GROUPS, OP_CHANGE };

enum { GROUPS_NAMED = 12 };

/* The groups that stay, by number: what their files grant is granted on. */
static enum ambit_code note_groups(struct ambit_plan *plan, struct ambit_error *err)
{
	const struct host *h = plan->host;
	const bool off = plan->layer_need[AMBIT_LAYER_IDS] == NEED_OFF;
	char list[GROUPS_NAMED * 12 + 32] = "";
	size_t used = 0, count = h->group_count;

	if (count == 0 || (count == 1 && h->groups[0] == h->gid))
		return AMBIT_OK;
	for (size_t i = 0; i < count && i < GROUPS_NAMED; i++)
		used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%u", i ? ", " : "",
					 h->groups[i]);
	if (count > GROUPS_NAMED)
		(void)snprintf(list + used, sizeof(list) - used, " and %zu more",
			       count - GROUPS_NAMED);
	return plan_notef(plan, NOTE_REPORTED, AMBIT_LAYER_IDS, NULL, err,
			  "%zu supplementary group%s remain%s (%s): %s", count,
			  count == 1 ? "" : "s", count == 1 ? "s" : "", list,
			  off ? "a need line switches the layer ids off"
			      : "dropping them needs CAP_SETGID");
}

enum ambit_code ids_plan(struct ambit_plan *plan, struct ambit_error *err)
{
	bool may_groups = host_cap(plan->host, CAP_SETGID) && !plan->userns;
	bool may_change = may_groups && host_cap(plan->host, CAP_SETUID);
	const struct step step = {
		.layer = AMBIT_LAYER_IDS,
		.op = plan->changes_ids && may_change ? OP_CHANGE : OP_DROP_GROUPS,
		.place = PLACE_PROGRAM,
		/* A change sets dumpable to what a sysctl says: who clears it comes later. */
		.needs = TOKEN(SETID) | TOKEN(SECUREBITS) | TOKEN(ANY_CALL) |
			 (plan->changes_ids && may_change ? TOKEN(OWN_PROC) : 0),
		.takes = plan->changes_ids && may_change
				 ? TOKEN(ADMIN) | TOKEN(SETID) | TOKEN(OWN_PROC)
				 : 0,
		.grant = policy_first(plan->policy, RIGHT_USER),
		.what = plan->changes_ids
				? "drop groups, change gid and uid, prove there is no way back"
				: "drop the supplementary groups",
		.reason = "groups first: afterwards there is no right to",
	};

	if (policy_has(plan->policy, RIGHT_USER) || policy_has(plan->policy, RIGHT_GROUP)) {
		plan_ask(plan, DENY_USER);
		if (!plan->changes_ids ||
		    (may_change && plan->layer_need[AMBIT_LAYER_IDS] != NEED_OFF))
			plan_carry(plan, DENY_USER, AMBIT_LAYER_IDS);
	}
	if (!may_groups || plan->layer_need[AMBIT_LAYER_IDS] == NEED_OFF)
		return note_groups(plan, err);
	return plan_step(plan, &step) ? AMBIT_OK : err_memory(err, AMBIT_LAYER_IDS);
}

enum ambit_code ids_prepare(struct kit_builder *kit, const struct ambit_plan *plan,
			    const struct step *step, struct ambit_error *err)
{
	const struct kit_op op = { .layer = AMBIT_LAYER_IDS,
				   .place = (uint8_t)step->place,
				   .op = step->op,
				   .each_thread = true,
				   .a = plan->uid,
				   .b = plan->gid,
				   .c = plan->host->uid };

	(void)err;
	kit_add_op(kit, &op);
	return AMBIT_OK;
}

/* A change of uid keeps the permitted set (KEEPCAPS) and empties the effective one. */
static int restore_effective(void)
{
	struct sys_caps caps;
	int r = sys_capget(&caps);

	if (r < 0)
		return r;
	caps.effective = caps.permitted;
	return sys_capset(&caps);
}

/* The capabilities must outlive the change by a few calls: the sets are emptied next. */
static int keep_capabilities(void)
{
	int r = sys_prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
	int bits = r == -EPERM ? sys_prctl(PR_GET_SECUREBITS, 0, 0, 0, 0) : 0;

	/* EPERM: an earlier phase locked it, and with it that a change of uid touches no set. */
	return r == -EPERM && bits > 0 && (bits & (int)SECBIT_NO_SETUID_FIXUP) ? 0 : r;
}

int ids_commit(struct child *child, const struct kit_op *op)
{
	uid_t uid = (uid_t)op->a;
	gid_t gid = (gid_t)op->b;
	int r = sys_setgroups(0, NULL);

	if (r < 0 || op->op == OP_DROP_GROUPS)
		return r;
	r = keep_capabilities();
	if (r >= 0)
		r = sys_setresgid(gid, gid, gid);
	/* EAGAIN would mean that RLIMIT_NPROC is exceeded: refused, never ignored. */
	if (r >= 0)
		r = sys_setresuid(uid, uid, uid);
	if (r >= 0)
		r = restore_effective();
	return r < 0 ? r : child_die_with_leader(child);
}

static int refused(int r)
{
	return r == -EPERM ? 0 : r < 0 ? r : -EPROTO;
}

int ids_verify(struct child *child, const struct kit_op *op)
{
	uid_t u[3];
	gid_t g[3];
	int r = sys_getgroups(0, NULL);

	(void)child;
	if (r != 0)
		return r < 0 ? r : -EPROTO;
	if (op->op == OP_DROP_GROUPS)
		return 0;
	r = sys_getresuid(u);
	if (r >= 0)
		r = sys_getresgid(g);
	if (r < 0)
		return r;
	for (int i = 0; i < 3; i++)
		if (u[i] != op->a || g[i] != op->b)
			return -EPROTO;
	(void)sys_setfsuid((uid_t)op->c); /* no error to see: ask what it is now */
	if (op->c != op->a && sys_setfsuid((uid_t)op->a) == op->c)
		return -EPROTO;
	/* The way back, by every door: after the capability sets are gone each must fail. */
	if (op->c == op->a)
		return 0;
	r = refused(sys_setresuid((uid_t)-1, (uid_t)op->c, (uid_t)-1));
	if (r >= 0)
		r = refused(sys_setresuid((uid_t)op->c, (uid_t)op->c, (uid_t)op->c));
	return r;
}
