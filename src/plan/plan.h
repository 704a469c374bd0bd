/* SPDX-License-Identifier: ISC */
/*
 * plan.h - policy × host → ordered steps
 *
 * Pure: nothing here makes a system call; the same policy and host give the same plan. A layer
 * adds steps and says which denials it carries; the planner orders the steps by what they need
 * and take, and finds the gaps: what the policy asks and no layer carries.
 */
#ifndef AMBIT_PLAN_PLAN_H
#define AMBIT_PLAN_PLAN_H

#include "../base/abi.h"
#include "../filter/filter.h"
#include "../host/host.h"
#include "../policy/model.h"

/*
 * What steps need, take away and give. A step that needs a token runs before every step that
 * takes it and after every step that gives it.
 */
#define PLAN_TOKENS(X)                                                                             \
	X(ADMIN, "CAP_SYS_ADMIN, here or in a user namespace")                                     \
	X(SETID, "the capabilities to change ids")                                                 \
	X(SETPCAP, "the capability to change capability sets")                                     \
	X(HOST_FILES, "the host's own paths")                                                      \
	X(ANY_PATH, "every path of the view")                                                      \
	X(ANY_CALL, "every system call")                                                           \
	X(DESCRIPTORS, "room for descriptors")                                                     \
	X(TASKS, "room for tasks")                                                                 \
	X(MEMORY, "room for memory")                                                               \
	X(CLEAN_FDS, "no descriptor that was not asked for")                                       \
	X(NAMESPACES, "the namespaces of its own")                                                 \
	X(VIEW, "the new root")                                                                    \
	X(OWN_PROC, "its own files in /proc")                                                      \
	X(SECUREBITS, "securebits that are not locked yet")                                        \
	X(NNP, "no_new_privs")                                                                     \
	X(START, "the right to start a program")

enum plan_token {
#define PLAN_TOKEN_ENUM(name, text) TOKEN_##name,
	PLAN_TOKENS(PLAN_TOKEN_ENUM)
#undef PLAN_TOKEN_ENUM
		TOKEN_COUNT
};
#define TOKEN(name) (1u << TOKEN_##name)

/*
 * What confinement denies: the rows of the coverage table. X(name, sentence, how serious):
 * MUST gaps refuse to run; REPORT gaps are the documented exceptions, said and not refused.
 */
#define PLAN_DENIALS(X)                                                                            \
	X(CONTENTS, "files outside the policy cannot be read or written", MUST)                    \
	X(METADATA, "files outside the policy cannot be seen (stat, O_PATH)", REPORT)              \
	X(CHANGES, "files outside the policy cannot be created, removed or renamed", MUST)         \
	X(ATTRIBUTES, "mode, owner and times outside the policy cannot be changed", MUST)          \
	X(PROGRAMS, "only granted programs can be executed", MUST)                                 \
	X(WRITTEN_CODE, "a file that the code can write cannot be mapped and executed", REPORT)    \
	X(HIDE, "hidden paths are out of reach", MUST)                                             \
	X(TMP, "/tmp is its own and limited in size", MUST)                                        \
	X(INHERITED, "descriptors and environment that are not granted do not pass", MUST)         \
	X(NETWORK, "no socket of a kind that is not granted", MUST)                                \
	X(CONNECT, "connections only to granted addresses and ports", MUST)                        \
	X(LISTEN, "listening only on granted ports", MUST)                                         \
	X(UNIX, "local sockets only at granted paths", MUST)                                       \
	X(ABSTRACT, "abstract local sockets of others are out of reach", MUST)                     \
	X(SIGNALS, "no signal to a process outside", MUST)                                         \
	X(TRACE, "no look into another process", MUST)                                             \
	X(PROCESS_LIST, "processes outside cannot be seen", REPORT)                                \
	X(SURVIVORS, "nothing survives the end of ambit", REPORT)                                  \
	X(IPC, "no System V or POSIX message queues shared with others", MUST)                     \
	X(USERNS, "no user namespace inside", MUST)                                                \
	X(PRIVILEGE, "no privilege is kept and none can be gained", MUST)                          \
	X(KERNEL, "kernel interfaces that no right names are refused", MUST)                       \
	X(MEMORY_WX, "no memory is writable and executable", MUST)                                 \
	X(TERMINAL, "no input can be pushed into the terminal", MUST)                              \
	X(CORE, "no core dump", MUST)                                                              \
	X(USER, "the program runs as the asked user", MUST)                                        \
	X(LIMIT_MEMORY, "memory is limited", MUST)                                                 \
	X(LIMIT_PROCESSES, "processes are limited", MUST)                                          \
	X(LIMIT_CPU, "the share of the processor is limited", MUST)                                \
	X(LIMIT_OTHER, "open files, file size, stack and processor time are limited", MUST)        \
	X(LIMIT_WALL, "the run is limited in time", MUST)

