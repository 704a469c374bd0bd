/* SPDX-License-Identifier: ISC */
/*
 * process.c - no_new_privs, and what makes a process harder to look into
 *
 * PR_SET_DUMPABLE and PR_SET_MDWE belong to the memory, not to the task: this runs in a process
 * with memory of its own, never in one that shares the caller's. execve makes a process dumpable
 * again; the filter keeps the program from changing that itself.
 */
#include <linux/prctl.h>
#include <sys/syscall.h>

#include "../policy/path.h"
#include "child.h"

enum { OP_NNP, OP_DUMPABLE, OP_MDWE, OP_DUMP_FILTER, OP_PERSONALITY };

static bool has_dump_filter(const struct host *host)
{
	return host_has(host, FACT_PROC) && !host->proc_read_only;
}

/* The limit forbids dumps by itself, so this is no gap. */
static enum ambit_code note_dump_filter(struct ambit_plan *plan, struct ambit_error *err)
{
	if (plan->door == DOOR_ENTER || !plan->host->proc_read_only)
		return AMBIT_OK;
	return plan_notef(plan, NOTE_REPORTED, AMBIT_LAYER_PROCESS, NULL, err,
			  "the core dump filter stays as it is: /proc is read-only here");
}

/* The path whose line lets /proc/self/mem be written, or NULL; a mount of ours decides alone. */
static const struct plan_path *writes_memory(const struct ambit_plan *plan)
{
	const struct plan_path *found = NULL;

	for (size_t i = 0; i < plan->path_count; i++) {
		const struct plan_path *p = &plan->paths[i];

		if (p->view == VIEW_PROC)
			return p->writable ? p : NULL;
		if (p->view != VIEW_LINK && p->view != VIEW_HIDE &&
		    (p->access & LL_FS_WRITE_FILE) &&
		    (path_covers("/proc", p->path) || path_covers(p->path, "/proc")))
			found = p;
	}
	return found;
}

/* What is mapped stays W^X; but a write through that file does not ask how a page is mapped. */
static enum ambit_code note_own_memory(struct ambit_plan *plan, struct ambit_error *err)
{
	const struct plan_path *p = writes_memory(plan);

	if (!p || policy_has(plan->policy, RIGHT_JIT))
		return AMBIT_OK;
	return plan_notef(plan, NOTE_REPORTED, AMBIT_LAYER_PROCESS, p->grant, err,
			  "writing below %s reaches /proc/self/mem, by which code that runs can be "
			  "changed",
			  p->path);
}

static enum ambit_code add_notes(struct ambit_plan *plan, struct ambit_error *err)
{
	enum ambit_code code = note_own_memory(plan, err);

	return code == AMBIT_OK ? note_dump_filter(plan, err) : code;
}

enum ambit_code process_plan(struct ambit_plan *plan, struct ambit_error *err)
{
	const struct step steps[] = {
		{ .layer = AMBIT_LAYER_PROCESS,
		  .op = OP_NNP,
		  .place = PLACE_AHEAD,
		  .needs = TOKEN(ANY_CALL),
		  .gives = TOKEN(NNP),
		  .what = "set no_new_privs",
		  .reason = "setuid programs and file capabilities give nothing" },
		{ .layer = AMBIT_LAYER_PROCESS,
		  .op = OP_DUMP_FILTER,
		  .place = PLACE_LEADER,
		  .needs = TOKEN(ANY_CALL) | TOKEN(ANY_PATH) | TOKEN(HOST_FILES) | TOKEN(OWN_PROC),
		  .what = "empty the core dump filter",
		  .reason = "should a dump be made after all, it holds nothing" },
		{ .layer = AMBIT_LAYER_PROCESS,
		  .op = OP_DUMPABLE,
		  .place = PLACE_PROGRAM,
		  .needs = TOKEN(ANY_CALL),
		  .takes = TOKEN(OWN_PROC),
		  .what = "make set-up invisible to others of the same user" },
		{ .layer = AMBIT_LAYER_PROCESS,
		  .op = OP_PERSONALITY,
		  .place = PLACE_AHEAD,
		  .needs = TOKEN(ANY_CALL),
		  .what = "reset the personality",
		  .reason = "the caller's could switch address randomization off" },
		{ .layer = AMBIT_LAYER_PROCESS,
		  .op = OP_MDWE,
		  .place = PLACE_AHEAD,
		  .needs = TOKEN(ANY_CALL),
		  .what = "refuse writable memory that becomes executable",
		  .reason = "W^X, kept by the kernel over execve" },
	};
	bool jit = policy_has(plan->policy, RIGHT_JIT);
	/*
	 * Nothing is gained under no_new_privs; what is held already is for another layer to drop.
	 */
	bool keeps = plan->layer_need[AMBIT_LAYER_CAPS] == NEED_OFF &&
		     (plan->host->caps || plan->userns);

