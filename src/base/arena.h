/* SPDX-License-Identifier: ISC */
/*
 * arena.h - memory that is freed all at once
 *
 * A policy, a host and a plan each own one: their parts point at each other freely and die
 * together. Memory is zeroed and aligned for any type.
 */
#ifndef AMBIT_BASE_ARENA_H
#define AMBIT_BASE_ARENA_H

#include "attr.h"

struct arena_block;

struct arena {
	struct arena_block *first;
	size_t total;	/* bytes handed out */
	size_t maximum; /* 0 = ARENA_MAXIMUM */
};

#define ARENA_MAXIMUM ((size_t)256 << 20)

/* Zeroed memory, or NULL when memory or the maximum is exhausted. */
void *arena_alloc(struct arena *a, size_t size) MUST_CHECK;
/* As arena_alloc() for @count elements; NULL when the product overflows. */
void *arena_array(struct arena *a, size_t count, size_t size) MUST_CHECK;
/* A NUL-terminated copy. */
char *arena_copy(struct arena *a, const char *text, size_t length) MUST_CHECK;
char *arena_string(struct arena *a, const char *text) MUST_CHECK;
char *arena_format(struct arena *a, const char *format, ...) PRINTF(2, 3) MUST_CHECK;
void arena_done(struct arena *a);
#define AUTO_ARENA __attribute__((cleanup(arena_done)))

/*
 * Append room for one element to an array that lives in an arena: *array has *count elements
 * of @size bytes. Returns the new, zeroed element, or NULL. The count rises only on success.
 */
void *arena_grow(struct arena *a, void *pointer_to_array, size_t *count, size_t size) MUST_CHECK;

#endif
