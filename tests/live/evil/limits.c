/* SPDX-License-Identifier: ISC */
/* limits.c - E121 to E128: more than the policy's limits allow, by every way around them */
#include "attempts.h"
#include "outside.h"

#include <sched.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

enum {
	PROCESSES_ALLOWED = 32, /* as in the table's policies */
	PROCESSES_TRIED = 300,
	MIB = 1 << 20,
	MEMORY_ALLOWED_MIB = 64,
	MEMORY_TRIED_MIB = 160,
	FILES_ALLOWED = 64,
};

enum verdict limits_fork_bomb(const struct inside *in)
{
	static pid_t pids[PROCESSES_TRIED];
	unsigned made = 0;
	int err = 0;

	(void)in;
	for (; made < PROCESSES_TRIED; made++) {
		pid_t pid = fork();
		if (pid == 0) {
			pause();
			_exit(0);
		}
		if (pid < 0) {
			err = errno;
			break;
		}
		pids[made] = pid;
	}
	for (unsigned i = 0; i < made; i++)
		kill(pids[i], SIGKILL);
	while (waitpid(-1, NULL, 0) > 0)
		;
	if (made == 0)
		return untried("not one process: %s", errno_word(err));
	if (made > PROCESSES_ALLOWED)
		return escaped("%u processes where %d are allowed", made, PROCESSES_ALLOWED);
	return stopped("%u processes, then %s", made, errno_word(err));
}

/* Touch every page of @size bytes at @p. */
static void touch(char *p, size_t size)
{
	for (size_t at = 0; at < size; at += 4096)
		((volatile char *)p)[at] = 1;
}

static enum verdict filled(const char *what, long mib, int err)
{
	if (mib >= MEMORY_TRIED_MIB)
		return escaped("%ld MiB of %s where %d are allowed", mib, what, MEMORY_ALLOWED_MIB);
	if (err != ENOMEM && err != EAGAIN && err != ENOSPC && err != ENOBUFS && err != EPERM &&
	    err != EMFILE && err != ENOSYS && err != EFBIG)
		return untried("%s: %s after %ld MiB", what, errno_word(err), mib);
	return stopped("%s: %s after %ld MiB", what, errno_word(err), mib);
}

enum verdict limits_anonymous(const struct inside *in)
{
	long mib = 0;

	(void)in;
	acted("filling memory");
	for (; mib < MEMORY_TRIED_MIB; mib++) {
		char *p =
			mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (p == MAP_FAILED)
			return filled("private memory", mib, errno);
		touch(p, MIB);
	}
	return filled("private memory", mib, 0);
}

enum { CHILDREN = 10, SHARE = MEMORY_TRIED_MIB / CHILDREN };

