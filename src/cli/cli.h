/* SPDX-License-Identifier: ISC */
/*
 * DOC: Theory of operation
 *
 * The command is a thin reader of tables. commands.c has a row for each subcommand; a row names its
 * options, also rows. opt.c walks the command line by these rows and by the keywords of the
 * policy language, which are options too; --help and the completions are printed from the same
 * rows, so neither can say what the parser does not do.
 *
 * Order never matters: a first walk takes the settings (among them where errors go), a second
 * one the policy. Constraint: `ambit run` lives on a budget of microseconds, so nothing here
 * reads a file, asks for a terminal or allocates unless it is about to print.
 */
#ifndef AMBIT_CLI_CLI_H
#define AMBIT_CLI_CLI_H

#include "../../include/ambit.h"
#include "../base/attr.h"
#include "../base/buf.h"

/* Exit statuses that are ambit's own; the program's pass through. */
enum {
	STATUS_OK = 0,
	STATUS_NO = 1, /* the answer is no: gaps, not within, not canonical */
	STATUS_FAILED = 125,
	STATUS_NOT_EXECUTABLE = 126,
	STATUS_NOT_FOUND = 127,
	STATUS_SIGNAL = 128,
};

enum { ENTRIES_MAX = 16 };
enum color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

/* All that the options of all subcommands can say. Lives on main's stack. */
struct cli {
	const struct command *command;
	struct ambit_policy *policy; /* owned */
	size_t directives;	     /* -p, -e and keyword options given */
	const char *directory, *host_file, *shell, *assume, *output;
	int status_fd;	/* -1 for none */
	int program_fd; /* what is to run, once it was looked at; -1 */
	enum color color;
	const char *note_lead; /* what a note begins with, from the first one on */
	const char *prune, *entries[ENTRIES_MAX + 1]; /* of header; NULL-terminated */
	bool bare, strict, enter, verbose, quiet, json, check, write, help, version;
	unsigned closed; /* bit n: descriptor n was closed when ambit started */
	char **words;	 /* of `check`: all from its name on, owned; borrowed strings */
	char **operands; /* what follows the options, NULL-terminated; borrowed from argv */
	int operand_count;
	char *shown; /* the plan that --verbose told, owned; NULL for none */
	struct ambit_error err;
};

struct option_row;
/* Take one option's argument, NULL for a flag. */
typedef enum ambit_code (*option_fn)(struct cli *c, const struct option_row *row,
				     const char *argument);

struct option_row {
	const char *name;     /* long, without dashes */
	char letter;	      /* 0 for none */
	const char *argument; /* as in --help; NULL for a flag */
	option_fn take;
	size_t offset;		  /* of the member of struct cli */
	const char *const *words; /* the only arguments there are, NULL-terminated; NULL for any */
	bool policy;		  /* part of the policy: taken in the second walk */
	const char *help;
};

struct command {
	const char *name;
	const char *synopsis; /* what follows "ambit NAME" */
	const char *help;     /* one line */
	int (*run)(struct cli *c);
	const struct option_row *options; /* ended by a row without a name */
	bool policy; /* every keyword is an option, and operands are a command line */
	const char *examples[3];
	const char *footer; /* more lines of --help; NULL for none */
};

/* commands.c: the rows; NULL past the last. */
const struct command *command_at(size_t index);
const struct command *command_by_name(const char *name);
/* cmd_*.c: what each subcommand does. Returns the exit status. */
int cmd_run(struct cli *c);
int cmd_plan(struct cli *c);
int cmd_doctor(struct cli *c);
int cmd_diff(struct cli *c);
int cmd_check(struct cli *c);
int cmd_embed(struct cli *c);
int cmd_fmt(struct cli *c);
int cmd_header(struct cli *c);
int cmd_help(struct cli *c);

/* opt.c */
enum ambit_code opt_settings(struct cli *c, int argc, char **argv) MUST_CHECK;
enum ambit_code opt_policy(struct cli *c, char **argv) MUST_CHECK;
/* The rows that every subcommand has beside its own, ended by a row without a name. */
const struct option_row *opt_common(void);
/* Another program's: it is handed on as it stands. */
enum ambit_code opt_pass(struct cli *c, const struct option_row *row, const char *argument);
enum ambit_code opt_flag(struct cli *c, const struct option_row *row, const char *argument);
enum ambit_code opt_entry(struct cli *c, const struct option_row *row, const char *argument);
enum ambit_code opt_string(struct cli *c, const struct option_row *row, const char *argument);
enum ambit_code opt_word(struct cli *c, const struct option_row *row, const char *argument);
enum ambit_code opt_descriptor(struct cli *c, const struct option_row *row, const char *argument);
enum ambit_code opt_policy_file(struct cli *c, const struct option_row *row, const char *argument);
enum ambit_code opt_directive(struct cli *c, const struct option_row *row, const char *argument);
extern const char *const color_words[];
extern const char *const shell_words[];

/* usage.c: --help of the whole and of one subcommand; complete.c: completions */
void usage_main(struct buf *out);
void usage_command(const struct command *command, struct buf *out);
void complete(const char *shell, struct buf *out);

/* out.c */
/* Say c->err on descriptor 2, and on --status-fd when nobody has yet. Returns STATUS_FAILED. */
int fail(struct cli *c);
int fail_run(struct cli *c);
/* Write @text to standard output. Returns @status, or STATUS_FAILED when that fails. */
int print(struct cli *c, const char *text, size_t length, int status);
int print_buf(struct cli *c, const struct buf *out, int status);
void note(struct cli *c, const char *line);
bool wants_color(const struct cli *c, int fd);

#endif
