/* SPDX-License-Identifier: ISC */
/*
 * class.h - equivalence classes of system calls
 *
 * The words that the rights table (src/policy/) and the system call table (src/filter/) share.
 * Calls that do the same thing are in one class and always move together: whoever may open()
 * may openat(). A right names the classes it needs; a filter allows whole classes.
 */
#ifndef AMBIT_BASE_CLASS_H
#define AMBIT_BASE_CLASS_H

#include <stdint.h>

/* X(name, what its calls do) */
#define CALL_CLASSES(X)                                                                            \
	X(START, "memory, threads, clocks, signals and open descriptors: what every program does") \
	X(OPEN, "open a path")                                                                     \
	X(STAT, "look at a path's metadata, list extended attributes, read a link")                \
	X(CWD, "change the working directory")                                                     \
	X(CREATE, "create, remove, rename or link a path")                                         \
	X(TRUNCATE, "cut a file short by its path")                                                \
	X(ATTRIBUTES, "change mode, owner, times or extended attributes")                          \
	X(PIPE, "make new anonymous descriptors: pipes, event, timer and signal descriptors")      \
	X(FORK, "create processes")                                                                \
	X(SIGNAL, "send signals to other processes")                                               \
	X(EXEC, "execute a program")                                                               \
	X(SESSION, "process groups, sessions and job control")                                     \
	X(SOCKET, "create a socket")                                                               \
	X(CONNECT, "connect, or send to an address")                                               \
	X(LISTEN, "bind, listen, accept")                                                          \
	X(SOCKET_IO, "use a socket that exists: send, receive, options, names")                    \
	X(SOCKETPAIR, "make a connected pair of local sockets")                                    \
	X(MEMFD, "make a file that lives in memory")                                               \
	X(PRIORITY, "change scheduling priority and affinity")                                     \
	X(WATCH, "watch files for changes")                                                        \
	X(SYSV_IPC, "System V shared memory, semaphores and queues")                               \
	X(MQUEUE, "POSIX message queues")                                                          \
	X(AIO, "asynchronous input and output by io_submit")                                       \
	X(SPLICE, "move pages between descriptors")                                                \
	X(IDS, "change user, group and capability sets")                                           \
	X(NEVER, "administration and kernel interfaces that no right names")

enum call_class {
#define CALL_CLASS_ENUM(name, text) CALL_##name,
	CALL_CLASSES(CALL_CLASS_ENUM)
#undef CALL_CLASS_ENUM
		CALL_CLASS_COUNT
};

#define CALL_BIT(name) (UINT64_C(1) << CALL_##name)

#endif
