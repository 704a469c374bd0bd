/* SPDX-License-Identifier: ISC */
/* open.h - what the descriptors are that a program inherits: part of host.h */
#ifndef AMBIT_HOST_OPEN_H
#define AMBIT_HOST_OPEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../base/err.h"

struct host;

enum open_kind {
	OPEN_PIPE,     /* and what else has no name: a deleted file, one in memory */
	OPEN_FILE,     /* a regular file, or a named pipe */
	OPEN_DEVICE,   /* no terminal */
	OPEN_TERMINAL, /* one that can be opened again by its name */
	OPEN_DIR,
	OPEN_STREAM,   /* a connected stream: local, vsock, or TCP proper */
	OPEN_DATAGRAM, /* a socket whose messages name where they go */
	OPEN_LISTENER, /* a socket that accepts */
	OPEN_SOCKET,   /* any other */
	OPEN_OBJECT,   /* a kernel object without a type: epoll, pidfd, ring; a path, not open */
	OPEN_KINDS
};

struct host_open {
	int number;
	enum open_kind kind;
	bool reads, writes; /* how it is open */
	const char *path;   /* what opened it, when that still leads there; NULL */
	uint64_t device, inode;
	uint32_t mode, owner, group;
};

struct host_opens {
	struct host_open *list;
	size_t count;
};

/* open.c: what descriptor @fd is, when it is open; @names: and by which name it was opened. */
enum ambit_code host_add_open(struct host *h, int fd, bool names,
			      struct ambit_error *err) MUST_CHECK;
const struct host_open *host_open(const struct host *h, int fd);

#endif
