/* SPDX-License-Identifier: ISC */
/*
 * ambit - confine code to the resources it needs
 *
 * A policy names resources: files, hosts, programs, limits, users. ambit works out every
 * kernel mechanism that can enforce it, orders them, applies them, verifies each from
 * inside, and only then lets the code run.
 *
 *	struct ambit_policy *p = ambit_policy_new();
 *	struct ambit_box *box;
 *	struct ambit_error err;
 *	char *argv[] = { "convert", "-", "png:-", NULL };
 *
 *	if (ambit_policy_load(p, "/etc/app/thumbs.ambit", &err) != AMBIT_OK ||
 *	    ambit_spawn(p, argv, NULL, &box, &err) != AMBIT_OK)
 *		fprintf(stderr, "%s\n", err.text);
 *
 * Conventions. Functions that can fail return enum ambit_code and take a struct ambit_error
 * last, which may be NULL. Outputs are named ret_... and written only on success. Strings
 * passed in are copied; pointers handed out are borrowed until their owner changes. Free
 * functions accept NULL. The library neither logs, nor exits, nor keeps global state; objects
 * may be used from any thread, one thread at a time.
 */
#ifndef AMBIT_H
#define AMBIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define AMBIT_VERSION "0.1.0"

#if defined(__GNUC__)
#define AMBIT_MUST_CHECK __attribute__((warn_unused_result))
#define AMBIT_EXPORT	 __attribute__((visibility("default")))
#else
#define AMBIT_MUST_CHECK
#define AMBIT_EXPORT
#endif

/*
 * Errors. One row a code: what a caller branches on. Append only; the numbers are ABI.
 */
#define AMBIT_CODES(X)                                                                             \
	X(OK, 0, "success")                                                                        \
	X(E_USAGE, 1, "the call or the command line is wrong: fix the program")                    \
	X(E_POLICY, 2, "the policy text is wrong: fix the text")                                   \
	X(E_CONFLICT, 3, "two rules disagree")                                                     \
	X(E_UNSUPPORTED, 4, "this kernel lacks what a rule needs")                                 \
	X(E_DENIED, 5, "the kernel refused a step")                                                \
	X(E_NOT_FOUND, 6, "a named thing does not exist")                                          \
	X(E_RESOURCE, 7, "memory, descriptors, processes or namespaces ran out: try later")        \
	X(E_TIMEOUT, 8, "a deadline passed")                                                       \
	X(E_PROTOCOL, 9, "the other side misbehaved")                                              \
	X(E_CHILD, 10, "the confined process ended before the program started")                    \
	X(E_INTERNAL, 11, "a fault in ambit: please report it")                                    \
	X(E_NOT_EXECUTABLE, 12, "the program exists but cannot be executed")                       \
	X(E_THREADS, 13, "other threads of the process stand in the way")                          \
	X(E_CRASHED, 14, "confined code was ended by a signal, or ended itself")                   \
	X(E_WORKER, 15, "a worker's function reports a failure of its own")                        \
	X(E_CLOSED, 16, "the other end of a channel, or a worker's, is closed")

enum ambit_code {
#define AMBIT_CODE_ENUM(name, number, text) AMBIT_##name = (number),
	AMBIT_CODES(AMBIT_CODE_ENUM)
#undef AMBIT_CODE_ENUM
};

