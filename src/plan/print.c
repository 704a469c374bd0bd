/* SPDX-License-Identifier: ISC */
/*
 * print.c - a plan for a person and for a program
 *
 * The same plan prints as the same bytes: nothing here looks at time, process or terminal.
 */
#include <stdio.h>
#include <string.h>

#include "../base/buf.h"
#include "../base/json.h"
#include "../base/str.h"
#include "plan.h"

struct style {
	const char *bold, *dim, *green, *yellow, *red, *off;
};
static const struct style colored = { "\033[1m",  "\033[2m",  "\033[32m",
				      "\033[33m", "\033[31m", "\033[0m" };
static const struct style plain = { "", "", "", "", "", "" };

static const struct {
	const char *word, *title;
} note_words[] = {
	[NOTE_GAP] = { "gap", "Gaps (these refuse the run)" },
	[NOTE_SKIPPED] = { "skipped", "Skipped, because the policy says prefer" },
	[NOTE_REPORTED] = { "reported", "Weaker here (reported, not refused)" },
	[NOTE_NARROWER] = { "narrower", "Narrower here than the policy reads" },
	[NOTE_WARNING] = { "warning", "Warnings about the policy" },
	[NOTE_CHOICE] = { "choice", "Choices of the planner" },
};

enum { SHOWN_MAX = 4 * 4096 + 1 };

/* Names come from files and policies: no terminal must obey them. */
static void add_name(struct buf *out, const char *name)
{
	char shown[SHOWN_MAX];

	buf_add_string(out, str_escape(shown, sizeof(shown), name, strlen(name)));
}

static void add_origin(struct buf *out, const struct grant *grant)
{
	char where[256];

	add_name(out, origin_text(&grant->origin, where, sizeof(where)));
}

/* A token's name, as the plan shows it, into @name. */
static void token_name(char *name, size_t size, int token)
{
	static const char *const names[] = {
#define TOKEN_NAME(name, text) #name,
		PLAN_TOKENS(TOKEN_NAME)
#undef TOKEN_NAME
	};
	size_t n = 0;

	for (const char *p = names[token]; *p && n + 1 < size; p++)
		name[n++] = *p == '_' ? '-' : (char)(*p | 0x20);
	name[n] = '\0';
}

static void add_tokens(struct buf *out, const char *word, uint32_t tokens)
{
	char name[32];

	for (int t = 0; t < TOKEN_COUNT; t++)
		if (tokens >> t & 1) {
			token_name(name, sizeof(name), t);
			buf_add_format(out, "%s%s", word, name);
			word = ", ";
		}
}

enum { WIDTH = 80, STEP_INDENT = 22 };

/*
 * The words of @text from @column on; one that would pass the width begins a new line at @indent.
 * Returns the column after the last.
 */
static size_t add_words(struct buf *out, size_t column, size_t indent, const char *text)
{
	while (*text) {
		size_t blanks = strspn(text, " "), length = strcspn(text + blanks, " ");

		if (column > indent && column + blanks + length > WIDTH) {
			buf_add_format(out, "\n%*s", (int)indent, "");
			column = indent;
			text += blanks;
			blanks = 0;
		}
		buf_add(out, text, blanks + length);
		column += blanks + length;
		text += blanks + length;
	}
	return column;
}

static void add_step_tokens(struct buf *out, const struct style *s, const struct step *step)
{
	AUTO_BUF struct buf line = { 0 };

	add_tokens(&line, "needs ", step->needs);
	add_tokens(&line, step->needs ? "; gives " : "gives ", step->gives);
	add_tokens(&line, step->needs | step->gives ? "; takes " : "takes ", step->takes);
	if (step->place == PLACE_BESIDE || step->place == PLACE_AHEAD)
		buf_add_format(&line, "%sdone %s", line.length ? "; " : "",
			       step->place == PLACE_AHEAD ? "while the view is built"
							  : "beside the program's own steps");
	if (!line.length)
		return;
	buf_add_format(out, "%*s%s", STEP_INDENT, "", s->dim);
	(void)add_words(out, STEP_INDENT, STEP_INDENT, buf_text(&line));
	buf_add_format(out, "%s\n", s->off);
}

static void add_step(struct buf *out, const struct style *s, size_t number, const struct step *step)
{
	AUTO_BUF struct buf line = { 0 };
	size_t column;

	buf_add_format(out, "  %2zu  %s%-14s%s  ", number, s->bold, ambit_layer_name(step->layer),
		       s->off);
	column = add_words(out, STEP_INDENT, STEP_INDENT, step->what);
	if (step->reason)
		buf_add_format(&line, ": %s", step->reason);
	if (step->grant) {
		buf_add_string(&line, "  [");
		add_origin(&line, step->grant);
		buf_add_char(&line, ']');
	}
	buf_add_string(out, s->dim);
	(void)add_words(out, column, STEP_INDENT, buf_text(&line));
	buf_add_format(out, "%s\n", s->off);
	add_step_tokens(out, s, step);
}

