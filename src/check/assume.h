/* SPDX-License-Identifier: ISC */
/* assume.h - what the author of a program knows and its code does not tell */
#ifndef AMBIT_CHECK_ASSUME_H
#define AMBIT_CHECK_ASSUME_H

#include <fcntl.h>

#include "graph.h"

struct assumptions;

/* *ret is to be freed on failure, too. */
enum ambit_code assume_read(const char *path, struct assumptions **ret,
			    struct ambit_error *err) MUST_CHECK;
void assume_free(struct assumptions *a);
/* All of these do nothing for NULL. Another build's summary of @library holds. */
bool assume_summary(const struct assumptions *a, const char *library);
/* It was taken for another build's. */
void assume_summary_used(struct assumptions *a, const char *library);
/* Before the graph: libraries that are loaded later. */
enum ambit_code assume_load(struct assumptions *a, struct program *p,
			    struct ambit_error *err) MUST_CHECK;
/* Before the graph is built, and after. */
void assume_exports(const struct assumptions *a, struct graph *g);
void assume_gaps(const struct assumptions *a, struct graph *g);
enum ambit_code assume_calls(const struct assumptions *a, struct graph *g,
			     struct ambit_error *err) MUST_CHECK;

/*
 * For the answer, line by line from 0: what was written where, and whether something was read
 * because of it. What it says of code are the places in graph.assumed.
 */
size_t assume_count(const struct assumptions *a);
bool assume_used(const struct assumptions *a, size_t index);
const char *assume_place(const struct assumptions *a, size_t index, size_t *ret_line);
void assume_text(const struct assumptions *a, size_t index, struct buf *out);

#endif
