/* SPDX-License-Identifier: ISC */
/*
 * seccomp.c - the system call filter: last, because everything before it needs calls it refuses
 *
 * The filter is compiled in the parent from the rights of the policy; the child only loads
 * finished bytes, but for what is known only then: its own number, and the key that execve has to
 * bring along where it may be used once (exec.c). Where addresses are judged, the filter comes with
 * a listener: the helper of exec.c takes it from here.
 */
#include <linux/filter.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <sys/socket.h>

#include "../base/str.h"
#include "child.h"
#include "seccomp_lines.h"

enum { OP_LOAD };
/* What is put into the filter when it is loaded: the operation's c. */
enum { PUT_NUMBER = 1, PUT_KEY = 2 };

/* ---- plan: rights → what the filter is asked ---------------------------------------------- */

enum { SOCKETS_MAX = 16 };

static void add_socket(struct ambit_plan *plan, struct filter_socket *list, int family, int type,
		       int protocol)
{
	if (plan->want.socket_count < SOCKETS_MAX)
		list[plan->want.socket_count++] = (struct filter_socket){ family, type, protocol };
}

static void add_inet(struct ambit_plan *plan, struct filter_socket *list, bool tcp, bool udp)
{
	static const int families[] = { AF_INET, AF_INET6 };

	for (int i = 0; i < 2; i++) {
		if (tcp) {
			add_socket(plan, list, families[i], SOCK_STREAM, 0);
			add_socket(plan, list, families[i], SOCK_STREAM, 6 /* IPPROTO_TCP */);
		}
		if (udp) {
			add_socket(plan, list, families[i], SOCK_DGRAM, 0);
			add_socket(plan, list, families[i], SOCK_DGRAM, 17 /* IPPROTO_UDP */);
		}
	}
}

static bool plan_sockets(struct ambit_plan *plan)
{
	static const enum right rights[] = { RIGHT_CONNECT, RIGHT_LISTEN };
	struct filter_socket *list = arena_array(&plan->arena, SOCKETS_MAX, sizeof(*list));
	const struct grant *g;
	bool tcp = false, udp = false;

	if (!list)
		return false;
	for (int i = 0; i < 2; i++)
		for (size_t at = 0; (g = policy_next(plan->policy, rights[i], &at)) != NULL;) {
			tcp |= g->net.protocol == NET_TCP;
			udp |= g->net.protocol == NET_UDP;
		}
	add_inet(plan, list, tcp, udp);
	if (policy_has(plan->policy, RIGHT_UNIX) ||
	    (policy_promise_flags(plan->policy) & PROMISE_UNIX))
		add_socket(plan, list, AF_UNIX, -1, 0);
	plan->want.sockets = list;
	return true;
}

static bool plan_extras(struct ambit_plan *plan)
{
	struct filter_extra *extras = NULL;
	const struct grant *g;

	for (size_t at = 0; (g = policy_next(plan->policy, RIGHT_SYSCALL, &at)) != NULL;) {
		struct filter_extra *e =
			arena_grow(&plan->arena, &extras, &plan->want.extra_count, sizeof(*e));
		struct filter_cond *conds =
			arena_array(&plan->arena, g->cond_count + 1, sizeof(*conds));

		if (!e || !conds)
			return false;
		for (size_t i = 0; i < g->cond_count; i++)
			conds[i] = (struct filter_cond){ g->conds[i].argument,
							 (enum filter_op)g->conds[i].op,
							 g->conds[i].mask, g->conds[i].value };
		*e = (struct filter_extra){ g->name, conds, g->cond_count, (uint32_t)g->number };
	}
	plan->want.extras = extras;
	return true;
}

/*
 * make(1) starts programs by posix_spawn(3) with POSIX_SPAWN_RESETIDS: the effective id becomes the
 * real one, which it is. Any other id is refused as ever.
 */
