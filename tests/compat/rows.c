/* SPDX-License-Identifier: ISC */
/*
 * rows.c - hosts that lack something, and what ambit does there
 *
 * A row is a host: newer calls that are missing (ENOSYS) or that an old outer filter does not know
 * (EPERM), or an older Landlock. On each, as each identity, a program with a file policy, one with
 * a network policy and a shell pipeline are run. Nothing else than this may come of it:
 *
 *  - it runs; what is granted works; each act of act.c that is not granted is denied, or is one
 *    that the run itself says is open, in a note; and no other note than the plan's own;
 *  - it is refused, in one sentence with one hint, and the sentence is a gap of that very plan.
 *
 * So nothing is lost in silence, and ambit plan says of a host what ambit run does on it. The
 * control: without ambit each act is done, so each denial could have failed.
 */
#include "../tap.h"
#include "outside.h"
#include "place.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

enum policy { FILES = 1, NETWORK = 2, SHELL = 4 };
enum { ROOT = 1, USER = 2, USER_NONS = 4, CONTAINER = 8, FEW = USER_NONS | CONTAINER };

static const struct {
	const char *name;
	unsigned bit;
} identities[] = {
	{ "root", ROOT }, { "user", USER }, { "user-nons", USER_NONS }, { "container", CONTAINER }
};

/* ---- what is tried --------------------------------------------------------------------------- */

static const struct act {
	const char *name;
	unsigned granted; /* by these policies */
	unsigned never;	  /* these identities cannot do it anyway */
	const char *open; /* the note that says it is not denied, or how it begins */
} acts[] = {
	{ "read-granted", FILES | NETWORK, 0, NULL },
	{ "list-granted", FILES | NETWORK, 0, NULL },
	{ "write-granted", FILES | NETWORK, 0, NULL },
	{ "rename-granted", FILES | NETWORK, 0, NULL },
	{ "remove-granted", FILES | NETWORK, 0, NULL },
	{ "read-outside", 0, 0, NULL },
	{ "write-outside", 0, 0, NULL },
	{ "stat-outside", 0, 0, "not enforced here: files outside the policy cannot be seen" },
	{ "truncate-outside", 0, 0, NULL },
	{ "create-outside", 0, 0, NULL },
	{ "rename-outside", 0, 0, NULL },
	{ "remove-outside", 0, 0, NULL },
	{ "link-outside", 0, 0, NULL },
	{ "chmod-outside", 0, 0, NULL },
	{ "write-read-only", 0, 0, NULL },
	{ "truncate-read-only", 0, 0, NULL },
	{ "cut-read-only", 0, 0, NULL },
	{ "cut-unopened", 0, 0, NULL },
	{ "chmod-read-only", 0, 0, NULL },
	{ "tcp-granted", NETWORK, 0, NULL },
	{ "tcp-other", 0, 0, NULL },
	{ "udp-granted", NETWORK, 0, NULL },
	{ "udp-other", 0, 0, NULL },
	{ "listen-granted", NETWORK, 0, NULL },
	{ "listen-other", 0, 0, NULL },
	{ "unix-granted", NETWORK, 0, NULL },
	{ "unix-other", 0, 0, NULL },
	{ "abstract", 0, 0, NULL },
	{ "signal", 0, 0, NULL },
	{ "signal-thread", 0, 0, "tgkill may still signal processes of the same user" },
	{ "trace", 0, 0, NULL },
	{ "look-into", 0, 0, NULL },
	{ "see", 0, 0, "not enforced here: processes outside cannot be seen" },
	{ "user-namespace", 0, FEW, NULL },
	{ "write-execute", 0, 0, NULL },
	{ "execute-other", 0, 0, NULL },
	{ "execute-self", 0, 0, NULL },
};

/* ---- hosts ----------------------------------------------------------------------------------- */

struct row {
	const char *calls; /* for without; NULL: none */
	const char *abi;   /* of Landlock, NULL: as it is */
	const char *error; /* of the calls, NULL: each of two */
};

