/* SPDX-License-Identifier: ISC */
/*
 * store.h - arrays that grow and a map of addresses
 *
 * This program is its own executable and reads files that may be hostile: what asks for more memory
 * than STORE_MAXIMUM in all ends it with "cannot tell" (store_exhausted() in main.c), in one place.
 */
#ifndef AMBIT_CHECK_STORE_H
#define AMBIT_CHECK_STORE_H

#include <string.h>

#include "../base/attr.h"

#define STORE_MAXIMUM ((size_t)1 << 30)

_Noreturn void store_exhausted(void);

/* Large arrays go back to the kernel when they are freed, and grow without being copied. */
void store_begin(void);

/* Never NULL; zeroed. */
void *store_alloc(size_t count, size_t size);
/* Room for more elements in *array, of @size bytes each, that is full. */
void store_room(void *pointer_to_array, uint32_t *room, size_t size);
/* Room for no more than the @count there are. */
void store_fit(void *pointer_to_array, uint32_t *room, size_t count, size_t size);

/* qsort(), which must not be given the array that nothing is in. */
void store_sort(void *array, size_t count, size_t size, int (*order)(const void *, const void *));

#define VEC(type)                                                                                  \
	struct {                                                                                   \
		type *at;                                                                          \
		uint32_t count, room;                                                              \
	}
/* A new, zeroed element at the end. */
#define vec_add(v)                                                                                 \
	((v)->count < (v)->room ? (void)0 : store_room(&(v)->at, &(v)->room, sizeof(*(v)->at)),    \
	 (void)memset(&(v)->at[(v)->count], 0, sizeof(*(v)->at)), &(v)->at[(v)->count++])

/* Nothing is added any more. */
#define vec_fit(v) store_fit(&(v)->at, &(v)->room, (v)->count, sizeof(*(v)->at))

/* From a key to a number. Nothing is ever taken out, but map_clear() empties it. */
struct map {
	uint64_t *keys;	  /* plus one: 0 is a free place */
	uint32_t *values; /* NULL: all are 0 */
	size_t count, size;
};

bool map_get(const struct map *m, uint64_t key, uint32_t *ret_value);
static inline bool map_has(const struct map *m, uint64_t key)
{
	uint32_t value;

	return map_get(m, key, &value);
}
/* False, and nothing is changed, when @key is there already. */
bool map_put(struct map *m, uint64_t key, uint32_t value);
void map_clear(struct map *m);
void map_done(struct map *m);

#endif
