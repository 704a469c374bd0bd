/* SPDX-License-Identifier: ISC */
/*
 * trace.c - the ptrace loop behind inject and walk
 *
 * DOC: Theory of operation
 *
 * The command is seized before it is executed, and with it whatever it makes (fork, vfork, clone,
 * threads), so no call of theirs is missed. Every call stops at entry and at exit. The kernel asks
 * the tracer before seccomp, so a filter cannot hide a call; but it runs the filter on what the
 * tracer leaves, and number -1 may be deadly there, as may arguments that the filter looks at.
 * Hence a call that is to fail becomes one that is harmless and that any filter lets pass; its
 * result is then overwritten, and its registers are put back.
 *
 * All state is in struct tracer on the caller's stack.
 */
#include "trace.h"

#include "calls.h"
#include "except.h"
#include "regs.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	TRACEES_MAX = 256,
	ENDS_MAX = 16,
	GRACE_MS = 400,
	EVERY_MS = 100,
	MORE_TIMES = 26, /* a busy machine lets nobody go at once */
	EINTR_MAX = 3,
	STORM_MAX = 50,
	HOLD_WAITS = 3,
	HOLD_EVENTS = 10000,
	SYSCALL_STOP = SIGTRAP | 0x80
};

struct tracee {
	pid_t tid; /* 0: this place is free */
	uint16_t ordinal, index;
	bool failing; /* the result is to be replaced at exit */
	bool logged;
	uint64_t made; /* where the name is that the call under way makes, if it succeeds */
	bool replaced; /* and the registers are to be put back: */
	struct user_regs_struct saved;
	unsigned trapped;
	long interrupted; /* the call that got EINTR last, */
	unsigned times;	  /* and how often in a row, */
	unsigned storm;	  /* of how many in all */
};

enum phase { PHASE_BEFORE, PHASE_START, PHASE_SETUP, PHASE_AFTER };

struct tracer {
	const struct trace_job *job;
	struct trace_result *result;
	enum phase phase;
	pid_t command;
	bool ended;	/* the command has */
	unsigned more;	/* how often what is left was given more time */
	bool held;	/* somebody was */
	unsigned waits; /* of others, since */
	struct tracee tracees[TRACEES_MAX];
	pid_t ends[ENDS_MAX]; /* the last that ended */
	unsigned end_count;
};

static struct tracee *find(struct tracer *t, pid_t tid)
{
	for (int i = 0; i < TRACEES_MAX; i++)
		if (t->tracees[i].tid == tid)
			return &t->tracees[i];
	return NULL;
}

/* The record of a process; a new one when its first stop overtakes its parent's report. */
static struct tracee *meet(struct tracer *t, pid_t tid)
{
	struct tracee *new = find(t, tid);

	if (new) {
		return new;
	}
	new = find(t, 0);
	if (!new)
		return NULL;
	*new = (struct tracee){ .tid = tid, .ordinal = (uint16_t)++t->result->processes };
	return new;
}

static void read_text(pid_t tid, const uint64_t *args, char *text)
{
	for (int i = 0; i < 3; i++) {
		char raw[FAULT_TEXT] = "";
		size_t len = 0;

		if (args[i] < 4096 || regs_read(tid, args[i], raw, sizeof(raw) - 1) <= 0)
			continue;
		while (raw[len] >= ' ' && raw[len] <= '~' && raw[len] != '"' && raw[len] != '\\')
			len++;
		if (len && !raw[len]) {
			memcpy(text, raw, len + 1);
			return;
		}
	}
	text[0] = 0;
}

/* The calls that make a name, and which argument it is. */
static const struct {
	long nr;
	int name, flags; /* flags: the argument that must have O_CREAT, or -1 */
} makers[] = {
	{ SYS_mkdirat, 1, -1 }, { SYS_mknodat, 1, -1 }, { SYS_symlinkat, 2, -1 },
	{ SYS_linkat, 3, -1 },	{ SYS_openat, 1, 2 },
#if defined(__x86_64__)
	{ SYS_mkdir, 0, -1 },	{ SYS_mknod, 0, -1 },	{ SYS_symlink, 1, -1 },
	{ SYS_link, 1, -1 },	{ SYS_open, 0, 1 },	{ SYS_creat, 0, -1 },
#endif
};

