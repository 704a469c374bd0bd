/* SPDX-License-Identifier: ISC */
/* run.c - exported functions that start programs */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#include "../base/buf.h"
#include "../base/errname.h"
#include "../base/fd.h"
#include "../base/heap.h"
#include "../base/json.h"
#include "../base/sys.h"
#include "../broker/worker_process.h"
#include "../sup/supervise.h"
#include "api.h"

struct ambit_box {
	struct spawned spawned;
	struct outcome outcome;
	bool ended;
};

static void fill_status(const struct outcome *outcome, struct ambit_status *ret)
{
	struct ambit_status status = { .size = ret->size, .exit_code = -1 };

	if (WIFEXITED(outcome->wait_status))
		status.exit_code = WEXITSTATUS(outcome->wait_status);
	else if (WIFSIGNALED(outcome->wait_status))
		status.signal = WTERMSIG(outcome->wait_status);
	status.timed_out = outcome->timed_out;
	memcpy(ret, &status, ret->size < sizeof(status) ? ret->size : sizeof(status));
}

static enum ambit_code check_argv(const struct ambit_policy *policy, char *const argv[],
				  struct ambit_error *err)
{
	if (!policy || !argv || !argv[0])
		return err_set(err, AMBIT_E_USAGE, AMBIT_LAYER_RUN, 0,
			       "a policy and a program are needed");
	return AMBIT_OK;
}

static enum ambit_code no_result(struct ambit_error *err)
{
	return err_set(err, AMBIT_E_USAGE, AMBIT_LAYER_RUN, 0, "a result is needed");
}

/*
 * ambit_run() stays and relays a terminal of the program's own. Nobody stays here: the terminal of
 * the caller's session is refused, and one that is nobody's yet becomes the program's.
 */
static enum ambit_code give_terminal(struct run *run, struct ambit_error *err)
{
	if (!run->host.has_tty || !policy_has(run->policy, RIGHT_TERMINAL))
		return AMBIT_OK;
	for (int fd = 0; fd <= 2; fd++) {
		pid_t session;
		int r = sys_ioctl(fd, TIOCGSID, &session);

		if (r == -ENOTTY || r == -EBADF || r == -EINVAL)
			continue;
		(void)err_set(err, AMBIT_E_UNSUPPORTED, AMBIT_LAYER_SUPERVISOR, r < 0 ? -r : 0,
			      "descriptor %d is the caller's own terminal, and nobody stays to "
			      "relay another to it",
			      fd);
		return err_hint(err, "put a pty on descriptors 0 to 2 that is nobody's terminal "
				     "yet, or use ambit_run()");
	}
	run->takes_terminal = true;
	return AMBIT_OK;
}

/* The status is of the end, and of whoever waits there. */
static enum ambit_code no_status(struct ambit_error *err)
{
	(void)err_set(err, AMBIT_E_USAGE, AMBIT_LAYER_RUN, 0,
		      "ambit_spawn() writes no status to options.status_fd");
	return err_hint(err, "leave it at -1 and ask ambit_box_wait(), or use ambit_run()");
}

enum ambit_code ambit_spawn(const struct ambit_policy *policy, char *const argv[],
			    const struct ambit_options *options, struct ambit_box **ret_box,
			    struct ambit_error *err)
{
	enum ambit_code code;
	struct ambit_box *box;
	struct run run;

	ERR_BEGIN(err);
	code = check_argv(policy, argv, err);
	if (code != AMBIT_OK)
		return code;
	if (!ret_box)
		return no_result(err);
	run_take_options(&run, options);
	if (run.options.status_fd >= 0)
		return no_status(err);
	box = calloc(1, sizeof(*box));
	if (!box)
		return err_memory(err, AMBIT_LAYER_RUN);
	code = run_plan(&run, policy, argv, options, RUN_SPAWN, err);
	if (code == AMBIT_OK)
		code = give_terminal(&run, err);
	if (code == AMBIT_OK)
		code = run_spawn(&run, &box->spawned, err);
	run_done(&run);
	if (code != AMBIT_OK) {
		free(box);
		return err_exhausted(err);
	}
	*ret_box = box;
	return AMBIT_OK;
}

int ambit_box_pidfd(const struct ambit_box *box)
{
	return box ? box->spawned.pidfd : -1;
}

/* What wait4(2) said is not of the program; why it is lost, the first to ask was told. */
static enum ambit_code lost_before(struct ambit_error *err)
{
	(void)err_set(err, AMBIT_E_CHILD, AMBIT_LAYER_SUPERVISOR, 0,
		      "it has ended, and nobody knows how");
	return err_hint(err, "the first ambit_box_wait() or ambit_box_status() said why");
}

enum ambit_code ambit_box_wait(struct ambit_box *box, int timeout_ms,
			       struct ambit_status *ret_status, struct ambit_error *err)
{
	enum ambit_code code = AMBIT_OK;

