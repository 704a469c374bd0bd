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
 * the next call, with new memory (worker_start.c).
 */
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
#include "../base/sys.h"
#include "../policy/model.h"
#include "worker_own.h"

/*
 * How often a caller looks whether the worker lives; how long it waits for a death to be told: so
 * long at most, and so long also past its deadline.
 */
enum { SLICE_US = 5000, DEATH_US = 2000000, SETTLE_US = 100000 };

uint64_t worker_deadline(int timeout_ms)
{
	return timeout_ms < 0 ? 0 : worker_now_us() + (uint64_t)timeout_ms * 1000 + 1;
}

/* ---- a worker ------------------------------------------------------------------------------ */

static enum ambit_code check(ambit_worker_fn *function, const struct ambit_worker_options *options,
			     struct ambit_error *err)
{
	static const size_t most = (size_t)1 << 40;

	if (!function || !worker_entry_of(function)) {
		(void)err_set(err, AMBIT_E_USAGE, AMBIT_LAYER_RUN, 0,
			      "no AMBIT_WORKER() names the function of this worker");
		return err_hint(err, "write AMBIT_WORKER(function) once, at file scope");
	}
	if (options->mode > AMBIT_FRESH ||
	    (options->flags & ~(uint32_t)(AMBIT_INHERIT | AMBIT_KEEPER)) ||
	    options->max_in > most || options->max_out > most)
		return err_set(err, AMBIT_E_USAGE, AMBIT_LAYER_RUN, 0,
			       "the options of a worker are out of range");
	return AMBIT_OK;
}

/*
 * What it created might live on, beside the one that replaces it, or when the worker is no more: a
 * copy has no process beside it that ends all.
 */
static enum ambit_code refuse_spawn(const struct ambit_worker *w, struct ambit_error *err)
{
	const bool keeper = w->options.flags & AMBIT_KEEPER;

	if (worker_is_fresh(w) || !(w->options.flags & (AMBIT_KEEPER | AMBIT_INHERIT)) ||
	    !policy_may_fork(w->policy))
		return AMBIT_OK;
	(void)err_set(err, AMBIT_E_USAGE, AMBIT_LAYER_RUN, 0,
		      keeper ? "a worker that may create processes cannot have a keeper"
			     : "a worker that may create processes cannot be a copy of its caller");
	return err_hint(err, "leave out %s, or \"spawn\" in its policy",
			keeper ? "AMBIT_KEEPER" : "AMBIT_INHERIT");
}

/*
 * A fork is seen by a page that the kernel empties in the child: a pid may be the same there, in
 * another namespace, and to ask for it with each call takes longer.
 */
static enum ambit_code make_mark(struct ambit_worker *w, struct ambit_error *err)
{
	int r = 0;
	void *at =
		sys_mmap(WORKER_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, &r);

	w->mark = at;
	if (!at || madvise(at, WORKER_PAGE, MADV_WIPEONFORK) < 0)
		return worker_failed(err, at ? -errno : r, "make memory that tells of a fork");
	*w->mark = 1;
	return AMBIT_OK;
}

bool worker_is_own(const struct ambit_worker *w)
{
	return w->mark && *w->mark;
}

static enum ambit_code forked(const struct ambit_worker *w, struct ambit_error *err)
{
	(void)err_set(err, AMBIT_E_USAGE, AMBIT_LAYER_RUN, 0,
		      "the worker %s was made before a fork, and is the parent's", w->entry->name);
	return err_hint(err, "make a worker in the process that calls it: after fork(2) or "
			     "daemon(3)");
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
		code = refuse_spawn(w, err);
	if (code == AMBIT_OK)
		code = self_find(w->program, "a worker", err);
	if (code == AMBIT_OK)
		code = make_mark(w, err);
	if (code != AMBIT_OK)
		return code;
	w->poll_fd = fd_above_standard(sys_epoll_create1(EPOLL_CLOEXEC));
	return w->poll_fd < 0 ? worker_failed(err, w->poll_fd, "watch a worker") : AMBIT_OK;
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
	w->control_fd = w->data_fd = w->keeping_fd = -1;
	w->event_fd = w->heard_fd = w->poll_fd = -1;
	w->order_fd[0] = w->order_fd[1] = w->end_fd[0] = w->end_fd[1] = -1;
	process_init(&w->process);
	w->entry = worker_entry_of(function);
	w->options = own;
	code = prepare(w, policy, err);
	if (code == AMBIT_OK)
		code = worker_start(w, err);
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
	if (!w->mark || worker_is_own(w))
		worker_stop(w);
	else
		worker_forget(w);
	if (w->mark)
		IGNORE_RESULT(sys_munmap((void *)(uintptr_t)w->mark, WORKER_PAGE));
	fd_close(&w->poll_fd);
	ambit_policy_free(w->policy);
	free(w);
}

