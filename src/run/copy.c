/* SPDX-License-Identifier: ISC */
/*
 * DOC: Theory of operation
 *
 * A copy of this process, confined before it does anything: for code that needs what the caller
 * has in memory. The plan is that of a process that enters. It is made and prepared here, where it
 * may fail with words; the copy, a process of one thread, lets go what it is not to have and
 * carries it out.
 *
 * What the copy has to say lies in a page that both share; a pipe, whose other end it closes when
 * all is done and the kernel when it dies, says that it is there. A second pipe ends with the
 * caller: the kernel then kills the copy, by SIGKILL as the signal of a descriptor whose other end
 * is closed (fcntl(2), F_SETSIG). Both ends are the caller's alone, so whoever takes the copy over
 * can change neither; and both have the copy as their owner, as a caller that dies has them closed
 * in no order. PR_SET_PDEATHSIG would follow the thread, not the process.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../base/fd.h"
#include "../base/sys.h"
#include "child.h"
#include "run.h"

enum { SIGNALS = 64, KEEP_MAX = 64, LOOK_MS = 5 };

struct page {
	uint32_t confined;
	struct kit_report report;
};

struct birth {
	const struct run *run;
	const struct run_copy *copy;
	const struct kit_builder *builder;
	struct kit *kit;
	struct page *page;
	int told[2];  /* the copy's end is closed when it is confined, or dead */
	int alive[2]; /* both ends are closed when the caller is dead */
	uint64_t mask;
};

/* ---- the copy ------------------------------------------------------------------------------ */

/* Handlers are the caller's code; what is ignored stays ignored, as over execve(2). */
static int forget_handlers(void)
{
	int r = 0;

	for (int n = 1; n <= SIGNALS && r >= 0; n++) {
		unsigned long handler = 0;

		/* 32 and 33 are the C library's own: it will not set them twice. */
		if (n == SIGKILL || n == SIGSTOP || n == 32 || n == 33)
			continue;
		r = sys_sigaction_get(n, &handler);
		if (r >= 0 && handler > 1)
			r = sys_sigdefault(n);
	}
	return r;
}

static int die_with_caller(int fd)
{
	int r = sys_fcntl(fd, F_SETOWN, sys_getpid());

	if (r >= 0)
		r = sys_fcntl(fd, F_SETSIG, SIGKILL);
	if (r >= 0)
		r = sys_fcntl(fd, F_SETFL, O_ASYNC | O_NONBLOCK);
	return r;
}

static int close_one(int fd, void *argument)
{
	(void)argument;
	(void)sys_close(fd);
	return 0;
}

static int close_from_to(unsigned first, unsigned last)
{
	int r = sys_close_range(first, last, 0);

	return r == -ENOSYS || r == -EINVAL || r == -EPERM
		       ? fd_walk(&(struct fd_walk){ first, last, FD_NUMBERS, close_one, NULL })
		       : r;
}

struct keep {
	unsigned fds[KEEP_MAX];
	size_t count;
};

/* In order; false when there are too many. */
static bool keep_one(struct keep *k, int fd)
{
	size_t i = k->count;

	if (fd < 0 || i == KEEP_MAX)
		return fd < 0;
	for (; i > 0 && k->fds[i - 1] > (unsigned)fd; i--)
		k->fds[i] = k->fds[i - 1];
	k->fds[i] = (unsigned)fd;
	k->count++;
	return true;
}

static int close_others(const struct birth *b)
{
	struct keep k = { .count = 0 };
	bool fits = keep_one(&k, b->told[1]);
	const struct grant *g;
	unsigned next = 3;
	int r = 0;

	for (size_t i = 0; i < b->copy->keep_count; i++)
		fits &= keep_one(&k, b->copy->keep[i]);
	for (uint32_t i = 0; i < b->builder->fd_count; i++)
		fits &= keep_one(&k, b->builder->fds[i]);
	for (size_t at = 0; (g = policy_next(b->run->policy, RIGHT_FD, &at)) != NULL;)
		fits &= keep_one(&k, (int)g->number);
	if (!fits)
		return -EMFILE;
	for (size_t i = 0; i < k.count && r >= 0; i++) {
		if (k.fds[i] > next)
			r = close_from_to(next, k.fds[i] - 1);
		if (k.fds[i] >= next)
			next = k.fds[i] + 1;
	}
	return r < 0 ? r : close_from_to(next, ~0u);
}

static int make_ready(const struct birth *b)
{
	int r = forget_handlers();

	for (int i = 0; i < 2 && r >= 0; i++)
		r = die_with_caller(b->alive[i]);
	if (r >= 0)
		r = b->copy->begin(b->copy->argument);
	if (r >= 0)
		r = close_others(b);
	return r < 0 ? r : sys_chdir("/");
}

__attribute__((noreturn)) static void be_copy(const struct birth *b)
{
	struct child child;
	int r = make_ready(b);

	child_init(&child, b->kit);
	child.keep = &b->page->report;
	if (r < 0)
		child_report(&child, NULL, WHERE_START, false, r);
	else
		r = child_confine(&child);
	if (r < 0)
		_exit(EXIT_FAILURE);
	for (uint32_t i = 0; i < b->builder->fd_count; i++)
		(void)sys_close(b->builder->fds[i]);
	IGNORE_RESULT(sys_sigmask(SIG_SETMASK, &b->mask, NULL)); /* it was readable: it is valid */
	b->page->confined = 1;
	IGNORE_RESULT(sys_munmap(b->page, sizeof(*b->page))); /* at worst it stays mapped */
	(void)sys_close(b->told[1]);
	b->copy->inside(b->copy->argument);
	_exit(EXIT_FAILURE);
}

