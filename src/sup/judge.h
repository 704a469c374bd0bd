/* SPDX-License-Identifier: ISC */
/* judge.h - notified calls: connect, send to an address, bind, listen, judged one by one */
#ifndef AMBIT_SUP_JUDGE_H
#define AMBIT_SUP_JUDGE_H

#include "../layer/kit.h"

enum {
	JUDGE_WORKERS = 256,	    /* acts that may block at once; one more is refused */
	JUDGE_PAYLOAD_MAX = 65536,  /* bytes of one message */
	JUDGE_PARTS_MAX = 1024,	    /* pieces of memory of one call */
	JUDGE_TAKEN_MAX = 253,	    /* descriptors in one message, as the kernel's SCM_MAX_FD */
	JUDGE_CONTROL_MAX = 1056,   /* bytes of ancillary data: what so many need, and some */
};

/* Where a socket was taken to a process of its own. pid 0: it has to be closed by another one. */
struct judge_worker {
	uint64_t id; /* of the notification it answers, 0 = none */
	int pid, fd; /* fd -1: the place is free */
};

/* Too large for a stack, and touched only where it is used. */
struct judge_memory {
	struct judge_worker workers[JUDGE_WORKERS];
	struct judge_part {
		uint64_t start, length;
	} parts[JUDGE_PARTS_MAX];
	int taken[JUDGE_TAKEN_MAX]; /* descriptors on their way through a local socket */
	char control[JUDGE_CONTROL_MAX] __attribute__((aligned(8)));
	unsigned char payload[JUDGE_PAYLOAD_MAX];
};

struct judge {
	const struct kit *kit;
	struct judge_memory *memory;
	int listener;	/* -1: there is none, or nobody is left who could ask */
	int program;	/* whose first execve is the start */
	bool started;
	bool left;	/* a place has a socket and no process */
	unsigned busy;	/* places in use */
};

/*
 * Wait for the listener, sent by the exec helper, and get ready. -errno when none came: the
 * program's process has ended.
 */
int judge_receive(struct judge *j, const struct kit *kit) MUST_CHECK;
/* Answer one notification, or hand it to a process of its own. */
void judge_one(struct judge *j);
/* A child of the leader has ended; it may have been the judge's. */
void judge_reaped(struct judge *j, int pid, int wait_status);

#endif
