/* SPDX-License-Identifier: ISC */
/* errname.c - the names of error numbers; no libc but one has a function for them */
#include "errname.h"

#include <errno.h>
#include <string.h>

#define NAMED(name)                                                                                \
	{                                                                                          \
		name, #name                                                                        \
	}

static const struct {
	int number;
	char name[16]; /* not a pointer, which had to be relocated */
} names[] = {
	NAMED(EPERM),
	NAMED(ENOENT),
	NAMED(ESRCH),
	NAMED(EINTR),
	NAMED(EIO),
	NAMED(ENXIO),
	NAMED(E2BIG),
	NAMED(ENOEXEC),
	NAMED(EBADF),
	NAMED(ECHILD),
	NAMED(EAGAIN),
	NAMED(ENOMEM),
	NAMED(EACCES),
	NAMED(EFAULT),
	NAMED(EBUSY),
	NAMED(EEXIST),
	NAMED(EXDEV),
	NAMED(ENODEV),
	NAMED(ENOTDIR),
	NAMED(EISDIR),
	NAMED(EINVAL),
	NAMED(ENFILE),
	NAMED(EMFILE),
	NAMED(ENOTTY),
	NAMED(ETXTBSY),
	NAMED(EFBIG),
	NAMED(ENOSPC),
	NAMED(ESPIPE),
	NAMED(EROFS),
	NAMED(EMLINK),
	NAMED(EPIPE),
	NAMED(EDOM),
	NAMED(ERANGE),
	NAMED(EDEADLK),
	NAMED(ENAMETOOLONG),
	NAMED(ENOLCK),
	NAMED(ENOSYS),
	NAMED(ENOTEMPTY),
	NAMED(ELOOP),
	NAMED(ENODATA),
	NAMED(EPROTO),
	NAMED(EOVERFLOW),
	NAMED(ENOTSOCK),
	NAMED(EPROTONOSUPPORT),
	NAMED(ESOCKTNOSUPPORT),
	NAMED(EOPNOTSUPP),
	NAMED(EAFNOSUPPORT),
	NAMED(EADDRINUSE),
	NAMED(EADDRNOTAVAIL),
	NAMED(ENETDOWN),
	NAMED(ENETUNREACH),
	NAMED(ECONNREFUSED),
	NAMED(EHOSTUNREACH),
	NAMED(EALREADY),
	NAMED(EINPROGRESS),
	NAMED(ETIMEDOUT),
	NAMED(EDQUOT),
	NAMED(ENOKEY),
	NAMED(EUSERS),
	NAMED(ENOBUFS),
	NAMED(ENOTCONN),
	NAMED(ECONNRESET),
	NAMED(EPROTOTYPE),
	NAMED(EMSGSIZE),
};

const char *errno_name(int number)
{
	for (size_t i = 0; i < ARRAY_COUNT(names); i++)
		if (names[i].number == number)
			return names[i].name;
	return NULL;
}

int errno_by_name(const char *name, size_t length)
{
	for (size_t i = 0; i < ARRAY_COUNT(names); i++)
		if (!strncmp(names[i].name, name, length) && !names[i].name[length])
			return names[i].number;
	return 0;
}
