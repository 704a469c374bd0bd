/* SPDX-License-Identifier: ISC */
/* Tests that must end in the way their names say: what tests/house/harness looks at. */
#include "../tap.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

TEST(passes)
{
	puts("not ok 99 - what a test prints is no verdict");
	CHECK(true);
	CHECK_INT(3, 3);
	CHECK_STR("a", "a");
	CHECK_STR(NULL, NULL);
	CHECK_HAS("abc", "b");
}

TEST(fails_check)
{
	CHECK(1 + 1 == 3);
	puts("UNREACHED");
}

TEST(fails_int)
{
	CHECK_INT(4, 5);
}

TEST(fails_str)
{
	CHECK_STR("left", "right");
}

TEST(fails_null)
{
	CHECK_STR(NULL, "right");
}

TEST(fails_has)
{
	CHECK_HAS("whole", "part");
}

TEST(fails_crash)
{
	abort();
}

TEST(fails_status)
{
	_exit(3);
}

TEST_TIMEOUT(fails_timeout, 1)
{
	for (;;)
		pause();
}

/* A timeout reaches a test that left its process group. */
TEST_TIMEOUT(fails_timeout_elsewhere, 1)
{
	(void)setsid();
	for (;;)
		pause();
}

/* The status of the child is thrown away, its failure is not. */
TEST(fails_in_child)
{
	pid_t pid = fork();

	if (pid == 0)
		CHECK_STR("child", "parent");
	(void)waitpid(pid, NULL, 0);
}

/* A child that returns from the test must not run the tests after it. */
TEST(passes_child_returns)
{
	pid_t pid = fork();

	if (pid > 0)
		(void)waitpid(pid, NULL, 0);
}

TEST(skips)
{
	SKIP("for a reason");
}

/* From here on only exit_group() is possible: the verdict needs nothing else. */
static void allow_only_exit(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	};
	struct sock_fprog program = { sizeof(filter) / sizeof(filter[0]), filter };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		SKIP("seccomp is not to be had");
}

TEST(passes_under_filter)
{
	allow_only_exit();
}

TEST(skips_under_filter)
{
	allow_only_exit();
	SKIP("inside the filter");
}

TEST(fails_under_filter)
{
	allow_only_exit();
	CHECK(false);
}

/* What stays in the group is killed: the harness would otherwise hang on its pipe. */
TEST(passes_leaving_a_child)
{
	if (fork() == 0)
		for (;;)
			pause();
}
