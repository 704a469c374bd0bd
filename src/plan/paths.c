/* SPDX-License-Identifier: ISC */
/*
 * paths.c - one sorted list of paths, each with what may be done there and how it is seen
 *
 * Everything that names a path ends here: what programs need to start, the program, the grants.
 * Entries for one path are merged; an entry that its parent directory already covers needs no
 * mount and no rule of its own. The mount view and Landlock are built from the same list, so
 * they cannot disagree.
 */
#include <stdlib.h>
#include <string.h>

#include "../base/buf.h"
#include "../base/str.h"
#include "../policy/policy.h"
#include "paths.h"

#define READ (LL_FS_READ_FILE | LL_FS_READ_DIR)
#define WRITES                                                                                     \
	(LL_FS_WRITE_FILE | LL_FS_REMOVE_DIR | LL_FS_REMOVE_FILE | LL_FS_MAKE_DIR |                \
	 LL_FS_MAKE_REG | LL_FS_MAKE_SOCK | LL_FS_MAKE_FIFO | LL_FS_MAKE_SYM | LL_FS_REFER |       \
	 LL_FS_TRUNCATE)

static enum ambit_code add(struct ambit_plan *plan, const struct plan_path *entry,
			   struct ambit_error *err)
{
	struct plan_path *p = arena_grow(&plan->arena, &plan->paths, &plan->path_count, sizeof(*p));

	if (!p)
		return err_memory(err, AMBIT_LAYER_PLAN);
	*p = *entry;
	return AMBIT_OK;
}

static enum ambit_code add_link(struct ambit_plan *plan, const struct host_link *link,
				const struct grant *grant, struct ambit_error *err)
{
	return add(plan,
		   &(struct plan_path){ .path = link->path,
					.target = link->target,
					.view = VIEW_LINK,
					.grant = grant },
		   err);
}

static enum ambit_code add_links(struct ambit_plan *plan, const struct host_path *at,
				 const struct grant *grant, struct ambit_error *err)
{
	enum ambit_code code = AMBIT_OK;

	for (size_t i = 0; i < at->link_count && code == AMBIT_OK; i++)
		code = add_link(plan, &at->links[i], grant, err);
	return code;
}

/* A path that exists, links and all. Accesses that only directories have are masked for files. */
static enum ambit_code add_existing(struct ambit_plan *plan, const struct host_path *at,
				    uint64_t access, const struct grant *grant,
				    struct ambit_error *err)
{
	bool is_dir = at->kind == KIND_DIR;
	const struct plan_path entry = {
		.path = at->real,
		.access = is_dir ? access : access & LL_FS_ON_FILES,
		.view = VIEW_BIND,
		.is_dir = is_dir,
		.writable = (access & WRITES) != 0,
		.can_exec = (access & LL_FS_EXECUTE) != 0 || !(access & WRITES),
		.device_id = at->device,
		.inode = at->inode,
		.grant = grant,
	};
	enum ambit_code code = add(plan, &entry, err);

	return code == AMBIT_OK ? add_links(plan, at, grant, err) : code;
}

/* The argument of an option is a path as a whole: a word behind it would be part of it. */
static enum ambit_code missing_hint(const struct grant *g, struct ambit_error *err)
{
	AUTO_BUF struct buf line = { 0 };
	struct grant optional = *g;

	if (g->origin.line || !g->origin.file || strncmp(g->origin.file, "--", 2) != 0)
		return err_hint(err, "create it, or append the word optional to that line");
	optional.optional = true;
	grant_print(&optional, &line);
	return err_hint(err, "create it, or write: -e '%.*s'", (int)strcspn(buf_text(&line), "\n"),
			buf_text(&line));
}

static enum ambit_code missing(const struct grant *g, const struct host_path *at,
			       struct ambit_error *err)
{
	char where[256];

	(void)err_set(err, AMBIT_E_POLICY, AMBIT_LAYER_POLICY, at ? at->missing_errno : 0,
		      "%s: %s %s", origin_text(&g->origin, where, sizeof(where)), g->path,
		      at && at->missing_errno == 13 ? "cannot be reached" : "does not exist");
	err_at(err, g->origin.line, g->origin.column);
	return missing_hint(g, err);
}

