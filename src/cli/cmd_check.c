/* SPDX-License-Identifier: ISC */
/* cmd_check.c - ambit check: becomes ambit-check, which lies beside this program */
#include "checker.h"

enum { STATUS_CANNOT_TELL = 2 };

int cmd_check(struct cli *c)
{
	checker_become(c, c->words);
	(void)fail(c);
	return STATUS_CANNOT_TELL;
}
