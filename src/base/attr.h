/* SPDX-License-Identifier: ISC */
/* attr.h - attributes, cleanup helpers and small macros used everywhere */
#ifndef AMBIT_BASE_ATTR_H
#define AMBIT_BASE_ATTR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MUST_CHECK	  __attribute__((warn_unused_result))
#define PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
/* The error of @call was considered and does not matter; the comment beside it says why. */
#define IGNORE_RESULT(call) ((void)!(call))
/* A local variable that is filled before it is read, and too large to be zeroed each time. */
#if defined(__has_attribute)
#if __has_attribute(uninitialized)
#define UNINITIALIZED __attribute__((uninitialized))
#endif
#endif
#ifndef UNINITIALIZED
#define UNINITIALIZED
#endif
#define ARRAY_COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Scope-bound ownership; the cleanup functions keep errno and leave -1 or NULL behind. */
#define AUTO_FD	  __attribute__((cleanup(auto_fd_close)))
#define AUTO_FREE __attribute__((cleanup(auto_free)))

void auto_fd_close(int *fd);
void auto_free(void *pointer_to_pointer);

/* Hand a scope-bound value to somebody else. */
static inline int fd_steal(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

#define ptr_steal(p)                                                                               \
	__extension__({                                                                            \
		__typeof__(p) ptr_ = &*(p);                                                        \
		__typeof__(*ptr_) taken_ = *ptr_;                                                  \
		*ptr_ = NULL;                                                                      \
		taken_;                                                                            \
	})

#endif