/*
 * The link by which @at leads below the /proc/NUMBER of the process that asked: the program will
 * have another number. NULL when it leads elsewhere.
 */
static const struct host_link *own_link(const struct host_path *at)
{
	for (size_t i = 0; i < at->link_count; i++) {
		const struct host_link *link = &at->links[i];
		const size_t n = strlen(link->target);

		if ((str_equal(link->path, "/proc/self") ||
		     str_equal(link->path, "/proc/thread-self")) &&
		    str_starts(at->real, "/proc/") && str_starts(at->real + 6, link->target) &&
		    (!at->real[6 + n] || at->real[6 + n] == '/'))
			return link;
	}
	return NULL;
}

/* The same below the program's own directory, as which @link leads there. */
static enum ambit_code add_self(struct ambit_plan *plan, const struct host_path *at,
				const struct host_link *link, const struct grant *g,
				struct ambit_error *err)
{
	const bool is_dir = at->kind == KIND_DIR;
	const uint64_t access = grant_landlock(g, is_dir);
	AUTO_BUF struct buf path = { 0 };
	struct plan_path entry = { .access = is_dir ? access : access & LL_FS_ON_FILES,
				   .view = VIEW_NONE,
				   .is_dir = is_dir,
				   .own = true,
				   .grant = g };
	enum ambit_code code = AMBIT_OK;

	buf_add_string(&path, link->path);
	buf_add_string(&path, at->real + 6 + strlen(link->target));
	entry.path = path.failed ? NULL : arena_string(&plan->arena, buf_text(&path));
	if (!entry.path)
		return err_memory(err, AMBIT_LAYER_PLAN);
	for (size_t i = 0; i < at->link_count && code == AMBIT_OK; i++)
		if (!str_starts(at->links[i].path, "/proc/")) /* those the new one has itself */
			code = add_link(plan, &at->links[i], g, err);
	return code == AMBIT_OK ? add(plan, &entry, err) : code;
}

static enum ambit_code add_grant(struct ambit_plan *plan, const struct grant *g,
				 struct ambit_error *err)
{
	const struct host_path *at = host_path(plan->host, g->path);
	const struct host_link *own;

	if (!at || at->kind == KIND_MISSING)
		return g->optional ? AMBIT_OK : missing(g, at, err);
	own = own_link(at);
	if (own)
		return add_self(plan, at, own, g, err);
	return add_existing(plan, at, grant_landlock(g, at->kind == KIND_DIR), g, err);
}

static enum ambit_code add_hidden(struct ambit_plan *plan, const struct grant *g,
				  struct ambit_error *err)
{
	const struct host_path *at = host_path(plan->host, g->path);

	if (!at || at->kind == KIND_MISSING)
		return g->optional ? plan_notef(plan, NOTE_SKIPPED, AMBIT_LAYER_MOUNT, g, err,
						"%s does not exist, so nothing hides it should it "
						"appear while the program runs",
						g->path)
				   : missing(g, at, err);
	return add(plan,
		   &(struct plan_path){ .path = at->real,
					.view = VIEW_HIDE,
					.is_dir = at->kind == KIND_DIR,
					.device_id = at->device,
					.inode = at->inode,
					.grant = g },
		   err);
}

/* The interpreters of a program: #! programs, then the ELF loader. Their facts are on the host. */
static enum ambit_code add_program(struct ambit_plan *plan, const struct host_path *program,
				   const struct grant *grant, struct ambit_error *err)
{
	enum ambit_code code = AMBIT_OK;

	for (int depth = 0; program && depth < 6 && code == AMBIT_OK; depth++) {
		if (program->kind != KIND_MISSING)
			code = add_existing(plan, program, LL_FS_EXECUTE | LL_FS_READ_FILE, grant,
					    err);
		program = program->interpreter ? host_path(plan->host, program->interpreter) : NULL;
	}
	return code;
}

/* compute: nothing but what the loader maps before main, and of devices none. */
static enum ambit_code add_closure(struct ambit_plan *plan, struct ambit_error *err)
{
	const struct host_path *cache = host_path(plan->host, "/etc/ld.so.cache");
	enum ambit_code code = AMBIT_OK;

