/* SPDX-License-Identifier: ISC */
/* rows.h - wants, calls with arguments, and the answer each must get; and each near miss */
#ifndef AMBIT_TESTS_TABLE_ROWS_H
#define AMBIT_TESTS_TABLE_ROWS_H

#include <asm/ioctls.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "../../src/filter/filter.h"

/* Answers that are no errno. */
enum { YES = 0, ASK = -1, KILL = -2 };

static const struct filter_socket tcp_udp[] = {
	{ AF_INET, SOCK_STREAM, 0 }, { AF_INET, SOCK_STREAM, IPPROTO_TCP }, { AF_INET6, SOCK_DGRAM, -1 },
};
static const struct filter_socket any_unix[] = { { AF_UNIX, -1, -1 } };
static const struct filter_cond first_is_minus_one[] = { { 0, FILTER_EQ, 0, UINT64_MAX } };
static const struct filter_cond not_five[] = { { 1, FILTER_NE, 0, 5 } };
static const struct filter_extra extras[] = {
	{ "keyctl", NULL, 0, 0 },
	{ "pidfd_open", first_is_minus_one, 1, ENODEV },
	{ "ptrace", not_five, 1, 0 },
	{ "getpid", NULL, 0, ESRCH },
	{ "read", not_five, 1, EIO },
};

#define FILES (CALL_BIT(OPEN) | CALL_BIT(STAT) | CALL_BIT(CREATE))
#define NET (CALL_BIT(SOCKET) | CALL_BIT(SOCKET_IO))

enum want_name {
	NOTHING, FILES_ONLY, ATTRIBUTES, PROCESSES, JIT, TERMINAL, CLIENT, CLIENT_ASKED, SERVER,
	SERVER_ASKED, PAIR, PAIR_DATAGRAM, EXEC, EXEC_ONCE, MEMFILES, IDS, PRIORITY,
	IPC, SEALED, COMPUTE, KILLING, KILLING_NET, DUMPABLE, EXTRAS, WANT_COUNT
};

#define WANT .arch = ARCH_X86_64, .allow
static const struct filter_want wants[WANT_COUNT] = {
	[NOTHING] = { WANT = 0 },
	[FILES_ONLY] = { WANT = FILES },
	[ATTRIBUTES] = { WANT = FILES, .attributes_safe = true },
	[PROCESSES] = { WANT = CALL_BIT(FORK) | CALL_BIT(SIGNAL) | CALL_BIT(SESSION) },
	[JIT] = { WANT = CALL_BIT(SYSV_IPC) | CALL_BIT(MEMFD) | CALL_BIT(EXEC), .jit = true },
	[TERMINAL] = { WANT = 0, .terminal = true },
	[CLIENT] = { WANT = NET | CALL_BIT(CONNECT), .sockets = tcp_udp, .socket_count = 3 },
	[CLIENT_ASKED] = { WANT = NET, .notify = CALL_BIT(CONNECT), .sockets = tcp_udp, .socket_count = 3 },
	[SERVER] = { WANT = NET | CALL_BIT(LISTEN), .sockets = tcp_udp, .socket_count = 3 },
	[SERVER_ASKED] = { WANT = NET, .notify = CALL_BIT(LISTEN), .sockets = tcp_udp, .socket_count = 3 },
	[PAIR] = { WANT = CALL_BIT(SOCKETPAIR) | CALL_BIT(SOCKET_IO) },
	[PAIR_DATAGRAM] = { WANT = CALL_BIT(SOCKETPAIR) | NET, .sockets = any_unix, .socket_count = 1 },
	[EXEC] = { WANT = CALL_BIT(EXEC) },
	[EXEC_ONCE] = { WANT = 0, .exec_notify = true },
	[MEMFILES] = { WANT = CALL_BIT(MEMFD) },
	[IDS] = { WANT = CALL_BIT(IDS) },
	[PRIORITY] = { WANT = CALL_BIT(PRIORITY) },
	[IPC] = { WANT = CALL_BIT(SYSV_IPC) },
	[SEALED] = { WANT = 0, .compute = true },
	[COMPUTE] = { WANT = CALL_BIT(OPEN), .compute = true },
	[KILLING] = { WANT = CALL_BIT(OPEN), .on_denial = FILTER_KILL },
	[KILLING_NET] = { WANT = NET, .sockets = tcp_udp, .socket_count = 3, .on_denial = FILTER_KILL },
	[DUMPABLE] = { WANT = 0, .keep_dumpable = true },
	[EXTRAS] = { WANT = 0, .extras = extras, .extra_count = 5 },
};

