/* SPDX-License-Identifier: ISC */
/*
 * complete.c - shell completions, from the tables
 *
 * Three writers over the same rows: options of each subcommand, then the keywords where a policy
 * can stand. What an argument is (a file, a user, one of some words) is read off its name in
 * the table.
 */
#include <string.h>

#include "../base/str.h"
#include "cli.h"

enum kind {
	KIND_NONE,
	KIND_FLAG,
	KIND_FILE,
	KIND_DIRECTORY,
	KIND_USER,
	KIND_GROUP,
	KIND_BUNDLE,
	KIND_WORDS
};

/* One option of a subcommand, as the shells want it. */
struct item {
	const char *name;
	char letter;
	const char *argument; /* "" for a flag */
	const char *help;
	enum kind kind;
	char words[120]; /* KIND_WORDS: separated by blanks */
};

typedef void (*item_fn)(struct buf *out, const struct item *item);

static const struct {
	const char *begins; /* the argument's name */
	enum kind kind;
} kinds[] = {
	{ "PATH", KIND_FILE },
	{ "FILE", KIND_FILE },
	{ "DIR", KIND_DIRECTORY },
	{ "BUNDLE", KIND_BUNDLE },
};

static void set_kind(struct item *item)
{
	size_t i, length;

	item->kind = item->argument[0] ? KIND_NONE : KIND_FLAG;
	for (i = 0; i < ARRAY_COUNT(kinds); i++)
		if (str_starts(item->argument, kinds[i].begins))
			item->kind = kinds[i].kind;
	if (str_equal(item->name, "user") || str_equal(item->name, "group"))
		item->kind = item->name[0] == 'u' ? KIND_USER : KIND_GROUP;
	/* "error|kill|report", and with dots behind it where there may be several */
	length = strcspn(item->argument, ".");
	if (!strchr(item->argument, '|') || strpbrk(item->argument, " [") ||
	    length >= sizeof(item->words))
		return;
	item->kind = KIND_WORDS;
	for (i = 0; i < length; i++)
		item->words[i] = (char)(item->argument[i] == '|' ? ' ' : item->argument[i]);
}

static void row_item(const struct option_row *row, struct item *item)
{
	size_t used = 0;

	*item = (struct item){ row->name, row->letter, row->argument ? row->argument : "",
			       row->help, KIND_NONE,   "" };
	set_kind(item);
	for (size_t i = 0; row->words && row->words[i]; i++) {
		size_t length = strlen(row->words[i]);

		if (used + length + 2 > sizeof(item->words))
			return;
		item->kind = KIND_WORDS;
		memcpy(item->words + used, row->words[i], length);
		used += length;
		item->words[used++] = ' ';
	}
}

static void each_item(struct buf *out, const struct command *command, item_fn fn)
{
	const struct option_row *tables[] = { command->options, opt_common() };
	struct ambit_keyword keyword = { .size = sizeof(keyword) };
	struct item item;

	for (size_t t = 0; t < ARRAY_COUNT(tables); t++)
		for (const struct option_row *row = tables[t]; row->name; row++) {
			row_item(row, &item);
			fn(out, &item);
		}
	for (size_t i = 0; command->policy && ambit_keyword_at(i, &keyword); i++) {
		item = (struct item){ keyword.name, 0,	       keyword.arguments,
				      keyword.help, KIND_NONE, "" };
		set_kind(&item);
		fn(out, &item);
	}
}

/* The names of the bundles: the second word of what ambit_help() lists under that heading. */
static void add_bundles(struct buf *out)
{
	static const char heading[] = "\nBundles\n";
	AUTO_FREE char *list = NULL;
	const char *at;

	if (ambit_help(NULL, &list, NULL) != AMBIT_OK)
		return;
	at = strstr(list, heading);
	for (at = at ? at + sizeof(heading) - 1 : ""; str_starts(at, "  use ");) {
		buf_add(out, at + 6, strcspn(at + 6, " "));
		buf_add_char(out, ' ');
		at += strcspn(at, "\n");
		at += *at == '\n';
	}
}

static void add_topics(struct buf *out)
{
	struct ambit_keyword keyword = { .size = sizeof(keyword) };
	const struct command *command;

	for (size_t i = 0; ambit_keyword_at(i, &keyword); i++)
		buf_add_format(out, "%s ", keyword.name);
	add_bundles(out);
	for (size_t i = 0; (command = command_at(i)); i++)
		buf_add_format(out, "%s ", command->name);
}

