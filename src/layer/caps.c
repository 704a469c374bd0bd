/* SPDX-License-Identifier: ISC */
/*
 * caps.c - all five capability sets, and the securebits that keep them empty
 *
 * Order inside matters: dropping from the bounding set and setting securebits need CAP_SETPCAP,
 * so the permitted set goes last. PR_SET_SECUREBITS replaces the whole word: read, merge, write.
 */
#include <linux/capability.h>
#include <linux/prctl.h>
#include <linux/securebits.h>

#include "child.h"

enum { OP_BOUNDING, OP_SECUREBITS, OP_CLEAR };

#define SECUREBITS_WANTED                                                                          \
	(SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP |                           \
	 SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE |   \
	 SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED)

/* ---- plan ------------------------------------------------------------------------------- */

static enum ambit_code note_missing(struct ambit_plan *plan, struct ambit_error *err)
{
	enum ambit_code code = AMBIT_OK;
	const struct grant *g;

	for (size_t at = 0; code == AMBIT_OK &&
			    (g = policy_next(plan->policy, RIGHT_KEEP_CAPABILITY, &at)) != NULL;)
		if (!host_cap(plan->host, (int)g->number)) {
			code = plan_notef(plan, NOTE_GAP, AMBIT_LAYER_CAPS, g, err,
					  "the caller does not have the capability %s", g->name);
			if (code == AMBIT_OK)
				plan_cure(plan, "leave it out, or have somebody start ambit who "
						"has it");
		}
	return code;
}

enum ambit_code caps_plan(struct ambit_plan *plan, struct ambit_error *err)
{
	/* A pledged process keeps what its user id means: only the permitted set is narrowed. */
	const bool pledged = policy_has(plan->policy, RIGHT_PLEDGE);
	bool setpcap = (host_cap(plan->host, CAP_SETPCAP) || plan->userns) && !pledged;
	const struct step steps[] = {
		{ .layer = AMBIT_LAYER_CAPS,
		  .op = OP_BOUNDING,
		  .place = PLACE_AHEAD,
		  .needs = TOKEN(SETPCAP) | TOKEN(ANY_CALL),
		  .what = "empty the bounding set",
		  .reason = "file capabilities and setuid programs can give nothing back" },
		{ .layer = AMBIT_LAYER_CAPS,
		  .op = OP_SECUREBITS,
		  .place = PLACE_PROGRAM,
		  .needs = TOKEN(SETPCAP) | TOKEN(ANY_CALL),
		  .takes = TOKEN(SECUREBITS),
		  .what = "lock the securebits",
		  .reason = "uid 0 is a number like any other" },
		{ .layer = AMBIT_LAYER_CAPS,
		  .op = OP_CLEAR,
		  .place = PLACE_PROGRAM,
		  .needs = TOKEN(SETPCAP) | TOKEN(ANY_CALL),
		  .takes = TOKEN(ADMIN) | TOKEN(SETID) | TOKEN(SETPCAP),
		  .what = "empty the ambient, inheritable, permitted and effective sets" },
	};
	enum ambit_code code = note_missing(plan, err);

	plan_ask(plan, DENY_PRIVILEGE);
	if (code != AMBIT_OK || plan->layer_need[AMBIT_LAYER_CAPS] == NEED_OFF)
		return code;
	plan_carry(plan, DENY_PRIVILEGE, AMBIT_LAYER_CAPS);
	/* The second time there is nothing to empty, and the first filter refuses the call. */
	if (plan->door == DOOR_ENTER && !plan->host->caps_held && plan->host->no_new_privs)
		return code;
	if (!setpcap && plan->host->bounding && !pledged)
		code = plan_notef(plan, NOTE_REPORTED, AMBIT_LAYER_CAPS, NULL, err,
				  "the bounding set stays as it is without CAP_SETPCAP; "
				  "no_new_privs makes it void");
	for (size_t i = setpcap ? 0 : 2; i < ARRAY_COUNT(steps) && code == AMBIT_OK; i++)
		if (!plan_step(plan, &steps[i]))
			code = err_memory(err, AMBIT_LAYER_CAPS);
	return code;
}

