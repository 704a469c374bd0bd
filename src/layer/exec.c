/* SPDX-License-Identifier: ISC */
/*
 * DOC: execve exactly once
 *
 * A program without the right to execute still has to be executed. Neither execve(2) nor
 * execveat(2) reads the register of a sixth argument, but a filter sees it: ours lets either pass
 * when that register holds a key, a random number of 64 bits that is drawn and put into the filter
 * when it is loaded (seccomp.c). Set-up passes it once. The program never learns it: execve leaves
 * it neither registers nor memory of before, and only an administrator outside can read a filter
 * (PTRACE_SECCOMP_GET_FILTER). Trying costs a system call each, 2^63 on average, and a comparison
 * that takes the same time wherever it fails. doc/decisions/0014 has the listener that was before.
 *
 * Where addresses are judged the filter comes with a listener for those, which the leader keeps. A
 * helper thread of this process sends it there: made before the filter, which would refuse it, it
 * shares memory and descriptors with the process, and waits on a futex for the listener's number.
 */
#include <linux/futex.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

#include "child.h"

enum { OP_HELPER, OP_PROGRAM, OP_MEET, OP_KEY };

/* ---- plan ------------------------------------------------------------------------------- */

enum ambit_code exec_plan(struct ambit_plan *plan, struct ambit_error *err)
{
	const struct step helper = {
		.layer = AMBIT_LAYER_EXEC,
		.op = OP_HELPER,
		.place = PLACE_PROGRAM,
		.needs = TOKEN(ANY_CALL) | TOKEN(TASKS) | TOKEN(MEMORY) | TOKEN(VIEW),
		.what = "make a thread that hands over the listener",
	};
	const struct step key = {
		.layer = AMBIT_LAYER_EXEC,
		.op = OP_KEY,
		.place = PLACE_PROGRAM,
		.needs = TOKEN(ANY_CALL),
		.what = "draw the key that lets execve pass",
		.reason = "the program never learns it: once",
	};
	const struct step program = {
		.layer = AMBIT_LAYER_EXEC,
		.op = OP_PROGRAM,
		.place = PLACE_PROGRAM,
		.needs = TOKEN(ANY_CALL) | TOKEN(ANY_PATH) | TOKEN(DESCRIPTORS) | TOKEN(VIEW) |
			 TOKEN(START),
		.what = "open the program",
		.reason = "it is started by descriptor: what was judged is what runs",
	};
	const struct step meet = {
		.layer = AMBIT_LAYER_EXEC,
		.op = OP_MEET,
		.place = PLACE_START,
		.what = "wait for the leader",
		.reason = "nothing of the program runs before all of this holds",
	};

	if (plan->door == DOOR_ENTER)
		return AMBIT_OK;
	if ((plan->notify && !plan_step(plan, &helper)) ||
	    (plan->exec_key && !plan_step(plan, &key)))
		return err_memory(err, AMBIT_LAYER_EXEC);
	if (plan->mode == MODE_LEADER && !plan_step(plan, &meet))
		return err_memory(err, AMBIT_LAYER_EXEC);
	return plan_step(plan, &program) ? AMBIT_OK : err_memory(err, AMBIT_LAYER_EXEC);
}

/* ---- prepare ---------------------------------------------------------------------------- */

enum ambit_code exec_prepare(struct kit_builder *kit, const struct ambit_plan *plan,
			     const struct step *step, struct ambit_error *err)
{
	struct kit_op op = { .layer = AMBIT_LAYER_EXEC,
			     .place = (uint8_t)step->place,
			     .op = step->op };

	(void)err;
	if (step->op != OP_PROGRAM) {
		kit_add_op(kit, &op);
		return AMBIT_OK;
	}
	if (!plan->program)
		return AMBIT_OK;
	if (plan->program->is_script)
		kit->header.flags |= KIT_SCRIPT;
	kit->header.program = kit_add_string(kit, plan->program->path);
	op.data = kit_add_string(kit, plan->program->real);
	/* Looked at and kept open: one more than its descriptor. */
	op.length = plan->mode == MODE_BECOME ? (uint32_t)plan->program->kept : 0;
	op.b = plan->program->device;
	op.c = plan->program->inode;
	kit_add_op(kit, &op);
	return AMBIT_OK;
}

/* ---- the helper thread ------------------------------------------------------------------ */

/* Two calls deep, no library, no handlers of signals. */
enum { HELPER_STACK = 4096 };

struct helper {
	int listener;  /* -1 until there is one; the futex */
	int leader_fd; /* where it is sent */
	int answer;    /* 1 until it has arrived, then 0 or -errno; a futex */
};

/* One descriptor over a socket; the libc macros of cmsg(3) are plain arithmetic. */
static int send_descriptor(int socket, int fd)
{
	char byte = 'L';
	struct iovec part = { &byte, 1 };
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = CMSG_SPACE(sizeof(int)) };

	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(sizeof(int));
	*(int *)(void *)CMSG_DATA(&control.header) = fd;
	return (int)sys_sendmsg(socket, &message, MSG_NOSIGNAL);
}

/* To the leader, and back comes that it is ready: confined itself, and waiting for calls. */
static int give_to_leader(int socket, int fd)
{
	int r = send_descriptor(socket, fd);
	char byte;

	if (r >= 0)
		r = (int)sys_read(socket, &byte, 1);
	return r == 0 ? -ECHILD : r;
}

