/* SPDX-License-Identifier: ISC */
/*
 * filter_start.c - real programs start and work under filters of src/filter alone
 *
 * No other layer is in force: what fails here fails because of a rule. Each program is also
 * run once where one thing it needs is not granted, and must then fail.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../src/filter/filter.h"
#include "../tap.h"

#define CLASSES(extra)                                                                             \
	(CALL_BIT(START) | CALL_BIT(OPEN) | CALL_BIT(STAT) | CALL_BIT(EXEC) | CALL_BIT(CWD) |      \
	 (extra))
#define WORKING CLASSES(CALL_BIT(CREATE) | CALL_BIT(PIPE) | CALL_BIT(FORK) | CALL_BIT(SIGNAL))

static void load(const struct filter_prog *prog)
{
	struct sock_fprog p = { .len = (unsigned short)prog->count, .filter = prog->code };

	CHECK_INT(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	CHECK_INT(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &p), 0);
}

static struct filter_prog build(struct arena *a, const struct filter_want *want)
{
	struct filter_prog prog = { .count = 0 };
	struct ambit_error err = { .code = 0 };

	if (filter_build(a, want, &prog, &err) != AMBIT_OK)
		tap_fail(__FILE__, __LINE__, "filter_build: %s", err.text);
	return prog;
}

/* The exit status of a program under @want, 128+n for a signal; its output in @text. */
static int run(const struct filter_want *want, const char *const argv[], char *text, size_t size)
{
	struct arena a = { .first = NULL };
	struct filter_prog prog = build(&a, want);
	size_t length = 0;
	int ends[2], status;
	ssize_t n;
	pid_t pid;

	if (access(argv[0], X_OK) != 0)
		SKIP(argv[0]);
	CHECK_INT(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		(void)dup2(ends[1], 1);
		load(&prog);
		(void)execv(argv[0], (char *const *)(uintptr_t)argv);
		_exit(126);
	}
	close(ends[1]);
	while (length < size - 1 && (n = read(ends[0], text + length, size - 1 - length)) > 0)
		length += (size_t)n;
	text[length] = '\0';
	close(ends[0]);
	CHECK_INT(waitpid(pid, &status, 0), pid);
	arena_done(&a);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void works(const struct filter_want *want, const char *const argv[], const char *part)
{
	char text[4096];

	CHECK_INT(run(want, argv, text, sizeof(text)), 0);
	CHECK_HAS(text, part);
}

static void fails(const struct filter_want *want, const char *const argv[])
{
	char text[4096];

	CHECK(run(want, argv, text, sizeof(text)) != 0);
}

static struct filter_want want_of(uint64_t allow)
{
	return (struct filter_want){ .arch = arch_native(), .allow = allow };
}

TEST(true_starts)
{
	struct filter_want want = want_of(CLASSES(0));
	const char *const argv[] = { "/bin/true", NULL };

	works(&want, argv, "");
	want.on_denial = FILTER_KILL;
	works(&want, argv, "");
	want.allow = CALL_BIT(START) | CALL_BIT(STAT) | CALL_BIT(EXEC);
	fails(&want, argv);
}

TEST(coreutils_where_refusals_kill)
{
	struct filter_want want = want_of(CLASSES(0));
	const char *const ls[] = { "/bin/ls", "-l", "/etc/passwd", NULL };
	const char *const cat[] = { "/bin/cat", "/etc/passwd", NULL };

	want.on_denial = FILTER_KILL;
	works(&want, cat, "root:");
	works(&want, ls, "passwd");
}

TEST(shell_pipeline)
{
	struct filter_want want = want_of(WORKING);
	const char *const argv[] = { "/bin/sh", "-c", "echo one two | tr a-z A-Z | cut -d' ' -f2",
				     NULL };

	works(&want, argv, "TWO");
	want.allow &= ~CALL_BIT(FORK);
	fails(&want, argv);
}

TEST(bash_arithmetic_and_jobs)
{
	struct filter_want want = want_of(WORKING | CALL_BIT(SESSION));
	const char *const argv[] = { "/bin/bash", "-c", "set -m; sleep 0 & wait; echo $((6*7))",
				     NULL };

	works(&want, argv, "42");
}

TEST(perl)
{
	struct filter_want want = want_of(WORKING);
	const char *const argv[] = {
		"/usr/bin/perl", "-MPOSIX", "-e",
		"open F,'<','/etc/passwd' or die; print scalar(<F>), `echo sub`", NULL
	};

	works(&want, argv, "sub");
	want.allow &= ~CALL_BIT(PIPE);
	char text[256];

	(void)run(&want, argv, text, sizeof(text));
	CHECK(strstr(text, "sub") == NULL);
}

#define PYTHON                                                                                     \
	"import threading, subprocess, json, ssl, ctypes, sqlite3, decimal, mmap\n"                \
	"t = threading.Thread(target=lambda: print('thread')); t.start(); t.join()\n"              \
	"print(subprocess.check_output(['/bin/echo', 'child']).decode())\n"                        \
	"m = mmap.mmap(-1, 4096); m[0] = 1\n"                                                      \
	"print(open('/etc/hostname').read(), sqlite3.connect(':memory:').execute('select 6*7')"    \
	".fetchone())\n"
TEST(python)
{
	struct filter_want want = want_of(WORKING);
	const char *const argv[] = { "/usr/bin/python3", "-c", PYTHON, NULL };

	works(&want, argv, "(42,)");
	want.allow &= ~CALL_BIT(FORK);
	fails(&want, argv);
}

TEST(python_cannot_make_code)
{
	struct filter_want want = want_of(WORKING);
	const char *const argv[] = {
		"/usr/bin/python3", "-c",
		"import mmap\n"
		"mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)\n"
		"print('made')",
		NULL
	};

	fails(&want, argv);
	want.jit = true;
	works(&want, argv, "made");
}

TEST_TIMEOUT(gcc_compiles_and_its_program_runs, 60)
{
	struct filter_want want = want_of(WORKING);
	char directory[] = "/tmp/filter-start.XXXXXX";
	char script[512];
	const char *const argv[] = { "/bin/sh", "-c", script, NULL };

	if (access("/usr/bin/gcc", X_OK) != 0)
		SKIP("no gcc");
	CHECK(mkdtemp(directory) != NULL);
	(void)snprintf(script, sizeof(script),
		       "cd %s && echo 'int puts(const char *); int main(void) { return "
		       "puts(\"hello\") < 0; }'"
		       " > a.c && gcc -O2 a.c -o a; ./a; gcc --version; cd / && rm -r %s",
		       directory, directory);
	/* ld makes its output executable. */
	want.allow |= CALL_BIT(ATTRIBUTES);
	works(&want, argv, "hello");
}

TEST(node)
{
	struct filter_want want = want_of(WORKING);
	const char *const argv[] = { "/usr/bin/node", "-e",
				     "console.log([1,2,3].map(x => x * 14)[2])", NULL };

	want.jit = true;
	works(&want, argv, "42");
	want.jit = false;
	fails(&want, argv);
}

TEST(sockets_of_the_list_only)
{
	struct filter_socket tcp[] = { { AF_INET, SOCK_STREAM, 0 }, { AF_INET, SOCK_STREAM, 6 } };
	struct filter_want want = want_of(WORKING | CALL_BIT(SOCKET) | CALL_BIT(SOCKET_IO) |
					  CALL_BIT(LISTEN) | CALL_BIT(CONNECT));
	const char *const argv[] = { "/usr/bin/python3", "-c",
				     "import socket\n"
				     "s = socket.create_server(('127.0.0.1', 0))\n"
				     "c = socket.create_connection(s.getsockname())\n"
				     "c.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)\n"
				     "c.sendall(b'x'); print(s.accept()[0].recv(1))\n"
				     "try: socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
				     "except PermissionError: print('refused')",
				     NULL };

	want.sockets = tcp;
	want.socket_count = 2;
	works(&want, argv, "refused");
	want.socket_count = 0;
	fails(&want, argv);
}

/* Without exec the program cannot become another one, nor start one. */
TEST(no_exec_class)
{
	struct filter_want want = want_of(WORKING & ~CALL_BIT(EXEC));
	const char *const argv[] = { "/bin/true", NULL };
	char text[16];

	CHECK_INT(run(&want, argv, text, sizeof(text)), 126);
}

static void compute_child(void)
{
	char byte;

	CHECK_INT(read(0, &byte, 1), 0);
	CHECK_INT(write(1, "x", 1), 1);
	CHECK_INT(write(0, "x", 1), -1);
	CHECK_INT(read(1, &byte, 1), -1);
	CHECK_INT(dup(0), -1);
	CHECK_INT(open("/dev/null", O_RDONLY), -1);
	CHECK(malloc(1 << 20) != NULL);
	CHECK_INT(fork(), -1);
	CHECK_INT(socket(AF_UNIX, SOCK_STREAM, 0), -1);
}

TEST(compute_reads_and_writes_only)
{
	struct filter_want want = want_of(CALL_BIT(START));
	struct arena a = { .first = NULL };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	want.compute = true;
	CHECK(null >= 0);
	CHECK_INT(dup2(null, 0), 0);
	CHECK_INT(dup2(null, 1), 1);
	struct filter_prog prog = build(&a, &want);

	load(&prog);
	compute_child();
	_exit(0);
}
