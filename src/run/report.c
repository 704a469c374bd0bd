/* SPDX-License-Identifier: ISC */
/* report.c - what a child reported, in words: the object, the errno's meaning, the cure */
#include <errno.h>
#include <string.h>

#include "../base/str.h"
#include "run.h"

/* The step's own words, where the report names one. */
static const struct step *step_of(const struct ambit_plan *plan, const struct kit_report *r)
{
	return r->step >= 1 && r->step <= plan->step_count ? &plan->steps[r->step - 1] : NULL;
}

static enum ambit_code explain_exec(const struct kit_report *r, const char *path,
				    struct ambit_error *err)
{
	enum ambit_code code = r->sys_errno == ENOENT ? AMBIT_E_NOT_FOUND : AMBIT_E_NOT_EXECUTABLE;

	(void)err_set(err, code, AMBIT_LAYER_EXEC, r->sys_errno, "cannot execute %s", path);
	return code;
}

/* ESRCH: who starts was there, or who it stands by, and somebody ended it. No file is missing. */
enum ambit_code run_code(int sys_errno)
{
	return sys_errno == ESRCH ? AMBIT_E_CHILD : err_code_of_errno(sys_errno);
}

enum ambit_code run_explain(const struct ambit_plan *plan, const struct kit_report *r,
			    struct ambit_error *err)
{
	const struct step *step = step_of(plan, r);
	enum ambit_layer layer =
		r->where == WHERE_EXEC ? AMBIT_LAYER_EXEC : (enum ambit_layer)r->layer;
	const char *hint = layer_hint(layer, r->op, r->sys_errno);
	char path[sizeof(r->path) * 4];
	enum ambit_code code = run_code(r->sys_errno);

	(void)str_escape(path, sizeof(path), r->path, strnlen(r->path, sizeof(r->path)));
	if (r->where == WHERE_EXEC)
		code = explain_exec(r, path, err);
	else if (r->verifying)
		(void)err_set(err, AMBIT_E_INTERNAL, layer, r->sys_errno,
			      "\"%s\" does not hold when checked from inside",
			      step ? step->what : path);
	else
		(void)err_set(err, code, layer, r->sys_errno, "cannot %s%s%s",
			      step ? step->what : "start the confined process", path[0] ? ": " : "",
			      path);
	if (err && !err->step)
		err->step = r->step;
	if (hint)
		(void)err_hint(err, "%s", hint);
	return err ? (enum ambit_code)err->code : code;
}
