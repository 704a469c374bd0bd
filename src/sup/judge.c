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
 * What may block is done by a process of its own, a copy of the leader that shares its
 * descriptors: connecting a stream, sending into a full buffer, resolving a path, and closing
 * what may linger (SO_LINGER keeps close(2) waiting as long as the program likes; then that
 * process waits, not the leader, which has a clock to watch). Only datagram sockets of UDP are
 * dealt with in place, where nothing waits. Such a process takes the socket with it: closing it
 * is its last act. One that was killed leaves that to another.
 *
 * The leader reads the program's memory itself, for it is the ancestor of every process of the
 * run, which Yama asks for. It has the program's ids and no more capabilities (leader.c), so what
 * it performs is what the program could have done, had nobody asked.
 *
 * Weaker than without a judge: a signal handler runs after a blocking connect, not during it;
 * the server of a local socket sees the id of a process of ours (its uid and gid are right).
 */
#include "judge_in.h"

#include <fcntl.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "../layer/child.h"

/* linux/seccomp.h from 6.6: answer on the asker's processor; both never run at once anyway. */
#define NOTIF_SET_FLAGS SECCOMP_IOW(4, __u64)
enum { NOTIF_SYNC_WAKE_UP = 1 };
/* From 6.9; before that a thread's process has to be looked up. */
enum { PIDFD_OF_THREAD = O_EXCL };
/* From how many busy places on it is worth looking for those nobody waits for. */
enum { SWEEP_FROM = 32 };

/* ---- the listener ------------------------------------------------------------------------ */

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
	(void)sys_close(kit->judge_fd);
	if (j->listener < 0) {
		int r = j->listener;

		j->listener = -1;
		return r;
	}
	j->memory = sys_mmap(sizeof(*j->memory), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	if (!j->memory)
		return -ENOMEM;
	for (int i = 0; i < JUDGE_WORKERS; i++)
		j->memory->workers[i].fd = -1;
	IGNORE_RESULT(sys_ioctl(j->listener, NOTIF_SET_FLAGS, (void *)(uintptr_t)flags)); /* before 6.6 */
	return 0;
}

bool judge_is_alive(const struct judge_request *q)
{
	uint64_t id = q->notice.id;

	return sys_ioctl(q->judge->listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) >= 0;
}

static void answer(const struct judge_request *q, int r, uint32_t flags)
{
	struct seccomp_notif_resp response = { .id = q->notice.id,
					       .val = r > 0 ? r : 0,
					       .error = r < 0 ? r : 0,
					       .flags = flags };

	IGNORE_RESULT(sys_ioctl(q->judge->listener, SECCOMP_IOCTL_NOTIF_SEND, &response)); /* ENOENT: gone */
}

/* ---- a process of its own ------------------------------------------------------------------ */

__attribute__((noreturn)) static void work(struct judge_request *q, pid_t leader)
{
	int r = sys_prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);

	if (r >= 0 && sys_getppid() != leader)
		r = -ESRCH;
	if (q->act && judge_is_alive(q))
		answer(q, r < 0 ? -EAGAIN : q->act(q), 0);
	if (q->path_fd >= 0)
		(void)sys_close(q->path_fd);
	for (size_t i = 0; i < q->taken_count; i++)
		(void)sys_close(q->judge->memory->taken[i]);
	(void)sys_close(q->fd);
	sys_exit_group(0);
}

static int start_worker(struct judge_request *q, struct judge_worker *place)
{
	pid_t leader = sys_getpid();
	int pid = sys_fork(CLONE_FILES, NULL);

	if (pid == 0)
		work(q, leader);
	place->fd = q->fd;
	place->id = q->act ? q->notice.id : 0;
	place->pid = pid < 0 ? 0 : pid;
	q->judge->left |= pid < 0;
	return pid;
}

/* Close what nobody closes: whoever had it was killed, or could not be made. */
static void close_left(struct judge *j, struct judge_worker *place)
{
	struct judge_request q = { .judge = j, .fd = place->fd, .pidfd = -1, .path_fd = -1 };

	IGNORE_RESULT(start_worker(&q, place)); /* EAGAIN: tried again with the next notification */
}

static void sweep(struct judge *j)
{
	j->left = false;
	for (int i = 0; i < JUDGE_WORKERS; i++) {
		struct judge_worker *place = &j->memory->workers[i];
		struct judge_request q = { .judge = j, .notice.id = place->id };

		if (place->fd < 0)
			continue;
		if (!place->pid)
			close_left(j, place);
		else if (place->id && !judge_is_alive(&q))
			IGNORE_RESULT(sys_kill(place->pid, SIGKILL)); /* ESRCH: not reaped yet */
	}
}

static struct judge_worker *free_place(struct judge *j)
{
	for (int i = 0; i < JUDGE_WORKERS; i++)
		if (j->memory->workers[i].fd < 0)
			return &j->memory->workers[i];
	return NULL;
}

