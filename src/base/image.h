/* SPDX-License-Identifier: ISC */
/* image.h - bytes as a file without a name: to be executed, or handed to a child */
#ifndef AMBIT_BASE_IMAGE_H
#define AMBIT_BASE_IMAGE_H

#include "attr.h"

/*
 * A descriptor above 2, close-on-exec, of a nameless file that holds @data. A memory file, or,
 * where those are refused, an unnamed temporary file; one that is to be executed lies where it may
 * be, is open for reading only and has no writer. -errno when neither is to be had; -EFBIG for more
 * than RLIMIT_FSIZE, without the signal of it.
 */
int image_file(const char *name, bool executable, const void *data, size_t size) MUST_CHECK;

#endif
