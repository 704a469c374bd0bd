/* SPDX-License-Identifier: ISC */
/*
 * evil.h - the escape catalogue as one program: what an attempt sees
 *
 * An attempt is a function that runs inside a sandbox and tries to get out. It says one of four
 * things: the act was refused (and how), it worked, it could not be tried at all, or it was done
 * and only the outside can tell what came of it. "Refused" is never concluded from an error
 * that a missing precondition would give as well: every attempt lists the errors it takes for a
 * refusal, and the same attempt, run unconfined on the same stage, must escape (--control).
 *
 * What an attempt needs to know about the outside (a canary's path, a port, a pid) comes as
 * KEY=VALUE arguments: facts.
 */
#ifndef EVIL_H
#define EVIL_H

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#define COUNT(a)	  (sizeof(a) / sizeof((a)[0]))
#define PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

/* Exit statuses as well. */
enum verdict {
	STOPPED,
	ESCAPED,
	UNTRIED,
	ACTED /* inside only: done, the outside judges */
};

struct inside {
	char *const *facts;
	size_t fact_count;
	const char *self; /* this program, as it can be executed and opened here */
	bool control;	  /* unconfined: an absent mechanism is "not here", not "refused" */
};

/* say.c: each prints one line and returns its verdict */
enum verdict stopped(const char *format, ...) PRINTF(1, 2);
enum verdict escaped(const char *format, ...) PRINTF(1, 2);
enum verdict untried(const char *format, ...) PRINTF(1, 2);
enum verdict acted(const char *format, ...) PRINTF(1, 2);
const char *verdict_word(enum verdict v);
const char *errno_word(int err);

/* A call's outcome as one number: >= 0, or -errno. */
#define OUTCOME(call) outcome_of((long)(call))
static inline long outcome_of(long result)
{
	return result < 0 ? -(long)errno : result;
}

/* The errors that count as a refusal; anything else that is negative is "could not be tried". */
#define REFUSALS(...) ((const int[]){ __VA_ARGS__, 0 })
#define NO_CALL	      REFUSALS(EPERM, EACCES, ENOSYS)
#define NO_PATH	      REFUSALS(EPERM, EACCES, ENOSYS, ENOENT, EROFS, EXDEV, ENOTDIR)
#define NO_PROCESS    REFUSALS(EPERM, EACCES, ENOSYS, ESRCH)
#define NO_NETWORK                                                                                 \
	REFUSALS(EPERM, EACCES, ENOSYS, ECONNREFUSED, ENETUNREACH, EHOSTUNREACH, EAFNOSUPPORT,     \
		 EPROTONOSUPPORT, EADDRNOTAVAIL)

enum verdict judge(const struct inside *in, const char *what, long outcome, const int *refusals);

/* Several acts with one verdict: any escape is an escape; in a control all must escape. */
struct tally {
	const struct inside *in;
	unsigned stopped, escaped, untried;
	char stopped_text[1024], escaped_text[1024], untried_text[1024];
};
#define TALLY(inside_pointer)                                                                      \
	{                                                                                          \
		.in = (inside_pointer)                                                             \
	}
void tally_add(struct tally *t, const char *what, long outcome, const int *refusals);
enum verdict tally_end(const struct tally *t);

/* facts.c */
const char *fact(const struct inside *in, const char *key); /* "" when missing */
long fact_number(const struct inside *in, const char *key, long missing);
/* "@DIR/..." of the stage: dir fact + "/" + @below, in a static buffer of its own per @slot 0..3 */
const char *below(const struct inside *in, unsigned slot, const char *path);
/* 0 when @path (from @dirfd) opens and holds the canary; -errno, -EBADMSG for other content */
long read_canary_at(const struct inside *in, int dirfd, const char *path);
long read_canary(const struct inside *in, const char *path);
long fd_holds_canary(const struct inside *in, int fd);
/* Tell the outside @word and wait until it has answered; false when nobody answers. */
bool ask_outside(const char *word);
/* A whole small file, NUL-terminated; its length or -errno */
long slurp(const char *path, char *text, size_t size);
/* The rest of the line "NAME:..." of /proc/self/status, into @text; false when there is none */
bool status_line(const char *path, const char *name, char *text, size_t size);
/* Run @function in a child: its return value, or -errno, or 1000 + signal */
long in_child(long (*function)(const struct inside *, void *), const struct inside *in,
	      void *argument);
/* Copy this program to @path (mode 0755, or an open descriptor); 0 or -errno */
long copy_self(const struct inside *in, int to);

/* table.c: one attempt */
struct drama;
struct attempt {
	const char *entry; /* of the catalogue, "E41" */
	const char *part;  /* names one of the entry's attempts */
	enum verdict (*inside)(const struct inside *);
	const struct drama *outside; /* what the stage needs beyond the usual, or NULL */
	unsigned needs;
	const char *policy; /* directives, separated by ";"; @fact@ is replaced */
	const char *off;    /* what, taken off together, must turn it red: layers, or "+" and a
				   directive with '_' for ' '; "-": no launcher at all */
	const char *tries;  /* one sentence */
};
enum {
	NEED_VICTIM = 1,     /* a process outside with the same user id */
	NEED_TTY = 2,	     /* a terminal on fd 0 */
	NEED_NET = 4,	     /* listeners on loopback, unix sockets */
	NEED_ROOT = 8,	     /* the control works only with full root */
	NEED_FDS = 16,	     /* descriptors left open across exec */
	DIES_BY_FILTER = 32, /* SIGSYS is a refusal */
	DIES_BY_LIMIT = 64,  /* SIGKILL or SIGXCPU, SIGXFSZ is a refusal */
	NAIVE_CONTROL = 128, /* the control needs a launcher, so a careless one */
	NO_CONTROL = 256,    /* this kernel lacks the mechanism: proved elsewhere too */
	BY_ANOTHER = 512,    /* only executed by another attempt, never listed or selected */
};

struct elsewhere {
	const char *entry, *where, *why;
};

extern const struct attempt attempts[];
extern const size_t attempt_count;
extern const struct elsewhere elsewheres[];
extern const size_t elsewhere_count;

/* outside.c */
int outside_main(int argc, char **argv);

#endif
