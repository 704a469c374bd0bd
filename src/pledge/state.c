/* SPDX-License-Identifier: ISC */
/* state.c - the process-wide state of pledge and its lock */
#include "state.h"

#include <errno.h>
#include <linux/futex.h>
#include <sched.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>

#include "../base/sys.h"

static struct {
	uint32_t lock;
	struct pledge_state state;
} global;

/* Held for a few milliseconds, a few times in the life of a process. */
struct pledge_state *state_lock(void)
{
	while (__atomic_exchange_n(&global.lock, 1, __ATOMIC_ACQUIRE))
		(void)sched_yield();
	return &global.state;
}

void state_unlock(void)
{
	__atomic_store_n(&global.lock, 0, __ATOMIC_RELEASE);
}

const struct pledge_state *state_look(void)
{
	return &global.state;
}

/* The least there is; what is larger is made of these. */
enum { PAGE = 4096 };

/* The kernel reads the word before it finds that it need not wait. */
static bool is_word_there(const char *at)
{
	const struct timespec none = { 0, 0 };
	const uintptr_t word = (uintptr_t)at & ~(uintptr_t)3;

	return sys_call(SYS_futex, (long)word, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 0, (long)&none, 0,
			0) != -EFAULT;
}

int text_there(const char *text)
{
	size_t n, left = 0;

	if (!text)
		return 0;
	for (n = 0; n == left; text += n) {
		if (!is_word_there(text))
			return EFAULT;
		left = PAGE - ((uintptr_t)text & (PAGE - 1));
		n = strnlen(text, left);
	}
	return 0;
}

uint64_t promise_bit(enum promise_bit which)
{
	static const char *const names[] = { "exec", "unveil", "error" };
	const struct promise *p;

	for (size_t i = 0; (p = promise_at(FAMILY_PROMISE, i)) != NULL; i++)
		if (strcmp(p->name, names[which]) == 0)
			return UINT64_C(1) << i;
	return 0;
}
