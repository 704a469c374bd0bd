/* SPDX-License-Identifier: ISC */
/*
 * worker.h - a function in a confined process of its own: bytes in, untrusted bytes out, a deadline
 *
 * For the part of a program that takes hostile input apart: a parser, a decoder.
 *
 *	static int count(const void *in, size_t length, struct ambit_reply *reply)
 *	{
 *		size_t lines = lines_of(in, length);
 *
 *		return ambit_reply_printf(reply, "%zu", lines);
 *	}
 *	AMBIT_WORKER(count)
 *
 *	ambit_worker_new(policy, count, NULL, &worker, &err);
 *	ambit_call(worker, data, length, &answer, 1000, &err);
 *	ambit_validate_number(&answer, 0, INT64_MAX, &lines, &err);
 *
 * The worker is this very program, started once more under the policy: AMBIT_WORKER() keeps it from
 * main() and gives it the function. So its memory holds nothing of the caller's: no heap, no stack,
 * no environment, unless AMBIT_INHERIT asks for it. What runs before main (constructors) runs
 * there, too, confined already.
 */
#ifndef AMBIT_WORKER_H
#define AMBIT_WORKER_H

#ifndef AMBIT_H
#error "include <ambit.h>, which includes this file"
#endif

#ifdef __cplusplus
extern "C" {
#endif

struct ambit_reply;

/*
 * What runs in the worker: @in is @length bytes that do not change meanwhile, aligned to 64. 0 is
 * success; anything else reaches the caller as AMBIT_E_WORKER with it in sys_errno.
 */
typedef int ambit_worker_fn(const void *in, size_t length, struct ambit_reply *reply);

/* Private to AMBIT_WORKER(). */
struct ambit_worker_entry {
	const char *name;
	ambit_worker_fn *function;
	struct ambit_worker_entry *next;
};

/**
 * ambit_worker_register() - Private to AMBIT_WORKER(): make a function known, or become a worker
 * @entry: Taken for the life of the program
 *
 * In a process that was started as a worker for this function it does not return.
 *
 * Threads: before main only. Since: 0.1
 */
AMBIT_EXPORT void ambit_worker_register(struct ambit_worker_entry *entry);

/* Once for each function, at file scope of the program, no semicolon after it. */
#define AMBIT_WORKER(function_)                                                                    \
	static struct ambit_worker_entry ambit_worker_of_##function_ = { #function_, function_,    \
									 NULL };                   \
	__attribute__((constructor)) static void ambit_worker_hook_##function_(void)               \
	{                                                                                          \
		ambit_worker_register(&ambit_worker_of_##function_);                               \
	}

/**
 * ambit_reply_set() - In the worker: the bytes to answer
 * @reply:  The one the function was given
 * @data:   Copied, in place of what was there
 * @length: In bytes
 *
 * Return: 0, or -1 when it is more than the worker may answer; the reply is then empty. -1 without
 * a reply.
 * Threads: the one that runs the function. Since: 0.1
 */
AMBIT_EXPORT int ambit_reply_set(struct ambit_reply *reply, const void *data, size_t length);

/**
 * ambit_reply_room() - In the worker: room to write the answer into, without a copy
 * @reply:  The one the function was given
 * @length: In bytes: how long the answer is
 *
 * Return: @length bytes to fill, or NULL when it is more than the worker may answer, or without a
 * reply.
 * Threads: the one that runs the function. Since: 0.1
 */
AMBIT_EXPORT void *ambit_reply_room(struct ambit_reply *reply, size_t length);

/**
 * ambit_reply_printf() - In the worker: an answer as text
 * @reply:  The one the function was given
 * @format: As printf(3)
 *
 * Return: 0, or -1 when it is more than the worker may answer; the reply is then empty. -1 without
 * a reply.
 * Threads: the one that runs the function. Since: 0.1
 */
AMBIT_EXPORT int ambit_reply_printf(struct ambit_reply *reply, const char *format, ...)
#if defined(__GNUC__)
	__attribute__((format(printf, 2, 3)))
#endif
	;

/* Append only; the numbers are ABI. */
enum ambit_worker_mode {
	AMBIT_PERSISTENT = 0, /* one process for all calls: fast, and a call can mark the next */
	AMBIT_FRESH = 1 /* a new process for each call: nothing survives from one to the next */
};

/* Bits. Append only; the numbers are ABI. */
enum ambit_worker_flags {
	/*
	 * A copy of the caller's memory, as it is whenever a worker is started: heap, stack and
	 * environment, with what is secret in them. The policy is that of ambit_enter(), so there
	 * are no namespaces; descriptors are closed but for 0-2 and what "fd" names; only the
	 * calling thread is there. A start costs what fork(2) costs. Not for a policy that
	 * says "spawn".
	 */
	AMBIT_INHERIT = 1,
	/*
	 * For a caller that enters a policy, and can start no process then: the worker's first
	 * process, confined as it is, sees no request but makes the one that serves, and another
	 * when that one has failed. With AMBIT_INHERIT that is a copy of the same memory again. It
	 * costs a process more, and at a start what fork(2) costs. AMBIT_FRESH has it always. Not
	 * for a policy that says "spawn".
	 */
	AMBIT_KEEPER = 2
};

/**
 * struct ambit_worker_options - How a worker is run
 * @size:    sizeof(struct ambit_worker_options), set by the caller
 * @mode:    enum ambit_worker_mode
 * @max_in:  The longest request in bytes
 * @max_out: The longest answer in bytes
 * @spin_us: Both sides watch for so long before they sleep: fewer microseconds a call, a
 *           processor kept busy; AMBIT_PERSISTENT only
 * @flags:   enum ambit_worker_flags; without AMBIT_INHERIT it has nothing of the caller's memory
 * @spare:   0
 * @calls:   Names of system calls, NULL-terminated, borrowed during the call: of what the policy
 *           grants, the function has only these and the few of the worker itself. NULL for all.
 *           `ambit header --prune` writes the list into a header
 */
struct ambit_worker_options {
	size_t size;
	uint32_t mode;
	uint32_t spin_us;
	size_t max_in;
	size_t max_out;
	uint32_t flags;
	uint32_t spare;
	const char *const *calls;
};

#define AMBIT_WORKER_OPTIONS_INIT                                                                  \
	{                                                                                          \
		sizeof(struct ambit_worker_options), AMBIT_PERSISTENT, 0, 1 << 20, 1 << 20, 0, 0,  \
			NULL                                                                       \
	}

struct ambit_worker;

/**
 * ambit_worker_new() - Start a worker
 * @policy:     What it may use beside what any program needs to start; copied
 * @function:   A function that AMBIT_WORKER() names
 * @options:    Borrowed; NULL for the defaults
 * @ret_worker: To be ended with ambit_worker_free()
 * @err:        Filled on failure; may be NULL
 *
 * Return: AMBIT_OK; AMBIT_E_USAGE for a function that AMBIT_WORKER() does not name, for a system
 * call that there is not, or for a keeper or a copy of the caller beside a policy that says
 * "spawn": what it makes could outlive it; or as ambit_spawn().
 * Threads: safe. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code
ambit_worker_new(const struct ambit_policy *policy, ambit_worker_fn *function,
		 const struct ambit_worker_options *options, struct ambit_worker **ret_worker,
		 struct ambit_error *err);

/**
 * ambit_worker_free() - Kill a worker, reap it
 * @worker: Taken; may be NULL
 *
 * Threads: safe for distinct workers. Since: 0.1
 */
AMBIT_EXPORT void ambit_worker_free(struct ambit_worker *worker);

/**
 * ambit_worker_replace() - End the process that serves: the next call has another
 * @worker: Borrowed
 *
 * For an answer that no honest function gives: whoever gave it has taken the process over. Also for
 * one that ended between two calls, of which ambit_worker_fd() tells until the next. A call under
 * way is given up.
 *
 * Threads: one thread at a time per worker. Since: 0.1
 */
AMBIT_EXPORT void ambit_worker_replace(struct ambit_worker *worker);

/**
 * ambit_call() - Have the function work on some bytes
 * @worker:     Borrowed
 * @in:         The request; copied
 * @in_length:  In bytes
 * @ret_answer: Filled on success: begin it as AMBIT_UNTRUSTED_INIT, validate what it holds
 * @timeout_ms: The answer is waited for no longer; negative for ever
 * @err:        Filled on failure; may be NULL
 *
 * A worker that fails is killed; what has not ended at the deadline is reaped by the next call,
 * which waits for it within its own, two seconds at most. Then it starts another: a start is not
 * cut short. A caller that has entered a policy by then may start none: see AMBIT_KEEPER.
 *
 * Return: AMBIT_OK, or
 *   AMBIT_E_WORKER    the function returned something else than 0: in @err->sys_errno
 *   AMBIT_E_TIMEOUT   the deadline passed
 *   AMBIT_E_CRASHED   a signal ended it, or it ended itself, with whatever status
 *   AMBIT_E_CLOSED    it closed its descriptors, and did not answer
 *   AMBIT_E_PROTOCOL  it answered what no honest worker does
 *   AMBIT_E_RESOURCE  the request is longer than max_in, or memory ran out here
 *   or as ambit_spawn() where a worker had to be started
 * Threads: one thread at a time per worker; see ambit_pool_call(). Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code ambit_call(struct ambit_worker *worker,
							 const void *in, size_t in_length,
							 struct ambit_untrusted *ret_answer,
							 int timeout_ms, struct ambit_error *err);

/**
 * ambit_call_begin() - The first half of a call: hand over the request
 * @worker:    Borrowed
 * @in:        The request; copied
 * @in_length: In bytes
 * @err:       Filled on failure; may be NULL
 *
 * ambit_worker_fd() becomes readable when the answer is there; then, or whenever the caller does
 * not want to wait any longer, ambit_call_end(). After a call that failed this waits for the end
 * of its process, two seconds at most: AMBIT_E_TIMEOUT.
 *
 * Return: AMBIT_OK; AMBIT_E_USAGE while another call is under way; AMBIT_E_RESOURCE; or as
 * ambit_spawn() where a worker had to be started.
 * Threads: one thread at a time per worker. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code ambit_call_begin(struct ambit_worker *worker,
							       const void *in, size_t in_length,
							       struct ambit_error *err);

/**
 * ambit_call_end() - The second half: take the answer
 * @worker:     Borrowed
 * @ret_answer: Filled on success
 * @timeout_ms: Wait no longer; 0 not at all, negative for ever
 * @err:        Filled on failure; may be NULL
 *
 * One that has closed its descriptors may be about to end: 100 milliseconds at most are waited past
 * the deadline, to tell AMBIT_E_CRASHED from AMBIT_E_CLOSED.
 *
 * Return: as ambit_call(); after AMBIT_E_TIMEOUT the worker is gone.
 * Threads: one thread at a time per worker. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code ambit_call_end(struct ambit_worker *worker,
							     struct ambit_untrusted *ret_answer,
							     int timeout_ms,
							     struct ambit_error *err);

/**
 * ambit_worker_fd() - A descriptor that is readable when an answer, or the worker's end, is there
 * @worker: Borrowed
 *
 * It stays the same for the life of the worker object, whoever answers.
 *
 * Return: A descriptor owned by the worker.
 * Threads: one thread at a time per worker. Since: 0.1
 */
AMBIT_EXPORT int ambit_worker_fd(const struct ambit_worker *worker);

struct ambit_pool;

/**
 * ambit_pool_new() - Several workers for the same function
 * @policy:   As for ambit_worker_new()
 * @function: As for ambit_worker_new()
 * @options:  As for ambit_worker_new()
 * @count:    How many, from 1 to 256
 * @ret_pool: To be ended with ambit_pool_free()
 * @err:      Filled on failure; may be NULL
 *
 * Return: as ambit_worker_new().
 * Threads: safe. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code
ambit_pool_new(const struct ambit_policy *policy, ambit_worker_fn *function,
	       const struct ambit_worker_options *options, size_t count,
	       struct ambit_pool **ret_pool, struct ambit_error *err);

/**
 * ambit_pool_call() - ambit_call() on a worker of the pool that is free, waiting for one
 * @pool:       Borrowed
 * @in:         The request; copied
 * @in_length:  In bytes
 * @ret_answer: Filled on success
 * @timeout_ms: For waiting and call together; negative for ever
 * @err:        Filled on failure; may be NULL
 *
 * Return: as ambit_call().
 * Threads: safe, several at once. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code
ambit_pool_call(struct ambit_pool *pool, const void *in, size_t in_length,
		struct ambit_untrusted *ret_answer, int timeout_ms, struct ambit_error *err);

/**
 * ambit_pool_free() - End all workers of a pool
 * @pool: Taken; may be NULL; no call may be under way
 *
 * Threads: safe for distinct pools. Since: 0.1
 */
AMBIT_EXPORT void ambit_pool_free(struct ambit_pool *pool);

#ifdef __cplusplus
}
#endif

#endif /* AMBIT_WORKER_H */
