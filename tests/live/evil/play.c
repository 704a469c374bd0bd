/* SPDX-License-Identifier: ISC */
/* play.c - start the launcher, talk with the inside, wait, clean up, judge */
#include "outside.h"

#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>

void nap_ms(int ms)
{
	const struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000 };

	nanosleep(&t, NULL);
}

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static _Noreturn void child_main(struct stage *s, int in, int out)
{
	static const char said[] = "outside: the launcher cannot be executed\n";

	signal(SIGPIPE, SIG_DFL);
	if (s->tty_slave >= 0) {
		setsid();
		in = s->tty_slave;
		ioctl(in, TIOCSCTTY, 0);
	}
	/* dup2 clears close-on-exec: exactly 0, 1 and 2 are handed over, and what a hook opens */
	dup2(in, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(out, STDERR_FILENO);
	if (s->a->outside && s->a->outside->before_exec)
		s->a->outside->before_exec(s);
	execvp(s->argv[0], s->argv);
	(void)!write(STDERR_FILENO, said, sizeof(said) - 1);
	_exit(127);
}

int play_start(struct stage *s)
{
	int in[2], out[2];

	if (pipe2(in, O_CLOEXEC) < 0)
		return -errno;
	if (pipe2(out, O_CLOEXEC) < 0) {
		int err = errno;
		close(in[0]);
		close(in[1]);
		return -err;
	}
	s->argv = stage_command(s);
	s->child = fork();
	if (s->child == 0)
		child_main(s, in[0], out[1]);
	int r = s->child < 0 ? -errno : 0;
	close(in[0]);
	close(out[1]);
	s->to = in[1];
	s->from = out[0];
	return r;
}

void play_reply(struct stage *s)
{
	int fd = s->tty >= 0 ? s->tty : s->to;

	(void)!write(fd, "g", 1); /* an inside that is gone needs no answer */
}

static void hear(struct stage *s)
{
	char *line;

	for (;;) {
		line = s->output + s->parsed;
		char *end = memchr(line, '\n', s->output_length - s->parsed);
		if (!end)
			return;
		s->parsed = (size_t)(end + 1 - s->output);
		if (line[0] != '@')
			continue;
		*end = '\0';
		if (s->a->outside && s->a->outside->answer)
			s->a->outside->answer(s, line + 1);
		else
			play_reply(s);
		*end = '\n';
	}
}

static void read_output(struct stage *s)
{
	size_t room = sizeof(s->output) - 1 - s->output_length;
	char spill[4096];
	ssize_t n = read(s->from, room ? s->output + s->output_length : spill,
			 room ? room : sizeof(spill));

	if (n <= 0) {
		s->eof = true;
		return;
	}
	s->output_length += room ? (size_t)n : 0;
	s->output[s->output_length] = '\0';
	hear(s);
}

static void take_status(struct stage *s)
{
	if (!s->exited && waitpid(s->child, &s->status, WNOHANG) == s->child)
		s->exited = true;
}

void play_wait(struct stage *s)
{
	int pidfd = (int)syscall(SYS_pidfd_open, s->child, 0);
	long end = now_ms() + s->timeout_ms;

	while (!s->exited || !s->eof) {
		long left = end - now_ms();
		/* survivors may hold the pipe: after the launcher's end they get little time */
		if (s->exited && left > 500)
			left = 500;
		struct pollfd p[2] = { { .fd = s->eof ? -1 : s->from, .events = POLLIN },
				       { .fd = s->exited ? -1 : pidfd, .events = POLLIN } };
		int n = left > 0 ? poll(p, 2, (int)left) : 0;
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			s->timed_out = !s->exited;
			break;
		}
		if (p[0].revents)
			read_output(s);
		if (p[1].revents)
			take_status(s);
	}
	if (pidfd >= 0)
		close(pidfd);
	if (s->timed_out) {
		kill(s->child, SIGKILL);
		waitpid(s->child, &s->status, 0);
		s->exited = true;
	}
}

/* The children of @pid, read from /proc; how many were put into @list. */
static size_t children_of(pid_t pid, pid_t *list, size_t size)
{
	char path[64], text[8192];

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)pid, (int)pid);
	if (slurp(path, text, sizeof(text)) < 0)
		return 0;
	size_t count = 0;
	char *at = text, *next;
	for (; count < size; at = next) {
		long child = strtol(at, &next, 10);
		if (next == at)
			break;
		list[count++] = (pid_t)child;
	}
	return count;
}

static bool is_dead(pid_t pid)
{
	char path[64], state[32] = "";

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	return !status_line(path, "State", state, sizeof(state)) || state[0] == 'Z' ||
	       state[0] == 'X';
}

/* Our children but the stage's own; how many of them still live. */
static size_t strangers(const struct stage *s, pid_t *list, size_t size, unsigned *ret_alive)
{
	pid_t all[512];
	size_t count = children_of(getpid(), all, COUNT(all)), kept = 0;

	*ret_alive = 0;
	for (size_t i = 0; i < count && kept < size; i++) {
		if (all[i] == s->victim || all[i] == s->helper)
			continue;
		list[kept++] = all[i];
		*ret_alive += !is_dead(all[i]);
	}
	return kept;
}

