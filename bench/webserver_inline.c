/* SPDX-License-Identifier: ISC */
/*
 * webserver_inline.c - examples/webserver with the parser in the serving process, unconfined
 *
 * What everybody does: fastest, and whoever breaks the parser has the server.
 */
#include "confine.h"

#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct parser {
	int event_fd;
	struct http_request requests[PARSER_BATCH];
};

void confine_enter(enum phase phase, const struct settings *settings, int listener)
{
	(void)phase;
	(void)settings;
	(void)listener;
}

void confine_prove(bool was_root)
{
	(void)was_root;
}

struct parser *parser_new(void)
{
	struct parser *p = calloc(1, sizeof(*p));

	if (!p)
		abort();
	p->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (p->event_fd < 0)
		abort();
	return p;
}

void parser_free(struct parser *p)
{
	(void)close(p->event_fd);
	free(p);
}

/* It is this very process. */
void parser_replace(struct parser *p)
{
	(void)p;
}

int parser_fd(const struct parser *p)
{
	return p->event_fd;
}

bool parser_begin(struct parser *p, const struct batch *batch)
{
	const uint64_t one = 1;
	const char *head = batch->heads;

	for (uint32_t i = 0; i < batch->count; i++) {
		http_parse(head, batch->lengths[i], &p->requests[i]);
		head += batch->lengths[i];
	}
	return write(p->event_fd, &one, sizeof(one)) > 0;
}

const struct http_request *parser_end(struct parser *p, uint32_t count)
{
	uint64_t events;

	(void)count;
	return read(p->event_fd, &events, sizeof(events)) < 0 ? NULL : p->requests;
}
