/* SPDX-License-Identifier: ISC */
/* errnos.h - an errno by its name */
#ifndef AMBIT_TESTS_ERRNOS_H
#define AMBIT_TESTS_ERRNOS_H

/* The number, or 0 for a name that is none. */
int errno_by_name(const char *name);

#endif
