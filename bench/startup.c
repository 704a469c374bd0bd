/* SPDX-License-Identifier: ISC */
/*
 * startup.c - what starting a confined program costs, ambit beside the floor and its peers
 *
 *	startup [-n ROUNDS] [-u] [-f] [-g GROUPS] [-c NAME=COMMAND]... BUILD AMBIT POLICIES
 *
 * Runs every launcher once a round, in an order shuffled anew, from posix_spawn to the end of
 * wait4, and prints minimum, median and 99th percentile in microseconds, and the ratios of
 * minimum and of median to the floor and to bubblewrap of the same group. The target does
 * nothing and has no libc. A launcher that is missing or fails is left out, and that is said.
 *
 * -u runs as uid 65534, -f under SCHED_FIFO, -g picks groups (of "-abco"), -c adds a row to
 * group o; its words may hold the placeholders of the table.
 */
#include "launch.h"

enum { ROWS = 64, SLOW_EVERY = 10 };

struct row {
	char group; /* '-' without confinement, a b c as floor.c has them, o other */
	char role;  /* F the floor of its group, B bubblewrap, s slow: fewer rounds */
	const char *name;
	const char *command;
};

static const struct row known[] = {
	{ '-', ' ', "posix_spawn", "%t" },
	{ 'a', 'F', "floor a", "%f a %t" },
	{ 'a', ' ', "floor a, plain filter", "%f -p a %t" },
	{ 'a', ' ', "floor a, asking", "%f -q a %t" },
	{ 'a', ' ', "ambit a", "%A run -p %p/a.ambit -- %t" },
	{ 'a', ' ', "setpriv --no-new-privs", "setpriv --no-new-privs %t" },
	{ 'b', 'F', "floor b", "%f b %t" },
	{ 'b', ' ', "floor b, cheaper ways", "%f -w x b %t" },
	{ 'b', ' ', "ambit b", "%A run -p %p/b.ambit -- %t" },
	{ 'b', 'B', "bwrap, no filter", "bwrap --unshare-all --die-with-parent " BWRAP_VIEW },
	{ 'b', ' ', "unshare -Urpfniu", "unshare -Urpfniu --mount-proc %t" },
	{ 'c', 'F', "floor c", "%f c %t" },
	{ 'c', ' ', "floor c, cheaper ways", "%f -w x c %t" },
	{ 'c', ' ', "ambit c", "%A run -p %p/c.ambit -- %t" },
	{ 'c', 'B', "bwrap, host network",
	  "bwrap --unshare-all --share-net --die-with-parent " BWRAP_VIEW },
	{ 'o', ' ', "unshare -Ur", "unshare -Ur %t" },
	{ 'o', 's', "firejail --noprofile", "firejail --quiet --noprofile %t" },
	{ 'o', 's', "firejail --noprofile --seccomp", "firejail --quiet --noprofile --seccomp %t" },
};

struct run {
	struct row row;
	char *words[WORDS];
	double *us;
	size_t count;
};

struct bench {
	size_t rounds, count;
	const char *groups;
	struct places places;
	struct run runs[ROWS];
};

static void add(struct bench *b, struct row row)
{
	struct run *r = &b->runs[b->count];

	if (b->count == ROWS)
		die("too many rows");
	if (strchr(b->groups, row.group) == NULL)
		return;
	r->row = row;
	split(&b->places, row.command, r->words);
	r->us = calloc(b->rounds, sizeof(*r->us));
	if (r->us == NULL)
		die("no memory");
	/* Twice: the first may have to read files. */
	if (launch(r->words, -1) < 0 || launch(r->words, -1) < 0) {
		printf("left out, does not run here: %s\n", row.name);
		return;
	}
	b->count++;
}

static void measure(struct bench *b)
{
	size_t order[ROWS];
	uint64_t seed = 88172645463325252U;

	for (size_t i = 0; i < b->count; i++)
		order[i] = i;
	for (size_t round = 0; round < b->rounds; round++) {
		shuffle(order, b->count, &seed);
		for (size_t i = 0; i < b->count; i++) {
			struct run *r = &b->runs[order[i]];
			if (r->row.role == 's' && round % SLOW_EVERY != 0)
				continue;
			double us = launch(r->words, -1);
			if (us >= 0)
				r->us[r->count++] = us;
		}
	}
}

static const struct run *in_role(const struct bench *b, char group, char role)
{
	for (size_t i = 0; i < b->count; i++)
		if (b->runs[i].row.group == group && b->runs[i].row.role == role)
			return &b->runs[i];
	return NULL;
}

static void print_ratio(const struct run *r, const struct run *to)
{
	if (to == NULL || to->count == 0)
		printf("         -   ");
	else
		printf("  %4.2f / %4.2f", r->us[0] / to->us[0],
		       r->us[r->count / 2] / to->us[to->count / 2]);
}

static void print(struct bench *b)
{
	for (size_t i = 0; i < b->count; i++)
		qsort(b->runs[i].us, b->runs[i].count, sizeof(double), by_size);
	printf("%-34s %8s %8s %8s  %11s  %11s\n%-34s %8s %8s %8s  %11s  %11s\n", "", "min",
	       "median", "p99", "to floor", "to bwrap", "us", "", "", "", "min / med", "min / med");
	char group = '\0';
	for (size_t i = 0; i < b->count; i++) {
		const struct run *r = &b->runs[i];
		if (r->count == 0)
			continue;
		if (group != '\0' && r->row.group != group)
			putchar('\n');
		group = r->row.group;
		printf("%-34s %8.0f %8.0f %8.0f", r->row.name, r->us[0], r->us[r->count / 2],
		       r->us[r->count * 99 / 100]);
		print_ratio(r, in_role(b, group, 'F'));
		print_ratio(r, in_role(b, group, 'B'));
		putchar('\n');
	}
}

static struct row extra_row(char *text)
{
	char *equals = strchr(text, '=');

	if (equals == NULL)
		die("-c wants NAME=COMMAND");
	*equals = '\0';
	return (struct row){ 'o', ' ', text, equals + 1 };
}

int main(int argc, char **argv)
{
	static struct bench b = { .rounds = 400, .groups = "-abco" };
	struct row extra[ROWS];
	size_t extra_count = 0;
	bool nobody = false;

	for (int o; (o = getopt(argc, argv, "n:ufg:c:")) != -1;) {
		if (o == 'n')
			b.rounds = strtoul(optarg, NULL, 10);
		else if (o == 'u')
			nobody = true;
		else if (o == 'f')
			real_time();
		else if (o == 'g')
			b.groups = optarg;
		else if (o == 'c' && extra_count < ROWS)
			extra[extra_count++] = extra_row(optarg);
		else
			die("unknown option");
	}
	if (argc - optind != 3 || b.rounds == 0)
		die("wants BUILD AMBIT POLICIES");
	b.places = (struct places){ argv[optind], argv[optind + 1], argv[optind + 2], "/target" };
	if (nobody)
		become_nobody();
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		add(&b, known[i]);
	for (size_t i = 0; i < extra_count; i++)
		add(&b, extra[i]);
	measure(&b);
	printf("%s, %zu rounds\n", nobody ? "uid 65534" : "root", b.rounds);
	print(&b);
	return 0;
}
