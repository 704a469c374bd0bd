/* SPDX-License-Identifier: ISC */
/* cmd_doctor.c - ambit doctor: what this kernel and this caller offer */
#include <string.h>

#include "../base/err.h"
#include "cli.h"

/* Operands would be ignored: say so instead. */
static enum ambit_code no_operands(struct cli *c)
{
	if (!c->operand_count)
		return AMBIT_OK;
	(void)err_set(&c->err, AMBIT_E_USAGE, AMBIT_LAYER_NONE, 0, "'ambit %s' takes no operand",
		      c->command->name);
	return err_hint(&c->err, "write: ambit %s %s", c->command->name, c->command->synopsis);
}

int cmd_doctor(struct cli *c)
{
	AUTO_FREE char *text = NULL;

	if (no_operands(c) != AMBIT_OK)
		return fail(c);
	if (ambit_doctor(c->json, !c->json && wants_color(c, 1), &text, &c->err) != AMBIT_OK)
		return fail(c);
	return print(c, text, strlen(text), STATUS_OK);
}
