/* SPDX-License-Identifier: ISC */
#include "sys.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

_Static_assert(sizeof(long) == 8, "ambit runs on 64-bit kernels with 64-bit arguments");

#if defined(__x86_64__)
// NOLINTNEXTLINE(readability-function-size): a call has a number and six arguments
long sys_call(long number, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}

/* The child finds @fn and @argument on its new stack: it does not have its parent's registers. */
static long clone_on_stack(unsigned long flags, void *stack, int *pidfd, int *word)
{
	register long r10 __asm__("r10") = (long)word;
	register long r8 __asm__("r8") = 0;
	long result;

	__asm__ volatile("syscall\n\t"
			 "test %%rax, %%rax\n\t"
			 "jnz 1f\n\t"
			 "xor %%ebp, %%ebp\n\t"
			 "pop %%rax\n\t"
			 "pop %%rdi\n\t"
			 "call *%%rax\n\t"
			 "hlt\n"
			 "1:"
			 : "=a"(result)
			 : "a"((long)SYS_clone), "D"(flags), "S"(stack), "d"(pidfd), "r"(r10),
			   "r"(r8)
			 : "rcx", "r11", "memory");
	return result;
}
#elif defined(__aarch64__)
long sys_call(long number, long a, long b, long c, long d, long e, long f)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;

	__asm__ volatile("svc #0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	return x0;
}

static long clone_on_stack(unsigned long flags, void *stack, int *pidfd, int *word)
{
	register long x8 __asm__("x8") = SYS_clone;
	register long x0 __asm__("x0") = (long)flags;
	register long x1 __asm__("x1") = (long)stack;
	register long x2 __asm__("x2") = (long)pidfd;
	register long x3 __asm__("x3") = 0;
	register long x4 __asm__("x4") = (long)word;

	__asm__ volatile("svc #0\n\t"
			 "cbnz x0, 1f\n\t"
			 "mov x29, xzr\n\t"
			 "ldp x1, x0, [sp], #16\n\t"
			 "blr x1\n\t"
			 "brk #1\n"
			 "1:"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4)
			 : "memory");
	return x0;
}
#else
#error "no system call sequence for this architecture"
#endif

#define CALL0(nr)	      sys_call((nr), 0, 0, 0, 0, 0, 0)
#define CALL1(nr, a)	      sys_call((nr), (long)(a), 0, 0, 0, 0, 0)
#define CALL2(nr, a, b)	      sys_call((nr), (long)(a), (long)(b), 0, 0, 0, 0)
#define CALL3(nr, a, b, c)    sys_call((nr), (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define CALL4(nr, a, b, c, d) sys_call((nr), (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)
#define CALL5(nr, a, b, c, d, e)                                                                   \
	sys_call((nr), (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), 0)

int sys_openat(int dir, const char *path, int flags, unsigned mode)
{
	return (int)CALL4(SYS_openat, dir, path, flags, mode);
}

int sys_openat2(int dir, const char *path, const struct open_how *how)
{
	return (int)CALL4(SYS_openat2, dir, path, how, sizeof(*how));
}

/* Never retried: the descriptor is gone whatever close(2) answers. */
int sys_close(int fd)
{
	return (int)CALL1(SYS_close, fd);
}

int sys_close_range(unsigned first, unsigned last, unsigned flags)
{
	return (int)CALL3(SYS_close_range, first, last, flags);
}

int sys_dup3(int from, int to, int flags)
{
	return (int)CALL3(SYS_dup3, from, to, flags);
}

int sys_fcntl(int fd, int command, long argument)
{
	return (int)CALL3(SYS_fcntl, fd, command, argument);
}

ssize_t sys_read(int fd, void *data, size_t length)
{
	return CALL3(SYS_read, fd, data, length);
}

ssize_t sys_write(int fd, const void *data, size_t length)
{
	return CALL3(SYS_write, fd, data, length);
}

int sys_fstat(int fd, struct stat *ret)
{
	return (int)CALL2(SYS_fstat, fd, ret);
}

int sys_fstatat(int dir, const char *path, struct stat *ret, int flags)
{
	return (int)CALL4(SYS_newfstatat, dir, path, ret, flags);
}

int sys_faccess(const char *path, int mode)
{
	int r = (int)CALL4(SYS_faccessat2, AT_FDCWD, path, mode, AT_EACCESS);

	/* Linux before 5.8; EPERM comes of outer filters that are older than the call. */
	return r == -ENOSYS || r == -EPERM ? (int)CALL3(SYS_faccessat, AT_FDCWD, path, mode) : r;
}

