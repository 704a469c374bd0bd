/* SPDX-License-Identifier: ISC */
/*
 * as - run a command under one of the identities ambit is tested on
 *
 *	as IDENTITY [--] COMMAND [ARG...]
 *	as --list
 *
 * root        the caller, unchanged; must be uid 0
 * user        an unprivileged uid that the user database does not know, no supplementary groups, a
 *             home of its own, no capabilities; user namespaces as the kernel gives them
 * user-nons   the same where namespaces and mounts are refused (EPERM, clone3: ENOSYS), as a
 *             hardened host does it
 * container   uid 0 with Docker's default capabilities and nothing in the bounding set beyond
 *             them; namespaces, mounts and what else Docker's filter refuses are refused; /proc
 *             masked and read-only in the places Docker masks, /sys and the cgroups read-only
 * rootns      uid 0 in a user namespace that an unprivileged uid made, only that uid mapped and
 *             setgroups denied ("unshare -r")
 *
 * Prints nothing and executes the command in place, so that exit status, signals, process id and
 * terminal are the command's own. An identity that cannot be had from here (no root) exits 77,
 * the harness's "skipped"; any other failure exits 125, a command not found 127.
 *
 * What it does not do. "container" has no pid, network or cgroup namespace, no /dev and no root
 * directory of its own, and no device cgroup. The filters judge calls of the native architecture
 * only. Started without privilege, "user" is the caller itself and "user-nons" has to set
 * no_new_privs; started by root neither does. An instrument that needs privilege for itself
 * (without) stands outside of `as`; one that must be under the identity (inject, walk) inside.
 */
#include "../compat/bpf.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/mount.h>
#include <pwd.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { EXIT_CANNOT_BE = 77, EXIT_FAILED = 125, EXIT_NOT_EXECUTABLE = 126, EXIT_NOT_FOUND = 127 };
enum { UID_FIRST = 10061, UID_TRIES = 50 };

#define COUNT(a)   (sizeof(a) / sizeof((a)[0]))
#define CAP_BIT(c) (UINT64_C(1) << (c))
#define NAMESPACE_FLAGS                                                                            \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |             \
	 CLONE_NEWPID | CLONE_NEWNET | 0x80 /* CLONE_NEWTIME, which only unshare takes */)

static const uint64_t docker_caps =
	CAP_BIT(CAP_CHOWN) | CAP_BIT(CAP_DAC_OVERRIDE) | CAP_BIT(CAP_FOWNER) | CAP_BIT(CAP_FSETID) |
	CAP_BIT(CAP_KILL) | CAP_BIT(CAP_SETGID) | CAP_BIT(CAP_SETUID) | CAP_BIT(CAP_SETPCAP) |
	CAP_BIT(CAP_NET_BIND_SERVICE) | CAP_BIT(CAP_NET_RAW) | CAP_BIT(CAP_SYS_CHROOT) |
	CAP_BIT(CAP_MKNOD) | CAP_BIT(CAP_AUDIT_WRITE) | CAP_BIT(CAP_SETFCAP);

/* What a host that refuses namespaces refuses; unshare and clone are judged by their flags. */
static const int refused_namespaces[] = {
	SYS_setns,  SYS_mount,	  SYS_umount2, SYS_pivot_root, SYS_open_tree,	  SYS_move_mount,
	SYS_fsopen, SYS_fsconfig, SYS_fsmount, SYS_fspick,     SYS_mount_setattr,
};

/* What Docker's default filter refuses besides, given its default capabilities. */
static const int refused_docker[] = {
	SYS_unshare,
	SYS_acct,
	SYS_add_key,
	SYS_keyctl,
	SYS_request_key,
	SYS_bpf,
	SYS_clock_adjtime,
	SYS_clock_settime,
	SYS_settimeofday,
	SYS_init_module,
	SYS_finit_module,
	SYS_delete_module,
	SYS_kexec_load,
	SYS_kexec_file_load,
	SYS_get_mempolicy,
	SYS_set_mempolicy,
	SYS_mbind,
	SYS_move_pages,
	SYS_migrate_pages,
	SYS_kcmp,
	SYS_lookup_dcookie,
	SYS_nfsservctl,
	SYS_open_by_handle_at,
	SYS_perf_event_open,
	SYS_quotactl,
	SYS_quotactl_fd,
	SYS_reboot,
	SYS_swapon,
	SYS_swapoff,
	SYS_syslog,
	SYS_userfaultfd,
	SYS_vhangup,
	SYS_fanotify_init,
	SYS_pidfd_getfd,
	SYS_process_madvise,
	SYS_sethostname,
	SYS_setdomainname,
	SYS_io_uring_setup,
	SYS_io_uring_enter,
	SYS_io_uring_register,
#ifdef SYS_iopl
	SYS_iopl,
	SYS_ioperm,
	SYS_sysfs,
	SYS_ustat,
	SYS_uselib,
	SYS__sysctl,
	SYS_create_module,
	SYS_query_module,
#endif
};

