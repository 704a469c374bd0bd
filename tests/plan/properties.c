/* SPDX-License-Identifier: ISC */
/*
 * What holds for every plan: same input, same bytes; one order; nothing granted takes away; what
 * must hold is never skipped.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../src/base/buf.h"
#include "../../src/base/fd.h"
#include "../../src/base/str.h"
#include "../tap.h"
#include "matrix.h"

/* A generator of our own: the same numbers in every run. */
static unsigned next_random(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(*state >> 33);
}

/* ---- the same bytes --------------------------------------------------------------------- */

static void print_all(const struct ambit_plan *plan, struct buf *out)
{
	plan_print_text(plan, false, out);
	plan_print_json(plan, out);
}

TEST(same_input_same_bytes)
{
	for (size_t h = 0; h < ARRAY_COUNT(hosts); h++)
		for (size_t p = 0; p < ARRAY_COUNT(policies); p++) {
			struct made a = { 0 }, b = { 0 };
			struct buf x = { 0 }, y = { 0 };

			CHECK(plan_on(&a, hosts[h], policies[p], ""));
			CHECK(plan_on(&b, hosts[h], policies[p], ""));
			print_all(&a.plan, &x);
			print_all(&b.plan, &y);
			CHECK_STR(buf_text(&x), buf_text(&y));
			buf_done(&x);
			buf_done(&y);
			made_done(&a);
			made_done(&b);
		}
}

enum { LINES_MAX = 16 };

/* The lines of @text in another order. */
static void shuffle_lines(const char *text, uint64_t *state, struct buf *out)
{
	const char *lines[LINES_MAX];
	size_t count = 0;

	for (; *text && count < LINES_MAX; text += strcspn(text, "\n") + 1)
		lines[count++] = text;
	for (; count; count--) {
		size_t pick = next_random(state) % count;

		buf_add(out, lines[pick], strcspn(lines[pick], "\n") + 1);
		lines[pick] = lines[count - 1];
	}
}

/* A plan whose grants do not tell where they stood. */
static void plan_without_places(struct made *m, const char *host, const char *policy,
				struct buf *out)
{
	load_host(m, "files");
	load_host(m, host);
	CHECK_INT(make_policy(m, policy, strlen(policy), NULL), AMBIT_OK);
	for (size_t i = 0; i < m->policy.count; i++)
		m->policy.grants[i].origin = (struct origin){ "policy", 0, 0 };
	CHECK_INT(make_plan(m, program, NULL), AMBIT_OK);
	print_all(&m->plan, out);
	made_done(m);
}

TEST(order_of_lines_does_not_matter)
{
	uint64_t state = 1;

	for (size_t h = 0; h < ARRAY_COUNT(hosts); h++)
		for (size_t p = 0; p < ARRAY_COUNT(policies); p++) {
			struct made a = { 0 }, b = { 0 };
			struct buf x = { 0 }, y = { 0 }, other = { 0 };

			shuffle_lines(policies[p], &state, &other);
			plan_without_places(&a, hosts[h], policies[p], &x);
			plan_without_places(&b, hosts[h], buf_text(&other), &y);
			CHECK_STR(buf_text(&x), buf_text(&y));
			buf_done(&x);
			buf_done(&y);
			buf_done(&other);
		}
}

/* ---- the one order ---------------------------------------------------------------------- */

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
static void shuffle_and_compare(const struct made *m)
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

