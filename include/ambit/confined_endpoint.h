/* SPDX-License-Identifier: ISC */
/*
 * confined_endpoint.h - the handles of lines `connect`, `listen` and `unix`: who a socket reaches
 *
 * A handle holds what its line says, a network and ports, or a path, and makes sockets that are
 * connected to, or listen on, just that. What the line leaves open is an argument and compared with
 * it, in binary form: EACCES for an address or a port outside, EINVAL for what is none. Names are
 * not looked up. So the answer is the same without the policy in force; with it the kernel and the
 * filter check, too.
 */
#ifndef AMBIT_CONFINED_ENDPOINT_H
#define AMBIT_CONFINED_ENDPOINT_H

#include <ambit/confined_handle.h>

#include <sys/un.h>

extern int ambit_libc_socket(int family, int type, int protocol) __asm__("socket");
extern int ambit_libc_connect(int fd, const void *to, socklen_t length) __asm__("connect");
extern int ambit_libc_bind(int fd, const void *to, socklen_t length) __asm__("bind");
extern int ambit_libc_listen(int fd, int backlog) __asm__("listen");
extern int ambit_libc_accept4(int fd, void *from, socklen_t *length, int flags) __asm__("accept4");
extern ssize_t ambit_libc_sendto(int fd, const void *data, size_t size, int flags, const void *to,
				 socklen_t length) __asm__("sendto");

struct ambit_endpoint {
	int socket_type;     /* SOCK_STREAM or SOCK_DGRAM; 0 once it is done with */
	int family;	     /* AF_INET, AF_INET6; AF_UNSPEC: any host */
	unsigned bits;	     /* of the network that count */
	const char *network; /* its bytes */
	unsigned port_first, port_last;
};

struct ambit_address {
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} u;
	socklen_t length;
};

/* Is this host, as bytes, and this port within the line? */
static inline int ambit_endpoint_holds(const struct ambit_endpoint *e, int family,
				       const void *address, unsigned port)
{
	const unsigned whole = e->bits / 8, rest = e->bits % 8;
	const unsigned char *bytes = (const unsigned char *)address;

	if (port < e->port_first || port > e->port_last)
		return 0;
	if (e->family == AF_UNSPEC)
		return 1;
	if (e->family != family || memcmp(e->network, bytes, whole) != 0)
		return 0;
	return !rest || !(((unsigned char)e->network[whole] ^ bytes[whole]) >> (8 - rest));
}

/* The port that 0 stands for: the line's only one; or, to listen, one that the kernel picks. */
static inline int ambit_endpoint_port(const struct ambit_endpoint *e, unsigned *port, int listens)
{
	if (!e->socket_type)
		return ambit_handle_error(EBADF);
	if (!*port && e->port_first == e->port_last)
		*port = e->port_first;
	if (!*port && !(listens && !e->port_first))
		return ambit_handle_error(EINVAL);
	return 0;
}

static inline void ambit_endpoint_fill(struct ambit_address *to, int family, const void *address,
				       unsigned port)
{
	memset(to, 0, sizeof(*to));
	if (family == AF_INET) {
		to->u.v4.sin_family = AF_INET;
		to->u.v4.sin_port = htons((uint16_t)port);
		memcpy(&to->u.v4.sin_addr, address, 4);
		to->length = sizeof(to->u.v4);
		return;
	}
	to->u.v6.sin6_family = AF_INET6;
	to->u.v6.sin6_port = htons((uint16_t)port);
	memcpy(&to->u.v6.sin6_addr, address, 16);
	to->length = sizeof(to->u.v6);
}

/* The address that @text is, NULL being the line's only one. */
static inline int ambit_endpoint_address(const struct ambit_endpoint *e, const char *text,
					 unsigned port, struct ambit_address *to)
{
	unsigned char bytes[16];
	int family = e->family;

	if (text)
		family = inet_pton(AF_INET, text, bytes) == 1	 ? AF_INET
			 : inet_pton(AF_INET6, text, bytes) == 1 ? AF_INET6
								 : AF_UNSPEC;
	else if (family != AF_UNSPEC && e->bits == (family == AF_INET ? 32U : 128U))
		memcpy(bytes, e->network, e->bits / 8);
	else
		family = AF_UNSPEC;
	if (family == AF_UNSPEC)
		return ambit_handle_error(EINVAL);
	if (!ambit_endpoint_holds(e, family, bytes, port))
		return ambit_handle_error(EACCES);
	ambit_endpoint_fill(to, family, bytes, port);
	return 0;
}

static inline int ambit_endpoint_connect(const struct ambit_endpoint *e, const char *address,
					 unsigned port)
	AMBIT_NEEDS(ambit_right_handle) AMBIT_UNCHECKED;
