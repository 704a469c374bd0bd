/* SPDX-License-Identifier: ISC */
/* terminal.h - a pty of the program's own, proxied to the caller's terminal */
#ifndef AMBIT_SUP_TERMINAL_H
#define AMBIT_SUP_TERMINAL_H

#include <poll.h>
#include <termios.h>

#include "../base/err.h"

enum { TERMINAL_FDS = 3 };

/* Read on one side, and not taken on the other yet. */
struct relay {
	char data[4096];
	size_t count;
};

struct terminal {
	int outer_fd;  /* the caller's terminal: one of 0-2; -1 = none */
	int in_fd;     /* the same in an open file of ours that never blocks; -1: not to be had */
	int out_fd;    /* and where the program's output goes */
	int master_fd; /* ours */
	int slave_fd;  /* the program's, until it is started */
	unsigned mask; /* which of 0-2 are that terminal, as bits */
	struct termios saved;
	bool raw, input_ended;
	bool hung_up; /* nobody has the program's side open; it may be opened again */
	struct relay keys, output;
};

#define TERMINAL_NONE                                                                              \
	{                                                                                          \
		.outer_fd = -1, .in_fd = -1, .out_fd = -1, .master_fd = -1, .slave_fd = -1         \
	}

/* Make a pty when one of 0-2 is a terminal; otherwise @t->outer_fd is -1. 0 or -errno. */
int terminal_open(struct terminal *t) MUST_CHECK;
/* The program runs: pass every key on. 0 or -errno. */
int terminal_begin(struct terminal *t) MUST_CHECK;
/* Give the caller its terminal back; for a stop and for the end. */
void terminal_pause(struct terminal *t);
void terminal_close(struct terminal *t);
/* The caller's terminal has another size now. */
void terminal_resize(const struct terminal *t);
/*
 * For the poll loop: what to wait for, and for how long (-1: for ever); and what to do then, also
 * when the time is up.
 */
int terminal_poll(const struct terminal *t, struct pollfd fds[TERMINAL_FDS]) MUST_CHECK;
void terminal_relay(struct terminal *t, const struct pollfd fds[TERMINAL_FDS]);
/* Print what the program wrote last, unless the terminal takes nothing for so long. */
void terminal_drain(struct terminal *t, int patience_ms);

/* The modes of the caller's terminals on 0 to 2, to be put back when the program has ended. */
struct modes {
	struct termios saved[3];
	bool known[3];
};
void modes_save(struct modes *m);
void modes_restore(const struct modes *m);

#endif
