/* SPDX-License-Identifier: ISC */
/*
 * DOC: Theory of operation
 *
 * The leader is pid 1 of the new pid namespace, or the reaper of the run where there is none. It
 * is the freestanding stage image: some twenty kilobytes that hold nothing of the caller. It
 * prepares the view, makes the program's process, does what can be done beside that one's own
 * steps, confines itself, and then only waits: for children to reap, for a byte from the caller
 * that names a signal, for the caller's end, for the wall clock, for notifications to judge.
 *
 * The two processes share their memory until the program's execve, which waits until all that the
 * leader does holds (struct meeting). Before, the program's process waits once for the view. If the
 * leader fails, it says why, and kills the other.
 *
 * The caller's death shows as the end of the control socket, whose other end nobody else holds:
 * that has no race with a parent that died early and no trouble with a parent thread that ends,
 * as PR_SET_PDEATHSIG has. When the leader of a pid namespace ends, the kernel kills the rest.
 *
 * Signals from a terminal or to the whole process group reach the program by themselves; only what
 * was sent to the caller alone is passed on. The leader tells them apart because it is in the same
 * group with every signal blocked: a group's signal is pending here too. Of a terminal of the
 * program's own it leads the session, so that the program, which it can continue, can be stopped.
 */
#include "leader.h"

#include <linux/filter.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "../layer/child.h"
#include "judge.h"

struct leader {
	struct child child, program_child; /* what each of the two processes goes by */
	struct meeting meeting;
	struct kit *kit;
	char *program_stack;
	pid_t program;
	int control_fd, signal_fd;
	int self_fd; /* our directory in /proc, which the view may not have; -1 */
	struct judge judge;
	struct leader_status status;
	bool ended, stopped;
	int reach; /* how far from the program's number those left are looked for, without a list */
	int64_t deadline_ms; /* as now_ms(), 0 = none */
};

/* NEAR grows to PID_END, a number that no kernel gives, in two steps. */
enum { PROGRAM_STACK = 256 * 1024, NEAR = 4096, PID_END = NEAR * 32 * 32 };

