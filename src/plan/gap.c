/* SPDX-License-Identifier: ISC */
/*
 * gap.c - what the policy asks and no layer carries
 *
 * A denial that nobody carries is a gap. A gap refuses the run, unless it is one of the
 * documented exceptions (reported, and refused under --strict) or the line it serves says prefer.
 */
#include <linux/capability.h>
#include <string.h>

#include "plan.h"

enum denial_kind { DENIAL_MUST, DENIAL_REPORT };

static const struct {
	const char *text;
	enum denial_kind kind;
} denial_rows[] = {
#define DENIAL_ROW(name, text, kind) [DENY_##name] = { text, DENIAL_##kind },
	PLAN_DENIALS(DENIAL_ROW)
#undef DENIAL_ROW
};

#define NEEDS_RLIMITS "needs the layer rlimits, which a need line switches off"
#define NEEDS_FILTER                                                                               \
	"needs system call filters: CONFIG_SECCOMP_FILTER, and no need line against them"

#define JUDGE_REFUSED                                                                              \
	"needs pidfd_getfd, which is refused here (ambit doctor: take-sockets tells why)"
#define VIEW_OFF     "needs a mount view, which a need line switches off"
#define BOTH_OFF     "needs Landlock or a mount view, which need lines switch off"
#define LANDLOCK_OFF "needs Landlock, which a need line switches off"

/* The line that asks for a denial, where there is one, and the fact that would carry it. */
static const struct {
	enum plan_denial denial;
	int right, limit; /* -1 = any */
	const char *cure;
} asked_by[] = {
	{ DENY_HIDE, RIGHT_HIDE, -1, "hide needs a mount view: root, or user namespaces" },
	{ DENY_TMP, RIGHT_TMP, -1,
	  "a /tmp of its own needs a mount view: root, or user namespaces" },
	{ DENY_CONNECT, RIGHT_CONNECT, -1,
	  "needs Landlock ABI 4 for TCP ports, else a seccomp listener (Linux 5.19) and "
	  "pidfd_getfd" },
	{ DENY_LISTEN, RIGHT_LISTEN, -1, "needs a seccomp listener (Linux 5.19) and pidfd_getfd" },
	{ DENY_UNIX, RIGHT_UNIX, -1,
	  "needs a mount view, Landlock ABI 9, or a seccomp listener and pidfd_getfd" },
	{ DENY_USER, RIGHT_USER, -1,
	  "changing the user needs CAP_SETUID and CAP_SETGID: start ambit as root" },
	{ DENY_USER, RIGHT_GROUP, -1,
	  "changing the group needs CAP_SETUID and CAP_SETGID: start ambit as root" },
	{ DENY_LABEL, RIGHT_LABEL, -1,
	  "needs AppArmor in this kernel: lsm=...,apparmor, and a profile that is loaded" },
	{ DENY_LIMIT_MEMORY, RIGHT_LIMIT, LIMIT_MEMORY,
	  "needs a writable memory cgroup; without spawn, rlimits carry what tmp leaves of it" },
	{ DENY_LIMIT_PROCESSES, RIGHT_LIMIT, LIMIT_PROCESSES,
	  "needs a writable pids cgroup, or a user that nobody else uses" },
	{ DENY_LIMIT_CPU, RIGHT_LIMIT, LIMIT_CPU, "needs a writable cpu cgroup" },
	{ DENY_LIMIT_WALL, RIGHT_LIMIT, LIMIT_WALL_TIME,
	  "needs a process beside the program: memfd_create, or a temporary file to execute" },
	{ DENY_LIMIT_OTHER, RIGHT_LIMIT, LIMIT_OPEN_FILES, NEEDS_RLIMITS },
	{ DENY_LIMIT_OTHER, RIGHT_LIMIT, LIMIT_CPU_TIME, NEEDS_RLIMITS },
	{ DENY_LIMIT_OTHER, RIGHT_LIMIT, LIMIT_FILE_SIZE, NEEDS_RLIMITS },
	{ DENY_LIMIT_OTHER, RIGHT_LIMIT, LIMIT_STACK, NEEDS_RLIMITS },
	{ DENY_PRIVILEGE, -1, -1, "needs the layer capabilities, which a need line switches off" },
	{ DENY_ATTRIBUTES, -1, -1, NEEDS_FILTER },
	{ DENY_NETWORK, -1, -1, NEEDS_FILTER },
	{ DENY_TRACE, -1, -1, NEEDS_FILTER },
	{ DENY_IPC, -1, -1, NEEDS_FILTER },
	{ DENY_USERNS, -1, -1, NEEDS_FILTER },
	{ DENY_KERNEL, -1, -1, NEEDS_FILTER },
	{ DENY_MEMORY_WX, -1, -1, NEEDS_FILTER },
	{ DENY_TERMINAL, -1, -1, NEEDS_FILTER },
	{ DENY_INHERITED, -1, -1, "needs the layer fds, which a need line switches off" },
	{ DENY_CORE, -1, -1, NEEDS_RLIMITS },
	{ DENY_PROGRAMS, RIGHT_EXEC, -1, "needs Landlock (Linux 5.13)" },
	{ DENY_PROGRAMS, -1, -1, "needs Landlock (Linux 5.13), or a system call filter" },
	{ DENY_ABSTRACT, RIGHT_UNIX, -1, "needs Landlock ABI 6 or a network namespace" },
	{ DENY_CONTENTS, -1, -1, "needs Landlock, or a mount view (root, or user namespaces)" },
	{ DENY_CHANGES, -1, -1,
	  "needs Landlock (before ABI 3 with a system call filter), or a mount view (root, or user "
	  "namespaces)" },
	{ DENY_METADATA, -1, -1, "needs a mount view: root, or user namespaces" },
	{ DENY_PROCESS_LIST, -1, -1, "needs a pid namespace or no /proc" },
	{ DENY_SURVIVORS, -1, -1, "needs a pid namespace or a cgroup that can be killed" },
	{ DENY_SIGNALS, -1, -1, "needs a pid namespace or Landlock ABI 6" },
	{ DENY_WRITTEN_CODE, -1, -1, "needs a mount view, whose writable paths are noexec" },
};