	if (plan->static_program)
		return AMBIT_OK;
	if (cache && cache->kind == KIND_FILE)
		code = add_existing(plan, cache, LL_FS_READ_FILE, NULL, err);
	for (size_t i = 0; i < plan->host->closure_count && code == AMBIT_OK; i++) {
		const struct host_path *at = host_path(plan->host, plan->host->closure[i]);

		if (at && at->kind == KIND_FILE)
			code = add_existing(plan, at, LL_FS_READ_FILE, NULL, err);
	}
	return code;
}

static enum ambit_code add_start(struct ambit_plan *plan, struct ambit_error *err)
{
	const struct start_path *s;
	enum ambit_code code = AMBIT_OK;
	size_t first; /* of what a path adds: itself, then the links on the way */

	if (plan->compute)
		return add_closure(plan, err);
	for (size_t i = 0; code == AMBIT_OK && (s = plan_start_path(i)) != NULL; i++) {
		const struct host_path *at = host_path(plan->host, s->path);

		if (!at || at->kind == KIND_MISSING || (s->needs_dynamic && plan->static_program))
			continue;
		first = plan->path_count;
		code = add_existing(plan, at, s->access, NULL, err);
		if (code != AMBIT_OK)
			break;
		plan->paths[first].code = s->is_code;
		if (s->is_device) {
			plan->paths[first].device = true;
			plan->paths[first].can_exec = false;
		}
	}
	return code;
}

/* /dev/tty leads to whatever terminal is the session's own: here a pty made for the program. */
static enum ambit_code add_terminal(struct ambit_plan *plan, struct ambit_error *err)
{
	const struct host_path *at = host_path(plan->host, PLAN_TERMINAL);
	enum ambit_code code;

	if (!at || at->kind == KIND_MISSING)
		return AMBIT_OK;
	code = add_existing(plan, at, LL_FS_READ_FILE | LL_FS_WRITE_FILE | LL_FS_IOCTL_DEV,
			    policy_first(plan->policy, RIGHT_TERMINAL), err);
	if (code == AMBIT_OK)
		plan->paths[plan->path_count - 1].device = true;
	return code;
}

/* What exists in the new root only: /tmp, /proc, /dev's links. */
static enum ambit_code add_own(struct ambit_plan *plan, struct ambit_error *err)
{
	static const struct {
		const char *path, *target;
	} dev_links[] = { { "/dev/fd", "/proc/self/fd" },
			  { "/dev/stdin", "/proc/self/fd/0" },
			  { "/dev/stdout", "/proc/self/fd/1" },
			  { "/dev/stderr", "/proc/self/fd/2" } };
	const struct grant *tmp = policy_first(plan->policy, RIGHT_TMP);
	enum ambit_code code = AMBIT_OK;

	if (tmp && plan->mount_view) /* never the /tmp that all share */
		code = add(plan,
			   &(struct plan_path){ .path = "/tmp",
						.access = READ | WRITES,
						.view = VIEW_TMPFS,
						.is_dir = true,
						.writable = true,
						.own = true,
						.size = tmp->number,
						.grant = tmp },
			   err);
	if (code != AMBIT_OK || (plan->bare && plan->door == DOOR_RUN) || plan->compute)
		return code;
	if (plan->mount_view && plan->pid_namespace && host_has(plan->host, FACT_PROC_MOUNT)) {
		code = add(plan,
			   &(struct plan_path){ .path = "/proc",
						.access = READ,
						.view = VIEW_PROC,
						.is_dir = true,
						.own = true },
			   err);
		for (size_t i = 0; i < ARRAY_COUNT(dev_links) && code == AMBIT_OK; i++)
			code = add(plan,
				   &(struct plan_path){ .path = dev_links[i].path,
							.target = dev_links[i].target,
							.view = VIEW_LINK },
				   err);
	} else if (!plan->mount_view && host_has(plan->host, FACT_PROC)) {
		/*
		 * Landlock names an inode: the program's own directory, whatever its number will
		 * be.
		 */
		code = add(plan,
			   &(struct plan_path){ .path = "/proc/self",
						.access = READ,
						.view = VIEW_NONE,
						.is_dir = true,
						.own = true },
			   err);
	}
	return code;
}

