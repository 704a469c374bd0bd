/* SPDX-License-Identifier: ISC */
/*
 * probe.c - the quick probe of every start
 *
 * At most forty system calls, none of which changes anything. An answer that says "exhausted"
 * (ENOMEM, EMFILE, EAGAIN, ENOSPC) is an error, and so is one that does not belong to the question;
 * only "there is no such thing" and "you may not" make a fact missing.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/limits.h>
#include <linux/mount.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <termios.h>
#include <unistd.h>

#include "../base/num.h"
#include "../base/sys.h"
#include "host.h"

static void answer(struct host *h, enum host_fact fact, enum host_answer value, int cause_errno,
		   const char *cause)
{
	h->facts[fact] =
		(struct host_answer_of){ value, value == HOST_NO ? cause_errno : 0, cause };
}

static enum ambit_code exhausted(struct ambit_error *err, const char *what, int r)
{
	return err_set(err, err_code_of_errno(-r), AMBIT_LAYER_HOST, -r, "cannot probe %s", what);
}

bool host_is_absence(int r)
{
	return r == -ENOENT || r == -ENOTDIR || r == -EACCES || r == -ELOOP || r == -ENAMETOOLONG;
}

bool host_is_refusal(int r)
{
	return r == -EPERM || r == -EACCES || r == -ENOSYS || r == -EINVAL || r == -EOPNOTSUPP ||
	       r == -EBUSY || r == -ENODEV;
}

/* A small file of /proc/sys as a number; @otherwise when there is none to be read. */
static int sysctl_number(const char *path, uint64_t otherwise, uint64_t *ret)
{
	char text[32] = "";
	AUTO_FD int fd = sys_openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NOCTTY, 0);
	ssize_t n;

	*ret = otherwise;
	if (fd < 0)
		return host_is_absence(fd) ? 0 : fd;
	n = sys_read(fd, text, sizeof(text)); /* one read gives it all */
	if (n > 0 && text[n - 1] == '\n')
		n--;
	if (n > 0 && num_parse(text, (size_t)n, UINT64_MAX, ret) < 0)
		*ret = otherwise;
	return n < 0 ? (int)n : 0;
}

static int probe_kernel(struct host *h)
{
	struct utsname u;
	const char *p = u.release;

	if (uname(&u) < 0)
		return -errno;
	for (; *p >= '0' && *p <= '9'; p++)
		h->kernel_major = h->kernel_major * 10 + (unsigned)(*p - '0');
	if (*p == '.')
		for (p++; *p >= '0' && *p <= '9'; p++)
			h->kernel_minor = h->kernel_minor * 10 + (unsigned)(*p - '0');
	return 0;
}

static int in_bounding(int capability)
{
	return sys_prctl(PR_CAPBSET_READ, (unsigned long)capability, 0, 0, 0);
}

/*
 * Each capability is a call. A start needs to know how many there are, and, where the set cannot be
 * emptied, whether anything is in it; the full probe tells all.
 */
static int probe_bounding(struct host *h)
{
	const bool may_empty = host_cap(h, CAP_SETPCAP);
	int r = 0;

	h->last_cap = CAP_LAST_CAP; /* of the headers; kernels differ a little */
	while (h->last_cap < 63 && (r = in_bounding(h->last_cap + 1)) >= 0)
		h->last_cap++;
	while (h->last_cap > 0 && (r == -EINVAL || r >= 0) && (r = in_bounding(h->last_cap)) < 0)
		h->last_cap--;
	for (int c = 0; r >= 0 && c <= h->last_cap && !(h->quick && (may_empty || h->bounding));
	     c++) {
		r = in_bounding(c);
		if (r == 1)
			h->bounding |= UINT64_C(1) << c;
	}
	return r < 0 ? r : 0;
}

/* Taken for none, a terminal would stay in reach: only what says "not a terminal" counts. */
static int probe_terminal(struct host *h)
{
	for (int fd = 0; fd <= 2; fd++) {
		struct termios t;
		int r = sys_ioctl(fd, TCGETS, &t);

		if (r == -ENOTTY || r == -EBADF || r == -EINVAL)
			continue;
		if (r < 0 && r != -EIO && r != -EACCES)
			return r;
		h->has_tty = true;
	}
	return 0;
}

static long get_directory(char *out, size_t size)
{
	return sys_call(SYS_getcwd, (long)out, (long)size, 0, 0, 0, 0);
}

