/* SPDX-License-Identifier: ISC */
/*
 * rule.c - the calls whose arguments are looked at: paths, memory, processes, administration
 *
 * DOC: Theory of operation
 *
 * A class says whether a call may be made; the rules here say with which arguments. Everything
 * is a list of what is allowed: an argument nobody thought of is refused. A mask compare is
 * "these bits of the argument are exactly so", an inequality of flags is never used, because
 * "not equal to X" lets X together with anything else through.
 *
 * What no rule can do: look behind a pointer. Calls that hide their meaning there (clone3,
 * openat2, sendmsg's address) are refused, sent to the listener, or left to another layer.
 */
#include <asm/ioctls.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/prctl.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/stat.h>

#include "rule_words.h"

/* clang-format off */
/* Set-user-id and set-group-id: planted in a writable directory they wait for somebody else. */
#define SET_ID (S_ISUID | S_ISGID)
#define NEW_FILE (O_CREAT | (O_TMPFILE & ~O_DIRECTORY))
/*
 * Landlock before ABI 3 does not judge truncation, but it judges an open for writing. So what cuts
 * a file short without being one is refused: access mode 0, and 3, which asks for neither.
 */
#define NEITHER 3
#define OPEN_RULES(flags, mode)                                                                    \
	{                                                                                          \
		{ .has = CALL_BIT(OPEN) | FACT_NO_TRUNCATE, REFUSE(EACCES),                        \
		  CONDS(MASK(flags, O_TRUNC | O_ACCMODE, O_TRUNC | O_RDONLY)),                     \
		  .reason = "cuts a file short that is open for reading" },                        \
		{ .has = CALL_BIT(OPEN) | FACT_NO_TRUNCATE, REFUSE(EACCES),                        \
		  CONDS(MASK(flags, O_TRUNC | O_ACCMODE, O_TRUNC | NEITHER)),                      \
		  .reason = "cuts a file short that is open for nothing" },                        \
		{ .has = CALL_BIT(OPEN) | FACT_PLEDGED, .hasnt = CALL_BIT(CREATE), REFUSE(EACCES), \
		  CONDS(MASK(flags, O_CREAT, O_CREAT)), .reason = "creates without a promise" },   \
		{ .has = CALL_BIT(OPEN), ALLOW, CONDS(MASK(flags, NEW_FILE, 0)),                   \
		  .reason = "makes no file, so its mode counts for nothing" },                     \
		{ .has = CALL_BIT(OPEN), ALLOW, CONDS(MASK(mode, SET_ID, 0)),                      \
		  .reason = "the new file is not set-id" },                                        \
		{ .has = CALL_BIT(OPEN), REFUSE(EPERM), .reason = "a set-id file" },               \
	}
static const struct rule open_rules[] = OPEN_RULES(1, 2);
static const struct rule openat_rules[] = OPEN_RULES(2, 3);

static const struct rule truncate_rules[] = {
	{ .has = FACT_NO_TRUNCATE, REFUSE(EACCES), .reason = "no name is judged by Landlock here" },
};

#define MODE_RULES(class, mode)                                                                    \
	{                                                                                          \
		{ .has = CALL_BIT(class), ALLOW, CONDS(MASK(mode, SET_ID, 0)),                     \
		  .reason = "not set-id" },                                                        \
		{ .has = CALL_BIT(class), REFUSE(EPERM), .reason = "a set-id file" },              \
	}
static const struct rule creat_rules[] = {
	{ .has = CALL_BIT(OPEN) | FACT_PLEDGED, .hasnt = CALL_BIT(CREATE), REFUSE(EACCES),
	  .reason = "creates without a promise" },
	{ .has = CALL_BIT(OPEN), ALLOW, CONDS(MASK(1, SET_ID, 0)), .reason = "not set-id" },
	{ .has = CALL_BIT(OPEN), REFUSE(EPERM), .reason = "a set-id file" },
};
static const struct rule flock_rules[] = {
	{ .has = FACT_COMPUTE, REFUSE(EPERM), .reason = "no new descriptors, no other effects" },
	{ .has = FACT_PLEDGED, .hasnt = FACT_LOCKS, REFUSE(EPERM), .reason = "locks a file" },
};
/* So that what was promised before can be given up: more than is permitted it never gives. */
static const struct rule capset_rules[] = {
	{ .has = FACT_PLEDGED, ALLOW, .reason = "gives capabilities up" },
};
static const struct rule mkdir_rules[] = MODE_RULES(CREATE, 1);
static const struct rule mkdirat_rules[] = MODE_RULES(CREATE, 2);
static const struct rule chmod_rules[] = MODE_RULES(ATTRIBUTES, 1);
static const struct rule fchmodat_rules[] = MODE_RULES(ATTRIBUTES, 2);

