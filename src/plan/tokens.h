/* SPDX-License-Identifier: ISC */
/* tokens.h - what orders the steps of a plan, and what confinement denies: two tables */
#ifndef AMBIT_PLAN_TOKENS_H
#define AMBIT_PLAN_TOKENS_H

/*
 * What steps need, take away and give. A step that needs a token runs before every step that
 * takes it and after every step that gives it.
 */
#define PLAN_TOKENS(X)                                                                             \
	X(ADMIN, "CAP_SYS_ADMIN, here or in a user namespace")                                     \
	X(SETID, "the capabilities to change ids")                                                 \
	X(SETPCAP, "the capability to change capability sets")                                     \
	X(HOST_FILES, "the host's own paths")                                                      \
	X(ANY_PATH, "every path of the view")                                                      \
	X(ANY_CALL, "every system call")                                                           \
	X(DESCRIPTORS, "room for descriptors")                                                     \
	X(TASKS, "room for tasks")                                                                 \
	X(MEMORY, "room for memory")                                                               \
	X(CLEAN_FDS, "no descriptor that was not asked for")                                       \
	X(NAMESPACES, "the namespaces of its own")                                                 \
	X(NETWORK, "a network namespace in the making")                                            \
	X(VIEW, "the new root")                                                                    \
	X(OWN_PROC, "its own files in /proc")                                                      \
	X(SECUREBITS, "securebits that are not locked yet")                                        \
	X(NNP, "no_new_privs")                                                                     \
	X(START, "the right to start a program")

/*
 * What confinement denies: the rows of the coverage table. X(name, sentence, how serious):
 * MUST gaps refuse to run; REPORT gaps are the documented exceptions, said and not refused.
 */
#define PLAN_DENIALS(X)                                                                            \
	X(CONTENTS, "files outside the policy cannot be read or written", MUST)                    \
	X(METADATA, "files outside the policy cannot be seen (stat, O_PATH)", REPORT)              \
	X(CHANGES, "files outside the policy cannot be created, removed or renamed", MUST)         \
	X(ATTRIBUTES, "mode, owner and times outside the policy cannot be changed", MUST)          \
	X(PROGRAMS, "only granted programs can be executed", MUST)                                 \
	X(WRITTEN_CODE, "a file that the code can write cannot be mapped and executed", REPORT)    \
	X(HIDE, "hidden paths are out of reach", MUST)                                             \
	X(TMP, "/tmp is its own and limited in size", MUST)                                        \
	X(INHERITED, "descriptors and environment that are not granted do not pass", MUST)         \
	X(NETWORK, "no socket of a kind that is not granted", MUST)                                \
	X(CONNECT, "connections only to granted addresses and ports", MUST)                        \
	X(LISTEN, "listening only on granted ports", MUST)                                         \
	X(UNIX, "local sockets only at granted paths", MUST)                                       \
	X(ABSTRACT, "abstract local sockets of others are out of reach", MUST)                     \
	X(SIGNALS, "no signal to a process outside", MUST)                                         \
	X(TRACE, "no look into another process", MUST)                                             \
	X(PROCESS_LIST, "processes outside cannot be seen", REPORT)                                \
	X(SURVIVORS, "nothing survives the end of ambit", REPORT)                                  \
	X(IPC, "no System V or POSIX message queues shared with others", MUST)                     \
	X(USERNS, "no user namespace inside", MUST)                                                \
	X(PRIVILEGE, "no privilege is kept and none can be gained", MUST)                          \
	X(KERNEL, "kernel interfaces that no right names are refused", MUST)                       \
	X(MEMORY_WX, "no memory is writable and executable", MUST)                                 \
	X(TERMINAL, "no input can be pushed into the terminal", MUST)                              \
	X(CORE, "no core dump", MUST)                                                              \
	X(USER, "the program runs as the asked user", MUST)                                        \
	X(LABEL, "the program runs under the asked AppArmor profile", MUST)                        \
	X(LIMIT_MEMORY, "memory is limited", MUST)                                                 \
	X(LIMIT_PROCESSES, "processes are limited", MUST)                                          \
	X(LIMIT_CPU, "the share of the processor is limited", MUST)                                \
	X(LIMIT_OTHER, "open files, file size, stack and processor time are limited", MUST)        \
	X(LIMIT_WALL, "the run is limited in time", MUST)

#endif
