/* SPDX-License-Identifier: ISC */
/*
 * DOC: Theory of operation
 *
 * no_new_privs, ids, capabilities, Landlock domains and filters belong to a thread, not to a
 * process. To confine a process all threads have to act, and none may start another meanwhile. So
 * each is sent a signal whose handler waits; when all that /proc/self/task lists are in it, nobody
 * is left who could make one more. Only then does anything change.
 *
 * The signal is the one the C library itself uses for setuid(2) in all threads: programs cannot
 * block it through the library. Its handler is ours for the length of the call. Anybody with the
 * same uid may send it, too: so a thread looks itself up in the list of those that were called,
 * and counts once; who is not in the list goes on.
 *
 * Each thread gets one signal, never a second: one that is still pending when the handler is gone
 * could end the process.
 */
#include "threads.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "../base/fd.h"
#include "../base/num.h"
#include "../base/sys.h"

enum {
	HOLD_SIGNAL = 33, /* glibc's SIGSETXID */
	HOLD_TRIES = 500, /* of 10 ms each */
	SHY_TRIES = 500,  /* of 1 ms each */
	THREADS_MAX = 4096,
	LIST_SIZE = 32768,
};

enum state { CALLED, HELD, ENDED };

struct threads {
	uint32_t arrived, done, left; /* futexes: how many threads have come so far */
	uint32_t round;		      /* futex: moves when there is something to do */
	uint32_t released;
	int32_t failure; /* the first -errno */
	thread_act *act;
	void *argument;
	struct sys_handler old;
	struct {
		int tid;
		uint32_t state;
	} called[THREADS_MAX];
	uint32_t count, ended;
	int shy; /* a thread that blocks the signal now, 0 */
	char list[LIST_SIZE] __attribute__((aligned(8))); /* for getdents64(2) */
};

/*
 * The one hold of this process, or NULL. A handler is handed nothing: it has no other way to learn
 * whom it serves.
 */
static struct threads *holding;

static void wait_while(uint32_t *word, uint32_t value)
{
	while (__atomic_load_n(word, __ATOMIC_ACQUIRE) == value)
		(void)sys_call(SYS_futex, (long)word, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, value, 0, 0,
			       0);
}

static void count_one(uint32_t *word)
{
	__atomic_add_fetch(word, 1, __ATOMIC_ACQ_REL);
	(void)sys_call(SYS_futex, (long)word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, 0, 0, 0);
}

static void wait_for_all(const struct threads *t, uint32_t *word)
{
	uint32_t n;

	while ((n = __atomic_load_n(word, __ATOMIC_ACQUIRE)) < t->count - t->ended)
		wait_while(word, n);
}

/* Is this thread one that was called and has not come yet? Then it is held from now on. */
static bool is_called(struct threads *t)
{
	const uint32_t count = __atomic_load_n(&t->count, __ATOMIC_ACQUIRE);
	const int tid = sys_gettid();

	for (uint32_t i = 0; i < count; i++)
		if (t->called[i].tid == tid)
			return __atomic_exchange_n(&t->called[i].state, HELD, __ATOMIC_ACQ_REL) ==
			       CALLED;
	return false;
}

