/* SPDX-License-Identifier: ISC */
/* hard.c - acts that race, hang, are interrupted, or die */
#include "actor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void rest(long ms)
{
	(void)poll(NULL, 0, (int)ms);
}

/* ---- an address that changes while it is judged ---- */

struct race {
	union address shared, good, bad;
	socklen_t length;
	volatile bool stop;
	long flips;
};

static void *flip(void *argument)
{
	struct race *race = argument;

	while (!race->stop) {
		memcpy(&race->shared, race->flips & 1 ? &race->good : &race->bad,
		       sizeof(race->good.in));
		race->flips++;
		/* On one processor only pauses show it: now in the one state, now in the other. */
		if (race->flips % 63 == 0)
			(void)sched_yield();
	}
	return NULL;
}

static bool went_to(int fd, const union address *bad)
{
	union address peer;
	socklen_t length = sizeof(peer);

	return !getpeername(fd, &peer.any, &length) && peer.in.sin_port == bad->in.sin_port;
}

/* "race GOOD PORT BAD PORT FLIPS": says "clean", "escaped" or what made it no race. */
static void race(const struct act *a)
{
	struct race r = { .flips = 0 };
	long passed = 0, refused = 0, other = 0;
	pthread_t thread;
	bool escaped = false;

	r.length = address_of(&a->word[1], &r.good);
	(void)address_of(&a->word[3], &r.bad);
	r.shared = r.good;
	if (pthread_create(&thread, NULL, flip, &r)) {
		say("no-thread");
		return;
	}
	while (!escaped && (r.flips < number_of(a->word[5]) || passed + refused < 4000)) {
		int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

		if (!connect(fd, &r.shared.any, r.length)) {
			passed++;
			escaped = went_to(fd, &r.bad);
			(void)send(fd, "r", 1, MSG_DONTWAIT);
		} else {
			refused += errno == EACCES;
			other += errno != EACCES;
		}
		if (sendto(fd, "s", 1, MSG_DONTWAIT, &r.shared.any, r.length) < 0 &&
		    errno != EACCES && errno != EAGAIN && errno != ECONNREFUSED)
			other++;
		close(fd);
	}
	r.stop = true;
	(void)pthread_join(thread, NULL);
	if (escaped)
		say("escaped");
	else if (!passed || !refused || other)
		say("no-race:%ld,%ld,%ld", passed, refused, other);
	else
		say("clean");
}

/* ---- signals ---- */

static void on_signal(int number)
{
	(void)number;
}

/* "signals ADDRESS PORT COUNT": datagrams under a 1 ms timer; says how many were accepted. */
static void signals(const struct act *a)
{
	const struct sigaction action = { .sa_handler = on_signal };
	const struct itimerval often = { { 0, 1000 }, { 0, 1000 } }, never = { { 0, 0 }, { 0, 0 } };
	union address to;
	socklen_t length = address_of(&a->word[1], &to);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	long sent = 0, interrupted = 0;

	(void)sigaction(SIGALRM, &action, NULL);
	(void)setitimer(ITIMER_REAL, &often, NULL);
	for (long i = 0; i < number_of(a->word[3]); i++) {
		if (sendto(fd, "i", 1, 0, &to.any, length) == 1)
			sent++;
		else if (errno == EINTR)
			interrupted++;
		else
			break;
	}
	(void)setitimer(ITIMER_REAL, &never, NULL);
	if (sent + interrupted == number_of(a->word[3]))
		say("%ld", sent);
	else
		say_result(-1);
	close(fd);
}

/* ---- many at once ---- */

struct hang {
	const struct act *act;
	volatile int started, refused;
};

static void *hang_one(void *argument)
{
	struct hang *h = argument;
	union address to;
	socklen_t length = address_of(&h->act->word[1], &to);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	__atomic_add_fetch(&h->started, 1, __ATOMIC_SEQ_CST);
	if (connect(fd, &to.any, length) < 0 && errno == EAGAIN)
		__atomic_add_fetch(&h->refused, 1, __ATOMIC_SEQ_CST);
	(void)pause();
	return NULL;
}

static void start_hanging(struct hang *h, long count)
{
	pthread_attr_t small;
	pthread_t thread;

	(void)pthread_attr_init(&small);
	(void)pthread_attr_setstacksize(&small, 65536);
	for (long i = 0; i < count; i++)
		if (pthread_create(&thread, &small, hang_one, h)) {
			say("no-thread");
			return;
		}
	while (h->started < count)
		rest(10);
	rest(300);
	/* So many that some are refused: when the processors come to it. */
	for (int i = 0; count > 256 && !h->refused && i < 100; i++)
		rest(50);
}

static void visit_quickly(char *const *words)
{
	union address to;
	socklen_t length = address_of(words, &to);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	double start = now();

	if (tcp_visit(fd, &to, length) < 0)
		say_result(-1);
	else
		say("%s", now() - start < 2 ? "ok" : "slow");
	close(fd);
}

/* "hang FULL PORT COUNT OTHER PORT": COUNT threads wait for FULL; OTHER must not. */
static void hang(const struct act *a)
{
	struct hang h = { .act = a };

	start_hanging(&h, number_of(a->word[3]));
	say("%s", h.refused ? "refused" : "waiting");
	visit_quickly(&a->word[4]);
	(void)fflush(stdout);
	_exit(0);
}

/* "stay FULL PORT COUNT": COUNT threads wait for FULL, and nobody gives up. */
static void stay(const struct act *a)
{
	struct hang h = { .act = a };

	start_hanging(&h, number_of(a->word[3]));
	say("%s", h.refused ? "refused" : "waiting");
	(void)fflush(stdout);
	(void)pause();
}

