/* SPDX-License-Identifier: ISC */
/*
 * worker_wire.h - what a caller and its worker share
 *
 * Three memory files. The control page is between the caller and the process that serves: a
 * request is a number that moves, an answer another. The data area holds the bytes of one call:
 * a header, the request, the answer. A process made for one call sees the data only.
 *
 * The keeping page is between the caller and the worker's first process, where that one only keeps
 * the one that serves: makes it, ends it when it is told to, makes the next. It reads nothing that
 * a request has touched, and the process that serves has not got this page.
 *
 * The caller believes nothing in here: each number is read once and checked.
 */
#ifndef AMBIT_BROKER_WORKER_WIRE_H
#define AMBIT_BROKER_WORKER_WIRE_H

#include <stdint.h>

#include "../base/attr.h"

/*
 * How a worker is told that it is one: "FUNCTION:NTH:CONTROL:DATA:EVENT:KEEPING:ORDER:END": which
 * of the functions of that name, and descriptors in decimal; 0 where there is none.
 */
#define WORKER_VARIABLE "AMBIT_WORKER"

enum { WORKER_MAGIC = 0x6b727761, WORKER_PAGE = 4096 };
enum { WORKER_CALLS = 1024 }; /* numbers of system calls that a list can name */

/* What one side changes and the other waits for. */
struct worker_word {
	uint32_t value;	  /* futex */
	uint32_t sleeper; /* somebody is about to sleep on it, or does */
};

struct worker_control {
	uint32_t magic;
	uint32_t is_sealed;	  /* its policy has no pipes */
	uint32_t spin_us;	  /* watch so long before sleeping */
	uint64_t max_in, max_out; /* the data area's two parts */
	uint32_t wants_event;	  /* the caller polls a descriptor */
	uint32_t pruned; /* only these system calls, as bits: read before anything hostile is */
	uint32_t spare[5];
	uint64_t calls[WORKER_CALLS / 64];
	struct worker_word request __attribute__((aligned(64))); /* the number of the newest call */
	uint64_t in_length;
	struct worker_word answered __attribute__((aligned(64))); /* the newest that is answered */
};

/* Processes have numbers from 1 on; in a worker for single calls that is the call's. */
struct worker_keeping {
	uint32_t magic;
	uint32_t is_fresh;					/* a process for each call */
	uint32_t unwanted;					/* the newest that is to end */
	struct worker_word wanted __attribute__((aligned(64))); /* the newest that is to serve */
	struct worker_word ended __attribute__((aligned(64)));	/* the newest that is reaped */
	int32_t wait_status;
	uint32_t was_deaf; /* it had closed its descriptors and went on, so it was ended */
};

/* Written by whoever ran the function; the first page of the data area. */
struct worker_header {
	int32_t result; /* of the function */
	/* Of a process for one call, that call's number: it came back, and did not just exit. */
	uint32_t answered;
	uint64_t out_length;
};

static inline uint64_t worker_round(uint64_t bytes)
{
	return (bytes + WORKER_PAGE - 1) & ~(uint64_t)(WORKER_PAGE - 1);
}
/* Offsets and size of the data area. */
static inline uint64_t worker_in_at(void)
{
	return WORKER_PAGE;
}
static inline uint64_t worker_out_at(uint64_t max_in)
{
	return WORKER_PAGE + worker_round(max_in);
}
static inline uint64_t worker_data_size(uint64_t max_in, uint64_t max_out)
{
	return worker_out_at(max_in) + worker_round(max_out + 1); /* a NUL behind text */
}

/* worker_wait.c: both sides watch a word, then sleep on it. */
uint64_t worker_now_us(void);
/* What is left until then (0: never comes), and no more than @most_ms. */
int worker_left_ms(uint64_t until_us, int most_ms);
/*
 * Wait until @word is not @old: spinning for @spin_us, then asleep until @until_us (0: for ever).
 * 0, or -ETIMEDOUT. The word may lie in memory that another process writes.
 */
int worker_wait(struct worker_word *word, uint32_t old, uint32_t spin_us,
		uint64_t until_us) MUST_CHECK;
/* Change it, and wake who sleeps. Who lies about sleeping is not woken; that is all. */
void worker_tell(struct worker_word *word, uint32_t value);

#endif