enum ambit_code caps_prepare(struct kit_builder *kit, const struct ambit_plan *plan,
			     const struct step *step, struct ambit_error *err)
{
	const struct kit_op op = { .layer = AMBIT_LAYER_CAPS,
				   .place = (uint8_t)step->place,
				   .op = step->op,
				   .each_thread = true,
				   .a = plan->keep_caps,
				   .b = (uint64_t)plan->host->last_cap };

	(void)err;
	kit_add_op(kit, &op);
	return AMBIT_OK;
}

/* ---- commit ----------------------------------------------------------------------------- */

static int drop_bounding(uint64_t keep, int last)
{
	int r = 0;

	for (int c = 0; c <= last && r >= 0; c++)
		if (!(keep >> c & 1))
			r = sys_prctl(PR_CAPBSET_DROP, (unsigned long)c, 0, 0, 0);
	return r;
}

/* Kept capabilities survive execve of an ordinary file only through the ambient set. */
static int raise_ambient(uint64_t keep, int last)
{
	struct sys_caps caps;
	int r = sys_capget(&caps);

	if (r < 0)
		return r;
	caps.inheritable = keep;
	r = sys_capset(&caps);
	for (int c = 0; c <= last && r >= 0; c++)
		if (keep >> c & 1)
			r = sys_prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, (unsigned long)c, 0, 0);
	return r;
}

static int lock_securebits(uint64_t keep, int last)
{
	int bits = sys_prctl(PR_GET_SECUREBITS, 0, 0, 0, 0);
	int r;

	if (bits < 0)
		return bits;
	r = keep ? raise_ambient(keep, last) : 0;
	if (r < 0)
		return r;
	bits &= ~(int)SECBIT_KEEP_CAPS;
	return sys_prctl(PR_SET_SECUREBITS, (unsigned long)bits | SECUREBITS_WANTED, 0, 0, 0);
}

static int clear(uint64_t keep)
{
	struct sys_caps caps;
	int r = keep ? 0 : sys_prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);

	if (r >= 0)
		r = sys_capget(&caps);
	if (r < 0)
		return r;
	/* Some may have gone since the plan was made: what executes has promised more by then. */
	caps.permitted &= keep;
	caps.effective = caps.inheritable = caps.permitted;
	return sys_capset(&caps);
}

int caps_commit(struct child *child, const struct kit_op *op)
{
	(void)child;
	if (op->op == OP_BOUNDING)
		return drop_bounding(op->a, (int)op->b);
	if (op->op == OP_SECUREBITS)
		return lock_securebits(op->a, (int)op->b);
	return clear(op->a);
}

/* ---- verify ----------------------------------------------------------------------------- */

static int verify_bounding(uint64_t kept, int last)
{
	for (int c = 0; c <= last; c++) {
		int r = sys_prctl(PR_CAPBSET_READ, (unsigned long)c, 0, 0, 0);

		if (r != (int)(kept >> c & 1))
			return r < 0 ? r : -EPROTO;
	}
	return 0;
}

int caps_verify(struct child *child, const struct kit_op *op)
{
	struct sys_caps caps;
	int r;

	(void)child;
	if (op->op == OP_BOUNDING)
		return verify_bounding(op->a, (int)op->b);
	if (op->op == OP_SECUREBITS) {
		r = sys_prctl(PR_GET_SECUREBITS, 0, 0, 0, 0);
		if (r < 0)
			return r;
		return (r & (int)SECUREBITS_WANTED) == (int)SECUREBITS_WANTED ? 0 : -EPROTO;
	}
	r = sys_capget(&caps);
	if (r < 0)
		return r;
	return (caps.effective | caps.permitted | caps.inheritable) & ~op->a ? -EPROTO : 0;
}
