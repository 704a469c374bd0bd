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

static uint32_t get32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* The first chunk: small, and of the one kind that picture_encode() makes. */
static bool is_header(const unsigned char *chunk, uint32_t length)
{
	static const unsigned char kind[5] = { 8, 2 };

	return memcmp(chunk, "IHDR", 4) == 0 && length == 13 &&
	       get32(chunk + 4) - 1 < PICTURE_SIDE_MAX && get32(chunk + 8) - 1 < PICTURE_SIDE_MAX &&
	       memcmp(chunk + 12, kind, sizeof(kind)) == 0;
}

static bool is_expected(const unsigned char *chunk)
{
	static const char kinds[][5] = { "sRGB", "IDAT", "IEND" };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (memcmp(chunk, kinds[i], 4) == 0)
			return true;
	return false;
}

/* Nobody's word: it has a small header, then chunks of known kinds, to the last byte. */
static bool is_png(const void *data, size_t length, void *argument)
{
	static const unsigned char head[8] = "\x89PNG\r\n\x1a\n";
	const unsigned char *p = (const unsigned char *)data + sizeof(head);
	bool first = true;

	(void)argument;
	if (length < sizeof(head) || memcmp(data, head, sizeof(head)) != 0)
		return false;
	for (size_t left = length - sizeof(head); left >= 12; first = false) {
		const uint32_t n = get32(p);

		if (n > left - 12 || !(first ? is_header(p + 4, n) : is_expected(p + 4)))
			return false;
		if (memcmp(p + 4, "IEND", 4) == 0)
			return left == 12;
		p += 12 + n;
		left -= 12 + n;
	}
	return false;
}

/* What shrink() returned, in words; that number is nobody's word either. */
static const char *reason(int number)
{
	static const char *const reasons[] = {
		[PICTURE_UNKNOWN] = "neither PNG nor JPEG",
		[PICTURE_BROKEN] = "a broken picture",
		[PICTURE_TOO_LARGE] = "a picture too large",
		[PICTURE_NO_MEMORY] = "a picture that needs more memory than its limit",
	};

	return number > 0 && number < (int)(sizeof(reasons) / sizeof(*reasons)) ? reasons[number]
										: "no answer";
}

static void fail(const struct ambit_error *err)
{
	if (err->code == AMBIT_E_WORKER)
		fprintf(stderr, "extreme: %s\n", reason(err->sys_errno));
	else
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
	struct race race = { .in = in, .length = length };
	bool done;

	if (ferror(stdin) || (length == sizeof(in) && getc(stdin) != EOF)) {
		fprintf(stderr, "extreme: the input cannot be read, or has more than %d bytes\n",
			MAX_IN);
		return EXIT_FAILURE;
	}
	race.pool = begin(workers);
	done = race.pool && convert(race.pool, in, length, stdout);
	if (done && count > 0)
		done = repeat(&race, workers, count);
	ambit_pool_free(race.pool);
	return done ? EXIT_SUCCESS : EXIT_FAILURE;
}
