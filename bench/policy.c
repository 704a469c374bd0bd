/* SPDX-License-Identifier: ISC */
/*
 * policy.c - what it costs to read a policy, and to plan it: ten lines, a hundred, each bundle
 *
 * Every round reads the text into a fresh policy and ends it; where it says "and plan", a plan is
 * made of it too, for this host, of which what must be known is known before. The minimum and
 * the median of many rounds are printed. Nothing is cached between rounds but what the processor
 * caches.
 */
#include "../src/policy/policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../src/policy/bundle.h"
#include "../src/run/run.h"

enum { ROUNDS = 2001, BATCH = 20 };

enum { DIRECTORIES = 100 };

static const char ten[] = "use locale\n"
			  "read /usr/share/fonts /etc/fonts\n"
			  "write /var/cache/thumbs\n"
			  "exec /usr/bin/convert\n"
			  "connect tcp 192.0.2.7 443\n"
			  "listen tcp 8443\n"
			  "spawn\n"
			  "limit memory 256M\n"
			  "limit wall-time 30s\n"
			  "env LANG TERM HOME=/tmp\n";

static uint64_t now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

static int compare_u64(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static const struct text_origin from = { "bench", "/", "/root", false };

static void die(const char *what)
{
	fprintf(stderr, "bench/policy: %s\n", what);
	exit(EXIT_FAILURE);
}

static void parse(struct ambit_policy *p, const char *text, size_t length)
{
	struct ambit_error err = { 0 };

	if (policy_parse_text(p, text, length, &from, &err))
		die(err.text);
}

/* One round; the count of grants. With @host, what to plan for. */
static size_t once(const char *text, size_t length, const struct run *run)
{
	struct plan_layer layers[32];
	struct ambit_policy p = { 0 };
	struct ambit_plan plan = { 0 };
	struct ambit_error err = { 0 };
	size_t grants;

	parse(&p, text, length);
	for (size_t i = 0; run && i < layer_count; i++)
		layers[i] = (struct plan_layer){ layer_table[i].id, layer_table[i].plan };
	if (run && plan_build(&plan, &p, &run->host, run->program,
			      (struct plan_layers){ layers, layer_count }, &err))
		die(err.text);
	grants = p.count;
	if (run)
		plan_done(&plan);
	policy_done(&p);
	return grants;
}

static void measure(const char *name, const char *text, const struct run *run)
{
	static uint64_t times[ROUNDS];
	size_t length = strlen(text);
	size_t grants = 0;

	for (int i = 0; i < ROUNDS; i++) {
		uint64_t begin = now_ns();

		for (int j = 0; j < BATCH; j++)
			grants = once(text, length, run);
		times[i] = (now_ns() - begin) / BATCH;
	}
	qsort(times, ROUNDS, sizeof(times[0]), compare_u64);
	printf("%-30s %6zu grants %8.2f us minimum %8.2f us median\n", name, grants,
	       (double)times[0] / 1000, (double)times[ROUNDS / 2] / 1000);
}

/* Parse and plan, for this host. */
static void measure_plan(const char *name, const char *text)
{
	char program[] = "/bin/true";
	char *argv[] = { program, NULL };
	struct ambit_policy p = { 0 };
	struct ambit_error err = { 0 };
	struct run run;

	parse(&p, text, strlen(text));
	if (run_plan(&run, &p, argv, NULL, RUN_SPAWN, &err))
		die(err.text);
	measure(name, text, &run);
	run_done(&run);
	policy_done(&p);
}

static void hundred_lines(struct buf *text)
{
	static const struct {
		const char *before, *after;
	} lines[] = {
		{ "read /usr/share/program-", "/data" },
		{ "write /var/lib/program-", "" },
		{ "connect tcp 10.1.", ".0/24 8000-8010" },
		{ "env VARIABLE_", "=\"some value\"" },
		{ "unix /run/program-", "/socket # comment" },
	};

	for (size_t i = 0; i < 100; i++)
		buf_add_format(text, "%s%zu%s\n", lines[i % 5].before, i, lines[i % 5].after);
}

/* A hundred lines whose paths exist, for a plan wants them to: below @place. */
static void hundred_paths(struct buf *text, const char *place)
{
	static const char *const keywords[] = { "read", "write", "exec" };

	for (int i = 0; i < DIRECTORIES; i++) {
		char path[300];

		(void)snprintf(path, sizeof(path), "%s/%d", place, i);
		if (mkdir(path, 0755) != 0)
			die("cannot make a directory");
		buf_add_format(text, "%s %s\n", keywords[i % 3], path);
	}
}

static void remove_paths(const char *place)
{
	char path[300];

	for (int i = 0; i < DIRECTORIES; i++) {
		(void)snprintf(path, sizeof(path), "%s/%d", place, i);
		(void)rmdir(path);
	}
	(void)rmdir(place);
}

int main(void)
{
	static const char ten_to_plan[] = "use locale\n"
					  "read /usr/share /etc/passwd\n"
					  "write /var/tmp\n"
					  "exec /bin/sh\n"
					  "listen tcp 8443\n"
					  "spawn\n"
					  "limit open-files 64\n"
					  "limit wall-time 30s\n"
					  "env LANG TERM HOME=/tmp\n"
					  "tmp 16M\n";
	char place[] = "/var/tmp/ambit-bench-XXXXXX";
	struct buf hundred = { 0 }, to_plan = { 0 };
	const struct bundle *b;

	if (mkdtemp(place) == NULL)
		die("cannot make a directory");
	hundred_lines(&hundred);
	hundred_paths(&to_plan, place);
	measure("ten lines, a bundle", ten, NULL);
	measure("ten lines, no bundle", strchr(ten, '\n') + 1, NULL);
	measure("hundred lines", buf_text(&hundred), NULL);
	measure_plan("ten lines: parse and plan", ten_to_plan);
	measure_plan("hundred lines: parse and plan", buf_text(&to_plan));
	remove_paths(place);
	for (size_t i = 0; (b = bundle_at(i)); i++) {
		char text[64];

		(void)snprintf(text, sizeof(text), "use %s", b->name);
		measure(text, text, NULL);
	}
	buf_done(&hundred);
	buf_done(&to_plan);
	return EXIT_SUCCESS;
}
