/* SPDX-License-Identifier: ISC */
/* log.c - written once a turn */
#include "log.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "http.h"

void log_line(struct log *log, int64_t now, const struct in6_addr *peer, const char *path,
	      unsigned status)
{
	char address[INET6_ADDRSTRLEN] = "-";
	size_t room;
	int n;

	if (log->fd < 0)
		return;
	if (sizeof(log->text) - log->length < HTTP_PATH_MAX + 128)
		log_flush(log);
	room = sizeof(log->text) - log->length;
	(void)inet_ntop(AF_INET6, peer, address, sizeof(address));
	/* The path comes last, so that nothing in it can look like another column. */
	n = snprintf(log->text + log->length, room, "%lld %s %u /%s\n", (long long)now, address,
		     status, path);
	log->length += n > 0 && (size_t)n < room ? (size_t)n : 0;
}

void log_flush(struct log *log)
{
	/* A full disk loses lines, not answers. */
	if (log->length && write(log->fd, log->text, log->length) < 0)
		log->length = 0;
	log->length = 0;
}
