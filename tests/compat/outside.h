/* SPDX-License-Identifier: ISC */
/* outside.h - run built programs from a test and look at what comes of it */
#ifndef AMBIT_TESTS_OUTSIDE_H
#define AMBIT_TESTS_OUTSIDE_H

#include <stdbool.h>
#include <stddef.h>

/* The path of a program in the build tree, as "tests/as/as"; borrowed until 16 calls later. */
const char *outside_built(const char *name);

/* Run argv (NULL at the end), keep what it writes to fd 1, and return waitpid()'s status. */
int outside_run(const char *const *argv, char *out, size_t size);

/* Whether out has the line "name value". */
bool outside_says(const char *out, const char *name, const char *value);

/* Check that it has. */
void outside_has(const char *out, const char *name, const char *value);

#endif
