/* SPDX-License-Identifier: ISC */
/*
 * policy.c - what it costs to read a policy: microseconds for ten lines, a hundred, each bundle
 *
 * Every round reads the text into a fresh policy and ends it; the minimum and the median of many
 * rounds are printed. Nothing is cached between rounds but what the processor caches.
 */
#include "../src/policy/policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../src/policy/bundle.h"

enum { ROUNDS = 2001, BATCH = 20 };

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

static void measure(const char *name, const char *text)
{
	static const struct text_origin from = { "bench", "/", "/root" };
	static uint64_t times[ROUNDS];
	size_t length = strlen(text);
	size_t grants = 0;

	for (int i = 0; i < ROUNDS; i++) {
		uint64_t begin = now_ns();

		for (int j = 0; j < BATCH; j++) {
			struct ambit_policy p = { 0 };

			if (policy_parse_text(&p, text, length, &from, NULL))
				exit(EXIT_FAILURE);
			grants = p.count;
			policy_done(&p);
		}
		times[i] = (now_ns() - begin) / BATCH;
	}
	qsort(times, ROUNDS, sizeof(times[0]), compare_u64);
	printf("%-24s %6zu grants %8.2f us minimum %8.2f us median\n", name, grants,
	       (double)times[0] / 1000, (double)times[ROUNDS / 2] / 1000);
}

int main(void)
{
	struct buf hundred = { 0 };
	const struct bundle *b;

	for (int i = 0; i < 100; i++) {
		static const char *const lines[] = { "read /usr/share/program-%d/data\n",
						     "write /var/lib/program-%d\n",
						     "connect tcp 10.1.%d.0/24 8000-8010\n",
						     "env VARIABLE_%d=\"some value\"\n",
						     "unix /run/program-%d/socket # comment\n" };

		char line[100];

		(void)snprintf(line, sizeof(line), lines[i % 5], i);
		buf_add_string(&hundred, line);
	}
	measure("ten lines, a bundle", ten);
	measure("ten lines, no bundle", strchr(ten, '\n') + 1);
	measure("hundred lines", buf_text(&hundred));
	for (size_t i = 0; (b = bundle_at(i)); i++) {
		char text[64];

		(void)snprintf(text, sizeof(text), "use %s\n", b->name);
		text[strlen(text) - 1] = '\0';
		measure(text, text);
	}
	buf_done(&hundred);
	return EXIT_SUCCESS;
}
