/* SPDX-License-Identifier: ISC */
/*
 * taken.c - the web server, taken over: hostile code in the parser and in the serving process
 *
 * Linked around the example's own http_parse() and answer_request(). A request for /taken/parser
 * makes the parser try to reach what it should not, one for /taken/server the serving process;
 * the answer lists what was had. The same around a server without policies is the control.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "answer.h"

void __real_http_parse(const char *head, size_t length, struct http_request *ret);
void __wrap_http_parse(const char *head, size_t length, struct http_request *ret);
void __real_answer_request(struct files *files, const struct http_request *request,
			   const struct moment *now, struct answer *ret);
void __wrap_answer_request(struct files *files, const struct http_request *request,
			   const struct moment *now, struct answer *ret);

static bool opens(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);

	if (fd >= 0)
		(void)close(fd);
	return fd >= 0;
}

static bool reads_passwd(void)
{
	return opens("/etc/passwd", O_RDONLY);
}

static bool writes_tmp(void)
{
	char path[64];
	bool done;

	(void)snprintf(path, sizeof(path), "/tmp/ambit-taken-%d", getpid());
	done = opens(path, O_WRONLY | O_CREAT);
	(void)unlink(path);
	return done;
}

static bool makes_socket(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0)
		(void)close(fd);
	return fd >= 0;
}

static bool binds(void)
{
	const struct sockaddr_in any = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool done = fd >= 0 && bind(fd, (const struct sockaddr *)&any, sizeof(any)) == 0;

	if (fd >= 0)
		(void)close(fd);
	return done;
}

static bool forks(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid > 0 && waitpid(pid, NULL, 0) == pid;
}

/* In a child where there can be one; else in its own place, and then no answer comes back. */
static bool executes(void)
{
	char *const argv[] = { (char[]){ "true" }, NULL };
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		(void)execv("/bin/true", argv);
		_exit(1);
	}
	if (pid < 0) {
		(void)execv("/bin/true", argv);
		return false;
	}
	return waitpid(pid, &status, 0) == pid && status == 0;
}

static bool signals_parent(void)
{
	return kill(getppid(), 0) == 0;
}

static bool traces_parent(void)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/mem", getppid());
	return opens(path, O_RDWR);
}

/* Memory written first and run then: how shell code comes to life. */
static bool runs_data(void)
{
	void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return at != MAP_FAILED && mprotect(at, 4096, PROT_READ | PROT_EXEC) == 0;
}

static const struct {
	const char *name;
	bool (*act)(void);
} acts[] = {
	{ "reads-passwd", reads_passwd },
	{ "writes-tmp", writes_tmp },
	{ "makes-socket", makes_socket },
	{ "binds", binds },
	{ "forks", forks },
	{ "executes", executes },
	{ "signals-parent", signals_parent },
	{ "traces-parent", traces_parent },
	{ "runs-data", runs_data },
};
enum { ACTS = sizeof(acts) / sizeof(*acts) };

static int64_t act_all(void)
{
	int64_t done = 0;

	for (int i = 0; i < ACTS; i++)
		done |= acts[i].act() ? INT64_C(1) << i : 0;
	return done;
}

static bool is_hidden_word(const char *head, size_t length, const char *word)
{
	return memmem(head, length, word, strlen(word)) != NULL;
}

/* What it found it tells as the beginning of a range: a number that it may answer. */
void __wrap_http_parse(const char *head, size_t length, struct http_request *ret)
{
	__real_http_parse(head, length, ret);
	if (is_hidden_word(head, length, "taken/parser"))
		ret->range.first = act_all();
	if (is_hidden_word(head, length, "taken/crash"))
		__builtin_trap();
	if (is_hidden_word(head, length, "taken/hang"))
		for (;;)
			continue;
	/* A lie: a path out of the root. The server must not take it. */
	if (is_hidden_word(head, length, "taken/lies"))
		(void)snprintf(ret->path, sizeof(ret->path), "../../etc/passwd");
}

void __wrap_answer_request(struct files *files, const struct http_request *request,
			   const struct moment *now, struct answer *ret)
{
	const bool server = strcmp(request->path, "taken/server") == 0;
	int64_t done = request->range.first;
	char body[256] = "had:";

	if (!server && strcmp(request->path, "taken/parser") != 0) {
		__real_answer_request(files, request, now, ret);
		return;
	}
	answer_refuse(404, false, now, ret);
	if (server)
		done = act_all();
	for (int i = 0; i < ACTS; i++)
		if (done >> i & 1)
			(void)snprintf(body + strlen(body), sizeof(body) - strlen(body), " %s",
				       acts[i].name);
	ret->length = (size_t)snprintf(ret->text, sizeof(ret->text),
				       "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s .\n",
				       strlen(body) + 3, body);
}
