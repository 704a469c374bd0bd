/* SPDX-License-Identifier: ISC */
/*
 * DOC: Theory of operation
 *
 * The keeper: a worker's first process, as it was born and confined. It has seen no request and
 * reads nothing that a request has touched. It forks the process that serves: one for each call
 * (FRESH), or one for all of them, and another when that one has ended. So a worker is replaced
 * even when its caller, who has entered a policy by then, could start no process any more.
 *
 * It sleeps in one place, sigtimedwait(2), with both signals blocked, so none is missed: SIGCHLD;
 * and SIGIO, when the caller's order to end a process is there, or when the last descriptor of one
 * is closed (O_ASYNC). Whoever closes them and goes on would leave its caller waiting.
 *
 * The keeper may fork, kill and ask for SIGIO. The process it makes may not (worker_less.c), so it
 * cannot reach the keeper, nor outlive it. Nor through /proc, where the keeper's pipes could be
 * opened anew: it is not dumpable, which takes its directory there from who has no privilege.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/prctl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../base/fd.h"
#include "../base/sys.h"
#include "worker.h"
#include "worker_wire.h"

/* So long has who closed its descriptors to end; a look so often where signals may get lost. */
enum { DEATH_US = 2000000, LOOK_US = 10000 };

struct keeper {
	struct worker_inside *inside;
	uint64_t mask; /* as it was */
	pid_t self;
	bool is_fresh;
	bool is_dumpable; /* at its start */
	bool is_alone;	  /* the one thread: no other takes its signals */
	int life;	  /* ends with the process that serves; 0: is not watched */
	uint32_t number;
	pid_t pid;
};

static const uint64_t awaited = UINT64_C(1) << (SIGCHLD - 1) | UINT64_C(1) << (SIGIO - 1);

/* SIGIO for us when something happens there. */
static int listen_to(const struct keeper *k, int fd)
{
	int r = sys_fcntl(fd, F_SETOWN, k->self);

	return r < 0 ? r : sys_fcntl(fd, F_SETFL, O_ASYNC | O_NONBLOCK);
}

static int get_ready(struct keeper *k)
{
	int r = sys_prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);

	k->is_dumpable = r == 1;
	if (r >= 0)
		r = sys_prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	/* A caller that ignores SIGCHLD has children that cannot be waited for. */
	if (r >= 0)
		r = sys_sigdefault(SIGCHLD);
	if (r >= 0)
		r = sys_sigdefault(SIGIO);
	if (r >= 0)
		r = sys_sigmask(SIG_BLOCK, &awaited, &k->mask);
	k->self = sys_getpid();
	k->is_alone = sys_unshare(CLONE_THREAD) == 0; /* changes nothing */
	return r < 0 ? r : listen_to(k, k->inside->order_fd);
}

/* ---- the process that serves --------------------------------------------------------------- */

/* Lets go what is the keeper's. */
static int let_go(struct keeper *k)
{
	struct worker_inside *w = k->inside;
	int r = sys_prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);

	if (r >= 0 && sys_getppid() != k->self)
		r = -ESRCH;
	if (r >= 0)
		r = sys_sigmask(SIG_SETMASK, &k->mask, NULL);
	if (r >= 0)
		r = sys_close(w->order_fd);
	if (r >= 0)
		r = sys_close(k->is_fresh ? w->event_fd : w->end_fd);
	if (r >= 0 && k->life)
		r = sys_close(k->life);
	if (r >= 0 && k->is_dumpable) /* the supervisor may have to read what it asks for */
		r = sys_prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	if (r >= 0)
		r = worker_less(w->control);
	return r < 0 ? r : sys_munmap(w->keeping, WORKER_PAGE);
}

__attribute__((noreturn)) static void be_one_call(struct worker_inside *w, uint32_t number)
{
	struct worker_header *header = (void *)w->data;
	const size_t in_length = (size_t)w->control->in_length;
	const uint64_t max_in = w->control->max_in, max_out = w->control->max_out;

	if (worker_prune(w->control) < 0 || sys_munmap(w->control, WORKER_PAGE) < 0)
		_exit(EXIT_FAILURE);
	worker_inside_run(w, in_length, max_in, max_out);
	header->answered = number;
	_exit(EXIT_SUCCESS);
}

