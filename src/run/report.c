/* SPDX-License-Identifier: ISC */
/* report.c - what a child reported, in words: the object, the errno's meaning, the cure */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../base/str.h"
#include "../plan/paths.h"
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

/* The interpreter that the program names and that is not there; NULL. */
static const char *missing_interpreter(const struct ambit_plan *plan)
{
	const struct host_path *p = plan->program;

	for (int depth = 0; p && p->interpreter && depth < 6; depth++) {
		const struct host_path *next = host_path(plan->host, p->interpreter);

		if (!next || next->kind == KIND_MISSING)
			return p->interpreter;
		p = next;
	}
	return NULL;
}

/* A file that is not there: what the plan knows of it is nearer than what is usual. */
static const char *missing_hint(const struct ambit_plan *plan, char *text, size_t size)
{
	const struct grant *hidden = plan_hides_program(plan);
	const char *interpreter = missing_interpreter(plan);
	char shown[256];

	if (hidden)
		(void)snprintf(
			text, size,
			"'hide %s' hides the program, its interpreter or its "
			"loader: leave that line out",
			str_escape(shown, sizeof(shown), hidden->path, strlen(hidden->path)));
	else if (interpreter)
		(void)snprintf(text, size, "its interpreter does not exist: %s",
			       str_escape(shown, sizeof(shown), interpreter, strlen(interpreter)));
	return hidden || interpreter ? text : NULL;
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
	char path[sizeof(r->path) * 4], text[400];
	const char *hint = layer == AMBIT_LAYER_EXEC && r->sys_errno == ENOENT
				   ? missing_hint(plan, text, sizeof(text))
				   : NULL;
	enum ambit_code code = run_code(r->sys_errno);

	if (!hint)
		hint = layer_hint(layer, r->op, r->sys_errno);
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
