/* SPDX-License-Identifier: ISC */
/* stage.c - the directory with canaries, the victim, the terminal */
#include "outside.h"

#include <ftw.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>

enum { OLD_TIME = 1000000000 }; /* the canary's mtime: any touch shows */

/* In every process of the stage at the same address: what an attack on memory looks for. */
static char victim_memory[64];

void stage_fact(struct stage *s, const char *key, const char *format, ...)
{
	if (s->fact_count == FACTS_MAX)
		abort(); /* a mistake of the table, not of the run */
	char *text = s->facts[s->fact_count++];
	int at = snprintf(text, FACT_SIZE, "%s=", key);
	va_list args;

	va_start(args, format);
	vsnprintf(text + at, (size_t)(FACT_SIZE - at), format, args);
	va_end(args);
}

const char *stage_get(const struct stage *s, const char *key)
{
	size_t length = strlen(key);

	for (size_t i = 0; i < s->fact_count; i++) {
		if (strncmp(s->facts[i], key, length) == 0 && s->facts[i][length] == '=')
			return s->facts[i] + length + 1;
	}
	return "";
}

const char *stage_path(const struct stage *s, unsigned slot, const char *path)
{
	static char text[4][512];

	snprintf(text[slot], sizeof(text[slot]), "%s/%s", s->dir, path);
	return text[slot];
}