	ERR_BEGIN(err);
	if (!box || !ret_status)
		return err_set(err, AMBIT_E_USAGE, AMBIT_LAYER_SUPERVISOR, 0,
			       "a box or a result is NULL");
	if (!box->ended)
		code = supervise_wait(&box->spawned, timeout_ms, &box->outcome, err);
	else if (box->outcome.lost)
		code = lost_before(err);
	box->ended |= code == AMBIT_OK || box->outcome.lost;
	if (code != AMBIT_OK)
		return code;
	fill_status(&box->outcome, ret_status);
	return AMBIT_OK;
}

enum ambit_code ambit_box_status(struct ambit_box *box, struct ambit_status *ret_status,
				 struct ambit_error *err)
{
	return ambit_box_wait(box, 0, ret_status, err);
}

/* A signal to who waits to be reaped is no error of the kernel's, and reaches nobody. */
static bool has_ended(const struct ambit_box *box)
{
	struct pollfd fd = { box->spawned.pidfd, POLLIN, 0 };

	return box->ended || sys_poll(&fd, 1, 0) == 1;
}

static enum ambit_code not_there(struct ambit_error *err)
{
	return err_set(err, AMBIT_E_NOT_FOUND, AMBIT_LAYER_SUPERVISOR, 0, "it has ended");
}

enum ambit_code ambit_box_signal(struct ambit_box *box, int number, struct ambit_error *err)
{
	unsigned char byte = (unsigned char)number;
	int r;

	ERR_BEGIN(err);
	if (!box)
		return err_set(err, AMBIT_E_USAGE, AMBIT_LAYER_SUPERVISOR, 0, "a box is NULL");
	if (number < 1 || number > 64)
		return err_set(err, AMBIT_E_USAGE, AMBIT_LAYER_SUPERVISOR, 0, "%d is no signal",
			       number);
	if (has_ended(box))
		return not_there(err);
	r = box->spawned.control_fd >= 0 ? (int)sys_write(box->spawned.control_fd, &byte, 1)
					 : run_signal(&box->spawned, number);
	/* Just now; ECONNRESET: before it read what was sent last. */
	if (r == -EPIPE || r == -ECONNRESET || r == -ESRCH)
		return not_there(err);
	return r < 0 ? err_set(err, err_code_of_errno(-r), AMBIT_LAYER_SUPERVISOR, -r,
			       "cannot send signal %d", number)
		     : AMBIT_OK;
}

/*
 * A caller that has entered a policy since may signal nobody. Where no process is beside the
 * program, which would see to it, that one runs on and is not waited for.
 */
static void end_box(struct ambit_box *box)
{
	const bool beside = box->spawned.control_fd >= 0;
	struct ambit_error err = { 0 };
	int r = supervise_end(&box->spawned); /* ESRCH: ended */

	if (beside || (r != -EPERM && r != -EACCES))
		IGNORE_RESULT((int)supervise_wait(&box->spawned, -1, &box->outcome, &err));
}

void ambit_box_free(struct ambit_box *box)
{
	if (!box)
		return;
	if (!box->ended)
		end_box(box);
	fd_close(&box->spawned.pidfd);
	free(box);
}

void box_forget(struct ambit_box *box)
{
	if (box)
		run_forget(&box->spawned);
	free(box);
}

/* ---- the command's own run ------------------------------------------------------------------- */

/* A run that was refused has a plan as well: nothing of it is in force. */
static void json_steps(struct buf *out, const struct run *run, bool started)
{
	char text[512];

	json_open(out, "in_force", '[');
	for (size_t i = 0; started && i < run->plan.step_count; i++)
		if (!run->plan.steps[i].dropped) {
			json_open(out, NULL, '{');
			json_string(out, "layer", ambit_layer_name(run->plan.steps[i].layer));
			json_string(out, "what", run->plan.steps[i].what);
			json_close(out, '}');
		}
	json_close(out, ']');
	json_open(out, "skipped", '[');
	for (size_t i = 0; i < run->plan.note_count; i++) {
		const struct note *n = &run->plan.notes[i];

		if (n->kind != NOTE_SKIPPED && n->kind != NOTE_REPORTED)
			continue;
		(void)snprintf(text, sizeof(text), "%s%s", plan_note_lead(n), n->text);
		json_string(out, NULL, text);
	}
	json_close(out, ']');
	json_open(out, "denials", '[');
	json_close(out, ']');
}

/* Of a lost run nobody knows it: what there is may be of the process beside the program. */
static void json_ended(struct buf *out, const struct outcome *o)
{
	if (o->lost)
		return;
	if (WIFEXITED(o->wait_status))
		json_signed(out, "exit_status", WEXITSTATUS(o->wait_status));
	else
		json_signed(out, "signal", WTERMSIG(o->wait_status));
	json_open(out, "rusage", '{');
	json_number(out, "user_us", (uint64_t)(o->usage.user_s * 1000000 + o->usage.user_us));
	json_number(out, "system_us", (uint64_t)(o->usage.system_s * 1000000 + o->usage.system_us));
	json_number(out, "max_rss_kib", (uint64_t)o->usage.max_rss_kib);
	json_close(out, '}');
}

