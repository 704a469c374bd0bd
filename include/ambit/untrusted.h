/* SPDX-License-Identifier: ISC */
/*
 * untrusted.h - what came out of a confined process, until it has been validated
 *
 * A confined process may be somebody else's by now: what it answers is the attacker's input to the
 * process that asked. So it is handed over in a type that cannot be used by mistake. Each
 * ambit_validate_...() below checks one form and gives the bytes, or refuses with
 * AMBIT_E_PROTOCOL; there is no function that gives them unchecked.
 *
 *	struct ambit_untrusted answer = AMBIT_UNTRUSTED_INIT;
 *	int64_t width;
 *
 *	if (ambit_call(worker, picture, length, &answer, 1000, &err) != AMBIT_OK ||
 *	    ambit_validate_number(&answer, 1, 65535, &width, &err) != AMBIT_OK)
 *		fprintf(stderr, "%s\n", err.text);
 *	ambit_untrusted_done(&answer);
 *
 * The bytes are the caller's own copy: nobody changes them while they are looked at.
 */
#ifndef AMBIT_UNTRUSTED_H
#define AMBIT_UNTRUSTED_H

#ifndef AMBIT_H
#error "include <ambit.h>, which includes this file"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/**
 * struct ambit_untrusted - Bytes that nobody has looked at yet
 * @size:           sizeof(struct ambit_untrusted), set by AMBIT_UNTRUSTED_INIT
 * @private_data:   Not for you: validate instead
 * @private_length: Not for you
 * @private_room:   Not for you
 *
 * Begins as AMBIT_UNTRUSTED_INIT, may be filled again and again, ends with
 * ambit_untrusted_done(). What a validator gave is borrowed from it until then, or until it is
 * filled the next time.
 */
struct ambit_untrusted {
	size_t size;
	unsigned char *private_data;
	size_t private_length;
	size_t private_room;
};

#define AMBIT_UNTRUSTED_INIT                                                                       \
	{                                                                                          \
		sizeof(struct ambit_untrusted), NULL, 0, 0                                         \
	}

/**
 * ambit_untrusted_set() - Fill it with bytes from elsewhere: a file, a socket
 * @untrusted: Filled; what validators gave from it before is gone
 * @data:      Copied; may be NULL when @length is 0
 * @length:    In bytes
 * @err:       Filled on failure; may be NULL
 *
 * Return: AMBIT_OK, AMBIT_E_USAGE or AMBIT_E_RESOURCE, then it is unchanged.
 * Threads: one thread at a time per object. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code ambit_untrusted_set(struct ambit_untrusted *untrusted,
								  const void *data, size_t length,
								  struct ambit_error *err);

/**
 * ambit_untrusted_done() - Give back its memory
 * @untrusted: Empty and usable afterwards; may be NULL
 *
 * Threads: one thread at a time per object. Since: 0.1
 */
AMBIT_EXPORT void ambit_untrusted_done(struct ambit_untrusted *untrusted);

