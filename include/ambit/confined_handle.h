/* SPDX-License-Identifier: ISC */
/*
 * confined_handle.h - the handles that a header of `ambit header` has: a granted path, kept open;
 * those of addresses are in confined_endpoint.h, of programs in confined_program.h
 *
 * A handle is made once, from the path that the policy names, and opens what is at that path and
 * below it: every component is opened by itself, none may be "..", and no symbolic link below is
 * followed. So the answer is the same without the policy in force; with it the kernel checks, too.
 *
 * The functions are those of the macros at the end; the ambit_handle_... beneath them need a right
 * that nobody has. All return 0 or a descriptor, and -1 with errno: EXDEV for a path that leads
 * out, ELOOP or ENOTDIR for a symbolic link.
 */
#ifndef AMBIT_CONFINED_HANDLE_H
#define AMBIT_CONFINED_HANDLE_H

#ifndef AMBIT_CONFINED_H
#error "include the header that `ambit header` made"
#endif
#if !AMBIT_HAS_P
#error "handles need POSIX: compile with -D_GNU_SOURCE or -D_POSIX_C_SOURCE=200809L"
#endif

#include <errno.h>
#include <string.h>

AMBIT_RIGHT(handle) /* what a handle is made of; no policy grants it */

struct ambit_handle {
	int directory;
	const char *file; /* its name in there, where the path is no directory; else NULL */
};

/* The libc's, by names of their own: here they are called for what the handle stands for. */
extern int ambit_libc_open(const char *path, int flags, ...) __asm__("open");
extern int ambit_libc_openat(int dir, const char *path, int flags, ...) __asm__("openat");
extern int ambit_libc_unlinkat(int dir, const char *path, int flags) __asm__("unlinkat");
extern int ambit_libc_mkdirat(int dir, const char *path, mode_t mode) __asm__("mkdirat");
extern int ambit_libc_renameat(int from, const char *old, int to,
			       const char *name) __asm__("renameat");

enum {
	AMBIT_HANDLE_DIRECTORY = 010000000 /* O_PATH */ | O_DIRECTORY | O_CLOEXEC,
	AMBIT_HANDLE_PATH = 010000000 /* O_PATH */ | O_CLOEXEC,
	AMBIT_HANDLE_BELOW = AMBIT_HANDLE_DIRECTORY | O_NOFOLLOW,
	AMBIT_HANDLE_FLAGS = O_RDONLY | O_WRONLY | O_RDWR | O_CREAT | O_EXCL | O_TRUNC | O_APPEND |
			     O_NONBLOCK | O_DIRECTORY | O_SYNC | O_DSYNC | O_NOCTTY | O_CLOEXEC |
			     O_NOFOLLOW,
};

static inline int ambit_handle_error(int error)
{
	errno = error;
	return -1;
}

/* A close that leaves errno as it is. */
static inline void ambit_handle_close(int fd, int kept)
{
	const int saved = errno;

	if (fd >= 0 && fd != kept)
		(void)close(fd);
	errno = saved;
}

static inline int ambit_handle_init(struct ambit_handle *handle, const char *path)
	AMBIT_NEEDS(ambit_right_handle) AMBIT_UNCHECKED;
static inline int ambit_handle_init(struct ambit_handle *handle, const char *path)
{
	const char *name = strrchr(path, '/') + 1;
	char parent[4096];
	const size_t length = (size_t)(name - path);

	handle->file = NULL;
	handle->directory = ambit_libc_open(path, AMBIT_HANDLE_DIRECTORY);
	if (handle->directory >= 0 || errno != ENOTDIR)
		return handle->directory < 0 ? -1 : 0;
	if (length >= sizeof(parent))
		return ambit_handle_error(ENAMETOOLONG);
	memcpy(parent, path, length);
	parent[length] = '\0';
	handle->file = name;
	handle->directory = ambit_libc_open(parent, AMBIT_HANDLE_DIRECTORY);
	return handle->directory < 0 ? -1 : 0;
}

static inline void ambit_handle_done(struct ambit_handle *handle)
{
	ambit_handle_close(handle->directory, -1);
	handle->directory = -1;
}

/* The directory of @path's last component; to be closed unless it is the handle's own. */
static inline int ambit_handle_parent(const struct ambit_handle *handle, const char *path,
				      const char **ret_last)
	AMBIT_NEEDS(ambit_right_handle) AMBIT_UNCHECKED;
