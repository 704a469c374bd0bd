/* SPDX-License-Identifier: ISC */
/*
 * walk - fail every system call of a launcher's set-up, one after the other
 *
 *	walk [--label TEXT] [--errnos EPERM,ENOSYS,ENOMEM,EINTR] [--modes once,onward] [--budget S]
 *	     [--prefix TEXT] [--any-layer] [--outcome] [--show] [--spread]
 *	     --program PROGRAM -- COMMAND [ARG...]
 *
 * COMMAND starts PROGRAM (which says how confined it is: program.c). For each errno, and for each
 * mode (the call alone, or that and all later ones), call 1, 2, 3 ... is failed until a run meets
 * no fault; then the calls of the undisturbed run that scheduling hid from that count are failed
 * by who makes them. After each run:
 *
 *   PROGRAM was not started, COMMAND ended with 125, 126 or 127, fd 2 has exactly one sentence that
 *   begins with PREFIX, names a layer and has the errno's text (hints may follow), and fd 1 has
 *   nothing; or, where tolerate.c lets this call fail, all is as in a run without a fault;
 *   and no process, mount, control group or temporary file is left, and nothing hangs.
 *
 * TAP with one line for each errno and mode, which names the first bad n; --show prints every bad
 * one as a comment. --budget bounds the seconds for all of it: when a full walk would take longer
 * only every k-th call is failed, and the line says so. With --outcome any fault may also be
 * passed over where all is as without one, and the sentence need not say the errno: of what fails
 * in a worker the caller sees the end. All of it is on one processor, unless --spread: what the
 * launcher does where there are several. Left over is a mount in the caller's mount
 * namespace, or a file, directory or control group whose name the launcher made and which is
 * still there. Run it inside of `as`, so that a run costs no more than the launcher itself.
 */
#include "walk.h"
#include "calls.h"
#include "errnos.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <sched.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_CALLS = 5000, DEADLINE_MS = 15000, SHOWN = 12, ERRNOS_MAX = 16, MODES = 2 };

struct walk {
	struct trace_job job;
	struct trace_target target;
	struct rules rules;
	struct run normal, run;
	uint64_t mounts;
	const char *label;
	int errnos[ERRNOS_MAX];
	size_t errno_count;
	bool modes[MODES]; /* once, onward */
	double budget_s, run_s;
	bool show, spread;
	unsigned tests;
	bool failed;
};

/* What one errno in one mode came to. */
struct tally {
	unsigned long runs, refused, tolerated, bad, stride;
	struct trace_fault worst;
	char why[160], said[900];
};

static void __attribute__((noreturn, format(printf, 1, 2))) fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	printf("Bail out! walk: ");
	vprintf(fmt, ap);
	printf("\n");
	va_end(ap);
	exit(1);
}

static double now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int paper(const char *name)
{
	int fd = memfd_create(name, MFD_CLOEXEC);

	if (fd < 0)
		fail("memfd: %s", strerrordesc_np(errno));
	return fd;
}

static void blank(int fd)
{
	if (ftruncate(fd, 0) || lseek(fd, 0, SEEK_SET))
		fail("memfd: %s", strerrordesc_np(errno));
}

static void collect(int fd, char *text)
{
	ssize_t got = pread(fd, text, TEXT_MAX - 1, 0);

	text[got > 0 ? got : 0] = 0;
}

static void run_once(struct walk *w, struct run *run)
{
	blank(w->job.out_fd);
	blank(w->job.err_fd);

	int e = trace_run(&w->job, &run->trace);

	if (e)
		fail("%s: %s", w->job.argv[0], strerrordesc_np(-e));
	collect(w->job.out_fd, run->out);
	collect(w->job.err_fd, run->err);
}

/* The beginning of a text as one line, for a comment. */
static void one_line(char *to, size_t size, const char *from)
{
	size_t len = 0;

	for (; len < size - 1 && from[len]; len++)
		to[len] = from[len] != '\n' ? from[len] : from[len + 1] ? '/' : ' ';
	to[len] = 0;
}

static void note_bad(const struct walk *w, struct tally *t, const char *why)
{
	const struct trace_fault *f = &w->run.trace.first;
	char said[900];

	one_line(said, sizeof(said), w->run.err);
	if (!t->bad++) {
		t->worst = *f;
		memcpy(t->why, why, strlen(why) + 1);
		memcpy(t->said, said, sizeof(said));
	}
	if (w->show || t->bad <= SHOWN)
		printf("#   n=%lu site %u.%u %s(%s%s%#lx, %#lx): %s; status %#x; said: %s\n", f->n,
		       f->site.process, f->site.index, call_name(f->nr), f->text,
		       f->text[0] ? "; " : "", (unsigned long)f->args[0], (unsigned long)f->args[1],
		       why, (unsigned)w->run.trace.status, said);
}

