/* SPDX-License-Identifier: ISC */
#include "box.h"

#include "../../compat/outside.h"
#include "../../tap.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SERVERS_MAX = 16, ARGUMENTS_MAX = 64, OUTPUT_MAX = 16384 };

const char *const judged_identities[] = { "root", "user", "user-nons", NULL };

struct server {
	int fd, type;
	unsigned port;
	long *count; /* shared with the process that serves */
};
static struct server servers[SERVERS_MAX];
static int server_count;

/* ---- servers ---- */

static struct server *add_server(int fd, int type)
{
	static long *counts;
	struct server *s = &servers[server_count];

	if (!counts)
		counts =
			mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(counts != MAP_FAILED && server_count < SERVERS_MAX);
	*s = (struct server){ .fd = fd, .type = type, .count = &counts[server_count++] };
	return s;
}

static struct server *serve_inet(const char *address, int type)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	int family = strchr(address, ':') ? AF_INET6 : AF_INET;
	const struct sockaddr *at =
		family == AF_INET ? (struct sockaddr *)&in : (struct sockaddr *)&in6;
	socklen_t length = family == AF_INET ? sizeof(in) : sizeof(in6);
	int fd = socket(family, type | SOCK_CLOEXEC, 0);
	struct server *s;

	CHECK_INT(inet_pton(family, address,
			    family == AF_INET ? (void *)&in.sin_addr : (void *)&in6.sin6_addr),
		  1);
	if (family == AF_INET6 && bind(fd, at, length) < 0)
		SKIP("no IPv6 here");
	CHECK(family == AF_INET6 || !bind(fd, at, length));
	CHECK(type == SOCK_DGRAM || !listen(fd, 200));
	/* Nothing may be lost while the server waits for a processor. */
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &(int){ 1 << 24 }, sizeof(int));
	s = add_server(fd, type);
	CHECK(!getsockname(fd, (struct sockaddr *)(uintptr_t)at, &length));
	s->port = ntohs(family == AF_INET ? in.sin_port : in6.sin6_port);
	return s;
}

struct server *serve_tcp(const char *address)
{
	return serve_inet(address, SOCK_STREAM);
}

struct server *serve_udp(const char *address)
{
	return serve_inet(address, SOCK_DGRAM);
}

struct server *serve_local(const char *path, int type)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	socklen_t length = sizeof(un);
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	(void)snprintf(un.sun_path, sizeof(un.sun_path), "%s", path);
	if (path[0] == '@') {
		un.sun_path[0] = '\0';
		length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
	}
	CHECK(!bind(fd, (struct sockaddr *)&un, length));
	CHECK(path[0] == '@' || !chmod(path, 0777));
	CHECK(type == SOCK_DGRAM || !listen(fd, 200));
	return add_server(fd, type);
}

struct server *serve_nobody(void)
{
	struct server *s = serve_tcp("127.0.0.1");
	struct sockaddr_in in;
	socklen_t length = sizeof(in);

	CHECK(!listen(s->fd, 0));
	CHECK(!getsockname(s->fd, (struct sockaddr *)&in, &length));
	s->type = 0;
	for (int i = 0; i < 4; i++) { /* one or two get in, the rest waits as others will */
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

		CHECK(connect(fd, (struct sockaddr *)&in, sizeof(in)) == 0 || errno == EINPROGRESS);
	}
	return s;
}

static void serve_one(struct server *s)
{
	static char bytes[1 << 17];
	int fd;

	if (s->type == SOCK_DGRAM) {
		while (recv(s->fd, bytes, sizeof(bytes), MSG_DONTWAIT) >= 0)
			__atomic_add_fetch(s->count, 1, __ATOMIC_SEQ_CST);
		return;
	}
	fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC);
	if (fd < 0)
		return;
	__atomic_add_fetch(s->count, 1, __ATOMIC_SEQ_CST);
	(void)!send(fd, "s", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	close(fd);
}

