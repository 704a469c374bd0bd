/* SPDX-License-Identifier: ISC */
/*
 * exec.c - a program executed comes under execpromises
 *
 * Filters survive execve and cannot tell what came before it from what comes after. So what binds
 * the program is loaded right before its execve, in the process that makes it; and the filter of
 * execpromises lets execve pass only with its arguments at addresses that are chosen at random and
 * mapped nowhere in the new program. A second filter has the same condition for the process that
 * pledges: whoever executes around these functions is refused, never let through unbound.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../base/sys.h"
#include "../filter/filter.h"
#include "../run/child.h"
#include "state.h"

enum { PATH_SIZE = 4096, ARGUMENTS_MAX = 1024 };
/* The last instruction of the guard. */
enum { REFUSES = 20 };

static struct sock_filter load(uint32_t offset)
{
	return (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset);
}

static struct sock_filter equal(uint32_t value, uint8_t yes, uint8_t no)
{
	return (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, yes, no);
}

static struct sock_filter answer(uint32_t value)
{
	return (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, value);
}

int exec_guard(const struct pledge_state *s, bool kills)
{
	const uint64_t places[] = { (uintptr_t)s->door, (uintptr_t)s->door + DOOR_ARGV,
				    (uintptr_t)s->door + DOOR_ENVP };
	struct sock_filter code[32];
	struct sock_fprog prog = { .filter = code };
	unsigned n = 0;
	int r;

	code[n++] = load(offsetof(struct seccomp_data, arch));
	code[n++] = equal(filter_audit_arch(arch_native()), 1, 0);
	code[n++] = answer(SECCOMP_RET_KILL_PROCESS);
	code[n++] = load(offsetof(struct seccomp_data, nr));
	/* Another ABI at the same numbers, where the kernel has one. */
	code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 15, 0);
	code[n++] = equal(SYS_execveat, 14, 0);
	code[n++] = equal(SYS_execve, 0, 12);
	for (unsigned i = 0; i < 3; i++) {
		const uint32_t at = (uint32_t)(offsetof(struct seccomp_data, args) + 8 * i);

		code[n] = load(at);
		code[n + 1] = equal((uint32_t)places[i], 0, (uint8_t)(REFUSES - (n + 2)));
		code[n + 2] = load(at + 4);
		code[n + 3] = equal((uint32_t)(places[i] >> 32), 0, (uint8_t)(REFUSES - (n + 4)));
		n += 4;
	}
	code[n++] = answer(SECCOMP_RET_ALLOW);
	code[n++] = answer(kills ? SECCOMP_RET_KILL_PROCESS : SECCOMP_RET_ERRNO | EACCES);
	prog.len = (unsigned short)n;
	r = sys_prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (r >= 0)
		r = sys_seccomp(SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &prog);
	return r < 0 ? -r : r > 0 ? EBUSY : 0;
}

/* ---- the door ------------------------------------------------------------------------------ */

static bool copy_list(char *place, size_t size, char *const list[])
{
	size_t n = 0;

	while (list && list[n])
		n++;
	if ((n + 1) * sizeof(*list) > size)
		return false;
	if (n)
		memcpy(place, list, n * sizeof(*list));
	memset(place + n * sizeof(*list), 0, sizeof(*list));
	return true;
}

static int bind_program(const struct pledge_state *s)
{
	struct kit_report report = { 0 };
	struct child child;

	child_init(&child, s->exec_kit);
	child.keep = &report;
	return child_confine(&child);
}

/*
 * Between fork and execve, perhaps in the parent's memory: system calls and plain copies only. What
 * is bound for one path of a search stays so for the next: each time would be a layer of Landlock's
 * more, of which there are sixteen. Nothing else remembers it, as the parent is not bound.
 */
static int through_door(const struct pledge_state *s, const char *path, char *const argv[],
			char *const envp[], bool *bound)
{
	int r = 0;

	if (strlen(path) >= PATH_SIZE)
		return -ENAMETOOLONG;
	if (!*bound)
		r = (int)sys_call(SYS_faccessat, AT_FDCWD, (long)path, X_OK, 0, 0, 0);
	if (r == -ENOENT || r == -ENOTDIR || r == -ENAMETOOLONG)
		return r; /* nothing has changed yet */
	memcpy(s->door, path, strlen(path) + 1);
	if (!copy_list(s->door + DOOR_ARGV, DOOR_ENVP - DOOR_ARGV, argv) ||
	    !copy_list(s->door + DOOR_ENVP, DOOR_SIZE - DOOR_ENVP, envp))
		return -E2BIG;
	r = *bound ? 0 : bind_program(s);
	if (r < 0)
		return r;
	*bound = true;
	return sys_execve(s->door, (char *const *)(uintptr_t)(s->door + DOOR_ARGV),
			  (char *const *)(uintptr_t)(s->door + DOOR_ENVP));
}

