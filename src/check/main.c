/* SPDX-License-Identifier: ISC */
/*
 * DOC: Theory of operation
 *
 * A program of its own, so that the launcher and the library stay with the libc alone: it reads
 * files, decides, prints and changes nothing. The way through it:
 *
 *	image, symbols, unwind, link, relocate	what the loader would put where
 *	decode, brief				one instruction
 *	code, table, slice			one function: its instructions and jumps, what a
 *						register holds at a place
 *	look, escape, data, returns, wrapper	what a function does to the others
 *	graph					all that can run
 *	reach, compare, report			what can run from here; beside the policy; in words
 *
 * The files it reads may be hostile. Every read of them is bounded by what the file has, all that
 * loops has a limit, all memory a maximum; what cannot be followed is said with its place.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../base/fd.h"
#include "../base/num.h"
#include "../base/str.h"
#include "../base/sys.h"
#include "../filter/filter.h"
#include "asked.h"
#include "assume.h"
#include "report.h"
#include "summary.h"

enum { STATUS_WITHIN = 0, STATUS_BEYOND = 1, STATUS_UNKNOWN = 2 };
enum { FROM_MAX = 32, CPU_SECONDS = 60 };
#define MEMORY_MAX ((rlim_t)4 << 30)

struct start {
	const char *function;
	bool after;
};

struct options {
	struct start starts[FROM_MAX];
	size_t start_count;
	uint64_t chains;
	const char *assume, *output;
	struct asked by;
	const char *summaries[SUMMARIES_MAX];
	size_t summary_count;
	bool json, help, calls, infer, prune, show, asked, summarise;
	const char *operands[2];
	size_t operand_count;
};

_Noreturn void store_exhausted(void)
{
	static const char text[] = "ambit check: cannot tell: no memory\n";

	IGNORE_RESULT(write(2, text, sizeof(text) - 1));
	_exit(STATUS_UNKNOWN);
}

static void out_of_time(int signal)
{
	static const char text[] = "ambit check: cannot tell: it takes more than a minute of "
				   "processor time\n";

	(void)signal;
	IGNORE_RESULT(write(2, text, sizeof(text) - 1));
	_exit(STATUS_UNKNOWN);
}

static void cut_short(int signal)
{
	static const char text[] =
		"ambit check: cannot tell: a file was changed while it was read\n";

	(void)signal;
	IGNORE_RESULT(write(2, text, sizeof(text) - 1));
	_exit(STATUS_UNKNOWN);
}

/* Lower limits of whoever runs this stay; past ours, malloc() fails, which ends in the above. */
static void limit(int resource, rlim_t most)
{
	struct rlimit now;

	if (sys_prlimit(0, resource, NULL, &now) < 0 || now.rlim_cur <= most)
		return;
	now.rlim_cur = most;
	/* Where it is refused the answer only takes longer. */
	IGNORE_RESULT(sys_prlimit(0, resource, &now, NULL));
}

static void limit_all(void)
{
	const struct sigaction late = { .sa_handler = out_of_time };
	const struct sigaction cut = { .sa_handler = cut_short };

	(void)sigaction(SIGXCPU, &late, NULL);
	(void)sigaction(SIGBUS, &cut, NULL);
	limit(RLIMIT_CPU, CPU_SECONDS);
	limit(RLIMIT_AS, MEMORY_MAX);
}

static int fail(const char *text, const char *hint)
{
	AUTO_BUF struct buf out = { 0 };

	buf_add_string(&out, "ambit check: ");
	buf_add_visible(&out, text);
	buf_add_string(&out, hint && *hint ? "\n  hint: " : "");
	buf_add_visible(&out, hint ? hint : "");
	buf_add_char(&out, '\n');
	IGNORE_RESULT(fd_write_all(2, buf_text(&out), out.length));
	return STATUS_UNKNOWN;
}

static int fail_error(const struct ambit_error *err)
{
	return fail(err->text, err->hint);
}

