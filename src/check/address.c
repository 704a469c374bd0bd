/* SPDX-License-Identifier: ISC */
/*
 * address.c - hosts and ports that are constants: a struct sockaddr in memory nobody writes to
 *
 * One that the code fills in is not followed; one in memory that can be written may be changed
 * before it is used, and says nothing.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "../base/num.h"
#include "../policy/print.h"
#include "compare.h"

struct address {
	uint16_t family, port;
	uint8_t bytes[16];
	size_t length;
	const char *path; /* of a local one */
};

static bool read_address(const struct program *p, uint64_t at, struct address *ret)
{
	const struct segment *s = segment_of(p, at);
	uint8_t port[2];

	if (!s || s->writable || !load_bytes(p, at, &ret->family, sizeof(ret->family)))
		return false;
	if (ret->family == AF_UNIX) {
		ret->path = string_at(p, at + offsetof(struct sockaddr_un, sun_path));
		return ret->path && ret->path[0] == '/';
	}
	if ((ret->family != AF_INET && ret->family != AF_INET6) ||
	    !load_bytes(p, at + 2, port, sizeof(port)))
		return false;
	ret->port = (uint16_t)(port[0] << 8 | port[1]);
	ret->length = ret->family == AF_INET ? 4 : 16;
	return load_bytes(p, at + (ret->family == AF_INET ? 4U : 8U), ret->bytes, ret->length);
}

static bool same_bits(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	unsigned rest = bits % 8;

	return !memcmp(a, b, bits / 8) && (!rest || !((a[bits / 8] ^ b[bits / 8]) >> (8 - rest)));
}

/* A name may stand for any address. */
static bool covers(const struct endpoint *e, const struct address *a)
{
	if (a->port < e->port_first || a->port > e->port_last)
		return false;
	return !e->family || (e->family == a->family && e->prefix_bits <= a->length * 8 &&
			      same_bits(e->address, a->bytes, e->prefix_bits));
}

static bool granted(const struct comparison *c, enum right right, const struct address *a)
{
	for (size_t i = 0; c->policy && i < c->policy->count; i++)
		if (c->policy->grants[i].right == right && covers(&c->policy->grants[i].net, a))
			return true;
	return false;
}

/* As a policy says it; owned by @c. */
static const char *text_of(struct comparison *c, const struct address *a)
{
	char host[INET6_ADDRSTRLEN];
	AUTO_BUF struct buf out = { 0 };
	char *text;

	if (!inet_ntop(a->family, a->bytes, host, sizeof(host)))
		return NULL;
	buf_add_format(&out, "tcp %s %u", host, a->port);
	text = strdup(buf_text(&out));
	if (!text)
		store_exhausted();
	*vec_add(&c->texts) = text;
	return text;
}

size_t compare_addresses(struct comparison *c, const struct value *v, enum right right,
			 const char **ret)
{
	size_t count = 0;

	if (v->unknown || v->entries)
		return 0;
	for (size_t i = 0; i < v->count; i++) {
		struct address a = { .family = 0 };

		if (!read_address(c->graph->program, v->at[i], &a))
			return 0;
		ret[count] = a.path ? a.path : granted(c, right, &a) ? "" : text_of(c, &a);
		if (!ret[count++])
			return 0;
	}
	return count;
}

static bool same_name(const char *line, const char *host)
{
	const size_t suffix = strlen(line), length = strlen(host);

	if (line[0] != '*')
		return !strcasecmp(line, host);
	return length >= suffix && !strcasecmp(host + length - (suffix - 1), line + 1);
}

/* Could @host be one of a line's? A name may stand for any address, and the other way round. */
static bool host_of(const struct endpoint *e, const char *host, const struct address *number)
{
	if (!e->family && !e->name)
		return true;
	if (number->family)
		return e->name || (e->family == number->family &&
				   same_bits(e->address, number->bytes, e->prefix_bits));
	return !e->name || same_name(e->name, host);
}

static bool host_granted(const struct comparison *c, const char *host, uint64_t port)
{
	struct address number = { .family = 0 };

	if (inet_pton(AF_INET, host, number.bytes) == 1)
		number.family = AF_INET;
	else if (inet_pton(AF_INET6, host, number.bytes) == 1)
		number.family = AF_INET6;
	for (size_t i = 0; c->policy && i < c->policy->count; i++) {
		const struct grant *g = &c->policy->grants[i];
		const struct endpoint *e = &g->net;

		if (g->right == RIGHT_BROKER)
			return true;
		if ((g->right == RIGHT_CONNECT || g->right == RIGHT_LISTEN) &&
		    (!port || (port >= e->port_first && port <= e->port_last)) &&
		    host_of(e, host, &number))
			return true;
	}
	return false;
}

const char *compare_host(struct comparison *c, const char *host, const char *service)
{
	uint64_t port = 0;
	AUTO_BUF struct buf out = { 0 };
	char *text;

	if (!service || num_parse(service, strlen(service), 65535, &port) < 0)
		port = 0;
	if (host_granted(c, host, port))
		return NULL;
	buf_add_string(&out, "tcp ");
	print_word(&out, host, strlen(host));
	buf_add_char(&out, ' ');
	if (port)
		buf_add_format(&out, "%u", (unsigned)port);
	else
		buf_add_char(&out, '*');
	text = strdup(buf_text(&out));
	if (!text)
		store_exhausted();
	*vec_add(&c->texts) = text;
	return text;
}
