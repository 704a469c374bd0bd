/* SPDX-License-Identifier: ISC */
/* Memory that runs out, at every point: an error that says so, and a policy as it was. */
#include "util.h"

static const char text[] =
	"use locale\nread /a \"/b c\" ~/d\nconnect tcp a.example 1\nlimit memory 1M\nlimit cpu 1%\n"
	"env A=\"b c\" D\nuser nobody\nkeep-capability chown\nbroker log\n"
	"syscall ioctl {\n\targ 1 = 2\n\tanswer EPERM\n}\n";

static void check_failure(enum ambit_code code, const struct ambit_error *err)
{
	CHECK_INT(code, AMBIT_E_RESOURCE);
	CHECK_INT(err->code, AMBIT_E_RESOURCE);
	CHECK_INT(err->layer, AMBIT_LAYER_POLICY);
	CHECK_STR(err->text, "out of memory");
}

TEST(reading)
{
	size_t failures = 0;

	for (size_t most = 1; most < 100000; most += 16) {
		struct ambit_policy p = { .arena.maximum = most };
		struct ambit_error err = { 0 };
		enum ambit_code code = try_parse(&p, text, &err);

		if (code == AMBIT_OK) {
			CHECK(failures > 100);
			policy_done(&p);
			return;
		}
		check_failure(code, &err);
		CHECK_INT(p.count, 0);
		failures++;
		policy_done(&p);
	}
	tap_fail(__FILE__, __LINE__, "it never succeeds");
}

TEST(merging)
{
	struct ambit_policy other = { 0 };
	size_t failures = 0;

	add_text(&other, text);
	for (size_t most = 1024; most < 100000; most += 16) {
		struct ambit_policy p = { .arena.maximum = most };
		struct ambit_error err = { 0 };
		enum ambit_code code;

		add_text(&p, "read /x");
		code = policy_merge(&p, &other, &err);
		if (code == AMBIT_OK) {
			CHECK(failures > 50);
			policy_done(&p);
			policy_done(&other);
			return;
		}
		check_failure(code, &err);
		check_prints(&p, "read /x\n");
		failures++;
		policy_done(&p);
	}
	tap_fail(__FILE__, __LINE__, "it never succeeds");
}

/* A buffer that is full fails once, at the end. */
TEST(printing)
{
	struct ambit_policy p = { 0 };
	struct buf whole = { 0 };

	add_text(&p, text);
	policy_print(&p, &whole);
	CHECK(!whole.failed);
	for (size_t most = 1; most <= whole.length; most++) {
		struct buf out = { .maximum = most };

		policy_print(&p, &out);
		CHECK(out.failed < 0);
		buf_done(&out);
	}
	buf_done(&whole);
	policy_done(&p);
}

TEST(formatting)
{
	struct buf whole = { 0 };

	CHECK_INT(policy_format(text, strlen(text), "t", &whole, NULL), AMBIT_OK);
	for (size_t most = 1; most <= whole.length; most++) {
		struct ambit_error err = { 0 };
		struct buf out = { .maximum = most };

		check_failure(policy_format(text, strlen(text), "t", &out, &err), &err);
		buf_done(&out);
	}
	buf_done(&whole);
}

TEST(comparing)
{
	struct ambit_policy p = { 0 }, none = { 0 };
	struct ambit_error err = { 0 };
	struct buf out = { .maximum = 16 };
	bool is = true;

	add_text(&p, text);
	check_failure(policy_within(&p, &none, NULL, &is, &out, &err), &err);
	CHECK(is);
	buf_done(&out);
	policy_done(&p);
}

TEST(helping)
{
	struct ambit_error err = { 0 };
	struct buf out = { .maximum = 16 };

	check_failure(policy_help("read", &out, &err), &err);
	buf_done(&out);
}
