/* SPDX-License-Identifier: ISC */
/*
 * set.c - a want becomes, for every number, an answer or a list of rules
 *
 * First every call of a granted class is allowed and every other one refused; then the calls
 * that have rules get those that take part in this want; last the policy's own "syscall" lines
 * are put in front of whatever stands there. What stands in no table is a call newer than this
 * program: ENOSYS, so that its callers take their older way.
 */
#include <errno.h>
#include <sys/socket.h>

#include "rule.h"

enum { EXTRA_COUNT_MAX = 4096, CONDITION_COUNT_MAX = 64 };
#define SOCKET_TYPE (UINT32_MAX & ~(uint32_t)(SOCK_NONBLOCK | SOCK_CLOEXEC))

/*
 * Refused without harm even where refusals kill: what a C library or a runtime does to find out
 * what there is, before the program has done anything.
 */
static const uint16_t probes[] = {
	ID_access,	   ID_faccessat,   ID_faccessat2,  ID_readlink,	  ID_readlinkat,
	ID_statx,	   ID_newfstatat,  ID_clone3,	   ID_openat2,	  ID_pidfd_open,
	ID_io_uring_setup, ID_getsockname, ID_getpeername, ID_getsockopt, ID_set_mempolicy,
	ID_mbind,	   ID_modify_ldt,  ID_uretprobe,
};

struct builder {
	struct arena *arena;
	const struct filter_want *want;
	struct rule_set *set;
	uint64_t facts;
	const struct rule **pool; /* room for the rule lists of all blocks */
	size_t pool_used, pool_size;
	struct rule *socket_rules; /* made of want->sockets */
	size_t socket_rule_count;
	struct rule *extra_rules; /* made of want->extras, one each */
	uint16_t *extra_calls;	  /* the calls these are about */
	bool has_extra[ID_COUNT];
};

static uint32_t errno_answer(uint32_t number)
{
	return SECCOMP_RET_ERRNO | (number & SECCOMP_RET_DATA);
}

static uint32_t refusal(const struct rule_set *set, uint32_t sys_errno)
{
	if (set->kill)
		return SECCOMP_RET_KILL_PROCESS;
	return errno_answer(set->absent ? ENOSYS : sys_errno);
}

uint32_t rule_answer(const struct rule_set *set, const struct rule *r)
{
	switch ((enum rule_answer)r->answer) {
	case RULE_ALLOW:
		return SECCOMP_RET_ALLOW;
	case RULE_NOTIFY:
		return SECCOMP_RET_USER_NOTIF;
	case RULE_REFUSE:
		return refusal(set, r->sys_errno);
	case RULE_PROBE:
		return errno_answer(r->sys_errno);
	}
	return SECCOMP_RET_KILL_PROCESS;
}

static bool grants_unix_datagram(const struct filter_want *want)
{
	for (size_t i = 0; i < want->socket_count; i++) {
		const struct filter_socket *s = &want->sockets[i];

		if ((s->family == AF_UNIX || s->family < 0) &&
		    (s->type == SOCK_DGRAM || s->type < 0))
			return true;
	}
	return false;
}

static bool grants_internet(const struct filter_want *want)
{
	for (size_t i = 0; i < want->socket_count; i++)
		if (want->sockets[i].family == AF_INET || want->sockets[i].family == AF_INET6 ||
		    want->sockets[i].family < 0)
			return true;
	return false;
}

/* Sockets whose messages name where they go; what a netlink message names is the kernel. */
static bool grants_addressed_messages(const struct filter_want *want)
{
	if (want->other_sockets)
		return true;
	for (size_t i = 0; i < want->socket_count; i++) {
		const struct filter_socket *s = &want->sockets[i];

		if (s->type != SOCK_STREAM && s->family != AF_NETLINK)
			return true;
	}
	return false;
}

