/* SPDX-License-Identifier: ISC */
/* judge.h - notified calls: connect, send to an address, bind, listen, judged one by one */
#ifndef AMBIT_SUP_JUDGE_H
#define AMBIT_SUP_JUDGE_H

#include "../layer/kit.h"

enum {
	JUDGE_THREADS = 256,	   /* calls that may block at once; one more is refused */
	JUDGE_PAYLOAD_MAX = 65536, /* bytes of one message */
	JUDGE_PARTS_MAX = 1024,	   /* pieces of memory of one call */
	JUDGE_TAKEN_MAX = 253,	   /* descriptors in one message, as the kernel's SCM_MAX_FD */
	JUDGE_CONTROL_MAX = 1056,  /* bytes of ancillary data: what so many need, and some */
	JUDGE_STACK = 16384,
};

enum judge_state { JUDGE_FREE, JUDGE_RUNS, JUDGE_LEFT };

/* One thread, its stack, and room for one message; pages that nobody uses cost nothing. */
struct judge_thread {
	struct judge *judge;
	int state; /* enum judge_state; changed atomically */
	int tid;
	uint64_t id;		    /* of the notification it works on, 0 = none */
	int taken[JUDGE_TAKEN_MAX]; /* descriptors on their way through a local socket */
	char control[JUDGE_CONTROL_MAX] __attribute__((aligned(8)));
	struct judge_part {
		uint64_t start, length;
	} parts[JUDGE_PARTS_MAX];
	unsigned char payload[JUDGE_PAYLOAD_MAX];
	char stack[JUDGE_STACK] __attribute__((aligned(16)));
};

struct judge {
	const struct kit *kit;
	struct child *child; /* by whose report is said why, where the main thread cannot be told */
	struct judge_thread *threads;
	int listener; /* -1: there is none */
	int process;  /* our own number */
	int idle;     /* how many threads wait for a notification; changed atomically, as is */
	int failed;   /* -errno: nobody answers any more, SIGCHLD says so */
};

/*
 * Wait for the listener, sent by the helper of exec.c. -errno when none came: -ECHILD when the
 * program's process has ended before.
 */
int judge_receive(struct judge *j, const struct kit *kit) MUST_CHECK;
/*
 * Answer from now on, in threads of this process, and tell the program's process so.
 *
 * Should: come after the filter and the ids of this process are in force, which threads inherit.
 */
int judge_start(struct judge *j) MUST_CHECK;

#endif
