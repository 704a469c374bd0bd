/* SPDX-License-Identifier: ISC */
/* The program's process goes on in the root that the leader has made, or not at all. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../src/run/child.h"
#include "../tap.h"

/* No operations; a program that is not there, so what comes back is why it does not run. */
struct flat {
	struct kit kit;
	uint64_t table[1];
	char directory[2], program[32];
};
static struct flat made = { .directory = "/", .program = "/nonexistent/program" };

static struct kit_report report_of(struct meeting meeting)
{
	struct kit_report report = { 0 };
	struct child child;
	int ends[2], status;
	pid_t pid;

	CHECK_INT(pipe(ends), 0);
	made.kit = (struct kit){
		.report_fd = ends[1],
		.program_fd = -1,
		.argv = offsetof(struct flat, table),
		.envp = offsetof(struct flat, table),
		.directory = offsetof(struct flat, directory),
		.program = offsetof(struct flat, program),
	};
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		(void)alarm(20);
		child_init(&child, &made.kit);
		child.meeting = &meeting;
		IGNORE_RESULT(child_program(&child));
		_exit(0);
	}
	CHECK_INT(read(ends[0], &report, sizeof(report)), sizeof(report));
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK_INT(status, 0);
	(void)close(ends[0]);
	(void)close(ends[1]);
	return report;
}

TEST(it_goes_on_in_the_leaders_root)
{
	struct kit_report report;
	struct stat st;

	CHECK_INT(stat("/", &st), 0);
	report = report_of((struct meeting){
		.built = 1, .root_device = st.st_dev, .root_inode = st.st_ino, .leader_done = 1 });
	CHECK_INT(report.where, WHERE_EXEC);
	CHECK_STR(report.path, made.program);
}

TEST(it_does_not_go_on_in_another)
{
	struct kit_report report;
	struct stat st;

	CHECK_INT(stat("/", &st), 0);
	report = report_of((struct meeting){
		.built = 1, .root_device = st.st_dev, .root_inode = st.st_ino + 1 });
	CHECK_INT(report.where, WHERE_START);
	CHECK_INT(report.verifying, 1);
	CHECK_INT(report.sys_errno, EPROTO);
	CHECK_HAS(report.path, "the root");
	report = report_of((struct meeting){
		.built = 1, .root_device = st.st_dev + 1, .root_inode = st.st_ino });
	CHECK_INT(report.sys_errno, EPROTO);
}