static int start(const char *path, char *const argv[], char *const envp[], bool *bound)
{
	const struct pledge_state *s = state_look();
	int r = s->exec_kit ? through_door(s, path, argv, envp, bound)
			    : sys_execve(path, argv, envp);

	errno = -r;
	return -1;
}

#define EXPORT __attribute__((visibility("default")))

EXPORT int execve(const char *path, char *const argv[], char *const envp[])
{
	return start(path, argv, envp, &(bool){ false });
}

EXPORT int execv(const char *path, char *const argv[])
{
	return execve(path, argv, environ);
}

/* A file that is no program the kernel knows is a script of the shell. */
static int start_or_shell(const char *path, char *const argv[], char *const envp[], bool *bound)
{
	char *list[ARGUMENTS_MAX + 2] = { (char *)(uintptr_t) "sh", (char *)(uintptr_t)path };
	size_t n = 0;

	(void)start(path, argv, envp, bound);
	if (errno != ENOEXEC)
		return -1;
	while (n < ARGUMENTS_MAX - 1 && argv[n])
		n++;
	if (argv[n]) {
		errno = E2BIG;
		return -1;
	}
	for (size_t i = 1; i < n; i++)
		list[i + 1] = argv[i];
	return start("/bin/sh", list, envp, bound);
}

/* Of the environment that is passed on, as the C library does. */
static const char *search_path(void)
{
	for (char **e = environ; e && *e; e++)
		if (strncmp(*e, "PATH=", 5) == 0)
			return *e + 5;
	return "/usr/bin:/bin";
}

EXPORT int execvpe(const char *file, char *const argv[], char *const envp[])
{
	const char *at = search_path();
	bool denied = false, bound = false;

	if (strchr(file, '/') || !file[0])
		return start_or_shell(file, argv, envp, &bound);
	while (*at) {
		const size_t n = strcspn(at, ":");
		char path[PATH_SIZE];
		const int length =
			snprintf(path, sizeof(path), "%.*s%s%s", (int)n, at, n ? "/" : "", file);

		if (length > 0 && (size_t)length < sizeof(path)) {
			(void)start_or_shell(path, argv, envp, &bound);
			denied |= errno == EACCES;
			if (errno != EACCES && errno != ENOENT && errno != ENOTDIR)
				return -1;
		}
		at += n + (at[n] == ':');
	}
	errno = denied ? EACCES : ENOENT;
	return -1;
}

EXPORT int execvp(const char *file, char *const argv[])
{
	return execvpe(file, argv, environ);
}

/* The arguments up to NULL; -1 when there are too many. */
static int gather(char **list, const char *first, va_list *more)
{
	size_t n = 0;

	for (const char *a = first;; a = va_arg(*more, const char *)) {
		list[n++] = (char *)(uintptr_t)a;
		if (!a)
			return 0;
		if (n == ARGUMENTS_MAX) {
			errno = E2BIG;
			return -1;
		}
	}
}

EXPORT int execl(const char *path, const char *first, ...)
{
	char *list[ARGUMENTS_MAX];
	va_list more;
	int r;

	va_start(more, first);
	r = gather(list, first, &more);
	va_end(more);
	return r < 0 ? r : execv(path, list);
}

EXPORT int execlp(const char *file, const char *first, ...)
{
	char *list[ARGUMENTS_MAX];
	va_list more;
	int r;

	va_start(more, first);
	r = gather(list, first, &more);
	va_end(more);
	return r < 0 ? r : execvp(file, list);
}

EXPORT int execle(const char *path, const char *first, ...)
{
	char *list[ARGUMENTS_MAX];
	char *const *envp;
	va_list more;
	int r;

	va_start(more, first);
	r = gather(list, first, &more);
	envp = va_arg(more, char *const *);
	va_end(more);
	return r < 0 ? r : execve(path, list, envp);
}
