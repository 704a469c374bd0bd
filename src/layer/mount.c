/* SPDX-License-Identifier: ISC */
/*
 * DOC: Theory of operation
 *
 * The program sees a root of its own: an empty tmpfs in which nothing exists but what the policy
 * names. Everything goes by descriptor and by the new mount API, so no path of the host is
 * resolved twice: propagation is cut first, a detached tmpfs is attached over "/", each entry is
 * cloned with open_tree, compared with the inode the planner saw, given its flags with
 * mount_setattr (recursively, so that no submount stays writable) and moved into place; then
 * pivot_root, and the old root is gone. mountinfo is compared with the plan before anything runs.
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

#ifndef MNT_DETACH
#define MNT_DETACH 2
#endif
#ifndef MS_REC
#define MS_REC	   16384
#define MS_PRIVATE (1 << 18)
#endif
#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif

enum mount_op { OP_BEGIN, OP_DIR, OP_BIND, OP_TMPFS, OP_PROC, OP_LINK, OP_HIDE, OP_FINISH };

/* What the root's own directories and mount points need. */
#define ROOT_SIZE (UINT64_C(64) << 10)

/*
 * kit_op fields: data = path, a = MOUNT_ATTR_ flags (bit 63: a directory), b = device, c = inode;
 * for OP_BEGIN b = bytes of the tmpfs that is root and, mounted again, every private directory.
 */
#define ENTRY_IS_DIR (UINT64_C(1) << 63)

/* ---- plan ------------------------------------------------------------------------------- */

enum ambit_code mount_plan(struct ambit_plan *plan, struct ambit_error *err)
{
	const struct step step = {
		.layer = AMBIT_LAYER_MOUNT,
		.place = PLACE_LEADER,
		.needs = TOKEN(ADMIN) | TOKEN(HOST_FILES) | TOKEN(NAMESPACES) | TOKEN(DESCRIPTORS),
		.takes = TOKEN(HOST_FILES),
		.gives = TOKEN(VIEW),
		.what = "build a root of its own and pivot to it",
		.reason = "what the policy does not name does not exist",
	};

	if (policy_has(plan->policy, RIGHT_TMP))
		plan_ask(plan, DENY_TMP);
	if (!plan->mount_view)
		return AMBIT_OK;
	plan_carry(plan, DENY_TMP, AMBIT_LAYER_MOUNT);
	plan_carry(plan, DENY_CONTENTS, AMBIT_LAYER_MOUNT);
	plan_carry(plan, DENY_METADATA, AMBIT_LAYER_MOUNT);
	plan_carry(plan, DENY_CHANGES, AMBIT_LAYER_MOUNT);
	plan_carry(plan, DENY_ATTRIBUTES, AMBIT_LAYER_MOUNT);
	plan_carry(plan, DENY_HIDE, AMBIT_LAYER_MOUNT);
	if (plan_view_hides_sockets(plan))
		plan_carry(plan, DENY_UNIX, AMBIT_LAYER_MOUNT);
	plan_carry(plan, DENY_WRITTEN_CODE, AMBIT_LAYER_MOUNT);
	if (plan->pid_namespace)
		plan_carry(plan, DENY_PROCESS_LIST, AMBIT_LAYER_MOUNT);
	return plan_step(plan, &step) ? AMBIT_OK : err_memory(err, AMBIT_LAYER_MOUNT);
}

/* ---- prepare ---------------------------------------------------------------------------- */

static uint64_t entry_flags(const struct plan_path *p)
{
	uint64_t flags = MOUNT_ATTR_NOSUID;

	if (!p->writable)
		flags |= MOUNT_ATTR_RDONLY;
	if (!p->device)
		flags |= MOUNT_ATTR_NODEV;
	if (!p->can_exec || p->view == VIEW_PROC || p->view == VIEW_TMPFS)
		flags |= MOUNT_ATTR_NOEXEC;
	return flags;
}