static inline int ambit_endpoint_connect(const struct ambit_endpoint *e, const char *address,
					 unsigned port)
{
	struct ambit_address to;
	int fd;

	if (ambit_endpoint_port(e, &port, 0) < 0 ||
	    ambit_endpoint_address(e, address, port, &to) < 0)
		return -1;
	fd = ambit_libc_socket(to.u.any.sa_family, e->socket_type | SOCK_CLOEXEC, 0);
	if (fd >= 0 && ambit_libc_connect(fd, &to.u, to.length) < 0) {
		ambit_handle_close(fd, -1);
		return -1;
	}
	return fd;
}

/* A datagram from a socket that listens, to whom the line allows. */
static inline ssize_t ambit_endpoint_send(const struct ambit_endpoint *e, int fd, const void *data,
					  size_t size, const struct sockaddr *to, socklen_t length)
	AMBIT_NEEDS(ambit_right_handle) AMBIT_UNCHECKED;
static inline ssize_t ambit_endpoint_send(const struct ambit_endpoint *e, int fd, const void *data,
					  size_t size, const struct sockaddr *to, socklen_t length)
{
	struct ambit_address copy;
	int held = 0;

	memset(&copy, 0, sizeof(copy));
	memcpy(&copy.u, to, length < sizeof(copy.u) ? length : sizeof(copy.u));
	if (!e->socket_type)
		return ambit_handle_error(EBADF);
	if (copy.u.any.sa_family == AF_INET && length >= sizeof(copy.u.v4))
		held = ambit_endpoint_holds(e, AF_INET, &copy.u.v4.sin_addr,
					    ntohs(copy.u.v4.sin_port));
	else if (copy.u.any.sa_family == AF_INET6 && length >= sizeof(copy.u.v6))
		held = ambit_endpoint_holds(e, AF_INET6, &copy.u.v6.sin6_addr,
					    ntohs(copy.u.v6.sin6_port));
	else
		return ambit_handle_error(EINVAL);
	if (!held)
		return ambit_handle_error(EACCES);
	copy.length = copy.u.any.sa_family == AF_INET ? sizeof(copy.u.v4) : sizeof(copy.u.v6);
	return ambit_libc_sendto(fd, data, size, MSG_NOSIGNAL, &copy.u, copy.length);
}

static inline int ambit_endpoint_serve(const struct ambit_endpoint *e,
				       const struct ambit_address *at, int backlog)
	AMBIT_NEEDS(ambit_right_handle) AMBIT_UNCHECKED;
static inline int ambit_endpoint_serve(const struct ambit_endpoint *e,
				       const struct ambit_address *at, int backlog)
{
	const int fd = ambit_libc_socket(at->u.any.sa_family, e->socket_type | SOCK_CLOEXEC, 0);
	const int yes = 1, no = 0;

	if (fd < 0)
		return -1;
	/* Neither is needed to listen: as it is by default, then. */
	if (e->socket_type == SOCK_STREAM)
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (at->u.any.sa_family == AF_INET6 && e->family == AF_UNSPEC)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof(no));
	if (ambit_libc_bind(fd, &at->u, at->length) == 0 &&
	    (e->socket_type != SOCK_STREAM || ambit_libc_listen(fd, backlog) == 0))
		return fd;
	ambit_handle_close(fd, -1);
	return -1;
}

/* No address, where the line has none: any of this host, of both families where there are two. */
static inline int ambit_endpoint_listen(const struct ambit_endpoint *e, const char *address,
					unsigned port, int backlog)
	AMBIT_NEEDS(ambit_right_handle) AMBIT_UNCHECKED;
static inline int ambit_endpoint_listen(const struct ambit_endpoint *e, const char *address,
					unsigned port, int backlog)
{
	static const unsigned char any[16] = { 0 };
	struct ambit_address at;
	int fd;

	if (ambit_endpoint_port(e, &port, 1) < 0)
		return -1;
	if (address || e->family != AF_UNSPEC)
		return ambit_endpoint_address(e, address, port, &at) < 0
			       ? -1
			       : ambit_endpoint_serve(e, &at, backlog);
	if (!ambit_endpoint_holds(e, AF_INET6, any, port))
		return ambit_handle_error(EACCES);
	ambit_endpoint_fill(&at, AF_INET6, any, port);
	fd = ambit_endpoint_serve(e, &at, backlog);
	if (fd >= 0 || (errno != EAFNOSUPPORT && errno != EADDRNOTAVAIL))
		return fd;
	ambit_endpoint_fill(&at, AF_INET, any, port);
	return ambit_endpoint_serve(e, &at, backlog);
}

static inline int ambit_endpoint_accept(const struct ambit_endpoint *e, int fd)
	AMBIT_NEEDS(ambit_right_handle) AMBIT_UNCHECKED;
