/* SPDX-License-Identifier: ISC */
/*
 * filter.c - rules × calls → answers, by the rules, by the compiled program in the simulator,
 * and by the kernel; and the tables the rules stand in
 */
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../src/filter/rule.h"
#include "../tap.h"
#include "rows.def"

static uint32_t answer_of(int answer)
{
	if (answer == YES)
		return SECCOMP_RET_ALLOW;
	if (answer == ASK)
		return SECCOMP_RET_USER_NOTIF;
	if (answer == KILL)
		return SECCOMP_RET_KILL_PROCESS;
	return SECCOMP_RET_ERRNO | (uint32_t)answer;
}

static struct filter_prog build(struct arena *a, const struct filter_want *want)
{
	struct filter_prog prog = { .count = 0 };
	struct ambit_error err = { .code = 0 };

	if (filter_build(a, want, &prog, &err) != AMBIT_OK)
		tap_fail(__FILE__, __LINE__, "filter_build: %s", err.text);
	CHECK(filter_valid(prog.code, prog.count));
	return prog;
}

static struct seccomp_data data_of(enum arch arch, const struct row *row,
				   const struct call_row *call)
{
	struct seccomp_data data = { .nr = call->number, .arch = filter_audit_arch(arch) };

	memcpy(data.args, row->args, sizeof(data.args));
	return data;
}

static void check_row(size_t i, const struct filter_want *want, const struct filter_prog *prog)
{
	const struct row *row = &rows[i];
	const struct call_row *call = call_by_name(want->arch, row->call);
	struct arena a = { .first = NULL };
	uint32_t answer = 0;

	/* aarch64 has no open, mknod, fork ... */
	if (!call && want->arch == ARCH_AARCH64)
		return;
	CHECK(call != NULL);
	struct seccomp_data data = data_of(want->arch, row, call);

	CHECK_INT(filter_evaluate(&a, want, &data, &answer, NULL), AMBIT_OK);
	if (answer != answer_of(row->answer))
		tap_fail(__FILE__, __LINE__, "row %zu: the rules answer 0x%x to %s, not %d", i,
			 answer, row->call, row->answer);
	answer = filter_simulate(prog->code, prog->count, &data);
	if (answer != answer_of(row->answer))
		tap_fail(__FILE__, __LINE__, "row %zu: the program answers 0x%x to %s, not %d", i,
			 answer, row->call, row->answer);
	arena_done(&a);
}

static void check_all(enum arch arch)
{
	for (size_t w = 0; w < WANT_COUNT; w++) {
		struct filter_want want = wants[w];
		struct arena a = { .first = NULL };

		want.arch = arch;
		struct filter_prog prog = build(&a, &want);

		for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
			if (rows[i].want == w)
				check_row(i, &want, &prog);
		}
		arena_done(&a);
	}
}

TEST(rows_on_x86_64)
{
	check_all(ARCH_X86_64);
}

TEST(rows_on_aarch64)
{
	check_all(ARCH_AARCH64);
}

/* The kernel's word on each refusal: loaded, called, this errno. */
TEST_TIMEOUT(rows_in_the_kernel, 60)
{
	if (arch_native() != ARCH_X86_64)
		SKIP("the rows name calls of x86-64");
	for (size_t w = 0; w < WANT_COUNT; w++) {
		struct arena a = { .first = NULL };
		struct filter_prog prog = build(&a, &wants[w]);
		struct sock_fprog p = { .len = (unsigned short)prog.count, .filter = prog.code };
		pid_t pid = fork();
		int status;

		if (pid > 0) {
			CHECK_INT(waitpid(pid, &status, 0), pid);
			CHECK_INT(status, 0);
			arena_done(&a);
			continue;
		}
		CHECK_INT(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
		CHECK_INT(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &p), 0);
		for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
			const struct row *row = &rows[i];

			if (row->want != w || row->answer <= 0)
				continue;
			long r = syscall(call_by_name(ARCH_X86_64, row->call)->number, row->args[0],
					 row->args[1], row->args[2], row->args[3], row->args[4],
					 row->args[5]);

			if (r != -1 || errno != row->answer)
				_exit(1);
		}
		_exit(0);
	}
}

