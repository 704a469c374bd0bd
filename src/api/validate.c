/* SPDX-License-Identifier: ISC */
/*
 * validate.c - bytes of a confined process, and the checks that make them usable
 *
 * Each validator is a question about length and content; what is refused is said without showing
 * the bytes themselves, for the sentence may end in a terminal.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/num.h"
#include "../base/utf8.h"
#include "api.h"

enum { COMPONENT_MAX = 255, NUMBER_DIGITS_MAX = 20 };

static enum ambit_code usage(struct ambit_error *err, const char *what)
{
	return err_set(err, AMBIT_E_USAGE, AMBIT_LAYER_NONE, 0, "%s", what);
}

static enum ambit_code null_argument(struct ambit_error *err)
{
	return usage(err, "an untrusted result or a place for its value is NULL");
}

static enum ambit_code refuse(struct ambit_error *err, const char *what, size_t at)
{
	(void)err_set(err, AMBIT_E_PROTOCOL, AMBIT_LAYER_NONE, 0,
		      "an untrusted result is refused: %s at byte %zu", what, at);
	return err_hint(err, "treat the process that gave it as taken over");
}

static enum ambit_code refuse_length(struct ambit_error *err, size_t length, size_t maximum)
{
	(void)err_set(err, AMBIT_E_PROTOCOL, AMBIT_LAYER_NONE, 0,
		      "an untrusted result is refused: %zu bytes, %zu are acceptable", length,
		      maximum);
	return err_hint(err, "treat the process that gave it as taken over");
}

/* ---- the object ---------------------------------------------------------------------------- */

/* One byte more than the data: a NUL that makes a string of it. */
static bool reserve(struct ambit_untrusted *u, size_t length)
{
	unsigned char *grown;

	if (length < u->private_room)
		return true;
	if (length == SIZE_MAX)
		return false;
	grown = realloc(u->private_data, length + 1);
	if (!grown)
		return false;
	u->private_data = grown;
	u->private_room = length + 1;
	return true;
}

enum ambit_code ambit_untrusted_set(struct ambit_untrusted *u, const void *data, size_t length,
				    struct ambit_error *err)
{
	ERR_BEGIN(err);
	if (!u || u->size < sizeof(*u) || (!data && length))
		return usage(err, "an untrusted result begins as AMBIT_UNTRUSTED_INIT, its bytes "
				  "may not be NULL");
	if (!reserve(u, length))
		return err_memory(err, AMBIT_LAYER_NONE);
	if (length)
		memmove(u->private_data, data, length);
	u->private_data[length] = '\0';
	u->private_length = length;
	return AMBIT_OK;
}

void ambit_untrusted_done(struct ambit_untrusted *u)
{
	if (!u)
		return;
	free(u->private_data);
	u->private_data = NULL;
	u->private_length = u->private_room = 0;
}

/* What was never filled is empty. */
static const unsigned char *data_of(const struct ambit_untrusted *u)
{
	return u->private_data ? u->private_data : (const unsigned char *)"";
}

/* ---- text ---------------------------------------------------------------------------------- */

/* Is the byte or character at @text acceptable? How many bytes it takes, 0 when it is not. */
typedef size_t accept_fn(const unsigned char *text, size_t length);

static size_t accept_no_nul(const unsigned char *text, size_t length)
{
	return length && text[0] != '\0';
}

static size_t accept_printable(const unsigned char *text, size_t length)
{
	return length && text[0] >= 0x20 && text[0] <= 0x7e;
}

static size_t accept_utf8(const unsigned char *text, size_t length)
{
	uint32_t c = 0;
	size_t n = utf8_decode(text, length, &c);
	bool is_control = (c < 0x20 && c != '\t' && c != '\n') || (c >= 0x7f && c < 0xa0);

	return is_control ? 0 : n;
}

static size_t accept_component(const unsigned char *text, size_t length)
{
	return length && text[0] >= 0x20 && text[0] != 0x7f && text[0] != '/';
}

static enum ambit_code validate_text(const struct ambit_untrusted *u, size_t maximum,
				     accept_fn *is_acceptable, const char **ret_text,
				     struct ambit_error *err)
{
	size_t at = 0;

	if (!u || !ret_text)
		return null_argument(err);
	if (u->private_length > maximum)
		return refuse_length(err, u->private_length, maximum);
	while (at < u->private_length) {
		size_t n = is_acceptable(data_of(u) + at, u->private_length - at);

		if (!n)
			return refuse(err, "a byte that has no place there", at);
		at += n;
	}
	*ret_text = (const char *)data_of(u);
	return AMBIT_OK;
}

enum ambit_code ambit_validate_string(const struct ambit_untrusted *u, size_t maximum,
				      const char **ret_text, struct ambit_error *err)
{
	ERR_BEGIN(err);
	return validate_text(u, maximum, accept_no_nul, ret_text, err);
}

enum ambit_code ambit_validate_utf8(const struct ambit_untrusted *u, size_t maximum,
				    const char **ret_text, struct ambit_error *err)
{
	ERR_BEGIN(err);
	return validate_text(u, maximum, accept_utf8, ret_text, err);
}

