/* SPDX-License-Identifier: ISC */
/*
 * filters.c - every filter against libseccomp and the simulator, over all numbers
 *
 * libseccomp knows no order of rules. So for a call with rules 0..n it is asked n times: given
 * the rules 0..i alone, does one hold? The first i it says yes to is the rule that answers.
 */
#include <fcntl.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../src/filter/rule.h"
#include "../table/rows.def"
#include "../tap.h"

static const uint32_t tokens[ARCH_COUNT] = { SCMP_ARCH_X86_64, SCMP_ARCH_AARCH64 };
enum { RULES_MAX = 64, VALUES_MAX = 512, COMBINATIONS = 400 };

static struct filter_prog exported(struct arena *a, scmp_filter_ctx ctx)
{
	int fd = memfd_create("oracle", MFD_CLOEXEC);
	struct filter_prog prog;
	off_t size;

	CHECK(fd >= 0);
	CHECK_INT(seccomp_export_bpf(ctx, fd), 0);
	size = lseek(fd, 0, SEEK_END);
	CHECK(size > 0);
	prog.count = (size_t)size / sizeof(struct sock_filter);
	prog.code = arena_alloc(a, (size_t)size);
	CHECK_INT(pread(fd, prog.code, (size_t)size, 0), size);
	close(fd);
	seccomp_release(ctx);
	CHECK(filter_valid(prog.code, prog.count));
	return prog;
}

static scmp_filter_ctx context(enum arch arch, uint32_t otherwise)
{
	scmp_filter_ctx ctx = seccomp_init(otherwise);

	CHECK(ctx != NULL);
	if (tokens[arch] != seccomp_arch_native()) {
		CHECK_INT(seccomp_arch_remove(ctx, SCMP_ARCH_NATIVE), 0);
		CHECK_INT(seccomp_arch_add(ctx, tokens[arch]), 0);
	}
	CHECK_INT(seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS), 0);
	return ctx;
}

/*
 * libseccomp takes the number a call has where it runs, or, for a call that is not there, a
 * negative one of its own. -1: it does not know the call.
 */
static int their_number(enum arch arch, int number)
{
	const struct call_row *row = call_by_number(arch, (uint32_t)number);

	if (tokens[arch] == seccomp_arch_native())
		return number;
	return row ? seccomp_syscall_resolve_name(row->name) : -1;
}

static struct scmp_arg_cmp compare(uint16_t call, const struct rule_cond *c, size_t list_index)
{
	uint64_t bits = c->op == RULE_KEY ? UINT64_MAX : call_argument_bits(call, c->argument);
	uint64_t value = c->op == RULE_IN ? c->list[list_index] : c->value;

	struct scmp_arg_cmp cmp = { .arg = c->argument, .op = SCMP_CMP_MASKED_EQ };

	if (c->op == RULE_NE)
		CHECK(bits == UINT64_MAX);
	if (c->op == RULE_NE || c->op == RULE_KEY || (c->op == RULE_EQ && bits == UINT64_MAX)) {
		cmp.op = c->op == RULE_NE ? SCMP_CMP_NE : SCMP_CMP_EQ;
		cmp.datum_a = value;
		return cmp;
	}
	cmp.datum_a = c->op == RULE_EQ ? bits : bits & c->mask;
	cmp.datum_b = value;
	return cmp;
}

/* A rule with a list is one rule for each value of it. Rules have one list at most. */
static void add_rule(scmp_filter_ctx ctx, int number, uint16_t call, const struct rule *r)
{
	struct scmp_arg_cmp cmp[6];
	size_t variants = 1;

	for (size_t i = 0; i < r->cond_count; i++) {
		if (r->conds[i].op == RULE_IN)
			variants = r->conds[i].list_count;
	}
	for (size_t v = 0; v < variants; v++) {
		for (size_t i = 0; i < r->cond_count; i++)
			cmp[i] = compare(call, &r->conds[i], v);
		int e = seccomp_rule_add_exact_array(ctx, SCMP_ACT_ALLOW, number, r->cond_count,
						     cmp);

		CHECK(e == 0 || e == -EEXIST);
	}
}

struct values {
	uint64_t of[6][VALUES_MAX];
	size_t count[6];
};

static void add_value(struct values *v, unsigned argument, uint64_t value)
{
	if (v->count[argument] < VALUES_MAX)
		v->of[argument][v->count[argument]++] = value;
}