/* Take @SHARE MiB, say so, and hold them. */
static _Noreturn void hold_share(int say)
{
	char *p =
		mmap(NULL, SHARE * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		_exit(1);
	touch(p, SHARE * MIB);
	(void)!write(say, "x", 1);
	for (;;)
		pause();
}

/* A limit per process does not add up: each child takes its share and holds it. */
enum verdict limits_children(const struct inside *in)
{
	pid_t pids[CHILDREN];
	unsigned holding = 0, dead = 0;
	int ends[2];

	(void)in;
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return untried("pipe: %s", errno_word(errno));
	acted("filling memory in %d processes", CHILDREN);
	for (int i = 0; i < CHILDREN; i++) {
		pids[i] = fork();
		if (pids[i] < 0)
			return untried("fork: %s", errno_word(errno));
		if (pids[i] == 0)
			hold_share(ends[1]);
	}
	for (int i = 0; i < 200 && holding + dead < CHILDREN; i++) {
		char byte;
		while (read(ends[0], &byte, 1) == 1)
			holding++;
		while (waitpid(-1, NULL, WNOHANG) > 0)
			dead++;
		nap_ms(20);
	}
	for (int i = 0; i < CHILDREN; i++)
		kill(pids[i], SIGKILL);
	while (waitpid(-1, NULL, 0) > 0)
		;
	if (holding == CHILDREN && dead == 0)
		return escaped("%d processes hold %d MiB", CHILDREN, CHILDREN * SHARE);
	return stopped("%u of %d processes got their memory, %u died", holding, CHILDREN, dead);
}

static long fill_fd(int fd)
{
	static char block[MIB];

	memset(block, 1, sizeof(block));
	for (long mib = 0; mib < MEMORY_TRIED_MIB; mib++) {
		ssize_t n = write(fd, block, sizeof(block));
		if (n < 0)
			return mib;
		if (n < (ssize_t)sizeof(block) && write(fd, block, 1) < 0)
			return mib;
	}
	return MEMORY_TRIED_MIB;
}

enum verdict limits_memfd(const struct inside *in)
{
	long fd = OUTCOME(memfd_create("evil", MFD_CLOEXEC));

	if (fd < 0)
		return judge(in, "memfd_create", fd, NO_CALL);
	acted("filling a memfd");
	signal(SIGXFSZ, SIG_IGN);
	long mib = fill_fd((int)fd);
	return filled("a file in memory", mib, errno);
}

/* Pages that no process maps: pipe buffers, and data waiting in local sockets. */
enum verdict limits_buffers(const struct inside *in)
{
	static char block[65536];
	long kib = 0;
	int err = 0;

	(void)in;
	acted("filling pipes");
	for (int i = 0; i < 4000 && kib < MEMORY_TRIED_MIB * 1024L; i++) {
		int ends[2];
		if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0) {
			err = errno;
			break;
		}
		ssize_t n = write(ends[1], block, sizeof(block));
		if (n < 0) {
			err = errno;
			break;
		}
		kib += n / 1024;
	}
	return filled("pipe buffers", kib / 1024, err);
}

enum verdict limits_tmp_size(const struct inside *in)
{
	const char *path = in->control ? below(in, 0, "rw/big") : "/tmp/evil-big";
	long fd = OUTCOME(open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600));

	if (fd < 0)
		return untried("%s: %s", path, errno_word((int)-fd));
	acted("filling %s", path);
	long mib = fill_fd((int)fd);
	int err = errno;
	unlink(path);
	return filled("files in /tmp", mib, err);
}

