/* SPDX-License-Identifier: ISC */
/*
 * serve.c - one thread, one epoll instance
 *
 * A connection reads until it has a head, waits until a parser has taken it apart, writes its
 * answer, and begins again. Parsers are given as many heads as wait, so a busy server asks seldom.
 * A parser that fails has seen something it should not have: what it had is answered with 500, and
 * another process takes its place. Where there is none to be had, this one finishes, to be replaced
 * by one that has new parsers.
 */
#include "serve.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "connection.h"
#include "log.h"

enum {
	CONNECTIONS = 1024,
	EVENTS = 128,
	PARSE_MS = 2000,  /* a parser that takes longer hangs */
	FINISH_MS = 3000, /* and then whoever is still connected is cut off */
	LINGER_MS = 1000,
	SWEEP_MS = 250,
	RATE_MIN = 16 /* bytes in a millisecond that a client has to take */
};

struct list {
	struct connection *first, *last;
};

struct slot {
	enum source source;
	struct parser *parser; /* NULL: lost */
	struct connection *asked[PARSER_BATCH];
	uint32_t count; /* 0: idle */
	int64_t deadline_ms;
};

struct server {
	const struct settings *settings;
	struct descriptors fds;
	int poll_fd;
	enum source listener, life; /* what their events point to */
	struct slot *slots;
	struct connection *connections;
	struct list waiting;	  /* for a parser */
	struct connection *again; /* those that go on in the next turn */
	struct batch batch;
	struct log log;
	unsigned open;
	bool ending;
	struct files files;
	struct moment now;
	int64_t now_ms, end_ms, sweep_ms;
};

static void push(struct list *list, struct connection *c)
{
	c->next = NULL;
	if (list->first)
		list->last->next = c;
	else
		list->first = c;
	list->last = c;
}

static struct connection *pop(struct list *list)
{
	struct connection *c = list->first;

	if (c)
		list->first = c->next;
	return c;
}