/* A value, its neighbours, its bits turned one by one, and the same with high words set. */
static void add_around(struct values *v, unsigned argument, uint64_t value, uint64_t mask)
{
	static const uint64_t high[] = { 0, UINT64_C(1) << 32, UINT64_C(1) << 63,
					 ~UINT64_C(0) << 32 };

	for (size_t i = 0; i < ARRAY_COUNT(high); i++)
		add_value(v, argument, value ^ high[i]);
	add_value(v, argument, value + 1);
	add_value(v, argument, value - 1);
	for (unsigned bit = 0; bit < 64 && mask != UINT64_MAX; bit++) {
		if (mask >> bit & 1)
			add_value(v, argument, value ^ UINT64_C(1) << bit);
	}
}

static void find_values(struct values *v, const struct rule_block *block)
{
	for (unsigned i = 0; i < 6; i++) {
		v->count[i] = 0;
		add_value(v, i, 0);
		add_value(v, i, UINT64_MAX);
	}
	for (size_t i = 0; i < block->rule_count; i++) {
		const struct rule *r = block->rules[i];

		for (size_t j = 0; j < r->cond_count; j++) {
			const struct rule_cond *c = &r->conds[j];

			for (size_t k = 0; k < c->list_count; k++)
				add_around(v, c->argument, c->list[k], UINT64_MAX);
			if (c->op != RULE_IN)
				add_around(v, c->argument, c->value,
					   c->op == RULE_MASK_EQ ? c->mask : UINT64_MAX);
		}
	}
}

static uint32_t oracle_answer(const struct rule_set *set, const struct rule_block *block,
			      const struct filter_prog *oracles, const struct seccomp_data *data)
{
	for (size_t i = 0; i < block->rule_count; i++) {
		if (filter_simulate(oracles[i].code, oracles[i].count, data) == SECCOMP_RET_ALLOW)
			return rule_answer(set, block->rules[i]);
	}
	return block->otherwise;
}

static void check_block(const struct rule_set *set, const struct filter_prog *prog, int number)
{
	const struct rule_block *block = &set->blocks[set->treat[number]];
	struct filter_prog oracles[RULES_MAX];
	struct arena a = { .first = NULL };
	struct values *v = arena_alloc(&a, sizeof(*v));
	uint32_t random = (uint32_t)number;

	CHECK(block->rule_count <= RULES_MAX);
	for (size_t i = 0; i < block->rule_count; i++) {
		scmp_filter_ctx ctx = context(set->arch, SCMP_ACT_KILL_PROCESS);

		for (size_t j = 0; j <= i; j++)
			add_rule(ctx, their_number(set->arch, number), block->call,
				 block->rules[j]);
		oracles[i] = exported(&a, ctx);
	}
	find_values(v, block);
	for (size_t n = 0; n < COMBINATIONS; n++) {
		struct seccomp_data data = { .nr = number, .arch = filter_audit_arch(set->arch) };
		uint32_t ours, theirs;

		for (unsigned i = 0; i < 6; i++) {
			random = random * 1664525u + 1013904223u;
			data.args[i] = v->of[i][(random >> 8) % v->count[i]];
		}
		ours = filter_simulate(prog->code, prog->count, &data);
		theirs = oracle_answer(set, block, oracles, &data);
		if (ours != theirs || ours != rule_set_evaluate(set, &data))
			tap_fail(
				__FILE__, __LINE__,
				"call %d (%llx %llx %llx %llx %llx): 0x%x, oracle 0x%x, rules 0x%x",
				number, data.args[0], data.args[1], data.args[2], data.args[3],
				data.args[4], ours, theirs, rule_set_evaluate(set, &data));
	}
	arena_done(&a);
}