/* ---- bash ------------------------------------------------------------------------------------ */

static void bash_option(struct buf *out, const struct item *item)
{
	buf_add_format(out, "--%s ", item->name);
	if (item->letter)
		buf_add_format(out, "-%c ", item->letter);
}

static void bash_option_with_argument(struct buf *out, const struct item *item)
{
	if (item->kind != KIND_FLAG)
		bash_option(out, item);
}

/* A case that completes the argument of one option. */
static void bash_argument(struct buf *out, const struct item *item)
{
	static const char *const generators[] = {
		[KIND_FILE] = "-f", [KIND_DIRECTORY] = "-d", [KIND_USER] = "-u", [KIND_GROUP] = "-g"
	};

	if (item->kind == KIND_FLAG || item->kind == KIND_NONE)
		return;
	buf_add_format(out, "\t\t--%s", item->name);
	if (item->letter)
		buf_add_format(out, " | -%c", item->letter);
	if (item->kind == KIND_WORDS)
		buf_add_format(out, ") _ambit_reply -W '%s' ;;\n", item->words);
	else if (item->kind == KIND_BUNDLE)
		buf_add_string(out, ") _ambit_reply -W \"$bundles\" ;;\n");
	else
		buf_add_format(out, ") _ambit_reply %s ;;\n", generators[item->kind]);
}

static const char bash_head[] =
	"# bash completion for ambit, printed by: ambit help --completion bash\n"
	"_ambit_reply() {\n"
	"\tlocal IFS=$'\\n'\n"
	"\tif [ \"$1\" = -W ]; then\n"
	"\t\tIFS=$' \\n'\n"
	"\telse\n"
	"\t\tcompopt -o filenames 2>/dev/null\n"
	"\tfi\n"
	"\tCOMPREPLY=($(compgen \"$@\" -- \"$cur\"))\n"
	"}\n\n"
	"_ambit() {\n"
	"\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=\n"
	"\tlocal i=2 with all operands bundles\n"
	"\tCOMPREPLY=()\n";

/*
 * A value follows its option or, where bash takes words apart at = and :, an = of its own; and may
 * be in several words itself.
 */
static const char bash_tail[] =
	"\twhile ((i < COMP_CWORD)); do\n"
	"\t\tif [[ \" $with \" == *\" ${COMP_WORDS[i]} \"* ]]; then\n"
	"\t\t\tprev=${COMP_WORDS[i]}\n"
	"\t\t\t((i += 2))\n"
	"\t\t\t[[ ${COMP_WORDS[i - 1]} != = ]] || ((i += 1))\n"
	"\t\t\twhile ((i < COMP_CWORD)) && [[ ${COMP_WORDS[i]} == [=:] ]]; do\n"
	"\t\t\t\tprev=''\n"
	"\t\t\t\t((i += 2))\n"
	"\t\t\tdone\n"
	"\t\telif [[ ${COMP_WORDS[i]} == -- ]]; then\n"
	"\t\t\t((i += 1))\n"
	"\t\t\tbreak\n"
	"\t\telif [[ ${COMP_WORDS[i]} == -* || $operands != -c ]]; then\n"
	"\t\t\t((i += 1))\n"
	"\t\telse\n"
	"\t\t\tbreak\n"
	"\t\tfi\n"
	"\tdone\n"
	"\tif ((i < COMP_CWORD)); then\n"
	"\t\tif declare -F _command_offset >/dev/null; then\n"
	"\t\t\t_command_offset \"$i\"\n"
	"\t\telse\n"
	"\t\t\t_ambit_reply -f\n"
	"\t\tfi\n"
	"\telif ((i > COMP_CWORD)); then\n"
	"\t\t[[ $cur != = ]] || cur=''\n"
	"\t\t_ambit_argument\n"
	"\telif [[ $cur == --*=* ]]; then\n"
	"\t\tprev=${cur%%=*} cur=${cur#*=}\n"
	"\t\t_ambit_argument\n"
	"\t\tCOMPREPLY=(\"${COMPREPLY[@]/#/$prev=}\")\n"
	"\telif [[ $cur == -* ]]; then\n"
	"\t\t_ambit_reply -W \"$all\"\n"
	"\telif [[ $operands == -? ]]; then\n"
	"\t\t_ambit_reply $operands\n"
	"\telse\n"
	"\t\t_ambit_reply -W \"$operands\"\n"
	"\tfi\n"
	"}\n\n"
	"complete -F _ambit ambit\n";

