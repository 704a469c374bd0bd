/* SPDX-License-Identifier: ISC */
/* facts.c - what an attempt knows and the small helpers all attempts share */
#include "evil.h"

#include <signal.h>
#include <sys/wait.h>

const char *fact(const struct inside *in, const char *key)
{
	size_t length = strlen(key);

	for (size_t i = 0; i < in->fact_count; i++) {
		if (strncmp(in->facts[i], key, length) == 0 && in->facts[i][length] == '=')
			return in->facts[i] + length + 1;
	}
	return "";
}

long fact_number(const struct inside *in, const char *key, long missing)
{
	const char *text = fact(in, key);

	return text[0] ? strtol(text, NULL, 0) : missing;
}

const char *below(const struct inside *in, unsigned slot, const char *path)
{
	static char text[4][512];

	snprintf(text[slot], sizeof(text[slot]), "%s/%s", fact(in, "dir"), path);
	return text[slot];
}

long fd_holds_canary(const struct inside *in, int fd)
{
	const char *canary = fact(in, "canary");
	char text[128] = "";
	long got = OUTCOME(pread(fd, text, sizeof(text) - 1, 0));

	if (got < 0)
		return got;
	return canary[0] && strncmp(text, canary, strlen(canary)) == 0 ? 0 : -EBADMSG;
}

long read_canary_at(const struct inside *in, int dirfd, const char *path)
{
	long fd = OUTCOME(openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
	if (fd < 0)
		return fd;
	long r = fd_holds_canary(in, (int)fd);
	close((int)fd);
	return r;
}

long read_canary(const struct inside *in, const char *path)
{
	return read_canary_at(in, AT_FDCWD, path);
}

bool ask_outside(const char *word)
{
	char line[128], reply;
	int length = snprintf(line, sizeof(line), "@%s\n", word);

	if (write(STDOUT_FILENO, line, (size_t)length) != length)
		return false;
	for (;;) {
		ssize_t n = read(STDIN_FILENO, &reply, 1);
		if (n < 0 && errno == EINTR)
			continue;
		return n == 1;
	}
}

long slurp(const char *path, char *text, size_t size)
{
	long fd = OUTCOME(open(path, O_RDONLY | O_CLOEXEC));
	if (fd < 0)
		return fd;
	size_t at = 0;
	long n;
	do {
		n = OUTCOME(read((int)fd, text + at, size - 1 - at));
		at += n > 0 ? (size_t)n : 0;
	} while (n > 0 && at < size - 1);
	close((int)fd);
	text[at] = '\0';
	return n < 0 ? n : (long)at;
}

bool status_line(const char *path, const char *name, char *text, size_t size)
{
	char status[4096];

	if (slurp(path, status, sizeof(status)) < 0)
		return false;
	size_t length = strlen(name);
	for (const char *line = status; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, name, length) != 0 || line[length] != ':')
			continue;
		line += length + 1;
		line += strspn(line, " \t");
		snprintf(text, size, "%.*s", (int)strcspn(line, "\n"), line);
		return true;
	}
	return false;
}

long in_child(long (*function)(const struct inside *, void *), const struct inside *in,
	      void *argument)
{
	int out[2], status = 0;

	if (pipe2(out, O_CLOEXEC) < 0)
		return -errno;
	pid_t pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0) {
		long r = function(in, argument);
		_exit(write(out[1], &r, sizeof(r)) == sizeof(r) ? 0 : 9);
	}
	close(out[1]);
	long result = -EPIPE;
	(void)!read(out[0], &result, sizeof(result)); /* a child that died leaves -EPIPE */
	close(out[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : result;
}

long copy_self(const struct inside *in, int to)
{
	char block[65536];
	long from = OUTCOME(open(in->self, O_RDONLY | O_CLOEXEC));
	if (from < 0)
		return from;
	long n;
	while ((n = OUTCOME(read((int)from, block, sizeof(block)))) > 0) {
		if (write(to, block, (size_t)n) != n) {
			n = -EIO;
			break;
		}
	}
	close((int)from);
	return n;
}
