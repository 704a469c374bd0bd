/* SPDX-License-Identifier: ISC */
/*
 * enter.c - what ambit_enter() costs a process, with ten paths and no namespaces
 *
 *	enter [ROUNDS]
 *
 * In a process each: one that was just started, as a server at its start, and a child of this one,
 * where what is called has been called before. Minimum and median in µs, of ambit_enter() alone
 * and with the policy made by ten calls.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <ambit.h>

enum { ROUNDS_MOST = 5000 };

static const char *const paths[] = { "/usr/lib",   "/usr/share", "/usr/bin", "/etc/passwd",
				     "/etc/group", "/var/log",	 "/var/lib", "/var/cache",
				     "/etc/ssl",   "/dev/null" };

struct times {
	double enter, all;
};

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void die(const char *what)
{
	fprintf(stderr, "enter: %s\n", what);
	_exit(1);
}

static struct times enter(void)
{
	struct ambit_policy *p;
	struct ambit_error err;
	double begin = now_us(), made;

	p = ambit_policy_new();
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (ambit_allow_read(p, paths[i], &err) != AMBIT_OK)
			die(err.text);
	made = now_us();
	if (ambit_enter(p, NULL, &err) != AMBIT_OK)
		die(err.text);
	return (struct times){ now_us() - made, now_us() - begin };
}

static void tell(int fd)
{
	const struct times t = enter();

	if (write(fd, &t, sizeof(t)) != (ssize_t)sizeof(t))
		die("cannot tell");
	_exit(0);
}

static struct times in_child(char *self)
{
	struct times t = { 0, 0 };
	int ends[2], status = 1;
	pid_t pid;

	if (pipe(ends) < 0 || (pid = fork()) < 0)
		die("cannot fork");
	if (pid == 0) {
		char number[16];

		if (!self)
			tell(ends[1]);
		(void)snprintf(number, sizeof(number), "%d", ends[1]);
		execl("/proc/self/exe", self, "-f", number, (char *)NULL);
		die("cannot execute");
	}
	close(ends[1]);
	if (read(ends[0], &t, sizeof(t)) != (ssize_t)sizeof(t) || waitpid(pid, &status, 0) < 0 ||
	    status)
		die("a child failed");
	close(ends[0]);
	return t;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void row(const char *name, double *values, size_t rounds)
{
	qsort(values, rounds, sizeof(double), by_value);
	printf("%-40s %9.1f %9.1f\n", name, values[0], values[rounds / 2]);
}

static void rows(const char *name, char *self, size_t rounds)
{
	static double entered[ROUNDS_MOST], all[ROUNDS_MOST];
	char label[64];

	for (size_t i = 0; i < rounds; i++) {
		const struct times t = in_child(self);

		entered[i] = t.enter;
		all[i] = t.all;
	}
	(void)snprintf(label, sizeof(label), "ambit_enter, %s", name);
	row(label, entered, rounds);
	(void)snprintf(label, sizeof(label), "with its policy, %s", name);
	row(label, all, rounds);
}

int main(int argc, char **argv)
{
	size_t rounds = argc == 2 ? strtoul(argv[1], NULL, 10) : 500;

	if (argc == 3 && strcmp(argv[1], "-f") == 0)
		tell(atoi(argv[2]));
	rounds = rounds < 5 || rounds > ROUNDS_MOST ? 500 : rounds;
	printf("%-40s %9s %9s\n", "µs", "min", "median");
	rows("a process just started", argv[0], rounds);
	rows("a child of this one", NULL, rounds);
	return 0;
}
