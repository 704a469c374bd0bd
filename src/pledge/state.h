/* SPDX-License-Identifier: ISC */
/*
 * state.h - what a process has promised
 *
 * pledge(2) has no handle, so this is the one place of ambit that keeps state for a process: one
 * static struct, in state.c, behind one lock. What the kernel enforces does not depend on it; it
 * decides what is EPERM.
 */
#ifndef AMBIT_PLEDGE_STATE_H
#define AMBIT_PLEDGE_STATE_H

#include "../layer/kit.h"
#include "../policy/promise.h"

struct veil {
	char *name;	 /* as it was resolved */
	size_t length;	 /* of what stands for it: of all of the name, or of its parent's */
	uint64_t access; /* LL_FS_... */
	struct veil *next;
};

struct pledge_state {
	bool pledged, exec_pledged;
	uint64_t promises, execpromises; /* bits: indices of the promises' table */
	struct veil *veils;		 /* not in force yet */
	bool no_more;			 /* unveil is over */
	struct kit *exec_kit;		 /* what an executed program comes under; NULL: as we are */
	char *door;			 /* where the arguments of execve have to stand then */
};

/* state.c */
struct pledge_state *state_lock(void);
void state_unlock(void);
/*
 * 0, or EFAULT for a text that is not there to its end: as a system call would say it. Another
 * thread can take it away later all the same.
 */
int text_there(const char *text) MUST_CHECK;
/* Without the lock: for exec in a child that shares memory with its parent. */
const struct pledge_state *state_look(void);

enum promise_bit { BIT_EXEC, BIT_UNVEIL, BIT_ERROR };
uint64_t promise_bit(enum promise_bit which);

/* unveil.c: has the state's veils in @p, bounded by @most. 0 or an errno. */
int veils_add(struct pledge_state *s, struct ambit_policy *p, uint64_t most) MUST_CHECK;
void veils_done(struct pledge_state *s);

/* enforce.c: 0 or an errno. */
int enforce_promises(struct pledge_state *s, uint64_t promises) MUST_CHECK;
int enforce_veils(struct pledge_state *s) MUST_CHECK;
/* What programs executed come under: made now, carried out between fork and execve. */
int enforce_prepare_exec(struct pledge_state *s, uint64_t promises) MUST_CHECK;

/* exec.c: from now on only through the door. 0 or an errno. */
int exec_guard(const struct pledge_state *s, bool kills) MUST_CHECK;
enum { DOOR_ARGV = 8192, DOOR_ENVP = 1 << 19, DOOR_SIZE = 1 << 20 };

#endif