static bool plan_own_ids(struct ambit_plan *plan)
{
	const uint64_t allow = plan->want.allow;
	static const char *const calls[] = { "setresuid", "setresgid" };
	const uint32_t ids[] = { plan->uid, plan->gid };
	struct filter_extra *extras = (struct filter_extra *)(uintptr_t)plan->want.extras;

	if (!(allow & CALL_BIT(FORK)) || (allow & CALL_BIT(IDS)) || plan->compute ||
	    plan->want.pledged || plan->policy->forks_alone)
		return true;
	for (size_t i = 0; i < ARRAY_COUNT(calls); i++) {
		struct filter_extra *e =
			arena_grow(&plan->arena, &extras, &plan->want.extra_count, sizeof(*e));
		struct filter_cond *conds = arena_array(&plan->arena, 3, sizeof(*conds));

		if (!e || !conds)
			return false;
		for (uint8_t j = 0; j < 3; j++)
			conds[j] = (struct filter_cond){ j, FILTER_EQ, UINT32_MAX,
							 j == 1 ? ids[i] : UINT32_MAX };
		*e = (struct filter_extra){ calls[i], conds, 3, 0 };
		plan->want.extras = extras;
	}
	return true;
}

/* Each line by itself, so that what is wrong is said of the line. */
static enum ambit_code check_extras(const struct ambit_plan *plan, struct ambit_error *err)
{
	const struct seccomp_data nothing = { 0 };
	enum ambit_code code = AMBIT_OK;
	const struct grant *g;
	size_t i = 0;

	for (size_t at = 0;
	     code == AMBIT_OK && (g = policy_next(plan->policy, RIGHT_SYSCALL, &at)) != NULL;) {
		const struct filter_want want = { .arch = plan->want.arch,
						  .extras = &plan->want.extras[i++],
						  .extra_count = 1 };
		struct arena arena = { 0 };
		uint32_t answer;
		char where[256];

		code = filter_evaluate(&arena, &want, &nothing, &answer, err);
		arena_done(&arena);
		if (code != AMBIT_E_POLICY)
			continue;
		(void)err_prefix(err, "%s", origin_text(&g->origin, where, sizeof(where)));
		err_at(err, g->origin.line, g->origin.column);
		code = err_hint(err, "syscalls(2) lists them; the page of each its arguments");
	}
	return code;
}

/* The promises are all there is: lines that they stand for bring paths, and no further calls. */
static void plan_pledge(struct ambit_plan *plan)
{
	const uint32_t flags = policy_promise_flags(plan->policy);
	struct filter_want *want = &plan->want;

	want->pledged = true;
	want->locks = flags & PROMISE_LOCKS;
	want->allow = CALL_BIT(START);
	for (size_t i = 0; i < plan->policy->count; i++)
		if (grant_promise(&plan->policy->grants[i]))
			want->allow |= grant_calls(&plan->policy->grants[i]);
}

static void plan_classes(struct ambit_plan *plan)
{
	struct filter_want *want = &plan->want;
	bool signals = plan->carried[DENY_SIGNALS] != 0;

	want->allow = CALL_BIT(START) | CALL_BIT(PIPE) | CALL_BIT(OPEN) | CALL_BIT(STAT) |
		      CALL_BIT(CWD) | CALL_BIT(SOCKETPAIR) | CALL_BIT(SOCKET_IO) | CALL_BIT(MEMFD) |
		      CALL_BIT(SESSION);
	if (plan->compute)
		want->allow = CALL_BIT(START) |
			      (plan->static_program ? 0 : CALL_BIT(OPEN) | CALL_BIT(STAT));
	for (size_t i = 0; i < plan->policy->count; i++)
		want->allow |= grant_calls(&plan->policy->grants[i]);
	if (policy_has(plan->policy, RIGHT_TMP))
		want->allow |= right_row(RIGHT_WRITE)->calls;
	if (signals && !plan->compute)
		want->allow |= CALL_BIT(SIGNAL);
	else
		want->allow &= ~CALL_BIT(SIGNAL);
	/* RLIMIT_AS counts mappings: memory that only a descriptor holds would not be counted. */
	if (plan->carried[DENY_LIMIT_MEMORY] == 1u << AMBIT_LAYER_RLIMITS)
		want->allow &= ~CALL_BIT(MEMFD);
	want->attributes_safe = plan->mount_view && !plan->exposed;
	if (want->attributes_safe && (want->allow & CALL_BIT(CREATE)))
		want->allow |= CALL_BIT(ATTRIBUTES);
	if (plan->door == DOOR_RUN && !plan->exec_key)
		want->allow |= CALL_BIT(EXEC);
}

