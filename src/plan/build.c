/* SPDX-License-Identifier: ISC */
/*
 * DOC: Theory of operation
 *
 * A plan is made in five moves, each a function below: note what the policy wants of the layers;
 * decide what several layers share (is there a user namespace, does a leader stay, can execve be
 * let through once); merge the paths; let each layer add its steps and say which denials it
 * carries; order the steps and look for gaps. No move makes a system call: whatever must be
 * known of the kernel or the files is in struct host.
 */
#include <linux/capability.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "../base/str.h"
#include "plan.h"

/*
 * Something is done ahead where there is a view to wait for, and memory in common to wait in; else
 * one thing after the other.
 */
static enum plan_place place_of(const struct ambit_plan *plan, enum plan_place place)
{
	const bool led = plan->mode == MODE_LEADER;

	if (led && plan->mount_view && !plan->notify)
		return place;
	if (place == PLACE_BUILD)
		place = PLACE_LEADER;
	return place == PLACE_AHEAD || (place == PLACE_LEADER && !led) ? PLACE_PROGRAM : place;
}

struct step *plan_step(struct ambit_plan *plan, const struct step *step)
{
	struct step *s = arena_grow(&plan->arena, &plan->steps, &plan->step_count, sizeof(*s));

	if (!s)
		return NULL;
	*s = *step;
	if (s->need == NEED_DEFAULT)
		s->need = plan->layer_need[s->layer] == NEED_PREFER ? NEED_PREFER : NEED_MUST;
	if (plan->strict)
		s->need = NEED_MUST;
	s->place = place_of(plan, s->place);
	return s;
}

void plan_carry(struct ambit_plan *plan, enum plan_denial denial, enum ambit_layer layer)
{
	plan->carried[denial] |= 1u << layer;
}

void plan_ask(struct ambit_plan *plan, enum plan_denial denial)
{
	plan->asked[denial] = true;
}

enum ambit_code plan_note(struct ambit_plan *plan, struct note note, struct ambit_error *err)
{
	struct note *n = arena_grow(&plan->arena, &plan->notes, &plan->note_count, sizeof(*n));

	if (!n)
		return err_memory(err, AMBIT_LAYER_PLAN);
	*n = note;
	/* --strict: what would only be said is refused. */
	n->strict = plan->strict && (note.kind == NOTE_SKIPPED || note.kind == NOTE_REPORTED);
	if (n->strict)
		n->kind = NOTE_GAP;
	return AMBIT_OK;
}

void plan_cure(struct ambit_plan *plan, const char *cure)
{
	plan->notes[plan->note_count - 1].cure = cure;
}

enum ambit_code plan_notef(struct ambit_plan *plan, enum note_kind kind, enum ambit_layer layer,
			   const struct grant *grant, struct ambit_error *err, const char *format,
			   ...)
{
	const char *copy = format;
	char text[400];
	va_list args;

	if (strchr(format, '%')) {
		va_start(args, format);
		(void)vsnprintf(text, sizeof(text), format, args);
		va_end(args);
		/* It may hold the name of a file: no terminal must obey that. */
		str_make_visible(text);
		copy = arena_string(&plan->arena, text);
	}
	if (!copy)
		return err_memory(err, AMBIT_LAYER_PLAN);
	return plan_note(
		plan,
		(struct note){
			.kind = kind, .denial = -1, .layer = layer, .grant = grant, .text = copy },
		err);
}

/* Which fact of the host each layer stands on; -1 for layers that are always there. */
static const struct {
	enum ambit_layer layer;
	int fact;
} layer_facts[] = {
	{ AMBIT_LAYER_USERNS, FACT_USER_NAMESPACE },
	{ AMBIT_LAYER_MOUNT, FACT_MOUNT_NAMESPACE },
	{ AMBIT_LAYER_MOUNT, FACT_MOUNT_API },
	{ AMBIT_LAYER_NAMESPACES, FACT_PID_NAMESPACE },
	{ AMBIT_LAYER_NET, FACT_NET_NAMESPACE },
	{ AMBIT_LAYER_TIMENS, FACT_TIME_NAMESPACE },
	{ AMBIT_LAYER_APPARMOR, FACT_APPARMOR },
	{ AMBIT_LAYER_SECCOMP, FACT_SECCOMP_FILTER },
	/* They need a process that stays, and that has to be executed from somewhere. */
	{ AMBIT_LAYER_USERNS, FACT_MEMFD_EXEC },
	{ AMBIT_LAYER_MOUNT, FACT_MEMFD_EXEC },
	{ AMBIT_LAYER_NAMESPACES, FACT_MEMFD_EXEC },
	{ AMBIT_LAYER_NET, FACT_MEMFD_EXEC },
	{ AMBIT_LAYER_CGROUP, FACT_MEMFD_EXEC },
};

