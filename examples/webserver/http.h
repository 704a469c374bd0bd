/* SPDX-License-Identifier: ISC */
/* http.h - what a request asks for; taken apart in the worker, checked again by who serves it */
#ifndef WEBSERVER_HTTP_H
#define WEBSERVER_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	HTTP_HEAD_MAX = 8192, /* bytes of a request's head: more is 431 */
	HTTP_PATH_MAX = 512,  /* of a path, once decoded: more is 414 */
	HTTP_FIELDS_MAX = 100
};

/* A part of a file: first to last, last -1 for the end; first -1 for the final "last" bytes. */
struct http_range {
	int64_t first, last;
};

/* Plain data of a fixed size: it crosses from one process to another. */
struct http_request {
	uint32_t refuse; /* 0, or the status to answer with, and then nothing else counts */
	uint32_t is_head, keep_alive, has_range;
	struct http_range range;
	char path[HTTP_PATH_MAX]; /* below the root, without a slash in front; "" is the root */
};

/* A head, up to its empty line, to what it asks for. */
void http_parse(const char *head, size_t length, struct http_request *ret);

/* Names of files below a directory: no "..", nothing hidden, no control characters. */
bool http_path_is_safe(const char *path);

/* Is it what http_parse() may have made? For whoever receives one from elsewhere. */
bool http_request_is_sane(const struct http_request *request);

/* "Not Found"; NULL for a status that this server never sends. */
const char *http_reason(unsigned status);

#endif
