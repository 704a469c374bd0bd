/* SPDX-License-Identifier: ISC */
/* main.c - the table of subcommands */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "../base/err.h"
#include "../base/fd.h"
#include "../base/str.h"
#include "cli.h"

/* clang-format off: tables */
#define MEMBER(name) offsetof(struct cli, name)

#define POLICY_ROWS                                                                                \
	{ "policy", 'p', "FILE", opt_policy_file, 0, NULL, true, "take the policy in FILE" },      \
	{                                                                                          \
		"directive", 'e', "'LINE'", opt_directive, 0, NULL, true,                          \
			"take one line of policy"                                                  \
	}
#define COLOR_ROW                                                                                  \
	{                                                                                          \
		"color", 0, "WHEN", opt_word, MEMBER(color), color_words, false,                   \
			"auto, always or never"                                                    \
	}
#define JSON_ROW                                                                                   \
	{                                                                                          \
		"json", 0, NULL, opt_flag, MEMBER(json), NULL, false, "for programs"               \
	}
#define BARE_ROWS                                                                                  \
	{ "bare",	0,    NULL,  opt_flag,                                                     \
	  MEMBER(bare), NULL, false, "grant not even what every program needs to start" },         \
		{ "strict",	  0,	NULL,  opt_flag,                                           \
		  MEMBER(strict), NULL, false, "refuse what would be skipped or weaker here" },    \
	{                                                                                          \
		"directory", 'C', "DIR", opt_string, MEMBER(directory), NULL, false, "work in DIR" \
	}

static const struct option_row no_options[] = { { 0 } };
static const struct option_row run_options[] = {
	POLICY_ROWS,
	BARE_ROWS,
	{ "verbose", 'v', NULL, opt_flag, MEMBER(verbose), NULL, false, "print the plan first" },
	{ "quiet", 'q', NULL, opt_flag, MEMBER(quiet), NULL, false, "no notes; errors only" },
	{ "status-fd", 0, "N", opt_descriptor, MEMBER(status_fd), NULL, false,
	  "write how it ended to descriptor N, as JSON" },
	COLOR_ROW,
	{ 0 },
};
static const struct option_row plan_options[] = {
	POLICY_ROWS,
	BARE_ROWS,
	{ "host", 0, "FILE", opt_string, MEMBER(host_file), NULL, false,
	  "plan for the host that FILE describes" },
	JSON_ROW,
	COLOR_ROW,
	{ 0 },
};
static const struct option_row doctor_options[] = { JSON_ROW, COLOR_ROW, { 0 } };
static const struct option_row fmt_options[] = {
	{ "write", 'w', NULL, opt_flag, MEMBER(write), NULL, false, "rewrite the files" },
	{ "check", 'c', NULL, opt_flag, MEMBER(check), NULL, false,
	  "print nothing; status 1 when a file would change" },
	{ 0 },
};
static const struct option_row help_options[] = {
	{ "completion", 0, "SHELL", opt_string, MEMBER(shell), shell_words, false,
	  "print completions for bash, zsh or fish" },
	{ 0 },
};

static const struct command commands[] = {
	{ "run",
	  "[POLICY...] [--] COMMAND [ARG...]",
	  "confine a program and run it",
	  cmd_run,
	  run_options,
	  true,
	  { "ambit run --read . --limit 'memory 256M' -- wc -l notes.txt",
	    "ambit run -p thumbs.ambit convert in.png out.png",
	    "ambit run -e 'use python' -e 'connect tcp 192.0.2.7 443' python3 fetch.py" },
	  "Status: the program's; 128+n for signal n; 125 refused or failed;\n"
	  "        126 found but not executable; 127 not found\n" },
	{ "plan",
	  "[POLICY...] [--json] [-- COMMAND]",
	  "print what would be enforced, and how",
	  cmd_plan,
	  plan_options,
	  true,
	  { "ambit plan -p thumbs.ambit -- convert", "ambit plan --read /etc --json | jq .notes",
	    "ambit plan --host server.host -p web.ambit" },
	  "Nothing is executed. Status: 0 when it can be run, 1 when there are gaps.\n" },
	{ "doctor",
	  "[--json]",
	  "what this kernel and this caller offer",
	  cmd_doctor,
	  doctor_options,
	  false,
	  { "ambit doctor", "ambit doctor --color always | less -R",
	    "ambit doctor --json | jq '.facts[] | select(.ok | not)'" },
	  NULL },
	{ "diff",
	  "A B",
	  "what policy A grants that B does not",
	  cmd_diff,
	  no_options,
	  false,
	  { "ambit diff new.ambit old.ambit",
	    "ambit diff thumbs.ambit ceiling.ambit && echo within",
	    "git show HEAD:web.ambit | ambit diff web.ambit /dev/stdin" },
	  "Status: 0 when A is within B, else 1.\n" },
	{ "fmt",
	  "FILE...",
	  "print policies in canonical form",
	  cmd_fmt,
	  fmt_options,
	  false,
	  { "ambit fmt thumbs.ambit", "ambit fmt --write *.ambit",
	    "ambit fmt --check *.ambit || echo untidy" },
	  "FILE - is standard input.\n" },
	{ "help",
	  "[KEYWORD|BUNDLE|COMMAND]",
	  "what a keyword or a bundle means",
	  cmd_help,
	  help_options,
	  false,
	  { "ambit help", "ambit help connect", "ambit help --completion bash" },
	  NULL },
};
/* clang-format on */

const struct command *command_at(size_t index)
{
	return index < ARRAY_COUNT(commands) ? &commands[index] : NULL;
}

const struct command *command_by_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_COUNT(commands); i++)
		if (str_equal(commands[i].name, name))
			return &commands[i];
	return NULL;
}

static int unknown_command(struct cli *c, const char *name)
{
	const char *close = NULL;
	char show[80];
	size_t best = 3;

	for (size_t i = 0; i < ARRAY_COUNT(commands); i++) {
		size_t distance = str_distance(name, commands[i].name, 2);

		if (distance < best) {
			best = distance;
			close = commands[i].name;
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
	IGNORE_RESULT(fd_write_all(2, out.data, out.length));
	return STATUS_FAILED;
}

static int with_command(struct cli *c, int argc, char **argv)
{
	AUTO_BUF struct buf out = { 0 };

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
	int r;

	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			c->closed |= 1U << fd;
	r = c->closed ? fd_open_standard() : 0;
	if (r < 0)
		(void)err_set(&c->err, AMBIT_E_RESOURCE, AMBIT_LAYER_FDS, -r,
			      "cannot open /dev/null in place of a closed standard descriptor");
	return r == 0;
}

int main(int argc, char **argv)
{
	struct cli c = { .status_fd = -1 };
	int status;

	if (!open_standard(&c))
		return fail(&c);
	c.command = argc > 1 ? command_by_name(argv[1]) : NULL;
	status = c.command ? with_command(&c, argc - 2, argv + 2)
			   : without_command(&c, argc > 1 ? argv[1] : NULL);
	ambit_policy_free(c.policy);
	return status;
}
