/* SPDX-License-Identifier: ISC */
/* judge_in.h - what the judge's files share */
#ifndef AMBIT_SUP_JUDGE_IN_H
#define AMBIT_SUP_JUDGE_IN_H

#include <errno.h>
#include <limits.h>
#include <linux/ioctl.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>

#include "../base/sys.h"
#include "../policy/model.h"
#include "judge.h"

/* No answer: it was given, or nobody is there to hear it. */
enum { JUDGE_NOBODY = INT_MIN };
enum { JUDGE_ADDRESS_MAX = 128 };

/* A socket address, copied once: nobody else can change it any more. */
struct judge_address {
	unsigned length;
	union {
		sa_family_t family;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		struct sockaddr_un un;
		struct sockaddr_nl nl;
		char bytes[JUDGE_ADDRESS_MAX];
	};
};

/* The kernel's own layouts: a libc's may have narrower members and padding. */
struct judge_message {
	uint64_t name;
	int32_t name_length, unused;
	uint64_t parts, part_count;
	uint64_t control, control_length;
	uint64_t flags;
};
struct judge_messages {
	struct judge_message message;
	uint32_t length, unused;
};
struct judge_word { /* of ancillary data */
	uint64_t length;
	int32_t level, type;
};

/* What an address means, as rules are written: IPv4 in IPv6 is IPv4. */
struct judge_target {
	uint8_t family;
	uint16_t port;
	uint8_t bytes[16];
};

enum judge_kind { JUDGE_OTHER, JUDGE_TCP, JUDGE_UDP, JUDGE_UNIX, JUDGE_NETLINK };

/* One notified call. What is open in it is closed before the answer. */
struct judge_request {
	struct judge *judge;
	struct judge_thread *room; /* where the message of a send is */
	struct seccomp_notif notice;
	int pidfd;   /* of who asks, since judge_take(); -1 */
	int fd;	     /* the socket taken, -1 */
	int path_fd; /* what a local address leads to, -1 */
	enum judge_kind kind;
	int type;	   /* SOCK_... */
	bool is_looked_up; /* pidfd is of its process, which /proc named */
	bool has_address;
	struct judge_address address;
	/* sends */
	int flags;
	bool too_long; /* there was more */
	size_t length, control_length, taken_count;
};

/* judge.c */
bool judge_is_alive(const struct judge_request *q);
/* All of @length bytes at @from in the program, or -EFAULT, -EACCES. */
int judge_read(const struct judge_request *q, void *to, uint64_t from, size_t length) MUST_CHECK;
/* Copy the address that two arguments name. */
int judge_read_address(struct judge_request *q, uint64_t from, int length) MUST_CHECK;
/* The number after @name in the lines of a small file of /proc; -EACCES where it has none. */
int judge_proc_number(const char *path, const char *name) MUST_CHECK;
/* The number of its process, as /proc has it. */
int judge_process_of(pid_t thread) MUST_CHECK;
/*
 * Take the socket with the program's number @number and find out what it is. Everything read
 * before belongs to the asking program when this succeeds.
 */
int judge_take(struct judge_request *q, int number) MUST_CHECK;
/* judge_control.c: ancillary data, copied and then judged for the socket taken. */
int judge_read_control(struct judge_request *q, uint64_t from, uint64_t length) MUST_CHECK;
int judge_control(struct judge_request *q) MUST_CHECK;

/* judge_rules.c: pure */
/*
 * What @a means; with @outgoing an unspecified address becomes the loopback address, in @a too.
 * -errno for what is no address of IPv4 or IPv6.
 */
int judge_target(struct judge_address *a, bool outgoing, struct judge_target *ret) MUST_CHECK;
/* Is @a, of netlink, the kernel itself, and not a group or a process that listens? */
bool judge_is_kernel(const struct judge_address *a);
/*
 * Does a message to the kernel only ask for interfaces, addresses, routes, rules or neighbours?
 * Everything else acts with the capabilities of who sends it, or on descriptors, and those are
 * ours.
 */
bool judge_only_asks(const void *message, size_t length);
/* Does a rule allow it? @protocol 0 asks for any. */
bool judge_allows(const struct kit *kit, bool listen, int protocol, const struct judge_target *t);
bool judge_may_connect(const struct kit *kit, int protocol);

/* judge_calls.c, judge_send.c: a handler answers with a result, -errno or JUDGE_NOBODY. */
int judge_connect(struct judge_request *q) MUST_CHECK;
int judge_bind(struct judge_request *q) MUST_CHECK;
int judge_listen(struct judge_request *q) MUST_CHECK;
int judge_sendto(struct judge_request *q) MUST_CHECK;
int judge_sendmsg(struct judge_request *q) MUST_CHECK;
int judge_sendmmsg(struct judge_request *q) MUST_CHECK;
/* Is the address taken for an outgoing act on this socket? 0, -EACCES or another -errno. */
int judge_outgoing(struct judge_request *q) MUST_CHECK;

/* judge_unix.c */
/* q->address, a path of the program, becomes the address of the very socket that was judged. */
int judge_unix_address(struct judge_request *q) MUST_CHECK;

#endif
