/* SPDX-License-Identifier: ISC */
/*
 * The first process of a test guest.
 *
 * The initramfs holds this program and a directory /rootfs. pivot_root(2) is refused while "/"
 * is the initramfs itself, and a mount view needs pivot_root, so the tree is copied to a tmpfs
 * and that becomes "/". Then: mount what a system has, run /test/guest, reap until it ends,
 * print "VM-EXIT code" and reset the machine, which ends the emulator (-no-reboot). A line
 * without VM-EXIT therefore means that the kernel died or the time ran out.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define BUSYBOX "/bin/busybox"

struct mount_row {
	const char *source;
	const char *target;
	const char *type;
	unsigned long flags;
	const char *data;
	bool optional; /* absent in kernels built without it */
};

static const struct mount_row mounts[] = {
	{ "proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, "", false },
	{ "sysfs", "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "", false },
	{ "devtmpfs", "/dev", "devtmpfs", MS_NOSUID, "mode=0755", false },
	{ "devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "gid=5,mode=620,ptmxmode=666",
	  false },
	{ "tmpfs", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777", false },
	{ "tmpfs", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777", false },
	{ "tmpfs", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755", false },
	{ "securityfs", "/sys/kernel/security", "securityfs", 0, "", true },
	{ "cgroup2", "/sys/fs/cgroup", "cgroup2", MS_NOSUID | MS_NODEV | MS_NOEXEC, "", true },
};

static void machine_end(const char *what, int code)
{
	struct timespec up = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &up);
	printf("\nVM-EXIT %d uptime=%ld.%ld %s\n", code, (long)up.tv_sec, up.tv_nsec / 100000000,
	       what);
	(void)fflush(stdout);
	(void)tcdrain(STDOUT_FILENO);
	sync();
	(void)reboot(RB_AUTOBOOT);
	/* Not reached: were it refused, ending would panic, and that ends the machine too. */
	_exit(1);
}

static void need(const char *what, int result)
{
	if (result >= 0)
		return;
	printf("\ninit: %s: %s\n", what, strerrordesc_np(errno));
	machine_end("init", 120);
}

/* Start a program that busybox or the kernel can run. Return: its process id. */
static pid_t start(const char *const argv[])
{
	static const char *const envp[] = { "PATH=/bin:/test", "HOME=/root", "TERM=dumb", NULL };
	pid_t pid = fork();

	need("fork", pid);
	if (pid > 0)
		return pid;
	(void)setsid();
	/* by number: the libc's prototype would want the strings writable */
	(void)syscall(SYS_execve, argv[0], argv, envp);
	printf("\ninit: %s: %s\n", argv[0], strerrordesc_np(errno));
	_exit(127);
}

/* Reap everything until one process ends. Return: its exit status, 128+n for a signal. */
static int wait_for(pid_t pid)
{
	int status = 0;

	for (;;) {
		pid_t ended = waitpid(-1, &status, 0);

		if (ended < 0 && errno != EINTR)
			need("waitpid", ended);
		if (ended == pid)
			break;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void root_to_tmpfs(void)
{
	const char *const copy[] = {
		"/rootfs" BUSYBOX, "cp", "-a", "/rootfs/.", "/newroot/", NULL
	};

	if (mkdir("/newroot", 0755) != 0 && errno != EEXIST)
		need("mkdir /newroot", -1);
	need("mount /newroot", mount("tmpfs", "/newroot", "tmpfs", 0, "mode=0755"));
	if (wait_for(start(copy)) != 0)
		machine_end("copying the root failed", 121);
	need("chdir /newroot", chdir("/newroot"));
	need("move the root", mount(".", "/", NULL, MS_MOVE, NULL));
	need("chroot", chroot("."));
	need("chdir /", chdir("/"));
}

static void mount_all(void)
{
	for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		const struct mount_row *m = &mounts[i];

		if (mkdir(m->target, 0755) != 0 && errno != EEXIST && !m->optional)
			need(m->target, -1);
		int r = mount(m->source, m->target, m->type, m->flags, m->data);

		if (r != 0 && !m->optional)
			need(m->target, r);
	}
}

int main(void)
{
	const char *const guest[] = { BUSYBOX, "sh", "/test/guest", NULL };

	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	(void)umask(022);
	root_to_tmpfs();
	mount_all();
	machine_end("guest", wait_for(start(guest)));
	return 1;
}
