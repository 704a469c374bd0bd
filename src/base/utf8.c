/* SPDX-License-Identifier: ISC */
/* utf8.c - the decoder, and what a reader would not see */
#include "utf8.h"

/* By the first byte: how many bytes, which of its bits count, and the least that needs so many. */
static const struct form {
	unsigned char mask, first, payload, bytes;
	uint32_t least;
} forms[] = {
	{ 0x80, 0x00, 0x7f, 1, 0 },
	{ 0xe0, 0xc0, 0x1f, 2, 0x80 },
	{ 0xf0, 0xe0, 0x0f, 3, 0x800 },
	{ 0xf8, 0xf0, 0x07, 4, 0x10000 },
};

static const struct form *form_of(unsigned char first)
{
	for (size_t i = 0; i < ARRAY_COUNT(forms); i++)
		if ((first & forms[i].mask) == forms[i].first)
			return &forms[i];
	return NULL;
}

size_t utf8_decode(const unsigned char *text, size_t length, uint32_t *ret_character)
{
	const struct form *form = length ? form_of(text[0]) : NULL;
	uint32_t c;

	if (!form || form->bytes > length)
		return 0;
	c = text[0] & form->payload;
	for (size_t i = 1; i < form->bytes; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (text[i] & 0x3f);
	}
	if (c < form->least || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*ret_character = c;
	return form->bytes;
}

/*
 * Controls, what reorders or annotates text, line separators, and what takes no room: that is
 * Default_Ignorable_Code_Point of Unicode's DerivedCoreProperties.txt.
 */
static const struct {
	uint32_t first, last;
} unseen[] = {
	{ 0x00, 0x1f },	      { 0x7f, 0x9f },	    { 0xad, 0xad },	  { 0x34f, 0x34f },
	{ 0x61c, 0x61c },     { 0x115f, 0x1160 },   { 0x17b4, 0x17b5 },	  { 0x180b, 0x180f },
	{ 0x200b, 0x200f },   { 0x2028, 0x202e },   { 0x2060, 0x206f },	  { 0x3164, 0x3164 },
	{ 0xfe00, 0xfe0f },   { 0xfeff, 0xfeff },   { 0xffa0, 0xffa0 },	  { 0xfff0, 0xfffb },
	{ 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff },
};

size_t utf8_visible(const char *text, size_t length)
{
	uint32_t c = 0;
	size_t bytes;

	if (length && *text >= ' ' && *text < 0x7f)
		return 1;
	bytes = utf8_decode((const unsigned char *)text, length, &c);
	for (size_t i = 0; i < ARRAY_COUNT(unseen); i++)
		if (c >= unseen[i].first && c <= unseen[i].last)
			return 0;
	return bytes;
}
