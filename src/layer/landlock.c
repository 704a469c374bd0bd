/* SPDX-License-Identifier: ISC */
/*
 * landlock.c - file accesses by inode, TCP ports, signal and abstract socket scopes
 *
 * Every access that the running kernel knows is handled, so that what is not granted is refused;
 * a ruleset that leaves REMOVE_FILE out allows deletion everywhere. Rules name inodes, so those
 * for paths of the new root are made by the child after the mounts.
 *
 * What Landlock does not see, and another layer closes: chmod and its kin, stat, UDP, MPTCP,
 * TCP fast open, AF_UNIX paths before ABI 9, descriptors that are open already.
 *
 * Mustn't: run before no_new_privs (EPERM without CAP_SYS_ADMIN), nor before the mounts (a
 *   Landlocked process may not mount).
 */
#include <string.h>
#include <sys/stat.h>

#include "../policy/path.h"
#include "../policy/promise.h"
#include "child.h"

enum { OP_RULESET, OP_PATH, OP_PORT, OP_RESTRICT };

/* ---- what each ABI brought ---------------------------------------------------------------- */

static const struct {
	int abi;
	uint64_t fs, net, scoped;
} abi_rows[] = {
	{ 1, (LL_FS_MAKE_SYM << 1) - 1, 0, 0 },
	{ 2, LL_FS_REFER, 0, 0 },
	{ 3, LL_FS_TRUNCATE, 0, 0 },
	{ 4, 0, LL_NET_BIND_TCP | LL_NET_CONNECT_TCP, 0 },
	{ 5, LL_FS_IOCTL_DEV, 0, 0 },
	{ 6, 0, 0, LL_SCOPE_ABSTRACT_UNIX | LL_SCOPE_SIGNAL },
	{ 9, LL_FS_RESOLVE_UNIX, 0, 0 },
};

static struct ll_ruleset_attr handled(int abi)
{
	struct ll_ruleset_attr all = { 0, 0, 0 };

	for (size_t i = 0; i < ARRAY_COUNT(abi_rows); i++)
		if (abi >= abi_rows[i].abi) {
			all.handled_access_fs |= abi_rows[i].fs;
			all.handled_access_net |= abi_rows[i].net;
			all.scoped |= abi_rows[i].scoped;
		}
	return all;
}

/* Kernels refuse a size that holds bytes they do not know, even zeros beyond: say what is used. */
static uint64_t attr_size(int abi)
{
	return abi >= 6 ? 24 : abi >= 4 ? 16 : 8;
}

/* ---- plan ------------------------------------------------------------------------------- */

static void carry_ports(struct ambit_plan *plan)
{
	const struct grant *g;
	bool all = !plan_makes_other_sockets(plan);

	for (size_t at = 0; (g = policy_next(plan->policy, RIGHT_CONNECT, &at)) != NULL;)
		all &= g->net.name || (g->net.protocol == NET_TCP && !g->net.family);
	if (all && !plan->notify)
		plan_carry(plan, DENY_CONNECT, AMBIT_LAYER_LANDLOCK);
}

/*
 * Nobody judges the calls of a process that confines itself. bind(2) is seen; listen(2) on a socket
 * that is not bound takes a port of the kernel's choice, and that is said.
 */
static enum ambit_code carry_listen(struct ambit_plan *plan, struct ambit_error *err)
{
	const struct grant *g;

	for (size_t at = 0; (g = policy_next(plan->policy, RIGHT_LISTEN, &at)) != NULL;)
		if (g->net.protocol != NET_TCP || g->net.family)
			return AMBIT_OK;
	g = policy_first(plan->policy, RIGHT_LISTEN);
	if (!g)
		return AMBIT_OK;
	plan_carry(plan, DENY_LISTEN, AMBIT_LAYER_LANDLOCK);
	return plan_notef(plan, NOTE_REPORTED, AMBIT_LAYER_LANDLOCK, g, err,
			  "listening without binding first takes a port that the kernel picks");
}

/* What the policy lets be done at a path, by lines for it and for what is above it. */
static uint64_t granted_at(const struct ambit_plan *plan, const struct plan_path *p)
{
	uint64_t access = p->access;

	for (size_t i = 0; i < plan->path_count; i++) {
		const struct plan_path *above = &plan->paths[i];

		if (above->is_dir && above->view != VIEW_HIDE && path_covers(above->path, p->path))
			access |= above->access;
	}
	return access;
}