/**
 * ambit_validate_bytes() - Any bytes, so many at most
 * @untrusted:  Borrowed
 * @maximum:    The most bytes that are acceptable
 * @ret_data:   The bytes, borrowed from @untrusted
 * @ret_length: How many there are
 * @err:        Filled on failure; may be NULL
 *
 * Return: AMBIT_OK; AMBIT_E_PROTOCOL when it is longer; AMBIT_E_USAGE for a NULL argument.
 * Threads: one thread at a time per object. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code
ambit_validate_bytes(const struct ambit_untrusted *untrusted, size_t maximum, const void **ret_data,
		     size_t *ret_length, struct ambit_error *err);

/**
 * ambit_validate_string() - Bytes without a NUL, as a C string
 * @untrusted: Borrowed
 * @maximum:   The most bytes that are acceptable, the final NUL not counted
 * @ret_text:  NUL-terminated, borrowed from @untrusted
 * @err:       Filled on failure; may be NULL
 *
 * It may hold anything else: line ends, escape sequences that a terminal obeys.
 *
 * Return: AMBIT_OK, AMBIT_E_PROTOCOL or AMBIT_E_USAGE.
 * Threads: one thread at a time per object. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code
ambit_validate_string(const struct ambit_untrusted *untrusted, size_t maximum,
		      const char **ret_text, struct ambit_error *err);

/**
 * ambit_validate_utf8() - Well-formed UTF-8 without control characters but tab and line feed
 * @untrusted: Borrowed
 * @maximum:   The most bytes that are acceptable, the final NUL not counted
 * @ret_text:  NUL-terminated, borrowed from @untrusted
 * @err:       Filled on failure; may be NULL
 *
 * Well-formed is RFC 3629: no overlong form, no surrogate, nothing above U+10FFFF.
 *
 * Return: AMBIT_OK, AMBIT_E_PROTOCOL or AMBIT_E_USAGE.
 * Threads: one thread at a time per object. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code
ambit_validate_utf8(const struct ambit_untrusted *untrusted, size_t maximum, const char **ret_text,
		    struct ambit_error *err);

/**
 * ambit_validate_printable() - ASCII that can be shown in a terminal or a log line
 * @untrusted: Borrowed
 * @maximum:   The most bytes that are acceptable, the final NUL not counted
 * @ret_text:  NUL-terminated, borrowed from @untrusted
 * @err:       Filled on failure; may be NULL
 *
 * Space to tilde: no line end, no tab, no control character.
 *
 * Return: AMBIT_OK, AMBIT_E_PROTOCOL or AMBIT_E_USAGE.
 * Threads: one thread at a time per object. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code
ambit_validate_printable(const struct ambit_untrusted *untrusted, size_t maximum,
			 const char **ret_text, struct ambit_error *err);

/**
 * ambit_validate_component() - A name for one entry of a directory
 * @untrusted: Borrowed
 * @ret_text:  NUL-terminated, borrowed from @untrusted
 * @err:       Filled on failure; may be NULL
 *
 * 1 to 255 bytes, no slash, no control character of ASCII, neither "." nor "..". It may begin
 * with a hyphen: put "./" before it when it becomes an argument of a command. File names are bytes:
 * it need not be UTF-8, nor be safe in a terminal.
 *
 * Return: AMBIT_OK, AMBIT_E_PROTOCOL or AMBIT_E_USAGE.
 * Threads: one thread at a time per object. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code
ambit_validate_component(const struct ambit_untrusted *untrusted, const char **ret_text,
			 struct ambit_error *err);

/**
 * ambit_validate_number() - A decimal number in a range, written as text
 * @untrusted:  Borrowed
 * @minimum:    The least that is acceptable
 * @maximum:    The greatest that is acceptable
 * @ret_number: The number
 * @err:        Filled on failure; may be NULL
 *
 * Digits with at most a minus before them: no blank, no plus, no other base.
 *
 * Return: AMBIT_OK; AMBIT_E_PROTOCOL; AMBIT_E_USAGE for a NULL argument or an empty range.
 * Threads: one thread at a time per object. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code
ambit_validate_number(const struct ambit_untrusted *untrusted, int64_t minimum, int64_t maximum,
		      int64_t *ret_number, struct ambit_error *err);

/**
 * ambit_validate_integer() - A number in a range, as the eight bytes of an int64_t
 * @untrusted:  Borrowed
 * @minimum:    The least that is acceptable
 * @maximum:    The greatest that is acceptable
 * @ret_number: The number
 * @err:        Filled on failure; may be NULL
 *
 * Return: AMBIT_OK; AMBIT_E_PROTOCOL; AMBIT_E_USAGE for a NULL argument or an empty range.
 * Threads: one thread at a time per object. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code
ambit_validate_integer(const struct ambit_untrusted *untrusted, int64_t minimum, int64_t maximum,
		       int64_t *ret_number, struct ambit_error *err);

/**
 * ambit_validate_enum() - One of a list of words
 * @untrusted: Borrowed
 * @words:     The words, NULL-terminated; borrowed
 * @ret_index: Which one it is, from 0
 * @err:       Filled on failure; may be NULL
 *
 * Return: AMBIT_OK, AMBIT_E_PROTOCOL or AMBIT_E_USAGE.
 * Threads: one thread at a time per object. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code
ambit_validate_enum(const struct ambit_untrusted *untrusted, const char *const words[],
		    size_t *ret_index, struct ambit_error *err);

/**
 * ambit_validate_with() - Bytes that a predicate of the caller's accepts
 * @untrusted:  Borrowed
 * @is_acceptable: Asked once; true accepts
 * @argument:   Handed to @is_acceptable
 * @ret_data:   The bytes, borrowed from @untrusted
 * @ret_length: How many there are
 * @err:        Filled on failure; may be NULL
 *
 * Return: AMBIT_OK, AMBIT_E_PROTOCOL or AMBIT_E_USAGE.
 * Threads: one thread at a time per object. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code
ambit_validate_with(const struct ambit_untrusted *untrusted,
		    bool (*is_acceptable)(const void *data, size_t length, void *argument),
		    void *argument, const void **ret_data, size_t *ret_length,
		    struct ambit_error *err);

#ifdef __cplusplus
}
#endif

#endif /* AMBIT_UNTRUSTED_H */
