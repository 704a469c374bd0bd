/* SPDX-License-Identifier: ISC */
/*
 * order.c - the one order that works, computed
 *
 * Each layer takes away what another needs: capabilities gone before the mounts are made, a
 * filter before the rules it forbids. So every step says what it needs, takes and gives, and
 * the order is a topological sort: a step that needs a token runs after all that give it and
 * before all that take it. Among steps that could come next the first in the layers' own order
 * is taken, so the result is the same every time.
 */
#include "plan.h"

/* Must @a run before @b? */
static bool precedes(const struct step *a, const struct step *b)
{
	if (a->place != b->place)
		return a->place < b->place;
	/* A step may take what it needs itself; two that do so with one token work in no order. */
	return (a->gives & b->needs) || (a->needs & b->takes);
}

static bool is_ready(const struct step *steps, size_t count, const bool *placed, size_t candidate)
{
	for (size_t i = 0; i < count; i++)
		if (i != candidate && !placed[i] && precedes(&steps[i], &steps[candidate]))
			return false;
	return true;
}

static enum ambit_code conflict(const struct step *steps, size_t count, const bool *placed,
				struct ambit_error *err)
{
	for (size_t a = 0; a < count; a++)
		for (size_t b = a + 1; b < count; b++)
			if (!placed[a] && !placed[b] && precedes(&steps[a], &steps[b]) &&
			    precedes(&steps[b], &steps[a])) {
				(void)err_set(err, AMBIT_E_CONFLICT, AMBIT_LAYER_PLAN, 0,
					      "no order works: \"%s\" and \"%s\" each take what the other needs",
					      steps[a].what, steps[b].what);
				return err_hint(err, "switch one of the layers off with a need line");
			}
	return err_set(err, AMBIT_E_CONFLICT, AMBIT_LAYER_PLAN, 0,
		       "no order works: the steps need each other in a circle");
}

enum { STEPS_MAX = 64 };

enum ambit_code plan_order(struct ambit_plan *plan, struct ambit_error *err)
{
	struct step sorted[STEPS_MAX];
	bool placed[STEPS_MAX] = { false };
	size_t count = plan->step_count;

	if (count > STEPS_MAX)
		return err_set(err, AMBIT_E_INTERNAL, AMBIT_LAYER_PLAN, 0, "too many steps");
	for (size_t done = 0; done < count; done++) {
		size_t next = 0;

		while (next < count && (placed[next] || !is_ready(plan->steps, count, placed, next)))
			next++;
		if (next == count)
			return conflict(plan->steps, count, placed, err);
		placed[next] = true;
		sorted[done] = plan->steps[next];
	}
	for (size_t i = 0; i < count; i++)
		plan->steps[i] = sorted[i];
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
