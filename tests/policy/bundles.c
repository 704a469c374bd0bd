/* SPDX-License-Identifier: ISC */
/* The bundles: each is sound, skips what a system lacks, and yields to the user's own lines. */
#include "util.h"

#include "../../src/base/str.h"
#include "../../src/policy/bundle.h"

static void use(struct ambit_policy *p, const char *name)
{
	struct ambit_error err = { 0 };

	if (policy_add_directive(p, "use", name, &err) != AMBIT_OK)
		tap_fail(name, 0, "refused: %s", err.text);
}

TEST(names)
{
	static const char *const promised[] = { "locale",   "tls",    "dns-files", "terminal",
						"compiler", "python", "node",	   "perl",
						"shell",    "compute" };

	for (size_t i = 0; i < sizeof(promised) / sizeof(promised[0]); i++) {
		const struct bundle *b = bundle_by_name(promised[i], strlen(promised[i]));

		CHECK(b != NULL);
		CHECK_STR(b->name, promised[i]);
		CHECK_INT(b->length, strlen(b->text));
		CHECK(b->version[0] && b->help[0] && b->text[b->length - 1] == '\n');
		CHECK(str_starts(b->origin, "bundle ") && str_equal(b->origin + 7, b->name));
		CHECK(strlen(b->help) <= 48);
	}
	CHECK(bundle_by_name("local", 5) == NULL);
	CHECK(bundle_at(sizeof(promised) / sizeof(promised[0])) == NULL);
}

TEST(grants)
{
	const struct bundle *b;

	for (size_t i = 0; (b = bundle_at(i)); i++) {
		struct ambit_policy p = { 0 };

		use(&p, b->name);
		CHECK(p.count > 1);
		CHECK_INT(p.grants[0].right, RIGHT_USE);
		CHECK(p.grants[0].bundle == NULL);
		for (size_t g = 1; g < p.count; g++) {
			NOTE("%s: grant %zu", b->name, g);
			CHECK(p.grants[g].bundle != NULL);
			CHECK(str_starts(p.grants[g].origin.file, "bundle "));
			CHECK(p.grants[g].origin.line > 0);
			CHECK(!p.grants[g].path || p.grants[g].optional);
			CHECK(p.grants[g].right != RIGHT_WRITE &&
			      p.grants[g].right != RIGHT_CONNECT);
		}
		policy_done(&p);
	}
}

TEST(what_they_bring)
{
	struct ambit_policy p = { 0 };

	use(&p, "node");
	CHECK(policy_has(&p, RIGHT_JIT));
	CHECK(!policy_has(&p, RIGHT_SPAWN));
	policy_done(&p);
	use(&p, "python perl locale tls dns-files");
	CHECK(!policy_has(&p, RIGHT_SPAWN) && !policy_has(&p, RIGHT_JIT));
	policy_done(&p);
	use(&p, "terminal");
	CHECK(policy_has(&p, RIGHT_TERMINAL));
	policy_done(&p);
	use(&p, "shell");
	CHECK(policy_has(&p, RIGHT_SPAWN) && policy_has(&p, RIGHT_EXEC));
	policy_done(&p);
	use(&p, "compute");
	CHECK(policy_has(&p, RIGHT_COMPUTE));
	CHECK_INT(p.count, 2);
	policy_done(&p);
}

/* Named twice, nested or merged: read once. */
TEST(once)
{
	struct ambit_policy p = { 0 }, other = { 0 };
	size_t count, locale = 0;

	use(&p, "python");
	count = p.count;
	use(&p, "python");
	CHECK_INT(p.count, count + 1);
	use(&p, "locale perl");
	for (size_t i = 0; i < p.count; i++)
		locale += p.grants[i].path && str_equal(p.grants[i].path, "/usr/share/zoneinfo");
	CHECK_INT(locale, 1);
	check_prints(&p, "use locale\nuse perl\nuse python\n");
	count = p.count;
	use(&other, "python locale");
	CHECK_INT(policy_merge(&p, &other, NULL), AMBIT_OK);
	CHECK(p.count <= count + 3);
	check_prints(&p, "use locale\nuse perl\nuse python\n");
	policy_done(&p);
	policy_done(&other);
}

static uint64_t tmp_size(const struct ambit_policy *p)
{
	const struct grant *g;
	size_t at = 0;

	g = policy_next(p, RIGHT_TMP, &at);
	CHECK(g != NULL);
	CHECK(policy_next(p, RIGHT_TMP, &at) == NULL);
	return g->number;
}

/* What the user writes wins, before or after, over what a bundle brings. */
TEST(own_lines_win)
{
	struct ambit_policy p = { 0 }, other = { 0 };

	use(&p, "compiler");
	CHECK_INT(tmp_size(&p), 512 << 20);
	add_text(&p, "tmp 1M");
	CHECK_INT(tmp_size(&p), 1 << 20);
	policy_done(&p);
	add_text(&p, "use compiler\ntmp 512M");
	CHECK(!policy_first(&p, RIGHT_TMP)->prefer && !policy_first(&p, RIGHT_TMP)->bundle);
	policy_done(&p);
	add_text(&p, "use compiler");
	CHECK(policy_first(&p, RIGHT_TMP)->prefer && policy_first(&p, RIGHT_TMP)->bundle);
	policy_done(&p);
	add_text(&p, "tmp 1M\nuse compiler");
	CHECK_INT(tmp_size(&p), 1 << 20);
	add_text(&other, "use compiler");
	CHECK_INT(policy_merge(&other, &p, NULL), AMBIT_OK);
	CHECK_INT(tmp_size(&other), 1 << 20);
	check_prints(&other, "tmp 1M\nuse compiler\n");
	policy_done(&p);
	policy_done(&other);
}

TEST(hidden_keyword)
{
	struct ambit_policy p = { 0 };

	CHECK_INT(try_parse(&p, "compute", NULL), AMBIT_E_POLICY);
	CHECK_INT(try_parse(&p, "use compute", NULL), AMBIT_OK);
	policy_done(&p);
}

/* ~ in a bundle: the home of whoever runs it, and nothing where there is none. */
TEST(home)
{
	struct ambit_policy with = { 0 }, without = { 0 };

	add_text(&with, "use python");
	CHECK_INT(parse_from(&without, "use python", 10,
			     (struct text_origin){ "t", "/", NULL, false }, NULL),
		  AMBIT_OK);
	CHECK(with.count > without.count);
	policy_done(&with);
	policy_done(&without);
}
