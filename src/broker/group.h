/* SPDX-License-Identifier: ISC */
/* group.h - groups: the caller's side (group.c, group_start.c), the process's (group_inside.c) */
#ifndef AMBIT_BROKER_GROUP_H
#define AMBIT_BROKER_GROUP_H

#include "channel.h"
#include "self.h"

/*
 * How a process is told that it is one: "FUNCTION:NTH:KIT:CONTROL": which of the functions of that
 * name, and descriptors in decimal.
 */
#define GROUP_VARIABLE "AMBIT_PROCESS"

enum { GROUP_MAGIC = 0x70756f72, GROUP_MEMBERS_MAX = 64, GROUP_LINKS_MAX = 256 };

/* ---- what a process gets ------------------------------------------------------------------- */

/* A file in memory: this, the channels, the tables they point to by offsets from its start. */
struct group_kit_channel {
	char peer[MESSAGE_NAME_SIZE];
	int32_t fd;
	uint32_t in_at, out_at, spare;
};
struct group_kit {
	uint32_t magic, size;
	char name[MESSAGE_NAME_SIZE];
	uint32_t channel_count, spare;
	struct group_kit_channel channels[];
};

/* By the control socket, with the new end beside it: that process was started anew. */
struct group_news {
	uint32_t magic;
	uint32_t channel; /* which of the kit's */
};

/* ---- the caller ---------------------------------------------------------------------------- */

struct group_member {
	char name[MESSAGE_NAME_SIZE];
	struct ambit_policy *policy; /* owned */
	const struct ambit_process_entry *entry;
	struct ambit_process_options options;
	struct ambit_box *box; /* NULL: does not run */
	int control_fd;
	uint32_t restarts;
	uint64_t window_us; /* when the first of these was */
};

/* A declared channel. An end is -1 once its process has it. */
struct group_link {
	int member[2]; /* -1: the caller */
	int ends[2];
	struct table *tables[2];       /* owned; what comes to an end */
	struct ambit_channel *channel; /* owned; the caller's end, if it is one's */
};

struct ambit_group {
	char program[SELF_PATH_SIZE];
	int poll_fd;
	bool started, ended;
	struct ambit_group_event end;
	size_t member_count, link_count;
	struct group_member members[GROUP_MEMBERS_MAX];
	struct group_link links[GROUP_LINKS_MAX];
};

/* group_start.c: new pairs for what @member is connected with; then the process. */
enum ambit_code group_pair(struct ambit_group *g, int member, struct ambit_error *err) MUST_CHECK;
enum ambit_code group_launch(struct ambit_group *g, int member, struct ambit_error *err) MUST_CHECK;

/* group.c: as the functions of the header; until_us as for channels */
struct ambit_group *group_new(void);
void group_free(struct ambit_group *g);
enum ambit_code group_add(struct ambit_group *g, const char *name,
			  const struct ambit_policy *policy, ambit_process_fn *function,
			  const struct ambit_process_options *options,
			  struct ambit_error *err) MUST_CHECK;
enum ambit_code group_connect(struct ambit_group *g, const char *first, const char *second,
			      const struct ambit_channel_protocol *protocol,
			      struct ambit_error *err) MUST_CHECK;
enum ambit_code group_start(struct ambit_group *g, struct ambit_error *err) MUST_CHECK;
enum ambit_code group_wait(struct ambit_group *g, int timeout_ms, struct ambit_group_event *ret,
			   struct ambit_error *err) MUST_CHECK;
struct ambit_channel *group_channel(const struct ambit_group *g, const char *name);

/* group_inside.c */
void process_register(struct ambit_process_entry *entry);
const struct ambit_process_entry *process_entry_of(ambit_process_fn *function);
/* How many of the same name were there before it. */
int process_entry_nth(const struct ambit_process_entry *entry);
const char *process_name(const struct ambit_process *p);
struct ambit_channel *process_channel(const struct ambit_process *p, const char *name);
int process_fd(const struct ambit_process *p);

#endif
