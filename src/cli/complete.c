/* SPDX-License-Identifier: ISC */
/* complete.c - shell completions, from the tables */
#include "cli.h"

void complete(const char *shell, struct buf *out)
{
	(void)shell;
	(void)out;
}
