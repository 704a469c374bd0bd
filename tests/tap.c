/* SPDX-License-Identifier: ISC */
#include "tap.h"

#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SKIPPED = 77 };

/* What a test and its children tell the runner without any system call. */
struct tap_shared {
	bool failed;
	char why[200];
	char scratch[64]; /* where its directories are, "" without */
	int directories;
};
static struct tap_shared *shared;

extern const struct tap_test *__start_tap_tests[], *__stop_tap_tests[]; /* by the linker */
void __lsan_do_leak_check(void) __attribute__((weak)); /* with ASan: _exit() would hide leaks */

#if TAP_SANITIZED
/*
 * What ends by a signal in a test is meant to, and is waited for: the runtime's handlers would make
 * an exit status of it. Where a test is confined (TAP_CONFINED), nobody can look for leaks at its
 * end: that takes ptrace(2). In here, for a confined process has no environment of ours.
 */
const char *__asan_default_options(void) __attribute__((used, visibility("default")));
const char *__asan_default_options(void)
{
	return "handle_segv=0:handle_abort=0:handle_sigbus=0:handle_sigfpe=0:handle_sigill=0"
#ifdef TAP_CONFINED
	       ":detect_leaks=0"
#endif
		;
}
#endif

void tap_note(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	dprintf(STDERR_FILENO, "# ");
	vdprintf(STDERR_FILENO, format, args);
	dprintf(STDERR_FILENO, "\n");
	va_end(args);
}

void tap_fail(const char *file, int line, const char *format, ...)
{
	va_list args;

	shared->failed = true;
	va_start(args, format);
	dprintf(STDERR_FILENO, "# %s:%d: failed: ", file, line);
	vdprintf(STDERR_FILENO, format, args);
	dprintf(STDERR_FILENO, "\n");
	_exit(EXIT_FAILURE);
}

void tap_skip(const char *why)
{
	(void)snprintf(shared->why, sizeof(shared->why), "%s", why);
	_exit(SKIPPED);
}

void tap_int(const char *file, int line, const char *what, long long actual, long long expected)
{
	if (actual != expected)
		tap_fail(file, line, "%s is %lld, not %lld", what, actual, expected);
}

void tap_str(const char *file, int line, const char *what, const char *actual, const char *expected,
	     bool whole)
{
	if (actual == expected ||
	    (actual && expected &&
	     (whole ? !strcmp(actual, expected) : strstr(actual, expected) != NULL)))
		return;
	tap_fail(file, line, "%s is\n#   \"%s\"\n# %s\n#   \"%s\"", what,
		 actual ? actual : "(null)", whole ? "and not" : "and lacks",
		 expected ? expected : "(null)");
}

void tap_directory(char *ret_path, size_t size)
{
	static const char template[] = "/var/tmp/ambit-test-XXXXXX";
	int length;

	if (!shared->directories++) {
		(void)memcpy(shared->scratch, template, sizeof(template));
		if (!mkdtemp(shared->scratch) || chmod(shared->scratch, 0755) < 0)
			tap_fail(__FILE__, __LINE__, "cannot make a directory for the test");
	}
	length = snprintf(ret_path, size, "%s/%d", shared->scratch, shared->directories);
	if (length < 0 || (size_t)length >= size || mkdir(ret_path, 0755) < 0 ||
	    chmod(ret_path, 0755) < 0)
		tap_fail(__FILE__, __LINE__, "cannot make a directory for the test");
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *where)
{
	(void)status;
	(void)kind;
	(void)where;
	(void)remove(path);
	return 0;
}

static void remove_directories(void)
{
	if (shared->scratch[0])
		(void)nftw(shared->scratch, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void alarmed(int signal_number)
{
	(void)signal_number; /* only so that waitid() returns */
}

static _Noreturn void child(const struct tap_test *test)
{
	(void)setpgid(0, 0);
	(void)sigaction(SIGALRM, &(struct sigaction){ .sa_handler = SIG_DFL }, NULL);
	(void)dup2(STDERR_FILENO, STDOUT_FILENO);
	close(STDIN_FILENO);
	(void)open("/dev/null", O_RDONLY); /* the lowest free number: 0 */
	test->run();
	if (__lsan_do_leak_check)
		__lsan_do_leak_check();
	_exit(EXIT_SUCCESS);
}

/* Print the TAP line; true unless the test failed. */
static bool verdict(const struct tap_test *test, int number, bool in_time, int status)
{
	const char *must = getenv("AMBIT_MUST");
	int code = WIFEXITED(status) && in_time && !shared->failed ? WEXITSTATUS(status) : -1;

	if (code == SKIPPED && (!must || strcmp(must, "1") != 0)) {
		printf("ok %d - %s # SKIP %s\n", number, test->name, shared->why);
		return true;
	}
	printf("%s %d - %s\n", code == 0 ? "ok" : "not ok", number, test->name);
	if (!in_time)
		tap_note("%s: killed after %d seconds", test->name, test->seconds);
	else if (code == SKIPPED)
		tap_note("%s: skipped, but AMBIT_MUST=1: %s", test->name, shared->why);
	else if (WIFSIGNALED(status))
		tap_note("%s: ended by signal %d", test->name, WTERMSIG(status));
	else if (code != 0)
		tap_note("%s: exit status %d", test->name, WEXITSTATUS(status));
	return code == 0;
}

static bool run(const struct tap_test *test, int number, int slow)
{
	int status = 0;
	siginfo_t info;
	bool in_time;
	pid_t pid;

	*shared = (struct tap_shared){ .failed = false };
	pid = fork();
	if (pid == 0)
		child(test);
	if (pid < 0) {
		printf("Bail out! cannot fork\n");
		exit(EXIT_FAILURE);
	}
	alarm((unsigned)(test->seconds * slow));
	in_time = waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) == 0;
	alarm(0);
	(void)kill(-pid, SIGKILL); /* before reaping: the number has no new owner yet */
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, &status, 0);
	remove_directories();
	return verdict(test, number, in_time, status);
}

static int by_line(const void *a, const void *b)
{
	const struct tap_test *const *x = a, *const *y = b;

	return (*x)->line - (*y)->line;
}

int main(int argc, char **argv)
{
	size_t count = (size_t)(__stop_tap_tests - __start_tap_tests);
	const char *slow = getenv("TAP_SLOW");
	int number = 0, failed = 0;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (shared == MAP_FAILED)
		return EXIT_FAILURE;
	setvbuf(stdout, NULL, _IOLBF, 0);
	(void)sigaction(SIGALRM, &(struct sigaction){ .sa_handler = alarmed }, NULL);
	qsort(__start_tap_tests, count, sizeof(*__start_tap_tests), by_line);
	for (size_t i = 0; i < count; i++) {
		const struct tap_test *test = __start_tap_tests[i];
		bool wanted = argc < 2;

		for (int arg = 1; arg < argc; arg++)
			wanted |= !strncmp(test->name, argv[arg], strlen(argv[arg]));
		if (wanted)
			failed += !run(test, ++number, slow ? atoi(slow) : 1);
	}
	printf("1..%d\n", number);
	return failed || !number ? EXIT_FAILURE : EXIT_SUCCESS;
}
