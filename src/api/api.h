/* SPDX-License-Identifier: ISC */
/* api.h - shared by the exported functions */
#ifndef AMBIT_API_API_H
#define AMBIT_API_API_H

#include "../base/err.h"

/*
 * The first statement of an exported function. Callers may give no error; inside there always is
 * one, all zeros: what fails further in puts code and hint there and hands the code on.
 */
#define ERR_BEGIN(err)                                                                             \
	struct ambit_error err_scratch = { 0 };                                                    \
	(err) = (err) ? (err) : &err_scratch;                                                      \
	err_clear(err)

#endif
