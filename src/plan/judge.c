/* SPDX-License-Identifier: ISC */
/*
 * judge.c - which rules about addresses need somebody to judge each call
 *
 * Landlock knows TCP ports and nothing else of the network; the view knows paths. Whatever a
 * policy says beyond that is judged call by call, by the leader, through the filter's listener.
 */
#include <string.h>
#include <sys/socket.h>

#include "../policy/path.h"
#include "../policy/promise.h"
#include "plan.h"

/* The most ports worth a Landlock rule each. */
enum { PORTS_MAX = 64 };

static bool is_any(const struct grant *g)
{
	return !g->net.family && !g->net.name && g->net.port_first == 0 &&
	       g->net.port_last == 65535;
}

bool plan_grants_any_of(const struct ambit_plan *plan, enum right right, enum net_protocol protocol)
{
	const struct grant *g;

	for (size_t at = 0; (g = policy_next(plan->policy, right, &at)) != NULL;)
		if (g->net.protocol == protocol && is_any(g))
			return true;
	return false;
}

bool plan_grants_any(const struct ambit_plan *plan, enum right right)
{
	const struct grant *g;

	for (size_t at = 0; (g = policy_next(plan->policy, right, &at)) != NULL;)
		if (!plan_grants_any_of(plan, right, g->net.protocol))
			return false;
	return policy_has(plan->policy, right);
}

bool plan_grants_any_port(const struct ambit_plan *plan)
{
	const struct grant *g;

	for (size_t at = 0; (g = policy_next(plan->policy, RIGHT_CONNECT, &at)) != NULL;)
		if (!plan_grants_any_of(plan, RIGHT_LISTEN, g->net.protocol))
			return false;
	return plan_grants_any(plan, RIGHT_LISTEN);
}

bool plan_grants_any_socket(const struct ambit_plan *plan)
{
	const struct grant *g;

	for (size_t at = 0; (g = policy_next(plan->policy, RIGHT_UNIX, &at)) != NULL;)
		if (!g->path[1])
			return true;
	return false;
}

bool plan_frees_signals(const struct ambit_plan *plan)
{
	const struct grant *g = policy_first(plan->policy, RIGHT_PLEDGE);

	return g && ((g->number & PLEDGE_FILES_ONLY) ||
		     (policy_promise_flags(plan->policy) & PROMISE_SIGNALS));
}

/* What a message through these names is the kernel itself. */
static bool is_of_kernel(const struct grant *g)
{
	for (size_t i = 0; i < g->cond_count; i++)
		if (g->conds[i].argument == 0 && g->conds[i].op == COND_EQ &&
		    (g->conds[i].value == AF_NETLINK || g->conds[i].value == AF_ALG))
			return true;
	return false;
}

bool plan_makes_other_sockets(const struct ambit_plan *plan)
{
	const struct grant *g;

	for (size_t at = 0; (g = policy_next(plan->policy, RIGHT_SYSCALL, &at)) != NULL;)
		if ((!strcmp(g->name, "socket") || !strcmp(g->name, "socketpair")) && !g->number &&
		    !is_of_kernel(g))
			return true;
	return false;
}

static bool ports_suffice(const struct ambit_plan *plan)
{
	const struct grant *g;

	if (!plan_may(plan, AMBIT_LAYER_LANDLOCK) || plan->host->landlock_abi < 4)
		return !policy_has(plan->policy, RIGHT_CONNECT);
	if (policy_has(plan->policy, RIGHT_CONNECT) && plan_makes_other_sockets(plan))
		return false;
	for (size_t at = 0; (g = policy_next(plan->policy, RIGHT_CONNECT, &at)) != NULL;)
		if (g->net.protocol != NET_TCP ||
		    (!g->net.name &&
		     (g->net.family || g->net.port_last - g->net.port_first > PORTS_MAX)))
			return false;
	return true;
}

static bool connects_below(const struct ambit_plan *plan, const char *path)
{
	const struct grant *g;

	for (size_t at = 0; (g = policy_next(plan->policy, RIGHT_UNIX, &at)) != NULL;) {
		const struct host_path *granted = host_path(plan->host, g->path);

		if (granted && granted->kind != KIND_MISSING && path_covers(granted->real, path))
			return true;
	}
	return false;
}

