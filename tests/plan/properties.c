/* SPDX-License-Identifier: ISC */
/*
 * What holds for every plan: same input, same bytes; nothing granted takes away; what must hold is
 * never skipped. That there is one order: order.c.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../src/base/buf.h"
#include "../../src/base/fd.h"
#include "../../src/base/str.h"
#include "../tap.h"
#include "matrix.h"

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
