/* SPDX-License-Identifier: ISC */
/* Numbers against the libc's parser; escapes that a terminal cannot obey; distances. */
#include "../../src/base/num.h"
#include "../../src/base/str.h"
#include "../../src/base/utf8.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_number(const char *text, size_t size)
{
	uint64_t ours = 0;
	int r = num_parse(text, size, UINT64_MAX, &ours);
	bool digits = size > 0 && strspn(text, "0123456789") == size;
	unsigned long long theirs;

	require((r != -EINVAL) == digits);
	if (!digits)
		return;
	errno = 0;
	theirs = strtoull(text, NULL, 10);
	require((r == -ERANGE) == (errno == ERANGE));
	if (r == 0) {
		char back[21];

		require(ours == theirs);
		require(num_format(back, ours) <= size);
		require(str_equal(back, text + size - strlen(back)));
	}
}

static void check_escape(const char *text, size_t size)
{
	char out[64];

	(void)str_escape(out, sizeof(out), text, size);
	require(memchr(out, '\0', sizeof(out)) != NULL);
	for (size_t at = 0, n; out[at]; at += n) {
		n = utf8_visible(out + at, strlen(out + at));
		require(n && out[at] != '"');
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	uint64_t value;
	size_t half;

	if (!text)
		return 0;
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	check_number(text, size);
	check_escape(text, size);
	(void)!num_parse_any(text, size, UINT64_MAX, &value);
	(void)!num_parse_bytes(text, size, &value);
	(void)!num_parse_ms(text, size, &value);
	half = strlen(text) / 2;
	if (half) {
		char *second = text + half;

		require(str_distance(text, text, 3) == (strlen(text) > 48 ? 4 : 0));
		require(str_distance(text, second, 3) == str_distance(second, text, 3));
	}
	free(text);
	return 0;
}
