/* SPDX-License-Identifier: ISC */
/*
 * DOC: Theory of operation
 *
 * A group is declared first: processes, and who may talk to whom. Starting it makes the sockets of
 * all channels and starts this program once for each process, under its policy, with its ends
 * (group_start.c); from then on the caller only watches, by the process descriptors, and carries
 * out what was declared for the end of each.
 *
 * A process that is started anew gets new channels: what lay in the old ones, and how far the
 * other side had come, was about a process that is gone. The others are sent their new ends on
 * control sockets that go in that one direction. When a control socket ends the group has.
 */
#include "group.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "../base/fd.h"
#include "../base/sys.h"
#include "worker_wire.h"

/* ---- declaring ----------------------------------------------------------------------------- */

struct ambit_group *group_new(void)
{
	struct ambit_group *g = calloc(1, sizeof(*g));

	if (g)
		g->poll_fd = -1;
	return g;
}

static enum ambit_code usage(struct ambit_error *err, const char *what, const char *name)
{
	return err_set(err, AMBIT_E_USAGE, AMBIT_LAYER_RUN, 0, "%s %.*s", what, MESSAGE_NAME_SIZE,
		       name ? name : "(NULL)");
}

_Static_assert(GROUP_MEMBERS_MAX == 64 && GROUP_LINKS_MAX == 256, "the sentences below say so");

/* The number of a process, -1 for the caller, -2 for none. */
static int find(const struct ambit_group *g, const char *name)
{
	if (!name)
		return -2;
	for (size_t i = 0; i < g->member_count; i++)
		if (strcmp(g->members[i].name, name) == 0)
			return (int)i;
	return strcmp(name, AMBIT_CALLER) == 0 ? -1 : -2;
}

static enum ambit_code check_member(const struct ambit_group *g, const char *name,
				    ambit_process_fn *function,
				    const struct ambit_process_options *options,
				    struct ambit_error *err)
{
	if (g->started)
		return usage(err, "the group is started: it cannot have", name);
	if (g->member_count == GROUP_MEMBERS_MAX)
		return usage(err, "a group has at most 64 processes: it cannot have", name);
	if (!message_is_name(name) || find(g, name) >= 0)
		return usage(err, "no name, or one that is taken:", name);
	if (!function || !process_entry_of(function)) {
		(void)usage(err, "no AMBIT_PROCESS() names the function of", name);
		return err_hint(err, "write AMBIT_PROCESS(function) once, at file scope");
	}
	return options->reaction > AMBIT_GO_ON
		       ? usage(err, "unknown is the reaction to the end of", name)
		       : AMBIT_OK;
}

enum ambit_code group_add(struct ambit_group *g, const char *name,
			  const struct ambit_policy *policy, ambit_process_fn *function,
			  const struct ambit_process_options *options, struct ambit_error *err)
{
	struct ambit_process_options own = AMBIT_PROCESS_OPTIONS_INIT;
	struct group_member *m = &g->members[g->member_count];
	enum ambit_code code;

	if (options)
		memcpy(&own, options, options->size < sizeof(own) ? options->size : sizeof(own));
	code = check_member(g, name, function, &own, err);
	if (code != AMBIT_OK)
		return code;
	memset(m, 0, sizeof(*m));
	m->control_fd = -1;
	m->entry = process_entry_of(function);
	m->options = own;
	memcpy(m->name, name, strlen(name) + 1);
	m->policy = ambit_policy_new();
	if (!m->policy)
		return err_memory(err, AMBIT_LAYER_RUN);
	code = ambit_policy_merge(m->policy, policy, err);
	if (code != AMBIT_OK)
		ambit_policy_free(m->policy);
	else
		g->member_count++;
	return code;
}

static enum ambit_code check_link(const struct ambit_group *g, const int member[2],
				  const char *first, const char *second, struct ambit_error *err)
{
	if (g->started)
		return usage(err, "the group is started: it cannot connect", first);
	if (g->link_count == GROUP_LINKS_MAX)
		return usage(err, "a group has at most 256 channels: it cannot connect", first);
	if (member[0] < -1 || member[1] < -1)
		return usage(err, "no process is called", member[0] < -1 ? first : second);
	if (member[0] == member[1])
		return usage(err, "not with itself can be connected", first);
	for (size_t i = 0; i < g->link_count; i++) {
		const int *m = g->links[i].member;

		if ((m[0] == member[0] && m[1] == member[1]) ||
		    (m[0] == member[1] && m[1] == member[0]))
			return usage(err, "connected already are the two, one of them", first);
	}
	return AMBIT_OK;
}

