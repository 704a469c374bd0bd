/* SPDX-License-Identifier: ISC */
/*
 * floor.c - the kernel operations ambit must do, by hand, with nothing else
 *
 *	floor [-t] [-w WAYS] a|b|c PROGRAM [ARGUMENT...]
 *
 *	a  Landlock, seccomp, capabilities, limits; no namespaces; becomes the program
 *	b  full isolation: user (without privileges), mount, pid, net, ipc and uts namespaces, a
 *	   root of its own, then as (a); an init that stays and reaps, the program as its child
 *	c  as (b) without the network namespace
 *
 * No policy, no plan, no error text. -t prints what each step took, in ns. -w turns on cheaper
 * ways to the same isolation, any of:
 *
 *	v  init and program start as clones that share the memory: nothing is copied
 *	t  /tmp is a second mount of the root's tmpfs, not a tmpfs of its own
 *	d  the old root is detached by a task beside the program's own set-up (wants v)
 *	n  a thread makes the network namespace, beside the mounts and the program's own set-up;
 *	   both join it when they must (wants v and i)
 *	i  init answers the exec-once listener; no thread is made for it (wants v)
 *	w  the filter's tree is weighed by system call numbers, not by ranges
 *	m  with privileges, device nodes are made by mknod instead of bound
 *	g  the mount namespace is taken apart by the kernel's socket garbage collector, not by the
 *	   exit of init, which its parent waits for (wants v)
 *	x  all of them
 */
#include <linux/capability.h>
#include <linux/fcntl.h>
#include <linux/futex.h>
#include <linux/ioctl.h>
#include <linux/mman.h>
#include <linux/mount.h>
#include <linux/prctl.h>
#include <linux/resource.h>
#include <linux/sched.h>
#include <linux/securebits.h>
#include <linux/signal.h>
#include <linux/sockios.h>
#include <linux/stat.h>
#include <linux/time.h>
#include <linux/wait.h>

#include "raw.h"
#include "tree.h"

enum {
	STACK = 16384,
	STEPS = 160,
	TEXT = 8192,
	EACCES_ = 13,
	CAPS = 41,
	S_IFCHR_ = 0020000,
	MNT_DETACH_ = 2,
	AF_UNIX_ = 1,
	SOCK_DGRAM_ = 2,
	THREAD = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM,
	PROBE_NR = __NR_add_key, /* no allowed range holds it */
};

struct step {
	const char *name;
	uint64_t ns;
};

struct floor {
	char shape;
	bool user;
	uint32_t uid, gid;
	const char *ways;
	char **argv, **envp;
	char *program;		    /* as the confined side names it */
	int root;		    /* the new root mount */
	int expected_mounts;
	int listener;
	int net_fd;		    /* way n: the network namespace */
	uint32_t net_done, detach_done; /* futex words */
	struct step *steps;	    /* of -t, shared by all tasks; [0].ns counts */
	char (*stacks)[STACK];	    /* init, program, thread of the program, thread of init */
};

/* -- helpers --------------------------------------------------------------------------------- */

static bool way(const struct floor *f, char letter)
{
	for (const char *w = f->ways; *w != '\0'; w++)
		if (*w == letter || *w == 'x')
			return true;
	return false;
}

static void __attribute__((noreturn)) die(const char *what, long code)
{
	char text[256];
	size_t n = raw_append(text, 0, "floor: ");

	n = raw_append(text, n, what);
	n = raw_append(text, n, ": errno ");
	n = raw_append_number(text, n, code < 0 ? (uint64_t)-code : 0);
	text[n++] = '\n';
	RAW(__NR_write, 2, text, n);
	RAW(__NR_exit_group, 125);
	__builtin_unreachable();
}

