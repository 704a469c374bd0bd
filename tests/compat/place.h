/* SPDX-License-Identifier: ISC */
/* place.h - what stands outside of a confined program: files, servers, a process of its identity */
#ifndef AMBIT_TESTS_COMPAT_PLACE_H
#define AMBIT_TESTS_COMPAT_PLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { PORT_COUNT = 6 };

struct place {
	char directory[64];
	char pid[16], port[PORT_COUNT][8]; /* words for act.c */
	pid_t victim;
	uid_t uid;
	gid_t gid;
	int servers[8];
	size_t server_count;
};

/* Everything for this identity; false where it cannot be had from here. */
bool place_begin(struct place *p, const char *identity);
/* All files as they were, every queue empty. */
void place_tidy(const struct place *p);
void place_end(struct place *p);
/* A path in it; sixteen are kept. */
const char *place_path(const struct place *p, const char *name);

#endif
