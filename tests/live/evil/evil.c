/* SPDX-License-Identifier: ISC */
/*
 * evil.c - escape attempts as one static program
 *
 *	evil ENTRY[/PART] [KEY=VALUE...]   try it, here; exit 0 stopped, 1 escaped, 2 not tried,
 *	                                   3 done, judged outside
 *	evil --list                        the table, TAB-separated
 *	evil --control|--outside|--plan    see outside.c
 *	evil --payload TEXT                what an attempt executes when it could execute something
 *	evil --naive COMMAND...            a launcher that confines nothing and cleans up nothing
 *	evil --sit                         a process that only waits
 */
#include "evil.h"

#include <sys/prctl.h>
#include <sys/wait.h>

static void print_needs(const struct attempt *a)
{
	static const char *const words[] = { "victim",	      "tty",	       "net",
					     "control-root",  "fds",	       "dies-by-filter",
					     "dies-by-limit", "naive-control", "no-control" };
	const char *comma = "";

	for (unsigned i = 0; i < COUNT(words); i++) {
		if (a->needs & 1U << i) {
			printf("%s%s", comma, words[i]);
			comma = ",";
		}
	}
	printf("%s", comma[0] ? "" : "-");
}

/* On one line. */
static void print_policy(const char *policy)
{
	for (; *policy; policy++)
		putchar(*policy == '\n' ? ' ' : *policy);
}

static int list(void)
{
	for (size_t i = 0; i < attempt_count; i++) {
		const struct attempt *a = &attempts[i];
		if (a->needs & BY_ANOTHER)
			continue;
		printf("%s\t%s\t", a->entry, a->part);
		print_needs(a);
		printf("\t%s\t", a->off);
		print_policy(a->policy[0] ? a->policy : "-");
		printf("\t%s\n", a->tries);
	}
	for (size_t i = 0; i < elsewhere_count; i++)
		printf("%s\t-\telsewhere\t-\t%s\t%s\n", elsewheres[i].entry, elsewheres[i].where,
		       elsewheres[i].why);
	return 0;
}

static int naive(char **argv)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		execvp(argv[0], argv);
		_exit(127);
	}
	/* E127: a launcher the kernel prefers to kill when memory runs out */
	int adjust = getenv("EVIL_FIRST_TO_DIE") ? open("/proc/self/oom_score_adj", O_WRONLY) : -1;
	if (adjust >= 0)
		(void)!write(adjust, "1000", 4);
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return 125;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int sit(void)
{
	prctl(PR_SET_PDEATHSIG, 9);
	printf("@sitting\n");
	fflush(stdout);
	sleep(60);
	return 0;
}

static int payload(const char *text)
{
	return (int)escaped("%s", text);
}

static enum verdict inside(int argc, char **argv)
{
	const char *self = argv[0][0] == '/' ? argv[0] : "/proc/self/exe";
	struct inside in = { .facts = argv + 2, .fact_count = (size_t)argc - 2, .self = self };
	unsigned counts[4] = { 0, 0, 0, 0 };
	size_t length = strcspn(argv[1], "/");
	bool whole = argv[1][length] == '\0';

	in.control = fact_number(&in, "control", 0) != 0;
	for (size_t i = 0; i < attempt_count; i++) {
		const struct attempt *a = &attempts[i];
		if (strlen(a->entry) != length || strncmp(argv[1], a->entry, length) != 0)
			continue;
		if (a->inside && (whole || strcmp(argv[1] + length + 1, a->part) == 0))
			counts[a->inside(&in) & 3]++;
	}
	static const enum verdict worst_first[] = { ESCAPED, ACTED, STOPPED };
	for (size_t i = 0; i < COUNT(worst_first); i++) {
		if (counts[worst_first[i]])
			return worst_first[i];
	}
	if (!counts[UNTRIED])
		return untried("no attempt is called %s", argv[1]);
	return UNTRIED;
}

int main(int argc, char **argv)
{
	if (argc < 2 || strcmp(argv[1], "--help") == 0) {
		fprintf(stderr, "usage: evil ENTRY[/PART] [KEY=VALUE...] | --list | "
				"--control WHICH | --outside WHICH ...\n");
		return UNTRIED;
	}
	if (strcmp(argv[1], "--list") == 0)
		return list();
	if (strcmp(argv[1], "--payload") == 0)
		return payload(argc > 2 ? argv[2] : "");
	if (strcmp(argv[1], "--naive") == 0 && argc > 2)
		return naive(argv + 2);
	if (strcmp(argv[1], "--sit") == 0)
		return sit();
	if (argv[1][0] == '-')
		return outside_main(argc, argv);
	return (int)inside(argc, argv);
}