/* What is inherited and what it asks for: either could also bring in others, by messages. */
static bool has_pairs_only(const struct ambit_plan *plan)
{
	static const enum open_kind sockets[] = { OPEN_STREAM, OPEN_DATAGRAM, OPEN_LISTENER,
						  OPEN_SOCKET };
	bool only =
		plan->want.socket_count == 0 && plan->want.extra_count == 0 && !plan->host->enters;

	for (size_t i = 0; i < plan->host->opens.count; i++)
		for (size_t j = 0; j < ARRAY_COUNT(sockets); j++)
			only &= plan->host->opens.list[i].kind != sockets[j];
	return only;
}

/*
 * A process that makes no others has one number, which is known when the filter is loaded. No line
 * of the policy may name the number that stands for it until then.
 */
static bool can_pin_signals(const struct ambit_plan *plan)
{
	const struct grant *g;

	for (size_t at = 0; (g = policy_next(plan->policy, RIGHT_SYSCALL, &at)) != NULL;)
		for (size_t i = 0; i < g->cond_count; i++)
			if (g->conds[i].value == FILTER_SELF)
				return false;
	return !plan->carried[DENY_SIGNALS] && !plan_frees_signals(plan) &&
	       !(plan->want.allow & (CALL_BIT(SIGNAL) | CALL_BIT(FORK)));
}

/* Is a path mounted writable by a line that lets files be made, and not cut short? */
static bool makes_without_writing(const struct ambit_plan *plan)
{
	for (size_t i = 0; i < plan->policy->count; i++) {
		const struct grant *g = &plan->policy->grants[i];
		const uint64_t access = g->path ? grant_landlock(g, true) : 0;

		if ((access & LL_FS_MAKE_REG) && !(access & LL_FS_TRUNCATE))
			return true;
	}
	return false;
}

static void plan_want(struct ambit_plan *plan)
{
	const struct grant *denial = policy_first(plan->policy, RIGHT_ON_DENIAL);
	struct filter_want *want = &plan->want;

	want->arch = arch_native();
	want->exec_key = plan->exec_key;
	want->jit = policy_has(plan->policy, RIGHT_JIT);
	want->terminal = policy_has(plan->policy, RIGHT_TERMINAL);
	want->compute = plan->compute;
	want->pairs_only = has_pairs_only(plan);
	/*
	 * In a view what is not written to is mounted read-only, and the rest is out of reach; but
	 * what passes is also in /proc/self/fd, on the mount it came from.
	 */
	want->no_truncate =
		(!plan->mount_view || makes_without_writing(plan) || plan_passes_file(plan)) &&
		plan_may(plan, AMBIT_LAYER_LANDLOCK) && plan->host->landlock_abi < 3;
	want->scoped = plan->carried[DENY_SIGNALS] & 1u << AMBIT_LAYER_LANDLOCK;
	want->on_denial = denial ? (enum filter_on_denial)denial->on_denial : FILTER_ERROR;
	plan_classes(plan);
	if (policy_has(plan->policy, RIGHT_PLEDGE))
		plan_pledge(plan);
	want->other_sockets = plan_makes_other_sockets(plan);
	want->any_port = plan_grants_any_port(plan);
	want->binds = policy_promise_flags(plan->policy) & PROMISE_BIND;
	if (plan->notify)
		want->notify = CALL_BIT(CONNECT) | CALL_BIT(LISTEN);
	for (size_t i = 0; i < plan->host->opens.count; i++)
		want->accept |= plan->host->opens.list[i].kind == OPEN_LISTENER;
	want->own_signals = can_pin_signals(plan);
}

/* A line that lets a call past the judge is weighed, though nobody asked about listening. */
static bool frees_listening(const struct ambit_plan *plan)
{
	const struct grant *g;

	for (size_t at = 0; (g = policy_next(plan->policy, RIGHT_SYSCALL, &at)) != NULL;)
		if (str_equal(g->name, "bind") || str_equal(g->name, "listen"))
			return plan->notify;
	return false;
}

