/* SPDX-License-Identifier: ISC */
/*
 * pledge.h - pledge(2) and unveil(2) of OpenBSD, for programs that call them already
 *
 * With -lambit-pledge, sources written for OpenBSD build unchanged. The meaning is OpenBSD's but
 * for a fixed list of differences in ambit-promises(7). This header stands alone.
 *
 * pledge has no handle: what was promised and unveiled is kept once for the process, behind a lock.
 */
#ifndef AMBIT_PLEDGE_H
#define AMBIT_PLEDGE_H

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define AMBIT_PLEDGE_EXPORT __attribute__((visibility("default")))
#else
#define AMBIT_PLEDGE_EXPORT
#endif

/**
 * pledge() - Promise what the process, all its threads, will do from now on
 * @promises:     Names with blanks between, as "stdio rpath"; NULL leaves them as they are
 * @execpromises: The same for programs it executes; NULL leaves them as they are
 *
 * Return: 0, or -1 with errno
 *   EINVAL           a name is no promise
 *   EFAULT           an argument is no address of a text
 *   EPERM            a promise that was given up is asked again
 *   ENOSYS           this host cannot enforce it
 *   EBUSY            another thread cannot be held
 *   ENOTRECOVERABLE  it holds in part: the only safe thing is to end
 * Threads: safe. Since: 0.1
 */
AMBIT_PLEDGE_EXPORT int pledge(const char *promises, const char *execpromises);

/**
 * unveil() - Name a path that stays in reach
 * @path:        Of a file or directory; NULL with NULL: no more follow
 * @permissions: Of r, w, x and c
 *
 * Binds at unveil(NULL, NULL), or when pledge gives the promise unveil up: from then on a call
 * is a violation. Where no path was named none is taken away.
 *
 * Return: 0, or -1 with errno
 *   EINVAL  the permissions, or only one argument is NULL
 *   EFAULT  an argument is no address of a text
 *   EPERM   no more may follow, or the path has fewer permissions already
 *   ENOENT  neither the path nor its parent exists
 *   ENOSYS  this host cannot enforce it
 *   ENOMEM  memory ran out
 * Threads: safe. Since: 0.1
 */
AMBIT_PLEDGE_EXPORT int unveil(const char *path, const char *permissions);

#ifdef __cplusplus
}
#endif

#endif /* AMBIT_PLEDGE_H */
