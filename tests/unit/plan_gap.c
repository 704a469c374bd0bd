/* SPDX-License-Identifier: ISC */
/* What nobody carries, with made-up layers: gap, reported, skipped; need lines; strict. */
#include <string.h>

#include "../../src/base/buf.h"
#include "../../src/base/str.h"
#include "../../src/plan/plan.h"
#include "../tap.h"

static enum ambit_code asks(struct ambit_plan *plan, struct ambit_error *err)
{
	static const enum plan_denial denials[] = { DENY_CONTENTS, DENY_METADATA, DENY_CONNECT };

	(void)err;
	for (size_t i = 0; i < ARRAY_COUNT(denials); i++)
		plan_ask(plan, denials[i]);
	return AMBIT_OK;
}

static enum ambit_code carries(struct ambit_plan *plan, struct ambit_error *err)
{
	const struct step step = { .layer = AMBIT_LAYER_CGROUP, .what = "do" };

	if (plan->layer_need[AMBIT_LAYER_CGROUP] == NEED_OFF)
		return AMBIT_OK;
	plan_carry(plan, DENY_CONTENTS, AMBIT_LAYER_CGROUP);
	return plan_step(plan, &step) ? AMBIT_OK : err_memory(err, AMBIT_LAYER_CGROUP);
}

/* As no layer may: there whatever the policy says. */
static enum ambit_code stays(struct ambit_plan *plan, struct ambit_error *err)
{
	const struct step step = { .layer = AMBIT_LAYER_IDS, .what = "stay" };

	return plan_step(plan, &step) ? AMBIT_OK : err_memory(err, AMBIT_LAYER_IDS);
}

struct made {
	struct ambit_policy policy;
	struct host host;
	struct ambit_plan plan;
};

static void make(struct made *m, const char *text, bool strict)
{
	static const struct plan_layer layers[] = { { AMBIT_LAYER_NONE, asks },
						    { AMBIT_LAYER_CGROUP, carries },
						    { AMBIT_LAYER_IDS, stays } };
	const struct text_origin from = { "policy", "/", NULL, false };

	memset(m, 0, sizeof(*m));
	m->plan.strict = strict;
	m->host.facts[FACT_MEMFD_EXEC].answer = HOST_YES;
	CHECK_INT(policy_parse_text(&m->policy, text, strlen(text), &from, NULL), AMBIT_OK);
	const struct plan_layers all = { layers, ARRAY_COUNT(layers) };

	CHECK_INT(plan_build(&m->plan, &m->policy, &m->host, NULL, all, NULL), AMBIT_OK);
}

static void done(struct made *m)
{
	plan_done(&m->plan);
	policy_done(&m->policy);
	host_done(&m->host);
}

static const struct note *note_of(const struct made *m, int denial)
{
	for (size_t i = 0; i < m->plan.note_count; i++)
		if (m->plan.notes[i].denial == denial)
			return &m->plan.notes[i];
	return NULL;
}

/* The kind of the note on @denial; -1 for none. */
static int kind_of(const struct made *m, int denial)
{
	const struct note *n = note_of(m, denial);

	return n ? (int)n->kind : -1;
}

static int kind_of_layer(const struct made *m, enum ambit_layer layer)
{
	for (size_t i = 0; i < m->plan.note_count; i++)
		if (m->plan.notes[i].layer == layer && m->plan.notes[i].denial < 0)
			return (int)m->plan.notes[i].kind;
	return -1;
}

TEST(carried_reported_and_missing)
{
	struct made m;

	make(&m, "", false);
	CHECK_INT(kind_of(&m, DENY_CONTENTS), -1);
	CHECK_INT(kind_of(&m, DENY_METADATA), NOTE_REPORTED);
	CHECK_INT(kind_of(&m, DENY_CONNECT), NOTE_GAP);
	CHECK_INT(kind_of(&m, DENY_KERNEL), -1); /* nobody asked */
	CHECK_INT(plan_gap_count(&m.plan), 1);
	done(&m);
}