unsigned play_reap(struct stage *s)
{
	pid_t list[512];
	unsigned alive, now;

	size_t count = strangers(s, list, COUNT(list), &alive);
	for (int i = 0; i < 100 && alive > 0; i++) {
		nap_ms(20); /* what is already dying may take a moment */
		count = strangers(s, list, COUNT(list), &alive);
	}
	for (int round = 0; round < 100 && count > 0; round++) {
		for (size_t i = 0; i < count; i++) {
			kill(list[i], SIGKILL);
			waitpid(list[i], NULL, 0);
		}
		count = strangers(s, list, COUNT(list), &now);
	}
	return alive;
}

pid_t play_inner_pid(const struct stage *s)
{
	pid_t at = s->child, next[16];

	for (int depth = 0; depth < 8; depth++) {
		size_t count = children_of(at, next, COUNT(next));
		if (count == 0)
			break;
		at = next[count - 1];
	}
	return at;
}

/* The last line that begins with @prefix, without it and its end; NULL when there is none. */
static const char *last_line(const struct stage *s, const char *prefix, char *text, size_t size)
{
	size_t length = strlen(prefix);
	const char *found = NULL;

	for (const char *line = s->output; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (*line && strncmp(line, prefix, length) == 0)
			found = line + length;
	}
	if (!found)
		return NULL;
	snprintf(text, size, "%.*s", (int)strcspn(found, "\n"), found);
	return text;
}

/* The signal that ended the attempt, seen directly or as 128+n through a launcher. */
static int fatal_signal(const struct stage *s)
{
	if (WIFSIGNALED(s->status))
		return WTERMSIG(s->status);
	return WIFEXITED(s->status) && WEXITSTATUS(s->status) > 128 ? WEXITSTATUS(s->status) - 128
								    : 0;
}

static bool refused_by_death(struct stage *s)
{
	int number = fatal_signal(s);
	bool by_filter = (s->a->needs & DIES_BY_FILTER) && number == SIGSYS;
	bool by_limit = (s->a->needs & DIES_BY_LIMIT) &&
			(number == SIGKILL || number == SIGXCPU || number == SIGXFSZ);

	if ((by_filter || by_limit) && !s->timed_out)
		snprintf(s->note, sizeof(s->note), "killed by SIG%s", sigabbrev_np(number));
	return (by_filter || by_limit) && !s->timed_out;
}

/* What the inside said last, with its words in the note; ESCAPED when it said nothing. */
static enum verdict last_verdict(struct stage *s)
{
	static const struct {
		const char *prefix;
		enum verdict verdict;
	} kinds[] = { { "stopped: ", STOPPED }, { "untried: ", UNTRIED }, { "acted: ", ACTED } };
	enum verdict v = ESCAPED;

	for (const char *line = s->output; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		for (size_t i = 0; i < COUNT(kinds); i++) {
			size_t length = strlen(kinds[i].prefix);
			if (strncmp(line, kinds[i].prefix, length) != 0)
				continue;
			v = kinds[i].verdict;
			snprintf(s->note, sizeof(s->note), "%.*s",
				 (int)strcspn(line + length, "\n"), line + length);
		}
	}
	return v;
}

static enum verdict inside_verdict(struct stage *s)
{
	if (last_line(s, "ESCAPED: ", s->note, sizeof(s->note)))
		return ESCAPED;
	if (s->timed_out) {
		snprintf(s->note, sizeof(s->note), "no end within %d ms", s->timeout_ms);
		return UNTRIED;
	}
	if (refused_by_death(s))
		return STOPPED;
	enum verdict v = last_verdict(s);
	if (v == ACTED || v == UNTRIED)
		return v;
	if (v == STOPPED && WIFEXITED(s->status) && WEXITSTATUS(s->status) == 0)
		return STOPPED;
	char last[512] = "";
	last_line(s, "", last, sizeof(last));
	snprintf(s->note, sizeof(s->note), "did not run: status %d: %s",
		 WIFEXITED(s->status) ? WEXITSTATUS(s->status) : 128 + WTERMSIG(s->status), last);
	return UNTRIED;
}

enum verdict play_verdict(struct stage *s)
{
	enum verdict v = inside_verdict(s);

	if (s->a->outside && s->a->outside->judge)
		v = s->a->outside->judge(s, v);
	if (v != ESCAPED && stage_touched(s))
		return ESCAPED;
	if (v == ACTED)
		v = STOPPED; /* the act left no trace outside */
	return v;
}

void play_close(struct stage *s)
{
	close(s->to);
	close(s->from);
	s->to = s->from = -1;
}

enum verdict play_once(struct stage *s)
{
	int r = play_start(s);

	if (r < 0) {
		snprintf(s->note, sizeof(s->note), "cannot start: %s", errno_word(-r));
		return UNTRIED;
	}
	play_wait(s);
	s->survivors = play_reap(s);
	if (s->verbose)
		fprintf(stderr, "%s", s->output);
	enum verdict v = play_verdict(s);
	command_free(s->argv);
	s->argv = NULL;
	return v;
}
