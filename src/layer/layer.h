/* SPDX-License-Identifier: ISC */
/*
 * layer.h - one kernel mechanism a file
 *
 * Each layer has four halves. plan: pure, adds steps (src/plan/plan.h). prepare: in the parent,
 * may allocate and fail, turns a step into kit operations. commit: in the child, makes it so; no
 * allocation, no locks, no libc; 0 or -errno. verify: in the child, after all commits of its
 * place and before the program starts, proves that it holds; NULL where no harmless probe
 * exists. Commit and verify halves are also linked, without a libc, into the stage image.
 */
#ifndef AMBIT_LAYER_LAYER_H
#define AMBIT_LAYER_LAYER_H

#include "../plan/plan.h"
#include "kit.h"
#include "kit_build.h"

struct layer {
	enum ambit_layer id;
	enum ambit_code (*plan)(struct ambit_plan *plan, struct ambit_error *err);
	enum ambit_code (*prepare)(struct kit_builder *kit, const struct ambit_plan *plan,
				   const struct step *step, struct ambit_error *err);
};

extern const struct layer layer_table[];
extern const size_t layer_count;
const struct layer *layer_by_id(enum ambit_layer id);

#define LAYER_HALVES(name)                                                                         \
	enum ambit_code name##_plan(struct ambit_plan *plan, struct ambit_error *err);             \
	enum ambit_code name##_prepare(struct kit_builder *kit, const struct ambit_plan *plan,     \
				       const struct step *step, struct ambit_error *err);          \
	int name##_commit(struct child *child, const struct kit_op *op);                           \
	int name##_verify(struct child *child, const struct kit_op *op);

/*
 * X(LAYER, prefix): the layers, in the order their steps come where nothing else decides. env has
 * no halves in the child: its table is finished in the parent.
 */
#define LAYER_LIST(X)                                                                              \
	X(FDS, fds)                                                                                \
	X(CGROUP, cgroup)                                                                          \
	X(USERNS, userns)                                                                          \
	X(NAMESPACES, namespaces)                                                                  \
	X(NET, net)                                                                                \
	X(TIMENS, timens)                                                                          \
	X(APPARMOR, label)                                                                         \
	X(MOUNT, mount)                                                                            \
	X(RLIMITS, rlimits)                                                                        \
	X(IDS, ids)                                                                                \
	X(CAPS, caps)                                                                              \
	X(PROCESS, process)                                                                        \
	X(LANDLOCK, landlock)                                                                      \
	X(SECCOMP, seccomp)                                                                        \
	X(EXEC, exec)

#define LAYER_DECLARE(id, prefix) LAYER_HALVES(prefix)
LAYER_LIST(LAYER_DECLARE)
#undef LAYER_DECLARE
enum ambit_code env_plan(struct ambit_plan *plan, struct ambit_error *err);
enum ambit_code env_prepare(struct kit_builder *kit, const struct ambit_plan *plan,
			    const struct step *step, struct ambit_error *err);

/*
 * fds.c: is every descriptor that will pass what the policy says? Looked at before anything of
 * ours is open, or a number that the caller left free could turn out to be one of ours.
 */
enum ambit_code fds_check(const struct ambit_policy *policy, const struct host *host,
			  struct ambit_error *err) MUST_CHECK;
/* Does the program get what @status_fd, where there is one, is open on? Then the status is its. */
enum ambit_code fds_check_status(const struct ambit_policy *policy, const struct host *host,
				 int status_fd, struct ambit_error *err) MUST_CHECK;

/* exec.c: for the commit driver (src/run/child.c). */
int exec_release_helper(struct child *child) MUST_CHECK;
int exec_start(struct child *child) MUST_CHECK;

/* hints.c: {layer, operation, errno} → the usual cause and its cure; NULL when none is known. */
const char *layer_hint(enum ambit_layer layer, int op, int sys_errno);

#endif