/* Devices are made by nobody; type 0 is a regular file. */
static const uint32_t node_types[] = { 0, S_IFIFO, S_IFREG, S_IFSOCK };
#define NODE_RULES(mode)                                                                           \
	{                                                                                          \
		{ .has = CALL_BIT(CREATE), ALLOW,                             \
		  CONDS(IN_MASK(mode, S_IFMT | SET_ID, node_types)),                               \
		  .reason = "a file, pipe or socket, not set-id" },                                \
		{ .has = CALL_BIT(CREATE), REFUSE(EPERM), .reason = "a device or a set-id file" }, \
	}
static const struct rule mknod_rules[] = NODE_RULES(1);
static const struct rule mknodat_rules[] = NODE_RULES(2);

/*
 * glibc from 2.33 on makes fstat() out of this call. A path may hide behind AT_EMPTY_PATH, so
 * without the class a name's metadata stays visible where only this filter guards it.
 */
static const struct rule newfstatat_rules[] = {
	{ .has = CALL_BIT(STAT), ALLOW, .reason = "granted" },
	{ ALLOW, CONDS(EQ(3, AT_EMPTY_PATH)), .reason = "fstat() of an open descriptor" },
};

/*
 * Writable memory is not executable, in one step or in two. Executable file mappings must be
 * private: a shared one could be written through a second, writable mapping.
 */
#define MAP_KIND 0x0f
static const struct rule mmap_rules[] = {
	{ .hasnt = FACT_SEALED, .has = FACT_JIT, ALLOW, .reason = "jit" },
	{ .hasnt = FACT_SEALED, ALLOW, CONDS(MASK(2, PROT_EXEC, 0)), .reason = "not executable" },
	{ .hasnt = FACT_SEALED, ALLOW,
	  CONDS(MASK(2, PROT_WRITE, 0), MASK(3, MAP_KIND, MAP_PRIVATE)),
	  .reason = "program text: not writable, not shared" },
	{ .has = FACT_SEALED | FACT_JIT, ALLOW, CONDS(MASK(3, MAP_ANONYMOUS, MAP_ANONYMOUS)),
	  .reason = "memory of its own, jit" },
	{ .has = FACT_SEALED, ALLOW,
	  CONDS(MASK(3, MAP_ANONYMOUS, MAP_ANONYMOUS), MASK(2, PROT_EXEC, 0)),
	  .reason = "memory of its own" },
	{ .has = FACT_SEALED, ALLOW, CONDS(EQ(4, 0), MASK(2, PROT_WRITE | PROT_EXEC, 0)),
	  .reason = "reads its input" },
	{ REFUSE(EACCES), .reason = "memory both writable and executable" },
};
static const struct rule mprotect_rules[] = {
	{ .has = FACT_JIT, ALLOW, .reason = "jit" },
	{ ALLOW, CONDS(MASK(2, PROT_EXEC, 0)), .reason = "does not make memory executable" },
	{ REFUSE(EACCES), .reason = "memory becomes executable" },
};
static const struct rule shmat_rules[] = {
	{ .has = CALL_BIT(SYSV_IPC) | FACT_JIT, ALLOW, .reason = "jit" },
	{ .has = CALL_BIT(SYSV_IPC), ALLOW, CONDS(MASK(2, SHM_EXEC, 0)),
	  .reason = "not executable" },
};
/*
 * A memory file is written and then mapped as code, past every rule about paths and W^X; its
 * noexec seal stops execve of it, not mmap. ENOSYS: callers have another way.
 */
