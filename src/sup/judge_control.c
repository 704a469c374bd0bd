/* SPDX-License-Identifier: ISC */
/*
 * judge_control.c - ancillary data of a message
 *
 * Only what is listed passes, everything else is EPERM. Descriptors for a local socket are taken
 * from the program and sent in its place; credentials are not, for they would be ours.
 */
#include "judge_in.h"

#include <netinet/udp.h>

static const struct {
	int level, type;
} datagram_words[] = {
	{ IPPROTO_IP, IP_TOS },
	{ IPPROTO_IP, IP_TTL },
	{ IPPROTO_IP, IP_PKTINFO },
	{ IPPROTO_IPV6, IPV6_TCLASS },
	{ IPPROTO_IPV6, IPV6_HOPLIMIT },
	{ IPPROTO_IPV6, IPV6_PKTINFO },
	{ IPPROTO_UDP, 103 /* UDP_SEGMENT */ },
};

int judge_read_control(struct judge_request *q, uint64_t from, uint64_t length)
{
	if (length > JUDGE_CONTROL_MAX)
		return -EPERM;
	q->control_length = (size_t)length;
	return judge_read(q, q->room->control, from, (size_t)length);
}

static int take_descriptors(struct judge_request *q, int *fds, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int fd = sys_pidfd_getfd(q->pidfd, fds[i]);

		if (fd < 0)
			return fd == -EBADF ? fd : -EPERM;
		q->room->taken[q->taken_count++] = fd;
		fds[i] = fd;
	}
	return 0;
}

static int judge_word(struct judge_request *q, struct judge_word *word)
{
	size_t count = (word->length - sizeof(*word)) / sizeof(int);

	if (q->kind == JUDGE_UNIX && word->level == SOL_SOCKET && word->type == SCM_RIGHTS)
		return q->taken_count + count > JUDGE_TAKEN_MAX
			       ? -EINVAL
			       : take_descriptors(q, (int *)(void *)(word + 1), count);
	if (q->kind != JUDGE_UDP)
		return -EPERM;
	for (size_t i = 0; i < ARRAY_COUNT(datagram_words); i++)
		if (word->level == datagram_words[i].level && word->type == datagram_words[i].type)
			return 0;
	return -EPERM;
}

static size_t aligned(uint64_t length)
{
	return (size_t)(length + 7) & ~(size_t)7;
}

/* Walked as the kernel walks it: a header that does not fit ends it there and is refused here. */
int judge_control(struct judge_request *q)
{
	char *control = q->room->control;
	size_t at = 0;

	while (q->control_length - at >= sizeof(struct judge_word)) {
		struct judge_word *word = (struct judge_word *)(void *)(control + at);
		int r;

		if (word->length < sizeof(*word) || word->length > q->control_length - at)
			return -EINVAL;
		r = judge_word(q, word);
		if (r < 0)
			return r;
		if (aligned(word->length) >= q->control_length - at)
			return 0;
		at += aligned(word->length);
	}
	return at < q->control_length ? -EINVAL : 0;
}