ssize_t sys_readlinkat(int dir, const char *path, char *out, size_t size)
{
	return CALL4(SYS_readlinkat, dir, path, out, size);
}

int sys_mkdirat(int dir, const char *path, unsigned mode)
{
	return (int)CALL3(SYS_mkdirat, dir, path, mode);
}

int sys_umask(unsigned mask)
{
	return (int)CALL1(SYS_umask, mask);
}

int sys_symlinkat(const char *target, int dir, const char *path)
{
	return (int)CALL3(SYS_symlinkat, target, dir, path);
}

int sys_unlinkat(int dir, const char *path, int flags)
{
	return (int)CALL3(SYS_unlinkat, dir, path, flags);
}

int sys_fstatfs(int fd, struct statfs *ret)
{
	return (int)CALL2(SYS_fstatfs, fd, ret);
}

int sys_chdir(const char *path)
{
	return (int)CALL1(SYS_chdir, path);
}

int sys_fchdir(int fd)
{
	return (int)CALL1(SYS_fchdir, fd);
}

int sys_pipe2(int fds[2], int flags)
{
	return (int)CALL2(SYS_pipe2, fds, flags);
}

int sys_epoll_create1(int flags)
{
	return (int)CALL1(SYS_epoll_create1, flags);
}

int sys_memfd_create(const char *name, unsigned flags)
{
	return (int)CALL2(SYS_memfd_create, name, flags);
}

int sys_poll(struct pollfd *fds, unsigned count, int timeout_ms)
{
	struct timespec limit = { timeout_ms / 1000, (long)(timeout_ms % 1000) * 1000000 };

	return (int)CALL5(SYS_ppoll, fds, count, timeout_ms < 0 ? NULL : &limit, NULL, 8);
}

int sys_ioctl(int fd, unsigned long request, void *argument)
{
	return (int)CALL3(SYS_ioctl, fd, request, argument);
}

void *sys_mmap(size_t length, int prot, int flags, int fd, int *ret_error)
{
	long r = sys_call(SYS_mmap, 0, (long)length, prot, flags, fd, 0);

	*ret_error = r < 0 && r > -4096 ? (int)r : 0;
	return *ret_error ? NULL : (void *)r;
}

int sys_munmap(void *start, size_t length)
{
	return (int)CALL2(SYS_munmap, start, length);
}

int sys_mount(const char *source, const char *target, const char *type, unsigned long flags,
	      const void *data)
{
	return (int)CALL5(SYS_mount, source, target, type, flags, data);
}

int sys_umount2(const char *target, int flags)
{
	return (int)CALL2(SYS_umount2, target, flags);
}

int sys_pivot_root(const char *new_root, const char *put_old)
{
	return (int)CALL2(SYS_pivot_root, new_root, put_old);
}

int sys_open_tree(int dir, const char *path, unsigned flags)
{
	return (int)CALL3(SYS_open_tree, dir, path, flags);
}

int sys_move_mount(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
	return (int)CALL5(SYS_move_mount, from_dir, from, to_dir, to, flags);
}

int sys_fsopen(const char *type, unsigned flags)
{
	return (int)CALL2(SYS_fsopen, type, flags);
}

int sys_fsconfig(int fd, unsigned command, const char *key, const void *value, int aux)
{
	return (int)CALL5(SYS_fsconfig, fd, command, key, value, aux);
}

int sys_fsmount(int fd, unsigned flags, unsigned attributes)
{
	return (int)CALL3(SYS_fsmount, fd, flags, attributes);
}

int sys_mount_setattr(int dir, const char *path, unsigned flags, const struct mount_attr *attr)
{
	return (int)CALL5(SYS_mount_setattr, dir, path, flags, attr, 32 /* MOUNT_ATTR_SIZE_VER0 */);
}

int sys_capget(struct sys_caps *ret)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2] = { { 0, 0, 0 }, { 0, 0, 0 } };
	int r = (int)CALL2(SYS_capget, &header, data);

	if (r < 0)
		return r;
	ret->effective = data[0].effective | (uint64_t)data[1].effective << 32;
	ret->permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
	ret->inheritable = data[0].inheritable | (uint64_t)data[1].inheritable << 32;
	return 0;
}