enum ambit_code ambit_validate_printable(const struct ambit_untrusted *u, size_t maximum,
					 const char **ret_text, struct ambit_error *err)
{
	ERR_BEGIN(err);
	return validate_text(u, maximum, accept_printable, ret_text, err);
}

enum ambit_code ambit_validate_component(const struct ambit_untrusted *u, const char **ret_text,
					 struct ambit_error *err)
{
	const char *text = "";
	enum ambit_code code;

	ERR_BEGIN(err);
	code = validate_text(u, COMPONENT_MAX, accept_component, &text, err);
	if (code != AMBIT_OK)
		return code;
	if (!ret_text)
		return null_argument(err);
	if (!text[0] || strcmp(text, ".") == 0 || strcmp(text, "..") == 0)
		return refuse(err, "no name of a directory entry", 0);
	*ret_text = text;
	return AMBIT_OK;
}

/* ---- numbers and words --------------------------------------------------------------------- */

static enum ambit_code in_range(int64_t number, int64_t minimum, int64_t maximum,
				int64_t *ret_number, struct ambit_error *err)
{
	if (number < minimum || number > maximum) {
		(void)err_set(err, AMBIT_E_PROTOCOL, AMBIT_LAYER_NONE, 0,
			      "an untrusted result is refused: %lld is not from %lld to %lld",
			      (long long)number, (long long)minimum, (long long)maximum);
		return err_hint(err, "treat the process that gave it as taken over");
	}
	*ret_number = number;
	return AMBIT_OK;
}

static enum ambit_code number_usage(const struct ambit_untrusted *u, int64_t minimum,
				    int64_t maximum, const int64_t *ret, struct ambit_error *err)
{
	if (!u || !ret)
		return null_argument(err);
	return minimum > maximum ? usage(err, "no number is in an empty range") : AMBIT_OK;
}

/* The whole text or nothing; 0 or -errno. */
static int parse_signed(const char *text, size_t length, int64_t *ret)
{
	bool negative = length && text[0] == '-';
	uint64_t magnitude = 0;
	int r = num_parse(text + negative, length - negative,
			  (uint64_t)INT64_MAX + (negative ? 1 : 0), &magnitude);

	if (r < 0)
		return r;
	*ret = negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
	return 0;
}

enum ambit_code ambit_validate_number(const struct ambit_untrusted *u, int64_t minimum,
				      int64_t maximum, int64_t *ret_number, struct ambit_error *err)
{
	enum ambit_code code;
	int64_t number;

	ERR_BEGIN(err);
	code = number_usage(u, minimum, maximum, ret_number, err);
	if (code != AMBIT_OK)
		return code;
	if (u->private_length > NUMBER_DIGITS_MAX)
		return refuse_length(err, u->private_length, NUMBER_DIGITS_MAX);
	if (parse_signed((const char *)data_of(u), u->private_length, &number) < 0)
		return refuse(err, "no decimal number", 0);
	return in_range(number, minimum, maximum, ret_number, err);
}

enum ambit_code ambit_validate_integer(const struct ambit_untrusted *u, int64_t minimum,
				       int64_t maximum, int64_t *ret_number,
				       struct ambit_error *err)
{
	enum ambit_code code;
	int64_t number;

	ERR_BEGIN(err);
	code = number_usage(u, minimum, maximum, ret_number, err);
	if (code != AMBIT_OK)
		return code;
	if (u->private_length != sizeof(number))
		return refuse_length(err, u->private_length, sizeof(number));
	memcpy(&number, u->private_data, sizeof(number));
	return in_range(number, minimum, maximum, ret_number, err);
}

enum ambit_code ambit_validate_enum(const struct ambit_untrusted *u, const char *const words[],
				    size_t *ret_index, struct ambit_error *err)
{
	ERR_BEGIN(err);
	if (!u || !words || !ret_index)
		return null_argument(err);
	for (size_t i = 0; words[i]; i++)
		if (strlen(words[i]) == u->private_length &&
		    memcmp(words[i], data_of(u), u->private_length) == 0) {
			*ret_index = i;
			return AMBIT_OK;
		}
	return refuse(err, "none of the words that are expected", 0);
}

/* ---- bytes --------------------------------------------------------------------------------- */

enum ambit_code ambit_validate_bytes(const struct ambit_untrusted *u, size_t maximum,
				     const void **ret_data, size_t *ret_length,
				     struct ambit_error *err)
{
	ERR_BEGIN(err);
	if (!u || !ret_data || !ret_length)
		return null_argument(err);
	if (u->private_length > maximum)
		return refuse_length(err, u->private_length, maximum);
	*ret_data = data_of(u);
	*ret_length = u->private_length;
	return AMBIT_OK;
}

enum ambit_code ambit_validate_with(const struct ambit_untrusted *u,
				    bool (*is_acceptable)(const void *data, size_t length,
							  void *argument),
				    void *argument, const void **ret_data, size_t *ret_length,
				    struct ambit_error *err)
{
	ERR_BEGIN(err);
	if (!u || !is_acceptable || !ret_data || !ret_length)
		return null_argument(err);
	if (!is_acceptable(data_of(u), u->private_length, argument))
		return refuse(err, "what the predicate does not accept", 0);
	*ret_data = data_of(u);
	*ret_length = u->private_length;
	return AMBIT_OK;
}
