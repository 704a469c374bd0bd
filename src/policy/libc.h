/* SPDX-License-Identifier: ISC */
/*
 * libc.h - what each libc function does: the rights table's column of libc functions
 *
 * A program reaches the kernel through its libc, so the names a program or a source file uses say
 * what it can do. The rows are libc.def (by hand) and libc_auto.def (found by tools/check-libc);
 * <ambit/confined.h> and the check of machine code both stand on them. A function that is not here
 * is unknown, never harmless.
 */
#ifndef AMBIT_POLICY_LIBC_H
#define AMBIT_POLICY_LIBC_H

#include "model.h"

/* Rights that cover an effect: having one of them is enough. ANY_RIGHT: every policy has it. */
#define RIGHT_BIT(name) (UINT64_C(1) << RIGHT_##name)
#define ANY_RIGHT	UINT64_MAX
#define PATH_READERS	(RIGHT_BIT(READ) | RIGHT_BIT(WRITE) | RIGHT_BIT(EXEC) | RIGHT_BIT(TMP))
#define PATH_RIGHTS                                                                                \
	(PATH_READERS | RIGHT_BIT(MODIFY) | RIGHT_BIT(CREATE) | RIGHT_BIT(ATTRIBUTES) |            \
	 RIGHT_BIT(UNIX))

/* X(name, rights of which one covers it, what the function does) */
#define LIBC_EFFECTS(X)                                                                            \
	X(READ, PATH_READERS, "open a path for reading, or list it")                               \
	X(LOOK, PATH_RIGHTS, "look at a path's metadata, or make it the working directory")        \
	X(MODIFY, RIGHT_BIT(WRITE) | RIGHT_BIT(MODIFY) | RIGHT_BIT(TMP),                           \
	  "open a path for writing, or cut it short")                                              \
	X(CREATE, RIGHT_BIT(WRITE) | RIGHT_BIT(CREATE) | RIGHT_BIT(TMP),                           \
	  "create, remove, rename or link a path")                                                 \
	X(ATTRIBUTES, RIGHT_BIT(ATTRIBUTES), "change mode, owner, times, extended attributes")     \
	X(EXEC, RIGHT_BIT(EXEC), "execute a program")                                              \
	X(LOAD, RIGHT_BIT(READ) | RIGHT_BIT(EXEC), "load code from a file")                        \
	X(NAMES, PATH_READERS, "look up users, services, hosts: files, and modules of NSS")        \
	X(SOCKET, RIGHT_BIT(CONNECT) | RIGHT_BIT(LISTEN) | RIGHT_BIT(UNIX), "make a socket")       \
	X(CONNECT, RIGHT_BIT(CONNECT) | RIGHT_BIT(UNIX), "connect, or send to an address")         \
	X(LISTEN, RIGHT_BIT(LISTEN), "bind, listen, accept")                                       \
	X(RESOLVE, RIGHT_BIT(CONNECT) | RIGHT_BIT(BROKER), "ask a name server")                    \
	X(INTERFACES, RIGHT_BIT(CONNECT) | RIGHT_BIT(LISTEN), "list network interfaces")           \
	X(LOG, RIGHT_BIT(UNIX), "write to the system log")                                         \
	X(SPAWN, RIGHT_BIT(SPAWN), "create a process")                                             \
	X(SIGNAL, RIGHT_BIT(SPAWN), "signal another process")                                      \
	X(SESSION, RIGHT_BIT(SPAWN) | RIGHT_BIT(TERMINAL), "process groups, sessions")             \
	X(TERMINAL, RIGHT_BIT(TERMINAL), "make a terminal, or change its settings")                \
	X(JIT, RIGHT_BIT(JIT), "make memory both writable and executable")                         \
	X(SPLICE,                                                                                  \
	  RIGHT_BIT(WRITE) | RIGHT_BIT(MODIFY) | RIGHT_BIT(CONNECT) | RIGHT_BIT(LISTEN) |          \
		  RIGHT_BIT(UNIX),                                                                 \
	  "move data between descriptors, or its own pages into a pipe")                           \
	X(MEMORY_FILE, RIGHT_BIT(JIT), "make a file that lives in memory")                         \
	X(IDS, RIGHT_BIT(KEEP_CAPABILITY), "change user, group or capability sets")                \
	X(SYSCALL, RIGHT_BIT(SYSCALL), "make a system call by number")                             \
	/* no keyword names these: `syscall NAME` only */                                          \
	X(TIME, RIGHT_BIT(SYSCALL), "set or steer the clock")                                      \
	X(PRIORITY, RIGHT_BIT(SYSCALL), "change scheduling priority and affinity")                 \
	X(WATCH, RIGHT_BIT(SYSCALL), "watch files for changes")                                    \
	X(SYSV, RIGHT_BIT(SYSCALL), "System V shared memory, semaphores and queues")               \
	X(QUEUE, RIGHT_BIT(SYSCALL), "POSIX message queues")                                       \
	X(TRACE, RIGHT_BIT(SYSCALL), "trace another process, or touch its memory")                 \
	X(MOUNT, RIGHT_BIT(SYSCALL), "mount and unmount")                                          \
	X(NAMESPACE, RIGHT_BIT(SYSCALL), "namespaces and the root directory")                      \
	X(ADMIN, RIGHT_BIT(SYSCALL), "administration of the system")                               \
	/* what every program may do: descriptors it holds, and itself */                          \
	X(HELD, ANY_RIGHT, "act on a descriptor that is open")                                     \
	X(DEVICE, ANY_RIGHT, "a request to the device behind a descriptor")                        \
	X(MESSAGE, ANY_RIGHT, "send and receive on a socket that is connected")                    \
	X(PAIR, ANY_RIGHT, "make a pair of connected sockets")                                     \
	X(PIPE, ANY_RIGHT, "make pipes, event and timer descriptors")                              \
	X(MEMORY, ANY_RIGHT, "map memory, or change its protection")                               \
	X(THREAD, ANY_RIGHT, "start a thread")                                                     \
	X(WAIT, ANY_RIGHT, "wait for a child")                                                     \
	X(SIGNALS, ANY_RIGHT, "handle, block and wait for signals")                                \
	X(CONTROL, ANY_RIGHT, "settings of the process itself (prctl)")                            \
	X(SELF, ANY_RIGHT, "the process's own ids, limits and state")                              \
	X(CLOCK, ANY_RIGHT, "read clocks, sleep, set timers")                                      \
	X(ZONE, ANY_RIGHT, "read the time zone")                                                   \
	X(LOCALE, ANY_RIGHT, "read locale data and message catalogues")                            \
	X(INFO, ANY_RIGHT, "what the system says of itself")                                       \
	X(RANDOM, ANY_RIGHT, "random numbers")                                                     \
	X(LOOKUP, ANY_RIGHT, "find a function by name at run time")