uint64_t rule_facts(const struct filter_want *want)
{
	const uint64_t classes = (UINT64_C(1) << CALL_CLASS_COUNT) - 1;
	uint64_t facts = (want->allow & classes) | CALL_BIT(START);

	/* The calls of a notified class that take no address (accept) are simply allowed. */
	facts |= want->notify & (CALL_BIT(CONNECT) | CALL_BIT(LISTEN));
	if (want->attributes_safe && (facts & CALL_BIT(CREATE)))
		facts |= CALL_BIT(ATTRIBUTES);
	if (want->jit)
		facts |= FACT_JIT;
	if (want->terminal)
		facts |= FACT_TERMINAL;
	if (want->keep_dumpable)
		facts |= FACT_KEEP_DUMPABLE;
	if (want->exec_key)
		facts |= FACT_EXEC_KEY;
	if (want->scoped)
		facts |= FACT_SCOPED;
	if (want->own_signals)
		facts |= FACT_PINNED;
	if (want->pairs_only)
		facts |= FACT_PAIRS;
	if (want->accept)
		facts |= FACT_ACCEPT;
	if (want->compute)
		facts |= FACT_COMPUTE;
	/* A dynamic program's loader has to open and read before main; a static one need not. */
	if (want->compute && !(facts & CALL_BIT(OPEN)))
		facts |= FACT_SEALED;
	if (want->notify & CALL_BIT(CONNECT))
		facts |= FACT_NOTIFY_CONNECT;
	if (want->notify & CALL_BIT(LISTEN))
		facts |= FACT_NOTIFY_LISTEN;
	if ((want->notify & CALL_BIT(CONNECT)) && grants_addressed_messages(want))
		facts |= FACT_NOTIFY_SEND;
	if (grants_internet(want))
		facts |= FACT_INET;
	if (grants_unix_datagram(want))
		facts |= FACT_UNIX_DATAGRAM;
	if (want->pledged)
		facts |= FACT_PLEDGED;
	if (want->locks)
		facts |= FACT_LOCKS;
	if (want->binds)
		facts |= FACT_BINDS;
	if (want->any_port)
		facts |= FACT_ANY_PORT;
	if (want->no_truncate)
		facts |= FACT_NO_TRUNCATE;
	if (want->on_denial == FILTER_KILL)
		facts |= FACT_KILL;
	return facts & ~(UINT64_C(1) << CALL_NEVER);
}

/* What each number is by its class alone. */
static void fill_by_class(struct builder *b)
{
	struct rule_set *set = b->set;
	size_t count;
	const struct call_row *rows = call_table(set->arch, &count);

	for (size_t i = 0; i < RULE_NUMBERS; i++)
		set->treat[i] = set->unknown;
	for (size_t i = 0; i < count; i++) {
		uint32_t answer = refusal(set, rows[i].refusal);

		if (b->facts & (UINT64_C(1) << rows[i].klass))
			answer = SECCOMP_RET_ALLOW;
		set->treat[rows[i].number] = answer;
	}
	for (size_t i = 0; (set->kill || set->absent) && i < ARRAY_COUNT(probes); i++) {
		int number = call_number(set->arch, probes[i]);
		const struct call_row *row;

		if (number < 0 || set->treat[number] == SECCOMP_RET_ALLOW)
			continue;
		row = call_by_number(set->arch, (uint32_t)number);
		if (row)
			set->treat[number] = errno_answer(row->refusal);
	}
}

static bool takes_part(const struct builder *b, const struct rule *r)
{
	return (b->facts & r->has) == r->has && !(b->facts & r->hasnt);
}

/*
 * Put the rules of a group that take part into the pool, behind those already there. A rule
 * without conditions is the last that can ever answer.
 */
static void collect(struct builder *b, const struct rule *rules, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!takes_part(b, &rules[i]))
			continue;
		b->pool[b->pool_used++] = &rules[i];
		if (rules[i].cond_count == 0)
			return;
	}
}

/* What the rules put into the pool since @start make of a call that was @otherwise. */
static uint32_t finish_block(struct builder *b, size_t start, uint16_t call, uint32_t otherwise)
{
	struct rule_set *set = b->set;
	const struct rule *const *rules = &b->pool[start];
	size_t count = b->pool_used - start;

	if (count > 0 && rules[count - 1]->cond_count == 0) {
		otherwise = rule_answer(set, rules[count - 1]);
		count--;
	}
	if (count == 0)
		return otherwise;
	set->blocks[set->block_count] = (struct rule_block){
		.rules = rules,
		.rule_count = (uint16_t)count,
		.call = call,
		.otherwise = otherwise,
	};
	return (uint32_t)set->block_count++;
}

/* What a call answers where its rules end: refused, unless there are none at all. */
static uint32_t refusal_of(const struct builder *b, int number)
{
	uint32_t answer = b->set->treat[number];
	const struct call_row *row;

	if (answer != SECCOMP_RET_ALLOW)
		return answer;
	row = call_by_number(b->set->arch, (uint32_t)number);
	return refusal(b->set, row ? row->refusal : EPERM);
}

