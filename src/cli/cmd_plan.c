/* SPDX-License-Identifier: ISC */
/* cmd_plan.c - ambit plan: what would be enforced, and how; executes nothing */
#include <string.h>

#include "run.h"

int cmd_plan(struct cli *c)
{
	AUTO_FREE char *text = NULL;
	struct ambit_options options = run_options(c);
	struct ambit_plan *plan;
	enum ambit_code code;
	size_t gaps;

	if (program_look(c, &options) != AMBIT_OK)
		return fail(c);
	code = ambit_plan_build(c->policy, c->operands[0] ? c->operands : NULL, &options, &plan,
				&c->err);
	if (code != AMBIT_OK)
		return fail(c);
	code = ambit_plan_print(plan, c->json, !c->json && wants_color(c, 1), &text, &c->err);
	gaps = ambit_plan_gaps(plan);
	ambit_plan_free(plan);
	if (code != AMBIT_OK)
		return fail(c);
	return print(c, text, strlen(text), gaps ? STATUS_NO : STATUS_OK);
}
