/* SPDX-License-Identifier: ISC */
/*
 * gap.c - what the policy asks and no layer carries
 *
 * A denial that nobody carries is a gap. A gap refuses the run, unless it is one of the
 * documented exceptions (reported, and refused under --strict) or the line it serves says prefer.
 */
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

/* The line that asks for a denial, where there is one, and the fact that would carry it. */
static const struct {
	enum plan_denial denial;
	int right, limit; /* -1 = any */
	const char *cure;
} asked_by[] = {
	{ DENY_HIDE, RIGHT_HIDE, -1, "hide needs a mount view: root, or user namespaces" },
	{ DENY_CONNECT, RIGHT_CONNECT, -1, "needs Landlock ABI 4, or a seccomp listener (Linux 5.19)" },
	{ DENY_LISTEN, RIGHT_LISTEN, -1, "needs a seccomp listener (Linux 5.19)" },
	{ DENY_UNIX, RIGHT_UNIX, -1, "needs a mount view, Landlock ABI 9, or a seccomp listener" },
	{ DENY_USER, RIGHT_USER, -1, "changing the user needs CAP_SETUID and CAP_SETGID: start ambit as root" },
	{ DENY_LIMIT_MEMORY, RIGHT_LIMIT, LIMIT_MEMORY,
	  "needs a writable memory cgroup; without spawn, rlimits carry it" },
	{ DENY_LIMIT_PROCESSES, RIGHT_LIMIT, LIMIT_PROCESSES,
	  "needs a writable pids cgroup, or a user that nobody else uses" },
	{ DENY_LIMIT_CPU, RIGHT_LIMIT, LIMIT_CPU, "needs a writable cpu cgroup" },
	{ DENY_CONTENTS, -1, -1, "needs Landlock, or a mount view (root, or user namespaces)" },
	{ DENY_CHANGES, -1, -1, "needs Landlock, or a mount view (root, or user namespaces)" },
	{ DENY_METADATA, -1, -1, "needs a mount view: root, or user namespaces" },
	{ DENY_PROCESS_LIST, -1, -1, "needs a pid namespace or no /proc" },
	{ DENY_SURVIVORS, -1, -1, "needs a pid namespace or a cgroup that can be killed" },
	{ DENY_ABSTRACT, -1, -1, "needs Landlock ABI 6 or a network namespace" },
	{ DENY_SIGNALS, -1, -1, "needs a pid namespace or Landlock ABI 6" },
	{ DENY_WRITTEN_CODE, -1, -1, "needs a mount view, whose writable paths are noexec" },
};

static const struct grant *asker(const struct ambit_plan *plan, size_t row)
{
	const struct grant *g = NULL;

	if (asked_by[row].right < 0)
		return NULL;
	for (size_t at = 0; (g = policy_next(plan->policy, (enum right)asked_by[row].right, &at));)
		if (asked_by[row].limit < 0 || (int)g->limit == asked_by[row].limit)
			return g;
	return NULL;
}

static enum ambit_code add_gap(struct ambit_plan *plan, enum plan_denial denial,
			       struct ambit_error *err)
{
	struct note note = { .kind = NOTE_GAP, .denial = (int)denial };
	const struct grant *g = NULL;

	for (size_t i = 0; i < ARRAY_COUNT(asked_by); i++)
		if (asked_by[i].denial == denial) {
			note.cure = asked_by[i].cure;
			g = asker(plan, i);
		}
	note.grant = g;
	note.text = denial_rows[denial].text;
	if ((denial_rows[denial].kind == DENIAL_REPORT || (g && g->prefer)) && !plan->strict)
		note.kind = g && g->prefer ? NOTE_SKIPPED : NOTE_REPORTED;
	return plan_note(plan, note, err);
}

/* A layer the policy demands and the host lacks is a gap of its own. */
static enum ambit_code demanded_layers(struct ambit_plan *plan, struct ambit_error *err)
{
	const struct grant *g;
	enum ambit_code code = AMBIT_OK;

	for (size_t at = 0; code == AMBIT_OK && (g = policy_next(plan->policy, RIGHT_NEED, &at));) {
		bool there = false;

		for (size_t i = 0; i < plan->step_count; i++)
			there |= plan->steps[i].layer == g->layer && !plan->steps[i].dropped;
		if (there || g->need == NEED_OFF)
			continue;
		code = plan_notef(plan,
				  g->need == NEED_MUST || plan->strict ? NOTE_GAP : NOTE_SKIPPED,
				  g->layer, g, err, "the layer %s is not available here",
				  ambit_layer_name(g->layer));
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
