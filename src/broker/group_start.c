/* SPDX-License-Identifier: ISC */
/*
 * group_start.c - a process of a group, and the channels it is born with
 *
 * Both ends of a channel are made here and given away: the one to the process that is started, as
 * an inherited descriptor; the other to whoever is there already, by its control socket. What is
 * left here afterwards is closed, so that the end of one process is seen by the other.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../base/fd.h"
#include "../base/sys.h"
#include "group.h"

static enum ambit_code failed(struct ambit_error *err, int r, const char *what)
{
	(void)err_set(err, err_code_of_errno(-r), AMBIT_LAYER_RUN, -r, "cannot %s", what);
	return err_exhausted(err);
}

/* Which end of a link a member has: 0 or 1, -1 for none. */
static int side_of(const struct group_link *l, int member)
{
	return l->member[0] == member ? 0 : l->member[1] == member ? 1 : -1;
}

/* ---- ends ---------------------------------------------------------------------------------- */

/* The number of a link among those of a member: so its kit has them. */
static uint32_t place_of(const struct ambit_group *g, const struct group_link *link, int member)
{
	uint32_t place = 0;

	for (const struct group_link *l = g->links; l < link; l++)
		place += side_of(l, member) >= 0;
	return place;
}

/* A new end for a process that runs. One that does not take its news loses the channel. */
static void send_end(const struct group_member *m, uint32_t place, int fd)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr head;
	} control = { .bytes = { 0 } };
	struct group_news news = { GROUP_MAGIC, place };
	struct iovec part = { &news, sizeof(news) };
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = control.bytes,
				  .msg_controllen = sizeof(control.bytes) };

	control.head.cmsg_level = SOL_SOCKET;
	control.head.cmsg_type = SCM_RIGHTS;
	control.head.cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
	/* EPIPE: it has ended, too, and is next. EAGAIN: it does not listen; the end is closed. */
	IGNORE_RESULT((int)sys_sendmsg(m->control_fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT));
}

/* The caller waits for nobody here: new ends come by group_wait(), until the group has ended. */
static int callers_news(void *argument, uint64_t until_us)
{
	const struct ambit_group *g = argument;

	(void)until_us;
	return g->ended ? -EPIPE : -ETIMEDOUT;
}

/* The other end goes to whoever has it: the caller, a process that runs, or, once it does, one. */
static enum ambit_code give_other(struct ambit_group *g, struct group_link *l, int side,
				  struct ambit_error *err)
{
	const struct channel_home callers = { NULL, callers_news, g };
	const int other = l->member[!side];

	if (other >= 0) {
		if (!g->started)
			return AMBIT_OK;
		if (g->members[other].box)
			send_end(&g->members[other], place_of(g, l, other), l->ends[!side]);
		fd_close(&l->ends[!side]);
		return AMBIT_OK;
	}
	if (l->channel) {
		channel_offer(l->channel, fd_steal(&l->ends[!side]));
		return AMBIT_OK;
	}
	l->channel = channel_new(g->members[l->member[side]].name, fd_steal(&l->ends[!side]),
				 l->tables[!side], l->tables[side], &callers);
	return l->channel ? AMBIT_OK : err_memory(err, AMBIT_LAYER_RUN);
}

enum ambit_code group_pair(struct ambit_group *g, int member, struct ambit_error *err)
{
	enum ambit_code code = AMBIT_OK;

	for (size_t i = 0; i < g->link_count && code == AMBIT_OK; i++) {
		struct group_link *l = &g->links[i];
		const int side = side_of(l, member);
		int r;

		if (side < 0 || l->ends[side] >= 0)
			continue;
		r = channel_pair(l->ends);
		code = r < 0 ? failed(err, r, "make a channel") : give_other(g, l, side, err);
	}
	return code;
}

/* ---- the kit ------------------------------------------------------------------------------- */

static const char *name_of(const struct ambit_group *g, int member)
{
	return member < 0 ? AMBIT_CALLER : g->members[member].name;
}

/* One table behind the others; where it stands. */
static uint32_t put_table(struct group_kit *kit, const struct table *t)
{
	const uint32_t at = kit->size;

	memcpy((char *)kit + at, t, t->size);
	kit->size += t->size;
	return at;
}

static void fill_kit(const struct ambit_group *g, int member, size_t head, struct group_kit *kit)
{
	const char *own = name_of(g, member);

	kit->magic = GROUP_MAGIC;
	kit->size = (uint32_t)head;
	memcpy(kit->name, own, strlen(own) + 1);
	for (size_t i = 0; i < g->link_count; i++) {
		const struct group_link *l = &g->links[i];
		const int side = side_of(l, member);
		struct group_kit_channel *k;
		const char *peer;

		if (side < 0)
			continue;
		k = &kit->channels[kit->channel_count++];
		peer = name_of(g, l->member[!side]);
		memcpy(k->peer, peer, strlen(peer) + 1);
		k->fd = l->ends[side];
		k->in_at = put_table(kit, l->tables[side]);
		k->out_at = put_table(kit, l->tables[!side]);
	}
}