/* Masked with an empty file or directory, and made read-only, in the order Docker lists them. */
static const char *const masked_paths[] = {
	"/proc/asound",	    "/proc/acpi",	 "/proc/interrupts",
	"/proc/kcore",	    "/proc/keys",	 "/proc/latency_stats",
	"/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug",
	"/proc/scsi",	    "/sys/firmware",	 "/sys/devices/virtual/powercap",
};
static const char *const read_only_paths[] = {
	"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger",
};

struct identity {
	const char *name;
	bool needs_root;
	void (*enter)(void);
};

static void __attribute__((noreturn, format(printf, 2, 3))) fail(int status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	dprintf(2, "as: ");
	vdprintf(2, fmt, ap);
	dprintf(2, "\n");
	va_end(ap);
	exit(status);
}

static void must(bool ok, const char *what)
{
	if (!ok)
		fail(EXIT_FAILED, "%s: %s", what, strerrordesc_np(errno));
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	size_t len = strlen(text);

	must(fd >= 0, path);
	must(write(fd, text, len) == (ssize_t)len, path);
	close(fd);
}

/* A uid nobody has: neither in the user database nor reserved. */
static uid_t free_uid(void)
{
	for (uid_t uid = UID_FIRST; uid < UID_FIRST + UID_TRIES; uid++)
		if (!getpwuid(uid) && !getgrgid(uid))
			return uid;
	fail(EXIT_FAILED, "no free uid from %d on", UID_FIRST);
}

/* The home stays behind, as nobody is left to remove it: one directory a uid, reused. */
static void make_home(uid_t uid)
{
	char home[64];
	struct stat st;

	snprintf(home, sizeof(home), "/tmp/ambit-as-%u", uid);
	must(!mkdir(home, 0700) || errno == EEXIST, home);
	must(!lstat(home, &st), home);
	if (!S_ISDIR(st.st_mode) || (st.st_uid != uid && st.st_uid != geteuid()))
		fail(EXIT_FAILED, "%s: is somebody else's", home);
	must(!lchown(home, uid, uid), home);
	must(!setenv("HOME", home, 1) && !setenv("USER", "ambit-as", 1) &&
		     !setenv("LOGNAME", "ambit-as", 1),
	     "setenv");
	unsetenv("XDG_RUNTIME_DIR");
	unsetenv("MAIL");
	unsetenv("SUDO_USER");
	unsetenv("SUDO_UID");
	unsetenv("SUDO_GID");
	unsetenv("SUDO_COMMAND");
}

static void set_caps(uint64_t caps)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {
		{ .effective = (uint32_t)caps, .permitted = (uint32_t)caps },
		{ .effective = (uint32_t)(caps >> 32), .permitted = (uint32_t)(caps >> 32) },
	};

	must(!syscall(SYS_capset, &head, data), "capset");
}

static void enter_root(void)
{
}

static void enter_user(void)
{
	if (geteuid())
		return; /* an unprivileged caller is one already */

	uid_t uid = free_uid();

	make_home(uid);
	must(!setgroups(0, NULL), "setgroups");
	must(!setresgid(uid, uid, uid), "setresgid");
	must(!setresuid(uid, uid, uid), "setresuid");
	set_caps(0);
}

static void refuse_all(struct bpf *f, const int *calls, size_t count)
{
	for (size_t i = 0; i < count; i++)
		bpf_refuse(f, calls[i], EPERM);
}

static void filter_namespaces(struct bpf *f)
{
	bpf_begin(f);
	refuse_all(f, refused_namespaces, COUNT(refused_namespaces));
	bpf_refuse_bits(f, SYS_unshare, 0, NAMESPACE_FLAGS, EPERM);
	bpf_refuse_bits(f, SYS_clone, 0, NAMESPACE_FLAGS & ~0x80U, EPERM);
	bpf_refuse(f, SYS_clone3, ENOSYS); /* its flags are out of a filter's sight */
}

