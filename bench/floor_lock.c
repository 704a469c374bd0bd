/* SPDX-License-Identifier: ISC */
/* floor_lock.c - the floor's Landlock, seccomp, capabilities and limits */
#include "floor.h"
#include "floor_filter.h"
#include "tree.h"

/* -- Landlock -------------------------------------------------------------------------------- */

enum {
	LL_EXECUTE = 1,
	LL_WRITE_FILE = 2,
	LL_READ_FILE = 4,
	LL_READ_DIR = 8,
	LL_ALL = 0xffff, /* ABI 7 */
	LL_R = LL_READ_FILE | LL_READ_DIR,
	LL_RW = LL_WRITE_FILE | LL_READ_FILE,
	LL_TMP = 0x7ffe & ~(1 << 6), /* all but execute, make device, ioctl */
	LL_RULE_PATH = 1,
};

struct ll_ruleset {
	uint64_t fs, net, scoped;
};

struct ll_path {
	uint64_t access;
	int32_t fd;
} __attribute__((packed));

static const struct {
	const char *path;
	uint64_t access;
	bool viewed; /* in b and c only */
} ll_rules[] = {
	{ "/usr", LL_R, false },
	{ "/proc", LL_R, false },
	{ "/dev/null", LL_RW, false },
	{ "/dev/zero", LL_RW, false },
	{ "/dev/full", LL_RW, false },
	{ "/dev/random", LL_READ_FILE, false },
	{ "/dev/urandom", LL_READ_FILE, false },
	{ "/tmp", LL_TMP, true },
	{ NULL, LL_EXECUTE | LL_READ_FILE, false }, /* the program */
};

