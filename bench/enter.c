/* SPDX-License-Identifier: ISC */
/*
 * enter.c - what ambit_enter() costs a process, with ten paths and no namespaces
 *
 *	enter [ROUNDS]
 *
 * In a process each: one that was just started, as a server at its start; a child of this one,
 * where what is called has been called before; and such a child that is no longer root, for it has
 * no bounding set to empty. Minimum and median in µs, of ambit_enter() alone and with the policy
 * made by ten calls. Beside it the floor: the system calls that change something, one after the
 * other, with the same filter and the same rules; it looks at nothing and decides nothing, and
 * reads back what it did, or not even that. All kinds take turns.
 */
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../src/filter/filter.h"
#include "../src/run/run.h"

enum { ROUNDS_MOST = 5000, KINDS = 7, NOBODY = 65534 };

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

static struct ambit_policy *make_policy(void)
{
	struct ambit_policy *p = ambit_policy_new();
	struct ambit_error err;

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (ambit_allow_read(p, paths[i], &err) != AMBIT_OK)
			die(err.text);
	return p;
}

static struct times enter(void)
{
	struct ambit_policy *p;
	struct ambit_error err;
	double begin = now_us(), made;

	p = make_policy();
	made = now_us();
	if (ambit_enter(p, NULL, &err) != AMBIT_OK)
		die(err.text);
	return (struct times){ now_us() - made, now_us() - begin };
}

/* ---- the floor ----------------------------------------------------------------------------- */

/* The filter that ambit_enter() loads. */
static struct filter_prog filter;

static void make_filter(void)
{
	static struct arena arena;
	struct ambit_policy *p = make_policy();
	struct ambit_error err;
	struct run run;

	if (run_plan_enter(&run, p, NULL, RUN_SPAWN, &err) != AMBIT_OK ||
	    filter_build(&arena, &run.plan.want, &filter, &err) != AMBIT_OK)
		die(err.text);
	run_done(&run);
	ambit_policy_free(p);
}

static void must(long r, const char *what)
{
	if (r < 0)
		die(what);
}

static void drop_privileges(void)
{
	const unsigned long locked = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP |
				     SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED |
				     SECBIT_NO_CAP_AMBIENT_RAISE |
				     SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;

	must(syscall(SYS_setgroups, 0, NULL), "setgroups");
	for (unsigned long c = 0; c <= CAP_LAST_CAP; c++)
		must(prctl(PR_CAPBSET_DROP, c, 0, 0, 0), "bounding set");
	must(prctl(PR_SET_SECUREBITS, locked, 0, 0, 0), "securebits");
}

/* The size of ABI 6, and all that it handles. */
struct ruleset {
	uint64_t fs, net, scoped;
};
struct rule {
	uint64_t access;
	int32_t fd;
} __attribute__((packed));

static void restrict_paths(void)
{
	static const struct ruleset all = { 0xffff, 3, 3 };
	static const uint64_t read = LANDLOCK_ACCESS_FS_READ_FILE;
	const int set = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof(all), 0);

	must(set, "landlock_create_ruleset");
	for (size_t i = 0; i <= sizeof(paths) / sizeof(paths[0]); i++) {
		/* /proc/self is in every plan */
		const char *path = i < sizeof(paths) / sizeof(paths[0]) ? paths[i] : "/proc/self";
		struct rule rule = { read, open(path, O_PATH | O_CLOEXEC) };

		must(rule.fd, path);
		must(syscall(SYS_landlock_add_rule, set, LANDLOCK_RULE_PATH_BENEATH, &rule, 0),
		     "landlock_add_rule");
		close(rule.fd);
	}
	must(syscall(SYS_landlock_restrict_self, set, 0), "landlock_restrict_self");
	close(set);
}

/* Does all hold that can be asked while there is no filter? */
static void read_back(void)
{
	struct rlimit limit = { 0, 0 };
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct caps[2] = { { 0, 0, 0 }, { 0, 0, 0 } };

	for (unsigned long c = 0; c <= CAP_LAST_CAP && geteuid() == 0; c++)
		if (prctl(PR_CAPBSET_READ, c, 0, 0, 0) != 0)
			die("the bounding set is not empty");
	must(syscall(SYS_capget, &head, caps), "capget");
	if (getrlimit(RLIMIT_CORE, &limit) < 0 || limit.rlim_max != 1 || caps[0].permitted ||
	    caps[1].permitted || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1 ||
	    prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0 ||
	    prctl(66 /* PR_GET_MDWE */, 0, 0, 0, 0) != 1 || open("/", O_RDONLY | O_CLOEXEC) >= 0)
		die("it does not hold");
}