/* E49 E50 E60: other architectures die; numbers of no table and of x32 do not exist. */
TEST(other_numbers_and_architectures)
{
	static const uint32_t foreign[] = { 0, 0x40000003, 0xc000003f, 0x40000028, 0xffffffff };

	for (size_t w = 0; w < WANT_COUNT; w++) {
		struct arena a = { .first = NULL };
		struct filter_prog prog = build(&a, &wants[w]);
		uint32_t x32 = wants[w].on_denial == FILTER_KILL ? SECCOMP_RET_KILL_PROCESS
								 : answer_of(ENOSYS);
		struct seccomp_data data = { .arch = filter_audit_arch(ARCH_X86_64) };

		for (uint32_t nr = 0; nr < 1024; nr++) {
			data.nr = (int)nr;
			if (!call_by_number(ARCH_X86_64, nr))
				CHECK_INT(filter_simulate(prog.code, prog.count, &data),
					  answer_of(ENOSYS));
			data.nr = (int)(nr | 0x40000000);
			CHECK_INT(filter_simulate(prog.code, prog.count, &data), x32);
		}
		data.nr = -1;
		CHECK_INT(filter_simulate(prog.code, prog.count, &data), answer_of(ENOSYS));
		for (size_t i = 0; i < ARRAY_COUNT(foreign); i++) {
			data.arch = foreign[i];
			for (data.nr = 0; data.nr < 500; data.nr++)
				CHECK_INT(filter_simulate(prog.code, prog.count, &data),
					  SECCOMP_RET_KILL_PROCESS);
		}
		arena_done(&a);
	}
}

static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

/* A want and the same with one thing more. */
static void widen(uint32_t *state, struct filter_want *less, struct filter_want *more)
{
	static const struct filter_socket sockets[] = { { AF_INET, SOCK_STREAM, 0 },
							{ -1, -1, -1 } };

	*less = (struct filter_want){
		.arch = ARCH_X86_64,
		.allow = next_random(state) & next_random(state),
		.jit = next_random(state) % 4 == 0,
		.terminal = next_random(state) % 4 == 0,
		.sockets = sockets,
		.socket_count = next_random(state) % 2,
	};
	*more = *less;
	switch (next_random(state) % 8) {
	case 0:
		more->jit = true;
		return;
	case 1:
		more->terminal = true;
		return;
	case 2:
		more->attributes_safe = true;
		return;
	case 3:
		more->keep_dumpable = true;
		return;
	case 4:
		more->socket_count++;
		return;
	default:
		more->allow |= UINT64_C(1) << next_random(state) % CALL_CLASS_COUNT;
		return;
	}
}

/* More granted never takes an allowed call away, whatever its arguments. */
TEST_TIMEOUT(grants_only_add, 60)
{
	uint32_t state = 1;
	size_t calls = 0, gained = 0;

	for (unsigned n = 0; n < 400; n++) {
		struct filter_want less, more;
		struct arena a = { .first = NULL };

		widen(&state, &less, &more);
		struct filter_prog with = build(&a, &more), without = build(&a, &less);

		for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
			const struct call_row *call = call_by_name(ARCH_X86_64, rows[i].call);
			struct seccomp_data data = data_of(ARCH_X86_64, &rows[i], call);
			uint32_t before = filter_simulate(without.code, without.count, &data);
			uint32_t after = filter_simulate(with.code, with.count, &data);

			if (before == SECCOMP_RET_ALLOW && after != before)
				tap_fail(__FILE__, __LINE__, "row %zu: %s is gone", i,
					 rows[i].call);
			calls += before == SECCOMP_RET_ALLOW;
			gained += before != after;
		}
		arena_done(&a);
	}
	CHECK(calls > 10000 && gained > 1000);
}

TEST(a_list_allows_nothing_else)
{
	static const uint16_t numbers[] = { 61, 15, 231, 0 };
	struct arena a = { .first = NULL };
	struct filter_prog prog;

	CHECK_INT(filter_build_list(&a, ARCH_X86_64, numbers, 4, &prog, NULL), AMBIT_OK);
	CHECK(filter_valid(prog.code, prog.count));
	for (uint32_t nr = 0; nr < 1024; nr++) {
		struct seccomp_data data = { .nr = (int)nr,
					     .arch = filter_audit_arch(ARCH_X86_64) };
		bool listed = nr == 61 || nr == 15 || nr == 231 || nr == 0;

		CHECK_INT(filter_simulate(prog.code, prog.count, &data),
			  listed ? SECCOMP_RET_ALLOW : SECCOMP_RET_KILL_PROCESS);
	}
	CHECK_INT(filter_build_list(&a, ARCH_X86_64, (const uint16_t[]){ 900 }, 1, &prog, NULL),
		  AMBIT_E_USAGE);
	arena_done(&a);
}

