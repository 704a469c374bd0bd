/* SPDX-License-Identifier: ISC */
/* walk.h - the parts of walk.c: what a run with a fault must look like, and what it left behind */
#ifndef AMBIT_TESTS_WALK_H
#define AMBIT_TESTS_WALK_H

#include "trace.h"

enum { TEXT_MAX = 8192, RESIDUE_MAX = 64, RESIDUE_NAME = 128 };

/* What the command said, and how it ended. */
struct run {
	struct trace_result trace;
	char out[TEXT_MAX], err[TEXT_MAX];
};

struct rules {
	const char *prefix;	  /* of the one sentence on fd 2 */
	bool any_layer;		  /* the sentence need not name a layer */
	const struct run *normal; /* a run without a fault */
};

enum verdict { VERDICT_REFUSED, VERDICT_TOLERATED, VERDICT_BAD };

/* Judge a run with a fault; for a bad one, why. */
enum verdict judge(const struct rules *rules, const struct run *run, int error,
		   char why[static 160]);

/* A call after whose failure the program may start all the same. */
struct tolerance {
	long nr;
	int error;	  /* 0: any */
	const char *text; /* what the argument string begins with; NULL: any */
	bool may_end;	  /* what stays beside the program may end it then, and say so */
	const char *reason;
};

/* What holds for this fault; NULL: the program may not start. */
const struct tolerance *tolerated(const struct trace_fault *fault, int error);

/* The mounts and the names in the places where a launcher might leave something. */
struct residue {
	uint64_t mounts;
	unsigned count;
	char names[RESIDUE_MAX][RESIDUE_NAME];
};

void residue_take(struct residue *r);

/* Something that is in after and not in before, or NULL. */
const char *residue_new(const struct residue *before, const struct residue *after);

#endif