/* The caller's terminal, to be opened anew from a mount that is read-only; its name is no grant. */
static enum ambit_code add_inherited(struct ambit_plan *plan, struct ambit_error *err)
{
	enum ambit_code code = AMBIT_OK;

	for (size_t i = 0; i < plan->host->opens.count && code == AMBIT_OK; i++) {
		const struct host_open *o = &plan->host->opens.list[i];

		if (o->kind == OPEN_TERMINAL && o->path && plan_is_exposed(plan, o))
			code = add(plan,
				   &(struct plan_path){ .path = o->path,
							.view = VIEW_BIND,
							.device = true,
							.device_id = o->device,
							.inode = o->inode },
				   err);
	}
	return code;
}

int plan_by_path(const void *a, const void *b)
{
	const struct plan_path *x = a, *y = b;
	int order = strcmp(x->path, y->path);

	/* At one path a link comes last: a bound path never passes through a link. */
	return order ? order : (x->view == VIEW_LINK) - (y->view == VIEW_LINK);
}

static void merge_into(struct plan_path *to, const struct plan_path *from)
{
	static const uint8_t strength[] = {
		[VIEW_NONE] = 0,  [VIEW_LINK] = 1, [VIEW_DIR] = 1, [VIEW_BIND] = 2,
		[VIEW_TMPFS] = 3, [VIEW_PROC] = 3, [VIEW_HIDE] = 4
	};

	to->access |= from->access;
	to->writable |= from->writable;
	to->can_exec = (to->access & LL_FS_EXECUTE) || !to->writable;
	to->device |= from->device;
	to->own |= from->own;
	to->code &= from->code;
	if (strength[from->view] > strength[to->view]) {
		to->view = from->view;
		to->size = from->size;
		to->device_id = from->device_id;
		to->inode = from->inode;
		to->is_dir = from->is_dir;
		to->grant = from->grant;
	}
	if (!to->grant)
		to->grant = from->grant;
	if (to->view == VIEW_HIDE) {
		to->access = 0;
		to->writable = false;
	}
}

static void merge_equal(struct ambit_plan *plan)
{
	size_t kept = 0;

	for (size_t i = 0; i < plan->path_count; i++) {
		if (kept && str_equal(plan->paths[kept - 1].path, plan->paths[i].path))
			merge_into(&plan->paths[kept - 1], &plan->paths[i]);
		else
			plan->paths[kept++] = plan->paths[i];
	}
	plan->path_count = kept;
}

bool plan_is_below(const char *path, const char *directory)
{
	size_t n = strlen(directory);

	if (n == 1)
		return true;
	return strncmp(path, directory, n) == 0 && path[n] == '/';
}

struct plan_path *plan_mounted_above(struct ambit_plan *plan, size_t index, const char *path)
{
	for (size_t i = index; i > 0; i--) {
		struct plan_path *p = &plan->paths[i - 1];

		if (p->view != VIEW_NONE && p->view != VIEW_LINK && p->is_dir &&
		    plan_is_below(path, p->path))
			return p;
	}
	return NULL;
}

/*
 * A grant at or below /proc means the one of the new pid namespace, and then with the system's own
 * files: there is no node in a /proc of processes only that a file could be bound to.
 */
static void adopt_proc(struct ambit_plan *plan)
{
	struct plan_path *proc = NULL;

	for (size_t i = 0; i < plan->path_count; i++)
		if (plan->paths[i].view == VIEW_PROC)
			proc = &plan->paths[i];
	for (size_t i = 0; proc && i < plan->path_count; i++) {
		struct plan_path *p = &plan->paths[i];

		if (p->view == VIEW_HIDE || (p->own && p != proc) ||
		    (p == proc ? p->grant == NULL : strncmp(p->path, "/proc/", 6) != 0))
			continue;
		proc->size = 1; /* the whole of it */
		p->own = true;
		if (p != proc)
			p->view = VIEW_NONE;
	}
}

