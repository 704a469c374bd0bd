/* SPDX-License-Identifier: ISC */
/*
 * commits.c - the table of committing and verifying halves
 *
 * Apart from layers.c so that the stage image links no planning half: what a section does not
 * reach is not kept.
 */
#include "commits.h"

const struct layer_commit commit_table[] = {
#define COMMIT_ROW(id, prefix) { AMBIT_LAYER_##id, prefix##_commit, prefix##_verify },
	LAYER_LIST(COMMIT_ROW)
#undef COMMIT_ROW
};

const struct layer_commit *commit_by_id(int id)
{
	for (size_t i = 0; i < ARRAY_COUNT(commit_table); i++)
		if ((int)commit_table[i].id == id)
			return &commit_table[i];
	return NULL;
}
