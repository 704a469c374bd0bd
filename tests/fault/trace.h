/* SPDX-License-Identifier: ISC */
/*
 * trace.h - follow a command through its set-up, number its system calls, make one of them fail
 *
 * Set-up begins when the command's own executable has been loaded, and ends when the target program
 * has been executed by any process the command made. Every call of every process and thread in
 * between is numbered in the order it arrives here.
 */
#ifndef AMBIT_TESTS_TRACE_H
#define AMBIT_TESTS_TRACE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

enum { TARGET_HEAD = 1024, FAULT_TEXT = 96, SITES_MAX = 4096, MADE_MAX = 32 };

/* The program whose execution ends set-up. */
struct trace_target {
	dev_t dev;
	ino_t ino;
	size_t head_len; /* the first bytes of the file, where it is known by path */
	unsigned char head[TARGET_HEAD];
};

/* A call by who makes it: the process's place in order of creation, the call's place in it. */
struct trace_site {
	uint16_t process, index;
};

struct trace_job {
	char *const *argv;
	const struct trace_target *target; /* NULL: set-up never ends */
	unsigned long nth;		   /* the call to fail, by arrival, from 1; 0: none */
	struct trace_site site;		   /* or by who makes it, when process is not 0 */
	bool onward;			   /* that call and all that come after it */
	bool only;			   /* only this system call is numbered, and failed */
	long only_nr;
	int error;
	unsigned hold_ms;	   /* not 0: keep the first such call from its answer: see hold() */
	unsigned deadline_ms;	   /* then everything is killed, and the run counts as hung */
	int in_fd, out_fd, err_fd; /* the command's 0, 1 and 2; -1: as they are here */
	FILE *log;		   /* a line a call, or NULL */
};

struct trace_fault {
	unsigned long n;
	struct trace_site site;
	long nr;
	uint64_t args[6];
	char text[FAULT_TEXT]; /* the first argument that is a readable string, or "" */
};

struct trace_result {
	unsigned long calls;  /* of set-up, without those that are never failed */
	unsigned long passed; /* those: see except.h */
	unsigned long faults; /* calls made to fail */
	struct trace_fault first;
	bool started; /* the target program was executed */
	bool hung;
	int status;    /* of the command, as waitpid() reports it */
	unsigned left; /* processes that were still there a while after the command had ended */
	unsigned made_count; /* names made in a file system, absolute ones */
	char made[MADE_MAX][FAULT_TEXT];
	unsigned processes;		    /* processes and threads followed */
	struct trace_site sites[SITES_MAX]; /* who made call n, at n - 1 */
	int32_t numbers[SITES_MAX];	    /* and which call it was */
};

/* Read what a program is known by: a path, or "DEV:INO". 0 or -errno. */
int target_read(struct trace_target *t, const char *spec);

/* Whether a process that has just executed something has executed the target. */
bool target_is(const struct trace_target *t, pid_t pid);

/*
 * Run the job. 0, or -errno when the command could not be started under observation; a command
 * that cannot be executed is a run that ends with status 127. The caller becomes a subreaper.
 */
int trace_run(const struct trace_job *job, struct trace_result *ret);

#endif