static void ask(struct ambit_plan *plan)
{
	static const enum plan_denial always[] = { DENY_ATTRIBUTES, DENY_NETWORK, DENY_SIGNALS,
						   DENY_TRACE,	    DENY_IPC,	  DENY_USERNS,
						   DENY_KERNEL,	    DENY_TERMINAL };

	for (size_t i = 0; i < ARRAY_COUNT(always); i++)
		plan_ask(plan, always[i]);
	if (policy_has(plan->policy, RIGHT_CONNECT) && !plan_grants_any(plan, RIGHT_CONNECT))
		plan_ask(plan, DENY_CONNECT);
	if (policy_has(plan->policy, RIGHT_LISTEN) ? !plan_grants_any(plan, RIGHT_LISTEN)
						   : frees_listening(plan))
		plan_ask(plan, DENY_LISTEN);
	if (policy_has(plan->policy, RIGHT_UNIX)) {
		if (!plan_grants_any_socket(plan))
			plan_ask(plan, DENY_UNIX);
		plan_ask(plan, DENY_ABSTRACT);
	}
}

static void carry(struct ambit_plan *plan)
{
	static const enum plan_denial always[] = { DENY_NETWORK, DENY_TRACE,  DENY_IPC,
						   DENY_USERNS,	 DENY_KERNEL, DENY_TERMINAL };

	for (size_t i = 0; i < ARRAY_COUNT(always); i++)
		plan_carry(plan, always[i], AMBIT_LAYER_SECCOMP);
	if (!policy_has(plan->policy, RIGHT_JIT))
		plan_carry(plan, DENY_MEMORY_WX, AMBIT_LAYER_SECCOMP);
	if (!plan->mount_view || plan->exposed)
		plan_carry(plan, DENY_ATTRIBUTES, AMBIT_LAYER_SECCOMP);
	if (plan->want.no_truncate)
		plan_carry(plan, DENY_CHANGES, AMBIT_LAYER_SECCOMP);
	if (plan->exec_key || !(plan->want.allow & CALL_BIT(EXEC)))
		plan_carry(plan, DENY_PROGRAMS, AMBIT_LAYER_SECCOMP);
	if (plan->notify) {
		plan_carry(plan, DENY_CONNECT, AMBIT_LAYER_SECCOMP);
		plan_carry(plan, DENY_LISTEN, AMBIT_LAYER_SECCOMP);
		plan_carry(plan, DENY_UNIX, AMBIT_LAYER_SECCOMP);
		plan_carry(plan, DENY_ABSTRACT, AMBIT_LAYER_SECCOMP);
	}
}

/*
 * Without the class SIGNAL kill(2) and its kin are refused, but abort(3) and raise(3) need tgkill.
 * Of a program that makes processes the numbers cannot be known: that way stays open, and is said.
 */
static enum ambit_code carry_signals(struct ambit_plan *plan, struct ambit_error *err)
{
	const bool pinned = plan->want.own_signals;
	enum ambit_code code = AMBIT_OK;

	if (plan_frees_signals(plan))
		plan->asked[DENY_SIGNALS] = false;
	if (plan->want.allow & CALL_BIT(SIGNAL))
		return AMBIT_OK;
	plan_carry(plan, DENY_SIGNALS, AMBIT_LAYER_SECCOMP);
	if (plan->carried[DENY_SIGNALS] != 1u << AMBIT_LAYER_SECCOMP)
		return AMBIT_OK;
	if (!pinned)
		code = plan_notef(
			plan, NOTE_REPORTED, AMBIT_LAYER_SECCOMP, NULL, err,
			"tgkill may still signal processes of the same user, for a filter "
			"cannot know the numbers of all that the program makes: a pid "
			"namespace or Landlock ABI 6 would stop it");
	if (code != AMBIT_OK)
		return code;
	return plan_notef(
		plan, NOTE_CHOICE, AMBIT_LAYER_SECCOMP, NULL, err,
		pinned ? "kill(2) and its kin are refused, to the program itself too; tgkill "
			 "reaches only its own threads, tkill the first of them"
		       : "kill(2) and its kin are refused, among the program's own "
			 "processes too: nothing here tells those from others");
}

/* A judge that cannot tell which path is meant lets none pass: what is granted would not work. */
static enum ambit_code check_paths(struct ambit_plan *plan, struct ambit_error *err)
{
	const struct grant *g = policy_first(plan->policy, RIGHT_UNIX);

