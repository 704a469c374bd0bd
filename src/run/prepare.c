/* SPDX-License-Identifier: ISC */
/*
 * prepare.c - the plan made concrete, in the parent: strings built, filters compiled, cgroups made
 *
 * The last place that may fail with words. Whatever was opened or made here and is not handed
 * over is undone by kit_builder_done() and run_remove_cgroups().
 */
#include <linux/capability.h>
#include <linux/ioctl.h>
#include <linux/sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "../base/sys.h"
#include "run.h"

/* What the leader does while it waits. */
#define LEADER_CALLS                                                                               \
	{ ID_read, -1, 0 }, { ID_write, -1, 0 }, { ID_close, -1, 0 }, { ID_close_range, -1, 0 },   \
		{ ID_kill, -1, 0 }, { ID_wait4, -1, 0 }, { ID_rt_sigtimedwait, -1, 0 },            \
		{ ID_clock_gettime, -1, 0 }, { ID_exit_group, -1, 0 }, { ID_openat, -1, 0 },       \
		{ ID_ppoll, -1, 0 }, { ID_futex, -1, 0 }, { ID_munmap, -1, 0 },                    \
		{ ID_restart_syscall, -1, 0 }, { ID_ioctl, 1, SECCOMP_IOCTL_NOTIF_RECV },          \
	{                                                                                          \
		ID_ioctl, 1, SECCOMP_IOCTL_NOTIF_SEND                                              \
	}
static const struct filter_own leader_calls[] = { LEADER_CALLS };
/* And what it does for the judge: look into the program, act on its sockets, in threads. */
#define THREAD_FLAGS                                                                               \
	(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM)
static const struct filter_own judge_calls[] = {
	LEADER_CALLS,
	{ ID_ioctl, 1, SECCOMP_IOCTL_NOTIF_ID_VALID },
	{ ID_pidfd_open, -1, 0 },
	{ ID_pidfd_getfd, -1, 0 },
	{ ID_process_vm_readv, -1, 0 },
	{ ID_process_vm_writev, -1, 0 },
	{ ID_getsockopt, 1, SOL_SOCKET },
	{ ID_getsockname, -1, 0 },
	{ ID_connect, -1, 0 },
	{ ID_bind, -1, 0 },
	{ ID_listen, -1, 0 },
	{ ID_shutdown, -1, 0 },
	{ ID_sendmsg, -1, 0 },
	{ ID_openat2, -1, 0 },
	{ ID_fstat, -1, 0 },
	{ ID_readlinkat, -1, 0 },
	{ ID_clone, 0, THREAD_FLAGS },
	{ ID_exit, -1, 0 },
	{ ID_gettid, -1, 0 },
	{ ID_getpid, -1, 0 },
	{ ID_tgkill, -1, 0 },
	{ ID_mmap, 2, PROT_READ | PROT_WRITE },
	{ ID_rt_sigaction, -1, 0 },
	{ ID_rt_sigprocmask, -1, 0 },
	{ ID_rt_sigreturn, -1, 0 },
};

/* What most kits fit into: the filter is the greater part. */
enum { ARGUMENTS_MAX = 4095, USUAL_DATA = 4000, USUAL_OPS = 2000 };

static enum ambit_code add_argv(struct kit_builder *b, char *const *argv, struct ambit_error *err)
{
	struct buf table = {
		0
	}; /* on the heap: it is small, and a large stack costs page faults */
	uint64_t end = 0;

	for (size_t i = 0; argv && argv[i]; i++) {
		const uint64_t offset = kit_add_string(b, argv[i]);

		if (i == ARGUMENTS_MAX) {
			buf_done(&table);
			return err_set(err, AMBIT_E_USAGE, AMBIT_LAYER_RUN, 7 /* E2BIG */,
				       "too many arguments");
		}
		buf_add(&table, &offset, sizeof(offset));
	}
	buf_add(&table, &end, sizeof(end));
	b->data.failed = b->data.failed ? b->data.failed : table.failed;
	if (!table.failed)
		b->header.argv = kit_add_data(b, table.data, table.length);
	buf_done(&table);
	return AMBIT_OK;
}

static enum ambit_code add_leader_filter(struct kit_builder *b, bool notify,
					 struct ambit_error *err)
{
	struct arena arena = { 0 };
	struct filter_prog prog = { 0 };
	enum ambit_code code = filter_build_own(
		&arena, arch_native(), notify ? judge_calls : leader_calls,
		notify ? ARRAY_COUNT(judge_calls) : ARRAY_COUNT(leader_calls), &prog, err);

	if (code == AMBIT_OK) {
		b->header.leader_filter =
			kit_add_data(b, prog.code, prog.count * sizeof(*prog.code));
		b->header.leader_filter_count = (uint32_t)prog.count;
	}
	arena_done(&arena);
	return code;
}

/*
 * What the program keeps, without which it could not be looked into; and the one that a granted
 * low port needs, for it is the leader that binds.
 */
static uint64_t judge_caps(const struct ambit_plan *plan)
{
	uint64_t caps = plan->keep_caps;
	const struct grant *g;

	for (size_t at = 0; (g = policy_next(plan->policy, RIGHT_LISTEN, &at)) != NULL;)
		if (g->net.port_first < 1024 && host_cap(plan->host, CAP_NET_BIND_SERVICE))
			caps |= UINT64_C(1) << CAP_NET_BIND_SERVICE;
	return caps;
}

