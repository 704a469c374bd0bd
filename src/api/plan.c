/* SPDX-License-Identifier: ISC */
/* plan.c - exported functions on plans */
#include <stdlib.h>

#include "../base/buf.h"
#include "../run/run.h"
#include "api.h"
#include "handle.h"

enum ambit_code ambit_plan_build(const struct ambit_policy *policy, char *const argv[],
				 const struct ambit_options *options, struct ambit_plan **ret_plan,
				 struct ambit_error *err)
{
	struct ambit_plan_handle *handle;
	enum ambit_code code;
	bool enters;

	ERR_BEGIN(err);
	if (!policy || !ret_plan)
		return err_set(err, AMBIT_E_USAGE, AMBIT_LAYER_PLAN, 0,
			       "a policy and a result are needed");
	enters = options && options->size > offsetof(struct ambit_options, enters) &&
		 options->enters;
	if (enters && argv && argv[0])
		return err_set(err, AMBIT_E_USAGE, AMBIT_LAYER_PLAN, 0,
			       "a process that enters a policy starts no program by it");
	handle = calloc(1, sizeof(*handle));
	if (!handle)
		return err_memory(err, AMBIT_LAYER_PLAN);
	code = enters ? run_plan_enter(&handle->run, policy, options, RUN_SPAWN, err)
		      : run_plan(&handle->run, policy, argv, options, RUN_TELL, err);
	if (code != AMBIT_OK) {
		run_done(&handle->run);
		free(handle);
		return err_exhausted(err);
	}
	*ret_plan = (struct ambit_plan *)(void *)handle;
	return AMBIT_OK;
}

void ambit_plan_free(struct ambit_plan *plan)
{
	if (!plan)
		return;
	run_done(run_of(plan));
	free(plan);
}

size_t ambit_plan_gaps(const struct ambit_plan *plan)
{
	return plan ? plan_gap_count(&run_of(plan)->plan) : 0;
}

enum ambit_code ambit_plan_print(const struct ambit_plan *plan, bool json, bool color,
				 char **ret_text, struct ambit_error *err)
{
	AUTO_BUF struct buf out = { 0 };
	char *text;

	ERR_BEGIN(err);
	if (!plan || !ret_text)
		return err_set(err, AMBIT_E_USAGE, AMBIT_LAYER_PLAN, 0,
			       "a plan and a result are needed");
	if (json)
		plan_print_json(&run_of(plan)->plan, &out);
	else
		plan_print_text(&run_of(plan)->plan, color, &out);
	text = buf_take(&out);
	if (!text)
		return err_memory(err, AMBIT_LAYER_PLAN);
	*ret_text = text;
	return AMBIT_OK;
}
