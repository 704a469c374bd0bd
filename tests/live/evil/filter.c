/* SPDX-License-Identifier: ISC */
/* filter.c - E47, E49 to E60, E66, E68, E69, E79: what a filter must refuse */
#include "attempts.h"
#include "outside.h"

#include <linux/filter.h>
#include <linux/io_uring.h>
#include <linux/keyctl.h>
#include <linux/perf_event.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/user.h>
#include <sys/wait.h>

enum { X32_BIT = 0x40000000, I386_GETPID = 20 };

#ifdef __x86_64__
static long by_int80(long number)
{
	long r;

	__asm__ volatile("int $0x80" : "=a"(r) : "0"(number) : "r8", "r9", "r10", "r11", "memory");
	return r;
}

enum verdict filter_i386(const struct inside *in)
{
	acted("int 0x80");
	return judge(in, "int 0x80 getpid", by_int80(I386_GETPID), NO_CALL);
}

enum verdict filter_x32(const struct inside *in)
{
	acted("x32 getpid");
	return judge(in, "x32 getpid", OUTCOME(syscall(X32_BIT | SYS_getpid)), NO_CALL);
}
#else
enum verdict filter_i386(const struct inside *in)
{
	(void)in;
	return untried("not an x86");
}

enum verdict filter_x32(const struct inside *in)
{
	return filter_i386(in);
}
#endif

/* A listener of one's own, set in a child: a filter cannot be taken off again. */
static long new_listener(const struct inside *in, void *unused)
{
	static struct sock_filter allow[] = { BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW) };
	const struct sock_fprog prog = { .len = 1, .filter = allow };

	(void)in, (void)unused;
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return OUTCOME(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			       SECCOMP_FILTER_FLAG_NEW_LISTENER, &prog));
}

enum verdict filter_listener(const struct inside *in)
{
	long r = in_child(new_listener, in, NULL);

	return judge(in, "seccomp(NEW_LISTENER)", r, REFUSALS(EPERM, EACCES, ENOSYS, EBUSY));
}

enum verdict filter_io_uring(const struct inside *in)
{
	struct tally t = TALLY(in);
	struct io_uring_params params = { .flags = 0 };

	tally_add(&t, "io_uring_setup", OUTCOME(syscall(SYS_io_uring_setup, 4, &params)), NO_CALL);
	/* refused by its number, whatever its descriptor: EBADF would mean that it got through */
	long r = OUTCOME(syscall(SYS_io_uring_enter, -1, 0, 0, 0, NULL, 0));
	tally_add(&t, "io_uring_enter", r == -EBADF ? 0 : r, NO_CALL);
	r = OUTCOME(syscall(SYS_io_uring_register, -1, 0, NULL, 0));
	tally_add(&t, "io_uring_register", r == -EBADF || r == -EINVAL ? 0 : r, NO_CALL);
	return tally_end(&t);
}

/* Arguments of 32 bits: the kernel does not look at what is above, and neither may the filter. */
enum verdict filter_high_words(const struct inside *in)
{
	static const unsigned long high[] = { 0, 1UL << 32, 0xffffffffUL << 32 };
	struct tally t = TALLY(in);

	for (size_t i = 0; i < 3; i++) {
		tally_add(&t, "socket",
			  OUTCOME(syscall(SYS_socket, high[i] | AF_INET, high[i] | SOCK_STREAM,
					  high[i])),
			  NO_NETWORK);
		tally_add(&t, "add_key",
			  OUTCOME(syscall(SYS_add_key, "user", "evil", "x", 1,
					  high[i] | (uint32_t)KEY_SPEC_PROCESS_KEYRING)),
			  NO_CALL);
	}
	return tally_end(&t);
}

/* Each of the two is granted, but not together: 4 is TCP_KEEPIDLE, and IP_OPTIONS here. */
enum verdict filter_level_and_name(const struct inside *in)
{
	unsigned char padding[4] = { 1, 1, 1, 0 };
	const int fine = 60;
	long fd = OUTCOME(socket(AF_INET, SOCK_STREAM, 0));

	if (fd < 0)
		return untried("socket: %s", errno_word((int)-fd));
	if (setsockopt((int)fd, IPPROTO_TCP, TCP_KEEPIDLE, &fine, sizeof(fine)) < 0)
		return untried("TCP_KEEPIDLE: %s", errno_word(errno));
	return judge(in, "IPPROTO_IP with the number of TCP_KEEPIDLE (IP_OPTIONS)",
		     OUTCOME(setsockopt((int)fd, IPPROTO_IP, IP_OPTIONS, padding, sizeof(padding))),
		     REFUSALS(EPERM, EACCES, ENOPROTOOPT));
}