enum ambit_code group_connect(struct ambit_group *g, const char *first, const char *second,
			      const struct ambit_channel_protocol *protocol,
			      struct ambit_error *err)
{
	struct group_link link = { .member = { find(g, first), find(g, second) },
				   .ends = { -1, -1 } };
	enum ambit_code code = check_link(g, link.member, first, second, err);

	if (code == AMBIT_OK && protocol->size < sizeof(*protocol))
		code = usage(err, "the size is not set in the protocol of", first);
	if (code == AMBIT_OK)
		code = table_new(protocol->back, protocol->back_count, protocol->descriptors,
				 &link.tables[0], err);
	if (code == AMBIT_OK)
		code = table_new(protocol->there, protocol->there_count, protocol->descriptors,
				 &link.tables[1], err);
	if (code == AMBIT_OK) {
		g->links[g->link_count++] = link;
		return AMBIT_OK;
	}
	free(link.tables[0]);
	return first ? err_prefix(err, "%.*s", MESSAGE_NAME_SIZE, first) : code;
}

struct ambit_channel *group_channel(const struct ambit_group *g, const char *name)
{
	for (size_t i = 0; i < g->link_count; i++)
		if (g->links[i].channel && strcmp(channel_peer(g->links[i].channel), name) == 0)
			return g->links[i].channel;
	return NULL;
}

/* ---- starting and ending ------------------------------------------------------------------- */

static void stop_one(const struct ambit_group *g, struct group_member *m)
{
	fd_close(&m->control_fd);
	/*
	 * Closing it is not enough: a child of the caller may hold the descriptor, too, and then
	 * this end would be told of for ever. ENOENT: it was not yet watched.
	 */
	if (m->box)
		(void)epoll_ctl(g->poll_fd, EPOLL_CTL_DEL, ambit_box_pidfd(m->box), NULL);
	ambit_box_free(m->box); /* kills */
	m->box = NULL;
}

static void stop(struct ambit_group *g)
{
	/* All at once: none is to see that others go first. E_NOT_FOUND: it has ended. */
	for (size_t i = 0; i < g->member_count; i++)
		if (g->members[i].box)
			IGNORE_RESULT((int)ambit_box_signal(g->members[i].box, SIGKILL, NULL));
	for (size_t i = 0; i < g->member_count; i++)
		stop_one(g, &g->members[i]);
	for (size_t i = 0; i < g->link_count; i++) {
		fd_close(&g->links[i].ends[0]);
		fd_close(&g->links[i].ends[1]);
	}
}

static void free_channels(struct ambit_group *g)
{
	for (size_t i = 0; i < g->link_count; i++) {
		channel_free(g->links[i].channel);
		g->links[i].channel = NULL;
	}
}

enum ambit_code group_start(struct ambit_group *g, struct ambit_error *err)
{
	enum ambit_code code;

	if (g->started || !g->member_count)
		return usage(err, "the group is started, or has no process", "");
	code = self_find(g->program, "a process of a group", err);
	if (code == AMBIT_OK && g->poll_fd < 0) {
		const int r = fd_above_standard(sys_epoll_create1(EPOLL_CLOEXEC));

		if (r < 0)
			code = err_set(err, err_code_of_errno(-r), AMBIT_LAYER_RUN, -r,
				       "cannot watch a group");
		else
			g->poll_fd = r;
	}
	for (int i = 0; i < (int)g->member_count && code == AMBIT_OK; i++) {
		code = group_pair(g, i, err);
		if (code == AMBIT_OK)
			code = group_launch(g, i, err);
	}
	if (code != AMBIT_OK) {
		stop(g);
		free_channels(g);
	}
	g->started = code == AMBIT_OK;
	return code;
}

void group_free(struct ambit_group *g)
{
	if (!g)
		return;
	stop(g);
	free_channels(g);
	for (size_t i = 0; i < g->member_count; i++)
		ambit_policy_free(g->members[i].policy);
	for (size_t i = 0; i < g->link_count; i++) {
		free(g->links[i].tables[0]);
		free(g->links[i].tables[1]);
	}
	fd_close(&g->poll_fd);
	free(g);
}