static void apply_group(struct builder *b, const struct rule_group *group)
{
	size_t start = b->pool_used;
	uint32_t treat = 0;
	bool built = false;

	if (group->calls[0] == ID_socket && (b->facts & CALL_BIT(SOCKET)))
		collect(b, b->socket_rules, b->socket_rule_count);
	collect(b, group->rules, group->rule_count);
	if (b->pool_used == start && group->calls[0] != ID_socket)
		return;
	for (size_t i = 0; i < group->call_count; i++) {
		uint16_t id = group->calls[i];
		int number = call_number(b->set->arch, id);

		if (number < 0 || b->has_extra[id])
			continue;
		if (!built)
			treat = finish_block(b, start, id, refusal_of(b, number));
		built = true;
		b->set->treat[number] = treat;
	}
}

static const struct rule_group *group_of(uint16_t id)
{
	for (size_t i = 0; i < rule_group_count; i++) {
		for (size_t j = 0; j < rule_groups[i].call_count; j++) {
			if (rule_groups[i].calls[j] == id)
				return &rule_groups[i];
		}
	}
	return NULL;
}

/* A call that "syscall" lines name: those, then what it would be without them. */
static void apply_extra(struct builder *b, uint16_t id)
{
	const struct rule_group *group = group_of(id);
	int number = call_number(b->set->arch, id);
	size_t start = b->pool_used, own;
	uint32_t otherwise;

	for (size_t i = 0; i < b->want->extra_count; i++) {
		if (b->extra_calls[i] == id)
			collect(b, &b->extra_rules[i], 1);
	}
	own = b->pool_used;
	if (group && id == ID_socket && (b->facts & CALL_BIT(SOCKET)))
		collect(b, b->socket_rules, b->socket_rule_count);
	if (group)
		collect(b, group->rules, group->rule_count);
	otherwise = b->set->treat[number];
	if (b->pool_used != own || id == ID_socket)
		otherwise = refusal_of(b, number);
	/* After a rule that always holds, what follows is dead. */
	for (size_t i = start; i < b->pool_used; i++) {
		if (b->pool[i]->cond_count == 0)
			b->pool_used = i + 1;
	}
	b->set->treat[number] = finish_block(b, start, id, otherwise);
}

/* How many sockets from @s on differ in their protocols only, which rise. */
static size_t same_but_protocol(const struct filter_socket *s, size_t count)
{
	size_t n = 1;

	while (n < count && s[n].family == s->family && s[n].type == s->type && s->protocol >= 0 &&
	       s[n].protocol > s[n - 1].protocol)
		n++;
	return n;
}

/* The conditions of one socket rule; @protocols has room for @count values. */
static void make_socket_rule(struct rule *r, struct rule_cond *conds, uint32_t *protocols,
			     const struct filter_socket *s, size_t count)
{
	*r = (struct rule){ .answer = RULE_ALLOW, .conds = conds, .reason = "granted" };
	if (s->family >= 0)
		conds[r->cond_count++] =
			(struct rule_cond){ .op = RULE_EQ, .value = (uint64_t)s->family };
	if (s->type >= 0)
		conds[r->cond_count++] =
			(struct rule_cond){ .argument = 1,
					    .op = RULE_MASK_EQ,
					    .mask = SOCKET_TYPE,
					    .value = (uint64_t)s->type & SOCKET_TYPE };
	if (s->protocol < 0)
		return;
	for (size_t i = 0; i < count; i++)
		protocols[i] = (uint32_t)s[i].protocol;
	conds[r->cond_count++] = (struct rule_cond){ .argument = 2,
						     .op = RULE_IN,
						     .mask = UINT32_MAX,
						     .list = protocols,
						     .list_count = (uint16_t)count };
}

/* A rule for each kind of socket that may be made, and for some that differ little. */
static bool make_socket_rules(struct builder *b)
{
	size_t count = b->want->socket_count, same;
	struct rule_cond *conds = arena_array(b->arena, 3 * count, sizeof(*conds));
	uint32_t *protocols = arena_array(b->arena, count, sizeof(*protocols));

	b->socket_rules = arena_array(b->arena, count, sizeof(*b->socket_rules));
	if (!conds || !protocols || !b->socket_rules)
		return false;
	for (size_t i = 0; i < count; i += same) {
		const struct filter_socket *s = &b->want->sockets[i];

		same = same_but_protocol(s, count - i);
		make_socket_rule(&b->socket_rules[b->socket_rule_count], &conds[3 * i],
				 &protocols[i], s, same);
		b->socket_rule_count++;
	}
	return true;
}

/* A value as wide as its argument: -1 for an int is written with 64 bits too. */
static bool fit_value(uint64_t bits, uint64_t *value)
{
	uint64_t sign = bits - (bits >> 1);

	if ((*value & ~bits) == 0)
		return true;
	if ((*value & ~bits) == ~bits && (*value & sign)) {
		*value &= bits;
		return true;
	}
	return false;
}

