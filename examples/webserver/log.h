/* SPDX-License-Identifier: ISC */
/* log.h - who asked for what, a line each */
#ifndef WEBSERVER_LOG_H
#define WEBSERVER_LOG_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

struct log {
	int fd; /* -1: none */
	size_t length;
	char text[8192];
};

/* @path: as the parser gave it and http_path_is_safe() accepted it. */
void log_line(struct log *log, int64_t now, const struct in6_addr *peer, const char *path,
	      unsigned status);
void log_flush(struct log *log);

#endif
