/* SPDX-License-Identifier: ISC */
/*
 * group_inside.c - a process of a group: from the constructor to the end of its function
 *
 * It runs in the program's own image before main, already confined. What it gets is a kit, which
 * says who it is and whom it may talk to, the ends of its channels, and a control socket on which
 * the caller sends new ends and never reads.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/fd.h"
#include "../base/sys.h"
#include "group.h"
#include "worker_wire.h"

struct ambit_process {
	const struct group_kit *kit;
	int control_fd;
	bool over;
	struct ambit_channel *channels[GROUP_LINKS_MAX];
};

/*
 * The program's functions, in a list that only constructors write, before there is a second thread;
 * main() and all that it starts read it.
 */
static struct ambit_process_entry *entries;

const struct ambit_process_entry *process_entry_of(ambit_process_fn *function)
{
	for (const struct ambit_process_entry *e = entries; e; e = e->next)
		if (e->function == function)
			return e;
	return NULL;
}

int process_entry_nth(const struct ambit_process_entry *entry)
{
	int nth = 0;

	for (const struct ambit_process_entry *e = entry->next; e; e = e->next)
		nth += strcmp(e->name, entry->name) == 0;
	return nth;
}

const char *process_name(const struct ambit_process *p)
{
	return p->kit->name;
}

struct ambit_channel *process_channel(const struct ambit_process *p, const char *name)
{
	for (uint32_t i = 0; i < p->kit->channel_count; i++)
		if (strcmp(p->kit->channels[i].peer, name) == 0)
			return p->channels[i];
	return NULL;
}

int process_fd(const struct ambit_process *p)
{
	return p->control_fd;
}

/* ---- news ---------------------------------------------------------------------------------- */

union control {
	char bytes[CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
};

/* One message of the caller, which is trusted. 0 or -errno; -EAGAIN: there is none. */
static int take_news(struct ambit_process *p)
{
	struct group_news news = { 0, 0 };
	struct iovec part = { &news, sizeof(news) };
	union control control;
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = control.bytes,
				  .msg_controllen = sizeof(control.bytes) };
	ssize_t n = sys_recvmsg(p->control_fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	struct cmsghdr *head;
	int fd;

	if (n < 0)
		return (int)n;
	head = CMSG_FIRSTHDR(&message);
	if (n == 0 || news.magic != GROUP_MAGIC || news.channel >= p->kit->channel_count || !head)
		return -EPIPE;
	memcpy(&fd, CMSG_DATA(head), sizeof(fd));
	channel_offer(p->channels[news.channel], fd_above_standard(fd));
	return 0;
}

static bool is_over(void *argument)
{
	struct ambit_process *p = argument;
	int r;

	do
		r = p->over ? -EPIPE : take_news(p);
	while (r == 0 || r == -EINTR);
	p->over = r != -EAGAIN;
	return p->over;
}

static int wait_news(void *argument, uint64_t until_us)
{
	struct ambit_process *p = argument;
	struct pollfd fd = { p->control_fd, POLLIN, 0 };
	const uint64_t now = worker_now_us();
	int r = p->over ? -EPIPE : take_news(p);

	if (r != -EAGAIN && r != -EINTR) {
		p->over = r < 0;
		return r;
	}
	if (until_us && now >= until_us)
		return -ETIMEDOUT;
	/* EINTR: the caller looks again */
	IGNORE_RESULT(sys_poll(&fd, 1, until_us ? (int)((until_us - now) / 1000 + 1) : -1));
	return 0;
}

/* ---- becoming a process -------------------------------------------------------------------- */

static const struct table *table_at(const struct group_kit *kit, uint32_t at)
{
	return (const struct table *)(const void *)((const char *)kit + at);
}

static bool open_channels(struct ambit_process *p)
{
	const struct channel_home home = { is_over, wait_news, p };

	for (uint32_t i = 0; i < p->kit->channel_count; i++) {
		const struct group_kit_channel *k = &p->kit->channels[i];

		/* What this process starts has no business on its channels. */
		if (sys_fcntl(k->fd, F_SETFD, FD_CLOEXEC) < 0)
			return false;
		p->channels[i] = channel_new(k->peer, k->fd, table_at(p->kit, k->in_at),
					     table_at(p->kit, k->out_at), &home);
		if (!p->channels[i])
			return false;
	}
	return true;
}

/* The caller made it: it is what it should be, or the two are not of one version. */
static const struct group_kit *map_kit(int fd)
{
	const struct group_kit *kit = MAP_FAILED;
	struct stat st;

	if (sys_fstat(fd, &st) == 0 && st.st_size >= (off_t)sizeof(*kit))
		kit = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	(void)sys_close(fd);
	if (kit == MAP_FAILED || kit->magic != GROUP_MAGIC || kit->size != (uint64_t)st.st_size ||
	    kit->channel_count > GROUP_LINKS_MAX)
		return NULL;
	return kit;
}

__attribute__((noreturn)) static void become(const struct ambit_process_entry *entry,
					     const char *text)
{
	struct ambit_process *p = calloc(1, sizeof(*p));
	int kit_fd = -1, status;

	text = p ? self_take_number(text, &kit_fd) : NULL;
	text = text ? self_take_number(text, &p->control_fd) : NULL;
	if (!text || !(p->kit = map_kit(kit_fd)) ||
	    sys_fcntl(p->control_fd, F_SETFD, FD_CLOEXEC) < 0 || !open_channels(p))
		_exit(EXIT_FAILURE);
	status = entry->function(p);
	(void)fflush(NULL); /* what could not be written is lost, as it is at any exit */
	_exit(status & 0xff || !status ? status & 0xff : EXIT_FAILURE);
}

void process_register(struct ambit_process_entry *entry)
{
	const char *text;

	entry->next = entries;
	entries = entry;
	text = self_told(GROUP_VARIABLE, entry->name, process_entry_nth(entry));
	if (text)
		become(entry, text);
}