static void load(struct bpf *f)
{
	int r = bpf_load(f);

	if (r < 0)
		fail(EXIT_FAILED, "seccomp: %s", strerrordesc_np(-r));
}

static void enter_user_nons(void)
{
	struct bpf f;

	/* While privileged, so that no_new_privs stays as it was. */
	filter_namespaces(&f);
	load(&f);
	enter_user();
}

/* A path this kernel does not have needs no mask: ENOENT is passed over, nothing else is. */
static void mask(const char *path)
{
	struct stat st;

	if (stat(path, &st)) {
		must(errno == ENOENT, path);
		return;
	}
	if (S_ISDIR(st.st_mode))
		must(!mount("tmpfs", path, "tmpfs", MS_RDONLY, "size=4k"), path);
	else
		must(!mount("/dev/null", path, NULL, MS_BIND, NULL), path);
}

static void make_read_only(const char *path)
{
	if (mount(path, path, NULL, MS_BIND | MS_REC, NULL)) {
		must(errno == ENOENT, path);
		return;
	}
	must(!mount(NULL, path, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL), path);
}

static void enter_container(void)
{
	struct mount_attr read_only = { .attr_set = MOUNT_ATTR_RDONLY };
	struct bpf f;

	must(!unshare(CLONE_NEWNS), "unshare");
	must(!mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "/");
	for (size_t i = 0; i < COUNT(masked_paths); i++)
		mask(masked_paths[i]);
	for (size_t i = 0; i < COUNT(read_only_paths); i++)
		make_read_only(read_only_paths[i]);
	must(!mount_setattr(AT_FDCWD, "/sys", AT_RECURSIVE, &read_only, sizeof(read_only)), "/sys");

	filter_namespaces(&f);
	refuse_all(&f, refused_docker, COUNT(refused_docker));
	load(&f);

	for (int cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		if (!(docker_caps & CAP_BIT(cap)))
			must(!prctl(PR_CAPBSET_DROP, cap, 0, 0, 0), "PR_CAPBSET_DROP");
	must(!prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0), "PR_CAP_AMBIENT");
	set_caps(docker_caps);
}

static void enter_rootns(void)
{
	char map[64];

	enter_user();

	uid_t uid = geteuid();
	gid_t gid = getegid();

	/* Giving up uid 0 made the files under /proc/self root's: take them back. */
	must(!prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), "PR_SET_DUMPABLE");
	must(!unshare(CLONE_NEWUSER), "unshare");
	write_file("/proc/self/setgroups", "deny");
	snprintf(map, sizeof(map), "0 %u 1", uid);
	write_file("/proc/self/uid_map", map);
	snprintf(map, sizeof(map), "0 %u 1", gid);
	write_file("/proc/self/gid_map", map);
	must(!setresgid(0, 0, 0) && !setresuid(0, 0, 0), "becoming uid 0 in the namespace");
}

static const struct identity identities[] = {
	{ "root", true, enter_root },
	{ "user", false, enter_user },
	{ "user-nons", false, enter_user_nons },
	{ "container", true, enter_container },
	{ "rootns", false, enter_rootns },
};

static const struct identity *find_identity(const char *name)
{
	for (size_t i = 0; i < COUNT(identities); i++)
		if (!strcmp(identities[i].name, name))
			return &identities[i];
	return NULL;
}

static int list(void)
{
	for (size_t i = 0; i < COUNT(identities); i++)
		puts(identities[i].name);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "--list"))
		return list();

	int command = argc > 2 && !strcmp(argv[2], "--") ? 3 : 2;

	if (argc <= command)
		fail(EXIT_FAILED, "usage: as IDENTITY [--] COMMAND [ARG...]");

	const struct identity *who = find_identity(argv[1]);

	if (!who)
		fail(EXIT_FAILED, "%s: no such identity (see as --list)", argv[1]);
	if (who->needs_root && geteuid())
		fail(EXIT_CANNOT_BE, "%s: needs uid 0 to begin with", who->name);
	who->enter();
	execvp(argv[command], argv + command);
	fail(errno == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE, "%s: %s", argv[command],
	     strerrordesc_np(errno));
}
