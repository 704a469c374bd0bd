/* SPDX-License-Identifier: ISC */
/* usage.c - --help of the whole and of each subcommand: at most 80 columns and 24 lines */
#include <string.h>

#include "cli.h"

enum { HELP_COLUMN = 27 };

static void pad(struct buf *out, size_t start)
{
	do
		buf_add_char(out, ' ');
	while (out->length - start < HELP_COLUMN);
}

static void add_rows(struct buf *out, const struct option_row *row)
{
	for (; row->name; row++) {
		size_t start = out->length;

		if (row->letter)
			buf_add_format(out, "  -%c, ", row->letter);
		else
			buf_add_string(out, "      ");
		buf_add_format(out, "--%s%s%s", row->name, row->argument ? " " : "",
			       row->argument ? row->argument : "");
		pad(out, start);
		buf_add_format(out, "%s\n", row->help);
	}
}

static void add_keywords(struct buf *out)
{
	size_t start = out->length;

	buf_add_string(out, "      --KEYWORD ARGUMENT");
	pad(out, start);
	buf_add_string(out, "a line of policy, as --read PATH; see ambit help\n");
}

void usage_command(const struct command *command, struct buf *out)
{
	buf_add_format(out, "ambit %s %s\n%s\n\n", command->name, command->synopsis, command->help);
	if (command->policy)
		add_keywords(out);
	add_rows(out, command->options);
	add_rows(out, opt_common());
	buf_add_char(out, '\n');
	for (size_t i = 0; i < ARRAY_COUNT(command->examples); i++)
		buf_add_format(out, "  %s\n", command->examples[i]);
	if (command->footer)
		buf_add_format(out, "\n%s", command->footer);
}

void usage_main(struct buf *out)
{
	const struct command *command;

	buf_add_string(out, "ambit SUBCOMMAND [OPTION...]\n"
			    "confine a program to the resources it needs; all else is denied\n\n");
	for (size_t i = 0; (command = command_at(i)); i++) {
		size_t start = out->length;

		buf_add_format(out, "  %s", command->name);
		while (out->length - start < 10)
			buf_add_char(out, ' ');
		buf_add_format(out, "%s\n", command->help);
	}
	buf_add_string(
		out, "\n"
		     "  ambit run --read . -- wc -l notes.txt\n"
		     "  ambit run --use python --read . --write out -- python3 script.py\n"
		     "  ambit plan --read . -- wc\n\n"
		     "'ambit SUBCOMMAND --help' tells more; 'ambit help' lists what a policy can\n"
		     "grant; ambit(1) and ambit-policy(5) are the manual. --version prints it.\n");
}
