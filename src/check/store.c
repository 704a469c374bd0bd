/* SPDX-License-Identifier: ISC */
#include "store.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

enum { LARGE = 128 << 10 };
enum { MAP_FIRST = 64, ARRAY_FIRST = 8 };

void store_begin(void)
{
#ifdef M_MMAP_THRESHOLD
	/* Left alone, glibc raises it with each that is freed. */
	// NOLINTNEXTLINE(concurrency-mt-unsafe): there are no threads
	(void)mallopt(M_MMAP_THRESHOLD, LARGE);
#endif
}

void *store_alloc(size_t count, size_t size)
{
	void *p =
		count <= STORE_MAXIMUM / (size ? size : 1) ? calloc(count ? count : 1, size) : NULL;

	if (!p)
		store_exhausted();
	return p;
}

void store_room(void *pointer_to_array, uint32_t *room, size_t size)
{
	size_t more;
	char *array;

	memcpy(&array, pointer_to_array, sizeof(array));
	more = *room ? (size_t)*room * 2 : ARRAY_FIRST;
	if (more > STORE_MAXIMUM / size)
		store_exhausted();
	array = realloc(array, more * size);
	if (!array)
		store_exhausted();
	memcpy(pointer_to_array, &array, sizeof(array));
	*room = (uint32_t)more;
}

void store_fit(void *pointer_to_array, uint32_t *room, size_t count, size_t size)
{
	char *array, *less;

	memcpy(&array, pointer_to_array, sizeof(array));
	less = count && count < *room ? realloc(array, count * size) : NULL;
	if (!less)
		return; /* as it was */
	memcpy(pointer_to_array, &less, sizeof(less));
	*room = (uint32_t)count;
}

void store_sort(void *array, size_t count, size_t size, int (*order)(const void *, const void *))
{
	if (count)
		qsort(array, count, size, order);
}

/* The place of @key, or the free one where it would stand. */
static size_t place_of(const struct map *m, uint64_t key)
{
	uint64_t hash = key * UINT64_C(0x9e3779b97f4a7c15);
	size_t i = (size_t)(hash >> 32) & (m->size - 1);

	while (m->keys[i] && m->keys[i] != key + 1)
		i = (i + 1) & (m->size - 1);
	return i;
}

bool map_get(const struct map *m, uint64_t key, uint32_t *ret_value)
{
	size_t i;

	if (!m->count)
		return false;
	i = place_of(m, key);
	if (!m->keys[i])
		return false;
	*ret_value = m->values ? m->values[i] : 0;
	return true;
}

static void enlarge(struct map *m)
{
	struct map old = *m;

	m->size = old.size ? old.size * 2 : MAP_FIRST;
	m->keys = store_alloc(m->size, sizeof(*m->keys));
	m->values = old.values ? store_alloc(m->size, sizeof(*m->values)) : NULL;
	for (size_t i = 0; i < old.size; i++) {
		size_t to;

		if (!old.keys[i])
			continue;
		to = place_of(m, old.keys[i] - 1);
		m->keys[to] = old.keys[i];
		if (m->values)
			m->values[to] = old.values[i];
	}
	free(old.keys);
	free(old.values);
}

bool map_put(struct map *m, uint64_t key, uint32_t value)
{
	size_t i;

	if (m->count * 4 >= m->size * 3)
		enlarge(m);
	i = place_of(m, key);
	if (m->keys[i])
		return false;
	m->keys[i] = key + 1;
	if (value && !m->values)
		m->values = store_alloc(m->size, sizeof(*m->values));
	if (m->values)
		m->values[i] = value;
	m->count++;
	return true;
}

void map_clear(struct map *m)
{
	/* One that was large once is not to be wiped each time. */
	if (m->size > MAP_FIRST * 16 && m->count * 8 < m->size)
		map_done(m);
	if (m->count)
		memset(m->keys, 0, m->size * sizeof(*m->keys));
	m->count = 0;
}

void map_done(struct map *m)
{
	free(m->keys);
	free(m->values);
	*m = (struct map){ 0 };
}