/* What may stand where no option does: words, or a compgen letter. */
static void bash_operands(struct buf *out, const struct command *command)
{
	if (command->policy)
		buf_add_string(out, "-c");
	else if (str_equal(command->name, "help"))
		add_topics(out);
	else if (command->synopsis[0] != '[')
		buf_add_string(out, "-f");
}

static void bash(struct buf *out)
{
	const struct command *command;

	buf_add_string(out, bash_head);
	buf_add_string(out, "\tbundles='");
	add_bundles(out);
	buf_add_string(out, "'\n\tif ((COMP_CWORD == 1)); then\n\t\t_ambit_reply -W '");
	for (size_t i = 0; (command = command_at(i)); i++)
		buf_add_format(out, "%s ", command->name);
	buf_add_string(out, "--help --version'\n\t\treturn\n\tfi\n\tcase ${COMP_WORDS[1]} in\n");
	for (size_t i = 0; (command = command_at(i)); i++) {
		buf_add_format(out, "\t%s)\n\t\tall='", command->name);
		each_item(out, command, bash_option);
		buf_add_string(out, "'\n\t\twith='");
		each_item(out, command, bash_option_with_argument);
		buf_add_string(out, "'\n\t\toperands='");
		bash_operands(out, command);
		buf_add_string(out, "'\n\t\t;;\n");
	}
	buf_add_string(out, "\t*) return ;;\n\tesac\n");
	buf_add_string(out, bash_tail);
}

static void bash_arguments(struct buf *out)
{
	const struct command *command;

	buf_add_string(out, "\n_ambit_argument() {\n\tcase ${COMP_WORDS[1]} in\n");
	for (size_t i = 0; (command = command_at(i)); i++) {
		buf_add_format(out, "\t%s)\n\t\tcase $prev in\n", command->name);
		each_item(out, command, bash_argument);
		buf_add_string(out, "\t\tesac\n\t\t;;\n");
	}
	buf_add_string(out, "\tesac\n}\n");
}

/* @text between single quotes, with @escape's characters behind a backslash. */
static void add_quoted(struct buf *out, const char *text, const char *escape)
{
	for (; *text; text++) {
		if (*text == '\'') {
			buf_add_string(out, "'\\''");
			continue;
		}
		if (strchr(escape, *text))
			buf_add_char(out, '\\');
		buf_add_char(out, *text);
	}
}

/* ---- zsh ------------------------------------------------------------------------------------- */

static void zsh_option(struct buf *out, const struct item *item)
{
	static const char *const actions[] = {
		[KIND_NONE] = "",	[KIND_FILE] = "_files",	  [KIND_DIRECTORY] = "_directories",
		[KIND_USER] = "_users", [KIND_GROUP] = "_groups", [KIND_BUNDLE] = "($bundles)",
	};
	bool value = item->kind != KIND_FLAG;

	/* A value may be in the next word, or in this one behind --option= or -o. */
	if (item->letter)
		buf_add_format(out, "\t\t\t'*'{-%c%s,--%s%s}'[", item->letter, value ? "+" : "",
			       item->name, value ? "=" : "");
	else
		buf_add_format(out, "\t\t\t'*--%s%s[", item->name, value ? "=" : "");
	add_quoted(out, item->help, "[]:\\");
	buf_add_char(out, ']');
	if (item->kind != KIND_FLAG) {
		buf_add_char(out, ':');
		add_quoted(out, item->argument, "[]:\\");
		buf_add_char(out, ':');
	}
	if (item->kind == KIND_WORDS)
		buf_add_format(out, "(%s)", item->words);
	else if (item->kind == KIND_BUNDLE)
		buf_add_string(out, "'\"($bundles)\"'");
	else if (item->kind != KIND_FLAG)
		buf_add_string(out, actions[item->kind]);
	buf_add_string(out, "' \\\n");
}

static void zsh_operands(struct buf *out, const struct command *command)
{
	if (command->policy)
		buf_add_string(out,
			       "\t\t\t'(-)1:command:_command_names -e' '*::arguments:_normal'\n");
	else if (str_equal(command->name, "help"))
		buf_add_string(out, "\t\t\t\"1:topic:($topics)\"\n");
	else if (command->synopsis[0] != '[')
		buf_add_string(out, "\t\t\t'*:policy:_files'\n");
	else
		buf_add_string(out, "\t\t\t&& return\n");
}

