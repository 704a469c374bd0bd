/* SPDX-License-Identifier: ISC */
/* walk.h - the parts of walk.c: what a run with a fault must look like, and what it left behind */
#ifndef AMBIT_TESTS_WALK_H
#define AMBIT_TESTS_WALK_H

#include "trace.h"

enum { TEXT_MAX = 8192 };

/* What the command said, and how it ended. */
struct run {
	struct trace_result trace;
	char out[TEXT_MAX], err[TEXT_MAX];
};

struct rules {
	const char *prefix;	  /* of the one sentence on fd 2 */
	bool onward;		  /* later calls fail too */
	bool any_layer;		  /* the sentence need not name a layer */
	bool outcome;		  /* a fault may be passed over where all is as without one */
	const struct run *normal; /* a run without a fault */
};

enum verdict { VERDICT_REFUSED, VERDICT_TOLERATED, VERDICT_BAD };

/* Judge a run with a fault; for a bad one, why. */
enum verdict judge(const struct rules *rules, const struct run *run, int error,
		   char why[static 160]);

/* What may come of a call that failed and did not stop the start. */
enum after {
	AFTER_SAME,   /* all as in a run without a fault */
	AFTER_END,    /* the same; or what stays beside the program ends it, and says so */
	AFTER_ANSWER, /* the failure is an answer: another plan, which is as tight and says so */
	AFTER_UNSAID, /* the same; but fd 2 may lack the line that could not be written */
};

enum { ANY_ERROR = 0, ANY_REFUSAL = -1 };

/* Is every line of it, if there is any, a note? */
bool are_notes(const struct rules *rules, const char *err);

/* A call after whose failure the program may start all the same. */
struct tolerance {
	long nr;
	int error; /* ANY_ERROR; ANY_REFUSAL: EPERM, ENOSYS and others that are an answer */
	const char
		*text; /* what the argument string begins with, or "=" and all of it; NULL: any */
	int argument;  /* which argument has this value, or -1 */
	uint64_t value;
	enum after after;
	const char *reason;
};

/* What holds for this fault; NULL: the program may not start. */
const struct tolerance *tolerated(const struct trace_fault *fault, int error);

/* The mounts that this process sees, as one number. */
uint64_t residue_mounts(void);

/* Take away the control groups a run made. */
void residue_remove(const struct trace_result *run);

/* What a run left behind (a mount, a control group, a file), or NULL. */
const char *residue_of(const struct trace_result *run, uint64_t mounts_before);

#endif
