/* SPDX-License-Identifier: ISC */
/* Each validator: what it gives, what it refuses, and that it leaves the outputs alone then. */
#include "../../include/ambit.h"
#include "../../src/base/attr.h"
#include "../tap.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

static struct ambit_untrusted filled(const void *data, size_t length)
{
	struct ambit_untrusted u = AMBIT_UNTRUSTED_INIT;
	struct ambit_error err;

	CHECK_INT(ambit_untrusted_set(&u, data, length, &err), AMBIT_OK);
	return u;
}

static void check_refusal(enum ambit_code code, const struct ambit_error *err)
{
	CHECK_INT(code, AMBIT_E_PROTOCOL);
	CHECK_INT(err->code, AMBIT_E_PROTOCOL);
	CHECK(strncmp(err->text, "an untrusted result is refused: ", 32) == 0);
	CHECK(err->hint[0] != '\0');
}

/* ---- text ---------------------------------------------------------------------------------- */

typedef enum ambit_code text_fn(const struct ambit_untrusted *u, size_t maximum, const char **ret,
				struct ambit_error *err);

static enum ambit_code component(const struct ambit_untrusted *u, size_t maximum, const char **ret,
				 struct ambit_error *err)
{
	(void)maximum;
	return ambit_validate_component(u, ret, err);
}

enum { STRING = 1, UTF8 = 2, PRINTABLE = 4, COMPONENT = 8 };

static const struct {
	int bit;
	text_fn *validate;
} text_validators[] = {
	{ STRING, ambit_validate_string },
	{ UTF8, ambit_validate_utf8 },
	{ PRINTABLE, ambit_validate_printable },
	{ COMPONENT, component },
};

static const struct {
	const char *text;
	int length; /* -1: up to the NUL */
	int accepted_by;
} texts[] = {
	{ "plain words", -1, STRING | UTF8 | PRINTABLE | COMPONENT },
	{ "", -1, STRING | UTF8 | PRINTABLE },
	{ "tab\there", -1, STRING | UTF8 },
	{ "two\nlines", -1, STRING | UTF8 },
	{ "\r", -1, STRING },
	{ "\033[2J", -1, STRING },
	{ "\x7f", -1, STRING },
	{ "caf\xc3\xa9", -1, STRING | UTF8 | COMPONENT },
	{ "\xc2\x9b", -1, STRING | COMPONENT }, /* CSI as a C1 control */
	{ "\xff", -1, STRING | COMPONENT },
	{ "\xc0\xaf", -1, STRING | COMPONENT },
	{ "a\0b", 3, 0 },
	{ "a/b", -1, STRING | UTF8 | PRINTABLE },
	{ ".", -1, STRING | UTF8 | PRINTABLE },
	{ "..", -1, STRING | UTF8 | PRINTABLE },
	{ "...", -1, STRING | UTF8 | PRINTABLE | COMPONENT },
	{ "-rf", -1, STRING | UTF8 | PRINTABLE | COMPONENT },
};

TEST(text_is_what_it_says)
{
	for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
		size_t length =
			texts[i].length < 0 ? strlen(texts[i].text) : (size_t)texts[i].length;
		struct ambit_untrusted u = filled(texts[i].text, length);

		for (size_t v = 0; v < ARRAY_COUNT(text_validators); v++) {
			static const char untouched[] = "untouched";
			const char *text = untouched;
			struct ambit_error err;
			enum ambit_code code = text_validators[v].validate(&u, 100, &text, &err);

			NOTE("row %zu, validator %zu", i, v);
			if (texts[i].accepted_by & text_validators[v].bit) {
				CHECK_INT(code, AMBIT_OK);
				CHECK_STR(text, texts[i].text);
				continue;
			}
			check_refusal(code, &err);
			CHECK(text == untouched);
		}
		ambit_untrusted_done(&u);
	}
}

TEST(text_is_bounded)
{
	char name[257];
	struct ambit_untrusted u;
	struct ambit_error err;
	const char *text = NULL;

	memset(name, 'x', sizeof(name));
	u = filled(name, 255);
	CHECK_INT(ambit_validate_component(&u, &text, &err), AMBIT_OK);
	CHECK_INT(ambit_validate_string(&u, 255, &text, &err), AMBIT_OK);
	check_refusal(ambit_validate_string(&u, 254, &text, &err), &err);
	CHECK_INT(ambit_untrusted_set(&u, name, 256, &err), AMBIT_OK);
	check_refusal(ambit_validate_component(&u, &text, &err), &err);
	ambit_untrusted_done(&u);
}

