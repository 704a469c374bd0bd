/* SPDX-License-Identifier: ISC */
/* extreme.c - a picture on stdin, a small picture on stdout: see README.md */
#include <ambit.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "picture.h"

enum { MAX_IN = 16 << 20, MAX_OUT = 4 << 20, TIMEOUT_MS = 5000, WORKERS_MAX = 64 };
#define MEMORY ((uint64_t)512 << 20)

/* In a process of its own, made for this one picture: hostile bytes end here. */
static int shrink(const void *in, size_t length, struct ambit_reply *reply)
{
	struct picture picture = { 0 };
	unsigned char *png = NULL;
	size_t png_length = 0;
	int r = picture_decode(in, length, &picture);

	if (r == 0)
		r = picture_encode(&picture, &png, &png_length);
	if (r == 0 && ambit_reply_set(reply, png, png_length) < 0)
		r = PICTURE_TOO_LARGE;
	free(png);
	free(picture.pixels);
	return r;
}
AMBIT_WORKER(shrink)

/* What comes back is nobody's word: it has to begin and end as a PNG does. */
static bool is_png(const void *data, size_t length, void *argument)
{
	static const unsigned char head[8] = "\x89PNG\r\n\x1a\n", tail[8] = "IEND\xae\x42\x60\x82";

	(void)argument;
	return length >= sizeof(head) + sizeof(tail) && memcmp(data, head, sizeof(head)) == 0 &&
	       memcmp((const char *)data + length - sizeof(tail), tail, sizeof(tail)) == 0;
}

static void fail(const struct ambit_error *err)
{
	fprintf(stderr, "extreme: %s\n", err->text);
	if (err->hint[0])
		fprintf(stderr, "  hint: %s\n", err->hint);
}

/* A worker for each processor: each waits for its own pictures. */
static struct ambit_pool *begin(size_t workers)
{
	struct ambit_worker_options options = AMBIT_WORKER_OPTIONS_INIT;
	struct ambit_policy *policy = ambit_policy_new();
	struct ambit_pool *pool = NULL;
	struct ambit_error err;

	options.mode = AMBIT_FRESH;
	options.max_in = MAX_IN;
	options.max_out = MAX_OUT;
	/* compute: no files, no network, no new descriptors, no processes, and nothing to add. */
	if (ambit_use(policy, "compute", &err) != AMBIT_OK ||
	    ambit_limit_bytes(policy, AMBIT_MEMORY, MEMORY, &err) != AMBIT_OK ||
	    ambit_pool_new(policy, shrink, &options, workers, &pool, &err) != AMBIT_OK)
		fail(&err);
	ambit_policy_free(policy);
	return pool;
}

/* To @out when there is one. */
static bool convert(struct ambit_pool *pool, const void *in, size_t length, FILE *out)
{
	struct ambit_untrusted answer = AMBIT_UNTRUSTED_INIT;
	struct ambit_error err;
	const void *png = NULL;
	size_t png_length = 0;
	bool done = true;

	if (ambit_pool_call(pool, in, length, &answer, TIMEOUT_MS, &err) != AMBIT_OK ||
	    ambit_validate_with(&answer, is_png, NULL, &png, &png_length, &err) != AMBIT_OK) {
		fail(&err);
		done = false;
	} else if (out && fwrite(png, 1, png_length, out) != png_length) {
		perror("extreme: standard output");
		done = false;
	}
	ambit_untrusted_done(&answer);
	return done;
}

/* ---- many of the same, to see how fast it is ------------------------------------------------- */

struct race {
	struct ambit_pool *pool;
	const void *in;
	size_t length;
	atomic_long left;
};

static void *run(void *argument)
{
	struct race *race = argument;

	while (atomic_fetch_sub(&race->left, 1) > 0)
		if (!convert(race->pool, race->in, race->length, NULL))
			return race; /* not NULL: it failed */
	return NULL;
}

static double now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool repeat(struct race *race, size_t workers, long count)
{
	pthread_t threads[WORKERS_MAX];
	double begun = now();
	size_t started = 0;
	bool done = true;

	atomic_store(&race->left, count);
	while (started < workers && pthread_create(&threads[started], NULL, run, race) == 0)
		started++;
	for (size_t i = 0; i < started; i++) {
		void *failed = NULL;

		done &= pthread_join(threads[i], &failed) == 0 && !failed;
	}
	if (done && started)
		fprintf(stderr, "%.0f conversions a second\n", (double)count / (now() - begun));
	return done && started;
}

/* extreme [COUNT]: with a count the picture is converted so often more, and the rate is told. */
int main(int argc, char **argv)
{
	static unsigned char in[MAX_IN];
	size_t length = fread(in, 1, sizeof(in), stdin);
	const long count = argc > 1 ? strtol(argv[1], NULL, 10) : 0;
	const long processors = count > 0 ? sysconf(_SC_NPROCESSORS_ONLN) : 1;
	const size_t workers = processors < 1		  ? 1
			       : processors > WORKERS_MAX ? WORKERS_MAX
							  : (size_t)processors;
	struct race race = { .pool = begin(workers), .in = in, .length = length };
	bool done = race.pool && convert(race.pool, in, length, stdout);

	if (done && count > 0)
		done = repeat(&race, workers, count);
	ambit_pool_free(race.pool);
	return done ? EXIT_SUCCESS : EXIT_FAILURE;
}
