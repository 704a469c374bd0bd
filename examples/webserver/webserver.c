/* SPDX-License-Identifier: ISC */
/* webserver.c - files over HTTP, with a parser that can do no harm: see README.md */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "serve.h"

enum { PARSERS_MAX = 16, PAUSE_MS = 100 };

__attribute__((noreturn)) static void fail(const char *what)
{
	fprintf(stderr, "webserver: %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

/* ---- settings ------------------------------------------------------------------------------ */

__attribute__((noreturn)) static void usage(void)
{
	fprintf(stderr, "usage: webserver [-v] [-p PORT] [-u USER] [-l LOG-DIRECTORY] "
			"[-n PARSERS] [-t SECONDS] DIRECTORY\n");
	exit(2);
}

static unsigned number(const char *text, unsigned least, unsigned most)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (*end || end == text || n < least || n > most)
		usage();
	return (unsigned)n;
}

/* Policies name what there is, not where this process happens to stand. */
static const char *absolute(const char *path)
{
	const char *full = realpath(path, NULL);

	if (!full)
		fail(path);
	return full;
}

/* Looked up now: later there is no /etc/passwd. */
static void take_user(struct settings *s, const char *name)
{
	const struct passwd *user = getpwnam(name);

	if (!user) {
		fprintf(stderr, "webserver: no user is named %s\n", name);
		exit(EXIT_FAILURE);
	}
	s->user = user->pw_uid;
	s->group = user->pw_gid;
}

static struct settings take_settings(int argc, char **argv)
{
	struct settings s = { .port = geteuid() == 0 ? 443 : 8443,
			      .user = 65534,
			      .group = 65534,
			      .parsers = 2,
			      .seconds = 10 };

	for (int option; (option = getopt(argc, argv, "vp:u:l:n:t:")) != -1;) {
		if (option == 'v')
			s.verbose = true;
		else if (option == 'p')
			s.port = (uint16_t)number(optarg, 1, 65535);
		else if (option == 'u')
			take_user(&s, optarg);
		else if (option == 'l')
			s.log = absolute(optarg);
		else if (option == 'n')
			s.parsers = number(optarg, 1, PARSERS_MAX);
		else if (option == 't')
			s.seconds = number(optarg, 1, 3600);
		else
			usage();
	}
	if (optind != argc - 1)
		usage();
	s.root = absolute(argv[optind]);
	return s;
}

/* ---- the phases ---------------------------------------------------------------------------- */

static int open_root(const struct settings *s)
{
	int fd = open(s->root, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		fail(s->root);
	return fd;
}

/* The log belongs to whom we are about to become, and nobody else looks into it. */
static int prepare_log(const struct settings *s)
{
	const bool root = geteuid() == 0;
	int dir, fd;

	if (!s->log)
		return -1;
	dir = open(s->log, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0 || (root && fchown(dir, s->user, s->group) < 0) || fchmod(dir, 0750) < 0)
		fail(s->log);
	fd = openat(dir, "access.log", O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC,
		    0640);
	if (fd < 0 || (root && fchown(fd, s->user, s->group) < 0))
		fail("access.log");
	(void)close(dir);
	return fd;
}

static int bind_port(const struct settings *s)
{
	const struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_port = htons(s->port) };
	const int one = 1, none = 0;
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	/* One that is just ending may still hold the port: see keep(). */
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one)) < 0 ||
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &none, sizeof(none)) < 0 ||
	    bind(fd, (const struct sockaddr *)&any, sizeof(any)) < 0 || listen(fd, 511) < 0)
		fail("cannot listen");
	return fd;
}

static void be_server(const struct settings *s, int life)
{
	const bool was_root = geteuid() == 0;
	struct parser *parsers[PARSERS_MAX];
	struct descriptors fds = { .life = life };
	const time_t begun = time(NULL);
	struct tm tm;

	(void)gmtime_r(&begun, &tm); /* now, while time zones can still be read */
	for (unsigned i = 0; i < s->parsers; i++)
		parsers[i] = parser_new();
	(void)signal(SIGPIPE, SIG_IGN); /* a client that is gone is an errno */
	confine_enter(PHASE_START, s, -1);
	fds.root = open_root(s);
	fds.log = prepare_log(s);
	confine_enter(PHASE_BIND, s, -1);
	fds.listener = bind_port(s);
	confine_enter(PHASE_SERVE, s, fds.listener);
	confine_prove(was_root);
	if (send(life, "", 1, MSG_NOSIGNAL) != 1)
		fail("the process that looks after this one");
	serve(s, &fds, parsers);
}

/* ---- whoever looks after the server -------------------------------------------------------- */

/* Start a server, and know when it serves; a socket that is hung up when it no longer does. */
static int start(const struct settings *s)
{
	int pair[2], status;
	char byte;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		fail("socketpair");
	pid = fork();
	if (pid < 0)
		fail("fork");
	if (pid == 0) {
		(void)close(pair[0]);
		be_server(s, pair[1]);
		_exit(EXIT_SUCCESS);
	}
	(void)close(pair[1]);
	if (recv(pair[0], &byte, 1, 0) == 1)
		return pair[0];
	/* It has said why. */
	(void)waitpid(pid, &status, 0);
	exit(EXIT_FAILURE);
}

/*
 * This process keeps its rights, and reads nothing from anybody: all it hears is that a server is
 * ready, or ends. When it ends itself, so does the server.
 */
int main(int argc, char **argv)
{
	const struct settings s = take_settings(argc, argv);
	const struct timespec pause = { 0, PAUSE_MS * 1000000L };

	for (bool first = true;; first = false) {
		const int server = start(&s);
		char byte;

		if (first)
			printf("webserver: %s on port %u\n", s.root, s.port);
		(void)fflush(stdout);
		while (recv(server, &byte, 1, 0) > 0)
			;
		(void)close(server);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		(void)nanosleep(&pause, NULL);
	}
}
