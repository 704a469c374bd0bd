/* SPDX-License-Identifier: ISC */
#include "model.h"

#include <stdio.h>

#include "../base/attr.h"
#include "../base/str.h"
#include "check_class.h"

const struct grant *policy_next(const struct ambit_policy *p, enum right right, size_t *at)
{
	while (*at < p->count) {
		const struct grant *g = &p->grants[(*at)++];

		if (g->right == right)
			return g;
	}
	return NULL;
}

bool policy_may_fork(const struct ambit_policy *p)
{
	static const char *const calls[] = { "fork", "vfork", "clone", "clone3" };
	const struct grant *g;

	for (size_t at = 0; (g = policy_next(p, RIGHT_SYSCALL, &at)) != NULL;)
		for (size_t i = 0; i < ARRAY_COUNT(calls); i++)
			if (g->number == 0 && str_equal(g->name, calls[i]))
				return true;
	return policy_has(p, RIGHT_SPAWN);
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

static const char *const check_class_words[CHECK_CLASS_COUNT] = {
	[CHECK_DIRECT] = "direct",
	[CHECK_CALLBACK] = "callback",
	[CHECK_INDIRECT] = "indirect",
	[CHECK_LIBRARY] = "library",
};

const char *check_class_word(enum check_class c)
{
	return (unsigned)c < CHECK_CLASS_COUNT ? check_class_words[c] : "?";
}

unsigned policy_check_fails(const struct ambit_policy *p)
{
	const struct grant *g = p ? policy_first(p, RIGHT_CHECK_FAILS) : NULL;

	return g ? (unsigned)g->number : (1U << CHECK_LIBRARY) - 1;
}