static const struct row rows[] = {
	{ "memfd_create", NULL, NULL },
	{ "memfd_create", NULL, "EACCES" }, /* vm.memfd_noexec=2 */
	{ "memfd_create,tmpfile", NULL, NULL },
	{ "execveat", NULL, NULL },
	{ "pidfd_open", NULL, NULL },
	{ "pidfd_getfd", NULL, NULL },
	{ "process_vm_readv", NULL, NULL },
	{ "pidfd_send_signal", NULL, NULL },
	{ "clone3", NULL, NULL },
	{ "close_range", NULL, NULL },
	{ "openat2", NULL, NULL },
	{ "faccessat2", NULL, NULL },
	{ "statx", NULL, NULL },
	{ "open_tree", NULL, NULL },
	{ "move_mount", NULL, NULL },
	{ "mount_setattr", NULL, NULL },
	{ "fsopen", NULL, NULL },
	{ "fsconfig", NULL, NULL },
	{ "fsmount", NULL, NULL },
	{ "mount-api", NULL, NULL },
	{ "pivot_root", NULL, NULL },
	{ "landlock", NULL, NULL },
	{ "landlock_create_ruleset", NULL, NULL },
	{ "landlock_add_rule", NULL, NULL },
	{ "landlock_restrict_self", NULL, NULL },
	{ "seccomp-listener", NULL, NULL },
	{ "seccomp-listener", NULL, "EBUSY" }, /* an outer one exists */
	{ "seccomp-wait-kill", NULL, NULL },
	{ "seccomp", NULL, NULL },
	{ "mdwe", NULL, NULL },
	{ "unshare", NULL, NULL },
	{ "newer", NULL, NULL },
	{ NULL, "1", NULL },
	{ NULL, "2", NULL },
	{ NULL, "3", NULL },
	{ NULL, "4", NULL },
	{ NULL, "5", NULL },
	{ NULL, "6", NULL },
	{ NULL, "7", NULL },
	{ "mount-api", "1", NULL },
	{ "memfd_create,tmpfile", "2", NULL },
	{ "seccomp-listener", "4", NULL },
};

/* ---- running --------------------------------------------------------------------------------- */

enum { WORDS = 48, TEXT = 64 * 1024, SECONDS = 30 };

struct run {
	const struct place *place;
	const char *identity, *error;
	const struct row *row;
	enum policy policy;
	int status;
	char out[TEXT], err[TEXT], plan[TEXT];
};

struct words {
	const char *list[WORDS];
	size_t count;
};

static void put(struct words *w, const char *word)
{
	CHECK(w->count < WORDS - 1);
	w->list[w->count++] = word;
}

static void put_all(struct words *w, const char *const *list)
{
	for (; *list; list++)
		put(w, *list);
}

static void put_calls(struct words *w, const struct run *r)
{
	put(w, outside_built("tests/compat/without"));
	put(w, r->row->calls);
	put(w, "--errno");
	put(w, r->error);
	put(w, "--");
}

/*
 * What looks into a process (an older Landlock) needs privilege, and stands outside. What takes
 * calls away does too where it can: the instrument that makes a container needs some of them.
 */
static void put_host(struct words *w, const struct run *r)
{
	const char *old[] = { outside_built("tests/compat/without"), "--landlock-abi", r->row->abi,
			      "--", NULL };
	const char *as[] = { outside_built("tests/as/as"), r->identity, "--", NULL };
	bool calls = r->row->calls, inside = !strcmp(r->identity, "container");

	inside |= calls && !strcmp(r->row->calls, "seccomp");
	if (r->row->abi)
		put_all(w, old);
	if (calls && !inside)
		put_calls(w, r);
	put_all(w, as);
	if (calls && inside)
		put_calls(w, r);
}

static const char *format(char *out, size_t size, const char *kind, const char *port)
{
	(void)snprintf(out, size, "%s 127.0.0.1 %s", kind, port);
	return out;
}

static void put_policy(struct words *w, const struct run *r)
{
	static char tcp[40], udp[40], port[40];
	const struct place *p = r->place;
	const char *const files[] = { "--read", place_path(p, "in"), "--write", place_path(p, "w"),
				      NULL };
	const char *const net[] = { "--connect", format(tcp, sizeof(tcp), "tcp", p->port[0]),
				    "--connect", format(udp, sizeof(udp), "udp", p->port[2]),
				    "--unix",	 place_path(p, "here"),
				    NULL };

	put_all(w, files);
	if (r->policy == SHELL) {
		put(w, "--use");
		put(w, "shell");
	}
	if (r->policy != NETWORK)
		return;
	put_all(w, net);
	(void)snprintf(port, sizeof(port), "tcp %s", p->port[4]);
	put(w, "--listen");
	put(w, port);
}

static void put_act(struct words *w, const struct place *p, bool self)
{
	put(w, place_path(p, "act"));
	put(w, p->directory);
	put(w, p->pid);
	for (size_t i = 0; i < PORT_COUNT; i++)
		put(w, p->port[i]);
	if (self)
		put(w, "self");
}

static void put_command(struct words *w, const struct run *r)
{
	static char script[256];

	put(w, "--");
	if (r->policy != SHELL) {
		put_act(w, r->place, false);
		return;
	}
	(void)snprintf(script, sizeof(script), "tr a-z A-Z <%s >%s && cat %s",
		       place_path(r->place, "in/file"), place_path(r->place, "w/words"),
		       place_path(r->place, "w/words"));
	put(w, "sh");
	put(w, "-c");
	put(w, script);
}

