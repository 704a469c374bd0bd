/* SPDX-License-Identifier: ISC */
/*
 * kit.h - the plan made concrete: all the child ever sees
 *
 * One flat block of memory: a header, the operations in order, and the data they refer to by
 * offset. It holds no pointer, so it can be written to a memory file and mapped by the stage
 * image; the only numbers with meaning outside are descriptors. The child changes nothing in it
 * but the argv and envp tables, whose offsets it turns into pointers in place.
 */
#ifndef AMBIT_LAYER_KIT_H
#define AMBIT_LAYER_KIT_H

#include <stdbool.h>
#include <stdint.h>

#include "../base/attr.h"

enum { KIT_MAGIC = 0x74696b61, KIT_PROCESSORS = 1024 };

/* What the child tells its parent when something fails: numbers and one path, no words. */
struct kit_report {
	uint32_t magic;
	uint32_t step;			     /* of the plan */
	uint8_t layer, op, verifying, where; /* where: enum kit_where */
	int32_t sys_errno;
	int32_t detail; /* a number the layer's hint can use */
	char path[256]; /* "" or the object */
};

/* One act of one layer. */
struct kit_op {
	uint8_t layer;	     /* enum ambit_layer */
	uint8_t op;	     /* the layer's own */
	uint8_t place;	     /* enum plan_place */
	uint8_t each_thread; /* of a process that confines itself: every thread does it */
	uint32_t step;	     /* of the plan, from 1; for reports */
	uint32_t data;	     /* offset of a string or bytes, 0 = none */
	uint32_t length;     /* bytes at @data */
	uint64_t a, b, c;
};

/* As sched_setaffinity(2) has them; none: nothing is known of them. */
struct kit_processors {
	uint64_t set[KIT_PROCESSORS / 64];
};

struct kit {
	uint32_t magic, size;
	uint32_t op_count, ops; /* offset of struct kit_op[op_count] */
	uint32_t argv, envp;	/* offsets of uint64_t tables of offsets, ended by 0 */
	uint32_t leader;	/* a leader stays: fork the program */
	uint32_t flags;		/* KIT_... */
	int32_t report_fd;	/* close-on-exec; EOF on it means the program runs */
	int32_t program_fd;	/* O_PATH of the program, -1 = by path */
	uint32_t program;	/* offset of its path inside the view */
	uint32_t directory;	/* offset of the working directory inside the view */
	uint64_t wall_ms;	/* the leader ends the run after this long; 0 = never */
	uint64_t signal_mask;	/* the caller's, for the program */
	int32_t control_fd;	/* leader: status to, and death of, the supervisor; -1 */
	int32_t judge_fd;	/* the leader's end of the socket the listener comes over; -1 */
	int32_t judge_peer_fd;	/* that of the helper of exec.c */
	uint32_t leader_filter,
		leader_filter_count; /* struct sock_filter[]: for the leader itself */
	/* struct judge_rule[]: what may be connected to and listened on */
	uint32_t rules, rule_count;
	int32_t kill_fd;		 /* the group's cgroup.kill: the leader's last act; -1 */
	uint32_t leader_uid, leader_gid; /* KIT_LEADER_IDS: those of the program */
	/* what the leader keeps; the judge acts with it in the program's place */
	uint64_t leader_caps;
	uint32_t caller_pid; /* without a leader: whose end is the program's; 0 = nobody's */
	struct kit_processors processors; /* the caller's own: run/processor.c */
	/* In the shared page: execve comes next. Who dies from here on is the program. */
	uint32_t is_next;
	/*
	 * Where the report is left when the pipe cannot take it: the filter of a sealed program
	 * refuses to write anywhere but to 1 and 2. This page of the kit's file is shared with the
	 * parent.
	 */
	struct kit_report left;
};
_Static_assert(sizeof(struct kit) <= 4096, "the header is in the first page");