/* A file that nobody can change any more; -errno. */
static int write_kit(const struct group_kit *kit)
{
	AUTO_FD int fd = fd_above_standard(
		sys_memfd_create("ambit-process", MFD_CLOEXEC | MFD_ALLOW_SEALING));
	int r = fd < 0 ? fd : fd_check_size(kit->size);

	if (r >= 0)
		r = fd_write_all(fd, kit, kit->size);
	if (r >= 0)
		r = sys_fcntl(fd, F_ADD_SEALS,
			      F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
	return r < 0 ? r : fd_steal(&fd);
}

static int make_kit(const struct ambit_group *g, int member)
{
	size_t head = sizeof(struct group_kit), size = 0;
	AUTO_FREE struct group_kit *kit = NULL;

	for (size_t i = 0; i < g->link_count; i++)
		if (side_of(&g->links[i], member) >= 0) {
			head += sizeof(kit->channels[0]);
			size += g->links[i].tables[0]->size + g->links[i].tables[1]->size;
		}
	if (head + size > UINT32_MAX)
		return -EFBIG;
	kit = calloc(1, head + size);
	if (!kit)
		return -ENOMEM;
	fill_kit(g, member, head, kit);
	return write_kit(kit);
}

/* ---- the process --------------------------------------------------------------------------- */

/* Its own policy, and what a process needs of ours. */
static enum ambit_code policy_for(const struct ambit_group *g, int member, const int fds[2],
				  struct ambit_policy *p, struct ambit_error *err)
{
	const struct group_member *m = &g->members[member];
	enum ambit_code code = ambit_policy_merge(p, m->policy, err);

	if (code == AMBIT_OK)
		code = self_grant(p, err);
	for (int i = 0; i < 2 && code == AMBIT_OK; i++)
		code = self_add(p, "fd", err, "%d", fds[i]);
	for (size_t i = 0; i < g->link_count && code == AMBIT_OK; i++) {
		const int side = side_of(&g->links[i], member);

		if (side >= 0)
			code = self_add(p, "fd", err, "%d", g->links[i].ends[side]);
	}
	if (code == AMBIT_OK)
		code = self_add(p, "env", err, GROUP_VARIABLE "=%s:%d:%d:%d", m->entry->name,
				process_entry_nth(m->entry), fds[0], fds[1]);
	return code;
}

static enum ambit_code spawn(struct ambit_group *g, int member, const int fds[2],
			     struct ambit_error *err)
{
	struct ambit_options options = AMBIT_OPTIONS_INIT;
	char *argv[] = { g->program, NULL };
	struct ambit_policy *p = ambit_policy_new();
	enum ambit_code code =
		p ? policy_for(g, member, fds, p, err) : err_memory(err, AMBIT_LAYER_RUN);

	options.directory = "/";
	if (code == AMBIT_OK)
		code = ambit_spawn(p, argv, &options, &g->members[member].box, err);
	ambit_policy_free(p);
	return code;
}

static enum ambit_code watch(struct ambit_group *g, int member, struct ambit_error *err)
{
	struct epoll_event event = { .events = EPOLLIN, .data = { .u32 = (uint32_t)member } };

	return epoll_ctl(g->poll_fd, EPOLL_CTL_ADD, ambit_box_pidfd(g->members[member].box),
			 &event) == 0
		       ? AMBIT_OK
		       : failed(err, -errno, "watch a process");
}

enum ambit_code group_launch(struct ambit_group *g, int member, struct ambit_error *err)
{
	struct group_member *m = &g->members[member];
	int kit = make_kit(g, member), control[2] = { -1, -1 };
	int r = kit < 0 ? kit : channel_pair(control);
	enum ambit_code code;

	if (r < 0) {
		code = failed(err, r, "make what a process begins with");
	} else {
		m->control_fd = control[0];
		code = spawn(g, member, (const int[]){ kit, control[1] }, err);
	}
	fd_close(&kit);
	fd_close(&control[1]);
	for (size_t i = 0; i < g->link_count; i++) {
		const int side = side_of(&g->links[i], member);

		if (side >= 0)
			fd_close(&g->links[i].ends[side]);
	}
	if (code == AMBIT_OK)
		code = watch(g, member, err);
	if (code != AMBIT_OK)
		(void)err_prefix(err, "process %s", m->name);
	return code;
}
