/* SPDX-License-Identifier: ISC */
/* worker_wait.c - a futex in memory that two processes share */
#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>

#include "../base/sys.h"
#include "worker_wire.h"

/* Looks between two looks at the clock: a look costs a nanosecond, the clock thirty. */
enum { LOOKS = 64 };

static uint32_t load(const uint32_t *word)
{
	return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static inline void relax(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#endif
}

uint64_t worker_now_us(void)
{
	struct timespec t = { 0, 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

int worker_left_ms(uint64_t until_us, int most_ms)
{
	const uint64_t now = worker_now_us();
	const uint64_t left = until_us > now ? (until_us - now) / 1000 : 0;

	return !until_us || left > (uint64_t)most_ms ? most_ms : (int)left;
}

static bool spin(const uint32_t *word, uint32_t old, uint32_t spin_us)
{
	const uint64_t end = worker_now_us() + spin_us;

	do
		for (int i = 0; i < LOOKS; i++) {
			if (load(word) != old)
				return true;
			relax();
		}
	while (worker_now_us() < end);
	return false;
}

/* The time that is left; false when there is none. */
static bool left_until(uint64_t until_us, struct timespec *ret)
{
	const uint64_t now = worker_now_us();

	if (now >= until_us)
		return false;
	ret->tv_sec = (time_t)((until_us - now) / 1000000);
	ret->tv_nsec = (long)((until_us - now) % 1000000 * 1000);
	return true;
}

int worker_wait(struct worker_word *word, uint32_t old, uint32_t spin_us, uint64_t until_us)
{
	int r = 0;

	if (load(&word->value) != old || (spin_us && spin(&word->value, old, spin_us)))
		return 0;
	/* Said before the word is looked at: who changes it after that look sees a sleeper. */
	__atomic_store_n(&word->sleeper, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&word->value, __ATOMIC_SEQ_CST) == old) {
		struct timespec left = { 0, 0 };

		if (until_us && !left_until(until_us, &left)) {
			r = -ETIMEDOUT;
			break;
		}
		(void)sys_call(SYS_futex, (long)&word->value, FUTEX_WAIT, old,
			       until_us ? (long)&left : 0, 0, 0);
	}
	__atomic_store_n(&word->sleeper, 0, __ATOMIC_RELEASE);
	return r;
}

void worker_tell(struct worker_word *word, uint32_t value)
{
	__atomic_store_n(&word->value, value, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&word->sleeper, __ATOMIC_SEQ_CST))
		(void)sys_call(SYS_futex, (long)&word->value, FUTEX_WAKE, 1, 0, 0, 0);
}
