/* SPDX-License-Identifier: ISC */
/*
 * enter.c - this very process comes under a policy
 *
 * The same plan as for a program, less what only a birth can give: no namespaces, no view, no
 * control group, nobody beside it. The kit is carried out here instead of in a child, by the
 * calling thread; what belongs to a thread (ids, capabilities, no_new_privs, the Landlock domain)
 * every other thread does too, while all of them are held; the filter is put on all by the kernel.
 *
 * Up to the first commit nothing has changed and everything may fail with words. After it a
 * failure leaves the process half confined: err->step says so, and the caller has to end.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "../base/sys.h"
#include "../policy/promise.h"
#include "child.h"
#include "run.h"
#include "threads.h"

enum ambit_code run_plan_enter(struct run *run, const struct ambit_policy *policy,
			       const struct ambit_options *options, enum run_purpose purpose,
			       struct ambit_error *err)
{
	memset(run, 0, sizeof(*run));
	run->policy = (struct ambit_policy *)(uintptr_t)policy;
	run_take_options(run, options);
	run->terminal_fd = -1;
	run->door = DOOR_ENTER;
	run->host.enters = true;
	/* Whoever runs has been loaded: only programs it may start need what a start needs. */
	run->options.bare = !policy_may_exec(policy);
	return run_build(run, purpose, err);
}

/* ---- threads ------------------------------------------------------------------------------- */

static enum ambit_code refuse_threads(int r, int tid, struct ambit_error *err)
{
	if (tid)
		(void)err_set(err, AMBIT_E_THREADS, AMBIT_LAYER_RUN, -r,
			      "thread %d of this process cannot be confined", tid);
	else
		(void)err_set(err, AMBIT_E_THREADS, AMBIT_LAYER_RUN, -r,
			      "the threads of this process cannot be listed");
	return err_hint(err, "enter the policy before threads are started");
}

static enum ambit_code hold_threads(struct threads **ret, struct ambit_error *err)
{
	int tid = 0, r;

	*ret = NULL;
	if (threads_single() == 1)
		return AMBIT_OK;
	r = threads_hold(ret, &tid);
	return r < 0 ? refuse_threads(r, tid, err) : AMBIT_OK;
}

/* In each held thread: no libc, no memory but the stack. */
static int thread_part(void *argument)
{
	struct kit_report report;
	struct child mine = *(const struct child *)argument;

	mine.keep = &report;
	mine.shares_ruleset = true;
	return child_each_thread(&mine);
}

/* The filter's turn has come: the rest is done in this thread, now do it in the others. */
static int all_threads(struct child *child, const struct kit_op *filter)
{
	int r = threads_act(child->threads, thread_part, child);

	if (r < 0) {
		child->path = "another thread";
		child_report(child, filter, WHERE_STEP, false, r);
	}
	return r;
}

/* ---- the act ------------------------------------------------------------------------------- */

static enum ambit_code carry_out(struct run *run, struct kit *kit, struct threads *threads,
				 struct ambit_error *err)
{
	struct kit_report report = { 0 };
	struct child child;
	int r;

	child_init(&child, kit);
	child.keep = &report;
	child.threads = threads;
	child.shares_ruleset = true;
	child.before_filter = threads ? all_threads : NULL;
	r = child_confine(&child);
	if (child.landlock_fd >= 0)
		(void)sys_close(child.landlock_fd);
	return r < 0 ? run_explain(&run->plan, &report, err) : AMBIT_OK;
}

static enum ambit_code with_signals_blocked(struct run *run, struct kit *kit,
					    struct threads *threads, struct ambit_error *err)
{
	const uint64_t all = ~UINT64_C(0);
	enum ambit_code code;
	uint64_t mask = 0;
	int r = sys_sigmask(SIG_SETMASK, &all, &mask);

	if (r < 0)
		return err_set(err, AMBIT_E_INTERNAL, AMBIT_LAYER_RUN, -r, "cannot block signals");
	code = carry_out(run, kit, threads, err);
	r = sys_sigmask(SIG_SETMASK, &mask, NULL);
	if (r >= 0 || code != AMBIT_OK)
		return code;
	(void)err_set(err, AMBIT_E_INTERNAL, AMBIT_LAYER_RUN, -r, "cannot unblock signals");
	if (err)
		err->step = (uint32_t)run->plan.step_count;
	return AMBIT_E_INTERNAL;
}

enum ambit_code run_enter(struct run *run, struct ambit_error *err)
{
	struct kit_builder builder;
	struct threads *threads = NULL;
	struct kit *kit = NULL;
	enum ambit_code code = run_refuse_gaps(&run->plan, err);

	if (code != AMBIT_OK)
		return code;
	host_leave_room(&run->host); /* for the ruleset, and for a path that was not kept */
	code = run_prepare(run, &builder, &kit, err);
	if (code == AMBIT_OK)
		code = hold_threads(&threads, err);
	if (code == AMBIT_OK)
		code = with_signals_blocked(run, kit, threads, err);
	threads_release(threads);
	free(kit);
	kit_builder_done(&builder);
	return code;
}
