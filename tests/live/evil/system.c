/* SPDX-License-Identifier: ISC */
/* system.c - E10 to E14, E26, E27: /proc, /sys, control groups, devices, handles */
#include "attempts.h"
#include "outside.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

static long opens(const char *path, int flags)
{
	long fd = OUTCOME(open(path, flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));

	if (fd >= 0)
		close((int)fd);
	return fd < 0 ? fd : 0;
}

/* The launcher's image: opened now, written to when the launcher has ended. */
enum verdict system_launcher_image(const struct inside *in)
{
	static const int busy[] = { EPERM, EACCES, ENOSYS, ENOENT, EROFS, ETXTBSY, ESRCH, 0 };
	struct tally t = TALLY(in);
	char path[64], again[64];
	long victim = fact_number(in, "launcher", 0);

	snprintf(path, sizeof(path), "/proc/%ld/exe", victim);
	long kept = OUTCOME(open(path, O_PATH | O_CLOEXEC));
	if (kept >= 0) {
		snprintf(again, sizeof(again), "/proc/self/fd/%ld", kept);
		if (!ask_outside("end"))
			return untried("nobody outside ended the launcher");
		kept = opens(again, O_WRONLY);
	}
	tally_add(&t, "the launcher's image, once it has ended", kept, busy);
	if (!in->control) {
		snprintf(path, sizeof(path), "/proc/%d/exe", (int)getppid());
		tally_add(&t, "/proc/PARENT/exe for writing", opens(path, O_RDWR), busy);
		tally_add(&t, "/proc/self/exe for writing", opens("/proc/self/exe", O_RDWR), busy);
	}
	return tally_end(&t);
}

/* outside: a process that executes a copy of this program stands for the launcher */
static int start_image(struct stage *s)
{
	int r = stage_copy_self(s, "out/launcher", 0777);

	if (r < 0)
		return r;
	s->helper = fork();
	if (s->helper == 0) {
		int null = open("/dev/null", O_RDWR);
		dup2(null, STDOUT_FILENO);
		execl(stage_path(s, 0, "out/launcher"), "launcher", "--sit", (char *)NULL);
		_exit(127);
	}
	for (int i = 0; i < 100 && s->helper > 0; i++) { /* until it has executed the copy */
		char link[64], image[512] = "";

		snprintf(link, sizeof(link), "/proc/%d/exe", (int)s->helper);
		(void)!readlink(link, image, sizeof(image) - 1);
		if (strstr(image, "/out/launcher"))
			break;
		nap_ms(20);
	}
	stage_fact(s, "launcher", "%d", (int)s->helper);
	return s->helper < 0 ? -EAGAIN : 0;
}

static void end_image(struct stage *s, const char *word)
{
	(void)word;
	kill(s->helper, SIGKILL);
	waitpid(s->helper, NULL, 0);
	s->helper = 0;
	play_reply(s);
}

const struct drama drama_launcher_image = { .prepare = start_image, .answer = end_image };

static const char constant_page[] __attribute__((aligned(4096))) = "read only";

enum verdict system_own_mem(const struct inside *in)
{
	long fd = OUTCOME(open("/proc/self/mem", O_RDWR | O_CLOEXEC));

	if (fd < 0)
		return judge(in, "open(/proc/self/mem, O_RDWR)", fd, NO_PATH);
	long r = OUTCOME(pwrite((int)fd, "written", 7, (off_t)(uintptr_t)constant_page));
	/* through a volatile pointer: the compiler knows what a constant holds */
	const volatile char *look = constant_page;
	if (r == 7 && look[0] != 'w')
		r = -EIO;
	return judge(in, "a read-only page written through /proc/self/mem", r,
		     REFUSALS(EIO, EPERM, EACCES));
}

