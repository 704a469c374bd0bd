/* SPDX-License-Identifier: ISC */
/* judge.c - what a run with a fault must look like */
#include "walk.h"

#include <ambit.h>
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

enum { REFUSED = 125, NOT_FOUND = 127, WHY = 160 };

static const char *const layers[] = {
#define LAYER_WORD(name, number, word, text) word,
	AMBIT_LAYERS(LAYER_WORD)
#undef LAYER_WORD
};

static bool begins(const char *line, const char *with)
{
	return !strncmp(line, with, strlen(with));
}

/* The layers that are steps of a plan when they act. */
static bool is_step(const char *layer)
{
	static const char *const others[] = { "policy", "host", "plan",	      "run",
					      "fds",	"exec", "supervisor", "env" };

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (!strcmp(layer, others[i]))
			return false;
	return true;
}

/*
 * "... (landlock, step 9): ...". What is not a step of a plan has the layer alone, and what cannot
 * be executed is named as such.
 */
static bool names_place(const char *sentence)
{
	char word[64];

	for (size_t i = 1; i < sizeof(layers) / sizeof(layers[0]); i++) {
		int len = snprintf(word, sizeof(word), " (%s", layers[i]);
		const char *at = strstr(sentence, word);

		if (at && (begins(at + len, ", step ") ||
			   (!is_step(layers[i]) && begins(at + len, "): "))))
			return true;
	}
	return strstr(sentence, ": cannot execute ") != NULL;
}

static bool is_note(const struct rules *rules, const char *line)
{
	return begins(line, rules->prefix) && begins(line + strlen(rules->prefix), "note: ");
}

/* What no layer can enforce without the thing that was asked for is refused as a gap. */
static bool is_gap(const char *sentence)
{
	return strstr(sentence, "nothing on this host can enforce") != NULL;
}

/* malloc(3) has one error, whatever mmap(2) and brk(2) have said. */
static bool is_out_of_memory(const char *sentence, const struct run *run)
{
	const long nr = run->trace.first.nr;

	return strstr(sentence, "out of memory") &&
	       (nr == SYS_mmap || nr == SYS_brk || run->trace.faults > 1);
}

/*
 * What stays beside the program cannot say why or where it failed when it can make no call at
 * all, or says what came of going on. The first of these calls may be one whose failure matters to
 * nobody.
 */
static bool is_unheard(const char *sentence, const struct run *run, int error)
{
	const struct tolerance *t = tolerated(&run->trace.first, error);

	return t && (t->after == AFTER_END || t->after == AFTER_SAME) &&
	       (strstr(sentence, "without a word") || strstr(sentence, strerrordesc_np(ENOSYS)) ||
		strstr(sentence, "the process beside the program failed"));
}

/* One sentence, which says what the kernel said; nothing else but notes and hints. */
static const char *judge_words(const struct rules *rules, const struct run *run, int error,
			       bool answer)
{
	const char *err = run->err;
	char sentence[1024] = "";
	unsigned count = 0;

	for (const char *line = err; *line;) {
		const char *begin = line;
		size_t len = strcspn(line, "\n");

		line += len + (line[len] == '\n');
		if (!begin[len] && !rules->outcome)
			return "the last line has no end";
		if (is_note(rules, begin) || begins(begin, "  hint: "))
			continue;
		/* The C library's words, in the worker, which may not end their line. */
		if (rules->outcome && !memmem(begin, len, rules->prefix, strlen(rules->prefix)))
			continue;
		if (!rules->outcome && !begins(begin, rules->prefix))
			return "something else than a sentence is on fd 2";
		count++;
		(void)snprintf(sentence, sizeof(sentence), "%.*s", (int)len, begin);
	}
	if (!count)
		return "nothing was said";
	if (count > 1)
		return "more than one sentence was said";
	if (answer && is_gap(sentence))
		return NULL;
	if (rules->outcome)
		return NULL;

	const bool unheard = rules->onward && is_unheard(sentence, run, error);

	if (!unheard && !strstr(sentence, strerrordesc_np(error)) &&
	    !is_out_of_memory(sentence, run))
		return "the sentence does not say the errno";
	/* Only of who could say nothing at all nobody knows where it was. */
	if (!rules->any_layer && !names_place(sentence) &&
	    !(unheard && strstr(sentence, "without a word")))
		return "the sentence does not name layer and step";
	return NULL;
}

static const char *judge_end(const struct rules *rules, const struct run *run, int error)
{
	const struct tolerance *t = tolerated(&run->trace.first, error);
	int status = run->trace.status;

	if (!WIFEXITED(status))
		return "a signal ended the command";
	if (WEXITSTATUS(status) < REFUSED || WEXITSTATUS(status) > NOT_FOUND)
		return "the exit status is none of 125, 126, 127";
	return judge_words(rules, run, error, t && t->after == AFTER_ANSWER);
}