/* The parts of ambit an error or a plan step can belong to; the rows from FDS on are layers. */
#define AMBIT_LAYERS(X)                                                                            \
	X(NONE, 0, "none", "no layer")                                                             \
	X(POLICY, 1, "policy", "the policy text")                                                  \
	X(HOST, 2, "host", "what the kernel and the caller offer")                                 \
	X(PLAN, 3, "plan", "the planner")                                                          \
	X(RUN, 4, "run", "starting the program")                                                   \
	X(FDS, 5, "fds", "inherited descriptors")                                                  \
	X(ENV, 6, "env", "the environment")                                                        \
	X(CGROUP, 7, "cgroup", "control group limits")                                             \
	X(USERNS, 8, "user-namespace", "a user namespace of its own")                              \
	X(MOUNT, 9, "mount-view", "a file system view of its own")                                 \
	X(NAMESPACES, 10, "namespaces", "pid, ipc, uts and cgroup namespaces")                     \
	X(NET, 11, "net-namespace", "a network namespace of its own")                              \
	X(TIMENS, 21, "time-namespace", "clocks that begin at zero")                               \
	X(RLIMITS, 12, "rlimits", "resource limits per process")                                   \
	X(IDS, 13, "ids", "user and group ids")                                                    \
	X(CAPS, 14, "capabilities", "capability sets and securebits")                              \
	X(PROCESS, 15, "process", "no_new_privs and process hardening")                            \
	X(APPARMOR, 16, "apparmor", "an AppArmor label")                                           \
	X(LANDLOCK, 17, "landlock", "Landlock rules and scopes")                                   \
	X(SECCOMP, 18, "seccomp", "the system call filter")                                        \
	X(EXEC, 19, "exec", "executing the program")                                               \
	X(SUPERVISOR, 20, "supervisor", "the process that waits beside the program")

enum ambit_layer {
#define AMBIT_LAYER_ENUM(name, number, word, text) AMBIT_LAYER_##name = (number),
	AMBIT_LAYERS(AMBIT_LAYER_ENUM)
#undef AMBIT_LAYER_ENUM
};

/**
 * struct ambit_error - What went wrong, where, and how to mend it
 * @code:      What a caller branches on, enum ambit_code
 * @layer:     Which part failed, enum ambit_layer
 * @sys_errno: errno of the failing call, 0 when none was made
 * @step:      Plan step from 1; 0 = nothing has changed
 * @line:      Line in the policy text, 0 = not from a policy
 * @column:    Column in the policy text
 * @text:      One sentence that names the object, without newline
 * @hint:      One sentence on how to mend it, or ""
 * @spare:     Zero
 *
 * Plain data: nothing to free, usable without memory, small enough to cross a pipe whole.
 */
struct ambit_error {
	uint32_t code;
	uint32_t layer;
	int32_t sys_errno;
	uint32_t step;
	uint32_t line;
	uint32_t column;
	char text[512];
	char hint[512];
	uint32_t spare[2];
};

/**
 * ambit_code_name() - The name of a code, as "E_POLICY"
 * @code: The code
 *
 * Return: A constant string, "?" for a number that is no code.
 * Threads: safe. Since: 0.1
 */
AMBIT_EXPORT const char *ambit_code_name(enum ambit_code code);

/**
 * ambit_layer_name() - The word for a layer, as "mount-view"
 * @layer: The layer
 *
 * Return: A constant string, "?" for a number that is no layer.
 * Threads: safe. Since: 0.1
 */
AMBIT_EXPORT const char *ambit_layer_name(enum ambit_layer layer);

/* ------------------------------------------------------------------------------------------
 * Policy: what the code may use. Everything it does not name is denied.
 */
struct ambit_policy;

/**
 * ambit_policy_new() - An empty policy: the program may start and nothing else
 *
 * Return: A policy to be ended with ambit_policy_free(), or NULL without memory.
 * Threads: safe. Since: 0.1
 */
AMBIT_EXPORT struct ambit_policy *ambit_policy_new(void);

/**
 * ambit_policy_free() - End a policy
 * @policy: The policy, taken; may be NULL
 *
 * Threads: safe for distinct policies. Since: 0.1
 */
AMBIT_EXPORT void ambit_policy_free(struct ambit_policy *policy);

