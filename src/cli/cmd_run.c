/* SPDX-License-Identifier: ISC */
/* cmd_run.c - ambit run: confine a program and run it */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/err.h"
#include "../base/fd.h"
#include "../base/str.h"
#include "run.h"

static void on_notice(void *argument, const char *line)
{
	const struct cli *c = argument;

	/* The plan that --verbose showed has it already; what only the run found out is told. */
	if (!c->shown || !strstr(c->shown, line))
		note(argument, line);
}

/* While the program runs nothing needs the policy: less of ours stays in memory. */
static void on_started(void *argument)
{
	struct cli *c = argument;

	ambit_policy_free(c->policy);
	c->policy = NULL;
}

struct ambit_options run_options(struct cli *c)
{
	struct ambit_options options = AMBIT_OPTIONS_INIT;

	options.directory = c->directory;
	options.host_file = c->host_file;
	options.status_fd = c->status_fd;
	options.bare = c->bare;
	options.strict = c->strict;
	options.enters = c->enter;
	options.notice = c->quiet ? NULL : on_notice;
	options.notice_argument = c;
	options.environment = environ;
	options.search_path = secure_getenv("PATH");
	options.started = on_started;
	options.started_argument = c;
	return options;
}

/* The plan, told before the program starts; the run makes its own. */
static enum ambit_code tell_plan(struct cli *c, const struct ambit_options *options)
{
	struct ambit_plan *plan;
	enum ambit_code code = ambit_plan_build(c->policy, c->operands, options, &plan, &c->err);

	if (code != AMBIT_OK)
		return code;
	code = ambit_plan_print(plan, false, wants_color(c, 2), &c->shown, &c->err);
	if (code == AMBIT_OK) /* nobody listens: the run goes on */
		IGNORE_RESULT(fd_write_quiet(2, c->shown, strlen(c->shown)));
	ambit_plan_free(plan);
	return code;
}

/* Only what concerns the program itself: a policy or a directory that is not there is 125. */
static int status_of(const struct ambit_error *err)
{
	if (err->code == AMBIT_E_NOT_FOUND && err->layer == AMBIT_LAYER_EXEC)
		return STATUS_NOT_FOUND;
	return err->code == AMBIT_E_NOT_EXECUTABLE ? STATUS_NOT_EXECUTABLE : STATUS_FAILED;
}

static int run(struct cli *c, const struct ambit_options *options)
{
	struct ambit_status status = { .size = sizeof(status) };

	if (ambit_run(c->policy, c->operands, options, &status, &c->err) != AMBIT_OK) {
		(void)fail_run(c);
		return status_of(&c->err);
	}
	if (status.timed_out)
		note(c, "limit wall-time ended the program");
	return status.signal ? STATUS_SIGNAL + status.signal : status.exit_code;
}

int cmd_run(struct cli *c)
{
	struct ambit_options options = run_options(c);

	if (!c->operands[0]) {
		(void)err_set(&c->err, AMBIT_E_USAGE, AMBIT_LAYER_NONE, 0, "no command to run");
		(void)err_hint(&c->err, "write: ambit run %s", c->command->synopsis);
		return fail(c);
	}
	if (program_look(c, &options) != AMBIT_OK) {
		const int status = status_of(&c->err);

		(void)fail(c);
		return status;
	}
	if (!c->directives && !c->quiet)
		note(c, "no policy: the program may start and nothing else; see 'ambit help'");
	if (c->verbose && tell_plan(c, &options) != AMBIT_OK) {
		int status = status_of(&c->err);

		(void)fail(c);
		return status;
	}
	return run(c, &options);
}
