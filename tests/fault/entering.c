/* SPDX-License-Identifier: ISC */
/*
 * entering - a program that confines itself, or a function, for the walks of the fault tests
 *
 *	entering enter PROGRAM [POLICY...]    ambit_enter(), then execute PROGRAM
 *	entering worker PROGRAM [POLICY...]   a worker is started and called once, then PROGRAM
 *	entering fresh PROGRAM [POLICY...]    the same, a process for the call
 *	entering copy PROGRAM [POLICY...]     the same, a copy of this process
 *
 * A failure is one sentence on fd 2 and status 125. A second sentence is what a walk finds bad:
 * that something changed although err.step is 0, or that a process, a descriptor or a mapping is
 * left. Where that cannot be asked, as every call fails, nothing is said.
 */
#include <ambit.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FAILED = 125, FDS = 64, STATE = 4096 };

static void say(const char *text, size_t length)
{
	(void)!write(2, text, length);
}

__attribute__((noreturn)) static void fail(const char *text, const struct ambit_error *err)
{
	char line[1200];
	const int number = err ? err->sys_errno : errno;
	int n = snprintf(line, sizeof(line), "entering: %s (%s, step %u): %s\n",
			 err ? err->text : text,
			 ambit_layer_name(err ? (enum ambit_layer)err->layer : AMBIT_LAYER_RUN),
			 err ? err->step : 0, number ? strerrordesc_np(number) : "no errno");

	say(line, (size_t)n);
	_exit(FAILED);
}

/* ---- what must not change ------------------------------------------------------------------ */

struct state {
	char text[STATE];
	size_t length;
	bool whole; /* no question failed */
};

static void ask(struct state *s, const char *name, long answer)
{
	const size_t room = sizeof(s->text) - s->length;
	int n = snprintf(s->text + s->length, room, "%s %ld\n", name, answer);

	s->whole &= answer >= 0 && n > 0 && (size_t)n < room;
	s->length += s->whole ? (size_t)n : 0;
}

static int open_descriptors(void)
{
	int count = 0;

	for (int fd = 0; fd < FDS; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			count++;
		else if (errno != EBADF)
			return -1;
	}
	return count;
}

/* How many lines the map of our memory has. */
static int mappings(void)
{
	static char text[65536];
	int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC), count = 0;
	ssize_t n;

	if (fd < 0)
		return -1;
	while ((n = read(fd, text, sizeof(text))) > 0)
		for (ssize_t i = 0; i < n; i++)
			count += text[i] == '\n';
	(void)close(fd);
	return n < 0 ? -1 : count;
}

static void take_state(struct state *s)
{
	s->length = 0;
	s->whole = true;
	ask(s, "descriptors", open_descriptors());
	ask(s, "mappings", mappings());
	ask(s, "no-new-privs", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	ask(s, "seccomp", prctl(PR_GET_SECCOMP, 0, 0, 0, 0));
	ask(s, "dumpable", prctl(PR_GET_DUMPABLE, 0, 0, 0, 0));
	ask(s, "securebits", prctl(PR_GET_SECUREBITS, 0, 0, 0, 0));
	for (int cap = 0; cap <= 40; cap++)
		ask(s, "bounding", prctl(PR_CAPBSET_READ, cap, 0, 0, 0));
	for (int i = 0; i < RLIM_NLIMITS; i++) {
		struct rlimit l = { 0, 0 };

		ask(s, "limit", getrlimit((enum __rlimit_resource)i, &l));
		ask(s, "soft", (long)(l.rlim_cur >> 1));
		ask(s, "hard", (long)(l.rlim_max >> 1));
	}
}

/* Whoever failed was asked of before and is asked of now; children are reaped by who made them. */
static void check_unchanged(const struct state *before)
{
	struct state now;

	take_state(&now);
	if (now.whole && strcmp(before->text, now.text) != 0)
		say("entering: something has changed\n", 32);
	if (waitpid(-1, NULL, WNOHANG | __WALL) >= 0)
		say("entering: a child is left\n", 26);
}

/* ---- acts ---------------------------------------------------------------------------------- */

/* What it can do that it should not; a question that fails has no answer. */
static int confined(const void *in, size_t length, struct ambit_reply *reply)
{
	const bool opens = open("/etc/passwd", O_RDONLY | O_CLOEXEC) >= 0;
	const bool gains = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0;
	const bool connects = socket(AF_INET, SOCK_STREAM, 0) >= 0;

	return ambit_reply_printf(reply, "%.*s %d %d %d", (int)length, (const char *)in, opens,
				  gains, connects);
}
AMBIT_WORKER(confined)

static enum ambit_code enter(const struct ambit_policy *p, struct ambit_error *err)
{
	return ambit_enter(p, NULL, err);
}

static enum ambit_code work(const struct ambit_policy *p, uint32_t mode, uint32_t flags,
			    struct ambit_error *err)
{
	struct ambit_worker_options options = AMBIT_WORKER_OPTIONS_INIT;
	struct ambit_untrusted answer = AMBIT_UNTRUSTED_INIT;
	struct ambit_worker *w = NULL;
	const char *text = NULL;
	enum ambit_code code;

	options.mode = mode;
	options.flags = flags;
	options.max_in = options.max_out = 64;
	code = ambit_worker_new(p, confined, &options, &w, err);
	if (code == AMBIT_OK)
		code = ambit_call(w, "yes", 3, &answer, 5000, err);
	if (code == AMBIT_OK)
		code = ambit_validate_string(&answer, 64, &text, err);
	if (code == AMBIT_OK && strcmp(text, "yes 0 0 0") != 0)
		say("entering: the worker was not confined\n", 38);
	ambit_untrusted_done(&answer);
	ambit_worker_free(w);
	return code;
}

static enum ambit_code work_on(const struct ambit_policy *p, struct ambit_error *err)
{
	return work(p, AMBIT_PERSISTENT, 0, err);
}

static enum ambit_code work_fresh(const struct ambit_policy *p, struct ambit_error *err)
{
	return work(p, AMBIT_FRESH, 0, err);
}

static enum ambit_code work_kept(const struct ambit_policy *p, struct ambit_error *err)
{
	return work(p, AMBIT_PERSISTENT, AMBIT_KEEPER, err);
}

static enum ambit_code work_copied(const struct ambit_policy *p, struct ambit_error *err)
{
	return work(p, AMBIT_PERSISTENT, AMBIT_INHERIT, err);
}

static const struct {
	const char *name;
	enum ambit_code (*run)(const struct ambit_policy *, struct ambit_error *);
} acts[] = {
	{ "enter", enter },    { "worker", work_on },	{ "fresh", work_fresh },
	{ "kept", work_kept }, { "copy", work_copied },
};

int main(int argc, char **argv)
{
	static struct state before;
	struct ambit_policy *p = ambit_policy_new();
	char *program[] = { argc > 2 ? argv[2] : NULL, NULL };
	struct ambit_error err;

	take_state(&before);
	if (!before.whole || !p || argc < 3)
		fail("cannot begin", NULL);
	for (int i = 3; i < argc; i++)
		if (ambit_policy_parse(p, argv[i], strlen(argv[i]), "policy", &err) != AMBIT_OK)
			fail(NULL, &err);
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
		if (strcmp(acts[i].name, argv[1]) != 0 || acts[i].run(p, &err) == AMBIT_OK)
			continue;
		if (!err.step)
			check_unchanged(&before);
		fail(NULL, &err);
	}
	ambit_policy_free(p);
	(void)execv(program[0], program);
	fail("cannot execute the program", NULL);
}
