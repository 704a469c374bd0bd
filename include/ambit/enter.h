/* SPDX-License-Identifier: ISC */
/*
 * enter.h - a process confines itself
 *
 * For code one writes: open what needs privilege, then give up everything else before looking at
 * anything that comes from outside.
 *
 *	struct ambit_policy *p = ambit_policy_new();
 *	struct ambit_error err;
 *
 *	if (ambit_policy_add(p, "read", "/srv/www", &err) != AMBIT_OK ||
 *	    ambit_enter(p, NULL, &err) != AMBIT_OK) {
 *		fprintf(stderr, "%s\n", err.text);
 *		exit(1);
 *	}
 *	serve();
 *
 * It may be called again, and each call can only narrow: the phases of a server are calls.
 */
#ifndef AMBIT_ENTER_H
#define AMBIT_ENTER_H

#ifndef AMBIT_H
#error "include <ambit.h>, which includes this file"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* What a line of a report tells. Append only; the numbers are ABI. */
enum ambit_report_kind {
	AMBIT_REPORT_STEP = 0,	  /* in force, or to be */
	AMBIT_REPORT_GAP = 1,	  /* asked, and carried by nothing on this host */
	AMBIT_REPORT_SKIPPED = 2, /* preferred, and left out */
	AMBIT_REPORT_WEAKER = 3,  /* a documented exception that applies here */
	AMBIT_REPORT_WARNING = 4, /* allowed, but probably not meant */
	AMBIT_REPORT_CHOICE = 5,  /* what the planner chose between */
	AMBIT_REPORT_NARROWER = 6 /* less than what was granted */
};

struct ambit_report;

/**
 * struct ambit_report_line - One thing to know about what is enforced
 * @size:  sizeof(struct ambit_report_line), set by the caller
 * @kind:  enum ambit_report_kind
 * @layer: enum ambit_layer
 * @text:  One clause, borrowed from the report
 * @line:  The policy line it is about, as FILE:LINE:COLUMN, or ""; borrowed
 */
struct ambit_report_line {
	size_t size;
	uint32_t kind;
	uint32_t layer;
	const char *text;
	const char *line;
};

/**
 * ambit_plan_report() - A plan as a list of lines
 * @plan:       Borrowed, not needed afterwards
 * @ret_report: To be ended with ambit_report_free()
 * @err:        Filled on failure; may be NULL
 *
 * Return: AMBIT_OK, AMBIT_E_USAGE or AMBIT_E_RESOURCE.
 * Threads: one thread at a time per plan. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code ambit_plan_report(const struct ambit_plan *plan,
								struct ambit_report **ret_report,
								struct ambit_error *err);

/**
 * ambit_report_at() - Walk a report
 * @report:   Borrowed
 * @index:    From 0
 * @ret_line: Filled; its size must be set
 *
 * Return: false past the last line.
 * Threads: safe. Since: 0.1
 */
AMBIT_EXPORT bool ambit_report_at(const struct ambit_report *report, size_t index,
				  struct ambit_report_line *ret_line);

/**
 * ambit_report_print() - A report as text, a line each
 * @report:   Borrowed
 * @ret_text: A string to be ended with free()
 * @err:      Filled on failure; may be NULL
 *
 * Return: AMBIT_OK, AMBIT_E_USAGE or AMBIT_E_RESOURCE.
 * Threads: safe. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code
ambit_report_print(const struct ambit_report *report, char **ret_text, struct ambit_error *err);

/**
 * ambit_report_free() - End a report
 * @report: Taken; may be NULL
 *
 * Threads: safe for distinct reports. Since: 0.1
 */
AMBIT_EXPORT void ambit_report_free(struct ambit_report *report);

/**
 * ambit_enter() - Put this process, all its threads, under a policy
 * @policy:     What to enforce; borrowed, not needed afterwards
 * @ret_report: What is in force and what is weaker than elsewhere, to be ended with
 *              ambit_report_free(); may be NULL
 * @err:        All zeros on success, filled on failure; may be NULL
 *
 * What can be done to a process that runs: resource limits, ids, capabilities, no_new_privs,
 * Landlock, the system call filter. Namespaces, a view of its own and control groups are given
 * at birth: lines that need them are gaps (see ambit_spawn()). Descriptors that are open stay
 * open, memory that is mapped stays mapped; "fd" names a listening socket that may be accepted
 * on. Boxes and workers that were started before go on and end as ever. Nothing is granted but
 * what the policy names, not even the system libraries: load before what is loaded late (locales,
 * name services), or grant it. Children, and programs where "exec" lets any start, stay under it.
 *
 * Every thread is held in a signal handler meanwhile, and no thread may change ids of its own.
 *
 * When @err->step is 0 nothing has changed. Otherwise the process is confined in part: the only
 * safe thing is to end it.
 *
 * Return: AMBIT_OK, or
 *   AMBIT_E_POLICY       a path or user of the policy does not exist
 *   AMBIT_E_UNSUPPORTED  a "must" rule has a gap on this host, or for a process that runs
 *   AMBIT_E_THREADS      another thread cannot be held; nothing has changed
 *   AMBIT_E_DENIED       the kernel refused a step; @err->hint names the usual cause
 *   AMBIT_E_RESOURCE     memory or descriptors ran out
 *   AMBIT_E_INTERNAL     a step does not hold when checked from inside
 * Threads: from any thread, one call at a time per process. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code ambit_enter(const struct ambit_policy *policy,
							  struct ambit_report **ret_report,
							  struct ambit_error *err);

/**
 * ambit_privileges_drop() - Give privileges up for good, out of the permitted and the limit set
 * @privileges: Names with commas between, as "net_access,proc_exec"; ambit-promises(7) lists them
 * @err:        As ambit_enter()
 *
 * This process, all its threads, comes under a policy of all privileges but these. What no right of
 * ambit names goes with the first call. Callable again. Only the first call narrows the limit set,
 * CapBnd: it takes the right to do so, and no_new_privs makes what is left in that set void.
 *
 * Return: as ambit_enter(), AMBIT_E_POLICY for a name that is no privilege, too.
 * Threads: from any thread, one call at a time per process. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code ambit_privileges_drop(const char *privileges,
								    struct ambit_error *err);

#ifdef __cplusplus
}
#endif

#endif /* AMBIT_ENTER_H */