/* The same in a child that is killed meanwhile; afterwards there is room again. */
static void killed(const struct act *a)
{
	pid_t pid = fork();

	if (pid < 0) {
		say_result(-1);
		return;
	}
	if (!pid) {
		struct hang h = { .act = a };

		start_hanging(&h, number_of(a->word[3]));
		_exit(h.refused ? 1 : 0);
	}
	rest(2500);
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	visit_quickly(&a->word[4]);
}

/* ---- descriptors ---- */

static void full_table(const struct act *a)
{
	union address to;
	socklen_t length = address_of(&a->word[1], &to);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const struct rlimit few = { (rlim_t)fd + 1, (rlim_t)fd + 1 };

	(void)setrlimit(RLIMIT_NOFILE, &few);
	say_result(tcp_visit(fd, &to, length));
	say_result(socket(AF_INET, SOCK_STREAM, 0));
	close(fd);
}

static void *own_table(void *argument)
{
	const struct act *a = argument;
	union address to;
	socklen_t length = address_of(&a->word[1], &to);
	int decoy = open("/dev/null", O_RDONLY | O_CLOEXEC), fd;

	if (unshare(CLONE_FILES) < 0) {
		say_result(-1);
		return NULL;
	}
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	(void)dup2(fd, decoy); /* here a socket, in the other table /dev/null */
	say_result(tcp_visit(decoy, &to, length));
	return NULL;
}

static void *shared_table(void *argument)
{
	const struct act *a = argument;
	union address to;
	socklen_t length = address_of(&a->word[1], &to);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	say_result(tcp_visit(fd, &to, length));
	close(fd);
	return NULL;
}

static void in_thread(const struct act *a, void *(*body)(void *argument))
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, body, (void *)(uintptr_t)a))
		say("no-thread");
	else
		(void)pthread_join(thread, NULL);
}

static void threaded(const struct act *a)
{
	in_thread(a, shared_table);
}

/* From another thread, with a descriptor table of its own. */
static void thread_table(const struct act *a)
{
	in_thread(a, own_table);
}

static void no_socket(const struct act *a)
{
	union address to;
	socklen_t length = address_of(&a->word[1], &to);
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	say_result(connect(fd, &to.any, length));
	say_result(connect(999, &to.any, length));
	say_result(connect(fd, (struct sockaddr *)8, length));
	say_result(connect(fd, &to.any, 4096));
	close(fd);
}

/* ---- blocking, broken ---- */

static void *read_late(void *argument)
{
	static char bytes[1 << 16];
	int fd = *(int *)argument;

	rest(300);
	while (read(fd, bytes, sizeof(bytes)) > 0)
		;
	return NULL;
}

/* A message into a full pair waits for its reader. */
static void pair_full(const struct act *a)
{
	static char bytes[60000];
	int pair[2];
	struct iovec part = { bytes, sizeof(bytes) };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	pthread_t thread;
	ssize_t n = 0;

	(void)a;
	(void)!socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
	while (send(pair[0], bytes, 1000, MSG_DONTWAIT) > 0)
		;
	n = sendmsg(pair[0], &message, MSG_DONTWAIT);
	say_result(n);
	(void)pthread_create(&thread, NULL, read_late, &pair[1]);
	n = sendmsg(pair[0], &message, 0);
	say("%s", n == (ssize_t)sizeof(bytes) ? "whole" : "part");
	(void)shutdown(pair[0], SHUT_RDWR);
	(void)pthread_join(thread, NULL);
}

static volatile int pipe_signals;

static void on_pipe(int number)
{
	(void)number;
	pipe_signals++;
}

static void pair_broken(const struct act *a)
{
	const struct sigaction action = { .sa_handler = on_pipe };
	struct iovec part = { (char[]){ "x" }, 1 };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	int pair[2];

	(void)a;
	(void)sigaction(SIGPIPE, &action, NULL);
	(void)!socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
	close(pair[1]);
	say_result(sendmsg(pair[0], &message, MSG_NOSIGNAL));
	say("%d", pipe_signals);
	say_result(sendmsg(pair[0], &message, 0));
	say("%d", pipe_signals);
}

/* ---- what it costs ---- */

static void cost(const struct act *a)
{
	long count = number_of(a->word[3]);
	bool tcp = !strcmp(a->word[0], "cost-tcp");
	union address to;
	socklen_t length = address_of(&a->word[1], &to);
	double start = now(), took;

	for (long i = 0; i < count; i++) {
		int fd = socket(AF_INET, (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);

		if (connect(fd, &to.any, length) < 0) {
			say_result(-1);
			return;
		}
		close(fd);
	}
	took = now() - start;
	say("%.1f", took / (double)count * 1e6);
}

static void cost_send(const struct act *a)
{
	long count = number_of(a->word[3]);
	union address to;
	socklen_t length = address_of(&a->word[1], &to);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	double start = now();

	for (long i = 0; i < count; i++)
		if (sendto(fd, "l", 1, 0, &to.any, length) != 1) {
			say_result(-1);
			return;
		}
	say("%.1f", (now() - start) / (double)count * 1e6);
}

static void execute(const struct act *a)
{
	char *const nothing[] = { NULL };

	say_result(execve(a->word[1], nothing, nothing));
}

const struct act_row hard_acts[] = {
	{ "race", race },
	{ "signals", signals },
	{ "hang", hang },
	{ "stay", stay },
	{ "killed", killed },
	{ "full-table", full_table },
	{ "thread", threaded },
	{ "thread-table", thread_table },
	{ "no-socket", no_socket },
	{ "pair-full", pair_full },
	{ "pair-broken", pair_broken },
	{ "cost-tcp", cost },
	{ "cost-udp", cost },
	{ "cost-send", cost_send },
	{ "execute", execute },
	{ NULL, NULL },
};