static void read_all(int fd, char *out)
{
	ssize_t n = pread(fd, out, TEXT - 1, 0);

	CHECK(n >= 0);
	out[n] = '\0';
	CHECK(!ftruncate(fd, 0));
}

/* What it writes to 1 and 2, and how it ends; it is given SECONDS. */
static int execute(const struct words *w, char *out, char *err)
{
	static int files[2] = { -1, -1 };
	int status;

	for (int i = 0; i < 2; i++) {
		if (files[i] < 0)
			files[i] = open("/tmp", O_TMPFILE | O_RDWR | O_APPEND | O_CLOEXEC, 0600);
		CHECK(files[i] >= 0);
	}
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (!pid) {
		(void)dup2(open("/dev/null", O_RDONLY), 0);
		(void)dup2(files[0], 1);
		(void)dup2(files[1], 2);
		(void)alarm(SECONDS);
		(void)execv(w->list[0], (char *const *)(uintptr_t)w->list);
		_exit(127);
	}
	CHECK_INT(waitpid(pid, &status, 0), pid);
	read_all(files[0], out);
	read_all(files[1], err);
	return status;
}

static void run_it(struct run *r)
{
	static char ignored[TEXT];
	struct words run = { .count = 0 }, plan = { .count = 0 };

	place_tidy(r->place);
	put_host(&run, r);
	put(&run, getenv("AMBIT"));
	put(&run, "run");
	put_policy(&run, r);
	put_command(&run, r);
	r->status = execute(&run, r->out, r->err);
	put_host(&plan, r);
	put(&plan, getenv("AMBIT"));
	put(&plan, "plan");
	put_policy(&plan, r);
	put_command(&plan, r);
	(void)execute(&plan, r->plan, ignored);
}

/* ---- judging --------------------------------------------------------------------------------- */

/* The next line of @text that begins with @start, after it; NULL. *at goes on behind it. */
static const char *next_line(const char **at, const char *start, char *line, size_t size)
{
	while (**at) {
		const char *from = *at;
		size_t length = strcspn(from, "\n");

		*at = from + length + (from[length] == '\n');
		if (strncmp(from, start, strlen(start)) != 0)
			continue;
		(void)snprintf(line, size, "%.*s", (int)(length - strlen(start)),
			       from + strlen(start));
		return line;
	}
	return NULL;
}

static bool has_line(const char *text, const char *start, const char *rest, bool begins)
{
	char line[1024];

	while (next_line(&text, start, line, sizeof(line)))
		if (!strcmp(line, rest) || (begins && !strncmp(line, rest, strlen(rest))))
			return true;
	return false;
}

#define NOTED "ambit: note: "

/* A word of act.c for the act, NULL where it said none. */
static const char *word_of(const struct run *r, const char *name)
{
	static char line[64], start[64];
	const char *at = r->out;

	(void)snprintf(start, sizeof(start), "%s ", name);
	return next_line(&at, start, line, sizeof(line));
}

static unsigned faults;

static void fault(const struct run *r, const char *what, const char *which)
{
	if (faults++ < 40)
		NOTE("FAULT: %s without %s, Landlock %s, %s, policy %d: %s: %s", r->identity,
		     r->row->calls ? r->row->calls : "nothing", r->row->abi ? r->row->abi : "as is",
		     r->error, (int)r->policy, what, which);
}

static void judge_acts(const struct run *r)
{
	for (size_t i = 0; i < COUNT(acts); i++) {
		const struct act *a = &acts[i];
		const char *word = word_of(r, a->name);

		if (!word)
			fault(r, "nothing was said of", a->name);
		else if (a->granted & r->policy ? strcmp(word, "0") != 0 : false)
			fault(r, "granted, and does not work", a->name);
		else if (!(a->granted & r->policy) && !strcmp(word, "0") &&
			 !(a->open && has_line(r->err, NOTED, a->open, true)))
			fault(r, "not granted, done, and no note says so", a->name);
	}
}

static void judge_notes(const struct run *r)
{
	static const char *const kinds[] = { "  reported: ", "  skipped: " };
	const char *at = r->err;
	char line[1024];

	while (next_line(&at, NOTED, line, sizeof(line)))
		if (!has_line(r->plan, kinds[0], line, false) &&
		    !has_line(r->plan, kinds[1], line, false))
			fault(r, "the run says, and the plan does not", line);
	for (size_t k = 0; k < COUNT(kinds); k++)
		for (at = r->plan; next_line(&at, kinds[k], line, sizeof(line));)
			if (!has_line(r->err, NOTED, line, false))
				fault(r, "the plan says, and the run does not", line);
	at = r->plan;
	if (next_line(&at, "  gap: ", line, sizeof(line)))
		fault(r, "it ran, and the plan has a gap", line);
}