static const struct rule memfd_rules[] = {
	{ .has = CALL_BIT(MEMFD) | FACT_JIT, ALLOW, .reason = "jit" },
	{ PROBE(ENOSYS), .reason = "could be written, then mapped as code" },
};
/* ADDR_NO_RANDOMIZE and READ_IMPLIES_EXEC would outlive execve. */
static const uint32_t personalities[] = { PER_LINUX, 0xffffffff };
static const struct rule personality_rules[] = {
	{ ALLOW, CONDS(IN(0, personalities)), .reason = "the usual one, or the question which" },
};

/*
 * Every namespace flag; CLONE_NEWTIME lies in the low byte, where clone has the exit signal.
 * CLONE_PARENT would make a child of whoever started us.
 */
#define NAMESPACES                                                                                 \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |             \
	 CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWTIME)
static_assert((uint32_t)NAMESPACES == UINT32_C(0x7e020080), "all eight namespaces");
#define THREAD (CLONE_THREAD | CLONE_VM | CLONE_SIGHAND)
static const struct rule clone_rules[] = {
	{ ALLOW, CONDS(MASK(0, NAMESPACES | THREAD, THREAD)), .reason = "a thread" },
	{ .has = CALL_BIT(FORK), ALLOW, CONDS(MASK(0, NAMESPACES | CLONE_THREAD | CLONE_PARENT, 0)),
	  .reason = "a process in the same namespaces" },
};
static const struct rule unshare_rules[] = {
	/* CLONE_THREAD changes nothing, and tells whether there are other threads. */
	{ ALLOW,
	  CONDS(MASK(0, ~(uint64_t)(CLONE_FILES | CLONE_FS | CLONE_SYSVSEM | CLONE_THREAD), 0)),
	  .reason = "no namespace" },
};

static const struct rule exec_rules[] = {
	{ .has = CALL_BIT(EXEC), ALLOW, .reason = "granted" },
	{ .has = FACT_EXEC_KEY, ALLOW, CONDS(KEY(FILTER_KEY_ARGUMENT, FILTER_KEY)),
	  .reason = "once: only what sets the program up knows the key" },
};

/* Only one's own limits; and one's own priority can only get worse. */
static const struct rule prlimit_rules[] = {
	{ ALLOW, CONDS(EQ(0, 0)), .reason = "one's own limits" },
};
static const struct rule affinity_rules[] = {
	{ .has = CALL_BIT(PRIORITY), ALLOW, .reason = "granted" },
	{ ALLOW, CONDS(EQ(0, 0)), .reason = "the calling thread" },
};
static const struct rule setpriority_rules[] = {
	{ .has = CALL_BIT(PRIORITY), ALLOW, .reason = "granted" },
	{ ALLOW, CONDS(EQ(0, PRIO_PROCESS), EQ(1, 0)), .reason = "the calling thread" },
};

/* A thread's number is not the process's but for the first: tkill reaches no other. */
static const struct rule own_signal_rules[] = {
	{ .has = FACT_PINNED, ALLOW, CONDS(EQ(0, FILTER_SELF)), .reason = "a signal to itself" },
	{ .has = FACT_PINNED, REFUSE(EPERM), .reason = "a signal to another process" },
};

/* The extreme sandbox: descriptors 0 to 2, each in its direction, and no way to a fourth. */
static const uint32_t output_fds[] = { 1, 2 };
static const struct rule sealed_read_rules[] = {
	{ .has = FACT_SEALED, ALLOW, CONDS(EQ(0, 0)), .reason = "reads its input" },
	{ .has = FACT_SEALED, REFUSE(EPERM), .reason = "reads input only" },
};
static const struct rule sealed_write_rules[] = {
	{ .has = FACT_SEALED, ALLOW, CONDS(IN(0, output_fds)), .reason = "writes its output" },
	{ .has = FACT_SEALED, REFUSE(EPERM), .reason = "writes output only" },
};
static const struct rule compute_rules[] = {
	{ .has = FACT_COMPUTE, REFUSE(EPERM), .reason = "no new descriptors, no other effects" },
};

