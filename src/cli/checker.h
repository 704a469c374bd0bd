/* SPDX-License-Identifier: ISC */
/* checker.h - ambit-check, the program that reads machine code: found, executed, asked */
#ifndef AMBIT_CLI_CHECKER_H
#define AMBIT_CLI_CHECKER_H

#include "cli.h"

/* Become it, with these words. Returns only on failure, with c->err filled. */
void checker_become(struct cli *c, char **words);

/*
 * Run it, confined: it may read and nothing else. The first two words are filled in; "-" as the
 * policy is @input, and the program is what is open on @program_fd. What it says is in @out. Its
 * exit status, or -1 with c->err filled.
 */
int checker_ask(struct cli *c, char **words, const struct buf *input, int program_fd,
		struct buf *out) MUST_CHECK;

#endif