/* What is given to a process at its birth, or would be left behind at its end. */
static const enum ambit_layer born_with[] = { AMBIT_LAYER_USERNS, AMBIT_LAYER_MOUNT,
					      AMBIT_LAYER_NAMESPACES, AMBIT_LAYER_NET,
					      AMBIT_LAYER_CGROUP };

bool plan_may(const struct ambit_plan *plan, enum ambit_layer layer)
{
	if (plan->layer_need[layer] == NEED_OFF)
		return false;
	for (size_t i = 0; plan->door == DOOR_ENTER && i < ARRAY_COUNT(born_with); i++)
		if (born_with[i] == layer)
			return false;
	for (size_t i = 0; i < ARRAY_COUNT(layer_facts); i++)
		if (layer_facts[i].layer == layer &&
		    !host_has(plan->host, (enum host_fact)layer_facts[i].fact))
			return false;
	return layer != AMBIT_LAYER_LANDLOCK || plan->host->landlock_abi > 0;
}

static void note_needs(struct ambit_plan *plan)
{
	const struct grant *g;

	for (size_t at = 0; (g = policy_next(plan->policy, RIGHT_NEED, &at)) != NULL;)
		if ((size_t)g->layer < ARRAY_COUNT(plan->layer_need))
			plan->layer_need[g->layer] =
				plan->strict && g->need == NEED_PREFER ? NEED_MUST : g->need;
}

/* Namespaces need CAP_SYS_ADMIN: the caller's own, or that of a new user namespace. */
static void decide_namespaces(struct ambit_plan *plan)
{
	bool own = host_cap(plan->host, CAP_SYS_ADMIN);
	bool wanted = plan_may(plan, AMBIT_LAYER_MOUNT) || plan_may(plan, AMBIT_LAYER_NAMESPACES) ||
		      plan->layer_need[AMBIT_LAYER_NET] == NEED_MUST;
	bool forced = plan->layer_need[AMBIT_LAYER_USERNS] == NEED_MUST;
	bool admin;

	plan->unstaged = (own || host_has(plan->host, FACT_USER_NAMESPACE)) &&
			 (host_has(plan->host, FACT_MOUNT_NAMESPACE) ||
			  host_has(plan->host, FACT_PID_NAMESPACE)) &&
			 !host_has(plan->host, FACT_MEMFD_EXEC);
	plan->userns = plan_may(plan, AMBIT_LAYER_USERNS) && (forced || (!own && wanted));
	admin = own || plan->userns;
	plan->mount_view = admin && plan_may(plan, AMBIT_LAYER_MOUNT);
	plan->pid_namespace = admin && plan_may(plan, AMBIT_LAYER_NAMESPACES);
	if (plan->userns)
		plan->clone_flags |= CLONE_NEWUSER;
	if (plan->mount_view)
		plan->clone_flags |= CLONE_NEWNS;
	if (plan->pid_namespace) {
		const struct host *h = plan->host;

		plan->clone_flags |= CLONE_NEWPID;
		plan->clone_flags |= host_has(h, FACT_IPC_NAMESPACE) ? CLONE_NEWIPC : 0;
		plan->clone_flags |= host_has(h, FACT_UTS_NAMESPACE) ? CLONE_NEWUTS : 0;
		plan->clone_flags |= host_has(h, FACT_CGROUP_NAMESPACE) ? CLONE_NEWCGROUP : 0;
	}
}

static void decide_exec(struct ambit_plan *plan)
{
	bool filter = plan_may(plan, AMBIT_LAYER_SECCOMP);

	plan->exec_once = plan->door == DOOR_RUN && !policy_may_exec(plan->policy);
	plan->exec_key = plan->exec_once && filter;
	plan->notify = plan->door == DOOR_RUN && plan_needs_judge(plan) && plan_can_judge(plan);
}

/* Something stays beside the program only when there is work for it. */
static void decide_mode(struct ambit_plan *plan)
{
	const struct grant *g;
	bool wall = false, cgroup = false;

	for (size_t at = 0; (g = policy_next(plan->policy, RIGHT_LIMIT, &at)) != NULL;) {
		wall |= g->limit == LIMIT_WALL_TIME;
		cgroup |= g->limit == LIMIT_MEMORY || g->limit == LIMIT_PROCESSES ||
			  g->limit == LIMIT_CPU;
		if (g->limit == LIMIT_WALL_TIME)
			plan->wall_ms = g->number;
	}
	if (plan->door == DOOR_ENTER)
		return; /* it is the program already */
	bool work = plan->policy->supervised || plan->pid_namespace || wall || cgroup ||
		    plan->notify || plan->mount_view || policy_may_fork(plan->policy) ||
		    policy_has(plan->policy, RIGHT_TERMINAL);

	plan->mode = work && host_has(plan->host, FACT_MEMFD_EXEC) ? MODE_LEADER : MODE_BECOME;
	plan->unstaged |= work && plan->mode == MODE_BECOME;
}

