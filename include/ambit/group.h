/* SPDX-License-Identifier: ISC */
/*
 * group.h - a program of several processes, each confined in its own way
 *
 *	static int parser(struct ambit_process *self)
 *	{
 *		struct ambit_channel *raw = ambit_process_channel(self, "raw");
 *		...
 *	}
 *	AMBIT_PROCESS(parser)
 *
 *	ambit_group_add(group, "raw", raw_policy, raw, NULL, &err);
 *	ambit_group_add(group, "parser", parser_policy, parser, NULL, &err);
 *	ambit_group_connect(group, "raw", "parser", &packets, &err);
 *	ambit_group_start(group, &err);
 *	while (ambit_group_wait(group, -1, &event, &err) == AMBIT_OK &&
 *	       event.kind != AMBIT_GROUP_ENDED)
 *		...;
 *	ambit_group_free(group);
 *
 * Each process is this very program, started once more under its policy by ambit_spawn(), as a
 * worker is: AMBIT_PROCESS() keeps it from main() and gives it the function. Nothing of the
 * caller's memory is in it, and it can talk to those it was connected with and to nobody else.
 */
#ifndef AMBIT_GROUP_H
#define AMBIT_GROUP_H

#ifndef AMBIT_H
#error "include <ambit.h>, which includes this file"
#endif

