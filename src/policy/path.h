/* SPDX-License-Identifier: ISC */
/* path.h - questions about clean absolute paths */
#ifndef AMBIT_POLICY_PATH_H
#define AMBIT_POLICY_PATH_H

#include <string.h>

#include "../base/attr.h"

/* Is @path @above, or below it? By components: /usr does not cover /usrlocal. */
static inline bool path_covers(const char *above, const char *path)
{
	size_t length = strlen(above);

	if (length == 1)
		return true;
	return !strncmp(above, path, length) && (!path[length] || path[length] == '/');
}

#endif
