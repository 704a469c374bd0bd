/* SPDX-License-Identifier: ISC */
/* connection.c - what a connection does when its socket lets it; no state is changed here */
#include "connection.h"

#include <errno.h>
#include <string.h>
#include <sys/sendfile.h>
#include <unistd.h>

enum { TURN_MAX = 1 << 20 }; /* bytes that one connection may send before others have theirs */

/* Where a head ends is all that is looked at here; what it says is for the parser. */
static bool find_head(struct connection *c)
{
	const char *at = c->in, *const end = c->in + c->have;

	while ((at = memchr(at, '\n', (size_t)(end - at))) != NULL) {
		at++;
		if (at < end && *at == '\n')
			break;
		if (end - at >= 2 && at[0] == '\r' && at[1] == '\n')
			break;
	}
	c->head = at ? (size_t)(at - c->in) + (*at == '\n' ? 1 : 2) : 0;
	return at;
}

/* A request line alone that fills all there is, or many fields? */
static unsigned too_long(const struct connection *c)
{
	return memchr(c->in, '\n', c->have) ? 431 : 414;
}

static enum progress after_error(void)
{
	return errno == EAGAIN	? PROGRESS_BLOCKED
	       : errno == EINTR ? PROGRESS_PAUSED
				: PROGRESS_LOST;
}

enum progress connection_read(struct connection *c, unsigned *ret_refuse)
{
	*ret_refuse = 0;
	while (!find_head(c)) {
		const size_t room = sizeof(c->in) - c->have;
		ssize_t n;

		if (!room) {
			*ret_refuse = too_long(c);
			return PROGRESS_DONE;
		}
		if (!c->readable)
			return PROGRESS_BLOCKED;
		n = read(c->fd, c->in + c->have, room);
		if (n <= 0)
			return n < 0 ? after_error() : PROGRESS_LOST;
		c->readable = (size_t)n == room; /* less: that was all, and more is told */
		c->have += (size_t)n;
	}
	return PROGRESS_DONE;
}

enum progress connection_write(struct connection *c)
{
	struct answer *a = &c->answer;
	size_t turn = 0;

	while (c->sent < a->length) {
		const ssize_t n = write(c->fd, a->text + c->sent, a->length - c->sent);

		if (n < 0)
			return after_error();
		c->sent += (size_t)n;
	}
	while (a->left && turn < TURN_MAX) {
		const size_t most = a->left < TURN_MAX - turn ? (size_t)a->left : TURN_MAX - turn;
		const ssize_t n = sendfile(c->fd, a->file->fd, &a->offset, most);

		if (n < 0)
			return after_error();
		if (n == 0) /* somebody made the file shorter: the promised length is a lie */
			return PROGRESS_LOST;
		a->left -= (size_t)n;
		turn += (size_t)n;
	}
	return a->left ? PROGRESS_PAUSED : PROGRESS_DONE;
}

enum progress connection_linger(struct connection *c)
{
	for (int reads = 0; reads < 64; reads++) {
		const ssize_t n = read(c->fd, c->in, sizeof(c->in));

		if (n < 0)
			return after_error();
		if (n == 0)
			return PROGRESS_LOST;
	}
	return PROGRESS_PAUSED;
}

static void let_file_go(struct connection *c)
{
	file_put(c->answer.file);
	c->answer.file = NULL;
}

void connection_next(struct connection *c)
{
	let_file_go(c);
	c->have -= c->head;
	memmove(c->in, c->in + c->head, c->have);
	c->head = 0;
}

void connection_close(struct connection *c)
{
	let_file_go(c);
	(void)close(c->fd);
	c->fd = -1;
	c->state = FREE;
}
