/* SPDX-License-Identifier: ISC */
#include "kit_build.h"

#include <stdlib.h>
#include <string.h>

#include "../base/fd.h"

_Static_assert(sizeof(struct kit) % 8 == 0 && sizeof(struct kit_op) % 8 == 0, "data stays aligned");

/* The data area begins with 8 bytes, so that offset 0 can mean "none". */
enum { DATA_START = 8 };

uint32_t kit_add_data(struct kit_builder *b, const void *data, size_t length)
{
	static const char padding[8];
	uint32_t offset;

	if (!b->data.length)
		buf_add(&b->data, padding, DATA_START);
	buf_add(&b->data, padding, -b->data.length & 7);
	offset = (uint32_t)b->data.length;
	buf_add(&b->data, data, length);
	return offset;
}

uint32_t kit_add_string(struct kit_builder *b, const char *text)
{
	return kit_add_data(b, text, strlen(text) + 1);
}

void kit_add_op(struct kit_builder *b, const struct kit_op *op)
{
	struct kit_op copy = *op;

	copy.step = b->step;
	buf_add(&b->ops, &copy, sizeof(copy));
	b->op_count++;
}

int kit_add_fd(struct kit_builder *b, int fd)
{
	if (b->fd_count == ARRAY_COUNT(b->fds))
		b->overflow = true;
	else
		b->fds[b->fd_count++] = fd;
	return fd;
}

/* Offsets become relative to the block's start; 0 stays 0. */
static void shift(uint32_t *offset, uint32_t by)
{
	if (*offset)
		*offset += by;
}

static void shift_table(char *block, uint32_t table, uint32_t by)
{
	uint64_t *entry = (uint64_t *)(void *)(block + table);

	for (; table && *entry; entry++)
		*entry += by;
}

struct kit *kit_finish(struct kit_builder *b)
{
	size_t head = sizeof(struct kit) + b->ops.length;
	size_t size = head + b->data.length;
	struct kit *k;

	if (b->overflow || b->data.failed || b->ops.failed || size > UINT32_MAX / 2)
		return NULL;
	k = calloc(1, size + 16);
	if (!k)
		return NULL;
	*k = b->header;
	k->magic = KIT_MAGIC;
	k->size = (uint32_t)size;
	k->op_count = b->op_count;
	k->ops = sizeof(struct kit);
	if (b->op_count)
		memcpy((char *)k + k->ops, b->ops.data, b->ops.length);
	for (uint32_t i = 0; i < b->op_count; i++)
		shift(&((struct kit_op *)(void *)((char *)k + k->ops))[i].data, (uint32_t)head);
	if (b->data.length)
		memcpy((char *)k + head, b->data.data, b->data.length);
	shift(&k->argv, (uint32_t)head);
	shift(&k->envp, (uint32_t)head);
	shift(&k->program, (uint32_t)head);
	shift(&k->directory, (uint32_t)head);
	shift(&k->leader_filter, (uint32_t)head);
	shift(&k->rules, (uint32_t)head);
	for (uint32_t i = 0; i < k->rule_count; i++)
		shift(&((struct judge_rule *)(void *)((char *)k + k->rules))[i].path,
		      (uint32_t)head);
	shift_table((char *)k, k->argv, (uint32_t)head);
	shift_table((char *)k, k->envp, (uint32_t)head);
	return k;
}

void kit_builder_done(struct kit_builder *b)
{
	for (uint32_t i = 0; i < b->fd_count; i++)
		fd_close(&b->fds[i]);
	buf_done(&b->data);
	buf_done(&b->ops);
	for (uint32_t i = 0; i < b->cgroup_count; i++) {
		free((void *)(uintptr_t)b->cgroups[i]);
		b->cgroups[i] = NULL;
		fd_close(&b->cgroup_locks[i]);
	}
	b->cgroup_count = 0;
}