void judge_reaped(struct judge *j, int pid, int wait_status)
{
	for (int i = 0; j->busy && i < JUDGE_WORKERS; i++) {
		struct judge_worker *place = &j->memory->workers[i];

		if (place->fd < 0 || place->pid != pid)
			continue;
		if (WIFSIGNALED(wait_status)) {
			close_left(j, place);
			return;
		}
		place->fd = -1;
		j->busy--;
		return;
	}
}

/* A place was found free before the socket was taken, and only this makes use of places. */
int judge_hand_over(struct judge_request *q)
{
	struct judge_worker *place = free_place(q->judge);

	if (!place)
		return -EAGAIN;
	q->judge->busy++;
	return start_worker(q, place) < 0 ? -EAGAIN : JUDGE_LATER;
}

int judge_drop(struct judge_request *q, int r)
{
	if (q->fd >= 0 && q->kind == JUDGE_UDP) {
		(void)sys_close(q->fd);
	} else if (q->fd >= 0) {
		q->act = NULL;
		IGNORE_RESULT(judge_hand_over(q)); /* without a process it waits in its place for one */
	}
	q->fd = -1;
	return r;
}

/* ---- looking into the program -------------------------------------------------------------- */

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

/* Before 6.9 there is no descriptor of a thread. Its process most likely has the same table. */
static int open_process_of(pid_t thread)
{
	static const char name[] = "\nTgid:\t";
	char path[40] = "/proc/", text[512];
	char *end = child_decimal(path + 6, (uint64_t)thread);
	int pid = 0, n;

	for (const char *p = "/status"; (*end = *p); end++)
		p++;
	n = child_read_file(AT_FDCWD, path, text, sizeof(text));
	for (int i = 0; i < n; i++) {
		if (!child_starts(text + i, name))
			continue;
		for (const char *p = text + i + sizeof(name) - 1; *p >= '0' && *p <= '9'; p++)
			pid = pid * 10 + (*p - '0');
		return sys_pidfd_open(pid, 0);
	}
	return -EACCES;
}

static int open_asker(const struct judge_request *q)
{
	int pidfd = sys_pidfd_open((pid_t)q->notice.pid, PIDFD_OF_THREAD);

	if (pidfd == -EINVAL)
		pidfd = sys_pidfd_open((pid_t)q->notice.pid, 0);
	if (pidfd == -EINVAL || pidfd == -ENOENT)
		pidfd = open_process_of((pid_t)q->notice.pid);
	return pidfd;
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

	if (q->judge->busy >= JUDGE_WORKERS)
		return -EAGAIN;
	q->pidfd = open_asker(q);
	if (q->pidfd < 0)
		return q->pidfd == -ESRCH ? JUDGE_LATER : -EACCES;
	r = sys_pidfd_getfd(q->pidfd, number);
	if (r < 0)
		return r == -EBADF ? r : r == -EMFILE || r == -ENFILE ? -EAGAIN : -EACCES;
	q->fd = r;
	if (!judge_is_alive(q))
		return judge_drop(q, JUDGE_LATER);
	r = classify(q);
	return r < 0 ? judge_drop(q, r) : 0;
}

/* ---- one notification ------------------------------------------------------------------------ */

/* The program's own start, once; memory was not looked at, for nothing about it is judged. */
static int judge_exec(struct judge_request *q)
{
	struct judge *j = q->judge;

	if (j->started || (int)q->notice.pid != j->program)
		return -ENOSYS;
	j->started = true;
	answer(q, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE);
	return JUDGE_LATER;
}

static const struct {
	int number;
	int (*handle)(struct judge_request *q);
} handlers[] = {
	{ SYS_execve, judge_exec },   { SYS_execveat, judge_exec },
	{ SYS_connect, judge_connect }, { SYS_sendto, judge_sendto },
	{ SYS_sendmsg, judge_sendmsg }, { SYS_sendmmsg, judge_sendmmsg },
	{ SYS_bind, judge_bind },     { SYS_listen, judge_listen },
};

void judge_one(struct judge *j)
{
	struct judge_request q = { .judge = j, .fd = -1, .pidfd = -1, .path_fd = -1 };
	int r = -EACCES;

	if (j->left || j->busy >= SWEEP_FROM)
		sweep(j);
	if (sys_ioctl(j->listener, SECCOMP_IOCTL_NOTIF_RECV, &q.notice) < 0)
		return; /* ENOENT: it was killed, or interrupted before we came */
	for (size_t i = 0; i < ARRAY_COUNT(handlers); i++)
		if (handlers[i].number == q.notice.data.nr)
			r = handlers[i].handle(&q);
	if (q.pidfd >= 0)
		(void)sys_close(q.pidfd);
	if (r != JUDGE_LATER)
		answer(&q, r, 0);
}
