/* SPDX-License-Identifier: ISC */
/* cmd_help.c - ambit help: pages on keywords, bundles and subcommands; completions */
#include <string.h>

#include "../base/err.h"
#include "cli.h"

static int help_completion(struct cli *c)
{
	AUTO_BUF struct buf out = { 0 };

	complete(c->shell, &out);
	return print_buf(c, &out, STATUS_OK);
}

static int help_command(struct cli *c, const struct command *command)
{
	AUTO_BUF struct buf out = { 0 };

	usage_command(command, &out);
	return print_buf(c, &out, STATUS_OK);
}

int cmd_help(struct cli *c)
{
	AUTO_FREE char *text = NULL;
	const char *topic = c->operands[0];
	const struct command *command = topic ? command_by_name(topic) : NULL;

	if (c->operand_count > 1) {
		(void)err_set(&c->err, AMBIT_E_USAGE, AMBIT_LAYER_NONE, 0, "more than one topic");
		(void)err_hint(&c->err, "write: ambit help %s", topic);
		return fail(c);
	}
	if (c->shell)
		return help_completion(c);
	if (command)
		return help_command(c, command);
	if (ambit_help(topic, &text, &c->err) != AMBIT_OK)
		return fail(c);
	return print(c, text, strlen(text), STATUS_OK);
}
