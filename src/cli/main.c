/* SPDX-License-Identifier: ISC */
/* main.c - from the words of the command line to a subcommand */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "../base/err.h"
#include "../base/fd.h"
#include "../base/str.h"
#include "../base/sys.h"
#include "cli.h"

static int unknown_command(struct cli *c, const char *name)
{
	const struct command *command;
	const char *close = NULL;
	char show[80];
	size_t best = 3;

	for (size_t i = 0; (command = command_at(i)); i++) {
		size_t distance = str_distance(name, command->name, 2);

		if (distance < best) {
			best = distance;
			close = command->name;
		}
	}
	str_escape(show, sizeof(show), name, strlen(name));
	(void)err_set(&c->err, AMBIT_E_USAGE, AMBIT_LAYER_NONE, 0, "unknown %s '%s'",
		      name[0] == '-' ? "option" : "subcommand", show);
	if (close)
		(void)err_hint(&c->err, "did you mean 'ambit %s'?", close);
	else
		(void)err_hint(&c->err, "'ambit --help' lists them; to run a program: ambit run %s",
			       name[0] == '-' ? "..." : show);
	return fail(c);
}

/* The options before a subcommand are --help and --version only. */
static int without_command(struct cli *c, const char *word)
{
	AUTO_BUF struct buf out = { 0 };

	if (word && (str_equal(word, "--version") || str_equal(word, "-V"))) {
		buf_add_format(&out, "ambit %s\n", AMBIT_VERSION);
		return print_buf(c, &out, STATUS_OK);
	}
	if (word && !str_equal(word, "--help") && !str_equal(word, "-h"))
		return unknown_command(c, word);
	usage_main(&out);
	if (word)
		return print_buf(c, &out, STATUS_OK);
	/* A script whose variable was empty must not go on. */
	IGNORE_RESULT(fd_write_quiet(2, out.data, out.length));
	return STATUS_FAILED;
}

static bool keep_words(struct cli *c, int argc, char **argv)
{
	c->words = calloc((size_t)argc + 2, sizeof(*c->words));
	if (!c->words) {
		(void)err_memory(&c->err, AMBIT_LAYER_NONE);
		return false;
	}
	memcpy(c->words, argv, ((size_t)argc + 1) * sizeof(*c->words));
	return true;
}

static int with_command(struct cli *c, int argc, char **argv)
{
	AUTO_BUF struct buf out = { 0 };

	/* Reading the options changes their order; who is handed them gets them as they were. */
	if (c->command->run == cmd_check && !keep_words(c, argc, argv - 1))
		return fail(c);
	if (opt_settings(c, argc, argv) != AMBIT_OK)
		return fail(c);
	if (c->version)
		return without_command(c, "--version");
	if (c->help) {
		usage_command(c->command, &out);
		return print_buf(c, &out, STATUS_OK);
	}
	if (c->command->policy && opt_policy(c, argv) != AMBIT_OK)
		return fail(c);
	return c->command->run(c);
}

/* Open what was closed of 0-2, before any other descriptor can take its place. */
static bool open_standard(struct cli *c)
{
	int r = fd_open_standard(&c->closed);

	if (r == 0)
		return true;
	(void)err_set(&c->err, AMBIT_E_RESOURCE, AMBIT_LAYER_FDS, -r,
		      "cannot open /dev/null in place of a closed standard descriptor");
	IGNORE_RESULT(err_exhausted(&c->err));
	(void)err_hint(&c->err, "start it with descriptors 0 to 2 open");
	return false;
}

/* A parent that ignores it hands that on, and then nobody is told how a child ends. */
static bool hear_of_children(struct cli *c)
{
	int r = sys_sigdefault(SIGCHLD);

	if (r >= 0)
		return true;
	(void)err_set(&c->err, err_code_of_errno(-r), AMBIT_LAYER_RUN, -r,
		      "cannot wait for children: SIGCHLD stays as it is");
	(void)err_hint(&c->err, "whoever started ambit has a filter that refuses rt_sigaction: "
				"allow it there");
	return false;
}

int main(int argc, char **argv)
{
	struct cli c = { .status_fd = -1, .program_fd = -1 };
	int status;

	if (!open_standard(&c) || !hear_of_children(&c))
		return fail(&c);
	c.command = argc > 1 ? command_by_name(argv[1]) : NULL;
	status = c.command ? with_command(&c, argc - 2, argv + 2)
			   : without_command(&c, argc > 1 ? argv[1] : NULL);
	ambit_policy_free(c.policy);
	free(c.shown);
	free(c.words);
	return status;
}
