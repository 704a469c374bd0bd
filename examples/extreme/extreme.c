/* SPDX-License-Identifier: ISC */
/* extreme.c - a picture on stdin, a small picture on stdout: see README.md */
#include <ambit.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "picture.h"

enum { MAX_IN = 16 << 20, MAX_OUT = 4 << 20, TIMEOUT_MS = 5000 };

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

static struct ambit_worker *begin(void)
{
	struct ambit_worker_options options = AMBIT_WORKER_OPTIONS_INIT;
	struct ambit_policy *policy = ambit_policy_new();
	struct ambit_worker *worker = NULL;
	struct ambit_error err;

	options.mode = AMBIT_FRESH;
	options.max_in = MAX_IN;
	options.max_out = MAX_OUT;
	/* compute: no files, no network, no new descriptors, no processes, and nothing to add. */
	if (ambit_use(policy, "compute", &err) != AMBIT_OK ||
	    ambit_worker_new(policy, shrink, &options, &worker, &err) != AMBIT_OK)
		fail(&err);
	ambit_policy_free(policy);
	return worker;
}

static int convert(struct ambit_worker *worker, const void *in, size_t length, bool write_it)
{
	struct ambit_untrusted answer = AMBIT_UNTRUSTED_INIT;
	struct ambit_error err;
	const void *png = NULL;
	size_t png_length = 0;
	int status = EXIT_SUCCESS;

	if (ambit_call(worker, in, length, &answer, TIMEOUT_MS, &err) != AMBIT_OK ||
	    ambit_validate_with(&answer, is_png, NULL, &png, &png_length, &err) != AMBIT_OK) {
		fail(&err);
		status = EXIT_FAILURE;
	} else if (write_it && fwrite(png, 1, png_length, stdout) != png_length) {
		perror("extreme: standard output");
		status = EXIT_FAILURE;
	}
	ambit_untrusted_done(&answer);
	return status;
}

static double now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* extreme [COUNT]: with a count the picture is converted so often, and the rate is told. */
int main(int argc, char **argv)
{
	static unsigned char in[MAX_IN];
	size_t length = fread(in, 1, sizeof(in), stdin);
	const long count = argc > 1 ? strtol(argv[1], NULL, 10) : 1;
	struct ambit_worker *worker = begin();
	int status = EXIT_SUCCESS;
	double begun = now();

	if (!worker)
		return EXIT_FAILURE;
	for (long i = 0; i < count && status == EXIT_SUCCESS; i++)
		status = convert(worker, in, length, i == 0);
	if (count > 1)
		fprintf(stderr, "%.0f conversions a second\n", (double)count / (now() - begun));
	ambit_worker_free(worker);
	return status;
}
