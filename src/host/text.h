/* SPDX-License-Identifier: ISC */
/* text.h - the words that host_read() and host_print() share */
#ifndef AMBIT_HOST_TEXT_H
#define AMBIT_HOST_TEXT_H

#include "host.h"

enum scalar_kind { SCALAR_U32, SCALAR_INT, SCALAR_HEX, SCALAR_BOOL };

/* A line that is one word and one value: the member of struct host at @at. */
struct host_scalar {
	const char *word;
	size_t at;
	enum scalar_kind kind;
	uint64_t maximum;
};
enum { HOST_SCALARS = 11 };
extern const struct host_scalar host_scalars[HOST_SCALARS];

/* A word of a path's line that stands alone. */
struct host_path_flag {
	const char *word;
	size_t at;
};
enum { HOST_PATH_FLAGS = 3 };
extern const struct host_path_flag host_path_flags[HOST_PATH_FLAGS];

extern const char *const host_kind_words[KIND_OTHER + 1];
extern const char *const host_open_words[OPEN_KINDS];
extern const char *const host_answer_words[HOST_ASSUMED + 1];
extern const char *const host_controller_words[CTL_COUNT];

#endif
