/* SPDX-License-Identifier: ISC */
/*
 * weak.c - ambit with layers taken off, for negative controls only
 *
 *	weak run [-e DIRECTIVE | -p FILE]... -- COMMAND [ARG...]
 *
 * "need LAYER off" makes a gap, and ambit rightly refuses to run then. To see that an attempt
 * that a layer stops gets through without it, this launcher forgives the gaps of the plan and
 * runs it. It is linked with the insides of the library and is never installed.
 */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../../src/run/run.h"
#include "../../../src/sup/supervise.h"

enum { EXIT_REFUSED = 125 };

static int refuse(const struct ambit_error *err)
{
	fprintf(stderr, "weak: %s\n  hint: %s\n", err->text, err->hint);
	return EXIT_REFUSED;
}

static enum ambit_code add(struct ambit_policy *policy, const char *option, const char *value,
			   struct ambit_error *err)
{
	if (strcmp(option, "-e") == 0)
		return ambit_policy_parse(policy, value, strlen(value), "-e", err);
	if (strcmp(option, "-p") == 0)
		return ambit_policy_load(policy, value, err);
	return err_set(err, AMBIT_E_USAGE, AMBIT_LAYER_NONE, 0, "what is %s?", option);
}

/* A layer that is off leaves its share of the plan undone; here that is wanted. */
static void forgive(struct ambit_plan *plan)
{
	for (size_t i = 0; i < plan->note_count; i++) {
		if (plan->notes[i].kind == NOTE_GAP)
			plan->notes[i].kind = NOTE_REPORTED;
	}
}

static int run_weakly(const struct ambit_policy *policy, char *const argv[])
{
	struct ambit_options options = AMBIT_OPTIONS_INIT;
	struct ambit_error err = { 0 };
	struct outcome outcome = { 0 };
	struct spawned spawned;
	struct run run;

	options.environment = environ;
	enum ambit_code code = run_plan(&run, policy, argv, &options, RUN_SPAWN, &err);
	if (code == AMBIT_OK) {
		forgive(&run.plan);
		code = run_spawn(&run, &spawned, &err);
	}
	if (code == AMBIT_OK)
		code = supervise_wait(&spawned, -1, &outcome, &err);
	run_done(&run);
	if (code != AMBIT_OK)
		return refuse(&err);
	int status = outcome.wait_status;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int main(int argc, char **argv)
{
	struct ambit_policy *policy = ambit_policy_new();
	struct ambit_error err = { 0 };
	int at = 2;

	while (policy && at + 1 < argc && strcmp(argv[at], "--") != 0) {
		if (add(policy, argv[at], argv[at + 1], &err) != AMBIT_OK)
			return refuse(&err);
		at += 2;
	}
	if (!policy || at + 1 >= argc) {
		fprintf(stderr,
			"usage: weak run [-e DIRECTIVE | -p FILE]... -- COMMAND [ARG...]\n");
		return EXIT_REFUSED;
	}
	int status = run_weakly(policy, argv + at + 1);
	ambit_policy_free(policy);
	return status;
}
