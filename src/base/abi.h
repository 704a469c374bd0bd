/* SPDX-License-Identifier: ISC */
/*
 * abi.h - kernel constants of our own
 *
 * A distribution's headers are older than the kernels ambit runs on (Debian 12 ships those of
 * Linux 6.1), so what they lack is written down here, from include/uapi of Linux 6.18. Where a
 * header does have a constant, base/abi.c asserts that ours is the same.
 */
#ifndef AMBIT_BASE_ABI_H
#define AMBIT_BASE_ABI_H

#include <stdint.h>

/* landlock(7): file system accesses and the ABI each arrived with */
#define LL_FS_EXECUTE	   (UINT64_C(1) << 0)
#define LL_FS_WRITE_FILE   (UINT64_C(1) << 1)
#define LL_FS_READ_FILE	   (UINT64_C(1) << 2)
#define LL_FS_READ_DIR	   (UINT64_C(1) << 3)
#define LL_FS_REMOVE_DIR   (UINT64_C(1) << 4)
#define LL_FS_REMOVE_FILE  (UINT64_C(1) << 5)
#define LL_FS_MAKE_CHAR	   (UINT64_C(1) << 6)
#define LL_FS_MAKE_DIR	   (UINT64_C(1) << 7)
#define LL_FS_MAKE_REG	   (UINT64_C(1) << 8)
#define LL_FS_MAKE_SOCK	   (UINT64_C(1) << 9)
#define LL_FS_MAKE_FIFO	   (UINT64_C(1) << 10)
#define LL_FS_MAKE_BLOCK   (UINT64_C(1) << 11)
#define LL_FS_MAKE_SYM	   (UINT64_C(1) << 12)
#define LL_FS_REFER	   (UINT64_C(1) << 13) /* ABI 2 */
#define LL_FS_TRUNCATE	   (UINT64_C(1) << 14) /* ABI 3 */
#define LL_FS_IOCTL_DEV	   (UINT64_C(1) << 15) /* ABI 5 */
#define LL_FS_RESOLVE_UNIX (UINT64_C(1) << 16) /* ABI 9 */

#define LL_NET_BIND_TCP	   (UINT64_C(1) << 0) /* ABI 4 */
#define LL_NET_CONNECT_TCP (UINT64_C(1) << 1) /* ABI 4 */

#define LL_SCOPE_ABSTRACT_UNIX (UINT64_C(1) << 0) /* ABI 6 */
#define LL_SCOPE_SIGNAL	       (UINT64_C(1) << 1) /* ABI 6 */

/* The accesses that make sense on something that is not a directory. */
#define LL_FS_ON_FILES                                                                             \
	(LL_FS_EXECUTE | LL_FS_WRITE_FILE | LL_FS_READ_FILE | LL_FS_TRUNCATE | LL_FS_IOCTL_DEV |   \
	 LL_FS_RESOLVE_UNIX)

enum { LL_RULE_PATH_BENEATH = 1, LL_RULE_NET_PORT = 2, LL_CREATE_RULESET_VERSION = 1 };

struct ll_ruleset_attr {
	uint64_t handled_access_fs;
	uint64_t handled_access_net; /* ABI 4 */
	uint64_t scoped;	     /* ABI 6 */
};

struct ll_path_beneath_attr {
	uint64_t allowed_access;
	int32_t parent_fd;
} __attribute__((packed));

struct ll_net_port_attr {
	uint64_t allowed_access;
	uint64_t port;
};

/* mount(2): linux/mount.h has some of them, sys/mount.h others, and the two do not go together */
enum {
	ABI_MNT_DETACH = 2,
	ABI_MS_REC = 16384,
	ABI_MS_PRIVATE = 1 << 18,
	ABI_AT_RECURSIVE = 0x8000,
};

/* prctl(2) */
#define ABI_CLONE_NEWTIME	     0x80 /* 5.6 */
#define ABI_PR_SET_MDWE		     65	  /* 6.3 */
#define ABI_PR_GET_MDWE		     66
#define ABI_PR_MDWE_REFUSE_EXEC_GAIN 1UL
#define ABI_PR_MDWE_NO_INHERIT	     2UL /* 6.6 */

/* seccomp(2) */
#define ABI_SECCOMP_FILTER_FLAG_NEW_LISTENER	   (1UL << 3)
#define ABI_SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5) /* 5.19 */

/* system calls newer than Debian 12's headers; the numbers are the same on every architecture */
enum {
	ABI_NR_cachestat = 451,
	ABI_NR_fchmodat2 = 452,
	ABI_NR_statmount = 457,
	ABI_NR_listmount = 458,
};

#endif