static inline int ambit_handle_parent(const struct ambit_handle *handle, const char *path,
				      const char **ret_last)
{
	int at = handle->directory;
	char name[256];

	if (at < 0)
		return ambit_handle_error(EBADF);
	if (handle->file || path[0] == '/' || !path[0])
		return ambit_handle_error(handle->file ? ENOTDIR : path[0] ? EXDEV : ENOENT);
	for (;;) {
		const size_t length = strcspn(path, "/");
		int next;

		if (length == 2 && path[0] == '.' && path[1] == '.')
			break;
		if (!path[length]) {
			*ret_last = path;
			return at;
		}
		if (length >= sizeof(name) || !path[length + 1]) {
			ambit_handle_close(at, handle->directory);
			return ambit_handle_error(path[length + 1] ? ENAMETOOLONG : EINVAL);
		}
		memcpy(name, path, length);
		name[length] = '\0';
		next = length ? ambit_libc_openat(at, name, AMBIT_HANDLE_BELOW) : at;
		if (next != at)
			ambit_handle_close(at, handle->directory);
		if (next < 0)
			return -1;
		at = next;
		path += length + 1;
	}
	ambit_handle_close(at, handle->directory);
	return ambit_handle_error(EXDEV);
}

/* An empty path, or none, is the granted file itself, where the grant is one file. */
static inline int ambit_handle_open(const struct ambit_handle *handle, const char *path, int flags,
				    mode_t mode) AMBIT_NEEDS(ambit_right_handle) AMBIT_UNCHECKED;
static inline int ambit_handle_open(const struct ambit_handle *handle, const char *path, int flags,
				    mode_t mode)
{
	const char *last;
	int at, fd;

	flags |= O_CLOEXEC;
	if (!path || !path[0])
		return handle->file
			       ? ambit_libc_openat(handle->directory, handle->file, flags, mode)
			       : ambit_libc_openat(handle->directory, ".", flags, mode);
	at = ambit_handle_parent(handle, path, &last);
	if (at < 0)
		return -1;
	fd = ambit_libc_openat(at, last, flags | O_NOFOLLOW, mode);
	ambit_handle_close(at, handle->directory);
	return fd;
}

/*
 * A program, or a socket, without opening it: a descriptor that only stands for it. A link is
 * ELOOP, what is something else @error. What the line itself names may be reached by a link.
 */
enum ambit_handle_kind { AMBIT_HANDLE_PROGRAM, AMBIT_HANDLE_SOCKET };
static inline int ambit_handle_find(const struct ambit_handle *handle, const char *path,
				    enum ambit_handle_kind kind, int error)
	AMBIT_NEEDS(ambit_right_handle) AMBIT_UNCHECKED;
static inline int ambit_handle_find(const struct ambit_handle *handle, const char *path,
				    enum ambit_handle_kind kind, int error)
{
	const int fd = ambit_handle_open(handle, path, AMBIT_HANDLE_PATH, 0);
	struct stat st;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 &&
	    (kind == AMBIT_HANDLE_SOCKET ? S_ISSOCK(st.st_mode) : S_ISREG(st.st_mode)))
		return fd;
	ambit_handle_close(fd, -1);
	return ambit_handle_error(S_ISLNK(st.st_mode) ? ELOOP : error);
}

enum ambit_handle_act { AMBIT_HANDLE_UNLINK, AMBIT_HANDLE_RMDIR, AMBIT_HANDLE_MKDIR };
static inline int ambit_handle_change(const struct ambit_handle *handle, const char *path,
				      enum ambit_handle_act act, mode_t mode)
	AMBIT_NEEDS(ambit_right_handle) AMBIT_UNCHECKED;
static inline int ambit_handle_change(const struct ambit_handle *handle, const char *path,
				      enum ambit_handle_act act, mode_t mode)
{
	const char *last;
	const int at = ambit_handle_parent(handle, path, &last);
	int r;

	if (at < 0)
		return -1;
	if (act == AMBIT_HANDLE_MKDIR)
		r = ambit_libc_mkdirat(at, last, mode);
	else
		r = ambit_libc_unlinkat(at, last, act == AMBIT_HANDLE_RMDIR ? AT_REMOVEDIR : 0);
	ambit_handle_close(at, handle->directory);
	return r;
}

static inline int ambit_handle_rename(const struct ambit_handle *handle, const char *from,
				      const char *to)
	AMBIT_NEEDS(ambit_right_handle) AMBIT_UNCHECKED;
static inline int ambit_handle_rename(const struct ambit_handle *handle, const char *from,
				      const char *to)
{
	const char *last, *name;
	const int at = ambit_handle_parent(handle, from, &last);
	int other, r = -1;

	if (at < 0)
		return -1;
	other = ambit_handle_parent(handle, to, &name);
	if (other >= 0)
		r = ambit_libc_renameat(at, last, other, name);
	ambit_handle_close(other, handle->directory);
	ambit_handle_close(at, handle->directory);
	return r;
}

