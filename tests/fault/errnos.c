/* SPDX-License-Identifier: ISC */
#include "errnos.h"

#include <string.h>

int errno_by_name(const char *name)
{
	for (int e = 1; e < 256; e++) {
		const char *known = strerrorname_np(e);

		if (known && !strcmp(known, name))
			return e;
	}
	return 0;
}