/* Milliseconds, or -errno. */
static int64_t now_ms(void)
{
	struct timespec t = { 0, 0 };
	int r = sys_clock_gettime(CLOCK_BOOTTIME, &t);

	return r < 0 ? r : (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* By the clock that will be looked at: not before a time namespace is entered, which sets it. */
static int set_deadline(struct leader *l)
{
	int64_t now = l->kit->wall_ms ? now_ms() : 0;

	if (now < 0)
		return (int)now;
	if (l->kit->wall_ms)
		l->deadline_ms = now + (int64_t)l->kit->wall_ms;
	return 0;
}

static void program_main(void *argument)
{
	struct leader *l = argument;

	IGNORE_RESULT(child_program(&l->program_child)); /* reported through the pipe */
	child_end(&l->program_child);
}

/*
 * The program's process shares the leader's memory and descriptors until execve: no page table is
 * copied, and either can tell the other the number of one. Where addresses are judged the leader
 * has to be on its own before that, and the process is a copy.
 */
static int make_program(struct leader *l)
{
	int r;

	l->program_child = l->child;
	if (l->kit->flags & KIT_NOTIFY) {
		r = sys_fork(0, NULL);
		if (r == 0)
			program_main(l);
		return r;
	}
	l->program_stack = sys_mmap(PROGRAM_STACK, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS, -1, &r);
	if (!l->program_stack)
		return r;
	l->meeting.program = MEETING_BUSY;
	l->program_child.meeting = &l->meeting;
	return sys_clone(CLONE_VM | CLONE_FILES | CLONE_CHILD_CLEARTID | SIGCHLD,
			 l->program_stack + PROGRAM_STACK, program_main, l, NULL,
			 &l->meeting.program);
}

/*
 * The program's ids: a process may then be signalled and, for the judge, be looked into without
 * any capability, and what the judge performs is performed as the program's user.
 */
static int take_ids(const struct kit *kit)
{
	uid_t uid = (uid_t)kit->leader_uid;
	gid_t gid = (gid_t)kit->leader_gid;
	int r = sys_prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);

	if (r >= 0)
		r = sys_setgroups(0, NULL);
	if (r >= 0)
		r = sys_setresgid(gid, gid, gid);
	if (r >= 0)
		r = sys_setresuid(uid, uid, uid);
	return r;
}

/*
 * What stays has the ids of the program, next to no capability, and few calls. What is not
 * inheritable is not ambient either.
 */
static int confine_self(const struct kit *kit)
{
	const struct sys_caps caps = { kit->leader_caps, kit->leader_caps, 0 };
	struct sock_fprog prog;
	int r = kit->flags & KIT_LEADER_IDS ? take_ids(kit) : 0;

	if (r >= 0)
		r = sys_capset(&caps);
	if (r >= 0)
		r = sys_prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (r >= 0)
		r = sys_prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (r < 0 || !kit->leader_filter)
		return r;
	prog.len = (unsigned short)kit->leader_filter_count;
	prog.filter = (struct sock_filter *)(uintptr_t)kit_data(kit, kit->leader_filter);
	return sys_seccomp(SECCOMP_SET_MODE_FILTER, 0, &prog);
}

static void note_end(struct leader *l, pid_t pid, int status)
{
	if (pid != l->program || l->ended)
		return;
	l->status.wait_status = status;
	l->ended = true;
}

/* Whoever has ended meanwhile; 0 when others are left, or -errno. */
static int reap_rest(struct leader *l)
{
	int status;
	pid_t pid;

	while ((pid = sys_wait4(-1, &status, WNOHANG, NULL)) > 0)
		note_end(l, pid, status);
	return pid;
}

/*
 * A number is a child's until it is waited for, which nobody but we does: so no stranger is hit,
 * wherever the number comes from. Is it a child's?
 */
static bool end_child(struct leader *l, pid_t pid)
{
	int status, r = pid > 1 ? sys_wait4(pid, &status, WNOHANG, NULL) : -ECHILD;

	if (r == 0)
		IGNORE_RESULT(sys_kill(pid, SIGKILL)); /* EPERM: not of our ids */
	if (r > 0)
		note_end(l, r, status);
	return r >= 0;
}

/* By the kernel's list, whose numbers are those of the pid namespace that /proc belongs to. */
static bool kill_listed(struct leader *l)
{
	char text[4096];
	pid_t pid = 0;
	bool found = false;
	int n = l->self_fd < 0 ? 0 : child_read_file(l->self_fd, "children", text, sizeof(text));

	for (int i = 0; i < n; i++) {
		if (text[i] >= '0' && text[i] <= '9') {
			pid = pid * 10 + (text[i] - '0');
			continue;
		}
		found |= end_child(l, pid);
		pid = 0;
	}
	return found;
}

/* By trying: they come next after the program's, and when all are given, from the beginning. */
static bool kill_numbered(struct leader *l)
{
	bool found = false;

	for (int i = 1; i < l->reach; i++) {
		if (i % NEAR == 0 && reap_rest(l) == -ECHILD)
			break;
		found |= end_child(l, l->program + i);
		found |= end_child(l, i);
	}
	return found;
}

/*
 * Kill every process that is left: in a pid namespace that is everybody but us, elsewhere every
 * orphan is our child, as we are the reaper, and asked for. Returns what it took, in rounds.
 */
static int kill_rest(struct leader *l, bool can_ask, int round)
{
	int cost = 1;

	if (l->kit->flags & KIT_PID_NS) {
		IGNORE_RESULT(sys_kill(-1, SIGKILL)); /* ESRCH: nobody left */
		return cost;
	}
	if (!l->ended)
		IGNORE_RESULT(sys_kill(l->program, SIGKILL)); /* ESRCH: just ended */
	if (!can_ask || kill_listed(l))
		return cost;
	cost = l->reach / NEAR;
	/* Now and then also past one that does not end. */
	if ((!kill_numbered(l) || round % 16 == 15) && l->reach < PID_END)
		l->reach *= 32;
	return cost;
}

/*
 * Whoever can be waited for; what is returned is why no more are: 0, or an error. The signal that
 * told of an end has been drained by now, so an interrupted wait is asked for again.
 */
static int reap(struct leader *l)
{
	const int options = WNOHANG | (l->kit->flags & KIT_STOPS ? WUNTRACED : 0);
	struct sys_rusage usage;
	int status;
	pid_t pid;

	while ((pid = sys_wait4(-1, &status, options, &usage)) > 0 || pid == -EINTR)
		if (pid == l->program && WIFSTOPPED(status)) {
			const struct leader_status stopped = { .wait_status = status };

			IGNORE_RESULT(sys_write(l->control_fd, &stopped,
						sizeof(stopped))); /* EPIPE: it ends */
		} else if (pid == l->program) {
			l->status.wait_status = status;
			l->status.usage = usage;
			l->ended = true;
		}
	return pid;
}

/* Reap until no child is left, killing all there are: to ask the kernel for everybody is slow. */
static void end_all(struct leader *l)
{
	const struct timespec pause = { 0, 2000000 };
	const uint64_t child_signal = UINT64_C(1) << (SIGCHLD - 1);

	for (int round = 0, spent = 0; spent < 5000; round++) {
		int r = reap_rest(l);

		if (r == -ECHILD)
			return;
		spent += kill_rest(l, r == 0, round);
		if (r < 0 && r != -EINTR) /* what cannot be waited for, is not */
			return;
		IGNORE_RESULT(
			sys_sigtimedwait(&child_signal, NULL, &pause)); /* EAGAIN: time is up */
	}
}

__attribute__((noreturn)) static void finish(struct leader *l)
{
	end_all(l);
	/* An end without a status is the last way to say that it did not start. */
	if (l->child.mute || l->program_child.mute)
		sys_exit_group(125);
	/* EPIPE: nobody wants to know any more */
	IGNORE_RESULT(sys_write(l->control_fd, &l->status, sizeof(l->status)));
	/* Who forked faster than we killed, and we: the kernel leaves nobody out. */
	if (l->kit->kill_fd >= 0)
		IGNORE_RESULT(sys_write(l->kit->kill_fd, "1", 1)); /* ENODEV: removed */
	sys_exit_group(0);
}

/* The program, should it run already, does not go on without us. One of the two is heard. */
__attribute__((noreturn)) static void fail(struct leader *l, int r)
{
	child_report(&l->child, NULL, WHERE_START, false, r);
	l->status.failed = r;
	finish(l);
}

/* Pass a signal on, unless the whole group got it and so the program did. */
static void pass_signal(struct leader *l, int number)
{
	const uint64_t set = UINT64_C(1) << (number - 1);
	const struct timespec now = { 0, 0 };
	bool group =
		!(l->kit->flags & KIT_NEW_SESSION) && sys_sigtimedwait(&set, NULL, &now) == number;

	if (l->ended || group)
		return;
	if ((number == SIGSTOP || number == SIGCONT) && (l->kit->flags & KIT_PID_NS))
		IGNORE_RESULT(sys_kill(-1, number)); /* the whole box */
	else if (number != SIGCONT || !(l->kit->flags & KIT_STOPS) ||
		 sys_kill(-l->program, number) < 0)	     /* all that the terminal stopped */
		IGNORE_RESULT(sys_kill(l->program, number)); /* ESRCH: it ends just now */
}

static void read_control(struct leader *l)
{
	unsigned char bytes[64];
	ssize_t n = sys_read(l->control_fd, bytes, sizeof(bytes));

	if (n == 0) { /* the caller is gone: so are we, and all of it */
		l->status.timed_out = 0;
		finish(l);
	}
	for (ssize_t i = 0; i < n; i++)
		if (bytes[i] >= 1 && bytes[i] <= 64)
			pass_signal(l, bytes[i]);
}

/* Milliseconds for poll(2): -1 where there is no limit, 0 when it is reached. */
static int time_left(struct leader *l)
{
	int64_t now, left;

	if (!l->deadline_ms)
		return -1;
	now = now_ms();
	if (now < 0) /* a limit that nobody can watch */
		fail(l, (int)now);
	left = l->deadline_ms - now;
	return left < 0 ? 0 : left > 3600000 ? 3600000 : (int)left;
}

static void drain_signals(const struct leader *l)
{
	char drain[1024];

	IGNORE_RESULT(sys_read(l->signal_fd, drain, sizeof(drain))); /* EAGAIN: none */
}

__attribute__((noreturn)) static void loop(struct leader *l)
{
	if (l->ended) /* while it was waited for */
		finish(l);
	for (;;) {
		struct pollfd fds[2] = { { l->control_fd, POLLIN, 0 },
					 { l->signal_fd, POLLIN, 0 } };
		int r = sys_poll(fds, 2, time_left(l));

		if (time_left(l) == 0) {
			l->status.timed_out = 1;
			finish(l);
		}
		if (r < 0 && r != -EINTR)
			fail(l, r);
		if (fds[1].revents)
			drain_signals(l);
		r = reap(l);
		if (l->ended)
			finish(l);
		if (r < 0)
			fail(l, r);
		r = __atomic_load_n(&l->judge.failed, __ATOMIC_SEQ_CST);
		if (r < 0)
			fail(l, r);
		if (fds[0].revents)
			read_control(l);
	}
}

/* Descriptors 0 to 2 and the program's are not ours to hold open. */
static void let_go(struct leader *l)
{
	int keep[] = { l->control_fd,	  l->signal_fd,	   l->judge.listener, l->kit->judge_fd,
		       l->kit->report_fd, l->kit->kill_fd, l->self_fd };
	const int count = (int)ARRAY_COUNT(keep);
	unsigned next = 0;

	for (int i = 0; i < count; i++) /* sort: a few numbers */
		for (int j = i + 1; j < count; j++)
			if (keep[j] < keep[i]) {
				int t = keep[i];

				keep[i] = keep[j];
				keep[j] = t;
			}
	for (int i = 0; i < count; i++) {
		if (keep[i] < 0)
			continue;
		if ((unsigned)keep[i] > next)
			IGNORE_RESULT(sys_close_range(next, (unsigned)keep[i] - 1,
						      0)); /* they stay: harmless */
		next = (unsigned)keep[i] + 1;
	}
	IGNORE_RESULT(sys_close_range(next, ~0u, 0));
}

/* The kernel leaves the word alone when the end of a process dumps core: the end itself counts. */
static int wait_for_program(struct leader *l, int value)
{
	int now;

	while ((now = child_wait_once(&l->meeting.program, value)) == value) {
		int r = reap(l);

		if (l->ended || r == -ECHILD)
			return MEETING_LEFT;
		if (r < 0 && r != -EINTR)
			fail(l, r);
	}
	return now;
}

/* The program's process may go on. When it has left, nothing is shared any more. */
static void meet(struct leader *l)
{
	int word;

	__atomic_store_n(&l->meeting.leader_done, 1, __ATOMIC_RELEASE);
	child_wake(&l->meeting.leader_done);
	word = __atomic_load_n(&l->meeting.program, __ATOMIC_ACQUIRE);
	while (word != MEETING_LEFT)
		word = wait_for_program(l, word);
	/* One that has ended by now is waited for: there is no time that this memory is idle. */
	(void)reap(l);
	if (l->ended)
		return;
	l->program_child.exec_key = 0;				    /* nobody else has it */
	IGNORE_RESULT(sys_munmap(l->program_stack, PROGRAM_STACK)); /* at worst it stays mapped */
	let_go(l);
}

static int meet_judged(struct leader *l)
{
	int r = judge_receive(&l->judge, l->kit);

	/*
	 * Without a listener the program's process has ended, and has said why, as when nobody is
	 * there to be told that we are ready: we go on and reap it.
	 */
	if (r >= 0 || r == -ECHILD)
		r = confine_self(l->kit);
	let_go(l);
	if (r < 0 || l->judge.listener < 0)
		return r;
	/* Its threads open descriptors: not before the others are gone. */
	r = judge_start(&l->judge);
	return r == -EPIPE ? 0 : r;
}

/* The view is there: the program's process goes on in it. */
static int tell_built(struct leader *l)
{
	struct stat st;
	int r = sys_fstatat(AT_FDCWD, "/", &st, 0);

	if (r < 0)
		return r;
	l->meeting.root_device = st.st_dev;
	l->meeting.root_inode = st.st_ino;
	__atomic_store_n(&l->meeting.built, 1, __ATOMIC_RELEASE);
	child_wake(&l->meeting.built);
	return 0;
}

static void work_beside(struct leader *l)
{
	int r = child_build(&l->child);

	if (r < 0)
		finish(l); /* reported */
	if (l->program_child.meeting)
		r = tell_built(l);
	if (r < 0)
		fail(l, r);
	r = child_beside(&l->child);
	if (r < 0)
		finish(l); /* reported */
	if (l->kit->flags & KIT_NOTIFY) {
		r = meet_judged(l);
	} else {
		/* A change of ids is one of dumpable, which the other process has just set. */
		if (l->kit->flags & KIT_LEADER_IDS)
			(void)wait_for_program(l, MEETING_BUSY);
		r = confine_self(l->kit);
		if (r >= 0)
			meet(l);
	}
	if (r < 0) {
		child_report(&l->child, NULL, WHERE_START, false, r);
		finish(l);
	}
}

void leader_main(struct kit *kit, struct kit_report *left)
{
	const uint64_t child_signal = UINT64_C(1) << (SIGCHLD - 1);
	const uint64_t all = ~UINT64_C(0);
	struct leader l = { .kit = kit,
			    .control_fd = kit->control_fd,
			    .self_fd = -1,
			    .judge.listener = -1,
			    .reach = NEAR };
	int r;

	child_init(&l.child, kit);
	l.child.left = left;
	r = l.child.leader_pid = sys_getpid();
	if (r >= 0) /* the caller may ignore it, and execve keeps that */
		r = sys_sigdefault(SIGCHLD);
	if (r >= 0)
		r = sys_sigmask(SIG_SETMASK, &all, NULL);
	if (r >= 0 && (kit->flags & KIT_STOPS))
		r = child_session(&l.child);
	if (r >= 0)
		r = l.signal_fd = sys_signalfd(&child_signal, O_CLOEXEC | O_NONBLOCK);
	if (r >= 0 && !(kit->flags & KIT_PID_NS)) {
		l.self_fd = sys_openat(AT_FDCWD, "/proc/thread-self",
				       O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
		if (l.self_fd < 0 && l.self_fd != -ENOENT && l.self_fd != -EACCES)
			r = l.self_fd; /* there is a /proc: who is left must be found there */
	}
	if (r >= 0 && !(kit->flags & KIT_PID_NS))
		r = sys_prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	if (r < 0)
		child_report(&l.child, NULL, WHERE_START, false, r);
	if (r < 0 || child_leader(&l.child) < 0)
		sys_exit_group(125);
	r = set_deadline(&l);
	if (r >= 0)
		r = l.program = make_program(&l);
	if (r < 0) {
		child_report(&l.child, NULL, WHERE_START, false, r);
		sys_exit_group(125);
	}
	l.judge.child = &l.child;
	work_beside(&l);
	(void)sys_close(kit->report_fd); /* the program's own end of it says when it runs */
	kit->report_fd = -1;
	loop(&l);
}