static const char *view_word(const struct plan_path *p)
{
	switch (p->view) {
	case VIEW_NONE:
		return "";
	case VIEW_BIND:
		return p->device     ? "device"
		       : p->pinned   ? "held"
		       : p->writable ? "read-write"
				     : "read-only";
	case VIEW_TMPFS:
		return "private";
	case VIEW_PROC:
		return "own /proc";
	case VIEW_LINK:
		return "link";
	case VIEW_DIR:
		return "directory";
	case VIEW_HIDE:
		return "hidden";
	}
	return "?";
}

static void add_accesses(struct buf *out, uint64_t access)
{
	static const struct {
		uint64_t bits;
		const char *word;
	} words[] = { { LL_FS_READ_FILE | LL_FS_READ_DIR, "read" },
		      { LL_FS_WRITE_FILE, "write" },
		      { LL_FS_MAKE_REG, "create" },
		      { LL_FS_REMOVE_FILE, "remove" },
		      { LL_FS_EXECUTE, "execute" },
		      { LL_FS_RESOLVE_UNIX, "connect" } };
	const char *separator = "";

	for (size_t i = 0; i < ARRAY_COUNT(words); i++)
		if (access & words[i].bits) {
			buf_add_format(out, "%s%s", separator, words[i].word);
			separator = ",";
		}
}

static bool is_shown(const struct ambit_plan *plan, const struct plan_path *p)
{
	return p->view == VIEW_LINK ? plan->mount_view : p->view != VIEW_NONE || p->access;
}

enum { PATH_WIDTH_MIN = 24, PATH_WIDTH_MAX = 40 };

/* As wide as the longest that is not too long. */
static int path_width(const struct ambit_plan *plan)
{
	size_t width = PATH_WIDTH_MIN;

	for (size_t i = 0; i < plan->path_count; i++) {
		size_t length = strlen(plan->paths[i].path);

		if (is_shown(plan, &plan->paths[i]) && length > width && length <= PATH_WIDTH_MAX)
			width = length;
	}
	return (int)width;
}

static void add_path(struct buf *out, const struct plan_path *p, int width, const char *view)
{
	char shown[SHOWN_MAX];

	buf_add_format(out, "  %-*s ", width,
		       str_escape(shown, sizeof(shown), p->path, strlen(p->path)));
	if (view)
		buf_add_format(out, "%-10s ", view);
	if (p->view == VIEW_LINK) {
		buf_add_string(out, "-> ");
		add_name(out, p->target);
	} else {
		add_accesses(out, p->access);
	}
	while (out->length && out->data[out->length - 1] == ' ')
		out->data[--out->length] = '\0';
	buf_add_char(out, '\n');
}

static void add_paths(const struct ambit_plan *plan, const struct style *s, struct buf *out)
{
	const int width = path_width(plan);

	buf_add_format(out, "\n%sPaths%s\n", s->bold, s->off);
	for (size_t i = 0; i < plan->path_count; i++) {
		const struct plan_path *p = &plan->paths[i];

		if (is_shown(plan, p))
			add_path(out, p, width, plan->mount_view ? view_word(p) : NULL);
	}
}

static void add_coverage(const struct ambit_plan *plan, const struct style *s, struct buf *out)
{
	enum { INDENT = 4 };

	buf_add_format(out, "\n%sWhat is denied, and who carries it%s\n", s->bold, s->off);
	for (int d = 0; d < DENY_COUNT; d++) {
		AUTO_BUF struct buf line = { 0 };
		const char *separator = ": ";
		size_t column;

		if (!plan->asked[d])
			continue;
		buf_add_format(out, "  %s%s%s ", plan->carried[d] ? s->green : s->yellow,
			       plan->carried[d] ? "+" : "-", s->off);
		column = add_words(out, INDENT, INDENT, plan_denial_text((enum plan_denial)d));
		for (uint32_t l = 0; l < 32; l++)
			if (plan->carried[d] >> l & 1) {
				buf_add_format(&line, "%s%s", separator,
					       ambit_layer_name((enum ambit_layer)l));
				separator = ", ";
			}
		buf_add_string(out, plan->carried[d] ? s->dim : s->yellow);
		(void)add_words(out, column, INDENT, line.length ? buf_text(&line) : ": nobody");
		buf_add_format(out, "%s\n", s->off);
	}
}

static void add_notes(const struct ambit_plan *plan, const struct style *s, struct buf *out)
{
	for (int kind = NOTE_GAP; kind <= NOTE_CHOICE; kind++) {
		bool first = true;

		for (size_t i = 0; i < plan->note_count; i++) {
			const struct note *n = &plan->notes[i];

			if ((int)n->kind != kind)
				continue;
			if (first)
				buf_add_format(out, "\n%s%s%s\n",
					       kind == NOTE_GAP ? s->red : s->yellow,
					       note_words[kind].title, s->off);
			first = false;
			buf_add_format(out, "  %s: ", note_words[kind].word);
			if (n->grant) {
				add_origin(out, n->grant);
				buf_add_string(out, ": ");
			}
			buf_add_format(out, "%s%s\n", plan_note_lead(n), n->text);
			if (n->cure)
				buf_add_format(out, "    %shint: %s%s\n", s->dim, n->cure, s->off);
		}
	}
}