static const char usage[] =
	"Usage: ambit check POLICY PROGRAM [OPTION...]\n"
	"       ambit check --infer PROGRAM [-o FILE]\n"
	"       ambit check --prune POLICY PROGRAM\n"
	"       ambit check --show PROGRAM\n"
	"       ambit check --summarise LIBRARY [-o FILE]\n"
	"\n"
	"Read PROGRAM and its libraries, and say what they can reach that POLICY does not grant.\n"
	"\n"
	"      --entry FUNCTION  only what FUNCTION leads to; may be given again\n"
	"      --after FUNCTION  only what remains once FUNCTION has returned\n"
	"      --chains N        show N chains of calls for each finding (1)\n"
	"      --assume FILE     what the code does not tell and its author knows\n"
	"      --summary FILE    instead of reading the library that FILE is of\n"
	"      --infer           draft a policy from the code; -o FILE: write it there\n"
	"      --prune           what the policy grants and the code cannot reach\n"
	"      --show            print the policy that PROGRAM carries\n"
	"      --asked P,Q,A     the policy - is on descriptor P, PROGRAM on Q, answer on A\n"
	"      --summarise       what the functions of a library do, for --summary\n"
	"      --json            for programs\n"
	"      --calls           print the system calls that can be reached, one a line\n"
	"\n"
	"Status: 0 within, 1 not within, 2 cannot tell.\n";

enum option_kind {
	OPTION_ENTRY,
	OPTION_AFTER,
	OPTION_CHAINS,
	OPTION_JSON,
	OPTION_CALLS,
	OPTION_ASSUME,
	OPTION_OUTPUT,
	OPTION_INFER,
	OPTION_PRUNE,
	OPTION_SHOW,
	OPTION_ASKED,
	OPTION_SUMMARISE,
	OPTION_SUMMARY,
	OPTION_HELP
};
static const struct {
	const char *name;
	enum option_kind kind;
	bool argument;
} option_rows[] = {
	{ "--entry", OPTION_ENTRY, true },     { "--after", OPTION_AFTER, true },
	{ "--chains", OPTION_CHAINS, true },   { "--json", OPTION_JSON, false },
	{ "--calls", OPTION_CALLS, false },    { "--help", OPTION_HELP, false },
	{ "-h", OPTION_HELP, false },	       { "--assume", OPTION_ASSUME, true },
	{ "-o", OPTION_OUTPUT, true },	       { "--output", OPTION_OUTPUT, true },
	{ "--infer", OPTION_INFER, false },    { "--prune", OPTION_PRUNE, false },
	{ "--summary", OPTION_SUMMARY, true }, { "--summarise", OPTION_SUMMARISE, false },
	{ "--show", OPTION_SHOW, false },      { "--asked", OPTION_ASKED, true },
};

static bool take_option(struct options *o, enum option_kind kind, const char *argument)
{
	switch (kind) {
	case OPTION_ENTRY:
	case OPTION_AFTER:
		if (o->start_count == FROM_MAX)
			return false;
		o->starts[o->start_count++] =
			(struct start){ .function = argument, .after = kind == OPTION_AFTER };
		return true;
	case OPTION_CHAINS:
		return argument && num_parse(argument, strlen(argument), 1000, &o->chains) == 0;
	case OPTION_JSON:
		o->json = true;
		return true;
	case OPTION_CALLS:
		o->calls = true;
		return true;
	case OPTION_ASSUME:
		o->assume = argument;
		return true;
	case OPTION_OUTPUT:
		o->output = argument;
		return true;
	case OPTION_INFER:
		o->infer = true;
		return true;
	case OPTION_PRUNE:
		o->prune = true;
		return true;
	case OPTION_SHOW:
		o->show = true;
		return true;
	case OPTION_ASKED:
		o->asked = true;
		return asked_parse(argument, &o->by);
	case OPTION_SUMMARISE:
		o->summarise = true;
		return true;
	case OPTION_SUMMARY:
		if (o->summary_count == SUMMARIES_MAX)
			return false;
		o->summaries[o->summary_count++] = argument;
		return true;
	case OPTION_HELP:
		o->help = true;
		return true;
	}
	return false;
}

