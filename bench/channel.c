/* SPDX-License-Identifier: ISC */
/*
 * channel.c - what a message of a channel costs, against bare sockets
 *
 *	channel [ROUNDS]
 *
 * A message goes to another process and one of the same kind comes back. The floor is the same
 * number of bytes over a SOCK_SEQPACKET pair, between this program and one it forked, by send and
 * recv. Both are timed in turn, ROUNDS times; minimum and median in µs, ratio of the medians: with
 * the other side on this processor, and on another. Which pages two processes got stays with them,
 * so there are several pairs, each made anew, and of their figures the median is shown.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <ambit.h>

#include "place.h"

enum { ROUNDS_MOST = 20000, LARGE = 64 << 10, PAIRS = 5 };

static const struct ambit_field small_fields[] = {
	{ "number", AMBIT_FIELD_INTEGER, 0, INT64_MAX },
	{ "name", AMBIT_FIELD_TEXT, 0, 64 },
	{ "data", AMBIT_FIELD_BYTES, 0, 256 },
};
static const struct ambit_field large_fields[] = { { "data", AMBIT_FIELD_BYTES, 0, LARGE } };
static const struct ambit_message_type small = AMBIT_MESSAGE("small", small_fields);
static const struct ambit_message_type large = AMBIT_MESSAGE("large", large_fields);
static const struct ambit_permit both[] = {
	{ &small, AMBIT_ANY_PHASE, AMBIT_UNLIMITED, AMBIT_UNLIMITED },
	{ &large, AMBIT_ANY_PHASE, AMBIT_UNLIMITED, AMBIT_UNLIMITED },
};
static const struct ambit_channel_protocol protocol = AMBIT_TWO_WAYS(both, both);

static void die(const char *what)
{
	fprintf(stderr, "channel: %s\n", what);
	exit(1);
}

static char data[LARGE];

/* 256 bytes in all: a header of 8, the number, twice length and NUL, 30 of text, the rest. */
static enum ambit_code send_small(struct ambit_channel *c)
{
	ambit_channel_begin(c, "small");
	ambit_channel_put_integer(c, "number", 42);
	ambit_channel_put_text(c, "name", "the name of something in thirty");
	ambit_channel_put_bytes(c, "data", data, 256 - 8 - 8 - 2 * 5 - 31);
	return ambit_channel_send(c, -1, NULL);
}

static enum ambit_code send_large(struct ambit_channel *c)
{
	ambit_channel_begin(c, "large");
	ambit_channel_put_bytes(c, "data", data, LARGE);
	return ambit_channel_send(c, -1, NULL);
}

static int echo(struct ambit_process *self)
{
	struct ambit_channel *c = ambit_process_channel(self, AMBIT_CALLER);

	while (ambit_channel_receive(c, 10000, NULL) == AMBIT_OK)
		if ((ambit_channel_message(c)[0] == 's' ? send_small : send_large)(c) != AMBIT_OK)
			return 1;
	return 0;
}
AMBIT_PROCESS(echo)

static struct ambit_channel *channel;

static void small_there_and_back(void)
{
	const char *text;
	int64_t number;

	if (send_small(channel) != AMBIT_OK ||
	    ambit_channel_receive(channel, 10000, NULL) != AMBIT_OK ||
	    ambit_channel_get_integer(channel, "number", &number, NULL) != AMBIT_OK ||
	    ambit_channel_get_text(channel, "name", &text, NULL) != AMBIT_OK)
		die("no answer");
}

static void large_there_and_back(void)
{
	if (send_large(channel) != AMBIT_OK ||
	    ambit_channel_receive(channel, 10000, NULL) != AMBIT_OK)
		die("no answer");
}

/* ---- the floor ----------------------------------------------------------------------------- */

static int bare;
static pid_t partner;