static uint64_t now(void)
{
	struct __kernel_timespec t = { 0 };

	RAW(__NR_clock_gettime, 1 /* CLOCK_MONOTONIC */, &t);
	return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

/* Check a result, and with -t note when it was there. */
static long step(struct floor *f, const char *what, long result)
{
	if (result < 0)
		die(what, result);
	if (f->steps == NULL)
		return result;
	uint64_t at = __atomic_add_fetch(&f->steps[0].ns, 1, __ATOMIC_RELAXED);
	if (at < STEPS)
		f->steps[at] = (struct step){ what, now() };
	return result;
}

static void wait_word(uint32_t *word)
{
	while (__atomic_load_n(word, __ATOMIC_ACQUIRE) == 0)
		RAW(__NR_futex, word, FUTEX_WAIT, 0, 0);
}

static void set_word(uint32_t *word)
{
	__atomic_store_n(word, 1, __ATOMIC_RELEASE);
	RAW(__NR_futex, word, FUTEX_WAKE, 2);
}

/* -- Landlock -------------------------------------------------------------------------------- */

enum {
	LL_EXECUTE = 1,
	LL_WRITE_FILE = 2,
	LL_READ_FILE = 4,
	LL_READ_DIR = 8,
	LL_ALL = 0xffff, /* ABI 7 */
	LL_RX = LL_EXECUTE | LL_READ_FILE | LL_READ_DIR,
	LL_RW = LL_WRITE_FILE | LL_READ_FILE,
	LL_TMP = 0x7ffe & ~(1 << 6), /* all but execute, make device, ioctl */
	LL_RULE_PATH = 1,
};

struct ll_ruleset {
	uint64_t fs, net, scoped;
};

struct ll_path {
	uint64_t access;
	int32_t fd;
} __attribute__((packed));

static const struct {
	const char *path;
	uint64_t access;
} ll_rules[] = {
	{ "/usr", LL_RX },	   { "/lib", LL_RX },	      { "/proc", LL_READ_FILE },
	{ "/dev/null", LL_RW },	   { "/dev/zero", LL_RW },    { "/dev/full", LL_RW },
	{ "/dev/random", LL_RW },  { "/dev/urandom", LL_RW }, { "/tmp", LL_TMP },
	{ NULL, LL_EXECUTE | LL_READ_FILE }, /* the program */
};

static void landlock(struct floor *f)
{
	const struct ll_ruleset attr = { LL_ALL, 3, 3 };
	long rules = step(f, "landlock create",
			  RAW(__NR_landlock_create_ruleset, &attr, sizeof(attr), 0));

	for (size_t i = 0; i < sizeof(ll_rules) / sizeof(ll_rules[0]); i++) {
		const char *path = ll_rules[i].path != NULL ? ll_rules[i].path : f->program;
		long fd = RAW(__NR_openat, AT_FDCWD, path, O_PATH | O_CLOEXEC, 0);
		if (fd < 0)
			die(path, fd);
		struct ll_path rule = { ll_rules[i].access, (int32_t)fd };
		long r = RAW(__NR_landlock_add_rule, rules, LL_RULE_PATH, &rule, 0);
		if (r < 0)
			die(path, r);
		RAW(__NR_close, fd);
	}
	step(f, "landlock 10 rules", 0);
	step(f, "landlock restrict", RAW(__NR_landlock_restrict_self, rules, 0));
	RAW(__NR_close, rules);
	if (RAW(__NR_openat, AT_FDCWD, "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0) != -EACCES_)
		die("landlock probe", 0);
	step(f, "landlock probe", 0);
}

/* -- seccomp --------------------------------------------------------------------------------- */

/* Let the first execve pass; closing the listener then makes every later one ENOSYS. */
static int answer_exec(void *argument)
{
	const struct floor *f = argument;
	struct seccomp_notif request = { 0 };
	long r = RAW(__NR_ioctl, f->listener, SECCOMP_IOCTL_NOTIF_RECV, &request);

	if (r < 0)
		return 1;
	struct seccomp_notif_resp reply = {
		.id = request.id,
		.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE,
	};
	RAW(__NR_ioctl, f->listener, SECCOMP_IOCTL_NOTIF_SEND, &reply);
	return 0;
}

static void seccomp(struct floor *f)
{
	struct tree t;

	tree_build(&t, way(f, 'w'));
	step(f, "filter compile", 0);
	const struct sock_fprog program = { (unsigned short)t.size, t.code };
	f->listener = (int)step(f, "seccomp load",
				RAW(__NR_seccomp, SECCOMP_SET_MODE_FILTER,
				    SECCOMP_FILTER_FLAG_NEW_LISTENER, &program));
	if (RAW(PROBE_NR) != -TREE_EPERM)
		die("seccomp probe", 0);
	if (f->shape != 'a' && way(f, 'i'))
		RAW(__NR_futex, &f->listener, FUTEX_WAKE, 1);
	if (f->shape == 'a' || !way(f, 'i'))
		step(f, "exec-once thread",
		     raw_clone(THREAD, f->stacks[2] + STACK, answer_exec, f));
}

/* -- limits, capabilities -------------------------------------------------------------------- */

static void rlimits(struct floor *f)
{
	static const struct {
		int what;
		struct rlimit64 limit;
	} limits[] = {
		{ RLIMIT_CORE, { 1, 1 } },
		{ RLIMIT_NOFILE, { 256, 256 } },
		{ RLIMIT_MEMLOCK, { 65536, 65536 } },
	};
	struct rlimit64 back;

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		long r = RAW(__NR_prlimit64, 0, limits[i].what, &limits[i].limit, 0);
		if (r < 0)
			die("rlimit", r);
		RAW(__NR_prlimit64, 0, limits[i].what, 0, &back);
		if (back.rlim_max != limits[i].limit.rlim_max)
			die("rlimit read back", 0);
	}
	step(f, "rlimits", 0);
}

static bool may_set_capabilities(void)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2] = { 0 };

	RAW(__NR_capget, &header, data);
	return (data[0].effective & (1U << CAP_SETPCAP)) != 0;
}

