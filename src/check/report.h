/* SPDX-License-Identifier: ISC */
/* report.h - findings as text, and as JSON */
#ifndef AMBIT_CHECK_REPORT_H
#define AMBIT_CHECK_REPORT_H

#include "assume.h"
#include "compare.h"

struct report {
	struct comparison *comparison;
	struct reach *deep; /* all the way down: the system calls */
	const char *program, *policy, *from;
	size_t chains;
	const char *notes;		       /* lines about what it stands on */
	const struct assumptions *assumptions; /* may be NULL */
};

void report_text(const struct report *r, struct buf *out);
void report_json(const struct report *r, struct buf *out);
/*
 * A line each with @lead before it: what was taken from the author, "assumed: " with the places it
 * counts at or "without effect: ", and the calls that ask the name service.
 */
void report_assumptions(const struct report *r, const char *lead, struct buf *out);
/* What could not be followed, of what is reached. */
size_t report_gaps(const struct report *r, const struct gap **ret, size_t most);
/* The names of the system calls that can be reached, by number. */
size_t report_calls(const struct reach *deep, uint32_t *ret, size_t most);

/* draft.c: lines of a policy for what was found; what can go, and how many. */
void draft_infer(const struct comparison *c, struct buf *out);
size_t draft_prune(const struct comparison *c, const struct reach *deep, struct buf *out);

/* lines.c: "file:line" of an address, where the object's debugging information has it. */
struct lines;
struct lines *lines_new(const struct program *p);
void lines_free(struct lines *l);
bool lines_find(struct lines *l, uint64_t address, struct buf *out);

#endif