/* -- what a generated header is made of -- */

#define AMBIT_HANDLE(type, right, granted)                                                         \
	struct type {                                                                              \
		struct ambit_handle handle;                                                        \
	};                                                                                         \
	static inline int type##_init(struct type *to) AMBIT_NEEDS(right) AMBIT_UNCHECKED;         \
	static inline int type##_init(struct type *to)                                             \
	{                                                                                          \
		return ambit_handle_init(&to->handle, granted);                                    \
	}                                                                                          \
	static inline void type##_done(struct type *to)                                            \
	{                                                                                          \
		ambit_handle_done(&to->handle);                                                    \
	}

/* One function of a handle: @parameters and the call that it stands for. */
#define AMBIT_HANDLE_FUNCTION(name, right, parameters, ...)                                        \
	AMBIT_HANDLE_RETURNS(int, name, (right), parameters, __VA_ARGS__)
/* The same for another result; @rights in parentheses. */
#define AMBIT_HANDLE_RETURNS(result, name, rights, parameters, ...)                                \
	static inline result name parameters AMBIT_NEEDS rights AMBIT_UNCHECKED;                   \
	static inline result name parameters                                                       \
	{                                                                                          \
		return __VA_ARGS__;                                                                \
	}

#define AMBIT_HANDLE_READ(policy, name, type, right, granted)                                      \
	AMBIT_RIGHT_OF(right)                                                                      \
	AMBIT_HANDLE(type, right, granted)                                                         \
	AMBIT_HANDLE_FUNCTION(policy##_open_read_##name, right,                                    \
			      (const struct type *h, const char *path),                            \
			      ambit_handle_open(&h->handle, path, O_RDONLY, 0))

#define AMBIT_HANDLE_MODIFY(policy, name, type, right, granted)                                    \
	AMBIT_RIGHT_OF(right)                                                                      \
	AMBIT_HANDLE(type, right, granted)                                                         \
	AMBIT_HANDLE_FUNCTION(policy##_open_modify_##name, right,                                  \
			      (const struct type *h, const char *path, int flags),                 \
			      flags & ~(O_TRUNC | O_APPEND)                                        \
				      ? ambit_handle_error(EINVAL)                                 \
				      : ambit_handle_open(&h->handle, path, O_WRONLY | flags, 0))

#define AMBIT_HANDLE_CREATE_FUNCTIONS(policy, name, type, right)                                   \
	AMBIT_HANDLE_FUNCTION(policy##_make_directory_##name, right,                               \
			      (const struct type *h, const char *path, mode_t mode),               \
			      ambit_handle_change(&h->handle, path, AMBIT_HANDLE_MKDIR, mode))     \
	AMBIT_HANDLE_FUNCTION(policy##_remove_##name, right,                                       \
			      (const struct type *h, const char *path),                            \
			      ambit_handle_change(&h->handle, path, AMBIT_HANDLE_UNLINK, 0))       \
	AMBIT_HANDLE_FUNCTION(policy##_remove_directory_##name, right,                             \
			      (const struct type *h, const char *path),                            \
			      ambit_handle_change(&h->handle, path, AMBIT_HANDLE_RMDIR, 0))        \
	AMBIT_HANDLE_FUNCTION(policy##_rename_##name, right,                                       \
			      (const struct type *h, const char *from, const char *to),            \
			      ambit_handle_rename(&h->handle, from, to))

#define AMBIT_HANDLE_CREATE(policy, name, type, right, granted)                                    \
	AMBIT_RIGHT_OF(right)                                                                      \
	AMBIT_HANDLE(type, right, granted)                                                         \
	AMBIT_HANDLE_CREATE_FUNCTIONS(policy, name, type, right)

#define AMBIT_HANDLE_WRITE(policy, name, type, right, granted)                                     \
	AMBIT_RIGHT_OF(right)                                                                      \
	AMBIT_HANDLE(type, right, granted)                                                         \
	AMBIT_HANDLE_FUNCTION(policy##_open_write_##name, right,                                   \
			      (const struct type *h, const char *path, int flags, mode_t mode),    \
			      flags & ~(AMBIT_HANDLE_FLAGS)                                        \
				      ? ambit_handle_error(EINVAL)                                 \
				      : ambit_handle_open(&h->handle, path, flags, mode))          \
	AMBIT_HANDLE_CREATE_FUNCTIONS(policy, name, type, right)

#define AMBIT_RIGHT_OF(right) extern struct ambit_right right;

#endif
