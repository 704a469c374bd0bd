/* SPDX-License-Identifier: ISC */
/*
 * net.c - a network namespace of its own: no interface is up, so no family reaches anything
 *
 * It costs 0.3 ms of start-up. Where the policy grants no socket the filter alone refuses every
 * family, so the planner leaves the namespace out unless the policy demands it, and says so.
 */
#include <linux/if.h>
#include <linux/sockios.h>
#include <sched.h>
#include <sys/socket.h>

#include "child.h"

enum { OP_EMPTY };

static bool grants_sockets(const struct ambit_plan *plan)
{
	return policy_has(plan->policy, RIGHT_CONNECT) || policy_has(plan->policy, RIGHT_LISTEN);
}

enum ambit_code net_plan(struct ambit_plan *plan, struct ambit_error *err)
{
	const struct step step = {
		.layer = AMBIT_LAYER_NET,
		.place = PLACE_LEADER,
		.needs = TOKEN(ADMIN),
		.gives = TOKEN(NAMESPACES),
		.what = "enter an empty network namespace",
		.reason = "no interface, no abstract socket of others",
	};
	bool filter = plan_may(plan, AMBIT_LAYER_SECCOMP);
	bool admin = host_cap(plan->host, 21 /* CAP_SYS_ADMIN */) || plan->userns;
	bool wanted = plan->layer_need[AMBIT_LAYER_NET] == NEED_MUST ||
		      plan->layer_need[AMBIT_LAYER_NET] == NEED_PREFER || !filter;

	if (grants_sockets(plan) || !wanted || !admin || !plan->pid_namespace ||
	    !plan_may(plan, AMBIT_LAYER_NET)) {
		if (filter && !grants_sockets(plan) && admin)
			return plan_notef(plan, NOTE_CHOICE, AMBIT_LAYER_NET, NULL, err,
					  "no network namespace is made: the filter refuses every "
					  "socket, and that alone suffices");
		return AMBIT_OK;
	}
	plan->clone_flags |= CLONE_NEWNET;
	plan_carry(plan, DENY_NETWORK, AMBIT_LAYER_NET);
	plan_carry(plan, DENY_ABSTRACT, AMBIT_LAYER_NET);
	return plan_step(plan, &step) ? AMBIT_OK : err_memory(err, AMBIT_LAYER_NET);
}

enum ambit_code net_prepare(struct kit_builder *kit, const struct ambit_plan *plan,
			    const struct step *step, struct ambit_error *err)
{
	const struct kit_op op = { .layer = AMBIT_LAYER_NET,
				   .place = (uint8_t)step->place,
				   .op = OP_EMPTY };

	(void)err;
	(void)plan;
	kit_add_op(kit, &op);
	return AMBIT_OK;
}

int net_commit(struct child *child, const struct kit_op *op)
{
	(void)child;
	(void)op;
	return 0;
}

/* The only interface is lo, and it is down. */
int net_verify(struct child *child, const struct kit_op *op)
{
	struct ifreq request = { .ifr_name = "lo" };
	int fd = sys_socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int r;

	(void)child;
	(void)op;
	if (fd < 0)
		return fd;
	r = sys_ioctl(fd, SIOCGIFFLAGS, &request);
	(void)sys_close(fd);
	if (r < 0)
		return r;
	return request.ifr_flags & IFF_UP ? -EPROTO : 0;
}
