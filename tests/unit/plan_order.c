/* SPDX-License-Identifier: ISC */
/* Sorting made-up steps: circles, contradictions, places, ties. */
#include "../../src/plan/plan.h"

#include <string.h>

#include "../tap.h"

static void add(struct ambit_plan *plan, const char *what, enum plan_place place, uint32_t needs,
		uint32_t takes, uint32_t gives)
{
	const struct step step = { .layer = AMBIT_LAYER_MOUNT,
				   .what = what,
				   .place = place,
				   .needs = needs,
				   .takes = takes,
				   .gives = gives };

	plan->mode = MODE_LEADER;
	plan->mount_view = true;
	CHECK(plan_step(plan, &step) != NULL);
}

static void check_order(struct ambit_plan *plan, const char *expected)
{
	char actual[64] = "";

	CHECK_INT(plan_order(plan, NULL), AMBIT_OK);
	for (size_t i = 0; i < plan->step_count; i++)
		strcat(actual, plan->steps[i].what);
	CHECK_STR(actual, expected);
	CHECK_INT(plan_order_check(plan->steps, plan->step_count), -1);
	plan_done(plan);
}

TEST(no_steps)
{
	struct ambit_plan plan = { 0 };

	CHECK_INT(plan_order(&plan, NULL), AMBIT_OK);
	CHECK_INT(plan_order_check(NULL, 0), -1);
}

TEST(given_before_needed_before_taken)
{
	struct ambit_plan plan = { 0 };

	add(&plan, "c", PLACE_PROGRAM, 0, TOKEN(ADMIN), 0);
	add(&plan, "b", PLACE_PROGRAM, TOKEN(ADMIN), 0, 0);
	add(&plan, "a", PLACE_PROGRAM, 0, 0, TOKEN(ADMIN));
	check_order(&plan, "abc");
}

TEST(a_step_may_take_what_it_needs)
{
	struct ambit_plan plan = { 0 };

	add(&plan, "b", PLACE_PROGRAM, TOKEN(SETID), TOKEN(SETID), 0);
	add(&plan, "a", PLACE_PROGRAM, TOKEN(SETID), 0, 0);
	check_order(&plan, "ab");
}

TEST(ties_keep_the_layers_order)
{
	struct ambit_plan plan = { 0 };

	add(&plan, "a", PLACE_PROGRAM, 0, 0, 0);
	add(&plan, "b", PLACE_PROGRAM, TOKEN(ADMIN), 0, 0);
	add(&plan, "c", PLACE_PROGRAM, 0, 0, 0);
	check_order(&plan, "abc");
}

TEST(places_before_anything)
{
	struct ambit_plan plan = { 0 };

	add(&plan, "c", PLACE_PROGRAM, 0, 0, 0);
	add(&plan, "b", PLACE_LEADER, 0, 0, 0);
	add(&plan, "a", PLACE_PARENT, 0, 0, 0);
	check_order(&plan, "abc");
}

TEST(who_waits_comes_late_in_its_place)
{
	struct ambit_plan plan = { 0 };

	add(&plan, "a", PLACE_LEADER, 0, 0, TOKEN(NETWORK));
	add(&plan, "c", PLACE_LEADER, TOKEN(NETWORK), 0, 0);
	plan.steps[1].waits = true;
	add(&plan, "b", PLACE_LEADER, TOKEN(ADMIN), 0, 0);
	add(&plan, "d", PLACE_PROGRAM, 0, TOKEN(ADMIN), 0);
	check_order(&plan, "abcd");
}

TEST(two_places_at_once)
{
	struct ambit_plan plan = { 0 };

	add(&plan, "d", PLACE_START, 0, 0, 0);
	add(&plan, "c", PLACE_PROGRAM, TOKEN(ADMIN), TOKEN(ADMIN), 0);
	add(&plan, "b", PLACE_BESIDE, TOKEN(ADMIN) | TOKEN(VIEW), 0, 0);
	add(&plan, "a", PLACE_LEADER, 0, 0, TOKEN(VIEW));
	check_order(&plan, "abcd");
}

/* What is built and what is done ahead wait for each other at one place alone. */
TEST(two_places_ahead)
{
	struct ambit_plan plan = { 0 };

	add(&plan, "e", PLACE_PROGRAM, TOKEN(VIEW), 0, 0);
	add(&plan, "d", PLACE_AHEAD, TOKEN(ADMIN), 0, TOKEN(NNP));
	add(&plan, "c", PLACE_BESIDE, TOKEN(ADMIN) | TOKEN(VIEW), 0, 0);
	add(&plan, "b", PLACE_BUILD, TOKEN(ADMIN), TOKEN(HOST_FILES), TOKEN(VIEW));
	add(&plan, "a", PLACE_LEADER, TOKEN(HOST_FILES), 0, 0);
	check_order(&plan, "abcde");
}