enum verdict system_knobs(const struct inside *in)
{
	static const char *const knobs[] = { "/proc/sys/kernel/core_pattern",
					     "/proc/sys/kernel/modprobe",
					     "/proc/sys/kernel/hotplug",
					     "/proc/sys/vm/panic_on_oom",
					     "/proc/sys/fs/binfmt_misc/register",
					     "/proc/sysrq-trigger",
					     "/sys/kernel/uevent_helper",
					     "/sys/kernel/mm/ksm/run",
					     "/sys/fs/cgroup/memory/release_agent",
					     "/sys/fs/cgroup/systemd/release_agent",
					     "/proc/irq/default_smp_affinity" };
	struct tally t = TALLY(in);

	for (size_t i = 0; i < COUNT(knobs); i++)
		tally_add(&t, knobs[i], opens(knobs[i], O_WRONLY), NO_PATH);
	return tally_end(&t);
}

static const char *const facts_of_kernel[] = {
	"/proc/kcore",	   "/proc/kallsyms",  "/proc/keys",	   "/proc/timer_list",
	"/proc/iomem",	   "/proc/modules",   "/proc/vmallocinfo", "/proc/sched_debug",
	"/proc/cmdline",   "/proc/diskstats", "/proc/interrupts",  "/proc/key-users",
	"/proc/config.gz", "/proc/scsi/scsi",
};

/* A file that says nothing is none: container engines put /dev/null over such files. */
static long has_text(const char *path)
{
	char byte;
	long fd = OUTCOME(open(path, O_RDONLY | O_CLOEXEC));

	if (fd < 0)
		return fd;
	long n = OUTCOME(read((int)fd, &byte, 1));
	close((int)fd);
	return n == 0 ? -ENOENT : n;
}

enum verdict system_proc_read(const struct inside *in)
{
	struct tally t = TALLY(in);

	for (size_t i = 0; i < COUNT(facts_of_kernel); i++) {
		/* some may be read by root only: as somebody else the control proves the rest */
		long r = has_text(facts_of_kernel[i]);
		if (!in->control || r >= 0)
			tally_add(&t, facts_of_kernel[i], r, NO_PATH);
	}
	return tally_end(&t);
}

enum verdict system_proc_stat(const struct inside *in)
{
	struct tally t = TALLY(in);
	struct stat st;

	for (size_t i = 0; i < COUNT(facts_of_kernel); i++)
		tally_add(&t, facts_of_kernel[i], OUTCOME(stat(facts_of_kernel[i], &st)), NO_PATH);
	return tally_end(&t);
}

/* A struct file_handle: two numbers, then bytes. */
struct handle {
	unsigned length;
	int type;
	unsigned char bytes[128];
};

/* The victim file's handle, made outside: inodes and generations can be guessed. */
enum verdict system_handle(const struct inside *in)
{
	struct handle handle = { .type = (int)fact_number(in, "handle_type", 1) };
	const char *hex = fact(in, "handle");

