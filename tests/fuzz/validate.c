/* SPDX-License-Identifier: ISC */
/* Any bytes to every validator: what one accepts is what its description says. */
#include <limits.h>
#include <string.h>

#include "../../include/ambit.h"
#include "require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const struct ambit_untrusted *u, const uint8_t *data, size_t size)
{
	const char *string = NULL, *utf8 = NULL, *printable = NULL, *component = NULL;

	if (ambit_validate_string(u, size, &string, NULL) == AMBIT_OK)
		require(strlen(string) == size && memcmp(string, data, size) == 0);
	else
		require(memchr(data, '\0', size) != NULL);
	if (ambit_validate_utf8(u, size, &utf8, NULL) == AMBIT_OK)
		require(string && !strpbrk(utf8, "\033\r\x7f"));
	if (ambit_validate_printable(u, size, &printable, NULL) == AMBIT_OK)
		require(utf8 && !strpbrk(printable, "\n\t"));
	if (ambit_validate_component(u, &component, NULL) == AMBIT_OK)
		require(string && size && size <= 255 && !strchr(component, '/') &&
			strcmp(component, "..") != 0);
	if (size)
		require(ambit_validate_string(u, size - 1, &string, NULL) == AMBIT_E_PROTOCOL);
}

static void check_numbers(const struct ambit_untrusted *u, const uint8_t *data, size_t size)
{
	int64_t number = 0;

	if (ambit_validate_number(u, INT64_MIN, INT64_MAX, &number, NULL) == AMBIT_OK) {
		char text[32] = { 0 };

		require(size < sizeof(text));
		memcpy(text, data, size);
		require(strtoll(text, NULL, 10) == number);
		require(strspn(text, "-0123456789") == size);
	}
	if (ambit_validate_integer(u, -1, 1, &number, NULL) == AMBIT_OK)
		require(size == 8 && number >= -1 && number <= 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ambit_untrusted u = AMBIT_UNTRUSTED_INIT;

	if (ambit_untrusted_set(&u, data, size, NULL) == AMBIT_OK) {
		check_text(&u, data, size);
		check_numbers(&u, data, size);
	}
	ambit_untrusted_done(&u);
	return 0;
}
