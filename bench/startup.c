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
#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <sched.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { WORDS = 64, ROWS = 64, SLOW_EVERY = 10, NOBODY = 65534 };

/* In commands: %t target, %f floor, %b its directory, %A ambit, %p directory of policies. */
#define BWRAP_VIEW                                                                                 \
	"--ro-bind /usr /usr --symlink usr/lib /lib --symlink usr/lib64 /lib64 --symlink "         \
	"usr/bin /bin --proc /proc --dev /dev --tmpfs /tmp --ro-bind %b /bench --chdir / "         \
	"--new-session /bench/target"

struct row {
	char group; /* '-' without confinement, a b c as floor.c has them, o other */
	char role;  /* F the floor of its group, B bubblewrap, s slow: fewer rounds */
	const char *name;
	const char *command;
};

static const struct row known[] = {
	{ '-', ' ', "posix_spawn", "%t" },
	{ 'a', 'F', "floor a", "%f a %t" },
	{ 'a', ' ', "floor a, cheaper ways", "%f -w x a %t" },
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
	{ 'o', 's', "firejail --noprofile --seccomp",
	  "firejail --quiet --noprofile --seccomp %t" },
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
	const char *build, *ambit, *policies;
	struct run runs[ROWS];
};

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void __attribute__((noreturn)) die(const char *what)
{
	fprintf(stderr, "startup: %s\n", what);
	exit(1);
}

/* One word of a command with its placeholders filled in. */
static char *fill(const struct bench *b, const char *word, size_t length)
{
	char text[PATH_MAX];
	size_t n = 0;

	for (size_t i = 0; i < length && n < sizeof(text); i++) {
		const char *value = NULL;
		const char *tail = "";
		if (word[i] == '%' && i + 1 < length) {
			const char c = word[++i];
			value = c == 'A' ? b->ambit : c == 'p' ? b->policies : b->build;
			tail = c == 't' ? "/target" : c == 'f' ? "/floor" : "";
		}
		if (value != NULL)
			n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s", value, tail);
		else
			text[n++] = word[i];
	}
	if (n >= sizeof(text))
		die("a path is too long");
	return strndup(text, n);
}

static void split(const struct bench *b, const char *command, char **words)
{
	size_t count = 0;

	while (*command != '\0' && count + 1 < WORDS) {
		size_t length = strcspn(command, " ");
		words[count++] = fill(b, command, length);
		command += length;
		command += strspn(command, " ");
	}
	words[count] = NULL;
}

/* Microseconds of one launch; below 0 when it did not end well. */
static double launch(char *const *words)
{
	char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
	char home[] = "HOME=/tmp";
	char *env[] = { path, home, NULL };
	pid_t child;
	int status;
	double start = now_us();

	if (posix_spawnp(&child, words[0], NULL, NULL, words, env) != 0)
		return -1;
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	double end = now_us();
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? end - start : -1;
}

static void add(struct bench *b, struct row row)
{
	struct run *r = &b->runs[b->count];

	if (b->count == ROWS)
		die("too many rows");
	if (strchr(b->groups, row.group) == NULL)
		return;
	r->row = row;
	split(b, row.command, r->words);
	r->us = calloc(b->rounds, sizeof(*r->us));
	if (r->us == NULL)
		die("no memory");
	/* Twice: the first may have to read files. */
	if (launch(r->words) < 0 || launch(r->words) < 0) {
		printf("left out, does not run here: %s\n", row.name);
		return;
	}
	b->count++;
}

static void shuffle(size_t *order, size_t count, uint64_t *seed)
{
	for (size_t i = count; i > 1; i--) {
		*seed ^= *seed << 13;
		*seed ^= *seed >> 7;
		*seed ^= *seed << 17;
		size_t j = *seed % i;
		size_t other = order[i - 1];
		order[i - 1] = order[j];
		order[j] = other;
	}
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
			double us = launch(r->words);
			if (us >= 0)
				r->us[r->count++] = us;
		}
	}
}

static int by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
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
	printf("%-34s %8s %8s %8s  %11s  %11s\n%-34s %8s %8s %8s  %11s  %11s\n", "", "min", "median",
	       "p99", "to floor", "to bwrap", "us", "", "", "", "min / med", "min / med");
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

static void become_nobody(void)
{
	if (setgroups(0, NULL) != 0 || setresgid(NOBODY, NOBODY, NOBODY) != 0 ||
	    setresuid(NOBODY, NOBODY, NOBODY) != 0)
		die("cannot become uid 65534");
}

static void real_time(void)
{
	const struct sched_param priority = { .sched_priority = 10 };

	if (sched_setscheduler(0, SCHED_FIFO, &priority) != 0)
		die("cannot use SCHED_FIFO");
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
	b.build = argv[optind];
	b.ambit = argv[optind + 1];
	b.policies = argv[optind + 2];
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