	for (; hex[0] && hex[1] && handle.length < sizeof(handle.bytes); hex += 2) {
		char pair[3] = { hex[0], hex[1], '\0' };
		handle.bytes[handle.length++] = (unsigned char)strtoul(pair, NULL, 16);
	}
	int mount = open(below(in, 0, "ro"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (mount < 0 || handle.length == 0)
		return untried("no handle, or the granted directory cannot be opened");
	long fd = OUTCOME(syscall(SYS_open_by_handle_at, mount, &handle, O_RDONLY | O_CLOEXEC));
	if (fd >= 0)
		fd = fd_holds_canary(in, (int)fd);
	return judge(in, "open_by_handle_at() of a file that was not granted", fd,
		     REFUSALS(EPERM, EACCES, ENOSYS, ESTALE));
}

static int make_handle(struct stage *s)
{
	struct handle handle = { .length = sizeof(handle.bytes) };
	char hex[257] = "";
	int mount_id;

	if (syscall(SYS_name_to_handle_at, AT_FDCWD, stage_path(s, 0, "out/victim"), &handle,
		    &mount_id, 0) < 0)
		return -errno;
	for (unsigned i = 0; i < handle.length; i++)
		snprintf(hex + 2 * i, 3, "%02x", handle.bytes[i]);
	stage_fact(s, "handle_type", "%d", handle.type);
	stage_fact(s, "handle", "%s", hex);
	return 0;
}

const struct drama drama_handle = { .prepare = make_handle };

/* Every hierarchy /proc/self/cgroup names, at the usual place of mounting. */
enum verdict system_cgroup(const struct inside *in)
{
	static const char *const fixed[] = { "/sys/fs/cgroup/cgroup.procs",
					     "/sys/fs/cgroup/unified/cgroup.procs",
					     "/sys/fs/cgroup/memory/memory.limit_in_bytes",
					     "/sys/fs/cgroup/memory/cgroup.procs",
					     "/sys/fs/cgroup/pids/cgroup.procs",
					     "/sys/fs/cgroup/memory.max" };
	struct tally t = TALLY(in);
	char path[512], text[4096];

	for (size_t i = 0; i < COUNT(fixed); i++)
		tally_add(&t, fixed[i], opens(fixed[i], O_WRONLY), NO_PATH);
	if (!in->control && slurp("/proc/self/cgroup", text, sizeof(text)) > 0) {
		for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
			char *first = strchr(line, ':'),
			     *second = first ? strchr(first + 1, ':') : NULL;
			if (!second)
				continue;
			snprintf(path, sizeof(path), "/sys/fs/cgroup/%.*s%s/cgroup.procs",
				 (int)(second - first - 1), first + 1, second + 1);
			tally_add(&t, path, opens(path, O_WRONLY), NO_PATH);
		}
	}
	return tally_end(&t);
}

enum verdict system_mknod(const struct inside *in)
{
	struct tally t = TALLY(in);

	tally_add(&t, "mknod(rw/block, loop device)",
		  OUTCOME(mknod(below(in, 0, "rw/block"), S_IFBLK | 0600, makedev(7, 0))), NO_PATH);
	tally_add(&t, "mknod(rw/mem, /dev/mem)",
		  OUTCOME(mknod(below(in, 0, "rw/mem"), S_IFCHR | 0600, makedev(1, 1))), NO_PATH);
	return tally_end(&t);
}

/* A device node that somebody else left in a granted directory. */
enum verdict system_node(const struct inside *in)
{
	return judge(in, "open a device node in a granted directory",
		     opens(below(in, 0, "rw/node"), O_RDWR), NO_PATH);
}

static int leave_node(struct stage *s)
{
	/* 1:5 is /dev/zero: harmless to open */
	return mknod(stage_path(s, 0, "rw/node"), S_IFCHR | 0666, makedev(1, 5)) < 0 ? -errno : 0;
}

const struct drama drama_node = { .prepare = leave_node };

enum verdict system_devices(const struct inside *in)
{
	static const char *const nodes[] = { "/dev/mem",	   "/dev/port",	   "/dev/kmsg",
					     "/dev/fuse",	   "/dev/kvm",	   "/dev/uinput",
					     "/dev/vda",	   "/dev/sda",	   "/dev/loop0",
					     "/dev/loop-control",  "/dev/net/tun", "/dev/vhost-net",
					     "/dev/vhost-vsock",   "/dev/hwrng",   "/dev/cpu/0/msr",
					     "/dev/btrfs-control", "/dev/rtc0",	   "/dev/tty0" };
	struct tally t = TALLY(in);

	for (size_t i = 0; i < COUNT(nodes); i++) {
		long r = opens(nodes[i], O_RDONLY);
		/* absent, without a driver or taken: proves nothing unconfined */
		if (!in->control ||
		    (r != -ENOENT && r != -ENXIO && r != -EACCES && r != -EPERM && r != -EBUSY))
			tally_add(&t, nodes[i], r, NO_PATH);
	}
	return tally_end(&t);
}
