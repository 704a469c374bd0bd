/* SPDX-License-Identifier: ISC */
/* floor_view.c - the floor's root: tmpfs, /usr, devices, /tmp, /proc; then the old one goes */
#include "floor.h"

static long tmpfs(struct floor *f, const char *mode, uint64_t nodev)
{
	long fs = step(f, "fsopen tmpfs", RAW(__NR_fsopen, "tmpfs", FSOPEN_CLOEXEC));

	step(f, "fsconfig size",
	     RAW(__NR_fsconfig, fs, FSCONFIG_SET_STRING, "size", "16777216", 0));
	step(f, "fsconfig mode", RAW(__NR_fsconfig, fs, FSCONFIG_SET_STRING, "mode", mode, 0));
	step(f, "tmpfs create", RAW(__NR_fsconfig, fs, FSCONFIG_CMD_CREATE, 0, 0, 0));
	long mount = step(f, "fsmount tmpfs",
			  RAW(__NR_fsmount, fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | nodev));
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
	long tree = step(f, "open_tree",
			 RAW(__NR_open_tree, AT_FDCWD, from,
			     OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE));

	step(f, "mount_setattr", set_attr(tree, set, AT_RECURSIVE));
	attach(f, "move_mount", tree, at);
}

static void make_file(struct floor *f, const char *at)
{
	long fd =
		step(f, "create file",
		     RAW(__NR_openat, f->root, at, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0444));

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
		{ "/dev/null", "dev/null", 3 },	      { "/dev/zero", "dev/zero", 5 },
		{ "/dev/full", "dev/full", 7 },	      { "/dev/random", "dev/random", 8 },
		{ "/dev/urandom", "dev/urandom", 9 },
	};

	for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
		if (!f->user && way(f, 'm')) {
			step(f, "mknod",
			     RAW(__NR_mknodat, f->root, nodes[i].at, S_IFCHR_ | 0666,
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
		long tmp = step(
			f, "open_tree root/tmp",
			RAW(__NR_open_tree, f->root, "tmp", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
		step(f, "tmp nodev", set_attr(tmp, MOUNT_ATTR_NODEV, 0));
		attach(f, "move_mount tmp", tmp, "tmp");
	} else {
		attach(f, "move_mount tmp", tmpfs(f, "1777", MOUNT_ATTR_NODEV), "tmp");
	}
	long fs = step(f, "fsopen proc", RAW(__NR_fsopen, "proc", FSOPEN_CLOEXEC));
	step(f, "proc create", RAW(__NR_fsconfig, fs, FSCONFIG_CMD_CREATE, 0, 0, 0));
	long proc = step(f, "fsmount proc",
			 RAW(__NR_fsmount, fs, FSMOUNT_CLOEXEC, ro | MOUNT_ATTR_NOEXEC));
	RAW(__NR_close, fs);
	attach(f, "move_mount proc", proc, "proc");
}

void detach(struct floor *f)
{
	step(f, "umount2 detach", RAW(__NR_umount2, ".", MNT_DETACH_));
	set_word(&f->detach_done);
}

void view(struct floor *f)
{
	const struct mount_attr cut = { .propagation = 1UL << 18 /* MS_PRIVATE */ };
	const uint64_t nodev = !f->user && way(f, 'm') ? 0 : MOUNT_ATTR_NODEV;

	step(f, "propagation",
	     RAW(__NR_mount_setattr, AT_FDCWD, "/", AT_RECURSIVE, &cut, sizeof(cut)));
	f->root = (int)tmpfs(f, "755", nodev);
	/* Over the old root: that needs no directory, and our paths still begin below it. */
	step(f, "move_mount root",
	     RAW(__NR_move_mount, f->root, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH));
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

long open_mounts(struct floor *f)
{
	return step(f, "mountinfo open",
		    RAW(__NR_openat, AT_FDCWD, "/proc/self/mountinfo", O_RDONLY | O_CLOEXEC, 0));
}

/* The program's task may be here before the old root is gone. */
void verify_mounts(struct floor *f, long fd)
{
	if (mounts(fd) != f->expected_mounts) {
		wait_word(&f->detach_done);
		RAW(__NR_lseek, fd, 0, 0);
		if (mounts(fd) != f->expected_mounts)
			die("mountinfo", 0);
	}
	step(f, "mountinfo read", 0);
	RAW(__NR_close, fd);
}
