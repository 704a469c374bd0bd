/* SPDX-License-Identifier: ISC */
/*
 * promise.h - OpenBSD's promises and Solaris' privileges as columns of rights
 *
 * A row says what a promise or privilege is made of here: classes of system calls, Landlock
 * accesses at every path within reach, lines of policy, the capabilities that a privileged process
 * needs for it, and what Linux cannot match.
 */
#ifndef AMBIT_POLICY_PROMISE_H
#define AMBIT_POLICY_PROMISE_H

#include "model.h"

enum promise_family { FAMILY_PROMISE, FAMILY_PRIVILEGE };
enum {
	PROMISE_BASIC = 1,    /* a privilege that every process has unless it was taken */
	PROMISE_NOTHING = 2,  /* Linux has nothing for it: accepted, grants nothing */
	PROMISE_LOCKS = 4,    /* file locks */
	PROMISE_UNIX = 8,     /* local sockets, wherever paths are granted */
	PROMISE_SIGNALS = 16, /* signals to whom the user id allows */
	PROMISE_ERROR = 32,   /* a violation is an error, not the end */
	PROMISE_BIND = 64,    /* bind(2) to a port that the kernel picks, as resolvers do */
};

struct promise {
	const char *name;
	const char *origin;    /* what messages call the lines it brings */
	const char *help;      /* one clause: what it grants */
	const char *differs;   /* what Linux cannot match, NULL for nothing */
	const char *lines;     /* policy; "" for none */
	uint64_t calls;	       /* CALL_BIT()s */
	uint64_t landlock;     /* LL_FS_... below "/", or below what was unveiled */
	uint64_t capabilities; /* bits: what of them a privileged caller keeps */
	uint32_t flags;	       /* PROMISE_... */
	enum promise_family family;
};

/* NULL past the last of the family. */
const struct promise *promise_at(enum promise_family family, size_t index);
const struct promise *promise_by_name(enum promise_family family, const char *name, size_t length);

/* The row a grant of promises or privileges is made of; NULL for other grants. */
const struct promise *grant_promise(const struct grant *g);
/* What a grant brings: its row of the rights table, or its promise's. */
uint64_t grant_calls(const struct grant *g);
uint64_t grant_landlock(const struct grant *g, bool is_dir);
/* Is it a line that a promise or privilege brought? */
bool grant_is_promised(const struct grant *g);
/* As policy_next(): the next that lets files be changed, made or removed at its path. */
const struct grant *policy_next_writer(const struct ambit_policy *p, size_t *at);
/* All that a policy brings of what its promises are, as PROMISE_... flags. */
uint32_t policy_promise_flags(const struct ambit_policy *p);
/* May programs be executed at all? */
bool policy_may_exec(const struct ambit_policy *p);

#endif
