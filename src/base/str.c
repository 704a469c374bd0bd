/* SPDX-License-Identifier: ISC */
#include "str.h"

#include <string.h>

#include "utf8.h"

bool str_starts(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

enum { WORD_MAX = 48 };

size_t str_distance(const char *a, const char *b, size_t limit)
{
	size_t n = strlen(a), m = strlen(b);
	size_t rows[3][WORD_MAX + 1];
	size_t *before = rows[0], *last = rows[1], *now = rows[2];

	if (n > WORD_MAX || m > WORD_MAX || n > m + limit || m > n + limit)
		return limit + 1;
	for (size_t j = 0; j <= m; j++)
		last[j] = before[j] = j;
	for (size_t i = 1; i <= n; i++) {
		size_t *free_row = before;

		now[0] = i;
		for (size_t j = 1; j <= m; j++) {
			size_t best = last[j - 1] + (a[i - 1] != b[j - 1]);

			if (last[j] + 1 < best)
				best = last[j] + 1;
			if (now[j - 1] + 1 < best)
				best = now[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    before[j - 2] + 1 < best)
				best = before[j - 2] + 1;
			now[j] = best;
		}
		before = last;
		last = now;
		now = free_row;
	}
	return last[m] > limit ? limit + 1 : last[m];
}

const char *str_escape(char *out, size_t size, const char *text, size_t length)
{
	static const char hex[] = "0123456789abcdef";
	size_t used = 0;

	while (length) {
		const bool quotes = *text == '\\' || *text == '"';
		const size_t plain = quotes ? 0 : utf8_visible(text, length);
		const size_t taken = plain ? plain : 1;

		if (used + (plain ? plain : 4) >= size)
			break;
		if (plain) {
			memcpy(out + used, text, plain);
			used += plain;
		} else {
			out[used++] = '\\';
			out[used++] = 'x';
			out[used++] = hex[(unsigned char)*text >> 4];
			out[used++] = hex[(unsigned char)*text & 15];
		}
		text += taken;
		length -= taken;
	}
	if (size)
		out[used] = '\0';
	return out;
}

void str_make_visible(char *text)
{
	size_t left = strlen(text);

	while (left) {
		size_t visible = utf8_visible(text, left);

		if (!visible) {
			*text = '?';
			visible = 1;
		}
		text += visible;
		left -= visible;
	}
}
