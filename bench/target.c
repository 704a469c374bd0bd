/* SPDX-License-Identifier: ISC */
/* target.c - the program that start-up benches start: it ends, successfully, and nothing else */
#define RAW_START
#include "raw.h"

int raw_main(int argc, char **argv, char **envp)
{
	(void)argc;
	(void)argv;
	(void)envp;
	return 0;
}