/* E55: a program far beyond what a short jump reaches. */
TEST(four_hundred_conditional_extras)
{
	enum { COUNT = 400 };
	struct filter_extra many[COUNT];
	struct filter_cond conds[COUNT];
	struct filter_want want = { .arch = ARCH_X86_64, .extras = many, .extra_count = COUNT };
	struct arena a = { .first = NULL };
	size_t count;
	const struct call_row *table = call_table(ARCH_X86_64, &count);
	struct rule_set set;

	for (size_t i = 0; i < COUNT; i++) {
		const struct call_row *row = &table[(i * 7) % count];

		while (!call_arguments(row)[0])
			row++;
		conds[i] = (struct filter_cond){ 0, FILTER_EQ, 0, i * 3 };
		many[i] = (struct filter_extra){ row->name, &conds[i], 1, i % 3 ? 0 : ERANGE };
	}
	struct filter_prog prog = build(&a, &want);

	CHECK(prog.count > 1000);
	CHECK_INT(rule_set_build(&a, &want, &set, NULL), AMBIT_OK);
	for (uint32_t nr = 0; nr < 512; nr++) {
		for (uint64_t value = 0; value < 3 * COUNT; value += 3) {
			struct seccomp_data data = { .nr = (int)nr,
						     .arch = filter_audit_arch(want.arch),
						     .args = { value } };

			if (value % 2)
				continue;
			CHECK_INT(filter_simulate(prog.code, prog.count, &data),
				  rule_set_evaluate(&set, &data));
		}
	}
	arena_done(&a);
}

static void refused(const struct filter_extra *extra, enum ambit_code code, const char *part)
{
	struct filter_want want = { .arch = ARCH_X86_64, .extras = extra, .extra_count = 1 };
	struct ambit_error err = { .code = 0 };
	struct arena a = { .first = NULL };
	struct filter_prog prog;

	CHECK_INT(filter_build(&a, &want, &prog, &err), code);
	CHECK_INT(err.code, code);
	CHECK_INT(err.layer, AMBIT_LAYER_SECCOMP);
	CHECK_HAS(err.text, part);
	arena_done(&a);
}

TEST(wrong_extras)
{
	static const struct filter_cond no_such[] = { { 3, FILTER_EQ, 0, 1 } };
	static const struct filter_cond wide[] = { { 0, FILTER_EQ, 0, UINT64_C(1) << 32 } };
	static const struct filter_cond never[] = { { 0, FILTER_MASK_EQ, 1, 2 } };
	static const struct filter_cond nothing[] = { { 0, FILTER_MASK_EQ, 0, 0 } };
	static const struct filter_cond unknown[] = { { 0, (enum filter_op)9, 0, 0 } };

	refused(&(struct filter_extra){ "openfile", NULL, 0, 0 }, AMBIT_E_POLICY, "\"openfile\"");
	refused(&(struct filter_extra){ "read", no_such, 1, 0 }, AMBIT_E_POLICY, "no argument 3");
	refused(&(struct filter_extra){ "read", wide, 1, 0 }, AMBIT_E_POLICY, "32 bits");
	refused(&(struct filter_extra){ "read", never, 1, 0 }, AMBIT_E_POLICY, "mask hides");
	refused(&(struct filter_extra){ "read", nothing, 1, 0 }, AMBIT_E_POLICY,
		"compares nothing");
	refused(&(struct filter_extra){ "read", unknown, 1, 0 }, AMBIT_E_USAGE,
		"unknown comparison");
	refused(&(struct filter_extra){ "read", NULL, 65, 0 }, AMBIT_E_POLICY, "too many");
	refused(&(struct filter_extra){ "read", NULL, 0, 5000 }, AMBIT_E_POLICY, "no error number");
}

TEST(no_memory_is_an_error)
{
	struct arena a = { .first = NULL, .maximum = 64 };
	struct ambit_error err = { .code = 0 };
	struct filter_prog prog;
	size_t tried = 0;

	while (filter_build(&a, &wants[EXTRAS], &prog, &err) != AMBIT_OK) {
		CHECK_INT(err.code, AMBIT_E_RESOURCE);
		memset(&err, 0, sizeof(err));
		arena_done(&a);
		a = (struct arena){ .maximum = 64 + 512 * ++tried };
	}
	CHECK(tried > 3);
	arena_done(&a);
}

/* The tables themselves. */

static void check_cond(const struct rule_group *group, const struct rule_cond *c)
{
	uint64_t bits = call_argument_bits(group->calls[0], c->argument);

	if (c->op == RULE_KEY) { /* where none of the calls has an argument */
		for (size_t i = 0; i < group->call_count; i++)
			CHECK_INT(call_argument_bits(group->calls[i], c->argument), 0);
		return;
	}
	CHECK(bits != 0);
	for (size_t i = 1; i < group->call_count; i++)
		CHECK_INT(call_argument_bits(group->calls[i], c->argument), bits);
	if (c->op == RULE_MASK_EQ)
		CHECK(c->mask != 0 && (c->value & ~c->mask) == 0);
	if (c->op != RULE_IN) {
		CHECK((c->value & ~bits) == 0);
		return;
	}
	CHECK(bits <= UINT32_MAX && c->list_count > 0);
	for (size_t i = 0; i < c->list_count; i++) {
		CHECK((c->list[i] & ~c->mask & bits) == 0);
		if (i)
			CHECK(c->list[i - 1] < c->list[i]);
	}
}

