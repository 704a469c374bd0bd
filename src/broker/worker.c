/* SPDX-License-Identifier: ISC */
/*
 * DOC: Theory of operation
 *
 * A worker is this program once more, started under the policy by ambit_spawn(); a variable tells
 * its constructor which function to serve (worker_inside.c). Caller and worker share two memory
 * files (worker_wire.h): requests and answers are futexes in the first, bytes lie in the second.
 * So a call is two copies and two wake-ups, and nothing of the caller is in the worker. Asked for
 * by name, it is a confined copy of the caller instead (run/copy.c).
 *
 * The caller's rules: what the worker may have written is read once and checked, or copied and
 * handed on as untrusted; it waits in slices, looking in between whether the worker still lives,
 * and never past the deadline. A worker that fails in any way is killed, reaped, and replaced by
 * the next call, with new memory files.
 */
#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../base/fd.h"
#include "../policy/model.h"
#include "self.h"
#include "worker_process.h"
#include "worker_wire.h"

/* How often a caller looks whether the worker lives; how long it waits for a death to be told. */
enum { SLICE_US = 5000, DEATH_US = 2000000 };

struct ambit_worker {
	struct ambit_policy *policy; /* owned */
	const struct ambit_worker_entry *entry;
	struct ambit_worker_options options;
	uint64_t calls[WORKER_CALLS / 64]; /* of options.calls, which is gone */
	bool pruned;
	char program[SELF_PATH_SIZE];
	struct worker_process process;
	struct worker_control *control;
	unsigned char *data;
	int control_fd, data_fd;
	int event_fd; /* the worker's end of a pipe: a byte for each answer that is polled for */
	int heard_fd; /* ours */
	int poll_fd;
	uint32_t request; /* the number of the newest call */
	bool under_way;
	bool polled; /* the call under way is told of in the pipe */
};

uint64_t worker_deadline(int timeout_ms)
{
	return timeout_ms < 0 ? 0 : worker_now_us() + (uint64_t)timeout_ms * 1000 + 1;
}

static enum ambit_code failed(struct ambit_error *err, int r, const char *what)
{
	return err_set(err, err_code_of_errno(-r), AMBIT_LAYER_RUN, -r, "cannot %s", what);
}

/* ---- start and stop ------------------------------------------------------------------------ */