enum verdict filter_keys(const struct inside *in)
{
	struct tally t = TALLY(in);

	tally_add(&t, "add_key",
		  OUTCOME(syscall(SYS_add_key, "user", "evil", "x", 1, KEY_SPEC_PROCESS_KEYRING)),
		  NO_CALL);
	tally_add(&t, "keyctl(GET_KEYRING_ID)",
		  OUTCOME(syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_USER_KEYRING, 1)),
		  NO_CALL);
	long r = OUTCOME(syscall(SYS_request_key, "user", "evil-none", NULL, 0));
	tally_add(&t, "request_key", r == -ENOKEY ? 0 : r, NO_CALL);
	return tally_end(&t);
}

/*
 * Calls that no right names, with arguments that do nothing. @reached is what the kernel itself
 * answers to them once they get through, beside success; as an ordinary user many end in EPERM
 * anyway, so the control needs root.
 */
static const struct {
	const char *name;
	long number, arg[4];
	int reached, also;
} denied[] = {
	{ "fsopen", 430, { 1, 0, 0, 0 }, EFAULT, ENODEV },
	{ "fsconfig", 431, { -1, 99, 0, 0 }, EINVAL, EOPNOTSUPP },
	{ "fsmount", 432, { -1, 0, 0, 0 }, EBADF, EINVAL },
	{ "fspick", 433, { -1, 1, 0, 0 }, EFAULT, EBADF },
	{ "open_tree", 428, { -1, 1, 0, 0 }, EFAULT, EBADF },
	{ "move_mount", 429, { -1, 1, -1, 1 }, EFAULT, EBADF },
	{ "mount_setattr", 442, { -1, 1, 0, 0 }, EINVAL, EFAULT },
	{ "open_tree_attr", 467, { -1, 1, 0, 0 }, EFAULT, EINVAL },
	{ "mount", 165, { 1, 1, 1, 0 }, EFAULT, 0 },
	{ "umount2", 166, { 1, 0, 0, 0 }, EFAULT, 0 },
	{ "pivot_root", 155, { 1, 1, 0, 0 }, EFAULT, 0 },
	{ "pidfd_getfd", 438, { -1, 0, 0, 0 }, EBADF, 0 },
	{ "process_madvise", 440, { -1, 0, 0, 0 }, EBADF, EINVAL },
	{ "process_mrelease", 448, { -1, 0, 0, 0 }, EBADF, 0 },
	{ "map_shadow_stack", 453, { 1, 0, 0, 0 }, EOPNOTSUPP, EINVAL },
	{ "lsm_set_self_attr", 460, { 0, 0, 0, 0 }, EOPNOTSUPP, EINVAL },
	{ "bpf", 321, { 0, 1, 8, 0 }, EFAULT, 0 },
	{ "userfaultfd", 323, { 0, 0, 0, 0 }, 0, 0 },
	{ "perf_event_open", 298, { 1, 0, -1, -1 }, EFAULT, EINVAL },
	{ "kcmp", 312, { -1, -1, 0, 0 }, ESRCH, 0 },
	{ "init_module", 175, { 1, 0, 1, 0 }, ENOEXEC, EFAULT },
	{ "finit_module", 313, { -1, 1, 99, 0 }, EINVAL, EBADF },
	{ "delete_module", 176, { 1, 0, 0, 0 }, EFAULT, 0 },
	{ "kexec_load", 246, { 0, 99, 0, 99 }, EINVAL, EADDRNOTAVAIL },
	{ "swapon", 167, { 1, 0, 0, 0 }, EFAULT, 0 },
	{ "swapoff", 168, { 1, 0, 0, 0 }, EFAULT, 0 },
	{ "quotactl", 179, { 0x7fff0000, 1, 0, 0 }, EINVAL, EFAULT },
	{ "acct", 163, { 1, 0, 0, 0 }, EFAULT, 0 },
	{ "syslog", 103, { 10, 0, 0, 0 }, 0, EINVAL },
	{ "reboot", 169, { 0, 0, 0, 0 }, EINVAL, 0 },
	{ "settimeofday", 164, { 1, 0, 0, 0 }, EFAULT, 0 },
	{ "clock_settime", 227, { 0, 1, 0, 0 }, EFAULT, 0 },
	{ "clock_adjtime", 305, { 0, 1, 0, 0 }, EFAULT, 0 },
	{ "sethostname", 170, { 1, -1, 0, 0 }, EINVAL, EFAULT },
	{ "setdomainname", 171, { 1, -1, 0, 0 }, EINVAL, EFAULT },
	{ "iopl", 172, { 99, 0, 0, 0 }, EINVAL, 0 },
	{ "ioperm", 173, { -1, 1, 0, 0 }, EINVAL, 0 },
	{ "modify_ldt", 154, { 0, 1, 0, 0 }, 0, EFAULT },
	{ "fanotify_init", 300, { -1, 0, 0, 0 }, EINVAL, 0 },
	{ "name_to_handle_at", 303, { -1, 1, 1, 1 }, EFAULT, EBADF },
	{ "open_by_handle_at", 304, { -1, 1, 0, 0 }, EFAULT, EBADF },
	{ "setns", 308, { -1, 0, 0, 0 }, EBADF, 0 },
	{ "chroot", 161, { 1, 0, 0, 0 }, EFAULT, 0 },
	{ "ptrace", 101, { 0x4206, -1, 0, 0 }, ESRCH, EIO },
	{ "process_vm_readv", 310, { -1, 0, 0, 0 }, ESRCH, 0 },
	{ "process_vm_writev", 311, { -1, 0, 0, 0 }, ESRCH, 0 },
	{ "move_pages", 279, { -1, 0, 0, 0 }, ESRCH, EINVAL },
	{ "migrate_pages", 256, { -1, 0, 0, 0 }, ESRCH, EINVAL },
	{ "statmount", 457, { 0, 0, 0, 0 }, EFAULT, EINVAL },
	{ "listmount", 458, { 0, 0, 0, 0 }, EFAULT, EINVAL },
};

