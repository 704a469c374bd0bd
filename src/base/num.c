/* SPDX-License-Identifier: ISC */
#include "num.h"

#include <errno.h>
#include <string.h>

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 99;
}

static int parse_base(const char *text, size_t length, unsigned base, uint64_t maximum,
		      uint64_t *ret)
{
	uint64_t value = 0;

	if (!length)
		return -EINVAL;
	for (size_t i = 0; i < length; i++)
		if (digit_value(text[i]) >= (int)base)
			return -EINVAL;
	for (size_t i = 0; i < length; i++) {
		uint64_t digit = (uint64_t)digit_value(text[i]);

		if (__builtin_mul_overflow(value, base, &value) ||
		    __builtin_add_overflow(value, digit, &value) || value > maximum)
			return -ERANGE;
	}
	*ret = value;
	return 0;
}

int num_parse(const char *text, size_t length, uint64_t maximum, uint64_t *ret)
{
	return parse_base(text, length, 10, maximum, ret);
}

int num_parse_any(const char *text, size_t length, uint64_t maximum, uint64_t *ret)
{
	if (length > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
		return parse_base(text + 2, length - 2, 16, maximum, ret);
	if (length > 1 && text[0] == '0')
		return parse_base(text + 1, length - 1, 8, maximum, ret);
	return parse_base(text, length, 10, maximum, ret);
}

struct unit {
	const char *name;
	uint64_t factor;
};

/* A number followed by one of @units; @none is the factor without a unit. */
static int parse_unit(const char *text, size_t length, const struct unit *units, size_t count,
		      uint64_t none, uint64_t *ret)
{
	size_t digits = 0;
	uint64_t value, factor = none;
	int r;

	while (digits < length && text[digits] >= '0' && text[digits] <= '9')
		digits++;
	if (digits < length) {
		factor = 0;
		for (size_t i = 0; i < count; i++)
			if (strlen(units[i].name) == length - digits &&
			    !memcmp(units[i].name, text + digits, length - digits))
				factor = units[i].factor;
		if (!factor)
			return -EINVAL;
	}
	r = num_parse(text, digits, UINT64_MAX, &value);
	if (r < 0)
		return r;
	if (__builtin_mul_overflow(value, factor, &value))
		return -ERANGE;
	*ret = value;
	return 0;
}

int num_parse_bytes(const char *text, size_t length, uint64_t *ret)
{
	static const struct unit units[] = {
		{ "K", UINT64_C(1) << 10 },
		{ "M", UINT64_C(1) << 20 },
		{ "G", UINT64_C(1) << 30 },
		{ "T", UINT64_C(1) << 40 },
	};

	return parse_unit(text, length, units, ARRAY_COUNT(units), 1, ret);
}

int num_parse_ms(const char *text, size_t length, uint64_t *ret)
{
	static const struct unit units[] = {
		{ "ms", 1 },
		{ "s", 1000 },
		{ "m", 60 * 1000 },
		{ "h", 60 * 60 * 1000 },
	};

	return parse_unit(text, length, units, ARRAY_COUNT(units), 1000, ret);
}

size_t num_format(char *out, uint64_t value)
{
	char digits[20];
	size_t n = 0, length;

	do {
		digits[n++] = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	length = n;
	while (n)
		*out++ = digits[--n];
	*out = '\0';
	return length;
}
