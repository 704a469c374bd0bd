/* SPDX-License-Identifier: ISC */
#include "except.h"

#include <sys/syscall.h>

static const char no_return[] = "does not return: there is nothing to report a failure to";
static const char start[] = "libc's start before main(), which no program can handle";

const struct except excepts[] = {
	{ SYS_exit, HOW_NEVER, ANY_ARGUMENT, no_return },
	{ SYS_exit_group, HOW_NEVER, ANY_ARGUMENT, no_return },
	{ SYS_rt_sigreturn, HOW_NEVER, ANY_ARGUMENT, "its result is that of another call" },
	{ SYS_restart_syscall, HOW_NEVER, ANY_ARGUMENT, "continues a call counted before" },
	{ SYS_close, HOW_AFTER, ANY_ARGUMENT, "frees the descriptor whatever it then returns" },

	{ SYS_brk, HOW_START, ANY_ARGUMENT, start },
	{ SYS_set_tid_address, HOW_START, ANY_ARGUMENT, start },
	{ SYS_set_robust_list, HOW_START, ANY_ARGUMENT, start },
	{ SYS_rseq, HOW_START, ANY_ARGUMENT, start },
	{ SYS_prlimit64, HOW_START, ANY_ARGUMENT, start },
	{ SYS_readlinkat, HOW_START, ANY_ARGUMENT, start },
	{ SYS_getrandom, HOW_START, ANY_ARGUMENT, start },
	{ SYS_mprotect, HOW_START, ANY_ARGUMENT, start },
#if defined(__x86_64__)
	{ SYS_arch_prctl, HOW_START, ANY_ARGUMENT, start },
	{ SYS_readlink, HOW_START, ANY_ARGUMENT, start },
#endif

	{ SYS_write, HOW_ONCE, 2, "the sentence itself: without it there is nothing to judge" },
	{ SYS_writev, HOW_ONCE, 2, "the sentence itself" },
};
const size_t except_count = sizeof(excepts) / sizeof(excepts[0]);

enum how except_how(long nr, uint64_t first_argument)
{
	for (size_t i = 0; i < except_count; i++)
		if (excepts[i].nr == nr && (excepts[i].first_argument == ANY_ARGUMENT ||
					    (uint64_t)excepts[i].first_argument == first_argument))
			return excepts[i].how;
	return HOW_SKIP;
}