static void bounding_set(struct floor *f)
{
	if (!may_set_capabilities())
		return;
	for (long c = 0; c < CAPS; c++)
		if (RAW(__NR_prctl, PR_CAPBSET_DROP, c, 0, 0, 0) < 0)
			die("bounding set", c);
	step(f, "bounding set", 0);
	for (long c = 0; c < CAPS; c++)
		if (RAW(__NR_prctl, PR_CAPBSET_READ, c, 0, 0, 0) != 0)
			die("bounding set read back", c);
	step(f, "bounding set read back", 0);
	RAW(__NR_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	step(f, "securebits", RAW(__NR_prctl, PR_SET_SECUREBITS,
				  SECURE_ALL_BITS | SECURE_ALL_LOCKS, 0, 0, 0));
}

static void capabilities(struct floor *f)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2] = { 0 };
	uint32_t ids[6];

	step(f, "capset", RAW(__NR_capset, &header, data));
	RAW(__NR_capget, &header, data);
	if ((data[0].permitted | data[1].permitted | data[0].inheritable) != 0)
		die("capget", 0);
	RAW(__NR_getresuid, &ids[0], &ids[1], &ids[2]);
	RAW(__NR_getresgid, &ids[3], &ids[4], &ids[5]);
	if (ids[0] != f->uid || ids[1] != f->uid || ids[2] != f->uid || ids[5] != f->gid)
		die("ids", 0);
	step(f, "capabilities, ids read back", 0);
}

/* -- the mount view -------------------------------------------------------------------------- */

static long tmpfs(struct floor *f, const char *mode, uint64_t nodev)
{
	long fs = step(f, "fsopen tmpfs", RAW(__NR_fsopen, "tmpfs", FSOPEN_CLOEXEC));

	step(f, "fsconfig size", RAW(__NR_fsconfig, fs, FSCONFIG_SET_STRING, "size", "16777216", 0));
	step(f, "fsconfig mode", RAW(__NR_fsconfig, fs, FSCONFIG_SET_STRING, "mode", mode, 0));
	step(f, "tmpfs create", RAW(__NR_fsconfig, fs, FSCONFIG_CMD_CREATE, 0, 0, 0));
	long mount = step(f, "fsmount tmpfs", RAW(__NR_fsmount, fs, FSMOUNT_CLOEXEC,
						  MOUNT_ATTR_NOSUID | nodev));
	RAW(__NR_close, fs);
	return mount;
}

static void attach(struct floor *f, const char *what, long mount, const char *at)
{
	step(f, what, RAW(__NR_move_mount, mount, "", f->root, at, MOVE_MOUNT_F_EMPTY_PATH));
	RAW(__NR_close, mount);
	f->expected_mounts++;
}

static long set_attr(long mount, uint64_t set, unsigned int flags)
{
	const struct mount_attr attr = { .attr_set = set };

	return RAW(__NR_mount_setattr, mount, "", flags | AT_EMPTY_PATH, &attr, sizeof(attr));
}

/* Bind @from, read-only unless a device, at @at of the new root. */
static void bind(struct floor *f, const char *from, const char *at, uint64_t set)
{
	long tree = step(f, "open_tree", RAW(__NR_open_tree, AT_FDCWD, from,
					     OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE));

	step(f, "mount_setattr", set_attr(tree, set, AT_RECURSIVE));
	attach(f, "move_mount", tree, at);
}

static void make_file(struct floor *f, const char *at)
{
	long fd = step(f, "create file", RAW(__NR_openat, f->root, at,
					     O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0444));

	RAW(__NR_close, fd);
}