/* A memory file whose size nobody can change any more, mapped. */
static void *shared(const char *name, uint64_t size, int *ret_fd)
{
	int fd = fd_above_standard(memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
	void *at = MAP_FAILED;

	if (fd >= 0 && ftruncate(fd, (off_t)size) == 0 &&
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0)
		at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	/* Not for children: a copy of the caller has no part in what others share with it. */
	if (at != MAP_FAILED && madvise(at, size, MADV_DONTFORK) < 0) {
		(void)munmap(at, size);
		at = MAP_FAILED;
	}
	if (at == MAP_FAILED) {
		fd_close(&fd);
		return NULL;
	}
	*ret_fd = fd;
	return at;
}

static uint64_t data_size(const struct ambit_worker *w)
{
	return worker_data_size(w->options.max_in, w->options.max_out);
}

static void unwatch(const struct ambit_worker *w, int fd)
{
	/* ENOENT: it was not yet watched. A child of the caller may hold the descriptor, too. */
	if (fd >= 0)
		(void)epoll_ctl(w->poll_fd, EPOLL_CTL_DEL, fd, NULL);
}

static void stop(struct ambit_worker *w)
{
	if (process_runs(&w->process))
		unwatch(w, process_pidfd(&w->process));
	unwatch(w, w->heard_fd);
	process_stop(&w->process);
	if (w->control)
		(void)munmap(w->control, WORKER_PAGE);
	if (w->data)
		(void)munmap(w->data, data_size(w));
	w->control = NULL;
	w->data = NULL;
	fd_close(&w->control_fd);
	fd_close(&w->data_fd);
	fd_close(&w->event_fd);
	fd_close(&w->heard_fd);
	w->under_way = false;
}

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

/* The caller's policy, and what a worker needs of ours. */
static enum ambit_code policy_for(const struct ambit_worker *w, struct ambit_policy *p,
				  struct ambit_error *err)
{
	enum ambit_code code = ambit_policy_merge(p, w->policy, err);

	if (code == AMBIT_OK)
		code = grant_sharing(w, p, err);
	if (code != AMBIT_OK || w->options.mode != AMBIT_FRESH)
		return code;
	/* The process of a call makes none: see be_one_call(). */
	p->forks_alone = !policy_has(p, RIGHT_SPAWN);
	return self_add(p, "spawn", err, "%s", "");
}

/* What this program, started once more, needs beside that. */
static enum ambit_code grant_start(const struct ambit_worker *w, struct ambit_policy *p,
				   struct ambit_error *err)
{
	const int fds[] = { w->control_fd, w->data_fd, w->event_fd };
	enum ambit_code code = self_grant(p, err);

	for (size_t i = 0; i < ARRAY_COUNT(fds) && code == AMBIT_OK; i++)
		code = self_add(p, "fd", err, "%d", fds[i]);
	if (code == AMBIT_OK)
		code = self_add(p, "env", err, WORKER_VARIABLE "=%s:%d:%d:%d", w->entry->name,
				w->control_fd, w->data_fd, w->event_fd);
	/*
	 * What the loader would look up at first use, each process of a call would anew; and what
	 * is pruned may not need the loader's system calls.
	 */
	if (code == AMBIT_OK && (w->options.mode == AMBIT_FRESH || w->pruned))
		code = self_add(p, "env", err, "%s", "LD_BIND_NOW=1");
	p->supervised = true;
	return code;
}

static enum ambit_code share(struct ambit_worker *w, struct ambit_error *err)
{
	int ends[2] = { -1, -1 };

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return failed(err, -errno, "make a pipe for a worker");
	w->heard_fd = fd_above_standard(ends[0]);
	w->event_fd = fd_above_standard(ends[1]);
	if (w->heard_fd < 0 || w->event_fd < 0)
		return failed(err, w->heard_fd < 0 ? w->heard_fd : w->event_fd,
			      "make a pipe for a worker");
	w->control = shared("ambit-worker-control", WORKER_PAGE, &w->control_fd);
	w->data = shared("ambit-worker-data", data_size(w), &w->data_fd);
	if (!w->control || !w->data)
		return failed(err, -errno, "make memory that a worker shares");
	*w->control = (struct worker_control){
		.magic = WORKER_MAGIC,
		.fresh = w->options.mode == AMBIT_FRESH,
		.spin_us = w->options.spin_us,
		.max_in = w->options.max_in,
		.max_out = w->options.max_out,
		.pruned = w->pruned,
	};
	memcpy(w->control->calls, w->calls, sizeof(w->calls));
	w->request = 0;
	return AMBIT_OK;
}

static enum ambit_code watch(struct ambit_worker *w, int fd, struct ambit_error *err)
{
	struct epoll_event event = { .events = EPOLLIN };

	return epoll_ctl(w->poll_fd, EPOLL_CTL_ADD, fd, &event) == 0
		       ? AMBIT_OK
		       : failed(err, -errno, "watch a worker");
}

struct copy {
	const struct ambit_worker *worker;
	struct worker_inside inside;
};

static int begin_copy(void *argument)
{
	struct copy *c = argument;

	return worker_inside_map(&c->inside, c->worker->control_fd, c->worker->data_fd);
}

static void serve_copy(void *argument)
{
	struct copy *c = argument;

	worker_inside_serve(&c->inside);
}

/* A copy of the caller as it is now. */
static enum ambit_code launch_copy(struct ambit_worker *w, const struct ambit_policy *p,
				   struct ambit_error *err)
{
	struct copy c = { w, { .event_fd = w->event_fd, .function = w->entry->function } };
	const struct run_copy copy = { .keep = &w->event_fd,
				       .keep_count = 1,
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

static enum ambit_code start(struct ambit_worker *w, struct ambit_error *err)
{
	enum ambit_code code = share(w, err);

	if (code == AMBIT_OK)
		code = launch(w, err);
	fd_close(&w->event_fd); /* the worker has it: so its end is the end of the pipe */
	if (code == AMBIT_OK)
		code = watch(w, process_pidfd(&w->process), err);
	if (code == AMBIT_OK)
		code = watch(w, w->heard_fd, err);
	if (code != AMBIT_OK)
		stop(w);
	return code;
}

static enum ambit_code check(ambit_worker_fn *function, const struct ambit_worker_options *options,
			     struct ambit_error *err)
{
	static const size_t most = (size_t)1 << 40;

	if (!function || !worker_entry_of(function)) {
		(void)err_set(err, AMBIT_E_USAGE, AMBIT_LAYER_RUN, 0,
			      "no AMBIT_WORKER() names the function of this worker");
		return err_hint(err, "write AMBIT_WORKER(function) once, at file scope");
	}
	if (options->mode > AMBIT_FRESH || (options->flags & ~(uint32_t)AMBIT_INHERIT) ||
	    options->max_in > most || options->max_out > most)
		return err_set(err, AMBIT_E_USAGE, AMBIT_LAYER_RUN, 0,
			       "the options of a worker are out of range");
	return AMBIT_OK;
}

static enum ambit_code prepare(struct ambit_worker *w, const struct ambit_policy *policy,
			       struct ambit_error *err)
{
	enum ambit_code code;

	w->policy = ambit_policy_new();
	if (!w->policy)
		return err_memory(err, AMBIT_LAYER_RUN);
	w->pruned = w->options.calls != NULL;
	code = worker_calls(w->calls, w->options.calls, err);
	w->options.calls = NULL;
	if (code == AMBIT_OK)
		code = ambit_policy_merge(w->policy, policy, err);
	if (code == AMBIT_OK)
		code = self_find(w->program, "a worker", err);
	if (code != AMBIT_OK)
		return code;
	w->poll_fd = fd_above_standard(epoll_create1(EPOLL_CLOEXEC));
	return w->poll_fd < 0 ? failed(err, w->poll_fd, "watch a worker") : AMBIT_OK;
}

enum ambit_code worker_new(const struct ambit_policy *policy, ambit_worker_fn *function,
			   const struct ambit_worker_options *options, struct ambit_worker **ret,
			   struct ambit_error *err)
{
	struct ambit_worker_options own = AMBIT_WORKER_OPTIONS_INIT;
	struct ambit_worker *w;
	enum ambit_code code;

	if (options)
		memcpy(&own, options, options->size < sizeof(own) ? options->size : sizeof(own));
	code = check(function, &own, err);
	if (code != AMBIT_OK)
		return code;
	w = calloc(1, sizeof(*w));
	if (!w)
		return err_memory(err, AMBIT_LAYER_RUN);
	w->control_fd = w->data_fd = w->event_fd = w->heard_fd = w->poll_fd = -1;
	w->entry = worker_entry_of(function);
	w->options = own;
	code = prepare(w, policy, err);
	if (code == AMBIT_OK)
		code = start(w, err);
	if (code != AMBIT_OK) {
		worker_free(w);
		return code;
	}
	*ret = w;
	return AMBIT_OK;
}

void worker_free(struct ambit_worker *w)
{
	if (!w)
		return;
	stop(w);
	fd_close(&w->poll_fd);
	ambit_policy_free(w->policy);
	free(w);
}

int worker_fd(const struct ambit_worker *w)
{
	return w->poll_fd;
}

/* ---- failures ------------------------------------------------------------------------------ */

static enum ambit_code timed_out(struct ambit_worker *w, struct ambit_error *err)
{
	stop(w);
	return err_set(err, AMBIT_E_TIMEOUT, AMBIT_LAYER_RUN, 0,
		       "the worker %s did not answer in time", w->entry->name);
}

static enum ambit_code crashed(struct ambit_worker *w, int number, int status,
			       struct ambit_error *err)
{
	stop(w);
	return number ? err_set(err, AMBIT_E_CRASHED, AMBIT_LAYER_RUN, 0,
				"the worker %s was ended by signal %d", w->entry->name, number)
		      : err_set(err, AMBIT_E_CRASHED, AMBIT_LAYER_RUN, 0,
				"the worker %s ended itself with status %d", w->entry->name,
				status);
}

static enum ambit_code lied(struct ambit_worker *w, const char *what, struct ambit_error *err)
{
	stop(w);
	(void)err_set(err, AMBIT_E_PROTOCOL, AMBIT_LAYER_RUN, 0, "the worker %s %s", w->entry->name,
		      what);
	return err_hint(err, "no honest worker does so: treat it as taken over");
}

static enum ambit_code closed(struct ambit_worker *w, struct ambit_error *err)
{
	stop(w);
	return err_set(err, AMBIT_E_CLOSED, AMBIT_LAYER_RUN, 0,
		       "the worker %s closed the descriptor it answers on", w->entry->name);
}

/* Nobody holds the other end of the pipe any more. Waits for it, or for a byte in it. */
static bool is_closed(const struct ambit_worker *w, int timeout_ms)
{
	struct pollfd fd = { w->heard_fd, POLLIN, 0 };

	return poll(&fd, 1, timeout_ms) == 1 && !(fd.revents & POLLIN);
}

/* Who dies closes its descriptors first, and its end is told a moment later. */
static void await_death(const struct ambit_worker *w, uint64_t until_us)
{
	struct pollfd fd = { process_pidfd(&w->process), POLLIN, 0 };
	const uint64_t now = worker_now_us();
	uint64_t most = DEATH_US;

	if (until_us && until_us < now + most)
		most = until_us < now ? 0 : until_us - now;
	(void)!poll(&fd, 1, (int)(most / 1000)); /* EINTR: then it is said that it closed it */
}

/* AMBIT_OK as long as it lives. */
static enum ambit_code look_after(struct ambit_worker *w, uint64_t until_us,
				  struct ambit_error *err)
{
	const bool is_deaf = is_closed(w, 0);
	int number = 0, status = 0;

	if (is_deaf)
		await_death(w, until_us);
	if (process_ended(&w->process, &number, &status))
		return crashed(w, number, status, err);
	return is_deaf ? closed(w, err) : AMBIT_OK;
}

/* ---- calls --------------------------------------------------------------------------------- */

enum ambit_code worker_begin(struct ambit_worker *w, const void *in, size_t in_length,
			     bool wants_event, struct ambit_error *err)
{
	if (w->under_way)
		return err_set(err, AMBIT_E_USAGE, AMBIT_LAYER_RUN, 0,
			       "the worker %s is at work on another call", w->entry->name);
	if (in_length > w->options.max_in) {
		(void)err_set(err, AMBIT_E_RESOURCE, AMBIT_LAYER_RUN, 0,
			      "a request of %zu bytes is too long for the worker %s", in_length,
			      w->entry->name);
		return err_hint(err, "raise max_in in its options: it is %zu", w->options.max_in);
	}
	if (wants_event && process_runs(&w->process) && is_closed(w, 0))
		stop(w);
	if (!process_runs(&w->process)) {
		enum ambit_code code = start(w, err);

		if (code != AMBIT_OK)
			return code;
	}
	if (in_length)
		memcpy(w->data + worker_in_at(), in, in_length);
	w->control->in_length = in_length;
	w->control->wants_event = wants_event;
	w->polled = wants_event;
	w->under_way = true;
	worker_tell(&w->control->request, ++w->request);
	return AMBIT_OK;
}

/* Until it has answered, died, or the deadline has passed. */
static enum ambit_code await(struct ambit_worker *w, uint64_t until_us, struct ambit_error *err)
{
	const uint32_t before = w->request - 1;
	uint32_t spin_us = w->options.spin_us;

	for (;;) {
		uint64_t slice = worker_now_us() + SLICE_US;
		enum ambit_code code;

		if (until_us && until_us < slice)
			slice = until_us;
		if (worker_wait(&w->control->answered, before, spin_us, slice) == 0)
			return AMBIT_OK;
		code = look_after(w, until_us, err);
		if (code != AMBIT_OK)
			return code;
		if (until_us && worker_now_us() >= until_us)
			return timed_out(w, err);
		spin_us = 0;
	}
}

/* A process of one call leaves nothing to the next: its pages are given back. */
static enum ambit_code wipe(struct ambit_worker *w, struct ambit_error *err)
{
	int r = fallocate(w->data_fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
			  (off_t)data_size(w));

	if (r == 0)
		return AMBIT_OK;
	r = -errno;
	stop(w);
	return failed(err, r, "empty the memory of a call");
}

static enum ambit_code take_answer(struct ambit_worker *w, struct ambit_untrusted *ret,
				   struct ambit_error *err)
{
	const struct worker_header *h = (const void *)w->data;
	const uint32_t answered = __atomic_load_n(&w->control->answered.value, __ATOMIC_ACQUIRE);
	const int result = __atomic_load_n(&h->result, __ATOMIC_RELAXED);
	const uint64_t length = __atomic_load_n(&h->out_length, __ATOMIC_RELAXED);
	const int status = __atomic_load_n(&w->control->wait_status, __ATOMIC_RELAXED);
	enum ambit_code code;

	if (answered != w->request)
		return lied(w, "answered a call that was not made", err);
	if (w->options.mode == AMBIT_FRESH && status) {
		code = wipe(w, err);
		return code != AMBIT_OK
			       ? code
			       : err_set(err, AMBIT_E_CRASHED, AMBIT_LAYER_RUN, 0,
					 "the process of a call to %s was ended: %s %d",
					 w->entry->name, WIFSIGNALED(status) ? "signal" : "status",
					 WIFSIGNALED(status) ? WTERMSIG(status)
							     : WEXITSTATUS(status));
	}
	if (length > w->options.max_out)
		return lied(w, "says that its answer is longer than it may be", err);
	code = ambit_untrusted_set(ret, w->data + worker_out_at(w->options.max_in), (size_t)length,
				   err);
	if (code == AMBIT_OK && result)
		code = err_set(err, AMBIT_E_WORKER, AMBIT_LAYER_RUN, result,
			       "the function %s returned %d", w->entry->name, result);
	if (w->options.mode == AMBIT_FRESH && process_runs(&w->process)) {
		enum ambit_code wiped = wipe(w, err);

		code = code == AMBIT_OK ? wiped : code;
	}
	return code;
}

/* One byte for one answer: it comes right behind it. */
static enum ambit_code take_event(struct ambit_worker *w, uint64_t until_us,
				  struct ambit_error *err)
{
	char bytes[2];
	ssize_t n;

	for (;;) {
		enum ambit_code code = AMBIT_OK;

		n = read(w->heard_fd, bytes, sizeof(bytes));
		if (n >= 0 || errno != EAGAIN)
			break;
		if (is_closed(w, SLICE_US / 1000))
			code = look_after(w, until_us, err);
		if (code != AMBIT_OK)
			return code;
		if (until_us && worker_now_us() >= until_us)
			return timed_out(w, err);
	}
	if (n == 1)
		return AMBIT_OK;
	return n > 1 ? lied(w, "tells of answers that nobody asked for", err)
		     : look_after(w, until_us, err);
}

enum ambit_code worker_end(struct ambit_worker *w, struct ambit_untrusted *ret, uint64_t until_us,
			   struct ambit_error *err)
{
	enum ambit_code code;

	if (!w->under_way)
		return err_set(err, AMBIT_E_USAGE, AMBIT_LAYER_RUN, 0,
			       "no call to the worker %s is under way", w->entry->name);
	code = await(w, until_us, err);
	if (code == AMBIT_OK && w->polled)
		code = take_event(w, until_us, err);
	if (code == AMBIT_OK)
		code = take_answer(w, ret, err);
	w->under_way = false;
	return code;
}
