/* SPDX-License-Identifier: ISC */
/* errname.h - error numbers by name */
#ifndef AMBIT_BASE_ERRNAME_H
#define AMBIT_BASE_ERRNAME_H

#include "attr.h"

/* As "EPERM"; NULL for a number without a name here. */
const char *errno_name(int number);
/* 0 for an unknown name. */
int errno_by_name(const char *name, size_t length);

#endif