/* One endpoint the judge allows. */
struct judge_rule {
	uint8_t listen;	  /* 0: connect, 1: bind and listen */
	uint8_t protocol; /* enum net_protocol; 0: a local socket, by path */
	uint8_t family;	  /* AF_INET, AF_INET6; 0 = any */
	uint8_t prefix_bits;
	uint16_t port_first, port_last;
	uint8_t address[16];
	uint32_t path; /* offset, local sockets */
	uint32_t spare;
};

enum {
	KIT_SCRIPT =
		1, /* start by path: #! programs cannot be started by a close-on-exec descriptor */
	KIT_PID_NS = 2, /* the leader is pid 1 of its namespace */
	KIT_NEW_SESSION = 4,
	KIT_NOTIFY = 8,	     /* the leader keeps the listener and judges */
	KIT_STOPS = 16,	     /* the leader leads the new session, and tells of stops */
	KIT_TERMINAL = 64,   /* one of 0-2 is the slave of a pty of its own */
	KIT_LEADER_IDS = 32, /* the leader changes its ids as the program does */
};

static inline const struct kit_op *kit_op_at(const struct kit *k, uint32_t i)
{
	return (const struct kit_op *)(const void *)((const char *)k + k->ops) + i;
}
static inline const void *kit_data(const struct kit *k, uint32_t offset)
{
	return (const char *)k + offset;
}
static inline const char *kit_string(const struct kit *k, uint32_t offset)
{
	return (const char *)k + offset;
}

/*
 * WHERE_CLONE is the parent's own: what it was refused stood in the plan. WHERE_STAGE is the image
 * that could not be made or executed.
 */
enum kit_where { WHERE_STEP, WHERE_START, WHERE_EXEC, WHERE_CLONE, WHERE_STAGE };
enum { KIT_REPORT_MAGIC = 0x74707261 };

struct threads;

/*
 * Where the leader and the program's process meet: words of the memory that they share until
 * execve, which waits until both have come to the end of what they do side by side.
 */
struct meeting {
	int built; /* 1: the view is there, which the program's process waits for */
	uint64_t root_device, root_inode; /* then: the root that the leader is in */
	int leader_done;		  /* 1: all it does holds, and it has confined itself */
	int program; /* MEETING_...; the kernel clears it when the memory is no longer shared */
};
enum {
	MEETING_LEFT = 0,
	MEETING_BUSY = 1,  /* still at its own part */
	MEETING_READY = 2, /* all of it holds */
};

/* State of a child while it commits; on its stack. */
struct child {
	struct kit *kit;
	int detail;	  /* for the report */
	const char *path; /* for the report, NULL */
	bool mute;	  /* a report could not be written */
	struct kit_report
		*keep; /* where a caller that becomes the program finds its report, NULL */
	struct kit_report *left; /* in the page shared with the parent, NULL */
	uint32_t *is_next;	 /* there, too, NULL */
	int leader_pid;		 /* of the process that stays, or of the caller, as we see it */
	int listener_fd;	 /* seccomp listener, -1 */
	uint64_t exec_key;	 /* what execve has to bring along */
	void *helper;		 /* the helper's shared words, NULL */
	int root_fd;		 /* of the new root while it is built, -1 */
	int tmpfs_fd;		 /* the same, or, where "/" is granted, of the tmpfs below it */
	const char *last_path;	 /* whose parents exist there */
	int proc_fd;		 /* /proc/self of the host, -1 */
	bool flags_late;	 /* no mount_setattr: mounts get their flags when all are placed */
	bool covered;		 /* a granted "/" lies over the tmpfs */
	int umask;		 /* the caller's, once it is 0 for building the view; -1 */
	unsigned marked_below;	 /* no close_range: each was marked alone, all below this; 0 */
	int landlock_fd;
	bool shares_ruleset; /* somebody else closes it */
	/* A process that confines itself: all other threads' part, and their handle. */
	int (*before_filter)(struct child *child, const struct kit_op *filter);
	struct threads *threads;
	struct meeting *meeting; /* with the leader; NULL where there is none, or a judge */
	struct net_thread *net;	 /* which makes a network namespace, NULL */
};

#endif
