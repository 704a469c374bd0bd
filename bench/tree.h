/* SPDX-License-Identifier: ISC */
/*
 * tree.h - a filter that allows 150 calls, as a binary tree over ranges of numbers
 */
#ifndef BENCH_TREE_H
#define BENCH_TREE_H

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include <asm/unistd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TREE_EPERM = 1, TREE_ENOSYS = 38, TREE_END = 470 };

/* [first, end) of what is allowed; together 150 numbers. execve and execveat are apart. */
static const uint16_t tree_allowed[][2] = {
	{ 0, 29 },    { 32, 36 },   { 39, 41 },	  { 56, 57 },	{ 60, 64 },   { 72, 92 },
	{ 95, 101 },  { 102, 103 }, { 104, 105 }, { 107, 109 }, { 110, 112 }, { 118, 122 },
	{ 124, 125 }, { 127, 132 }, { 137, 139 }, { 143, 149 }, { 157, 159 }, { 186, 187 },
	{ 191, 193 }, { 200, 205 }, { 213, 214 }, { 217, 219 }, { 221, 222 }, { 228, 236 },
	{ 247, 248 }, { 257, 258 }, { 262, 263 }, { 267, 272 }, { 273, 275 }, { 276, 277 },
	{ 280, 287 }, { 288, 292 }, { 302, 303 }, { 306, 307 }, { 309, 310 }, { 314, 316 },
	{ 318, 320 }, { 324, 326 }, { 332, 335 }, { 424, 425 }, { 434, 435 }, { 439, 440 },
	{ 441, 442 },
};

struct range {
	uint32_t first, action;
};

struct tree {
	struct range ranges[128];
	size_t count;
	struct sock_filter code[320];
	size_t size;
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

static void tree_emit(struct tree *t, size_t lo, size_t hi)
{
	if (hi - lo == 1) {
		t->code[t->size++] =
			(struct sock_filter)BPF_STMT(BPF_RET | BPF_K, t->ranges[lo].action);
		return;
	}
	size_t split = (lo + hi) / 2;
	size_t at = t->size++;

	tree_emit(t, lo, split);
	t->code[at] = (struct sock_filter)BPF_JUMP(
		BPF_JMP | BPF_JGE | BPF_K, t->ranges[split].first, (uint8_t)(t->size - at - 1), 0);
	tree_emit(t, split, hi);
}

/* What the tree can answer; the shared returns at its end are in this order. */
static const uint32_t tree_answers[] = {
	SECCOMP_RET_ALLOW,
	SECCOMP_RET_ERRNO | TREE_EPERM,
	SECCOMP_RET_ERRNO | TREE_ENOSYS,
	SECCOMP_RET_USER_NOTIF,
};
enum { TREE_ANSWERS = sizeof(tree_answers) / sizeof(tree_answers[0]) };

/* How far it is from the instruction after @at to the shared return of @action. */
static uint8_t tree_far(const struct tree *t, size_t at, uint32_t action)
{
	size_t end = 4 + t->count - 1; /* four instructions before the tree */

	for (size_t i = 0; i < TREE_ANSWERS; i++)
		if (tree_answers[i] == action)
			return (uint8_t)(end + i - at - 1);
	return 0;
}

/* As tree_emit(), but every leaf is one of the shared returns: half the instructions. */
static void tree_emit_shared(struct tree *t, size_t lo, size_t hi)
{
	size_t split = (lo + hi) / 2;
	size_t at = t->size++;
	uint8_t less = 0;

	if (split - lo == 1)
		less = tree_far(t, at, t->ranges[lo].action);
	else
		tree_emit_shared(t, lo, split);
	uint8_t more = hi - split == 1 ? tree_far(t, at, t->ranges[split].action)
				       : (uint8_t)(t->size - at - 1);
	t->code[at] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K,
						   t->ranges[split].first, more, less);
	if (hi - split > 1)
		tree_emit_shared(t, split, hi);
}

static void tree_build(struct tree *t, bool share)
{
	t->count = t->size = 0;
	tree_ranges(t);
	t->code[t->size++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
							  offsetof(struct seccomp_data, arch));
	t->code[t->size++] =
		(struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0);
	t->code[t->size++] =
		(struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
	t->code[t->size++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
							  offsetof(struct seccomp_data, nr));
	if (!share) {
		tree_emit(t, 0, t->count);
		return;
	}
	tree_emit_shared(t, 0, t->count);
	for (size_t i = 0; i < TREE_ANSWERS; i++)
		t->code[t->size++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, tree_answers[i]);
}

#endif