/* Nearly all are short, and a large buffer on the stack costs page faults. */
static int probe_directory(struct host *h)
{
	char small[256], *text = small;
	long n = get_directory(small, sizeof(small));

	if (n == -ERANGE) {
		text = arena_alloc(&h->arena, PATH_MAX);
		if (!text)
			return -ENOMEM;
		n = get_directory(text, PATH_MAX);
	}
	if (n < 0)
		return host_is_absence((int)n) || n == -ERANGE ? 0 : (int)n;
	if (text[0] != '/')
		return 0;
	h->directory = text == small ? arena_string(&h->arena, text) : text;
	return h->directory ? 0 : -ENOMEM;
}

static enum ambit_code probe_identity(struct host *h, struct ambit_error *err)
{
	struct sys_caps caps;
	int r = sys_getgroups(0, NULL);

	if (r > 0) {
		h->groups = arena_array(&h->arena, (size_t)r, sizeof(*h->groups));
		if (!h->groups)
			return err_memory(err, AMBIT_LAYER_HOST);
		r = sys_getgroups((size_t)r, h->groups);
	}
	if (r < 0)
		return exhausted(err, "the supplementary groups", r);
	h->group_count = (size_t)r;
	r = sys_capget(&caps);
	if (r < 0)
		return exhausted(err, "the capability sets", r);
	h->caps = caps.effective;
	h->caps_held = caps.effective | caps.permitted | caps.inheritable;
	r = probe_bounding(h);
	if (r < 0)
		return exhausted(err, "the bounding set", r);
	r = probe_terminal(h);
	if (r < 0)
		return exhausted(err, "descriptors 0 to 2", r);
	r = probe_directory(h);
	return r < 0 ? exhausted(err, "the working directory", r) : AMBIT_OK;
}

/* Far from what systems hand out; a thread has so many for what it starts. */
enum { SPARE_UIDS = 0x60000000, SPARE_UIDS_EACH = 128, SPARE_UIDS_TRIED = 1024 };

int host_spare_uid(uint32_t *ret)
{
	const int tid = sys_gettid();
	const uint32_t first = SPARE_UIDS + (uint32_t)tid * SPARE_UIDS_EACH;
	long r = tid > 0 ? 0 : tid;

	for (uint32_t uid = first; r >= 0 && uid < first + SPARE_UIDS_TRIED; uid++) {
		r = sys_call(SYS_getpriority, PRIO_USER, (long)uid, 0, 0, 0, 0);
		if (r == -ESRCH) { /* nothing runs as it */
			*ret = uid;
			return 0;
		}
	}
	return r < 0 ? (int)r : -EAGAIN;
}

/* Four facts of ours that no kernel refuses: a filter may, and then they are not known. */
static enum ambit_code probe_numbers(struct host *h, struct ambit_error *err)
{
	const long uid = sys_call(SYS_geteuid, 0, 0, 0, 0, 0, 0);
	const long gid = sys_call(SYS_getegid, 0, 0, 0, 0, 0, 0);
	const long pid = sys_getpid();
	const long nnp = sys_prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
	const long all[] = { uid, gid, pid, nnp };

	for (size_t i = 0; i < ARRAY_COUNT(all); i++)
		if (all[i] < 0)
			return exhausted(err, "the caller's ids", (int)all[i]);
	h->uid = (uint32_t)uid;
	h->gid = (uint32_t)gid;
	h->spare_uid = SPARE_UIDS + (uint32_t)pid;
	h->no_new_privs = nnp == 1;
	return AMBIT_OK;
}

/*
 * An outer filter may tell the version and refuse the rest. Only where one is the answer is not
 * clear: without privilege and no_new_privs the kernel itself says EPERM before it looks. In a
 * process that becomes the program it is too late to find out.
 */
static bool is_landlock_in_doubt(const struct host *h)
{
	int add, restrict_self;

	/* Only where there is no filter yet a listener is to be had for sure. */
	if (!h->landlock_abi || h->facts[FACT_SECCOMP_LISTENER].answer == HOST_YES)
		return false;
	add = sys_landlock_add_rule(-1, LL_RULE_PATH_BENEATH, NULL);
	restrict_self = sys_landlock_restrict_self(-1, 0);
	return add != -EBADF || restrict_self != -EBADF;
}

static enum ambit_code probe_landlock(struct host *h, struct ambit_error *err)
{
	int r = sys_landlock_create_ruleset(NULL, 0, LL_CREATE_RULESET_VERSION);

