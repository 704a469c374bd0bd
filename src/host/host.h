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
#include "facts.h"
#include "open.h"

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
	bool proc_read_only;		  /* nothing can be written below /proc/self */
	bool quick, enters, keep; /* some answers assumed; asked by a process that runs; kept */
	const char *directory;	  /* the caller's working directory, NULL when unreachable */
	const char *label;	  /* the caller's AppArmor label; NULL: unconfined, or not asked */
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
#define HOST_SEARCH_PATH "/usr/local/bin:/usr/bin:/bin" /* without a PATH */
void host_forget_kept(struct host *h);
/* What is kept may not be the last two that this process can open: then it is forgotten. */
void host_leave_room(struct host *h);
enum {
	HOST_NO_NAMESPACES = 1,
	HOST_NO_SPARE_USERNS = 2, /* CAP_SYS_ADMIN does without */
	HOST_NO_LISTENER = 4,
};
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
/* A user id that nobody has and nothing runs as, for what this thread starts next. */
int host_spare_uid(uint32_t *ret) MUST_CHECK;
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
int host_may_execute(const char *path); /* 1, 0 or -errno */
/* What may be at a path tells of the path; whatever else happened tells nothing. */
enum ambit_code host_cannot_look(struct ambit_error *err, int r, const char *path);
/* program.c: the path of a command, along PATH as execvp(3) searches. In @h's arena. */
enum ambit_code host_find_program(struct host *h, const char *command, const char *search_path,
				  const char **ret_path, struct ambit_error *err) MUST_CHECK;
/* The same on a host from a file: among what it lists, by the names as they are there. */
enum ambit_code host_find_listed(struct host *h, const char *command, const char *search_path,
				 const char **ret_path, struct ambit_error *err) MUST_CHECK;
/* Why a relative path is none: the working directory was removed, or is below another root. */
enum ambit_code host_no_directory(enum ambit_layer layer, const char *path,
				  struct ambit_error *err);

/* closure.c: the libraries @program loads before main, to @h->closure. */
enum ambit_code host_add_closure(struct host *h, const char *program,
				 struct ambit_error *err) MUST_CHECK;

/* label.c: is AppArmor there, and what is the caller's label? Asked where a policy names one. */
enum ambit_code host_probe_label(struct host *h, struct ambit_error *err) MUST_CHECK;

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
