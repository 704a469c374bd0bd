/* SPDX-License-Identifier: ISC */
/*
 * rlimits.c - limits per process, soft and hard alike
 *
 * Memory and the number of processes are only carried here where that is the truth: a memory
 * limit per process limits nothing when there may be many, and RLIMIT_NPROC counts a user, not a
 * run. What is in a /tmp of its own is memory that no mapping counts, so the address space gets
 * what that leaves of the limit. RLIMIT_CORE is 1, not 0: at 0 a core_pattern pipe still runs, at
 * 1 the kernel refuses it (core(5)).
 */
#include <sys/resource.h>

#include "child.h"

enum { OP_SET };

static const struct {
	enum limit_kind kind;
	int resource;
	uint64_t divide; /* the policy's unit by the kernel's */
	enum plan_denial denial;
	uint32_t takes;
} rows[] = {
	{ LIMIT_OPEN_FILES, RLIMIT_NOFILE, 1, DENY_LIMIT_OTHER, TOKEN(DESCRIPTORS) },
	{ LIMIT_CPU_TIME, RLIMIT_CPU, 1000, DENY_LIMIT_OTHER, 0 },
	{ LIMIT_FILE_SIZE, RLIMIT_FSIZE, 1, DENY_LIMIT_OTHER, 0 },
	{ LIMIT_STACK, RLIMIT_STACK, 1, DENY_LIMIT_OTHER, TOKEN(MEMORY) },
	{ LIMIT_PROCESSES, RLIMIT_NPROC, 1, DENY_LIMIT_PROCESSES, TOKEN(TASKS) },
	{ LIMIT_MEMORY, RLIMIT_AS, 1, DENY_LIMIT_MEMORY, TOKEN(MEMORY) },
};

/* Can there be more than one process that the limit is meant for? */
static bool may_be_many(const struct ambit_plan *plan)
{
	return policy_may_fork(plan->policy) && !plan->policy->forks_alone;
}

static uint64_t beside_tmp(const struct ambit_plan *plan, uint64_t limit)
{
	for (size_t i = 0; i < plan->path_count; i++)
		if (plan->paths[i].view == VIEW_TMPFS)
			limit -= plan->paths[i].size < limit ? plan->paths[i].size : limit;
	return limit;
}

/* Does the per-process limit mean what the policy says? */
static bool is_truth(const struct ambit_plan *plan, const struct grant *g)
{
	const bool spawn = may_be_many(plan);

	if (g->limit == LIMIT_MEMORY)
		return !spawn && beside_tmp(plan, g->number) > 0;
	if (g->limit == LIMIT_PROCESSES)
		return !spawn || (plan->changes_ids && plan->uid != 0 && plan->uid < 65534 &&
				  plan->uid >= 60000);
	return true;
}

static uint64_t round_up(uint64_t value, uint64_t divide)
{
	return value / divide + (value % divide != 0);
}

static enum ambit_code note_memory(struct ambit_plan *plan, const struct grant *g, uint64_t number,
				   struct ambit_error *err)
{
	return plan_notef(plan, NOTE_CHOICE, AMBIT_LAYER_RLIMITS, g, err,
			  "memory is limited as the address space of the one process: %llu "
			  "bytes%s; what pipes and sockets hold is not counted",
			  (unsigned long long)number,
			  number < g->number ? ", the rest is for /tmp" : "");
}

static enum ambit_code add_limit(struct ambit_plan *plan, const struct grant *g,
				 struct ambit_error *err)
{
	const bool memory = g->limit == LIMIT_MEMORY;
	const uint64_t number = memory ? beside_tmp(plan, g->number) : g->number;

	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct step step = {
			.layer = AMBIT_LAYER_RLIMITS,
			.op = (uint8_t)rows[i].resource,
			.place = PLACE_PROGRAM,
			.takes =
				rows[i].takes, /* the filter allows prlimit64 on oneself: no need */
			.grant = g,
			.number = round_up(number, rows[i].divide),
			.what = "set a resource limit",
			.reason = limit_name(g->limit),
		};