static bool means_reached(size_t i, long r)
{
	return r >= 0 || (denied[i].reached && r == -denied[i].reached) ||
	       (denied[i].also && r == -denied[i].also);
}

enum verdict filter_denied_calls(const struct inside *in)
{
	struct tally t = TALLY(in);
	const int *no = REFUSALS(EPERM, ENOSYS, EACCES);

#ifndef __x86_64__
	return untried("the numbers are those of x86-64");
#endif
	for (size_t i = 0; i < COUNT(denied); i++) {
		const long *a = denied[i].arg;
		long r = OUTCOME(syscall(denied[i].number, a[0], a[1], a[2], a[3], 0L, 0L));
		tally_add(&t, denied[i].name, means_reached(i, r) ? 0 : r, no);
	}
	return tally_end(&t);
}

/* A number no kernel has yet: what is not known must be refused too, as if it did not exist. */
enum verdict filter_unknown_calls(const struct inside *in)
{
	struct tally t = TALLY(in);

	for (long number = 470; number < 600; number++) {
		long r = OUTCOME(syscall(number, -1, -1, -1, -1, -1, -1));
		if (r != -ENOSYS || number == 599)
			tally_add(&t, "a call newer than the table", r, REFUSALS(ENOSYS));
	}
	return tally_end(&t);
}

enum verdict filter_perf(const struct inside *in)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_SOFTWARE,
					.size = sizeof(attr),
					.config = PERF_COUNT_SW_TASK_CLOCK,
					.exclude_kernel = 1 };
	struct tally t = TALLY(in);

	tally_add(&t, "perf_event_open", OUTCOME(syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0)),
		  NO_CALL);
	tally_add(&t, "userfaultfd(USER_MODE_ONLY)", OUTCOME(syscall(SYS_userfaultfd, 1)), NO_CALL);
	return tally_end(&t);
}

/* A traced child whose call number is changed on the way in: getppid becomes gettid. */
static long change_number(const struct inside *in, void *unused)
{
	int status;

	(void)in, (void)unused;
	pid_t pid = fork();
	if (pid < 0)
		return -EPIPE;
	if (pid == 0) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
			_exit(errno);
		raise(SIGSTOP);
		_exit(syscall(SYS_getppid) == syscall(SYS_gettid) ? 0 : 99);
	}
	waitpid(pid, &status, 0);
	if (WIFEXITED(status))
		return -WEXITSTATUS(status);
