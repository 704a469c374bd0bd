/* SPDX-License-Identifier: ISC */
/* print.h - what printer, formatter and diff share */
#ifndef AMBIT_POLICY_PRINT_H
#define AMBIT_POLICY_PRINT_H

#include "../base/buf.h"
#include "policy.h"

/* @text as one word of policy, quoted where it must be. */
void print_word(struct buf *out, const char *text, size_t length);
/* The grants in canonical order, equal lines once. */
void print_sorted(const struct grant *const *grants, size_t count, struct buf *out);

#endif
