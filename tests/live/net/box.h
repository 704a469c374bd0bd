/* SPDX-License-Identifier: ISC */
/* box.h - servers outside, the actor inside, under each identity */
#ifndef AMBIT_TESTS_LIVE_NET_BOX_H
#define AMBIT_TESTS_LIVE_NET_BOX_H

#include <sys/types.h>

/*
 * The identities of tests/as under which calls are judged: a container's filter refuses to take
 * sockets, so that there Landlock has to do, or a gap is reported (container.c).
 */
#define FOR_IDENTITIES(id)                                                                         \
	for (const char *const *at_ = judged_identities, *id = *at_; id; id = *++at_)
extern const char *const judged_identities[];

/* A server: it gives whoever connects a letter, and counts connections and datagrams. */
struct server;
struct server *serve_tcp(const char *address);
struct server *serve_udp(const char *address);
/* Of a local socket; SOCK_STREAM or SOCK_DGRAM. Anybody may connect. */
struct server *serve_local(const char *path, int type);
/* A listener whose queue is full and stays so: connecting to it waits. */
struct server *serve_nobody(void);
/* From here on the servers made so far answer. */
void serve(void);
unsigned port_of(const struct server *s);
/* How many came; call it when the box has ended. */
long came_to(const struct server *s);

/* A text put together; 64 are kept. */
const char *text(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* A directory that everybody may enter; and its end, with all that is in it. */
const char *shared_directory(void);
void remove_directory(const char *path);

/*
 * What the actor says inside the box. @policy is lines, @acts are acts with ';' between them.
 * Skips the test where the identity cannot be had.
 */
const char *box(const char *identity, const char *policy, const char *acts);
/* The same without a box: what the acts do when nobody refuses. */
const char *bare(const char *acts);

#endif
