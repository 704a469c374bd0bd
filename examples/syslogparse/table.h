/* SPDX-License-Identifier: ISC */
/* table.h - how often each rule was seen; of a size that no log can make greater */
#ifndef TABLE_H
#define TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RULES_MAX = 1 << 16, SLOTS = RULES_MAX * 2, KEY_BYTES_MAX = 1 << 25 };

struct entry {
	const uint8_t *key; /* of rule_pack() */
	uint32_t length;
	uint32_t mask;
	uint64_t count;
	bool owner;
};

struct table {
	struct entry *entries;
	size_t count;
	uint32_t *slots; /* the number of an entry, from 1; 0 for none */
	uint8_t *keys;
	size_t key_bytes;
	uint64_t seed[2];
};

bool table_init(struct table *t);
void table_done(struct table *t);
/* Count @seen: a new entry, or the one that has its key. False: there is no room for it. */
bool table_add(struct table *t, const struct entry *seen);
/* By their keys; nothing can be added any more. */
void table_sort(struct table *t);

#endif