TEST(messages_hold_no_untrusted_byte)
{
	struct ambit_untrusted u = filled("\033]0;title\a", 10);
	struct ambit_error err;
	const char *text;
	size_t index;
	int64_t number;
	static const char *const words[] = { "yes", "no", NULL };

	CHECK_INT(ambit_validate_utf8(&u, 100, &text, &err), AMBIT_E_PROTOCOL);
	CHECK(!strchr(err.text, '\033') && !strchr(err.text, '\a'));
	CHECK_INT(ambit_validate_enum(&u, words, &index, &err), AMBIT_E_PROTOCOL);
	CHECK(!strchr(err.text, '\033') && !strchr(err.text, '\a'));
	CHECK_INT(ambit_validate_number(&u, 0, 1, &number, &err), AMBIT_E_PROTOCOL);
	CHECK(!strchr(err.text, '\033') && !strchr(err.text, '\a'));
	ambit_untrusted_done(&u);
}

/* ---- numbers ------------------------------------------------------------------------------- */

TEST(numbers)
{
	static const struct {
		const char *text;
		int64_t minimum, maximum, number;
		bool accepted;
	} rows[] = {
		{ "0", 0, 0, 0, true },
		{ "65535", 1, 65535, 65535, true },
		{ "65536", 1, 65535, 0, false },
		{ "-1", 0, 9, 0, false },
		{ "-1", -1, 9, -1, true },
		{ "-9223372036854775808", INT64_MIN, INT64_MAX, INT64_MIN, true },
		{ "9223372036854775807", INT64_MIN, INT64_MAX, INT64_MAX, true },
		{ "9223372036854775808", INT64_MIN, INT64_MAX, 0, false },
		{ "-9223372036854775809", INT64_MIN, INT64_MAX, 0, false },
		{ "", INT64_MIN, INT64_MAX, 0, false },
		{ "-", INT64_MIN, INT64_MAX, 0, false },
		{ "--1", INT64_MIN, INT64_MAX, 0, false },
		{ "+1", INT64_MIN, INT64_MAX, 0, false },
		{ " 1", INT64_MIN, INT64_MAX, 0, false },
		{ "1 ", INT64_MIN, INT64_MAX, 0, false },
		{ "1\n", INT64_MIN, INT64_MAX, 0, false },
		{ "0x10", INT64_MIN, INT64_MAX, 0, false },
		{ "1e3", INT64_MIN, INT64_MAX, 0, false },
		{ "000000000000000000001", INT64_MIN, INT64_MAX, 0, false }, /* 21 bytes */
	};

	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct ambit_untrusted u = filled(rows[i].text, strlen(rows[i].text));
		struct ambit_error err;
		int64_t number = 4711;
		enum ambit_code code =
			ambit_validate_number(&u, rows[i].minimum, rows[i].maximum, &number, &err);

		NOTE("row %zu: \"%s\"", i, rows[i].text);
		if (rows[i].accepted)
			CHECK_INT(code, AMBIT_OK);
		else
			check_refusal(code, &err);
		CHECK(number == (rows[i].accepted ? rows[i].number : 4711));
		ambit_untrusted_done(&u);
	}
}

TEST(integers)
{
	int64_t value = -5, number = 4711;
	struct ambit_untrusted u = filled(&value, sizeof(value));
	struct ambit_error err;

	CHECK_INT(ambit_validate_integer(&u, -5, 5, &number, &err), AMBIT_OK);
	CHECK_INT(number, -5);
	check_refusal(ambit_validate_integer(&u, -4, 5, &number, &err), &err);
	CHECK_INT(ambit_untrusted_set(&u, &value, sizeof(value) - 1, &err), AMBIT_OK);
	check_refusal(ambit_validate_integer(&u, -5, 5, &number, &err), &err);
	CHECK_INT(number, -5);
	ambit_untrusted_done(&u);
}

TEST(words)
{
	static const char *const list[] = { "png", "jpeg", "gif", NULL };
	struct ambit_untrusted u = filled("jpeg", 4);
	struct ambit_error err;
	size_t index = 77;

	CHECK_INT(ambit_validate_enum(&u, list, &index, &err), AMBIT_OK);
	CHECK_INT(index, 1);
	CHECK_INT(ambit_untrusted_set(&u, "jpe", 3, &err), AMBIT_OK);
	check_refusal(ambit_validate_enum(&u, list, &index, &err), &err);
	CHECK_INT(ambit_untrusted_set(&u, "jpeg\0", 5, &err), AMBIT_OK);
	check_refusal(ambit_validate_enum(&u, list, &index, &err), &err);
	CHECK_INT(index, 1);
	ambit_untrusted_done(&u);
}