static void judge_run(struct walk *w, struct tally *t)
{
	char why[160] = "";
	enum verdict v = judge(&w->rules, &w->run, w->job.error, why);

	const char *left = residue_of(&w->run.trace, w->mounts);

	if (left)
		residue_remove(&w->run.trace);
	/* Where every call fails, those that take away what was made do too. */
	if (w->job.onward && !w->run.trace.hung)
		left = NULL;
	if (left && v != VERDICT_BAD) {
		(void)snprintf(why, sizeof(why), "left behind: %s", left);
		v = VERDICT_BAD;
		w->mounts = residue_mounts();
	}
	t->runs++;
	if (v == VERDICT_BAD)
		note_bad(w, t, why);
	else
		*(v == VERDICT_REFUSED ? &t->refused : &t->tolerated) += 1;
}

static void mark(const struct walk *w, bool *met)
{
	const struct trace_site *site = &w->run.trace.first.site;

	for (unsigned long i = 0; i < w->normal.trace.calls && i < SITES_MAX; i++)
		if (w->normal.trace.sites[i].process == site->process &&
		    w->normal.trace.sites[i].index == site->index)
			met[i] = true;
}

/* The calls that were never the n-th, as another process's came first each time. */
static void walk_missed(struct walk *w, struct tally *t, const bool *met)
{
	w->job.nth = 0;
	for (unsigned long i = 0; i < w->normal.trace.calls && i < SITES_MAX; i++) {
		if (met[i])
			continue;
		w->job.site = w->normal.trace.sites[i];
		run_once(w, &w->run);
		if (w->run.trace.faults)
			judge_run(w, t);
	}
	w->job.site = (struct trace_site){ 0, 0 };
}

static void walk_calls(struct walk *w, struct tally *t)
{
	bool met[SITES_MAX] = { false };

	for (w->job.nth = 1; w->job.nth < MAX_CALLS; w->job.nth += t->stride) {
		run_once(w, &w->run);
		if (!w->run.trace.faults)
			break;
		mark(w, met);
		judge_run(w, t);
	}
	if (w->job.nth >= MAX_CALLS)
		fail("set-up does not end within %d calls", MAX_CALLS);
	if (t->stride == 1)
		walk_missed(w, t, met);
	w->job.nth = 0;
}

static size_t mode_count(const struct walk *w)
{
	return (size_t)w->modes[0] + (size_t)w->modes[1];
}

static void walk_line(struct walk *w, int error, bool onward)
{
	double share = w->budget_s / (double)(w->errno_count * mode_count(w));
	double whole = w->run_s * (double)w->normal.trace.calls;
	struct tally t = { .stride = whole > share ? (unsigned long)(whole / share) + 1 : 1 };
	double began = now();

	w->job.error = error;
	w->job.onward = w->rules.onward = onward;
	walk_calls(w, &t);
	printf("%sok %u - %s %s %s: %lu faults in %lu calls, %lu refused, %lu tolerated, %.1f ms "
	       "each",
	       t.bad ? "not " : "", ++w->tests, w->label, strerrorname_np(error),
	       onward ? "onward" : "once", t.runs, w->normal.trace.calls, t.refused, t.tolerated,
	       (now() - began) * 1000 / (double)(t.runs ? t.runs : 1));
	if (t.stride > 1)
		printf(", sampled: every %lu-th call", t.stride);
	if (t.bad)
		printf(", %lu bad, first n=%lu %s: %s", t.bad, t.worst.n, call_name(t.worst.nr),
		       t.why);
	printf("\n");
	(void)fflush(stdout);
	w->failed |= t.bad != 0;
}

/* The run that all others are compared with; it has to be right itself. */
static void walk_normal(struct walk *w)
{
	double began = now();
	const char *left;

	w->mounts = residue_mounts();
	run_once(w, &w->normal);
	w->run_s = now() - began;
	left = residue_of(&w->normal.trace, w->mounts);

	const struct trace_result *t = &w->normal.trace;
	bool fds = !strncmp(w->normal.out, "started with 0 1 2\n", 19);
	bool good = t->started && !t->status && !t->left && !t->hung && fds &&
		    are_notes(&w->rules, w->normal.err) && !left;

	printf("%sok %u - %s without a fault: %lu calls, %u processes\n", good ? "" : "not ",
	       ++w->tests, w->label, t->calls, t->processes);
	if (good)
		return;
	printf("# started %d, status %#x, %u left, hung %d, left behind: %s\n# fd 1: %.60s\n# fd "
	       "2: %s\n",
	       t->started, (unsigned)t->status, t->left, t->hung, left ? left : "nothing",
	       w->normal.out, w->normal.err);
	printf("1..%u\n", w->tests);
	exit(1);
}