	if (!plan->notify || !g || plan_can_judge_paths(plan))
		return AMBIT_OK;
	return plan_notef(plan, g->prefer ? NOTE_SKIPPED : NOTE_GAP, AMBIT_LAYER_SECCOMP, g, err,
			  "the path of a local socket is judged with openat2 and /proc, which are "
			  "not to be had");
}

static bool connects_by(const struct ambit_plan *plan, enum net_protocol protocol)
{
	const struct grant *g;

	for (size_t at = 0; (g = policy_next(plan->policy, RIGHT_CONNECT, &at)) != NULL;)
		if (g->net.protocol == protocol)
			return true;
	return plan->want.other_sockets;
}

/*
 * Promises bring bind(2) for resolvers and netlink, and listen(2) for local sockets. No filter sees
 * which socket is meant: unjudged, they work on those of connect lines as well.
 */
static enum ambit_code say_binds(struct ambit_plan *plan, struct ambit_error *err)
{
	const bool listens = (plan->want.allow & CALL_BIT(LISTEN)) && !plan->asked[DENY_LISTEN];
	enum ambit_code code = AMBIT_OK;

	if (plan->notify && (policy_promise_flags(plan->policy) & PROMISE_UNIX))
		return plan_notef(plan, NOTE_NARROWER, AMBIT_LAYER_SECCOMP, NULL, err,
				  "the promise unix connects only: where addresses are judged no "
				  "path can be bound to");
	if (plan->notify)
		return AMBIT_OK;
	if ((plan->want.binds || listens) && connects_by(plan, NET_UDP) &&
	    !plan_grants_any_of(plan, RIGHT_LISTEN, NET_UDP))
		code = plan_notef(plan, NOTE_REPORTED, AMBIT_LAYER_SECCOMP, NULL, err,
				  "a promise lets datagrams come in at any port: it needs bind(2), "
				  "and nobody judges to which port");
	if (code == AMBIT_OK && listens && connects_by(plan, NET_TCP) &&
	    !plan_grants_any_of(plan, RIGHT_LISTEN, NET_TCP))
		code = plan_notef(
			plan, NOTE_REPORTED, AMBIT_LAYER_SECCOMP, NULL, err,
			"connections can come in at a port that the kernel picks: listen(2) is "
			"granted, and nobody judges of which socket");
	return code;
}

enum ambit_code seccomp_plan(struct ambit_plan *plan, struct ambit_error *err)
{
	const struct step step = {
		.layer = AMBIT_LAYER_SECCOMP,
		.place = PLACE_PROGRAM,
		.needs = TOKEN(NNP) | TOKEN(DESCRIPTORS),
		.takes = TOKEN(ANY_CALL),
		.what = plan->exec_key ? "load the system call filter; execve passes once"
				       : "load the system call filter",
		.reason = "last: what came before needs calls it refuses",
	};

	enum ambit_code code;

	ask(plan);
	if (!plan_may(plan, AMBIT_LAYER_SECCOMP))
		return AMBIT_OK;
	if (!plan_sockets(plan) || !plan_extras(plan))
		return err_memory(err, AMBIT_LAYER_SECCOMP);
	plan_want(plan);
	if (!plan_own_ids(plan))
		return err_memory(err, AMBIT_LAYER_SECCOMP);
	carry(plan);
	code = check_extras(plan, err);
	if (code == AMBIT_OK)
		code = carry_signals(plan, err);
	if (code == AMBIT_OK)
		code = seccomp_lines(plan, err);
	if (code == AMBIT_OK)
		code = check_paths(plan, err);
	if (code == AMBIT_OK)
		code = say_binds(plan, err);
	if (code == AMBIT_OK && plan->notify)
		code = plan_notef(
			plan, NOTE_CHOICE, AMBIT_LAYER_SECCOMP, NULL, err,
			"connect, bind, listen and sends to an address are judged and performed "
			"outside, call by call");
	if (code == AMBIT_OK && plan->want.no_truncate && (plan->want.allow & CALL_BIT(TRUNCATE)))
		code = plan_notef(
			plan, NOTE_CHOICE, AMBIT_LAYER_SECCOMP, NULL, err,
			"truncate(2), and O_TRUNC without writing, are refused for every path: "
			"Landlock ABI %d cannot tell which is granted",
			plan->host->landlock_abi);
	if (code != AMBIT_OK)
		return code;
	return plan_step(plan, &step) ? AMBIT_OK : err_memory(err, AMBIT_LAYER_SECCOMP);
}