static void zsh(struct buf *out)
{
	const struct command *command;

	buf_add_string(out, "#compdef ambit\n"
			    "# zsh completion for ambit, printed by: ambit help --completion zsh\n"
			    "_ambit() {\n\tlocal curcontext=$curcontext bundles='");
	add_bundles(out);
	buf_add_string(out, "' topics='");
	add_topics(out);
	buf_add_string(out, "'\n\tlocal -a subcommands=(\n");
	for (size_t i = 0; (command = command_at(i)); i++) {
		buf_add_format(out, "\t\t'%s:", command->name);
		add_quoted(out, command->help, ":\\");
		buf_add_string(out, "'\n");
	}
	buf_add_string(out, "\t)\n"
			    "\tif ((CURRENT == 2)); then\n"
			    "\t\t_describe subcommand subcommands\n"
			    "\t\treturn\n"
			    "\tfi\n"
			    "\tshift words\n"
			    "\t((CURRENT--))\n"
			    "\tcase $words[1] in\n");
	for (size_t i = 0; (command = command_at(i)); i++) {
		buf_add_format(out, "\t%s)\n\t\t_arguments -s -S \\\n", command->name);
		each_item(out, command, zsh_option);
		zsh_operands(out, command);
		buf_add_string(out, "\t\t;;\n");
	}
	buf_add_string(out, "\tesac\n}\n\n"
			    "if [[ $funcstack[1] == _ambit ]]; then\n"
			    "\t_ambit \"$@\"\n"
			    "else\n"
			    "\tcompdef _ambit ambit\n"
			    "fi\n");
}

/* ---- fish ------------------------------------------------------------------------------------ */

static void fish_option(struct buf *out, const struct item *item)
{
	static const char *const actions[] = {
		[KIND_FLAG] = "",
		[KIND_NONE] = " -x",
		[KIND_FILE] = " -r -F",
		[KIND_DIRECTORY] = " -x -a '(__fish_complete_directories)'",
		[KIND_USER] = " -x -a '(__fish_complete_users)'",
		[KIND_GROUP] = " -x -a '(__fish_complete_groups)'",
		[KIND_BUNDLE] = " -x -a \"$__ambit_bundles\"",
	};

	buf_add_format(out, "complete -c ambit -n \"$__ambit_in\" -l %s", item->name);
	if (item->letter)
		buf_add_format(out, " -s %c", item->letter);
	if (item->kind == KIND_WORDS)
		buf_add_format(out, " -x -a '%s'", item->words);
	else
		buf_add_string(out, actions[item->kind]);
	buf_add_string(out, " -d '");
	add_quoted(out, item->help, "\\");
	buf_add_string(out, "'\n");
}

static void fish_operands(struct buf *out, const struct command *command)
{
	buf_add_string(out, "complete -c ambit -n \"$__ambit_in\"");
	if (command->policy)
		buf_add_string(out, " -x -a '(__fish_complete_subcommand --fcs-skip=2)'\n");
	else if (str_equal(command->name, "help")) {
		buf_add_string(out, " -x -a '");
		add_topics(out);
		buf_add_string(out, "'\n");
	} else
		buf_add_string(out, command->synopsis[0] != '[' ? " -F\n" : " -f\n");
}

static void fish(struct buf *out)
{
	const struct command *command;

	buf_add_string(out,
		       "# fish completion for ambit, printed by: ambit help --completion fish\n"
		       "set -l __ambit_bundles '");
	add_bundles(out);
	buf_add_string(out, "'\ncomplete -c ambit -f\n");
	for (size_t i = 0; (command = command_at(i)); i++) {
		buf_add_format(out, "complete -c ambit -n __fish_use_subcommand -a %s -d '",
			       command->name);
		add_quoted(out, command->help, "\\");
		buf_add_string(out, "'\n");
	}
	buf_add_string(
		out,
		"complete -c ambit -n __fish_use_subcommand -l version -d 'print the version'\n");
	for (size_t i = 0; (command = command_at(i)); i++) {
		buf_add_format(out, "set -l __ambit_in '__fish_seen_subcommand_from %s'\n",
			       command->name);
		each_item(out, command, fish_option);
		fish_operands(out, command);
	}
}

void complete(const char *shell, struct buf *out)
{
	if (str_equal(shell, "bash")) {
		bash(out);
		bash_arguments(out);
	} else if (str_equal(shell, "zsh"))
		zsh(out);
	else
		fish(out);
}
