/* SPDX-License-Identifier: ISC */
/* compare.h - what is reached, beside what a policy grants */
#ifndef AMBIT_CHECK_COMPARE_H
#define AMBIT_CHECK_COMPARE_H

#include "../policy/libc.h"
#include "reach.h"

enum finding_kind {
	FINDING_RIGHT,	 /* an effect that no line of the policy grants */
	FINDING_PATH,	 /* a constant path outside what is granted */
	FINDING_UNKNOWN, /* a function of the C library that the table does not have */
};

struct place {
	uint32_t function;
	uint64_t site;
	uint8_t confidence;
};

struct finding {
	enum finding_kind kind;
	enum libc_effect effect;
	const char *name;	  /* of the function of the C library, or of the system call */
	bool raw;		  /* a system call instruction of the code itself */
	const char *path;	  /* a constant; NULL: not known */
	const char *hidden;	  /* the path of a line that hides it; NULL: none does */
	VEC(struct place) places; /* what fails first, then the surest, then the shortest chain */
	bool fails;		  /* by the class of any of its places; else only a warning */
};

struct comparison {
	struct graph *graph;
	struct reach *reach;
	const struct ambit_policy *policy; /* NULL: everything is a finding, for a draft */
	uint64_t rights;		   /* RIGHT_BIT()s of the policy */
	unsigned fails; /* the classes of findings that fail, as policy_check_fails() */
	VEC(struct finding) findings;
	uint64_t used;	   /* EFFECT_BIT()s that were reached at all */
	VEC(char *) texts; /* owned */
};

/*
 * strings.c: what an argument of the call at @at can be, VALUES_MAX at most: the values, all of
 * them known, or else 0; the strings that are known, and whether these are all.
 */
size_t values_of(const struct comparison *c, const struct place *at, unsigned argument,
		 uint64_t *ret);
size_t strings_of(const struct comparison *c, const struct place *at, unsigned argument,
		  const char **ret, bool *ret_all);

/* decide.c: EFFECT_BIT()s of a call of the C library, and of a system call (@row NULL: of none) */
uint64_t effects_of_call(const struct comparison *c, const struct libc_function *row,
			 const struct place *at);
struct call_row;
uint64_t effects_of_site(const struct comparison *c, const struct call_row *row,
			 const struct site *s, const struct place *at);

void compare(struct comparison *c);
/*
 * address.c: what a struct sockaddr can be, all of it constants; 0 otherwise. Each is "" when the
 * policy grants it to @right, an absolute path of a local socket, or else "tcp HOST PORT".
 */
size_t compare_addresses(struct comparison *c, const struct value *v, enum right right,
			 const char **ret);
/* "tcp HOST PORT" where no line of the policy could mean the host that is looked up; else NULL. */
const char *compare_host(struct comparison *c, const char *host, const char *service);
void compare_done(struct comparison *c);
/* A line of policy that would allow it, or "without" one that is there; @out is cleared first. */
void finding_line(const struct finding *f, struct buf *out);
const char *confidence_text(enum confidence c);

#endif
