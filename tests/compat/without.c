/* SPDX-License-Identifier: ISC */
/*
 * without - run a command on a kernel that seems to lack some system calls
 *
 *	without [CALL,CALL...] [--errno NAME] [--landlock-abi N] -- COMMAND [ARG...]
 *
 * CALL is a system call's name or number, or one of
 *
 *   seccomp-listener   seccomp(2) with SECCOMP_FILTER_FLAG_NEW_LISTENER: EINVAL as before 5.0;
 *                      with "--errno EBUSY" as where an outer listener exists
 *   seccomp-wait-kill  the same with WAIT_KILLABLE_RECV, as before Linux 5.19
 *   mdwe               prctl(2) with PR_SET_MDWE and PR_GET_MDWE: EINVAL, as before Linux 6.3
 *   pidfd-thread       pidfd_open(2) with PIDFD_THREAD: EINVAL, as before Linux 6.9
 *   tmpfile            openat(2) with O_TMPFILE: EOPNOTSUPP, as on a file system without it
 *   landlock           the three landlock_* calls
 *   mount-api          fsopen, fsconfig, fsmount, fspick, open_tree, move_mount, mount_setattr
 *   newer              every call above and below that a group or the compat tests name
 *
 * Each named call fails with ENOSYS (or the errno named) for the command and all it starts. No
 * process stays: the filter is installed and the command executed in place. A caller with
 * CAP_SYS_ADMIN keeps no_new_privs unset; others get it set, as the kernel demands.
 *
 * --landlock-abi N makes Landlock look like ABI N (1 to what the kernel has): the version query
 * answers N, and newer accesses, scopes, rule types, flags and structure sizes get the errno an old
 * kernel gives. It is done by ptrace (SECCOMP_RET_TRACE): a user notification would do, but only
 * one listener may exist, and it would take away the one ambit itself needs. So here the command is
 * a child, traced with all its descendants; exit status and signals pass through. What is still
 * running when the command ends is let go, and gets ENOSYS from Landlock from then on.
 *
 * What it cannot do. Calls of other architectures (i386, x32) are not touched. The command sees
 * "Seccomp: 2" in /proc/self/status, and with --landlock-abi a tracer; it cannot be traced by
 * another (inject). What a newer kernel does inside of a call that both have stays as it is.
 */
#include "../fault/calls.h"
#include "bpf.h"
#include "oldlock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { EXIT_FAILED = 125, EXIT_NOT_EXECUTABLE = 126, EXIT_NOT_FOUND = 127 };
enum { NEW_LISTENER = 1 << 3, WAIT_KILLABLE_RECV = 1 << 5, SET_MDWE = 65, GET_MDWE = 66 };

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct order {
	struct bpf filter;
	int error;	  /* 0: what a kernel without the call answers */
	int landlock_abi; /* 0: as it is */
	const char *calls[16];
	size_t call_count;
};

/* Groups, and flags of calls that stay; a flag's own errno is that of an unknown flag. */
static const struct {
	const char *name, *members;
} groups[] = {
	{ "landlock", "landlock_create_ruleset,landlock_add_rule,landlock_restrict_self" },
	{ "mount-api", "fsopen,fsconfig,fsmount,fspick,open_tree,move_mount,mount_setattr" },
	{ "newer", "landlock,mount-api,openat2,clone3,pidfd_open,pidfd_getfd,pidfd_send_signal,"
		   "close_range,memfd_create,execveat,faccessat2,seccomp-listener,statx,rseq,"
		   "fchmodat2,mdwe,statmount,listmount,epoll_pwait2,process_madvise" },
};
static const struct {
	const char *name;
	long nr;
	unsigned arg;
	uint32_t bits;
	int error;
	bool equal; /* the argument is just that, not a word of flags */
} flags[] = {
	{ "seccomp-listener", SYS_seccomp, 1, NEW_LISTENER, EINVAL, false },
	{ "seccomp-wait-kill", SYS_seccomp, 1, WAIT_KILLABLE_RECV, EINVAL, false },
	{ "tmpfile", SYS_openat, 2, O_TMPFILE & ~O_DIRECTORY, EOPNOTSUPP, false },
	{ "pidfd-thread", SYS_pidfd_open, 1, O_EXCL, EINVAL, false },
	{ "mdwe", SYS_prctl, 0, SET_MDWE, EINVAL, true },
	{ "mdwe", SYS_prctl, 0, GET_MDWE, EINVAL, true },
};

