/* SPDX-License-Identifier: ISC */
/*
 * opt.c - the command line, by tables
 *
 * Two walks over the same words. Both step over every option in the same way; each takes only
 * its own kind. The first operand of a subcommand with a policy is the program to run, and
 * what follows is the program's.
 */
#include <string.h>

#include "../base/err.h"
#include "../base/num.h"
#include "../base/str.h"
#include "cli.h"

const char *const color_words[] = { "auto", "always", "never", NULL };
const char *const shell_words[] = { "bash", "zsh", "fish", NULL };

static const struct option_row common[] = {
	{ "help", 'h', NULL, opt_flag, offsetof(struct cli, help), NULL, false, "print this" },
	{ "version", 'V', NULL, opt_flag, offsetof(struct cli, version), NULL, false,
	  "print the version" },
	{ 0 },
};

const struct option_row *opt_common(void)
{
	return common;
}

/* One option as it stands on the command line: a row, or a keyword of the language. */
struct given {
	const struct option_row *row;
	struct ambit_keyword keyword; /* its name is NULL for a row */
	const char *argument;
};

struct walk {
	struct cli *c;
	char **next;	     /* the next word */
	const char *cluster; /* what is left of "-qv", or NULL */
};

static enum ambit_code usage_error(struct cli *c, const char *format, const char *word)
{
	char show[120];

	str_escape(show, sizeof(show), word, strlen(word));
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	(void)err_set(&c->err, AMBIT_E_USAGE, AMBIT_LAYER_NONE, 0, format, show);
#pragma GCC diagnostic pop
	return AMBIT_E_USAGE;
}
