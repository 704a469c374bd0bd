/* SPDX-License-Identifier: ISC */
/*
 * hasty.c - linked into a stage image of its own: the program does not wait for the leader
 *
 * The linker's --wrap puts this between the commit driver and the layer that executes. The step in
 * which both meet does nothing, and what verifies it is content: a launcher with this image starts
 * the program while the leader still stands there unconfined, and gate.sh has to see it.
 */
#include "../../../src/layer/commits.h"

/* Nothing but that step has this place. */
static bool is_meeting(const struct kit_op *op)
{
	return op->place == PLACE_START;
}

int __real_exec_commit(struct child *child, const struct kit_op *op);
int __wrap_exec_commit(struct child *child, const struct kit_op *op);
int __real_exec_verify(struct child *child, const struct kit_op *op);
int __wrap_exec_verify(struct child *child, const struct kit_op *op);

int __wrap_exec_commit(struct child *child, const struct kit_op *op)
{
	return is_meeting(op) ? 0 : __real_exec_commit(child, op);
}

int __wrap_exec_verify(struct child *child, const struct kit_op *op)
{
	return is_meeting(op) ? 0 : __real_exec_verify(child, op);
}
