/* SPDX-License-Identifier: ISC */
/*
 * DOC: Theory of operation
 *
 * The program sees a root of its own: an empty tmpfs in which nothing exists but what the policy
 * names. Everything goes by descriptor and by the new mount API, so no path of the host is
 * resolved twice: propagation is cut first, a detached tmpfs is attached over "/", each entry is
 * cloned with open_tree, compared with the inode the planner saw, given its flags with
 * mount_setattr (recursively, so that no submount stays writable) and moved into place; then
 * pivot_root. The kernel needs a while to let the old root go: that, and to compare mountinfo with
 * the plan, is done beside the steps of the program's process, which execve waits for.
 * Linux before 5.12 lacks mount_setattr: there the mounts get their flags after the pivot, by path
 * below the new root, one mountinfo line after the other.
 *
 * What can go wrong: a path changes between plan and mount (ESTALE, refused); a locked submount
 * cannot lose its read-only flag (never asked for); the outer container masks parts of /proc, and
 * then the kernel refuses a fresh one (the planner learns it and leaves /proc out).
 */
#include <linux/mount.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "child.h"
#include "mount.h"

/* What the root's own directories and mount points need. */
#define ROOT_SIZE (UINT64_C(64) << 10)

/* ---- plan ------------------------------------------------------------------------------- */

enum ambit_code mount_plan(struct ambit_plan *plan, struct ambit_error *err)
{
	const struct step build = {
		.layer = AMBIT_LAYER_MOUNT,
		.op = OP_PIVOT,
		.place = PLACE_BUILD,
		.needs = TOKEN(ADMIN) | TOKEN(HOST_FILES) | TOKEN(NAMESPACES) | TOKEN(DESCRIPTORS),
		.takes = TOKEN(HOST_FILES),
		.gives = TOKEN(VIEW),
		.what = "build a root of its own and pivot to it",
		.reason = "what the policy does not name does not exist",
	};
	const struct step detach = {
		.layer = AMBIT_LAYER_MOUNT,
		.op = OP_DETACH,
		.place = PLACE_BESIDE,
		.needs = TOKEN(ADMIN) | TOKEN(VIEW),
		.what = "let the old root go and read the mounts back",
		.reason = "none is there that this plan does not name",
	};

	if (policy_has(plan->policy, RIGHT_TMP))
		plan_ask(plan, DENY_TMP);
	if (!plan->mount_view)
		return AMBIT_OK;
	plan_carry(plan, DENY_TMP, AMBIT_LAYER_MOUNT);
	plan_carry(plan, DENY_CONTENTS, AMBIT_LAYER_MOUNT);
	plan_carry(plan, DENY_METADATA, AMBIT_LAYER_MOUNT);
	plan_carry(plan, DENY_CHANGES, AMBIT_LAYER_MOUNT);
	if (!plan->exposed)
		plan_carry(plan, DENY_ATTRIBUTES, AMBIT_LAYER_MOUNT);
	plan_carry(plan, DENY_HIDE, AMBIT_LAYER_MOUNT);
	if (plan_view_hides_sockets(plan))
		plan_carry(plan, DENY_UNIX, AMBIT_LAYER_MOUNT);
	if (!plan_passes_code(plan))
		plan_carry(plan, DENY_WRITTEN_CODE, AMBIT_LAYER_MOUNT);
	if (plan->pid_namespace)
		plan_carry(plan, DENY_PROCESS_LIST, AMBIT_LAYER_MOUNT);
	return plan_step(plan, &build) && plan_step(plan, &detach)
		       ? AMBIT_OK
		       : err_memory(err, AMBIT_LAYER_MOUNT);
}

/* ---- prepare ---------------------------------------------------------------------------- */

static uint64_t entry_flags(const struct plan_path *p)
{
	uint64_t flags = MOUNT_ATTR_NOSUID;

	/* A device is written to all the same; its mode and owner are the host's. */
	if (!p->writable || p->device)
		flags |= MOUNT_ATTR_RDONLY;
	if (!p->device)
		flags |= MOUNT_ATTR_NODEV;
	if (!p->can_exec || p->view == VIEW_PROC || p->view == VIEW_TMPFS)
		flags |= MOUNT_ATTR_NOEXEC;
	return flags;
}

