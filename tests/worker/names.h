/* SPDX-License-Identifier: ISC */
/* names.h - two files with functions of the same name */
#ifndef AMBIT_TESTS_WORKER_NAMES_H
#define AMBIT_TESTS_WORKER_NAMES_H

#include "../../include/ambit.h"

/* Those of the other file. */
extern ambit_worker_fn *const others_worker;
extern ambit_process_fn *const others_process;

#endif
