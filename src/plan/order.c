/* SPDX-License-Identifier: ISC */
/*
 * order.c - the one order that works, computed
 *
 * Each layer takes away what another needs: capabilities gone before the mounts are made, a
 * filter before the rules it forbids. So every step says what it needs, takes and gives, and
 * the order is a topological sort: a step that needs a token runs after all that give it and
 * before all that take it. Among steps that could come next the first in the layers' own order
 * is taken, and of one layer's steps for lines of the policy that with the lowest operation, so
 * the result is the same every time, whatever the order of the lines. A step of the leader that
 * needs what only the program's process gives is a conflict like any other. A step that waits for
 * what another task does is taken when nothing else of its place can be done meanwhile.
 *
 * What the leader does beside the program's process comes in no order with that process's steps, so
 * none of the one may need, take or give what matters to one of the other, but for what each
 * process has for itself. The program's process waits once, between PLACE_AHEAD and PLACE_PROGRAM,
 * for the end of PLACE_BUILD; and they meet before the steps of PLACE_START.
 */
#include <string.h>

#include "plan.h"

/* What a process has for itself, whatever happens to it in another. */
#define OWN_TOKENS                                                                                 \
	(TOKEN(ADMIN) | TOKEN(SETID) | TOKEN(SETPCAP) | TOKEN(ANY_PATH) | TOKEN(ANY_CALL) |        \
	 TOKEN(DESCRIPTORS) | TOKEN(TASKS) | TOKEN(MEMORY) | TOKEN(CLEAN_FDS) |                    \
	 TOKEN(SECUREBITS) | TOKEN(NNP) | TOKEN(START))

/* Does any token want @a before @b? */
static uint32_t ties(const struct step *a, const struct step *b)
{
	/* A step may take what it needs itself; two that do so with one token work in no order. */
	return (a->gives & b->needs) | (a->needs & b->takes);
}

/* The leader's @a, and @b of the program's process: neither waits for the other. */
static bool do_not_wait(enum plan_place a, enum plan_place b)
{
	return b == PLACE_AHEAD ? a == PLACE_BUILD || a == PLACE_BESIDE
				: a == PLACE_BESIDE && b == PLACE_PROGRAM;
}

static bool are_side_by_side(const struct step *a, const struct step *b)
{
	return do_not_wait(a->place, b->place) || do_not_wait(b->place, a->place);
}

/* Must @a run before @b? Side by side a tie cannot be kept: then each must, and no order works. */
static bool precedes(const struct step *a, const struct step *b)
{
	if (are_side_by_side(a, b))
		return ((ties(a, b) | ties(b, a)) & ~OWN_TOKENS) != 0;
	return a->place < b->place || ties(a, b);
}

static bool is_ready(const struct step *steps, size_t count, size_t candidate)
{
	for (size_t i = 0; i < count; i++)
		if (i != candidate && precedes(&steps[i], &steps[candidate]))
			return false;
	return true;
}

/* Would @candidate be taken rather than @next, the best so far? */
static bool is_earlier(const struct step *steps, size_t count, size_t next, size_t candidate)
{
	if (next == count)
		return true;
	if (steps[candidate].place != steps[next].place)
		return steps[candidate].place < steps[next].place;
	if (steps[candidate].waits != steps[next].waits)
		return steps[next].waits;
	return steps[candidate].layer == steps[next].layer && steps[candidate].grant &&
	       steps[next].grant && steps[candidate].op < steps[next].op;
}

static enum ambit_code conflict(const struct step *steps, size_t count, struct ambit_error *err)
{
	for (size_t a = 0; a < count; a++)
		for (size_t b = a + 1; b < count; b++)
			if (precedes(&steps[a], &steps[b]) && precedes(&steps[b], &steps[a])) {
				(void)err_set(err, AMBIT_E_CONFLICT, AMBIT_LAYER_PLAN, 0,
					      are_side_by_side(&steps[a], &steps[b])
						      ? "no order works: \"%s\" and \"%s\" "
							"are done at once, and one needs the other"
						      : "no order works: \"%s\" and \"%s\" "
							"each take what the other needs",
					      steps[a].what, steps[b].what);
				return err_hint(err,
						"switch one of the layers off with a need line");
			}
	(void)err_set(err, AMBIT_E_CONFLICT, AMBIT_LAYER_PLAN, 0,
		      "no order works: the steps need each other in a circle");
	return err_hint(err, "switch one of the layers off with a need line");
}

enum { STEPS_MAX = 64 };

/* The next of @steps, none of which is placed yet; @count when none can be. */
static size_t find_next(const struct step *steps, size_t count)
{
	size_t next = count;

	for (size_t i = 0; i < count; i++)
		if (is_earlier(steps, count, next, i) && is_ready(steps, count, i))
			next = i;
	return next;
}

enum ambit_code plan_order(struct ambit_plan *plan, struct ambit_error *err)
{
	size_t count = plan->step_count;

	if (count > STEPS_MAX)
		return err_set(err, AMBIT_E_INTERNAL, AMBIT_LAYER_PLAN, 0, "too many steps");
	for (struct step *steps = plan->steps; count > 0; steps++, count--) {
		size_t next = find_next(steps, count);
		struct step taken;

		if (next == count)
			return conflict(steps, count, err);
		if (next == 0)
			continue;
		taken = steps[next];
		memmove(steps + 1, steps, next * sizeof(*steps)); /* the others keep their order */
		steps[0] = taken;
	}
	return AMBIT_OK;
}

int plan_order_check(const struct step *steps, size_t count)
{
	for (size_t a = 0; a < count; a++)
		for (size_t b = a + 1; b < count; b++)
			if (precedes(&steps[b], &steps[a]))
				return (int)b;
	return -1;
}
