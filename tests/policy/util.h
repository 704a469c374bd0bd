/* SPDX-License-Identifier: ISC */
/* util.h - what the tests of the policy language share */
#ifndef AMBIT_TESTS_POLICY_UTIL_H
#define AMBIT_TESTS_POLICY_UTIL_H

#include <stdlib.h>
#include <string.h>

#include "../../src/policy/policy.h"
#include "../tap.h"

static inline enum ambit_code parse_from(struct ambit_policy *p, const char *text, size_t length,
					 struct text_origin from, struct ambit_error *err)
{
	return policy_parse_text(p, text, length, &from, err);
}

static inline enum ambit_code try_parse(struct ambit_policy *p, const char *text,
					struct ambit_error *err)
{
	return parse_from(p, text, strlen(text),
			  (struct text_origin){ "t", "/pol", "/home/u", false }, err);
}

/* Add @text to @p; it must be accepted. */
static inline void add_text(struct ambit_policy *p, const char *text)
{
	struct ambit_error err = { 0 };

	if (try_parse(p, text, &err) != AMBIT_OK)
		tap_fail(text, 0, "refused: %s", err.text);
}

static inline void check_prints(const struct ambit_policy *p, const char *expected)
{
	struct buf out = { 0 };

	policy_print(p, &out);
	CHECK_STR(buf_text(&out), expected);
	buf_done(&out);
}

/* @text is read and printed as @expected, and that again as itself. */
static inline void check_canonical(const char *text, const char *expected)
{
	struct ambit_policy p = { 0 }, again = { 0 };

	add_text(&p, text);
	check_prints(&p, expected);
	add_text(&again, expected);
	check_prints(&again, expected);
	policy_done(&p);
	policy_done(&again);
}

#endif
