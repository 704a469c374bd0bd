/* SPDX-License-Identifier: ISC */
#include "place.h"

#include "../tap.h"
#include "outside.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const directories[] = { "in", "w", "out" };
static const char *const kept[] = { "in/file", "in/cut",   "out/file",
				    "out/cut", "out/name", "out/gone" };
static const char *const made[] = {
	"out/new", "out/other", "w/link", "w/new", "w/newer", "w/words"
};

const char *place_path(const struct place *p, const char *name)
{
	static char paths[16][128];
	static unsigned turn;
	char *path = paths[turn++ % 16];

	(void)snprintf(path, sizeof(paths[0]), "%s/%s", p->directory, name);
	return path;
}

/* ---- files ----------------------------------------------------------------------------------- */

static void copy_program(const struct place *p)
{
	int from = open(outside_built("tests/compat/act"), O_RDONLY | O_CLOEXEC);
	int to = open(place_path(p, "act"), O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	struct stat st;

	CHECK(from >= 0 && to >= 0 && !fstat(from, &st));
	for (off_t at = 0; at < st.st_size;)
		CHECK(sendfile(to, from, &at, (size_t)(st.st_size - at)) > 0);
	CHECK(!fchmod(to, 0755)); /* whatever the umask is */
	(void)close(from);
	(void)close(to);
}

static void make_files(struct place *p)
{
	(void)snprintf(p->directory, sizeof(p->directory), "/tmp/ambit-compat-XXXXXX");
	CHECK(mkdtemp(p->directory));
	CHECK(!chmod(p->directory, 0755));
	for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++) {
		CHECK(!mkdir(place_path(p, directories[i]), 0777));
		CHECK(!chmod(place_path(p, directories[i]), 0777));
	}
	copy_program(p);
}

static void drain(int server)
{
	char byte;
	int fd;

	while ((fd = accept4(server, NULL, NULL, SOCK_NONBLOCK)) >= 0)
		(void)close(fd);
	while (recv(server, &byte, 1, MSG_DONTWAIT) >= 0)
		;
}

void place_tidy(const struct place *p)
{
	for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++)
		(void)unlink(place_path(p, made[i]));
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		int fd = open(place_path(p, kept[i]), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
			      0666);

		CHECK(fd >= 0 && write(fd, "words\n", 6) == 6);
		CHECK(!fchown(fd, p->uid, p->gid) && !fchmod(fd, 0666));
		(void)close(fd);
	}
	for (size_t i = 0; i < p->server_count; i++)
		drain(p->servers[i]);
}

/* ---- servers: the kernel answers for them ---------------------------------------------------- */

static void serve_port(struct place *p, int type, size_t index, bool stays)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t size = sizeof(at);
	int fd = socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	CHECK(fd >= 0 && !bind(fd, (struct sockaddr *)&at, sizeof(at)));
	CHECK(!getsockname(fd, (struct sockaddr *)&at, &size));
	(void)snprintf(p->port[index], sizeof(p->port[0]), "%d", ntohs(at.sin_port));
	if (type == SOCK_STREAM && stays)
		CHECK(!listen(fd, 64));
	if (stays)
		p->servers[p->server_count++] = fd;
	else /* its number is free again, for who is allowed to listen */
		(void)close(fd);
}

/* A name that begins with '@' is abstract. */
static void serve_name(struct place *p, const char *name)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	size_t length = strlen(name) + (name[0] != '@');
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	memcpy(at.sun_path, name, length);
	if (name[0] == '@')
		at.sun_path[0] = '\0';
	CHECK(fd >= 0 && !bind(fd, (struct sockaddr *)&at,
			       (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)));
	CHECK(!listen(fd, 64));
	if (name[0] != '@')
		CHECK(!chmod(name, 0777));
	p->servers[p->server_count++] = fd;
}

static void serve_all(struct place *p)
{
	char abstract[64];

	for (size_t i = 0; i < PORT_COUNT; i++)
		serve_port(p, i / 2 == 1 ? SOCK_DGRAM : SOCK_STREAM, i, i < 4);
	serve_name(p, place_path(p, "here"));
	serve_name(p, place_path(p, "there"));
	(void)snprintf(abstract, sizeof(abstract), "@ambit-compat-%s", p->port[0]);
	serve_name(p, abstract);
}

/* ---- a process of the same identity ---------------------------------------------------------- */

/* It writes a byte when it is who it is to be. */
static bool start_victim(struct place *p, const char *identity)
{
	const char *as = outside_built("tests/as/as");
	int ends[2];
	struct stat st;
	char byte, proc[32];

	CHECK(!pipe2(ends, O_CLOEXEC));
	p->victim = fork();
	CHECK(p->victim >= 0);
	if (!p->victim) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		(void)dup2(ends[1], 1);
		(void)execl(as, as, identity, "--", "/bin/sh", "-c", "echo; exec sleep 600", NULL);
		_exit(127);
	}
	(void)close(ends[1]);
	bool there = read(ends[0], &byte, 1) == 1;

	(void)close(ends[0]);
	if (!there)
		return false;
	(void)snprintf(p->pid, sizeof(p->pid), "%d", p->victim);
	(void)snprintf(proc, sizeof(proc), "/proc/%d", p->victim);
	CHECK(!stat(proc, &st));
	p->uid = st.st_uid;
	p->gid = st.st_gid;
	return true;
}

bool place_begin(struct place *p, const char *identity)
{
	*p = (struct place){ .server_count = 0 };
	if (!start_victim(p, identity)) {
		place_end(p);
		return false;
	}
	make_files(p);
	serve_all(p);
	place_tidy(p);
	return true;
}

void place_end(struct place *p)
{
	(void)kill(p->victim, SIGKILL);
	(void)waitpid(p->victim, NULL, 0);
	for (size_t i = 0; i < p->server_count; i++)
		(void)close(p->servers[i]);
	if (!p->directory[0])
		return;
	for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++)
		(void)unlink(place_path(p, made[i]));
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		(void)unlink(place_path(p, kept[i]));
	(void)unlink(place_path(p, "act"));
	(void)unlink(place_path(p, "here"));
	(void)unlink(place_path(p, "there"));
	for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++)
		(void)rmdir(place_path(p, directories[i]));
	(void)rmdir(p->directory);
}
