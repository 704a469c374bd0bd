/* SPDX-License-Identifier: ISC */
/* Any want: the program is valid and answers what the rules answer, for any call. */
#include <stdlib.h>
#include <string.h>

#include "../../src/filter/rule.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct input {
	uint64_t allow, notify, mask, value;
	struct filter_socket sockets[2];
	uint16_t name, answer;
	uint8_t flags, more, count, ops, arguments;
} empty;

static struct filter_want want_of(const struct input *in)
{
	struct filter_want want = { .allow = in->allow, .notify = in->notify };
	want.sockets = in->sockets;
	want.arch = in->flags & 1 ? ARCH_X86_64 : ARCH_AARCH64;
	want.exec_key = in->flags & 2;
	want.jit = in->flags & 4;
	want.terminal = in->flags & 8;
	want.attributes_safe = in->flags & 16;
	want.keep_dumpable = in->flags & 32;
	want.compute = in->flags & 64;
	want.on_denial = in->more % 3;
	want.no_truncate = in->more / 3 % 2;
	want.pairs_only = in->more / 6 % 2;
	want.own_signals = in->more / 12 % 2;
	want.socket_count = in->count % 3;
	return want;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = empty;
	struct seccomp_data call;
	struct filter_prog prog = { .count = 0 };
	struct arena a = { .first = NULL };
	struct rule_set set;
	size_t count, at = size < sizeof(in) ? size : sizeof(in);
	memcpy(&in, data, at);
	struct filter_want want = want_of(&in);
	const struct call_row *rows = call_table(want.arch, &count);
	struct filter_cond cond = { in.arguments, in.ops % 4, in.mask, in.value };
	struct filter_extra extra = { rows[in.name % count].name, &cond, 1, in.answer };
	want.extras = &extra;
	want.extra_count = in.count / 16 % 2;
	if (filter_build(&a, &want, &prog, NULL) || rule_set_build(&a, &want, &set, NULL))
		size = 0;
	for (; at + sizeof(call) <= size; at += sizeof(call)) {
		memcpy(&call, data + at, sizeof(call));
		call.nr &= in.more & 64 ? 511 : ~0;
		call.arch = in.more & 128 ? filter_audit_arch(want.arch) : call.arch;
		if (filter_simulate(prog.code, prog.count, &call) != rule_set_evaluate(&set, &call))
			abort();
	}
	arena_done(&a);
	return 0;
}