/* ---- the caller ---------------------------------------------------------------------------- */

static enum ambit_code failed(struct ambit_error *err, int r)
{
	(void)err_set(err, err_code_of_errno(-r), AMBIT_LAYER_RUN, -r,
		      "cannot start a confined copy of this process");
	return err_hint(err, "%s", layer_hint(AMBIT_LAYER_RUN, 0, -r));
}

static int pipe_above_standard(int fds[2])
{
	int r = sys_pipe2(fds, O_CLOEXEC);

	if (r < 0)
		return r;
	fds[0] = fd_above_standard(fds[0]);
	fds[1] = fd_above_standard(fds[1]);
	return fds[0] < 0 ? fds[0] : fds[1] < 0 ? fds[1] : 0;
}

/* fork(3): the C library puts its own locks right in the copy. */
static int make_copy(struct birth *b, struct spawned *s)
{
	const uint64_t all = ~UINT64_C(0);
	int r = sys_sigmask(SIG_SETMASK, &all, &b->mask);

	if (r < 0)
		return r;
	s->pid = fork();
	if (s->pid == 0)
		be_copy(b);
	r = s->pid < 0 ? -errno : 0;
	if (r >= 0)
		r = sys_sigmask(SIG_SETMASK, &b->mask, NULL);
	else
		IGNORE_RESULT(sys_sigmask(SIG_SETMASK, &b->mask, NULL)); /* there is an error */
	if (r < 0)
		return r;
	s->pidfd = fd_above_standard(sys_pidfd_open(s->pid, 0));
	return s->pidfd < 0 ? s->pidfd : 0;
}

/*
 * Until the copy is confined, or is no more. The end of the pipe tells of both at once, but for
 * what another thread has forked meanwhile: that holds it, too, and may do so for ever.
 */
static enum ambit_code hear(struct birth *b, const struct spawned *s, struct ambit_error *err)
{
	struct pollfd fds[2] = { { .fd = b->told[0] }, { .fd = s->pidfd, .events = POLLIN } };
	const uint32_t *confined = &b->page->confined;
	int r;

	fd_close(&b->told[1]);
	do
		r = sys_poll(fds, 2, LOOK_MS);
	while (!__atomic_load_n(confined, __ATOMIC_ACQUIRE) && (r == 0 || r == -EINTR));
	if (__atomic_load_n(confined, __ATOMIC_ACQUIRE))
		return AMBIT_OK;
	if (b->page->report.magic == KIT_REPORT_MAGIC)
		return run_explain(&b->run->plan, &b->page->report, err);
	return err_set(err, AMBIT_E_CHILD, AMBIT_LAYER_RUN, 0,
		       "a copy of this process died before it was confined");
}

void run_copy_kill(struct spawned *s)
{
	/* That ends it, too: we may have entered a policy since that lets us signal nobody. */
	fd_close(&s->control_fd);
	fd_close(&s->alive_fd);
	if (s->pid > 0)
		IGNORE_RESULT(run_signal(s, SIGKILL)); /* ESRCH: ended */
}

void run_copy_end(struct spawned *s)
{
	siginfo_t info;
	int r = -EINTR;

	run_copy_kill(s);
	while (s->pid > 0 && r == -EINTR)
		r = sys_waitid(P_PID, s->pid, &info, WEXITED, NULL);
	fd_close(&s->pidfd);
	s->pid = -1;
}

static enum ambit_code give_birth(struct birth *b, struct spawned *s, struct ambit_error *err)
{
	enum ambit_code code;
	int r = pipe_above_standard(b->told);

	if (r >= 0)
		r = pipe_above_standard(b->alive);
	if (r >= 0)
		b->page = sys_mmap(sizeof(*b->page), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, &r);
	if (r >= 0)
		r = make_copy(b, s);
	s->control_fd = fd_steal(&b->alive[1]);
	s->alive_fd = fd_steal(&b->alive[0]);
	code = r < 0 ? failed(err, r) : hear(b, s, err);
	if (code != AMBIT_OK)
		run_copy_end(s);
	if (b->page)
		IGNORE_RESULT(sys_munmap(b->page, sizeof(*b->page))); /* at worst it stays */
	fd_close(&b->told[0]);
	fd_close(&b->told[1]);
	return code;
}

enum ambit_code run_copy(struct run *run, const struct run_copy *copy, struct spawned *s,
			 struct ambit_error *err)
{
	struct kit_builder builder;
	struct birth b = { .run = run,
			   .copy = copy,
			   .builder = &builder,
			   .told = { -1, -1 },
			   .alive = { -1, -1 } };
	enum ambit_code code = run_refuse_gaps(&run->plan, err);

	*s = (struct spawned){ .pidfd = -1, .pid = -1, .control_fd = -1, .alive_fd = -1 };
	if (code != AMBIT_OK)
		return code;
	code = run_prepare(run, &builder, &b.kit, err);
	if (code == AMBIT_OK)
		code = give_birth(&b, s, err);
	free(b.kit);
	kit_builder_done(&builder);
	return code;
}
