/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "../base/str.h"
#include "bundle.h"
#include "policy.h"

static const char *closer(const char *word, const char *name, size_t *best)
{
	size_t distance = str_distance(word, name, *best);

	if (distance >= *best)
		return NULL;
	*best = distance;
	return name;
}

const char *policy_suggest(const char *word)
{
	/* Two edits; in short words one, or anything would be close to everything. */
	size_t best = strlen(word) > 4 ? 3 : 2;
	const struct bundle *b;
	const char *found = NULL, *name;

	for (int i = 0; i < RIGHT_COUNT; i++) {
		const struct right_row *row = right_row((enum right)i);

		name = row->flags & ROW_HIDDEN ? NULL : closer(word, row->keyword, &best);
		found = name ? name : found;
	}
	for (size_t i = 0; (b = bundle_at(i)); i++) {
		name = closer(word, b->name, &best);
		found = name ? name : found;
	}
	return found;
}
