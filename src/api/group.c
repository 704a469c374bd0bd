/* SPDX-License-Identifier: ISC */
/* group.c - exported functions on groups and their processes */
#include "../broker/group.h"
#include "api.h"

static enum ambit_code usage(struct ambit_error *err)
{
	return err_set(err, AMBIT_E_USAGE, AMBIT_LAYER_RUN, 0,
		       "a group, a policy, a protocol or a result is NULL");
}

/* ---- in a process -------------------------------------------------------------------------- */

void ambit_process_register(struct ambit_process_entry *entry)
{
	process_register(entry);
}

const char *ambit_process_name(const struct ambit_process *self)
{
	return self ? process_name(self) : "";
}

struct ambit_channel *ambit_process_channel(const struct ambit_process *self, const char *name)
{
	return self && name ? process_channel(self, name) : NULL;
}

int ambit_process_fd(const struct ambit_process *self)
{
	return self ? process_fd(self) : -1;
}

/* ---- the caller ---------------------------------------------------------------------------- */

struct ambit_group *ambit_group_new(void)
{
	return group_new();
}

enum ambit_code ambit_group_add(struct ambit_group *group, const char *name,
				const struct ambit_policy *policy, ambit_process_fn *function,
				const struct ambit_process_options *options,
				struct ambit_error *err)
{
	ERR_BEGIN(err);
	if (!group || !policy)
		return usage(err);
	return group_add(group, name, policy, function, options, err);
}

enum ambit_code ambit_group_connect(struct ambit_group *group, const char *first,
				    const char *second,
				    const struct ambit_channel_protocol *protocol,
				    struct ambit_error *err)
{
	ERR_BEGIN(err);
	if (!group || !protocol)
		return usage(err);
	return group_connect(group, first, second, protocol, err);
}

enum ambit_code ambit_group_start(struct ambit_group *group, struct ambit_error *err)
{
	ERR_BEGIN(err);
	return group ? group_start(group, err) : usage(err);
}

struct ambit_channel *ambit_group_channel(const struct ambit_group *group, const char *name)
{
	return group && name ? group_channel(group, name) : NULL;
}

enum ambit_code ambit_group_wait(struct ambit_group *group, int timeout_ms,
				 struct ambit_group_event *ret_event, struct ambit_error *err)
{
	ERR_BEGIN(err);
	if (!group || !ret_event || !ret_event->size)
		return usage(err);
	return group_wait(group, timeout_ms, ret_event, err);
}

int ambit_group_fd(const struct ambit_group *group)
{
	return group ? group->poll_fd : -1;
}

void ambit_group_free(struct ambit_group *group)
{
	group_free(group);
}
