/* SPDX-License-Identifier: ISC */
/* error.c - names of codes and layers */
#include "api.h"

const char *ambit_code_name(enum ambit_code code)
{
	switch (code) {
#define CODE_CASE(name, number, text)                                                              \
	case AMBIT_##name:                                                                         \
		return #name;
		AMBIT_CODES(CODE_CASE)
#undef CODE_CASE
	}
	return "?";
}

const char *ambit_layer_name(enum ambit_layer layer)
{
	switch (layer) {
#define LAYER_CASE(name, number, word, text)                                                       \
	case AMBIT_LAYER_##name:                                                                   \
		return word;
		AMBIT_LAYERS(LAYER_CASE)
#undef LAYER_CASE
	}
	return "?";
}
