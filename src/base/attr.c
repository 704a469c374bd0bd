/* SPDX-License-Identifier: ISC */
#include "attr.h"

#include <stdlib.h>

#include "fd.h"

/* free(3) of glibc before 2.33 may change errno; ours is passed as an argument, so it may. */
void auto_free(void *pointer_to_pointer)
{
	void **p = pointer_to_pointer;

	free(*p);
	*p = NULL;
}

void auto_fd_close(int *fd)
{
	fd_close(fd);
}
