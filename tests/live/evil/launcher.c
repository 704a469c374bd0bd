/* SPDX-License-Identifier: ISC */
/* launcher.c - E07, E83, E85, E135, E137, E139: attempts on the launcher itself, from outside */
#include "attempts.h"
#include "outside.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

/* How many times: few by default, for every run of the suite; EVIL_ROUNDS=1000 for the long one. */
static int rounds(int usual)
{
	const char *text = getenv("EVIL_ROUNDS");

	return text ? atoi(text) : usual;
}

/* ---- E07: a granted directory is swapped for a symbolic link while the launcher starts */

static int race_folder(struct stage *s)
{
	if (mkdir(stage_path(s, 0, "race"), 0777) < 0 ||
	    mkdir(stage_path(s, 0, "race/d"), 0777) < 0)
		return -errno;
	if (symlink(stage_path(s, 0, "rw/private"), stage_path(s, 1, "link")) < 0)
		return -errno;
	return 0;
}

static pid_t start_swapping(struct stage *s)
{
	char a[256], b[256];

	snprintf(a, sizeof(a), "%s/race/d", s->dir);
	snprintf(b, sizeof(b), "%s/link", s->dir);
	pid_t pid = fork();
	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		/* half of the time a directory, half of the time a link to the canary's */
		syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, 2 /* RENAME_EXCHANGE */);
		for (int i = 0; i < 200; i++)
			sched_yield();
	}
}

/*
 * The policy grants race/d. While that is a link, what it points to is granted as well; so it
 * points to what the policy hides, and no order of things makes the canary visible by right.
 */
static enum verdict swap_play(struct stage *s)
{
	int refused = 0, plain = 0, all = rounds(40);

	s->helper = start_swapping(s);
	for (int i = 0; i < all; i++) {
		s->output_length = s->parsed = 0;
		s->exited = s->eof = s->timed_out = false;
		s->output[0] = '\0';
		enum verdict v = play_once(s);
		play_close(s);
		if (v == ESCAPED)
			return ESCAPED;
		refused += v == UNTRIED;
		plain += v == STOPPED;
	}
	snprintf(s->note, sizeof(s->note), "%d starts, %d of them refused, none showed the canary",
		 all, refused);
	/* without both kinds the race did not take place */
	return plain > 0 && refused > 0 ? STOPPED : UNTRIED;
}

const struct drama drama_swap = { .prepare = race_folder, .play = swap_play };

enum verdict launcher_swapped(const struct inside *in)
{
	static const int hidden[] = { ENOENT, EACCES, EPERM, ELOOP, ENOTDIR, 0 };

	if (!in->control)
		return judge(in, "the canary by way of the granted directory",
			     read_canary(in, below(in, 0, "race/d/secret")), hidden);
	/* unconfined it must show as soon as the link is there */
	for (int i = 0; i < 100000; i++) {
		if (read_canary(in, below(in, 0, "race/d/secret")) == 0)
			return escaped("the canary by way of the granted directory");
	}
	return stopped("the link never showed");
}

/* ---- E83: numbers of processes come round while their calls are with the launcher */

/* Together 40000 short lives: more than the 32768 numbers there are by default. */
enum { CHURN = 600, BETWEEN = 66 };

static __attribute__((noinline)) bool burn_number(void)
{
	pid_t pid = vfork();

	if (pid == 0)
		_exit(0);
	return pid > 0 && waitpid(pid, NULL, 0) == pid;
}

static bool burn_numbers(int count)
{
	for (int i = 0; i < count; i++) {
		if (!burn_number())
			return false;
	}
	return true;
}

static long connect_port(long port)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_port = htons((uint16_t)port),
				  .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	long r = OUTCOME(connect(fd, (const struct sockaddr *)&at, sizeof(at)));
	close(fd);
	return r;
}

enum verdict launcher_churn(const struct inside *in)
{
	long granted = fact_number(in, "granted", -1), forbidden = fact_number(in, "port", -1);
	unsigned worked = 0, escapes = 0;