static void look_at_clock(struct server *s)
{
	const time_t now = time(NULL);
	struct timespec t = { 0, 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	s->now_ms = (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
	if (now == s->now.seconds)
		return;
	s->now.seconds = now;
	file_print_date(now, s->now.date);
}

static bool watch(struct server *s, int fd, enum source *source, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = source };

	return epoll_ctl(s->poll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

/* Take no more, and finish what is there. */
static void end(struct server *s)
{
	if (s->ending)
		return;
	s->ending = true;
	s->end_ms = s->now_ms + FINISH_MS;
	(void)close(s->fds.listener);
	(void)close(s->fds.life); /* whoever looks after us starts another now */
	for (size_t i = 0; i < CONNECTIONS; i++)
		if (s->connections[i].state == READING && s->connections[i].have == 0) {
			connection_close(&s->connections[i]);
			s->open--;
		}
}

/* ---- connections --------------------------------------------------------------------------- */

static void drop(struct server *s, struct connection *c)
{
	connection_close(c);
	s->open--;
}

static void begin_answer(struct server *s, struct connection *c)
{
	c->sent = 0;
	c->state = WRITING;
	c->deadline_ms = s->now_ms + (int64_t)s->settings->seconds * 1000 +
			 (int64_t)(c->answer.left / RATE_MIN);
}

static void refuse(struct server *s, struct connection *c, unsigned status)
{
	answer_refuse(status, false, &s->now, &c->answer);
	c->keep_alive = false;
	log_line(&s->log, s->now.seconds, &c->peer, "-", status);
	begin_answer(s, c);
}

/* The answer is sent. */
static void after_answer(struct server *s, struct connection *c)
{
	connection_next(c);
	if (c->keep_alive && !(s->ending && c->have == 0)) {
		c->state = READING;
		c->deadline_ms = s->now_ms + (int64_t)s->settings->seconds * 1000;
		return;
	}
	(void)shutdown(c->fd, SHUT_WR);
	c->state = LINGERING;
	c->deadline_ms = s->now_ms + LINGER_MS;
}

/* One state's work. */
static enum progress step(struct server *s, struct connection *c)
{
	enum progress r = PROGRESS_BLOCKED;
	unsigned status = 0;

	if (c->state == READING) {
		r = connection_read(c, &status);
		if (r == PROGRESS_DONE && status) {
			refuse(s, c, status);
		} else if (r == PROGRESS_DONE) {
			c->state = PARSING;
			push(&s->waiting, c);
		}
	} else if (c->state == WRITING) {
		r = connection_write(c);
		if (r == PROGRESS_DONE)
			after_answer(s, c);
	} else if (c->state == LINGERING) {
		r = connection_linger(c);
	}
	return r;
}

/* As far as its socket lets it: an edge of readiness is told once. */
static void advance(struct server *s, struct connection *c)
{
	enum progress r = PROGRESS_DONE;

	while (r == PROGRESS_DONE && c->state != PARSING)
		r = step(s, c);
	if (r == PROGRESS_LOST)
		drop(s, c);
	if (r != PROGRESS_PAUSED || c->is_again)
		return;
	c->is_again = true;
	c->next_again = s->again;
	s->again = c;
}

/* A free one; or, when all are taken, that of the client who has kept one for nothing longest. */
static struct connection *find_room(struct server *s)
{
	struct connection *oldest = NULL;

	for (size_t i = 0; i < CONNECTIONS; i++) {
		struct connection *c = &s->connections[i];

		if (c->state == FREE)
			return c;
		if (c->state == READING && (!oldest || c->deadline_ms < oldest->deadline_ms))
			oldest = c;
	}
	if (oldest)
		drop(s, oldest);
	return oldest;
}

static void accept_one(struct server *s, int fd, const struct sockaddr_in6 *peer)
{
	struct connection *c = find_room(s);
	const int one = 1;

	if (!c || !watch(s, fd, &c->source, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET)) {
		(void)close(fd);
		return;
	}
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)); /* only slower */
	c->source = SOURCE_CONNECTION;
	c->state = READING;
	c->fd = fd;
	c->peer = peer->sin6_addr;
	c->have = c->head = 0;
	c->readable = true;
	c->answer.file = NULL;
	c->deadline_ms = s->now_ms + (int64_t)s->settings->seconds * 1000;
	s->open++;
	advance(s, c);
}

static void accept_some(struct server *s)
{
	for (int i = 0; i < 64; i++) {
		struct sockaddr_in6 peer;
		socklen_t length = sizeof(peer);
		int fd = accept4(s->fds.listener, (struct sockaddr *)&peer, &length,
				 SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0)
			return; /* EAGAIN, or it is the client's trouble */
		accept_one(s, fd, &peer);
	}
}

/* ---- parsers ------------------------------------------------------------------------------- */

/* What it was asked is not asked again: it may be what broke it. */
static void give_up(struct server *s, struct slot *slot)
{
	for (uint32_t i = 0; i < slot->count; i++) {
		refuse(s, slot->asked[i], 500);
		advance(s, slot->asked[i]);
	}
	slot->count = 0;
}

static void lose(struct server *s, struct slot *slot)
{
	/* Its descriptor leaves the poll set with it. */
	parser_free(slot->parser);
	slot->parser = NULL;
	end(s);
	give_up(s, slot);
}

static void ask(struct server *s, struct slot *slot)
{
	char *at = s->batch.heads;
	struct connection *c;

	slot->count = 0;
	while (slot->count < PARSER_BATCH && (c = pop(&s->waiting)) != NULL) {
		memcpy(at, c->in, c->head);
		at += c->head;
		s->batch.lengths[slot->count] = (uint32_t)c->head;
		slot->asked[slot->count++] = c;
	}
	s->batch.count = slot->count;
	slot->deadline_ms = s->now_ms + PARSE_MS;
	if (!parser_begin(slot->parser, &s->batch))
		lose(s, slot);
}

static void hear(struct server *s, struct slot *slot)
{
	const uint32_t count = slot->count;
	const struct http_request *requests;

	if (!slot->parser)
		return;
	if (!count) { /* it ended by itself */
		parser_replace(slot->parser);
		return;
	}
	requests = parser_end(slot->parser, count);
	if (!requests) {
		give_up(s, slot);
		return;
	}
	slot->count = 0;
	for (uint32_t i = 0; i < count; i++) {
		struct connection *c = slot->asked[i];
		struct http_request r = requests[i];

		r.keep_alive &= !s->ending;
		c->keep_alive = r.keep_alive;
		answer_request(&s->files, &r, &s->now, &c->answer);
		log_line(&s->log, s->now.seconds, &c->peer, r.refuse ? "-" : r.path,
			 c->answer.status);
		begin_answer(s, c);
		advance(s, c);
	}
}

/* Heads that wait to parsers that are idle. */
static void hand_out(struct server *s)
{
	bool any = false;

	for (unsigned i = 0; i < s->settings->parsers; i++) {
		if (s->slots[i].parser && !s->slots[i].count && s->waiting.first)
			ask(s, &s->slots[i]);
		any |= s->slots[i].parser != NULL;
	}
	while (!any && s->waiting.first) {
		struct connection *c = pop(&s->waiting);

		refuse(s, c, 503);
		advance(s, c);
	}
}

/* ---- time ---------------------------------------------------------------------------------- */

static void expire(struct server *s, struct connection *c)
{
	if (c->state == READING && c->have > 0) {
		refuse(s, c, 408);
		advance(s, c);
	} else {
		drop(s, c);
	}
}

static void sweep(struct server *s)
{
	if (s->now_ms < s->sweep_ms)
		return;
	s->sweep_ms = s->now_ms + SWEEP_MS;
	for (unsigned i = 0; i < s->settings->parsers; i++)
		if (s->slots[i].count && s->now_ms >= s->slots[i].deadline_ms)
			hear(s, &s->slots[i]); /* nothing: it hangs */
	for (size_t i = 0; i < CONNECTIONS; i++) {
		struct connection *c = &s->connections[i];

		if (c->state != FREE && c->state != PARSING && s->now_ms >= c->deadline_ms)
			expire(s, c);
	}
}

/* ---- the loop ------------------------------------------------------------------------------ */

static void handle(struct server *s, enum source *source)
{
	if (*source == SOURCE_CONNECTION) {
		struct connection *c = (struct connection *)(void *)source;

		c->readable = true;
		if (c->state != FREE) /* closed in this very turn */
			advance(s, c);
	} else if (*source == SOURCE_PARSER) {
		hear(s, (struct slot *)(void *)source);
	} else if (*source == SOURCE_LIFE) {
		end(s);
	} else if (!s->ending) {
		accept_some(s);
	}
}

static void go_on(struct server *s)
{
	struct connection *c = s->again;

	s->again = NULL;
	while (c) {
		struct connection *next = c->next_again;

		c->is_again = false;
		if (c->state != FREE)
			advance(s, c);
		c = next;
	}
}

static void turn(struct server *s)
{
	struct epoll_event events[EVENTS];
	const int n = epoll_wait(s->poll_fd, events, EVENTS, s->again ? 0 : SWEEP_MS);

	look_at_clock(s);
	go_on(s);
	for (int i = 0; i < n; i++)
		handle(s, events[i].data.ptr);
	sweep(s);
	hand_out(s);
	log_flush(&s->log);
}

static bool watch_all(struct server *s, struct parser *const parsers[])
{
	bool all = watch(s, s->fds.listener, &s->listener, EPOLLIN) &&
		   watch(s, s->fds.life, &s->life, EPOLLIN);

	for (unsigned i = 0; i < s->settings->parsers && all; i++) {
		s->slots[i].source = SOURCE_PARSER;
		s->slots[i].parser = parsers[i];
		all = watch(s, parser_fd(parsers[i]), &s->slots[i].source, EPOLLIN);
	}
	return all;
}

void serve(const struct settings *settings, const struct descriptors *fds,
	   struct parser *const parsers[])
{
	struct server *s = calloc(1, sizeof(*s));

	if (!s)
		abort();
	s->settings = settings;
	s->fds = *fds;
	s->listener = SOURCE_LISTENER;
	s->life = SOURCE_LIFE;
	s->log.fd = fds->log;
	s->files.root_fd = fds->root;
	look_at_clock(s);
	s->slots = calloc(settings->parsers, sizeof(*s->slots));
	s->connections = calloc(CONNECTIONS, sizeof(*s->connections));
	s->poll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (!s->slots || !s->connections || s->poll_fd < 0 || !watch_all(s, parsers))
		abort();
	do
		turn(s);
	while (!s->ending || (s->open && s->now_ms < s->end_ms));
	files_close(&s->files);
	/* The parsers end with this process. */
	free(s->connections);
	free(s->slots);
	free(s);
}