static uint64_t name_made(const struct trace_fault *call)
{
	for (size_t i = 0; i < sizeof(makers) / sizeof(makers[0]); i++)
		if (makers[i].nr == call->nr &&
		    (makers[i].flags < 0 || call->args[makers[i].flags] & O_CREAT))
			return call->args[makers[i].name];
	return 0;
}

/* Relative names are of a view that the launcher builds for itself. */
static void note_made(struct trace_result *r, const struct tracee *p)
{
	char *name = r->made[r->made_count];

	if (r->made_count < MADE_MAX && regs_read(p->tid, p->made, name, FAULT_TEXT - 1) > 0 &&
	    name[0] == '/')
		r->made_count++;
}

static void log_entry(struct tracer *t, struct tracee *p, const struct trace_fault *call)
{
	FILE *log = t->job->log;
	char text[FAULT_TEXT];

	if (!log)
		return;
	read_text(p->tid, call->args, text);
	fprintf(log, "%4lu %u.%u %s(0x%lx, 0x%lx, 0x%lx, 0x%lx)%s%s%s\n", call->n, p->ordinal,
		p->index, call_name(call->nr), (unsigned long)call->args[0],
		(unsigned long)call->args[1], (unsigned long)call->args[2],
		(unsigned long)call->args[3], text[0] ? " " : "", text,
		p->failing ? " FAILED" : "");
	p->logged = call->n != 0;
}

static void fail_call(struct tracer *t, struct tracee *p, struct trace_fault *call, enum how how)
{
	int e = 0;

	if (how == HOW_AFTER)
		;
	else
		e = regs_replace_call(p->tid, &p->saved);
	if (e)
		return; /* it has just been killed: there will be no exit */
	p->failing = true;
	p->replaced = how != HOW_AFTER;
	if (!t->result->faults++) {
		read_text(p->tid, call->args, call->text);
		t->result->first = *call;
	}
}

static bool wanted(const struct tracer *t, const struct trace_fault *call, enum how how)
{
	const struct trace_job *job = t->job;

	if (t->result->faults)
		return job->onward && how != HOW_ONCE;
	if (job->site.process)
		return call->site.process == job->site.process &&
		       call->site.index == job->site.index;
	return job->nth && call->n == job->nth;
}

/* A storm of signals ends: a call that is made again and again succeeds at last. */
static bool storm_is_over(const struct tracer *t, struct tracee *p, long nr)
{
	if (t->job->error != EINTR || !t->job->onward)
		return false;
	p->times = p->interrupted == nr ? p->times + 1 : 1;
	p->interrupted = nr;
	return p->times > EINTR_MAX || ++p->storm > STORM_MAX;
}

static void on_entry(struct tracer *t, struct tracee *p, const struct __ptrace_syscall_info *info)
{
	if (t->phase != PHASE_START && t->phase != PHASE_SETUP)
		return;

	struct trace_fault call = { .nr = (long)info->entry.nr };

	memcpy(call.args, info->entry.args, sizeof(call.args));

	enum how how = except_how(call.nr, call.args[0]);

	if (how != HOW_START && how != HOW_NEVER)
		t->phase = PHASE_SETUP;
	if (how == HOW_NEVER || t->phase == PHASE_START ||
	    (t->job->only && call.nr != t->job->only_nr)) {
		t->result->passed++;
		log_entry(t, p, &call);
		return;
	}
	call.n = ++t->result->calls;
	call.site = (struct trace_site){ p->ordinal, ++p->index };
	if (call.n <= SITES_MAX) {
		t->result->sites[call.n - 1] = call.site;
		t->result->numbers[call.n - 1] = (int32_t)call.nr;
	}
	p->made = name_made(&call);
	t->waits += t->held && call.nr == SYS_futex;
	if (wanted(t, &call, how) && !storm_is_over(t, p, call.nr))
		fail_call(t, p, &call, how);
	log_entry(t, p, &call);
}

static void on_exit_of_call(struct tracer *t, struct tracee *p,
			    const struct __ptrace_syscall_info *info)
{
	if (p->replaced) /* killed meanwhile: no matter */
		(void)regs_restore(p->tid, &p->saved, -t->job->error);
	else if (p->failing)
		(void)regs_set_result(p->tid, -t->job->error);
	if (p->made && !p->failing && info->exit.rval >= 0)
		note_made(t->result, p);
	if (t->job->log && p->logged)
		fprintf(t->job->log, "     %u.%u = %ld\n", p->ordinal, p->index,
			p->failing ? -t->job->error : (long)info->exit.rval);
	p->failing = p->replaced = p->logged = false;
	p->made = 0;
}

