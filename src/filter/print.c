/* SPDX-License-Identifier: ISC */
/* print.c - filters and rules in words */
#include <string.h>

#include "../base/buf.h"
#include "../base/errname.h"
#include "rule.h"

static void print_answer(struct buf *out, uint32_t answer)
{
	uint32_t data = answer & SECCOMP_RET_DATA;
	const char *name;

	switch (answer & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW:
		buf_add_string(out, "allow");
		return;
	case SECCOMP_RET_USER_NOTIF:
		buf_add_string(out, "ask the listener");
		return;
	case SECCOMP_RET_KILL_PROCESS:
		buf_add_string(out, "kill the process");
		return;
	case SECCOMP_RET_ERRNO:
		name = errno_name((int)data);
		if (name)
			buf_add_format(out, "refuse with %s", name);
		else
			buf_add_format(out, "refuse with errno %u", data);
		return;
	default:
		buf_add_format(out, "answer 0x%08x", answer);
		return;
	}
}

static void print_word(struct buf *out, uint32_t offset)
{
	uint32_t args = offsetof(struct seccomp_data, args);

	if (offset == offsetof(struct seccomp_data, nr))
		buf_add_string(out, "number");
	else if (offset == offsetof(struct seccomp_data, arch))
		buf_add_string(out, "architecture");
	else if (offset >= args)
		buf_add_format(out, "argument %u %s", (offset - args) / 8,
			       (offset - args) % 8 ? "high" : "low");
	else
		buf_add_format(out, "word at %u", offset);
}

static void print_test(struct buf *out, size_t i, const struct sock_filter *f, const char *name)
{
	const char *sign = "&";

	if (BPF_OP(f->code) == BPF_JEQ)
		sign = "==";
	else if (BPF_OP(f->code) == BPF_JGE)
		sign = ">=";
	else if (BPF_OP(f->code) == BPF_JGT)
		sign = ">";
	buf_add_format(out, "if %s 0x%x%s%s then %zu else %zu", sign, f->k, name[0] ? " " : "",
		       name, i + 1 + f->jt, i + 1 + f->jf);
}

/* @numbers: the word compared here is the number, so constants are calls. */
static void print_instruction(struct buf *out, enum arch arch, const struct filter_prog *prog,
			      size_t i, bool numbers)
{
	const struct sock_filter *f = &prog->code[i];
	const struct call_row *row = numbers ? call_by_number(arch, f->k) : NULL;

	buf_add_format(out, "%4zu  ", i);
	if (f->code == (BPF_LD | BPF_W | BPF_ABS)) {
		buf_add_string(out, "load ");
		print_word(out, f->k);
	} else if (f->code == (BPF_ALU | BPF_AND | BPF_K)) {
		buf_add_format(out, "and 0x%x", f->k);
	} else if (f->code == (BPF_MISC | BPF_TAX)) {
		buf_add_string(out, "keep as x");
	} else if (f->code == (BPF_LD | BPF_IMM)) {
		buf_add_format(out, "set to 0x%x", f->k);
	} else if (f->code == (BPF_ALU | BPF_LSH | BPF_X)) {
		buf_add_string(out, "shift left by x");
	} else if (f->code == FILTER_KEY_CODE) {
		buf_add_string(out, "xor with half of the key");
	} else if (f->code == (BPF_ALU | BPF_OR | BPF_X)) {
		buf_add_string(out, "or with x");
	} else if (f->code == (BPF_JMP | BPF_JA)) {
		buf_add_format(out, "go to %zu", i + 1 + f->k);
	} else if (BPF_CLASS(f->code) == BPF_JMP) {
		print_test(out, i, f, row ? row->name : "");
	} else if (f->code == (BPF_RET | BPF_K)) {
		print_answer(out, f->k);
	} else {
		buf_add_format(out, "code 0x%x, 0x%x", f->code, f->k);
	}
	buf_add_char(out, '\n');
}

void filter_print(struct buf *out, enum arch arch, const struct filter_prog *prog)
{
	bool numbers = false;

	for (size_t i = 0; i < prog->count; i++) {
		const struct sock_filter *f = &prog->code[i];

		if (f->code == (BPF_LD | BPF_W | BPF_ABS))
			numbers = f->k == offsetof(struct seccomp_data, nr);
		print_instruction(out, arch, prog, i, numbers);
	}
}

static void print_cond(struct buf *out, const struct rule_cond *c)
{
	buf_add_format(out, "argument %u ", c->argument);
	switch ((enum rule_op)c->op) {
	case RULE_EQ:
		buf_add_format(out, "= 0x%llx", (unsigned long long)c->value);
		return;
	case RULE_NE:
		buf_add_format(out, "!= 0x%llx", (unsigned long long)c->value);
		return;
	case RULE_MASK_EQ:
		buf_add_format(out, "& 0x%llx = 0x%llx", (unsigned long long)c->mask,
			       (unsigned long long)c->value);
		return;
	case RULE_IN:
		if (c->mask != UINT32_MAX)
			buf_add_format(out, "& 0x%llx ", (unsigned long long)c->mask);
		buf_add_string(out, "in");
		for (size_t i = 0; i < c->list_count; i++)
			buf_add_format(out, " 0x%x", c->list[i]);
		return;
	case RULE_KEY:
		buf_add_string(out, "is the key");
		return;
	}
}

static void print_rule(struct buf *out, const struct rule_set *set, const struct rule *r)
{
	buf_add_string(out, "\t");
	print_answer(out, rule_answer(set, r));
	for (size_t i = 0; i < r->cond_count; i++) {
		buf_add_string(out, i ? " and " : " when ");
		print_cond(out, &r->conds[i]);
	}
	buf_add_format(out, "\t# %s\n", r->reason);
}

void filter_print_rules(struct buf *out, const struct filter_want *want)
{
	struct arena a = { .first = NULL };
	struct rule_set set;
	size_t count;
	const struct call_row *rows = call_table(want->arch, &count);

	if (rule_set_build(&a, want, &set, NULL) != AMBIT_OK)
		count = 0;
	for (size_t i = 0; i < count; i++) {
		uint32_t treat = set.treat[rows[i].number];

		if (treat >= RULE_BLOCK_LIMIT)
			continue;
		buf_add_format(out, "%s\n", rows[i].name);
		for (size_t j = 0; j < set.blocks[treat].rule_count; j++)
			print_rule(out, &set, set.blocks[treat].rules[j]);
		buf_add_string(out, "\t");
		print_answer(out, set.blocks[treat].otherwise);
		buf_add_string(out, " otherwise\n");
	}
	arena_done(&a);
}