/* Is it in a bound tree? Paths are sorted: the nearest above came last. */
static bool is_inside(const struct ambit_plan *plan, size_t index)
{
	const char *path = plan->paths[index].path;

	for (size_t i = index; i > 0; i--) {
		const struct plan_path *above = &plan->paths[i - 1];
		size_t n = strlen(above->path);

		if (above->view != VIEW_NONE && above->is_dir && !strncmp(path, above->path, n) &&
		    (path[n] == '/' || n == 1))
			return above->view == VIEW_BIND;
	}
	return false;
}

static void prepare_entry(struct kit_builder *kit, const struct ambit_plan *plan,
			  enum plan_place place, size_t index)
{
	const struct plan_path *p = &plan->paths[index];
	static const uint8_t ops[] = {
		[VIEW_BIND] = OP_BIND, [VIEW_TMPFS] = OP_TMPFS, [VIEW_PROC] = OP_PROC,
		[VIEW_LINK] = OP_LINK, [VIEW_DIR] = OP_DIR,	[VIEW_HIDE] = OP_HIDE
	};
	struct kit_op op = { .layer = AMBIT_LAYER_MOUNT,
			     .place = (uint8_t)place,
			     .op = ops[p->view],
			     .data = kit_add_string(kit, p->path),
			     .a = entry_flags(p) | (p->is_dir ? ENTRY_IS_DIR : 0) |
				  (is_inside(plan, index) ? ENTRY_INSIDE : 0),
			     .b = p->view == VIEW_TMPFS || p->view == VIEW_PROC ? p->size
										: p->device_id,
			     .c = p->inode };

	if (p->view == VIEW_LINK) /* the target follows the path */
		buf_add(&kit->data, p->target, strlen(p->target) + 1);
	kit_add_op(kit, &op);
}

enum ambit_code mount_prepare(struct kit_builder *kit, const struct ambit_plan *plan,
			      const struct step *step, struct ambit_error *err)
{
	const enum plan_place first = step->place == PLACE_BUILD ? PLACE_LEADER : step->place;
	struct kit_op op = {
		.layer = AMBIT_LAYER_MOUNT, .place = (uint8_t)first, .op = OP_BEGIN, .b = ROOT_SIZE
	};

	(void)err;
	if (step->op == OP_DETACH) {
		op.place = (uint8_t)step->place;
		op.op = OP_DETACH;
		kit_add_op(kit, &op);
		return AMBIT_OK;
	}
	/* Sorted: were "/" itself granted, it would be the first. */
	op.a = plan->path_count && plan->paths[0].view == VIEW_BIND && !plan->paths[0].path[1];
	for (size_t i = 0; i < plan->path_count; i++)
		if (plan->paths[i].view == VIEW_TMPFS)
			op.b += plan->paths[i].size;
	kit_add_op(kit, &op);
	/*
	 * The program's process wakes up, and does what it can do ahead, while the last two thirds
	 * are made. Were it earlier, it would fall asleep in between.
	 */
	for (size_t i = 0; i < plan->path_count; i++)
		if (plan->paths[i].view != VIEW_NONE)
			prepare_entry(kit, plan, i < plan->path_count / 3 ? first : step->place, i);
	op.a = 0;
	op.place = (uint8_t)step->place;
	op.op = OP_PIVOT;
	kit_add_op(kit, &op);
	return AMBIT_OK;
}

/* ---- commit ----------------------------------------------------------------------------- */

/* Where the call is missing the flags come when all is in place: see finish(). */
static int set_attributes(struct child *child, int fd, unsigned how, const struct mount_attr *attr)
{
	int r = child->flags_late ? 0 : sys_mount_setattr(fd, "", AT_EMPTY_PATH | how, attr);

	if (r != -ENOSYS)
		return r;
	child->flags_late = true;
	return 0;
}

static int set_flags(struct child *child, int fd, uint64_t flags)
{
	const struct mount_attr attr = { .attr_set = flags, .propagation = ABI_MS_PRIVATE };

	return set_attributes(child, fd, ABI_AT_RECURSIVE, &attr);
}

