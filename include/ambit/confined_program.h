/* SPDX-License-Identifier: ISC */
/*
 * confined_program.h - the handles of lines `exec`: programs
 *
 * A program is found as a file is by any handle, and executed by its descriptor: what was found is
 * what runs.
 */
#ifndef AMBIT_CONFINED_PROGRAM_H
#define AMBIT_CONFINED_PROGRAM_H

#include <ambit/confined_handle.h>

extern int ambit_libc_fexecve(int fd, char *const argv[], char *const envp[]) __asm__("fexecve");
extern pid_t ambit_libc_fork(void) __asm__("fork");

/* A script's interpreter opens the script by that descriptor: then it has to stay open. */
static inline int ambit_handle_become(int fd, char *const argv[], char *const envp[])
	AMBIT_NEEDS(ambit_right_handle) AMBIT_UNCHECKED;
static inline int ambit_handle_become(int fd, char *const argv[], char *const envp[])
{
	(void)ambit_libc_fexecve(fd, argv, envp);
	if (errno == ENOENT && fcntl(fd, F_SETFD, 0) == 0)
		(void)ambit_libc_fexecve(fd, argv, envp);
	return -1;
}

static inline int ambit_handle_exec(const struct ambit_handle *handle, const char *path,
				    char *const argv[], char *const envp[])
	AMBIT_NEEDS(ambit_right_handle) AMBIT_UNCHECKED;
static inline int ambit_handle_exec(const struct ambit_handle *handle, const char *path,
				    char *const argv[], char *const envp[])
{
	const int fd = ambit_handle_find(handle, path, AMBIT_HANDLE_PROGRAM, EACCES);

	if (fd < 0)
		return -1;
	(void)ambit_handle_become(fd, argv, envp);
	ambit_handle_close(fd, -1);
	return -1;
}

/* What is found but cannot be executed ends with status 127. */
static inline pid_t ambit_handle_spawn(const struct ambit_handle *handle, const char *path,
				       char *const argv[], char *const envp[])
	AMBIT_NEEDS(ambit_right_handle) AMBIT_UNCHECKED;
static inline pid_t ambit_handle_spawn(const struct ambit_handle *handle, const char *path,
				       char *const argv[], char *const envp[])
{
	const int fd = ambit_handle_find(handle, path, AMBIT_HANDLE_PROGRAM, EACCES);
	pid_t child;

	if (fd < 0)
		return -1;
	child = ambit_libc_fork();
	if (child == 0) {
		(void)ambit_handle_become(fd, argv, envp);
		_exit(127);
	}
	ambit_handle_close(fd, -1);
	return child;
}

/* -- what a generated header is made of -- */

#define AMBIT_HANDLE_EXEC(policy, name, type, right, granted)                                      \
	AMBIT_RIGHT_OF(right)                                                                      \
	AMBIT_HANDLE(type, right, granted)                                                         \
	AMBIT_HANDLE_FUNCTION(                                                                     \
		policy##_exec_##name, right,                                                       \
		(const struct type *h, const char *path, char *const argv[], char *const envp[]),  \
		ambit_handle_exec(&h->handle, path, argv, envp))

/* With the line `spawn`, too: a process for it. */
#define AMBIT_HANDLE_EXEC_SPAWN(policy, name, type, right, granted)                                \
	AMBIT_HANDLE_EXEC(policy, name, type, right, granted)                                      \
	AMBIT_HANDLE_RETURNS(                                                                      \
		pid_t, policy##_spawn_##name, (right, ambit_right_spawn),                          \
		(const struct type *h, const char *path, char *const argv[], char *const envp[]),  \
		ambit_handle_spawn(&h->handle, path, argv, envp))

#endif