/* What a mount lets be done at a path: what is there is read, and if writable, changed at will. */
static uint64_t mounted_at(const struct ambit_plan *plan, const struct plan_path *p)
{
	const uint64_t changes = LL_FS_WRITE_FILE | LL_FS_TRUNCATE | LL_FS_REMOVE_DIR |
				 LL_FS_REMOVE_FILE | LL_FS_MAKE_DIR | LL_FS_MAKE_REG |
				 LL_FS_MAKE_SYM | LL_FS_REFER;
	const struct host_path *at = host_path(plan->host, p->path);
	uint64_t access = p->writable ? changes : 0;

	if (!p->grant || p->view != VIEW_BIND || p->device)
		return 0;
	if (!at || at->kind != KIND_SOCKET)
		access |= LL_FS_READ_FILE | LL_FS_READ_DIR;
	return p->is_dir ? access : access & LL_FS_ON_FILES;
}

/* The view grants more than the line does, and nobody tells the two apart. */
static enum ambit_code note_more(struct ambit_plan *plan, const struct plan_path *p,
				 struct ambit_error *err)
{
	const uint64_t more = mounted_at(plan, p) & ~granted_at(plan, p);

	if (!more)
		return AMBIT_OK;
	if (more & ~(uint64_t)(LL_FS_READ_FILE | LL_FS_READ_DIR))
		return plan_notef(plan, NOTE_GAP, AMBIT_LAYER_LANDLOCK, p->grant, err,
				  "only Landlock tells changing files from making and removing "
				  "them");
	return plan_notef(plan, NOTE_GAP, AMBIT_LAYER_LANDLOCK, p->grant, err,
			  "only Landlock keeps what is at %s from being read", p->path);
}

/* Another layer may carry all of it: one layer fewer is still worth a word. */
static enum ambit_code without(struct ambit_plan *plan, struct ambit_error *err)
{
	const struct host_open *widened = plan->mount_view ? plan_widened(plan) : NULL;
	enum ambit_code code = AMBIT_OK;

	for (size_t i = 0; plan->mount_view && i < plan->path_count && code == AMBIT_OK; i++)
		code = note_more(plan, &plan->paths[i], err);
	if (code == AMBIT_OK && widened)
		code = plan_notef(plan, NOTE_REPORTED, AMBIT_LAYER_LANDLOCK, NULL, err,
				  "descriptor %d can be opened again for all that the owner of its "
				  "file may do: only Landlock judges /proc/self/fd",
				  widened->number);
	if (code != AMBIT_OK)
		return code;
	if (plan->layer_need[AMBIT_LAYER_LANDLOCK] == NEED_OFF || !plan->mount_view)
		return AMBIT_OK;
	return plan_notef(plan, NOTE_REPORTED, AMBIT_LAYER_LANDLOCK, NULL, err,
			  "no Landlock here: files are kept apart by the mount view alone");
}

enum ambit_code landlock_plan(struct ambit_plan *plan, struct ambit_error *err)
{
	int abi = plan->host->landlock_abi;
	size_t first = 0;
	const struct step step = {
		.layer = AMBIT_LAYER_LANDLOCK,
		.place = PLACE_PROGRAM,
		.needs = TOKEN(NNP) | TOKEN(ANY_CALL) | TOKEN(ANY_PATH) | TOKEN(DESCRIPTORS) |
			 TOKEN(VIEW),
		.takes = TOKEN(ANY_PATH),
		.number = (uint64_t)abi,
		.what = "restrict files, ports, signals and abstract sockets",
		.reason = "by inode, whatever the name",
	};

	plan_ask(plan, DENY_CONTENTS);
	plan_ask(plan, DENY_METADATA);
	plan_ask(plan, DENY_CHANGES);
	plan_ask(plan, DENY_PROGRAMS);
	if (policy_next_writer(plan->policy, &first) || plan_passes_code(plan))
		plan_ask(plan, DENY_WRITTEN_CODE);
	if (policy_has(plan->policy, RIGHT_HIDE))
		plan_ask(plan, DENY_HIDE);
	if (!plan_may(plan, AMBIT_LAYER_LANDLOCK))
		return without(plan, err);
	plan_carry(plan, DENY_CONTENTS, AMBIT_LAYER_LANDLOCK);
	plan_carry(plan, DENY_PROGRAMS, AMBIT_LAYER_LANDLOCK);
	plan_carry(plan, DENY_TRACE, AMBIT_LAYER_LANDLOCK);
	/* It judges truncation since ABI 3; before that the filter leaves it nothing to judge. */
	if (abi >= 3 || (!plan->mount_view && plan_may(plan, AMBIT_LAYER_SECCOMP)))
		plan_carry(plan, DENY_CHANGES, AMBIT_LAYER_LANDLOCK);
	if (abi >= 4)
		carry_ports(plan);
	if (abi >= 6) {
		plan_carry(plan, DENY_ABSTRACT, AMBIT_LAYER_LANDLOCK);
		if (!plan_frees_signals(plan))
			plan_carry(plan, DENY_SIGNALS, AMBIT_LAYER_LANDLOCK);
	}
	if (abi >= 9)
		plan_carry(plan, DENY_UNIX, AMBIT_LAYER_LANDLOCK);
	if (plan->door == DOOR_ENTER && abi >= 4) {
		enum ambit_code code = carry_listen(plan, err);

		if (code != AMBIT_OK)
			return code;
	}
	return plan_step(plan, &step) ? AMBIT_OK : err_memory(err, AMBIT_LAYER_LANDLOCK);
}

