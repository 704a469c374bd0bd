/* SPDX-License-Identifier: ISC */
/*
 * careless.c - linked into a launcher of its own: one step of it passes over its failure
 *
 * The linker's --wrap puts this between the process layer and the kernel. The step that makes
 * memory W^X always succeeds, and what reads it back always sees it: so a walk over this launcher
 * has to find it out by what the program says of itself.
 */
#include "../../src/base/sys.h"

#include "../../src/base/abi.h"

int __real_sys_prctl(int option, unsigned long a, unsigned long b, unsigned long c,
		     unsigned long d);
int __wrap_sys_prctl(int option, unsigned long a, unsigned long b, unsigned long c,
		     unsigned long d);

int __wrap_sys_prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d)
{
	int r = __real_sys_prctl(option, a, b, c, d);

	if (option == ABI_PR_SET_MDWE)
		return 0;
	return option == ABI_PR_GET_MDWE ? (int)ABI_PR_MDWE_REFUSE_EXEC_GAIN : r;
}