/* The sentence of a denial says what should be: as a note it is turned round. */
TEST(notes_say_what_is_so)
{
	const struct note other = { .kind = NOTE_REPORTED, .denial = -1, .text = "so it is" };
	struct buf out = { 0 };
	struct made m;

	make(&m, "connect tcp * 1 prefer\n", false);
	CHECK_STR(plan_note_lead(note_of(&m, DENY_METADATA)), "not enforced here: ");
	CHECK_STR(plan_note_lead(note_of(&m, DENY_CONNECT)), "not enforced here: ");
	CHECK_STR(plan_note_lead(&other), "");
	plan_print_text(&m.plan, false, &out);
	CHECK(strstr(buf_text(&out), "reported: not enforced here: files outside") != NULL);
	buf_done(&out);
	plan_print_json(&m.plan, &out);
	CHECK(strstr(buf_text(&out), "\"text\":\"not enforced here: files outside") != NULL);
	buf_done(&out);
	done(&m);
}

TEST(strict_refuses_what_is_reported)
{
	struct made m;

	make(&m, "connect tcp * 1 prefer\n", true);
	CHECK_INT(kind_of(&m, DENY_METADATA), NOTE_GAP);
	CHECK_INT(kind_of(&m, DENY_CONNECT), NOTE_GAP);
	CHECK_INT(plan_gap_count(&m.plan), 2);
	done(&m);
}

TEST(a_line_that_prefers_is_skipped)
{
	const struct note *n;
	struct made m;

	make(&m, "connect tcp * 1 prefer\n", false);
	n = note_of(&m, DENY_CONNECT);
	CHECK(n && n->kind == NOTE_SKIPPED && n->grant && n->grant->origin.line == 1);
	CHECK_INT(plan_gap_count(&m.plan), 0);
	done(&m);
}

TEST(a_line_that_insists_is_named)
{
	const struct note *n;
	struct made m;

	make(&m, "connect tcp * 1 prefer\nconnect tcp * 2\nconnect tcp * 3 prefer\n", false);
	n = note_of(&m, DENY_CONNECT);
	CHECK(n && n->kind == NOTE_GAP && n->grant && n->grant->origin.line == 2 && n->cure);
	done(&m);
}

static const struct {
	const char *need;
	bool strict;
	enum ambit_layer layer;
	int kind; /* of the note on the layer, -1 for none */
} needs[] = {
	{ "need cgroup must", false, AMBIT_LAYER_CGROUP, -1 },
	{ "need cgroup prefer", false, AMBIT_LAYER_CGROUP, -1 },
	{ "need cgroup off", false, AMBIT_LAYER_CGROUP, -1 },
	{ "need landlock must", false, AMBIT_LAYER_LANDLOCK, NOTE_GAP },
	{ "need landlock prefer", false, AMBIT_LAYER_LANDLOCK, NOTE_SKIPPED },
	{ "need landlock prefer", true, AMBIT_LAYER_LANDLOCK, NOTE_GAP },
	{ "need landlock off", false, AMBIT_LAYER_LANDLOCK, -1 },
	{ "need landlock off", true, AMBIT_LAYER_LANDLOCK, -1 },
	{ "need ids off", false, AMBIT_LAYER_IDS, NOTE_GAP },
};

TEST(need_lines)
{
	for (size_t i = 0; i < ARRAY_COUNT(needs); i++) {
		struct made m;

		NOTE("%s%s", needs[i].need, needs[i].strict ? ", strict" : "");
		make(&m, needs[i].need, needs[i].strict);
		CHECK_INT(kind_of_layer(&m, needs[i].layer), needs[i].kind);
		done(&m);
	}
}

TEST(off_makes_the_gap)
{
	struct made m;

	make(&m, "need cgroup off\n", false);
	CHECK_INT(kind_of(&m, DENY_CONTENTS), NOTE_GAP);
	CHECK_INT(m.plan.step_count, 1);
	done(&m);
}

TEST(need_of_steps)
{
	struct made m;

	make(&m, "need cgroup prefer\n", false);
	CHECK(m.plan.steps[0].need != m.plan.steps[1].need);
	done(&m);
	make(&m, "need cgroup prefer\n", true);
	CHECK(m.plan.steps[0].need == NEED_MUST && m.plan.steps[1].need == NEED_MUST);
	done(&m);
}
