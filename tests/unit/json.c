/* SPDX-License-Identifier: ISC */
#include "../../src/base/json.h"
#include "../tap.h"

TEST(empty_document)
{
	struct buf out = { .maximum = 0 };

	json_open(&out, NULL, '{');
	json_close(&out, '}');
	CHECK_STR(buf_text(&out), "{}");
	buf_done(&out);
}

TEST(commas_look_after_themselves)
{
	struct buf out = { .maximum = 0 };

	json_open(&out, NULL, '{');
	json_string(&out, "a", "x");
	json_number(&out, "b", UINT64_MAX);
	json_signed(&out, "c", INT64_MIN);
	json_bool(&out, "d", true);
	json_open(&out, "e", '[');
	json_number(&out, NULL, 1);
	json_string(&out, NULL, "two");
	json_open(&out, NULL, '{');
	json_bool(&out, "f", false);
	json_close(&out, '}');
	json_open(&out, NULL, '[');
	json_close(&out, ']');
	json_close(&out, ']');
	json_string(&out, "g", "");
	json_close(&out, '}');
	CHECK_STR(buf_text(&out), "{\"a\":\"x\",\"b\":18446744073709551615,"
				  "\"c\":-9223372036854775808,\"d\":true,"
				  "\"e\":[1,\"two\",{\"f\":false},[]],\"g\":\"\"}");
	buf_done(&out);
}

TEST(strings_cannot_break_out)
{
	struct buf out = { .maximum = 0 };

	json_open(&out, NULL, '{');
	json_string(&out, "\"k\"", "a\"b\\c\nd\te\033[2J\177");
	json_close(&out, '}');
	CHECK_STR(buf_text(&out),
		  "{\"\\\"k\\\"\":\"a\\\"b\\\\c\\u000ad\\u0009e\\u001b[2J\\u007f\"}");
	buf_done(&out);
}

TEST(strings_that_look_like_brackets)
{
	struct buf out = { .maximum = 0 };

	json_open(&out, NULL, '[');
	json_string(&out, NULL, "{");
	json_string(&out, NULL, "[");
	json_string(&out, NULL, ":");
	json_close(&out, ']');
	CHECK_STR(buf_text(&out), "[\"{\",\"[\",\":\"]");
	buf_done(&out);
}

TEST(utf8_stays)
{
	struct buf out = { .maximum = 0 };

	json_string(&out, NULL, "h\xc3\xa9");
	CHECK_STR(buf_text(&out), "\"h\xc3\xa9\"");
	buf_done(&out);
}

/* Overlong, a surrogate, above the last, cut short, a lone continuation: a byte, an escape each. */
TEST(what_is_no_utf8_is_escaped)
{
	static const struct {
		const char *bytes, *json;
	} rows[] = {
		{ "\xff", "\"\\udcff\"" },
		{ "a\x80z", "\"a\\udc80z\"" },
		{ "\xc3", "\"\\udcc3\"" },
		{ "\xc3\"", "\"\\udcc3\\\"\"" },
		{ "\xc0\xaf", "\"\\udcc0\\udcaf\"" },
		{ "\xe2\x82", "\"\\udce2\\udc82\"" },
		{ "\xed\xb2\x80", "\"\\udced\\udcb2\\udc80\"" },
		{ "\xf4\x90\x80\x80", "\"\\udcf4\\udc90\\udc80\\udc80\"" },
		{ "\xe2\x82\xac\xf0\x9f\x8c\x8d", "\"\xe2\x82\xac\xf0\x9f\x8c\x8d\"" },
	};

	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct buf out = { .maximum = 0 };

		NOTE("row %zu", i);
		json_string(&out, NULL, rows[i].bytes);
		CHECK_STR(buf_text(&out), rows[i].json);
		buf_done(&out);
	}
}

/* C1 controls and what reorders text are Unicode, but not for a terminal. */
TEST(what_a_terminal_obeys_is_escaped)
{
	struct buf out = { .maximum = 0 };

	json_string(&out, NULL, "\033\x7f\xc2\x9b\xe2\x80\xae\xef\xbb\xbf\xf3\xa0\x81\x81");
	CHECK_STR(buf_text(&out), "\"\\u001b\\u007f\\u009b\\u202e\\ufeff\\udb40\\udc41\"");
	buf_done(&out);
}

TEST(a_full_buffer_fails_once_and_for_all)
{
	struct buf out = { .maximum = 8 };

	json_open(&out, NULL, '{');
	json_string(&out, "name", "longer than that");
	json_close(&out, '}');
	CHECK(out.failed < 0);
	CHECK(buf_take(&out) == NULL);
}
