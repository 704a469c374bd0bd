/* SPDX-License-Identifier: ISC */
/* list.c - the filter of a process of ours that only waits: a few calls, death for the rest */
#include "rule.h"

enum ambit_code filter_build_list(struct arena *a, enum arch arch, const uint16_t *numbers,
				  size_t count, struct filter_prog *ret_prog,
				  struct ambit_error *err)
{
	struct rule_set set = {
		.arch = arch,
		.unknown = SECCOMP_RET_KILL_PROCESS,
		.x32 = SECCOMP_RET_KILL_PROCESS,
	};

	for (size_t i = 0; i < RULE_NUMBERS; i++)
		set.treat[i] = SECCOMP_RET_KILL_PROCESS;
	for (size_t i = 0; i < count; i++) {
		if (numbers[i] >= RULE_NUMBERS)
			return err_set(err, AMBIT_E_USAGE, AMBIT_LAYER_SECCOMP, 0,
				       "system call number %u is beyond the table", numbers[i]);
		set.treat[numbers[i]] = SECCOMP_RET_ALLOW;
	}
	return rule_compile(a, &set, ret_prog, err);
}