static enum ambit_code make_extra_cond(const struct filter_extra *extra, uint16_t id,
				       const struct filter_cond *from, struct rule_cond *to,
				       struct ambit_error *err)
{
	static const uint8_t ops[] = {
		[FILTER_EQ] = RULE_EQ, [FILTER_NE] = RULE_NE, [FILTER_MASK_EQ] = RULE_MASK_EQ
	};
	uint64_t bits = call_argument_bits(id, from->argument);
	uint64_t mask = from->op == FILTER_MASK_EQ ? from->mask : bits;
	uint64_t value = from->value;

	if ((unsigned)from->op >= ARRAY_COUNT(ops))
		return err_set(err, AMBIT_E_USAGE, AMBIT_LAYER_SECCOMP, 0,
			       "unknown comparison in a condition on %s", extra->name);
	if (bits == 0)
		return err_set(err, AMBIT_E_POLICY, AMBIT_LAYER_SECCOMP, 0,
			       "system call %s has no argument %u", extra->name, from->argument);
	if (!fit_value(bits, &value) || !fit_value(bits, &mask))
		return err_set(err, AMBIT_E_POLICY, AMBIT_LAYER_SECCOMP, 0,
			       "argument %u of %s has %d bits, the value needs more",
			       from->argument, extra->name, __builtin_popcountll(bits));
	if (mask == 0 || (value & ~mask))
		return err_set(err, AMBIT_E_POLICY, AMBIT_LAYER_SECCOMP, 0,
			       "a condition on argument %u of %s compares nothing, or bits that "
			       "its mask hides",
			       from->argument, extra->name);
	*to = (struct rule_cond){
		.argument = from->argument, .op = ops[from->op], .mask = mask, .value = value
	};
	return AMBIT_OK;
}

static enum ambit_code make_extra(struct builder *b, size_t index, struct ambit_error *err)
{
	const struct filter_extra *extra = &b->want->extras[index];
	const struct call_row *row = call_by_name(b->want->arch, extra->name);
	struct rule_cond *conds;

	if (!row)
		return err_set(err, AMBIT_E_POLICY, AMBIT_LAYER_SECCOMP, 0,
			       "no system call of this architecture is called \"%s\"", extra->name);
	if (extra->cond_count > CONDITION_COUNT_MAX)
		return err_set(err, AMBIT_E_POLICY, AMBIT_LAYER_SECCOMP, 0,
			       "too many conditions on %s: at most %d", extra->name,
			       CONDITION_COUNT_MAX);
	if (extra->answer_errno > 4095)
		return err_set(err, AMBIT_E_POLICY, AMBIT_LAYER_SECCOMP, 0,
			       "%u is no error number: at most 4095", extra->answer_errno);
	conds = arena_array(b->arena, extra->cond_count, sizeof(*conds));
	if (!conds)
		return err_memory(err, AMBIT_LAYER_SECCOMP);
	for (size_t i = 0; i < extra->cond_count; i++) {
		enum ambit_code code =
			make_extra_cond(extra, row->id, &extra->conds[i], &conds[i], err);

		if (code != AMBIT_OK)
			return code;
	}
	b->extra_calls[index] = row->id;
	b->has_extra[row->id] = true;
	b->extra_rules[index] = (struct rule){
		.answer = extra->answer_errno ? RULE_PROBE : RULE_ALLOW,
		.sys_errno = (uint16_t)extra->answer_errno,
		.conds = conds,
		.cond_count = (uint8_t)extra->cond_count,
		.reason = "a syscall line of the policy",
	};
	return AMBIT_OK;
}

static enum ambit_code make_extras(struct builder *b, struct ambit_error *err)
{
	size_t count = b->want->extra_count;

	if (count > EXTRA_COUNT_MAX || b->want->socket_count > EXTRA_COUNT_MAX)
		return err_set(err, AMBIT_E_POLICY, AMBIT_LAYER_SECCOMP, 0,
			       "too many system call or socket rules: at most %d", EXTRA_COUNT_MAX);
	b->extra_rules = arena_array(b->arena, count, sizeof(*b->extra_rules));
	b->extra_calls = arena_array(b->arena, count, sizeof(*b->extra_calls));
	if (!b->extra_rules || !b->extra_calls)
		return err_memory(err, AMBIT_LAYER_SECCOMP);
	for (size_t i = 0; i < count; i++) {
		enum ambit_code code = make_extra(b, i, err);

		if (code != AMBIT_OK)
			return code;
	}
	return AMBIT_OK;
}

