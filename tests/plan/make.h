/* SPDX-License-Identifier: ISC */
/* make.h - a plan from text: a policy, a host, the real layers */
#ifndef AMBIT_TESTS_PLAN_MAKE_H
#define AMBIT_TESTS_PLAN_MAKE_H

#include <string.h>

#include "../../src/layer/layer.h"

struct made {
	struct host host;
	struct ambit_policy policy;
	struct ambit_plan plan;
};

static inline enum ambit_code make_host(struct made *m, const char *text, size_t length,
					struct ambit_error *err)
{
	return host_read(&m->host, text, length, "host", err);
}

/* Relative paths and ~ are those of the user of the test hosts. */
static inline enum ambit_code make_policy(struct made *m, const char *text, size_t length,
					  struct ambit_error *err)
{
	const struct text_origin from = { "policy", "/home/u", "/home/u", false };

	return policy_parse_text(&m->policy, text, length, &from, err);
}

/* m->plan.bare and .strict may be set before. */
static inline enum ambit_code make_plan(struct made *m, const char *program,
					struct ambit_error *err)
{
	struct plan_layer layers[32];

	for (size_t i = 0; i < layer_count; i++)
		layers[i] = (struct plan_layer){ layer_table[i].id, layer_table[i].plan };
	return plan_build(&m->plan, &m->policy, &m->host, program,
			  (struct plan_layers){ layers, layer_count }, err);
}

static inline void made_done(struct made *m)
{
	plan_done(&m->plan);
	policy_done(&m->policy);
	host_done(&m->host);
}

#endif