/* ---- looking after them -------------------------------------------------------------------- */

static bool any_runs(const struct ambit_group *g)
{
	for (size_t i = 0; i < g->member_count; i++)
		if (g->members[i].box)
			return true;
	return false;
}

/* Once more within the window? */
static bool may_restart(struct group_member *m)
{
	const uint64_t now = worker_now_us();

	if (now - m->window_us > (uint64_t)m->options.window_ms * 1000) {
		m->window_us = now;
		m->restarts = 0;
	}
	return m->restarts++ < m->options.restarts;
}

static enum ambit_code restart(struct ambit_group *g, int member, struct ambit_error *err)
{
	enum ambit_code code = group_pair(g, member, err);

	return code == AMBIT_OK ? group_launch(g, member, err) : code;
}

static void end(struct ambit_group *g, struct ambit_group_event *event)
{
	stop(g);
	event->kind = AMBIT_GROUP_ENDED;
	g->ended = true;
	g->end = *event;
}

/* What was declared for the end of a process. */
static enum ambit_code react(struct ambit_group *g, int member, struct ambit_group_event *event,
			     struct ambit_error *err)
{
	struct group_member *m = &g->members[member];
	enum ambit_code code = AMBIT_OK;

	stop_one(g, m);
	if (m->options.may_finish && event->exit_code == 0)
		event->kind = AMBIT_GROUP_FINISHED;
	else if (m->options.reaction == AMBIT_GO_ON)
		event->kind = AMBIT_GROUP_LOST;
	else if (m->options.reaction == AMBIT_RESTART && may_restart(m)) {
		event->kind = AMBIT_GROUP_RESTARTED;
		code = restart(g, member, err);
	}
	if (event->kind == AMBIT_GROUP_ENDED || code != AMBIT_OK || !any_runs(g))
		end(g, event);
	return code;
}

/* A process that may have ended: AMBIT_E_TIMEOUT when it has not. */
static enum ambit_code look_after(struct ambit_group *g, int member,
				  struct ambit_group_event *event, struct ambit_error *err)
{
	struct ambit_status status = { sizeof(status), -1, SIGKILL, false };
	struct ambit_box *box = g->members[member].box;

	if (!box || ambit_box_wait(box, 0, &status, err) == AMBIT_E_TIMEOUT)
		return AMBIT_E_TIMEOUT;
	err_clear(err); /* reaped by somebody else: ended all the same, as if killed */
	event->process = g->members[member].name;
	event->exit_code = status.exit_code;
	event->signal = status.signal;
	return react(g, member, event, err);
}

static void hand_over(const struct ambit_group_event *event, struct ambit_group_event *ret)
{
	const size_t size = ret->size;

	memcpy(ret, event, size < sizeof(*event) ? size : sizeof(*event));
	ret->size = size;
}

enum ambit_code group_wait(struct ambit_group *g, int timeout_ms, struct ambit_group_event *ret,
			   struct ambit_error *err)
{
	const uint64_t until_us = channel_deadline(timeout_ms);
	struct ambit_group_event event = AMBIT_GROUP_EVENT_INIT;
	enum ambit_code code = g->started ? AMBIT_E_TIMEOUT : usage(err, "not started is", "it");

	if (g->ended) {
		hand_over(&g->end, ret);
		return AMBIT_OK;
	}
	while (code == AMBIT_E_TIMEOUT) {
		const uint64_t now = worker_now_us(), left = until_us > now ? until_us - now : 0;
		struct epoll_event ready;
		const int n = epoll_wait(g->poll_fd, &ready, 1,
					 until_us ? (int)((left + 999) / 1000) : -1);

		err_clear(err);
		if (n > 0)
			code = look_after(g, (int)ready.data.u32, &event, err);
		if (code == AMBIT_E_TIMEOUT && until_us && worker_now_us() >= until_us)
			return err_set(err, AMBIT_E_TIMEOUT, AMBIT_LAYER_RUN, 0,
				       "no process of the group has ended");
	}
	if (code == AMBIT_OK)
		hand_over(&event, ret);
	return code;
}
