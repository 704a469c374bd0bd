/* SPDX-License-Identifier: ISC */
/* follow.c - a policy whose paths are followed: a grant reaches what its path leads to */
#include <limits.h>
#include <string.h>

#include "../base/str.h"
#include "policy.h"

const char *follow_path(struct arena *arena, policy_follower *follow, const char *path)
{
	char real[PATH_MAX];

	if (!follow(path, real) || str_equal(path, real))
		return path;
	return arena_string(arena, real);
}

bool policy_follow(const struct ambit_policy *p, policy_follower *follow, struct ambit_policy *ret)
{
	ret->grants = arena_array(&ret->arena, p->count + 1, sizeof(*ret->grants));
	if (!ret->grants)
		return false;
	for (size_t i = 0; i < p->count; i++) {
		struct grant *g = &ret->grants[i];

		*g = p->grants[i];
		if (g->path)
			g->path = follow_path(&ret->arena, follow, g->path);
		if (p->grants[i].path && !g->path)
			return false;
	}
	ret->count = p->count;
	return true;
}