static void be_held(struct threads *t)
{
	uint32_t round = 0;

	count_one(&t->arrived);
	for (;;) {
		int expected = 0, r;

		wait_while(&t->round, round++);
		if (__atomic_load_n(&t->released, __ATOMIC_ACQUIRE))
			break;
		r = t->act(t->argument);
		if (r < 0)
			(void)__atomic_compare_exchange_n(&t->failure, &expected, r, false,
							  __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
		count_one(&t->done);
	}
	count_one(&t->left); /* @t may be gone from here on */
}

static void on_hold(int number)
{
	struct threads *t = __atomic_load_n(&holding, __ATOMIC_ACQUIRE);

	(void)number;
	if (t && is_called(t))
		be_held(t);
}

/* ---- who is there -------------------------------------------------------------------------- */

static bool is_known(const struct threads *t, int tid)
{
	for (uint32_t i = 0; i < t->count; i++)
		if (t->called[i].tid == tid && t->called[i].state != ENDED)
			return true;
	return false;
}

/* Does the line of /proc/TID/status, 16 hexadecimal digits, block the signal? */
static bool is_blocked(const char *status)
{
	const char *line = strstr(status, "\nSigBlk:\t");
	char text[2 + 16 + 1] = "0x";
	uint64_t mask = 0;

	if (!line || strlen(line) < 9 + 16)
		return true;
	memcpy(text + 2, line + 9, 16);
	return num_parse_any(text, 18, UINT64_MAX, &mask) < 0 || (mask >> (HOLD_SIGNAL - 1) & 1);
}

/* Could it come? A kernel worker of the process, or one that blocks the signal, never will. */
static int may_come(int tasks, int tid)
{
	char path[32], text[2048];
	size_t n = num_format(path, (uint64_t)tid);
	int r;

	memcpy(path + n, "/status", sizeof("/status"));
	r = fd_read_file(tasks, path, text, sizeof(text) - 1);
	if (r < 0)
		return r == -ENOENT || r == -ESRCH ? 0 : r; /* it has ended: nobody to wait for */
	text[r] = '\0';
	if (strstr(text, "\nState:\tZ") || strstr(text, "\nState:\tX"))
		return 0; /* pthread_exit(3) in main leaves such a one */
	return is_blocked(text) ? -EBUSY : 1;
}

/* 1 when a thread was called that had not been, 0 when not, -errno. */
static int call_if_new(struct threads *t, int tasks, int tid)
{
	const int own = sys_gettid();
	int r;

	if (own < 0)
		return own; /* it would call itself, and wait for itself */
	if (tid == own || is_known(t, tid))
		return 0;
	r = may_come(tasks, tid);
	if (r == -EBUSY) {
		t->shy = tid;
		return 0;
	}
	if (r <= 0)
		return r;
	if (t->count == THREADS_MAX)
		return -EAGAIN;
	t->called[t->count].tid = tid;
	t->called[t->count].state = CALLED;
	__atomic_add_fetch(&t->count, 1, __ATOMIC_ACQ_REL); /* it looks for itself */
	r = (int)sys_call(SYS_tgkill, sys_getpid(), tid, HOLD_SIGNAL, 0, 0, 0);
	if (r < 0) {
		t->called[t->count - 1].state = ENDED;
		t->ended++;
	}
	return r == -ESRCH ? 0 : r < 0 ? r : 1;
}

struct entry {
	uint64_t inode;
	int64_t offset;
	uint16_t length;
	uint8_t type;
	char name[];
};

/* Call all that are listed and were not called before: how many, or -errno. */
static int call_listed(struct threads *t, int tasks, int *ret_tid)
{
	int called = 0;
	long n = sys_call(SYS_lseek, tasks, 0, SEEK_SET, 0, 0, 0);

	while (n >= 0 &&
	       (n = sys_call(SYS_getdents64, tasks, (long)t->list, LIST_SIZE, 0, 0, 0)) > 0)
		for (long at = 0; at < n;) {
			const struct entry *e = (const void *)(t->list + at);
			uint64_t tid = 0;
			int r = 0;

			if (num_parse(e->name, strlen(e->name), INT32_MAX, &tid) == 0)
				r = call_if_new(t, tasks, (int)tid);
			if (r < 0) {
				*ret_tid = (int)tid;
				return r;
			}
			called += r;
			at += e->length;
		}
	return n < 0 ? (int)n : called;
}

int threads_single(void)
{
	/* Refused but to a process of one thread, for which it does nothing: unshare(2). */
	int r = sys_unshare(CLONE_THREAD);

	return r == 0 ? 1 : r == -EINVAL ? 0 : r;
}

/* ---- holding ------------------------------------------------------------------------------- */

/* Who has ended never comes; who is held does not end. */
static void forget_ended(struct threads *t)
{
	for (uint32_t i = 0; i < t->count; i++)
		if (__atomic_load_n(&t->called[i].state, __ATOMIC_ACQUIRE) == CALLED &&
		    sys_call(SYS_tgkill, sys_getpid(), t->called[i].tid, 0, 0, 0, 0) == -ESRCH) {
			t->called[i].state = ENDED;
			t->ended++;
		}
}

static int first_missing(const struct threads *t)
{
	for (uint32_t i = 0; i < t->count; i++)
		if (__atomic_load_n(&t->called[i].state, __ATOMIC_ACQUIRE) == CALLED)
			return t->called[i].tid;
	return 0;
}

/* Every called thread has arrived or ended. A handler needs no more than a moment to begin. */
static int wait_arrived(struct threads *t, int *ret_tid)
{
	for (int tries = 0; tries < HOLD_TRIES; tries++) {
		const struct timespec pause = { 0, 10000000 };
		uint32_t n = __atomic_load_n(&t->arrived, __ATOMIC_ACQUIRE);

		if (n >= t->count - t->ended)
			return 0;
		(void)sys_call(SYS_futex, (long)&t->arrived, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, n,
			       (long)&pause, 0, 0);
		if (tries % 8 == 7)
			forget_ended(t);
	}
	*ret_tid = first_missing(t);
	return -EBUSY;
}

/*
 * Until a look at the list finds nobody new. A C library blocks its own signals, too, for the
 * moment of a pthread_create(3): who does so is looked at again.
 */
static int hold_all(struct threads *t, int tasks, int *ret_tid)
{
	const struct timespec pause = { 0, 1000000 };
	int r = 1;

	for (int tries = 0; r > 0; tries++) {
		t->shy = 0;
		r = call_listed(t, tasks, ret_tid);
		if (r > 0) {
			int w = wait_arrived(t, ret_tid);

			r = w < 0 ? w : r;
		} else if (r == 0 && t->shy) {
			*ret_tid = t->shy;
			r = tries < SHY_TRIES ? 1 : -EBUSY;
			(void)sys_call(SYS_nanosleep, (long)&pause, 0, 0, 0, 0, 0);
		}
	}
	return r;
}

static void let_go(struct threads *t)
{
	__atomic_store_n(&t->released, 1, __ATOMIC_RELEASE);
	__atomic_add_fetch(&t->round, 1, __ATOMIC_ACQ_REL);
	(void)sys_call(SYS_futex, (long)&t->round, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, INT32_MAX, 0, 0,
		       0);
}

/* Put the old handler back; where there was none the signal may still be pending: ignore it. */
static void restore_handler(struct threads *t, bool all_came)
{
	if (!all_came && t->old.handler == 0 /* SIG_DFL */)
		t->old.handler = 1;				      /* SIG_IGN */
	IGNORE_RESULT(sys_sigaction_set(HOLD_SIGNAL, &t->old, NULL)); /* cannot fail: it was ours */
	__atomic_store_n(&holding, NULL, __ATOMIC_RELEASE);
}

static int set_handler(struct threads *t)
{
	const struct sys_handler ours = { .handler = (unsigned long)(uintptr_t)on_hold,
					  .flags = SA_ONSTACK | SA_RESTART,
					  .mask = ~UINT64_C(0) };
	struct threads *nobody = NULL;
	int r;

	if (!__atomic_compare_exchange_n(&holding, &nobody, t, false, __ATOMIC_ACQ_REL,
					 __ATOMIC_ACQUIRE))
		return -EALREADY;
	r = sys_sigaction_set(HOLD_SIGNAL, &ours, &t->old);
	if (r < 0)
		__atomic_store_n(&holding, NULL, __ATOMIC_RELEASE);
	return r;
}

/* Not all came. What is held goes on; @t stays, for somebody may still be on the way to it. */
static void give_up(struct threads *t)
{
	let_go(t);
	restore_handler(t, false);
}

int threads_hold(struct threads **ret, int *ret_tid)
{
	AUTO_FD int tasks =
		sys_openat(AT_FDCWD, "/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	struct threads *t;
	int r;

	*ret_tid = 0;
	*ret = NULL;
	if (tasks < 0)
		return tasks;
	t = calloc(1, sizeof(*t));
	if (!t)
		return -ENOMEM;
	r = set_handler(t);
	if (r < 0) {
		free(t);
		return r;
	}
	r = hold_all(t, tasks, ret_tid);
	if (r == 0)
		*ret = t;
	else if (first_missing(t))
		give_up(t);
	else
		threads_release(t);
	return r;
}

int threads_act(struct threads *t, thread_act *act, void *argument)
{
	t->act = act;
	t->argument = argument;
	__atomic_store_n(&t->done, 0, __ATOMIC_RELEASE);
	__atomic_add_fetch(&t->round, 1, __ATOMIC_ACQ_REL);
	(void)sys_call(SYS_futex, (long)&t->round, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, INT32_MAX, 0, 0,
		       0);
	wait_for_all(t, &t->done);
	return __atomic_load_n(&t->failure, __ATOMIC_ACQUIRE);
}

void threads_release(struct threads *t)
{
	if (!t)
		return;
	let_go(t);
	wait_for_all(t, &t->left);
	restore_handler(t, true);
	free(t);
}
