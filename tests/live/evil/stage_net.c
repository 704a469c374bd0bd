/* SPDX-License-Identifier: ISC */
/*
 * stage_net.c - listeners on loopback
 *
 * Two TCP ports, one that policies grant and one that none does, on all addresses of both
 * families; a UDP port; an abstract and a pathname socket. Nothing is accepted until the inside
 * has ended: the kernel finishes handshakes by itself, and what then waits in a queue is proof.
 */
#include "outside.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

/* A socket on [::]:port for both families (port 0: any); its port through @ret_port. */
static int inet_socket(int type, unsigned *ret_port)
{
	struct sockaddr_in6 at = { .sin6_family = AF_INET6 };
	socklen_t length = sizeof(at);
	const int off = 0;

	int fd = socket(AF_INET6, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) < 0 ||
	    bind(fd, (const struct sockaddr *)&at, length) < 0 ||
	    getsockname(fd, (struct sockaddr *)&at, &length) < 0 ||
	    (type == SOCK_STREAM && listen(fd, 4096) < 0)) {
		int err = errno;
		close(fd);
		return -err;
	}
	*ret_port = ntohs(at.sin6_port);
	return fd;
}

/* @name begins with '@' for the abstract name space. */
static int unix_socket(const char *name)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	size_t length = strlen(name);

	memcpy(at.sun_path, name, length);
	if (name[0] == '@')
		at.sun_path[0] = '\0';
	socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && bind(fd, (const struct sockaddr *)&at, size) == 0 && listen(fd, 16) == 0)
		return fd;
	int err = errno;
	if (fd >= 0)
		close(fd);
	return -err;
}

int stage_network(struct stage *s)
{
	unsigned forbidden = 0, granted = 0, udp = 0;
	char name[80];

	s->forbidden = inet_socket(SOCK_STREAM, &forbidden);
	s->granted = inet_socket(SOCK_STREAM, &granted);
	s->udp = inet_socket(SOCK_DGRAM, &udp);
	snprintf(name, sizeof(name), "@evil-%s", s->canary);
	s->abstract = unix_socket(name);
	s->path_socket = unix_socket(stage_path(s, 0, "ro/socket"));
	if (s->forbidden < 0 || s->granted < 0 || s->udp < 0 || s->abstract < 0 ||
	    s->path_socket < 0)
		return -ENETDOWN;
	stage_fact(s, "port", "%u", forbidden);
	stage_fact(s, "granted", "%u", granted);
	stage_fact(s, "udp", "%u", udp);
	stage_fact(s, "abstract", "%s", name + 1);
	return 0;
}

void stage_network_done(struct stage *s)
{
	int *fds[] = { &s->forbidden, &s->granted, &s->udp, &s->abstract, &s->path_socket };

	for (size_t i = 0; i < COUNT(fds); i++) {
		if (*fds[i] >= 0)
			close(*fds[i]);
		*fds[i] = -1;
	}
}

/* The address a connection to the granted port came in on must be the granted one. */
static bool wrong_address(struct stage *s)
{
	const char *only = stage_get(s, "only");
	struct sockaddr_in6 at;
	char text[INET6_ADDRSTRLEN] = "";

	for (;;) {
		socklen_t length = sizeof(at);
		int fd = accept4(s->granted, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0)
			return false;
		int r = getsockname(fd, (struct sockaddr *)&at, &length);
		close(fd);
		if (only[0] == '\0' || r < 0)
			continue;
		inet_ntop(AF_INET6, &at.sin6_addr, text, sizeof(text));
		if (strcmp(text, only) == 0)
			continue;
		snprintf(s->note, sizeof(s->note), "a connection to %s arrived", text);
		return true;
	}
}

bool stage_network_touched(struct stage *s)
{
	const struct {
		int fd;
		const char *what;
	} streams[] = { { s->forbidden, "a TCP connection to the forbidden port arrived" },
			{ s->abstract, "a connection to the abstract socket arrived" },
			{ s->path_socket, "a connection to the pathname socket arrived" } };
	char block[64];

	for (size_t i = 0; i < COUNT(streams); i++) {
		int fd = accept4(streams[i].fd, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0)
			continue;
		close(fd);
		snprintf(s->note, sizeof(s->note), "%s", streams[i].what);
		return true;
	}
	if (recv(s->udp, block, sizeof(block), MSG_DONTWAIT) >= 0) {
		snprintf(s->note, sizeof(s->note), "a UDP packet arrived");
		return true;
	}
	return wrong_address(s);
}
