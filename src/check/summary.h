/* SPDX-License-Identifier: ISC */
/*
 * summary.h - what each function of a library does, from a file instead of from its code
 *
 * The file is text, in the words of the table of libc functions:
 *
 *	ambit-summary 1
 *	library NAME		its soname
 *	build-id HEX
 *	set N WORD...		numbered from 1
 *	function NAME N		what the exported function NAME does is set N
 *	start N			initialization; end N: what runs when the process ends
 *	pointers N		what any function does whose address the library gives away
 *
 * A word is an effect (READ; READ:/path where the path is a constant), +NAME (calls that function
 * of another library), =NAME (makes that system call itself), * (calls through a pointer), or
 * ?KIND, ?KIND:NAME (something that could not be followed).
 */
#ifndef AMBIT_CHECK_SUMMARY_H
#define AMBIT_CHECK_SUMMARY_H

#include "graph.h"

enum { SUMMARIES_MAX = 16 };
struct summary;
struct summaries {
	struct summary *at[SUMMARIES_MAX];
	size_t count;
};

enum summary_fit {
	SUMMARY_FITS,
	SUMMARY_NOT_NEEDED,  /* the program has no such library */
	SUMMARY_OTHER_BUILD, /* it has, but this was made from another build of it */
};

/* A path, or the name of one that was installed. */
enum ambit_code summary_add(struct summaries *s, const char *path,
			    struct ambit_error *err) MUST_CHECK;
void summaries_done(struct summaries *s);
const char *summary_library(const struct summary *s);
const char *summary_path(const struct summary *s);
/* Before program_link(); with @force another build's is taken, too. */
enum summary_fit summary_use(struct summary *s, struct program *p, bool force);

/* After program_link(), before the graph is built: pointers that summarised libraries gave away. */
void summaries_begin(struct graph *g);
/* Instead of graph_look(): false when @function is of no summarised library. */
bool summary_look(struct graph *g, uint32_t function, struct found *ret);
/* Is what stands at @address known from a summary? */
bool summary_covers(const struct program *p, uint64_t address);
/* Calls @add for each effect of @function, with the path or NULL. */
void summary_effects(const struct graph *g, uint32_t function,
		     void (*add)(void *context, unsigned effect, const char *path), void *context);
/* The address that stands for all of a library's pointers. */
bool summary_is_pointers(const struct program *p, uint64_t address);

/* The words for what could not be followed, by enum gap_kind. */
const char *gap_word(enum gap_kind kind);

/* summarise.c: the summary of the first object of @p, which is linked. */
void summarise(const struct program *p, struct buf *out);

#endif