void plan_print_text(const struct ambit_plan *plan, bool color, struct buf *out)
{
	const struct style *s = color ? &colored : &plain;

	buf_add_format(out, "%sPlan%s for ", s->bold, s->off);
	add_name(out, plan->door == DOOR_ENTER ? "a process that enters it"
		      : plan->program	       ? plan->program->path
					       : "any program");
	buf_add_format(out, " on Linux %u.%u, uid %u", plan->host->kernel_major,
		       plan->host->kernel_minor, plan->host->uid);
	buf_add_format(out, "%s\n",
		       plan->mode == MODE_LEADER  ? "; a leader stays beside it"
		       : plan->door == DOOR_ENTER ? ""
						  : "; nothing stays beside it");
	buf_add_format(out, "\n%sSteps%s, in the one order that works\n", s->bold, s->off);
	for (size_t i = 0; i < plan->step_count; i++)
		add_step(out, s, i + 1, &plan->steps[i]);
	add_paths(plan, s, out);
	add_coverage(plan, s, out);
	add_notes(plan, s, out);
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static void json_tokens(struct buf *out, const char *member, uint32_t tokens)
{
	char name[32];

	json_open(out, member, '[');
	for (int t = 0; t < TOKEN_COUNT; t++)
		if (tokens >> t & 1) {
			token_name(name, sizeof(name), t);
			json_string(out, NULL, name);
		}
	json_close(out, ']');
}

static void json_step(struct buf *out, const struct step *step, size_t number)
{
	char where[256];

	json_open(out, NULL, '{');
	json_number(out, "step", number);
	json_string(out, "layer", ambit_layer_name(step->layer));
	json_string(out, "what", step->what);
	if (step->reason)
		json_string(out, "reason", step->reason);
	json_string(out, "need", step->need == NEED_PREFER ? "prefer" : "must");
	json_tokens(out, "needs", step->needs);
	json_tokens(out, "gives", step->gives);
	json_tokens(out, "takes", step->takes);
	if (step->grant)
		json_string(out, "line", origin_text(&step->grant->origin, where, sizeof(where)));
	json_close(out, '}');
}

static void json_notes(struct buf *out, const struct ambit_plan *plan)
{
	char where[256], text[512];

	json_open(out, "notes", '[');
	for (size_t i = 0; i < plan->note_count; i++) {
		const struct note *n = &plan->notes[i];

		json_open(out, NULL, '{');
		json_string(out, "kind", note_words[n->kind].word);
		(void)snprintf(text, sizeof(text), "%s%s", plan_note_lead(n), n->text);
		json_string(out, "text", text);
		if (n->grant)
			json_string(out, "line",
				    origin_text(&n->grant->origin, where, sizeof(where)));
		if (n->cure)
			json_string(out, "cure", n->cure);
		json_close(out, '}');
	}
	json_close(out, ']');
}

static void json_coverage(struct buf *out, const struct ambit_plan *plan)
{
	json_open(out, "coverage", '[');
	for (int d = 0; d < DENY_COUNT; d++) {
		if (!plan->asked[d])
			continue;
		json_open(out, NULL, '{');
		json_string(out, "denied", plan_denial_text((enum plan_denial)d));
		json_open(out, "layers", '[');
		for (uint32_t l = 0; l < 32; l++)
			if (plan->carried[d] >> l & 1)
				json_string(out, NULL, ambit_layer_name((enum ambit_layer)l));
		json_close(out, ']');
		json_close(out, '}');
	}
	json_close(out, ']');
}

void plan_print_json(const struct ambit_plan *plan, struct buf *out)
{
	json_open(out, NULL, '{');
	json_string(out, "program", plan->program ? plan->program->path : "");
	json_string(out, "mode",
		    plan->mode == MODE_LEADER  ? "leader"
		    : plan->door == DOOR_ENTER ? "enter"
					       : "become");
	json_number(out, "gaps", plan_gap_count(plan));
	json_open(out, "steps", '[');
	for (size_t i = 0; i < plan->step_count; i++)
		json_step(out, &plan->steps[i], i + 1);
	json_close(out, ']');
	json_open(out, "paths", '[');
	for (size_t i = 0; i < plan->path_count; i++) {
		json_open(out, NULL, '{');
		json_string(out, "path", plan->paths[i].path);
		json_string(out, "view", view_word(&plan->paths[i]));
		json_number(out, "access", plan->paths[i].access);
		json_close(out, '}');
	}
	json_close(out, ']');
	json_coverage(out, plan);
	json_notes(out, plan);
	json_close(out, '}');
	buf_add_char(out, '\n');
}
