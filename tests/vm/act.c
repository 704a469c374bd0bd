/* SPDX-License-Identifier: ISC */
/*
 * The program that the guest confines: each word is one act, and says how it ended.
 *
 *	act as UID COMMAND…      become UID without groups, then execute (used outside a box)
 *	act eat MIB              touch that much memory
 *	act fork N               have N children at once
 *	act spin MS              use that much processor time
 *	act uptime               print the milliseconds since the start, by the clock
 *	act again COMMAND…       execute a second program
 *	act leave TAG            leave two sessions behind and end; TAG is in their command line
 *	act stay TAG             the same, but stay too
 *	act tagged TAG           print the process ids of both (used outside a box)
 *	act serve                answer on loopback: tcp 4000, tcp 4001, udp 4000, @ambit-vm
 *	act reach tcp|udp PORT   0 when it answered
 *	act reach abstract 0
 *
 * Exit: 0 the act succeeded, 1 the kernel refused it (errno is printed), 2 misuse.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	PORT_A = 4000,
	PORT_B = 4001,
	FORK_MAX = 64,
	ANSWER_MS = 10000, /* how long a lost datagram is waited for; never an assertion */
};

struct endpoint {
	union {
		struct sockaddr sa;
		struct sockaddr_in in;
		struct sockaddr_un un;
	} addr;
	socklen_t len;
	int type;
};

static int refused(const char *what)
{
	const char *name = strerrorname_np(errno);

	printf("%s: %s\n", what, name != NULL ? name : "?");
	return 1;
}

static unsigned long number(const char *text)
{
	return text != NULL ? strtoul(text, NULL, 10) : 0;
}

static int act_as(char **argv)
{
	uid_t uid = (uid_t)number(argv[0]);

	if (setgroups(0, NULL) != 0 || setresgid(uid, uid, uid) != 0 ||
	    setresuid(uid, uid, uid) != 0)
		return refused("as");
	(void)execv(argv[1], argv + 1);
	return refused(argv[1]);
}

static int act_eat(char **argv)
{
	size_t size = number(argv[0]) << 20;
	unsigned char *p =
		mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return refused("eat");
	for (size_t i = 0; i < size; i += 4096)
		p[i] = (unsigned char)(1 + i / 4096);
	printf("ate %s\n", argv[0]);
	return 0;
}

/* The children wait for a pipe to close: where only a filter guards signals, none can be sent. */
static int act_fork(char **argv)
{
	unsigned long want = number(argv[0]);
	unsigned long have = 0;
	int result = 0, ends[2];
	char byte;

	if (pipe(ends))
		return refused("pipe");
	while (have < want && have < FORK_MAX) {
		pid_t child = fork();

		if (child == 0) {
			(void)close(ends[1]);
			_exit(read(ends[0], &byte, 1) != 0);
		}
		if (child < 0) {
			result = refused("fork");
			break;
		}
		have++;
	}
	printf("had %lu\n", have);
	(void)close(ends[1]);
	while (have > 0 && waitpid(-1, NULL, 0) > 0)
		have--;
	return result;
}

static int act_uptime(char **argv)
{
	struct timespec now;

	(void)argv;
	if (clock_gettime(CLOCK_BOOTTIME, &now) != 0)
		return refused("uptime");
	printf("%lld\n", (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000);
	return 0;
}

static int act_spin(char **argv)
{
	unsigned long want_ms = number(argv[0]);
	struct timespec used = { 0 };

	do {
		if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) != 0)
			return refused("spin");
	} while ((unsigned long)used.tv_sec * 1000 + (unsigned long)used.tv_nsec / 1000000 <
		 want_ms);
	return 0;
}

static int act_again(char **argv)
{
	(void)execv(argv[0], argv);
	return refused("again");
}

/* Two descendants that only a pid namespace, a control group or a reaper finds again */
static int leave(void)
{
	for (int i = 0; i < 2; i++) {
		pid_t pid = fork();

		if (pid < 0)
			return refused("leave");
		if (pid > 0)
			continue;
		(void)setsid();
		if (fork() > 0)
			_exit(0);
		(void)signal(SIGHUP, SIG_IGN);
		(void)signal(SIGTERM, SIG_IGN);
		for (;;)
			(void)pause();
	}
	return 0;
}

static int act_leave(char **argv)
{
	(void)argv;
	return leave();
}

static int act_stay(char **argv)
{
	(void)argv;
	int result = leave();

	if (result == 0)
		(void)pause();
	return result;
}