int worker_fd(const struct ambit_worker *w)
{
	return w->poll_fd;
}

bool worker_is_ending(const struct ambit_worker *w)
{
	return worker_is_own(w) && (w->is_dying || (w->is_lost && !worker_has_ended(w)));
}

/* ---- failures ------------------------------------------------------------------------------ */

static enum ambit_code timed_out(struct ambit_worker *w, struct ambit_error *err)
{
	worker_lose(w);
	return err_set(err, AMBIT_E_TIMEOUT, AMBIT_LAYER_RUN, 0,
		       "the worker %s did not answer in time", w->entry->name);
}

/* @whose: "", or the start of another name for it */
static enum ambit_code ended_somehow(const char *whose, const struct ambit_worker *w,
				     struct ambit_error *err)
{
	(void)err_set(err, AMBIT_E_CRASHED, AMBIT_LAYER_RUN, 0,
		      "%sthe worker %s ended, and nobody knows how", whose, w->entry->name);
	return err_hint(err, "somebody else in this process waits for all children or ignores "
			     "SIGCHLD, or who was beside it was killed");
}

static enum ambit_code crashed(struct ambit_worker *w, int number, int status,
			       struct ambit_error *err)
{
	worker_lose(w);
	if (number == HOW_UNKNOWN)
		return ended_somehow("", w, err);
	return number ? err_set(err, AMBIT_E_CRASHED, AMBIT_LAYER_RUN, 0,
				"the worker %s was ended by signal %d", w->entry->name, number)
		      : err_set(err, AMBIT_E_CRASHED, AMBIT_LAYER_RUN, 0,
				"the worker %s ended itself with status %d", w->entry->name,
				status);
}

static enum ambit_code lied(struct ambit_worker *w, const char *what, struct ambit_error *err)
{
	worker_lose(w);
	(void)err_set(err, AMBIT_E_PROTOCOL, AMBIT_LAYER_RUN, 0, "the worker %s %s", w->entry->name,
		      what);
	return err_hint(err, "no honest worker does so: treat it as taken over");
}

static enum ambit_code closed(struct ambit_worker *w, struct ambit_error *err)
{
	worker_lose(w);
	return err_set(err, AMBIT_E_CLOSED, AMBIT_LAYER_RUN, 0,
		       "the worker %s closed the descriptor it answers on", w->entry->name);
}

/* With it went what makes another without starting anything. */
static enum ambit_code keeper_ended(struct ambit_worker *w, int number, int status,
				    struct ambit_error *err)
{
	worker_stop(w);
	if (number == HOW_UNKNOWN)
		return ended_somehow("the process that keeps ", w, err);
	return err_set(err, AMBIT_E_CRASHED, AMBIT_LAYER_RUN, 0,
		       "the process that keeps the worker %s was ended: %s %d", w->entry->name,
		       number ? "signal" : "status", number ? number : status);
}

/* Nobody holds the other end of the pipe any more. Waits for it, or for a byte in it. */
static bool is_closed(const struct ambit_worker *w, int timeout_ms)
{
	struct pollfd fd = { w->heard_fd, POLLIN, 0 };

	return poll(&fd, 1, timeout_ms) == 1 && !(fd.revents & POLLIN);
}