int stage_file(const struct stage *s, const char *path, const char *text, mode_t mode)
{
	int fd = open(stage_path(s, 3, path), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	if (fd < 0)
		return -errno;
	size_t length = strlen(text);
	int r = write(fd, text, length) == (ssize_t)length ? 0 : -EIO;
	close(fd);
	return r;
}

int stage_copy_self(const struct stage *s, const char *path, mode_t mode)
{
	int fd = open(stage_path(s, 3, path), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	if (fd < 0)
		return -errno;
	struct inside in = { .self = s->self };
	int r = (int)copy_self(&in, fd);
	if (r == 0 && fchmod(fd, mode) < 0)
		r = -errno;
	close(fd);
	return r;
}

static int stage_directory(struct stage *s)
{
	static const char *const folders[] = { "ro",	    "rw",	"out",
					       "ro/sub",    "ro/later", "rw/private",
					       "out/empty", "rw/a",	"rw/a/b" };
	const char *base = getenv("TMPDIR");

	snprintf(s->dir, sizeof(s->dir), "%s/evil.XXXXXX", base ? base : "/var/tmp");
	if (!mkdtemp(s->dir))
		return -errno;
	/* everybody may do everything by file mode: only the sandbox may be what refuses */
	if (chmod(s->dir, 0777) < 0)
		return -errno;
	for (size_t i = 0; i < COUNT(folders); i++) {
		if (mkdir(stage_path(s, 0, folders[i]), 0777) < 0)
			return -errno;
	}
	static const char *const canaries[] = { "out/victim", "out/second", "rw/private/secret" };
	for (size_t i = 0; i < COUNT(canaries); i++) {
		int r = stage_file(s, canaries[i], s->canary, 0666);
		if (r < 0)
			return r;
	}
	const struct timespec old[2] = { { .tv_sec = OLD_TIME }, { .tv_sec = OLD_TIME } };
	if (utimensat(AT_FDCWD, stage_path(s, 0, "out/victim"), old, 0) < 0)
		return -errno;
	int r = stage_file(s, "ro/file", "readable\n", 0666);
	if (r == 0)
		r = stage_file(s, "ro/second", "readable too\n", 0666);
	stage_fact(s, "dir", "%s", s->dir);
	stage_fact(s, "canary", "%s", s->canary);
	return r;
}

static int signal_pipe = -1;

static void note_signal(int number)
{
	unsigned char byte = (unsigned char)number;

	(void)!write(signal_pipe, &byte, 1); /* the pipe holds far more than one run sends */
}

static _Noreturn void be_victim(int pipe_end)
{
	static const int noted[] = { SIGUSR1, SIGUSR2, SIGIO, SIGURG, SIGCHLD, SIGTERM, SIGCONT };
	struct sigaction act = { .sa_handler = note_signal };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal_pipe = pipe_end;
	for (size_t i = 0; i < COUNT(noted); i++)
		sigaction(noted[i], &act, NULL);
	note_signal(0); /* from now on a signal is noted, not deadly */
	for (;;)
		pause();
}

static int stage_victim(struct stage *s)
{
	unsigned char ready;
	int ends[2];

	snprintf(victim_memory, sizeof(victim_memory), "%s", s->canary);
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	s->victim = fork();
	if (s->victim < 0)
		return -errno;
	if (s->victim == 0)
		be_victim(ends[1]);
	close(ends[1]);
	s->victim_pipe = ends[0];
	if (read(ends[0], &ready, 1) != 1 || fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0)
		return -EPIPE;
	stage_fact(s, "victim", "%d", (int)s->victim);
	stage_fact(s, "address", "%p", (void *)victim_memory);
	return 0;
}

static int stage_terminal(struct stage *s)
{
	struct termios raw;

	s->tty = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	if (s->tty < 0 || grantpt(s->tty) < 0 || unlockpt(s->tty) < 0)
		return -errno;
	s->tty_slave = ioctl(s->tty, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (s->tty_slave < 0 || tcgetattr(s->tty_slave, &raw) < 0)
		return -errno;
	cfmakeraw(&raw); /* so that what was pushed can be counted without a line's end */
	return tcsetattr(s->tty_slave, TCSANOW, &raw) < 0 ? -errno : 0;
}

static void make_canary(struct stage *s)
{
	unsigned long random = 0;

	if (syscall(SYS_getrandom, &random, sizeof(random), 0) != (long)sizeof(random))
		random = (unsigned long)time(NULL);
	snprintf(s->canary, sizeof(s->canary), "canary-%016lx", random);
}

int stage_init(struct stage *s)
{
	umask(0);
	s->victim_pipe = s->tty = s->tty_slave = s->to = s->from = -1;
	s->forbidden = s->granted = s->udp = s->abstract = s->path_socket = -1;
	s->scratch = -1;
	if (s->timeout_ms == 0)
		s->timeout_ms = 60000; /* 40000 short lives take 20 s where others are busy */
	make_canary(s);
	/* what the box leaves behind becomes our child: nothing outlives this program */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	signal(SIGPIPE, SIG_IGN);
	int r = stage_directory(s);
	if (r == 0 && (s->a->needs & NEED_VICTIM))
		r = stage_victim(s);
	if (r == 0 && (s->a->needs & NEED_TTY))
		r = stage_terminal(s);
	if (r == 0 && (s->a->needs & NEED_NET))
		r = stage_network(s);
	if (r == 0 && s->a->outside && s->a->outside->prepare)
		r = s->a->outside->prepare(s);
	return r;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st, (void)kind, (void)at;
	(void)remove(path); /* what cannot be removed is left to the temporary directory */
	return 0;
}

void stage_done(struct stage *s)
{
	pid_t extra[] = { s->victim, s->helper };

	for (size_t i = 0; i < COUNT(extra); i++) {
		if (extra[i] > 0) {
			kill(extra[i], SIGKILL);
			waitpid(extra[i], NULL, 0);
		}
	}
	if (s->a->outside && s->a->outside->finish)
		s->a->outside->finish(s);
	s->victim = s->helper = 0;
	(void)play_reap(s); /* what those leave behind */
	stage_network_done(s);
	int *fds[] = { &s->victim_pipe, &s->tty, &s->tty_slave, &s->to, &s->from, &s->scratch };
	for (size_t i = 0; i < COUNT(fds); i++) {
		if (*fds[i] >= 0)
			close(*fds[i]);
	}
	umount2(stage_path(s, 0, "ro/sub"), MNT_DETACH); /* EINVAL: nothing was mounted */
	umount2(stage_path(s, 0, "ro/later"), MNT_DETACH);
	umount2(stage_path(s, 0, "ro"), MNT_DETACH);
	if (strstr(s->dir, "/evil."))
		nftw(s->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static bool canary_touched(struct stage *s)
{
	struct stat st;
	struct inside in = { .control = false };
	char pair[128];
	char *facts[1] = { pair };

	if (lstat(stage_path(s, 0, "out/victim"), &st) < 0) {
		snprintf(s->note, sizeof(s->note), "the canary file is gone");
		return true;
	}
	snprintf(pair, sizeof(pair), "canary=%s", s->canary);
	in.facts = facts;
	in.fact_count = 1;
	bool same = read_canary(&in, stage_path(s, 0, "out/victim")) == 0;
	if (same && st.st_nlink == 1 && st.st_mtime == OLD_TIME && (st.st_mode & 07777) == 0666)
		return false;
	snprintf(s->note, sizeof(s->note), "the canary file was changed (%s, links %lu, mode %o)",
		 same ? "same text" : "other text", (unsigned long)st.st_nlink, st.st_mode & 07777);
	return true;
}

bool stage_touched(struct stage *s)
{
	unsigned char number;

	if (canary_touched(s))
		return true;
	if (s->victim_pipe >= 0 && read(s->victim_pipe, &number, 1) == 1) {
		snprintf(s->note, sizeof(s->note), "the victim got signal %d", number);
		return true;
	}
	return (s->a->needs & NEED_NET) && stage_network_touched(s);
}