static void add_header(struct kit_builder *b, const struct run *run)
{
	const struct ambit_plan *plan = &run->plan;

	b->header.leader = plan->mode == MODE_LEADER;
	b->header.wall_ms = plan->wall_ms;
	b->header.report_fd = b->header.program_fd = b->header.control_fd = -1;
	b->header.judge_fd = b->header.judge_peer_fd = b->header.kill_fd = -1;
	if (run->ends_with_caller && !b->header.leader)
		b->header.caller_pid = (uint32_t)sys_getpid();
	if (plan->own_session)
		b->header.flags |= KIT_NEW_SESSION;
	if (plan->notify)
		b->header.flags |= KIT_NOTIFY;
	if (plan->changes_ids && !plan->userns && host_cap(plan->host, CAP_SETUID) &&
	    host_cap(plan->host, CAP_SETGID))
		b->header.flags |= KIT_LEADER_IDS;
	b->header.leader_uid = plan->uid;
	b->header.leader_gid = plan->gid;
	if (plan->notify)
		b->header.leader_caps = judge_caps(plan);
}

static struct judge_rule rule_of(struct kit_builder *b, const struct ambit_plan *plan,
				 const struct grant *g)
{
	const struct host_path *p = g->path ? host_path(plan->host, g->path) : NULL;
	struct judge_rule rule = {
		.listen = g->right == RIGHT_LISTEN,
		.protocol = (uint8_t)g->net.protocol,
		.family = g->net.family,
		.prefix_bits = g->net.prefix_bits,
		.port_first = g->net.port_first,
		.port_last = g->net.port_last,
	};

	memcpy(rule.address, g->net.address, sizeof(rule.address));
	if (g->right == RIGHT_UNIX)
		rule = (struct judge_rule){ .path = kit_add_string(b, p && p->real ? p->real
										   : g->path) };
	return rule;
}

/* Rules lie side by side, so they are put together before any of them is added. */
static void add_rules(struct kit_builder *b, const struct ambit_plan *plan)
{
	struct buf rules = { 0 };

	for (size_t i = 0; plan->notify && i < plan->policy->count; i++) {
		const struct grant *g = &plan->policy->grants[i];
		struct judge_rule rule;

		/* A name: its line says prefer, or the plan would have been refused. */
		if ((g->right != RIGHT_CONNECT && g->right != RIGHT_LISTEN &&
		     g->right != RIGHT_UNIX) ||
		    g->net.name)
			continue;
		rule = rule_of(b, plan, g);
		buf_add(&rules, &rule, sizeof(rule));
	}
	if (rules.length)
		b->header.rules = kit_add_data(b, rules.data, rules.length);
	b->header.rule_count = (uint32_t)(rules.length / sizeof(struct judge_rule));
	b->overflow |= rules.failed != 0;
	buf_done(&rules);
}

enum ambit_code run_refuse_gaps(const struct ambit_plan *plan, struct ambit_error *err)
{
	for (size_t i = 0; i < plan->note_count; i++) {
		const struct note *n = &plan->notes[i];
		char where[256];

		if (n->kind != NOTE_GAP)
			continue;
		if (n->grant) {
			(void)err_set(err, AMBIT_E_UNSUPPORTED, n->layer, 0,
				      "%s: nothing on this host can enforce this line: %s",
				      origin_text(&n->grant->origin, where, sizeof(where)),
				      n->text);
			err_at(err, n->grant->origin.line, n->grant->origin.column);
		} else {
			(void)err_set(err, AMBIT_E_UNSUPPORTED, n->layer, 0,
				      "nothing on this host can enforce: %s", n->text);
		}
		return err_hint(err, "%s%s; ambit plan shows every gap",
				n->cure	    ? n->cure
				: n->strict ? "leave --strict out"
					    : "run ambit doctor",
				n->cure && n->strict ? ", or leave --strict out" : "");
	}
	return AMBIT_OK;
}

enum ambit_code run_prepare(const struct run *run, struct kit_builder *b, struct kit **ret_kit,
			    struct ambit_error *err)
{
	const struct ambit_plan *plan = &run->plan;
	enum ambit_code code = AMBIT_OK;

	memset(b, 0, sizeof(*b));
	b->environment = run->options.environment;
	buf_expect(&b->data, USUAL_DATA);
	buf_expect(&b->ops, USUAL_OPS);
	add_header(b, run);
	for (size_t i = 0; i < plan->step_count && code == AMBIT_OK; i++) {
		const struct layer *layer = layer_by_id(plan->steps[i].layer);

		b->step = (uint32_t)i + 1;
		if (!plan->steps[i].dropped && layer && layer->prepare)
			code = layer->prepare(b, plan, &plan->steps[i], err);
		if (code != AMBIT_OK && err && !err->step)
			err->step = b->step;
	}
	if (code == AMBIT_OK)
		code = add_argv(b, run->argv, err);
	if (code == AMBIT_OK && plan->mode == MODE_LEADER)
		code = add_leader_filter(b, plan->notify, err);
	b->header.directory = kit_add_string(b, plan->directory);
	add_rules(b, plan);
	if (code != AMBIT_OK)
		return code;
	*ret_kit = kit_finish(b);
	return *ret_kit ? AMBIT_OK : err_memory(err, AMBIT_LAYER_RUN);
}