/**
 * ambit_policy_load() - Add a policy file and all it includes
 * @policy: Changed only on success
 * @path:   The file, copied; relative paths inside are relative to it
 * @err:    Filled on failure with line and column; may be NULL
 *
 * Order never matters: loading adds to what the policy already grants.
 *
 * Return: AMBIT_OK, or
 *   AMBIT_E_POLICY     the text is wrong
 *   AMBIT_E_CONFLICT   it contradicts what the policy already says
 *   AMBIT_E_NOT_FOUND  the file or an included file does not exist
 *   AMBIT_E_DENIED     it cannot be read
 *   AMBIT_E_RESOURCE   no memory or descriptors
 * Threads: one thread at a time per policy. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code
ambit_policy_load(struct ambit_policy *policy, const char *path, struct ambit_error *err);

/**
 * ambit_policy_parse() - Add policy text held in memory
 * @policy: Changed only on success
 * @text:   The text, copied
 * @length: Its length in bytes
 * @name:   What messages call it; copied; NULL for "policy"
 * @err:    Filled on failure; may be NULL
 *
 * Relative paths in it are relative to the working directory.
 *
 * Return: as ambit_policy_load().
 * Threads: one thread at a time per policy. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code ambit_policy_parse(struct ambit_policy *policy,
								 const char *text, size_t length,
								 const char *name,
								 struct ambit_error *err);

/**
 * ambit_policy_add() - Add one directive, given as keyword and argument text
 * @policy:   Changed only on success
 * @keyword:  A keyword of the language, as "read"; copied
 * @argument: The rest of the line, as "tcp 127.0.0.1 80"; copied; NULL for none. For keywords
 *            that take paths the whole string is one path, spaces included
 * @err:      Filled on failure; may be NULL
 *
 * Return: as ambit_policy_load().
 * Threads: one thread at a time per policy. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code ambit_policy_add(struct ambit_policy *policy,
							       const char *keyword,
							       const char *argument,
							       struct ambit_error *err);

/**
 * ambit_policy_merge() - Add everything another policy grants
 * @policy: Changed only on success
 * @other:  Borrowed, not changed
 * @err:    Filled on failure; may be NULL
 *
 * Return: AMBIT_OK, AMBIT_E_CONFLICT or AMBIT_E_RESOURCE.
 * Threads: one thread at a time per policy. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code ambit_policy_merge(struct ambit_policy *policy,
								 const struct ambit_policy *other,
								 struct ambit_error *err);

/**
 * ambit_policy_print() - The policy as canonical text
 * @policy:   Borrowed
 * @ret_text: A string to be ended with free()
 * @err:      Filled on failure; may be NULL
 *
 * Parsing the text gives an equal policy. Bundles stay named, includes are inlined.
 *
 * Return: AMBIT_OK or AMBIT_E_RESOURCE.
 * Threads: one thread at a time per policy. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code
ambit_policy_print(const struct ambit_policy *policy, char **ret_text, struct ambit_error *err);

/**
 * ambit_policy_within() - Does one policy grant nothing that another does not?
 * @inner:    Borrowed
 * @outer:    Borrowed
 * @ret_more: What @inner grants and @outer does not, a directive a line, "" when within;
 *            a string to be ended with free(); may be NULL
 * @ret_is:   true when @inner is within @outer
 * @err:      Filled on failure; may be NULL
 *
 * Paths count as they are written, and as what their links lead to on this host.
 *
 * Return: AMBIT_OK or AMBIT_E_RESOURCE.
 * Threads: one thread at a time per policy. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code ambit_policy_within(const struct ambit_policy *inner,
								  const struct ambit_policy *outer,
								  bool *ret_is, char **ret_more,
								  struct ambit_error *err);

/**
 * ambit_policy_header() - The policy as a C header for <ambit/confined.h>
 * @policy:   Borrowed
 * @name:     What the header calls it: letters, digits and _, at most 40, no digit first
 * @ret_text: A string to be ended with free()
 * @err:      Filled on failure; may be NULL
 *
 * Each line that grants something is a capability for the compiler, AMBIT_CONFINED(@name) names all
 * of them, and a line with a path is a type of handle with the functions it allows.
 * ambit-confined(7) says how it is used.
 *
 * Return: AMBIT_OK, AMBIT_E_USAGE or AMBIT_E_RESOURCE.
 * Threads: one thread at a time per policy. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code ambit_policy_header(const struct ambit_policy *policy,
								  const char *name, char **ret_text,
								  struct ambit_error *err);

/**
 * ambit_policy_format() - Rewrite one policy file's text in canonical form
 * @text:     The text, borrowed
 * @length:   Its length in bytes
 * @name:     What messages call it; NULL for "policy"
 * @ret_text: A string to be ended with free(); comments and order are kept
 * @err:      Filled on failure; may be NULL
 *
 * Return: AMBIT_OK, AMBIT_E_POLICY or AMBIT_E_RESOURCE.
 * Threads: safe. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code ambit_policy_format(const char *text, size_t length,
								  const char *name, char **ret_text,
								  struct ambit_error *err);

/**
 * struct ambit_keyword - One row of the rights table, as a user sees it
 * @size:      sizeof(struct ambit_keyword), set by the caller
 * @name:      The keyword, as "read"
 * @arguments: What follows it, as "PATH..."; "" for none
 * @help:      One sentence
 * @takes_argument: false for a bare word such as "spawn"
 */