/* Does the line put a socket into the view, or a directory that may hold some? */
static bool shows_sockets(const struct ambit_plan *plan, const struct grant *g)
{
	const struct host_path *p = g->path ? host_path(plan->host, g->path) : NULL;

	if (!p || (p->kind != KIND_DIR && p->kind != KIND_SOCKET))
		return false;
	if (g->bundle && !grant_is_promised(g)) /* bundles grant no directory where they live */
		return false;
	return grant_landlock(g, true) != 0 && !connects_below(plan, p->real);
}

/* In a view, what has no name cannot be connected to; but what any line shows has one. */
bool plan_view_hides_sockets(const struct ambit_plan *plan)
{
	for (size_t i = 0; plan->mount_view && i < plan->policy->count; i++)
		if (shows_sockets(plan, &plan->policy->grants[i]))
			return false;
	return plan->mount_view;
}

static bool paths_suffice(const struct ambit_plan *plan)
{
	int abi = plan_may(plan, AMBIT_LAYER_LANDLOCK) ? plan->host->landlock_abi : 0;

	if (!policy_has(plan->policy, RIGHT_UNIX))
		return true;
	/* Abstract addresses are no paths: without a scope for them each has to be looked at. */
	return abi >= 9 || (abi >= 6 && plan_view_hides_sockets(plan));
}

/* bind(2) Landlock judges too, but listen(2) on an unbound socket takes a port of its own. */
bool plan_needs_judge(const struct ambit_plan *plan)
{
	return policy_has(plan->policy, RIGHT_LISTEN) || !ports_suffice(plan) ||
	       !paths_suffice(plan);
}

/* The path of a local socket is opened with no magic link on the way, and named by /proc. */
bool plan_can_judge_paths(const struct ambit_plan *plan)
{
	return host_has(plan->host, FACT_OPENAT2) &&
	       (plan->mount_view ? plan->pid_namespace && host_has(plan->host, FACT_PROC_MOUNT) &&
					   !plan->bare
				 : host_has(plan->host, FACT_PROC));
}

bool plan_can_judge(const struct ambit_plan *plan)
{
	static const enum host_fact facts[] = { FACT_SECCOMP_LISTENER, FACT_SECCOMP_KILLABLE,
						FACT_TAKE_SOCKETS, FACT_MEMFD_EXEC };

	for (size_t i = 0; i < ARRAY_COUNT(facts); i++)
		if (!host_has(plan->host, facts[i]))
			return false;
	return plan_may(plan, AMBIT_LAYER_SECCOMP);
}

static enum ambit_code needs_broker(const struct grant *g, const char *what,
				    struct ambit_error *err)
{
	char where[256];

	(void)err_set(err, AMBIT_E_UNSUPPORTED, AMBIT_LAYER_POLICY, 0,
		      "%s: %s needs the broker, which does not exist yet",
		      origin_text(&g->origin, where, sizeof(where)), what);
	err_at(err, g->origin.line, g->origin.column);
	return AMBIT_E_UNSUPPORTED;
}

enum ambit_code plan_refuse_broker(struct ambit_plan *plan, struct ambit_error *err)
{
	const struct grant *g = policy_first(plan->policy, RIGHT_BROKER);

	if (g) {
		(void)needs_broker(g, g->name, err);
		return err_hint(err, "leave the line out");
	}
	for (size_t at = 0; (g = policy_next(plan->policy, RIGHT_CONNECT, &at)) != NULL;) {
		enum ambit_code code = AMBIT_OK;

		if (!g->net.name)
			continue;
		if (!g->prefer || plan->strict) {
			(void)needs_broker(g, "a host name", err);
			return err_hint(err, "give the addresses of %s: connect %s ADDRESS %u",
					g->net.name, g->net.protocol == NET_UDP ? "udp" : "tcp",
					g->net.port_first);
		}
		code = plan_notef(plan, NOTE_SKIPPED, AMBIT_LAYER_POLICY, g, err,
				  "%s cannot be reached: a host name needs the broker",
				  g->net.name);
		if (code != AMBIT_OK)
			return code;
	}
	return AMBIT_OK;
}
