/* SPDX-License-Identifier: ISC */
#include "model.h"

#include <stdio.h>

const struct grant *policy_next(const struct ambit_policy *p, enum right right, size_t *at)
{
	while (*at < p->count) {
		const struct grant *g = &p->grants[(*at)++];

		if (g->right == right)
			return g;
	}
	return NULL;
}

const struct grant *policy_next_writer(const struct ambit_policy *p, size_t *at)
{
	while (*at < p->count) {
		const struct grant *g = &p->grants[(*at)++];

		if (g->right == RIGHT_WRITE || g->right == RIGHT_MODIFY || g->right == RIGHT_CREATE)
			return g;
	}
	return NULL;
}

const struct grant *policy_first(const struct ambit_policy *p, enum right right)
{
	size_t at = 0;

	return policy_next(p, right, &at);
}

const char *origin_text(const struct origin *o, char *text, size_t size)
{
	if (!o->line)
		(void)snprintf(text, size, "%s", o->file ? o->file : "?");
	else
		(void)snprintf(text, size, "%s:%u:%u", o->file, o->line, o->column);
	return text;
}

void policy_done(struct ambit_policy *p)
{
	arena_done(&p->arena);
	p->grants = NULL;
	p->count = 0;
}

static const char *const layer_words[] = {
#define LAYER_WORD(name, number, word, text) [number] = (word),
	AMBIT_LAYERS(LAYER_WORD)
#undef LAYER_WORD
};

const char *layer_word(enum ambit_layer layer)
{
	return (unsigned)layer < ARRAY_COUNT(layer_words) ? layer_words[layer] : "?";
}