/*
 * Write access is inherited; a mount that would change nothing is dropped. What is written is not
 * executed: libraries stay as they are, or no program could start.
 */
static enum ambit_code inherit(struct ambit_plan *plan, struct ambit_error *err)
{
	const struct plan_path *kept = NULL, *in = NULL;

	for (size_t i = 0; i < plan->path_count; i++) {
		struct plan_path *p = &plan->paths[i];
		struct plan_path *above = plan_mounted_above(plan, i, p->path);

		if (!above || p->own || p->view == VIEW_HIDE)
			continue;
		if (above->view == VIEW_BIND && p->view == VIEW_LINK) {
			p->view = VIEW_NONE;
			continue;
		}
		if (above->view != VIEW_BIND || p->view != VIEW_BIND)
			continue;
		if (above->writable && !p->writable && p->code && !above->can_exec) {
			kept = p;
			in = above;
			continue;
		}
		if (above->writable && !p->writable) {
			p->writable = true;
			p->can_exec = (p->access & LL_FS_EXECUTE) != 0;
		}
		if (p->writable == above->writable && p->device == above->device &&
		    (above->can_exec || !p->can_exec))
			p->view = VIEW_NONE;
	}
	if (!kept || !plan->mount_view)
		return AMBIT_OK;
	return plan_notef(plan, NOTE_NARROWER, AMBIT_LAYER_MOUNT, in->grant, err,
			  "the libraries that programs start from, as in %s, stay read-only: what "
			  "can be written is not executed",
			  kept->path);
}

static enum ambit_code add_grants(struct ambit_plan *plan, struct ambit_error *err)
{
	enum ambit_code code = AMBIT_OK;

	for (size_t i = 0; i < plan->policy->count && code == AMBIT_OK; i++) {
		const struct grant *g = &plan->policy->grants[i];
		const struct host_path *at;

		switch ((int)g->right) {
		case RIGHT_READ:
		case RIGHT_WRITE:
		case RIGHT_MODIFY:
		case RIGHT_CREATE:
		case RIGHT_UNIX:
			code = add_grant(plan, g, err);
			break;
		case RIGHT_PROMISES:
		case RIGHT_PRIVILEGES:
			/* Without a path what was unveiled is all of it. */
			if (g->path && grant_landlock(g, true))
				code = add_grant(plan, g, err);
			break;
		case RIGHT_UNVEIL:
		case RIGHT_EXEC:
			code = add_grant(plan, g, err);
			at = host_path(plan->host, g->path);
			if (code == AMBIT_OK && at && at->kind == KIND_FILE &&
			    (grant_landlock(g, false) & LL_FS_EXECUTE))
				code = add_program(plan, at, g, err);
			break;
		case RIGHT_HIDE:
			code = add_hidden(plan, g, err);
			break;
		default:
			break;
		}
	}
	return code;
}

enum ambit_code plan_paths(struct ambit_plan *plan, struct ambit_error *err)
{
	enum ambit_code code = plan->bare ? AMBIT_OK : add_start(plan, err);

	if (code == AMBIT_OK && policy_has(plan->policy, RIGHT_TERMINAL))
		code = add_terminal(plan, err);
	if (code == AMBIT_OK && plan->program)
		code = add_program(plan, plan->program, NULL, err);
	if (code == AMBIT_OK)
		code = add_grants(plan, err);
	if (code == AMBIT_OK)
		code = add_own(plan, err);
	if (code == AMBIT_OK)
		code = add_inherited(plan, err);
	if (code != AMBIT_OK)
		return code;
	if (plan->path_count)
		qsort(plan->paths, plan->path_count, sizeof(*plan->paths), plan_by_path);
	merge_equal(plan);
	adopt_proc(plan);
	if (policy_has(plan->policy, RIGHT_HIDE))
		code = plan_drop_hidden(plan, err);
	if (code == AMBIT_OK)
		code = inherit(plan, err);
	return code == AMBIT_OK && policy_has(plan->policy, RIGHT_HIDE) ? plan_pin_hidden(plan, err)
									: code;
}
