/* SPDX-License-Identifier: ISC */
/* policy.h - what can be done with a policy beside reading it: print, compare, format, explain */
#ifndef AMBIT_POLICY_POLICY_H
#define AMBIT_POLICY_POLICY_H

#include "../base/buf.h"
#include "model.h"

/* parse.c: the caller's home directory, for ~; NULL when it is unknown or must not be trusted. */
const char *policy_home(void);

/* print.c: canonical text. A failed append sticks in @out. Parsing it gives an equal policy. */
void policy_print(const struct ambit_policy *p, struct buf *out);
/* One grant as a line of policy, with the newline. */
void grant_print(const struct grant *g, struct buf *out);

/* Writes what @path leads to on a host into @real, PATH_MAX bytes; false: to nothing else. */
typedef bool policy_follower(const char *path, char *real);

/*
 * follow.c: @ret is @p with what its paths lead to, grant by grant. It borrows from @p and is to be
 * ended with policy_done(). false: no memory. follow_path() gives @path, or a string in @arena.
 */
bool policy_follow(const struct ambit_policy *p, policy_follower *follow,
		   struct ambit_policy *ret) MUST_CHECK;
const char *follow_path(struct arena *arena, policy_follower *follow, const char *path) MUST_CHECK;

/* What of a host matters to whether one policy is within another. Either may be NULL. */
struct within_place {
	const char *(*always)(size_t index); /* what every program may see; NULL past the end */
	policy_follower *follow;
};

/*
 * diff.c: is all that @inner grants granted by @outer? @ret_more (may be NULL) gets what is
 * not, a directive a line; "without ..." are restrictions of @outer that @inner lacks. Sound, not
 * complete: a path or network is covered by a single grant of @outer, never by a union of several.
 * The paths must be covered as they are written, and so must be what they lead to at @place.
 */
enum ambit_code policy_within(const struct ambit_policy *inner, const struct ambit_policy *outer,
			      const struct within_place *place, bool *ret_is, struct buf *ret_more,
			      struct ambit_error *err) MUST_CHECK;

/* format.c: one file in canonical form; comments, order and single blank lines are kept. */
enum ambit_code policy_format(const char *text, size_t length, const char *name, struct buf *out,
			      struct ambit_error *err) MUST_CHECK;

/* header.c: a C header for <ambit/confined.h>; @name, of the policy, is an identifier. */
enum ambit_code policy_header(const struct ambit_policy *p, const char *name, struct buf *out,
			      struct ambit_error *err) MUST_CHECK;

/*
 * embedded.c: add the policy that the program behind @fd carries; policy_embed() gives the bytes of
 * a file that carries @p.
 */
enum ambit_code policy_embedded(struct ambit_policy *p, int fd, const char *name, bool *ret_found,
				struct ambit_error *err) MUST_CHECK;
enum ambit_code policy_embed(const struct ambit_policy *p, int fd, const char *name,
			     struct buf *out, struct ambit_error *err) MUST_CHECK;

/* help.c: the page on a keyword or a bundle; the list of all for a NULL @topic. */
enum ambit_code policy_help(const char *topic, struct buf *out, struct ambit_error *err) MUST_CHECK;
/* The keyword or bundle that @word was probably meant to be, or NULL. */
const char *policy_suggest(const char *word);

#endif
