/* SPDX-License-Identifier: ISC */
/*
 * ended.c - boxes whose end nobody saw as it should be: what is told of it, and what is left
 *
 * Somebody may kill the process beside the program, and the kernel reaps for a caller that ignores
 * its children.
 */
#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../tap.h"
#include <ambit.h>

enum { LONG_MS = 15000, ROUNDS = 3 };

static const char beside[] = "limit wall-time 60s\n";
static const char alone[] = "need namespaces off\nneed mount-view off\nneed user-namespace off\n";

/* Where this machine has no part that @text needs, the test is skipped. */
static struct ambit_box *start(const char *text, const char *seconds)
{
	struct ambit_policy *p = ambit_policy_new();
	char program[] = "sleep", argument[16];
	char *argv[] = { program, argument, NULL };
	struct ambit_box *box = NULL;
	struct ambit_error err;

	(void)snprintf(argument, sizeof(argument), "%s", seconds);
	CHECK_INT(ambit_policy_parse(p, text, strlen(text), NULL, NULL), AMBIT_OK);
	if (ambit_spawn(p, argv, NULL, &box, &err) != AMBIT_OK) {
		if (err.code == AMBIT_E_UNSUPPORTED)
			SKIP(err.text);
		tap_fail(__FILE__, __LINE__, "%s", err.text);
	}
	ambit_policy_free(p);
	return box;
}

static enum ambit_code wait_for(struct ambit_box *box, struct ambit_status *ret)
{
	*ret = (struct ambit_status){ .size = sizeof(*ret), .exit_code = 77, .signal = 77 };
	return ambit_box_wait(box, LONG_MS, ret, NULL);
}

/* It is no child of ours any more, or waits to be reaped. */
static void until_ended(const struct ambit_box *box)
{
	struct pollfd fd = { ambit_box_pidfd(box), POLLIN, 0 };

	CHECK_INT(poll(&fd, 1, LONG_MS), 1);
}

/* Of the process that the caller sees: the one beside the program, where there is one. */
static pid_t pid_of(const struct ambit_box *box)
{
	char path[64], line[128];
	FILE *file;
	int pid = 0;

	(void)snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", ambit_box_pidfd(box));
	file = fopen(path, "re");
	CHECK(file != NULL);
	while (pid <= 0 && fgets(line, sizeof(line), file))
		(void)sscanf(line, "Pid: %d", &pid);
	(void)fclose(file);
	CHECK(pid > 0);
	return pid;
}

TEST(what_is_lost_stays_lost)
{
	struct ambit_box *box = start(beside, "60");
	struct ambit_status status;
	struct ambit_error err;

	CHECK_INT(kill(pid_of(box), SIGKILL), 0);
	CHECK_INT(wait_for(box, &status), AMBIT_E_CHILD);
	for (int i = 0; i < 2; i++) {
		CHECK_INT(ambit_box_status(box, &status, &err), AMBIT_E_CHILD);
		CHECK(err.code == AMBIT_E_CHILD && err.text[0] && err.hint[0]);
		CHECK_INT(wait_for(box, &status), AMBIT_E_CHILD);
	}
	CHECK_INT(status.signal, 77); /* written only on success */
	CHECK_INT(ambit_box_signal(box, SIGTERM, NULL), AMBIT_E_NOT_FOUND);
	ambit_box_free(box);
}

/* Nobody has waited for it yet: it is no fault of ours that it has ended. */
TEST(what_has_ended_is_not_found)
{
	static const char *const policies[] = { beside, alone };

	for (int i = 0; i < 2; i++) {
		struct ambit_box *box = start(policies[i], "0");
		struct ambit_status status;

		until_ended(box);
		CHECK_INT(ambit_box_signal(box, SIGTERM, NULL), AMBIT_E_NOT_FOUND);
		CHECK_INT(ambit_box_signal(box, SIGTERM, NULL), AMBIT_E_NOT_FOUND);
		CHECK_INT(wait_for(box, &status), AMBIT_OK);
		CHECK_INT(status.exit_code, 0);
		ambit_box_free(box);
	}
}

/* ---- what is left -------------------------------------------------------------------------- */

static int count_fds(void)
{
	DIR *directory = opendir("/proc/self/fd");
	int count = 0;

	CHECK(directory != NULL);
	while (readdir(directory))
		count++;
	(void)closedir(directory);
	return count;
}

/* A control group that we have made is open here: "" for none. */
static void find_group(char *ret, size_t size)
{
	for (int fd = 0; fd < 64; fd++) {
		char link[32];
		ssize_t n;

		(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		n = readlink(link, ret, size - 1);
		ret[n > 0 ? n : 0] = '\0';
		if (strstr(ret, "/ambit-"))
			return;
	}
	ret[0] = '\0';
}

static void ignore_children(int flags)
{
	struct sigaction a = { .sa_handler = flags ? SIG_DFL : SIG_IGN, .sa_flags = flags };

	CHECK_INT(sigaction(SIGCHLD, &a, NULL), 0);
}

/* One that is waited for, one that is not, and one that still runs. */
static void leaves_nothing(const char *policy, bool has_group)
{
	for (int flags = 0; flags <= SA_NOCLDWAIT; flags += SA_NOCLDWAIT) {
		ignore_children(flags);
		for (int i = 0; i < ROUNDS; i++) {
			const int before = count_fds();
			struct ambit_box *box = start(policy, i == 2 ? "60" : "0");
			struct ambit_status status;
			char group[512];
			struct stat st;

			find_group(group, sizeof(group));
			CHECK(!has_group || stat(group, &st) == 0);
			if (i != 2)
				until_ended(box);
			if (i == 0) {
				CHECK_INT(wait_for(box, &status), AMBIT_E_CHILD);
				CHECK_INT(wait_for(box, &status), AMBIT_E_CHILD);
				CHECK_INT(ambit_box_signal(box, SIGTERM, NULL), AMBIT_E_NOT_FOUND);
			}
			ambit_box_free(box);
			CHECK_INT(count_fds(), before);
			CHECK(!group[0] || stat(group, &st) < 0);
		}
	}
}

TEST_TIMEOUT(nothing_is_left_of_who_is_alone, 60)
{
	leaves_nothing(alone, false);
}

TEST_TIMEOUT(nothing_is_left_of_who_is_beside, 60)
{
	leaves_nothing(beside, false);
}

TEST_TIMEOUT(no_group_is_left, 60)
{
	leaves_nothing("limit memory 64M\n", true);
}
