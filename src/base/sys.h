/* SPDX-License-Identifier: ISC */
/*
 * sys.h - the one seam to the kernel
 *
 * Every state-changing system call of ambit goes through here. All functions return the
 * kernel's answer, >= 0 or -errno; none touches errno, allocates, locks or needs a libc, so the
 * same code runs in the parent, in a child that shares its memory, and in the freestanding
 * stage image.
 */
#ifndef AMBIT_BASE_SYS_H
#define AMBIT_BASE_SYS_H

#include <linux/openat2.h>
#include <sys/types.h>

#include "abi.h"
#include "attr.h"

struct stat;
struct statfs;
struct rlimit;
struct timespec;
struct mount_attr;
struct sock_fprog;
struct seccomp_notif;
struct seccomp_notif_resp;
struct pollfd;
struct msghdr;
struct iovec;

/* Any call by number. */
long sys_call(long number, long a, long b, long c, long d, long e, long f);

/* descriptors and paths */
int sys_openat(int dir, const char *path, int flags, unsigned mode) MUST_CHECK;
int sys_openat2(int dir, const char *path, const struct open_how *how) MUST_CHECK;
int sys_close(int fd);
int sys_close_range(unsigned first, unsigned last, unsigned flags) MUST_CHECK;
int sys_dup3(int from, int to, int flags) MUST_CHECK;
int sys_fcntl(int fd, int command, long argument) MUST_CHECK;
ssize_t sys_read(int fd, void *data, size_t length) MUST_CHECK;
ssize_t sys_write(int fd, const void *data, size_t length) MUST_CHECK;
int sys_fstat(int fd, struct stat *ret) MUST_CHECK;
int sys_fstatat(int dir, const char *path, struct stat *ret, int flags) MUST_CHECK;
/* May this caller, with its effective ids (the real ones where the newer call is refused)? */
int sys_faccess(const char *path, int mode) MUST_CHECK;
ssize_t sys_readlinkat(int dir, const char *path, char *out, size_t size) MUST_CHECK;
int sys_mkdirat(int dir, const char *path, unsigned mode) MUST_CHECK;
int sys_umask(unsigned mask) MUST_CHECK; /* the one before */
int sys_symlinkat(const char *target, int dir, const char *path) MUST_CHECK;
int sys_unlinkat(int dir, const char *path, int flags) MUST_CHECK;
int sys_fstatfs(int fd, struct statfs *ret) MUST_CHECK;
int sys_chdir(const char *path) MUST_CHECK;
int sys_fchdir(int fd) MUST_CHECK;
int sys_pipe2(int fds[2], int flags) MUST_CHECK;
int sys_epoll_create1(int flags) MUST_CHECK;
int sys_memfd_create(const char *name, unsigned flags) MUST_CHECK;
int sys_poll(struct pollfd *fds, unsigned count, int timeout_ms) MUST_CHECK;
int sys_ioctl(int fd, unsigned long request, void *argument) MUST_CHECK;
void *sys_mmap(size_t length, int prot, int flags, int fd, int *ret_error); /* NULL: -errno */
int sys_munmap(void *start, size_t length);

/* mounts */
int sys_mount(const char *source, const char *target, const char *type, unsigned long flags,
	      const void *data) MUST_CHECK;
int sys_umount2(const char *target, int flags) MUST_CHECK;
int sys_pivot_root(const char *new_root, const char *put_old) MUST_CHECK;
int sys_open_tree(int dir, const char *path, unsigned flags) MUST_CHECK;
int sys_move_mount(int from_dir, const char *from, int to_dir, const char *to,
		   unsigned flags) MUST_CHECK;
int sys_fsopen(const char *type, unsigned flags) MUST_CHECK;
int sys_fsconfig(int fd, unsigned command, const char *key, const void *value, int aux) MUST_CHECK;
int sys_fsmount(int fd, unsigned flags, unsigned attributes) MUST_CHECK;
int sys_mount_setattr(int dir, const char *path, unsigned flags,
		      const struct mount_attr *attr) MUST_CHECK;

/* identity and privilege */
struct sys_caps {
	uint64_t effective, permitted, inheritable;
};
int sys_capget(struct sys_caps *ret) MUST_CHECK;
int sys_capset(const struct sys_caps *caps) MUST_CHECK;
int sys_prctl(int option, unsigned long a, unsigned long b, unsigned long c,
	      unsigned long d) MUST_CHECK;
/* personality(2); 0xffffffff only asks. */
int sys_personality(unsigned long persona) MUST_CHECK;
int sys_setgroups(size_t count, const gid_t *groups) MUST_CHECK;
int sys_getgroups(size_t size, gid_t *groups) MUST_CHECK;
int sys_setresuid(uid_t real, uid_t effective, uid_t saved) MUST_CHECK;
int sys_setresgid(gid_t real, gid_t effective, gid_t saved) MUST_CHECK;
int sys_getresuid(uid_t ret[3]) MUST_CHECK;
int sys_getresgid(gid_t ret[3]) MUST_CHECK;
uid_t sys_setfsuid(uid_t uid);
int sys_prlimit(pid_t pid, int resource, const struct rlimit *set, struct rlimit *ret) MUST_CHECK;