/* The first line of a row that insists, else the first that prefers. */
static const struct grant *asker(const struct ambit_plan *plan, size_t row)
{
	const struct grant *g, *prefers = NULL;

	if (asked_by[row].right < 0)
		return NULL;
	for (size_t at = 0;
	     (g = policy_next(plan->policy, (enum right)asked_by[row].right, &at));) {
		if (asked_by[row].limit >= 0 && (int)g->limit != asked_by[row].limit)
			continue;
		if (!g->prefer)
			return g;
		if (!prefers)
			prefers = g;
	}
	return prefers;
}

/* Where need lines are the cause: what all of those layers would carry. The first row wins. */
static const struct {
	enum plan_denial denial;
	enum ambit_layer layer, other;
	const char *cure;
} switched_off[] = {
	{ DENY_HIDE, AMBIT_LAYER_MOUNT, AMBIT_LAYER_MOUNT, VIEW_OFF },
	{ DENY_TMP, AMBIT_LAYER_MOUNT, AMBIT_LAYER_MOUNT, VIEW_OFF },
	{ DENY_METADATA, AMBIT_LAYER_MOUNT, AMBIT_LAYER_MOUNT, VIEW_OFF },
	{ DENY_CONTENTS, AMBIT_LAYER_LANDLOCK, AMBIT_LAYER_MOUNT, BOTH_OFF },
	{ DENY_CHANGES, AMBIT_LAYER_LANDLOCK, AMBIT_LAYER_MOUNT, BOTH_OFF },
	{ DENY_CONTENTS, AMBIT_LAYER_LANDLOCK, AMBIT_LAYER_LANDLOCK, LANDLOCK_OFF },
	{ DENY_CHANGES, AMBIT_LAYER_LANDLOCK, AMBIT_LAYER_LANDLOCK, LANDLOCK_OFF },
	{ DENY_PROGRAMS, AMBIT_LAYER_LANDLOCK, AMBIT_LAYER_LANDLOCK, LANDLOCK_OFF },
};

