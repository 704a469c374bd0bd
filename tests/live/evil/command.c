/* SPDX-License-Identifier: ISC */
/* command.c - command lines: the launcher's, and the attempt's behind it */
#include "outside.h"

enum { WORDS_MAX = 128 };

struct words {
	char **list;
	size_t count;
};

static void add_word(struct words *w, char *word)
{
	if (!word || w->count == WORDS_MAX)
		abort(); /* the test machine has no memory, or the table is wrong */
	w->list[w->count++] = word;
	w->list[w->count] = NULL;
}

static struct words words_new(void)
{
	struct words w = { .list = calloc(WORDS_MAX + 1, sizeof(char *)) };

	if (!w.list)
		abort();
	return w;
}

/* @text with each @KEY@ replaced by that fact. */
static char *expand(const struct stage *s, const char *text, size_t length)
{
	char out[16384], key[32];
	size_t at = 0;

	for (size_t i = 0; i < length && at < sizeof(out) - 1; i++) {
		const char *end = text[i] == '@' ? memchr(text + i + 1, '@', length - i - 1) : NULL;
		size_t width = end ? (size_t)(end - text) - i - 1 : sizeof(key);
		if (width == 0 || width >= sizeof(key)) {
			out[at++] = text[i];
			continue;
		}
		snprintf(key, sizeof(key), "%.*s", (int)width, text + i + 1);
		int n = snprintf(out + at, sizeof(out) - at, "%s", stage_get(s, key));
		at += (size_t)n < sizeof(out) - at ? (size_t)n : sizeof(out) - at - 1;
		i += width + 1;
	}
	out[at] = '\0';
	return strdup(out);
}

static void add_expanded(const struct stage *s, struct words *w, const char *text)
{
	add_word(w, expand(s, text, strlen(text)));
}

char **stage_command(const struct stage *s)
{
	struct words w = words_new();
	char name[64];

	for (size_t i = 0; s->launcher && s->launcher[i]; i++)
		add_expanded(s, &w, s->launcher[i]);
	add_expanded(s, &w, s->self);
	snprintf(name, sizeof(name), "%s/%s", s->a->entry, s->a->part);
	add_expanded(s, &w, name);
	for (size_t i = 0; i < s->fact_count; i++)
		add_word(&w, strdup(s->facts[i]));
	if (s->control)
		add_expanded(s, &w, "control=1");
	return w.list;
}

void command_free(char **argv)
{
	for (size_t i = 0; argv && argv[i]; i++)
		free(argv[i]);
	free(argv);
}

/* A directive becomes -e DIRECTIVE; what begins with '-' is options, words apart. */
static void add_directive(const struct stage *s, struct words *w, const char *text, size_t length)
{
	if (text[0] != '-') {
		add_word(w, strdup("-e"));
		add_word(w, expand(s, text, length));
		return;
	}
	for (size_t i = 0; i < length;) {
		size_t n = strcspn(text + i, " ;");
		n = n < length - i ? n : length - i;
		add_word(w, expand(s, text + i, n));
		i += n + 1;
	}
}

/* "LAYER" is switched off; "+WORD_WORD" is a directive that grants what the layer refuses. */
static void take_off(const char *what, char *line, size_t size)
{
	if (what[0] != '+') {
		snprintf(line, size, "need %s off", what);
		return;
	}
	snprintf(line, size, "%s", what + 1);
	for (char *p = line; *p && strncmp(line, "env", 3) != 0; p++)
		*p = *p == '_' ? ' ' : *p;
	if (strncmp(line, "env_", 4) == 0)
		line[3] = ' ';
}

char **ambit_launcher(const struct stage *s, const char *ambit, const char *verb, char *const *off)
{
	struct words w = words_new();
	char line[128];

	add_word(&w, strdup(ambit));
	add_word(&w, strdup(verb));
	for (const char *p = s->a->policy; *p;) {
		p += strspn(p, "; ");
		size_t n = strcspn(p, ";");
		if (n > 0)
			add_directive(s, &w, p, n);
		p += n;
	}
	for (size_t i = 0; off && off[i]; i++) {
		take_off(off[i], line, sizeof(line));
		add_word(&w, strdup("-e"));
		add_word(&w, strdup(line));
	}
	add_word(&w, strdup("--"));
	return w.list;
}
