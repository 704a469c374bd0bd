/* SPDX-License-Identifier: ISC */
/* except.h - the calls that are not failed like others, each with the reason */
#ifndef AMBIT_TESTS_EXCEPT_H
#define AMBIT_TESTS_EXCEPT_H

#include <stddef.h>
#include <stdint.h>

enum how {
	HOW_SKIP,  /* not executed, the result is the error */
	HOW_AFTER, /* executed, then the result is replaced by the error */
	HOW_NEVER, /* not failed and not counted */
	HOW_START, /* the same, but only until the first call that is not of this kind */
	HOW_ONCE,  /* failed as the n-th call, spared as one of those after it */
};

enum { ANY_ARGUMENT = -1 };

struct except {
	long nr;
	enum how how;
	int64_t first_argument;
	const char *reason;
};

extern const struct except excepts[];
extern const size_t except_count;

/* How call nr with this first argument is failed. */
enum how except_how(long nr, uint64_t first_argument);

#endif
