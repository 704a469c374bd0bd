/* SPDX-License-Identifier: ISC */
/* require.h - what every fuzzer says of what it sees */
#ifndef AMBIT_TESTS_FUZZ_REQUIRE_H
#define AMBIT_TESTS_FUZZ_REQUIRE_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/base/utf8.h"

static inline void require(bool holds)
{
	if (!holds)
		abort();
}

/* Goes to a screen: nothing in it is obeyed there, nor hides or reorders what a reader sees. */
static inline void require_visible(const char *text, bool has_lines)
{
	size_t left = strlen(text);

	while (left) {
		const size_t n = has_lines && *text == '\n' ? 1 : utf8_visible(text, left);

		require(n > 0);
		text += n;
		left -= n;
	}
}

#endif