	h->landlock_abi = r > 0 ? r : 0;
	h->landlock_errno = r < 0 ? -r : 0;
	return r < 0 && !host_is_refusal(r) ? exhausted(err, "Landlock", r) : AMBIT_OK;
}

/* These calls refuse nobody by themselves: what has not the right for them is told later. */
static const char *filter_cause(int r)
{
	return r == -EPERM || r == -EACCES ? HOST_CAUSE_FILTER : NULL;
}

/* The listener itself is only known by asking for one; the kernel's knowledge of it is cheap. */
static enum ambit_code probe_listener(struct host *h, struct ambit_error *err)
{
	uint32_t notify = SECCOMP_RET_USER_NOTIF;
	int r = sys_seccomp(SECCOMP_GET_ACTION_AVAIL, 0, &notify);
	int k = sys_seccomp(SECCOMP_SET_MODE_FILTER,
			    ABI_SECCOMP_FILTER_FLAG_NEW_LISTENER |
				    ABI_SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
			    NULL);
	int mode = sys_prctl(PR_GET_SECCOMP, 0, 0, 0, 0);

	if (r < 0 && !host_is_refusal(r))
		return exhausted(err, "system call filters", r);
	if (k != -EFAULT && !host_is_refusal(k))
		return exhausted(err, "system call filters", k);
	if (mode < 0 && mode != -EINVAL)
		return exhausted(err, "system call filters", mode);
	/*
	 * Only an outer filter can hold the one listener a task may have; then it has to be tried.
	 */
	answer(h, FACT_SECCOMP_LISTENER, r >= 0 ? HOST_YES : HOST_NO, -r, filter_cause(r));
	if (r >= 0 && mode != 0)
		answer(h, FACT_SECCOMP_LISTENER, HOST_ASSUMED, 0, NULL);
	answer(h, FACT_SECCOMP_KILLABLE, k == -EFAULT ? HOST_YES : HOST_NO, -k, filter_cause(k));
	return AMBIT_OK;
}

static enum ambit_code probe_seccomp(struct host *h, struct ambit_error *err)
{
	int f = sys_seccomp(SECCOMP_SET_MODE_FILTER, 0, NULL);

	if (f != -EFAULT && !host_is_refusal(f))
		return exhausted(err, "system call filters", f);
	/* EFAULT: it would have read the filter */
	answer(h, FACT_SECCOMP_FILTER, f == -EFAULT ? HOST_YES : HOST_NO, -f, filter_cause(f));
	return AMBIT_OK;
}

/* A descriptor that is none, and no bytes at all: only a refusal of the calls as such shows. */
enum ambit_code host_probe_sockets(struct host *h, struct ambit_error *err)
{
	int r = sys_pidfd_getfd(-1, -1), p = sys_pidfd_open(-1, 0);
	const struct iovec nothing = { NULL, 0 };
	const int own = sys_getpid();
	ssize_t n = own < 0 ? own : sys_process_vm_readv(own, &nothing, &nothing, 1);
	uint64_t scope;
	int s = sysctl_number("/proc/sys/kernel/yama/ptrace_scope", 0, &scope);

	if ((r != -EBADF && !host_is_refusal(r)) || !host_is_refusal(p))
		return exhausted(err, "taking sockets", r != -EBADF && !host_is_refusal(r) ? r : p);
	if (own < 0 || (n < 0 && !host_is_refusal((int)n)))
		return exhausted(err, "reading arguments", (int)n);
	if (s < 0)
		return exhausted(err, "kernel.yama.ptrace_scope", s);
	if (r != -EBADF)
		answer(h, FACT_TAKE_SOCKETS, HOST_NO, -r, filter_cause(r));
	else if (p != -EINVAL)
		answer(h, FACT_TAKE_SOCKETS, HOST_NO, -p, filter_cause(p));
	else if (n < 0)
		answer(h, FACT_TAKE_SOCKETS, HOST_NO, (int)-n, filter_cause((int)n));
	else if (scope >= 2)
		answer(h, FACT_TAKE_SOCKETS, HOST_NO, EPERM, "kernel.yama.ptrace_scope");
	else
		answer(h, FACT_TAKE_SOCKETS, HOST_YES, 0, NULL);
	return AMBIT_OK;
}

static enum ambit_code probe_user_namespace(struct host *h, struct ambit_error *err)
{
	const unsigned left_out =
		HOST_NO_NAMESPACES | (host_cap(h, CAP_SYS_ADMIN) ? HOST_NO_SPARE_USERNS : 0);
	/* An impossible combination: EINVAL comes from the kernel, EPERM from somebody's filter. */
	uint64_t max, unprivileged = 1;
	int r, s;