static void directories(struct floor *f)
{
	static const char *const dirs[] = { "usr", "tmp", "proc", "dev", "bench" };
	static const char *const links[][2] = {
		{ "usr/lib", "lib" },
		{ "usr/lib64", "lib64" },
		{ "usr/bin", "bin" },
		{ "usr/sbin", "sbin" },
	};

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		if (RAW(__NR_mkdirat, f->root, dirs[i], i == 1 ? 01777 : 0755) < 0)
			die(dirs[i], 0);
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		if (RAW(__NR_symlinkat, links[i][0], f->root, links[i][1]) < 0)
			die(links[i][1], 0);
	step(f, "5 directories, 4 links", 0);
}

static void devices(struct floor *f)
{
	static const struct {
		const char *from, *at;
		unsigned int minor;
	} nodes[] = {
		{ "/dev/null", "dev/null", 3 },	    { "/dev/zero", "dev/zero", 5 },
		{ "/dev/full", "dev/full", 7 },	    { "/dev/random", "dev/random", 8 },
		{ "/dev/urandom", "dev/urandom", 9 },
	};

	for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
		if (!f->user && way(f, 'm')) {
			step(f, "mknod", RAW(__NR_mknodat, f->root, nodes[i].at, S_IFCHR_ | 0666,
					     1U << 8 | nodes[i].minor));
			continue;
		}
		make_file(f, nodes[i].at);
		bind(f, nodes[i].from, nodes[i].at, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
	}
}

