/* SPDX-License-Identifier: ISC */
/*
 * rule.h - rules as data, between set.c and compile.c
 *
 * A rule: when all its conditions hold, this is the answer. The rules of a call are tried in
 * order, the first that holds answers; when none does, the call's own refusal. Rules grant: a
 * rule that refuses only gives a better errno than the one at the end.
 */
#ifndef AMBIT_FILTER_RULE_H
#define AMBIT_FILTER_RULE_H

#include <assert.h>

#include "filter.h"

/* The bits the kernel looks at in an argument; 0 when the call has no such argument. */
uint64_t call_argument_bits(enum call_id id, unsigned argument);

enum rule_op { RULE_EQ, RULE_NE, RULE_MASK_EQ, RULE_IN, RULE_KEY };

/*
 * RULE_IN: (argument & mask) is in the rising @list; only for arguments of 32 bits. RULE_KEY: all
 * of the register is @value, whatever the call has there, and how long it takes does not tell.
 */
struct rule_cond {
	uint8_t argument;
	uint8_t op; /* enum rule_op */
	uint16_t list_count;
	uint64_t mask, value;
	const uint32_t *list;
};

enum rule_answer {
	RULE_ALLOW,
	RULE_NOTIFY,
	RULE_REFUSE, /* sys_errno; kills under on-denial kill */
	RULE_PROBE,  /* sys_errno always: programs ask this to find out what is there */
};

/*
 * What a want says, as bits: the classes by CALL_BIT(), and these. A rule takes part when all
 * of @has and none of @hasnt are facts.
 */
#define FACT_JIT	    (UINT64_C(1) << 40)
#define FACT_TERMINAL	    (UINT64_C(1) << 41)
#define FACT_KEEP_DUMPABLE  (UINT64_C(1) << 42)
#define FACT_COMPUTE	    (UINT64_C(1) << 43)
#define FACT_SEALED	    (UINT64_C(1) << 44) /* compute, nothing opened: descriptors 0-2 */
#define FACT_EXEC_KEY	    (UINT64_C(1) << 45)
#define FACT_NOTIFY_CONNECT (UINT64_C(1) << 46)
#define FACT_NOTIFY_LISTEN  (UINT64_C(1) << 47)
#define FACT_UNIX_DATAGRAM  (UINT64_C(1) << 48) /* AF_UNIX datagram sockets are granted anyway */
#define FACT_KILL	    (UINT64_C(1) << 49) /* refusals end the process */
#define FACT_NOTIFY_SEND                                                                           \
	(UINT64_C(1) << 50) /* there are datagram sockets: messages name addresses */
#define FACT_NO_TRUNCATE (UINT64_C(1) << 51) /* nobody else judges who may cut a file short */
#define FACT_ACCEPT	 (UINT64_C(1) << 52) /* a socket that listens is inherited */
#define FACT_INET	 (UINT64_C(1) << 55) /* internet sockets are granted */
#define FACT_SCOPED	 (UINT64_C(1) << 53) /* no signal leaves, whoever the kernel picks for it */
#define FACT_PAIRS	 (UINT64_C(1) << 54) /* no sockets but local pairs */
#define FACT_PLEDGED	 (UINT64_C(1) << 56) /* promises are all there is */
#define FACT_LOCKS	 (UINT64_C(1) << 57) /* and files may be locked */
#define FACT_PINNED	 (UINT64_C(1) << 58) /* nobody else keeps tgkill and tkill inside */
#define FACT_BINDS	 (UINT64_C(1) << 59) /* sockets may be bound, whoever may listen */
#define FACT_ANY_PORT	 (UINT64_C(1) << 60) /* and every port is granted to listen on */

static_assert(CALL_CLASS_COUNT <= 40, "facts and classes share a word");

struct rule {
	uint64_t has, hasnt;
	const struct rule_cond *conds;
	uint8_t cond_count;
	uint8_t answer; /* enum rule_answer */
	uint16_t sys_errno;
	const char *reason;
};

/* Calls that share their rules: same argument types, same refusal. */
struct rule_group {
	const uint16_t *calls;
	const struct rule *rules;
	uint16_t call_count;
	uint16_t rule_count;
};

extern const struct rule_group rule_groups[];
extern const size_t rule_group_count;

/* The rules of one or several calls, those that take part only. */
struct rule_block {
	const struct rule *const *rules;
	uint16_t rule_count;
	uint16_t call;	    /* enum call_id, for the argument types */
	uint32_t otherwise; /* SECCOMP_RET_... when no rule holds */
};

/*
 * What set.c makes of a want: for each number either an answer (SECCOMP_RET_...) or, below
 * RULE_BLOCK_LIMIT, the index of a block. No answer is that small, for KILL_THREAD is not used.
 */
enum { RULE_NUMBERS = 512, RULE_BLOCK_LIMIT = 0x10000 };
struct rule_set {
	enum arch arch;
	bool kill;	  /* refusals end the process */
	bool absent;	  /* refusals are ENOSYS */
	uint32_t unknown; /* numbers that are in no table */
	uint32_t x32;	  /* numbers with bit 30, where the architecture has another ABI there */
	uint32_t treat[RULE_NUMBERS];
	struct rule_block *blocks;
	size_t block_count;
};
#define RULE_X32_BIT UINT32_C(0x40000000)

enum ambit_code rule_set_build(struct arena *a, const struct filter_want *want,
			       struct rule_set *ret_set, struct ambit_error *err) MUST_CHECK;
uint32_t rule_answer(const struct rule_set *set, const struct rule *r);
uint32_t rule_set_evaluate(const struct rule_set *set, const struct seccomp_data *data);
uint64_t rule_facts(const struct filter_want *want);

enum ambit_code rule_compile(struct arena *a, const struct rule_set *set,
			     struct filter_prog *ret_prog, struct ambit_error *err) MUST_CHECK;

#endif