/* Room for every rule list and block there can be. */
static bool make_room(struct builder *b)
{
	size_t rules = 2 * b->want->socket_count + b->want->extra_count;
	size_t blocks = rule_group_count + b->want->extra_count;

	for (size_t i = 0; i < rule_group_count; i++)
		rules += rule_groups[i].rule_count;
	/* Several extras for calls of one group repeat its rules. */
	for (size_t i = 0; i < b->want->extra_count; i++) {
		const struct rule_group *group = group_of(b->extra_calls[i]);

		rules += group ? group->rule_count : 0;
	}
	b->pool = arena_array(b->arena, rules, sizeof(*b->pool));
	b->set->blocks = arena_array(b->arena, blocks, sizeof(*b->set->blocks));
	return b->pool && b->set->blocks;
}

enum ambit_code rule_set_build(struct arena *a, const struct filter_want *want,
			       struct rule_set *ret_set, struct ambit_error *err)
{
	struct builder b = { .arena = a, .want = want, .set = ret_set };
	enum ambit_code code;

	if ((unsigned)want->arch >= ARCH_COUNT)
		return err_set(err, AMBIT_E_USAGE, AMBIT_LAYER_SECCOMP, 0, "unknown architecture");
	b.facts = rule_facts(want);
	ret_set->arch = want->arch;
	ret_set->kill = want->on_denial == FILTER_KILL;
	ret_set->absent = want->on_denial == FILTER_ABSENT;
	ret_set->unknown = errno_answer(ENOSYS);
	ret_set->x32 = ret_set->unknown;
	if (want->arch == ARCH_X86_64 && ret_set->kill)
		ret_set->x32 = SECCOMP_RET_KILL_PROCESS;
	ret_set->block_count = 0;
	code = make_extras(&b, err);
	if (code != AMBIT_OK || !b.extra_calls)
		return code;
	if (!make_room(&b) || !make_socket_rules(&b))
		return err_memory(err, AMBIT_LAYER_SECCOMP);
	fill_by_class(&b);
	for (size_t i = 0; i < rule_group_count; i++)
		apply_group(&b, &rule_groups[i]);
	for (size_t i = 0; i < want->extra_count; i++) {
		uint16_t id = b.extra_calls[i];

		if (b.has_extra[id])
			apply_extra(&b, id);
		b.has_extra[id] = false;
	}
	return AMBIT_OK;
}

static bool cond_holds(uint16_t call, const struct rule_cond *c, const uint64_t *args)
{
	uint64_t argument = args[c->argument] & call_argument_bits(call, c->argument);
	uint64_t mask = c->mask;

	switch ((enum rule_op)c->op) {
	case RULE_EQ:
		return argument == c->value;
	case RULE_NE:
		return argument != c->value;
	case RULE_MASK_EQ:
		return (argument & mask) == c->value;
	case RULE_IN:
		for (size_t i = 0; i < c->list_count; i++) {
			if ((argument & mask) == c->list[i])
				return true;
		}
		return false;
	case RULE_KEY:
		return args[c->argument] == c->value;
	}
	return false;
}

static bool rule_holds(uint16_t call, const struct rule *r, const uint64_t *args)
{
	for (size_t i = 0; i < r->cond_count; i++) {
		if (!cond_holds(call, &r->conds[i], args))
			return false;
	}
	return true;
}

uint32_t rule_set_evaluate(const struct rule_set *set, const struct seccomp_data *data)
{
	uint32_t number = (uint32_t)data->nr, treat;
	const struct rule_block *block;
	uint64_t args[6];

	if (data->arch != filter_audit_arch(set->arch))
		return SECCOMP_RET_KILL_PROCESS;
	if (number >= RULE_NUMBERS)
		return number - RULE_X32_BIT < RULE_X32_BIT ? set->x32 : set->unknown;
	treat = set->treat[number];
	if (treat >= RULE_BLOCK_LIMIT)
		return treat;
	block = &set->blocks[treat];
	for (size_t i = 0; i < 6; i++)
		args[i] = data->args[i];
	for (size_t i = 0; i < block->rule_count; i++) {
		if (rule_holds(block->call, block->rules[i], args))
			return rule_answer(set, block->rules[i]);
	}
	return block->otherwise;
}

enum ambit_code filter_evaluate(struct arena *a, const struct filter_want *want,
				const struct seccomp_data *data, uint32_t *ret_answer,
				struct ambit_error *err)
{
	struct rule_set set = { .arch = want->arch };
	enum ambit_code code = rule_set_build(a, want, &set, err);

	if (code == AMBIT_OK)
		*ret_answer = rule_set_evaluate(&set, data);
	return code;
}
