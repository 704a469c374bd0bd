/* SPDX-License-Identifier: ISC */
/* enter.c - the exported functions for a process that confines itself, and reports */
#include <stdlib.h>
#include <string.h>

#include "../base/buf.h"
#include "../run/run.h"
#include "api.h"
#include "handle.h"

/* Copies of what a plan says: it outlives plan, host and policy. */
struct ambit_report {
	struct arena arena;
	struct ambit_report_line *lines;
	size_t count;
};

static const char *const kind_words[] = {
	[AMBIT_REPORT_STEP] = "in force",     [AMBIT_REPORT_GAP] = "gap",
	[AMBIT_REPORT_SKIPPED] = "skipped",   [AMBIT_REPORT_WEAKER] = "weaker",
	[AMBIT_REPORT_WARNING] = "warning",   [AMBIT_REPORT_CHOICE] = "choice",
	[AMBIT_REPORT_NARROWER] = "narrower",
};

static const enum ambit_report_kind kind_of_note[] = {
	[NOTE_GAP] = AMBIT_REPORT_GAP,	       [NOTE_SKIPPED] = AMBIT_REPORT_SKIPPED,
	[NOTE_REPORTED] = AMBIT_REPORT_WEAKER, [NOTE_WARNING] = AMBIT_REPORT_WARNING,
	[NOTE_CHOICE] = AMBIT_REPORT_CHOICE,   [NOTE_NARROWER] = AMBIT_REPORT_NARROWER,
};

static bool add_line(struct ambit_report *r, struct ambit_report_line line,
		     const struct grant *grant)
{
	char where[256] = "";
	struct ambit_report_line *l = arena_grow(&r->arena, &r->lines, &r->count, sizeof(*l));

	if (!l)
		return false;
	*l = line;
	l->size = sizeof(*l);
	l->text = arena_string(&r->arena, line.text);
	l->line = arena_string(&r->arena,
			       grant ? origin_text(&grant->origin, where, sizeof(where)) : "");
	return l->text && l->line;
}

static bool fill(struct ambit_report *r, const struct ambit_plan *plan)
{
	for (size_t i = 0; i < plan->step_count; i++) {
		const struct step *s = &plan->steps[i];

		if (!s->dropped && !add_line(r,
					     (struct ambit_report_line){ .kind = AMBIT_REPORT_STEP,
									 .layer = s->layer,
									 .text = s->what },
					     s->grant))
			return false;
	}
	for (size_t i = 0; i < plan->note_count; i++) {
		const struct note *n = &plan->notes[i];

		if (!add_line(r,
			      (struct ambit_report_line){ .kind = kind_of_note[n->kind],
							  .layer = n->layer,
							  .text = n->text },
			      n->grant))
			return false;
	}
	return true;
}

static enum ambit_code make_report(const struct ambit_plan *plan, struct ambit_report **ret,
				   struct ambit_error *err)
{
	struct ambit_report *r = calloc(1, sizeof(*r));

	if (!r || !fill(r, plan)) {
		ambit_report_free(r);
		return err_memory(err, AMBIT_LAYER_PLAN);
	}
	*ret = r;
	return AMBIT_OK;
}

enum ambit_code ambit_plan_report(const struct ambit_plan *plan, struct ambit_report **ret_report,
				  struct ambit_error *err)
{
	ERR_BEGIN(err);
	if (!plan || !ret_report)
		return err_set(err, AMBIT_E_USAGE, AMBIT_LAYER_PLAN, 0,
			       "a plan and a result are needed");
	return make_report(&run_of(plan)->plan, ret_report, err);
}

bool ambit_report_at(const struct ambit_report *report, size_t index,
		     struct ambit_report_line *ret_line)
{
	size_t size;

	if (!report || !ret_line || index >= report->count)
		return false;
	size = ret_line->size;
	memcpy(ret_line, &report->lines[index],
	       size < sizeof(*ret_line) ? size : sizeof(*ret_line));
	ret_line->size = size;
	return true;
}

enum ambit_code ambit_report_print(const struct ambit_report *report, char **ret_text,
				   struct ambit_error *err)
{
	AUTO_BUF struct buf out = { 0 };
	char *text;

	ERR_BEGIN(err);
	if (!report || !ret_text)
		return err_set(err, AMBIT_E_USAGE, AMBIT_LAYER_PLAN, 0,
			       "a report and a result are needed");
	for (size_t i = 0; i < report->count; i++) {
		const struct ambit_report_line *l = &report->lines[i];

		buf_add_format(&out, "%-9s %-13s %s%s%s\n", kind_words[l->kind],
			       ambit_layer_name((enum ambit_layer)l->layer), l->line,
			       l->line[0] ? ": " : "", l->text);
	}
	text = buf_take(&out);
	if (!text)
		return err_memory(err, AMBIT_LAYER_PLAN);
	*ret_text = text;
	return AMBIT_OK;
}

void ambit_report_free(struct ambit_report *report)
{
	if (report)
		arena_done(&report->arena);
	free(report);
}

enum ambit_code ambit_enter(const struct ambit_policy *policy, struct ambit_report **ret_report,
			    struct ambit_error *err)
{
	struct ambit_report *report = NULL;
	enum ambit_code code;
	struct run run;

	ERR_BEGIN(err);
	if (!policy)
		return err_set(err, AMBIT_E_USAGE, AMBIT_LAYER_RUN, 0, "a policy is needed");
	code = run_plan_enter(&run, policy, NULL, RUN_BECOME, err);
	/* Before, for want of memory must not leave the caller confined and without an answer. */
	if (code == AMBIT_OK && ret_report)
		code = make_report(&run.plan, &report, err);
	if (code == AMBIT_OK)
		code = run_enter(&run, err);
	run_done(&run);
	if (code != AMBIT_OK)
		ambit_report_free(report);
	else if (ret_report)
		*ret_report = report;
	return err_exhausted(err);
}

enum ambit_code ambit_privileges_drop(const char *privileges, struct ambit_error *err)
{
	/* The paths of local sockets and of memory that is executed belong to no privilege. */
	const struct text_origin from = { .name = "privileges", .directory = "/" };
	static const char rest[] = "need ids off\nunix /\njit\n";
	AUTO_BUF struct buf list = { 0 };
	struct ambit_policy policy = { 0 };
	enum ambit_code code;
	const char *text;

	ERR_BEGIN(err);
	if (!privileges)
		return err_set(err, AMBIT_E_USAGE, AMBIT_LAYER_POLICY, 0, "a list is needed");
	buf_add_string(&list, "all");
	while (*privileges) {
		const size_t n = strcspn(privileges, ",");

		buf_add_string(&list, ",!");
		buf_add(&list, privileges, n);
		privileges += n + (privileges[n] == ',');
	}
	text = list.failed ? NULL : buf_text(&list);
	code = text ? policy_add_directive(&policy, "privileges", text, err)
		    : err_memory(err, AMBIT_LAYER_POLICY);
	if (code == AMBIT_OK)
		code = policy_parse_text(&policy, rest, sizeof(rest) - 1, &from, err);
	if (code == AMBIT_OK)
		code = ambit_enter(&policy, NULL, err);
	policy_done(&policy);
	return err_exhausted(err);
}
