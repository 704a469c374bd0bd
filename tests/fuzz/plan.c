/* SPDX-License-Identifier: ISC */
/*
 * Policy text, a line "---", host text: a plan of any policy on any host is in order, twice the
 * same, printable, and says of every denial who carries it or that nobody does.
 */
#include "../plan/make.h"

#include "../../src/base/buf.h"
#include "../../src/base/str.h"
#include "require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_said(const struct ambit_plan *plan, int denial)
{
	for (size_t i = 0; i < plan->note_count; i++)
		if (plan->notes[i].denial == denial && plan->notes[i].kind <= NOTE_REPORTED)
			return true;
	return false;
}

static void check_paths(const struct ambit_plan *plan)
{
	for (size_t i = 0; i < plan->path_count; i++) {
		const struct plan_path *p = &plan->paths[i];

		require(p->path[0] == '/');
		require(!i || strcmp(plan->paths[i - 1].path, p->path) < 0);
		require(p->view != VIEW_HIDE || !p->access);
		require(p->view != VIEW_LINK || p->target);
	}
}

static void check_plan(const struct ambit_plan *plan)
{
	require(plan_order_check(plan->steps, plan->step_count) < 0);
	for (int d = 0; d < DENY_COUNT; d++)
		require(is_said(plan, d) == (plan->asked[d] && !plan->carried[d]));
	for (size_t i = 0; i < plan->note_count; i++) {
		const struct note *n = &plan->notes[i];

		require(n->kind != NOTE_SKIPPED || n->grant);
		require(!plan->strict || (n->kind != NOTE_SKIPPED && n->kind != NOTE_REPORTED));
	}
	check_paths(plan);
}

static enum ambit_code make(struct made *m, const char *policy, size_t policy_length,
			    const char *host, size_t host_length, struct ambit_error *err)
{
	enum ambit_code code = make_host(m, host, host_length, err);

	if (code == AMBIT_OK)
		code = make_policy(m, policy, policy_length, err);
	if (code == AMBIT_OK)
		code = make_plan(m, m->host.path_count ? m->host.paths[0].path : NULL, err);
	return code;
}

static void plan_twice(const char *policy, size_t policy_length, const char *host,
		       size_t host_length)
{
	struct made a = { 0 }, b = { 0 };
	struct ambit_error err = { 0 };
	struct buf x = { 0 }, y = { 0 };

	a.plan.strict = b.plan.strict = policy_length % 2 == 1;
	if (make(&a, policy, policy_length, host, host_length, &err) == AMBIT_OK) {
		check_plan(&a.plan);
		require(make(&b, policy, policy_length, host, host_length, NULL) == AMBIT_OK);
		plan_print_text(&a.plan, false, &x);
		plan_print_text(&b.plan, false, &y);
		plan_print_json(&a.plan, &x);
		plan_print_json(&b.plan, &y);
		require(!x.failed && str_equal(buf_text(&x), buf_text(&y)));
		require_visible(buf_text(&x), true);
	} else {
		require(err.code && err.text[0]);
		require_visible(err.text, false);
		require_visible(err.hint, false);
	}
	buf_done(&x);
	buf_done(&y);
	made_done(&a);
	made_done(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char mark[] = "\n---\n";
	const char *text = (const char *)data;
	const char *split = memmem(data, size, mark, sizeof(mark) - 1);

	/* Not to read whatever files this machine has. */
	if (!split || memmem(data, size, "include", 7))
		return 0;
	plan_twice(text, (size_t)(split - text), split + sizeof(mark) - 1,
		   size - (size_t)(split - text) - (sizeof(mark) - 1));
	return 0;
}