	for (int i = 0; i < CHURN; i++) {
		if (!burn_numbers(BETWEEN))
			return untried("fork: %s", errno_word(errno));
		pid_t pid = fork();
		if (pid < 0)
			return untried("fork: %s", errno_word(errno));
		if (pid == 0)
			_exit(connect_port(i % 2 ? forbidden : granted) == 0);
		int status = 0;
		if (i % 4 >= 2) {
			/* while its call may be on the way, and its number for another */
			kill(pid, SIGKILL);
			if (!burn_numbers(1))
				return untried("fork: %s", errno_word(errno));
		}
		waitpid(pid, &status, 0);
		bool connected = WIFEXITED(status) && WEXITSTATUS(status) == 1;
		worked += connected && i % 2 == 0;
		escapes += connected && i % 2 == 1;
	}
	if (worked == 0)
		return untried("the granted port was never reached");
	if (escapes)
		return escaped("%u connections to the forbidden port", escapes);
	return stopped("%d short lives: %u reached the granted port, none the other",
		       CHURN * (BETWEEN + 1), worked);
}

/* ---- E85: the launcher is killed at some moment after its start */

enum verdict launcher_wait(const struct inside *in)
{
	(void)in;
	acted("waiting");
	/* with no pipe of the stage: only being alive can show */
	for (int fd = 0; fd < 16; fd++)
		close(fd);
	for (int i = 0; i < 30; i++)
		nap_ms(1000);
	return ACTED;
}

static enum verdict kill_play(struct stage *s)
{
	const int least = rounds(100);
	unsigned survivors = 0, started = 0;
	int all = 0;

	for (; !survivors && all < 5 * least; all++) {
		/* Some before the program's start, some after it, however busy the processors. */
		if (all >= least && started > 0 && started < (unsigned)all)
			break;
		s->output[0] = '\0';
		if (play_start(s) < 0)
			return UNTRIED;
		/* 0 to 20 ms, finer where it starts; every other time at once, if others let us */
		const struct timespec t = { .tv_nsec = (long)(all % 40) * 500000 };
		(void)setpriority(PRIO_PROCESS, (id_t)s->child, 19);
		if (all % 2 == 0)
			nanosleep(&t, NULL);
		kill(s->child, SIGKILL);
		waitpid(s->child, &s->status, 0);
		survivors += play_reap(s);
		char said[16];
		fcntl(s->from, F_SETFL, O_NONBLOCK);
		started += read(s->from, said, sizeof(said)) > 0;
		play_close(s);
		command_free(s->argv);
		s->argv = NULL;
	}
	snprintf(s->note, sizeof(s->note),
		 "%d launchers killed, %u programs had started, %u processes "
		 "survived",
		 all, started, survivors);
	if (survivors)
		return ESCAPED;
	return started > 0 && started < (unsigned)all ? STOPPED : UNTRIED;
}

const struct drama drama_kill = { .play = kill_play };

/* ---- E135: policies that lie around */

static void stand_by_policies(struct stage *s)
{
	if (chdir(stage_path(s, 0, "rw")) < 0)
		_exit(125);
	setenv("AMBIT_POLICY", stage_path(s, 0, "rw/ambit.conf"), 1);
	setenv("AMBIT_CONFIG", stage_path(s, 0, "rw/ambit.conf"), 1);
	setenv("XDG_CONFIG_HOME", stage_path(s, 0, "rw"), 1);
	setenv("HOME", stage_path(s, 0, "rw"), 1);
}

static int leave_policies(struct stage *s)
{
	static const char *const names[] = { "rw/ambit.conf",	 "rw/.ambit", "rw/policy.ambit",
					     "rw/default.ambit", "rw/ambit",  "rw/evil.ambit" };
	char text[256];
	int r = 0;

	snprintf(text, sizeof(text), "read %s/out\n", s->dir);
	for (size_t i = 0; i < COUNT(names) && r == 0; i++)
		r = stage_file(s, names[i], text, 0666);
	return r;
}