__attribute__((noreturn)) static void be_process(struct keeper *k)
{
	if (let_go(k) < 0)
		_exit(EXIT_FAILURE);
	if (k->is_fresh)
		be_one_call(k->inside, k->number);
	worker_inside_serve(k->inside);
}

/* ---- the keeper ---------------------------------------------------------------------------- */

static bool is_deaf(const struct keeper *k)
{
	struct pollfd fd = { k->life, 0, 0 };

	return k->life && sys_poll(&fd, 1, 0) == 1;
}

static void sleep_until(const struct keeper *k, uint64_t until_us)
{
	const uint64_t now = worker_now_us();
	uint64_t left = !until_us ? 0 : now < until_us ? until_us - now : 1;
	struct timespec t;

	if (!k->is_alone && (!left || left > LOOK_US))
		left = LOOK_US;
	t = (struct timespec){ (time_t)(left / 1000000), (long)(left % 1000000 * 1000) };
	IGNORE_RESULT(sys_sigtimedwait(&awaited, NULL, left ? &t : NULL)); /* EINTR: looks, too */
}

/* Until it has ended: its wait status. */
static int watch(const struct keeper *k)
{
	struct worker_keeping *page = k->inside->keeping;
	uint64_t until_us = 0; /* it is deaf, and has this long */
	int status = 0, r;

	page->was_deaf = false;
	for (;;) {
		const bool is_late = until_us && worker_now_us() >= until_us;

		if (is_late || __atomic_load_n(&page->unwanted, __ATOMIC_ACQUIRE) == k->number) {
			page->was_deaf |= is_late;
			r = sys_kill(k->pid, SIGKILL);
			if (r < 0 && r != -ESRCH) /* then only our own end is left, and its */
				_exit(EXIT_FAILURE);
			until_us = 0;
		}
		sleep_until(k, until_us);
		r = sys_wait4(k->pid, &status, WNOHANG, NULL);
		if (r == k->pid)
			return status;
		if (r < 0 && r != -EINTR)
			return SIGKILL;
		if (!until_us && is_deaf(k))
			until_us = worker_now_us() + DEATH_US;
	}
}

/* A process, from its beginning to its end. As if killed, where it does not come far. */
static int keep_one(struct keeper *k)
{
	int life[2] = { 0, 0 }, status = SIGKILL, r = 0;

	if (!k->is_fresh) {
		r = sys_pipe2(life, O_CLOEXEC | O_NONBLOCK);
		if (r >= 0)
			r = listen_to(k, life[0]);
	}
	k->life = life[0];
	if (r >= 0)
		k->pid = fork();
	if (r >= 0 && k->pid == 0)
		be_process(k);
	if (life[1] > 0)
		(void)sys_close(life[1]);
	if (r >= 0 && k->pid > 0)
		status = watch(k);
	if (life[0] > 0)
		(void)sys_close(life[0]);
	return status;
}

void worker_keep(struct worker_inside *w)
{
	struct keeper k = { .inside = w, .is_fresh = w->keeping->is_fresh };

	if (get_ready(&k) < 0)
		_exit(EXIT_FAILURE);
	for (;;) {
		bool is_polled;

		IGNORE_RESULT(worker_wait(&w->keeping->wanted, k.number, 0, 0));
		k.number = __atomic_load_n(&w->keeping->wanted.value, __ATOMIC_ACQUIRE);
		/* Of a call: once it is answered this is the next one's. */
		is_polled = k.is_fresh && w->control->wants_event;
		w->keeping->wait_status = keep_one(&k);
		worker_tell(&w->keeping->ended, k.number);
		if (!k.is_fresh || is_polled)
			(void)!write(k.is_fresh ? w->event_fd : w->end_fd, "", 1); /* to nobody */
	}
}