static void __attribute__((noreturn, format(printf, 2, 3))) fail(int status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	dprintf(2, "without: ");
	vdprintf(2, fmt, ap);
	dprintf(2, "\n");
	va_end(ap);
	exit(status);
}

static int errno_of(const char *name)
{
	for (int e = 1; e < 256; e++)
		if (strerrorname_np(e) && !strcmp(strerrorname_np(e), name))
			return e;
	fail(EXIT_FAILED, "%s: no such errno", name);
}

static void refuse_list(struct order *o, const char *list);

static void refuse(struct order *o, const char *name)
{
	for (size_t i = 0; i < COUNT(groups); i++)
		if (!strcmp(groups[i].name, name)) {
			refuse_list(o, groups[i].members);
			return;
		}
	bool found = false;

	for (size_t i = 0; i < COUNT(flags); i++) {
		if (strcmp(flags[i].name, name) != 0)
			continue;
		found = true;
		(flags[i].equal ? bpf_refuse_equal : bpf_refuse_bits)(
			&o->filter, flags[i].nr, flags[i].arg, flags[i].bits,
			o->error ? o->error : flags[i].error);
	}
	if (found)
		return;

	long nr = call_number(name);

	if (nr < 0)
		fail(EXIT_FAILED, "%s: no such system call here", name);
	bpf_refuse(&o->filter, nr, o->error ? o->error : ENOSYS);
}

static void refuse_list(struct order *o, const char *list)
{
	char name[64];

	while (*list) {
		size_t len = strcspn(list, ",");

		if (!len || len >= sizeof(name))
			fail(EXIT_FAILED, "%s: not a list of calls", list);
		memcpy(name, list, len);
		name[len] = 0;
		refuse(o, name);
		list += len + (list[len] == ',');
	}
}

/* Return where the command begins. */
static int parse(struct order *o, int argc, char **argv)
{
	int i = 1;

	for (; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (!strcmp(argv[i], "--errno") && i + 1 < argc)
			o->error = errno_of(argv[++i]);
		else if (!strcmp(argv[i], "--landlock-abi") && i + 1 < argc)
			o->landlock_abi = (int)strtol(argv[++i], NULL, 10);
		else if (argv[i][0] != '-' && o->call_count < COUNT(o->calls))
			o->calls[o->call_count++] = argv[i];
		else
			fail(EXIT_FAILED, "%s: not understood", argv[i]);
	}
	if (i + 1 >= argc || (!o->call_count && !o->landlock_abi))
		fail(EXIT_FAILED, "usage: without [CALL,CALL...] [--errno NAME] [--landlock-abi N] "
				  "-- COMMAND [ARG...]");
	return i + 1;
}

int main(int argc, char **argv)
{
	static struct order o;
	int command = parse(&o, argc, argv);

	if (o.landlock_abi) {
		int status = oldlock_start(o.landlock_abi);

		if (status >= 0)
			return status; /* the tracer: the command has ended */
		if (status != OLDLOCK_CHILD)
			fail(EXIT_FAILED, "--landlock-abi %d: %s", o.landlock_abi,
			     strerrordesc_np(-status));
	}
	bpf_begin(&o.filter);
	for (size_t i = 0; i < o.call_count; i++)
		refuse_list(&o, o.calls[i]);
	if (o.landlock_abi)
		oldlock_trace(&o.filter);

	int r = bpf_load(&o.filter);

	if (r < 0)
		fail(EXIT_FAILED, "seccomp: %s", strerrordesc_np(-r));
	execvp(argv[command], argv + command);
	fail(errno == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE, "%s: %s", argv[command],
	     strerrordesc_np(errno));
}
