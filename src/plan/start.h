/* SPDX-License-Identifier: ISC */
/* start.h - what every program may have: part of plan.h */
#ifndef AMBIT_PLAN_START_H
#define AMBIT_PLAN_START_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* start.c: what a program needs to start. Index from 0; NULL past the end. */
struct start_path {
	const char *path;
	uint64_t access;			/* LL_FS_... */
	bool is_device, needs_dynamic, is_code; /* code: libraries */
};
const struct start_path *plan_start_path(size_t index);
#define PLAN_TERMINAL "/dev/tty"

#endif
