/* SPDX-License-Identifier: ISC */
/* confine.h - all that this server asks of ambit: its phases, and the parser in a worker */
#ifndef WEBSERVER_CONFINE_H
#define WEBSERVER_CONFINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "http.h"

struct settings {
	const char *root; /* what is served */
	const char *log;  /* a directory of its own for access.log; NULL for none */
	uint16_t port;
	uid_t user; /* whom to become where it may; with its group */
	gid_t group;
	unsigned parsers;
	unsigned seconds; /* how long a client may take for one thing */
	bool verbose;	  /* say what is in force */
};

enum phase {
	PHASE_START, /* prepare directories, open files */
	PHASE_BIND,  /* the port */
	PHASE_SERVE  /* everything is open: accept, and read what is served */
};

/* Narrow this process to what a phase needs. @listener: -1 before there is one. Or the end. */
void confine_enter(enum phase phase, const struct settings *settings, int listener);

/* Try to get back to what was given up, and end the process should anything of it succeed. */
void confine_prove(bool was_root);

/* Parsers: each takes several heads at once, and works while the caller goes on. */
enum { PARSER_BATCH = 32 };

struct batch {
	uint32_t count;
	uint32_t lengths[PARSER_BATCH];
	char heads[PARSER_BATCH * HTTP_HEAD_MAX]; /* one after the other, as many as there are */
};

struct parser;

struct parser *parser_new(void); /* or the end */
void parser_free(struct parser *parser);
/* Readable when parser_end() has something to say. */
int parser_fd(const struct parser *parser);
/* It is not asked anything, and yet it has something to say: another process for it. */
void parser_replace(struct parser *parser);
/* false: this parser is lost. */
bool parser_begin(struct parser *parser, const struct batch *batch);
/* What the heads ask for, borrowed until the next; NULL: this parser is lost. */
const struct http_request *parser_end(struct parser *parser, uint32_t count);

#endif
