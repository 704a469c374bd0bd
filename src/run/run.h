/* SPDX-License-Identifier: ISC */
/* run.h - from a policy to a running program: gather, plan, prepare, spawn */
#ifndef AMBIT_RUN_RUN_H
#define AMBIT_RUN_RUN_H

#include "../layer/layer.h"

/* A program to start: everything a plan is made from, kept together. */
struct run {
	struct arena arena;
	struct ambit_policy *policy; /* borrowed */
	struct host host;
	struct ambit_plan plan;
	struct ambit_options options;
	char *const *argv;	  /* borrowed */
	const char *program;	  /* absolute; NULL to plan without one */
	const char *must_work_in; /* options.directory, resolved; NULL */
	uint64_t signal_mask;	  /* for the program, where it is not this thread's own */
	bool has_signal_mask;
	bool tells; /* RUN_TELL: the plan is to be read */
	enum plan_door door;
	bool ends_with_caller;	/* without a leader the program dies with the calling thread */
	int terminal_fd;	/* the slave of the program's own pty, -1 */
	unsigned terminal_mask; /* which of 0-2 it replaces, as bits */
	bool takes_terminal;	/* one of 0-2 is for it alone: it becomes its session's own */
};

/* What for: RUN_BECOME is a run in which this very process may become the program. */
enum run_purpose { RUN_SPAWN, RUN_BECOME, RUN_TELL };

/*
 * gather.c: learn from the host all that the plan of this policy will ask, and plan. run_done()
 * ends it, also after a failure.
 */
enum ambit_code run_plan(struct run *run, const struct ambit_policy *policy, char *const argv[],
			 const struct ambit_options *options, enum run_purpose purpose,
			 struct ambit_error *err) MUST_CHECK;
/*
 * Plan again after the kernel refused what the plan stood on, and say what is weaker now. False
 * when nothing was learnt, or nothing else is possible.
 */
bool run_replan(struct run *run, const struct kit_report *report, struct ambit_error *err);
/* Tell options.notice what is skipped or weaker than elsewhere. */
void run_notify(const struct run *run);
void run_done(struct run *run);

/*
 * enter.c: this process itself (RUN_BECOME), a copy of it, or what would be. run_done() ends @run,
 * also after a failure.
 */
enum ambit_code run_plan_enter(struct run *run, const struct ambit_policy *policy,
			       const struct ambit_options *options, enum run_purpose purpose,
			       struct ambit_error *err) MUST_CHECK;
/* err->step tells whether anything changed. */
enum ambit_code run_enter(struct run *run, struct ambit_error *err) MUST_CHECK;
/* gather.c: as many of the caller's options as it knows of; gather, and plan, without a program. */
void run_take_options(struct run *run, const struct ambit_options *options);
enum ambit_code run_build(struct run *run, enum run_purpose purpose,
			  struct ambit_error *err) MUST_CHECK;

/* prepare.c: the plan made concrete. @builder is ended with kit_builder_done(). */
enum ambit_code run_prepare(const struct run *run, struct kit_builder *builder,
			    struct kit **ret_kit, struct ambit_error *err) MUST_CHECK;
/* E_UNSUPPORTED naming the first gap, or AMBIT_OK. */
enum ambit_code run_refuse_gaps(const struct ambit_plan *plan, struct ambit_error *err) MUST_CHECK;

/* report.c: the code of a start that failed so; a child's record in words */
enum ambit_code run_code(int sys_errno);
enum ambit_code run_explain(const struct ambit_plan *plan, const struct kit_report *report,
			    struct ambit_error *err);

/* spawn.c */
struct spawned {
	int pidfd;
	pid_t pid;
	int control_fd; /* -1 without a leader */
	int alive_fd;	/* of a copy only: it ends when this or the one above is closed */
	bool leader;
	char *cgroups[4]; /* to be removed at the end; owned */
	int cgroup_locks[4];
	uint32_t cgroup_count;
};
enum ambit_code run_spawn(struct run *run, struct spawned *ret, struct ambit_error *err) MUST_CHECK;
/* A signal to what was spawned and is not reaped: 0 or -errno. */
int run_signal(const struct spawned *s, int number) MUST_CHECK;
/*
 * This process becomes the program. Returns only on failure; err->step tells whether anything
 * changed.
 */
enum ambit_code run_become(struct run *run, struct ambit_error *err) MUST_CHECK;
/*
 * copy.c: a copy of this process, confined before @inside runs; run_plan_enter() came first. It
 * ends with the caller. run_copy_kill() waits for nobody; run_copy_end() kills and reaps it. Both
 * may be called for none.
 */
struct run_copy {
	const int *keep; /* what stays open in it beside 0-2 and what the policy names */
	size_t keep_count;
	int (*begin)(void *argument);	/* before it is confined: 0 or -errno */
	void (*inside)(void *argument); /* does not return */
	void *argument;
};
enum ambit_code run_copy(struct run *run, const struct run_copy *copy, struct spawned *ret,
			 struct ambit_error *err) MUST_CHECK;
void run_copy_kill(struct spawned *s);
void run_copy_end(struct spawned *s);
/* Did the kernel kill in the run's cgroups for want of memory? */
bool run_out_of_memory(const struct spawned *s);
/* Remove the cgroups of an ended run. */
void run_remove_cgroups(struct spawned *s);
/* In a child of who spawned it: close and free what is there of it. */
void run_forget(struct spawned *s);

#endif