enum plan_denial {
#define PLAN_DENIAL_ENUM(name, text, kind) DENY_##name,
	PLAN_DENIALS(PLAN_DENIAL_ENUM)
#undef PLAN_DENIAL_ENUM
		DENY_COUNT
};

enum plan_place {
	PLACE_PARENT, /* before the child exists */
	PLACE_LEADER, /* the process that stays as init or reaper, before the program's process */
	PLACE_PROGRAM /* the program's own process */
};

/* One step. Its layer alone knows what @op, @number and @data mean. */
struct step {
	enum ambit_layer layer;
	uint8_t op;
	enum plan_place place;
	enum need need;		      /* MUST or PREFER */
	uint32_t needs, takes, gives; /* TOKEN()s */
	const struct grant *grant;    /* the line it serves, NULL for what is always done */
	const char *what;	      /* "set no_new_privs" */
	const char *reason;	      /* why, one clause; NULL */
	uint64_t number;
	const void *data;
	bool dropped; /* a preferred step that was skipped; not carried out */
};

/* A gap, a skipped preference or a weakness, in one sentence. */
enum note_kind { NOTE_GAP, NOTE_SKIPPED, NOTE_REPORTED, NOTE_WARNING, NOTE_CHOICE };
struct note {
	enum note_kind kind;
	int denial; /* enum plan_denial, -1 for none */
	enum ambit_layer layer;
	const struct grant *grant;
	const char *text, *cure;
};

/* How a path appears in the view. */
enum view_kind {
	VIEW_NONE,  /* Landlock only, or covered by another entry */
	VIEW_BIND,  /* the host's path */
	VIEW_TMPFS, /* empty, in memory, @size bytes */
	VIEW_PROC,  /* a fresh /proc */
	VIEW_LINK,  /* a symbolic link to @target */
	VIEW_DIR,   /* an empty directory */
	VIEW_HIDE   /* an empty node over what is there */
};

struct plan_path {
	const char *path; /* canonical */
	uint64_t access;  /* LL_FS_... */
	enum view_kind view;
	bool is_dir, writable, can_exec, device, own; /* own: it exists in the new root only */
	const char *target;			      /* VIEW_LINK */
	uint64_t size;				      /* VIEW_TMPFS */
	uint64_t device_id, inode; /* what must be found there, 0 = not checked */
	const struct grant *grant;
};

enum plan_mode {
	MODE_BECOME, /* the caller's process (or a bare child) becomes the program */
	MODE_LEADER, /* a leader stays beside the program */
};

struct planner;

struct ambit_plan {
	struct arena arena;
	const struct ambit_policy *policy; /* borrowed while building and printing */
	const struct host *host;
	bool bare, strict;
	enum plan_mode mode;
	struct step *steps; /* in the order of execution, dropped ones last */
	size_t step_count;
	struct note *notes;
	size_t note_count;
	uint32_t carried[DENY_COUNT]; /* bits 1 << enum ambit_layer */
	bool asked[DENY_COUNT];
	struct plan_path *paths; /* sorted by path */
	size_t path_count;
	/* decisions that several layers share */
	bool userns, mount_view, pid_namespace, exec_once, exec_listener, notify, static_program;
	bool own_session, compute;
	unsigned long clone_flags;
	const struct host_path *program; /* NULL: planned without a program */
	const char *directory;		 /* the working directory inside */
	uint64_t wall_ms;
	struct filter_want want;
	uint64_t keep_caps;
	uint32_t uid, gid;
	bool changes_ids;
	enum need layer_need[32];
};