static void take_errnos(struct walk *w, char *list)
{
	w->errno_count = 0;
	for (char *save, *name = strtok_r(list, ",", &save); name;
	     name = strtok_r(NULL, ",", &save)) {
		int e = errno_by_name(name);

		if (!e || w->errno_count == ERRNOS_MAX)
			fail("%s: no such errno", name);
		w->errnos[w->errno_count++] = e;
	}
}

static void take_modes(struct walk *w, const char *list)
{
	w->modes[0] = strstr(list, "once") != NULL;
	w->modes[1] = strstr(list, "onward") != NULL;
}

enum option_key {
	KEY_LABEL = 1,
	KEY_ERRNOS,
	KEY_MODES,
	KEY_BUDGET,
	KEY_PREFIX,
	KEY_ANY_LAYER,
	KEY_OUTCOME,
	KEY_SHOW,
	KEY_SPREAD,
	KEY_PROGRAM
};

static const struct option options[] = {
	{ "label", required_argument, NULL, KEY_LABEL },
	{ "errnos", required_argument, NULL, KEY_ERRNOS },
	{ "modes", required_argument, NULL, KEY_MODES },
	{ "budget", required_argument, NULL, KEY_BUDGET },
	{ "prefix", required_argument, NULL, KEY_PREFIX },
	{ "any-layer", no_argument, NULL, KEY_ANY_LAYER },
	{ "outcome", no_argument, NULL, KEY_OUTCOME },
	{ "show", no_argument, NULL, KEY_SHOW },
	{ "spread", no_argument, NULL, KEY_SPREAD },
	{ "program", required_argument, NULL, KEY_PROGRAM },
	{ NULL, 0, NULL, 0 },
};

static void take(struct walk *w, int key, char *value)
{
	if (key == KEY_LABEL)
		w->label = value;
	else if (key == KEY_ERRNOS)
		take_errnos(w, value);
	else if (key == KEY_MODES)
		take_modes(w, value);
	else if (key == KEY_BUDGET)
		w->budget_s = strtod(value, NULL);
	else if (key == KEY_PREFIX)
		w->rules.prefix = value;
	else if (key == KEY_ANY_LAYER)
		w->rules.any_layer = true;
	else if (key == KEY_OUTCOME)
		w->rules.outcome = true;
	else if (key == KEY_SHOW)
		w->show = true;
	else if (key == KEY_SPREAD)
		w->spread = true;
	else if (key == KEY_PROGRAM && target_read(&w->target, value))
		fail("%s: %s", value, "cannot be read");
	else if (key == '?')
		exit(1);
}

static struct walk *prepare(int argc, char **argv)
{
	static struct walk w = {
		.job = { .in_fd = -1, .deadline_ms = DEADLINE_MS },
		.rules = { .prefix = "ambit: ", .normal = &w.normal },
		.label = "walk",
		.errnos = { EPERM, ENOSYS, ENOMEM, EINTR },
		.errno_count = 4,
		.modes = { true, true },
		.budget_s = 170,
	};
	int key;

	while ((key = getopt_long(argc, argv, "+", options, NULL)) != -1)
		take(&w, key, optarg);
	if (optind >= argc || !w.target.ino || !mode_count(&w) || !w.errno_count)
		fail("usage: walk [OPTION...] --program PROGRAM -- COMMAND [ARG...]");
	w.job.argv = argv + optind;
	w.job.target = &w.target;
	w.job.in_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	w.job.out_fd = paper("out");
	w.job.err_fd = paper("err");
	return &w;
}

/* So that a stop is a switch and not a wake-up elsewhere, and the order the same each time. */
static void stay_on_one(void)
{
	cpu_set_t here;

	CPU_ZERO(&here);
	CPU_SET((size_t)sched_getcpu(), &here);
	(void)sched_setaffinity(0, sizeof(here), &here);
}

int main(int argc, char **argv)
{
	/* What leaked into this process is not the launcher's. */
	(void)close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);

	struct walk *w = prepare(argc, argv);

	if (!w->spread)
		stay_on_one();
	walk_normal(w);
	for (size_t i = 0; i < w->errno_count; i++)
		for (int mode = 0; mode < MODES; mode++)
			if (w->modes[mode])
				walk_line(w, w->errnos[i], mode == 1);
	printf("1..%u\n", w->tests);
	return w->failed;
}
