/* SPDX-License-Identifier: ISC */
/* parse.h - what the files of the parser share */
#ifndef AMBIT_POLICY_PARSE_H
#define AMBIT_POLICY_PARSE_H

#include "lex.h"
#include "model.h"

enum {
	POLICY_GRANTS_MAX = 10000,
	POLICY_DEPTH_MAX = 16, /* files that include each other */
	POLICY_PATH_MAX = 4095,
	POLICY_CONDS_MAX = 16, /* conditions of one syscall line */
};

/* One text being read: a file, a bundle, an option. Included texts point at what includes them. */
struct parser {
	struct lexer lex;
	struct ambit_policy *policy;
	struct ambit_error *err;
	const char *directory; /* NULL = working directory */
	const char *home;      /* NULL = unknown */
	const char *bundle;    /* its name while reading a bundle */
	const struct parser *parent;
	uint64_t device, inode; /* of the file being read; 0, 0 for other text */
	size_t start;		/* grants of the policy before this operation */
	bool alone;  /* only the form of this text: includes and bundles are not followed */
	bool sealed; /* nothing is included */
};

/* A directive after its modifiers were taken off. */
struct directive {
	const struct right_row *row;
	const struct word *words; /* words[0] is the keyword */
	size_t count;
	bool optional, prefer;
	struct unit *unit; /* where the words stand: for those that take a block */
};

typedef enum ambit_code (*parse_fn)(struct parser *ps, const struct directive *d);

/*
 * parse.c. An operation: parse_begin(), then text is read, then parse_end() with what came of it,
 * which looks for contradictions and takes the grants back on failure. policy and err are set.
 */
enum ambit_code parse_begin(struct parser *ps, const char *name, const char *text,
			    size_t length) MUST_CHECK;
enum ambit_code parse_end(struct parser *ps, enum ambit_code code) MUST_CHECK;
/* The form of one text: no includes, bundles or contradictions are looked at. @p is scratch. */
enum ambit_code policy_check_text(struct ambit_policy *p, const char *text, size_t length,
				  const char *name, struct ambit_error *err) MUST_CHECK;
enum ambit_code parse_text(struct parser *ps) MUST_CHECK;
/* A new grant for @word, or NULL with @err filled. */
struct grant *parse_grant(struct parser *ps, const struct directive *d, const struct word *word);
enum ambit_code parse_count(struct parser *ps, const struct directive *d, size_t min, size_t max);
/* "write: connect tcp|udp HOST PORT" */
enum ambit_code parse_usage(struct parser *ps, const struct directive *d);
/* A NUL-terminated copy, or NULL with @err filled. */
const char *parse_copy(struct parser *ps, const struct word *word);
enum ambit_code parse_memory(struct parser *ps);
/* The index of the bare @word in @list, or -1 with @err filled: "KIND 'x' ...; one of a, b". */
int parse_choice(struct parser *ps, const struct word *word, const char *kind,
		 const char *const *list, size_t count);

/* parse_path.c */
enum ambit_code parse_paths(struct parser *ps, const struct directive *d);
/* The clean absolute path that @word means, in the arena. */
enum ambit_code parse_path(struct parser *ps, const struct word *word, const char **ret_path);

/* parse_net.c, parse_value.c, parse_name.c, parse_syscall.c, file.c */
enum ambit_code parse_connect(struct parser *ps, const struct directive *d);
enum ambit_code parse_listen(struct parser *ps, const struct directive *d);
enum ambit_code parse_tmp(struct parser *ps, const struct directive *d);
enum ambit_code parse_limit(struct parser *ps, const struct directive *d);
enum ambit_code parse_fd(struct parser *ps, const struct directive *d);
enum ambit_code parse_on_denial(struct parser *ps, const struct directive *d);
enum ambit_code parse_check_fails(struct parser *ps, const struct directive *d);
enum ambit_code parse_need(struct parser *ps, const struct directive *d);
enum ambit_code parse_identity(struct parser *ps, const struct directive *d);
enum ambit_code parse_capability(struct parser *ps, const struct directive *d);
enum ambit_code parse_label(struct parser *ps, const struct directive *d);
enum ambit_code parse_env(struct parser *ps, const struct directive *d);
enum ambit_code parse_broker(struct parser *ps, const struct directive *d);
enum ambit_code parse_promises(struct parser *ps, const struct directive *d);
enum ambit_code parse_privileges(struct parser *ps, const struct directive *d);
enum ambit_code parse_use(struct parser *ps, const struct directive *d);
enum ambit_code parse_syscall(struct parser *ps, const struct directive *d);
enum ambit_code parse_include(struct parser *ps, const struct directive *d);

/* conflict.c: contradictions among all grants; lines of the user's win over those of bundles. */
enum ambit_code policy_conflicts(struct ambit_policy *p, struct ambit_error *err) MUST_CHECK;

#endif