/* Nor that of the keeper's, which closes it by its end alone, and before the one it keeps ends. */
static bool is_deserted(const struct ambit_worker *w)
{
	struct pollfd fd = { w->end_fd[0], 0, 0 }; /* -1: is passed over */

	return is_closed(w, 0) || (poll(&fd, 1, 0) == 1 && (fd.revents & POLLHUP));
}

void worker_replace(struct ambit_worker *w)
{
	int number, status;

	if (!worker_is_own(w) || !process_runs(&w->process))
		return;
	w->until_us = 0;
	/* Who dies closes its descriptors first: that alone may be what its caller was told of. */
	if (w->is_dying || is_deserted(w) || process_ended(&w->process, &number, &status))
		worker_part(w);
	else if (w->is_lost || w->under_way || !worker_is_fresh(w))
		worker_lose(w);
}

/*
 * Who dies closes its descriptors first, and its end is told a moment later: who polls comes in
 * between, and does not wait.
 */
static void await_death(const struct ambit_worker *w, uint64_t until_us)
{
	const uint64_t now = worker_now_us(), least = now + SETTLE_US, most = now + DEATH_US;
	struct pollfd fd = { process_pidfd(&w->process), POLLIN, 0 };
	int r;

	if (!until_us || until_us > most)
		until_us = most;
	else if (until_us < least)
		until_us = least;
	do
		r = poll(&fd, 1, worker_left_ms(until_us, DEATH_US / 1000));
	while (r < 0 && errno == EINTR);
}

static enum ambit_code look_at_kept(struct ambit_worker *w, struct ambit_error *err)
{
	const int status = __atomic_load_n(&w->keeping->wait_status, __ATOMIC_RELAXED);

	if (worker_is_fresh(w) || !worker_has_ended(w))
		return AMBIT_OK;
	if (__atomic_load_n(&w->keeping->was_deaf, __ATOMIC_RELAXED))
		return closed(w, err);
	return crashed(w, WIFSIGNALED(status) ? WTERMSIG(status) : 0, WEXITSTATUS(status), err);
}

/* AMBIT_OK as long as it lives. */
static enum ambit_code look_after(struct ambit_worker *w, uint64_t until_us,
				  struct ambit_error *err)
{
	const bool is_kept = w->keeping != NULL;
	enum ambit_code code = is_kept ? look_at_kept(w, err) : AMBIT_OK;
	int number = 0, status = 0;
	bool is_deaf;

	if (code != AMBIT_OK)
		return code;
	is_deaf = is_deserted(w);
	if (is_deaf)
		await_death(w, until_us);
	if (!process_ended(&w->process, &number, &status))
		return is_deaf ? closed(w, err) : AMBIT_OK;
	return is_kept ? keeper_ended(w, number, status, err) : crashed(w, number, status, err);
}

/* ---- calls --------------------------------------------------------------------------------- */

/* What ended between two calls: who polls would hear of that instead of an answer. */
static void part_with_ended(struct ambit_worker *w)
{
	int number, status;

	if (process_runs(&w->process) &&
	    (is_deserted(w) || process_ended(&w->process, &number, &status)))
		worker_part(w);
	if (!worker_is_fresh(w) && !w->is_lost && worker_has_ended(w))
		worker_lose(w);
}

enum ambit_code worker_begin(struct ambit_worker *w, const void *in, size_t in_length,
			     bool wants_event, uint64_t until_us, struct ambit_error *err)
{
	enum ambit_code code;

	if (!worker_is_own(w))
		return forked(w, err);
	if (w->under_way)
		return err_set(err, AMBIT_E_USAGE, AMBIT_LAYER_RUN, 0,
			       "the worker %s is at work on another call", w->entry->name);
	if (in_length > w->options.max_in) {
		(void)err_set(err, AMBIT_E_RESOURCE, AMBIT_LAYER_RUN, 0,
			      "a request of %zu bytes is too long for the worker %s", in_length,
			      w->entry->name);
		return err_hint(err, "raise max_in in its options: it is %zu", w->options.max_in);
	}
	w->until_us = until_us;
	if (wants_event)
		part_with_ended(w);
	code = worker_restore(w, err);
	if (code != AMBIT_OK)
		return code;
	if (in_length)
		memcpy(w->data + worker_in_at(), in, in_length);
	w->control->in_length = in_length;
	w->control->wants_event = wants_event;
	w->polled = wants_event;
	w->under_way = true;
	worker_tell(worker_is_fresh(w) ? &w->keeping->wanted : &w->control->request, ++w->request);
	return AMBIT_OK;
}

