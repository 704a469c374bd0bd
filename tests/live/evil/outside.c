/* SPDX-License-Identifier: ISC */
/*
 * outside.c - one attempt, or all of an entry, from outside
 *
 *	evil --control WHICH                      unconfined: it must escape
 *	evil --outside WHICH -- LAUNCHER...       under any launcher; @FACT@ is replaced
 *	evil --outside WHICH --ambit AMBIT [--off LAYER]...   under the attempt's own policy
 *	evil --plan WHICH --ambit AMBIT           what ambit plan prints for that policy
 *
 * Prints ENTRY/part, verdict and how, TAB-separated; the exit status is the verdict.
 */
#include "outside.h"

#include <sys/wait.h>

struct order {
	const char *which, *ambit;
	bool control, plan, verbose;
	char *off[16];
	size_t off_count;
	char **launcher;
};

static void announce(const struct stage *s, enum verdict v)
{
	printf("%s/%s\t%s\t%s\n", s->a->entry, s->a->part, verdict_word(v), s->note);
	fflush(stdout);
}

static enum verdict show_plan(struct stage *s, const struct order *o)
{
	s->launcher = ambit_launcher(s, o->ambit, "plan", o->off);
	s->argv = stage_command(s);
	s->child = fork();
	if (s->child == 0) {
		execv(s->argv[0], s->argv);
		_exit(127);
	}
	waitpid(s->child, &s->status, 0);
	return s->status == 0 ? STOPPED : UNTRIED;
}

static enum verdict perform(struct stage *s, const struct order *o)
{
	static char *const none[] = { NULL };
	char *naive[] = { s->self, (char[]){ "--naive" }, NULL };

	s->launcher = o->launcher ? o->launcher : none;
	if (o->control && (s->a->needs & NAIVE_CONTROL))
		s->launcher = naive;
	if (o->plan)
		return show_plan(s, o);
	char **made = o->ambit ? ambit_launcher(s, o->ambit, "run", o->off) : NULL;
	if (made)
		s->launcher = made;
	enum verdict v =
		s->a->outside && s->a->outside->play ? s->a->outside->play(s) : play_once(s);
	if (made)
		command_free(made);
	return v;
}

static enum verdict one_attempt(const struct attempt *a, const struct order *o)
{
	struct stage *s = calloc(1, sizeof(*s));
	if (!s)
		return UNTRIED;
	s->a = a;
	s->control = o->control;
	s->verbose = o->verbose;
	ssize_t n = readlink("/proc/self/exe", s->self, sizeof(s->self) - 1);
	enum verdict v = UNTRIED;
	int r = n > 0 ? stage_init(s) : -ENOENT;
	if (r < 0)
		snprintf(s->note, sizeof(s->note), "cannot be staged: %s", errno_word(-r));
	else
		v = perform(s, o);
	stage_done(s);
	if (!o->plan)
		announce(s, v);
	free(s);
	return v;
}

/* Each attempt has a process of its own: a stage may change namespaces or limits for good. */
static enum verdict apart(const struct attempt *a, const struct order *o)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		_exit((int)one_attempt(a, o));
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || !WIFEXITED(status))
		return UNTRIED;
	return (enum verdict)WEXITSTATUS(status);
}

static bool selected(const struct attempt *a, const char *which)
{
	size_t length = strlen(a->entry);

	if (strcmp(which, "all") == 0)
		return true;
	if (strncmp(which, a->entry, length) != 0)
		return false;
	return which[length] == '\0' ||
	       (which[length] == '/' && strcmp(which + length + 1, a->part) == 0);
}

static int run_order(const struct order *o)
{
	unsigned counts[4] = { 0, 0, 0, 0 };

	for (size_t i = 0; i < attempt_count; i++) {
		if (!(attempts[i].needs & BY_ANOTHER) && selected(&attempts[i], o->which))
			counts[apart(&attempts[i], o) & 3]++;
	}
	if (counts[STOPPED] + counts[ESCAPED] + counts[UNTRIED] == 0) {
		fprintf(stderr, "evil: no attempt is called %s\n", o->which);
		return UNTRIED;
	}
	/* a control must escape everywhere, a confinement nowhere */
	if (o->control && counts[STOPPED])
		return STOPPED;
	if (counts[ESCAPED])
		return ESCAPED;
	return counts[STOPPED] ? STOPPED : UNTRIED;
}

int outside_main(int argc, char **argv)
{
	struct order o = { .which = argc > 2 ? argv[2] : "" };

	o.control = strcmp(argv[1], "--control") == 0;
	o.plan = strcmp(argv[1], "--plan") == 0;
	for (int i = 3; i < argc; i++) {
		bool more = i + 1 < argc;
		if (strcmp(argv[i], "--") == 0) {
			o.launcher = argv + i + 1;
			break;
		}
		if (strcmp(argv[i], "-v") == 0)
			o.verbose = true;
		else if (strcmp(argv[i], "--ambit") == 0 && more)
			o.ambit = argv[++i];
		else if (strcmp(argv[i], "--off") == 0 && more && o.off_count < COUNT(o.off) - 1)
			o.off[o.off_count++] = argv[++i];
		else
			o.which = "";
	}
	if (!o.which[0] || (o.plan && !o.ambit)) {
		fprintf(stderr, "usage: evil --control|--outside|--plan WHICH [-v] "
				"[--ambit AMBIT [--off LAYER]...] [-- LAUNCHER...]\n");
		return UNTRIED;
	}
	return run_order(&o);
}
