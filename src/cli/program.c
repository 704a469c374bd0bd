/* SPDX-License-Identifier: ISC */
/*
 * program.c - what is looked at in a program before it runs: its policy, and its machine code
 *
 * Whoever looks keeps the file open; the run then refuses to execute any other.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../base/err.h"
#include "../base/fd.h"
#include "../base/str.h"
#include "checker.h"
#include "run.h"

enum { SHOW_SIZE = 200, LINE_SIZE = 400 };

/* The line of the answer that begins with @lead, without it; the first of them. */
static bool find_line(const char *answer, const char *lead, char *line, size_t size)
{
	for (const char *at = answer; at; at = strchr(at, '\n'), at += at != NULL) {
		if (!str_starts(at, lead))
			continue;
		(void)snprintf(line, size, "%.*s", (int)strcspn(at + strlen(lead), "\n"),
			       at + strlen(lead));
		return true;
	}
	return false;
}

static enum ambit_code refuse_beyond(struct cli *c, const char *shown, const char *answer)
{
	char line[LINE_SIZE] = "more than its policy";
	char allow[LINE_SIZE];

	(void)find_line(answer, "beyond: ", line, sizeof(line));
	(void)err_set(&c->err, AMBIT_E_DENIED, AMBIT_LAYER_NONE, 0,
		      "%s can reach beyond its policy: %s", shown, line);
	if (find_line(answer, "  allow: ", allow, sizeof(allow)))
		return err_hint(&c->err,
				"allow it: %s; 'ambit check' lists all, with what calls it", allow);
	return err_hint(&c->err, "'ambit check' lists all, with what calls it");
}

/* Nothing that is not known is silently fine. */
static enum ambit_code refuse_unknown(struct cli *c, const char *shown, const char *answer)
{
	char line[LINE_SIZE];

	if (!find_line(answer, "cannot tell: ", line, sizeof(line)) &&
	    !find_line(answer, "ambit check: ", line, sizeof(line)) &&
	    !find_line(answer, "", line, sizeof(line)))
		line[0] = '\0';
	(void)err_set(&c->err, AMBIT_E_DENIED, AMBIT_LAYER_NONE, 0,
		      "what %s can reach is not known: %s", shown,
		      line[0] ? line : "ambit-check gave no answer");
	return err_hint(&c->err, "what you know of it can be said in a file: --assume FILE; see "
				 "ambit-check(1)");
}

static size_t count_lines(const char *answer, const char *lead)
{
	size_t count = 0;

	for (const char *at = answer; at; at = strchr(at, '\n'), at += at != NULL)
		count += str_starts(at, lead);
	return count;
}

/* What was taken from --assume, and what of it was of no use. */
static void note_assumptions(struct cli *c, const char *shown, const char *answer)
{
	static const char lead[] = "without effect: ";
	const size_t assumed = count_lines(answer, "assumed: "), others = count_lines(answer, lead);
	char first[LINE_SIZE], line[LINE_SIZE + SHOW_SIZE + 100];

	if (assumed) {
		(void)snprintf(line, sizeof(line),
			       "%s is within its policy as far as %zu assumption%s of --assume "
			       "hold%s",
			       shown, assumed, assumed == 1 ? "" : "s", assumed == 1 ? "s" : "");
		note(c, line);
	}
	if (others && find_line(answer, lead, first, sizeof(first))) {
		(void)snprintf(line, sizeof(line), "%zu line%s of --assume had no effect: %s%s",
			       others, others == 1 ? "" : "s", first, others == 1 ? "" : ", ...");
		note(c, line);
	}
}

/* Modules of the name service are not read, whatever anybody says of them. */
static void note_lookups(struct cli *c, const char *shown, const char *answer)
{
	static const char lead[] = "assumed of the name service: ";
	const size_t count = count_lines(answer, lead);
	char first[LINE_SIZE], line[LINE_SIZE + SHOW_SIZE + 100];
	const char *call;

	if (!find_line(answer, lead, first, sizeof(first)))
		return;
	call = strstr(first, ": "); /* before it: what is assumed of them */
	(void)snprintf(line, sizeof(line),
		       "%s is within its policy as far as modules of the name service are, which "
		       "were not read: %s%s",
		       shown, call ? call + 2 : first, count == 1 ? "" : ", ...");
	note(c, line);
}

