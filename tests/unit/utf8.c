/* SPDX-License-Identifier: ISC */
/* Every character there and back; everything else refused. */
#include "../../src/base/utf8.h"
#include "../tap.h"

#include <string.h>

/* The textbook's encoder, to compare with. */
static size_t encode(uint32_t c, unsigned char out[4])
{
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const unsigned char lead[] = { 0, 0x00, 0xc0, 0xe0, 0xf0 };

	for (size_t i = n - 1; i > 0; i--, c >>= 6)
		out[i] = (unsigned char)(0x80 | (c & 0x3f));
	out[0] = (unsigned char)(lead[n] | c);
	return n;
}

TEST(every_character_is_decoded)
{
	for (uint32_t c = 0; c <= 0x10ffff; c++) {
		unsigned char text[4];
		uint32_t got = 0xffffffff;
		size_t n = encode(c, text);
		bool surrogate = c >= 0xd800 && c <= 0xdfff;

		if (utf8_decode(text, n, &got) != (surrogate ? 0 : n))
			tap_fail(__FILE__, __LINE__, "U+%04X", (unsigned)c);
		CHECK(surrogate ? got == 0xffffffff : got == c);
		CHECK_INT(utf8_decode(text, n - 1, &got), 0);
	}
}

TEST(what_is_no_character_is_refused)
{
	static const char *const rows[] = {
		"\x80",
		"\xbf",
		"\xc0\x80",
		"\xc1\xbf",
		"\xe0\x80\x80",
		"\xe0\x9f\xbf",
		"\xf0\x80\x80\x80",
		"\xf0\x8f\xbf\xbf",
		"\xf4\x90\x80\x80",
		"\xf5\x80\x80\x80",
		"\xf8\x88\x80\x80\x80",
		"\xfe",
		"\xff",
		"\xc3\x28",
		"\xe2\x28\xa1",
		"\xe2\x82\x28",
		"\xed\xa0\x80",
	};

	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		uint32_t c;

		NOTE("row %zu", i);
		CHECK_INT(utf8_decode((const unsigned char *)rows[i], strlen(rows[i]), &c), 0);
	}
}

/* What a terminal obeys, and what hides or reorders text, is not; nor what is no text. */
TEST(what_is_visible)
{
	static const struct {
		const char *text;
		size_t length;
	} rows[] = {
		{ "a", 1 },
		{ "~", 1 },
		{ "\x01", 0 },
		{ "\t", 0 },
		{ "\x1f", 0 },
		{ "\x7f", 0 },
		{ "\x80", 0 },
		{ "\x9b", 0 },
		{ "\xff", 0 },
		{ "\xc2\x80", 0 },
		{ "\xc2\x85", 0 },
		{ "\xc2\x9f", 0 },
		{ "\xc2\xa0", 2 },
		{ "\xc3\xa9", 2 },
		{ "\xc3", 0 },
		{ "\xc0\xaf", 0 },
		{ "\xd8\x9c", 0 },
		{ "\xe2\x80\x8a", 3 },
		{ "\xe2\x80\x8b", 0 },
		{ "\xe2\x80\x8f", 0 },
		{ "\xe2\x80\xae", 0 },
		{ "\xe2\x81\xa6", 0 },
		{ "\xe2\x82\xac", 3 },
		{ "\xe2\x82", 0 },
		{ "\xe0\x80\xaf", 0 },
		{ "\xed\xa0\x80", 0 },
		{ "\xef\xbb\xbf", 0 },
		{ "\xf0\x9f\x98\x80", 4 },
		{ "\xc2\xad", 0 }, /* what takes no room: a soft hyphen, fillers, selectors, tags */
		{ "\xcd\x8f", 0 },
		{ "\xe1\x85\x9f", 0 },
		{ "\xe1\xa0\x8e", 0 },
		{ "\xe3\x85\xa4", 0 },
		{ "\xef\xb8\x8f", 0 },
		{ "\xef\xbe\xa0", 0 },
		{ "\xf3\xa0\x81\x81", 0 },
		{ "\xf3\xa0\x84\x80", 0 },
		{ "\xf3\xa1\x80\x80", 4 },
		{ "\xf4\x90\x80\x80", 0 },
		{ "\xf5\x80\x80\x80", 0 },
	};

	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		NOTE("row %zu", i);
		CHECK_INT(utf8_visible(rows[i].text, strlen(rows[i].text)), rows[i].length);
	}
	CHECK_INT(utf8_visible("", 0), 0);
	CHECK_INT(utf8_visible("\0", 1), 0);
}
