/* SPDX-License-Identifier: ISC */
/*
 * host.h - what this kernel and this caller offer, as plain data
 *
 * A host is probed (probe.c, paths.c, users.c, cgroup.c) or read from a file (read.c), so that
 * plans for other machines can be made and tested. Nothing here knows a policy.
 *
 * Facts that cost a process to learn (does clone(CLONE_NEWUSER) work?) are ASSUMED by the quick
 * probe of every start, from the sysctls that govern them, and corrected with host_correct() when
 * the kernel refuses the real thing; the full probe of `ambit doctor` and `ambit plan` tries them
 * in a child. An exhausted resource is never a correction: it is an error.
 */
#ifndef AMBIT_HOST_HOST_H
#define AMBIT_HOST_HOST_H

#include "../base/arena.h"
#include "../base/err.h"
#include "open.h"

/* X(name, word, what it is, cure when it is missing) */
#define HOST_FACTS(X)                                                                              \
	X(SECCOMP_FILTER, "seccomp-filter", "system call filters",                                 \
	  "use a kernel with CONFIG_SECCOMP_FILTER")                                               \
	X(SECCOMP_LISTENER, "seccomp-listener", "a listener for notified system calls",            \
	  "Linux 5.5 or later, and no outer sandbox that keeps a listener on this process")        \
	X(SECCOMP_KILLABLE, "seccomp-wait-killable", "notifications that a signal cannot restart", \
	  "Linux 5.19 or later")                                                                   \
	X(TAKE_SOCKETS, "take-sockets",                                                            \
	  "pidfd_open, pidfd_getfd and process_vm_readv on one's own processes",                   \
	  "Linux 5.6 or later, kernel.yama.ptrace_scope below 2; a container must allow the "      \
	  "calls (Docker: --cap-add SYS_PTRACE)")                                                  \
	X(USER_NAMESPACE, "user-namespace", "user namespaces for this caller",                     \
	  "raise user.max_user_namespaces, set kernel.unprivileged_userns_clone=1, or "            \
	  "kernel.apparmor_restrict_unprivileged_userns=0; in a container allow unshare")          \
	X(MOUNT_NAMESPACE, "mount-namespace", "mount namespaces",                                  \
	  "needs CAP_SYS_ADMIN or a user namespace")                                               \
	X(PID_NAMESPACE, "pid-namespace", "pid namespaces",                                        \
	  "needs CAP_SYS_ADMIN or a user namespace")                                               \
	X(NET_NAMESPACE, "net-namespace", "network namespaces",                                    \
	  "needs CAP_SYS_ADMIN or a user namespace")                                               \
	X(IPC_NAMESPACE, "ipc-namespace", "ipc namespaces",                                        \
	  "needs CAP_SYS_ADMIN or a user namespace")                                               \
	X(UTS_NAMESPACE, "uts-namespace", "uts namespaces",                                        \
	  "needs CAP_SYS_ADMIN or a user namespace")                                               \
	X(CGROUP_NAMESPACE, "cgroup-namespace", "cgroup namespaces",                               \
	  "needs CAP_SYS_ADMIN or a user namespace")                                               \
	X(MOUNT_API, "mount-api", "fsopen, open_tree and move_mount", "Linux 5.2 or later")        \
	X(PROC, "proc", "a mounted /proc", "mount proc on /proc")                                  \
	X(PROC_MOUNT, "proc-mount", "a fresh /proc in a pid namespace",                            \
	  "the outer container masks parts of /proc: run it without masked paths")                 \
	X(MDWE, "mdwe", "memory-deny-write-execute", "Linux 6.3 or later")                         \
	X(MEMFD_EXEC, "memfd-exec", "executing from a memory file", "set vm.memfd_noexec below 2") \
	X(OPENAT2, "openat2", "openat2", "Linux 5.6 or later")                                     \
	X(CGROUP_MEMORY, "cgroup-memory", "a writable memory cgroup",                              \
	  "run in a delegated cgroup, for instance systemd-run --user --scope -p Delegate=yes")    \
	X(CGROUP_PIDS, "cgroup-pids", "a writable pids cgroup",                                    \
	  "run in a delegated cgroup, for instance systemd-run --user --scope -p Delegate=yes")    \
	X(CGROUP_CPU, "cgroup-cpu", "a writable cpu cgroup",                                       \
	  "run in a delegated cgroup, for instance systemd-run --user --scope -p Delegate=yes")

enum host_fact {
#define HOST_FACT_ENUM(name, word, text, cure) FACT_##name,
	HOST_FACTS(HOST_FACT_ENUM)
#undef HOST_FACT_ENUM
		FACT_COUNT
};

enum host_answer { HOST_NO, HOST_YES, HOST_ASSUMED };

struct host_answer_of {
	enum host_answer answer;
	int cause_errno;   /* of the probe that failed, 0 for none */
	const char *cause; /* a sysctl or another culprit by name, NULL */
};

enum host_kind { KIND_MISSING, KIND_DIR, KIND_FILE, KIND_SOCKET, KIND_OTHER };

/* A symbolic link met on the way to a path. */
struct host_link {
	const char *path, *target;
};