static void check_conflict(struct ambit_plan *plan, const char *says)
{
	struct ambit_error err = { 0 };

	CHECK_INT(plan_order(plan, &err), AMBIT_E_CONFLICT);
	CHECK_INT(err.layer, AMBIT_LAYER_PLAN);
	CHECK_HAS(err.text, says);
	CHECK(err.hint[0]);
	plan_done(plan);
}

TEST(two_that_take_what_the_other_needs)
{
	struct ambit_plan plan = { 0 };

	add(&plan, "first", PLACE_PROGRAM, TOKEN(ADMIN), TOKEN(SETID), 0);
	add(&plan, "second", PLACE_PROGRAM, TOKEN(SETID), TOKEN(ADMIN), 0);
	check_conflict(&plan, "\"first\" and \"second\"");
}

TEST(two_that_need_and_take_one_token)
{
	struct ambit_plan plan = { 0 };

	add(&plan, "first", PLACE_PROGRAM, TOKEN(ADMIN), TOKEN(ADMIN), 0);
	add(&plan, "second", PLACE_PROGRAM, TOKEN(ADMIN), TOKEN(ADMIN), 0);
	check_conflict(&plan, "\"first\" and \"second\"");
}

TEST(a_circle_of_three)
{
	struct ambit_plan plan = { 0 };

	add(&plan, "a", PLACE_PROGRAM, TOKEN(ADMIN), TOKEN(SETID), 0);
	add(&plan, "b", PLACE_PROGRAM, TOKEN(SETID), TOKEN(VIEW), 0);
	add(&plan, "c", PLACE_PROGRAM, TOKEN(VIEW), TOKEN(ADMIN), 0);
	check_conflict(&plan, "in a circle");
}

TEST(a_place_cannot_wait_for_a_later_one)
{
	struct ambit_plan plan = { 0 };

	add(&plan, "early", PLACE_LEADER, TOKEN(NNP), 0, 0);
	add(&plan, "late", PLACE_PROGRAM, 0, 0, TOKEN(NNP));
	CHECK(plan_order_check(plan.steps, plan.step_count) >= 0);
	check_conflict(&plan, "\"early\" and \"late\"");
}

/* The leader's place, and that of the program's process at the same time. */
static const struct {
	enum plan_place leaders, programs;
} at_once[] = {
	{ PLACE_BUILD, PLACE_AHEAD },
	{ PLACE_BESIDE, PLACE_AHEAD },
	{ PLACE_BESIDE, PLACE_PROGRAM },
};

TEST(at_once_and_yet_in_order)
{
	for (size_t i = 0; i < ARRAY_COUNT(at_once); i++) {
		struct ambit_plan gives = { 0 }, takes = { 0 };

		add(&gives, "gives", at_once[i].leaders, 0, 0, TOKEN(VIEW));
		add(&gives, "needs", at_once[i].programs, TOKEN(VIEW), 0, 0);
		CHECK_INT(plan_order_check(gives.steps, gives.step_count), 1);
		check_conflict(&gives, "are done at once");
		add(&takes, "takes", at_once[i].leaders, 0, TOKEN(VIEW), 0);
		add(&takes, "needs", at_once[i].programs, TOKEN(VIEW), 0, 0);
		CHECK_INT(plan_order_check(takes.steps, takes.step_count), 1);
		check_conflict(&takes, "are done at once");
	}
}

TEST(the_first_wrong_step_is_named)
{
	struct ambit_plan plan = { 0 };

	add(&plan, "a", PLACE_PROGRAM, 0, 0, 0);
	add(&plan, "b", PLACE_PROGRAM, 0, TOKEN(ADMIN), 0);
	add(&plan, "c", PLACE_PROGRAM, TOKEN(ADMIN), 0, 0);
	CHECK_INT(plan_order_check(plan.steps, plan.step_count), 2);
	plan_done(&plan);
}

TEST(too_many_steps)
{
	struct ambit_plan plan = { 0 };
	struct ambit_error err = { 0 };

	for (int i = 0; i < 65; i++)
		add(&plan, "x", PLACE_PROGRAM, 0, 0, 0);
	CHECK_INT(plan_order(&plan, &err), AMBIT_E_INTERNAL);
	plan_done(&plan);
}
