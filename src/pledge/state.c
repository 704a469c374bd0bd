/* SPDX-License-Identifier: ISC */
/* state.c - the process-wide state of pledge and its lock */
#include "state.h"

#include <sched.h>
#include <string.h>

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

uint64_t promise_bit(enum promise_bit which)
{
	static const char *const names[] = { "exec", "unveil", "error" };
	const struct promise *p;

	for (size_t i = 0; (p = promise_at(FAMILY_PROMISE, i)) != NULL; i++)
		if (strcmp(p->name, names[which]) == 0)
			return UINT64_C(1) << i;
	return 0;
}