#ifdef __cplusplus
extern "C" {
#endif

struct ambit_process;

/* What a process of a group runs; what it returns is its exit status. */
typedef int ambit_process_fn(struct ambit_process *self);

/* Private to AMBIT_PROCESS(). */
struct ambit_process_entry {
	const char *name;
	ambit_process_fn *function;
	struct ambit_process_entry *next;
};

/**
 * ambit_process_register() - Private to AMBIT_PROCESS(): make a function known, or run it
 * @entry: Taken for the life of the program
 *
 * In a process that was started for this function it does not return.
 *
 * Threads: before main only. Since: 0.1
 */
AMBIT_EXPORT void ambit_process_register(struct ambit_process_entry *entry);

/* Once for each function, at file scope of the program, no semicolon after it. */
#define AMBIT_PROCESS(function_)                                                                   \
	static struct ambit_process_entry ambit_process_of_##function_ = { #function_, function_,  \
									   NULL };                 \
	__attribute__((constructor)) static void ambit_process_hook_##function_(void)              \
	{                                                                                          \
		ambit_process_register(&ambit_process_of_##function_);                             \
	}

/* ---- in a process of the group ------------------------------------------------------------- */

/**
 * ambit_process_name() - What this process is called
 * @self: The one the function was given
 *
 * Return: Its name in the group, borrowed.
 * Threads: safe. Since: 0.1
 */
AMBIT_EXPORT const char *ambit_process_name(const struct ambit_process *self);

/**
 * ambit_process_channel() - The channel to another process
 * @self: The one the function was given
 * @name: The other's name; AMBIT_CALLER for the process that started the group
 *
 * Return: The channel, borrowed; NULL when the two are not connected.
 * Threads: safe. Since: 0.1
 */
AMBIT_EXPORT struct ambit_channel *ambit_process_channel(const struct ambit_process *self,
							 const char *name);

/**
 * ambit_process_fd() - A descriptor that is readable when the group has news
 * @self: The one the function was given
 *
 * For a poll loop: a process that this one talks to was started again, so that
 * ambit_channel_reopen() succeeds, or the group has ended, so that it gives AMBIT_E_CLOSED.
 *
 * Return: A descriptor owned by the process.
 * Threads: safe. Since: 0.1
 */
AMBIT_EXPORT int ambit_process_fd(const struct ambit_process *self);

/* ---- the caller ---------------------------------------------------------------------------- */

/* The name of the process that starts the group, where it takes part itself. */
#define AMBIT_CALLER "*"

/* What follows when a process ends. Append only; the numbers are ABI. */
enum ambit_reaction {
	AMBIT_END_GROUP = 0, /* all others are killed */
	AMBIT_RESTART = 1,   /* it is started anew, and connected anew */
	AMBIT_GO_ON = 2	     /* the others go on without it */
};

/**
 * struct ambit_process_options - How a process of a group is looked after
 * @size:       sizeof(struct ambit_process_options), set by the caller
 * @reaction:   enum ambit_reaction, whichever way it ended
 * @restarts:   Started anew so often at most within @window_ms; once more ends the group
 * @window_ms:  In milliseconds; counted anew when it has passed
 * @may_finish: That the function returns 0 is no reason for a reaction: the others go on
 */
struct ambit_process_options {
	size_t size;
	uint32_t reaction;
	uint32_t restarts;
	uint32_t window_ms;
	bool may_finish;
};

#define AMBIT_PROCESS_OPTIONS_INIT                                                                 \
	{                                                                                          \
		sizeof(struct ambit_process_options), AMBIT_END_GROUP, 5, 10000, false             \
	}

struct ambit_group;

/**
 * ambit_group_new() - A group without processes
 *
 * Return: A group to be ended with ambit_group_free(), or NULL without memory.
 * Threads: safe. Since: 0.1
 */
AMBIT_EXPORT struct ambit_group *ambit_group_new(void);

/**
 * ambit_group_add() - Declare a process
 * @group:    Not started yet
 * @name:     Up to 31 letters, digits, "-" or "_"; copied
 * @policy:   What it may use beside what any program needs to start; copied
 * @function: A function that AMBIT_PROCESS() names
 * @options:  Borrowed; NULL for the defaults
 * @err:      Filled on failure; may be NULL
 *
 * Return: AMBIT_OK, AMBIT_E_USAGE or AMBIT_E_RESOURCE.
 * Threads: one thread at a time per group. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code
ambit_group_add(struct ambit_group *group, const char *name, const struct ambit_policy *policy,
		ambit_process_fn *function, const struct ambit_process_options *options,
		struct ambit_error *err);

/**
 * ambit_group_connect() - Declare that two processes may talk, and what they may say
 * @group:    Not started yet
 * @first:    A process that was added, or AMBIT_CALLER
 * @second:   Another
 * @protocol: What each may say to the other; copied
 * @err:      Filled on failure; may be NULL
 *
 * Return: AMBIT_OK, AMBIT_E_USAGE or AMBIT_E_RESOURCE.
 * Threads: one thread at a time per group. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code
ambit_group_connect(struct ambit_group *group, const char *first, const char *second,
		    const struct ambit_channel_protocol *protocol, struct ambit_error *err);

/**
 * ambit_group_start() - Start all processes, connect them as declared
 * @group: Not started yet
 * @err:   Filled on failure, with the name of the process; may be NULL
 *
 * On failure none is left behind.
 *
 * Return: AMBIT_OK, AMBIT_E_USAGE, or as ambit_spawn().
 * Threads: one thread at a time per group. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code ambit_group_start(struct ambit_group *group,
								struct ambit_error *err);

/**
 * ambit_group_channel() - The caller's end of a channel
 * @group: Borrowed
 * @name:  A process that AMBIT_CALLER is connected with
 *
 * Return: The channel, borrowed for the life of the group; NULL when there is none.
 * Threads: one thread at a time per group. Since: 0.1
 */
AMBIT_EXPORT struct ambit_channel *ambit_group_channel(const struct ambit_group *group,
						       const char *name);

/* What has happened. Append only; the numbers are ABI. */
enum ambit_group_event_kind {
	AMBIT_GROUP_ENDED = 0,	   /* none runs any more; @process was the reason, or the last */
	AMBIT_GROUP_RESTARTED = 1, /* @process ended and was started anew */
	AMBIT_GROUP_LOST = 2,	   /* @process ended, the others go on */
	AMBIT_GROUP_FINISHED = 3   /* @process returned 0 and may, the others go on */
};

/**
 * struct ambit_group_event - Something a group's owner wants to know
 * @size:      sizeof(struct ambit_group_event), set by the caller
 * @kind:      enum ambit_group_event_kind
 * @exit_code: What the function returned, -1 when a signal ended the process
 * @signal:    The signal that ended it, 0 when it returned
 * @process:   Its name, borrowed from the group
 */
struct ambit_group_event {
	size_t size;
	uint32_t kind;
	int exit_code;
	int signal;
	const char *process;
};

#define AMBIT_GROUP_EVENT_INIT                                                                     \
	{                                                                                          \
		sizeof(struct ambit_group_event), AMBIT_GROUP_ENDED, 0, 0, ""                      \
	}

/**
 * ambit_group_wait() - Look after the processes until one of them has ended
 * @group:      Started
 * @timeout_ms: Wait so long; 0 not at all, negative for ever
 * @ret_event:  What has happened; its size must be set
 * @err:        Filled on failure; may be NULL
 *
 * The reaction that was declared has then been carried out. Reactions are carried out here and
 * nowhere else: it has to be called, for ever or whenever ambit_group_fd() is readable.
 *
 * Return: AMBIT_OK; AMBIT_E_TIMEOUT when nothing has happened; as ambit_spawn() when a process
 * could not be started anew, then the group has ended.
 * Threads: one thread at a time per group. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code ambit_group_wait(struct ambit_group *group,
							       int timeout_ms,
							       struct ambit_group_event *ret_event,
							       struct ambit_error *err);

/**
 * ambit_group_fd() - A descriptor that is readable when a process has ended
 * @group: Started
 *
 * Return: A descriptor owned by the group, the same for its life; -1 before it was started.
 * Threads: one thread at a time per group. Since: 0.1
 */
AMBIT_EXPORT int ambit_group_fd(const struct ambit_group *group);

/**
 * ambit_group_free() - Kill what still runs, reap it, end the group
 * @group: Taken, its channels with it; may be NULL
 *
 * Threads: safe for distinct groups. Since: 0.1
 */
AMBIT_EXPORT void ambit_group_free(struct ambit_group *group);

#ifdef __cplusplus
}
#endif

#endif /* AMBIT_GROUP_H */
