/* SPDX-License-Identifier: ISC */
/*
 * tree.h - a filter that allows 150 calls, as a binary tree over ranges of numbers
 */
#ifndef BENCH_TREE_H
#define BENCH_TREE_H

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <asm/unistd.h>

enum { TREE_EPERM = 1, TREE_ENOSYS = 38, TREE_END = 470 };

/* [first, end) of what is allowed; together 150 numbers. execve and execveat are apart. */
static const uint16_t tree_allowed[][2] = {
	{ 0, 29 },    { 32, 36 },   { 39, 41 },	  { 56, 57 },	{ 60, 64 },   { 72, 92 },
	{ 95, 101 },  { 102, 103 }, { 104, 105 }, { 107, 109 }, { 110, 112 }, { 118, 122 },
	{ 124, 125 }, { 127, 132 }, { 137, 139 }, { 143, 149 }, { 157, 159 }, { 186, 187 },
	{ 191, 193 }, { 200, 205 }, { 213, 214 }, { 217, 219 }, { 221, 222 }, { 228, 236 },
	{ 247, 248 }, { 257, 258 }, { 262, 263 }, { 267, 272 }, { 273, 275 }, { 276, 277 },
	{ 280, 287 }, { 288, 296 }, { 302, 303 }, { 306, 307 }, { 309, 310 }, { 314, 316 },
	{ 318, 320 }, { 324, 326 }, { 332, 335 }, { 424, 425 }, { 434, 435 }, { 439, 440 },
	{ 441, 442 }, { 449, 450 },
};

struct range {
	uint32_t first, action;
};

struct tree {
	struct range ranges[128];
	size_t count;
	struct sock_filter code[320];
	size_t size;
	bool weigh;
};

static void tree_range(struct tree *t, uint32_t first, uint32_t action)
{
	if (t->count > 0 && t->ranges[t->count - 1].action == action)
		return;
	if (t->count > 0 && t->ranges[t->count - 1].first == first)
		t->count--;
	t->ranges[t->count++] = (struct range){ first, action };
}

static void tree_ranges(struct tree *t)
{
	const uint32_t refuse = SECCOMP_RET_ERRNO | TREE_EPERM;

	tree_range(t, 0, refuse);
	for (size_t i = 0; i < sizeof(tree_allowed) / sizeof(tree_allowed[0]); i++) {
		uint32_t end = tree_allowed[i][1];
		tree_range(t, tree_allowed[i][0], SECCOMP_RET_ALLOW);
		tree_range(t, end, refuse);
		if (tree_allowed[i][0] == __NR_clone) {
			tree_range(t, __NR_execve, SECCOMP_RET_USER_NOTIF);
			tree_range(t, __NR_execve + 1, refuse);
		}
		if (tree_allowed[i][0] == __NR_getrandom) {
			tree_range(t, __NR_execveat, SECCOMP_RET_USER_NOTIF);
			tree_range(t, __NR_execveat + 1, refuse);
		}
	}
	tree_range(t, TREE_END, SECCOMP_RET_ERRNO | TREE_ENOSYS);
}

/* Where to split [lo, hi): in the middle of the ranges, or of the numbers they hold. */
static size_t tree_split(const struct tree *t, size_t lo, size_t hi)
{
	if (!t->weigh)
		return (lo + hi) / 2;
	uint32_t end = hi == t->count ? TREE_END : t->ranges[hi].first;
	uint32_t middle = (t->ranges[lo].first + end) / 2;
	size_t at = lo + 1;

	while (at + 1 < hi && t->ranges[at].first < middle)
		at++;
	/* the nearer of the two boundaries around the middle */
	if (at > lo + 1 && t->ranges[at].first - middle > middle - t->ranges[at - 1].first)
		at--;
	return at;
}

/* The tree is small: no branch is longer than a conditional jump's 255. */
static void tree_emit(struct tree *t, size_t lo, size_t hi)
{
	if (hi - lo == 1) {
		t->code[t->size++] =
			(struct sock_filter)BPF_STMT(BPF_RET | BPF_K, t->ranges[lo].action);
		return;
	}
	size_t split = tree_split(t, lo, hi);
	size_t at = t->size++;

	tree_emit(t, lo, split);
	t->code[at] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K,
						   t->ranges[split].first,
						   (uint8_t)(t->size - at - 1), 0);
	tree_emit(t, split, hi);
}

static void tree_build(struct tree *t, bool weigh)
{
	t->count = t->size = 0;
	t->weigh = weigh;
	tree_ranges(t);
	t->code[t->size++] = (struct sock_filter)BPF_STMT(
		BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
	t->code[t->size++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
							  AUDIT_ARCH_X86_64, 1, 0);
	t->code[t->size++] =
		(struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
	t->code[t->size++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
							  offsetof(struct seccomp_data, nr));
	tree_emit(t, 0, t->count);
}

#endif