static const char *judge_refusal(const struct rules *rules, const struct run *run, int error)
{
	return run->out[0] ? "something is on fd 1" : judge_end(rules, run, error);
}

bool are_notes(const struct rules *rules, const char *err)
{
	for (const char *line = err; *line; line += strcspn(line, "\n") + 1)
		if (!is_note(rules, line) || !strchr(line, '\n'))
			return false;
	return true;
}

/* Is every line of fd 2 a note, and one of them new? */
static bool says_more(const struct rules *rules, const char *err)
{
	bool more = false;

	if (!are_notes(rules, err))
		return false;

	for (const char *line = err; *line; line += strcspn(line, "\n") + 1) {
		size_t len = strcspn(line, "\n");
		char text[1024];

		(void)snprintf(text, sizeof(text), "%.*s\n", (int)len, line);
		more |= !strstr(rules->normal->err, text);
	}
	return more;
}

static bool is_own(const char *name)
{
	return !strcmp(name, "/") || !strcmp(name, "/tmp") || !strcmp(name, "signal");
}

/*
 * "NAME EPERM" must not become "NAME 0", nor "no-new-privs 1" or "seccomp 2" anything else: what
 * the program could not do it cannot do now, whatever layer refuses it. Whether a file is there
 * ("stat:") only a mount view hides; that is said. And in a view, the second process of a pid
 * namespace may look at a root and signal a parent that are none of the caller's.
 */
static bool is_as_tight(const char *normal, const char *out)
{
	const bool second = strstr(out, "\nsecond 1\n") != NULL;

	while (*normal && *out) {
		char name[64] = "", was[64] = "", now_name[64] = "", is[64] = "";

		(void)sscanf(normal, "%63[^ \n] %63[^\n]", name, was);
		(void)sscanf(out, "%63[^ \n] %63[^\n]", now_name, is);

		bool kept = !strcmp(name, "no-new-privs") || !strcmp(name, "seccomp");

		if (strcmp(name, now_name) != 0 || (kept && strcmp(was, is) != 0) ||
		    (was[0] == 'E' && is[0] != 'E' && !begins(name, "stat:") &&
		     !(second && is_own(name))))
			return false;
		normal += strcspn(normal, "\n") + 1;
		out += strcspn(out, "\n") + 1;
	}
	return !*normal && !*out;
}

/* An answer led to another plan: it says what is different, and lets nothing through. */
static const char *judge_answer(const struct rules *rules, const struct run *run)
{
	const struct run *normal = rules->normal;

	if (run->trace.status != normal->trace.status)
		return "the program started, and the command ended differently";
	if (!strcmp(run->out, normal->out) && !strcmp(run->err, normal->err))
		return NULL;
	if (!is_as_tight(normal->out, run->out))
		return "the program started, and could do more than usual";
	if (strcmp(run->out, normal->out) != 0 && !says_more(rules, run->err))
		return "the program started, not confined as usual, and nobody said so";
	return NULL;
}

static const char *judge_start(const struct rules *rules, const struct run *run, int error)
{
	const struct run *normal = rules->normal;
	const struct tolerance *t = tolerated(&run->trace.first, error);

	if (t && (t->after == AFTER_END || rules->onward) && run->trace.status)
		return judge_end(rules, run, error);
	if (t && t->after == AFTER_ANSWER)
		return judge_answer(rules, run);
	if (run->trace.status != normal->trace.status)
		return "the program started, and the command ended differently";
	if (strcmp(run->out, normal->out) != 0)
		return "the program started, and was not confined as usual";
	if (strcmp(run->err, normal->err) != 0 &&
	    !(t && t->after == AFTER_UNSAID && are_notes(rules, run->err)))
		return "the program started, and something else was said";
	if (!t && !rules->outcome)
		return "the program started (confined as usual; no row of tolerate.c says it may)";
	return NULL;
}

enum verdict judge(const struct rules *rules, const struct run *run, int error,
		   char why[static 160])
{
	const struct trace_result *t = &run->trace;
	const char *bad = NULL;

	if (t->hung)
		bad = "it hung";
	else if (t->left)
		bad = "a process was left";
	else if (t->started)
		bad = judge_start(rules, run, error);
	else
		bad = judge_refusal(rules, run, error);
	if (!bad)
		return t->started ? VERDICT_TOLERATED : VERDICT_REFUSED;
	(void)snprintf(why, WHY, "%s", bad);
	return VERDICT_BAD;
}
