/* SPDX-License-Identifier: ISC */
/*
 * reach.h - what can be reached from a place, how, and by which chain of calls
 *
 * The same question at two depths. At the boundary of the C library (the default) a call of one of
 * its functions is a use, and the table of libc functions says what it does. All the way down, what
 * the library itself can reach counts, to the system calls.
 */
#ifndef AMBIT_CHECK_REACH_H
#define AMBIT_CHECK_REACH_H

#include "graph.h"

/* How sure it is that a function is called; the better ones first. */
enum confidence {
	SURE_DIRECT,
	SURE_CALLBACK,
	SURE_INDIRECT,	       /* by a pointer, in the program */
	SURE_INDIRECT_LIBRARY, /* by a pointer, in a library */
	SURE_COUNT
};

struct reached {
	uint32_t site;	     /* in @from; packed */
	uint32_t from;	     /* plus one; 0: a start */
	uint32_t chain : 24; /* its length */
	uint8_t confidence : 2;
	uint8_t how : 2; /* enum step_kind */
	bool seen : 1;
};
enum step_kind { STEP_START, STEP_CALL, STEP_HANDED, STEP_POINTER };

/* A function of the C library that other code calls. */
struct use {
	uint32_t function, from;
	uint32_t site; /* packed */
	uint8_t confidence;
	uint8_t how;
};

struct reach {
	struct graph *graph;
	bool deep;    /* into the C library */
	bool certain; /* what is called for sure: no pointers */
	bool thread;  /* from a function that threads begin with */
	bool whole;   /* from the start of the program: the library calls back what it was given */
	bool after;   /* what remains after a call: what was registered before can still run */
	bool all;     /* of which nobody can tell where it ends: it is all of the program */
	struct reached *functions;
	size_t count;
	size_t visited[POOL_COUNT]; /* of each pool */
	bool ended;		    /* what runs when the process ends was visited */
	VEC(uint32_t) order;
	VEC(struct use) uses;
	VEC(struct function) partial; /* functions from a place in their middle on */
	VEC(uint32_t) partial_of;
	struct map rest;     /* the instructions of those */
	VEC(uint32_t) again; /* functions that such a call is made from, nobody sees where */
};

void reach_start(struct reach *r, uint32_t function);
/* after.c: what remains after a call of @function has come back. False: no call was found. */
bool reach_after(struct reach *r, uint32_t function);
void reach_run(struct reach *r);
uint64_t reached_site(const struct reach *r, const struct reached *here);
uint64_t use_site(const struct reach *r, const struct use *u);
/* Can what stands at @address in @function run? */
bool reach_has(const struct reach *r, uint32_t function, uint64_t address);
void reach_done(struct reach *r);

/* Which argument register @reg is at a function's entry, or -1. */
int reach_register(unsigned reg);
/* What a call hands over: argument @argument of the call at @site in @function. */
void reach_argument(struct graph *g, uint32_t function, uint64_t site, unsigned argument,
		    struct value *ret);

#endif