	plan_ask(plan, DENY_PRIVILEGE);
	if (!jit)
		plan_ask(plan, DENY_MEMORY_WX);
	if (!keeps)
		plan_carry(plan, DENY_PRIVILEGE, AMBIT_LAYER_PROCESS);
	for (size_t i = 0; i < ARRAY_COUNT(steps); i++) {
		/* To a process that runs these do nothing, or only once. */
		if (plan->door == DOOR_ENTER &&
		    (steps[i].op == OP_DUMP_FILTER || steps[i].op == OP_PERSONALITY))
			continue;
		if (steps[i].op == OP_MDWE && (jit || !host_has(plan->host, FACT_MDWE)))
			continue;
		if (steps[i].op == OP_DUMP_FILTER && !has_dump_filter(plan->host))
			continue;
		if (steps[i].op == OP_MDWE)
			plan_carry(plan, DENY_MEMORY_WX, AMBIT_LAYER_PROCESS);
		if (!plan_step(plan, &steps[i]))
			return err_memory(err, AMBIT_LAYER_PROCESS);
	}
	return add_notes(plan, err);
}

enum ambit_code process_prepare(struct kit_builder *kit, const struct ambit_plan *plan,
				const struct step *step, struct ambit_error *err)
{
	const struct kit_op op = { .layer = AMBIT_LAYER_PROCESS,
				   .place = (uint8_t)step->place,
				   .op = step->op,
				   .each_thread = step->op == OP_NNP };

	(void)plan;
	(void)err;
	kit_add_op(kit, &op);
	return AMBIT_OK;
}

/*
 * Inherited over fork and execve. Read back at once: later the file belongs to root, or to
 * another /proc.
 */
static int empty_dump_filter(struct child *child)
{
	static const char path[] = "/proc/self/coredump_filter";
	char text[16];
	int fd = sys_openat(AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0), r = fd;

	if (fd >= 0) {
		r = (int)sys_write(fd, "0", 1);
		if (r >= 0)
			r = (int)sys_call(SYS_pread64, fd, (long)text, sizeof(text), 0, 0, 0);
		(void)sys_close(fd);
	}
	if (r < 0)
		return child_failed(child, r, path);
	for (int i = 0; i < r && text[i] != '\n'; i++)
		if (text[i] != '0')
			return child_failed(child, -EPROTO, path);
	return 0;
}

int process_commit(struct child *child, const struct kit_op *op)
{
	switch (op->op) {
	case OP_NNP:
		return sys_prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	case OP_DUMPABLE:
		return sys_prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	case OP_MDWE:
		return sys_prctl(ABI_PR_SET_MDWE, ABI_PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0);
	case OP_DUMP_FILTER:
		return empty_dump_filter(child);
	case OP_PERSONALITY:
		return sys_personality(0);
	default:
		return -EINVAL;
	}
}

static int expect(int r, int wanted)
{
	return r == wanted ? 0 : r < 0 ? r : -EPROTO;
}

static int verify_prctl(int option, int wanted)
{
	return expect(sys_prctl(option, 0, 0, 0, 0), wanted);
}

int process_verify(struct child *child, const struct kit_op *op)
{
	(void)child;
	switch (op->op) {
	case OP_NNP:
		return verify_prctl(PR_GET_NO_NEW_PRIVS, 1);
	case OP_DUMPABLE:
		return verify_prctl(PR_GET_DUMPABLE, 0);
	case OP_MDWE:
		return verify_prctl(ABI_PR_GET_MDWE, (int)ABI_PR_MDWE_REFUSE_EXEC_GAIN);
	case OP_DUMP_FILTER:
		return 0; /* read back when it was written */
	case OP_PERSONALITY:
		return expect(sys_personality(0xffffffff), 0);
	default:
		return -EINVAL;
	}
}