static inline int ambit_endpoint_accept(const struct ambit_endpoint *e, int fd)
{
	return e->socket_type ? ambit_libc_accept4(fd, NULL, NULL, SOCK_CLOEXEC)
			      : ambit_handle_error(EBADF);
}

/* A socket has no descriptor to be connected by: it is looked at, then connected to by name. */
static inline int ambit_handle_connect(const struct ambit_handle *handle, const char *granted,
				       const char *path, int type)
	AMBIT_NEEDS(ambit_right_handle) AMBIT_UNCHECKED;
static inline int ambit_handle_connect(const struct ambit_handle *handle, const char *granted,
				       const char *path, int type)
{
	const size_t above = strlen(granted), below = path ? strlen(path) : 0;
	struct sockaddr_un to;
	int fd = -1;

	if (handle->directory < 0)
		return ambit_handle_error(EBADF);
	if (above + 1 + below >= sizeof(to.sun_path))
		return ambit_handle_error(ENAMETOOLONG);
	if (below || !handle->file) {
		fd = ambit_handle_find(handle, path, AMBIT_HANDLE_SOCKET, ENOTSOCK);
		if (fd < 0)
			return -1;
		ambit_handle_close(fd, -1);
	}
	memset(&to, 0, sizeof(to));
	to.sun_family = AF_UNIX;
	memcpy(to.sun_path, granted, above);
	if (below) {
		to.sun_path[above] = '/';
		memcpy(to.sun_path + above + 1, path, below);
	}
	fd = ambit_libc_socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	if (fd >= 0 && ambit_libc_connect(fd, &to, sizeof(to)) < 0) {
		ambit_handle_close(fd, -1);
		return -1;
	}
	return fd;
}

/* -- what a generated header is made of; the last arguments are a struct ambit_endpoint -- */

#define AMBIT_ENDPOINT(type, right, ...)                                                           \
	AMBIT_RIGHT_OF(right)                                                                      \
	struct type {                                                                              \
		struct ambit_endpoint endpoint;                                                    \
	};                                                                                         \
	static inline int type##_init(struct type *to) AMBIT_NEEDS(right) AMBIT_UNCHECKED;         \
	static inline int type##_init(struct type *to)                                             \
	{                                                                                          \
		const struct ambit_endpoint granted = { __VA_ARGS__ };                             \
                                                                                                   \
		to->endpoint = granted;                                                            \
		return 0;                                                                          \
	}                                                                                          \
	static inline void type##_done(struct type *to)                                            \
	{                                                                                          \
		to->endpoint.socket_type = 0;                                                      \
	}

#define AMBIT_HANDLE_CONNECT(policy, name, type, right, ...)                                       \
	AMBIT_ENDPOINT(type, right, __VA_ARGS__)                                                   \
	AMBIT_HANDLE_FUNCTION(policy##_connect_##name, right,                                      \
			      (const struct type *h, const char *address, unsigned port),          \
			      ambit_endpoint_connect(&h->endpoint, address, port))

#define AMBIT_HANDLE_CONNECT_UDP(policy, name, type, right, ...)                                   \
	AMBIT_HANDLE_CONNECT(policy, name, type, right, __VA_ARGS__)                               \
	AMBIT_HANDLE_RETURNS(ssize_t, policy##_send_to_##name, (right),                            \
			     (const struct type *h, int fd, const void *data, size_t size,         \
			      const struct sockaddr *to, socklen_t length),                        \
			     ambit_endpoint_send(&h->endpoint, fd, data, size, to, length))

#define AMBIT_HANDLE_LISTEN_UDP(policy, name, type, right, ...)                                    \
	AMBIT_ENDPOINT(type, right, __VA_ARGS__)                                                   \
	AMBIT_HANDLE_FUNCTION(                                                                     \
		policy##_listen_##name, right,                                                     \
		(const struct type *h, const char *address, unsigned port, int backlog),           \
		ambit_endpoint_listen(&h->endpoint, address, port, backlog))

#define AMBIT_HANDLE_LISTEN(policy, name, type, right, ...)                                        \
	AMBIT_HANDLE_LISTEN_UDP(policy, name, type, right, __VA_ARGS__)                            \
	AMBIT_HANDLE_FUNCTION(policy##_accept_##name, right, (const struct type *h, int fd),       \
			      ambit_endpoint_accept(&h->endpoint, fd))

#define AMBIT_HANDLE_UNIX(policy, name, type, right, granted)                                      \
	AMBIT_RIGHT_OF(right)                                                                      \
	AMBIT_HANDLE(type, right, granted)                                                         \
	AMBIT_HANDLE_FUNCTION(policy##_connect_unix_##name, right,                                 \
			      (const struct type *h, const char *path, int socket_type),           \
			      ambit_handle_connect(&h->handle, granted, path, socket_type))

#endif