/* What a path of the policy is on this host. */
struct host_path {
	const char *path; /* as asked, absolute and clean */
	const char *real; /* with all links resolved; equals path when there are none */
	enum host_kind kind;
	int missing_errno;	/* why it is missing: ENOENT, EACCES, ... */
	uint64_t device, inode; /* of @real */
	uint32_t mode, owner, group;
	const struct host_link *links;
	size_t link_count;
	const char *interpreter; /* executables: PT_INTERP or the #! program; NULL for static */
	bool is_script, executable, probed_exec; /* a regular file this caller may execute */
	int kept; /* one more than an O_PATH descriptor of it, 0 for none: host.keep */
};

struct host_user {
	const char *name;
	uint32_t uid, gid;
	bool found, is_group;
};

enum host_controller { CTL_MEMORY, CTL_PIDS, CTL_CPU, CTL_COUNT };

/* Where a child cgroup can be made, per controller. */
struct host_cgroup {
	int version;	       /* 0 none, 1, 2 */
	const char *directory; /* the caller's own cgroup directory, or a delegated one */
};

struct host {
	struct arena arena;
	unsigned kernel_major, kernel_minor, unasked; /* HOST_NO_...: no plan will ask, assumed */
	uint32_t uid, gid, spare_uid;		      /* the last: one that nobody else has */
	uint32_t *groups;			      /* supplementary */
	size_t group_count;
	uint64_t caps, bounding; /* effective; quick: a part, and only without CAP_SETPCAP */
	int last_cap;
	int landlock_abi, landlock_errno; /* 0 = none */
	bool has_tty;			  /* one of descriptors 0-2 is a terminal */
	bool no_new_privs, caps_held;	  /* on the caller: set; anything in any set */
	bool quick, enters, keep; /* some answers assumed; asked by a process that runs; kept */
	const char *directory;	  /* the caller's working directory, NULL when unreachable */
	struct host_answer_of facts[FACT_COUNT];
	struct {
		const char *path;
		size_t length;
	} plain[12]; /* directories that no link leads to: paths.c */
	size_t plain_count, kept_count;
	struct host_path *paths;
	size_t path_count;
	struct host_user *users;
	size_t user_count;
	const char **closure; /* libraries of the program, for compute */
	size_t closure_count;
	struct host_opens opens; /* inherited */
	struct host_cgroup cgroups[CTL_COUNT];
	bool cgroups_probed;
};

static inline bool host_has(const struct host *h, enum host_fact fact)
{
	return h->facts[fact].answer != HOST_NO;
}
static inline bool host_cap(const struct host *h, int capability)
{
	return h->caps >> capability & 1;
}
const char *host_fact_word(enum host_fact fact);
const char *host_fact_text(enum host_fact fact);
const char *host_fact_cure(enum host_fact fact);

void host_done(struct host *h);
void host_forget_kept(struct host *h);
enum { HOST_NO_NAMESPACES = 1, HOST_NO_SPARE_USERNS = 2 /* CAP_SYS_ADMIN does without */ };
/* probe.c. @full: try in child processes what can only be learnt by doing. */
enum ambit_code host_probe(struct host *h, bool full, struct ambit_error *err) MUST_CHECK;
/* The kernel refused what was assumed: note it. False when the fact was known already. */
bool host_correct(struct host *h, enum host_fact fact, int cause_errno);
/* trial.c: something assumed was refused. Is it refused again to one who asks only for that? */
bool host_confirm(struct host *h, enum host_fact fact);
bool host_confirm_landlock(struct host *h);
bool host_confirm_groups(struct host *h);
/* trial.c: the full probe's children, and single ones of them. */
enum ambit_code host_try(struct host *h, struct ambit_error *err) MUST_CHECK;
enum ambit_code host_try_landlock(struct host *h, struct ambit_error *err) MUST_CHECK;
enum ambit_code host_try_one(struct host *h, enum host_fact f, struct ambit_error *err) MUST_CHECK;
/* Can the sockets of a confined program be taken, to act on them? Asked where addresses matter. */
enum ambit_code host_probe_sockets(struct host *h, struct ambit_error *err) MUST_CHECK;
/* Does -errno say: no such file for us, no such call for us? Whatever else is no answer. */
bool host_is_absence(int r);
bool host_is_refusal(int r);
/* cgroup.c */
enum ambit_code host_probe_cgroups(struct host *h, struct ambit_error *err) MUST_CHECK;

/* paths.c: learn about a path (once), or find what was learnt. NULL from find: never asked. */
enum ambit_code host_add_path(struct host *h, const char *path, bool executable,
			      struct ambit_error *err) MUST_CHECK;
const struct host_path *host_path(const struct host *h, const char *path);
/* The absolute path of a command, looked up along PATH as execvp(3) does. In @h's arena. */
enum ambit_code host_find_program(struct host *h, const char *command, const char *search_path,
				  const char **ret_path, struct ambit_error *err) MUST_CHECK;

/* closure.c: the libraries @program loads before main, to @h->closure. */
enum ambit_code host_add_closure(struct host *h, const char *program,
				 struct ambit_error *err) MUST_CHECK;

/* users.c: /etc/passwd and /etc/group, read as files: no NSS */
enum ambit_code host_add_user(struct host *h, const char *name, bool is_group,
			      struct ambit_error *err) MUST_CHECK;
const struct host_user *host_user(const struct host *h, const char *name, bool is_group);

/* read.c: the text form, for tests and for plans of other machines. */
enum ambit_code host_read(struct host *h, const char *text, size_t length, const char *name,
			  struct ambit_error *err) MUST_CHECK;
struct buf;
void host_print(const struct host *h, struct buf *out);

#endif