TEST(rule_tables_are_sound)
{
	bool seen[ID_COUNT] = { false };
	size_t count;
	const struct call_row *table = call_table(ARCH_X86_64, &count);

	for (size_t i = 0; i < rule_group_count; i++) {
		const struct rule_group *group = &rule_groups[i];

		for (size_t j = 0; j < group->call_count; j++) {
			CHECK(!seen[group->calls[j]]);
			seen[group->calls[j]] = true;
		}
		for (size_t j = 0; j < group->rule_count; j++) {
			const struct rule *r = &group->rules[j];

			CHECK(r->reason && r->reason[0]);
			CHECK((r->sys_errno != 0) ==
			      (r->answer == RULE_REFUSE || r->answer == RULE_PROBE));
			for (size_t k = 0; k < r->cond_count; k++)
				check_cond(group, &r->conds[k]);
		}
	}
	/* Calls of one group have one refusal: the block they share ends with it. */
	for (size_t i = 0; i < rule_group_count; i++) {
		int refusal = -1;

		for (size_t j = 0; j < count; j++) {
			for (size_t k = 0; k < rule_groups[i].call_count; k++) {
				if (table[j].id != rule_groups[i].calls[k] ||
				    rule_groups[i].rules[rule_groups[i].rule_count - 1]
						    .cond_count == 0)
					continue;
				CHECK(refusal < 0 || refusal == table[j].refusal);
				refusal = table[j].refusal;
			}
		}
	}
}

/* E71: each bit of the register counts, and is compared in one jump: time tells none of them. */
TEST(a_key_is_compared_as_a_whole)
{
	static const char *const calls[] = { "execve", "execveat" };
	static const uint16_t order[] = { FILTER_KEY_CODE,	    BPF_MISC | BPF_TAX,
					  BPF_LD | BPF_W | BPF_ABS, FILTER_KEY_CODE,
					  BPF_ALU | BPF_OR | BPF_X, BPF_JMP | BPF_JEQ | BPF_K };

	for (unsigned arch = 0; arch < ARCH_COUNT; arch++) {
		struct filter_want want = { .arch = (enum arch)arch, .exec_key = true };
		struct arena a = { .first = NULL };
		struct filter_prog prog = build(&a, &want);
		size_t at = 0, found = 0;

		for (size_t i = 0; i < prog.count; i++) {
			at = prog.code[i].code == FILTER_KEY_CODE && !found ? i : at;
			found += prog.code[i].code == FILTER_KEY_CODE;
		}
		CHECK_INT(found, 2);
		for (size_t i = 0; i < ARRAY_COUNT(order); i++)
			CHECK_INT(prog.code[at + i].code, order[i]);
		CHECK_INT(prog.code[at].k, (uint32_t)FILTER_KEY);
		CHECK_INT(prog.code[at + 3].k, FILTER_KEY >> 32);
		for (unsigned i = 0; i < 2 * 65; i++) {
			struct seccomp_data data = { .nr = call_by_name(arch, calls[i % 2])->number,
						     .arch = filter_audit_arch(arch) };

			data.args[FILTER_KEY_ARGUMENT] =
				FILTER_KEY ^ (i / 2 < 64 ? UINT64_C(1) << i / 2 : 0);
			CHECK_INT(filter_simulate(prog.code, prog.count, &data),
				  answer_of(i / 2 < 64 ? EACCES : YES));
		}
		arena_done(&a);
	}
}

TEST(no_call_of_class_never_is_ever_allowed)
{
	struct filter_want all = { .arch = ARCH_X86_64,
				   .allow = UINT64_MAX,
				   .notify = UINT64_MAX,
				   .jit = true,
				   .terminal = true,
				   .attributes_safe = true,
				   .keep_dumpable = true,
				   .exec_key = true };
	struct arena a = { .first = NULL };
	struct filter_prog prog = build(&a, &all);
	size_t count, refused_calls = 0;
	const struct call_row *table = call_table(ARCH_X86_64, &count);

	for (size_t i = 0; i < count; i++) {
		struct seccomp_data data = { .nr = table[i].number,
					     .arch = filter_audit_arch(ARCH_X86_64) };

		if (table[i].klass != CALL_NEVER)
			continue;
		CHECK_INT(filter_simulate(prog.code, prog.count, &data),
			  answer_of(table[i].refusal));
		refused_calls++;
	}
	CHECK(refused_calls > 80);
	arena_done(&a);
}
