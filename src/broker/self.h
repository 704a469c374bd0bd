/* SPDX-License-Identifier: ISC */
/* self.h - what it takes to start this very program once more */
#ifndef AMBIT_BROKER_SELF_H
#define AMBIT_BROKER_SELF_H

#include "../base/err.h"

enum { SELF_PATH_SIZE = 4096 };

/* This program's own file; @what, as "a worker", is what messages call what is started again. */
enum ambit_code self_find(char program[SELF_PATH_SIZE], const char *what,
			  struct ambit_error *err) MUST_CHECK;
/* Let it read what it consists of: its libraries may lie where no program looks by itself. */
enum ambit_code self_grant(struct ambit_policy *p, struct ambit_error *err) MUST_CHECK;
/* A line of policy; "" for no argument. */
enum ambit_code self_add(struct ambit_policy *p, const char *keyword, struct ambit_error *err,
			 const char *format, ...) PRINTF(4, 5) MUST_CHECK;

/*
 * The other side: what the variable says to the @nth, from 0 on, of those called @name, "NAME:NTH:"
 * and more; NULL: nothing. Functions of several files may share a name; the order in which they are
 * registered is that of the program, so the same in each process of it. A program with more rights
 * than its caller hears nothing.
 */
const char *self_told(const char *variable, const char *name, int nth);
/* A number in decimal, and the colon behind it. What follows, NULL: it is none. */
const char *self_take_number(const char *text, int *ret);

#endif