/* What the policy lets pass with a warning is said, too. */
static void note_warnings(struct cli *c, const char *shown, const char *answer)
{
	static const char lead[] = "warning: ";
	const size_t count = count_lines(answer, lead);
	char first[LINE_SIZE], line[LINE_SIZE + SHOW_SIZE + 100];

	if (!find_line(answer, lead, first, sizeof(first)))
		return;
	(void)snprintf(line, sizeof(line),
		       "%s may reach beyond its policy, %zu warning%s: %s%s; 'ambit check' tells "
		       "more",
		       shown, count, count == 1 ? "" : "s", first, count == 1 ? "" : ", ...");
	note(c, line);
}

/* Has it been written to since? */
static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_size == b->st_size && a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
	       a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static enum ambit_code check_code(struct cli *c, char *path, const char *shown)
{
	char assume[] = "--assume";
	char none[] = "--";
	char standard_input[] = "-";
	char *words[] = { NULL,
			  NULL,
			  standard_input,
			  path,
			  c->assume ? assume : none,
			  (char *)(uintptr_t)c->assume,
			  NULL };
	AUTO_BUF struct buf answer = { 0 };
	AUTO_BUF struct buf policy = { 0 };
	AUTO_FREE char *text = NULL;
	struct stat before, after;
	int status;

	if (ambit_policy_print(c->policy, &text, &c->err) != AMBIT_OK)
		return (enum ambit_code)c->err.code;
	buf_add_string(&policy, text);
	if (policy.failed || fstat(c->program_fd, &before) < 0)
		return err_memory(&c->err, AMBIT_LAYER_NONE);
	status = checker_ask(c, words, &policy, c->program_fd, &answer);
	if (status < 0)
		return (enum ambit_code)c->err.code;
	if (fstat(c->program_fd, &after) < 0 || !is_same(&before, &after)) {
		(void)err_set(&c->err, AMBIT_E_DENIED, AMBIT_LAYER_NONE, 0,
			      "%s was written to or replaced while it was looked at", shown);
		return err_hint(&c->err, "run it again");
	}
	if (status == 0) {
		note_warnings(c, shown, buf_text(&answer));
		note_assumptions(c, shown, buf_text(&answer));
		note_lookups(c, shown, buf_text(&answer));
		return AMBIT_OK;
	}
	return status == 1 ? refuse_beyond(c, shown, buf_text(&answer))
			   : refuse_unknown(c, shown, buf_text(&answer));
}

static enum ambit_code take_policy(struct cli *c, const char *path, const char *shown)
{
	bool found = false;
	char line[SHOW_SIZE + 100];
	enum ambit_code code =
		ambit_policy_embedded(c->policy, c->program_fd, path, &found, &c->err);

	if (code != AMBIT_OK || !found)
		return code;
	c->directives++;
	(void)snprintf(line, sizeof(line),
		       "the policy is the one that %s carries; 'ambit check --show' prints it",
		       shown);
	note(c, line);
	return AMBIT_OK;
}

/* The run says what is wrong with it; and who may execute a program need not be able to read it. */
static bool is_of_the_run(const struct ambit_error *err)
{
	return err->layer == AMBIT_LAYER_EXEC || err->sys_errno == EACCES;
}

enum ambit_code program_look(struct cli *c, struct ambit_options *options)
{
	const bool wants_policy = !c->directives && !c->host_file && !c->enter;
	AUTO_FREE char *path = NULL;
	char shown[SHOW_SIZE];
	enum ambit_code code;

	if (c->assume && !c->check) {
		(void)err_set(&c->err, AMBIT_E_USAGE, AMBIT_LAYER_NONE, 0,
			      "--assume is of no use without --check");
		return err_hint(&c->err, "write: ambit run --check --assume FILE ...");
	}
	if (!c->operands[0] || (!wants_policy && !c->check))
		return AMBIT_OK;
	code = ambit_program_open(c->operands[0], options->search_path, &c->program_fd, &path,
				  &c->err);
	if (code != AMBIT_OK && !c->check && is_of_the_run(&c->err)) {
		c->err = (struct ambit_error){ 0 };
		return AMBIT_OK;
	}
	if (code == AMBIT_OK)
		options->program_fd = c->program_fd;
	str_escape(shown, sizeof(shown), c->operands[0], strlen(c->operands[0]));
	if (code == AMBIT_OK && wants_policy)
		code = take_policy(c, path, shown);
	if (code == AMBIT_OK && c->check)
		code = check_code(c, path, shown);
	return code;
}