/* What has no rules, as one filter of libseccomp, over all numbers and architectures. */
static void check_plain(const struct rule_set *set, const struct filter_prog *prog)
{
	static const uint32_t arches[] = { 0xc000003e, 0xc00000b7, 0x40000003,
					   0x40000028, 0,	   0xffffffff };
	struct arena a = { .first = NULL };
	scmp_filter_ctx ctx = context(set->arch, set->unknown);
	struct filter_prog oracle;
	bool skip[RULE_NUMBERS] = { false };

	for (int nr = 0; nr < RULE_NUMBERS; nr++) {
		int theirs = their_number(set->arch, nr);

		if (set->treat[nr] < RULE_BLOCK_LIMIT || set->treat[nr] == set->unknown)
			continue;
		skip[nr] = theirs == -1;
		if (!skip[nr])
			CHECK_INT(seccomp_rule_add_exact(ctx, set->treat[nr], theirs, 0), 0);
	}
	oracle = exported(&a, ctx);
	for (size_t i = 0; i < ARRAY_COUNT(arches); i++) {
		for (int nr = 0; nr < 1024; nr++) {
			struct seccomp_data data = { .nr = nr, .arch = arches[i] };

			if (nr < RULE_NUMBERS && (set->treat[nr] < RULE_BLOCK_LIMIT || skip[nr]) &&
			    arches[i] == filter_audit_arch(set->arch))
				continue;
			CHECK_INT(filter_simulate(prog->code, prog->count, &data),
				  filter_simulate(oracle.code, oracle.count, &data));
			/* To libseccomp x32 is another architecture: killed. Ours: refused. */
			data.nr |= 0x40000000;
			CHECK(filter_simulate(prog->code, prog->count, &data) != SECCOMP_RET_ALLOW);
			CHECK_INT(filter_simulate(prog->code, prog->count, &data),
				  rule_set_evaluate(set, &data));
		}
	}
	arena_done(&a);
}

static size_t check_want(const struct filter_want *want)
{
	struct arena a = { .first = NULL };
	struct filter_prog prog;
	struct rule_set set;
	size_t blocks = 0;

	CHECK_INT(filter_build(&a, want, &prog, NULL), AMBIT_OK);
	CHECK_INT(rule_set_build(&a, want, &set, NULL), AMBIT_OK);
	check_plain(&set, &prog);
	for (int nr = 0; nr < RULE_NUMBERS; nr++) {
		if (set.treat[nr] < RULE_BLOCK_LIMIT && their_number(set.arch, nr) != -1) {
			check_block(&set, &prog, nr);
			blocks++;
		}
	}
	arena_done(&a);
	return blocks;
}

static void check_wants(enum arch arch)
{
	for (size_t w = 0; w < WANT_COUNT; w++) {
		struct filter_want want = wants[w];

		/* libseccomp has no 32-bit "not equal" */
		if (w == EXTRAS)
			continue;
		want.arch = arch;
		CHECK(check_want(&want) > 10);
	}
}

TEST_TIMEOUT(wants_on_x86_64, 120)
{
	check_wants(ARCH_X86_64);
}

TEST_TIMEOUT(wants_on_aarch64, 120)
{
	check_wants(ARCH_AARCH64);
}

TEST_TIMEOUT(everything_granted, 60)
{
	struct filter_want want = {
		.arch = ARCH_X86_64, .allow = UINT64_MAX, .sockets = tcp_udp, .socket_count = 3
	};

	CHECK(check_want(&want) > 20);
	want.pairs_only = true;
	CHECK(check_want(&want) > 20);
	want.pairs_only = false;
	want.own_signals = true;
	CHECK(check_want(&want) > 20);
	want.terminal = want.jit = want.attributes_safe = want.keep_dumpable = true;
	CHECK(check_want(&want) > 20);
	want.no_truncate = true;
	CHECK(check_want(&want) > 20);
	want.binds = want.any_port = true;
	CHECK(check_want(&want) > 20);
	want.notify = UINT64_MAX;
	CHECK(check_want(&want) > 20);
	want.on_denial = FILTER_KILL;
	CHECK(check_want(&want) > 20);
}

/* The control: one wrong bit in a program is seen. */
TEST(a_changed_program_differs)
{
	struct filter_want want = { .arch = ARCH_X86_64, .allow = CALL_BIT(OPEN) | CALL_BIT(FORK) };
	struct arena a = { .first = NULL };
	struct filter_prog prog;
	struct rule_set set;
	size_t seen = 0;

	CHECK_INT(filter_build(&a, &want, &prog, NULL), AMBIT_OK);
	CHECK_INT(rule_set_build(&a, &want, &set, NULL), AMBIT_OK);
	for (size_t i = 0; i < prog.count; i++) {
		if (prog.code[i].code != (BPF_JMP | BPF_JGE | BPF_K))
			continue;
		prog.code[i].k++;
		for (int nr = 0; nr < 512; nr++) {
			struct seccomp_data data = { .nr = nr,
						     .arch = filter_audit_arch(want.arch) };

			seen += filter_simulate(prog.code, prog.count, &data) !=
				rule_set_evaluate(&set, &data);
		}
		prog.code[i].k--;
	}
	CHECK(seen > 10);
	arena_done(&a);
}