struct ambit_keyword {
	size_t size;
	const char *name;
	const char *arguments;
	const char *help;
	bool takes_argument;
};

/**
 * ambit_keyword_at() - Walk the keywords of the policy language
 * @index:       From 0
 * @ret_keyword: Filled; its strings are constants
 *
 * Return: false past the last keyword.
 * Threads: safe. Since: 0.1
 */
AMBIT_EXPORT bool ambit_keyword_at(size_t index, struct ambit_keyword *ret_keyword);

/**
 * ambit_help() - The page on a keyword or a bundle, or the list of all of them
 * @topic:    A keyword or bundle name, or NULL for the list
 * @ret_text: A string to be ended with free()
 * @err:      Filled on failure, with a suggestion where a name is close; may be NULL
 *
 * Return: AMBIT_OK, AMBIT_E_NOT_FOUND or AMBIT_E_RESOURCE.
 * Threads: safe. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code ambit_help(const char *topic, char **ret_text,
							 struct ambit_error *err);

/* ------------------------------------------------------------------------------------------
 * Plan: what would be enforced, by which layers, with which gaps. Executes nothing.
 */
struct ambit_plan;

/**
 * struct ambit_options - How to run, beside the policy
 * @size:      sizeof(struct ambit_options), set by the caller
 * @directory: Working directory, borrowed during the call; NULL for the caller's
 * @host_file: Plan for the host described in this file instead of this one; plans only
 * @status_fd: Descriptor that receives the status JSON at the end of ambit_run(); -1 for none;
 *             borrowed; not what a line fd of the policy passes; ambit_spawn() refuses one
 * @bare:      Of what every program gets, grant it and its interpreters alone
 * @strict:    Every "prefer" becomes "must", reported exceptions are refused
 * @notice:    Called in the caller's process, before the program starts, once for each step
 *             that was skipped or is weaker than asked: @line is one sentence; NULL for silence
 * @notice_argument: Handed to @notice
 * @environment: What "env" passes from, NULL-terminated, borrowed; NULL for none
 * @search_path: Where argv[0] is looked up, as PATH; borrowed; NULL for
 *             /usr/local/bin:/usr/bin:/bin
 * @started:   Called in the caller's process once the program runs, where something stays beside
 *             it: ambit_run() needs policy and options no longer; NULL for nothing to do
 * @started_argument: Handed to @started
 * @enters:    Plan what ambit_enter() would do in this process; plans without a program only
 * @program_fd: Open on the file that argv[0] has to be: what is found has to be the same, or the
 *             run is refused; -1 for whatever is found; borrowed
 */
struct ambit_options {
	size_t size;
	const char *directory;
	const char *host_file;
	int status_fd;
	bool bare;
	bool strict;
	void (*notice)(void *notice_argument, const char *line);
	void *notice_argument;
	char *const *environment;
	const char *search_path;
	void (*started)(void *started_argument);
	void *started_argument;
	bool enters;
	int program_fd;
};

#define AMBIT_OPTIONS_INIT                                                                         \
	{                                                                                          \
		sizeof(struct ambit_options), NULL, NULL, -1, false, false, NULL, NULL, NULL,      \
			NULL, NULL, NULL, false, -1                                                \
	}

