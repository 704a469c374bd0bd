/* SPDX-License-Identifier: ISC */
/*
 * env.c - the environment: a short list, and what "env" names
 *
 * LD_PRELOAD and its many relatives turn a variable into code, so only names from a list pass.
 * All of it happens in the parent: the child finds a finished table in the kit.
 */
#include <string.h>

#include "../base/str.h"
#include "layer.h"

static const char *const default_names[] = { "PATH",	  "HOME",     "USER", "LOGNAME",
					     "SHELL",	  "LANG",     "TERM", "TZ",
					     "COLORTERM", "NO_COLOR", "LC_*" };

enum ambit_code env_plan(struct ambit_plan *plan, struct ambit_error *err)
{
	const struct step step = {
		.layer = AMBIT_LAYER_ENV,
		.place = PLACE_PARENT,
		.what = "pass only listed environment variables",
		.reason = "LD_PRELOAD and its relatives turn a variable into code",
	};

	if (plan->door == DOOR_ENTER)
		return AMBIT_OK;
	return plan_step(plan, &step) ? AMBIT_OK : err_memory(err, AMBIT_LAYER_ENV);
}

/* Asked for each variable and each name: most differ in the first byte. */
static bool name_matches(const char *pattern, const char *name, size_t length)
{
	size_t n;

	if (pattern[0] != name[0] && pattern[0] != '*')
		return false;
	n = strlen(pattern);
	if (n && pattern[n - 1] == '*')
		return length >= n - 1 && !memcmp(pattern, name, n - 1);
	return n == length && !memcmp(pattern, name, n);
}

static bool is_set_by_policy(const struct ambit_policy *policy, const char *name, size_t length)
{
	const struct grant *g;

	for (size_t at = 0; (g = policy_next(policy, RIGHT_ENV, &at)) != NULL;)
		if (g->value && name_matches(g->name, name, length))
			return true;
	return false;
}

static bool passes(const struct ambit_plan *plan, const char *name, size_t length)
{
	const struct grant *g;

	for (size_t at = 0; (g = policy_next(plan->policy, RIGHT_ENV, &at)) != NULL;)
		if (!g->value && name_matches(g->name, name, length))
			return true;
	for (size_t i = 0; !plan->compute && i < ARRAY_COUNT(default_names); i++)
		if (name_matches(default_names[i], name, length))
			return true;
	return false;
}

enum { ENV_MAX = 1024 };

enum ambit_code env_prepare(struct kit_builder *kit, const struct ambit_plan *plan,
			    const struct step *step, struct ambit_error *err)
{
	uint64_t table[ENV_MAX + 1];
	size_t count = 0;
	const struct grant *g;

	(void)step;
	for (char *const *e = kit->environment; e && *e && count < ENV_MAX; e++) {
		size_t length = strcspn(*e, "=");

		if ((*e)[length] && passes(plan, *e, length) &&
		    !is_set_by_policy(plan->policy, *e, length))
			table[count++] = kit_add_string(kit, *e);
	}
	for (size_t at = 0;
	     (g = policy_next(plan->policy, RIGHT_ENV, &at)) != NULL && count < ENV_MAX;)
		if (g->value) {
			table[count++] = kit_add_data(kit, g->name, strlen(g->name));
			kit->data.length = table[count - 1] + strlen(g->name);
			buf_add_char(&kit->data, '=');
			buf_add(&kit->data, g->value, strlen(g->value) + 1);
		}
	if (count == ENV_MAX)
		return err_set(err, AMBIT_E_RESOURCE, AMBIT_LAYER_ENV, 0,
			       "too many environment variables");
	table[count] = 0;
	kit->header.envp = kit_add_data(kit, table, (count + 1) * sizeof(*table));
	return AMBIT_OK;
}
