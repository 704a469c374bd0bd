/* SPDX-License-Identifier: ISC */
/* processes.c - E80 to E82, E84, E86, E92: other processes, and those one leaves behind */
#include "attempts.h"
#include "outside.h"

#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>

/* The process to attack: the one outside; from its own pid namespace it is nobody's number. */
static long victim_of(const struct inside *in)
{
	return fact_number(in, "victim", -1);
}

static long seize(long pid)
{
	if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) < 0)
		return -errno;
	ptrace(PTRACE_DETACH, pid, NULL, NULL); /* fails while it runs; our end frees it as well */
	return 0;
}

enum verdict processes_ptrace(const struct inside *in)
{
	struct tally t = TALLY(in);

	if (victim_of(in) <= 0)
		return untried("no victim given");
	tally_add(&t, "ptrace(SEIZE, victim)", seize(victim_of(in)), NO_PROCESS);
	if (!in->control && getppid() > 0)
		tally_add(&t, "ptrace(SEIZE, parent)", seize(getppid()), NO_PROCESS);
	return tally_end(&t);
}

enum verdict processes_read_memory(const struct inside *in)
{
	const char *canary = fact(in, "canary");
	uintptr_t address = strtoul(fact(in, "address"), NULL, 0);
	struct tally t = TALLY(in);
	char text[64] = "", path[64];
	struct iovec here = { text, sizeof(text) - 1 },
		     there = { (void *)address, sizeof(text) - 1 };

	if (victim_of(in) <= 0 || address == 0)
		return untried("no victim given");
	long r = OUTCOME(syscall(SYS_process_vm_readv, victim_of(in), &here, 1L, &there, 1L, 0L));
	if (r > 0 && strncmp(text, canary, strlen(canary)) != 0)
		r = -EIO;
	tally_add(&t, "process_vm_readv(victim)", r, NO_PROCESS);
	r = OUTCOME(syscall(SYS_process_vm_writev, victim_of(in), &there, 1L, &there, 0L, 0L));
	if (!in->control) /* an empty write is checked no further unconfined */
		tally_add(&t, "process_vm_writev(victim)", r, NO_PROCESS);
	snprintf(path, sizeof(path), "/proc/%ld/mem", victim_of(in));
	long fd = OUTCOME(open(path, O_RDWR | O_CLOEXEC));
	if (fd >= 0)
		fd = OUTCOME(pread((int)fd, text, sizeof(text) - 1, (off_t)address));
	tally_add(&t, path, fd, NO_PATH);
	return tally_end(&t);
}

enum verdict processes_take_fd(const struct inside *in)
{
	if (victim_of(in) <= 0)
		return untried("no victim given");
	long r = OUTCOME(syscall(SYS_pidfd_open, victim_of(in), 0));
	if (r >= 0)
		r = OUTCOME(syscall(SYS_pidfd_getfd, r, 0, 0));
	return judge(in, "pidfd_getfd(victim, 0)", r, NO_PROCESS);
}

enum verdict processes_signal(const struct inside *in)
{
	pid_t pid = (pid_t)victim_of(in);
	siginfo_t info = { .si_code = SI_QUEUE, .si_signo = 0 };
	struct tally t = TALLY(in);

	if (pid <= 0)
		return untried("no victim given");
	tally_add(&t, "kill", OUTCOME(kill(pid, 0)), NO_PROCESS);
	tally_add(&t, "tkill", OUTCOME(syscall(SYS_tkill, pid, 0)), NO_PROCESS);
	tally_add(&t, "tgkill", OUTCOME(syscall(SYS_tgkill, pid, pid, 0)), NO_PROCESS);
	tally_add(&t, "rt_sigqueueinfo", OUTCOME(syscall(SYS_rt_sigqueueinfo, pid, 0, &info)),
		  NO_PROCESS);
	tally_add(&t, "rt_tgsigqueueinfo",
		  OUTCOME(syscall(SYS_rt_tgsigqueueinfo, pid, pid, 0, &info)), NO_PROCESS);
	long fd = OUTCOME(syscall(SYS_pidfd_open, pid, 0));
	if (fd >= 0)
		fd = OUTCOME(syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0));
	tally_add(&t, "pidfd_send_signal", fd, NO_PROCESS);
	return tally_end(&t);
}

/*
 * A signal that everybody ignores, to everybody; the outside sees whether the victim got it. With
 * signal 0 kill() answers 0 even when all were refused. As root outside of any box nothing is
 * sent: the machine is not ours alone, and that the victim can be signalled says enough.
 */
enum verdict processes_signal_all(const struct inside *in)
{
	pid_t victim = (pid_t)victim_of(in);

	if (victim <= 0)
		return untried("no victim given");
	if (geteuid() == 0 && kill(victim, 0) == 0)
		return escaped("kill(-1) as root would reach the victim");
	long r = OUTCOME(kill(-1, SIGURG));
	if (r < 0)
		return judge(in, "kill(-1)", r, NO_PROCESS);
	nap_ms(50);
	return acted("kill(-1, SIGURG)");
}

