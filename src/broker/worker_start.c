/* SPDX-License-Identifier: ISC */
/*
 * DOC: Theory of operation
 *
 * How a worker comes to be, ends, and goes on. Where its first process keeps others
 * (worker_keep.c), one that has failed is ended and replaced without starting anything here: by
 * then the caller may have entered a policy that lets it start nothing, nor signal anybody. So it
 * orders by a number in memory and a byte in a pipe. Who may create processes is not kept: some of
 * them might outlive the one that serves, with its memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/prctl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../base/fd.h"
#include "../base/sys.h"
#include "../policy/model.h"
#include "worker_own.h"

/* How long a call that failed waits for its process to end; the next one, before it ends all. */
enum { REAP_US = 100000, DEATH_US = 2000000, SLICE_US = 5000, TOLD_MS = 100 };

enum ambit_code worker_failed(struct ambit_error *err, int r, const char *what)
{
	(void)err_set(err, err_code_of_errno(-r), AMBIT_LAYER_RUN, -r, "cannot %s", what);
	return err_exhausted(err);
}

/* ---- what is shared ------------------------------------------------------------------------ */

/* A memory file whose size nobody can change any more, mapped; NULL: *ret_fd is -errno. */
static void *shared(const char *name, uint64_t size, int *ret_fd)
{
	int fd = fd_check_size(size);
	void *at = MAP_FAILED;

	if (fd >= 0)
		fd = fd_above_standard(sys_memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
	*ret_fd = fd;
	if (fd < 0)
		return NULL;
	if (ftruncate(fd, (off_t)size) == 0 &&
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0)
		at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	/* Not for children: a copy of the caller has no part in what others share with it. */
	if (at != MAP_FAILED && madvise(at, size, MADV_DONTFORK) == 0)
		return at;
	*ret_fd = -errno;
	if (at != MAP_FAILED)
		(void)munmap(at, size);
	fd_close(&fd);
	return NULL;
}

static uint64_t data_size(const struct ambit_worker *w)
{
	return worker_data_size(w->options.max_in, w->options.max_out);
}

static void close_pipe(int fds[2])
{
	fd_close(&fds[0]);
	fd_close(&fds[1]);
}

static int open_pipe(int fds[2])
{
	int ends[2] = { -1, -1 };

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	fds[0] = fd_above_standard(ends[0]);
	fds[1] = fd_above_standard(ends[1]);
	return fds[0] < 0 ? fds[0] : fds[1] < 0 ? fds[1] : 0;
}

static bool is_kept(const struct ambit_worker *w)
{
	return worker_is_fresh(w) || (w->options.flags & AMBIT_KEEPER);
}

static bool is_sealed(const struct ambit_worker *w)
{
	return policy_has(w->policy, RIGHT_COMPUTE) || policy_has(w->policy, RIGHT_PLEDGE);
}

static void begin_control(struct ambit_worker *w)
{
	*w->control = (struct worker_control){
		.magic = WORKER_MAGIC,
		.is_sealed = is_sealed(w),
		.spin_us = w->options.spin_us,
		.max_in = w->options.max_in,
		.max_out = w->options.max_out,
		.pruned = w->pruned,
	};
	memcpy(w->control->calls, w->calls, sizeof(w->calls));
	w->request = 0;
}

static void begin_keeping(struct ambit_worker *w)
{
	w->serving = worker_is_fresh(w) ? 0 : 1; /* one is wanted at once */
	*w->keeping = (struct worker_keeping){
		.magic = WORKER_MAGIC,
		.is_fresh = worker_is_fresh(w),
		.wanted.value = w->serving,
	};
}

static int open_pipes(struct ambit_worker *w)
{
	int ends[2] = { -1, -1 };
	int r = open_pipe(ends);

	w->heard_fd = ends[0];
	w->event_fd = ends[1];
	if (r >= 0 && is_kept(w))
		r = open_pipe(w->order_fd);
	if (r >= 0 && is_kept(w) && !worker_is_fresh(w))
		r = open_pipe(w->end_fd);
	return r;
}

static enum ambit_code share(struct ambit_worker *w, struct ambit_error *err)
{
	int r = open_pipes(w);

	if (r < 0)
		return worker_failed(err, r, "make a pipe for a worker");
	w->control = shared("ambit-worker-control", WORKER_PAGE, &w->control_fd);
	if (w->control)
		w->data = shared("ambit-worker-data", data_size(w), &w->data_fd);
	if (w->data && is_kept(w))
		w->keeping = shared("ambit-worker-keeping", WORKER_PAGE, &w->keeping_fd);
	if (!w->control || !w->data || (is_kept(w) && !w->keeping))
		return worker_failed(err,
				     !w->control ? w->control_fd
				     : !w->data	 ? w->data_fd
						 : w->keeping_fd,
				     "make memory that a worker shares");
	begin_control(w);
	if (w->keeping)
		begin_keeping(w);
	return AMBIT_OK;
}

/* ---- what it may --------------------------------------------------------------------------- */

/* The extreme sandbox opens and maps nothing: what is shared has to be, and an answer told. */
static enum ambit_code grant_sharing(const struct ambit_worker *w, struct ambit_policy *p,
				     struct ambit_error *err)
{
	char text[256];
	int n = snprintf(text, sizeof(text),
			 "syscall mmap {\n\targ 2 = %d\n\targ 3 = %d\n}\n"
			 "syscall write {\n\targ 0 = %d\n}\n",
			 PROT_READ | PROT_WRITE, MAP_SHARED, w->event_fd);

	return policy_has(p, RIGHT_COMPUTE) ? ambit_policy_parse(p, text, (size_t)n, "worker", err)
					    : AMBIT_OK;
}

/* The process that serves has none of it: see worker_less.c. */
static enum ambit_code grant_keeping(const struct ambit_worker *w, struct ambit_policy *p,
				     struct ambit_error *err)
{
	char text[512];
	int n = snprintf(text, sizeof(text),
			 "spawn\nsyscall kill {\n\targ 1 = %d\n}\n"
			 "syscall fcntl {\n\targ 1 = %d\n}\n"
			 "syscall fcntl {\n\targ 1 = %d\n\targ 2 = %d\n}\n"
			 "syscall prctl {\n\targ 0 = %d\n}\nsyscall prctl {\n\targ 0 = %d\n}\n",
			 SIGKILL, F_SETOWN, F_SETFL, O_ASYNC | O_NONBLOCK, PR_GET_DUMPABLE,
			 PR_SET_DUMPABLE);

	if (is_sealed(w) && !worker_is_fresh(w))
		n += snprintf(text + n, sizeof(text) - (size_t)n,
			      "syscall pipe2\nsyscall write {\n\targ 0 = %d\n}\n", w->end_fd[1]);
	p->kept = true;
	p->forks_alone = !policy_may_fork(p);
	return ambit_policy_parse(p, text, (size_t)n, "worker", err);
}

/* The caller's policy, and what a worker needs of ours. */
static enum ambit_code policy_for(const struct ambit_worker *w, struct ambit_policy *p,
				  struct ambit_error *err)
{
	enum ambit_code code = ambit_policy_merge(p, w->policy, err);

	if (code == AMBIT_OK)
		code = grant_sharing(w, p, err);
	return code == AMBIT_OK && w->keeping ? grant_keeping(w, p, err) : code;
}

/* What this program, started once more, needs beside that. */
static enum ambit_code grant_start(const struct ambit_worker *w, struct ambit_policy *p,
				   struct ambit_error *err)
{
	const int fds[] = { w->control_fd, w->data_fd,	   w->event_fd,
			    w->keeping_fd, w->order_fd[0], w->end_fd[1] };
	int shown[ARRAY_COUNT(fds)];
	enum ambit_code code = self_grant(p, err);

	for (size_t i = 0; i < ARRAY_COUNT(fds) && code == AMBIT_OK; i++) {
		shown[i] = fds[i] > 0 ? fds[i] : 0;
		if (fds[i] > 0)
			code = self_add(p, "fd", err, "%d", fds[i]);
	}
	if (code == AMBIT_OK)
		code = self_add(p, "env", err, WORKER_VARIABLE "=%s:%d:%d:%d:%d:%d:%d:%d",
				w->entry->name, worker_entry_nth(w->entry), shown[0], shown[1],
				shown[2], shown[3], shown[4], shown[5]);
	/*
	 * What the loader would look up at first use, each process of a call would anew; and what
	 * is pruned may not need the loader's system calls.
	 */
	if (code == AMBIT_OK && (worker_is_fresh(w) || w->pruned))
		code = self_add(p, "env", err, "%s", "LD_BIND_NOW=1");
	p->supervised = true;
	return code;
}

/* ---- start and stop ------------------------------------------------------------------------ */

static enum ambit_code watch(struct ambit_worker *w, int fd, struct ambit_error *err)
{
	struct epoll_event event = { .events = EPOLLIN };

	return epoll_ctl(w->poll_fd, EPOLL_CTL_ADD, fd, &event) == 0
		       ? AMBIT_OK
		       : worker_failed(err, -errno, "watch a worker");
}

static void unwatch(const struct ambit_worker *w, int fd)
{
	/*
	 * Closing it is not enough: a child of the caller may hold the descriptor, too, and then it
	 * would be told of for ever. ENOENT: it was not yet watched.
	 */
	if (fd >= 0)
		(void)epoll_ctl(w->poll_fd, EPOLL_CTL_DEL, fd, NULL);
}

static void close_all(struct ambit_worker *w)
{
	fd_close(&w->control_fd);
	fd_close(&w->data_fd);
	fd_close(&w->keeping_fd);
	fd_close(&w->event_fd);
	fd_close(&w->heard_fd);
	close_pipe(w->order_fd);
	close_pipe(w->end_fd);
}

/* poll_fd is the parent's as well, and stays as it is; what is shared is not mapped in a child. */
void worker_forget(struct ambit_worker *w)
{
	process_forget(&w->process);
	close_all(w);
}

void worker_stop(struct ambit_worker *w)
{
	unwatch(w, process_pidfd(&w->process));
	unwatch(w, w->heard_fd);
	unwatch(w, w->end_fd[0]);
	process_stop(&w->process);
	if (w->control)
		(void)munmap(w->control, WORKER_PAGE);
	if (w->keeping)
		(void)munmap(w->keeping, WORKER_PAGE);
	if (w->data)
		(void)munmap(w->data, data_size(w));
	w->control = NULL;
	w->keeping = NULL;
	w->data = NULL;
	close_all(w);
	w->under_way = w->is_lost = w->is_untold = w->is_hushed = w->is_dying = false;
}

struct copy {
	const struct ambit_worker *worker;
	struct worker_inside inside;
};

static int begin_copy(void *argument)
{
	struct copy *c = argument;
	const struct ambit_worker *w = c->worker;

	return worker_inside_map(&c->inside, w->control_fd, w->data_fd,
				 w->keeping_fd > 0 ? w->keeping_fd : 0);
}

static void serve_copy(void *argument)
{
	struct copy *c = argument;

	worker_inside_begin(&c->inside);
}

/* A copy of the caller as it is now. */
static enum ambit_code launch_copy(struct ambit_worker *w, const struct ambit_policy *p,
				   struct ambit_error *err)
{
	struct copy c = { w,
			  { .event_fd = w->event_fd,
			    .order_fd = w->order_fd[0],
			    .end_fd = w->end_fd[1],
			    .function = w->entry->function } };
	/* Those that are not there are -1. */
	const int keep[] = { w->event_fd, w->order_fd[0], w->end_fd[1] };
	const struct run_copy copy = { .keep = keep,
				       .keep_count = ARRAY_COUNT(keep),
				       .begin = begin_copy,
				       .inside = serve_copy,
				       .argument = &c };

	return process_copy(&w->process, p, &copy, err);
}

static enum ambit_code launch(struct ambit_worker *w, struct ambit_error *err)
{
	struct ambit_policy *p = ambit_policy_new();
	enum ambit_code code;

	if (!p)
		return err_memory(err, AMBIT_LAYER_RUN);
	code = policy_for(w, p, err);
	if (code == AMBIT_OK && !(w->options.flags & AMBIT_INHERIT)) {
		code = grant_start(w, p, err);
		if (code == AMBIT_OK)
			code = process_start(&w->process, p, w->program, err);
	} else if (code == AMBIT_OK) {
		code = launch_copy(w, p, err);
	}
	ambit_policy_free(p);
	return code;
}

enum ambit_code worker_start(struct ambit_worker *w, struct ambit_error *err)
{
	enum ambit_code code = share(w, err);

	if (code == AMBIT_OK)
		code = launch(w, err);
	fd_close(&w->event_fd); /* the worker has it: so its end is the end of the pipe */
	fd_close(&w->end_fd[1]);
	fd_close(&w->keeping_fd);
	if (code == AMBIT_OK)
		code = watch(w, process_pidfd(&w->process), err);
	if (code == AMBIT_OK)
		code = watch(w, w->heard_fd, err);
	if (code == AMBIT_OK && w->end_fd[0] >= 0)
		code = watch(w, w->end_fd[0], err);
	if (code != AMBIT_OK)
		worker_stop(w);
	return code;
}

/* ---- one process after the other ----------------------------------------------------------- */

int worker_wipe(const struct ambit_worker *w)
{
	const int mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;

	if (fallocate(w->data_fd, mode, 0, (off_t)data_size(w)) < 0)
		return -errno;
	return 0;
}

static void drain(int fd)
{
	char bytes[256];

	while (read(fd, bytes, sizeof(bytes)) > 0)
		continue;
}

/* It has ended: what it wrote goes, and the byte that tells of it, which may be just behind. */
static void hear_end(struct ambit_worker *w, uint64_t until_us)
{
	struct pollfd fd = { worker_is_fresh(w) ? w->heard_fd : w->end_fd[0], POLLIN, 0 };
	char byte;

	if (w->is_untold && poll(&fd, 1, worker_left_ms(until_us, TOLD_MS)) == 1 &&
	    read(fd.fd, &byte, 1) == 1)
		w->is_untold = false;
	if (!worker_is_fresh(w))
		drain(w->heard_fd);
	drain(w->order_fd[0]);
}

static uint32_t newest(const struct ambit_worker *w)
{
	return worker_is_fresh(w) ? w->request : w->serving;
}

/* Until it has ended; with it the keeper may have. */
static bool await_end(struct ambit_worker *w, uint64_t until_us)
{
	int number, status;

	while (!worker_has_ended(w)) {
		const uint64_t now = worker_now_us(), slice = now + SLICE_US;

		if (now >= until_us || process_ended(&w->process, &number, &status))
			return worker_has_ended(w);
		IGNORE_RESULT(worker_wait(&w->keeping->ended, newest(w) - 1, 0,
					  slice < until_us ? slice : until_us)); /* looks */
	}
	return true;
}

/* Until all of it has ended, and is reaped. */
static bool await_all(struct ambit_worker *w, uint64_t until_us)
{
	struct pollfd fd = { process_pidfd(&w->process), POLLIN, 0 };
	int number, status, r;

	do
		r = poll(&fd, 1, worker_left_ms(until_us, DEATH_US / 1000));
	while (r < 0 && errno == EINTR);
	return process_ended(&w->process, &number, &status);
}

/* That soon, and not past the deadline. */
static uint64_t within(const struct ambit_worker *w, uint64_t most_us)
{
	const uint64_t most = worker_now_us() + most_us;

	return w->until_us && w->until_us < most ? w->until_us : most;
}

void worker_part(struct ambit_worker *w)
{
	w->under_way = false;
	if (process_runs(&w->process) && !w->is_dying) {
		w->is_dying = true;
		unwatch(w, process_pidfd(&w->process));
		unwatch(w, w->heard_fd);
		unwatch(w, w->end_fd[0]);
		process_kill(&w->process);
	}
	if (!process_runs(&w->process) || await_all(w, within(w, REAP_US)))
		worker_stop(w);
}

/* It goes on for a while, and its caller has been told what there is to tell. */
static void hush(struct ambit_worker *w)
{
	w->is_hushed = true;
	unwatch(w, w->heard_fd);
	unwatch(w, w->end_fd[0]);
}

/* The next one is listened to. */
static bool listen_again(struct ambit_worker *w)
{
	if (!w->is_hushed)
		return true;
	if (watch(w, w->heard_fd, NULL) != AMBIT_OK)
		return false;
	if (w->end_fd[0] >= 0 && watch(w, w->end_fd[0], NULL) != AMBIT_OK)
		return false;
	w->is_hushed = false;
	return true;
}

void worker_lose(struct ambit_worker *w)
{
	uint64_t until_us;
	int number, status;

	if (!w->keeping || !process_runs(&w->process) || w->is_dying) {
		worker_part(w);
		return;
	}
	w->under_way = false;
	if (!w->is_lost)
		w->is_untold = !worker_is_fresh(w) || w->polled;
	w->is_lost = true;
	if (!worker_has_ended(w)) {
		__atomic_store_n(&w->keeping->unwanted, newest(w), __ATOMIC_SEQ_CST);
		(void)!write(w->order_fd[1], "", 1); /* EAGAIN: there is one */
	}
	until_us = within(w, REAP_US);
	if (await_end(w, until_us))
		hear_end(w, until_us);
	else if (process_ended(&w->process, &number, &status))
		worker_stop(w);
	else if (!w->is_hushed)
		hush(w);
}

/* What was the last one's goes; the next is asked for. */
static int replace(struct ambit_worker *w)
{
	const int mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
	int r = worker_wipe(w);

	if (r < 0 || worker_is_fresh(w))
		return r;
	if (fallocate(w->control_fd, mode, 0, WORKER_PAGE) < 0)
		return -errno;
	begin_control(w);
	worker_tell(&w->keeping->wanted, ++w->serving);
	return 0;
}

/* The keeper has another, when the last one has ended by then. */
static bool take_next(struct ambit_worker *w, uint64_t until_us)
{
	if (!await_end(w, until_us))
		return false;
	hear_end(w, until_us);
	if (!listen_again(w))
		return false;
	w->is_lost = false;
	return replace(w) == 0;
}

/* What is left of the one before goes first: a copy that has ended may still have all it shares. */
static enum ambit_code start_anew(struct ambit_worker *w, struct ambit_error *err)
{
	worker_stop(w);
	return worker_start(w, err);
}

enum ambit_code worker_restore(struct ambit_worker *w, struct ambit_error *err)
{
	int number, status;
	uint64_t most;

	if (!process_runs(&w->process))
		return start_anew(w, err);
	if (!w->is_lost && !w->is_dying)
		return AMBIT_OK;
	most = within(w, DEATH_US);
	if (!w->is_dying && take_next(w, most))
		return AMBIT_OK;
	/* The keeper itself has ended: nobody will tell of the one it kept. */
	if (!w->is_dying && process_ended(&w->process, &number, &status))
		return start_anew(w, err);
	/* Had it two seconds, then its keeper keeps nothing any more. */
	if (!w->is_dying && (!w->is_lost || most != w->until_us))
		worker_part(w);
	if (w->is_dying && await_all(w, most))
		worker_stop(w);
	if (process_runs(&w->process))
		return err_set(err, AMBIT_E_TIMEOUT, AMBIT_LAYER_RUN, 0,
			       "the worker %s was not replaced in time", w->entry->name);
	return start_anew(w, err);
}
