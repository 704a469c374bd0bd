/* SPDX-License-Identifier: ISC */
/* cgroup_dir.h - the directories of control groups: made, told apart from leftovers, swept */
#ifndef AMBIT_LAYER_CGROUP_DIR_H
#define AMBIT_LAYER_CGROUP_DIR_H

#include <stdbool.h>

#include "../base/attr.h"

/*
 * Make "ambit-PID-N" in @parent. Returns a descriptor whose lock says that somebody has a use for
 * the directory, to be held until it is removed; *ret_path is the caller's to free. -errno.
 */
int cgroup_dir_make(const char *parent, char **ret_path) MUST_CHECK;
/*
 * Remove what killed runs of this user left in @parent: directories of that name that nobody holds
 * and that are empty. A bounded number; what cannot be removed stays for another time.
 */
void cgroup_dir_sweep(const char *parent);
/* Did the kernel kill in it for want of memory: its own, or the host's? */
bool cgroup_dir_ran_out(const char *path);

#endif
