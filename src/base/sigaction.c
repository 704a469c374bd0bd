/* SPDX-License-Identifier: ISC */
/* sigaction.c - signal handlers as the kernel knows them; a libc's struct is another */
#include <sys/syscall.h>

#include "sys.h"

/* x86-64 has no way back from a handler but what its caller names. */
#ifdef __x86_64__
__attribute__((visibility("hidden"))) void sys_restorer(void);
__asm__(".hidden sys_restorer\n"
	".globl sys_restorer\n"
	"sys_restorer:\n\t"
	"mov $15, %eax\n\t" /* rt_sigreturn */
	"syscall\n");
#define RESTORER ((unsigned long)(uintptr_t)sys_restorer)
enum { RESTORER_FLAG = 0x04000000 };
#else
#define RESTORER 0UL
enum { RESTORER_FLAG = 0 };
#endif

int sys_sigaction_set(int number, const struct sys_handler *set, struct sys_handler *ret_old)
{
	struct sys_handler action = *set;

	if (action.handler > 1 && !action.restorer) {
		action.flags |= RESTORER_FLAG;
		action.restorer = RESTORER;
	}
	return (int)sys_call(SYS_rt_sigaction, number, (long)&action, (long)ret_old, 8, 0, 0);
}

int sys_sigdefault(int number)
{
	return sys_sigaction_set(number, &(struct sys_handler){ .handler = 0 }, NULL);
}

int sys_sigignore(int number)
{
	return sys_sigaction_set(number, &(struct sys_handler){ .handler = 1 }, NULL);
}

int sys_sigaction_get(int number, unsigned long *ret_handler)
{
	struct sys_handler action = { 0, 0, 0, 0 };
	int r = (int)sys_call(SYS_rt_sigaction, number, 0, (long)&action, 8, 0, 0);

	if (r >= 0)
		*ret_handler = action.handler;
	return r;
}
