/* SPDX-License-Identifier: ISC */
/*
 * DOC: Theory of operation
 *
 * The filter sends the calls that take an address to a listener, which the leader holds. An
 * address lies in the program's memory, and another thread can change it between our look and
 * the kernel's: so a notified call never continues. Its address is copied once, the socket is
 * taken with pidfd_getfd(2), and the act is performed on it here, with the copy; the program gets
 * the result. It sleeps meanwhile and wakes for nothing but a fatal signal (WAIT_KILLABLE), so
 * nothing is done twice.
 *
 * A notification names a thread by number. The number is used to read memory and to take a
 * descriptor, and after that the notification is asked whether it is still valid: if so, the
 * thread lived all the time, and both came from it.
 *
 * Nearly everything here may block for as long as the program likes: connecting, sending into a
 * full buffer, resolving a path, even closing (SO_LINGER). So all of it is done in threads of the
 * leader, beside its main thread, which has a clock and children to watch and does nothing else.
 * A thread that takes the last waiting thread's place makes another one first; where there are as
 * many as there may be, the call is refused and those nobody waits for any more are interrupted.
 *
 * They are threads, not processes, because the leader is the ancestor of every process of the
 * run: Yama lets nobody else look into them. It has the program's ids and no more capabilities
 * (leader.c), so what it performs is what the policy's program could have done, had nobody asked;
 * what a thread has given up since, as the capability to bind a low port, it does all the same.
 *
 * Weaker than without a judge: a signal handler runs after a blocking connect, not during it;
 * the server of a local socket sees the leader's process id (uid and gid are the program's), and
 * bind(2) gives a socket of netlink that number; sendmmsg(2) is not for netlink, and a message of
 * more than JUDGE_PAYLOAD_MAX bytes is EMSGSIZE.
 */
#include "judge_in.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "../layer/child.h"
#include "../run/child.h"

/* linux/seccomp.h from 6.6: answer on the asker's processor; both never run at once anyway. */
#define NOTIF_SET_FLAGS SECCOMP_IOW(4, __u64)
enum { NOTIF_SYNC_WAKE_UP = 1 };
/* From 6.9; before that a thread's process has to be looked up. */
enum { PIDFD_OF_THREAD = O_EXCL };
/* Threads that may wait with nothing to do. */
enum { IDLE_MAX = 2 };
/* Ends a wait that is of no use any more. C libraries keep it to themselves. */
enum { INTERRUPT = 32 };

/* ---- the listener ---- */

static int receive_descriptor(int socket)
{
	char byte;
	struct iovec part = { &byte, 1 };
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	ssize_t n = sys_recvmsg(socket, &message, MSG_CMSG_CLOEXEC);

	if (n < 0)
		return (int)n;
	if (n == 0 || message.msg_controllen < CMSG_LEN(sizeof(int)) ||
	    control.header.cmsg_level != SOL_SOCKET || control.header.cmsg_type != SCM_RIGHTS ||
	    control.header.cmsg_len != CMSG_LEN(sizeof(int)))
		return -ECHILD;
	return *(int *)(void *)CMSG_DATA(&control.header);
}

int judge_receive(struct judge *j, const struct kit *kit)
{
	uint64_t flags = NOTIF_SYNC_WAKE_UP;

	/* When the other end is the program's alone, its end is ours to notice. */
	(void)sys_close(kit->judge_peer_fd);
	j->kit = kit;
	j->listener = receive_descriptor(kit->judge_fd);
	if (j->listener < 0) {
		int r = j->listener;

		j->listener = -1;
		return r;
	}
	IGNORE_RESULT(
		sys_ioctl(j->listener, NOTIF_SET_FLAGS, (void *)(uintptr_t)flags)); /* before 6.6 */
	return 0;
}

/* A call that nobody answers waits for ever: the run has to end. The main thread sees to it. */
static void give_up(struct judge *j, int r)
{
	int none = 0;

	/* The first reason is told. */
	if (!__atomic_compare_exchange_n(&j->failed, &none, r, false, __ATOMIC_SEQ_CST,
					 __ATOMIC_SEQ_CST))
		return;
	if (sys_kill(j->process, SIGCHLD) >= 0)
		return;
	/* To close the listener would not do: another thread that waits at it keeps it open. */
	child_report(j->child, NULL, WHERE_START, false, r);
	child_end(j->child);
}

