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
#include "../policy/promise.h"
#include "inherit.h"
#include "start.h"
#include "tokens.h"

enum plan_token {
#define PLAN_TOKEN_ENUM(name, text) TOKEN_##name,
	PLAN_TOKENS(PLAN_TOKEN_ENUM)
#undef PLAN_TOKEN_ENUM
		TOKEN_COUNT
};
#define TOKEN(name) (1u << TOKEN_##name)

enum plan_denial {
#define PLAN_DENIAL_ENUM(name, text, kind) DENY_##name,
	PLAN_DENIALS(PLAN_DENIAL_ENUM)
#undef PLAN_DENIAL_ENUM
		DENY_COUNT
};

enum plan_place {
	PLACE_PARENT,  /* before the child exists */
	PLACE_LEADER,  /* the process that stays as init or reaper, before the program's process */
	PLACE_BUILD,   /* the same process, and the program's goes no further than PLACE_AHEAD */
	PLACE_BESIDE,  /* the same process, while the program's process is at its own part */
	PLACE_AHEAD,   /* the program's own process, which then waits for the end of PLACE_BUILD */
	PLACE_PROGRAM, /* the program's own process */
	PLACE_START    /* the same, when both have come to their ends, and before execve */
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
	bool waits;   /* for what another task does: as late in its place as may be */
};

/* A gap, a skipped preference, a weakness, or what is less than was granted: one sentence. */
enum note_kind { NOTE_GAP, NOTE_SKIPPED, NOTE_REPORTED, NOTE_NARROWER, NOTE_WARNING, NOTE_CHOICE };
struct note {
	enum note_kind kind;
	int denial;	   /* enum plan_denial, -1 for none */
	bool told, strict; /* when the run begins, whatever its kind; a gap by --strict only */
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
	bool pinned;		   /* bound onto itself so that it stays where it is */
	bool code;		   /* what programs start from, which no line names */
	const char *target;	   /* VIEW_LINK */
	uint64_t size;		   /* VIEW_TMPFS */
	uint64_t device_id, inode; /* what must be found there, 0 = not checked */
	const struct grant *grant;
};

enum plan_mode {
	MODE_BECOME, /* the caller's process (or a bare child) becomes the program */
	MODE_LEADER, /* a leader stays beside the program */
};

/* How the code comes under the policy: as a program that is started, or as it runs already. */
enum plan_door { DOOR_RUN, DOOR_ENTER };

struct ambit_plan {
	struct arena arena;
	const struct ambit_policy *policy; /* borrowed while building and printing */
	const struct host *host;
	bool bare, strict;
	bool unwarned; /* a start, which tells no warnings: none are looked for */
	enum plan_door door;
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
	bool userns, mount_view, pid_namespace, exec_once, exec_key, notify, static_program;
	bool own_session, compute;
	const struct host_open *exposed; /* whose attributes would be in reach, NULL */
	bool unstaged;			 /* no process can stay, and one would have */
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

struct plan_layers {
	const struct plan_layer *table;
	size_t count;
};

/*
 * plan_build() - fill @ret_plan. @layers are given so that tests can plan with made-up ones.
 * @program: resolved path of the command, NULL for none. Policy and host are borrowed for
 * the plan's life.
 */
enum ambit_code plan_build(struct ambit_plan *ret_plan, const struct ambit_policy *policy,
			   const struct host *host, const char *program, struct plan_layers layers,
			   struct ambit_error *err) MUST_CHECK;
void plan_done(struct ambit_plan *plan);

/* For layers. plan_step() returns the new step, NULL without memory. */
struct step *plan_step(struct ambit_plan *plan, const struct step *step) MUST_CHECK;
void plan_carry(struct ambit_plan *plan, enum plan_denial denial, enum ambit_layer layer);
void plan_ask(struct ambit_plan *plan, enum plan_denial denial);
/* A layer that the policy wants off or that this host lacks. True when it may be used. */
bool plan_may(const struct ambit_plan *plan, enum ambit_layer layer);
/* @number of the program's tasks and what stays beside it: the kernel counts both. */
uint64_t plan_tasks(const struct ambit_plan *plan, uint64_t number);
enum ambit_code plan_note(struct ambit_plan *plan, struct note note, struct ambit_error *err);
enum ambit_code plan_notef(struct ambit_plan *plan, enum note_kind kind, enum ambit_layer layer,
			   const struct grant *grant, struct ambit_error *err, const char *format,
			   ...) PRINTF(6, 7);
void plan_cure(struct ambit_plan *plan, const char *cure); /* of the last note; a constant */
const char *plan_token_text(enum plan_token token);
const char *plan_denial_text(enum plan_denial denial);
/* What stands before a note's text: of a denial that nobody carries the text says the opposite. */
const char *plan_note_lead(const struct note *note);

/* Does nothing but this very program run, which needs no loader? NULL for no program. */
bool plan_is_static(const struct ambit_policy *policy, const struct host_path *program);

/* paths.c: the merged list of paths with their accesses and view. */
enum ambit_code plan_paths(struct ambit_plan *plan, struct ambit_error *err) MUST_CHECK;

/* order.c: by needs and takes; E_CONFLICT names the steps of a cycle. */
enum ambit_code plan_order(struct ambit_plan *plan, struct ambit_error *err) MUST_CHECK;
/* Is this order right? The index of the first step that comes too late or too early, or -1. */
int plan_order_check(const struct step *steps, size_t count);

/* gap.c, and lint.c: warnings about the policy */
enum ambit_code plan_gaps(struct ambit_plan *plan, struct ambit_error *err) MUST_CHECK;
size_t plan_gap_count(const struct ambit_plan *plan);
enum ambit_code plan_lint(struct ambit_plan *plan, struct ambit_error *err) MUST_CHECK;

/* print.c */
struct buf;
void plan_print_text(const struct ambit_plan *plan, bool color, struct buf *out);
void plan_print_json(const struct ambit_plan *plan, struct buf *out);

#include "judge.h"

#endif
