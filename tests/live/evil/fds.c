/* SPDX-License-Identifier: ISC */
/* fds.c - E01, E02, E45: descriptors left open by whoever started the launcher */
#include "attempts.h"
#include "outside.h"

#include <sched.h>
#include <sys/stat.h>

enum { DIR_FD = 9, FILE_FD = 7, NS_FD = 8, LAST_FD = 1023 };

static void leave_open(const char *path, int flags, int as)
{
	int fd = open(path, flags);

	if (fd >= 0 && fd != as) {
		dup2(fd, as);
		close(fd);
	}
}

/* outside: fd 9 is the stage, fd 7 a writable canary, fd 8 a namespace */
static void leave_all_open(struct stage *s)
{
	leave_open(s->dir, O_RDONLY | O_DIRECTORY, DIR_FD);
	leave_open(stage_path(s, 0, "out/second"), O_RDWR, FILE_FD);
	leave_open("/proc/self/ns/uts", O_RDONLY, NS_FD);
}

/* outside: what fd 7 stands for was written to */
static enum verdict second_unchanged(struct stage *s, enum verdict v)
{
	struct stat st;

	if (stat(stage_path(s, 0, "out/second"), &st) == 0 &&
	    (size_t)st.st_size == strlen(s->canary))
		return v;
	snprintf(s->note, sizeof(s->note), "the file behind the open descriptor was changed");
	return ESCAPED;
}

const struct drama drama_open_fds = { .before_exec = leave_all_open, .judge = second_unchanged };

enum verdict fds_directory(const struct inside *in)
{
	struct tally t = TALLY(in);
	const int *no = REFUSALS(EBADF, EPERM, EACCES, ENOSYS, ENOTDIR);

	tally_add(&t, "openat(9, out/victim)", read_canary_at(in, DIR_FD, "out/victim"), no);
	tally_add(&t, "openat(9, ..)",
		  OUTCOME(openat(DIR_FD, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC)), no);
	tally_add(&t, "openat(9, out, O_PATH)", OUTCOME(openat(DIR_FD, "out", O_PATH | O_CLOEXEC)),
		  no);
	return tally_end(&t);
}

enum verdict fds_fchdir(const struct inside *in)
{
	long r = OUTCOME(fchdir(DIR_FD));

	if (r == 0)
		r = read_canary(in, "out/victim");
	return judge(in, "fchdir(9), then open(out/victim)", r,
		     REFUSALS(EBADF, EPERM, EACCES, ENOSYS, ENOTDIR, ENOENT));
}

enum verdict fds_execveat(const struct inside *in)
{
	static char name[] = "payload", option[] = "--payload", text[] = "executed through fd 9";
	char *argv[] = { name, option, text, NULL }, *env[] = { NULL };
	long r = OUTCOME(syscall(SYS_execveat, DIR_FD, "out/program", argv, env, 0));

	return judge(in, "execveat(9, out/program)", r,
		     REFUSALS(EBADF, EPERM, EACCES, ENOSYS, ENOTDIR));
}

static int program_outside(struct stage *s)
{
	return stage_copy_self(s, "out/program", 0755);
}

const struct drama drama_open_fds_program = { .prepare = program_outside,
					      .before_exec = leave_all_open };

/* Only what answers "there is no such descriptor" is a refusal: an open one is a leak. */
enum verdict fds_any(const struct inside *in)
{
	struct tally t = TALLY(in);
	char what[32];

	for (int fd = 3; fd <= LAST_FD; fd++) {
		if (in->control && fd != DIR_FD && fd != FILE_FD && fd != NS_FD)
			continue;
		long r = OUTCOME(fcntl(fd, F_GETFD));
		snprintf(what, sizeof(what), "fd %d is open", fd);
		if (r >= 0 || fd == LAST_FD || in->control)
			tally_add(&t, what, r, REFUSALS(EBADF));
	}
	return tally_end(&t);
}

enum verdict fds_write(const struct inside *in)
{
	struct tally t = TALLY(in);
	char what[32];

	for (int fd = 3; fd <= LAST_FD; fd++) {
		if (in->control && fd != FILE_FD)
			continue;
		long r = OUTCOME(pwrite(fd, "evil", 4, 100));
		snprintf(what, sizeof(what), "write to fd %d", fd);
		if (r >= 0 || fd == FILE_FD)
			tally_add(&t, what, r, REFUSALS(EBADF));
	}
	return tally_end(&t);
}

/* A read-only descriptor the launcher was given for reading, opened again for writing. */
enum verdict fds_reopen_wider(const struct inside *in)
{
	long fd = OUTCOME(open("/proc/self/fd/0", O_WRONLY | O_CLOEXEC));

	if (fd >= 0)
		fd = OUTCOME(pwrite((int)fd, "evil", 4, 100));
	return judge(in, "stdin opened again for writing by /proc/self/fd/0", fd, NO_PATH);
}

static void stdin_from_canary(struct stage *s)
{
	close(STDIN_FILENO);
	if (open(stage_path(s, 0, "out/second"), O_RDONLY) != STDIN_FILENO)
		_exit(125);
}

const struct drama drama_stdin_file = { .before_exec = stdin_from_canary,
					.judge = second_unchanged };

enum verdict fds_setns(const struct inside *in)
{
	struct tally t = TALLY(in);
	const int *no = REFUSALS(EBADF, EPERM, EACCES, ENOSYS, EINVAL);
	bool seen = false;
	char what[32];

	for (int fd = 3; fd <= 64; fd++) {
		if (in->control && fd != NS_FD)
			continue;
		long r = OUTCOME(setns(fd, 0));
		snprintf(what, sizeof(what), "setns(%d)", fd);
		if (fd == NS_FD || r >= 0)
			tally_add(&t, what, r, no);
		seen |= r >= 0;
	}
	return seen || !in->control ? tally_end(&t) : untried("setns needs CAP_SYS_ADMIN");
}

/* The namespaces of a process outside, by pidfd and by its /proc files. */
enum verdict fds_setns_victim(const struct inside *in)
{
	static const char *const names[] = { "uts", "ipc", "net", "mnt" };
	struct tally t = TALLY(in);
	long victim = fact_number(in, "victim", 0);
	char path[64];

	if (victim <= 0)
		return untried("no victim given");
	long pidfd = OUTCOME(syscall(SYS_pidfd_open, victim, 0));
	if (pidfd >= 0)
		pidfd = OUTCOME(setns((int)pidfd, CLONE_NEWUTS | CLONE_NEWIPC));
	tally_add(&t, "setns(pidfd of the victim)", pidfd, NO_PROCESS);
	for (size_t i = 0; i < COUNT(names); i++) {
		snprintf(path, sizeof(path), "/proc/%ld/ns/%s", victim, names[i]);
		long fd = OUTCOME(open(path, O_RDONLY | O_CLOEXEC));
		if (fd >= 0)
			fd = OUTCOME(setns((int)fd, 0));
		tally_add(&t, path, fd, NO_PATH);
	}
	return tally_end(&t);
}
