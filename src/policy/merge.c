/* SPDX-License-Identifier: ISC */
/* merge.c - the union of two policies */
#include <string.h>

#include "../base/str.h"
#include "parse.h"

struct copier {
	struct arena *arena;
	const char *file, *file_copy; /* a file names many grants: its name is copied once */
	bool failed;
};

static const char *copy_string(struct copier *c, const char *text)
{
	const char *copy = text ? arena_string(c->arena, text) : NULL;

	c->failed |= text && !copy;
	return copy;
}

static const char *copy_file(struct copier *c, const char *file)
{
	if (file != c->file) {
		c->file = file;
		c->file_copy = copy_string(c, file);
	}
	return c->file_copy;
}

static void copy_grant(struct copier *c, const struct grant *from, struct grant *to)
{
	size_t size = from->cond_count * sizeof(*from->conds);

	*to = *from;
	to->origin.file = copy_file(c, from->origin.file);
	to->path = copy_string(c, from->path);
	to->name = copy_string(c, from->name);
	to->value = copy_string(c, from->value);
	to->net.name = copy_string(c, from->net.name);
	if (from->cond_count) {
		struct syscall_cond *conds = arena_alloc(c->arena, size);

		c->failed |= !conds;
		if (conds)
			memcpy(conds, from->conds, size);
		to->conds = conds;
	}
}

static bool uses(const struct ambit_policy *p, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (p->grants[i].right == RIGHT_USE && str_equal(p->grants[i].name, name))
			return true;
	return false;
}

static enum ambit_code copy_grants(struct ambit_policy *p, const struct ambit_policy *other,
				   size_t start, struct ambit_error *err)
{
	struct copier c = { .arena = &p->arena };
	size_t count = other->count; /* @other may be @p itself */

	for (size_t i = 0; i < count; i++) {
		struct grant copy, *to;

		/* What a bundle brought is here already when the bundle is. */
		if (other->grants[i].bundle && uses(p, start, other->grants[i].bundle))
			continue;
		if (p->count >= POLICY_GRANTS_MAX) {
			(void)err_set(err, AMBIT_E_RESOURCE, AMBIT_LAYER_POLICY, 0,
				      "more than %d grants in one policy", POLICY_GRANTS_MAX);
			return err_hint(err, "grant directories instead of the files in them");
		}
		copy_grant(&c, &other->grants[i], &copy);
		to = arena_grow(&p->arena, &p->grants, &p->count, sizeof(*to));
		if (!to || c.failed)
			return err_memory(err, AMBIT_LAYER_POLICY);
		*to = copy;
	}
	return AMBIT_OK;
}

enum ambit_code policy_merge(struct ambit_policy *p, const struct ambit_policy *other,
			     struct ambit_error *err)
{
	struct ambit_error own = { 0 };
	size_t start = p->count;
	enum ambit_code code;

	err = err ? err : &own;
	code = copy_grants(p, other, start, err);
	if (code == AMBIT_OK)
		code = policy_conflicts(p, err);
	if (code != AMBIT_OK)
		p->count = start;
	return code;
}
