/* SPDX-License-Identifier: ISC */
#include "table.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

bool table_init(struct table *t)
{
	*t = (struct table){ 0 };
	t->entries = malloc(RULES_MAX * sizeof(*t->entries));
	t->slots = calloc(SLOTS, sizeof(*t->slots));
	t->keys = malloc(KEY_BYTES_MAX);
	if (t->entries && t->slots && t->keys &&
	    getrandom(t->seed, sizeof(t->seed), 0) == sizeof(t->seed))
		return true;
	table_done(t);
	return false;
}

void table_done(struct table *t)
{
	free(t->entries);
	free(t->slots);
	free(t->keys);
	*t = (struct table){ 0 };
}

/* With a secret: who writes the log is not to choose which rules share a slot. */
static uint32_t hash(const struct table *t, const uint8_t *key, size_t length)
{
	uint64_t h = t->seed[0] + length, word;

	for (; length >= sizeof(word); key += sizeof(word), length -= sizeof(word)) {
		memcpy(&word, key, sizeof(word));
		h = (h ^ word) * (t->seed[1] | 1);
		h ^= h >> 29;
	}
	word = 0;
	memcpy(&word, key, length);
	h = (h ^ word) * (t->seed[1] | 1);
	return (uint32_t)(h >> 32);
}

bool table_add(struct table *t, const struct entry *seen)
{
	uint32_t i = hash(t, seen->key, seen->length) % SLOTS;
	struct entry *e;

	for (; t->slots[i]; i = (i + 1) % SLOTS) {
		e = &t->entries[t->slots[i] - 1];
		if (e->length != seen->length || memcmp(e->key, seen->key, e->length) != 0)
			continue;
		if (__builtin_add_overflow(e->count, seen->count, &e->count))
			e->count = UINT64_MAX;
		e->mask |= seen->mask;
		e->owner = e->owner && seen->owner;
		return true;
	}
	if (t->count == RULES_MAX || seen->length > KEY_BYTES_MAX - t->key_bytes)
		return false;
	e = &t->entries[t->count++];
	*e = *seen;
	e->key = memcpy(t->keys + t->key_bytes, seen->key, seen->length);
	t->key_bytes += seen->length;
	t->slots[i] = (uint32_t)t->count;
	return true;
}

static int compare(const void *first, const void *second)
{
	const struct entry *a = first, *b = second;
	const int r = memcmp(a->key, b->key, a->length < b->length ? a->length : b->length);

	return r ? r : (a->length > b->length) - (a->length < b->length);
}

void table_sort(struct table *t)
{
	qsort(t->entries, t->count, sizeof(*t->entries), compare);
}