/* Empty files in a folder of their own: only the number of inodes can stop them. */
static long make_empty_files(const char *folder, int count, int *ret_made)
{
	char path[512];
	long fd = 0;

	for (*ret_made = 0; *ret_made < count && fd >= 0; *ret_made += fd >= 0) {
		snprintf(path, sizeof(path), "%s/%d", folder, *ret_made);
		fd = OUTCOME(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
		if (fd >= 0)
			close((int)fd);
	}
	for (int i = 0; i < *ret_made; i++) {
		snprintf(path, sizeof(path), "%s/%d", folder, i);
		unlink(path);
	}
	return fd < 0 ? fd : 0;
}

enum verdict limits_tmp_inodes(const struct inside *in)
{
	enum { FILES = 20000 };
	char folder[256];
	int made = 0;

	snprintf(folder, sizeof(folder), "%s/%s", in->control ? below(in, 0, "rw") : "/tmp",
		 fact(in, "canary"));
	if (mkdir(folder, 0700) < 0)
		return untried("mkdir(%s): %s", folder, errno_word(errno));
	long r = make_empty_files(folder, FILES, &made);
	rmdir(folder);
	if (r == 0)
		return escaped("%d empty files", made);
	if (made > 0 && (r == -ENOSPC || r == -EDQUOT || r == -ENOMEM))
		return stopped("%s after %d empty files", errno_word((int)-r), made);
	return untried("%s after %d empty files", errno_word((int)-r), made);
}

/* limit file-size 1M: written, sparse, by allocation, by truncation. */
enum verdict limits_file_size(const struct inside *in)
{
	struct tally t = TALLY(in);
	const int *big = REFUSALS(EFBIG, EPERM, ENOSYS);

	signal(SIGXFSZ, SIG_IGN);
	long fd = OUTCOME(open(below(in, 0, "rw/large"), O_CREAT | O_RDWR | O_CLOEXEC, 0600));
	if (fd < 0)
		return untried("the granted directory cannot be written to: %s",
			       errno_word((int)-fd));
	tally_add(&t, "write at 2 MiB", OUTCOME(pwrite((int)fd, "x", 1, 2 * MIB)), big);
	tally_add(&t, "ftruncate to 8 GiB", OUTCOME(ftruncate((int)fd, (off_t)8 << 30)), big);
	tally_add(&t, "fallocate to 2 MiB", OUTCOME(fallocate((int)fd, 0, 0, 2 * MIB)), big);
	struct rlimit raised = { RLIM_INFINITY, RLIM_INFINITY };
	if (!in->control)
		tally_add(&t, "raising RLIMIT_FSIZE", OUTCOME(setrlimit(RLIMIT_FSIZE, &raised)),
			  big);
	return tally_end(&t);
}

enum verdict limits_descriptors(const struct inside *in)
{
	unsigned made = 0;
	int err = 0;

	(void)in;
	for (; made < 1024; made++) {
		int fd = dup(STDOUT_FILENO);
		if (fd < 0) {
			err = errno;
			break;
		}
	}
	if (made > FILES_ALLOWED)
		return escaped("%u descriptors where %d are allowed", made, FILES_ALLOWED);
	return err == EMFILE ? stopped("EMFILE after %u", made)
			     : untried("%s after %u", errno_word(err), made);
}

/* Objects that the kernel counts per user, so that one box could starve the user's others. */
enum verdict limits_inotify(const struct inside *in)
{
	unsigned made = 0;
	int err = 0;

	(void)in;
	for (; made < 100; made++) {
		if (inotify_init1(IN_CLOEXEC) < 0) {
			err = errno;
			break;
		}
	}
	if (made >= 100)
		return escaped("%u inotify instances of the user's 128", made);
	return stopped("%s after %u inotify instances", errno_word(err), made);
}

static long spent_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* limit cpu-time 1s: the signal that announces it is ignored, and more is asked for. */
enum verdict limits_cpu_time(const struct inside *in)
{
	struct rlimit more = { RLIM_INFINITY, RLIM_INFINITY };

	(void)in;
	acted("using CPU time");
	signal(SIGXCPU, SIG_IGN);
	setrlimit(RLIMIT_CPU, &more);
	while (spent_ms() < 2600)
		;
	return escaped("%ld ms of CPU time used", spent_ms());
}

/* limit wall-time 2s: asleep, so that no CPU time is counted. */
enum verdict limits_wall_time(const struct inside *in)
{
	(void)in;
	acted("sleeping");
	for (int signal_number = 1; signal_number < 32; signal_number++)
		signal(signal_number, SIG_IGN); /* SIGKILL and SIGSTOP refuse: EINVAL */
	nap_ms(5000);
	return escaped("still alive after 5 s");
}

enum verdict limits_realtime(const struct inside *in)
{
	const struct sched_param first = { .sched_priority = 1 };
	struct tally t = TALLY(in);

	tally_add(&t, "SCHED_FIFO", OUTCOME(syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &first)),
		  NO_CALL);
	if (t.escaped) {
		const struct sched_param ordinary = { .sched_priority = 0 };
		syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, &ordinary);
	}
	tally_add(&t, "setpriority(-5)", OUTCOME(setpriority(PRIO_PROCESS, 0, -5)), NO_CALL);
	tally_add(&t, "ioprio_set(real time)", OUTCOME(syscall(SYS_ioprio_set, 1, 0, 1 << 13 | 4)),
		  NO_CALL);
	return tally_end(&t);
}

enum verdict limits_raise(const struct inside *in)
{
	struct rlimit files, asked;
	struct tally t = TALLY(in);