static struct worker_word *answered(const struct ambit_worker *w)
{
	return worker_is_fresh(w) ? &w->keeping->ended : &w->control->answered;
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
		if (worker_wait(answered(w), before, spin_us, slice) == 0)
			return AMBIT_OK;
		code = look_after(w, until_us, err);
		if (code != AMBIT_OK)
			return code;
		if (until_us && worker_now_us() >= until_us)
			return timed_out(w, err);
		spin_us = 0;
	}
}

static enum ambit_code wipe(struct ambit_worker *w, struct ambit_error *err)
{
	const int r = worker_wipe(w);

	if (r == 0)
		return AMBIT_OK;
	worker_part(w);
	return worker_failed(err, r, "empty the memory of a call");
}

static enum ambit_code call_crashed(struct ambit_worker *w, int status, struct ambit_error *err)
{
	const enum ambit_code code = wipe(w, err);

	return code != AMBIT_OK
		       ? code
		       : err_set(err, AMBIT_E_CRASHED, AMBIT_LAYER_RUN, 0,
				 "the process of a call to %s was ended: %s %d", w->entry->name,
				 WIFSIGNALED(status) ? "signal" : "status",
				 WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

static enum ambit_code take_answer(struct ambit_worker *w, struct ambit_untrusted *ret,
				   struct ambit_error *err)
{
	const struct worker_header *h = (const void *)w->data;
	const uint32_t newest = __atomic_load_n(&answered(w)->value, __ATOMIC_ACQUIRE);
	const int result = __atomic_load_n(&h->result, __ATOMIC_RELAXED);
	const uint64_t length = __atomic_load_n(&h->out_length, __ATOMIC_RELAXED);
	const uint32_t done = __atomic_load_n(&h->answered, __ATOMIC_RELAXED);
	const bool is_fresh = worker_is_fresh(w);
	enum ambit_code code;

	if (newest != w->request)
		return lied(w, "answered a call that was not made", err);
	if (is_fresh && (w->keeping->wait_status || done != w->request))
		return call_crashed(w, w->keeping->wait_status, err);
	if (length > w->options.max_out)
		return lied(w, "says that its answer is longer than it may be", err);
	/* Of a failure nothing is kept: the caller may still read the answer before. */
	code = result ? err_set(err, AMBIT_E_WORKER, AMBIT_LAYER_RUN, result,
				"the function %s returned %d", w->entry->name, result)
		      : ambit_untrusted_set(ret, w->data + worker_out_at(w->options.max_in),
					    (size_t)length, err);
	if (is_fresh) {
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
		if (is_closed(w, worker_left_ms(until_us, SLICE_US / 1000)))
			code = look_after(w, until_us, err);
		if (code != AMBIT_OK)
			return code;
		if (until_us && worker_now_us() >= until_us)
			return timed_out(w, err);
	}
	w->polled = n <= 0; /* one was told, and heard */
	if (n == 1)
		return AMBIT_OK;
	return n > 1 ? lied(w, "tells of answers that nobody asked for", err)
		     : look_after(w, until_us, err);
}

enum ambit_code worker_end(struct ambit_worker *w, struct ambit_untrusted *ret, uint64_t until_us,
			   struct ambit_error *err)
{
	enum ambit_code code;

	if (!worker_is_own(w))
		return forked(w, err);
	if (!w->under_way)
		return err_set(err, AMBIT_E_USAGE, AMBIT_LAYER_RUN, 0,
			       "no call to the worker %s is under way", w->entry->name);
	w->until_us = until_us;
	code = await(w, until_us, err);
	if (code == AMBIT_OK && w->polled)
		code = take_event(w, until_us, err);
	if (code == AMBIT_OK)
		code = take_answer(w, ret, err);
	w->under_way = false;
	return code;
}