static void on_call(struct tracer *t, struct tracee *p)
{
	struct __ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, p->tid, (void *)sizeof(info), &info) <= 0)
		return;
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
		on_entry(t, p, &info);
	else if (info.op == PTRACE_SYSCALL_INFO_EXIT)
		on_exit_of_call(t, p, &info);
}

/* A thread that executes becomes the leader, under the leader's number. */
static void on_exec(struct tracer *t, struct tracee *p)
{
	unsigned long former = 0;

	(void)ptrace(PTRACE_GETEVENTMSG, p->tid, NULL, &former);
	if (former && (pid_t)former != p->tid) {
		struct tracee *thread = find(t, (pid_t)former);

		if (thread) {
			pid_t tid = p->tid;

			*p = *thread;
			p->tid = tid;
			thread->tid = 0;
		}
	}
	if (t->phase == PHASE_BEFORE) {
		t->phase = PHASE_START;
		return;
	}
	if (t->job->target && target_is(t->job->target, p->tid)) {
		t->result->started = true;
		t->phase = PHASE_AFTER;
	}
}

/* All that a process does, and its end, may come before its parent's report of it. */
static bool has_ended(const struct tracer *t, pid_t tid)
{
	for (int i = 0; i < ENDS_MAX; i++)
		if (t->ends[i] == tid)
			return true;
	return false;
}

static void on_birth(struct tracer *t, struct tracee *p)
{
	unsigned long tid = 0;

	if (!ptrace(PTRACE_GETEVENTMSG, p->tid, NULL, &tid) && tid && !has_ended(t, (pid_t)tid))
		(void)meet(t, (pid_t)tid);
}

static void hold(struct tracer *t);

static void on_stop(struct tracer *t, pid_t tid, int status)
{
	int event = status >> 16, signo = WSTOPSIG(status);
	struct tracee *p = meet(t, tid);
	bool group_stop = event == PTRACE_EVENT_STOP && signo != SIGTRAP;

	if (p && !event && signo == SYSCALL_STOP)
		on_call(t, p);
	else if (p && event == PTRACE_EVENT_EXEC)
		on_exec(t, p);
	else if (p && (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK ||
		       event == PTRACE_EVENT_CLONE))
		on_birth(t, p);
	if (event || signo == SYSCALL_STOP)
		signo = 0;
	/*
	 * A trap in a pid namespace's init ends it, but not when it is traced: the kernel then lets
	 * it trap for ever (force_sig() keeps SIGNAL_UNKILLABLE).
	 */
	if (p && (signo == SIGILL || signo == SIGTRAP) && p->trapped++)
		(void)kill(tid, SIGKILL);
	if (p && p->failing && t->job->hold_ms && !t->held)
		hold(t);

	bool by_call = t->phase == PHASE_START || t->phase == PHASE_SETUP || (p && p->failing);

	/* ESRCH: killed since; its end is reported next. */
	(void)ptrace(group_stop ? PTRACE_LISTEN
		     : by_call	? PTRACE_SYSCALL
				: PTRACE_CONT,
		     tid, NULL, (void *)(long)signo);
}

static void set_timer(unsigned ms)
{
	struct itimerval every = {
		.it_value = { .tv_sec = ms / 1000, .tv_usec = (long)(ms % 1000) * 1000 },
		.it_interval = { .tv_usec = ms ? EVERY_MS * 1000 : 0 }, /* one may come too early */
	};

	(void)setitimer(ITIMER_REAL, &every, NULL);
}

static void on_end(struct tracer *t, pid_t tid, int status)
{
	struct tracee *p = find(t, tid);

	if (p) {
		p->tid = 0;
		t->ends[t->end_count++ % ENDS_MAX] = tid;
	}
	if (tid == t->command) {
		t->ended = true;
		t->result->status = status;
		set_timer(GRACE_MS);
	}
}

static void on_event(struct tracer *t, pid_t tid, int status)
{
	if (WIFSTOPPED(status))
		on_stop(t, tid, status);
	else
		on_end(t, tid, status);
}

/*
 * Whoever makes the call that fails stands still, and all others go on, until the program has
 * started, somebody waits (again and again), or nothing happens any more.
 */
