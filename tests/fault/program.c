/* SPDX-License-Identifier: ISC */
/*
 * program - what is started under a launcher in the fault tests
 *
 * Says on fd 1 which descriptors it has and how confined it finds itself. Two runs under the same
 * confinement say the same, byte for byte: so a run in which a fault was tolerated can be compared
 * with one without a fault.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { FDS_LOOKED_AT = 256, MDWE_GET = 66, SPARE = 0x60000000 };

static void say_fds(void)
{
	printf("started with");
	for (int fd = 0; fd < FDS_LOOKED_AT; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			printf(" %d", fd);
	printf("\n");
}

static void say(const char *name, long result)
{
	if (result < 0)
		printf("%s %s\n", name, strerrorname_np(errno));
	else
		printf("%s %ld\n", name, result);
}

static void say_ids(void)
{
	uid_t u[3];
	gid_t g[3], groups[64];
	int count = getgroups(64, groups);

	if (getresuid(&u[0], &u[1], &u[2]) || getresgid(&g[0], &g[1], &g[2]))
		return;
	/* A user id that nobody else has is another one each time. */
	if (u[0] >= SPARE && u[0] == u[1] && u[1] == u[2])
		printf("uid spare gid %d groups %d\n", g[0] >= SPARE && g[0] == g[1], count);
	else
		printf("uid %u %u %u gid %u %u %u groups %d\n", u[0], u[1], u[2], g[0], g[1], g[2],
		       count);
}

static void say_caps(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct d[2] = { 0 };
	long r = syscall(SYS_capget, &head, d);

	printf("caps %ld: %08x%08x %08x%08x %08x%08x\n", r, d[1].effective, d[0].effective,
	       d[1].permitted, d[0].permitted, d[1].inheritable, d[0].inheritable);
	printf("bounding");
	for (int cap = 0; cap <= CAP_LAST_CAP; cap++)
		printf(" %d", prctl(PR_CAPBSET_READ, cap, 0, 0, 0));
	printf("\n");
}

static void say_limits(void)
{
	for (int i = 0; i < RLIM_NLIMITS; i++) {
		struct rlimit l = { 0, 0 };

		if (!getrlimit((enum __rlimit_resource)i, &l))
			printf("limit %d %ld %ld\n", i, (long)l.rlim_cur, (long)l.rlim_max);
	}
}

static void say_process(void)
{
	cpu_set_t here;

	say("no-new-privs", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	say("seccomp", prctl(PR_GET_SECCOMP, 0, 0, 0, 0));
	say("dumpable", prctl(PR_GET_DUMPABLE, 0, 0, 0, 0));
	say("securebits", prctl(PR_GET_SECUREBITS, 0, 0, 0, 0));
	say("mdwe", prctl(MDWE_GET, 0, 0, 0, 0));
	say("speculation", prctl(PR_GET_SPECULATION_CTRL, PR_SPEC_STORE_BYPASS, 0, 0, 0));
	say("keyring", syscall(SYS_keyctl, 0, -3, 0, 0, 0) < 0 ? -1 : 0);
	say("second", getpid() == 2);
	say("processors", sched_getaffinity(0, sizeof(here), &here) ? -1 : CPU_COUNT(&here));
}

/* Each is refused in a box that grants nothing; which answer it gets says by which layer. */
static void say_attempts(void)
{
	struct stat st;
	static const char *const paths[] = { "/",	 "/etc/passwd",	    "/root",
					     "/tmp",	 "/proc/1/environ", "/sys/kernel",
					     "/usr/bin", "/dev/null" };

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		int fd = open(paths[i], O_RDONLY | O_CLOEXEC);

		say(paths[i], fd < 0 ? -1 : 0);
		printf("stat:");
		say(paths[i], stat(paths[i], &st));
		if (fd >= 0)
			close(fd);
	}
	say("create", open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600) < 0 ? -1 : 0);
	say("inet", socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) < 0 ? -1 : 0);
	say("unix", socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) < 0 ? -1 : 0);
	say("unshare", unshare(CLONE_NEWUSER));
	say("signal", kill(getppid(), 0));
	say("ptrace", syscall(SYS_ptrace, 0x4206 /* PTRACE_SEIZE */, 0, 0, 0));
	say("chroot", chroot("/"));
	say("setuid", setuid(0));
	/* Arguments it would fail with: only whether it is reached is of interest. */
	say("execve", syscall(SYS_execve, "", NULL, NULL));
}

int main(void)
{
	say_fds();
	say_ids();
	say_caps();
	say_limits();
	say_process();
	say_attempts();
	return fflush(stdout) ? 1 : 0;
}