void serve(void)
{
	pid_t pid = fork();
	struct pollfd fds[SERVERS_MAX];

	CHECK(pid >= 0);
	if (pid)
		return;
	for (;;) {
		for (int i = 0; i < server_count; i++)
			fds[i] = (struct pollfd){ servers[i].type ? servers[i].fd : -1, POLLIN, 0 };
		if (poll(fds, (nfds_t)server_count, -1) <= 0)
			continue;
		for (int i = 0; i < server_count; i++)
			if (fds[i].revents)
				serve_one(&servers[i]);
	}
}

unsigned port_of(const struct server *s)
{
	return s->port;
}

long came_to(const struct server *s)
{
	long before, now = -1;

	do { /* what is under way arrives */
		before = now;
		(void)poll(NULL, 0, 50);
		now = __atomic_load_n(s->count, __ATOMIC_SEQ_CST);
	} while (now != before);
	return now;
}

/* ---- texts ---- */

const char *text(const char *format, ...)
{
	static char texts[64][2048];
	static unsigned turn;
	char *t = texts[turn++ % 64];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(t, sizeof(texts[0]), format, args);
	va_end(args);
	return t;
}

const char *shared_directory(void)
{
	static char path[64];

	(void)snprintf(path, sizeof(path), "/tmp/ambit-net-XXXXXX");
	CHECK(mkdtemp(path) && !chmod(path, 0755));
	return path;
}

void remove_directory(const char *path)
{
	const char *const argv[] = { "/bin/rm", "-r", path, NULL };
	char out[64];

	CHECK_INT(outside_run(argv, out, sizeof(out)), 0);
}

/* ---- the box ---- */

struct arguments {
	const char *list[ARGUMENTS_MAX + 1];
	int count;
	char text[8192];
	size_t used;
};

static void add(struct arguments *a, const char *word, size_t length)
{
	CHECK(a->count < ARGUMENTS_MAX && a->used + length < sizeof(a->text));
	a->list[a->count++] = a->text + a->used;
	memcpy(a->text + a->used, word, length);
	a->text[a->used + length] = '\0';
	a->used += length + 1;
}

/* Each piece of @words, which @separator ends, as an argument; @option in front of it. */
static void add_each(struct arguments *a, const char *words, char separator, const char *option)
{
	while (*words) {
		const char *end = strchrnul(words, separator);

		if (end != words && option)
			add(a, option, strlen(option));
		if (end != words)
			add(a, words, (size_t)(end - words));
		words = *end ? end + 1 : end;
	}
}

static const char *run(struct arguments *a)
{
	static char out[OUTPUT_MAX];
	int status;

	a->list[a->count] = NULL;
	status = outside_run(a->list, out, sizeof(out));
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		SKIP("needs root, to be every identity");
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		(void)snprintf(out + strlen(out), sizeof(out) - strlen(out), " status %#x",
			       (unsigned)status);
	return out;
}

const char *box(const char *identity, const char *policy, const char *acts)
{
	struct arguments a = { .count = 0 };
	const char *ambit = getenv("AMBIT"), *as = outside_built("tests/as/as");
	const char *actor = outside_built("tests/live/net/actor");

	CHECK(ambit != NULL);
	add(&a, as, strlen(as));
	add(&a, identity, strlen(identity));
	add(&a, "--", 2);
	add(&a, ambit, strlen(ambit));
	add(&a, "run", 3);
	add(&a, "--quiet", 7);
	add_each(&a, policy, '\n', "-e");
	add(&a, "--", 2);
	add(&a, actor, strlen(actor));
	add_each(&a, acts, ';', NULL);
	return run(&a);
}

const char *bare(const char *acts)
{
	struct arguments a = { .count = 0 };
	const char *actor = outside_built("tests/live/net/actor");

	add(&a, actor, strlen(actor));
	add_each(&a, acts, ';', NULL);
	return run(&a);
}