static void helper_main(void *argument)
{
	struct helper *h = argument;

	while (__atomic_load_n(&h->listener, __ATOMIC_ACQUIRE) < 0)
		(void)sys_call(SYS_futex, (long)&h->listener, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, -1,
			       0, 0, 0);
	int r = give_to_leader(h->leader_fd, h->listener);

	__atomic_store_n(&h->answer, r < 0 ? r : 0, __ATOMIC_RELEASE);
	(void)sys_close(h->listener);
	(void)sys_call(SYS_futex, (long)&h->answer, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, 0, 0, 0);
	sys_exit_thread(0);
}

static int start_helper(struct child *child)
{
	const unsigned long flags =
		CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM;
	struct helper *h;
	int r;
	char *memory =
		sys_mmap(HELPER_STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, &r);

	if (!memory)
		return r;
	/* At the top, below which its stack begins: one page is touched. */
	h = (struct helper *)(void *)(memory + HELPER_STACK - 64);
	h->listener = -1;
	h->leader_fd = child->kit->judge_peer_fd;
	h->answer = 1;
	/* A copy: the leader's end is to close with the leader. */
	(void)sys_close(child->kit->judge_fd);
	child->helper = h;
	/* It goes away with this memory image at execve, or with the process. */
	r = sys_clone(flags, h, helper_main, h, NULL, NULL);
	return r < 0 ? r : 0;
}

/* Our part is done. */
static void tell_leader(const struct child *child)
{
	__atomic_store_n(&child->meeting->program, MEETING_READY, __ATOMIC_RELEASE);
	child_wake(&child->meeting->program);
}

static int wait_for_leader(const struct child *child)
{
	if (child->meeting)
		(void)child_wait(&child->meeting->leader_done, 0);
	return 0;
}

/*
 * Called by the commit driver when the filter is in force. What is handed over has to have arrived,
 * and the leader to be ready: execve asks nobody, and ends the helper.
 */
int exec_release_helper(struct child *child)
{
	const struct timespec pause = { 0, 10000000 };
	struct helper *h = child->helper;
	int r;

	if (child->meeting)
		tell_leader(child);
	if (!h || child->listener_fd < 0)
		return 0;
	__atomic_store_n(&h->listener, child->listener_fd, __ATOMIC_RELEASE);
	r = (int)sys_call(SYS_futex, (long)&h->listener, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, 0, 0,
			  0);
	if (r < 0)
		return r;
	/* The helper's own wake may be refused: looked at again each time the pause is over. */
	while ((r = __atomic_load_n(&h->answer, __ATOMIC_ACQUIRE)) > 0)
		(void)sys_call(SYS_futex, (long)&h->answer, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 1,
			       (long)&pause, 0, 0);
	return r;
}

/* ---- commit ----------------------------------------------------------------------------- */

static int open_program(struct child *child, const struct kit_op *op)
{
	const char *path = kit_string(child->kit, op->data);
	int fd = op->length ? (int)op->length - 1
			    : sys_openat(AT_FDCWD, path, O_PATH | O_CLOEXEC, 0);
	struct stat st;
	int r;

	if (fd < 0)
		return child_failed(child, fd, path);
	r = sys_fstat(fd, &st);
	if (r >= 0 && (st.st_dev != op->b || st.st_ino != op->c))
		r = -ESTALE;
	if (r < 0)
		return child_failed(child, r, path);
	child->kit->program_fd = fd;
	return 0;
}

static int draw_key(struct child *child)
{
	ssize_t n = sys_getrandom(&child->exec_key, sizeof(child->exec_key));

	return n < 0 ? (int)n : n == (ssize_t)sizeof(child->exec_key) ? 0 : -EIO;
}

int exec_commit(struct child *child, const struct kit_op *op)
{
	switch (op->op) {
	case OP_KEY:
		return draw_key(child);
	case OP_MEET:
		return wait_for_leader(child);
	case OP_HELPER:
		return start_helper(child);
	default:
		return open_program(child, op);
	}
}

int exec_verify(struct child *child, const struct kit_op *op)
{
	if (op->op == OP_MEET)
		return child->meeting && !child->meeting->leader_done ? -EPROTO : 0;
	if (op->op == OP_HELPER)
		return child->helper ? 0 : -EPROTO;
	if (op->op == OP_KEY)
		return child->exec_key ? 0 : -EPROTO;
	return child->kit->program_fd >= 0 ? 0 : -EPROTO;
}

static int execute(const struct child *child, char *const *argv, char *const *envp)
{
	const char *path = kit_string(child->kit, child->kit->program);

	return (int)sys_call(SYS_execve, (long)path, (long)argv, (long)envp, 0, 0,
			     (long)child->exec_key);
}

/* The last act. Returns only on failure, with -errno. */
int exec_start(struct child *child)
{
	struct kit *k = child->kit;
	char *const *argv = (char *const *)(const void *)kit_data(k, k->argv);
	char *const *envp = (char *const *)(const void *)kit_data(k, k->envp);

	if (child->is_next)
		__atomic_store_n(child->is_next, 1, __ATOMIC_RELEASE);
	/*
	 * A #! program is opened again by its interpreter, by path: a closing descriptor is no
	 * path.
	 */
	if (k->flags & KIT_SCRIPT)
		return execute(child, argv, envp);

	int r = (int)sys_call(SYS_execveat, k->program_fd, (long)"", (long)argv, (long)envp,
			      AT_EMPTY_PATH, (long)child->exec_key);

	/* Refused by an outer filter, before our own had a say: by the path that was judged. */
	if (r == -ENOSYS || r == -EPERM) {
		int other = execute(child, argv, envp);

		r = other == -ENOSYS ? r : other;
	}
	return r;
}
