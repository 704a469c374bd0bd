/* SPDX-License-Identifier: ISC */
/* judge.c - what a run with a fault must look like */
#include "walk.h"

#include <ambit.h>
#include <string.h>
#include <sys/wait.h>

enum { REFUSED = 125, NOT_FOUND = 127, WHY = 160 };

static const char *const layers[] = {
#define LAYER_WORD(name, number, word, text) word,
	AMBIT_LAYERS(LAYER_WORD)
#undef LAYER_WORD
};

/* The layer's word stands by itself: "ambit: landlock: ...". */
static bool names_layer(const char *sentence)
{
	char word[64];

	for (size_t i = 1; i < sizeof(layers) / sizeof(layers[0]); i++) {
		(void)snprintf(word, sizeof(word), " %s: ", layers[i]);
		if (strstr(sentence, word))
			return true;
	}
	return false;
}

static bool begins(const char *line, const char *with)
{
	return !strncmp(line, with, strlen(with));
}

/* One sentence, which says what the kernel said; nothing else but hints. */
static const char *judge_words(const struct rules *rules, const char *err, int error)
{
	char sentence[1024] = "";
	unsigned count = 0;

	for (const char *line = err; *line; line += strcspn(line, "\n") + 1) {
		size_t len = strcspn(line, "\n");

		if (begins(line, rules->prefix)) {
			count++;
			(void)snprintf(sentence, sizeof(sentence), "%.*s", (int)len, line);
		} else if (!begins(line, "  hint: ")) {
			return "something else than a sentence is on fd 2";
		}
		if (!line[len])
			return "the last line has no end";
	}
	if (!count)
		return "nothing was said";
	if (count > 1)
		return "more than one sentence was said";
	if (!strstr(sentence, strerrordesc_np(error)))
		return "the sentence does not say the errno";
	if (!rules->any_layer && !names_layer(sentence))
		return "the sentence names no layer";
	return NULL;
}

static const char *judge_end(const struct rules *rules, const struct run *run, int error)
{
	int status = run->trace.status;

	if (!WIFEXITED(status))
		return "a signal ended the command";
	if (WEXITSTATUS(status) < REFUSED || WEXITSTATUS(status) > NOT_FOUND)
		return "the exit status is none of 125, 126, 127";
	return judge_words(rules, run->err, error);
}

static const char *judge_refusal(const struct rules *rules, const struct run *run, int error)
{
	return run->out[0] ? "something is on fd 1" : judge_end(rules, run, error);
}

static const char *judge_start(const struct rules *rules, const struct run *run, int error)
{
	const struct run *normal = rules->normal;
	const struct tolerance *t = tolerated(&run->trace.first, error);

	if (t && t->may_end && run->trace.status)
		return judge_end(rules, run, error);
	if (run->trace.status != normal->trace.status)
		return "the program started, and the command ended differently";
	if (strcmp(run->out, normal->out) != 0)
		return "the program started, and was not confined as usual";
	if (strcmp(run->err, normal->err) != 0)
		return "the program started, and something else was said";
	if (!t)
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