static const char *off_cure(const struct ambit_plan *plan, enum plan_denial d)
{
	for (size_t i = 0; i < ARRAY_COUNT(switched_off); i++)
		if (switched_off[i].denial == d &&
		    plan->layer_need[switched_off[i].layer] == NEED_OFF &&
		    plan->layer_need[switched_off[i].other] == NEED_OFF)
			return switched_off[i].cure;
	return NULL;
}

/* Only what lets a judge act is missing: this kernel and the policy have all the rest. */
static const char *judge_cure(const struct ambit_plan *plan, enum plan_denial d,
			      const struct grant *g)
{
	static const enum host_fact facts[] = { FACT_SECCOMP_LISTENER, FACT_SECCOMP_KILLABLE,
						FACT_MEMFD_EXEC };

	if ((d != DENY_CONNECT && d != DENY_LISTEN && d != DENY_UNIX) ||
	    host_has(plan->host, FACT_TAKE_SOCKETS) || !plan_may(plan, AMBIT_LAYER_SECCOMP))
		return NULL;
	for (size_t i = 0; i < ARRAY_COUNT(facts); i++)
		if (!host_has(plan->host, facts[i]))
			return NULL;
	if (d == DENY_CONNECT && g && g->net.protocol == NET_TCP && g->net.family &&
	    plan_may(plan, AMBIT_LAYER_LANDLOCK) && plan->host->landlock_abi >= 4)
		return JUDGE_REFUSED "; a TCP port without an address needs Landlock only: connect "
				     "'tcp * PORT'";
	return JUDGE_REFUSED;
}

/* Whoever could have a view but for where he stands is not told to become root. */
static const char *cure_of(const struct ambit_plan *plan, size_t row, const struct grant *g)
{
	const enum plan_denial d = asked_by[row].denial;
	const char *other = off_cure(plan, d);
	const bool view = d == DENY_HIDE || d == DENY_TMP || d == DENY_METADATA;
	const char *cause = plan->host->facts[FACT_MOUNT_NAMESPACE].cause;

	if (d == DENY_WRITTEN_CODE && plan->mount_view)
		return "a file that passes as a descriptor is on a mount of the host's: pass a "
		       "pipe";
	if (view && cause && !strcmp(cause, HOST_CAUSE_ROOT))
		return "needs a mount view, and " HOST_CAUSE_ROOT ": start ambit outside";
	if (!other)
		other = judge_cure(plan, d, g);
	if (other)
		return other;
	if (view && plan->host->uid == 0 && !host_cap(plan->host, CAP_SYS_ADMIN))
		return "needs a mount view: CAP_SYS_ADMIN, which this root lacks, or user "
		       "namespaces";
	return asked_by[row].cure;
}

/* The line a gap is said of, into @note: a line that insists wins over any that prefers. */
static void find_asker(const struct ambit_plan *plan, struct note *note)
{
	for (size_t i = 0; i < ARRAY_COUNT(asked_by); i++) {
		const struct grant *g;
		bool better;

		if ((int)asked_by[i].denial != note->denial)
			continue;
		g = asker(plan, i);
		better = g && (!note->grant || (note->grant->prefer && !g->prefer));
		if (better)
			note->grant = g;
		if (better || (!note->grant && asked_by[i].right < 0))
			note->cure = cure_of(plan, i, g);
	}
}

/* What of the promise does not hold: ambit alone may be killed. */
static const char *gap_text(enum plan_denial denial)
{
	return denial == DENY_SURVIVORS ? "what the program has started ends even when ambit and "
					  "the process beside it are both killed (SIGKILL)"
					: denial_rows[denial].text;
}