const struct drama drama_policies = { .prepare = leave_policies, .before_exec = stand_by_policies };

enum verdict launcher_found_policy(const struct inside *in)
{
	return judge(in, "a canary that only a policy in the working directory grants",
		     read_canary(in, below(in, 0, "out/victim")), NO_PATH);
}

/* ---- E137: a program whose name is an option */

enum verdict launcher_option_name(const struct inside *in)
{
	return judge(in, "a canary that only --read= in the program's name grants",
		     read_canary(in, below(in, 0, "out/victim")), NO_PATH);
}

/* The program's name looks like an option. env(1) without "--" takes it for one: the control. */
static enum verdict option_play(struct stage *s)
{
	static char env_name[] = "env";
	char *env[] = { env_name, NULL };

	if (s->control)
		s->launcher = env;
	snprintf(s->self, sizeof(s->self), "--read=%s/out", s->dir);
	enum verdict v = play_once(s);
	int status = WIFEXITED(s->status) ? WEXITSTATUS(s->status) : 255;
	bool as_name = status == 127 && strstr(s->output, "--read=");
	snprintf(s->note, sizeof(s->note), "status %d: %.*s", status, (int)strcspn(s->output, "\n"),
		 s->output);
	if (v == ESCAPED || status == 125)
		return ESCAPED; /* it obeyed the name, or complained about it as an option */
	return as_name ? STOPPED : UNTRIED;
}

const struct drama drama_option = { .play = option_play };

/* ---- E139: the attacker uses up what a layer needs, so that it "is not available" */

static bool write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	bool done = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	close(fd);
	return done;
}

/* Whoever holds the one place is nobody's child but the outside's, and holds no pipe. */
static void hold_namespace(int say)
{
	if (fork() > 0)
		return;
	if (fork() > 0)
		_exit(0);
	bool held = unshare(CLONE_NEWUSER) == 0;
	(void)!write(say, held ? "y" : "n", 1);
	for (int fd = 0; fd < 16; fd++)
		close(fd);
	for (int i = 0; i < 60; i++)
		nap_ms(1000);
	_exit(0);
}

/* One user namespace may exist below ours, and somebody has it: ENOSPC for everybody else. */
static void use_up_namespaces(struct stage *s)
{
	char users[64], groups[64], held = 'n';
	int ends[2];

	(void)s;
	snprintf(users, sizeof(users), "1000 %u 1", geteuid());
	snprintf(groups, sizeof(groups), "1000 %u 1", getegid());
	if (unshare(CLONE_NEWUSER) < 0 || !write_text("/proc/self/setgroups", "deny") ||
	    !write_text("/proc/self/uid_map", users) || !write_text("/proc/self/gid_map", groups) ||
	    !write_text("/proc/sys/user/max_user_namespaces", "1") || pipe2(ends, O_CLOEXEC) < 0)
		_exit(124);
	hold_namespace(ends[1]);
	wait(NULL);
	(void)!read(ends[0], &held, 1);
	if (held != 'y')
		_exit(124);
}

/* Anything but a refusal is the degraded mode the attacker wanted. */
static enum verdict must_refuse(struct stage *s, enum verdict v)
{
	int status = WIFEXITED(s->status) ? WEXITSTATUS(s->status) : 255;
	char start[300];

	snprintf(start, sizeof(start), "%.*s", (int)strcspn(s->output, "\n"), s->output);
	snprintf(s->note, sizeof(s->note), "status %d: %s", status, start);
	if (v == ESCAPED)
		return ESCAPED;
	return status == 125 ? STOPPED : UNTRIED;
}

const struct drama drama_used_up = { .before_exec = use_up_namespaces, .judge = must_refuse };

/* A label is asked for, and there is none to be had: to go on without it is what is wanted. */
const struct drama drama_label = { .judge = must_refuse };

enum verdict launcher_started(const struct inside *in)
{
	(void)in;
	return escaped("the program was started, in a lesser sandbox");
}