const struct rule_group rule_groups[] = {
	{ CALLS(ID_open), RULES(open_rules) },
	{ CALLS(ID_openat), RULES(openat_rules) },
	{ CALLS(ID_creat), RULES(creat_rules) },
	{ CALLS(ID_truncate), RULES(truncate_rules) },
	{ CALLS(ID_mkdir), RULES(mkdir_rules) },
	{ CALLS(ID_mkdirat), RULES(mkdirat_rules) },
	{ CALLS(ID_chmod, ID_fchmod), RULES(chmod_rules) },
	{ CALLS(ID_fchmodat), RULES(fchmodat_rules) },
	{ CALLS(ID_fchmodat2), RULES(fchmodat_rules) },
	{ CALLS(ID_mknod), RULES(mknod_rules) },
	{ CALLS(ID_mknodat), RULES(mknodat_rules) },
	{ CALLS(ID_newfstatat), RULES(newfstatat_rules) },
	{ CALLS(ID_mmap), RULES(mmap_rules) },
	{ CALLS(ID_mprotect), RULES(mprotect_rules) },
	{ CALLS(ID_pkey_mprotect), RULES(mprotect_rules) },
	{ CALLS(ID_shmat), RULES(shmat_rules) },
	{ CALLS(ID_memfd_create), RULES(memfd_rules) },
	{ CALLS(ID_personality), RULES(personality_rules) },
	{ CALLS(ID_clone), RULES(clone_rules) },
	{ CALLS(ID_unshare), RULES(unshare_rules) },
	{ CALLS(ID_execve, ID_execveat), RULES(exec_rules) },
	{ CALLS(ID_prlimit64), RULES(prlimit_rules) },
	{ CALLS(ID_sched_setaffinity), RULES(affinity_rules) },
	{ CALLS(ID_setpriority), RULES(setpriority_rules) },
	{ CALLS(ID_read, ID_readv, ID_pread64, ID_preadv), RULES(sealed_read_rules) },
	{ CALLS(ID_preadv2), RULES(sealed_read_rules) },
	{ CALLS(ID_write, ID_writev, ID_pwrite64, ID_pwritev), RULES(sealed_write_rules) },
	{ CALLS(ID_pwritev2), RULES(sealed_write_rules) },
	{ CALLS(ID_dup, ID_dup2, ID_dup3, ID_landlock_create_ruleset, ID_sendfile,
		ID_copy_file_range, ID_ftruncate, ID_fallocate, ID_sync, ID_syncfs,
		ID_getdents, ID_getdents64),
	  RULES(compute_rules) },
	{ CALLS(ID_tgkill), RULES(own_signal_rules) },
	{ CALLS(ID_tkill), RULES(own_signal_rules) },
	{ CALLS(ID_flock), RULES(flock_rules) },
	{ CALLS(ID_capset), RULES(capset_rules) },
	{ CALLS(ID_ioctl), .rules = ioctl_rules, .rule_count = IOCTL_RULES },
	{ CALLS(ID_fcntl), .rules = fcntl_rules, .rule_count = FCNTL_RULES },
	{ CALLS(ID_prctl), .rules = prctl_rules, .rule_count = PRCTL_RULES },
	{ CALLS(ID_seccomp), .rules = seccomp_rules, .rule_count = SECCOMP_RULES },
	{ CALLS(ID_socket), .rules = socket_rules, .rule_count = SOCKET_RULES },
	{ CALLS(ID_socketpair), .rules = socketpair_rules, .rule_count = SOCKETPAIR_RULES },
	{ CALLS(ID_connect), .rules = connect_rules, .rule_count = CONNECT_RULES },
	{ CALLS(ID_bind), .rules = bind_rules, .rule_count = BIND_RULES },
	{ CALLS(ID_listen), .rules = listen_rules, .rule_count = LISTEN_RULES },
	{ CALLS(ID_accept), .rules = accept_rules, .rule_count = ACCEPT_RULES },
	{ CALLS(ID_accept4), .rules = accept_rules, .rule_count = ACCEPT_RULES },
	{ CALLS(ID_sendto), .rules = sendto_rules, .rule_count = SENDTO_RULES },
	{ CALLS(ID_sendmsg), .rules = sendmsg_rules, .rule_count = SENDMSG_RULES },
	{ CALLS(ID_sendmmsg), .rules = sendmmsg_rules, .rule_count = SENDMMSG_RULES },
	{ CALLS(ID_setsockopt), .rules = setsockopt_rules, .rule_count = SETSOCKOPT_RULES },
};
const size_t rule_group_count = ARRAY_COUNT(rule_groups);
/* clang-format on */