int sys_capset(const struct sys_caps *caps)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];

	for (int i = 0; i < 2; i++) {
		data[i].effective = (uint32_t)(caps->effective >> (32 * i));
		data[i].permitted = (uint32_t)(caps->permitted >> (32 * i));
		data[i].inheritable = (uint32_t)(caps->inheritable >> (32 * i));
	}
	return (int)CALL2(SYS_capset, &header, data);
}

int sys_prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d)
{
	return (int)CALL5(SYS_prctl, option, a, b, c, d);
}

int sys_personality(unsigned long persona)
{
	return (int)CALL1(SYS_personality, persona);
}

int sys_setgroups(size_t count, const gid_t *groups)
{
	return (int)CALL2(SYS_setgroups, count, groups);
}

int sys_getgroups(size_t size, gid_t *groups)
{
	return (int)CALL2(SYS_getgroups, size, groups);
}

int sys_setresuid(uid_t real, uid_t effective, uid_t saved)
{
	return (int)CALL3(SYS_setresuid, real, effective, saved);
}

int sys_setresgid(gid_t real, gid_t effective, gid_t saved)
{
	return (int)CALL3(SYS_setresgid, real, effective, saved);
}

int sys_getresuid(uid_t ret[3])
{
	return (int)CALL3(SYS_getresuid, &ret[0], &ret[1], &ret[2]);
}

int sys_getresgid(gid_t ret[3])
{
	return (int)CALL3(SYS_getresgid, &ret[0], &ret[1], &ret[2]);
}

uid_t sys_setfsuid(uid_t uid)
{
	return (uid_t)CALL1(SYS_setfsuid, uid);
}

int sys_prlimit(pid_t pid, int resource, const struct rlimit *set, struct rlimit *ret)
{
	return (int)CALL4(SYS_prlimit64, pid, resource, set, ret);
}

int sys_unshare(unsigned long flags)
{
	return (int)CALL1(SYS_unshare, flags);
}

int sys_setns(int fd, int type)
{
	return (int)CALL2(SYS_setns, fd, type);
}

int sys_setsid(void)
{
	return (int)CALL0(SYS_setsid);
}

int sys_setpgid(pid_t pid, pid_t group)
{
	return (int)CALL2(SYS_setpgid, pid, group);
}

pid_t sys_getpid(void)
{
	return (pid_t)CALL0(SYS_getpid);
}

pid_t sys_getppid(void)
{
	return (pid_t)CALL0(SYS_getppid);
}

pid_t sys_gettid(void)
{
	return (pid_t)CALL0(SYS_gettid);
}

ssize_t sys_getrandom(void *to, size_t size)
{
	return (ssize_t)CALL3(SYS_getrandom, to, size, 0);
}

int sys_getcpu(unsigned *ret)
{
	return (int)CALL3(SYS_getcpu, ret, 0, 0);
}

int sys_sched_getaffinity(uint64_t *set, size_t size)
{
	return (int)CALL3(SYS_sched_getaffinity, 0, size, set);
}

int sys_sched_setaffinity(const uint64_t *set, size_t size)
{
	return (int)CALL3(SYS_sched_setaffinity, 0, size, set);
}

int sys_kill(pid_t pid, int number)
{
	return (int)CALL2(SYS_kill, pid, number);
}

int sys_pidfd_open(pid_t pid, unsigned flags)
{
	return (int)CALL2(SYS_pidfd_open, pid, flags);
}

int sys_pidfd_send_signal(int pidfd, int number)
{
	return (int)CALL4(SYS_pidfd_send_signal, pidfd, number, NULL, 0);
}

int sys_pidfd_getfd(int pidfd, int fd)
{
	return (int)CALL3(SYS_pidfd_getfd, pidfd, fd, 0);
}

int sys_wait4(pid_t pid, int *ret_status, int options, struct sys_rusage *usage)
{
	return (int)CALL4(SYS_wait4, pid, ret_status, options, usage);
}

int sys_waitid(int type, int id, void *siginfo, int options, struct sys_rusage *usage)
{
	return (int)CALL5(SYS_waitid, type, id, siginfo, options, usage);
}

int sys_execveat(int dir, const char *path, char *const argv[], char *const envp[], int flags)
{
	return (int)CALL5(SYS_execveat, dir, path, argv, envp, flags);
}

