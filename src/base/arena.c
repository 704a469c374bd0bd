/* SPDX-License-Identifier: ISC */
#include "arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct arena_block {
	struct arena_block *next;
	size_t used, size;
	max_align_t data[];
};

/*
 * A start has several arenas, and every page it touches costs more than some further blocks: a
 * block is half of what the arena holds, so little of it stays unused.
 */
enum { LEAST_SIZE = 3 * 1024, MOST_SIZE = 64 * 1024 };

static size_t usual_size(const struct arena *a)
{
	const size_t half = a->total / 2;

	return (half < LEAST_SIZE  ? LEAST_SIZE
		: half > MOST_SIZE ? MOST_SIZE
				   : half) -
	       sizeof(*a->first);
}

static struct arena_block *block_new(struct arena *a, size_t size)
{
	const size_t usual = usual_size(a);
	const size_t room = size > usual ? size : usual;
	struct arena_block *b = calloc(1, sizeof(*b) + room);

	if (!b)
		return NULL;
	b->size = room;
	b->next = a->first;
	a->first = b;
	return b;
}

void *arena_alloc(struct arena *a, size_t size)
{
	const size_t align = _Alignof(max_align_t);
	size_t maximum = a->maximum ? a->maximum : ARENA_MAXIMUM;
	struct arena_block *b = a->first;
	void *p;

	if (size > maximum || a->total > maximum - size)
		return NULL;
	size = (size + align - 1) / align * align;
	if (!b || size > b->size - b->used) {
		b = block_new(a, size);
		if (!b)
			return NULL;
	}
	p = (char *)b->data + b->used;
	b->used += size;
	a->total += size;
	return p;
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes))
		return NULL;
	return arena_alloc(a, bytes);
}

char *arena_copy(struct arena *a, const char *text, size_t length)
{
	char *copy = arena_alloc(a, length + 1);

	if (copy && length)
		memcpy(copy, text, length);
	return copy;
}

char *arena_string(struct arena *a, const char *text)
{
	return arena_copy(a, text, strlen(text));
}

char *arena_format(struct arena *a, const char *format, ...)
{
	va_list args, again;
	char *text = NULL;
	int length;

	va_start(args, format);
	va_copy(again, args);
	length = vsnprintf(NULL, 0, format, args);
	if (length >= 0)
		text = arena_alloc(a, (size_t)length + 1);
	if (text)
		(void)vsnprintf(text, (size_t)length + 1, format, again);
	va_end(again);
	va_end(args);
	return text;
}

void *arena_grow(struct arena *a, void *pointer_to_array, size_t *count, size_t size)
{
	void **array = pointer_to_array;
	size_t n = *count;

	/* Room is for 4, 8, 16 ... elements: it is full exactly at those counts, and at none. */
	if (n == 0 || (n >= 4 && (n & (n - 1)) == 0)) {
		void *bigger = arena_array(a, n ? 2 * n : 4, size);

		if (!bigger)
			return NULL;
		if (n)
			memcpy(bigger, *array, n * size);
		*array = bigger;
	}
	*count = n + 1;
	return (char *)*array + n * size;
}

void arena_done(struct arena *a)
{
	struct arena_block *b = a->first;

	while (b) {
		struct arena_block *next = b->next;

		free(b);
		b = next;
	}
	a->first = NULL;
	a->total = 0;
}