/* ---- prepare ---------------------------------------------------------------------------- */

enum ambit_code seccomp_prepare(struct kit_builder *kit, const struct ambit_plan *plan,
				const struct step *step, struct ambit_error *err)
{
	struct arena arena = { 0 };
	struct filter_prog prog = { 0 };
	enum ambit_code code = filter_build(&arena, &plan->want, &prog, err);
	struct kit_op op = { .layer = AMBIT_LAYER_SECCOMP,
			     .place = (uint8_t)step->place,
			     .op = OP_LOAD,
			     .a = (plan->notify ? ABI_SECCOMP_FILTER_FLAG_NEW_LISTENER |
							  ABI_SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
						: 0) |
				  (plan->want.on_denial == FILTER_REPORT ? SECCOMP_FILTER_FLAG_LOG
									 : 0),
			     .b = prog.count };

	if (code == AMBIT_OK) {
		if (plan->door == DOOR_ENTER) /* the other threads, too */
			op.a |= SECCOMP_FILTER_FLAG_TSYNC;
		op.c = (plan->want.own_signals ? PUT_NUMBER : 0) | (plan->exec_key ? PUT_KEY : 0);
		op.length = (uint32_t)(prog.count * sizeof(*prog.code));
		op.data = kit_add_data(kit, prog.code, op.length);
		kit_add_op(kit, &op);
	}
	arena_done(&arena);
	return code;
}

/* ---- commit, verify --------------------------------------------------------------------- */

/* Signals to oneself, where only the number tells oneself from others. */
static int put_own_number(struct sock_fprog *prog)
{
	const int pid = sys_getpid();
	int found = 0;

	for (unsigned short i = 0; i < prog->len && pid > 0; i++) {
		struct sock_filter *f = &prog->filter[i];

		if (f->code != (BPF_JMP | BPF_JEQ | BPF_K) || f->k != FILTER_SELF)
			continue;
		f->k = (uint32_t)pid;
		found++;
	}
	return pid < 0 ? pid : found ? 0 : -EPROTO;
}

/* The halves of @key, in turn; the low one is first. */
static int put_key(const struct sock_fprog *prog, uint64_t key)
{
	int found = 0;

	for (unsigned short i = 0; i < prog->len; i++)
		if (prog->filter[i].code == FILTER_KEY_CODE)
			prog->filter[i].k = (uint32_t)(found++ % 2 ? key >> 32 : key);
	return found == 2 ? 0 : -EPROTO;
}

int seccomp_commit(struct child *child, const struct kit_op *op)
{
	struct sock_fprog prog = {
		.len = (unsigned short)op->b,
		.filter = (struct sock_filter *)(uintptr_t)kit_data(child->kit, op->data),
	};
	int r = op->c & PUT_NUMBER ? put_own_number(&prog) : 0;

	if (r >= 0 && (op->c & PUT_KEY))
		r = child->exec_key ? put_key(&prog, child->exec_key) : -EPROTO;
	if (r < 0)
		return r;
	r = sys_seccomp(SECCOMP_SET_MODE_FILTER, op->a, &prog);
	if (op->c & PUT_KEY) /* a leader shares this memory */
		IGNORE_RESULT(put_key(&prog, 0));

	if (r > 0 && (op->a & SECCOMP_FILTER_FLAG_TSYNC))
		return -EBUSY; /* the number of a thread that has another filter */
	if (r >= 0 && (op->a & ABI_SECCOMP_FILTER_FLAG_NEW_LISTENER))
		child->listener_fd = r;
	return r;
}

int seccomp_verify(struct child *child, const struct kit_op *op)
{
	(void)child;
	(void)op;
	int r = sys_prctl(PR_GET_SECCOMP, 0, 0, 0, 0);

	return r == SECCOMP_MODE_FILTER ? 0 : r < 0 ? r : -EPROTO;
}