int sys_execve(const char *path, char *const argv[], char *const envp[])
{
	return (int)CALL3(SYS_execve, path, argv, envp);
}

void sys_exit_group(int status)
{
	for (;;)
		(void)CALL1(SYS_exit_group, status);
}

void sys_exit_thread(int status)
{
	for (;;)
		(void)CALL1(SYS_exit, status);
}

int sys_fork(unsigned long flags, int *ret_pidfd)
{
	if (ret_pidfd)
		flags |= CLONE_PIDFD;
	return (int)CALL5(SYS_clone, flags | SIGCHLD, NULL, ret_pidfd, NULL, 0);
}

int sys_clone(unsigned long flags, void *stack_top, void (*fn)(void *), void *argument,
	      int *ret_pidfd, int *word)
{
	void **stack = stack_top;

	*--stack = argument;
	*--stack = (void *)(uintptr_t)fn;
	if (ret_pidfd)
		flags |= CLONE_PIDFD;
	return (int)clone_on_stack(flags, stack, ret_pidfd, word);
}

int sys_sigmask(int how, const uint64_t *set, uint64_t *ret_old)
{
	return (int)CALL4(SYS_rt_sigprocmask, how, set, ret_old, 8);
}

int sys_sigtimedwait(const uint64_t *set, void *ret_siginfo, const struct timespec *timeout)
{
	return (int)CALL4(SYS_rt_sigtimedwait, set, ret_siginfo, timeout, 8);
}

int sys_signalfd(const uint64_t *set, int flags)
{
	return (int)CALL4(SYS_signalfd4, -1, set, 8, flags);
}

int sys_seccomp(unsigned operation, unsigned long flags, void *argument)
{
	return (int)CALL3(SYS_seccomp, operation, flags, argument);
}

int sys_landlock_create_ruleset(const struct ll_ruleset_attr *attr, size_t size, unsigned flags)
{
	return (int)CALL3(SYS_landlock_create_ruleset, attr, size, flags);
}

int sys_landlock_add_rule(int ruleset, int type, const void *rule)
{
	return (int)CALL4(SYS_landlock_add_rule, ruleset, type, rule, 0);
}

int sys_landlock_restrict_self(int ruleset, unsigned flags)
{
	return (int)CALL2(SYS_landlock_restrict_self, ruleset, flags);
}

int sys_socketpair(int family, int type, int protocol, int fds[2])
{
	return (int)CALL4(SYS_socketpair, family, type, protocol, fds);
}

int sys_socket(int family, int type, int protocol)
{
	return (int)CALL3(SYS_socket, family, type, protocol);
}

ssize_t sys_sendmsg(int fd, const struct msghdr *message, int flags)
{
	return CALL3(SYS_sendmsg, fd, message, flags);
}

ssize_t sys_recvmsg(int fd, struct msghdr *message, int flags)
{
	return CALL3(SYS_recvmsg, fd, message, flags);
}

ssize_t sys_process_vm_readv(pid_t pid, const struct iovec *to, const struct iovec *from,
			     size_t from_count)
{
	return sys_call(SYS_process_vm_readv, pid, (long)to, 1, (long)from, (long)from_count, 0);
}

ssize_t sys_process_vm_writev(pid_t pid, const struct iovec *from, const struct iovec *to,
			      size_t to_count)
{
	return sys_call(SYS_process_vm_writev, pid, (long)from, 1, (long)to, (long)to_count, 0);
}

int sys_connect(int fd, const void *address, unsigned length)
{
	return (int)CALL3(SYS_connect, fd, address, length);
}

int sys_bind(int fd, const void *address, unsigned length)
{
	return (int)CALL3(SYS_bind, fd, address, length);
}

int sys_listen(int fd, int backlog)
{
	return (int)CALL2(SYS_listen, fd, backlog);
}

int sys_shutdown(int fd, int how)
{
	return (int)CALL2(SYS_shutdown, fd, how);
}

int sys_getsockopt(int fd, int level, int name, void *ret_value, unsigned *length)
{
	return (int)CALL5(SYS_getsockopt, fd, level, name, ret_value, length);
}

int sys_getsockname(int fd, void *ret_address, unsigned *length)
{
	return (int)CALL3(SYS_getsockname, fd, ret_address, length);
}

int sys_clock_gettime(int clock, struct timespec *ret)
{
	return (int)CALL2(SYS_clock_gettime, clock, ret);
}