/* Is /proc/PID the command line of "act leave TAG" or "act stay TAG"? */
static bool is_tagged(const char *pid, const char *tag)
{
	char path[64];
	char line[256];

	(void)snprintf(path, sizeof(path), "/proc/%.20s/cmdline", pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	ssize_t n = read(fd, line, sizeof(line) - 1);

	(void)close(fd);
	line[n > 0 ? n : 0] = '\0';
	/* three strings, each with its end: the program, the word, the tag */
	const char *word = line + strlen(line) + 1;

	if (word - line >= n || (strcmp(word, "leave") != 0 && strcmp(word, "stay") != 0))
		return false;
	const char *last = word + strlen(word) + 1;

	return last - line < n && strcmp(last, tag) == 0;
}

static int act_tagged(char **argv)
{
	DIR *proc = opendir("/proc");

	if (proc == NULL)
		return refused("/proc");
	for (struct dirent *e; (e = readdir(proc)) != NULL;) {
		if (e->d_name[0] >= '1' && e->d_name[0] <= '9' && is_tagged(e->d_name, argv[0]))
			puts(e->d_name);
	}
	(void)closedir(proc);
	return 0;
}

static struct endpoint ip_endpoint(int type, unsigned long port)
{
	struct endpoint e = { .len = sizeof(e.addr.in), .type = type };

	e.addr.in.sin_family = AF_INET;
	e.addr.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	e.addr.in.sin_port = htons((uint16_t)port);
	return e;
}

static struct endpoint abstract_endpoint(void)
{
	static const char name[] = "ambit-vm";
	struct endpoint e = { .type = SOCK_STREAM };

	e.addr.un.sun_family = AF_UNIX;
	memcpy(e.addr.un.sun_path + 1, name, sizeof(name) - 1);
	e.len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + sizeof(name));
	return e;
}

static int listen_on(const struct endpoint *e)
{
	int one = 1;
	int fd = socket(e->addr.sa.sa_family, e->type | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, &e->addr.sa, e->len) != 0)
		return -1;
	if (e->type == SOCK_STREAM && listen(fd, 16) != 0)
		return -1;
	return fd;
}

static void answer(int fd, int type)
{
	struct sockaddr_storage from;
	socklen_t len = sizeof(from);
	char byte = 0;

	if (type == SOCK_DGRAM) {
		if (recvfrom(fd, &byte, 1, 0, (struct sockaddr *)&from, &len) == 1)
			(void)sendto(fd, "y", 1, 0, (struct sockaddr *)&from, len);
		return;
	}
	int conn = accept(fd, NULL, NULL);

	if (conn < 0)
		return;
	(void)send(conn, "y", 1, MSG_NOSIGNAL);
	(void)close(conn);
}

static int act_serve(char **argv)
{
	const struct endpoint ends[] = {
		ip_endpoint(SOCK_STREAM, PORT_A),
		ip_endpoint(SOCK_STREAM, PORT_B),
		ip_endpoint(SOCK_DGRAM, PORT_A),
		abstract_endpoint(),
	};
	struct pollfd fds[sizeof(ends) / sizeof(ends[0])];
	const nfds_t count = sizeof(ends) / sizeof(ends[0]);

	(void)argv;
	for (nfds_t i = 0; i < count; i++) {
		fds[i] = (struct pollfd){ .fd = listen_on(&ends[i]), .events = POLLIN };
		if (fds[i].fd < 0)
			return refused("serve");
	}
	puts("serving");
	(void)fflush(stdout);
	for (;;) {
		if (poll(fds, count, -1) < 0 && errno != EINTR)
			return refused("poll");
		for (nfds_t i = 0; i < count; i++) {
			if ((fds[i].revents & POLLIN) != 0)
				answer(fds[i].fd, ends[i].type);
		}
	}
}

static int act_reach(char **argv)
{
	struct endpoint e = { .len = 0 };
	char byte = 0;

	if (strcmp(argv[0], "abstract") == 0)
		e = abstract_endpoint();
	else
		e = ip_endpoint(strcmp(argv[0], "udp") == 0 ? SOCK_DGRAM : SOCK_STREAM,
				number(argv[1]));
	int fd = socket(e.addr.sa.sa_family, e.type | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return refused("socket");
	if (connect(fd, &e.addr.sa, e.len) != 0)
		return refused("connect");
	if (e.type == SOCK_DGRAM && send(fd, "x", 1, MSG_NOSIGNAL) != 1)
		return refused("send");
	struct pollfd p = { .fd = fd, .events = POLLIN };

	errno = ETIMEDOUT;
	if (poll(&p, 1, ANSWER_MS) != 1)
		return refused("no answer");
	if (recv(fd, &byte, 1, 0) != 1 || byte != 'y')
		return refused("no answer");
	puts("reached");
	return 0;
}

/* Memory that is written and then executed, in one step and in two */
static int act_wx(char **argv)
{
	const size_t page = 4096;
	void *both = mmap(NULL, page, PROT_READ | PROT_WRITE | PROT_EXEC,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	void *later = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)argv;
	if (later == MAP_FAILED)
		return refused("mmap");
	*(volatile char *)later = 1;
	int changed = mprotect(later, page, PROT_READ | PROT_EXEC);

	if (both == MAP_FAILED && changed != 0)
		return refused("mprotect");
	puts("mapped both");
	return 0;
}

static const struct {
	const char *word;
	int arguments;
	int (*run)(char **argv);
} acts[] = {
	{ "as", 2, act_as },	   { "eat", 1, act_eat },	{ "fork", 1, act_fork },
	{ "spin", 1, act_spin },   { "uptime", 0, act_uptime }, { "again", 1, act_again },
	{ "leave", 1, act_leave }, { "stay", 1, act_stay },	{ "tagged", 1, act_tagged },
	{ "serve", 0, act_serve }, { "reach", 2, act_reach },	{ "wx", 0, act_wx },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof(acts) / sizeof(acts[0]); i++) {
		if (strcmp(argv[1], acts[i].word) == 0 && argc - 2 >= acts[i].arguments)
			return acts[i].run(argv + 2);
	}
	fputs("act: no such act\n", stderr);
	return 2;
}
