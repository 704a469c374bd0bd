/* SPDX-License-Identifier: ISC */
/* instruments.c - inject and walk find what they are for, in a launcher of known habits */
#include "../compat/outside.h"
#include "../tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORDS_MAX = 24, OUT_MAX = 16384 };

/* Run TOOL with the words (NULL at the end) and -- subject MODE program; out gets fd 1 and 2. */
static int run_tool(const char *tool, const char *mode, char *out, const char *const *words)
{
	char shell[64] = "exec \"$@\" 2>&1";
	const char *argv[WORDS_MAX] = { "/bin/sh", "-c", shell, "sh" };
	size_t n = 4;

	argv[n++] = outside_built(tool);
	for (; *words; words++)
		argv[n++] = *words;
	argv[n++] = "--";
	argv[n++] = outside_built("tests/fault/subject");
	argv[n++] = mode;
	argv[n++] = outside_built("tests/fault/program");
	CHECK(n < WORDS_MAX);
	argv[n] = NULL;
	return outside_run(argv, out, OUT_MAX);
}

#define INJECT(mode, out, ...)                                                                     \
	CHECK_INT(run_tool("tests/fault/inject", mode, out,                                        \
			   (const char *[]){ "--until-exec", outside_built("tests/fault/program"), \
					     __VA_ARGS__, NULL }),                                 \
		  0)

static long field(const char *out, const char *name)
{
	char key[32];

	(void)snprintf(key, sizeof(key), "\"%s\":", name);

	const char *at = strstr(out, key);

	if (!at)
		tap_fail(__FILE__, __LINE__, "no %s in %s", key, out);
	at += strlen(key);
	if (!strncmp(at, "true", 4))
		return 1;
	return strncmp(at, "false", 5) ? strtol(at, NULL, 10) : 0;
}

TEST(calls_are_counted)
{
	char out[OUT_MAX];

	INJECT("plain", out, "--count");
	CHECK_INT(field(out, "calls"), 1);
	CHECK_INT(field(out, "started"), 1);
	CHECK_INT(field(out, "processes"), 1);
	CHECK_INT(field(out, "faults"), 0);
	CHECK_HAS(out, "started with 0 1 2");
	INJECT("ten-more", out, "--count");
	CHECK_INT(field(out, "calls"), 11);
}

/* For every n until a run meets no fault: the call fails, the launcher says so, nothing starts. */
static void fail_each(const char *mode, const char *name, const char *text)
{
	char out[OUT_MAX], n[24];

	INJECT(mode, out, "--count");

	long calls = field(out, "calls");

	CHECK(calls > 0);
	for (long i = 1; i <= calls; i++) {
		(void)snprintf(n, sizeof(n), "%ld", i);
		INJECT(mode, out, "--nth", n, "--errno", name);
		CHECK_INT(field(out, "faults"), 1);
		CHECK_INT(field(out, "n"), i);
		CHECK_INT(field(out, "started"), 0);
		CHECK_INT(field(out, "status"), 125);
		CHECK_INT(field(out, "left"), 0);
		CHECK_HAS(out, text);
		CHECK(!strstr(out, "started with"));
	}
	(void)snprintf(n, sizeof(n), "%ld", calls + 1);
	INJECT(mode, out, "--nth", n, "--errno", name);
	CHECK_INT(field(out, "faults"), 0);
	CHECK_INT(field(out, "started"), 1);
	CHECK_HAS(out, "started with 0 1 2");
}

TEST(each_call_can_be_failed)
{
	fail_each("ten-more", "EPERM", "Operation not permitted\n");
	fail_each("plain", "ENOMEM", "subject: execve: Cannot allocate memory\n");
}

/* The filter would kill for number -1. */
TEST(a_call_behind_a_filter_can_be_failed)
{
	fail_each("filtered", "EPERM", "Operation not permitted\n");
}

/* The thread and the launcher wait for each other; ending either ends both. */
TEST(a_call_of_a_helper_thread_can_be_failed)
{
	fail_each("listener", "EPERM", "Operation not permitted\n");
}

