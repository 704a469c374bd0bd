/* SPDX-License-Identifier: ISC */
/*
 * liar.c - the encoder of examples/extreme, taken over: what it answers is a lie of its choice
 *
 * The width of the picture that comes in says which; from 9 on it is honest.
 */
#include "picture.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int __real_picture_encode(const struct picture *p, unsigned char **ret, size_t *ret_length);
int __wrap_picture_encode(const struct picture *p, unsigned char **ret, size_t *ret_length);

enum { HEAD = 8, IHDR = HEAD + 8, AFTER_IHDR = HEAD + 25 };

/* An honest answer, changed where it counts. */
static void change(unsigned lie, unsigned char *png, size_t *length)
{
	switch (lie) {
	case 1: /* a bomb for whoever opens it */
		memset(png + IHDR, 0x7f, 4);
		break;
	case 2:
		memset(png + IHDR + 4, 0, 4);
		break;
	case 3: /* a chunk beyond the end */
		memset(png + AFTER_IHDR, 0xff, 4);
		break;
	case 4: /* one that another decoder knows */
		memcpy(png + AFTER_IHDR + 4, "iCCP", 4);
		break;
	case 5: /* anything, between what a look at both ends would see */
		memset(png + IHDR, 'x', *length - IHDR - 8);
		break;
	case 6: /* something behind it */
		memmove(png + *length, png + *length - 12, 12);
		*length += 12;
		break;
	case 7: /* cut off */
		*length -= 5;
		break;
	default:
		break;
	}
}

int __wrap_picture_encode(const struct picture *p, unsigned char **ret, size_t *ret_length)
{
	int r = __real_picture_encode(p, ret, ret_length);
	unsigned char *room = r ? NULL : realloc(*ret, *ret_length + 12);

	if (p->width == 8)
		_exit(0);
	if (!room)
		return r ? r : PICTURE_NO_MEMORY;
	*ret = room;
	change(p->width, room, ret_length);
	return 0;
}
