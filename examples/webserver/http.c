/* SPDX-License-Identifier: ISC */
/* http.c - RFC 9112, as much as a server of files needs; strict, for what is vague is an attack */
#include "http.h"

#include <string.h>
#include <strings.h>

struct text {
	const char *at;
	size_t length;
};

struct parse {
	struct http_request *request;
	bool is_1_1, has_host, has_length;
	uint64_t body;
};

static void skip(struct text *t, size_t n)
{
	t->at += n;
	t->length -= n;
}

static bool is_token(char c)
{
	static const char others[] = "!#$%&'*+-.^_`|~";

	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr(others, c));
}

static size_t token_length(struct text t)
{
	size_t n = 0;

	while (n < t.length && is_token(t.at[n]))
		n++;
	return n;
}

static bool is_word(struct text t, const char *word)
{
	return t.length == strlen(word) && strncasecmp(t.at, word, t.length) == 0;
}

/* All that is text: no control character but tab. */
static bool is_clean(struct text t)
{
	for (size_t i = 0; i < t.length; i++)
		if (((unsigned char)t.at[i] < ' ' && t.at[i] != '\t') || t.at[i] == 0x7f)
			return false;
	return true;
}

static struct text trim(struct text t)
{
	while (t.length && (*t.at == ' ' || *t.at == '\t'))
		skip(&t, 1);
	while (t.length && (t.at[t.length - 1] == ' ' || t.at[t.length - 1] == '\t'))
		t.length--;
	return t;
}

/* The part before @end, which is taken off with it; false when there is no @end. */
static bool cut(struct text *rest, const char *end, struct text *ret)
{
	const size_t n = strlen(end);
	const char *at = memmem(rest->at, rest->length, end, n);

	if (!at)
		return false;
	*ret = (struct text){ rest->at, (size_t)(at - rest->at) };
	skip(rest, ret->length + n);
	return true;
}

/* Digits and nothing else, below 10^15. */
static bool number(struct text t, int64_t *ret)
{
	int64_t n = 0;

	if (t.length < 1 || t.length > 15)
		return false;
	for (size_t i = 0; i < t.length; i++) {
		if (t.at[i] < '0' || t.at[i] > '9')
			return false;
		n = n * 10 + (t.at[i] - '0');
	}
	*ret = n;
	return true;
}

/* ---- the request line ---------------------------------------------------------------------- */

static unsigned take_method(struct text method, struct http_request *r)
{
	static const char *const others[] = { "POST",	 "PUT",	  "DELETE", "OPTIONS",
					      "CONNECT", "TRACE", "PATCH",  "PROPFIND" };

	if (!method.length || token_length(method) != method.length)
		return 400;
	r->is_head = method.length == 4 && memcmp(method.at, "HEAD", 4) == 0;
	if (r->is_head || (method.length == 3 && memcmp(method.at, "GET", 3) == 0))
		return 0;
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (strlen(others[i]) == method.length &&
		    memcmp(method.at, others[i], method.length) == 0)
			return 405;
	return 501;
}

