/* SPDX-License-Identifier: ISC */
/* layers.c - the table of layers: their planning and preparing halves */
#include "layer.h"

const struct layer layer_table[] = { { AMBIT_LAYER_ENV, env_plan, env_prepare },
#define LAYER_ROW(id, prefix) { AMBIT_LAYER_##id, prefix##_plan, prefix##_prepare },
				     LAYER_LIST(LAYER_ROW)
#undef LAYER_ROW
};
const size_t layer_count = ARRAY_COUNT(layer_table);

const struct layer *layer_by_id(enum ambit_layer id)
{
	for (size_t i = 0; i < layer_count; i++)
		if (layer_table[i].id == id)
			return &layer_table[i];
	return NULL;
}