TEST(a_call_of_a_child_that_shares_memory_can_be_failed)
{
	char out[OUT_MAX];

	INJECT("vfork", out, "--site", "2.1");
	CHECK_HAS(out, "\"site\":\"2.1\",\"call\":\"prctl\"");
	CHECK_INT(field(out, "started"), 0);
	CHECK_INT(field(out, "status"), 125);
	INJECT("vfork", out, "--site", "2.2");
	CHECK_HAS(out, "\"call\":\"execve\"");
	CHECK_HAS(out, "fault/program\"}"); /* the argument string */
	CHECK_INT(field(out, "started"), 0);
	INJECT("vfork", out, "--site", "2.3");
	CHECK_INT(field(out, "faults"), 0);
	CHECK_INT(field(out, "started"), 1);
	INJECT("vfork", out, "--only", "execve", "--site", "2.1");
	CHECK_HAS(out, "\"site\":\"2.1\",\"call\":\"execve\"");
	INJECT("vfork", out, "--only", "prctl", "--site", "2.2");
	CHECK_INT(field(out, "faults"), 0);
	CHECK_INT(field(out, "started"), 1);
}

TEST(calls_inside_namespaces_can_be_failed)
{
	char out[OUT_MAX];

	INJECT("namespaces", out, "--count");
	if (strstr(out, "subject: clone: "))
		SKIP("no user namespaces here");
	CHECK_INT(field(out, "processes"), 3);
	CHECK_INT(field(out, "started"), 1);
	INJECT("namespaces", out, "--site", "2.1");
	CHECK_HAS(out, "subject: prctl: Operation not permitted\n");
	CHECK_INT(field(out, "started"), 0);
	INJECT("namespaces", out, "--site", "3.3", "--errno", "ENOSYS");
	CHECK_HAS(out, "\"call\":\"seccomp\"");
	CHECK_HAS(out, "subject: seccomp: Function not implemented\n");
	CHECK_INT(field(out, "started"), 0);
	CHECK_INT(field(out, "left"), 0);
}

TEST(a_thread_that_executes_is_recognised)
{
	char out[OUT_MAX];

	INJECT("thread", out, "--count");
	CHECK_INT(field(out, "started"), 1);
	CHECK_INT(field(out, "processes"), 2);
	CHECK_INT(field(out, "status"), 0);
}

TEST(onward_fails_all_that_follow)
{
	char out[OUT_MAX];

	INJECT("careless", out, "--nth", "1");
	CHECK_INT(field(out, "faults"), 1);
	CHECK_INT(field(out, "started"), 1);
	INJECT("careless", out, "--nth", "1", "--onward");
	CHECK_INT(field(out, "faults"), 2);
	CHECK_INT(field(out, "started"), 0);
	CHECK_HAS(out, "subject: execve: Operation not permitted\n"); /* the sentence is spared */
}

TEST(an_endless_run_is_ended)
{
	char out[OUT_MAX];

	INJECT("hangs", out, "--nth", "2", "--deadline", "500");
	CHECK_HAS(out, "\"call\":\"close\"");
	CHECK_INT(field(out, "hung"), 1);
	CHECK_INT(field(out, "started"), 0);
}

TEST(what_stays_behind_is_counted)
{
	char out[OUT_MAX];

	INJECT("leaves", out, "--count");
	CHECK_INT(field(out, "left"), 1);
	INJECT("plain", out, "--count");
	CHECK_INT(field(out, "left"), 0);
}

/* Who is still at work may be about to end; who waits is what was forgotten. */
TEST(who_works_has_more_time_than_who_waits)
{
	char out[OUT_MAX];

	INJECT("works", out, "--count");
	CHECK_INT(field(out, "left"), 0);
	INJECT("waits", out, "--count");
	CHECK_INT(field(out, "left"), 1);
}

TEST(another_program_is_not_the_target)
{
	char out[OUT_MAX];
	const char *words[] = { "--until-exec", "/bin/true", NULL };

	CHECK_INT(run_tool("tests/fault/inject", "plain", out, words), 0);
	CHECK_HAS(out, "started with 0 1 2");
	CHECK_INT(field(out, "started"), 0);
}

/* Where /proc shows the tracer nothing of another user's process, memory tells. */
TEST(the_target_is_recognised_as_another_user)
{
	char out[OUT_MAX];
	const char *words[] = { "container", outside_built("tests/fault/inject"), "--until-exec",
				outside_built("tests/fault/program"), NULL };

	if (geteuid())
		SKIP("needs root");
	if (run_tool("tests/as/as", "plain", out, words))
		SKIP("this root cannot make a container");
	CHECK_INT(field(out, "started"), 1);
	CHECK_INT(run_tool("tests/as/as", "other-user", out, words), 0);
	if (strstr(out, "subject: setresgid"))
		SKIP("this root has no other user");
	CHECK_HAS(out, "uid 65534");
	CHECK_INT(field(out, "started"), 1);
}