	if (getrlimit(RLIMIT_NOFILE, &files) < 0)
		return untried("getrlimit: %s", errno_word(errno));
	tally_add(&t, "the hard limit is not the planned one",
		  files.rlim_max == FILES_ALLOWED ? -EPERM : 0, NO_CALL);
	if (in->control)
		return tally_end(&t);
	asked = (struct rlimit){ files.rlim_max + 64, files.rlim_max + 64 };
	tally_add(&t, "setrlimit", OUTCOME(setrlimit(RLIMIT_NOFILE, &asked)),
		  REFUSALS(EPERM, EACCES, ENOSYS));
	tally_add(&t, "prlimit(self)", OUTCOME(prlimit(getpid(), RLIMIT_NOFILE, &asked, NULL)),
		  REFUSALS(EPERM, EACCES, ENOSYS));
	return tally_end(&t);
}

/* Output that nobody reads: the writer blocks; the launcher must still end it in time. */
enum verdict limits_blocked_output(const struct inside *in)
{
	static char block[65536];

	(void)in;
	memset(block, '.', sizeof(block));
	block[sizeof(block) - 1] = '\n';
	acted("writing without end");
	for (;;) {
		if (write(STDOUT_FILENO, block, sizeof(block)) < 0)
			return ACTED;
	}
}

static enum verdict never_read(struct stage *s)
{
	int r = play_start(s);

	if (r < 0)
		return UNTRIED;
	/* wall-time 2s is in the policy; nothing is read meanwhile */
	for (int i = 0; i < 60 && !s->exited; i++) {
		nap_ms(100);
		s->exited = waitpid(s->child, &s->status, WNOHANG) == s->child;
	}
	bool hung = !s->exited;
	s->timeout_ms = 1000;
	char start[1024] = "";
	ssize_t n = read(s->from, start, sizeof(start) - 1);
	if (hung) {
		kill(s->child, SIGKILL);
		waitpid(s->child, &s->status, 0);
	}
	s->survivors = play_reap(s);
	bool ran = n > 0 && strstr(start, "acted: ") != NULL;
	snprintf(s->note, sizeof(s->note),
		 ran ? hung ? "the launcher hung on a full pipe" : "ended with its time"
		     : "did not run");
	return !ran ? UNTRIED : hung ? ESCAPED : STOPPED;
}

const struct drama drama_never_read = { .play = never_read };

/* A memory bomb in the box: is the launcher still there to tell how it ended? */
static const char *control_group(pid_t pid, unsigned slot, const char *file)
{
	static char path[2][128];

	snprintf(path[slot], sizeof(path[slot]), "/sys/fs/cgroup/memory/evil-%d%s", (int)pid, file);
	return path[slot];
}

static enum verdict launcher_lives(struct stage *s, enum verdict v)
{
	bool by_signal = WIFSIGNALED(s->status) && WTERMSIG(s->status) == SIGKILL;

	(void)v;
	rmdir(control_group(s->child, 0, "")); /* ENOENT: only the control has one */
	if (strstr(s->output, "filling") == NULL) {
		snprintf(s->note, sizeof(s->note), "did not run");
		return UNTRIED;
	}
	if (by_signal)
		snprintf(s->note, sizeof(s->note), "the launcher itself was killed");
	else
		snprintf(s->note, sizeof(s->note), "the launcher lived to tell status %d",
			 WEXITSTATUS(s->status));
	return by_signal ? ESCAPED : STOPPED;
}

static bool write_line(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	bool done = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	close(fd);
	return done;
}

/* control: careless launcher and bomb share a small control group */
static void share_group(struct stage *s)
{
	if (!s->control)
		return;
	if (mkdir(control_group(getpid(), 0, ""), 0700) < 0 ||
	    !write_line(control_group(getpid(), 0, "/memory.limit_in_bytes"), "67108864") ||
	    !write_line(control_group(getpid(), 0, "/cgroup.procs"), "0"))
		_exit(124);
	setenv("EVIL_FIRST_TO_DIE", "1", 1);
}

const struct drama drama_memory_bomb = { .before_exec = share_group, .judge = launcher_lives };

enum verdict limits_memory_bomb(const struct inside *in)
{
	/* unconfined, pages of a file: they are nobody's, the kernel looks elsewhere */
	enum verdict v = in->control ? limits_memfd(in) : limits_anonymous(in);

	return v == ESCAPED ? ACTED : v;
}
