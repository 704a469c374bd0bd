/* SPDX-License-Identifier: ISC */
/*
 * tolerate.c - the faults after which a run may be normal and complete, each with the reason
 *
 * "Normal and complete" is checked by the walk: the program says byte for byte what it says without
 * a fault, so no layer may be missing. The first row that matches holds.
 */
#include "walk.h"

#include "../../src/layer/kit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

enum {
	THREAD_FLAGS =
		CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM
};

static const char again[] = "interrupted: made again";
static const char beside[] =
	"made by what waits beside the program, which may have started by then";
static const char asked[] = "a question to the kernel: the refusal is the answer";
static const char swept[] = "sweeps up what killed runs left: at worst the next one does";
static const char doubted[] = "whatever else it says, it is then tried in a child";
static const char twice[] = "tried in a child, and once more when it is refused";
static const char moved[] = "only faster; on which processors the program may run, it says";
static const char older[] = "there is an older call for the same";
static const char said[] = "a note is told all the same; only a reader that is gone would be felt";

/* Of seccomp(2) and landlock_create_ruleset(2) questions are those without a filter or rules. */
static const struct tolerance rows[] = {
	{ SYS_wait4, EINTR, NULL, -1, 0, AFTER_SAME, again },
	{ SYS_waitid, EINTR, NULL, -1, 0, AFTER_SAME, again },
	{ SYS_ppoll, EINTR, NULL, -1, 0, AFTER_SAME, again },
	{ SYS_read, EINTR, NULL, -1, 0, AFTER_SAME, again },
	{ SYS_pread64, EINTR, NULL, -1, 0, AFTER_SAME, again },
	{ SYS_openat2, EMFILE, NULL, -1, 0, AFTER_SAME,
	  "paths that were kept open are let go, and it is asked again" },
	{ SYS_fcntl, ANY_ERROR, NULL, 1, F_DUPFD_CLOEXEC, AFTER_SAME,
	  "no room for two more: paths that were kept open are let go" },
	{ SYS_write, EINTR, NULL, -1, 0, AFTER_SAME, again },
	{ SYS_ioctl, EINTR, NULL, -1, 0, AFTER_SAME, again },
	{ SYS_futex, ANY_ERROR, NULL, -1, 0, AFTER_END, "what it waits for is looked at again" },
	{ SYS_wait4, ANY_ERROR, NULL, -1, 0, AFTER_END, beside },
	{ SYS_waitid, ANY_ERROR, NULL, -1, 0, AFTER_END, beside },
	{ SYS_ioctl, ANY_ERROR, NULL, 1, SECCOMP_IOCTL_NOTIF_RECV, AFTER_END, beside },
	{ SYS_ioctl, ANY_ERROR, NULL, 1, SECCOMP_IOCTL_NOTIF_SEND, AFTER_END, beside },
	{ SYS_ioctl, ANY_ERROR, NULL, 1, SECCOMP_IOCTL_NOTIF_ID_VALID, AFTER_END, beside },
	{ SYS_ioctl, ANY_ERROR, NULL, 1, 0x40082104 /* ..._SET_FLAGS */, AFTER_END, "only faster" },
	{ SYS_clone, ANY_ERROR, NULL, 0, THREAD_FLAGS, AFTER_SAME,
	  "one more thread to judge: until then one after the other" },
	{ SYS_ppoll, ANY_ERROR, NULL, -1, 0, AFTER_END, beside },
	{ SYS_clock_gettime, ANY_ERROR, NULL, -1, 0, AFTER_END, beside },
	{ SYS_close_range, ANY_ERROR, NULL, 2, 0, AFTER_END, beside },
	{ SYS_rt_sigprocmask, ANY_ERROR, NULL, 0, SIG_UNBLOCK, AFTER_END, beside },
	{ SYS_rt_sigprocmask, ANY_ERROR, NULL, 0, SIG_BLOCK, AFTER_SAME, said },
	{ SYS_rt_sigprocmask, ANY_ERROR, NULL, 0, SIG_UNBLOCK, AFTER_SAME, said },
	{ SYS_rt_sigpending, ANY_ERROR, NULL, -1, 0, AFTER_SAME, said },
	{ SYS_gettid, ANY_ERROR, NULL, -1, 0, AFTER_END, beside },
	{ SYS_signalfd4, ANY_ERROR, NULL, -1, 0, AFTER_END, beside },
	{ SYS_pread64, ANY_ERROR, NULL, 2, sizeof(struct kit_report), AFTER_END,
	  "whether the child left a word: the program may run by then" },
	{ SYS_setresuid, EPERM, NULL, -1, 0, AFTER_SAME,
	  "what the check of no way back hopes for" },
	{ SYS_close, ANY_ERROR, NULL, -1, 0, AFTER_SAME, "the descriptor is gone all the same" },
	{ SYS_munmap, ANY_ERROR, NULL, -1, 0, AFTER_SAME, "at worst it stays mapped" },
	{ SYS_flock, ANY_ERROR, NULL, -1, 0, AFTER_SAME, swept },
	{ SYS_getdents64, ANY_ERROR, NULL, -1, 0, AFTER_SAME, swept },
	{ SYS_newfstatat, ANY_ERROR, ".", -1, 0, AFTER_SAME, swept },
	{ SYS_openat, ANY_ERROR, "ambit-", -1, 0, AFTER_SAME, swept },
	{ SYS_newfstatat, ANY_ERROR, "ambit-", -1, 0, AFTER_SAME, swept },
	{ SYS_unlinkat, ANY_ERROR, "ambit-", -1, 0, AFTER_SAME, swept },
	{ SYS_geteuid, ANY_ERROR, NULL, -1, 0, AFTER_SAME, swept },
	{ SYS_newfstatat, ANY_ERROR, "/sys/fs/cgroup", -1, 0, AFTER_SAME, swept },
	{ SYS_unlinkat, ANY_ERROR, "/sys/fs/cgroup", -1, 0, AFTER_SAME, swept },
	{ SYS_openat, ANY_ERROR, "/sys/fs/cgroup", -1, 0, AFTER_SAME, swept },
	{ SYS_prctl, ANY_REFUSAL, NULL, 0, 0x42 /* PR_GET_MDWE */, AFTER_SAME, "asked once more" },
	{ SYS_setfsuid, ANY_ERROR, NULL, -1, 0, AFTER_SAME,
	  "has no failure; the ids themselves are read back" },
	{ SYS_rt_sigaction, ANY_ERROR, NULL, 0, 33, AFTER_SAME,
	  "the last thing of entering: the handler that held the threads stays, and holds nobody" },
	{ SYS_sched_getaffinity, ANY_ERROR, NULL, -1, 0, AFTER_SAME, moved },
	{ SYS_getcpu, ANY_ERROR, NULL, -1, 0, AFTER_SAME, moved },
	{ SYS_sched_setaffinity, ANY_ERROR, NULL, -1, 0, AFTER_SAME, moved },
	{ SYS_madvise, ANY_ERROR, NULL, -1, 0, AFTER_SAME, "only spares page faults" },
	{ SYS_write, ANY_ERROR, NULL, 0, 2, AFTER_UNSAID, "a note that nobody can be told" },
	{ SYS_ioctl, ANY_ERROR, NULL, 1, TIOCGWINSZ, AFTER_SAME, "only decides about colour" },
	{ SYS_poll, ANY_ERROR, NULL, -1, 0, AFTER_SAME, "a full pipe gets a moment: or it blocks" },
	{ SYS_seccomp, ANY_REFUSAL, NULL, 2, 0, AFTER_ANSWER, asked },
	{ SYS_seccomp, ANY_REFUSAL, NULL, 0, 2, AFTER_ANSWER, asked },
	{ SYS_seccomp, ANY_REFUSAL, NULL, 1, 8, AFTER_SAME, twice },
	{ SYS_landlock_create_ruleset, ANY_REFUSAL, NULL, 1, 8, AFTER_SAME, twice },
	{ SYS_landlock_add_rule, ANY_REFUSAL, NULL, -1, 0, AFTER_SAME, twice },
	{ SYS_landlock_restrict_self, ANY_REFUSAL, NULL, -1, 0, AFTER_SAME, twice },
	{ SYS_openat, ANY_REFUSAL, "=/", -1, 0, AFTER_SAME, twice },
	{ SYS_landlock_add_rule, ANY_ERROR, NULL, 0, (uint32_t)-1, AFTER_SAME, doubted },
	{ SYS_landlock_restrict_self, ANY_ERROR, NULL, 0, (uint32_t)-1, AFTER_SAME, doubted },
	{ SYS_landlock_create_ruleset, ANY_REFUSAL, NULL, 0, 0, AFTER_ANSWER, asked },
	{ SYS_unshare, ANY_ERROR, NULL, 0, CLONE_THREAD, AFTER_SAME,
	  "asks whether there is one thread: until it is known all are listed" },
	{ SYS_unshare, ANY_REFUSAL, NULL, -1, 0, AFTER_ANSWER, asked },
	{ SYS_open_tree, ANY_REFUSAL, NULL, 0, (uint32_t)-1, AFTER_ANSWER, asked },
	{ SYS_openat2, ANY_REFUSAL, NULL, 0, (uint32_t)-1, AFTER_ANSWER, asked },
	{ SYS_pidfd_getfd, ANY_REFUSAL, NULL, 0, (uint32_t)-1, AFTER_ANSWER, asked },
	{ SYS_pidfd_open, ANY_REFUSAL, NULL, 0, (uint32_t)-1, AFTER_ANSWER, asked },
	{ SYS_process_vm_readv, ANY_REFUSAL, NULL, 2, 1, AFTER_ANSWER, asked },
	{ SYS_openat2, EPERM, NULL, -1, 0, AFTER_SAME, older },
	{ SYS_openat2, ENOSYS, NULL, -1, 0, AFTER_SAME, older },
	{ SYS_faccessat2, EPERM, NULL, -1, 0, AFTER_SAME, older },
	{ SYS_faccessat2, ENOSYS, NULL, -1, 0, AFTER_SAME, older },
	{ SYS_close_range, EPERM, NULL, -1, 0, AFTER_SAME, older },
	{ SYS_close_range, ENOSYS, NULL, -1, 0, AFTER_SAME, older },
	{ SYS_execveat, EPERM, NULL, -1, 0, AFTER_SAME, older },
	{ SYS_execveat, ENOSYS, NULL, -1, 0, AFTER_SAME, older },
	{ SYS_mount_setattr, ENOSYS, NULL, -1, 0, AFTER_SAME, older },
	{ SYS_memfd_create, EPERM, NULL, -1, 0, AFTER_SAME, "an unnamed file carries the stage" },
	{ SYS_memfd_create, ENOSYS, NULL, -1, 0, AFTER_SAME, "an unnamed file carries the stage" },
};

static bool is_refusal(int error)
{
	return error == EPERM || error == ENOSYS || error == EACCES || error == EINVAL ||
	       error == EBUSY;
}

static bool is_error(const struct tolerance *r, int error)
{
	return r->error == ANY_ERROR || r->error == error ||
	       (r->error == ANY_REFUSAL && is_refusal(error));
}

/* Descriptors and flags have 32 bits. */
static bool is_value(uint64_t argument, uint64_t value)
{
	return argument == value || (uint32_t)argument == value;
}

static bool is_text(const char *text, const char *wanted)
{
	return *wanted == '=' ? !strcmp(text, wanted + 1) : !strncmp(text, wanted, strlen(wanted));
}

const struct tolerance *tolerated(const struct trace_fault *fault, int error)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct tolerance *r = &rows[i];

		if (r->nr == fault->nr && is_error(r, error) &&
		    (r->argument < 0 || is_value(fault->args[r->argument], r->value)) &&
		    (!r->text || is_text(fault->text, r->text)))
			return r;
	}
	return NULL;
}