		if (rows[i].kind != g->limit || !is_truth(plan, g))
			continue;
		plan_carry(plan, rows[i].denial, AMBIT_LAYER_RLIMITS);
		/* Without spawn nothing is ever forked: threads are what the limit would count. */
		if (g->limit == LIMIT_PROCESSES && !may_be_many(plan))
			return AMBIT_OK;
		if (!plan_step(plan, &step))
			return err_memory(err, AMBIT_LAYER_RLIMITS);
		return memory ? note_memory(plan, g, number, err) : AMBIT_OK;
	}
	return AMBIT_OK;
}

enum ambit_code rlimits_plan(struct ambit_plan *plan, struct ambit_error *err)
{
	static const enum plan_denial asks[LIMIT_KIND_COUNT] = {
		[LIMIT_MEMORY] = DENY_LIMIT_MEMORY,    [LIMIT_PROCESSES] = DENY_LIMIT_PROCESSES,
		[LIMIT_OPEN_FILES] = DENY_LIMIT_OTHER, [LIMIT_CPU_TIME] = DENY_LIMIT_OTHER,
		[LIMIT_WALL_TIME] = DENY_LIMIT_WALL,   [LIMIT_FILE_SIZE] = DENY_LIMIT_OTHER,
		[LIMIT_CPU] = DENY_LIMIT_CPU,	       [LIMIT_STACK] = DENY_LIMIT_OTHER,
	};
	const struct step core = {
		.layer = AMBIT_LAYER_RLIMITS,
		.op = RLIMIT_CORE,
		.place = PLACE_AHEAD,
		.number = 1,
		.what = "forbid core dumps",
		.reason = "a dump holds secrets, and its handler runs outside",
	};
	enum ambit_code code = AMBIT_OK;
	const struct grant *g;

	plan_ask(plan, DENY_CORE);
	for (size_t at = 0; (g = policy_next(plan->policy, RIGHT_LIMIT, &at)) != NULL;)
		plan_ask(plan, asks[g->limit]);
	if (plan->layer_need[AMBIT_LAYER_RLIMITS] == NEED_OFF)
		return AMBIT_OK;
	plan_carry(plan, DENY_CORE, AMBIT_LAYER_RLIMITS);
	if (!plan_step(plan, &core))
		return err_memory(err, AMBIT_LAYER_RLIMITS);
	for (size_t at = 0;
	     code == AMBIT_OK && (g = policy_next(plan->policy, RIGHT_LIMIT, &at));) {
		bool cgroup = (g->limit == LIMIT_MEMORY && plan->carried[DENY_LIMIT_MEMORY]) ||
			      (g->limit == LIMIT_PROCESSES && plan->carried[DENY_LIMIT_PROCESSES]);

		if (!cgroup)
			code = add_limit(plan, g, err);
	}
	return code;
}

enum ambit_code rlimits_prepare(struct kit_builder *kit, const struct ambit_plan *plan,
				const struct step *step, struct ambit_error *err)
{
	const struct kit_op op = { .layer = AMBIT_LAYER_RLIMITS,
				   .place = (uint8_t)step->place,
				   .op = OP_SET,
				   .a = step->op,
				   .b = step->op == RLIMIT_NPROC ? plan_tasks(plan, step->number)
								 : step->number };

	(void)err;
	kit_add_op(kit, &op);
	return AMBIT_OK;
}

/* An inherited hard limit below the asked one stays: it is narrower. */
static uint64_t effective(int resource, uint64_t asked, int *r)
{
	struct rlimit old = { 0, 0 };

	*r = sys_prlimit(0, resource, NULL, &old);
	return old.rlim_max < asked ? old.rlim_max : asked;
}

int rlimits_commit(struct child *child, const struct kit_op *op)
{
	struct rlimit limit;
	int r;

	(void)child;
	limit.rlim_cur = limit.rlim_max = effective((int)op->a, op->b, &r);
	return r < 0 ? r : sys_prlimit(0, (int)op->a, &limit, NULL);
}

int rlimits_verify(struct child *child, const struct kit_op *op)
{
	struct rlimit limit;
	int r = sys_prlimit(0, (int)op->a, NULL, &limit);

	(void)child;
	if (r < 0)
		return r;
	return limit.rlim_max <= op->b && limit.rlim_cur <= op->b ? 0 : -EPROTO;
}
