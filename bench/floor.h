/* SPDX-License-Identifier: ISC */
/*
 * floor.h - what the parts of the floor share: floor.c the tasks, floor_view.c the mounts,
 * floor_lock.c Landlock, seccomp, capabilities and limits, floor_ask.c the questions before
 */
#ifndef BENCH_FLOOR_H
#define BENCH_FLOOR_H

#include <linux/capability.h>
#include <linux/fcntl.h>
#include <linux/futex.h>
#include <linux/ioctl.h>
#include <linux/mman.h>
#include <linux/mount.h>
#include <linux/prctl.h>
#include <linux/resource.h>
#include <linux/sched.h>
#include <linux/securebits.h>
#include <linux/signal.h>
#include <linux/sockios.h>
#include <linux/stat.h>
#include <linux/time.h>
#include <linux/wait.h>

#include "raw.h"

enum {
	STACK = 16384,
	STEPS = 160,
	TEXT = 8192,
	EACCES_ = 13,
	CAPS = 41,
	S_IFCHR_ = 0020000,
	MNT_DETACH_ = 2,
	AF_UNIX_ = 1,
	SOCK_DGRAM_ = 2,
	THREAD = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM,
};

struct step {
	const char *name;
	uint64_t ns;
};

struct floor {
	char shape;
	bool user, plain, asks;
	uint32_t uid, gid;
	const char *ways;
	char **argv, **envp;
	char *program; /* as the confined side names it */
	int root;      /* the new root mount */
	int expected_mounts;
	int listener;
	int net_fd;			/* way n: the network namespace */
	uint32_t net_done, detach_done; /* futex words */
	struct step *steps;		/* of -t, shared by all tasks; [0].ns counts */
	char (*stacks)[STACK];		/* init, program, thread of the program, thread of init */
};

/* -- helpers --------------------------------------------------------------------------------- */

static inline bool way(const struct floor *f, char letter)
{
	for (const char *w = f->ways; *w != '\0'; w++)
		if (*w == letter || *w == 'x')
			return true;
	return false;
}

static inline void __attribute__((noreturn)) die(const char *what, long code)
{
	char text[256];
	size_t n = raw_append(text, 0, "floor: ");

	n = raw_append(text, n, what);
	n = raw_append(text, n, ": errno ");
	n = raw_append_number(text, n, code < 0 ? (uint64_t)-code : 0);
	text[n++] = '\n';
	RAW(__NR_write, 2, text, n);
	RAW(__NR_exit_group, 125);
	__builtin_unreachable();
}

static inline uint64_t now(void)
{
	struct __kernel_timespec t = { 0 };

	RAW(__NR_clock_gettime, 1 /* CLOCK_MONOTONIC */, &t);
	return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

/* Check a result, and with -t note when it was there. */
static inline long step(struct floor *f, const char *what, long result)
{
	if (result < 0)
		die(what, result);
	if (f->steps == NULL)
		return result;
	uint64_t at = __atomic_add_fetch(&f->steps[0].ns, 1, __ATOMIC_RELAXED);
	if (at < STEPS)
		f->steps[at] = (struct step){ what, now() };
	return result;
}

static inline void wait_word(uint32_t *word)
{
	while (__atomic_load_n(word, __ATOMIC_ACQUIRE) == 0)
		RAW(__NR_futex, word, FUTEX_WAIT, 0, 0);
}

static inline void set_word(uint32_t *word)
{
	__atomic_store_n(word, 1, __ATOMIC_RELEASE);
	RAW(__NR_futex, word, FUTEX_WAKE, 2);
}

/* floor_ask.c */
void ask(const struct floor *f);

/* floor_view.c */
void view(struct floor *f);
void detach(struct floor *f);
long open_mounts(struct floor *f);
void verify_mounts(struct floor *f, long fd);

/* floor_lock.c */
void harden(struct floor *f);
void rlimits(struct floor *f);
void bounding_set(struct floor *f);
void capabilities(struct floor *f);
void landlock(struct floor *f);
void exec_thread(struct floor *f);
void seccomp(struct floor *f);
int answer_exec(void *argument);

#endif