enum verdict processes_signal_parent(const struct inside *in)
{
	struct tally t = TALLY(in);
	pid_t parent = getppid();

	if (parent <= 0)
		return stopped("the parent has no number here");
	tally_add(&t, "kill(parent, 0)", OUTCOME(kill(parent, 0)), NO_PROCESS);
	return tally_end(&t);
}

/* SIGIO sent by the kernel in our name: who gets it is checked only when it is sent. */
enum verdict processes_sigio(const struct inside *in)
{
	int ends[2];

	if (victim_of(in) <= 0)
		return untried("no victim given");
	if (pipe2(ends, O_CLOEXEC) < 0)
		return untried("pipe: %s", errno_word(errno));
	long r = OUTCOME(fcntl(ends[0], F_SETOWN, (int)victim_of(in)));
	if (r < 0)
		return judge(in, "fcntl(F_SETOWN, victim)", r, NO_PROCESS);
	if (fcntl(ends[0], F_SETFL, O_ASYNC) < 0 || write(ends[1], "x", 1) != 1)
		return judge(in, "fcntl(O_ASYNC)", -(long)errno, NO_CALL);
	nap_ms(50);
	return acted("SIGIO for the victim");
}

/* The same on a terminal both sides have: what is typed outside raises it. */
enum verdict processes_sigio_terminal(const struct inside *in)
{
	if (victim_of(in) <= 0)
		return untried("no victim given");
	long r = OUTCOME(fcntl(STDIN_FILENO, F_SETOWN, (int)victim_of(in)));
	if (r >= 0)
		r = OUTCOME(fcntl(STDIN_FILENO, F_SETFL, O_ASYNC | O_NONBLOCK));
	if (r < 0)
		return judge(in, "F_SETOWN and O_ASYNC on the terminal", r, NO_PROCESS);
	printf("@type\n");
	fflush(stdout);
	nap_ms(300); /* the outside types meanwhile */
	return acted("SIGIO for the victim, from the terminal");
}

enum verdict processes_limits(const struct inside *in)
{
	pid_t pid = (pid_t)victim_of(in);
	struct sched_param ordinary = { .sched_priority = 0 };
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };
	unsigned long mask[16];
	struct tally t = TALLY(in);

	if (pid <= 0)
		return untried("no victim given");
	tally_add(&t, "prlimit read", OUTCOME(prlimit(pid, RLIMIT_FSIZE, NULL, &limit)),
		  NO_PROCESS);
	/* each sets what it finds: an escape changes nothing */
	tally_add(&t, "prlimit write", OUTCOME(prlimit(pid, RLIMIT_FSIZE, &limit, NULL)),
		  NO_PROCESS);
	memset(mask, 0xff, sizeof(mask));
	tally_add(&t, "sched_setaffinity",
		  OUTCOME(syscall(SYS_sched_setaffinity, pid, sizeof(mask), mask)), NO_PROCESS);
	tally_add(&t, "sched_setscheduler",
		  OUTCOME(syscall(SYS_sched_setscheduler, pid, SCHED_OTHER, &ordinary)),
		  NO_PROCESS);
	tally_add(&t, "setpriority", OUTCOME(syscall(SYS_setpriority, PRIO_PROCESS, pid, 0)),
		  NO_PROCESS);
	tally_add(&t, "ioprio_set", OUTCOME(syscall(SYS_ioprio_set, 1, pid, 2 << 13 | 4)),
		  NO_PROCESS);
	return tally_end(&t);
}

static pid_t daemonise(void)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	setsid();
	pid = fork();
	if (pid != 0)
		_exit(pid < 0);
	/* nothing of the box is kept, so that only its being alive can show */
	for (int fd = 0; fd < 16; fd++)
		close(fd);
	prctl(PR_SET_PDEATHSIG, 0);
	for (int i = 0; i < 30; i++)
		nap_ms(1000);
	_exit(0);
}

enum verdict processes_daemon(const struct inside *in)
{
	pid_t pid = daemonise();

	(void)in;
	if (pid < 0)
		return untried("fork: %s", errno_word(errno));
	waitpid(pid, NULL, 0);
	return acted("a daemon was left behind");
}

static enum verdict nobody_survived(struct stage *s, enum verdict v)
{
	if (v != ACTED)
		return v;
	snprintf(s->note, sizeof(s->note), "%u processes alive after the launcher's end",
		 s->survivors);
	return s->survivors ? ESCAPED : STOPPED;
}

const struct drama drama_daemon = { .judge = nobody_survived };

/* The daemon is told first; then the launcher dies, and nothing catches SIGKILL. */
enum verdict processes_daemon_killed(const struct inside *in)
{
	pid_t pid = daemonise();