/* One object: what happened, to whom it may concern. @steps: of a plan that is gone. */
static void write_status(const struct run *run, const struct buf *steps,
			 const struct outcome *outcome, const struct ambit_error *err)
{
	AUTO_BUF struct buf out = { 0 };
	char line[160];
	int r;

	if (run->options.status_fd < 0)
		return;
	json_open(&out, NULL, '{');
	if (outcome) {
		json_string(&out, "outcome",
			    outcome->timed_out		      ? "timeout"
			    : outcome->lost		      ? "lost"
			    : WIFEXITED(outcome->wait_status) ? "exited"
							      : "signalled");
		json_ended(&out, outcome);
	} else {
		json_string(&out, "outcome", "refused");
		json_string(&out, "code", ambit_code_name((enum ambit_code)err->code));
		json_string(&out, "layer", ambit_layer_name((enum ambit_layer)err->layer));
		json_number(&out, "step", err->step);
		json_signed(&out, "errno", err->sys_errno);
		json_string(&out, "text", err->text);
		json_string(&out, "hint", err->hint);
	}
	if (steps->length) {
		buf_add_char(&out, ',');
		buf_add(&out, steps->data + 1, steps->length - 1);
	} else {
		json_steps(&out, run, false);
	}
	json_close(&out, '}');
	buf_add_char(&out, '\n');
	r = out.failed ? -ENOMEM : fd_write_quiet(run->options.status_fd, out.data, out.length);
	if (r >= 0 || r == -EPIPE || !run->options.notice)
		return; /* a reader that went away changes nothing */
	(void)snprintf(line, sizeof(line),
		       "the status is lost: it cannot be written to descriptor %d: %s",
		       run->options.status_fd, errno_name(-r) ? errno_name(-r) : "?");
	run->options.notice(run->options.notice_argument, line);
}

/* A status is promised for the end: then somebody has to be there at the end. */
static bool must_stay(const struct run *run)
{
	return run->plan.mode == MODE_LEADER || run->options.status_fd >= 0;
}

/* Nothing of the plan is needed while the program runs but what the status says of it. */
static void forget_plan(struct run *run, struct buf *steps)
{
	void (*const started)(void *) = run->options.started;
	void *const argument = run->options.started_argument;

	if (run->options.status_fd >= 0) {
		buf_add_char(steps, '{');
		json_steps(steps, run, true);
	}
	run_done(run);
	if (started)
		started(argument);
	if (heap_release)
		heap_release();
}

static enum ambit_code run_supervised(struct run *run, struct buf *steps, struct outcome *outcome,
				      struct ambit_error *err)
{
	struct terminal terminal = TERMINAL_NONE;
	struct modes modes = { 0 };
	struct spawned s;
	enum ambit_code code;
	uint64_t mask;
	int r = supervise_begin(&mask);

	if (r >= 0 && policy_has(run->policy, RIGHT_TERMINAL))
		r = terminal_open(&terminal);
	else if (run->host.has_tty)
		modes_save(&modes);
	if (r < 0)
		return err_set(err, err_code_of_errno(-r), AMBIT_LAYER_SUPERVISOR, -r,
			       "cannot prepare signals and terminal");
	run->signal_mask = mask;
	run->has_signal_mask = true;
	run->ends_with_caller = true; /* this thread waits here until it has ended */
	run->terminal_fd = terminal.slave_fd;
	run->terminal_mask = terminal.mask;
	code = run_spawn(run, &s, err);
	if (code == AMBIT_OK && terminal.outer_fd >= 0)
		IGNORE_RESULT(terminal_begin(
			&terminal)); /* EIO: the terminal is gone, its hangup follows */
	if (code == AMBIT_OK) {
		forget_plan(run, steps);
		code = supervise(&s, &terminal, outcome, err);
	}
	terminal_close(&terminal);
	modes_restore(&modes);
	return code;
}

enum ambit_code ambit_run(const struct ambit_policy *policy, char *const argv[],
			  const struct ambit_options *options, struct ambit_status *ret_status,
			  struct ambit_error *err)
{
	enum ambit_code code;
	AUTO_BUF struct buf steps = { 0 };
	struct outcome outcome = { 0 };
	struct run run;

	ERR_BEGIN(err);
	code = check_argv(policy, argv, err);
	if (code != AMBIT_OK)
		return code;
	if (!ret_status)
		return no_result(err);
	code = run_plan(&run, policy, argv, options, RUN_BECOME, err);
	if (code == AMBIT_OK) {
		if (must_stay(&run))
			host_forget_kept(&run.host);
		run_notify(&run);
		code = must_stay(&run) ? run_supervised(&run, &steps, &outcome, err)
				       : run_become(&run, err);
	}
	IGNORE_RESULT(err_exhausted(err));
	write_status(&run, &steps, code == AMBIT_OK || outcome.lost ? &outcome : NULL, err);
	if (code == AMBIT_OK)
		fill_status(&outcome, ret_status);
	run_done(&run);
	return code;
}
