/* SPDX-License-Identifier: ISC */
/* worker_process.c - start, look after and end the process of a worker */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "../base/fd.h"
#include "../base/sys.h"
#include "worker_process.h"

static const struct spawned nobody = { .pidfd = -1, .pid = -1, .control_fd = -1, .alive_fd = -1 };

void process_init(struct worker_process *p)
{
	*p = (struct worker_process){ .copy = nobody };
}

enum ambit_code process_start(struct worker_process *p, const struct ambit_policy *policy,
			      char *program, struct ambit_error *err)
{
	struct ambit_options options = AMBIT_OPTIONS_INIT;
	char *argv[] = { program, NULL };

	options.directory = "/";
	return ambit_spawn(policy, argv, &options, &p->box, err);
}

enum ambit_code process_copy(struct worker_process *p, const struct ambit_policy *policy,
			     const struct run_copy *copy, struct ambit_error *err)
{
	struct run run;
	enum ambit_code code = run_plan_enter(&run, policy, NULL, RUN_SPAWN, err);

	if (code == AMBIT_OK)
		code = run_copy(&run, copy, &p->copy, err);
	run_done(&run);
	return code;
}

bool process_runs(const struct worker_process *p)
{
	return p->box || p->copy.pid > 0;
}

int process_pidfd(const struct worker_process *p)
{
	return p->box ? ambit_box_pidfd(p->box) : p->copy.pidfd;
}

static bool box_ended(struct worker_process *p, int *ret_signal, int *ret_status)
{
	struct ambit_status status = { sizeof(status), 0, 0, false };
	enum ambit_code code = ambit_box_wait(p->box, 0, &status, NULL);

	*ret_signal = code == AMBIT_OK ? status.signal : HOW_UNKNOWN;
	*ret_status = status.exit_code;
	return code != AMBIT_E_TIMEOUT;
}

bool process_ended(struct worker_process *p, int *ret_signal, int *ret_status)
{
	siginfo_t info;
	int r;

	if (p->box)
		return box_ended(p, ret_signal, ret_status);
	memset(&info, 0, sizeof(info));
	r = sys_waitid(P_PID, p->copy.pid, &info, WEXITED | WNOHANG, NULL);
	if (r == -EINTR || (r >= 0 && info.si_pid == 0))
		return false;
	/* ECHILD: somebody else has reaped it. */
	*ret_signal = r < 0 ? HOW_UNKNOWN : info.si_code == CLD_EXITED ? 0 : info.si_status;
	*ret_status = r < 0 ? 0 : info.si_status;
	p->copy.pid = -1;
	return true;
}

void process_kill(struct worker_process *p)
{
	if (p->box)
		IGNORE_RESULT(ambit_box_signal(p->box, SIGKILL, NULL)); /* it has ended */
	else if (p->copy.pid > 0)
		run_copy_kill(&p->copy);
}

void process_stop(struct worker_process *p)
{
	ambit_box_free(p->box);
	if (p->copy.pidfd >= 0)
		run_copy_end(&p->copy);
	process_init(p);
}

void process_forget(struct worker_process *p)
{
	box_forget(p->box);
	fd_close(&p->copy.control_fd);
	fd_close(&p->copy.alive_fd);
	fd_close(&p->copy.pidfd);
	process_init(p);
}