void landlock(struct floor *f)
{
	const struct ll_ruleset attr = { LL_ALL, 3, 3 };
	long rules = step(f, "landlock create",
			  RAW(__NR_landlock_create_ruleset, &attr, sizeof(attr), 0));

	for (size_t i = 0; i < sizeof(ll_rules) / sizeof(ll_rules[0]); i++) {
		const char *path = ll_rules[i].path != NULL ? ll_rules[i].path : f->program;
		if (ll_rules[i].viewed && f->shape == 'a')
			path = "/proc/self"; /* there is no /tmp of its own */
		long fd = RAW(__NR_openat, AT_FDCWD, path, O_PATH | O_CLOEXEC, 0);
		if (fd < 0)
			die(path, fd);
		struct ll_path rule = { ll_rules[i].access, (int32_t)fd };
		long r = RAW(__NR_landlock_add_rule, rules, LL_RULE_PATH, &rule, 0);
		if (r < 0)
			die(path, r);
		RAW(__NR_close, fd);
	}
	step(f, "landlock 9 rules", 0);
	step(f, "landlock restrict", RAW(__NR_landlock_restrict_self, rules, 0));
	RAW(__NR_close, rules);
	if (RAW(__NR_openat, AT_FDCWD, "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0) != -EACCES_)
		die("landlock probe", 0);
	step(f, "landlock probe", 0);
}

/* -- seccomp --------------------------------------------------------------------------------- */

/*
 * Let the first execve pass; closing the listener then makes every later one ENOSYS. A thread is
 * made before the filter, which refuses what it has to ask, and waits for the listener's number.
 */
int answer_exec(void *argument)
{
	const struct floor *f = argument;
	struct seccomp_notif request = { 0 };

	while (__atomic_load_n(&f->listener, __ATOMIC_ACQUIRE) < 0)
		RAW(__NR_futex, &f->listener, FUTEX_WAIT, -1, 0);
	long r = RAW(__NR_ioctl, f->listener, SECCOMP_IOCTL_NOTIF_RECV, &request);

	if (r < 0)
		return 1;
	struct seccomp_notif_resp reply = {
		.id = request.id,
		.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE,
	};
	RAW(__NR_ioctl, f->listener, SECCOMP_IOCTL_NOTIF_SEND, &reply);
	return 0;
}

void exec_thread(struct floor *f)
{
	if (f->shape == 'a' || !way(f, 'i'))
		step(f, "exec-once thread",
		     raw_clone(THREAD, f->stacks[2] + STACK, answer_exec, f));
}

void seccomp(struct floor *f)
{
	struct tree t;
	struct sock_fprog program = { sizeof(floor_filter) / sizeof(floor_filter[0]),
				      (struct sock_filter *)(uintptr_t)floor_filter };

	if (f->plain) {
		tree_build(&t, way(f, 's'));
		program = (struct sock_fprog){ (unsigned short)t.size, t.code };
	}
	step(f, "filter compile", 0);
	long listener = step(f, "seccomp load",
			     RAW(__NR_seccomp, SECCOMP_SET_MODE_FILTER,
				 SECCOMP_FILTER_FLAG_NEW_LISTENER, &program));
	if (RAW(__NR_prctl, PR_GET_SECCOMP, 0, 0, 0, 0) != SECCOMP_MODE_FILTER)
		die("seccomp read back", 0);
	__atomic_store_n(&f->listener, (int)listener, __ATOMIC_RELEASE);
	RAW(__NR_futex, &f->listener, FUTEX_WAKE, 1);
}

/* -- what makes a process harder to look into ------------------------------------------------- */

enum { PR_SET_MDWE_ = 65, PR_GET_MDWE_ = 66 };

/* Read back at once: it is root's file once the process is not dumpable. */
static void dump_filter(struct floor *f)
{
	char text[16];
	long fd = RAW(__NR_openat, AT_FDCWD, "/proc/self/coredump_filter", O_RDWR | O_CLOEXEC, 0);

	if (fd < 0)
		die("coredump_filter", fd);
	RAW(__NR_write, fd, "0", 1);
	if (RAW(__NR_pread64, fd, text, sizeof(text), 0) <= 0 || text[7] != '0')
		die("coredump_filter read back", 0);
	RAW(__NR_close, fd);
	step(f, "coredump_filter", 0);
}

void harden(struct floor *f)
{
	dump_filter(f);
	RAW(__NR_prctl, PR_SET_DUMPABLE, 0, 0, 0, 0);
	RAW(__NR_prctl, PR_SET_MDWE_, 1, 0, 0, 0);
	RAW(__NR_personality, 0);
	if (RAW(__NR_prctl, PR_GET_DUMPABLE, 0, 0, 0, 0) != 0 ||
	    RAW(__NR_prctl, PR_GET_MDWE_, 0, 0, 0, 0) != 1 || RAW(__NR_personality, ~0UL) != 0)
		die("dumpable, MDWE, personality", 0);
	step(f, "dumpable, MDWE, personality", 0);
}

/* -- limits, capabilities -------------------------------------------------------------------- */

void rlimits(struct floor *f)
{
	static const struct {
		int what;
		struct rlimit64 limit;
	} limits[] = {
		{ RLIMIT_CORE, { 1, 1 } },
		{ RLIMIT_NOFILE, { 256, 256 } },
	};
	struct rlimit64 back;

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		long r = RAW(__NR_prlimit64, 0, limits[i].what, &limits[i].limit, 0);
		if (r < 0)
			die("rlimit", r);
		RAW(__NR_prlimit64, 0, limits[i].what, 0, &back);
		if (back.rlim_max != limits[i].limit.rlim_max)
			die("rlimit read back", 0);
	}
	step(f, "rlimits", 0);
}

static bool may_set_capabilities(void)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2] = { 0 };

	RAW(__NR_capget, &header, data);
	return (data[0].effective & (1U << CAP_SETPCAP)) != 0;
}

void bounding_set(struct floor *f)
{
	if (!may_set_capabilities())
		return;
	if (!f->user)
		step(f, "setgroups", RAW(__NR_setgroups, 0, 0));
	for (long c = 0; c < CAPS; c++)
		if (RAW(__NR_prctl, PR_CAPBSET_DROP, c, 0, 0, 0) < 0)
			die("bounding set", c);
	step(f, "bounding set", 0);
	for (long c = 0; c < CAPS; c++)
		if (RAW(__NR_prctl, PR_CAPBSET_READ, c, 0, 0, 0) != 0)
			die("bounding set read back", c);
	step(f, "bounding set read back", 0);
	RAW(__NR_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	step(f, "securebits",
	     RAW(__NR_prctl, PR_SET_SECUREBITS, SECURE_ALL_BITS | SECURE_ALL_LOCKS, 0, 0, 0));
}

void capabilities(struct floor *f)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2] = { 0 };
	uint32_t ids[6];

	step(f, "capset", RAW(__NR_capset, &header, data));
	RAW(__NR_capget, &header, data);
	if ((data[0].permitted | data[1].permitted | data[0].inheritable) != 0)
		die("capget", 0);
	RAW(__NR_getresuid, &ids[0], &ids[1], &ids[2]);
	RAW(__NR_getresgid, &ids[3], &ids[4], &ids[5]);
	if (ids[0] != f->uid || ids[1] != f->uid || ids[2] != f->uid || ids[5] != f->gid)
		die("ids", 0);
	step(f, "capabilities, ids read back", 0);
}
