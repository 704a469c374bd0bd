/* SPDX-License-Identifier: ISC */
/*
 * cgroup.c - memory, processes and processor share of the whole run
 *
 * The only truth about limits of many processes. A child cgroup is made where this caller may
 * (v2 by file system type, or a writable v1 hierarchy), the limits are written and read back, the
 * leader joins before it makes anything else, and the supervisor removes the directory at the end.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "child.h"

enum { OP_JOIN };

/* What each limit writes, per version; a second file is optional where it says so. */
static const struct {
	enum limit_kind kind;
	enum host_controller controller;
	enum plan_denial denial;
	const char *v2_file, *v1_file;
	const char *v2_more, *v1_more; /* written too when they exist: swap */
	const char *v2_more_text;
} rows[] = {
	{ LIMIT_MEMORY, CTL_MEMORY, DENY_LIMIT_MEMORY, "memory.max", "memory.limit_in_bytes",
	  "memory.swap.max", "memory.memsw.limit_in_bytes", "0" },
	{ LIMIT_PROCESSES, CTL_PIDS, DENY_LIMIT_PROCESSES, "pids.max", "pids.max", NULL, NULL,
	  NULL },
	{ LIMIT_CPU, CTL_CPU, DENY_LIMIT_CPU, "cpu.max", "cpu.cfs_quota_us", NULL, NULL, NULL },
};

/* ---- plan ------------------------------------------------------------------------------- */

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
			if (!plan_step(plan, &step))
				return err_memory(err, AMBIT_LAYER_CGROUP);
		}
	return AMBIT_OK;
}

/* ---- prepare ---------------------------------------------------------------------------- */

static void limit_text(char *out, size_t size, size_t row, int version, uint64_t number)
{
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

/* v2: a child has a controller only when its parent passes it on. */
static int enable_v2(const char *parent)
{
	char path[4096], text[256];
	static const char *const controllers[] = { "memory", "pids", "cpu" };
	int r = 0;

	if (snprintf(path, sizeof(path), "%s/cgroup.controllers", parent) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	r = child_read_file(AT_FDCWD, path, text, sizeof(text));
	if (r < 0)
		return r;
	(void)snprintf(path, sizeof(path), "%s/cgroup.subtree_control", parent);
	for (size_t i = 0; i < ARRAY_COUNT(controllers); i++)
		if (strstr(text, controllers[i])) {
			char word[16];

			(void)snprintf(word, sizeof(word), "+%s", controllers[i]);
			/*
			 * Handed on already, or not ours to hand on: then the limit's own write
			 * says so.
			 */
			IGNORE_RESULT(child_write_file(AT_FDCWD, path, word));
		}
	return 0;
}

static int make_directory(struct kit_builder *kit, const struct host_cgroup *cg, const char **ret)
{
	char *path = NULL;
	int r;

	/* One directory a hierarchy: controllers that share one share the child. */
	for (uint32_t i = 0; i < kit->cgroup_count; i++)
		if (!strncmp(kit->cgroups[i], cg->directory, strlen(cg->directory)) &&
		    kit->cgroups[i][strlen(cg->directory)] == '/') {
			*ret = kit->cgroups[i];
			return 0;
		}
	if (kit->cgroup_count == ARRAY_COUNT(kit->cgroups))
		return -ENOSPC;
	if (cg->version == 2) {
		r = enable_v2(cg->directory);
		if (r < 0)
			return r;
	}
	for (unsigned n = 0; n < 1000; n++) {
		free(path);
		if (asprintf(&path, "%s/ambit-%d-%u", cg->directory, (int)sys_getpid(), n) < 0)
			return -ENOMEM;
		r = sys_mkdirat(AT_FDCWD, path, 0755);
		if (r != -EEXIST)
			break;
	}
	if (r < 0) {
		free(path);
		return r;
	}
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

enum ambit_code cgroup_prepare(struct kit_builder *kit, const struct ambit_plan *plan,
			       const struct step *step, struct ambit_error *err)
{
	const struct host_cgroup *cg = &plan->host->cgroups[rows[step->op].controller];
	const char *directory = NULL;
	int made = make_directory(kit, cg, &directory);
	struct kit_op op = { .layer = AMBIT_LAYER_CGROUP, .place = PLACE_LEADER, .op = OP_JOIN };
	char text[64], path[4200];
	int r;

	if (made < 0)
		return failed(err, made, cg->directory);
	limit_text(text, sizeof(text), step->op, cg->version, step->number);
	r = write_limits(directory, cg->version == 2, step->op, text);
	if (r < 0)
		return failed(err, r, directory);
	if (made) {
		(void)snprintf(path, sizeof(path), "%s/%s", directory, "cgroup.procs");
		op.a = (uint64_t)kit_add_fd(kit,
					    sys_openat(AT_FDCWD, path, O_WRONLY | O_CLOEXEC, 0));
		if ((int)op.a < 0)
			return failed(err, (int)op.a, path);
		kit_add_op(kit, &op);
	}
	return AMBIT_OK;
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