/* The row of a word of the command line, and its argument: the next word, or after "=". */
static bool parse_option(struct options *o, char **argv, int *at, int argc)
{
	const char *word = argv[*at], *argument = NULL;
	size_t length = strcspn(word, "=");

	for (size_t i = 0; i < ARRAY_COUNT(option_rows); i++) {
		if (strlen(option_rows[i].name) != length ||
		    strncmp(word, option_rows[i].name, length) != 0)
			continue;
		if (word[length] == '=')
			argument = word + length + 1;
		else if (option_rows[i].argument && *at + 1 < argc)
			argument = argv[++*at];
		return (argument != NULL) == option_rows[i].argument &&
		       take_option(o, option_rows[i].kind, argument);
	}
	return false;
}

static bool parse(struct options *o, int argc, char **argv)
{
	bool words = false;

	for (int i = 1; i < argc; i++) {
		if (!words && !strcmp(argv[i], "--")) {
			words = true;
		} else if (!words && argv[i][0] == '-' && argv[i][1]) {
			if (!parse_option(o, argv, &i, argc))
				return false;
		} else if (o->operand_count < ARRAY_COUNT(o->operands)) {
			o->operands[o->operand_count++] = argv[i];
		} else {
			return false;
		}
	}
	return true;
}

/* Every option has an effect: those without one beside another are refused. */
static bool go_together(const struct options *o)
{
	const unsigned kinds = (unsigned)o->infer + o->prune + o->show + o->summarise;
	const bool reads = !o->show && !o->summarise;

	return kinds + o->json + o->calls <= 1 &&
	       (reads || (!o->start_count && !o->assume && !o->summary_count)) &&
	       (!o->output || !o->show);
}

struct check {
	struct options options;
	struct ambit_policy policy;
	struct program program;
	struct graph graph;
	struct reach reach, deep;
	struct comparison comparison;
	struct assumptions *assumptions;
	struct summaries summaries;
	struct buf notes; /* lines for the report */
	char from[256];
};

/* The functions of the program, or of a library, that have this name. */
static bool start_at(struct check *c, struct reach *r, const struct start *start)
{
	bool found = false;

	for (size_t i = 0; i < c->program.count && !found; i++) {
		const struct object *o = c->program.objects[i];

		for (size_t s = 0; s < o->symbols.count; s++) {
			const struct symbol *symbol = &o->symbols.at[s];
			uint32_t f;

			if (strcmp(symbol->name, start->function) != 0 ||
			    !is_code(&c->program, symbol->address))
				continue;
			f = graph_function(&c->graph, symbol->address);
			if (!start->after)
				reach_start(r, f);
			found = start->after ? reach_after(r, f) || found : true;
		}
	}
	return found;
}

static void start_whole(struct check *c, struct reach *r)
{
	r->whole = true;
	for (size_t i = 0; i < c->graph.roots.count; i++)
		reach_start(r, c->graph.roots.at[i]);
	for (size_t i = 0; i < c->graph.last.count; i++)
		reach_start(r, c->graph.last.at[i]);
}

static bool start_all(struct check *c, struct reach *r)
{
	for (size_t i = 0; i < c->options.start_count; i++) {
		const struct start *s = &c->options.starts[i];

		if (!start_at(c, r, s)) {
			(void)snprintf(c->from, sizeof(c->from),
				       s->after ? "no call of %s that comes back was found"
						: "there is no function %s",
				       s->function);
			return false;
		}
	}
	if (!c->options.start_count || r->all)
		start_whole(c, r);
	reach_run(r);
	return true;
}

static void name_start(struct check *c)
{
	const struct options *o = &c->options;
	char show[128];

	if (!o->start_count)
		(void)snprintf(c->from, sizeof(c->from), "its start");
	else
		(void)snprintf(c->from, sizeof(c->from), "%s%s%s",
			       o->starts[0].after ? "after " : "",
			       str_escape(show, sizeof(show), o->starts[0].function,
					  strlen(o->starts[0].function)),
			       o->start_count > 1 ? " and others" : "");
}

/* A draft and a summary stand beside no policy. */
static bool needs_policy(const struct options *o)
{
	return !o->infer && !o->summarise;
}

/* The program is the last operand. */
static const char *program_path(const struct check *c)
{
	return c->options.operands[needs_policy(&c->options) ? 1 : 0];
}

