/* SPDX-License-Identifier: ISC */
/* commands.c - the table of subcommands and their options */
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
	  MEMBER(bare), NULL, false, "grant unasked only the command and interpreters" },          \
		{ "strict",	  0,	NULL,  opt_flag,                                           \
		  MEMBER(strict), NULL, false, "refuse what would be skipped or weaker here" },    \
	{                                                                                          \
		"directory", 'C', "DIR", opt_string, MEMBER(directory), NULL, false, "work in DIR" \
	}

static const struct option_row no_options[] = { { 0 } };
static const struct option_row run_options[] = {
	POLICY_ROWS,
	BARE_ROWS,
	{ "check", 0, NULL, opt_flag, MEMBER(check), NULL, false,
	  "refuse a program whose code reaches beyond the policy" },
	{ "assume", 0, "FILE", opt_string, MEMBER(assume), NULL, false,
	  "with --check: what the code does not tell" },
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
	{ "enter", 0, NULL, opt_flag, MEMBER(enter), NULL, false,
	  "plan for a program that calls ambit_enter(3)" },
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
static const struct option_row check_options[] = {
	{ "entry", 0, "FUNCTION", opt_pass, 0, NULL, false, "only what FUNCTION leads to" },
	{ "after", 0, "FUNCTION", opt_pass, 0, NULL, false,
	  "only what remains once FUNCTION has returned" },
	{ "chains", 0, "N", opt_pass, 0, NULL, false, "show N chains of calls for each finding" },
	{ "calls", 0, NULL, opt_pass, 0, NULL, false, "print the system calls, one a line" },
	{ "assume", 0, "FILE", opt_pass, 0, NULL, false,
	  "what the code does not tell and its author knows" },
	{ "summary", 0, "FILE", opt_pass, 0, NULL, false,
	  "instead of reading the library that FILE is of" },
	{ "summarise", 0, NULL, opt_pass, 0, NULL, false,
	  "what the functions of a library do, for --summary" },
	{ "show", 0, NULL, opt_pass, 0, NULL, false, "print the policy that PROGRAM carries" },
	{ "infer", 0, NULL, opt_pass, 0, NULL, false, "draft a policy from the code" },
	{ "prune", 0, NULL, opt_pass, 0, NULL, false,
	  "what the policy grants and the code cannot reach" },
	{ "output", 'o', "FILE", opt_pass, 0, NULL, false, "write the answer to FILE" },
	{ "json", 0, NULL, opt_pass, 0, NULL, false, "for programs" },
	{ 0 },
};
static const struct option_row header_options[] = {
	{ "prune", 0, "PROGRAM", opt_string, MEMBER(prune), NULL, false,
	  "and the system calls that PROGRAM's code reaches" },
	{ "entry", 0, "FUNCTION", opt_entry, 0, NULL, false, "only what FUNCTION leads to" },
	{ "assume", 0, "FILE", opt_string, MEMBER(assume), NULL, false,
	  "what the code does not tell" },
	{ 0 },
};
static const struct option_row embed_options[] = {
	{ "output", 'o', "FILE", opt_string, MEMBER(output), NULL, false,
	  "write the program to FILE instead" },
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
	    "ambit run -p thumbs.ambit --read a.jpg convert a.jpg /var/cache/thumbs/a.png",
	    "ambit run --use python --read . --connect 'tcp 192.0.2.7 443' python3 fetch.py" },
	  "Status: the program's; 128+n: signal n; 125: refused; 126, 127: as of a shell\n" },
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
	{ "check",
	  "POLICY PROGRAM",
	  "what a program's machine code can reach beyond a policy",
	  cmd_check,
	  check_options,
	  false,
	  { "ambit check web.ambit ./server",
	    "ambit check worker.ambit ./server --entry worker_main",
	    "ambit check web.ambit ./server --after ambit_enter --json | jq .findings" },
	  "Nothing is executed. Status: 0 within, 1 not within, 2 cannot tell.\n" },
	{ "embed",
	  "POLICY PROGRAM",
	  "write a policy into a program",
	  cmd_embed,
	  embed_options,
	  false,
	  { "ambit embed web.ambit ./server", "ambit embed -o server.ambit web.ambit ./server",
	    "ambit embed web.ambit ./server && ambit run ./server" },
	  NULL },
	{ "fmt",
	  "FILE...",
	  "print policies in canonical form",
	  cmd_fmt,
	  fmt_options,
	  false,
	  { "ambit fmt thumbs.ambit", "ambit fmt --write *.ambit",
	    "ambit fmt --check *.ambit || echo untidy" },
	  "FILE - is standard input.\n" },
	{ "header",
	  "FILE",
	  "a policy as a C header, for clang to check",
	  cmd_header,
	  header_options,
	  false,
	  { "ambit header worker.ambit > worker_rights.h",
	    "ambit header worker.ambit | grep define",
	    "ambit header worker.ambit | cmp - worker_rights.h" },
	  "The header's names begin with FILE's, without .ambit.\n" },
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
