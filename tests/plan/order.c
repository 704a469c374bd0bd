/* SPDX-License-Identifier: ISC */
/* The one order that works: every plan has it, and every other one is rejected. */
#include <stdio.h>

#include "../../src/base/str.h"
#include "../tap.h"
#include "matrix.h"

static bool is_leaders(const struct step *s)
{
	return s->place == PLACE_BUILD || s->place == PLACE_BESIDE;
}

static bool is_programs(const struct step *s)
{
	return s->place == PLACE_AHEAD || s->place == PLACE_PROGRAM;
}

/*
 * Done at once by two processes: nothing keeps the one before the other, but that what is built is
 * waited for.
 */
static bool are_at_once(const struct step *a, const struct step *b)
{
	const struct step *leaders = is_leaders(a) ? a : b, *programs = is_leaders(a) ? b : a;

	return is_leaders(leaders) && is_programs(programs) &&
	       !(leaders->place == PLACE_BUILD && programs->place == PLACE_PROGRAM);
}

/* What two processes that share memory, view and namespaces have in common. */
static bool is_common(int token)
{
	return token == TOKEN_HOST_FILES || token == TOKEN_NAMESPACES || token == TOKEN_VIEW ||
	       token == TOKEN_OWN_PROC;
}

static bool is_tied(const struct step *early, const struct step *late, int token)
{
	uint32_t bit = 1u << token;

	return ((early->gives & bit) && (late->needs & bit)) ||
	       ((early->needs & bit) && (late->takes & bit));
}

/* The rule of plan.h, token by token: whether any two steps stand wrong. */
static bool is_wrong(const struct step *steps, size_t count)
{
	for (size_t early = 0; early < count; early++)
		for (size_t late = early + 1; late < count; late++) {
			const struct step *e = &steps[early], *l = &steps[late];
			bool at_once = are_at_once(e, l);

			if (e->place > l->place && !at_once)
				return true;
			for (int t = 0; t < TOKEN_COUNT; t++)
				if (at_once ? is_common(t) && (is_tied(e, l, t) || is_tied(l, e, t))
					    : is_tied(l, e, t))
					return true;
		}
	return false;
}

static void shuffle_steps(struct step *steps, size_t count, uint64_t *state)
{
	for (size_t i = count; i > 1; i--) {
		size_t j = next_random(state) % i;
		struct step swap = steps[i - 1];

		steps[i - 1] = steps[j];
		steps[j] = swap;
	}
}

static void rich_plan(struct made *m, const char *host)
{
	CHECK(plan_on(m, host, policies[1],
		      "tmp 1M\nhide /var/cache/thumbs/private\nuser nobody\n"
		      "limit open-files 64\nlimit memory 1G\nlimit processes 9\n"
		      "connect tcp 192.0.2.7 443\nspawn\n"));
}

/* The same with nobody to judge addresses: then the leader's process is no copy. */
static void shared_plan(struct made *m, const char *host)
{
	CHECK(plan_on(m, host, policies[1],
		      "tmp 1M\nhide /var/cache/thumbs/private\nuser nobody\n"
		      "limit open-files 64\nlimit memory 1G\nlimit processes 9\nspawn\n"));
}

static unsigned steps_at(const struct made *m, enum plan_place place)
{
	unsigned count = 0;

	for (size_t i = 0; i < m->plan.step_count; i++)
		count += m->plan.steps[i].place == place;
	return count;
}

/* Without memory in common nothing is done ahead, and the view is built before. */
TEST(a_copy_does_nothing_ahead)
{
	struct made rich = { 0 }, shared = { 0 };

	rich_plan(&rich, "root-6.18");
	shared_plan(&shared, "root-6.18");
	CHECK(rich.plan.notify && !shared.plan.notify);
	CHECK_INT(steps_at(&rich, PLACE_AHEAD) + steps_at(&rich, PLACE_BUILD), 0);
	CHECK(steps_at(&shared, PLACE_AHEAD) >= 4 && steps_at(&shared, PLACE_BUILD) == 1);
	made_done(&rich);
	made_done(&shared);
}

TEST(every_plan_is_in_order)
{
	for (size_t h = 0; h < ARRAY_COUNT(hosts); h++)
		for (size_t p = 0; p < ARRAY_COUNT(policies); p++) {
			struct made m = { 0 };

			CHECK(plan_on(&m, hosts[h], policies[p], ""));
			CHECK_INT(plan_order_check(m.plan.steps, m.plan.step_count), -1);
			CHECK(!is_wrong(m.plan.steps, m.plan.step_count));
			made_done(&m);
		}
}

