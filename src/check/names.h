/* SPDX-License-Identifier: ISC */
/* names.h - what must be known of the functions of the C library by their names */
#ifndef AMBIT_CHECK_NAMES_H
#define AMBIT_CHECK_NAMES_H

#include <stdbool.h>

/* A bit for each argument (0 is the first) that is a function it calls; bit 7: in a structure. */
enum { CALLBACK_IN_DATA = 0x80 };
unsigned libc_callbacks(const char *name);
bool libc_loads(const char *name);
/* Gives the address of the function whose name is its second argument. */
bool libc_finds(const char *name);
bool never_returns(const char *name);
bool ends_process(const char *name);
/* False for NULL. */
bool starts_thread(const char *name);
/* Keeps a function until the process ends. */
bool runs_last(const char *name);
/* Calls a function it was given after it has returned: a handler, a thread. */
bool runs_later(const char *name);

#endif
