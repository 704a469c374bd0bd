/* SPDX-License-Identifier: ISC */
/* place.h - on which processor the two sides of an exchange sleep: it decides what waking costs */
#ifndef BENCH_PLACE_H
#define BENCH_PLACE_H

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

/* This process, and what it starts from now on, on one processor; on any for a negative one. */
static inline void stay_on(int processor)
{
	static cpu_set_t before;
	cpu_set_t one;
	int r = 0;

	if (CPU_COUNT(&before) == 0)
		r = sched_getaffinity(0, sizeof(before), &before);
	CPU_ZERO(&one);
	for (size_t cpu = 0, at = 0; r == 0 && cpu < CPU_SETSIZE && processor >= 0; cpu++)
		if (CPU_ISSET(cpu, &before) && at++ == (size_t)(processor % CPU_COUNT(&before)))
			CPU_SET(cpu, &one);
	if (r < 0 || sched_setaffinity(0, sizeof(one), processor < 0 ? &before : &one) < 0) {
		fprintf(stderr, "cannot stay on a processor\n");
		exit(1);
	}
}

#endif