/* Neighbours exchanged as well as whole shuffles: the latter are hardly ever right. */
static void shuffle_and_compare(struct made *m)
{
	unsigned right = 0, wrong = 0;
	struct step steps[64];
	uint64_t state = 2;

	CHECK(m->plan.step_count > 12 && m->plan.step_count < ARRAY_COUNT(steps));
	for (int round = 0; round < 20000; round++) {
		size_t at = next_random(&state) % (m->plan.step_count - 1);
		size_t count = round % 2 ? m->plan.step_count : 2 + (size_t)round / 2 % 3;

		memcpy(steps, m->plan.steps, m->plan.step_count * sizeof(*steps));
		if (count == m->plan.step_count)
			at = 0;
		else if (at + count > m->plan.step_count)
			at = m->plan.step_count - count;
		shuffle_steps(steps + at, count, &state);
		bool bad = is_wrong(steps, m->plan.step_count);

		CHECK_INT(plan_order_check(steps, m->plan.step_count) >= 0, bad);
		right += !bad;
		wrong += bad;
	}
	CHECK(right > 100 && wrong > 10000);
}

/* A plan of each kind. */
static void try_both(void (*try)(struct made *m))
{
	struct made rich = { 0 }, shared = { 0 };

	rich_plan(&rich, "cgroup1");
	shared_plan(&shared, "cgroup1");
	try(&rich);
	try(&shared);
	made_done(&rich);
	made_done(&shared);
}

TEST(wrong_orders_are_rejected_and_right_ones_accepted)
{
	try_both(shuffle_and_compare);
}

static void shuffle_and_sort(struct made *m)
{
	uint64_t state = 3;

	for (int round = 0; round < 2000; round++) {
		shuffle_steps(m->plan.steps, m->plan.step_count, &state);
		CHECK_INT(plan_order(&m->plan, NULL), AMBIT_OK);
		CHECK(!is_wrong(m->plan.steps, m->plan.step_count));
	}
}

TEST(every_shuffle_sorts_to_an_order)
{
	try_both(shuffle_and_sort);
}

/* A step made to need what another takes has to change places with it, or there is no order. */
TEST(a_changed_token_is_noticed)
{
	unsigned moved = 0, conflicts = 0;
	struct step original[64];
	struct made m = { 0 };

	rich_plan(&m, "cgroup1");
	memcpy(original, m.plan.steps, m.plan.step_count * sizeof(*original));
	for (size_t a = 0; a < m.plan.step_count; a++)
		for (size_t b = a + 1; b < m.plan.step_count; b++) {
			struct ambit_error err = { 0 };
			enum ambit_code code;

			memcpy(m.plan.steps, original, m.plan.step_count * sizeof(*original));
			m.plan.steps[a].takes |= TOKEN(OWN_PROC);
			m.plan.steps[b].needs |= TOKEN(OWN_PROC);
			CHECK(plan_order_check(m.plan.steps, m.plan.step_count) >= 0);
			code = plan_order(&m.plan, &err);
			if (code == AMBIT_OK) {
				CHECK(!is_wrong(m.plan.steps, m.plan.step_count));
				moved++;
				continue;
			}
			CHECK_INT(code, AMBIT_E_CONFLICT);
			CHECK(err.hint[0]);
			conflicts++;
		}
	CHECK(moved > 10 && conflicts > 10);
	made_done(&m);
}

/* Any bit of any step: the sort still obeys the rule, or says that it cannot. */
TEST(any_token_of_any_step)
{
	struct step original[64];
	struct made m = { 0 };

	rich_plan(&m, "cgroup1");
	memcpy(original, m.plan.steps, m.plan.step_count * sizeof(*original));
	for (size_t i = 0; i < m.plan.step_count; i++)
		for (int bit = 0; bit < 3 * TOKEN_COUNT; bit++) {
			uint32_t *masks[] = { &m.plan.steps[i].needs, &m.plan.steps[i].takes,
					      &m.plan.steps[i].gives };

			memcpy(m.plan.steps, original, m.plan.step_count * sizeof(*original));
			*masks[bit / TOKEN_COUNT] ^= 1u << bit % TOKEN_COUNT;
			CHECK_INT(plan_order_check(m.plan.steps, m.plan.step_count) >= 0,
				  is_wrong(m.plan.steps, m.plan.step_count));
			if (plan_order(&m.plan, NULL) == AMBIT_OK)
				CHECK(!is_wrong(m.plan.steps, m.plan.step_count));
		}
	made_done(&m);
}

/* The last step of each layer of the list comes before the first of the next. */
static void check_sequence(const struct ambit_plan *plan, const enum ambit_layer *layers,
			   size_t count)
{
	for (size_t i = 0; i + 1 < count; i++) {
		CHECK(position(plan, layers[i], true) >= 0);
		if (position(plan, layers[i], true) >= position(plan, layers[i + 1], false))
			tap_fail(__FILE__, __LINE__, "%s does not come before %s",
				 ambit_layer_name(layers[i]), ambit_layer_name(layers[i + 1]));
	}
}