static void hold(struct tracer *t)
{
	unsigned quiet_ms = 0, events = 0;

	t->held = true;
	while (!t->result->started && t->waits < HOLD_WAITS && quiet_ms < t->job->hold_ms &&
	       events < HOLD_EVENTS) {
		int status;
		pid_t tid = waitpid(-1, &status, __WALL | WNOHANG);

		if (tid < 0)
			return;
		if (tid == 0) {
			(void)usleep(1000); /* EINTR: the deadline, which comes again */
			quiet_ms++;
			continue;
		}
		quiet_ms = 0;
		events++;
		on_event(t, tid, status);
	}
}

static void on_alarm(int signo)
{
	(void)signo; /* only so that waitpid() returns */
}

/* Whether it has a processor, waits for one or for its tracer, or is being taken apart. */
static bool is_under_way(pid_t tid)
{
	char path[64], state = 'X';

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", tid);

	FILE *f = fopen(path, "re");

	if (f && fscanf(f, "%*d (%*[^)]) %c", &state) != 1)
		state = 'X';
	if (f)
		fclose(f);
	return state != 'S' && state != 'T';
}

static bool end_one(pid_t tid)
{
	(void)kill(tid, SIGKILL);
	return true;
}

/* Children that are not traced are ours by adoption: the kernel's list has them. */
static unsigned adopted(bool (*counts)(pid_t))
{
	char path[64];
	unsigned count = 0;
	int pid;

	(void)snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());

	FILE *f = fopen(path, "re");

	while (f && fscanf(f, "%d", &pid) == 1)
		count += counts(pid);
	if (f)
		fclose(f);
	return count;
}

static unsigned all(const struct tracer *t, bool (*counts)(pid_t))
{
	unsigned traced = 0, others = adopted(counts);

	for (int i = 0; i < TRACEES_MAX; i++)
		if (t->tracees[i].tid)
			traced += counts(t->tracees[i].tid);
	return others > traced ? others : traced;
}

/* Time is up: for the whole run, or for what outlives the command. */
static void on_deadline(struct tracer *t)
{
	if (t->ended && t->more++ < MORE_TIMES && all(t, is_under_way))
		return;

	unsigned alive = all(t, end_one);

	if (!t->ended)
		t->result->hung = true;
	else if (!t->result->left)
		t->result->left = alive;
}

static void follow(struct tracer *t)
{
	int status;

	for (;;) {
		pid_t tid = waitpid(-1, &status, __WALL);

		if (tid < 0 && errno == EINTR) {
			on_deadline(t);
			continue;
		}
		if (tid < 0)
			return; /* ECHILD: nobody is left */
		on_event(t, tid, status);
	}
}

static void __attribute__((noreturn)) become(const struct trace_job *job, int gate)
{
	int fds[3] = { job->in_fd, job->out_fd, job->err_fd };
	char byte;

	/* Numbered past 2 before they are put in place, so that none is overwritten. */
	for (int i = 0; i < 3; i++)
		if (fds[i] >= 0)
			fds[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, 10);
	for (int i = 0; i < 3; i++)
		if (fds[i] >= 0)
			(void)dup2(fds[i], i);
	if (read(gate, &byte, 1) == 1)
		execvp(job->argv[0], job->argv);
	_exit(127);
}

static int start(struct tracer *t)
{
	const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC | PTRACE_O_TRACEFORK |
			     PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL;
	int gate[2], e = 0;

	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) || pipe2(gate, O_CLOEXEC))
		return -errno;
	t->command = fork();
	if (t->command < 0)
		e = -errno;
	if (!t->command) {
		close(gate[1]);
		become(t->job, gate[0]);
	}
	close(gate[0]);
	if (!e && ptrace(PTRACE_SEIZE, t->command, NULL, (void *)options))
		e = -errno;
	if (!e && (!meet(t, t->command) || write(gate[1], "g", 1) != 1))
		e = -EIO;
	close(gate[1]); /* what was not let through the gate ends by itself */
	if (e && t->command > 0)
		(void)waitpid(t->command, NULL, 0);
	return e;
}

int trace_run(const struct trace_job *job, struct trace_result *ret)
{
	struct tracer t = { .job = job, .result = ret };
	struct sigaction handler = { .sa_handler = on_alarm }, before;

	memset(ret, 0, sizeof(*ret));

	int e = start(&t);

	if (e)
		return e;
	(void)sigaction(SIGALRM, &handler, &before);
	set_timer(job->deadline_ms);
	follow(&t);
	set_timer(0);
	(void)sigaction(SIGALRM, &before, NULL);
	return 0;
}
