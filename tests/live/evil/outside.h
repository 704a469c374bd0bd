/* SPDX-License-Identifier: ISC */
/*
 * outside.h - the stage of an attempt: what stands outside the sandbox, and the final word
 *
 * The outside makes a directory with canaries, a process to attack, listeners, a terminal;
 * starts LAUNCHER... evil ENTRY/part KEY=VALUE...; answers its questions; and judges by what
 * it sees itself before it believes what the inside said: a canary that changed, a connection
 * that arrived, a signal the victim got is an escape whatever the inside thinks.
 */
#ifndef EVIL_OUTSIDE_H
#define EVIL_OUTSIDE_H

#include "evil.h"

enum { FACTS_MAX = 32, FACT_SIZE = 320, OUTPUT_SIZE = 32768 };

struct stage {
	const struct attempt *a;
	bool control, verbose;
	char self[512], dir[128], canary[64];
	char facts[FACTS_MAX][FACT_SIZE];
	size_t fact_count;
	char *const *launcher; /* NULL-terminated, may be empty */
	char **argv;	       /* the whole command line, made by stage_command() */
	pid_t victim;
	int victim_pipe;    /* a byte for each signal it got */
	int tty, tty_slave; /* outer ends of the terminal */
	int forbidden, granted, udp, abstract, path_socket;
	pid_t child;
	int to, from; /* its stdin and stdout, our ends */
	char output[OUTPUT_SIZE];
	size_t output_length, parsed;
	int status;
	bool exited, timed_out, eof;
	unsigned survivors; /* processes of the box alive after the launcher's end */
	int timeout_ms;
	int scratch;  /* for the hooks of one attempt */
	pid_t helper; /* a process a hook started; killed at the end */
	char note[1024];
};

struct drama {
	int (*prepare)(struct stage *);	     /* 0, or -errno: cannot be staged here */
	void (*before_exec)(struct stage *); /* in the forked child, before the launcher */
	void (*answer)(struct stage *, const char *word); /* NULL: just say "go on" */
	enum verdict (*judge)(struct stage *, enum verdict inside);
	enum verdict (*play)(struct stage *); /* instead of one ordinary run */
	void (*finish)(struct stage *);	      /* undo what prepare did outside of the directory */
};

/* stage.c */
int stage_init(struct stage *s); /* 0 or -errno */
void stage_done(struct stage *s);
const char *stage_path(const struct stage *s, unsigned slot, const char *path);
void stage_fact(struct stage *s, const char *key, const char *format, ...) PRINTF(3, 4);
const char *stage_get(const struct stage *s, const char *key);
/* Write @text to DIR/@path; 0 or -errno */
int stage_file(const struct stage *s, const char *path, const char *text, mode_t mode);
int stage_copy_self(const struct stage *s, const char *path, mode_t mode);
/* What the world outside noticed: true and a note when it was touched */
bool stage_touched(struct stage *s);

/* stage_net.c */
int stage_network(struct stage *s);
void stage_network_done(struct stage *s);
bool stage_network_touched(struct stage *s);

/* command.c: LAUNCHER... evil ENTRY/part FACT... ; with @fact@ replaced */
char **stage_command(const struct stage *s);
void command_free(char **argv);
/* "ambit run -e DIRECTIVE... --" from the attempt's policy; @verb is run or plan */
char **ambit_launcher(const struct stage *s, const char *ambit, const char *verb, char *const *off);

/* play.c */
int play_start(struct stage *s);     /* 0 or -errno */
void play_wait(struct stage *s);     /* until the child has ended and its output too */
void play_reply(struct stage *s);    /* let a waiting inside go on */
unsigned play_reap(struct stage *s); /* kill and reap what is left; how many were alive */
enum verdict play_verdict(struct stage *s);
enum verdict play_once(struct stage *s);
void play_close(struct stage *s); /* our ends, before the stage is played again */
/* The process that executes the attempt, deepest descendant of the child; 0 when there is none */
pid_t play_inner_pid(const struct stage *s);
/* Sleep, for what only time shows. */
void nap_ms(int ms);

#endif