/* processes */
int sys_unshare(unsigned long flags) MUST_CHECK;
int sys_setns(int fd, int type) MUST_CHECK;
int sys_setsid(void) MUST_CHECK;
int sys_setpgid(pid_t pid, pid_t group) MUST_CHECK;
pid_t sys_getpid(void);
pid_t sys_getppid(void);
pid_t sys_gettid(void);
/* Waits where the kernel has not gathered enough since it booted. */
ssize_t sys_getrandom(void *to, size_t size) MUST_CHECK;
int sys_getcpu(unsigned *ret) MUST_CHECK;
/* Of the calling thread; bytes, of which the kernel fills in as many as it needs. */
int sys_sched_getaffinity(uint64_t *set, size_t size) MUST_CHECK;
int sys_sched_setaffinity(const uint64_t *set, size_t size) MUST_CHECK;
int sys_kill(pid_t pid, int number) MUST_CHECK;
int sys_pidfd_open(pid_t pid, unsigned flags) MUST_CHECK;
int sys_pidfd_send_signal(int pidfd, int number) MUST_CHECK;
int sys_pidfd_getfd(int pidfd, int fd) MUST_CHECK;
/* The kernel's struct rusage: a libc's may be longer, and processes hand this one to each other. */
struct sys_rusage {
	int64_t user_s, user_us, system_s, system_us, max_rss_kib, rest[13];
};
int sys_wait4(pid_t pid, int *ret_status, int options, struct sys_rusage *usage) MUST_CHECK;
int sys_waitid(int type, int id, void *siginfo, int options, struct sys_rusage *usage) MUST_CHECK;
int sys_execveat(int dir, const char *path, char *const argv[], char *const envp[],
		 int flags) MUST_CHECK;
int sys_execve(const char *path, char *const argv[], char *const envp[]) MUST_CHECK;
__attribute__((noreturn)) void sys_exit_group(int status);
__attribute__((noreturn)) void sys_exit_thread(int status);
/* fork(2) with clone flags; the child returns 0 on a copy of the stack. */
int sys_fork(unsigned long flags, int *ret_pidfd) MUST_CHECK;
/*
 * clone(2) on a stack of its own: the child runs @fn(@argument) and must not return. @stack_top
 * is the stack's end, 16-byte aligned. Used for children that share the memory, and for threads.
 * With CLONE_CHILD_CLEARTID the kernel sets *@word to 0 and wakes who waits for it, when the child
 * leaves this memory by execve or by its end.
 */
int sys_clone(unsigned long flags, void *stack_top, void (*fn)(void *), void *argument,
	      int *ret_pidfd, int *word) MUST_CHECK;

/* signals: kernel sets of 64 bits, kernel struct sigaction */
int sys_sigmask(int how, const uint64_t *set, uint64_t *ret_old) MUST_CHECK;
struct sys_handler {
	unsigned long handler, flags, restorer;
	uint64_t mask;
};
/* @set->restorer is filled in; @ret_old may be NULL. */
int sys_sigaction_set(int number, const struct sys_handler *set,
		      struct sys_handler *ret_old) MUST_CHECK;
int sys_sigdefault(int number) MUST_CHECK;
int sys_sigignore(int number) MUST_CHECK;
int sys_sigaction_get(int number, unsigned long *ret_handler) MUST_CHECK;
int sys_sigtimedwait(const uint64_t *set, void *ret_siginfo,
		     const struct timespec *timeout) MUST_CHECK;
int sys_signalfd(const uint64_t *set, int flags) MUST_CHECK;

/* seccomp(2), landlock(7) */
int sys_seccomp(unsigned operation, unsigned long flags, void *argument) MUST_CHECK;
int sys_landlock_create_ruleset(const struct ll_ruleset_attr *attr, size_t size,
				unsigned flags) MUST_CHECK;
int sys_landlock_add_rule(int ruleset, int type, const void *rule) MUST_CHECK;
int sys_landlock_restrict_self(int ruleset, unsigned flags) MUST_CHECK;

/* the memory of another process: bytes copied, fewer than asked at the first bad page */
ssize_t sys_process_vm_readv(pid_t pid, const struct iovec *to, const struct iovec *from,
			     size_t from_count) MUST_CHECK;
ssize_t sys_process_vm_writev(pid_t pid, const struct iovec *from, const struct iovec *to,
			      size_t to_count) MUST_CHECK;

/* sockets */
int sys_socketpair(int family, int type, int protocol, int fds[2]) MUST_CHECK;
int sys_socket(int family, int type, int protocol) MUST_CHECK;
ssize_t sys_sendmsg(int fd, const struct msghdr *message, int flags) MUST_CHECK;
ssize_t sys_recvmsg(int fd, struct msghdr *message, int flags) MUST_CHECK;
int sys_connect(int fd, const void *address, unsigned length) MUST_CHECK;
int sys_bind(int fd, const void *address, unsigned length) MUST_CHECK;
int sys_listen(int fd, int backlog) MUST_CHECK;
int sys_shutdown(int fd, int how) MUST_CHECK;
int sys_getsockopt(int fd, int level, int name, void *ret_value, unsigned *length) MUST_CHECK;
int sys_getsockname(int fd, void *ret_address, unsigned *length) MUST_CHECK;

int sys_clock_gettime(int clock, struct timespec *ret) MUST_CHECK;

#endif
