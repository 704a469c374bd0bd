/* SPDX-License-Identifier: ISC */
/* namespaces.c - E40 to E42, E46: new namespaces, by every call that makes one */
#include "attempts.h"
#include "outside.h"

#include <linux/kcmp.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>

static const struct {
	unsigned flag;
	const char *name;
} kinds[] = {
	{ CLONE_NEWUSER, "NEWUSER" },	  { CLONE_NEWNS, "NEWNS" },	{ CLONE_NEWNET, "NEWNET" },
	{ CLONE_NEWPID, "NEWPID" },	  { CLONE_NEWIPC, "NEWIPC" },	{ CLONE_NEWUTS, "NEWUTS" },
	{ CLONE_NEWCGROUP, "NEWCGROUP" }, { CLONE_NEWTIME, "NEWTIME" },
};

static const int no_namespace[] = { EPERM, EACCES, ENOSYS, ENOSPC, EUSERS, 0 };

static long unshare_in_child(const struct inside *in, void *flags)
{
	(void)in;
	return OUTCOME(unshare((int)*(unsigned *)flags));
}

/* In a child where children may be had: an escape must not change the next attempt. */
static long try_unshare(const struct inside *in, unsigned flags)
{
	long r = in_child(unshare_in_child, in, &flags);

	/* without fork the attempt is made here; -EPERM of fork must not stand for unshare's */
	pid_t probe = fork();
	if (probe == 0)
		_exit(0);
	if (probe > 0) {
		waitpid(probe, NULL, 0);
		return r;
	}
	return OUTCOME(unshare((int)flags));
}

static long raw_clone(unsigned flags)
{
	pid_t pid = (pid_t)syscall(SYS_clone, (unsigned long)flags | SIGCHLD, NULL, NULL, NULL, 0);

	if (pid == 0)
		_exit(0);
	if (pid < 0)
		return -errno;
	waitpid(pid, NULL, 0);
	return 0;
}

static long raw_clone3(unsigned flags)
{
	struct clone_args args = { .flags = flags, .exit_signal = SIGCHLD };
	pid_t pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));

	if (pid == 0)
		_exit(0);
	if (pid < 0)
		return -errno;
	waitpid(pid, NULL, 0);
	return 0;
}

enum verdict namespaces_user(const struct inside *in)
{
	return judge(in, "unshare(CLONE_NEWUSER)", try_unshare(in, CLONE_NEWUSER), no_namespace);
}

enum verdict namespaces_user_clone(const struct inside *in)
{
	return judge(in, "clone(CLONE_NEWUSER)", raw_clone(CLONE_NEWUSER), no_namespace);
}

enum verdict namespaces_clone3(const struct inside *in)
{
	struct tally t = TALLY(in);

	tally_add(&t, "clone3(CLONE_NEWUSER)", raw_clone3(CLONE_NEWUSER), no_namespace);
	tally_add(&t, "clone3(CLONE_NEWUSER | CLONE_NEWNS)",
		  raw_clone3(CLONE_NEWUSER | CLONE_NEWNS), no_namespace);
	return tally_end(&t);
}

/* Each kind alone; together with NEWUSER as well, for that is what an unprivileged caller may. */
static enum verdict each_kind(const struct inside *in, unsigned with, const char *call,
			      long (*make)(const struct inside *, unsigned))
{
	struct tally t = TALLY(in);
	char what[64];

	for (size_t i = 0; i < COUNT(kinds); i++) {
		snprintf(what, sizeof(what), "%s(%s%s)", call, with ? "NEWUSER|" : "",
			 kinds[i].name);
		tally_add(&t, what, make(in, kinds[i].flag | with), no_namespace);
	}
	return tally_end(&t);
}

static long make_by_clone(const struct inside *in, unsigned flags)
{
	(void)in;
	/* NEWTIME's bit lies in clone's exit signal: only unshare and clone3 know it */
	return flags & CLONE_NEWTIME ? try_unshare(in, flags) : raw_clone(flags);
}

enum verdict namespaces_unshare_each(const struct inside *in)
{
	return each_kind(in, 0, "unshare", try_unshare);
}

enum verdict namespaces_clone_each(const struct inside *in)
{
	return each_kind(in, 0, "clone", make_by_clone);
}

enum verdict namespaces_unshare_with_user(const struct inside *in)
{
	return each_kind(in, CLONE_NEWUSER, "unshare", try_unshare);
}

enum verdict namespaces_clone_with_user(const struct inside *in)
{
	return each_kind(in, CLONE_NEWUSER, "clone", make_by_clone);
}

enum verdict namespaces_kcmp(const struct inside *in)
{
	(void)in;
	if (!ask_outside("compare"))
		return untried("nobody outside compared");
	return acted("compared outside");
}

static void compare(struct stage *s, const char *word)
{
	static const int kinds_shared[] = { KCMP_FS, KCMP_FILES };
	pid_t inner = play_inner_pid(s);
	const pid_t others[] = { getpid(), s->child == inner ? 0 : s->child };

	(void)word;
	s->scratch = 0;
	for (size_t i = 0; i < COUNT(others); i++) {
		for (size_t k = 0; others[i] > 0 && k < COUNT(kinds_shared); k++) {
			long r = syscall(SYS_kcmp, others[i], inner, kinds_shared[k], 0, 0);
			if (r == 0)
				s->scratch = 2 + (int)k;
			else if (r < 0 && s->scratch == 0)
				s->scratch = 1;
		}
	}
	play_reply(s);
}

static enum verdict nothing_shared(struct stage *s, enum verdict v)
{
	int found = s->scratch;

	s->scratch = -1;
	if (v != ACTED)
		return v;
	snprintf(s->note, sizeof(s->note), "kcmp: %s",
		 found == 0   ? "neither file system state nor descriptors are shared"
		 : found == 1 ? "not permitted"
		 : found == 2 ? "cwd and root are shared"
			      : "the descriptor table is shared");
	return found == 0 ? STOPPED : found == 1 ? UNTRIED : ESCAPED;
}

/* The mistake, for the control: a launcher that shares its descriptor table and cwd. */
static long run_shared(struct stage *s)
{
	pid_t pid = (pid_t)syscall(SYS_clone, (unsigned long)(CLONE_FS | CLONE_FILES | SIGCHLD),
				   NULL, NULL, NULL, 0);
	if (pid == 0) {
		nap_ms(300);
		_exit(0);
	}
	s->child = pid;
	return pid;
}

static enum verdict compare_play(struct stage *s)
{
	if (!s->control)
		return play_once(s);
	if (run_shared(s) < 0)
		return UNTRIED;
	compare(s, "");
	kill(s->child, SIGKILL);
	waitpid(s->child, NULL, 0);
	return nothing_shared(s, ACTED);
}

const struct drama drama_kcmp = { .answer = compare,
				  .judge = nothing_shared,
				  .play = compare_play };
