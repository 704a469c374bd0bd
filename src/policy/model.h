/* SPDX-License-Identifier: ISC */
/*
 * model.h - a policy in memory
 *
 * A policy is a flat array of grants: one per thing a line names ("read /a /b" is two), those
 * of bundles included. Everything lives in the policy's arena. Paths are absolute and lexically
 * clean; whether they exist is the host's business.
 */
#ifndef AMBIT_POLICY_MODEL_H
#define AMBIT_POLICY_MODEL_H

#include "../base/arena.h"
#include "../base/err.h"

/* Every keyword; the rows of the rights table (keyword.c) in this order. */
enum right {
	RIGHT_READ,	       /* read PATH... */
	RIGHT_WRITE,	       /* write PATH...: read, write, create, remove below it */
	RIGHT_MODIFY,	       /* modify PATH...: existing files */
	RIGHT_CREATE,	       /* create PATH...: names, not contents */
	RIGHT_EXEC,	       /* exec PATH... */
	RIGHT_HIDE,	       /* hide PATH...: deny inside allow */
	RIGHT_TMP,	       /* tmp SIZE */
	RIGHT_ATTRIBUTES,      /* attributes: chmod, chown, utimes, xattr */
	RIGHT_CONNECT,	       /* connect tcp|udp HOST PORT */
	RIGHT_LISTEN,	       /* listen tcp|udp [ADDRESS] PORT */
	RIGHT_UNIX,	       /* unix PATH... */
	RIGHT_SPAWN,	       /* spawn */
	RIGHT_JIT,	       /* jit */
	RIGHT_TERMINAL,	       /* terminal */
	RIGHT_LIMIT,	       /* limit KIND VALUE */
	RIGHT_USER,	       /* user NAME */
	RIGHT_GROUP,	       /* group NAME */
	RIGHT_KEEP_CAPABILITY, /* keep-capability NAME... */
	RIGHT_LABEL,	       /* label NAME: an AppArmor profile */
	RIGHT_ENV,	       /* env NAME[=VALUE]... */
	RIGHT_FD,	       /* fd NUMBER... [read|write] */
	RIGHT_BROKER,	       /* broker SERVICE */
	RIGHT_ON_DENIAL,       /* on-denial error|kill|report */
	RIGHT_CHECK_FAILS,     /* check-fails none|direct|callback|indirect|library... */
	RIGHT_SYSCALL,	       /* syscall NAME { ... } */
	RIGHT_NEED,	       /* need LAYER must|prefer|off */
	RIGHT_USE,	       /* use BUNDLE... */
	RIGHT_PROMISES,	       /* promises "NAME..." */
	RIGHT_PRIVILEGES,      /* privileges NAME,!NAME... */
	RIGHT_INCLUDE,	       /* include FILE... */
	RIGHT_COMPUTE,	       /* compute: set by the bundle of that name only */
	RIGHT_PLEDGE,	       /* pledge: set by pledge(3) only; promises are all there is */
	RIGHT_UNVEIL,	       /* unveil PATH: the same; number holds Landlock accesses */
	RIGHT_COUNT
};

enum limit_kind {
	LIMIT_MEMORY,	  /* bytes */
	LIMIT_PROCESSES,  /* count */
	LIMIT_OPEN_FILES, /* count */
	LIMIT_CPU_TIME,	  /* ms of CPU, per process */
	LIMIT_WALL_TIME,  /* ms */
	LIMIT_FILE_SIZE,  /* bytes */
	LIMIT_CPU,	  /* per mille of one CPU: "limit cpu 150%" is 1500 */
	LIMIT_STACK,	  /* bytes */
	LIMIT_KIND_COUNT
};

/* What was unveiled without any promise; what was promised of files is in force and stays. */
enum { PLEDGE_FILES_ONLY = 1, PLEDGE_AGAIN = 2 };

enum need { NEED_DEFAULT, NEED_MUST, NEED_PREFER, NEED_OFF };
/* ON_DENIAL_ABSENT: pledge(3) with the promise error, no word of the language. */
enum on_denial { ON_DENIAL_ERROR, ON_DENIAL_KILL, ON_DENIAL_REPORT, ON_DENIAL_ABSENT };
enum fd_mode { FD_ANY, FD_READ, FD_WRITE };

/* Where a grant was written: for messages and for the plan. */
struct origin {
	const char *file; /* as messages call it: a path, "-e", "--read", a bundle "use locale" */
	uint32_t line;	  /* 0 = the command line */
	uint32_t column;
};

enum net_protocol { NET_NONE, NET_TCP, NET_UDP };

struct endpoint {
	enum net_protocol protocol;
	uint8_t family;	     /* AF_INET, AF_INET6, 0 for "*" or a name */
	uint8_t prefix_bits; /* of @address; 32 or 128 for a single address */
	uint16_t port_first; /* 0..65535; "*" is 0-65535 */
	uint16_t port_last;
	uint8_t address[16]; /* network byte order, host bits zero */
	const char *name;    /* a host name or "*.suffix"; NULL for addresses and "*" */
};