/* A judge has one thread or two that wait for the next call. */
uint64_t plan_tasks(const struct ambit_plan *plan, uint64_t number)
{
	enum { LEADER = 1, JUDGE_KEEPS = 2 };
	uint64_t all = plan->mode != MODE_LEADER ? 0 : plan->notify ? LEADER + JUDGE_KEEPS : LEADER;

	all += plan->policy->kept;
	return __builtin_add_overflow(all, number, &all) ? UINT64_MAX : all;
}

static void decide_signals(struct ambit_plan *plan)
{
	bool scoped = plan_may(plan, AMBIT_LAYER_LANDLOCK) && plan->host->landlock_abi >= 6;

	/*
	 * kill(0) reaches the caller's process group whatever the namespaces, unless Landlock stops
	 * it.
	 */
	plan->own_session =
		(!scoped || policy_has(plan->policy, RIGHT_TERMINAL)) && plan->mode == MODE_LEADER;
}

bool plan_is_static(const struct ambit_policy *policy, const struct host_path *program)
{
	return program && program->kind == KIND_FILE && program->executable &&
	       program->probed_exec && !program->interpreter && !policy_may_exec(policy);
}

/*
 * Under --bare or with the bundle compute a static program gets nothing; a dynamic one its loader.
 */
static void decide_program(struct ambit_plan *plan, const char *program)
{
	plan->program = program ? host_path(plan->host, program) : NULL;
	plan->compute = policy_has(plan->policy, RIGHT_COMPUTE);
	plan->static_program =
		plan->door == DOOR_RUN && plan_is_static(plan->policy, plan->program);
}

static enum ambit_code decide_ids(struct ambit_plan *plan, struct ambit_error *err)
{
	const struct grant *user = policy_first(plan->policy, RIGHT_USER);
	const struct grant *group = policy_first(plan->policy, RIGHT_GROUP);
	const struct grant *both[] = { user, group };

	plan->uid = plan->host->uid;
	plan->gid = plan->host->gid;
	for (int i = 0; i < 2; i++) {
		const struct grant *g = both[i];
		const struct host_user *u = g ? host_user(plan->host, g->name, i == 1) : NULL;
		char where[256];

		if (!g)
			continue;
		if (!u || !u->found) {
			(void)err_set(err, AMBIT_E_POLICY, AMBIT_LAYER_POLICY, 0,
				      "%s: no %s named %s",
				      origin_text(&g->origin, where, sizeof(where)),
				      i ? "group" : "user", g->name);
			err_at(err, g->origin.line, g->origin.column);
			return err_hint(err,
					"%s is read as a file: name one that it lists, or a number",
					i ? "/etc/group" : "/etc/passwd");
		}
		if (i == 0)
			plan->uid = u->uid;
		plan->gid = u->gid;
	}
	if (plan->compute && !user && plan->layer_need[AMBIT_LAYER_IDS] != NEED_OFF &&
	    host_cap(plan->host, CAP_SETUID) && host_cap(plan->host, CAP_SETGID) && !plan->userns)
		plan->uid = plan->gid = plan->host->spare_uid;
	plan->changes_ids = plan->uid != plan->host->uid || plan->gid != plan->host->gid;
	return AMBIT_OK;
}

/*
 * What the program keeps: what lines name, and of what is held what privileges are made of, and
 * promises where they are all there is.
 */
static void decide_caps(struct ambit_plan *plan)
{
	const bool pledged = policy_has(plan->policy, RIGHT_PLEDGE);

	for (size_t i = 0; i < plan->policy->count; i++) {
		const struct grant *g = &plan->policy->grants[i];
		const struct promise *p = grant_promise(g);

		if (g->right == RIGHT_KEEP_CAPABILITY)
			plan->keep_caps |= UINT64_C(1) << g->number;
		for (int c = 0; p && c <= plan->host->last_cap; c++)
			if ((p->capabilities >> c & 1) && host_cap(plan->host, c) &&
			    (pledged || p->family == FAMILY_PRIVILEGE))
				plan->keep_caps |= UINT64_C(1) << c;
	}
}

static bool is_at_or_below(const char *path, const char *directory)
{
	size_t n = strlen(directory);

	return n == 1 || (strncmp(path, directory, n) == 0 && (path[n] == '/' || !path[n]));
}

