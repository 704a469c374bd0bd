/* SPDX-License-Identifier: ISC */
/*
 * err.h - the constructor of struct ambit_error
 *
 * errno is an argument here, never read. The first failure wins: a filled error is not
 * overwritten. Callers write "return err_set(err, AMBIT_E_..., ...)".
 */
#ifndef AMBIT_BASE_ERR_H
#define AMBIT_BASE_ERR_H

#include "../../include/ambit.h"
#include "attr.h"

/* Fill @err unless it is NULL or already filled; @sys_errno 0 when no call failed. */
enum ambit_code err_set(struct ambit_error *err, enum ambit_code code, enum ambit_layer layer,
			int sys_errno, const char *format, ...) PRINTF(5, 6);

/* Add the cure to an error that has none yet. Returns err->code, or E_INTERNAL for NULL. */
enum ambit_code err_hint(struct ambit_error *err, const char *format, ...) PRINTF(2, 3);

/* Put "context: " before the sentence; whoever knows more adds it, at most twice on a path. */
enum ambit_code err_prefix(struct ambit_error *err, const char *format, ...) PRINTF(2, 3);

/* Say where in the policy text the cause stands, unless that is known already. */
void err_at(struct ambit_error *err, uint32_t line, uint32_t column);

/* "No memory" for @what. */
enum ambit_code err_memory(struct ambit_error *err, enum ambit_layer layer);
/* Of something that ran out, by its errno alone, where nobody knew a better hint; the code. */
enum ambit_code err_exhausted(struct ambit_error *err);

/* The code that an errno of the kernel means to a caller. */
enum ambit_code err_code_of_errno(int sys_errno);

/* All zeros, so that a reused struct holds no old failure. */
void err_clear(struct ambit_error *err);
/* As much of it as tells that it holds none: for one that nobody else sees, where time matters. */
static inline void err_empty(struct ambit_error *err)
{
	err->code = err->layer = err->step = err->line = err->column = 0;
	err->sys_errno = 0;
	err->text[0] = err->hint[0] = '\0';
}

#endif