static struct times change(bool reads)
{
	const struct sock_fprog prog = { (unsigned short)filter.count, filter.code };
	const struct rlimit limit = { 1, 1 };
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct none[2] = { { 0, 0, 0 }, { 0, 0, 0 } };
	const double begin = now_us();

	must(setrlimit(RLIMIT_CORE, &limit), "setrlimit");
	if (geteuid() == 0)
		drop_privileges();
	must(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0), "ambient set");
	must(syscall(SYS_capset, &head, none), "capset");
	must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs");
	must(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0), "dumpable");
	must(prctl(65 /* PR_SET_MDWE */, 1, 0, 0, 0), "MDWE");
	restrict_paths();
	if (reads)
		read_back();
	must(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &prog),
	     "seccomp");
	if (reads && prctl(PR_GET_SECCOMP) != SECCOMP_MODE_FILTER)
		die("there is no filter");
	return (struct times){ now_us() - begin, now_us() - begin };
}

static struct times by_hand(void)
{
	return change(false);
}

static struct times by_hand_read_back(void)
{
	return change(true);
}

/* ---- a process each ------------------------------------------------------------------------ */

enum { IS_NEW = 1, IS_NOBODY = 2 };

static const struct kind {
	const char *name;
	unsigned how;
	struct times (*run)(void);
} kinds[KINDS] = {
	{ "a process just started", IS_NEW, enter },
	{ "a child of this one", 0, enter },
	{ "by hand, a child of this one", 0, by_hand },
	{ "and read back, a child of this one", 0, by_hand_read_back },
	{ "a child, uid 65534", IS_NOBODY, enter },
	{ "by hand, a child, uid 65534", IS_NOBODY, by_hand },
	{ "and read back, a child, uid 65534", IS_NOBODY, by_hand_read_back },
};

static void become_nobody(void)
{
	if (geteuid() != 0)
		return;
	if (setgroups(0, NULL) < 0 || setresgid(NOBODY, NOBODY, NOBODY) < 0 ||
	    setresuid(NOBODY, NOBODY, NOBODY) < 0 || prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0)
		die("cannot become nobody");
}

static void tell(int fd, const struct kind *kind)
{
	struct times t;

	if (kind->how & IS_NOBODY)
		become_nobody();
	t = kind->run();
	if (write(fd, &t, sizeof(t)) != (ssize_t)sizeof(t))
		die("cannot tell");
	_exit(0);
}

static struct times in_child(char *self, const struct kind *kind)
{
	struct times t = { 0, 0 };
	int ends[2], status = 1;
	pid_t pid = -1;

	if (pipe(ends) < 0 || (pid = fork()) < 0)
		die("cannot fork");
	if (pid == 0) {
		char number[16];

		if (!(kind->how & IS_NEW))
			tell(ends[1], kind);
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

static void row(const char *what, const char *name, double *values, size_t rounds)
{
	char label[64];

	(void)snprintf(label, sizeof(label), "%s%s", what, name);
	qsort(values, rounds, sizeof(double), by_value);
	printf("%-42s %9.1f %9.1f\n", label, values[0], values[rounds / 2]);
}

static double entered[KINDS][ROUNDS_MOST], all[KINDS][ROUNDS_MOST];

static void ratio(const char *name, int ours, int theirs, size_t rounds)
{
	printf("%-42s %9.2f %9.2f\n", name, entered[ours][0] / entered[theirs][0],
	       entered[ours][rounds / 2] / entered[theirs][rounds / 2]);
}

static void measure(char *self, size_t rounds)
{
	for (size_t i = 0; i < rounds; i++)
		for (int k = 0; k < KINDS; k++) {
			const struct times t = in_child(self, &kinds[k]);

			entered[k][i] = t.enter;
			all[k][i] = t.all;
		}
}

int main(int argc, char **argv)
{
	size_t rounds = argc == 2 ? strtoul(argv[1], NULL, 10) : 500;

	if (argc == 3 && strcmp(argv[1], "-f") == 0)
		tell((int)strtol(argv[2], NULL, 10), &kinds[0]);
	rounds = rounds < 5 || rounds > ROUNDS_MOST ? 500 : rounds;
	make_filter();
	measure(argv[0], rounds);
	printf("%-42s %9s %9s\n", "µs", "min", "median");
	for (int k = 0; k < KINDS; k++) {
		const bool ours = kinds[k].run == enter;

		row(ours ? "ambit_enter, " : "", kinds[k].name, entered[k], rounds);
		if (ours)
			row("with its policy, ", kinds[k].name, all[k], rounds);
	}
	ratio("to by hand, a child of this one", 1, 2, rounds);
	ratio("to by hand, a child, uid 65534", 4, 5, rounds);
	return 0;
}
