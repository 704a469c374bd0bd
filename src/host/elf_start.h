/* SPDX-License-Identifier: ISC */
/* elf_start.h - what a file needs to start: its ELF interpreter or its #! program */
#ifndef AMBIT_HOST_ELF_START_H
#define AMBIT_HOST_ELF_START_H

#include "../base/arena.h"

/* *ret_interpreter is NULL for a static program. 0, -ENOEXEC for neither, or -errno. */
int elf_start(struct arena *a, const char *path, const char **ret_interpreter,
	      bool *ret_is_script) MUST_CHECK;

#endif
