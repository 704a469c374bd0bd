/* SPDX-License-Identifier: ISC */
/* serve.h - many connections at once, in one thread */
#ifndef WEBSERVER_SERVE_H
#define WEBSERVER_SERVE_H

#include "confine.h"

struct descriptors {
	int listener; /* not blocking */
	int root;     /* the directory that is served */
	int log;      /* -1: none */
	int life;     /* hung up when whoever looks after this process has ended */
};

/*
 * Serve until @fds->life is hung up or a parser is lost: then finish what was begun, and return.
 * @parsers: settings->parsers of them.
 */
void serve(const struct settings *settings, const struct descriptors *fds,
	   struct parser *const parsers[]);

#endif