/* ---- prepare ---------------------------------------------------------------------------- */

/* Looked at for this very run, and open still? One more than the descriptor, or 0. */
static uint32_t kept(const struct ambit_plan *plan, const struct plan_path *p)
{
	const struct host *h = plan->host;

	for (size_t i = 0; i < h->path_count && h->kept_count && plan->mode == MODE_BECOME; i++)
		if (h->paths[i].kept && h->paths[i].inode == p->inode &&
		    h->paths[i].device == p->device_id && !p->own)
			return (uint32_t)h->paths[i].kept;
	return 0;
}

static void add_path(struct kit_builder *kit, const struct ambit_plan *plan,
		     const struct plan_path *p, uint64_t fs)
{
	uint64_t access = p->access & fs;
	struct kit_op op = { .layer = AMBIT_LAYER_LANDLOCK,
			     .place = PLACE_PROGRAM,
			     .op = OP_PATH,
			     .data = 0,
			     .a = p->is_dir ? access : access & LL_FS_ON_FILES,
			     .b = p->own ? 0 : p->device_id,
			     .c = p->own ? 0 : p->inode };

	if (!op.a || p->view == VIEW_LINK)
		return;
	op.data = kit_add_string(kit, p->path);
	op.length = kept(plan, p);
	kit_add_op(kit, &op);
}

/* A rule that a directory above already implies would cost four calls and change nothing. */
static bool is_implied(const struct ambit_plan *plan, size_t index, uint64_t fs)
{
	const struct plan_path *p = &plan->paths[index];

	for (size_t i = 0; i < index; i++) {
		const struct plan_path *above = &plan->paths[i];
		size_t n = strlen(above->path);

		if (above->is_dir && !above->own && !p->own && above->view != VIEW_LINK &&
		    above->view != VIEW_HIDE && strncmp(p->path, above->path, n) == 0 &&
		    (p->path[n] == '/' || n == 1) && !(p->access & fs & ~above->access))
			return true;
	}
	return false;
}

static void add_port(struct kit_builder *kit, uint64_t access, uint64_t port)
{
	const struct kit_op op = { .layer = AMBIT_LAYER_LANDLOCK,
				   .place = PLACE_PROGRAM,
				   .op = OP_PORT,
				   .a = access,
				   .b = port };

	kit_add_op(kit, &op);
}

static void add_ports(struct kit_builder *kit, const struct ambit_plan *plan, enum right right,
		      uint64_t access)
{
	const struct grant *g;

	for (size_t at = 0; (g = policy_next(plan->policy, right, &at)) != NULL;)
		for (uint32_t port = g->net.port_first;
		     g->net.protocol == NET_TCP && !g->net.name && port <= g->net.port_last; port++)
			add_port(kit, access, port);
}

/* What is granted without any bound is not handled: 65536 ports are no rules. */
static struct ll_ruleset_attr handled_for(const struct ambit_plan *plan, int abi)
{
	const struct grant *pledge = policy_first(plan->policy, RIGHT_PLEDGE);
	struct ll_ruleset_attr all = handled(abi);

	if (plan->door == DOOR_ENTER && plan_grants_any_of(plan, RIGHT_CONNECT, NET_TCP))
		all.handled_access_net &= ~(uint64_t)LL_NET_CONNECT_TCP;
	if (plan->door == DOOR_ENTER && plan_grants_any_of(plan, RIGHT_LISTEN, NET_TCP))
		all.handled_access_net &= ~(uint64_t)LL_NET_BIND_TCP;
	if (plan_frees_signals(plan))
		all.scoped &= ~(uint64_t)LL_SCOPE_SIGNAL;
	if (pledge && (pledge->number & PLEDGE_FILES_ONLY))
		all.handled_access_net = all.scoped = 0;
	return all;
}