/**
 * ambit_plan_build() - Work out the steps that enforce a policy on this host
 * @policy:   Borrowed, not needed afterwards
 * @argv:     The program and its arguments, copied; NULL to plan without a program
 * @options:  Borrowed; NULL for the defaults
 * @ret_plan: On success a plan to be ended with ambit_plan_free()
 * @err:      Filled on failure; may be NULL
 *
 * A plan with gaps is still a plan: ambit_plan_gaps() tells, running it refuses.
 *
 * Return: AMBIT_OK, or
 *   AMBIT_E_POLICY          a path or user of the policy does not exist
 *   AMBIT_E_NOT_FOUND       the program does not exist
 *   AMBIT_E_NOT_EXECUTABLE  the program exists but cannot be executed
 *   AMBIT_E_RESOURCE        a probe met an exhausted resource, or no memory
 * Threads: safe. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code ambit_plan_build(const struct ambit_policy *policy,
							       char *const argv[],
							       const struct ambit_options *options,
							       struct ambit_plan **ret_plan,
							       struct ambit_error *err);

/**
 * ambit_plan_free() - End a plan
 * @plan: The plan, taken; may be NULL
 *
 * Threads: safe for distinct plans. Since: 0.1
 */
AMBIT_EXPORT void ambit_plan_free(struct ambit_plan *plan);

/**
 * ambit_plan_gaps() - How many "must" rules no layer of this host carries
 * @plan: Borrowed
 *
 * Return: 0 when the plan can be run.
 * Threads: one thread at a time per plan. Since: 0.1
 */
AMBIT_EXPORT size_t ambit_plan_gaps(const struct ambit_plan *plan);

/**
 * ambit_plan_print() - The plan as text or as JSON
 * @plan:     Borrowed
 * @json:     JSON instead of text
 * @color:    Mark up the text for a terminal
 * @ret_text: A string to be ended with free()
 * @err:      Filled on failure; may be NULL
 *
 * The same policy on the same host gives the same bytes.
 *
 * Return: AMBIT_OK or AMBIT_E_RESOURCE.
 * Threads: one thread at a time per plan. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code ambit_plan_print(const struct ambit_plan *plan,
							       bool json, bool color,
							       char **ret_text,
							       struct ambit_error *err);

/**
 * ambit_doctor() - What this kernel and this caller offer, each missing thing with cause and cure
 * @json:     JSON instead of text
 * @color:    Mark up the text for a terminal
 * @ret_text: A string to be ended with free()
 * @err:      Filled on failure; may be NULL
 *
 * Return: AMBIT_OK or AMBIT_E_RESOURCE.
 * Threads: safe; starts and reaps short-lived child processes. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code ambit_doctor(bool json, bool color, char **ret_text,
							   struct ambit_error *err);

/* ------------------------------------------------------------------------------------------
 * Run: a program under a policy.
 */
struct ambit_box;

/**
 * struct ambit_status - How a confined program ended
 * @size:      sizeof(struct ambit_status), set by the caller
 * @exit_code: Its exit status, -1 when a signal ended it
 * @signal:    The signal that ended it, 0 when it exited
 * @timed_out: The wall-clock limit ended it
 */
struct ambit_status {
	size_t size;
	int exit_code;
	int signal;
	bool timed_out;
};

/**
 * ambit_spawn() - Start a program under a policy and wait until it is confined
 * @policy:  What to enforce; borrowed, not changed
 * @argv:    argv[0] is looked up along PATH; NULL-terminated; copied
 * @options: Borrowed; NULL for the defaults
 * @ret_box: On success a running box, to be ended with ambit_box_free()
 * @err:     All zeros on success, filled on failure; may be NULL
 *
 * Returns once execve(2) has succeeded in the child: every "must" step is then in force. On
 * failure no process is left behind and the caller is unchanged. The cost does not depend on
 * the caller's memory size. Should the caller be killed, the run ends with it where a process
 * stays beside the program (a pid namespace, spawn, a limit of the whole run); else the program
 * goes on by itself. ambit_run() has no such case: its program always ends with the caller.
 *
 * With the right terminal, a terminal on descriptors 0 to 2 has to be no session's yet, as a new
 * pty: it becomes the program's. ambit_run() relays to the caller's own; here that is refused.
 *
 * Return: AMBIT_OK, or
 *   AMBIT_E_USAGE           something is NULL that has to be there, or there is a status_fd
 *   AMBIT_E_POLICY          a path or user of the policy does not exist
 *   AMBIT_E_UNSUPPORTED     a "must" rule has a gap on this host, or terminal: see above
 *   AMBIT_E_DENIED          the kernel refused a step; @err->hint names the usual cause
 *   AMBIT_E_NOT_FOUND       the program does not exist
 *   AMBIT_E_NOT_EXECUTABLE  the program exists but cannot be executed
 *   AMBIT_E_RESOURCE        memory, descriptors, processes or namespaces ran out
 *   AMBIT_E_CHILD           the child ended before the program started
 * Threads: safe from any thread. Signals are blocked in this thread for the length of the call.
 *   pthread_atfork() handlers do not run.
 * Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code ambit_spawn(const struct ambit_policy *policy,
							  char *const argv[],
							  const struct ambit_options *options,
							  struct ambit_box **ret_box,
							  struct ambit_error *err);

/**
 * ambit_box_pidfd() - A descriptor that becomes readable when the program has ended
 * @box: Borrowed
 *
 * Return: A descriptor owned by the box, the same until ambit_box_free(). Who has it in an epoll
 * set takes it out before that: a child of the caller may hold it, too, and then it does not leave.
 * Threads: one thread at a time per box. Since: 0.1
 */
