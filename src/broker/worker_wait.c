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

static bool spin(const uint32_t *word, uint32_t old, uint32_t spin_us)
{
	const uint64_t end = spin_us ? worker_now_us() + spin_us : 0;

	do
		for (int i = 0; i < LOOKS; i++) {
			if (load(word) != old)
				return true;
			relax();
		}
	while (spin_us && worker_now_us() < end);
	return false;
}

int worker_wait(const uint32_t *word, uint32_t old, uint32_t spin_us, uint64_t until_us)
{
	if (spin(word, old, spin_us))
		return 0;
	while (load(word) == old) {
		struct timespec left = { 0, 0 };

		if (until_us) {
			uint64_t now = worker_now_us();

			if (now >= until_us)
				return -ETIMEDOUT;
			left.tv_sec = (time_t)((until_us - now) / 1000000);
			left.tv_nsec = (long)((until_us - now) % 1000000 * 1000);
		}
		(void)sys_call(SYS_futex, (long)word, FUTEX_WAIT, old, until_us ? (long)&left : 0,
			       0, 0);
	}
	return 0;
}

void worker_wake(uint32_t *word)
{
	(void)sys_call(SYS_futex, (long)word, FUTEX_WAKE, 1, 0, 0, 0);
}