static void view_fill(struct floor *f)
{
	const uint64_t ro = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;

	directories(f);
	bind(f, "/usr", "usr", ro);
	devices(f);
	make_file(f, "bench/program");
	bind(f, f->argv[0], "bench/program", ro);
	f->program = (char *)(uintptr_t) "/bench/program";
	if (way(f, 't')) {
		long tmp = step(f, "open_tree root/tmp", RAW(__NR_open_tree, f->root, "tmp",
							     OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
		step(f, "tmp nodev", set_attr(tmp, MOUNT_ATTR_NODEV, 0));
		attach(f, "move_mount tmp", tmp, "tmp");
	} else {
		attach(f, "move_mount tmp", tmpfs(f, "1777", MOUNT_ATTR_NODEV), "tmp");
	}
	long fs = step(f, "fsopen proc", RAW(__NR_fsopen, "proc", FSOPEN_CLOEXEC));
	step(f, "proc create", RAW(__NR_fsconfig, fs, FSCONFIG_CMD_CREATE, 0, 0, 0));
	long proc = step(f, "fsmount proc", RAW(__NR_fsmount, fs, FSMOUNT_CLOEXEC,
						ro | MOUNT_ATTR_NOEXEC));
	RAW(__NR_close, fs);
	attach(f, "move_mount proc", proc, "proc");
}

static void detach(struct floor *f)
{
	step(f, "umount2 detach", RAW(__NR_umount2, ".", MNT_DETACH_));
	set_word(&f->detach_done);
}

static void view(struct floor *f)
{
	const struct mount_attr cut = { .propagation = 1UL << 18 /* MS_PRIVATE */ };
	const uint64_t nodev = !f->user && way(f, 'm') ? 0 : MOUNT_ATTR_NODEV;

	step(f, "propagation", RAW(__NR_mount_setattr, AT_FDCWD, "/", AT_RECURSIVE, &cut,
				   sizeof(cut)));
	f->root = (int)tmpfs(f, "755", nodev);
	/* Over the old root: that needs no directory, and our paths still begin below it. */
	step(f, "move_mount root", RAW(__NR_move_mount, f->root, "", AT_FDCWD, "/",
				       MOVE_MOUNT_F_EMPTY_PATH));
	f->expected_mounts++;
	view_fill(f);
	step(f, "root read-only", set_attr(f->root, MOUNT_ATTR_RDONLY, 0));
	step(f, "fchdir", RAW(__NR_fchdir, f->root));
	RAW(__NR_close, f->root);
	step(f, "pivot_root", RAW(__NR_pivot_root, ".", "."));
	if (!way(f, 'd'))
		detach(f);
}

/* Count the mounts that are there; the old root must not be. */
static int mounts(long fd)
{
	char text[TEXT];
	int lines = 0;

	for (;;) {
		long n = RAW(__NR_read, fd, text, sizeof(text));
		if (n <= 0)
			return lines;
		for (long i = 0; i < n; i++)
			lines += text[i] == '\n';
	}
}

static void verify_mounts(struct floor *f, long fd)
{
	if (mounts(fd) == f->expected_mounts) {
		step(f, "mountinfo read", 0);
		RAW(__NR_close, fd);
		return;
	}
	wait_word(&f->detach_done);
	RAW(__NR_lseek, fd, 0, 0);
	if (mounts(fd) != f->expected_mounts)
		die("mountinfo", 0);
	step(f, "mountinfo read after a wait", 0);
	RAW(__NR_close, fd);
}

/* -- the tasks ------------------------------------------------------------------------------- */

static bool net_beside(const struct floor *f)
{
	return f->shape == 'b' && way(f, 'n');
}

/* A thread of init: make the network namespace and leave a descriptor of it. */
static int net_thread(void *argument)
{
	struct floor *f = argument;

	step(f, "unshare net", RAW(__NR_unshare, CLONE_NEWNET));
	long s = step(f, "socket", RAW(__NR_socket, AF_UNIX_, SOCK_DGRAM_ | O_CLOEXEC, 0));
	f->net_fd = (int)step(f, "SIOCGSKNS", RAW(__NR_ioctl, s, SIOCGSKNS, 0));
	RAW(__NR_close, s);
	set_word(&f->net_done);
	return 0;
}

static void join_net(struct floor *f)
{
	wait_word(&f->net_done);
	step(f, "setns net", RAW(__NR_setns, f->net_fd, CLONE_NEWNET));
}

static int program(void *argument)
{
	struct floor *f = argument;
	long mountinfo = -1;

	step(f, "program task starts", 0);
	if (f->shape != 'a') {
		step(f, "chdir", RAW(__NR_chdir, "/"));
		mountinfo = step(f, "mountinfo open",
				 RAW(__NR_openat, AT_FDCWD, "/proc/self/mountinfo",
				     O_RDONLY | O_CLOEXEC, 0));
	}
	rlimits(f);
	step(f, "no_new_privs", RAW(__NR_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	if (RAW(__NR_prctl, PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		die("no_new_privs", 0);
	bounding_set(f);
	landlock(f);
	if (net_beside(f))
		join_net(f);
	capabilities(f);
	seccomp(f);
	if (mountinfo >= 0)
		verify_mounts(f, mountinfo);
	die("execve", RAW(__NR_execve, f->program, f->argv, f->envp));
}

static void write_file(struct floor *f, const char *path, const char *text)
{
	long fd = step(f, path, RAW(__NR_openat, AT_FDCWD, path, O_WRONLY | O_CLOEXEC, 0));

	step(f, "map write", RAW(__NR_write, fd, text, raw_length(text)));
	RAW(__NR_close, fd);
}

static void id_maps(struct floor *f)
{
	char map[64];
	size_t n = raw_append_number(map, 0, f->gid);

	write_file(f, "/proc/self/setgroups", "deny");
	n = raw_append(map, n, " ");
	n = raw_append_number(map, n, f->gid);
	raw_append(map, n, " 1");
	write_file(f, "/proc/self/gid_map", map);
	n = raw_append_number(map, 0, f->uid);
	n = raw_append(map, n, " ");
	n = raw_append_number(map, n, f->uid);
	raw_append(map, n, " 1");
	write_file(f, "/proc/self/uid_map", map);
}

/* The program, as a child: the number of the process. */
static long start_program(struct floor *f)
{
	unsigned long flags = SIGCHLD | (way(f, 'v') ? CLONE_VM : 0) |
			      (way(f, 'i') ? CLONE_FILES : 0);

	return step(f, "clone program", raw_clone(flags, f->stacks[1] + STACK, program, f));
}

/*
 * Keep the mount namespace in a message that waits in a socket's own queue. When init exits, that
 * cycle is garbage and a kernel worker takes it apart, and with it the namespace.
 */
static void defer_teardown(struct floor *f)
{
	int pair[2];
	long ns = step(f, "open ns/mnt",
		       RAW(__NR_openat, AT_FDCWD, "/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC, 0));
	step(f, "socketpair",
	     RAW(__NR_socketpair, AF_UNIX_, SOCK_DGRAM_ | O_CLOEXEC, 0, pair));
	struct {
		size_t length;
		int level, type;
		int fds[2];
	} control = { 24, 1 /* SOL_SOCKET */, 1 /* SCM_RIGHTS */, { pair[1], (int)ns } };
	char byte = 0;
	struct {
		void *base;
		size_t length;
	} part = { &byte, 1 };
	struct {
		void *name;
		uint64_t name_length;
		void *parts;
		size_t part_count;
		void *control;
		size_t control_length;
		uint64_t flags;
	} message = { NULL, 0, &part, 1, &control, sizeof(control), 0 };

	step(f, "sendmsg", RAW(__NR_sendmsg, pair[0], &message, 0));
	RAW(__NR_close, ns);
	RAW(__NR_close, pair[0]);
}

static int init(void *argument)
{
	struct floor *f = argument;
	int status = 0;

	step(f, "init starts", 0);
	step(f, "death signal", RAW(__NR_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0));
	if (f->user)
		id_maps(f);
	if (net_beside(f))
		step(f, "thread", raw_clone(THREAD, f->stacks[3] + STACK, net_thread, f));
	view(f);
	long child = start_program(f);
	if (way(f, 'd'))
		detach(f);
	if (way(f, 'i')) {
		while (__atomic_load_n(&f->listener, __ATOMIC_ACQUIRE) < 0)
			RAW(__NR_futex, &f->listener, FUTEX_WAIT, -1, 0);
		answer_exec(f);
		RAW(__NR_close, f->listener);
	}
	if (net_beside(f))
		join_net(f);
	if (way(f, 'g'))
		defer_teardown(f);
	while (RAW(__NR_wait4, -1, &status, 0, 0) != child)
		continue;
	step(f, "execve, program, reaped", 0);
	RAW(__NR_exit_group, (status & 0x7f) != 0 ? 128 + (status & 0x7f) : status >> 8 & 0xff);
	__builtin_unreachable();
}

/* The exit status of init, which is that of the program. */
static int isolate(struct floor *f)
{
	unsigned long flags = SIGCHLD | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS;
	int status = 0;

	if (f->user)
		flags |= CLONE_NEWUSER;
	if (f->shape == 'b' && !net_beside(f))
		flags |= CLONE_NEWNET;
	if (way(f, 'v'))
		flags |= CLONE_VM;
	long child = step(f, "clone init", raw_clone(flags, f->stacks[0] + STACK, init, f));
	RAW(__NR_wait4, child, &status, 0, 0);
	step(f, "init reaped", 0);
	return (status & 0x7f) != 0 ? 128 + (status & 0x7f) : status >> 8 & 0xff;
}

/* When each step was done, in ns since the start, and after the one before it. */
static void print_steps(const struct step *steps)
{
	char line[128];
	uint64_t before = steps[1].ns;

	for (uint64_t i = 1; i <= steps[0].ns && i < STEPS; i++) {
		size_t n = raw_append_number(line, 0, steps[i].ns - steps[1].ns);
		line[n++] = '\t';
		n = raw_append_number(line, n, steps[i].ns - before);
		line[n++] = '\t';
		n = raw_append(line, n, steps[i].name);
		line[n++] = '\n';
		RAW(__NR_write, 2, line, n);
		before = steps[i].ns;
	}
}

static void options(struct floor *f, int argc, char **argv)
{
	int at = 1;

	for (; at < argc && argv[at][0] == '-'; at++) {
		if (argv[at][1] == 't')
			f->steps = (struct step *)RAW(__NR_mmap, 0, sizeof(struct step) * STEPS,
						      PROT_READ | PROT_WRITE,
						      MAP_SHARED | MAP_ANONYMOUS);
		else if (argv[at][1] == 'w' && at + 1 < argc)
			f->ways = argv[++at];
		else
			die("floor [-t] [-w WAYS] a|b|c PROGRAM [ARGUMENT...]", 0);
	}
	if (at + 1 >= argc || argv[at][0] < 'a' || argv[at][0] > 'c')
		die("floor [-t] [-w WAYS] a|b|c PROGRAM [ARGUMENT...]", 0);
	f->shape = argv[at][0];
	f->argv = argv + at + 1;
	f->program = argv[at + 1];
}

int raw_main(int argc, char **argv, char **envp)
{
	char stacks[4][STACK] __attribute__((aligned(16), uninitialized));
	struct floor f = { .ways = "", .envp = envp, .listener = -1, .stacks = stacks };

	options(&f, argc, argv);
	f.uid = (uint32_t)RAW(__NR_geteuid);
	f.gid = (uint32_t)RAW(__NR_getegid);
	f.user = f.uid != 0;
	step(&f, "start", 0);
	step(&f, "close_range", RAW(__NR_close_range, 3, ~0U, 0));
	if (f.shape == 'a')
		return program(&f);
	int status = isolate(&f);
	if (f.steps != NULL)
		print_steps(f.steps);
	return status;
}