/* The planning half of a layer; the rest is in src/layer/layer.h. */
struct plan_layer {
	enum ambit_layer id;
	/* Adds steps and carried denials. Order of calls is the table's; pure. */
	enum ambit_code (*plan)(struct ambit_plan *plan, struct ambit_error *err);
};

/*
 * plan_build() - fill @ret_plan. @layers: the table, given so that tests can plan with made-up
 * layers. @program: resolved path of the command, NULL for none. Policy and host are borrowed for
 * the plan's life.
 */
enum ambit_code plan_build(struct ambit_plan *ret_plan, const struct ambit_policy *policy,
			   const struct host *host, const char *program,
			   const struct plan_layer *layers, size_t layer_count,
			   struct ambit_error *err) MUST_CHECK;
void plan_done(struct ambit_plan *plan);

/* For layers. plan_step() returns the new step, NULL without memory. */
struct step *plan_step(struct ambit_plan *plan, const struct step *step) MUST_CHECK;
void plan_carry(struct ambit_plan *plan, enum plan_denial denial, enum ambit_layer layer);
void plan_ask(struct ambit_plan *plan, enum plan_denial denial);
/* A layer that the policy wants off or that this host lacks. True when it may be used. */
bool plan_may(const struct ambit_plan *plan, enum ambit_layer layer);
enum ambit_code plan_note(struct ambit_plan *plan, struct note note, struct ambit_error *err);
enum ambit_code plan_notef(struct ambit_plan *plan, enum note_kind kind, enum ambit_layer layer,
			   const struct grant *grant, struct ambit_error *err, const char *format,
			   ...) PRINTF(6, 7);
const char *plan_token_text(enum plan_token token);
const char *plan_denial_text(enum plan_denial denial);

/* judge.c: must calls with addresses be judged one by one? Does the view hide other sockets? */
bool plan_needs_judge(const struct ambit_plan *plan);
bool plan_view_hides_sockets(const struct ambit_plan *plan);
/* Lines that need the broker, which does not exist yet: E_UNSUPPORTED. */
enum ambit_code plan_refuse_broker(struct ambit_plan *plan, struct ambit_error *err) MUST_CHECK;

/* paths.c: the merged list of paths with their accesses and view. */
enum ambit_code plan_paths(struct ambit_plan *plan, struct ambit_error *err) MUST_CHECK;
/* start.c: what a program needs to start. Index from 0; NULL past the end. */
struct start_path {
	const char *path;
	uint64_t access; /* LL_FS_... */
	bool is_device, needs_dynamic;
};
const struct start_path *plan_start_path(size_t index);
#define PLAN_TERMINAL "/dev/tty"

/* order.c: sort by needs and takes; E_CONFLICT names the steps of a cycle. */
enum ambit_code plan_order(struct ambit_plan *plan, struct ambit_error *err) MUST_CHECK;
/* Is this order right? The index of the first step that comes too late or too early, or -1. */
int plan_order_check(const struct step *steps, size_t count);

/* gap.c */
enum ambit_code plan_gaps(struct ambit_plan *plan, struct ambit_error *err) MUST_CHECK;
size_t plan_gap_count(const struct ambit_plan *plan);

/* lint.c: warnings about the policy */
enum ambit_code plan_lint(struct ambit_plan *plan, struct ambit_error *err) MUST_CHECK;

/* print.c */
struct buf;
void plan_print_text(const struct ambit_plan *plan, bool color, struct buf *out);
void plan_print_json(const struct ambit_plan *plan, struct buf *out);

#endif
