/* SPDX-License-Identifier: ISC */
/*
 * main.c - rules from a system log, read by processes that can do nothing else: see README.md
 *
 *	syslogparse [-j PROCESSES] LOG DIRECTORY
 *
 * LOG is a file, or - for what comes in on standard input.
 */
#include "syslogparse.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SCANNERS_MAX = 64, SHARE_MIN = 1 << 20, END_MS = 10000 };

struct options {
	const char *log_path, *directory_path;
	int scanners;
	int log, directory;
	off_t size; /* of the log; the greatest number for what has none */
};

static _Noreturn void fail(const char *what, const char *why)
{
	fprintf(stderr, "syslogparse: %s: %s\n", what, why);
	exit(EXIT_FAILURE);
}

static void check(enum ambit_code code, const struct ambit_error *err)
{
	if (code != AMBIT_OK) {
		fprintf(stderr, "syslogparse: %s\n  hint: %s\n", err->text, err->hint);
		exit(EXIT_FAILURE);
	}
}

static const char *name_of(int scanner)
{
	static char name[32];

	(void)snprintf(name, sizeof(name), "scanner%d", scanner);
	return name;
}

/* ---- the scanners -------------------------------------------------------------------------- */

/* The log, open for reading, and which part of it: that is all, and memory for its table. */
static void add_scanner(struct ambit_group *g, const struct options *o, int i)
{
	const off_t share = o->size / o->scanners;
	struct ambit_process_options options = AMBIT_PROCESS_OPTIONS_INIT;
	struct ambit_policy *policy = ambit_policy_new();
	struct ambit_error err;
	char rights[256];
	int n = snprintf(
		rights, sizeof(rights),
		"fd %d read\nlimit memory 256M\nenv LOG_FD=%d SHARE_BEGIN=%lld SHARE_END=%lld\n",
		o->log, o->log, (long long)share * i,
		(long long)(i == o->scanners - 1 ? o->size : share * (i + 1)));

	options.may_finish = true;
	check(ambit_policy_parse(policy, rights, (size_t)n, "scanner", &err), &err);
	check(ambit_group_add(g, name_of(i), policy, scan, &options, &err), &err);
	check(ambit_group_connect(g, name_of(i), AMBIT_CALLER, &scanner_to_caller, &err), &err);
	ambit_policy_free(policy);
}

/* Who has said that it is done ends soon, and by itself. */
static bool all_finish(struct ambit_group *g, struct ambit_error *err)
{
	struct ambit_group_event event = AMBIT_GROUP_EVENT_INIT;

	do {
		if (ambit_group_wait(g, END_MS, &event, err) != AMBIT_OK)
			return false;
	} while (event.kind != AMBIT_GROUP_ENDED);
	return event.exit_code == 0;
}

/* One that fails spoils it all: half of a log is no basis for rules. */
static bool collect(const struct options *o, struct table *rules, int64_t sums[SUMS])
{
	struct ambit_group *g = ambit_group_new();
	struct ambit_error err;
	bool ok = true;

	for (int i = 0; i < o->scanners; i++)
		add_scanner(g, o, i);
	check(ambit_group_start(g, &err), &err);
	for (int i = 0; ok && i < o->scanners; i++) {
		ok = receive_all(ambit_group_channel(g, name_of(i)), rules, sums, &err);
		if (!ok)
			fprintf(stderr, "syslogparse: %s: %s\n", name_of(i), err.text);
	}
	if (ok && !all_finish(g, &err)) {
		fprintf(stderr, "syslogparse: a scanner has not ended as it should\n");
		ok = false;
	}
	ambit_group_free(g);
	return ok;
}

/* ---- what is around them ------------------------------------------------------------------- */

static void open_both(struct options *o)
{
	struct stat st;

	o->log = strcmp(o->log_path, "-") == 0 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
					       : open(o->log_path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (o->log < 0 || fstat(o->log, &st) < 0)
		fail(o->log_path, strerror(errno));
	o->directory = open(o->directory_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (o->directory < 0)
		fail(o->directory_path, strerror(errno));
	o->size = S_ISREG(st.st_mode) ? st.st_size : INT64_MAX;
	if (!S_ISREG(st.st_mode))
		o->scanners = 1;
	else if (o->size / SHARE_MIN < o->scanners)
		o->scanners = 1 + (int)(o->size / SHARE_MIN);
}

static void read_options(struct options *o, int argc, char **argv)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	for (int c; (c = getopt(argc, argv, "j:")) != -1;) {
		if (c != 'j')
			exit(EXIT_FAILURE);
		n = strtol(optarg, NULL, 10);
	}
	if (argc - optind != 2 || n < 1)
		fail("usage", "syslogparse [-j PROCESSES] LOG DIRECTORY");
	o->scanners = n < SCANNERS_MAX ? (int)n : SCANNERS_MAX;
	o->log_path = argv[optind];
	o->directory_path = argv[optind + 1];
}

int main(int argc, char **argv)
{
	int64_t sums[SUMS] = { 0 };
	struct options o;
	struct table rules;
	bool ok;

	read_options(&o, argc, argv);
	open_both(&o);
	take_over(NULL, o.log);
	if (!table_init(&rules))
		fail("memory", strerror(ENOMEM));
	ok = collect(&o, &rules, sums);
	if (ok) {
		table_sort(&rules);
		ok = write_all(o.directory, &rules);
		if (!ok)
			fprintf(stderr, "syslogparse: %s: %s\n", o.directory_path, strerror(errno));
	}
	if (ok) {
		printf("%zu rules", rules.count);
		for (int i = 0; i < SUMS; i++)
			printf(", %lld %s", (long long)sums[i], sum_names[i]);
		printf("\n");
	}
	table_done(&rules);
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
