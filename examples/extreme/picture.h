/* SPDX-License-Identifier: ISC */
/* picture.h - decode, shrink, encode; runs in the worker only */
#ifndef EXTREME_PICTURE_H
#define EXTREME_PICTURE_H

#include <stddef.h>

enum { PICTURE_SIDE_MAX = 128 };
enum picture_error {
	PICTURE_UNKNOWN = 1, /* neither PNG nor JPEG */
	PICTURE_BROKEN = 2,
	PICTURE_TOO_LARGE = 3,
	PICTURE_NO_MEMORY = 4
};

/* Red, green and blue, a byte each. */
struct picture {
	unsigned width, height;
	unsigned char *pixels; /* owned */
};

/* 0 or a picture_error; the result is at most PICTURE_SIDE_MAX wide and high. */
int picture_decode(const void *data, size_t length, struct picture *ret);
/* As PNG; *ret is ended with free(). */
int picture_encode(const struct picture *p, unsigned char **ret, size_t *ret_length);

#endif
