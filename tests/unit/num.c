/* SPDX-License-Identifier: ISC */
#include "../../src/base/num.h"
#include "../tap.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { UNTOUCHED = 4711 };

struct row {
	const char *text;
	int result;
	uint64_t value;
};

/* Run @parse over @rows; on failure the output must be untouched. */
static void check_rows(int (*parse)(const char *, size_t, uint64_t *), const struct row *rows,
		       size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint64_t value = UNTOUCHED;

		NOTE("\"%s\"", rows[i].text);
		CHECK_INT(parse(rows[i].text, strlen(rows[i].text), &value), rows[i].result);
		CHECK(value == (rows[i].result ? UNTOUCHED : rows[i].value));
	}
}

static int decimal(const char *text, size_t length, uint64_t *ret)
{
	return num_parse(text, length, UINT64_MAX, ret);
}

static int any(const char *text, size_t length, uint64_t *ret)
{
	return num_parse_any(text, length, UINT64_MAX, ret);
}

TEST(decimal_takes_digits_only)
{
	static const struct row rows[] = {
		{ "0", 0, 0 },
		{ "7", 0, 7 },
		{ "007", 0, 7 },
		{ "18446744073709551615", 0, UINT64_MAX },
		{ "18446744073709551616", -ERANGE, 0 },
		{ "18446744073709551620", -ERANGE, 0 },
		{ "99999999999999999999999", -ERANGE, 0 },
		{ "", -EINVAL, 0 },
		{ "-1", -EINVAL, 0 },
		{ "+1", -EINVAL, 0 },
		{ " 1", -EINVAL, 0 },
		{ "1 ", -EINVAL, 0 },
		{ "1.0", -EINVAL, 0 },
		{ "0x1", -EINVAL, 0 },
		{ "1a", -EINVAL, 0 },
		{ "99999999999999999999999a", -EINVAL, 0 },
		{ "\xd9\xa1", -EINVAL, 0 },
	};

	check_rows(decimal, rows, ARRAY_COUNT(rows));
}

TEST(decimal_stops_at_the_maximum)
{
	uint64_t value = UNTOUCHED;

	CHECK_INT(num_parse("65535", 5, 65535, &value), 0);
	CHECK_INT(value, 65535);
	value = UNTOUCHED;
	CHECK_INT(num_parse("65536", 5, 65535, &value), -ERANGE);
	CHECK_INT(value, UNTOUCHED);
	CHECK_INT(num_parse("0", 1, 0, &value), 0);
	CHECK_INT(num_parse("1", 1, 0, &value), -ERANGE);
}

TEST(length_ends_the_text)
{
	uint64_t value = UNTOUCHED;

	CHECK_INT(num_parse("12x", 2, UINT64_MAX, &value), 0);
	CHECK_INT(value, 12);
	CHECK_INT(num_parse("1\0002", 3, UINT64_MAX, &value), -EINVAL);
}

TEST(any_knows_three_bases)
{
	static const struct row rows[] = {
		{ "0", 0, 0 },
		{ "10", 0, 10 },
		{ "010", 0, 8 },
		{ "0x10", 0, 16 },
		{ "0XfF", 0, 255 },
		{ "0xffffffffffffffff", 0, UINT64_MAX },
		{ "0x10000000000000000", -ERANGE, 0 },
		{ "0x", -EINVAL, 0 },
		{ "08", -EINVAL, 0 },
		{ "0xg", -EINVAL, 0 },
		{ "ff", -EINVAL, 0 },
		{ "", -EINVAL, 0 },
		{ "0x-1", -EINVAL, 0 },
	};

	check_rows(any, rows, ARRAY_COUNT(rows));
}

TEST(bytes_have_units)
{
	static const struct row rows[] = {
		{ "1", 0, 1 },
		{ "1K", 0, 1024 },
		{ "256M", 0, UINT64_C(256) << 20 },
		{ "2G", 0, UINT64_C(2) << 30 },
		{ "1T", 0, UINT64_C(1) << 40 },
		{ "0G", 0, 0 },
		{ "16777215T", 0, UINT64_C(16777215) << 40 },
		{ "16777216T", -ERANGE, 0 },
		{ "1k", -EINVAL, 0 },
		{ "1MB", -EINVAL, 0 },
		{ "M", -EINVAL, 0 },
		{ "1 M", -EINVAL, 0 },
		{ "-1M", -EINVAL, 0 },
		{ "", -EINVAL, 0 },
	};

	check_rows(num_parse_bytes, rows, ARRAY_COUNT(rows));
}

TEST(milliseconds_have_units)
{
	static const struct row rows[] = {
		{ "10", 0, 10000 },
		{ "10s", 0, 10000 },
		{ "10ms", 0, 10 },
		{ "2m", 0, 120000 },
		{ "1h", 0, 3600000 },
		{ "18446744073709551615ms", 0, UINT64_MAX },
		{ "18446744073709551615s", -ERANGE, 0 },
		{ "1d", -EINVAL, 0 },
		{ "ms", -EINVAL, 0 },
		{ "1.5s", -EINVAL, 0 },
		{ "", -EINVAL, 0 },
	};

	check_rows(num_parse_ms, rows, ARRAY_COUNT(rows));
}

TEST(format_is_what_printf_writes)
{
	static const uint64_t values[] = { 0,	      1,   9,		10,
					   99,	      100, 12345678901, UINT64_MAX - 1,
					   UINT64_MAX };

	for (size_t i = 0; i < ARRAY_COUNT(values); i++) {
		char ours[21], theirs[32];
		int length =
			snprintf(theirs, sizeof(theirs), "%llu", (unsigned long long)values[i]);

		CHECK_INT(num_format(ours, values[i]), length);
		CHECK_STR(ours, theirs);
	}
}
