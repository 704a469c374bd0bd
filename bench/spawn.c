/* SPDX-License-Identifier: ISC */
/*
 * spawn.c - ambit_spawn() from a small process and from one of 8 GiB: it must cost the same
 *
 *	spawn [-n ROUNDS] [-g GIBIBYTES] [-p POLICY] TARGET
 *
 * Two processes touch every page of 8 MiB and of GIBIBYTES (8), in pages of the ordinary size, and
 * take turns: from ambit_spawn() to its return, and to the program's end. What the machine does
 * meanwhile meets both. fork() of the same process stands beside it, to show what is not paid.
 */
#include <ambit.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "launch.h"

struct figures {
	double *spawn, *end, *fork;
	size_t rounds;
};

/* The pages stay: nothing is freed until the end. */
static void touch(size_t bytes)
{
	char *memory =
		mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		die("no memory");
	if (madvise(memory, bytes, MADV_NOHUGEPAGE) != 0 && errno != EINVAL)
		die("cannot choose the page size");
	for (size_t i = 0; i < bytes; i += 4096)
		((volatile char *)memory)[i] = 1;
}

static void spawn_once(const struct ambit_policy *policy, char *target, double *ret_spawn,
		       double *ret_end)
{
	char *argv[] = { target, NULL };
	struct ambit_status status = { .size = sizeof(status) };
	struct ambit_box *box = NULL;
	struct ambit_error err;
	double start = now_us();

	if (ambit_spawn(policy, argv, NULL, &box, &err) != AMBIT_OK)
		die(err.text);
	*ret_spawn = now_us() - start;
	if (ambit_box_wait(box, -1, &status, &err) != AMBIT_OK)
		die(err.text);
	*ret_end = now_us() - start;
	if (status.exit_code != 0)
		die("the target failed");
	ambit_box_free(box);
}

static double fork_once(void)
{
	double start = now_us();
	pid_t child = fork();

	if (child == 0)
		_exit(0);
	if (child < 0 || waitpid(child, NULL, 0) != child)
		die("fork fails");
	return now_us() - start;
}

/* What is asked of the large process, a byte each; it answers with two numbers. */
enum { SPAWN = 's', FORK = 'f' };

static void answer(char question, const struct ambit_policy *policy, char *target, double ret[2])
{
	if (question == SPAWN)
		spawn_once(policy, target, &ret[0], &ret[1]);
	else
		ret[0] = ret[1] = fork_once();
}

/* The large process: it touches its memory, and answers until nobody asks any more. */
static void be_large(int fd, size_t bytes, const struct ambit_policy *policy, char *target)
{
	double numbers[2] = { 0, 0 };
	char question;

	touch(bytes);
	while (read(fd, &question, 1) == 1) {
		answer(question, policy, target, numbers);
		if (write(fd, numbers, sizeof(numbers)) != sizeof(numbers))
			die("nobody listens");
	}
	exit(0);
}

static void ask(int fd, char question, double ret[2])
{
	if (write(fd, &question, 1) != 1 || read(fd, ret, 2 * sizeof(*ret)) != 2 * sizeof(*ret))
		die("the large process does not answer");
}

static void keep(struct figures *f, size_t i, char question, const double numbers[2])
{
	if (question == SPAWN) {
		f->spawn[i] = numbers[0];
		f->end[i] = numbers[1];
	} else {
		f->fork[i] = numbers[0];
	}
}

enum { FORKS = 10 };

static void measure(const struct ambit_policy *policy, char *target, int large_fd,
		    struct figures *small, struct figures *large)
{
	const size_t rounds = small->rounds;
	double numbers[2];

	for (size_t i = 0; i < rounds + 1 + FORKS; i++) { /* the first: files are read */
		const char question = i <= rounds ? SPAWN : FORK;
		const size_t at = i == 0 ? 0 : i <= rounds ? i - 1 : i - rounds - 1;

		answer(question, policy, target, numbers);
		keep(small, at, question, numbers);
		ask(large_fd, question, numbers);
		keep(large, at, question, numbers);
	}
}

static void sort(struct figures *f)
{
	qsort(f->spawn, f->rounds, sizeof(double), by_size);
	qsort(f->end, f->rounds, sizeof(double), by_size);
	qsort(f->fork, FORKS, sizeof(double), by_size);
}

static void print(const char *name, const struct figures *f)
{
	size_t middle = f->rounds / 2;

	printf("%-8s %8.0f %8.0f   %8.0f %8.0f   %8.0f\n", name, f->spawn[0], f->spawn[middle],
	       f->end[0], f->end[middle], f->fork[0]);
}

static struct figures figures_new(size_t rounds)
{
	struct figures f = { .rounds = rounds };

	f.spawn = calloc(rounds, sizeof(double));
	f.end = calloc(rounds, sizeof(double));
	f.fork = calloc(FORKS, sizeof(double));
	if (f.spawn == NULL || f.end == NULL || f.fork == NULL)
		die("no memory");
	return f;
}

int main(int argc, char **argv)
{
	size_t rounds = 100, gibibytes = 8;
	const char *path = NULL;
	struct ambit_error err;

	for (int o; (o = getopt(argc, argv, "n:g:p:")) != -1;) {
		if (o == 'n')
			rounds = strtoul(optarg, NULL, 10);
		else if (o == 'g')
			gibibytes = strtoul(optarg, NULL, 10);
		else if (o == 'p')
			path = optarg;
		else
			die("unknown option");
	}
	if (argc - optind != 1 || rounds == 0)
		die("wants TARGET");
	struct ambit_policy *policy = ambit_policy_new();
	if (policy == NULL)
		die("no memory");
	if (path != NULL && ambit_policy_load(policy, path, &err) != AMBIT_OK)
		die(err.text);
	struct figures small = figures_new(rounds), large = figures_new(rounds);
	int ends[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		die("no sockets");
	pid_t pid = fork();
	if (pid < 0)
		die("fork fails");
	if (pid == 0) {
		close(ends[0]);
		be_large(ends[1], gibibytes << 30, policy, argv[optind]);
	}
	close(ends[1]);
	touch((size_t)8 << 20);
	measure(policy, argv[optind], ends[0], &small, &large);
	sort(&small);
	sort(&large);
	close(ends[0]);
	waitpid(pid, NULL, 0);
	printf("us       spawned: min, median   ended: min, median   fork: min\n");
	print("8 MiB", &small);
	char name[32];
	snprintf(name, sizeof(name), "%zu GiB", gibibytes);
	print(name, &large);
	printf("ratio    %8.2f %8.2f\n", large.spawn[0] / small.spawn[0],
	       large.spawn[rounds / 2] / small.spawn[rounds / 2]);
	ambit_policy_free(policy);
	return 0;
}