bool judge_is_alive(const struct judge_request *q)
{
	uint64_t id = q->notice.id;
	int r;

	do
		r = sys_ioctl(q->judge->listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id);
	while (r == -EINTR);
	if (r < 0 && r != -ENOENT)
		give_up(q->judge, r);
	return r >= 0;
}

static void answer(const struct judge_request *q, int r)
{
	struct seccomp_notif_resp response = { .id = q->notice.id,
					       .val = r > 0 ? r : 0,
					       .error = r < 0 ? r : 0 };
	int sent;

	do
		sent = sys_ioctl(q->judge->listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
	while (sent == -EINTR);
	if (sent < 0 && sent != -ENOENT) /* ENOENT: the caller was killed */
		give_up(q->judge, sent);
}

/* ---- looking into the program ---- */

int judge_read(const struct judge_request *q, void *to, uint64_t from, size_t length)
{
	const struct iovec here = { to, length }, there = { (void *)(uintptr_t)from, length };
	ssize_t n = sys_process_vm_readv((pid_t)q->notice.pid, &here, &there, 1);

	return n == (ssize_t)length ? 0 : n == -EPERM ? -EACCES : -EFAULT;
}

int judge_read_address(struct judge_request *q, uint64_t from, int length)
{
	if (length < (int)sizeof(sa_family_t) || length > JUDGE_ADDRESS_MAX)
		return -EINVAL;
	q->address.length = (unsigned)length;
	q->has_address = true;
	return judge_read(q, q->address.bytes, from, (size_t)length);
}

int judge_proc_number(const char *path, const char *name)
{
	char text[512];
	int n = child_read_file(AT_FDCWD, path, text, sizeof(text)), number = 0;

	for (int i = 0; i < n; i++) {
		if (!child_starts(text + i, name))
			continue;
		for (const char *p = text + i + child_length(name); *p >= '0' && *p <= '9'; p++)
			number = number * 10 + (*p - '0');
		break;
	}
	return number > 0 ? number : -EACCES;
}

int judge_process_of(pid_t thread)
{
	char path[40] = "/proc/";
	char *end = child_decimal(path + 6, (uint64_t)thread);

	for (const char *p = "/status"; (*end = *p); end++)
		p++;
	return judge_proc_number(path, "\nTgid:\t");
}

/*
 * Before 6.9 there is no descriptor of a thread. Its process most likely has the same table. Where
 * /proc is another pid namespace's, its numbers are others' here: the kernel is asked whether the
 * thread belongs to who was opened.
 */
static int open_process_of(pid_t thread)
{
	int pid = judge_process_of(thread);
	int pidfd = pid < 0 ? pid : sys_pidfd_open(pid, 0);

	if (pidfd < 0 || sys_call(SYS_tgkill, pid, thread, 0, 0, 0, 0) == 0)
		return pidfd;
	(void)sys_close(pidfd);
	return -EACCES;
}

static int open_asker(struct judge_request *q)
{
	int pidfd = sys_pidfd_open((pid_t)q->notice.pid, PIDFD_OF_THREAD);

	if (pidfd == -EINVAL)
		pidfd = sys_pidfd_open((pid_t)q->notice.pid, 0);
	q->is_looked_up = pidfd == -EINVAL || pidfd == -ENOENT;
	return q->is_looked_up ? open_process_of((pid_t)q->notice.pid) : pidfd;
}

static int socket_number(int fd, int name)
{
	int value = -1;
	unsigned length = sizeof(value);
	int r = sys_getsockopt(fd, SOL_SOCKET, name, &value, &length);

	return r < 0 ? r : value;
}

static int classify(struct judge_request *q)
{
	int domain = socket_number(q->fd, SO_DOMAIN);
	int protocol = socket_number(q->fd, SO_PROTOCOL);

	q->kind = JUDGE_OTHER;
	if (domain < 0)
		return domain; /* ENOTSOCK */
	q->type = socket_number(q->fd, SO_TYPE);
	if (domain == AF_UNIX)
		q->kind = JUDGE_UNIX;
	else if (domain == AF_NETLINK && protocol == NETLINK_ROUTE)
		q->kind = JUDGE_NETLINK;
	else if (domain != AF_INET && domain != AF_INET6)
		return -EACCES;
	else if (q->type == SOCK_STREAM && protocol == IPPROTO_TCP)
		q->kind = JUDGE_TCP;
	else if (q->type == SOCK_DGRAM && protocol == IPPROTO_UDP)
		q->kind = JUDGE_UDP;
	else
		return -EACCES; /* MPTCP, SCTP, raw: nothing that a rule could name */
	return 0;
}

int judge_take(struct judge_request *q, int number)
{
	int r;

	q->pidfd = open_asker(q);
	if (q->pidfd < 0)
		return q->pidfd == -ESRCH ? JUDGE_NOBODY : -EACCES;
	r = sys_pidfd_getfd(q->pidfd, number);
	if (r < 0)
		return r == -EBADF ? r : r == -EMFILE || r == -ENFILE ? -EAGAIN : -EACCES;
	q->fd = r;
	return judge_is_alive(q) ? classify(q) : JUDGE_NOBODY;
}

/* ---- one notification ---- */

static const struct {
	int number;
	int (*handle)(struct judge_request *q);
} handlers[] = {
	{ SYS_connect, judge_connect }, { SYS_sendto, judge_sendto },
	{ SYS_sendmsg, judge_sendmsg }, { SYS_sendmmsg, judge_sendmmsg },
	{ SYS_bind, judge_bind },	{ SYS_listen, judge_listen },
};

static int judge_call(struct judge_request *q)
{
	for (size_t i = 0; i < ARRAY_COUNT(handlers); i++)
		if (handlers[i].number == q->notice.data.nr)
			return handlers[i].handle(q);
	return -EACCES;
}

/* Before the answer: a socket that the program closes then is closed, and its port free. */
static void let_go(struct judge_request *q)
{
	const int fds[] = { q->pidfd, q->path_fd, q->fd };

	for (size_t i = 0; i < q->taken_count; i++)
		(void)sys_close(q->room->taken[i]);
	for (size_t i = 0; i < ARRAY_COUNT(fds); i++)
		if (fds[i] >= 0)
			(void)sys_close(fds[i]);
}

/* ---- threads ---- */

/* That it was called has interrupted the wait: there is nothing else to do. */
static void on_interrupt(int number)
{
	(void)number;
}

static int set_handler(void)
{
	const struct sys_handler handler = { .handler = (unsigned long)(uintptr_t)on_interrupt };

	return sys_sigaction_set(INTERRUPT, &handler, NULL);
}

static int signal_thread(const struct judge *j, int tid, int number)
{
	return (int)sys_call(SYS_tgkill, j->process, tid, number, 0, 0, 0);
}

/* A place nobody stands on: never used, or its thread is gone from its stack too. */
static struct judge_thread *claim(struct judge *j)
{
	for (int i = 0; i < JUDGE_THREADS; i++) {
		struct judge_thread *t = &j->threads[i];
		int state = __atomic_load_n(&t->state, __ATOMIC_SEQ_CST);

		if (state == JUDGE_RUNS ||
		    (state == JUDGE_LEFT && signal_thread(j, t->tid, 0) != -ESRCH))
			continue;
		if (__atomic_compare_exchange_n(&t->state, &state, JUDGE_RUNS, false,
						__ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
			return t;
	}
	return NULL;
}

static void thread_main(void *argument);

/* 0; -EBUSY when there is no place left; another -errno when the kernel makes no more tasks. */
static int add_thread(struct judge *j)
{
	const unsigned long flags =
		CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM;
	struct judge_thread *t = claim(j);
	int r;

	if (!t)
		return -EBUSY;
	t->judge = j;
	t->id = 0;
	__atomic_add_fetch(&j->idle, 1, __ATOMIC_SEQ_CST);
	r = sys_clone(flags, t->stack + sizeof(t->stack), thread_main, t, NULL, NULL);
	if (r >= 0)
		return 0;
	__atomic_sub_fetch(&j->idle, 1, __ATOMIC_SEQ_CST);
	__atomic_store_n(&t->state, JUDGE_FREE, __ATOMIC_SEQ_CST);
	return r;
}

/*
 * Wake those whose caller is gone, and say whether there are any. One that has just turned to
 * another call is woken in vain.
 */
static bool interrupt_useless(struct judge *j)
{
	bool any = false;

	for (int i = 0; i < JUDGE_THREADS; i++) {
		struct judge_thread *t = &j->threads[i];
		const struct judge_request q = {
			.judge = j, .notice.id = __atomic_load_n(&t->id, __ATOMIC_SEQ_CST)
		};

		if (q.notice.id && !judge_is_alive(&q))
			any |= signal_thread(j, t->tid, INTERRUPT) >= 0; /* ESRCH: it has left */
	}
	return any;
}

/*
 * Somebody must go on waiting for notifications. Without a task for it the next call waits until
 * one of us is done.
 */
static int stand_in(struct judge *j)
{
	int r;

	if (__atomic_sub_fetch(&j->idle, 1, __ATOMIC_SEQ_CST) > 0)
		return 0;
	r = add_thread(j);
	return r != -EBUSY || interrupt_useless(j) ? 0 : -EAGAIN;
}

/* Back to those who wait, unless they are enough. */
static bool wait_again(struct judge *j)
{
	int idle = __atomic_load_n(&j->idle, __ATOMIC_SEQ_CST);

	while (idle < IDLE_MAX)
		if (__atomic_compare_exchange_n(&j->idle, &idle, idle + 1, false, __ATOMIC_SEQ_CST,
						__ATOMIC_SEQ_CST))
			return true;
	return false;
}

/* False when this thread is not needed any more. */
static bool serve_one(struct judge_thread *t)
{
	struct judge_request q = {
		.judge = t->judge, .room = t, .fd = -1, .pidfd = -1, .path_fd = -1
	};
	int r = sys_ioctl(t->judge->listener, SECCOMP_IOCTL_NOTIF_RECV, &q.notice);

	if (r == -ENOENT || r == -EINTR) /* it was killed, or interrupted before we came */
		return true;
	if (r < 0) {
		give_up(t->judge, r);
		return false;
	}
	__atomic_store_n(&t->id, q.notice.id, __ATOMIC_SEQ_CST);
	r = stand_in(t->judge);
	if (r >= 0)
		r = judge_call(&q);
	let_go(&q);
	if (r != JUDGE_NOBODY)
		answer(&q, r);
	__atomic_store_n(&t->id, 0, __ATOMIC_SEQ_CST);
	return wait_again(t->judge);
}

static void thread_main(void *argument)
{
	struct judge_thread *t = argument;
	const uint64_t interrupt = UINT64_C(1) << (INTERRUPT - 1);

	int tid = sys_gettid();
	int r = tid < 0 ? tid : sys_sigmask(SIG_UNBLOCK, &interrupt, NULL);

	if (r < 0)
		give_up(t->judge, r);
	__atomic_store_n(&t->tid, r < 0 ? r : tid, __ATOMIC_SEQ_CST);
	child_wake(&t->tid);
	while (r >= 0 && serve_one(t))
		;
	__atomic_store_n(&t->state, JUDGE_LEFT, __ATOMIC_SEQ_CST);
	sys_exit_thread(0);
}

/* What the program's process waits for before it becomes the program. */
static int say_ready(const struct judge *j)
{
	ssize_t n;

	do
		n = sys_write(j->kit->judge_fd, "J", 1);
	while (n == -EINTR);
	if (n < 0)
		return (int)n; /* its end of file would be heard before the reason is */
	(void)sys_close(j->kit->judge_fd);
	return 0;
}

int judge_start(struct judge *j)
{
	int r = set_handler();

	if (r < 0)
		return r;
	j->process = sys_getpid();
	j->threads = sys_mmap(JUDGE_THREADS * sizeof(*j->threads), PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, &r);
	if (r >= 0)
		r = j->process < 0 ? j->process : add_thread(j);
	if (r >= 0)
		r = child_wait(&j->threads[0].tid, 0); /* that it waits now is part of ready */
	return r < 0 ? r : say_ready(j);
}
