/* SPDX-License-Identifier: ISC */
/* symbol.h - names for numbers in syscall blocks */
#ifndef AMBIT_POLICY_SYMBOL_H
#define AMBIT_POLICY_SYMBOL_H

#include "../base/attr.h"

/* The value of a constant that conditions commonly name, as TCGETS or AF_INET. */
bool symbol_value(const char *name, size_t length, uint64_t *ret) MUST_CHECK;

#endif
