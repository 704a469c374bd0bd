/* SPDX-License-Identifier: ISC */
/* calls.h - the names of system calls, from the kernel's headers and what is newer than they */
#ifndef AMBIT_TESTS_CALLS_H
#define AMBIT_TESTS_CALLS_H

/* The name, or "?" for a number nothing is known about. */
const char *call_name(long nr);

/* The number (decimal digits are taken as one), or -1. */
long call_number(const char *name);

#endif
