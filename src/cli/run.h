/* SPDX-License-Identifier: ISC */
/* run.h - what run and plan share */
#ifndef AMBIT_CLI_RUN_H
#define AMBIT_CLI_RUN_H

#include "cli.h"

/* The library's options from the command's. Borrows @c. */
struct ambit_options run_options(struct cli *c);
/*
 * program.c: where no policy is given, take the one that the program carries; with --check, refuse
 * what its code reaches beyond the policy. Keeps the run to the file that was looked at.
 */
enum ambit_code program_look(struct cli *c, struct ambit_options *options);

#endif
