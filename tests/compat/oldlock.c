/* SPDX-License-Identifier: ISC */
#include "oldlock.h"

#include "../fault/regs.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { VERSION_QUERY = 1, RULE_NET_PORT = 2, ATTR_WORDS = 3 };

/* What each ABI knows; a row holds until the next one. From include/uapi/linux/landlock.h. */
static const struct abi {
	int number;
	uint64_t attr_size;
	uint64_t known[ATTR_WORDS]; /* handled_access_fs, handled_access_net, scoped */
	uint64_t restrict_flags;
} abis[] = {
	{ 1, 8, { 0x1fff, 0, 0 }, 0 },	  { 2, 8, { 0x3fff, 0, 0 }, 0 },
	{ 3, 8, { 0x7fff, 0, 0 }, 0 },	  { 4, 16, { 0x7fff, 3, 0 }, 0 },
	{ 5, 16, { 0xffff, 3, 0 }, 0 },	  { 6, 24, { 0xffff, 3, 3 }, 0 },
	{ 7, 24, { 0xffff, 3, 3 }, 7 },	  { 8, 24, { 0xffff, 3, 3 }, 15 },
	{ 9, 24, { 0x1ffff, 3, 3 }, 15 },
};

static const struct abi *find_abi(int number)
{
	for (size_t i = 0; i < sizeof(abis) / sizeof(abis[0]); i++)
		if (abis[i].number == number)
			return &abis[i];
	return NULL;
}

void oldlock_trace(struct bpf *f)
{
	bpf_trace(f, SYS_landlock_create_ruleset);
	bpf_trace(f, SYS_landlock_add_rule);
	bpf_trace(f, SYS_landlock_restrict_self);
}

/* What the old kernel would say: a result, or 1000 to let the new one answer. */
enum { LET_PASS = 1000 };

static long judge_create(pid_t tid, const struct abi *abi, const uint64_t *args)
{
	char attr[256] = { 0 };
	uint64_t words[ATTR_WORDS];
	uint64_t size = args[1];

	if (!args[0] && !size && args[2] == VERSION_QUERY)
		return abi->number;
	if (args[2] || size < sizeof(uint64_t))
		return LET_PASS; /* an error in every version, or the errata query */
	if (size > sizeof(attr))
		return -E2BIG;
	if (regs_read(tid, args[0], attr, size) != (ssize_t)size)
		return -EFAULT;
	for (uint64_t i = abi->attr_size; i < size; i++)
		if (attr[i])
			return -E2BIG;
	memcpy(words, attr, sizeof(words));
	for (int i = 0; i < ATTR_WORDS; i++)
		if (words[i] & ~abi->known[i])
			return -EINVAL;
	return LET_PASS;
}

static long judge(pid_t tid, const struct abi *abi, uint64_t nr, const uint64_t *args)
{
	if (nr == SYS_landlock_create_ruleset)
		return judge_create(tid, abi, args);
	if (nr == SYS_landlock_add_rule && args[1] == RULE_NET_PORT && !abi->known[1])
		return -EINVAL;
	if (nr == SYS_landlock_restrict_self && (args[1] & ~abi->restrict_flags))
		return -EINVAL;
	return LET_PASS;
}

static void answer(pid_t tid, const struct abi *abi)
{
	struct __ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, tid, (void *)sizeof(info), &info) <= 0 ||
	    info.op != PTRACE_SYSCALL_INFO_SECCOMP)
		return;

	uint64_t args[6];

	memcpy(args, info.seccomp.args, sizeof(args));

	long result = judge(tid, abi, info.seccomp.nr, args);

	/* A process that has just been killed cannot be changed any more, nor need it be. */
	if (result != LET_PASS && !regs_skip_call(tid))
		(void)regs_set_result(tid, result);
}

static void on_stop(pid_t tid, int status, const struct abi *abi)
{
	int event = status >> 16;
	bool group_stop = event == PTRACE_EVENT_STOP && WSTOPSIG(status) != SIGTRAP;
	int signo = event ? 0 : WSTOPSIG(status);

	if (event == PTRACE_EVENT_SECCOMP)
		answer(tid, abi);
	(void)ptrace(group_stop ? PTRACE_LISTEN : PTRACE_CONT, tid, NULL, (void *)(long)signo);
}

/* Take in every report there is; true with the command's status once it has ended. */
static bool drain(pid_t command, const struct abi *abi, int *ret_status)
{
	int status;
	pid_t tid;

	while ((tid = waitpid(-1, &status, __WALL | WNOHANG)) > 0) {
		if (WIFSTOPPED(status)) {
			on_stop(tid, status, abi);
			continue;
		}
		if (tid == command) {
			*ret_status = status;
			return true;
		}
	}
	return false;
}

/* End as the command did. */
static int end_like(int status)
{
	if (WIFEXITED(status))
		return WEXITSTATUS(status);

	struct rlimit no_core = { 0, 0 };
	sigset_t one;

	(void)setrlimit(RLIMIT_CORE, &no_core);
	(void)sigemptyset(&one);
	(void)sigaddset(&one, WTERMSIG(status));
	(void)sigaction(WTERMSIG(status), &(struct sigaction){ .sa_handler = SIG_DFL }, NULL);
	(void)raise(WTERMSIG(status));
	(void)sigprocmask(SIG_UNBLOCK, &one, NULL);
	return 128 + WTERMSIG(status);
}

static int serve(pid_t command, const struct abi *abi, const sigset_t *watched)
{
	siginfo_t info;
	int status;

	for (;;) {
		int signo = sigwaitinfo(watched, &info);

		/* What a terminal sends reaches the command by itself. */
		if (signo > 0 && signo != SIGCHLD && info.si_code <= 0)
			(void)kill(command, signo);
		if (drain(command, abi, &status))
			return end_like(status);
	}
}

int oldlock_start(int number)
{
	static const int passed_on[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2 };
	const struct abi *abi = find_abi(number);
	sigset_t watched, before;
	int gate[2];
	char byte;

	if (!abi || number > syscall(SYS_landlock_create_ruleset, NULL, 0, VERSION_QUERY))
		return -EINVAL;
	if (pipe2(gate, O_CLOEXEC))
		return -errno;
	(void)sigemptyset(&watched);
	(void)sigaddset(&watched, SIGCHLD);
	for (size_t i = 0; i < sizeof(passed_on) / sizeof(passed_on[0]); i++)
		(void)sigaddset(&watched, passed_on[i]);
	(void)sigprocmask(SIG_BLOCK, &watched, &before);

	pid_t command = fork();

	if (command < 0)
		return -errno;
	close(gate[!command]);
	if (!command) {
		ssize_t opened = read(gate[0], &byte, 1);

		close(gate[0]);
		(void)sigprocmask(SIG_SETMASK, &before, NULL);
		if (opened != 1)
			_exit(125);
		return OLDLOCK_CHILD;
	}
	if (ptrace(PTRACE_SEIZE, command, NULL,
		   (void *)(long)(PTRACE_O_TRACESECCOMP | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
				  PTRACE_O_TRACECLONE)) ||
	    write(gate[1], "g", 1) != 1) {
		int e = errno;

		(void)kill(command, SIGKILL);
		return -e;
	}
	close(gate[1]);
	return serve(command, abi, &watched);
}