static void floor_begin(void)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds) < 0)
		die("no sockets");
	bare = fds[0];
	partner = fork();
	if (partner == 0) {
		prctl(PR_SET_PDEATHSIG, 9);
		for (;;) {
			ssize_t n = recv(fds[1], data, LARGE, 0);

			if (n <= 0 || send(fds[1], data, (size_t)n, 0) != n)
				_exit(0);
		}
	}
	close(fds[1]);
}

static void floor_end(void)
{
	close(bare);
	kill(partner, SIGKILL);
	waitpid(partner, NULL, 0);
}

static void floor_of(size_t length)
{
	if (send(bare, data, length, 0) != (ssize_t)length ||
	    recv(bare, data, LARGE, 0) != (ssize_t)length)
		die("no answer of the floor");
}

static void floor_small(void)
{
	floor_of(256);
}

static void floor_large(void)
{
	floor_of(LARGE);
}

/* ---- rows ---------------------------------------------------------------------------------- */

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static double times[2][ROUNDS_MOST];

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

struct row {
	const char *name;
	double min[2][PAIRS], median[2][PAIRS], ratio[PAIRS];
};

static void measure(struct row *row, int pair, size_t rounds, void (*ours)(void),
		    void (*theirs)(void))
{
	for (size_t i = 0; i < rounds; i++)
		for (int side = 0; side < 2; side++) {
			double before = now_us();

			(side ? theirs : ours)();
			times[side][i] = now_us() - before;
		}
	for (int side = 0; side < 2; side++) {
		qsort(times[side], rounds, sizeof(double), by_value);
		row->min[side][pair] = times[side][0];
		row->median[side][pair] = times[side][rounds / 2];
	}
	row->ratio[pair] = row->median[0][pair] / row->median[1][pair];
}

static double middle(double values[PAIRS])
{
	qsort(values, PAIRS, sizeof(double), by_value);
	return values[PAIRS / 2];
}

static void print(struct row *row)
{
	printf("%-28s %9.2f %9.2f %9.2f %9.2f %7.2f\n", row->name, middle(row->min[0]),
	       middle(row->median[0]), middle(row->min[1]), middle(row->median[1]),
	       middle(row->ratio));
}

/* The other side, ours and the floor's, on processor @other; this one on the first. */
static void measure_pair(struct row rows[2], int pair, size_t rounds, int other)
{
	struct ambit_policy *policy = ambit_policy_new();
	struct ambit_group *group = ambit_group_new();
	struct ambit_error err = { 0 };

	stay_on(other);
	if (ambit_group_add(group, "echo", policy, echo, NULL, &err) != AMBIT_OK ||
	    ambit_group_connect(group, AMBIT_CALLER, "echo", &protocol, &err) != AMBIT_OK ||
	    ambit_group_start(group, &err) != AMBIT_OK)
		die(err.text);
	channel = ambit_group_channel(group, "echo");
	floor_begin();
	stay_on(0);
	measure(&rows[0], pair, rounds, small_there_and_back, floor_small);
	measure(&rows[1], pair, rounds / 4, large_there_and_back, floor_large);
	floor_end();
	ambit_group_free(group);
	ambit_policy_free(policy);
	stay_on(-1);
}

static void placed_rows(size_t rounds, int other, const char *small_name, const char *large_name)
{
	struct row rows[2] = { { .name = small_name }, { .name = large_name } };

	for (int pair = 0; pair < PAIRS; pair++)
		measure_pair(rows, pair, rounds / PAIRS, other);
	print(&rows[0]);
	print(&rows[1]);
}

int main(int argc, char **argv)
{
	size_t rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : 5000;

	rounds = rounds < 20 || rounds > ROUNDS_MOST ? 5000 : rounds;
	printf("%-28s %9s %9s %9s %9s %7s\n", "µs", "min", "median", "floor min", "median",
	       "ratio");
	placed_rows(rounds, 0, "256 B, one processor", "64 KiB, one processor");
	placed_rows(rounds, 1, "256 B, two processors", "64 KiB, two processors");
	return 0;
}