static enum ambit_code add_gap(struct ambit_plan *plan, enum plan_denial denial,
			       struct ambit_error *err)
{
	struct note note = { .kind = NOTE_GAP, .denial = (int)denial };
	bool prefers;

	find_asker(plan, &note);
	prefers = note.grant && note.grant->prefer;
	note.text = gap_text(denial);
	if (denial_rows[denial].kind == DENIAL_REPORT || prefers)
		note.kind = prefers ? NOTE_SKIPPED : NOTE_REPORTED;
	return plan_note(plan, note, err);
}

/* Some layers are there only for lines that use them. */
static bool is_used(const struct ambit_plan *plan, enum ambit_layer layer)
{
	const struct grant *g;

	if (layer == AMBIT_LAYER_APPARMOR)
		return policy_has(plan->policy, RIGHT_LABEL);
	for (size_t at = 0; layer == AMBIT_LAYER_CGROUP &&
			    (g = policy_next(plan->policy, RIGHT_LIMIT, &at)) != NULL;)
		if (g->limit == LIMIT_MEMORY || g->limit == LIMIT_PROCESSES ||
		    g->limit == LIMIT_CPU)
			return true;
	return layer != AMBIT_LAYER_CGROUP;
}

/*
 * A layer the policy demands and the plan lacks is a gap of its own, and so is one that it switches
 * off and that does not know how to stay away.
 */
static enum ambit_code demanded_layer(struct ambit_plan *plan, const struct grant *g,
				      struct ambit_error *err)
{
	const char *name = ambit_layer_name(g->layer);
	enum ambit_code code;
	bool there = false;

	for (size_t i = 0; i < plan->step_count; i++)
		there |= plan->steps[i].layer == g->layer && !plan->steps[i].dropped;
	if (there != (g->need == NEED_OFF))
		return AMBIT_OK;
	if (there)
		return plan_notef(plan, NOTE_GAP, g->layer, g, err,
				  "the layer %s is switched off and has a step all the same", name);
	code = plan_notef(plan, g->need == NEED_MUST ? NOTE_GAP : NOTE_SKIPPED, g->layer, g, err,
			  plan_may(plan, g->layer) ? "the layer %s has no part in this plan"
						   : "the layer %s is not available here",
			  name);
	if (code == AMBIT_OK && plan_may(plan, g->layer) && !is_used(plan, g->layer))
		plan_cure(plan, "no line of the policy uses it: leave this one out");
	return code;
}

/* In the layers' order, whatever that of the lines is. */
static enum ambit_code demanded_layers(struct ambit_plan *plan, struct ambit_error *err)
{
	enum ambit_code code = AMBIT_OK;

	for (size_t layer = 0; layer < ARRAY_COUNT(plan->layer_need); layer++) {
		const struct grant *g;

		if (plan->layer_need[layer] == NEED_DEFAULT)
			continue;
		for (size_t at = 0;
		     code == AMBIT_OK && (g = policy_next(plan->policy, RIGHT_NEED, &at)) != NULL;)
			if ((size_t)g->layer == layer)
				code = demanded_layer(plan, g, err);
	}
	return code;
}

enum ambit_code plan_gaps(struct ambit_plan *plan, struct ambit_error *err)
{
	enum ambit_code code = demanded_layers(plan, err);

	for (int d = 0; d < DENY_COUNT && code == AMBIT_OK; d++)
		if (plan->asked[d] && !plan->carried[d])
			code = add_gap(plan, (enum plan_denial)d, err);
	return code;
}

size_t plan_gap_count(const struct ambit_plan *plan)
{
	size_t gaps = 0;

	for (size_t i = 0; i < plan->note_count; i++)
		gaps += plan->notes[i].kind == NOTE_GAP;
	return gaps;
}

const char *plan_denial_text(enum plan_denial denial)
{
	return denial_rows[denial].text;
}

const char *plan_note_lead(const struct note *note)
{
	return note->denial >= 0 ? "not enforced here: " : "";
}