static unsigned take_version(struct text v, struct parse *p)
{
	if (v.length != 8 || memcmp(v.at, "HTTP/", 5) != 0 || v.at[5] < '0' || v.at[5] > '9' ||
	    v.at[6] != '.' || v.at[7] < '0' || v.at[7] > '9')
		return 400;
	if (v.at[5] != '1')
		return 505;
	p->is_1_1 = v.at[7] != '0';
	p->request->keep_alive = p->is_1_1;
	return 0;
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 'a' - 'A';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One byte of the target, decoded; -1 for what is none. */
static int decode(struct text *t)
{
	int c = (unsigned char)*t->at, high, low;

	if (c != '%') {
		skip(t, 1);
		return c;
	}
	high = t->length > 2 ? hex(t->at[1]) : -1;
	low = t->length > 2 ? hex(t->at[2]) : -1;
	if (high < 0 || low < 0)
		return -1;
	skip(t, 3);
	return high * 16 + low;
}

/* "http://host/path", as proxies ask, is "/path". */
static void skip_authority(struct text *target)
{
	struct text before, rest = *target;

	if (rest.length < 7 || strncasecmp(rest.at, "http://", 7) != 0)
		return;
	skip(&rest, 7);
	if (cut(&rest, "/", &before))
		*target = (struct text){ rest.at - 1, rest.length + 1 };
}

static unsigned take_target(struct text target, struct http_request *r)
{
	size_t n = 0;

	skip_authority(&target);
	if (!target.length || *target.at != '/')
		return 400;
	while (target.length && *target.at != '?' && *target.at != '#') {
		const int c = decode(&target);

		if (c < ' ' || c == 0x7f)
			return 400;
		if (c == '/' && (n == 0 || r->path[n - 1] == '/'))
			continue; /* several are one */
		if (n == sizeof(r->path) - 1)
			return 414;
		r->path[n++] = (char)c;
	}
	return http_path_is_safe(r->path) ? 0 : 404;
}

static unsigned take_line(struct text line, struct parse *p)
{
	struct text method, target;
	unsigned refuse;

	if (!cut(&line, " ", &method) || !cut(&line, " ", &target) || !is_clean(target))
		return 400;
	refuse = take_version(line, p);
	if (!refuse)
		refuse = take_method(method, p->request);
	return refuse ? refuse : take_target(target, p->request);
}

/* ---- the fields ---------------------------------------------------------------------------- */

static unsigned on_host(struct text value, struct parse *p)
{
	const bool twice = p->has_host;

	(void)value; /* one site for all names */
	p->has_host = true;
	return twice ? 400 : 0;
}

/* Twice the same is allowed, and pointless; anything else is how requests are smuggled. */
static unsigned on_length(struct text value, struct parse *p)
{
	int64_t n;

	if (!number(value, &n) || (p->has_length && p->body != (uint64_t)n))
		return 400;
	p->has_length = true;
	p->body = (uint64_t)n;
	return n ? 413 : 0;
}

static unsigned on_encoding(struct text value, struct parse *p)
{
	(void)value;
	(void)p;
	return 501;
}

static unsigned on_connection(struct text value, struct parse *p)
{
	struct text option = value, rest = value;

	for (bool more = true; more;) {
		more = cut(&rest, ",", &option);
		option = trim(more ? option : rest);
		if (is_word(option, "close"))
			p->request->keep_alive = false;
		else if (is_word(option, "keep-alive") && !p->is_1_1)
			p->request->keep_alive = true;
	}
	return 0;
}

/* One range of bytes; whatever else it may be is ignored, as a server may. */
static unsigned on_range(struct text value, struct parse *p)
{
	struct http_range range = { -1, -1 };
	struct text unit, first;

	if (!cut(&value, "=", &unit) || !is_word(unit, "bytes") || !cut(&value, "-", &first))
		return 0;
	if (!first.length && !value.length)
		return 0;
	if ((first.length && !number(first, &range.first)) ||
	    (value.length && !number(value, &range.last)) ||
	    (first.length && value.length && range.last < range.first))
		return 0;
	p->request->has_range = true;
	p->request->range = range;
	return 0;
}

static unsigned take_field(struct text line, struct parse *p)
{
	static const struct {
		const char *name;
		unsigned (*take)(struct text value, struct parse *p);
	} fields[] = {
		{ "host", on_host },
		{ "content-length", on_length },
		{ "connection", on_connection },
		{ "transfer-encoding", on_encoding },
		{ "range", on_range },
	};
	struct text name;

	if (!cut(&line, ":", &name) || !name.length || token_length(name) != name.length ||
	    !is_clean(line))
		return 400;
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		if (is_word(name, fields[i].name))
			return fields[i].take(trim(line), p);
	return 0;
}

static unsigned take_head(struct text head, struct parse *p)
{
	struct text line;
	unsigned refuse = 0;

	while (head.length > 2 && memcmp(head.at, "\r\n", 2) == 0)
		skip(&head, 2);
	if (!cut(&head, "\r\n", &line))
		return 400;
	refuse = take_line(line, p);
	for (unsigned fields = 0; cut(&head, "\r\n", &line) && line.length; fields++) {
		const unsigned r = fields < HTTP_FIELDS_MAX ? take_field(line, p) : 431;

		/* A file that is missing is the least of it, and what makes no sense the worst. */
		if (r && (!refuse || refuse == 404 || r == 400))
			refuse = r;
	}
	return refuse ? refuse : head.length || (p->is_1_1 && !p->has_host) ? 400 : 0;
}

void http_parse(const char *head, size_t length, struct http_request *ret)
{
	struct parse p = { .request = ret };

	memset(ret, 0, sizeof(*ret));
	ret->refuse = take_head((struct text){ head, length }, &p);
	/* What comes after a request that was not understood is not a request. */
	ret->keep_alive &= !ret->refuse || ret->refuse == 404;
}

/* ---- checks -------------------------------------------------------------------------------- */

bool http_path_is_safe(const char *path)
{
	bool begins = true;

	for (; *path; path++) {
		if ((begins && (*path == '.' || *path == '/')) || (unsigned char)*path < ' ' ||
		    *path == 0x7f)
			return false;
		begins = *path == '/';
	}
	return true;
}

bool http_request_is_sane(const struct http_request *r)
{
	if (r->is_head > 1 || r->keep_alive > 1 || r->has_range > 1)
		return false;
	if (r->refuse)
		return r->refuse >= 400 && http_reason(r->refuse);
	return memchr(r->path, 0, sizeof(r->path)) && http_path_is_safe(r->path) &&
	       r->range.first >= -1 && r->range.last >= -1;
}

const char *http_reason(unsigned status)
{
	static const struct {
		unsigned status;
		const char *reason;
	} rows[] = {
		{ 200, "OK" },
		{ 206, "Partial Content" },
		{ 400, "Bad Request" },
		{ 404, "Not Found" },
		{ 405, "Method Not Allowed" },
		{ 408, "Request Timeout" },
		{ 413, "Content Too Large" },
		{ 414, "URI Too Long" },
		{ 416, "Range Not Satisfiable" },
		{ 431, "Request Header Fields Too Large" },
		{ 500, "Internal Server Error" },
		{ 501, "Not Implemented" },
		{ 503, "Service Unavailable" },
		{ 505, "HTTP Version Not Supported" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].status == status)
			return rows[i].reason;
	return NULL;
}