/* The part of the order that the leader carries out, with a user namespace. */
TEST(the_leaders_order)
{
	static const enum ambit_layer layers[] = { AMBIT_LAYER_ENV,    AMBIT_LAYER_CGROUP,
						   AMBIT_LAYER_USERNS, AMBIT_LAYER_NAMESPACES,
						   AMBIT_LAYER_MOUNT,  AMBIT_LAYER_FDS };
	struct made m = { 0 };

	CHECK(plan_on(&m, "cgroup2", "limit memory 1G\n", ""));
	check_sequence(&m.plan, layers, ARRAY_COUNT(layers));
	made_done(&m);
}

static int step_number(const struct ambit_plan *plan, const char *what)
{
	for (size_t i = 0; i < plan->step_count; i++)
		if (str_starts(plan->steps[i].what, what))
			return (int)i;
	tap_fail(__FILE__, __LINE__, "no step: %s", what);
}

/* Descriptors, resource limits, ids, capabilities, no_new_privs, Landlock, filter last. */
TEST(the_programs_order)
{
	static const char *const steps[] = {
		"join a control group",
		"build a root",
		"close every descriptor",
		"forbid core dumps",
		"drop groups",
		"empty the bounding set",
		"lock the securebits",
		"empty the ambient",
		"set no_new_privs",
		"restrict files",
		"load the system call filter",
	};
	struct made m = { 0 };

	rich_plan(&m, "cgroup1");
	for (size_t i = 0; i + 1 < ARRAY_COUNT(steps); i++) {
		NOTE("%s", steps[i]);
		CHECK(step_number(&m.plan, steps[i]) < step_number(&m.plan, steps[i + 1]));
	}
	/* After the filter only limits that the steps before them could not have borne. */
	for (size_t i = (size_t)step_number(&m.plan, "load the system call filter") + 1;
	     i < m.plan.step_count; i++)
		CHECK(m.plan.steps[i].place == PLACE_START ||
		      (m.plan.steps[i].layer == AMBIT_LAYER_RLIMITS && m.plan.steps[i].takes));
	made_done(&m);
}

/* A change of ids would undo it, also where it has to wait for a network namespace. */
TEST(ids_change_before_set_up_is_made_invisible)
{
	struct made m = { 0 };

	CHECK(plan_on(&m, "root-6.18", "user nobody\n", "need net-namespace must\n"));
	CHECK(step_number(&m.plan, "drop groups, change gid") <
	      step_number(&m.plan, "make set-up invisible"));
	made_done(&m);
}

/* Where two processes work at once, the plan ends with the step at which they meet. */
TEST(what_is_done_at_once_ends_before_the_start)
{
	unsigned beside = 0, alone = 0;

	for (size_t h = 0; h < ARRAY_COUNT(hosts); h++)
		for (size_t p = 0; p < ARRAY_COUNT(policies); p++) {
			struct made m = { 0 };
			const struct step *last;

			CHECK(plan_on(&m, hosts[h], policies[p], ""));
			for (size_t i = 0; i < m.plan.step_count; i++)
				beside += m.plan.steps[i].place == PLACE_BESIDE;
			last = &m.plan.steps[m.plan.step_count - 1];
			CHECK_INT(last->place == PLACE_START, m.plan.mode == MODE_LEADER);
			alone += m.plan.mode != MODE_LEADER;
			made_done(&m);
		}
	CHECK(beside > 10 && alone > 2);
}

/* To let the old root go beside a step that needs the host's files is no order at all. */
TEST(what_is_done_at_once_is_not_tied)
{
	static const enum plan_token common[] = { TOKEN_HOST_FILES, TOKEN_NAMESPACES, TOKEN_VIEW,
						  TOKEN_OWN_PROC };

	for (size_t i = 0; i < ARRAY_COUNT(common); i++) {
		struct ambit_error err = { 0 };
		struct made m = { 0 };
		int a, b;

		rich_plan(&m, "cgroup1");
		a = step_number(&m.plan, "let the old root go");
		b = step_number(&m.plan, "restrict files");
		CHECK_INT(plan_order_check(m.plan.steps, m.plan.step_count), -1);
		m.plan.steps[a].takes |= 1u << common[i];
		m.plan.steps[b].needs |= 1u << common[i];
		CHECK(plan_order_check(m.plan.steps, m.plan.step_count) >= 0);
		CHECK_INT(plan_order(&m.plan, &err), AMBIT_E_CONFLICT);
		made_done(&m);
	}
}
