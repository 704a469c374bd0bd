/* SPDX-License-Identifier: ISC */
/* answer.c - a file, a part of one, or a refusal */
#include "answer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static const char *type_of(const char *path)
{
	static const struct {
		const char *ending, *type;
	} rows[] = {
		{ ".html", "text/html; charset=utf-8" },
		{ ".css", "text/css; charset=utf-8" },
		{ ".js", "text/javascript; charset=utf-8" },
		{ ".txt", "text/plain; charset=utf-8" },
		{ ".json", "application/json" },
		{ ".svg", "image/svg+xml" },
		{ ".png", "image/png" },
		{ ".jpg", "image/jpeg" },
		{ ".pdf", "application/pdf" },
	};
	const char *ending = strrchr(path, '.');

	for (size_t i = 0; ending && i < sizeof(rows) / sizeof(*rows); i++)
		if (strcasecmp(ending, rows[i].ending) == 0)
			return rows[i].type;
	return "application/octet-stream";
}

/* What of @size bytes is asked; false when nothing of it is there. */
static bool select_range(const struct http_request *r, uint64_t size, struct answer *ret)
{
	const uint64_t first = (uint64_t)r->range.first, last = (uint64_t)r->range.last;

	if (!r->has_range || r->is_head)
		return true;
	if (r->range.first < 0) { /* the final bytes */
		ret->left = last < size ? last : size;
		ret->offset = (off_t)(size - ret->left);
	} else {
		ret->offset = (off_t)first;
		ret->left = first >= size			? 0
			    : r->range.last < 0 || last >= size ? size - first
								: last - first + 1;
	}
	ret->status = 206;
	return ret->left > 0;
}

static void add(struct answer *ret, const char *name, const char *value)
{
	const size_t room = ANSWER_HEAD_MAX - ret->length;
	const int n = snprintf(ret->text + ret->length, room, "%s: %s\r\n", name, value);

	/* All values are ours and short: the longest head has some 330 bytes. */
	ret->length += n > 0 && (size_t)n < room ? (size_t)n : 0;
}

static void begin(struct answer *ret, bool keep_alive, const struct moment *now)
{
	const int n = snprintf(ret->text, ANSWER_HEAD_MAX, "HTTP/1.1 %u %s\r\n", ret->status,
			       http_reason(ret->status));

	ret->length = n > 0 ? (size_t)n : 0;
	add(ret, "Date", now->date);
	add(ret, "X-Content-Type-Options", "nosniff");
	if (!keep_alive)
		add(ret, "Connection", "close");
}

static void add_number(struct answer *ret, const char *name, uint64_t number)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
	add(ret, name, text);
}

static void add_part(struct answer *ret, uint64_t size)
{
	char text[96];

	(void)snprintf(text, sizeof(text), "bytes %llu-%llu/%llu", (unsigned long long)ret->offset,
		       (unsigned long long)ret->offset + ret->left - 1, (unsigned long long)size);
	add(ret, "Content-Range", text);
}

static void finish(struct answer *ret, const char *body)
{
	const size_t room = ANSWER_HEAD_MAX - ret->length;
	const int n = snprintf(ret->text + ret->length, room, "\r\n%s", body);

	ret->length += n > 0 && (size_t)n < room ? (size_t)n : 0;
}

static void refuse(unsigned status, bool is_head, bool keep_alive, const struct moment *now,
		   struct answer *ret)
{
	char body[64];

	ret->status = status;
	ret->file = NULL;
	ret->left = 0;
	(void)snprintf(body, sizeof(body), "%u %s\n", status, http_reason(status));
	begin(ret, keep_alive, now);
	if (status == 405)
		add(ret, "Allow", "GET, HEAD");
	add(ret, "Content-Type", "text/plain");
	add_number(ret, "Content-Length", strlen(body));
	finish(ret, is_head ? "" : body);
}

void answer_refuse(unsigned status, bool keep_alive, const struct moment *now, struct answer *ret)
{
	refuse(status, false, keep_alive, now, ret);
}

static unsigned status_of(int e)
{
	/* Out of descriptors or memory is our fault; whatever else there is, we do not have it. */
	return e == EMFILE || e == ENFILE || e == ENOMEM ? 503 : 404;
}

/* A small file goes with its head: one call, one packet. */
static void take_small(struct answer *ret)
{
	ssize_t n;

	if (ret->left > ANSWER_SMALL)
		return;
	n = ret->left ? pread(ret->file->fd, ret->text + ret->length, ret->left, ret->offset) : 0;
	if (n != (ssize_t)ret->left)
		return; /* it became shorter: whoever sends it sees that, too */
	ret->length += ret->left;
	ret->left = 0;
	file_put(ret->file);
	ret->file = NULL;
}

void answer_request(struct files *files, const struct http_request *r, const struct moment *now,
		    struct answer *ret)
{
	struct file *file = r->refuse ? NULL : file_get(files, r->path, now->seconds);

	if (!file) {
		refuse(r->refuse ? r->refuse : status_of(errno), r->is_head, r->keep_alive, now,
		       ret);
		return;
	}
	ret->status = 200;
	ret->file = file;
	ret->offset = 0;
	ret->left = file->size;
	if (!select_range(r, file->size, ret)) {
		file_put(file);
		refuse(416, r->is_head, r->keep_alive, now, ret);
		return;
	}
	begin(ret, r->keep_alive, now);
	add(ret, "Last-Modified", file->modified);
	add(ret, "Accept-Ranges", "bytes");
	add(ret, "Content-Type", type_of(file->name));
	add_number(ret, "Content-Length", ret->left);
	if (ret->status == 206)
		add_part(ret, file->size);
	finish(ret, "");
	if (r->is_head)
		ret->left = 0;
	take_small(ret);
}