TEST(a_command_that_does_not_exist_is_127)
{
	char out[OUT_MAX];
	const char *argv[] = { outside_built("tests/fault/inject"),
			       "--report",
			       "1",
			       "--",
			       "/no/such/launcher",
			       NULL };

	CHECK_INT(outside_run(argv, out, sizeof(out)), 0);
	CHECK_INT(field(out, "status"), 127);
	CHECK_INT(field(out, "calls"), 0);
}

static int walk(const char *mode, const char *modes, char *out)
{
	const char *words[] = { "--prefix", "subject: ",   "--any-layer",
				"--errnos", "EPERM,EINTR", "--modes",
				modes,	    "--program",   outside_built("tests/fault/program"),
				NULL };

	return WEXITSTATUS(run_tool("tests/fault/walk", mode, out, words));
}

TEST(a_careful_launcher_passes_the_walk)
{
	static const char *const careful[] = { "plain", "ten-more", "filtered", "listener" };
	char out[OUT_MAX];

	for (size_t i = 0; i < sizeof(careful) / sizeof(careful[0]); i++) {
		int status = walk(careful[i], "once,onward", out);

		if (status)
			tap_fail(__FILE__, __LINE__, "%s: %s", careful[i], out);
		CHECK(!strstr(out, "not ok"));
		CHECK_HAS(out, "ok 5 - walk EINTR onward");
		CHECK_HAS(out, "\n1..5\n");
	}
}

TEST(a_faulty_launcher_fails_the_walk)
{
	static const struct {
		const char *mode, *says;
	} rows[] = {
		{ "careless",
		  "first n=1 prctl: the program started, and was not confined as usual" },
		{ "chatters", "first n=1 prctl: the program started, and something else was said" },
		{ "leaks", "not ok 1 - walk without a fault" },
		{ "leaves", "1 left" },
	};
	char out[OUT_MAX];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CHECK_INT(walk(rows[i].mode, "once", out), 1);
		CHECK_HAS(out, rows[i].says);
	}
	CHECK_INT(walk("chatters", "onward", out), 1);
	CHECK_HAS(out, "more than one sentence was said");
}

TEST_TIMEOUT(a_hanging_launcher_fails_the_walk, 60)
{
	char out[OUT_MAX];
	const char *words[] = { "--prefix", "subject: ", "--any-layer",
				"--errnos", "EPERM",	 "--modes",
				"once",	    "--program", outside_built("tests/fault/program"),
				NULL };

	CHECK_INT(WEXITSTATUS(run_tool("tests/fault/walk", "hangs", out, words)), 1);
	CHECK_HAS(out, "first n=2 close: it hung");
}

/* The launcher itself, in the calling process; its own walks are in the script of that name. */
static int walk_launcher(const char *launcher, char *out)
{
	const char *argv[] = { outside_built("tests/fault/walk"),
			       "--errnos",
			       "EPERM",
			       "--modes",
			       "once",
			       "--program",
			       outside_built("tests/fault/program"),
			       "--",
			       outside_built(launcher),
			       "run",
			       "-e",
			       "need namespaces off",
			       "-e",
			       "need mount-view off",
			       "-e",
			       "need user-namespace off",
			       "-e",
			       "need net-namespace off",
			       "--",
			       outside_built("tests/fault/program"),
			       NULL };

	return WEXITSTATUS(outside_run(argv, out, OUT_MAX));
}

/* One step that passes over its failure, in an otherwise whole launcher, is found. */
TEST_TIMEOUT(a_careless_step_fails_the_walk, 60)
{
	char out[OUT_MAX];

	if (walk_launcher("ambit", out))
		tap_fail(__FILE__, __LINE__, "the launcher as it is: %s", out);
	CHECK_INT(walk_launcher("tests/fault/careless", out), 1);
	CHECK_HAS(out, " prctl(0x41, 0x1): the program started, and was not confined as usual");
}

/* A walk that has too little time says what it left out. */
TEST(a_sampled_walk_says_so)
{
	char out[OUT_MAX];
	const char *words[] = { "--prefix",
				"subject: ",
				"--any-layer",
				"--errnos",
				"EPERM",
				"--modes",
				"once",
				"--budget",
				"0.002",
				"--program",
				outside_built("tests/fault/program"),
				NULL };

	CHECK_INT(WEXITSTATUS(run_tool("tests/fault/walk", "ten-more", out, words)), 0);
	CHECK_HAS(out, ", sampled: every ");
}
