/* SPDX-License-Identifier: ISC */
/* cmd_diff.c - ambit diff: what policy A grants that B does not */
#include <string.h>

#include "../base/err.h"
#include "cli.h"

static int compare(struct cli *c, struct ambit_policy *a, struct ambit_policy *b)
{
	AUTO_FREE char *more = NULL;
	bool within;

	if (!a || !b) {
		(void)err_memory(&c->err, AMBIT_LAYER_POLICY);
		return fail(c);
	}
	if (ambit_policy_load(a, c->operands[0], &c->err) != AMBIT_OK ||
	    ambit_policy_load(b, c->operands[1], &c->err) != AMBIT_OK ||
	    ambit_policy_within(a, b, &within, &more, &c->err) != AMBIT_OK)
		return fail(c);
	return print(c, more, strlen(more), within ? STATUS_OK : STATUS_NO);
}

int cmd_diff(struct cli *c)
{
	struct ambit_policy *a, *b;
	int status;

	if (c->operand_count != 2) {
		(void)err_set(&c->err, AMBIT_E_USAGE, AMBIT_LAYER_NONE, 0,
			      "two policy files are needed, not %d", c->operand_count);
		(void)err_hint(&c->err, "write: ambit diff A B");
		return fail(c);
	}
	a = ambit_policy_new();
	b = ambit_policy_new();
	status = compare(c, a, b);
	ambit_policy_free(a);
	ambit_policy_free(b);
	return status;
}