	(void)in;
	if (pid < 0)
		return untried("fork: %s", errno_word(errno));
	waitpid(pid, NULL, 0);
	acted("a daemon waits for the launcher's death");
	ask_outside("kill");
	for (int i = 0; i < 30; i++)
		nap_ms(1000);
	return ACTED;
}

static void kill_launcher(struct stage *s, const char *word)
{
	(void)word;
	kill(s->child, SIGKILL); /* what survives it has 30 s */
}

const struct drama drama_daemon_killed = { .answer = kill_launcher, .judge = nobody_survived };

enum { ORPHANS = 500 };

/* Orphans that end at once: somebody must take their status, or their numbers stay used. */
enum verdict processes_zombies(const struct inside *in)
{
	static pid_t orphans[ORPHANS];
	unsigned made = 0, left = 0;

	(void)in;
	for (; made < ORPHANS; made++) {
		int ends[2];
		if (pipe2(ends, O_CLOEXEC) < 0)
			break;
		pid_t pid = fork();
		if (pid == 0) {
			pid_t grandchild = fork();
			if (grandchild == 0)
				_exit(0);
			(void)!write(ends[1], &grandchild, sizeof(grandchild));
			_exit(0);
		}
		ssize_t n = pid > 0 ? read(ends[0], &orphans[made], sizeof(pid_t)) : 0;
		close(ends[0]);
		close(ends[1]);
		if (n != sizeof(pid_t) || orphans[made] < 0)
			break;
		waitpid(pid, NULL, 0);
	}
	if (made < ORPHANS && made < 16)
		return untried("only %u orphans could be made", made);
	if (made < ORPHANS)
		return escaped("after %u orphans no more processes: %s", made, errno_word(errno));
	for (int tries = 0; tries < 40; tries++) { /* 2 s */
		left = 0;
		for (unsigned i = 0; i < made; i++)
			left += kill(orphans[i], 0) == 0;
		if (left <= 10)
			break;
		nap_ms(50);
	}
	if (left > 10)
		return escaped("%u of %u orphans are zombies still", left, made);
	return stopped("%u orphans ended, %u numbers are still used", made, left);
}

/* control: an init that reaps nobody, in a pid namespace of its own */
static void careless_init(struct stage *s)
{
	if (!s->control)
		return;
	if (unshare(CLONE_NEWPID) < 0)
		_exit(125);
	pid_t init = fork();
	if (init > 0) {
		int status = 0;
		waitpid(init, &status, 0);
		_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 125);
	}
	pid_t program = fork();
	if (program == 0)
		return; /* goes on to execute the attempt */
	int status = 0;
	waitpid(program, &status, 0); /* that one, and no other */
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 125);
}

const struct drama drama_zombies = { .before_exec = careless_init };

/* Two boxes of one user: outside put the first one's pid into "other". */
enum verdict processes_other_box(const struct inside *in)
{
	long pid = fact_number(in, "other", -1);
	struct tally t = TALLY(in);
	char path[64], text[64];

	if (pid <= 0)
		return untried("there is no second box");
	tally_add(&t, "kill(other, 0)", OUTCOME(kill((pid_t)pid, 0)), NO_PROCESS);
	tally_add(&t, "ptrace(SEIZE, other)", seize(pid), NO_PROCESS);
	snprintf(path, sizeof(path), "/proc/%ld/root", pid);
	tally_add(&t, path, OUTCOME(readlink(path, text, sizeof(text))), NO_PATH);
	snprintf(path, sizeof(path), "/proc/%ld/mem", pid);
	tally_add(&t, path, OUTCOME(open(path, O_RDWR | O_CLOEXEC)), NO_PATH);
	return tally_end(&t);
}

/* First a box with a program that waits, then the attempt in a second one. */
static enum verdict two_boxes(struct stage *s)
{
	char **argv = stage_command(s);
	size_t last = 0;
	while (argv[last] && strcmp(argv[last], s->self) != 0)
		last++;
	int out[2];
	if (!argv[last] || pipe2(out, O_CLOEXEC) < 0)
		return UNTRIED;
	free(argv[last + 1]);
	argv[last + 1] = strdup("--sit");
	s->child = fork();
	if (s->child == 0) {
		dup2(out[1], STDOUT_FILENO);
		execvp(argv[0], argv);
		_exit(127);
	}
	close(out[1]);
	char word[64] = "";
	ssize_t n = read(out[0], word, sizeof(word) - 1);
	s->helper = s->child;
	stage_fact(s, "other", "%d", (int)play_inner_pid(s));
	command_free(argv);
	enum verdict v = UNTRIED;
	if (n > 0 && strstr(word, "@sitting"))
		v = play_once(s);
	else
		snprintf(s->note, sizeof(s->note), "the first box did not start");
	close(out[0]);
	return v;
}

const struct drama drama_two_boxes = { .play = two_boxes };

static void type_key(struct stage *s, const char *word)
{
	(void)word;
	play_reply(s);
}

const struct drama drama_type = { .answer = type_key };