	answer(h, FACT_USER_NAMESPACE, HOST_ASSUMED, 0, NULL);
	if (h->unasked & left_out)
		return AMBIT_OK;
	r = sys_unshare(CLONE_NEWUSER | 0x1);
	s = sysctl_number("/proc/sys/user/max_user_namespaces", 1, &max);
	if (s >= 0 && !host_cap(h, CAP_SYS_ADMIN))
		s = sysctl_number("/proc/sys/kernel/unprivileged_userns_clone", 1, &unprivileged);
	if (s < 0 || !host_is_refusal(r))
		return exhausted(err, "user namespaces", s < 0 ? s : r);
	if (r != -EINVAL)
		answer(h, FACT_USER_NAMESPACE, HOST_NO, -r, HOST_CAUSE_FILTER);
	else if (max == 0)
		answer(h, FACT_USER_NAMESPACE, HOST_NO, ENOSPC, "user.max_user_namespaces=0");
	else if (unprivileged == 0)
		answer(h, FACT_USER_NAMESPACE, HOST_NO, EPERM,
		       "kernel.unprivileged_userns_clone=0");
	else if (!host_has(h, FACT_PROC))
		answer(h, FACT_USER_NAMESPACE, HOST_NO, ENOENT, "no /proc to write the id maps to");
	else if (h->proc_read_only)
		answer(h, FACT_USER_NAMESPACE, HOST_NO, EROFS,
		       "a read-only /proc: the id maps cannot be written");
	return AMBIT_OK;
}

/* Every other namespace needs CAP_SYS_ADMIN, here or in a user namespace. */
static enum ambit_code probe_namespaces(struct host *h, struct ambit_error *err)
{
	static const struct {
		enum host_fact fact;
		unsigned long flag;
	} rows[] = {
		{ FACT_MOUNT_NAMESPACE, CLONE_NEWNS },
		{ FACT_PID_NAMESPACE, CLONE_NEWPID },
		{ FACT_NET_NAMESPACE, CLONE_NEWNET },
		{ FACT_IPC_NAMESPACE, CLONE_NEWIPC },
		{ FACT_UTS_NAMESPACE, CLONE_NEWUTS },
		{ FACT_CGROUP_NAMESPACE, CLONE_NEWCGROUP },
		{ FACT_TIME_NAMESPACE, ABI_CLONE_NEWTIME },
	};
	bool admin = host_cap(h, CAP_SYS_ADMIN) || host_has(h, FACT_USER_NAMESPACE);

	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		int r = h->unasked & HOST_NO_NAMESPACES ? -EINVAL : sys_unshare(rows[i].flag | 0x1);

		if (!host_is_refusal(r))
			return exhausted(err, "namespaces", r);
		if (!admin)
			answer(h, rows[i].fact, HOST_NO, EPERM,
			       "neither CAP_SYS_ADMIN nor a user namespace");
		else if (r != -EINVAL)
			answer(h, rows[i].fact, HOST_NO, -r, HOST_CAUSE_FILTER);
		else if (rows[i].fact == FACT_TIME_NAMESPACE && h->proc_read_only)
			answer(h, rows[i].fact, HOST_NO, EROFS,
			       "a read-only /proc: the offsets cannot be written");
		else
			answer(h, rows[i].fact, HOST_ASSUMED, 0, NULL);
	}
	return AMBIT_OK;
}

static enum ambit_code probe_mounts(struct host *h, struct ambit_error *err)
{
	/* No descriptor: a kernel that has the call, and those that came with it, says EBADF. */
	int r = sys_open_tree(-1, "", O_CLOEXEC | 0x1000 /* AT_EMPTY_PATH */);
	int o = sys_openat2(-1, "", &(struct open_how){ .flags = O_PATH });

	if (r != -EBADF && !host_is_refusal(r))
		return exhausted(err, "the mount calls", r);
	if (o != -EBADF && o != -ENOENT && !host_is_refusal(o))
		return exhausted(err, "openat2", o);
	answer(h, FACT_MOUNT_API, r == -ENOSYS ? HOST_NO : HOST_ASSUMED, -r, NULL);
	answer(h, FACT_PROC_MOUNT, HOST_ASSUMED, 0, NULL);
	if (!host_has(h, FACT_PID_NAMESPACE))
		answer(h, FACT_PROC_MOUNT, HOST_NO, EPERM, "no pid namespace");
	answer(h, FACT_OPENAT2, o == -ENOSYS || o == -EPERM ? HOST_NO : HOST_YES, -o, NULL);
	return AMBIT_OK;
}