#ifdef __x86_64__
	for (int stops = 0; stops < 64; stops++) {
		struct user_regs_struct regs;
		if (ptrace(PTRACE_SYSCALL, pid, NULL, NULL) < 0)
			break;
		waitpid(pid, &status, 0);
		if (WIFEXITED(status))
			return WEXITSTATUS(status) ? -EIO : 0;
		if (ptrace(PTRACE_GETREGS, pid, NULL, &regs) == 0 && regs.orig_rax == SYS_getppid) {
			regs.orig_rax = SYS_gettid;
			ptrace(PTRACE_SETREGS, pid, NULL, &regs);
		}
	}
#endif
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return -EIO;
}

enum verdict filter_ptrace_child(const struct inside *in)
{
	return judge(in, "a traced child's call number changed", in_child(change_number, in, NULL),
		     NO_CALL);
}

/* What would weaken the process itself. @reached: the kernel's own answer when it gets through. */
enum verdict filter_prctl(const struct inside *in)
{
	static const struct {
		const char *name;
		int option;
		unsigned long arg[4];
		int reached;
	} options[] = {
		{ "PR_SET_DUMPABLE", PR_SET_DUMPABLE, { 1, 0, 0, 0 }, 0 },
		{ "PR_SET_PTRACER", 0x59616d61, { 1, 0, 0, 0 }, EINVAL },
		{ "PR_SET_MM", PR_SET_MM, { PR_SET_MM_MAP_SIZE, 1, 0, 0 }, EFAULT },
		{ "PR_SET_TSC", PR_SET_TSC, { PR_TSC_ENABLE, 0, 0, 0 }, 0 },
		{ "PR_SET_SYSCALL_USER_DISPATCH", 59, { 0, 0, 0, 0 }, 0 },
		{ "PR_SET_SPECULATION_CTRL",
		  PR_SET_SPECULATION_CTRL,
		  { PR_SPEC_STORE_BYPASS, PR_SPEC_ENABLE, 0, 0 },
		  ENXIO },
		{ "PR_MCE_KILL", PR_MCE_KILL, { PR_MCE_KILL_CLEAR, 0, 0, 0 }, 0 },
		{ "PR_CAPBSET_DROP", PR_CAPBSET_DROP, { 999, 0, 0, 0 }, EINVAL },
	};
	struct tally t = TALLY(in);

	for (size_t i = 0; i < COUNT(options); i++) {
		const unsigned long *a = options[i].arg;
		long r = OUTCOME(prctl(options[i].option, a[0], a[1], a[2], a[3]));
		bool got_through = r >= 0 || (options[i].reached && r == -options[i].reached);
		tally_add(&t, options[i].name, got_through ? 0 : r,
			  REFUSALS(EPERM, EACCES, ENOSYS));
	}
	return tally_end(&t);
}

enum verdict filter_personality(const struct inside *in)
{
	static const struct {
		const char *name;
		unsigned long bits;
	} wanted[] = { { "ADDR_NO_RANDOMIZE", ADDR_NO_RANDOMIZE },
		       { "READ_IMPLIES_EXEC", READ_IMPLIES_EXEC },
		       { "MMAP_PAGE_ZERO", MMAP_PAGE_ZERO },
		       { "ADDR_COMPAT_LAYOUT", ADDR_COMPAT_LAYOUT } };
	struct tally t = TALLY(in);

	for (size_t i = 0; i < COUNT(wanted); i++)
		tally_add(&t, wanted[i].name, OUTCOME(syscall(SYS_personality, wanted[i].bits)),
			  NO_CALL);
	return tally_end(&t);
}

enum verdict filter_personality_inherited(const struct inside *in)
{
	char text[32] = "";
	long r = OUTCOME(syscall(SYS_personality, 0xffffffffUL));

	(void)in;
	if (r < 0 && slurp("/proc/self/personality", text, sizeof(text)) > 0)
		r = (long)strtoul(text, NULL, 16);
	if (r < 0)
		return untried("the personality cannot be read");
	if (r != 0)
		return escaped("the personality is %#lx", (unsigned long)r);
	return stopped("the personality is 0");
}

static void set_personality(struct stage *s)
{
	(void)s;
	(void)personality(ADDR_NO_RANDOMIZE | READ_IMPLIES_EXEC);
}

const struct drama drama_personality = { .before_exec = set_personality };