static void prepare_entry(struct kit_builder *kit, const struct plan_path *p)
{
	static const uint8_t ops[] = {
		[VIEW_BIND] = OP_BIND, [VIEW_TMPFS] = OP_TMPFS, [VIEW_PROC] = OP_PROC,
		[VIEW_LINK] = OP_LINK, [VIEW_DIR] = OP_DIR,	[VIEW_HIDE] = OP_HIDE
	};
	struct kit_op op = { .layer = AMBIT_LAYER_MOUNT,
			     .place = PLACE_LEADER,
			     .op = ops[p->view],
			     .data = kit_add_string(kit, p->path),
			     .a = entry_flags(p) | (p->is_dir ? ENTRY_IS_DIR : 0),
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
	struct kit_op op = {
		.layer = AMBIT_LAYER_MOUNT, .place = PLACE_LEADER, .op = OP_BEGIN, .b = ROOT_SIZE
	};

	(void)step;
	(void)err;
	for (size_t i = 0; i < plan->path_count; i++)
		if (plan->paths[i].view == VIEW_TMPFS)
			op.b += plan->paths[i].size;
	kit_add_op(kit, &op);
	for (size_t i = 0; i < plan->path_count; i++)
		if (plan->paths[i].view != VIEW_NONE)
			prepare_entry(kit, &plan->paths[i]);
	op.op = OP_FINISH;
	kit_add_op(kit, &op);
	return AMBIT_OK;
}

/* ---- commit ----------------------------------------------------------------------------- */

static int set_flags(int fd, uint64_t flags)
{
	const struct mount_attr attr = { .attr_set = flags, .propagation = MS_PRIVATE };

	return sys_mount_setattr(fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr);
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
	/* A million empty files cost no size but kernel memory: a name a kilobyte, and some. */
	(void)child_decimal(number, size / 1024 + 16384);
	if (r >= 0)
		r = sys_fsconfig(fs, FSCONFIG_SET_STRING, "nr_inodes", number, 0);
	if (r >= 0)
		r = sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	fd = r < 0 ? r : sys_fsmount(fs, FSMOUNT_CLOEXEC, (unsigned)flags);
	(void)sys_close(fs);
	return fd;
}

static int begin(struct child *child, const struct kit_op *op)
{
	int r = sys_mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);

	if (r < 0)
		return child_failed(child, r, "/");
	/* Kept for mountinfo: the old /proc is out of reach later. */
	child->proc_fd = sys_openat(AT_FDCWD, "/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	child->root_fd = new_tmpfs(op->b, "755", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
	if (child->root_fd < 0)
		return child->root_fd;
	return sys_move_mount(child->root_fd, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH);
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

/* Move a detached mount to its place. The path has no links: the planner resolved it. */
static int place(struct child *child, int fd, const char *path, bool is_dir)
{
	int r = make_place(child, path, is_dir ? NODE_DIR : NODE_FILE);

	if (r >= 0 && path[1] == '\0')
		r = sys_move_mount(fd, "", child->root_fd, "",
				   MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
	else if (r >= 0)
		r = sys_move_mount(fd, "", child->root_fd, path + 1, MOVE_MOUNT_F_EMPTY_PATH);
	return r;
}

static int bind_entry(struct child *child, const struct kit_op *op, const char *path)
{
	int fd = sys_open_tree(AT_FDCWD, path,
			       OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE |
				       AT_SYMLINK_NOFOLLOW);
	struct stat st;
	int r;

	if (fd < 0)
		return fd;
	r = sys_fstat(fd, &st);
	if (r >= 0 && op->c && (st.st_dev != op->b || st.st_ino != op->c))
		r = -ESTALE; /* swapped since the plan was made */
	if (r >= 0)
		r = set_flags(fd, op->a & ~ENTRY_IS_DIR);
	if (r >= 0)
		r = place(child, fd, path, op->a & ENTRY_IS_DIR);
	(void)sys_close(fd);
	return r;
}

/*
 * A private directory is a second mount of the root's own tmpfs: mount flags are per mount, so the
 * root becomes read-only and this does not, and one size bounds both.
 */
static int tmpfs_entry(struct child *child, const struct kit_op *op, const char *path)
{
	int r = make_parents(child, path);
	int fd;

	if (r >= 0)
		r = sys_mkdirat(child->root_fd, path + 1, 01777);
	if (r >= 0)
		r = sys_fchmodat(child->root_fd, path + 1, 01777); /* the umask is the caller's */
	if (r < 0)
		return r;
	fd = sys_open_tree(child->root_fd, path + 1, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (fd < 0)
		return fd;
	r = set_flags(fd, op->a & ~ENTRY_IS_DIR);
	if (r >= 0)
		r = sys_move_mount(fd, "", child->root_fd, path + 1, MOVE_MOUNT_F_EMPTY_PATH);
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
	fd = r < 0 ? r : sys_fsmount(fs, FSMOUNT_CLOEXEC, (unsigned)(op->a & ~ENTRY_IS_DIR));
	(void)sys_close(fs);
	if (fd < 0)
		return fd;
	r = place(child, fd, path, true);
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
		r = sys_move_mount(fd, "", child->root_fd, path + 1, MOVE_MOUNT_F_EMPTY_PATH);
		(void)sys_close(fd);
		return r;
	}
	fd = sys_openat(child->root_fd, spare, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	(void)sys_close(fd);
	fd = sys_open_tree(child->root_fd, spare, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (fd < 0)
		return fd;
	r = set_flags(fd, flags);
	if (r >= 0)
		r = sys_move_mount(fd, "", child->root_fd, path + 1, MOVE_MOUNT_F_EMPTY_PATH);
	if (r >= 0)
		r = sys_unlinkat(child->root_fd, spare, 0);
	(void)sys_close(fd);
	return r;
}

static int finish(struct child *child)
{
	const struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };
	int r = sys_mount_setattr(child->root_fd, "", AT_EMPTY_PATH, &attr);

	if (r >= 0)
		r = sys_fchdir(child->root_fd);
	if (r >= 0)
		r = sys_pivot_root(".", ".");
	/* The old root now lies over the new one at ".". */
	if (r >= 0)
		r = sys_umount2(".", MNT_DETACH);
	if (r >= 0)
		r = sys_chdir("/");
	(void)sys_close(child->root_fd);
	child->root_fd = -1;
	return r;
}

int mount_commit(struct child *child, const struct kit_op *op)
{
	const char *path = op->data ? kit_string(child->kit, op->data) : NULL;
	int r = -EINVAL;

	if (!path && op->op != OP_BEGIN && op->op != OP_FINISH)
		return child_failed(child, r, NULL);
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
	case OP_FINISH:
		r = finish(child);
		break;
	}
	return r < 0 ? child_failed(child, r, path) : 0;
}

/* ---- verify ----------------------------------------------------------------------------- */

/* One line of mountinfo(5): "36 35 98:0 /source /point options ... - type source super". */
struct mount_line {
	const char *point;
	size_t point_length;
	const char *options;
	size_t options_length;
	bool shared; /* an optional field "shared:" or "master:" */
};

static const char *next_word(const char *p, size_t *length)
{
	size_t n = 0;

	while (*p == ' ')
		p++;
	while (p[n] && p[n] != ' ' && p[n] != '\n')
		n++;
	*length = n;
	return p;
}

/* Parse a line; returns its end. */
static const char *parse_line(const char *p, struct mount_line *line)
{
	size_t n = 0;

	line->shared = false;
	for (int field = 0; field < 6; field++) {
		p = next_word(p, &n);
		if (field == 4) {
			line->point = p;
			line->point_length = n;
		}
		if (field == 5) {
			line->options = p;
			line->options_length = n;
		}
		p += n;
	}
	for (p = next_word(p, &n); n && !(n == 1 && *p == '-'); p = next_word(p + n, &n))
		line->shared |= child_starts(p, "shared:") || child_starts(p, "master:");
	while (*p && *p != '\n')
		p++;
	return *p ? p + 1 : p;
}

static bool has_option(const struct mount_line *line, const char *word)
{
	size_t length = child_length(word);

	for (size_t i = 0; i < line->options_length; i++)
		if ((i == 0 || line->options[i - 1] == ',') && i + length <= line->options_length &&
		    child_starts(line->options + i, word) &&
		    (i + length == line->options_length || line->options[i + length] == ','))
			return true;
	return false;
}

/*
 * Is the mount point at or below @path? mountinfo escapes spaces as \040; such names only match
 * exactly planned prefixes.
 */
static bool point_is_below(const struct mount_line *line, const char *path)
{
	size_t n = child_length(path);

	if (n == 1)
		return true;
	if (line->point_length < n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (line->point[i] != path[i] && line->point[i] != '\\')
			return false;
	return line->point_length == n || line->point[n] == '/' || line->point[n] == '\\';
}

/* The planned entry that explains a mount: the longest one at or above its mount point. */
static const struct kit_op *explain(const struct child *child, const struct mount_line *line)
{
	const struct kit_op *best = NULL;
	size_t best_length = 0;

	for (uint32_t i = 0; i < child->kit->op_count; i++) {
		const struct kit_op *op = kit_op_at(child->kit, i);
		const char *path = kit_string(child->kit, op->data);
		size_t length;

		if (op->layer != AMBIT_LAYER_MOUNT || op->op < OP_BIND || op->op > OP_HIDE ||
		    op->op == OP_LINK)
			continue;
		length = child_length(path);
		if (length >= best_length && point_is_below(line, path)) {
			best = op;
			best_length = length;
		}
	}
	return best;
}

static bool line_is_right(const struct child *child, const struct mount_line *line)
{
	const struct kit_op *op = explain(child, line);
	bool root = line->point_length == 1;

	if (line->shared || !has_option(line, "nosuid"))
		return false;
	if (!op) /* only the root tmpfs has no entry of its own */
		return root && has_option(line, "ro") && has_option(line, "nodev");
	if (op->op == OP_HIDE)
		return has_option(line, "ro");
	if ((op->a & MOUNT_ATTR_RDONLY) && !has_option(line, "ro"))
		return false;
	if ((op->a & MOUNT_ATTR_NODEV) && !has_option(line, "nodev"))
		return false;
	return !(op->a & MOUNT_ATTR_NOEXEC) || has_option(line, "noexec");
}

/* Every mount is one that was planned, with its flags, and no planned one is missing. */
static int check_mountinfo(struct child *child, const char *text)
{
	uint32_t planned = 0, seen = 0;
	struct mount_line line = { 0 };

	for (uint32_t i = 0; i < child->kit->op_count; i++) {
		const struct kit_op *op = kit_op_at(child->kit, i);

		planned += op->layer == AMBIT_LAYER_MOUNT && op->op >= OP_BIND &&
			   op->op <= OP_HIDE && op->op != OP_LINK;
	}
	while (*text) {
		text = parse_line(text, &line);
		if (!line_is_right(child, &line)) {
			child->detail = (int)seen + 1;
			return -EPROTO;
		}
		seen++;
	}
	/* One more for the root; submounts of a bound tree add to what is seen. */
	return seen >= planned + 1 ? 0 : -EPROTO;
}

enum { MOUNTINFO_MAX = 192 * 1024 };

int mount_verify(struct child *child, const struct kit_op *op)
{
	char *text;
	int r;

	if (op->op != OP_FINISH)
		return 0;
	/* /proc of the host is the only witness; the planner needs it for a view. */
	if (child->proc_fd < 0)
		return 0;
	/* Not on the stack, of which every page would be touched. */
	text = sys_mmap(MOUNTINFO_MAX, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	if (!text)
		return -ENOMEM;
	r = child_read_file(child->proc_fd, "mountinfo", text, MOUNTINFO_MAX);
	(void)sys_close(child->proc_fd);
	child->proc_fd = -1;
	if (r >= 0)
		r = check_mountinfo(child, text);
	IGNORE_RESULT(sys_munmap(text, MOUNTINFO_MAX)); /* at worst it stays mapped */
	return r;
}
