/* SPDX-License-Identifier: ISC */
/* cmd_embed.c - ambit embed: a program that carries its policy */
#include "../base/err.h"
#include "../base/str.h"
#include "cli.h"

static enum ambit_code embed(struct cli *c, struct ambit_policy *policy)
{
	if (!policy)
		return err_memory(&c->err, AMBIT_LAYER_POLICY);
	if (ambit_policy_load(policy, c->operands[0], &c->err) != AMBIT_OK)
		return (enum ambit_code)c->err.code;
	return ambit_policy_embed(policy, c->operands[1], c->output, &c->err);
}

int cmd_embed(struct cli *c)
{
	struct ambit_policy *policy;
	enum ambit_code code;

	if (c->operand_count != 2) {
		(void)err_set(&c->err, AMBIT_E_USAGE, AMBIT_LAYER_NONE, 0,
			      "a policy file and a program are needed");
		(void)err_hint(&c->err, "write: ambit embed web.ambit ./server");
		return fail(c);
	}
	if (c->output && str_equal(c->output, "-")) {
		(void)err_set(&c->err, AMBIT_E_USAGE, AMBIT_LAYER_NONE, 0,
			      "a program is written to a file, not to standard output");
		(void)err_hint(&c->err, "name a file; one that is called '-' is ./-");
		return fail(c);
	}
	policy = ambit_policy_new();
	code = embed(c, policy);
	ambit_policy_free(policy);
	return code == AMBIT_OK ? STATUS_OK : fail(c);
}
