/* SPDX-License-Identifier: ISC */
/*
 * calls.c - what a system call costs inside a jail, against none
 *
 *	calls [-n ROUNDS] [-u] [-f] BUILD AMBIT POLICIES
 *
 * Starts calls-inside in every jail once a round, shuffled, and prints ns per call, minimum
 * and median over the rounds, and the median of the ratios to the bare run of the same round.
 * -u runs as uid 65534, -f under SCHED_FIFO. The second bare row shows the noise.
 */
#include <sys/mman.h>

#include "launch.h"

enum { JAILS = 16, KINDS = 3, ROUNDS_MOST = 1000 };

static const char *const kinds[KINDS] = { "getppid", "openat+close", "pread(1)" };

static const struct {
	const char *name, *command;
} known[] = {
	{ "bare", "%t" },
	{ "bare again", "%t" },
	{ "floor a", "%f a %t" },
	{ "floor b", "%f b %t" },
	{ "ambit a", "%A run -p %p/a.ambit -- %t" },
	{ "ambit b", "%A run -p %p/b.ambit -- %t" },
	{ "ambit c", "%A run -p %p/c.ambit -- %t" },
	{ "bwrap, no filter", "bwrap --unshare-all --die-with-parent " BWRAP_VIEW },
	{ "unshare -Ur", "unshare -Ur %t" },
	{ "firejail --noprofile --seccomp", "firejail --quiet --noprofile --seccomp %t" },
};

struct jail {
	const char *name;
	char *words[WORDS];
	double ns[KINDS][ROUNDS_MOST];
};

struct bench {
	size_t rounds, count;
	struct jail *jails;
};

/* One run inside @j; its three figures, or false. */
static bool inside(const struct jail *j, double *ret_ns)
{
	char text[256] = { 0 };
	int file = memfd_create("figures", MFD_CLOEXEC);

	if (file < 0)
		die("no memory");
	double us = launch(j->words, file);
	ssize_t n = pread(file, text, sizeof(text) - 1, 0);
	close(file);
	if (us < 0 || n <= 0)
		return false;
	char *at = text;
	for (size_t k = 0; k < KINDS; k++) {
		char *end = at;
		ret_ns[k] = strtod(at, &end) / 10;
		if (end == at)
			return false;
		at = end;
	}
	return true;
}

static void measure(struct bench *b)
{
	size_t order[JAILS];
	uint64_t seed = 88172645463325252U;
	double ns[KINDS];

	for (size_t i = 0; i < b->count; i++)
		order[i] = i;
	for (size_t round = 0; round < b->rounds; round++) {
		shuffle(order, b->count, &seed);
		for (size_t i = 0; i < b->count; i++) {
			struct jail *j = &b->jails[order[i]];
			if (!inside(j, ns))
				die("a jail that worked fails now");
			for (size_t k = 0; k < KINDS; k++)
				j->ns[k][round] = ns[k];
		}
	}
}

static void print_cell(const struct bench *b, const struct jail *j, size_t kind)
{
	double sorted[ROUNDS_MOST], ratios[ROUNDS_MOST];

	for (size_t i = 0; i < b->rounds; i++) {
		sorted[i] = j->ns[kind][i];
		ratios[i] = j->ns[kind][i] / b->jails[0].ns[kind][i];
	}
	qsort(sorted, b->rounds, sizeof(double), by_size);
	qsort(ratios, b->rounds, sizeof(double), by_size);
	printf("  %7.1f %7.1f %5.2f", sorted[0], sorted[b->rounds / 2], ratios[b->rounds / 2]);
}

static void print(const struct bench *b)
{
	printf("%-32s", "ns: min, median, ratio");
	for (size_t k = 0; k < KINDS; k++)
		printf("  %21s", kinds[k]);
	putchar('\n');
	for (size_t i = 0; i < b->count; i++) {
		printf("%-32s", b->jails[i].name);
		for (size_t k = 0; k < KINDS; k++)
			print_cell(b, &b->jails[i], k);
		putchar('\n');
	}
}

static void prepare(struct bench *b, const struct places *places)
{
	double ns[KINDS];

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		struct jail *j = &b->jails[b->count];
		j->name = known[i].name;
		split(places, known[i].command, j->words);
		if (inside(j, ns))
			b->count++;
		else
			printf("left out, does not run here: %s\n", known[i].name);
	}
}

int main(int argc, char **argv)
{
	struct bench b = { .rounds = 20 };
	bool nobody = false;

	for (int o; (o = getopt(argc, argv, "n:uf")) != -1;) {
		if (o == 'n')
			b.rounds = strtoul(optarg, NULL, 10);
		else if (o == 'u')
			nobody = true;
		else if (o == 'f')
			real_time();
		else
			die("unknown option");
	}
	if (argc - optind != 3 || b.rounds == 0 || b.rounds > ROUNDS_MOST)
		die("wants BUILD AMBIT POLICIES, and 1 to 1000 rounds");
	b.jails = calloc(JAILS, sizeof(*b.jails));
	if (b.jails == NULL)
		die("no memory");
	if (nobody)
		become_nobody();
	const struct places places = { argv[optind], argv[optind + 1], argv[optind + 2],
				       "/calls-inside" };
	prepare(&b, &places);
	if (b.count == 0)
		die("nothing runs here");
	measure(&b);
	printf("%s, %zu rounds\n", nobody ? "uid 65534" : "root", b.rounds);
	print(&b);
	return 0;
}