TEST(wrong_orders_are_rejected_and_right_ones_accepted)
{
	struct made rich = { 0 }, shared = { 0 };

	rich_plan(&rich, "cgroup1");
	shared_plan(&shared, "cgroup1");
	shuffle_and_compare(&rich);
	shuffle_and_compare(&shared);
	made_done(&rich);
	made_done(&shared);
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
	struct made rich = { 0 }, shared = { 0 };

	rich_plan(&rich, "cgroup1");
	shared_plan(&shared, "cgroup1");
	shuffle_and_sort(&rich);
	shuffle_and_sort(&shared);
	made_done(&rich);
	made_done(&shared);
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

/* ---- granting more takes nothing away --------------------------------------------------- */

static bool is_at_or_below(const char *path, const char *directory)
{
	size_t n = strlen(directory);

	return n == 1 || (!strncmp(path, directory, n) && (path[n] == '/' || !path[n]));
}

/* What the plan lets be done at @path: the sum of all that holds it, nothing where it is hidden. */
static uint64_t access_at(const struct ambit_plan *plan, const char *path)
{
	uint64_t access = 0;

	for (size_t i = 0; i < plan->path_count; i++) {
		const struct plan_path *p = &plan->paths[i];

		if (p->view == VIEW_LINK || !is_at_or_below(path, p->path))
			continue;
		if (p->view == VIEW_HIDE)
			return 0;
		access |= p->access;
	}
	return access;
}

static const char *const more[] = {
	"read /usr\n",
	"read /home/u\n",
	"write /home/u/project\n",
	"write /srv\n",
	"exec /usr/bin/job\n",
	"exec /usr/bin\n",
	"tmp 1M\n",
	"attributes\n",
	"connect tcp * 80\n",
	"connect udp 192.0.2.9 53\n",
	"listen tcp 80\n",
	"unix /run/postgresql/.s.PGSQL.5432\n",
	"spawn\n",
	"jit\n",
	"terminal\n",
	"env X\n",
	"fd 3\n",
	"syscall keyctl\n",
	"use locale\n",
	"use python\n",
};

static void check_more(const char *host, const char *policy, const char *addition)
{
	struct made a = { 0 }, b = { 0 };

	if (plan_on(&a, host, policy, "") && plan_on(&b, host, policy, addition)) {
		uint64_t lost = a.plan.want.allow & ~b.plan.want.allow;

		if (lost)
			tap_fail(__FILE__, __LINE__, "%s: %s and %s loses call classes %llx", host,
				 policy, addition, (unsigned long long)lost);
		for (size_t i = 0; i < a.plan.path_count; i++) {
			const char *path = a.plan.paths[i].path;

			lost = access_at(&a.plan, path) & ~access_at(&b.plan, path);
			if (lost)
				tap_fail(__FILE__, __LINE__, "%s: %s and %s loses %llx at %s", host,
					 policy, addition, (unsigned long long)lost, path);
		}
	}
	made_done(&a);
	made_done(&b);
}

TEST_TIMEOUT(a_grant_never_removes, 60)
{
	for (size_t h = 0; h < ARRAY_COUNT(hosts); h++)
		for (size_t p = 0; p < ARRAY_COUNT(policies); p++)
			for (size_t i = 0; i < ARRAY_COUNT(more); i++)
				check_more(hosts[h], policies[p], more[i]);
}

/* The comparison can fail: hiding does remove. */
TEST(hiding_removes)
{
	struct made a = { 0 }, b = { 0 };

	CHECK(plan_on(&a, "root-6.18", "read /home/u\n", ""));
	CHECK(plan_on(&b, "root-6.18", "read /home/u\n", "hide /home/u/project\n"));
	CHECK(access_at(&a.plan, "/home/u/project/secret") &
	      ~access_at(&b.plan, "/home/u/project/secret"));
	CHECK(access_at(&b.plan, "/home/u"));
	made_done(&a);
	made_done(&b);
}

/* ---- must, prefer, strict --------------------------------------------------------------- */

static bool may_be_skipped(const struct note *n)
{
	return n->grant && (n->grant->prefer ||
			    (n->grant->right == RIGHT_NEED && n->grant->need == NEED_PREFER));
}

TEST(must_never_ends_as_skipped)
{
	for (size_t h = 0; h < ARRAY_COUNT(hosts); h++)
		for (size_t p = 0; p < ARRAY_COUNT(policies); p++) {
			struct made m = { 0 };

			CHECK(plan_on(&m, hosts[h], policies[p], ""));
			for (size_t i = 0; i < m.plan.note_count; i++)
				CHECK(m.plan.notes[i].kind != NOTE_SKIPPED ||
				      may_be_skipped(&m.plan.notes[i]));
			for (size_t i = 0; i < m.plan.step_count; i++)
				CHECK(!m.plan.steps[i].dropped ||
				      m.plan.steps[i].need == NEED_PREFER);
			made_done(&m);
		}
}

/* Two lines ask for the same, one of them only prefers it: what must hold wins. */
TEST(one_that_prefers_does_not_speak_for_another)
{
	static const char *const both[] = {
		"connect tcp 192.0.2.7 443 prefer\nconnect tcp 192.0.2.8 443\n",
		"connect tcp 192.0.2.8 443\nconnect tcp 192.0.2.7 443 prefer\n",
		"user nobody prefer\ngroup audio\n", "user nobody\ngroup audio prefer\n"
	};

	for (size_t i = 0; i < ARRAY_COUNT(both); i++) {
		struct made m = { 0 }, alone = { 0 };

		CHECK(plan_on(&m, "no-listener", both[i], ""));
		CHECK(plan_on(&alone, "no-listener", "", ""));
		CHECK_INT(plan_gap_count(&m.plan), plan_gap_count(&alone.plan) + 1);
		made_done(&m);
		made_done(&alone);
	}
}

TEST(strict_leaves_nothing_said_only)
{
	for (size_t h = 0; h < ARRAY_COUNT(hosts); h++)
		for (size_t p = 0; p < ARRAY_COUNT(policies); p++) {
			struct made loose = { 0 }, m = { .plan.strict = true };
			size_t said = 0;

			CHECK(plan_on(&loose, hosts[h], policies[p], ""));
			CHECK(plan_on(&m, hosts[h], policies[p], ""));
			for (size_t i = 0; i < loose.plan.note_count; i++)
				said += loose.plan.notes[i].kind <= NOTE_REPORTED;
			for (size_t i = 0; i < m.plan.note_count; i++)
				CHECK(m.plan.notes[i].kind != NOTE_SKIPPED &&
				      m.plan.notes[i].kind != NOTE_REPORTED);
			for (size_t i = 0; i < m.plan.step_count; i++)
				CHECK_INT(m.plan.steps[i].need, NEED_MUST);
			/*
			 * A layer that is preferred and needless without strict may be forced by
			 * it.
			 */
			if (!strstr(policies[p], "need"))
				CHECK_INT(plan_gap_count(&m.plan), said);
			made_done(&loose);
			made_done(&m);
		}
}

static const char *const layer_words[] = { "fds",	 "cgroup",     "user-namespace",
					   "mount-view", "namespaces", "net-namespace",
					   "rlimits",	 "ids",	       "capabilities",
					   "landlock",	 "seccomp" };

static bool has_note(const struct ambit_plan *plan, enum note_kind kind, enum need need)
{
	for (size_t i = 0; i < plan->note_count; i++) {
		const struct note *n = &plan->notes[i];

		if (n->kind == kind && n->grant && n->grant->right == RIGHT_NEED &&
		    n->grant->need == need)
			return true;
	}
	return false;
}

/*
 * A demanded layer is in the plan or a gap; a preferred one is in the plan or said to be skipped.
 */
TEST(each_layer_demanded_and_preferred)
{
	for (size_t h = 0; h < ARRAY_COUNT(hosts); h++)
		for (size_t l = 0; l < ARRAY_COUNT(layer_words); l++) {
			struct made must = { 0 }, prefer = { 0 };
			char line[64];
			enum ambit_layer layer;

			(void)snprintf(line, sizeof(line), "need %s must\n", layer_words[l]);
			CHECK(plan_on(&must, hosts[h], "limit memory 1G prefer\n", line));
			layer = policy_first(&must.policy, RIGHT_NEED)->layer;
			CHECK_INT(has_note(&must.plan, NOTE_GAP, NEED_MUST),
				  !has_step(&must.plan, layer));
			(void)snprintf(line, sizeof(line), "need %s prefer\n", layer_words[l]);
			CHECK(plan_on(&prefer, hosts[h], "limit memory 1G prefer\n", line));
			CHECK(!has_note(&prefer.plan, NOTE_GAP, NEED_PREFER));
			CHECK_INT(has_note(&prefer.plan, NOTE_SKIPPED, NEED_PREFER),
				  !has_step(&prefer.plan, layer));
			made_done(&must);
			made_done(&prefer);
		}
}
