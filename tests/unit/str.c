/* SPDX-License-Identifier: ISC */
#include "../../src/base/str.h"
#include "../tap.h"

#include <string.h>

TEST(starts)
{
	CHECK(str_starts("abc", ""));
	CHECK(str_starts("abc", "ab"));
	CHECK(str_starts("abc", "abc"));
	CHECK(!str_starts("abc", "abcd"));
	CHECK(!str_starts("", "a"));
}

TEST(equal)
{
	CHECK(str_equal("", ""));
	CHECK(str_equal("read", "read"));
	CHECK(!str_equal("read", "reads"));
	CHECK(!str_equal("read", "Read"));
}

TEST(distance_counts_edits)
{
	static const struct {
		const char *a, *b;
		size_t edits;
	} rows[] = {
		{ "", "", 0 },
		{ "read", "read", 0 },
		{ "raed", "read", 1 },
		{ "rea", "read", 1 },
		{ "readd", "read", 1 },
		{ "reed", "read", 1 },
		{ "", "abc", 3 },
		{ "conect", "connect", 1 },
		{ "cnonetc", "connect", 2 },
		{ "kitten", "sitting", 3 },
	};

	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		NOTE("%s %s", rows[i].a, rows[i].b);
		CHECK_INT(str_distance(rows[i].a, rows[i].b, 9), rows[i].edits);
		CHECK_INT(str_distance(rows[i].b, rows[i].a, 9), rows[i].edits);
	}
}

TEST(distance_stops_at_the_limit)
{
	char longer[100];

	memset(longer, 'a', sizeof(longer));
	longer[99] = '\0';
	CHECK_INT(str_distance("kitten", "sitting", 3), 3);
	CHECK_INT(str_distance("kitten", "sitting", 2), 3);
	CHECK_INT(str_distance("a", "zzzzzzzz", 2), 3);
	CHECK_INT(str_distance(longer, longer, 2), 3);
	longer[48] = '\0';
	CHECK_INT(str_distance(longer, longer, 2), 0);
}

TEST(escape_leaves_nothing_a_terminal_obeys)
{
	static const struct {
		const char *text;
		size_t length;
		const char *shown;
	} rows[] = {
		{ "plain text", 10, "plain text" },
		{ "a\033[2Jb\n", 7, "a\\x1b[2Jb\\x0a" },
		{ "\"\\\x7f", 3, "\\x22\\x5c\\x7f" },
		{ "a\0b", 3, "a\\x00b" },
		{ "", 0, "" },
		{ "gr\xc3\xbc\xc3\x9f", 6, "gr\xc3\xbc\xc3\x9f" },
		{ "\x9b[2J", 4, "\\x9b[2J" },
		{ "\xc2\x9b", 2, "\\xc2\\x9b" },
		{ "a\xe2\x80\xae!", 5, "a\\xe2\\x80\\xae!" },
		{ "\xc3\xa9\xc3", 3, "\xc3\xa9\\xc3" },
		{ "\xe2\x82\xac", 2, "\\xe2\\x82" },
	};

	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		char out[64];

		CHECK_STR(str_escape(out, sizeof(out), rows[i].text, rows[i].length),
			  rows[i].shown);
	}
}

TEST(escape_never_overruns)
{
	for (size_t size = 0; size < 12; size++) {
		char out[16];

		memset(out, '#', sizeof(out));
		(void)str_escape(out, size, "ab\n\ncd", 6);
		for (size_t i = size; i < sizeof(out); i++)
			CHECK_INT(out[i], '#');
		if (size)
			CHECK(memchr(out, '\0', size) != NULL);
	}
}

TEST(escape_cuts_between_escapes)
{
	char out[8];

	CHECK_STR(str_escape(out, sizeof(out), "\n\n\n", 3), "\\x0a");
	CHECK_STR(str_escape(out, sizeof(out), "12345678", 8), "1234567");
	CHECK_STR(str_escape(out, sizeof(out), "12345\xe2\x82\xac", 8), "12345");
	CHECK_STR(str_escape(out, sizeof(out), "1234\xe2\x82\xac", 7), "1234\xe2\x82\xac");
}

TEST(a_sentence_stays_one_and_is_seen)
{
	char text[] = "'\xc3\xa9\\' \033[2J \xc2\x9b \xe2\x80\xae \xff";

	str_make_visible(text);
	CHECK_STR(text, "'\xc3\xa9\\' ?[2J ?? ??? ?");
}