static void judge_refusal(const struct run *r)
{
	char line[1024], gap[1024], sentence[1024] = "";
	const char *at = r->err;
	size_t sentences = 0, hints = 0;

	while (next_line(&at, "ambit: ", line, sizeof(line)))
		if (strncmp(line, "note: ", 6) != 0) {
			sentences++;
			memcpy(sentence, line, sizeof(sentence));
		}
	for (at = r->err; next_line(&at, "  hint: ", line, sizeof(line)); hints++)
		if (strlen(line) < 10)
			fault(r, "a hint that says nothing", line);
	if (sentences != 1 || hints != 1)
		fault(r, "not one sentence and one hint", r->err);
	for (at = r->plan; next_line(&at, "  gap: ", gap, sizeof(gap));) {
		const char *text = strrchr(gap, ':'); /* behind where the line stands */

		text = text ? text + 2 : gap;
		if (strstr(sentence, text))
			return;
	}
	fault(r, "refused, and the plan has no such gap", sentence);
}

static const char *judge(const struct run *r)
{
	if (WIFEXITED(r->status) && WEXITSTATUS(r->status) == 125) {
		judge_refusal(r);
		if (r->out[0])
			fault(r, "refused, and something ran", r->out);
		return "refused";
	}
	if (!WIFEXITED(r->status) || WEXITSTATUS(r->status) != 0) {
		fault(r, "it failed", r->err);
		return "FAILED";
	}
	judge_notes(r);
	if (r->policy != SHELL)
		judge_acts(r);
	else if (strcmp(r->out, "WORDS\n") != 0)
		fault(r, "the pipeline wrote", r->out);
	return "runs";
}

/* ---- the tests ------------------------------------------------------------------------------- */

/* Without ambit everything is done: each denial above could have failed. */
static void check_control(const struct place *p, const char *identity, unsigned bit)
{
	static struct run r;

	for (int self = 0; self < 2; self++) {
		struct words w = { .count = 0 };

		place_tidy(p);
		put(&w, outside_built("tests/as/as"));
		put(&w, identity);
		put(&w, "--");
		put_act(&w, p, self);
		if (execute(&w, r.out, r.err))
			tap_fail(__FILE__, __LINE__, "%s: the control: %s", identity, r.err);
		for (size_t i = 0; i < COUNT(acts); i++) {
			const char *word = word_of(&r, acts[i].name);
			bool last = !strncmp(acts[i].name, "execute-", 8);

			if (last && !!strcmp(acts[i].name, "execute-other") != self)
				continue;
			if (!word || (strcmp(word, "0") != 0 && !(acts[i].never & bit)))
				tap_fail(__FILE__, __LINE__, "%s: %s is refused without ambit: %s",
					 identity, acts[i].name, word ? word : "?");
		}
	}
}

static void check_row(const struct place *p, const char *identity, const struct row *row,
		      const char *error)
{
	static const enum policy policies[] = { FILES, NETWORK, SHELL };
	static struct run r;
	const char *ends[COUNT(policies)];

	for (size_t i = 0; i < COUNT(policies); i++) {
		r = (struct run){ p, identity, error, row, policies[i], 0, "", "", "" };
		run_it(&r);
		ends[i] = judge(&r);
	}
	NOTE("%-9s %-24s %-6s Landlock %-2s files %-7s network %-7s shell %s", identity,
	     row->calls ? row->calls : "-", row->abi ? "" : error, row->abi ? row->abi : "-",
	     ends[0], ends[1], ends[2]);
}

static void check_identity(size_t index)
{
	const char *name = identities[index].name;
	struct place p;

	if (!place_begin(&p, name))
		SKIP("this identity cannot be had from here");
	check_control(&p, name, identities[index].bit);
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct row *row = &rows[i];

		check_row(&p, name, row, row->error ? row->error : "ENOSYS");
		if (!row->error && !row->abi)
			check_row(&p, name, row, "EPERM");
	}
	place_end(&p);
	CHECK_INT(faults, 0);
}

enum { MINUTES = 10 };

TEST_TIMEOUT(root, 60 * MINUTES)
{
	check_identity(0);
}

TEST_TIMEOUT(user, 60 * MINUTES)
{
	check_identity(1);
}

TEST_TIMEOUT(nons, 60 * MINUTES)
{
	check_identity(2);
}

TEST_TIMEOUT(container, 60 * MINUTES)
{
	check_identity(3);
}