struct row {
	enum want_name want;
	int answer; /* YES, ASK, KILL or an errno */
	const char *call;
	uint64_t args[6];
};

#define HIGH (UINT64_C(1) << 32)
#define RW (PROT_READ | PROT_WRITE)
#define RX (PROT_READ | PROT_EXEC)
#define RWX (PROT_READ | PROT_WRITE | PROT_EXEC)
#define THREAD (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM)
#define FAST_OPEN 0x20000000

static const struct row rows[] = {
	/* classes, and what is in none */
	{ NOTHING, YES, "getpid", { 0 } },
	{ NOTHING, YES, "read", { 3, 0, 9 } },
	{ NOTHING, EACCES, "openat", { 0 } },
	{ NOTHING, ENOSYS, "clone3", { 0 } },
	{ NOTHING, ENOSYS, "openat2", { 0 } },
	{ FILES_ONLY, ENOSYS, "openat2", { 0 } },
	{ NOTHING, ENOSYS, "io_uring_setup", { 8 } },
	{ NOTHING, EPERM, "ptrace", { 0 } },
	{ NOTHING, EPERM, "bpf", { 0 } },
	{ NOTHING, ENOSYS, "keyctl", { 0 } },
	{ NOTHING, EPERM, "mount", { 0 } },
	{ NOTHING, EPERM, "fsopen", { 0 } },
	{ NOTHING, EPERM, "setns", { 0 } },
	{ NOTHING, EPERM, "userfaultfd", { 0 } },
	{ NOTHING, EPERM, "kill", { 1, 9 } },
	{ PROCESSES, YES, "kill", { 1, 9 } },
	{ NOTHING, YES, "tgkill", { 1, 1, 6 } },
	{ NOTHING, EPERM, "splice", { 0 } },
	{ NOTHING, ENOTSOCK, "getsockname", { 0 } },

	/* E21: set-id bits; the mode counts only where a file is made */
	{ FILES_ONLY, YES, "openat", { 0, 0, O_RDONLY, 06777 } },
	{ FILES_ONLY, YES, "openat", { 0, 0, O_CREAT | O_WRONLY, 0666 } },
	{ FILES_ONLY, EPERM, "openat", { 0, 0, O_CREAT | O_WRONLY, 04755 } },
	{ FILES_ONLY, EPERM, "openat", { 0, 0, O_CREAT | O_WRONLY, 02755 } },
	{ FILES_ONLY, EPERM, "openat", { 0, 0, O_CREAT | HIGH, 02755 | HIGH } },
	{ FILES_ONLY, EPERM, "openat", { 0, 0, O_TMPFILE | O_RDWR, 04700 } },
	{ FILES_ONLY, YES, "openat", { 0, 0, O_DIRECTORY | O_PATH, 04700 } },
	{ FILES_ONLY, EPERM, "open", { 0, O_CREAT, 06000 } },
	{ FILES_ONLY, YES, "open", { 0, O_CREAT, 01777 } },
	{ FILES_ONLY, EPERM, "creat", { 0, 04755 } },
	{ FILES_ONLY, YES, "creat", { 0, 0755 } },
	{ FILES_ONLY, EPERM, "mkdir", { 0, 02775 } },
	{ FILES_ONLY, YES, "mkdirat", { 0, 0, 0775 } },
	{ FILES_ONLY, YES, "mknodat", { 0, 0, S_IFIFO | 0600 } },
	{ FILES_ONLY, YES, "mknodat", { 0, 0, 0600 } },
	{ FILES_ONLY, EPERM, "mknodat", { 0, 0, S_IFREG | 04600 } },
	{ FILES_ONLY, EPERM, "mknodat", { 0, 0, S_IFBLK | 0600 } },
	{ FILES_ONLY, EPERM, "mknod", { 0, S_IFCHR | 0600 } },
	{ FILES_ONLY, EPERM, "chmod", { 0, 0600 } },
	{ FILES_ONLY, EPERM, "fchmod", { 0, 0600 } },
	{ FILES_ONLY, ENOSYS, "fchmodat2", { 0, 0, 0600 } },
	{ ATTRIBUTES, YES, "chmod", { 0, 0600 } },
	{ ATTRIBUTES, EPERM, "chmod", { 0, 04600 } },
	{ ATTRIBUTES, EPERM, "fchmodat2", { 0, 0, 02600 } },
	{ ATTRIBUTES, YES, "fchmodat", { 0, 0, 0600 } },
	{ ATTRIBUTES, YES, "utimensat", { 0 } },

	/* fstat() of glibc, and nothing else of its kind */
	{ NOTHING, YES, "newfstatat", { 1, 0, 0, AT_EMPTY_PATH } },
	{ NOTHING, EACCES, "newfstatat", { 1, 0, 0, 0 } },
	{ NOTHING, EACCES, "newfstatat", { 1, 0, 0, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW } },
	{ FILES_ONLY, YES, "newfstatat", { 1, 0, 0, 0 } },

	/* E54 E72 E73: writable and executable memory */
	{ NOTHING, YES, "mmap", { 0, 4096, RW, MAP_PRIVATE | MAP_ANONYMOUS } },
	{ NOTHING, YES, "mmap", { 0, 4096, RX, MAP_PRIVATE } },
	{ NOTHING, EACCES, "mmap", { 0, 4096, RX, MAP_SHARED } },
	{ NOTHING, EACCES, "mmap", { 0, 4096, RX, MAP_SHARED_VALIDATE } },
	{ NOTHING, EACCES, "mmap", { 0, 4096, RWX, MAP_PRIVATE } },
	{ NOTHING, EACCES, "mmap", { 0, 4096, RWX | HIGH, MAP_PRIVATE } },
	{ NOTHING, EACCES, "mmap", { 0, 4096, PROT_WRITE | PROT_EXEC, MAP_PRIVATE } },
	{ JIT, YES, "mmap", { 0, 4096, RWX, MAP_PRIVATE } },
	{ NOTHING, YES, "mprotect", { 0, 0, RW } },
	{ NOTHING, EACCES, "mprotect", { 0, 0, RX } },
	{ NOTHING, EACCES, "mprotect", { 0, 0, PROT_EXEC } },
	{ NOTHING, EACCES, "mprotect", { 0, 0, PROT_EXEC | 0x1000000 } },
	{ NOTHING, EACCES, "pkey_mprotect", { 0, 0, RX, 1 } },
	{ JIT, YES, "mprotect", { 0, 0, RWX } },
	{ IPC, YES, "shmat", { 0, 0, 0 } },
	{ IPC, EPERM, "shmat", { 0, 0, 0100000 } },
	{ JIT, YES, "shmat", { 0, 0, 0100000 } },
	{ NOTHING, EPERM, "remap_file_pages", { 0 } },
	{ NOTHING, EPERM, "memfd_create", { 0, 0 } },
	{ MEMFILES, EPERM, "memfd_create", { 0, MFD_CLOEXEC } },
	{ MEMFILES, YES, "memfd_create", { 0, MFD_CLOEXEC | 8 } },
	{ JIT, YES, "memfd_create", { 0, 0 } },
	{ NOTHING, YES, "personality", { 0xffffffff } },
	{ NOTHING, YES, "personality", { 0 } },
	{ NOTHING, EPERM, "personality", { 0x0040000 } },
	{ NOTHING, EPERM, "personality", { 0x0400000 } },
	{ NOTHING, EPERM, "personality", { 0x0400000 | HIGH } },

	/* E40 E42: threads, processes, namespaces */
	{ NOTHING, YES, "clone", { THREAD } },
	{ NOTHING, YES, "clone", { THREAD | HIGH } },
	{ NOTHING, EPERM, "clone", { 17 } },
	{ NOTHING, EPERM, "clone", { CLONE_VM | CLONE_VFORK | 17 } },
	{ NOTHING, EPERM, "fork", { 0 } },
	{ NOTHING, EPERM, "vfork", { 0 } },
	{ PROCESSES, YES, "clone", { 17 } },
	{ PROCESSES, YES, "clone", { CLONE_VM | CLONE_VFORK | 17 } },
	{ PROCESSES, YES, "fork", { 0 } },
	{ PROCESSES, EPERM, "clone", { CLONE_NEWUSER | 17 } },
	{ PROCESSES, EPERM, "clone", { CLONE_NEWNS } },
	{ PROCESSES, EPERM, "clone", { CLONE_NEWCGROUP } },
	{ PROCESSES, EPERM, "clone", { CLONE_NEWUTS } },
	{ PROCESSES, EPERM, "clone", { CLONE_NEWIPC } },
	{ PROCESSES, EPERM, "clone", { CLONE_NEWPID } },
	{ PROCESSES, EPERM, "clone", { CLONE_NEWNET } },
	{ PROCESSES, EPERM, "clone", { CLONE_NEWTIME } },
	{ PROCESSES, EPERM, "clone", { THREAD | CLONE_NEWNET } },
	{ PROCESSES, EPERM, "clone", { CLONE_PARENT | 17 } },
	{ PROCESSES, ENOSYS, "clone3", { 0 } },
	{ NOTHING, YES, "unshare", { 0 } },
	{ NOTHING, YES, "unshare", { CLONE_FILES | CLONE_FS } },
	{ NOTHING, EPERM, "unshare", { CLONE_NEWUSER } },
	{ NOTHING, EPERM, "unshare", { CLONE_NEWTIME } },
	{ NOTHING, EPERM, "unshare", { CLONE_FS | HIGH } },

	/* E51 E87: ioctl in 32 bits */
	{ NOTHING, YES, "ioctl", { 0, TCGETS } },
	{ NOTHING, YES, "ioctl", { 0, TCGETS | HIGH } },
	{ NOTHING, YES, "ioctl", { 0, TCSETSW } },
	{ NOTHING, YES, "ioctl", { 0, FIONBIO } },
	{ NOTHING, YES, "ioctl", { 0, FIOCLEX } },
	{ NOTHING, YES, "ioctl", { 0, 0x40049409 } },
	{ NOTHING, EPERM, "ioctl", { 0, TIOCSTI } },
	{ NOTHING, EPERM, "ioctl", { 0, TIOCSTI | HIGH } },
	{ NOTHING, EPERM, "ioctl", { 0, TIOCSTI | ~UINT64_C(0xffffffff) } },
	{ NOTHING, EPERM, "ioctl", { 0, TIOCLINUX } },
	{ NOTHING, EPERM, "ioctl", { 0, TIOCSETD } },
	{ NOTHING, EPERM, "ioctl", { 0, TIOCCONS } },
	{ NOTHING, EPERM, "ioctl", { 0, TIOCSCTTY } },
	{ NOTHING, EPERM, "ioctl", { 0, 0x4b47 } },
	{ NOTHING, EPERM, "ioctl", { 0, 0x5606 } },
	{ NOTHING, EPERM, "ioctl", { 0, TIOCSPGRP } },
	{ PROCESSES, YES, "ioctl", { 0, TIOCSPGRP } },
	{ PROCESSES, EPERM, "ioctl", { 0, TIOCSTI } },
	{ NOTHING, EPERM, "ioctl", { 0, FIOASYNC } },
	{ PROCESSES, YES, "ioctl", { 0, FIOASYNC } },
	{ NOTHING, ENOTTY, "ioctl", { 0, 0xae01 } },
	{ NOTHING, ENOTTY, "ioctl", { 0, 0x8933 } },
	{ NOTHING, EPERM, "ioctl", { 0, TCGETS - 1 } },
	{ TERMINAL, YES, "ioctl", { 0, TIOCSCTTY } },
	{ TERMINAL, YES, "ioctl", { 0, 0x80045430 } },
	{ TERMINAL, EPERM, "ioctl", { 0, TIOCSTI } },
	{ TERMINAL, EPERM, "ioctl", { 0, TIOCLINUX } },
	{ CLIENT, YES, "ioctl", { 0, 0x8933 } },
	{ CLIENT, ENOTTY, "ioctl", { 0, 0x8914 } },
	{ FILES_ONLY, ENOTTY, "ioctl", { 0, 0x40086602 } },
	{ ATTRIBUTES, YES, "ioctl", { 0, 0x40086602 } },

	/* E81: owners of descriptors, leases */
	{ NOTHING, YES, "fcntl", { 0, F_GETFL } },
	{ NOTHING, YES, "fcntl", { 0, F_SETFL, O_NONBLOCK } },
	{ NOTHING, EPERM, "fcntl", { 0, F_SETFL, O_NONBLOCK | O_ASYNC } },
	{ NOTHING, YES, "fcntl", { 0, F_DUPFD_CLOEXEC, 3 } },
	{ NOTHING, YES, "fcntl", { 0, F_SETPIPE_SZ, 65536 } },
	{ NOTHING, YES, "fcntl", { 0, F_OFD_SETLKW } },
	{ NOTHING, EPERM, "fcntl", { 0, F_SETOWN, 1 } },
	{ NOTHING, EPERM, "fcntl", { 0, F_SETOWN | HIGH, 1 } },
	{ NOTHING, EPERM, "fcntl", { 0, F_SETSIG, 9 } },
	{ NOTHING, EPERM, "fcntl", { 0, F_SETOWN_EX } },
	{ NOTHING, EPERM, "fcntl", { 0, F_NOTIFY } },
	{ NOTHING, EPERM, "fcntl", { 0, F_SETLEASE } },
	{ NOTHING, EPERM, "fcntl", { 0, 99 } },
	{ PROCESSES, YES, "fcntl", { 0, F_SETOWN, 1 } },
	{ PROCESSES, YES, "fcntl", { 0, F_SETFL, O_ASYNC } },
	{ PROCESSES, EPERM, "fcntl", { 0, F_SETLEASE } },

	/* E34 E36 E68 E78: prctl */
	{ NOTHING, YES, "prctl", { PR_SET_NAME } },
	{ NOTHING, YES, "prctl", { PR_SET_NAME | HIGH } },
	{ NOTHING, YES, "prctl", { PR_SET_NO_NEW_PRIVS, 1 } },
	{ NOTHING, YES, "prctl", { PR_SET_VMA } },
	{ NOTHING, YES, "prctl", { PR_SET_DUMPABLE, 0 } },
	{ NOTHING, EPERM, "prctl", { PR_SET_DUMPABLE, 1 } },
	{ NOTHING, EPERM, "prctl", { PR_SET_DUMPABLE, HIGH } },
	{ DUMPABLE, YES, "prctl", { PR_SET_DUMPABLE, 1 } },
	{ NOTHING, EPERM, "prctl", { PR_SET_PTRACER } },
	{ NOTHING, EPERM, "prctl", { PR_SET_MM } },
	{ NOTHING, EPERM, "prctl", { PR_SET_TSC } },
	{ NOTHING, EPERM, "prctl", { PR_SET_SECUREBITS, 0 } },
	{ NOTHING, EPERM, "prctl", { PR_SET_KEEPCAPS, 1 } },
	{ NOTHING, EPERM, "prctl", { PR_SET_SYSCALL_USER_DISPATCH, 1 } },
	{ NOTHING, EPERM, "prctl", { PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE } },
	{ NOTHING, YES, "prctl", { PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL } },
	{ NOTHING, YES, "prctl", { PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET } },
	{ NOTHING, YES, "prctl", { PR_CAP_AMBIENT, PR_CAP_AMBIENT_LOWER } },
	{ NOTHING, EPERM, "prctl", { PR_CAP_AMBIENT | HIGH, PR_CAP_AMBIENT_RAISE } },
	{ NOTHING, EPERM, "prctl", { PR_SET_SPECULATION_CTRL, 0, PR_SPEC_ENABLE } },
	{ NOTHING, YES, "prctl", { PR_SET_SPECULATION_CTRL, 0, PR_SPEC_FORCE_DISABLE } },
	{ NOTHING, EPERM, "prctl", { PR_SET_SPECULATION_CTRL, 0, PR_SPEC_FORCE_DISABLE | HIGH } },
	{ NOTHING, EPERM, "prctl", { PR_SET_PDEATHSIG, 0 } },
	{ NOTHING, YES, "prctl", { PR_SET_PDEATHSIG, 9 } },
	{ PROCESSES, YES, "prctl", { PR_SET_PDEATHSIG, 0 } },
	{ NOTHING, EPERM, "prctl", { 9999 } },
	{ NOTHING, YES, "prctl", { PR_SET_SECCOMP, 2 } },
	{ IDS, YES, "prctl", { PR_SET_KEEPCAPS, 1 } },
	{ IDS, EPERM, "prctl", { PR_SET_SECUREBITS, 0 } },
	{ NOTHING, EPERM, "setuid", { 0 } },
	{ IDS, YES, "setuid", { 0 } },

	/* E57: filters of its own, without a listener */
	{ NOTHING, YES, "seccomp", { 1, 0 } },
	{ NOTHING, YES, "seccomp", { 1, 1 } },
	{ NOTHING, YES, "seccomp", { 2, 0 } },
	{ NOTHING, EPERM, "seccomp", { 1, 8 } },
	{ NOTHING, EPERM, "seccomp", { 1, 4 } },
	{ NOTHING, EPERM, "seccomp", { 1, 9 } },
	{ NOTHING, EPERM, "seccomp", { 1 | HIGH, 8 | HIGH } },
	{ NOTHING, EPERM, "seccomp", { 77, 0 } },

	/* E82 E125: only oneself */
	{ NOTHING, YES, "prlimit64", { 0, 7 } },
	{ NOTHING, EPERM, "prlimit64", { 1, 7 } },
	{ NOTHING, YES, "sched_setaffinity", { 0 } },
	{ NOTHING, EPERM, "sched_setaffinity", { 1 } },
	{ NOTHING, YES, "setpriority", { 0, 0, 19 } },
	{ NOTHING, EPERM, "setpriority", { 1, 0, 19 } },
	{ NOTHING, EPERM, "setpriority", { 0, 1, 19 } },
	{ NOTHING, EPERM, "sched_setscheduler", { 0, SCHED_IDLE } },
	{ NOTHING, EPERM, "sched_setscheduler", { 0, SCHED_FIFO } },
	{ NOTHING, EPERM, "sched_setattr", { 0 } },
	{ NOTHING, EPERM, "ioprio_set", { 1, 1 } },
	{ NOTHING, YES, "sched_getaffinity", { 1 } },
	{ PRIORITY, YES, "setpriority", { 1, 5, 19 } },

	/* E91 E93 E95: exactly these sockets */
	{ NOTHING, EACCES, "socket", { AF_INET, SOCK_STREAM, 0 } },
	{ CLIENT, YES, "socket", { AF_INET, SOCK_STREAM, 0 } },
	{ CLIENT, YES, "socket", { AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP } },
	{ CLIENT, YES, "socket", { AF_INET | HIGH, SOCK_STREAM | HIGH, HIGH } },
	{ CLIENT, EACCES, "socket", { AF_INET, SOCK_STREAM, 262 } },
	{ CLIENT, EACCES, "socket", { AF_INET, SOCK_STREAM, 132 } },
	{ CLIENT, EACCES, "socket", { AF_INET, SOCK_DGRAM, 0 } },
	{ CLIENT, EACCES, "socket", { AF_INET, SOCK_RAW, 0 } },
	{ CLIENT, EACCES, "socket", { AF_INET, SOCK_STREAM | 0x100, 0 } },
	{ CLIENT, EACCES, "socket", { AF_INET6, SOCK_STREAM, 0 } },
	{ CLIENT, YES, "socket", { AF_INET6, SOCK_DGRAM, 17 } },
	{ CLIENT, EACCES, "socket", { AF_UNIX, SOCK_STREAM, 0 } },
	{ CLIENT, EACCES, "socket", { AF_NETLINK, SOCK_RAW, 0 } },
	{ CLIENT, EACCES, "socket", { 38, 5, 0 } },
	{ CLIENT, EACCES, "socket", { 40, SOCK_STREAM, 0 } },
	{ CLIENT, EACCES, "socket", { 43, SOCK_STREAM, 0 } },
	{ PAIR_DATAGRAM, YES, "socket", { AF_UNIX, SOCK_SEQPACKET, 0 } },
	{ PAIR, YES, "socketpair", { AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0 } },
	{ PAIR, YES, "socketpair", { AF_UNIX, SOCK_SEQPACKET, 0 } },
	{ PAIR, EACCES, "socketpair", { AF_UNIX, SOCK_DGRAM, 0 } },
	{ PAIR_DATAGRAM, YES, "socketpair", { AF_UNIX, SOCK_DGRAM, 0 } },
	{ PAIR, EACCES, "socketpair", { 30, SOCK_STREAM, 0 } },
	{ CLIENT, EACCES, "socketpair", { AF_UNIX, SOCK_STREAM, 0 } },

	/* E94 E96: where to, and never by fast open */
	{ CLIENT, YES, "connect", { 3 } },
	{ CLIENT_ASKED, ASK, "connect", { 3 } },
	{ SERVER, EACCES, "connect", { 3 } },
	{ CLIENT, YES, "sendto", { 3, 0, 0, 0, 4096, 16 } },
	{ CLIENT, EACCES, "sendto", { 3, 0, 0, FAST_OPEN, 4096, 16 } },
	{ CLIENT, EACCES, "sendto", { 3, 0, 0, FAST_OPEN, 0, 0 } },
	{ CLIENT, EACCES, "sendto", { 3, 0, 0, FAST_OPEN | HIGH | MSG_NOSIGNAL, 4096, 16 } },
	{ CLIENT_ASKED, YES, "sendto", { 3, 0, 0, MSG_NOSIGNAL, 0, 0 } },
	{ CLIENT_ASKED, ASK, "sendto", { 3, 0, 0, 0, 4096, 16 } },
	{ CLIENT_ASKED, ASK, "sendto", { 3, 0, 0, 0, HIGH, 16 } },
	{ CLIENT_ASKED, EACCES, "sendto", { 3, 0, 0, FAST_OPEN, 4096, 16 } },
	{ SERVER, EACCES, "sendto", { 3, 0, 0, 0, HIGH, 16 } },
	{ SERVER, YES, "sendto", { 3, 0, 0, 0, 0, 0 } },
	{ CLIENT, YES, "sendmsg", { 3, 0, 0 } },
	{ CLIENT, EACCES, "sendmsg", { 3, 0, FAST_OPEN } },
	{ CLIENT_ASKED, ASK, "sendmsg", { 3, 0, 0 } },
	{ CLIENT_ASKED, ASK, "sendmmsg", { 3, 0, 1, 0 } },
	{ CLIENT_ASKED, EACCES, "sendmmsg", { 3, 0, 1, FAST_OPEN } },
	{ CLIENT_ASKED, EACCES, "sendmsg", { 3, 0, FAST_OPEN } },
	{ NOTHING, EACCES, "sendmsg", { 3, 0, 0 } },
	{ SERVER, YES, "bind", { 3 } },
	{ SERVER, YES, "listen", { 3 } },
	{ SERVER_ASKED, ASK, "bind", { 3 } },
	{ SERVER_ASKED, ASK, "listen", { 3 } },
	{ SERVER_ASKED, YES, "accept4", { 3 } },
	{ CLIENT, EACCES, "listen", { 3 } },
	{ CLIENT, EACCES, "bind", { 3 } },

	/* E53 E102: level and name together */
	{ CLIENT, YES, "setsockopt", { 3, SOL_SOCKET, SO_REUSEADDR } },
	{ CLIENT, YES, "setsockopt", { 3, SOL_SOCKET | HIGH, SO_RCVTIMEO | HIGH } },
	{ CLIENT, YES, "setsockopt", { 3, IPPROTO_TCP, TCP_NODELAY } },
	{ CLIENT, YES, "setsockopt", { 3, IPPROTO_IPV6, IPV6_V6ONLY } },
	{ CLIENT, EPERM, "setsockopt", { 3, IPPROTO_TCP, TCP_FASTOPEN_CONNECT } },
	{ CLIENT, EPERM, "setsockopt", { 3, IPPROTO_TCP, TCP_FASTOPEN } },
	{ CLIENT, EPERM, "setsockopt", { 3, IPPROTO_TCP, TCP_REPAIR } },
	{ CLIENT, EPERM, "setsockopt", { 3, IPPROTO_TCP, TCP_ULP } },
	{ CLIENT, EPERM, "setsockopt", { 3, SOL_SOCKET, SO_ATTACH_FILTER } },
	{ CLIENT, EPERM, "setsockopt", { 3, SOL_SOCKET, SO_ATTACH_BPF } },
	{ CLIENT, EPERM, "setsockopt", { 3, SOL_SOCKET, SO_BINDTODEVICE } },
	{ CLIENT, EPERM, "setsockopt", { 3, SOL_SOCKET, SO_BINDTODEVICE | HIGH } },
	{ CLIENT, EPERM, "setsockopt", { 3, SOL_SOCKET, SO_MARK } },
	{ CLIENT, EPERM, "setsockopt", { 3, SOL_SOCKET, SO_PEEK_OFF } },
	{ CLIENT, EPERM, "setsockopt", { 3, IPPROTO_IP, IP_TRANSPARENT } },
	{ CLIENT, EPERM, "setsockopt", { 3, IPPROTO_IP, IP_OPTIONS } },
	{ CLIENT, EPERM, "setsockopt", { 3, IPPROTO_IP, IP_ADD_MEMBERSHIP } },
	{ CLIENT, EPERM, "setsockopt", { 3, IPPROTO_IP, MCAST_JOIN_GROUP } },
	{ CLIENT, EPERM, "setsockopt", { 3, 263, 1 } },
	{ NOTHING, EPERM, "setsockopt", { 3, SOL_SOCKET, SO_REUSEADDR } },
	{ CLIENT, YES, "getsockopt", { 3, SOL_SOCKET, SO_ERROR } },

	/* E71: executing */
	{ NOTHING, EACCES, "execve", { 0 } },
	{ NOTHING, EACCES, "execveat", { 3, 0, 0, 0, AT_EMPTY_PATH } },
	{ EXEC, YES, "execve", { 0 } },
	{ EXEC, YES, "execveat", { 3, 0, 0, 0, AT_EMPTY_PATH } },
	{ EXEC_ONCE, ASK, "execve", { 0 } },
	{ EXEC_ONCE, ASK, "execveat", { 3, 0, 0, 0, AT_EMPTY_PATH } },

	/* the extreme sandbox */
	{ SEALED, YES, "read", { 0 } },
	{ SEALED, YES, "read", { HIGH } },
	{ SEALED, EPERM, "read", { 1 } },
	{ SEALED, EPERM, "preadv2", { 3 } },
	{ SEALED, YES, "write", { 1 } },
	{ SEALED, YES, "writev", { 2 } },
	{ SEALED, EPERM, "write", { 0 } },
	{ SEALED, EPERM, "write", { 3 } },
	{ SEALED, EPERM, "dup", { 0 } },
	{ SEALED, EPERM, "dup3", { 0, 9 } },
	{ SEALED, EPERM, "fcntl", { 0, F_DUPFD } },
	{ SEALED, EPERM, "fcntl", { 0, F_DUPFD_CLOEXEC } },
	{ SEALED, YES, "fcntl", { 0, F_GETFL } },
	{ SEALED, EPERM, "pipe2", { 0 } },
	{ SEALED, EPERM, "epoll_create1", { 0 } },
	{ SEALED, EACCES, "openat", { 0 } },
	{ SEALED, EPERM, "landlock_create_ruleset", { 0 } },
	{ SEALED, EPERM, "sendfile", { 1, 0 } },
	{ SEALED, YES, "mmap", { 0, 4096, RW, MAP_PRIVATE | MAP_ANONYMOUS } },
	{ SEALED, EACCES, "mmap", { 0, 4096, RX, MAP_PRIVATE | MAP_ANONYMOUS } },
	{ SEALED, YES, "mmap", { 0, 4096, PROT_READ, MAP_PRIVATE, 0 } },
	{ SEALED, EACCES, "mmap", { 0, 4096, PROT_READ, MAP_PRIVATE, 1 } },
	{ SEALED, EPERM, "ioctl", { 0, TCSETS } },
	{ SEALED, YES, "ioctl", { 0, TCGETS } },
	{ COMPUTE, YES, "openat", { 0 } },
	{ COMPUTE, YES, "read", { 3 } },
	{ COMPUTE, YES, "mmap", { 0, 4096, RX, MAP_PRIVATE, 3 } },
	{ COMPUTE, EPERM, "dup2", { 0, 9 } },

	/* refusals that kill, and what never does */
	{ KILLING, YES, "openat", { 0 } },
	{ KILLING, KILL, "ptrace", { 0 } },
	{ KILLING, KILL, "socket", { AF_INET, SOCK_STREAM } },
	{ KILLING, EACCES, "socket", { AF_UNIX, SOCK_STREAM } },
	{ KILLING, KILL, "mmap", { 0, 4096, RWX, MAP_PRIVATE } },
	{ KILLING, KILL, "ioctl", { 0, TIOCSTI } },
	{ KILLING, ENOTTY, "ioctl", { 0, 0xae01 } },
	{ KILLING, KILL, "prctl", { PR_SET_DUMPABLE, 1 } },
	{ KILLING, EPERM, "prctl", { 9999 } },
	{ KILLING, KILL, "fcntl", { 0, F_SETOWN, 1 } },
	{ KILLING, EPERM, "fcntl", { 0, 99 } },
	{ KILLING, ENOSYS, "clone3", { 0 } },
	{ KILLING, KILL, "clone", { 17 } },
	{ KILLING, EACCES, "readlink", { 0 } },
	{ KILLING, EACCES, "newfstatat", { 0 } },
	{ KILLING_NET, KILL, "socket", { AF_PACKET, SOCK_RAW } },
	{ KILLING_NET, YES, "socket", { AF_INET, SOCK_STREAM } },
	{ KILLING_NET, KILL, "connect", { 3 } },

	/* the escape hatch */
	{ EXTRAS, YES, "keyctl", { 0 } },
	{ EXTRAS, ENODEV, "pidfd_open", { 0xffffffff } },
	{ EXTRAS, ENODEV, "pidfd_open", { UINT64_MAX } },
	{ EXTRAS, ENOSYS, "pidfd_open", { 1 } },
	{ EXTRAS, YES, "ptrace", { 0, 4 } },
	{ EXTRAS, YES, "ptrace", { 0, 5 | HIGH } },
	{ EXTRAS, EPERM, "ptrace", { 0, 5 } },
	{ EXTRAS, ESRCH, "getpid", { 0 } },
	{ EXTRAS, YES, "read", { 0, 5 } },
	{ EXTRAS, EIO, "read", { 0, 5 | HIGH } },
	{ EXTRAS, EIO, "read", { 0, 6 } },
};

#endif
