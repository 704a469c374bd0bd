/* SPDX-License-Identifier: ISC */
/* rule_words.h - the words of the rule tables, and the tables in files of their own */
#ifndef AMBIT_FILTER_RULE_WORDS_H
#define AMBIT_FILTER_RULE_WORDS_H

#include "rule.h"

#define ALLOW	       .answer = RULE_ALLOW
#define NOTIFY	       .answer = RULE_NOTIFY
#define REFUSE(number) .answer = RULE_REFUSE, .sys_errno = (number)
#define PROBE(number)  .answer = RULE_PROBE, .sys_errno = (number)

/* The argument is @v; its bits @m are @v; it is one of @l; its bits @m are one of @l; a key. */
#define EQ(a, v)                                                                                   \
	{                                                                                          \
		.argument = (a), .op = RULE_EQ, .value = (v)                                       \
	}
#define NE(a, v)                                                                                   \
	{                                                                                          \
		.argument = (a), .op = RULE_NE, .value = (v)                                       \
	}
#define MASK(a, m, v)                                                                              \
	{                                                                                          \
		.argument = (a), .op = RULE_MASK_EQ, .mask = (m), .value = (v)                     \
	}
#define IN(a, l) IN_MASK(a, UINT32_MAX, l)
#define IN_MASK(a, m, l)                                                                           \
	{                                                                                          \
		.argument = (a), .op = RULE_IN, .mask = (m), .list = (l),                          \
		.list_count = ARRAY_COUNT(l)                                                       \
	}
#define KEY(a, v)                                                                                  \
	{                                                                                          \
		.argument = (a), .op = RULE_KEY, .value = (v)                                      \
	}
#define CONDS(...)                                                                                 \
	.conds = (const struct rule_cond[]){ __VA_ARGS__ },                                        \
	.cond_count = sizeof((const struct rule_cond[]){ __VA_ARGS__ }) / sizeof(struct rule_cond)
#define CALLS(...)                                                                                 \
	.calls = (const uint16_t[]){ __VA_ARGS__ },                                                \
	.call_count = sizeof((const uint16_t[]){ __VA_ARGS__ }) / sizeof(uint16_t)
#define RULES(table) .rules = (table), .rule_count = ARRAY_COUNT(table)

/* rule_fd.c */
enum { IOCTL_RULES = 12, FCNTL_RULES = 10, PRCTL_RULES = 10, SECCOMP_RULES = 3 };
extern const struct rule ioctl_rules[IOCTL_RULES];
extern const struct rule fcntl_rules[FCNTL_RULES];
extern const struct rule prctl_rules[PRCTL_RULES];
extern const struct rule seccomp_rules[SECCOMP_RULES];

/* rule_net.c */
enum {
	SOCKET_RULES = 1,
	SOCKETPAIR_RULES = 2,
	CONNECT_RULES = 2,
	BIND_RULES = 3,
	LISTEN_RULES = 2,
	ACCEPT_RULES = 2,
	SENDTO_RULES = 3,
	SENDMSG_RULES = 2,
	SENDMMSG_RULES = 2,
	SETSOCKOPT_RULES = 7,
};
extern const struct rule socket_rules[SOCKET_RULES];
extern const struct rule socketpair_rules[SOCKETPAIR_RULES];
extern const struct rule connect_rules[CONNECT_RULES];
extern const struct rule bind_rules[BIND_RULES];
extern const struct rule listen_rules[LISTEN_RULES];
extern const struct rule accept_rules[ACCEPT_RULES];
extern const struct rule sendto_rules[SENDTO_RULES];
extern const struct rule sendmsg_rules[SENDMSG_RULES];
extern const struct rule sendmmsg_rules[SENDMMSG_RULES];
extern const struct rule setsockopt_rules[SETSOCKOPT_RULES];

#endif
