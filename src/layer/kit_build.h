/* SPDX-License-Identifier: ISC */
/* kit_build.h - the parent's side of the kit: a builder that appends operations and data */
#ifndef AMBIT_LAYER_KIT_BUILD_H
#define AMBIT_LAYER_KIT_BUILD_H

#include "../base/buf.h"
#include "kit.h"

struct kit_builder {
	struct kit header;
	struct buf ops; /* struct kit_op after struct kit_op */
	uint32_t op_count;
	bool overflow;
	uint32_t step;	 /* the step being prepared, from 1 */
	struct buf data; /* everything that operations refer to */
	int fds[16];	 /* descriptors the child needs across the stage's execve; owned */
	uint32_t fd_count;
	char *const *environment; /* the caller's, for env; borrowed */
	char *const *argv;	  /* borrowed */
	const char *cgroups[4];	  /* directories made for this run, to be removed after it; owned */
	int cgroup_locks[4];	  /* held until then; owned */
	uint32_t cgroup_count;
};

/* Append data; offsets are relative to the data area until kit_finish() adds the header's size. */
uint32_t kit_add_data(struct kit_builder *b, const void *data, size_t length);
uint32_t kit_add_string(struct kit_builder *b, const char *text);
/* Append an operation for the current step; @op is copied. */
void kit_add_op(struct kit_builder *b, const struct kit_op *op);
/* The child needs @fd (taken): kept open for it, closed by kit_builder_done(). Returns @fd. */
int kit_add_fd(struct kit_builder *b, int fd);
/* The finished block, ended with free(); NULL without memory. */
struct kit *kit_finish(struct kit_builder *b);
void kit_builder_done(struct kit_builder *b);

#endif
