/* SPDX-License-Identifier: ISC */
/* connection.h - one client: bytes in, bytes out, and how long it may take */
#ifndef WEBSERVER_CONNECTION_H
#define WEBSERVER_CONNECTION_H

#include <netinet/in.h>

#include "answer.h"

/* What an event is about: the first member of whatever is watched. */
enum source { SOURCE_LISTENER, SOURCE_LIFE, SOURCE_PARSER, SOURCE_CONNECTION };

enum state {
	FREE,
	READING,  /* until there is a head */
	PARSING,  /* its head is with a parser, or waits for one */
	WRITING,  /* the answer */
	LINGERING /* all is sent: wait until the client has it, for a close would take it back */
};

struct connection {
	enum source source;
	enum state state;
	int fd;
	int64_t deadline_ms;
	struct in6_addr peer;
	size_t have, head; /* bytes of @in; those of the first head in it, with its empty line */
	bool keep_alive;
	bool readable; /* there may be more to read than was */
	size_t sent;   /* of the answer's text */
	struct answer answer;
	struct connection *next;       /* of those that wait for a parser */
	struct connection *next_again; /* of those that go on in the next turn */
	bool is_again;
	char in[HTTP_HEAD_MAX];
};

enum progress {
	PROGRESS_BLOCKED, /* the socket has to become ready */
	PROGRESS_DONE,	  /* on to the next state */
	PROGRESS_PAUSED,  /* it could go on, but others are to have their turn */
	PROGRESS_LOST	  /* to be closed */
};

/* Read until a head is complete. *ret_refuse: the status to refuse with, or 0. */
enum progress connection_read(struct connection *c, unsigned *ret_refuse);
/* Send what is left of the answer. */
enum progress connection_write(struct connection *c);
/* Read and forget until the client has closed. */
enum progress connection_linger(struct connection *c);
/* The head has been answered: what came after it is in front now. */
void connection_next(struct connection *c);
void connection_close(struct connection *c);

#endif
