/* SPDX-License-Identifier: ISC */
/*
 * processor.c - the first child executes the stage on the processor where it is
 *
 * execve(2) looks for the idlest processor. Since Linux 6.12 a task that sleeps may still count
 * as running (delayed dequeue), and so does the caller, which waits for this very execve: the
 * processor looks busy, and the child is moved to one that has to be woken and whose caches are
 * cold. On a virtual machine of two that is a tenth of a start (bench/NOTES.md).
 *
 * The kernel remembers which processors a task asked for, and honours it when those of its cpuset
 * change. So all are asked for afterwards, which is as if none had been; only where that is more
 * than the caller had, had it asked for less, and gets that back. It may come to fewer by then: its
 * cpuset changes when somebody wishes.
 */
#include "processor.h"

#include <errno.h>

#include "../base/sys.h"

static bool is_several(const uint64_t *set, size_t words)
{
	int count = 0;

	for (size_t i = 0; i < words; i++)
		for (uint64_t left = set[i]; left && count < 2; left &= left - 1)
			count++;
	return count > 1;
}

/* Where somebody refuses to say, or there are more than there is room for, nothing is done. */
void processor_note(struct kit *kit)
{
	struct kit_processors had = { 0 };

	if (sys_sched_getaffinity(had.set, sizeof(had.set)) >= 0 &&
	    is_several(had.set, ARRAY_COUNT(had.set)))
		kit->processors = had;
}

void processor_stay(const struct kit *kit)
{
	struct kit_processors one = { 0 };
	unsigned here;

	if (!is_several(kit->processors.set, ARRAY_COUNT(kit->processors.set)) ||
	    sys_getcpu(&here) < 0 || here >= KIT_PROCESSORS)
		return;
	one.set[here / 64] = UINT64_C(1) << here % 64;
	IGNORE_RESULT(sys_sched_setaffinity(one.set, sizeof(one.set))); /* then it may be moved */
}

static bool is_as_before(const struct kit *kit, const struct kit_processors *now)
{
	for (size_t i = 0; i < ARRAY_COUNT(now->set); i++)
		if (now->set[i] != kit->processors.set[i])
			return false;
	return true;
}

static bool is_within(const struct kit *kit, const struct kit_processors *now)
{
	for (size_t i = 0; i < ARRAY_COUNT(now->set); i++)
		if (now->set[i] & ~kit->processors.set[i])
			return false;
	return true;
}

/* Ask for @wanted, and see what it comes to. */
static int ask_for(const struct kit_processors *wanted, struct kit_processors *ret_now)
{
	int r = sys_sched_setaffinity(wanted->set, sizeof(wanted->set));

	return r < 0 ? r : sys_sched_getaffinity(ret_now->set, sizeof(ret_now->set));
}

int processor_leave(const struct kit *kit)
{
	struct kit_processors all, now = { 0 };
	int r;

	if (!is_several(kit->processors.set, ARRAY_COUNT(kit->processors.set)))
		return 0;
	r = sys_sched_getaffinity(now.set, sizeof(now.set));
	if (r < 0 || is_as_before(kit, &now)) /* it could not stay */
		return r < 0 ? r : 0;
	for (size_t i = 0; i < ARRAY_COUNT(all.set); i++)
		all.set[i] = ~UINT64_C(0);
	r = ask_for(&all, &now);
	if (r >= 0 && !is_within(kit, &now))
		r = ask_for(&kit->processors, &now);
	if (r < 0)
		return r;
	return is_within(kit, &now) ? 0 : -EPROTO;
}