/* One of another build is used if the author says so, and then the answer says so. */
static enum ambit_code load_summary(struct check *c, const char *path, struct ambit_error *err)
{
	enum ambit_code code = summary_add(&c->summaries, path, err);
	struct summary *s;
	const char *library;
	bool force;

	if (code != AMBIT_OK)
		return code;
	s = c->summaries.at[c->summaries.count - 1];
	library = summary_library(s);
	force = assume_summary(c->assumptions, library);
	switch (summary_use(s, &c->program, force)) {
	case SUMMARY_FITS:
		buf_add_format(&c->notes, "summarised: %s, by %s\n", library, summary_path(s));
		break;
	case SUMMARY_NOT_NEEDED:
		buf_add_format(&c->notes, "not needed: %s of %s\n", summary_path(s), library);
		break;
	case SUMMARY_OTHER_BUILD:
		assume_summary_used(c->assumptions, library);
		buf_add_format(&c->notes,
			       force ? "assumed of another build: this %s does what %s says\n"
				     : "read: %s, for %s is of another build\n",
			       library, summary_path(s));
		break;
	}
	return AMBIT_OK;
}

/* Where the C library's tables end is only known by their symbols: the answer stands, but wider. */
static void note_symbols(struct check *c)
{
	for (size_t i = 0; i < c->program.count; i++) {
		const struct object *o = c->program.objects[i];

		if (!strcmp(o->name, "libc.so.6") && !o->symbol_table)
			buf_add_format(&c->notes,
				       "without symbols: %s; fewer system calls may be left with "
				       "them (Debian: libc6-dbg)\n",
				       o->name);
	}
}

static enum ambit_code load(struct check *c, struct ambit_error *err)
{
	enum ambit_code code = AMBIT_OK;

	if (c->options.asked)
		c->program.from_fd = 1 + c->options.by.program;
	if (needs_policy(&c->options))
		code = asked_policy(&c->policy, c->options.operands[0], err);
	if (code == AMBIT_OK && c->options.assume)
		code = assume_read(c->options.assume, &c->assumptions, err);
	if (code == AMBIT_OK)
		code = program_load(&c->program, program_path(c), err);
	if (code == AMBIT_OK)
		code = assume_load(c->assumptions, &c->program, err);
	for (size_t i = 0; code == AMBIT_OK && i < c->options.summary_count; i++)
		code = load_summary(c, c->options.summaries[i], err);
	if (code == AMBIT_OK) {
		program_link(&c->program);
		note_symbols(c);
	}
	return code;
}

/* Functions that were named but that nothing leads to are looked at as well. */
static void look_at_starts(struct check *c)
{
	for (size_t i = 0; i < c->options.start_count; i++)
		graph_add(&c->graph, c->options.starts[i].function);
}

static void print_calls(const struct check *c, struct buf *out)
{
	uint32_t numbers[1024];
	size_t count = report_calls(&c->deep, numbers, ARRAY_COUNT(numbers));

	for (size_t i = 0; i < count; i++) {
		const struct call_row *row = call_by_number(ARCH_X86_64, numbers[i]);

		buf_add_format(out, "%s\n", row ? row->name : "?");
	}
}

static int answer(struct check *c, struct buf *out)
{
	struct report report = {
		.comparison = &c->comparison,
		.deep = &c->deep,
		.program = program_path(c),
		.policy = c->options.infer ? "nothing" : c->options.operands[0],
		.from = c->from,
		.chains = c->options.chains,
		.notes = buf_text(&c->notes),
		.assumptions = c->assumptions,
	};
	const struct gap *gap;
	size_t dropped;

	c->comparison.graph = &c->graph;
	c->comparison.reach = &c->reach;
	c->comparison.policy = c->options.infer ? NULL : &c->policy;
	compare(&c->comparison);
	/* A draft and a list have comments. */
	if (c->options.infer || c->options.prune || c->options.calls)
		report_assumptions(&report, c->options.prune ? "" : "# ", out);
	if (c->options.infer) {
		draft_infer(&c->comparison, out);
		return report_gaps(&report, &gap, 1) ? STATUS_UNKNOWN : STATUS_WITHIN;
	}
	if (c->options.prune) {
		dropped = draft_prune(&c->comparison, &c->deep, out);
		if (report_gaps(&report, &gap, 1))
			return STATUS_UNKNOWN;
		return dropped ? STATUS_BEYOND : STATUS_WITHIN;
	}
	if (c->options.calls)
		print_calls(c, out);
	else if (c->options.json)
		report_json(&report, out);
	else
		report_text(&report, out);
	for (size_t i = 0; i < c->comparison.findings.count; i++)
		if (c->comparison.findings.at[i].fails)
			return STATUS_BEYOND;
	return report_gaps(&report, &gap, 1) ? STATUS_UNKNOWN : STATUS_WITHIN;
}

