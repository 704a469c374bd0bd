/* SPDX-License-Identifier: ISC */
/*
 * cgroup.c - memory, processes and processor share of the whole run
 *
 * The only truth about limits of many processes. A child cgroup is made where this caller may
 * (v2 by file system type, or a writable v1 hierarchy), the limits are written and read back, the
 * leader joins before it makes anything else, and the supervisor removes the directory at the end.
 */
#include <stdio.h>
#include <string.h>

#include "cgroup_dir.h"
#include "child.h"

enum { OP_JOIN };
/* PID_MAX_LIMIT: no host can have more, and pids.max takes no more. */
enum { PIDS_MOST = 4 << 20 };

/* What each limit writes, per version; a second file is optional where it says so. */
static const struct {
	enum limit_kind kind;
	enum host_controller controller;
	enum plan_denial denial;
	const char *name;
	const char *v2_file, *v1_file;
	const char *v2_more, *v1_more; /* written too when they exist: swap */
	const char *v2_more_text;
} rows[] = {
	{ LIMIT_MEMORY, CTL_MEMORY, DENY_LIMIT_MEMORY, "memory", "memory.max",
	  "memory.limit_in_bytes", "memory.swap.max", "memory.memsw.limit_in_bytes", "0" },
	{ LIMIT_PROCESSES, CTL_PIDS, DENY_LIMIT_PROCESSES, "pids", "pids.max", "pids.max", NULL,
	  NULL, NULL },
	{ LIMIT_CPU, CTL_CPU, DENY_LIMIT_CPU, "cpu", "cpu.max", "cpu.cfs_quota_us", NULL, NULL,
	  NULL },
};

/* ---- plan ------------------------------------------------------------------------------- */

/* cgroup.kill is new in 5.14. Where a pid namespace ends the run it is not needed. */
static bool is_killable(const struct ambit_plan *plan)
{
	const struct host *h = plan->host;

	return !plan->pid_namespace &&
	       (h->kernel_major > 5 || (h->kernel_major == 5 && h->kernel_minor >= 14));
}

enum ambit_code cgroup_plan(struct ambit_plan *plan, struct ambit_error *err)
{
	const struct grant *g;

	if (!plan_may(plan, AMBIT_LAYER_CGROUP))
		return AMBIT_OK;
	for (size_t at = 0; (g = policy_next(plan->policy, RIGHT_LIMIT, &at)) != NULL;)
		for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
			const struct step step = {
				.layer = AMBIT_LAYER_CGROUP,
				.op = (uint8_t)i,
				.place = PLACE_LEADER,
				.needs = TOKEN(HOST_FILES),
				.grant = g,
				.number = g->number,
				.what = "join a control group of its own",
				.reason = limit_name(g->limit),
			};

			if (rows[i].kind != g->limit ||
			    !plan->host->cgroups[rows[i].controller].version)
				continue;
			plan_carry(plan, rows[i].denial, AMBIT_LAYER_CGROUP);
			if (plan->host->cgroups[rows[i].controller].version == 2 &&
			    is_killable(plan))
				plan_carry(plan, DENY_SURVIVORS, AMBIT_LAYER_CGROUP);
			if (!plan_step(plan, &step))
				return err_memory(err, AMBIT_LAYER_CGROUP);
		}
	return AMBIT_OK;
}

/* ---- prepare ---------------------------------------------------------------------------- */

static void limit_text(char *out, size_t size, const struct ambit_plan *plan, size_t row,
		       int version, uint64_t number)
{
	if (rows[row].kind == LIMIT_PROCESSES) {
		number = plan_tasks(plan, number);
		number = number < PIDS_MOST ? number : PIDS_MOST;
	}
	/* The period is 100 ms: a share of 1000 per mille is 100000 µs of it. */
	if (rows[row].kind == LIMIT_CPU && version == 2)
		(void)snprintf(out, size, "%llu 100000", (unsigned long long)number * 100);
	else if (rows[row].kind == LIMIT_CPU)
		(void)snprintf(out, size, "%llu", (unsigned long long)number * 100);
	else
		(void)snprintf(out, size, "%llu", (unsigned long long)number);
}

static enum ambit_code failed(struct ambit_error *err, int r, const char *path)
{
	(void)err_set(err, err_code_of_errno(-r), AMBIT_LAYER_CGROUP, -r, "cannot set up %s", path);
	return err_hint(err, "%s", layer_hint(AMBIT_LAYER_CGROUP, 0, -r));
}

/* Is @word one of the words of the file? */
static bool lists(const char *directory, const char *file, const char *word)
{
	char path[4200], text[512];
	size_t n = strlen(word);

	(void)snprintf(path, sizeof(path), "%s/%s", directory, file);
	if (child_read_file(AT_FDCWD, path, text, sizeof(text)) < 0)
		return false;
	for (const char *p = text; (p = strstr(p, word)) != NULL; p += n)
		if ((p == text || p[-1] == ' ') && (!p[n] || p[n] == ' ' || p[n] == '\n'))
			return true;
	return false;
}

/*
 * v2: a child has a controller only when its parent hands it on. It goes on handing it on after
 * the run: other runs may stand on it by then, and nothing tells whether they do.
 */