/* ---- bytes --------------------------------------------------------------------------------- */

static bool is_even(const void *data, size_t length, void *argument)
{
	(void)data;
	(*(int *)argument)++;
	return length % 2 == 0;
}

TEST(bytes_and_predicates)
{
	struct ambit_untrusted u = filled("\0\1\2\3", 4);
	struct ambit_error err;
	const void *data = NULL;
	size_t length = 0;
	int asked = 0;

	CHECK_INT(ambit_validate_bytes(&u, 4, &data, &length, &err), AMBIT_OK);
	CHECK_INT(length, 4);
	CHECK(memcmp(data, "\0\1\2\3", 4) == 0);
	check_refusal(ambit_validate_bytes(&u, 3, &data, &length, &err), &err);
	CHECK_INT(ambit_validate_with(&u, is_even, &asked, &data, &length, &err), AMBIT_OK);
	CHECK_INT(ambit_untrusted_set(&u, "abc", 3, &err), AMBIT_OK);
	check_refusal(ambit_validate_with(&u, is_even, &asked, &data, &length, &err), &err);
	CHECK_INT(asked, 2);
	CHECK_INT(length, 4);
	ambit_untrusted_done(&u);
}

TEST(what_was_never_filled_is_empty)
{
	struct ambit_untrusted u = AMBIT_UNTRUSTED_INIT;
	const char *text = NULL;
	const void *data = NULL;
	size_t length = 9;

	CHECK_INT(ambit_validate_string(&u, 0, &text, NULL), AMBIT_OK);
	CHECK_STR(text, "");
	CHECK_INT(ambit_validate_bytes(&u, 0, &data, &length, NULL), AMBIT_OK);
	CHECK_INT(length, 0);
	ambit_untrusted_done(&u);
	ambit_untrusted_done(NULL);
}

TEST(filling_again_leaves_nothing)
{
	struct ambit_untrusted u = filled("a longer text than the next", 27);
	const char *text = NULL;

	CHECK_INT(ambit_untrusted_set(&u, "short", 5, NULL), AMBIT_OK);
	CHECK_INT(ambit_validate_string(&u, 100, &text, NULL), AMBIT_OK);
	CHECK_STR(text, "short");
	CHECK_INT(ambit_untrusted_set(&u, NULL, 0, NULL), AMBIT_OK);
	CHECK_INT(ambit_validate_string(&u, 100, &text, NULL), AMBIT_OK);
	CHECK_STR(text, "");
	ambit_untrusted_done(&u);
}

TEST(misuse_is_said)
{
	struct ambit_untrusted u = AMBIT_UNTRUSTED_INIT, zero = { 0, NULL, 0, 0 };
	struct ambit_error err;
	const void *data;
	const char *text;
	size_t length;
	int64_t number;

	CHECK_INT(ambit_untrusted_set(NULL, "", 0, &err), AMBIT_E_USAGE);
	CHECK_INT(ambit_untrusted_set(&zero, "", 0, &err), AMBIT_E_USAGE);
	CHECK_INT(ambit_untrusted_set(&u, NULL, 1, &err), AMBIT_E_USAGE);
	CHECK_INT(ambit_untrusted_set(&u, "", SIZE_MAX, &err), AMBIT_E_RESOURCE);
	CHECK_INT(ambit_validate_string(NULL, 1, &text, &err), AMBIT_E_USAGE);
	CHECK_INT(ambit_validate_utf8(&u, 1, NULL, &err), AMBIT_E_USAGE);
	CHECK_INT(ambit_validate_component(NULL, &text, &err), AMBIT_E_USAGE);
	CHECK_INT(ambit_validate_component(&u, NULL, &err), AMBIT_E_USAGE);
	CHECK_INT(ambit_validate_number(&u, 2, 1, &number, &err), AMBIT_E_USAGE);
	CHECK_INT(ambit_validate_integer(&u, 0, 1, NULL, &err), AMBIT_E_USAGE);
	CHECK_INT(ambit_validate_enum(&u, NULL, &length, &err), AMBIT_E_USAGE);
	CHECK_INT(ambit_validate_bytes(&u, 1, NULL, &length, &err), AMBIT_E_USAGE);
	CHECK_INT(ambit_validate_with(&u, NULL, NULL, &data, &length, &err), AMBIT_E_USAGE);
	CHECK(err.text[0] != '\0');
}
