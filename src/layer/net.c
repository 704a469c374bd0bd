/* SPDX-License-Identifier: ISC */
/*
 * net.c - a network namespace of its own: no interface is up, so no family reaches anything
 *
 * It costs 0.3 ms of start-up. Where the policy grants no socket the filter alone refuses every
 * family, so the planner leaves the namespace out unless the policy demands it, and says so.
 *
 * All of that is work of the kernel, and nothing of the view depends on it: a thread of the leader
 * makes the namespace while the leader builds the view, leaves a descriptor of it, and ends; the
 * program's process enters before it gives up the right to, and the leader when it has time. A
 * socket tells its namespace's descriptor only to CAP_NET_ADMIN: without that the clone makes the
 * namespace with all the others.
 */
#include <linux/capability.h>
#include <linux/if.h>
#include <linux/sockios.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "child.h"

enum { OP_EMPTY, OP_BEGIN, OP_ENTER };

static bool grants_sockets(const struct ambit_plan *plan)
{
	return policy_has(plan->policy, RIGHT_CONNECT) || policy_has(plan->policy, RIGHT_LISTEN);
}

static bool add_steps(struct ambit_plan *plan)
{
	static const char reason[] = "no interface, no abstract socket of others";
	const struct step begin = {
		.layer = AMBIT_LAYER_NET,
		.op = OP_BEGIN,
		.place = PLACE_LEADER,
		.needs = TOKEN(ADMIN) | TOKEN(TASKS),
		.gives = TOKEN(NETWORK),
		.what = "let a thread make an empty network namespace meanwhile",
	};
	const struct step follow = {
		.layer = AMBIT_LAYER_NET,
		.op = OP_ENTER,
		.place = PLACE_BESIDE,
		.needs = TOKEN(ADMIN) | TOKEN(NETWORK),
		.waits = true,
		.what = "let the leader enter the network namespace too",
	};
	const struct step enter = {
		.layer = AMBIT_LAYER_NET,
		.op = OP_ENTER,
		.place = PLACE_PROGRAM,
		.needs = TOKEN(ADMIN) | TOKEN(NETWORK) | TOKEN(ANY_CALL),
		.waits = true,
		.what = "wait for the network namespace and enter it",
		.reason = reason,
	};
	const struct step whole = {
		.layer = AMBIT_LAYER_NET,
		.op = OP_EMPTY,
		.place = PLACE_LEADER,
		.needs = TOKEN(ADMIN),
		.gives = TOKEN(NAMESPACES),
		.what = "enter an empty network namespace",
		.reason = reason,
	};

	if (plan->userns || host_cap(plan->host, CAP_NET_ADMIN))
		return plan_step(plan, &begin) && plan_step(plan, &follow) &&
		       plan_step(plan, &enter);
	plan->clone_flags |= CLONE_NEWNET;
	return plan_step(plan, &whole);
}

enum ambit_code net_plan(struct ambit_plan *plan, struct ambit_error *err)
{
	bool filter = plan_may(plan, AMBIT_LAYER_SECCOMP);
	bool admin = host_cap(plan->host, 21 /* CAP_SYS_ADMIN */) || plan->userns;
	bool wanted = plan->layer_need[AMBIT_LAYER_NET] == NEED_MUST ||
		      plan->layer_need[AMBIT_LAYER_NET] == NEED_PREFER || !filter;

	if (grants_sockets(plan) || !wanted || !admin || !plan->pid_namespace ||
	    !plan_may(plan, AMBIT_LAYER_NET)) {
		if (filter && !grants_sockets(plan) && admin)
			return plan_notef(
				plan, NOTE_CHOICE, AMBIT_LAYER_NET, NULL, err,
				"no network namespace is made: the filter refuses every "
				"socket, and that alone suffices; /proc/self/net shows the "
				"host's connections");
		return AMBIT_OK;
	}
	plan_carry(plan, DENY_NETWORK, AMBIT_LAYER_NET);
	plan_carry(plan, DENY_ABSTRACT, AMBIT_LAYER_NET);
	return add_steps(plan) ? AMBIT_OK : err_memory(err, AMBIT_LAYER_NET);
}

enum ambit_code net_prepare(struct kit_builder *kit, const struct ambit_plan *plan,
			    const struct step *step, struct ambit_error *err)
{
	const struct kit_op op = { .layer = AMBIT_LAYER_NET,
				   .place = (uint8_t)step->place,
				   .op = step->op };

	(void)err;
	(void)plan;
	kit_add_op(kit, &op);
	return AMBIT_OK;
}

/* ---- commit ----------------------------------------------------------------------------- */

enum { NET_STACK = 8192, WORKING = 1 };

/* Below the stack of the thread it belongs to. */
struct net_thread {
	int word; /* WORKING, until the kernel sets it to 0 when the thread has ended */
	int fd;	  /* of the namespace, or -errno */
};

static void make_namespace(void *argument)
{
	struct net_thread *t = argument;
	int r = sys_unshare(CLONE_NEWNET);
	int socket = r < 0 ? r : sys_socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	t->fd = socket < 0 ? socket : sys_ioctl(socket, SIOCGSKNS, NULL);
	if (socket >= 0)
		(void)sys_close(socket);
	sys_exit_thread(0);
}

static int begin(struct child *child)
{
	const unsigned long flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND |
				    CLONE_THREAD | CLONE_SYSVSEM | CLONE_CHILD_CLEARTID;
	int r;
	char *memory =
		sys_mmap(NET_STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, &r);

	if (!memory)
		return r;
	child->net = (struct net_thread *)(void *)memory;
	*child->net = (struct net_thread){ WORKING, -EPROTO };
	r = sys_clone(flags, memory + NET_STACK, make_namespace, child->net, NULL,
		      &child->net->word);
	return r < 0 ? r : 0;
}

/*
 * The thread has ended. Two wait for that and the kernel wakes one, who wakes the other. The
 * descriptor is theirs in common; it closes with the others when they part.
 */
static int enter(struct child *child)
{
	const struct net_thread *t = child->net;

	if (child_wait(&t->word, WORKING) != WORKING)
		child_wake(&t->word);
	return t->fd < 0 ? t->fd : sys_setns(t->fd, CLONE_NEWNET);
}

/* What the clone has done needs no more. */
int net_commit(struct child *child, const struct kit_op *op)
{
	return op->op == OP_BEGIN ? begin(child) : op->op == OP_ENTER ? enter(child) : 0;
}

/* The only interface is lo, and it is down. */
int net_verify(struct child *child, const struct kit_op *op)
{
	struct ifreq request = { .ifr_name = "lo" };
	int fd, r;

	(void)child;
	if (op->op == OP_BEGIN)
		return 0;
	fd = sys_socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	r = sys_ioctl(fd, SIOCGIFFLAGS, &request);
	(void)sys_close(fd);
	if (r < 0)
		return r;
	return request.ifr_flags & IFF_UP ? -EPROTO : 0;
}
