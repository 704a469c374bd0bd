/* SPDX-License-Identifier: ISC */
/* draft.c - a policy drafted from the code; what a policy grants that the code cannot use */
#include <stdlib.h>
#include <string.h>

#include "../filter/filter.h"
#include "../policy/policy.h"
#include "report.h"

/* Rights that an effect of code can use; the others (limits, names) are not the code's. */
static uint64_t rights_of_effects(uint64_t effects)
{
	uint64_t rights = 0;

	for (unsigned i = 0; i < EFFECT_COUNT; i++) {
		uint64_t covers = libc_effect_row((enum libc_effect)i)->rights;

		if ((effects >> i & 1) && covers != ANY_RIGHT)
			rights |= covers;
	}
	return rights;
}

static bool has_line(const struct buf *out, const char *line)
{
	size_t length = strlen(line);
	const char *at = buf_text(out);

	while ((at = strstr(at, line))) {
		if ((at == buf_text(out) || at[-1] == '\n') && at[length] == '\n')
			return true;
		at += length;
	}
	return false;
}

static void add_once(struct buf *out, const struct buf *line)
{
	if (has_line(out, buf_text(line)))
		return;
	buf_add(out, buf_text(line), line->length);
	buf_add_char(out, '\n');
}

/* Its arguments are known, or it has none: a line that parses. */
static bool is_complete(const struct finding *f, const struct buf *line)
{
	return f->kind != FINDING_UNKNOWN &&
	       (f->path || (!strstr(buf_text(line), "...") && !strchr(buf_text(line), '|') &&
			    !strchr(buf_text(line), '[')));
}

/* Findings come with the surest first. */
static const char *how_sure(const struct finding *f)
{
	if (f->places.at[0].confidence <= SURE_CALLBACK)
		return "# Sure: by calls, or handed to what calls it:\n";
	return f->fails ? "# Maybe: only through pointers:\n"
			: "# Hardly: only through pointers in a library; without these lines a "
			  "check warns:\n";
}

void draft_infer(const struct comparison *c, struct buf *out)
{
	AUTO_BUF struct buf line = { 0 }, open = { 0 };
	const char *said = NULL;

	for (size_t i = 0; i < c->findings.count; i++) {
		const struct finding *f = &c->findings.at[i];
		const char *sure = how_sure(f);

		if (f->kind == FINDING_UNKNOWN)
			continue;
		finding_line(f, &line);
		if (is_complete(f, &line)) {
			if (!strcmp(buf_text(&line), "syscall syscall"))
				continue; /* the calls it makes have lines of their own */
			if (said != sure && !has_line(out, buf_text(&line)))
				buf_add_string(out, said = sure);
			add_once(out, &line);
			continue;
		}
		buf_add_format(&line, "\t# %s(), %s", f->name,
			       confidence_text(f->places.at[0].confidence));
		buf_add_format(&open, "# ");
		add_once(&open, &line);
	}
	if (open.length)
		buf_add_string(out, "# With arguments that the code does not tell:\n");
	buf_add(out, buf_text(&open), open.length);
}

size_t draft_prune(const struct comparison *c, const struct reach *deep, struct buf *out)
{
	uint64_t judged = rights_of_effects(UINT64_MAX), used = rights_of_effects(c->used);
	uint64_t classes = CALL_BIT(START);
	uint32_t numbers[1024];
	size_t dropped = 0, count = report_calls(deep, numbers, ARRAY_COUNT(numbers)), rows;
	const struct call_row *row = call_table(ARCH_X86_64, &rows);

	for (size_t i = 0; i < c->policy->count; i++) {
		const struct grant *g = &c->policy->grants[i];

		classes |= right_row(g->right)->calls;
		if (!(judged >> g->right & 1) || (used >> g->right & 1) || g->bundle)
			continue;
		buf_add_string(out, "drop: ");
		grant_print(g, out);
		dropped++;
	}
	for (size_t i = 0; i < rows; i++) {
		bool reached = false;

		for (size_t n = 0; n < count; n++)
			reached = reached || numbers[n] == row[i].number;
		if (reached || !(classes >> row[i].klass & 1))
			continue;
		buf_add_format(out, "unused system call: %s\n", row[i].name);
		dropped++;
	}
	return dropped;
}