/* The deepest directory of the list that holds @directory; paths are sorted. */
static const struct plan_path *holder(const struct ambit_plan *plan, const char *directory)
{
	const struct plan_path *found = NULL;

	for (size_t i = 0; i < plan->path_count; i++) {
		const struct plan_path *p = &plan->paths[i];

		if (p->is_dir && p->view != VIEW_LINK && is_at_or_below(directory, p->path))
			found = p;
	}
	return found;
}

/*
 * Is the directory inside what is granted, or on the way to it? In a view the way exists, empty but
 * for what was granted, so that relative names of granted paths go on working.
 */
static bool reaches(const struct ambit_plan *plan, const char *directory)
{
	const struct plan_path *in = holder(plan, directory);
	/* In a /tmp of its own nothing exists that existed in the other. */
	bool elsewhere = in && in->own && !str_equal(in->path, directory);

	if (in && in->view == VIEW_HIDE)
		return false;
	for (size_t i = 0; i < plan->path_count; i++) {
		const struct plan_path *p = &plan->paths[i];

		if (!elsewhere && (p->access & LL_FS_READ_DIR) &&
		    is_at_or_below(directory, p->path))
			return true;
		if (p->grant && !p->grant->bundle && p->access &&
		    is_at_or_below(p->path, directory))
			return true;
	}
	return false;
}

static enum ambit_code add_layers(struct ambit_plan *plan, struct plan_layers layers,
				  struct ambit_error *err)
{
	for (size_t i = 0; i < layers.count; i++) {
		enum ambit_code code = layers.table[i].plan(plan, err);

		if (code != AMBIT_OK)
			return code;
	}
	return AMBIT_OK;
}

/* Why so much is missing, where it is for one reason. */
static enum ambit_code note_unstaged(struct ambit_plan *plan, struct ambit_error *err)
{
	if (!plan->unstaged)
		return AMBIT_OK;
	return plan_notef(plan, NOTE_REPORTED, AMBIT_LAYER_RUN, NULL, err,
			  "nothing can be executed from memory here: no process stays beside the "
			  "program, and it gets no namespaces");
}

/* Where the extreme sandbox is less than extreme. */
static enum ambit_code note_compute(struct ambit_plan *plan, struct ambit_error *err)
{
	const struct grant *g = policy_first(plan->policy, RIGHT_COMPUTE);
	enum ambit_code code = AMBIT_OK;

	if (!plan->changes_ids)
		code = plan_notef(plan, NOTE_REPORTED, AMBIT_LAYER_IDS, g, err,
				  "it runs as uid %u, which others have too: a user of its own "
				  "needs CAP_SETUID",
				  plan->uid);
	if (code == AMBIT_OK && plan->program && !plan->static_program)
		code = plan_notef(plan, NOTE_REPORTED, AMBIT_LAYER_MOUNT, g, err,
				  "a dynamic program can still read its own %zu libraries: a "
				  "static one sees nothing",
				  plan->host->closure_count);
	return code;
}

enum ambit_code plan_build(struct ambit_plan *plan, const struct ambit_policy *policy,
			   const struct host *host, const char *program, struct plan_layers layers,
			   struct ambit_error *err)
{
	enum ambit_code code;

	plan->policy = policy;
	plan->host = host;
	note_needs(plan);
	decide_namespaces(plan);
	decide_exec(plan);
	decide_mode(plan);
	decide_signals(plan);
	decide_program(plan, program);
	decide_caps(plan);
	code = plan_refuse_broker(plan, err);
	if (code == AMBIT_OK)
		code = decide_ids(plan, err);
	if (code == AMBIT_OK)
		code = plan_paths(plan, err);
	if (code != AMBIT_OK)
		return code;
	plan_inherit(plan);
	plan->directory = host->directory && reaches(plan, host->directory) ? host->directory : "/";
	code = add_layers(plan, layers, err);
	if (plan->mode == MODE_LEADER)
		plan_carry(plan, DENY_LIMIT_WALL, AMBIT_LAYER_SUPERVISOR);
	if (code == AMBIT_OK)
		code = plan_order(plan, err);
	if (code == AMBIT_OK)
		code = plan_lint(plan, err);
	if (code == AMBIT_OK && plan->compute)
		code = note_compute(plan, err);
	if (code == AMBIT_OK)
		code = note_unstaged(plan, err);
	return code == AMBIT_OK ? plan_gaps(plan, err) : code;
}

void plan_done(struct ambit_plan *plan)
{
	arena_done(&plan->arena);
	memset(plan, 0, sizeof(*plan));
}