/* A detached tmpfs of at most @size bytes. */
static int new_tmpfs(uint64_t size, const char *mode, uint64_t flags)
{
	char number[24];
	int fs = sys_fsopen("tmpfs", FSOPEN_CLOEXEC);
	int r, fd;

	if (fs < 0)
		return fs;
	r = sys_fsconfig(fs, FSCONFIG_SET_STRING, "mode", mode, 0);
	(void)child_decimal(number, size);
	if (r >= 0)
		r = sys_fsconfig(fs, FSCONFIG_SET_STRING, "size", number, 0);
	/* A million empty files cost no size but kernel memory: a name a page, and some. */
	(void)child_decimal(number, size / 4096 + 4096);
	if (r >= 0)
		r = sys_fsconfig(fs, FSCONFIG_SET_STRING, "nr_inodes", number, 0);
	if (r >= 0)
		r = sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	fd = r < 0 ? r : sys_fsmount(fs, FSMOUNT_CLOEXEC, (unsigned)flags);
	(void)sys_close(fs);
	return fd;
}

/*
 * Where mountinfo can be read. On a host without /proc an instance is made for that alone, which no
 * path leads to; without either there is no witness, and no view.
 */
static int open_own_proc(void)
{
	int self = sys_openat(AT_FDCWD, "/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	int fs, r, fd;

	if (self >= 0 || (self != -ENOENT && self != -ENOTDIR && self != -EACCES))
		return self;
	fs = sys_fsopen("proc", FSOPEN_CLOEXEC);
	r = fs < 0 ? fs : sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	fd = r < 0 ? r : sys_fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_RDONLY);
	self = fd < 0 ? fd : sys_openat(fd, "self", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	if (fs >= 0)
		(void)sys_close(fs);
	if (fd >= 0)
		(void)sys_close(fd);
	return self;
}

/* Until pivot() there is no umask: what is made here has the modes that it is given. */
static int begin(struct child *child, const struct kit_op *op)
{
	int r;

	child->umask = sys_umask(0);
	if (child->umask < 0)
		return child->umask;
	r = sys_mount(NULL, "/", NULL, ABI_MS_REC | ABI_MS_PRIVATE, NULL);
	if (r < 0)
		return child_failed(child, r, "/");
	/* Kept for mountinfo: the old /proc is out of reach later. */
	child->proc_fd = open_own_proc();
	if (child->proc_fd < 0)
		return child->proc_fd;
	/* A granted "/" is cloned while nothing of ours lies over it. */
	if (op->a)
		child->root_fd = sys_open_tree(
			AT_FDCWD, "/", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | ABI_AT_RECURSIVE);
	child->tmpfs_fd = new_tmpfs(op->b, "755", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
	if (!op->a)
		child->root_fd = child->tmpfs_fd;
	if (child->tmpfs_fd < 0 || child->root_fd < 0)
		return child->tmpfs_fd < 0 ? child->tmpfs_fd : child->root_fd;
	return sys_move_mount(child->tmpfs_fd, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH);
}

enum node { NODE_NONE, NODE_DIR, NODE_FILE };

/*
 * Make the directories above @path; what exists (a bound parent, an earlier entry) is left alone.
 */
static int make_parents(struct child *child, const char *path)
{
	char name[4096];
	size_t length = child_length(path), known = 0;

	if (length > sizeof(name))
		return -ENAMETOOLONG;
	/* Entries come sorted: the parents of the last one are there already. */
	for (size_t i = 1; child->last_path && i < length && child->last_path[i] == path[i]; i++)
		if (path[i] == '/')
			known = i;
	for (size_t i = 1; i < length; i++) {
		int r = 0;

		name[i - 1] = path[i];
		if (path[i] != '/' || i <= known)
			continue;
		name[i - 1] = '\0';
		r = sys_mkdirat(child->root_fd, name, 0755);
		if (r < 0 && r != -EEXIST && r != -EROFS)
			return r;
		name[i - 1] = '/';
	}
	child->last_path = path;
	return 0;
}

/* The directories above @path, and at it a directory or an empty file to mount on. */
static int make_place(struct child *child, const char *path, enum node node)
{
	int r = make_parents(child, path);

	if (r < 0 || path[1] == '\0' || node == NODE_NONE)
		return r;
	if (node == NODE_DIR) {
		r = sys_mkdirat(child->root_fd, path + 1, 0755);
	} else {
		r = sys_openat(child->root_fd, path + 1, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC,
			       0444);
		if (r >= 0)
			r = sys_close(r);
	}
	return r == -EEXIST || r == -EROFS ? 0 : r;
}

/*
 * Over what is at @path in a bound tree. Whoever may write there may swap it, or put a link on the
 * way: nothing is made there, and it must be what the planner saw.
 */
static int place_inside(struct child *child, const struct kit_op *op, int fd, const char *path)
{
	int at = sys_openat(child->root_fd, path + 1, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
	struct stat st;
	int r = at < 0 ? at : sys_fstat(at, &st);

	if (r >= 0 && op->c && (st.st_dev != op->b || st.st_ino != op->c))
		r = -ESTALE;
	if (r >= 0)
		r = sys_move_mount(fd, "", at, "",
				   MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
	if (at >= 0)
		(void)sys_close(at);
	return r;
}

/* Move a detached mount to its place. The path has no links: the planner resolved it. */
static int place(struct child *child, const struct kit_op *op, int fd, const char *path)
{
	int r;

	if (op->a & ENTRY_INSIDE)
		return place_inside(child, op, fd, path);
	r = make_place(child, path, op->a & ENTRY_IS_DIR ? NODE_DIR : NODE_FILE);
	return r < 0 ? r
		     : sys_move_mount(fd, "", child->root_fd, path + 1, MOVE_MOUNT_F_EMPTY_PATH);
}

/* "/" itself goes over the tmpfs, and is the root from then on. */
static int place_root(struct child *child)
{
	return sys_move_mount(child->root_fd, "", child->tmpfs_fd, "",
			      MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

static int bind_entry(struct child *child, const struct kit_op *op, const char *path)
{
	const bool whole = path[1] == '\0';
	int fd = whole ? child->root_fd
		       : sys_open_tree(AT_FDCWD, path,
				       OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | ABI_AT_RECURSIVE |
					       AT_SYMLINK_NOFOLLOW);
	struct stat st;
	int r;

	if (fd < 0)
		return fd;
	r = sys_fstat(fd, &st);
	if (r >= 0 && op->c && (st.st_dev != op->b || st.st_ino != op->c))
		r = -ESTALE; /* swapped since the plan was made */
	if (r >= 0)
		r = set_flags(child, fd, op->a & ~ENTRY_FLAGS);
	if (r >= 0)
		r = whole ? place_root(child) : place(child, op, fd, path);
	if (!whole)
		(void)sys_close(fd);
	return r;
}

/*
 * A private directory is a second mount of the root's own tmpfs: mount flags are per mount, so the
 * root becomes read-only and this does not, and one size bounds both. Where "/" is granted it lies
 * over the tmpfs, and the directory there has any name; the one of that path is only mounted on.
 */
static int tmpfs_entry(struct child *child, const struct kit_op *op, const char *path)
{
	const bool covered = child->root_fd != child->tmpfs_fd;
	const char *name = covered ? ".private" : path + 1;
	int r = covered ? 0 : make_parents(child, path);
	int fd;

	if (r >= 0)
		r = sys_mkdirat(child->tmpfs_fd, name, 01777);
	if (r < 0)
		return r;
	fd = sys_open_tree(child->tmpfs_fd, name, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (fd < 0)
		return fd;
	r = set_flags(child, fd, op->a & ~ENTRY_FLAGS);
	if (r >= 0)
		r = place_inside(child, op, fd, path); /* where it has been made, or is */
	(void)sys_close(fd);
	return r;
}

static int proc_entry(struct child *child, const struct kit_op *op, const char *path)
{
	int fs = sys_fsopen("proc", FSOPEN_CLOEXEC);
	int r, fd;

	if (fs < 0)
		return fs;
	/*
	 * Only processes: no kcore, sysrq-trigger or sys to mask. Kernels before 5.8 have no such
	 * option.
	 */
	r = op->b ? 0 : sys_fsconfig(fs, FSCONFIG_SET_STRING, "subset", "pid", 0);
	if (r >= 0 || r == -EINVAL)
		r = sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	fd = r < 0 ? r : sys_fsmount(fs, FSMOUNT_CLOEXEC, (unsigned)(op->a & ~ENTRY_FLAGS));
	(void)sys_close(fs);
	if (fd < 0)
		return fd;
	r = place(child, op, fd, path);
	(void)sys_close(fd);
	return r;
}

static int link_entry(struct child *child, const char *path)
{
	int r = make_place(child, path, NODE_NONE);

	return r < 0 ? r : sys_symlinkat(path + child_length(path) + 1, child->root_fd, path + 1);
}

/* An empty node nobody may look into, over what the policy hides. */
static int hide_entry(struct child *child, const struct kit_op *op, const char *path)
{
	const uint64_t flags =
		MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
	static const char spare[] = ".hidden";
	int fd, r;

	if (op->a & ENTRY_IS_DIR) {
		fd = new_tmpfs(4096, "0", flags);
		if (fd < 0)
			return fd;
		r = place_inside(child, op, fd, path);
		(void)sys_close(fd);
		return r;
	}
	fd = sys_openat(child->tmpfs_fd, spare, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	(void)sys_close(fd);
	fd = sys_open_tree(child->tmpfs_fd, spare, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (fd < 0)
		return fd;
	r = set_flags(child, fd, flags);
	if (r >= 0)
		r = place_inside(child, op, fd, path);
	if (r >= 0)
		r = sys_unlinkat(child->tmpfs_fd, spare, 0);
	(void)sys_close(fd);
	return r;
}

/* The old root lies over the new one; a tmpfs that is not the root, over both. */
static int detach(struct child *child)
{
	int r = child->covered ? sys_umount2(".", ABI_MNT_DETACH) : 0;

	if (r >= 0)
		r = sys_umount2(".", ABI_MNT_DETACH);
	return r < 0 ? r : sys_chdir("/");
}

/*
 * From here on a path that begins with "/" begins in the new root, whatever lies over that. Flags
 * by path come before the program's process does, which opens devices in the view.
 */
static int pivot(struct child *child)
{
	const struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };
	int r;

	child->covered = child->root_fd != child->tmpfs_fd;
	r = sys_umask((unsigned)child->umask);
	if (r >= 0 && !child->covered)
		r = set_attributes(child, child->root_fd, 0, &attr);
	if (r >= 0)
		r = sys_fchdir(child->root_fd);
	if (r >= 0)
		r = sys_pivot_root(".", ".");
	(void)sys_close(child->root_fd);
	if (child->covered)
		(void)sys_close(child->tmpfs_fd);
	child->root_fd = child->tmpfs_fd = -1;
	if (r < 0 || !child->flags_late)
		return r;
	r = detach(child);
	return r < 0 ? r : mount_flags_by_path(child);
}

int mount_commit(struct child *child, const struct kit_op *op)
{
	const char *path = op->data ? kit_string(child->kit, op->data) : "";
	int r = -EINVAL;

	switch ((enum mount_op)op->op) {
	case OP_BEGIN:
		return begin(child, op);
	case OP_DIR:
		r = make_place(child, path, NODE_DIR);
		break;
	case OP_BIND:
		r = bind_entry(child, op, path);
		break;
	case OP_TMPFS:
		r = tmpfs_entry(child, op, path);
		break;
	case OP_PROC:
		r = proc_entry(child, op, path);
		break;
	case OP_LINK:
		r = link_entry(child, path);
		break;
	case OP_HIDE:
		r = hide_entry(child, op, path);
		break;
	case OP_PIVOT:
		r = pivot(child);
		break;
	case OP_DETACH:
		r = child->flags_late ? 0 : detach(child); /* late flags need it gone before */
		break;
	}
	return r < 0 ? child_failed(child, r, path) : 0;
}