static int show(const char *path)
{
	AUTO_BUF struct buf out = { 0 };
	struct ambit_error err = { 0 };

	if (asked_show(path, &out, &err) != AMBIT_OK)
		return fail_error(&err);
	return fd_write_all(1, buf_text(&out), out.length) == 0
		       ? STATUS_WITHIN
		       : fail("cannot write the answer", NULL);
}

static bool write_answer(const struct check *c, const struct buf *out)
{
	AUTO_FD int file = -1;
	int fd = 1;

	if (c->options.output)
		fd = file = open(c->options.output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	return !out->failed && fd >= 0 && fd_write_all(fd, buf_text(out), out->length) == 0;
}

static int summarise_library(struct check *c, struct buf *out)
{
	char show[256];

	if (c->program.missing.count) {
		const char *name = c->program.missing.at[0];

		(void)snprintf(c->from, sizeof(c->from), "nothing has %s, which it needs",
			       str_escape(show, sizeof(show), name, strlen(name)));
		return fail(c->from, NULL);
	}
	summarise(&c->program, out);
	return write_answer(c, out) ? STATUS_WITHIN : fail("cannot write the answer", NULL);
}

static int run(struct check *c)
{
	struct ambit_error err = { 0 };
	AUTO_BUF struct buf out = { 0 };
	int status;

	if (load(c, &err) != AMBIT_OK)
		return fail_error(&err);
	if (c->options.summarise)
		return summarise_library(c, &out);
	graph_begin(&c->graph, &c->program);
	look_at_starts(c);
	assume_exports(c->assumptions, &c->graph);
	graph_build(&c->graph);
	assume_gaps(c->assumptions, &c->graph);
	if (assume_calls(c->assumptions, &c->graph, &err) != AMBIT_OK)
		return fail_error(&err);
	c->reach.graph = c->deep.graph = &c->graph;
	c->deep.deep = true;
	if (!start_all(c, &c->reach) || !start_all(c, &c->deep))
		return fail(c->from, NULL);
	name_start(c);
	status = answer(c, &out);
	return write_answer(c, &out) ? status : fail("cannot write the answer", NULL);
}

int main(int argc, char **argv)
{
	struct check c = { .options = { .chains = 1 } };
	int status;

	if (!parse(&c.options, argc, argv))
		return fail("this is not understood", "ambit check --help");
	if (c.options.help) {
		IGNORE_RESULT(fd_write_all(1, usage, sizeof(usage) - 1));
		return STATUS_WITHIN;
	}
	if (!go_together(&c.options))
		return fail("these options do not go together", "ambit check --help");
	if (c.options.asked && !asked_take(&c.options.by))
		return fail("the descriptors of --asked are not open", NULL);
	if (c.options.show && c.options.operand_count == 1)
		return show(c.options.operands[0]);
	if (c.options.operand_count != (needs_policy(&c.options) ? 2U : 1U))
		return fail("a policy and a program are needed", "ambit check POLICY PROGRAM");
	limit_all();
	store_begin();
	status = run(&c);
	compare_done(&c.comparison);
	reach_done(&c.reach);
	reach_done(&c.deep);
	graph_done(&c.graph);
	program_done(&c.program);
	policy_done(&c.policy);
	summaries_done(&c.summaries);
	buf_done(&c.notes);
	assume_free(c.assumptions);
	return status;
}
