/* SPDX-License-Identifier: ISC */
/*
 * table.c - every system call: number, class, age, errno of its refusal
 *
 * What a call is stands once in calls.def, which number it has in calls_ARCH.def. The rows of an
 * architecture are put together here by the preprocessor, so that a number without a description
 * does not compile.
 */
#include <errno.h>
#include <linux/audit.h>
#include <string.h>

#include "rule.h"

/* Filters load an argument as two words, low half first. */
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "little-endian architectures only");

enum {
#define CALL(name, klass, major, minor, refusal, arguments)                                        \
	CLASS_OF_##name = CALL_##klass, MAJOR_OF_##name = (major), MINOR_OF_##name = (minor),      \
	REFUSAL_OF_##name = (refusal),
#include "calls.def"
#undef CALL
};

static const char arguments_of[ID_COUNT][7] = {
#define CALL(name, klass, major, minor, refusal, arguments) arguments,
#include "calls.def"
#undef CALL
};

#define NUMBER(nr, call)                                                                           \
	{                                                                                          \
		.number = (nr),                                                                    \
		.klass = CLASS_OF_##call,                                                          \
		.since_major = MAJOR_OF_##call,                                                    \
		.since_minor = MINOR_OF_##call,                                                    \
		.refusal = REFUSAL_OF_##call,                                                      \
		.id = ID_##call,                                                                   \
		.name = #call,                                                                     \
	},
static const struct call_row rows_x86_64[] = {
#include "calls_x86_64.def"
};
static const struct call_row rows_aarch64[] = {
#include "calls_aarch64.def"
};
#undef NUMBER

#define NUMBER(nr, call) static_assert(sizeof(#call) <= CALL_NAME_SIZE, "the name fits");
#include "calls_aarch64.def"
#include "calls_x86_64.def"
#undef NUMBER

/* One more than the number, so that 0 is "has none". */
#define NUMBER(nr, call) [ID_##call] = (nr) + 1,
static const uint16_t numbers[ARCH_COUNT][ID_COUNT] = {
	[ARCH_X86_64] = {
#include "calls_x86_64.def"
	},
	[ARCH_AARCH64] = {
#include "calls_aarch64.def"
	},
};
#undef NUMBER

static const struct {
	const struct call_row *rows;
	size_t count;
	uint32_t audit;
} arches[ARCH_COUNT] = {
	[ARCH_X86_64] = { rows_x86_64, ARRAY_COUNT(rows_x86_64), AUDIT_ARCH_X86_64 },
	[ARCH_AARCH64] = { rows_aarch64, ARRAY_COUNT(rows_aarch64), AUDIT_ARCH_AARCH64 },
};

static const struct {
	const char *name, *text;
} classes[CALL_CLASS_COUNT] = {
#define CLASS_WORDS(name, text) { #name, text },
	CALL_CLASSES(CLASS_WORDS)
#undef CLASS_WORDS
};

enum arch arch_native(void)
{
#if defined(__x86_64__)
	return ARCH_X86_64;
#elif defined(__aarch64__)
	return ARCH_AARCH64;
#else
#error "no system call table for this architecture"
#endif
}

uint32_t filter_audit_arch(enum arch arch)
{
	return arches[arch].audit;
}

const struct call_row *call_table(enum arch arch, size_t *ret_count)
{
	*ret_count = arches[arch].count;
	return arches[arch].rows;
}

const struct call_row *call_by_name(enum arch arch, const char *name)
{
	for (size_t i = 0; i < arches[arch].count; i++) {
		const struct call_row *row = &arches[arch].rows[i];

		if (row->name[0] == name[0] && strcmp(row->name, name) == 0)
			return row;
	}
	return NULL;
}

const struct call_row *call_by_number(enum arch arch, uint32_t number)
{
	const struct call_row *rows = arches[arch].rows;
	size_t low = 0, high = arches[arch].count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (rows[middle].number == number)
			return &rows[middle];
		if (rows[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

const char *call_arguments(const struct call_row *row)
{
	return arguments_of[row->id];
}

int call_number(enum arch arch, enum call_id id)
{
	return numbers[arch][id] - 1;
}

uint64_t call_argument_bits(enum call_id id, unsigned argument)
{
	const char letter = argument < sizeof(arguments_of[id]) ? arguments_of[id][argument] : '\0';

	if (letter == '\0')
		return 0;
	if (letter == 'i')
		return UINT32_MAX;
	if (letter == 'h')
		return UINT16_MAX;
	return UINT64_MAX;
}

const char *call_class_name(enum call_class c)
{
	return (unsigned)c < CALL_CLASS_COUNT ? classes[c].name : "?";
}

const char *call_class_text(enum call_class c)
{
	return (unsigned)c < CALL_CLASS_COUNT ? classes[c].text : "?";
}
