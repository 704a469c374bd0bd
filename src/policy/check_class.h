/* SPDX-License-Identifier: ISC */
/* check_class.h - how sure a finding of `ambit check` is, and which of them fail */
#ifndef AMBIT_POLICY_CHECK_CLASS_H
#define AMBIT_POLICY_CHECK_CLASS_H

#include "model.h"

/* The surest first. Of a CHECK_FAILS grant, the bits 1 << class that fail; the others warn. */
enum check_class {
	CHECK_DIRECT,	/* by calls alone */
	CHECK_CALLBACK, /* through what is handed to a function that calls it */
	CHECK_INDIRECT, /* by a pointer, in the program */
	CHECK_LIBRARY,	/* by a pointer, in a library */
	CHECK_CLASS_COUNT
};

/* model.c: its word in the language. */
const char *check_class_word(enum check_class c);
/* The bits of the classes that fail: those of the policy's line; without one all but the last. */
unsigned policy_check_fails(const struct ambit_policy *p);

#endif
