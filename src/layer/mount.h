/* SPDX-License-Identifier: ISC */
/*
 * mount.h - what building a view (mount.c) and reading it back (mountinfo.c) have in common
 */
#ifndef AMBIT_LAYER_MOUNT_H
#define AMBIT_LAYER_MOUNT_H

#include "kit.h"

enum mount_op {
	OP_BEGIN,
	OP_DIR,
	OP_BIND,
	OP_TMPFS,
	OP_PROC,
	OP_LINK,
	OP_HIDE,
	OP_PIVOT,
	OP_DETACH
};

/*
 * kit_op fields: data = path, a = MOUNT_ATTR_ flags and ENTRY_ bits, b = device, c = inode;
 * for OP_BEGIN b = bytes of the tmpfs that is root and, mounted again, every private directory.
 */
#define ENTRY_IS_DIR (UINT64_C(1) << 63)
/* Its place exists already, in a bound tree that others may change meanwhile. */
#define ENTRY_INSIDE (UINT64_C(1) << 62)
#define ENTRY_FLAGS  (ENTRY_IS_DIR | ENTRY_INSIDE)

/* Linux before 5.12: give every mount of the finished view its flags, by path. 0 or -errno. */
int mount_flags_by_path(struct child *child) MUST_CHECK;

#endif