enum libc_effect {
#define LIBC_EFFECT_ENUM(name, rights, text) EFFECT_##name,
	LIBC_EFFECTS(LIBC_EFFECT_ENUM)
#undef LIBC_EFFECT_ENUM
		EFFECT_COUNT
};
#define EFFECT_BIT(name) (UINT64_C(1) << EFFECT_##name)

struct libc_effect_row {
	const char *name; /* "READ" */
	uint64_t rights;  /* RIGHT_BIT()s: one is enough; ANY_RIGHT */
	const char *text;
};

/* What an argument is. */
enum libc_argument {
	LIBC_PATH,	   /* a path; in ...at() relative to the directory descriptor before it */
	LIBC_PROGRAM,	   /* the name of a program, looked up in PATH */
	LIBC_HOST,	   /* a host name */
	LIBC_ADDRESS,	   /* a struct sockaddr */
	LIBC_SYMBOL,	   /* the name of a symbol */
	LIBC_CALLBACK,	   /* a function that it calls, or keeps to call */
	LIBC_CALLBACKS_IN, /* a structure (fopencookie), or a pointer to one, with such functions */
};

/* The argument that says which of the effects a call has, by kind. */
enum libc_decider {
	DECIDE_NOTHING,
	DECIDE_FLAGS,	/* those of open() */
	DECIDE_MODE,	/* that of fopen(), a string */
	DECIDE_PROT,	/* that of mprotect() */
	DECIDE_MAPPING, /* that of mmap(), with its flags, the argument after it */
	DECIDE_DOMAIN,	/* an address family: socket() */
	DECIDE_REQUEST, /* fcntl(), prctl(), ptrace() */
	DECIDE_DEVICE,	/* a request: ioctl() */
	DECIDE_PERSONA, /* personality() */
	DECIDE_NUMBER,	/* syscall() */
};

enum libc_source { LIBC_BY_HAND, LIBC_AUTOMATIC };

struct libc_function {
	const char *name;
	uint64_t effects;   /* EFFECT_BIT()s; 0: exercises nothing. See libc_effects_all() */
	uint64_t arguments; /* eight bits a kind; see libc_arguments() */
	uint8_t decider;    /* which argument decides, from 0; with: */
	uint8_t decides;    /* enum libc_decider */
	uint8_t source;	    /* enum libc_source */
};

/* Which arguments are of this kind: bit n for argument n, the first being 0. */
static inline unsigned libc_arguments(const struct libc_function *f, enum libc_argument kind)
{
	return (unsigned)(f->arguments >> (8 * (unsigned)kind)) & 0xffU;
}

/* The row of a function, or NULL: unknown, not harmless. */
const struct libc_function *libc_lookup(const char *name);
/* Row by row, by hand first; NULL past the last. */
const struct libc_function *libc_at(size_t index);
/* All that it can have: where nobody can tell the deciding argument. */
uint64_t libc_effects_all(const struct libc_function *function);
/*
 * Its effects once the deciding argument is known; libc_effects_of_mode() for a string, and
 * libc_effects_of_mapping() for a DECIDE_MAPPING.
 */
uint64_t libc_effects_of(const struct libc_function *function, uint64_t value);
uint64_t libc_effects_of_mapping(const struct libc_function *function, uint64_t prot,
				 uint64_t flags);
uint64_t libc_effects_of_mode(const struct libc_function *function, const char *mode);
const struct libc_effect_row *libc_effect_row(enum libc_effect effect);
/* The effects of a set that a policy with these RIGHT_BIT()s does not cover. */
uint64_t libc_effects_beyond(uint64_t effects, uint64_t rights);

#endif