static enum ambit_code probe_process(struct host *h, struct ambit_error *err)
{
	int r = sys_prctl(ABI_PR_GET_MDWE, 0, 0, 0, 0);

	/* An outer filter that does not know it. One refusal alone may be an accident. */
	if (r == -EPERM || r == -ENOSYS)
		r = sys_prctl(ABI_PR_GET_MDWE, 0, 0, 0, 0);
	if (r < 0 && r != -EINVAL && r != -EPERM && r != -ENOSYS)
		return exhausted(err, "PR_GET_MDWE", r);
	answer(h, FACT_MDWE, r >= 0 ? HOST_YES : HOST_NO, -r, NULL);
	/* A start finds out when it makes the file; the full probe makes one. */
	answer(h, FACT_MEMFD_EXEC, HOST_ASSUMED, 0, NULL);
	return AMBIT_OK;
}

/* In this order: later ones look at what earlier ones found. */
static const struct {
	enum ambit_code (*probe)(struct host *, struct ambit_error *);
	bool of_births; /* what only a new process can be given */
} probes[] = {
	{ probe_numbers, false },	{ probe_identity, false },  { probe_landlock, false },
	{ probe_seccomp, false },	{ probe_listener, true },   { probe_process, false },
	{ probe_user_namespace, true }, { probe_namespaces, true }, { probe_mounts, true },
};

/* Under an earlier filter even the questions could end the process. */
static enum ambit_code no_births(struct host *h)
{
	for (int f = 0; f < FACT_COUNT; f++)
		if (f != FACT_PROC && f != FACT_SECCOMP_FILTER && f != FACT_MDWE)
			answer(h, (enum host_fact)f, HOST_NO, 0, "a process that runs already");
	return AMBIT_OK;
}

/*
 * It leads somewhere only in the /proc of our own pid namespace. Going there would cost. Of what is
 * to be written there one file stands for all; who runs already writes none.
 */
static enum ambit_code probe_proc(struct host *h, struct ambit_error *err)
{
	char self[16];
	int r = (int)sys_readlinkat(AT_FDCWD, "/proc/self", self, sizeof(self));

	if (r < 0 && !host_is_absence(r))
		return exhausted(err, "/proc", r);
	answer(h, FACT_PROC, r >= 0 ? HOST_YES : HOST_NO, -r, NULL);
	if (r < 0 || h->enters)
		return AMBIT_OK;
	r = sys_faccess("/proc/self/coredump_filter", W_OK);
	if (r < 0 && r != -EROFS && !host_is_absence(r) && !host_is_refusal(r))
		return exhausted(err, "/proc", r);
	h->proc_read_only = r == -EROFS;
	return AMBIT_OK;
}

enum ambit_code host_probe(struct host *h, bool full, struct ambit_error *err)
{
	enum ambit_code code = probe_proc(h, err);
	int r;

	if (code != AMBIT_OK)
		return code;
	h->quick = !full;
	r = probe_kernel(h);
	if (r < 0)
		return exhausted(err, "the kernel's version", r);
	for (size_t i = 0; i < ARRAY_COUNT(probes) && code == AMBIT_OK; i++)
		if (!(h->enters && probes[i].of_births))
			code = probes[i].probe(h, err);
	if (code != AMBIT_OK)
		return code;
	if (h->enters)
		return no_births(h);
	for (enum host_fact f = FACT_CGROUP_MEMORY; f <= FACT_CGROUP_CPU; f++)
		answer(h, f, HOST_NO, 0, "not asked");
	answer(h, FACT_TAKE_SOCKETS, HOST_NO, 0, "not asked");
	answer(h, FACT_APPARMOR, HOST_NO, 0, "not asked");
	if (full) {
		code = host_probe_sockets(h, err);
		if (code == AMBIT_OK)
			code = host_probe_label(h, err);
		return code == AMBIT_OK ? host_try(h, err) : code;
	}
	/* They cannot be corrected later: when the filter is loaded too much has changed. */
	if (is_landlock_in_doubt(h))
		code = host_try_landlock(h, err);
	return code == AMBIT_OK && h->facts[FACT_SECCOMP_LISTENER].answer == HOST_ASSUMED &&
			       !(h->unasked & HOST_NO_LISTENER)
		       ? host_try_one(h, FACT_SECCOMP_LISTENER, err)
		       : code;
}