enum ambit_code landlock_prepare(struct kit_builder *kit, const struct ambit_plan *plan,
				 const struct step *step, struct ambit_error *err)
{
	struct ll_ruleset_attr all = handled_for(plan, (int)step->number);
	struct kit_op op = { .layer = AMBIT_LAYER_LANDLOCK,
			     .place = PLACE_PROGRAM,
			     .op = OP_RULESET };

	(void)err;
	op.a = all.handled_access_fs;
	op.b = all.handled_access_net;
	op.c = all.scoped | attr_size((int)step->number) << 32;
	kit_add_op(kit, &op);
	for (size_t i = 0; i < plan->path_count; i++)
		if (!is_implied(plan, i, all.handled_access_fs))
			add_path(kit, plan, &plan->paths[i], all.handled_access_fs);
	/*
	 * The judge acts outside the domain: whatever does not go through it reaches no port at
	 * all.
	 */
	if ((all.handled_access_net & LL_NET_CONNECT_TCP) && !plan->notify)
		add_ports(kit, plan, RIGHT_CONNECT, LL_NET_CONNECT_TCP);
	if ((all.handled_access_net & LL_NET_BIND_TCP) && !plan->notify)
		add_ports(kit, plan, RIGHT_LISTEN, LL_NET_BIND_TCP);
	op = (struct kit_op){ .layer = AMBIT_LAYER_LANDLOCK,
			      .place = PLACE_PROGRAM,
			      .op = OP_RESTRICT,
			      .each_thread = true };
	kit_add_op(kit, &op);
	return AMBIT_OK;
}

/* ---- commit ----------------------------------------------------------------------------- */

static int make_ruleset(struct child *child, const struct kit_op *op)
{
	const struct ll_ruleset_attr attr = { op->a, op->b, op->c & 0xffffffff };

	child->landlock_fd = sys_landlock_create_ruleset(&attr, op->c >> 32, 0);
	return child->landlock_fd;
}

static int add_path_rule(struct child *child, const struct kit_op *op)
{
	const char *path = kit_string(child->kit, op->data);
	int fd = op->length ? (int)op->length - 1
			    : sys_openat(AT_FDCWD, path, O_PATH | O_CLOEXEC, 0);
	struct ll_path_beneath_attr rule = { .allowed_access = op->a, .parent_fd = fd };
	struct stat st;
	int r;

	if (fd < 0)
		return child_failed(child, fd, path);
	r = op->c && !op->length ? sys_fstat(fd, &st) : 0;
	if (r >= 0 && op->c && !op->length && (st.st_dev != op->b || st.st_ino != op->c))
		r = -ESTALE; /* swapped since the plan was made */
	if (r >= 0)
		r = sys_landlock_add_rule(child->landlock_fd, LL_RULE_PATH_BENEATH, &rule);
	if (!op->length)
		(void)sys_close(fd);
	return r < 0 ? child_failed(child, r, path) : 0;
}

int landlock_commit(struct child *child, const struct kit_op *op)
{
	struct ll_net_port_attr port = { op->a, op->b };
	int r;

	switch (op->op) {
	case OP_RULESET:
		return make_ruleset(child, op);
	case OP_PATH:
		return add_path_rule(child, op);
	case OP_PORT:
		return sys_landlock_add_rule(child->landlock_fd, LL_RULE_NET_PORT, &port);
	case OP_RESTRICT:
		r = sys_landlock_restrict_self(child->landlock_fd, 0);
		if (child->shares_ruleset)
			return r; /* other threads need it still */
		(void)sys_close(child->landlock_fd);
		child->landlock_fd = -1;
		return r;
	default:
		return -EINVAL;
	}
}

/* The root directory is almost never granted as a whole: then listing it must be refused. */
int landlock_verify(struct child *child, const struct kit_op *op)
{
	int fd;

	if (op->op != OP_RESTRICT)
		return 0;
	for (uint32_t i = 0; i < child->kit->op_count; i++) {
		const struct kit_op *other = kit_op_at(child->kit, i);

		if (other->layer == AMBIT_LAYER_LANDLOCK && other->op == OP_PATH &&
		    child_equal(kit_string(child->kit, other->data), "/"))
			return 0;
	}
	fd = sys_openat(AT_FDCWD, "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	if (fd >= 0)
		(void)sys_close(fd);
	return fd == -EACCES ? 0 : fd < 0 ? fd : -EPROTO;
}
