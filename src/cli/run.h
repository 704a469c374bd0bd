/* SPDX-License-Identifier: ISC */
/* run.h - what run and plan share */
#ifndef AMBIT_CLI_RUN_H
#define AMBIT_CLI_RUN_H

#include "cli.h"

/* The library's options from the command's. Borrows @c. */
struct ambit_options run_options(struct cli *c);

#endif
