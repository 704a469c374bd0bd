/* SPDX-License-Identifier: ISC */
/*
 * start.c - what every program may have, policy or not, so that it can start
 *
 * Read-only system libraries, locale and time zone data, five harmless devices. --bare takes
 * even that away; a static program does not need the libraries and does not get them.
 */
#include "plan.h"

#define READ   (LL_FS_READ_FILE | LL_FS_READ_DIR)
#define DEVICE (LL_FS_READ_FILE | LL_FS_WRITE_FILE)

static const struct start_path start_paths[] = {
	{ "/lib", READ, false, true, true },
	{ "/lib64", READ, false, true, true },
	{ "/usr/lib", READ, false, true, true },
	{ "/usr/lib64", READ, false, true, true },
	{ "/usr/local/lib", READ, false, true, true },
	{ "/etc/ld.so.cache", LL_FS_READ_FILE, false, true, false },
	{ "/etc/ld.so.preload", LL_FS_READ_FILE, false, true, false },
	{ "/etc/localtime", LL_FS_READ_FILE, false, false, false },
	{ "/usr/share/zoneinfo", READ, false, false, false },
	{ "/usr/share/locale", READ, false, true, false },
	{ "/usr/share/i18n", READ, false, true, false },
	{ "/dev/null", DEVICE, true, false, false },
	{ "/dev/zero", DEVICE, true, false, false },
	{ "/dev/full", DEVICE, true, false, false },
	{ "/dev/random", LL_FS_READ_FILE, true, false, false },
	{ "/dev/urandom", LL_FS_READ_FILE, true, false, false },
};

const struct start_path *plan_start_path(size_t index)
{
	return index < ARRAY_COUNT(start_paths) ? &start_paths[index] : NULL;
}
