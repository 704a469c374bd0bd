/* SPDX-License-Identifier: ISC */
/*
 * DOC: execve exactly once
 *
 * A program without the right to execute still has to be executed. The filter sends execve and
 * execveat to a listener; a helper thread of this very process lets the first one pass. execve
 * kills the other threads of a process before the new program runs, so the helper ends with the
 * set-up, the listener's last descriptor closes, and from then on the kernel itself answers
 * ENOSYS: nothing of ours has to stay.
 *
 * The helper is made before the filter (and before a limit on tasks), shares memory and
 * descriptors with the process, and waits on a futex for the listener's number. Where a leader
 * stays, that answers instead: memory and descriptors are shared with it until execve, no thread
 * is made, and it answers only when all it does beside holds. Where addresses are judged too, the
 * leader keeps the listener: then the helper only sends it there and ends.
 */
#include <linux/futex.h>
#include <linux/ioctl.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

#include "child.h"

enum { OP_HELPER, OP_PROGRAM, OP_MEET };

/* ---- plan ------------------------------------------------------------------------------- */

enum ambit_code exec_plan(struct ambit_plan *plan, struct ambit_error *err)
{
	const struct step helper = {
		.layer = AMBIT_LAYER_EXEC,
		.op = OP_HELPER,
		.place = PLACE_PROGRAM,
		.needs = TOKEN(ANY_CALL) | TOKEN(TASKS) | TOKEN(MEMORY) | TOKEN(VIEW),
		.what = plan->notify ? "make a thread that hands over the listener"
				     : "make a thread that lets one execve pass",
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
		.what = plan->exec_listener && !plan->notify
				? "wait for the leader, which lets one execve pass"
				: "wait for the leader",
		.reason = "nothing of the program runs before all of this holds",
	};
	const bool leader = plan->mode == MODE_LEADER;

	if (plan->door == DOOR_ENTER)
		return AMBIT_OK;
	if ((plan->notify || (plan->exec_listener && !leader)) && !plan_step(plan, &helper))
		return err_memory(err, AMBIT_LAYER_EXEC);
	if (leader && !plan_step(plan, &meet))
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
	if (step->op == OP_HELPER) {
		op.a = plan->notify;
		kit_add_op(kit, &op);
		return AMBIT_OK;
	}
	if (step->op == OP_MEET) {
		if (plan->exec_listener && !plan->notify)
			kit->header.flags |= KIT_EXEC_ONCE;
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

struct helper {
	int listener;  /* -1 until there is one; the futex */
	int leader_fd; /* >= 0: send it there instead */
	int answer;    /* 0, or -errno of the helper's own failure, for exec_failure() */
};

int exec_let_pass(int listener)
{
	struct seccomp_notif notice = { 0 };
	struct seccomp_notif_resp response = { .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE };
	int r = sys_ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &notice);

	if (r >= 0) {
		response.id = notice.id;
		do /* asking for another instead would wait for what has been asked already */
			r = sys_ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
		while (r == -EINTR);
	}
	return r == -EINTR || r == -ENOENT ? EXEC_AGAIN : r < 0 ? r : 0;
}

static int answer_one(int listener)
{
	int r;

	do
		r = exec_let_pass(listener);
	while (r == EXEC_AGAIN);
	return r;
}

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
	const bool hand_over = h->leader_fd >= 0;
	int r = hand_over ? give_to_leader(h->leader_fd, h->listener) : answer_one(h->listener);

	r = r < 0 ? r : 0;
	__atomic_store_n(&h->answer, r, __ATOMIC_RELEASE);
	/*
	 * An execve that nobody lets pass would wait for ever, and so would another after the
	 * one that was let pass has failed. When the last descriptor goes the kernel answers
	 * ENOSYS, and the start is reported as failed.
	 */
	(void)sys_close(h->listener);
	if (hand_over)
		(void)sys_call(SYS_futex, (long)&h->answer, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, 0,
			       0, 0);
	sys_exit_thread(0);
}

static int start_helper(struct child *child, bool hand_over)
{
	const unsigned long flags =
		CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM;
	int r = -ENOMEM;
	char *memory = child->helper_stack;
	struct helper *h;

	if (!memory)
		memory = sys_mmap(CHILD_HELPER_STACK, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS, -1, &r);

	if (!memory)
		return r;
	/* At the top, below which its stack begins: one page is touched. */
	h = (struct helper *)(void *)(memory + CHILD_HELPER_STACK - 64);
	h->listener = -1;
	h->leader_fd = hand_over ? child->kit->judge_peer_fd : -1;
	h->answer = hand_over;
	if (hand_over) /* a copy: the leader's end is to close with the leader */
		(void)sys_close(child->kit->judge_fd);
	child->helper = h;
	/* It goes away with this memory image at execve, or with the process. */
	r = sys_clone(flags, h, helper_main, h, NULL, NULL);
	return r < 0 ? r : 0;
}

/* Our part is done; the number of the listener for a leader that shares our descriptors. */
static void tell_leader(const struct child *child)
{
	const int fd = child->listener_fd;

	__atomic_store_n(&child->meeting->program, fd < 0 ? MEETING_READY : MEETING_LISTENER + fd,
			 __ATOMIC_RELEASE);
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
 * and the leader to be ready: an execve that is not notified asks nobody, and ends the helper.
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
	if (r < 0 || h->leader_fd < 0)
		return r < 0 ? r : 0;
	/* The helper's own wake may be refused: looked at again each time the pause is over. */
	while ((r = __atomic_load_n(&h->answer, __ATOMIC_ACQUIRE)) > 0)
		(void)sys_call(SYS_futex, (long)&h->answer, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 1,
			       (long)&pause, 0, 0);
	return r;
}

/* Why execve was refused: what kept the helper from letting it pass, if that was it. */
static int exec_failure(const struct child *child, int r)
{
	const struct helper *h = child->helper;

	return r == -ENOSYS && h && h->answer < 0 ? h->answer : r;
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

int exec_commit(struct child *child, const struct kit_op *op)
{
	if (op->op == OP_MEET)
		return wait_for_leader(child);
	return op->op == OP_HELPER ? start_helper(child, op->a) : open_program(child, op);
}

int exec_verify(struct child *child, const struct kit_op *op)
{
	if (op->op == OP_MEET)
		return child->meeting && !child->meeting->leader_done ? -EPROTO : 0;
	if (op->op == OP_HELPER)
		return child->helper ? 0 : -EPROTO;
	return child->kit->program_fd >= 0 ? 0 : -EPROTO;
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
		return exec_failure(child, sys_execve(kit_string(k, k->program), argv, envp));

	int r = sys_execveat(k->program_fd, "", argv, envp, AT_EMPTY_PATH);

	/* Refused by an outer filter, before our own had a say: by the path that was judged. */
	if (r == -ENOSYS || r == -EPERM) {
		int other = sys_execve(kit_string(k, k->program), argv, envp);

		r = other == -ENOSYS ? r : other;
	}
	return exec_failure(child, r);
}