/* A condition of "syscall NAME { arg N OP VALUE }". */
enum cond_op { COND_EQ, COND_NE, COND_MASK_EQ };
struct syscall_cond {
	uint8_t argument; /* 0..5 */
	enum cond_op op;
	uint64_t mask, value; /* COND_MASK_EQ: (arg & mask) == value */
};

struct grant {
	enum right right;
	bool optional; /* a missing path is no error */
	bool prefer;   /* a gap is reported, not refused */
	struct origin origin;
	const char *bundle; /* the bundle that brought it, NULL when written directly */
	const char *path;   /* READ WRITE MODIFY CREATE EXEC HIDE UNIX INCLUDE */
	/* USER GROUP (numeric ids too) ENV BROKER SYSCALL USE; KEEP_CAPABILITY as "net_raw" */
	const char *name;
	const char *value;     /* ENV: the value, NULL to pass the caller's */
	struct endpoint net;   /* CONNECT LISTEN */
	enum limit_kind limit; /* LIMIT */
	/*
	 * LIMIT: value; TMP: bytes; FD: descriptor; SYSCALL: errno answer, 0 = allow;
	 * KEEP_CAPABILITY: its number; PLEDGE: PLEDGE_...; UNVEIL: LL_FS_...; CHECK_FAILS: bits
	 */
	uint64_t number;
	enum fd_mode fd_mode; /* FD */
	enum on_denial on_denial;
	enum ambit_layer layer;		  /* NEED */
	enum need need;			  /* NEED */
	const struct syscall_cond *conds; /* SYSCALL */
	size_t cond_count;
};

struct ambit_policy {
	struct arena arena;
	struct grant *grants;
	size_t count;
	/* Not of the language, but of who starts a process under it. */
	bool supervised;  /* somebody stays beside it, who ends it with the caller */
	bool kept;	  /* so does a keeper, which forks whoever does the work */
	bool forks_alone; /* "spawn" is for one process at a time, which makes none */
};

/* The next grant of @right at or after *@at, or NULL; *@at is moved past it. Start with 0. */
const struct grant *policy_next(const struct ambit_policy *p, enum right right, size_t *at);
const struct grant *policy_first(const struct ambit_policy *p, enum right right); /* or NULL */
static inline bool policy_has(const struct ambit_policy *p, enum right right)
{
	return policy_first(p, right) != NULL;
}
bool policy_may_fork(const struct ambit_policy *p); /* by "spawn", or by a call of that kind */
/* "FILE:LINE:COL" of a grant, into the caller's buffer; returns @text. */
const char *origin_text(const struct origin *o, char *text, size_t size);

/* Free what the policy owns; it is empty and usable afterwards. */
void policy_done(struct ambit_policy *p);

/* Where policy text held in memory comes from. */
struct text_origin {
	const char *name;      /* what messages call it; copied */
	const char *directory; /* where relative paths begin; NULL: the working directory */
	const char *home;      /* what ~ means; NULL: ~ is an error */
	bool sealed;	       /* it reads no other file: include is an error */
};

/* All of these add to @p and leave it unchanged on failure. */
enum ambit_code policy_parse_text(struct ambit_policy *p, const char *text, size_t length,
				  const struct text_origin *from,
				  struct ambit_error *err) MUST_CHECK;
enum ambit_code policy_load_file(struct ambit_policy *p, const char *path,
				 struct ambit_error *err) MUST_CHECK;
/* One directive in option form: for path keywords the whole argument is one path. */
enum ambit_code policy_add_directive(struct ambit_policy *p, const char *keyword,
				     const char *argument, struct ambit_error *err) MUST_CHECK;
enum ambit_code policy_merge(struct ambit_policy *p, const struct ambit_policy *other,
			     struct ambit_error *err) MUST_CHECK;

/* keyword.c: THE rights table */
struct right_row {
	enum right right;
	const char *keyword;
	const char *call;	/* its typed calls in ambit/allow.h, blanks between */
	const char *arguments;	/* as in the man page, "PATH..." ; "" for a bare word */
	const char *help;	/* one sentence, without full stop */
	const char *detail;	/* what it grants and does not stop: a paragraph */
	const char *example;	/* one line of policy */
	uint64_t calls;		/* CALL_BIT()s of base/class.h that it needs */
	uint64_t landlock_dir;	/* LL_FS_... it grants on a directory and below it */
	uint64_t landlock_file; /* LL_FS_... it grants on something else */
	uint32_t flags;		/* ROW_... */
};
enum {
	ROW_PATHS = 1,	  /* its arguments are paths */
	ROW_ONCE = 2,	  /* a second, different one is a conflict */
	ROW_OPTIONAL = 4, /* takes the word "optional" after its arguments */
	ROW_HIDDEN = 8,	  /* not a keyword of the language */
	ROW_LATER = 16,	  /* parses; refused until its part of ambit exists */
	ROW_PREFER = 32,  /* takes the word "prefer" after its arguments: a gap is reported */
	ROW_WHOLE = 64,	  /* as an option, its whole argument is one word */
};
const struct right_row *right_row(enum right right);
const struct right_row *right_by_keyword(const char *keyword, size_t length);

const char *limit_name(enum limit_kind kind); /* as a policy writes it */
const char *layer_word(enum ambit_layer layer);

#endif
