/* SPDX-License-Identifier: ISC */
/* routes.c - E61: the same act by every call that performs it; one answer for all */
#include "attempts.h"

#include <linux/openat2.h>
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum verdict routes_open(const struct inside *in)
{
	const char *path = below(in, 0, "out/victim");
	struct open_how how = { .flags = O_RDONLY | O_CLOEXEC };
	struct tally t = TALLY(in);

#ifdef SYS_open
	tally_add(&t, "open", OUTCOME(syscall(SYS_open, path, O_RDONLY)), NO_PATH);
	tally_add(&t, "creat", OUTCOME(syscall(SYS_creat, below(in, 1, "out/created"), 0600)),
		  NO_PATH);
#endif
	tally_add(&t, "openat", OUTCOME(syscall(SYS_openat, AT_FDCWD, path, O_RDONLY)), NO_PATH);
	tally_add(&t, "openat2", OUTCOME(syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how))),
		  NO_PATH);
	tally_add(&t, "openat for writing", OUTCOME(openat(AT_FDCWD, path, O_WRONLY | O_CLOEXEC)),
		  NO_PATH);
	tally_add(&t, "openat(O_TMPFILE)",
		  OUTCOME(openat(AT_FDCWD, below(in, 1, "out"), O_TMPFILE | O_RDWR | O_CLOEXEC,
				 0600)),
		  NO_PATH);
	tally_add(
		&t, "openat of the folder",
		OUTCOME(openat(AT_FDCWD, below(in, 1, "out"), O_RDONLY | O_DIRECTORY | O_CLOEXEC)),
		NO_PATH);
	return tally_end(&t);
}

/* Names made and taken away outside the granted directories. */
enum verdict routes_names(const struct inside *in)
{
	struct tally t = TALLY(in);
	const char *a = below(in, 0, "out/a"), *b = below(in, 1, "out/b");
	const char *folder = below(in, 2, "out/folder");

	tally_add(&t, "mknodat", OUTCOME(mknodat(AT_FDCWD, a, S_IFREG | 0600, 0)), NO_PATH);
	tally_add(&t, "mkdir", OUTCOME(mkdir(folder, 0700)), NO_PATH);
	tally_add(&t, "rmdir", OUTCOME(rmdir(folder)), NO_PATH);
	tally_add(&t, "symlink", OUTCOME(symlink("x", b)), NO_PATH);
	tally_add(&t, "unlinkat", OUTCOME(unlinkat(AT_FDCWD, b, 0)), NO_PATH);
	tally_add(&t, "mkfifo", OUTCOME(mkfifo(b, 0600)), NO_PATH);
#ifdef SYS_rename
	tally_add(&t, "rename", OUTCOME(syscall(SYS_rename, b, folder)), NO_PATH);
	tally_add(&t, "link", OUTCOME(syscall(SYS_link, a, b)), NO_PATH);
#endif
	tally_add(&t, "renameat2",
		  OUTCOME(syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, folder, 0)), NO_PATH);
	return tally_end(&t);
}

static long clone_process(void)
{
	pid_t pid = (pid_t)syscall(SYS_clone, (unsigned long)SIGCHLD, NULL, NULL, NULL, 0);

	if (pid == 0)
		_exit(0);
	if (pid < 0)
		return -errno;
	waitpid(pid, NULL, 0);
	return 0;
}

static long clone3_process(void)
{
	uint64_t args[8] = { [4] = SIGCHLD };
	pid_t pid = (pid_t)syscall(SYS_clone3, args, sizeof(args));

	if (pid == 0)
		_exit(0);
	if (pid < 0)
		return -errno;
	waitpid(pid, NULL, 0);
	return 0;
}

#ifdef SYS_fork
static long fork_process(void)
{
	pid_t pid = (pid_t)syscall(SYS_fork);

	if (pid == 0)
		_exit(0);
	if (pid < 0)
		return -errno;
	waitpid(pid, NULL, 0);
	return 0;
}

static long vfork_process(void)
{
	pid_t pid = vfork();

	if (pid == 0)
		_exit(0);
	if (pid < 0)
		return -errno;
	waitpid(pid, NULL, 0);
	return 0;
}
#endif

enum verdict routes_fork(const struct inside *in)
{
	struct tally t = TALLY(in);

#ifdef SYS_fork
	tally_add(&t, "fork", fork_process(), REFUSALS(EPERM, EACCES, ENOSYS, EAGAIN));
	tally_add(&t, "vfork", vfork_process(), REFUSALS(EPERM, EACCES, ENOSYS, EAGAIN));
#endif
	tally_add(&t, "clone", clone_process(), REFUSALS(EPERM, EACCES, ENOSYS, EAGAIN));
	tally_add(&t, "clone3", clone3_process(), REFUSALS(EPERM, EACCES, ENOSYS, EAGAIN));
	return tally_end(&t);
}
