/* SPDX-License-Identifier: ISC */
/* list.c - the filters of processes of ours: a few calls, death for the rest */
#include "rule.h"

static struct rule_set closed_set(enum arch arch)
{
	struct rule_set set = {
		.arch = arch,
		.unknown = SECCOMP_RET_KILL_PROCESS,
		.x32 = SECCOMP_RET_KILL_PROCESS,
	};

	for (size_t i = 0; i < RULE_NUMBERS; i++)
		set.treat[i] = SECCOMP_RET_KILL_PROCESS;
	return set;
}

enum ambit_code filter_build_list(struct arena *a, enum arch arch, const uint16_t *numbers,
				  size_t count, struct filter_prog *ret_prog,
				  struct ambit_error *err)
{
	struct rule_set set = closed_set(arch);

	for (size_t i = 0; i < count; i++) {
		if (numbers[i] >= RULE_NUMBERS)
			return err_set(err, AMBIT_E_USAGE, AMBIT_LAYER_SECCOMP, 0,
				       "system call number %u is beyond the table", numbers[i]);
		set.treat[numbers[i]] = SECCOMP_RET_ALLOW;
	}
	return rule_compile(a, &set, ret_prog, err);
}

/* The rows of one call become one block, or plain permission where nothing is compared. */
static void add_rows(struct rule_set *set, const struct filter_own *calls,
		     const struct rule *const *rules, size_t count)
{
	const int number = call_number(set->arch, calls->call);

	if (number < 0) /* an older call that a newer architecture does without */
		return;
	if (calls->argument < 0) {
		set->treat[number] = SECCOMP_RET_ALLOW;
		return;
	}
	set->blocks[set->block_count] = (struct rule_block){
		.rules = rules,
		.rule_count = (uint16_t)count,
		.call = calls->call,
		.otherwise = SECCOMP_RET_KILL_PROCESS,
	};
	set->treat[number] = (uint32_t)set->block_count++;
}

enum ambit_code filter_build_own(struct arena *a, enum arch arch, const struct filter_own *calls,
				 size_t count, struct filter_prog *ret_prog,
				 struct ambit_error *err)
{
	struct rule_set set = closed_set(arch);
	struct rule_cond *conds = arena_array(a, count, sizeof(*conds));
	struct rule *rules = arena_array(a, count, sizeof(*rules));
	const struct rule **pool = arena_array(a, count, sizeof(*pool));
	size_t same;

	set.blocks = arena_array(a, count, sizeof(*set.blocks));
	if (!conds || !rules || !pool || !set.blocks)
		return err_memory(err, AMBIT_LAYER_SECCOMP);
	for (size_t i = 0; i < count; i++) {
		conds[i] = (struct rule_cond){ .argument = (uint8_t)calls[i].argument,
					       .op = RULE_EQ,
					       .value = calls[i].value };
		rules[i] =
			(struct rule){ .answer = RULE_ALLOW, .conds = &conds[i], .cond_count = 1 };
		pool[i] = &rules[i];
	}
	for (size_t i = 0; i < count; i += same) {
		for (same = 1; i + same < count && calls[i + same].call == calls[i].call;)
			same++;
		add_rows(&set, &calls[i], &pool[i], same);
	}
	return rule_compile(a, &set, ret_prog, err);
}