AMBIT_EXPORT int ambit_box_pidfd(const struct ambit_box *box);

/**
 * ambit_box_wait() - Wait until the program has ended
 * @box:        Borrowed
 * @timeout_ms: How long to wait; negative for ever
 * @ret_status: How it ended; @ret_status->size must be set
 * @err:        Filled on failure; may be NULL
 *
 * Return: AMBIT_OK, AMBIT_E_TIMEOUT, or AMBIT_E_CHILD when it has ended and how is not known: it
 * was reaped by somebody else, or the process beside it was killed. To ask again gives the same.
 * Threads: one thread at a time per box. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code ambit_box_wait(struct ambit_box *box, int timeout_ms,
							     struct ambit_status *ret_status,
							     struct ambit_error *err);

/**
 * ambit_box_status() - How the program ended, if it has
 * @box:        Borrowed
 * @ret_status: How it ended; @ret_status->size must be set
 * @err:        Filled on failure; may be NULL
 *
 * Does not wait, and may be asked again.
 *
 * Return: AMBIT_OK, AMBIT_E_TIMEOUT while it runs, or AMBIT_E_CHILD as ambit_box_wait().
 * Threads: one thread at a time per box. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code
ambit_box_status(struct ambit_box *box, struct ambit_status *ret_status, struct ambit_error *err);

/**
 * ambit_box_signal() - Send a signal to the program
 * @box:    Borrowed
 * @number: The signal
 * @err:    Filled on failure; may be NULL
 *
 * Return: AMBIT_OK, AMBIT_E_NOT_FOUND when it has ended, or AMBIT_E_DENIED.
 * Threads: one thread at a time per box. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code ambit_box_signal(struct ambit_box *box, int number,
							       struct ambit_error *err);

/**
 * ambit_box_free() - Kill what still runs in the box, reap it, end the box
 * @box: Taken; may be NULL
 *
 * Threads: safe for distinct boxes. Since: 0.1
 */
AMBIT_EXPORT void ambit_box_free(struct ambit_box *box);

/**
 * ambit_run() - Run a program to its end as the ambit command does
 * @policy:     Borrowed
 * @argv:       As for ambit_spawn()
 * @options:    Borrowed; NULL for the defaults
 * @ret_status: How it ended; @ret_status->size must be set
 * @err:        Filled on failure; may be NULL
 *
 * For a process that does nothing else: it may become the program where nothing has to stay
 * beside it (and then does not return), changes its own signal mask, forwards signals and takes
 * part in job control.
 *
 * Return: as ambit_spawn().
 * Threads: only from a process with a single thread. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code ambit_run(const struct ambit_policy *policy,
							char *const argv[],
							const struct ambit_options *options,
							struct ambit_status *ret_status,
							struct ambit_error *err);

#ifdef __cplusplus
}
#endif

#include "ambit/allow.h"
#include "ambit/channel.h"
#include "ambit/embed.h"
#include "ambit/enter.h"
#include "ambit/group.h"
#include "ambit/untrusted.h"
#include "ambit/worker.h"

#endif /* AMBIT_H */