static int hand_on(const char *parent, const char *controller)
{
	char path[4200], word[16];

	if (lists(parent, "cgroup.subtree_control", controller))
		return 0;
	(void)snprintf(path, sizeof(path), "%s/cgroup.subtree_control", parent);
	(void)snprintf(word, sizeof(word), "+%s", controller);
	return child_write_file(AT_FDCWD, path, word);
}

/*
 * Where the run's group is made. In v2 a process is in one group only, so that of all limits is
 * one: each possible parent is an ancestor of the caller's group, and the highest of them hands
 * every controller on.
 */
static const struct host_cgroup *home_of(const struct ambit_plan *plan, size_t row)
{
	const struct host_cgroup *home = &plan->host->cgroups[rows[row].controller];

	for (size_t i = 0; i < plan->step_count && home->version == 2; i++) {
		const struct step *s = &plan->steps[i];
		const struct host_cgroup *other;

		if (s->layer != AMBIT_LAYER_CGROUP || s->dropped)
			continue;
		other = &plan->host->cgroups[rows[s->op].controller];
		if (other->version == 2 && strlen(other->directory) < strlen(home->directory))
			home = other;
	}
	return home;
}

/* 1 when it is new. One directory a hierarchy: controllers that share one share the child. */
static int make_directory(struct kit_builder *kit, const struct host_cgroup *home, const char **ret)
{
	size_t n = strlen(home->directory);
	char *path = NULL;
	int fd;

	for (uint32_t i = 0; i < kit->cgroup_count; i++)
		if (!strncmp(kit->cgroups[i], home->directory, n) && kit->cgroups[i][n] == '/') {
			*ret = kit->cgroups[i];
			return 0;
		}
	if (kit->cgroup_count == ARRAY_COUNT(kit->cgroups))
		return -ENOSPC;
	cgroup_dir_sweep(home->directory);
	fd = cgroup_dir_make(home->directory, &path);
	if (fd < 0)
		return fd;
	kit->cgroup_locks[kit->cgroup_count] = fd;
	kit->cgroups[kit->cgroup_count++] = path;
	*ret = path;
	return 1;
}

static int write_limit(const char *directory, const char *file, const char *text)
{
	char path[4200], back[64];
	int r;

	(void)snprintf(path, sizeof(path), "%s/%s", directory, file);
	r = child_write_file(AT_FDCWD, path, text);
	if (r >= 0)
		r = child_read_file(AT_FDCWD, path, back, sizeof(back));
	if (r < 0)
		return r;
	return back[0] == 'm' ? -EPROTO : 0; /* "max": it did not take */
}

/* The limit, and what would let the run have more all the same: swap. */
static int write_limits(const char *directory, bool v2, size_t row, const char *text)
{
	const char *more = v2 ? rows[row].v2_more : rows[row].v1_more;
	int r = write_limit(directory, v2 ? rows[row].v2_file : rows[row].v1_file, text);

	if (r >= 0 && more) {
		r = write_limit(directory, more, v2 ? rows[row].v2_more_text : text);
		if (r == -ENOENT) /* no accounting of swap here */
			r = 0;
	}
	return r;
}

/* A file of the group, open for the child: a number, or -errno. */
static int open_file(struct kit_builder *kit, const char *directory, const char *file)
{
	char path[4200];

	(void)snprintf(path, sizeof(path), "%s/%s", directory, file);
	return kit_add_fd(kit, sys_openat(AT_FDCWD, path, O_WRONLY | O_CLOEXEC, 0));
}

/* The new group is joined by the leader, and where nothing else can, ended by it. */
static int use_directory(struct kit_builder *kit, const struct ambit_plan *plan, int version,
			 const char *directory)
{
	struct kit_op op = { .layer = AMBIT_LAYER_CGROUP, .place = PLACE_LEADER, .op = OP_JOIN };
	int fd = open_file(kit, directory, "cgroup.procs");

	if (fd < 0)
		return fd;
	op.a = (uint64_t)fd;
	kit_add_op(kit, &op);
	if (version != 2 || !is_killable(plan))
		return 0;
	fd = open_file(kit, directory, "cgroup.kill");
	kit->header.kill_fd = fd;
	return fd < 0 ? fd : 0;
}

enum ambit_code cgroup_prepare(struct kit_builder *kit, const struct ambit_plan *plan,
			       const struct step *step, struct ambit_error *err)
{
	const struct host_cgroup *home = home_of(plan, step->op);
	const char *directory = NULL;
	int made = make_directory(kit, home, &directory);
	char text[64];
	int r;

	if (made < 0)
		return failed(err, made, home->directory);
	/* A refusal shows at the limit's own file, which does not exist then. */
	if (home->version == 2)
		IGNORE_RESULT(hand_on(home->directory, rows[step->op].name));
	limit_text(text, sizeof(text), plan, step->op, home->version, step->number);
	r = write_limits(directory, home->version == 2, step->op, text);
	if (r >= 0 && made)
		r = use_directory(kit, plan, home->version, directory);
	return r < 0 ? failed(err, r, directory) : AMBIT_OK;
}

/* ---- commit ----------------------------------------------------------------------------- */

int cgroup_commit(struct child *child, const struct kit_op *op)
{
	(void)child;
	/* "0" is the writer, in its own pid namespace too. */
	return (int)sys_write((int)op->a, "0", 1);
}

/* The directory's limits were read back in the parent; that we are in it, the write says. */
int cgroup_verify(struct child *child, const struct kit_op *op)
{
	(void)child;
	(void)sys_close((int)op->a);
	return 0;
}
