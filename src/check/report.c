/* SPDX-License-Identifier: ISC */
#include "report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../base/json.h"
#include "../base/str.h"
#include "../filter/filter.h"
#include "../policy/check_class.h"

enum { CHAIN_MAX = 64, SHOW_SIZE = 300, NUMBERS = 1024 };

/* Names come out of files that may be hostile: a terminal obeys none of them. */
static void add_clean(struct buf *out, const char *text)
{
	char show[SHOW_SIZE];

	buf_add_string(out, str_escape(show, sizeof(show), text, strlen(text)));
}

static void add_function(const struct graph *g, uint32_t function, struct buf *out)
{
	uint64_t entry = g->functions.at[function].entry;
	const struct object *o = object_of(g->program, entry);
	const char *name = function_name(g, function);

	if (*name)
		add_clean(out, name);
	else
		buf_add_format(out, "0x%" PRIx64, entry - OBJECT_BASE(OBJECT_OF(entry)));
	if (o && OBJECT_OF(entry) != 0) {
		buf_add_string(out, " in ");
		add_clean(out, o->name);
	}
}

/* Where a call stands: its line, or its address. */
static void add_site(struct lines *l, uint64_t site, struct buf *out)
{
	if (!lines_find(l, site, out))
		buf_add_format(out, "0x%" PRIx64, site - OBJECT_BASE(OBJECT_OF(site)));
}

static const char *how_text(enum step_kind how)
{
	switch (how) {
	case STEP_HANDED:
		return " [handed over]";
	case STEP_POINTER:
		return " [by a pointer]";
	case STEP_START:
	case STEP_CALL:
		break;
	}
	return "";
}

static void add_chain(const struct report *r, struct lines *l, const struct finding *f,
		      const struct place *at, struct buf *out)
{
	const struct reach *reach = r->comparison->reach;
	uint32_t function = at->function;
	uint64_t site = at->site;
	const char *how = "";
	/* A function that was begun in its middle may be reached again, from what it leads to. */
	const uint32_t length = reach->functions[function].chain;

	add_clean(out, f->name);
	buf_add_string(out, f->raw ? " (system call)" : "()");
	for (size_t i = 0; i < CHAIN_MAX; i++) {
		const struct reached *here = &reach->functions[function];

		buf_add_string(out, " <- ");
		add_function(reach->graph, function, out);
		buf_add_char(out, ' ');
		add_site(l, site, out);
		buf_add_string(out, how);
		if (!here->seen || !here->from || i == length)
			return;
		how = how_text((enum step_kind)here->how);
		site = reached_site(reach, here);
		function = here->from - 1;
	}
	buf_add_string(out, " <- ...");
}

/*
 * Where to cut, were it unwanted: the last place on the chain that is of the program itself, or the
 * one where it gives away the address of what is called by a pointer.
 */
static bool add_cut(const struct report *r, struct lines *l, const struct place *at,
		    struct buf *out)
{
	const struct reach *reach = r->comparison->reach;
	const struct reached *here = &reach->functions[at->function];
	uint32_t function = at->function;
	uint64_t site = at->site;

	for (size_t i = 0; i < CHAIN_MAX && OBJECT_OF(site) != 0 && here->seen && here->from; i++) {
		uint64_t taken = reach->graph->functions.at[function].taken_at;

		site = here->how == STEP_POINTER && taken && OBJECT_OF(taken) == 0
			       ? taken
			       : reached_site(reach, here);
		function = here->from - 1;
		here = &reach->functions[function];
	}
	if (OBJECT_OF(site) != 0)
		return false;
	add_site(l, site, out);
	return true;
}

static void add_finding(const struct report *r, struct lines *l, const struct finding *f,
			struct buf *out)
{
	AUTO_BUF struct buf line = { 0 };
	const struct libc_effect_row *row = libc_effect_row(f->effect);

	buf_add_string(out, f->fails ? "beyond" : "warning");
	buf_add_string(out, ": ");
	add_clean(out, f->name);
	if (f->kind == FINDING_UNKNOWN)
		buf_add_string(out, "() is in no table: what it does is not known");
	else
		buf_add_format(out, "%s can %s", f->raw ? "" : "()", row->text);
	if (f->path) {
		buf_add_string(out, ": ");
		add_clean(out, f->path);
	}
	buf_add_format(out, " (%s", confidence_text(f->places.at[0].confidence));
	if (f->places.count > 1)
		buf_add_format(out, ", from %u places", f->places.count);
	buf_add_string(out, ")\n");
	for (size_t i = 0; i < f->places.count && i < r->chains; i++) {
		buf_add_string(out, "  ");
		add_chain(r, l, f, &f->places.at[i], out);
		buf_add_char(out, '\n');
	}
	if (f->kind != FINDING_UNKNOWN) {
		finding_line(f, &line);
		buf_add_string(out, "  allow: ");
		buf_add_visible(out, buf_text(&line));
		buf_add_char(out, '\n');
	}
	buf_clear(&line);
	if (add_cut(r, l, &f->places.at[0], &line))
		buf_add_format(out, "  or cut: %s%s\n", buf_text(&line),
			       f->places.count > 1 ? ", and the other places" : "");
}

static const char *gap_text(enum gap_kind kind)
{
	switch (kind) {
	case GAP_NUMBER:
		return "the number of a system call is not known";
	case GAP_CODE:
		return "no instruction that is known";
	case GAP_LENGTH:
		return "too long to be looked at";
	case GAP_OPEN:
		return "loads code that was not read";
	case GAP_MISSING:
		return "not found, so not read";
	case GAP_LOOKUP:
		return "finds functions by names that are no constants";
	case GAP_OTHER:
		return "a system call as 32-bit programs make it, of another table";
	}
	return "";
}

static bool gap_counts(const struct report *r, const struct gap *gap)
{
	return gap->kind == GAP_MISSING ||
	       reach_has(r->comparison->reach, gap->function, gap->address);
}

size_t report_gaps(const struct report *r, const struct gap **ret, size_t most)
{
	const struct graph *g = r->comparison->graph;
	size_t count = 0;

	for (size_t i = 0; i < g->gaps.count; i++) {
		if (!gap_counts(r, &g->gaps.at[i]))
			continue;
		if (count < most)
			ret[count] = &g->gaps.at[i];
		count++;
	}
	return count;
}

static void add_gap(const struct report *r, struct lines *l, const struct gap *gap, struct buf *out)
{
	buf_add_string(out, "cannot tell: ");
	if (gap->name) {
		add_clean(out, gap->name);
		buf_add_string(out,
			       gap->kind == GAP_OPEN || gap->kind == GAP_LOOKUP ? "() " : ": ");
	}
	buf_add_string(out, gap_text(gap->kind));
	if (gap->kind != GAP_MISSING) {
		buf_add_string(out, ": ");
		add_function(r->comparison->graph, gap->function, out);
		buf_add_char(out, ' ');
		add_site(l, gap->address, out);
	}
	buf_add_char(out, '\n');
}

static void mark_calls(const struct reach *deep, uint32_t function, bool *have)
{
	const struct rare *rare = deep->graph->functions.at[function].rare;

	for (size_t i = 0; i < rare->site_count; i++) {
		const struct site *s = &rare->sites[i];

		if (s->number >= 0 && s->number < NUMBERS && reach_has(deep, function, s->address))
			have[s->number] = true;
	}
}

/* What the C library does in a thread before and after the function that was handed over. */
static void mark_thread(bool *have)
{
	static const char *const names[] = {
		"exit", "futex", "madvise", "munmap", "rt_sigprocmask", "rseq", "set_robust_list",
	};

	for (size_t i = 0; i < ARRAY_COUNT(names); i++)
		have[call_by_name(ARCH_X86_64, names[i])->number] = true;
}

size_t report_calls(const struct reach *deep, uint32_t *ret, size_t most)
{
	bool have[NUMBERS] = { false };
	size_t count = 0;

	for (size_t i = 0; i < deep->order.count; i++)
		mark_calls(deep, deep->order.at[i], have);
	for (size_t i = 0; i < deep->partial_of.count; i++)
		mark_calls(deep, deep->partial_of.at[i], have);
	if (deep->thread)
		mark_thread(have);
	for (uint32_t n = 0; n < NUMBERS; n++) {
		if (!have[n])
			continue;
		if (count < most)
			ret[count] = n;
		count++;
	}
	return count;
}

static void add_note(struct buf *out, const char *line, size_t length, bool json)
{
	char show[SHOW_SIZE];

	(void)str_escape(show, sizeof(show), line, length);
	if (json)
		json_string(out, NULL, show);
	else
		buf_add_format(out, "%s\n", show);
}

/* Where an answer is wider than what was asked, it says so. */
static void add_width(const struct report *r, struct buf *out, bool json)
{
	static const char wide[] =
		"wider than asked: what comes after that call cannot be told from what comes "
		"before; all of the program counts";

	if (r->comparison->reach->all)
		add_note(out, wide, sizeof(wide) - 1, json);
}

static void add_notes(const struct report *r, struct buf *out, bool json)
{
	add_width(r, out, json);
	for (const char *line = r->notes; line && *line;) {
		size_t length = strcspn(line, "\n");

		add_note(out, line, length, json);
		line += length + (line[length] == '\n');
	}
}

/*
 * The next function, each once, that asks the name service. What that loads, as
 * /etc/nsswitch.conf says, is not read: so much is assumed, whatever the policy grants.
 */
static const struct use *next_lookup(const struct report *r, size_t *at)
{
	const struct reach *reach = r->comparison->reach;

	while (*at < reach->uses.count) {
		const struct use *u = &reach->uses.at[(*at)++];
		const char *name = libc_name(reach->graph, u->function);
		const struct libc_function *row = name ? libc_lookup(name) : NULL;
		size_t before = 0;

		if (!row || !(row->effects & EFFECT_BIT(NAMES)))
			continue;
		while (reach->uses.at[before].function != u->function)
			before++;
		if (before + 1 == *at)
			return u;
	}
	return NULL;
}

static void add_lookup(const struct report *r, struct lines *l, const struct use *u,
		       struct buf *out)
{
	const struct place place = { u->from, use_site(r->comparison->reach, u), u->confidence };
	const struct finding f = { .name = libc_name(r->deep->graph, u->function) };

	add_chain(r, l, &f, &place, out);
}

static void add_lookups(const struct report *r, struct lines *l, const char *lead, struct buf *out)
{
	const struct use *u;

	for (size_t at = 0; (u = next_lookup(r, &at));) {
		buf_add_format(out,
			       "%sassumed of the name service: its modules stay within the "
			       "policy: ",
			       lead);
		add_lookup(r, l, u, out);
		buf_add_char(out, '\n');
	}
}

static void json_lookups(const struct report *r, struct lines *l, struct buf *out)
{
	const struct use *u;

	json_open(out, "lookups", '[');
	for (size_t at = 0; (u = next_lookup(r, &at));) {
		AUTO_BUF struct buf chain = { 0 };

		add_lookup(r, l, u, &chain);
		json_string(out, NULL, buf_text(&chain));
	}
	json_close(out, ']');
}

/* The classes of findings that fail, or those that only warn. */
static void add_classes(const struct comparison *c, bool fails, struct buf *out)
{
	const char *before = "";

	for (unsigned i = 0; i < CHECK_CLASS_COUNT; i++) {
		if ((c->fails >> i & 1) != fails)
			continue;
		buf_add_format(out, "%s%s", before, check_class_word((enum check_class)i));
		before = ", ";
	}
	if (!*before)
		buf_add_string(out, "none");
}

/* Is what @line says of a place, from *@at on, of one that can be reached? NULL: of no more. */
static const struct assumed *next_assumed(const struct report *r, size_t line, size_t *at)
{
	const struct graph *g = r->comparison->graph;

	while (*at < g->assumed.count) {
		const struct assumed *a = &g->assumed.at[(*at)++];

		if (a->line == line && (reach_has(r->comparison->reach, a->function, a->address) ||
					reach_has(r->deep, a->function, a->address)))
			return a;
	}
	return NULL;
}

static void add_assumed_place(const struct report *r, struct lines *l, const struct assumed *a,
			      struct buf *out)
{
	buf_clear(out);
	add_function(r->comparison->graph, a->function, out);
	buf_add_char(out, ' ');
	add_site(l, a->address, out);
}

/* "FILE:LINE: loads nothing", and whether it changes anything. */
static bool add_assumption(const struct report *r, size_t line, struct buf *out)
{
	AUTO_BUF struct buf text = { 0 };
	size_t number, at = 0;

	add_clean(out, assume_place(r->assumptions, line, &number));
	assume_text(r->assumptions, line, &text);
	buf_add_format(out, ":%zu: ", number);
	add_clean(out, buf_text(&text));
	return assume_used(r->assumptions, line) || next_assumed(r, line, &at);
}

void report_assumptions(const struct report *r, const char *lead, struct buf *out)
{
	struct lines *l = lines_new(r->comparison->graph->program);

	for (size_t i = 0; i < assume_count(r->assumptions); i++) {
		AUTO_BUF struct buf text = { 0 }, place = { 0 };
		const bool used = add_assumption(r, i, &text);
		const char *before = ": ";
		const struct assumed *a;

		buf_add_format(out, "%s%s: %s", lead, used ? "assumed" : "without effect",
			       buf_text(&text));
		for (size_t at = 0; (a = next_assumed(r, i, &at)); before = ", ") {
			add_assumed_place(r, l, a, &place);
			buf_add_format(out, "%s%s", before, buf_text(&place));
		}
		buf_add_char(out, '\n');
	}
	add_lookups(r, l, lead, out);
	lines_free(l);
}

static void json_assumptions(const struct report *r, struct lines *l, struct buf *out)
{
	json_open(out, "assumptions", '[');
	for (size_t i = 0; i < assume_count(r->assumptions); i++) {
		AUTO_BUF struct buf text = { 0 }, place = { 0 };
		const struct assumed *a;
		size_t number, at = 0;
		bool used = assume_used(r->assumptions, i) || next_assumed(r, i, &at);

		json_open(out, NULL, '{');
		json_string(out, "file", assume_place(r->assumptions, i, &number));
		json_number(out, "line", number);
		assume_text(r->assumptions, i, &text);
		json_string(out, "text", buf_text(&text));
		json_bool(out, "effect", used);
		json_open(out, "places", '[');
		for (at = 0; (a = next_assumed(r, i, &at));) {
			add_assumed_place(r, l, a, &place);
			json_string(out, NULL, buf_text(&place));
		}
		json_close(out, ']');
		json_close(out, '}');
	}
	json_close(out, ']');
}

static void add_judgement(const struct report *r, struct buf *out)
{
	const struct ambit_policy *p = r->comparison->policy;
	const struct grant *g = p ? policy_first(p, RIGHT_CHECK_FAILS) : NULL;
	char place[SHOW_SIZE];

	buf_add_string(out, "fails: ");
	add_classes(r->comparison, true, out);
	buf_add_string(out, "; warns: ");
	add_classes(r->comparison, false, out);
	buf_add_string(out, " (");
	add_clean(out, g ? origin_text(&g->origin, place, sizeof(place))
			 : "the default; a line check-fails says otherwise");
	buf_add_string(out, ")\n");
}

static void json_classes(const struct comparison *c, bool fails, struct buf *out)
{
	json_open(out, fails ? "fails" : "warns", '[');
	for (unsigned i = 0; i < CHECK_CLASS_COUNT; i++)
		if ((c->fails >> i & 1) == fails)
			json_string(out, NULL, check_class_word((enum check_class)i));
	json_close(out, ']');
}

void report_text(const struct report *r, struct buf *out)
{
	const struct comparison *c = r->comparison;
	struct lines *l = lines_new(c->graph->program);
	const struct gap *gaps[32];
	size_t gap_count = report_gaps(r, gaps, ARRAY_COUNT(gaps));
	size_t failing = 0, warnings;
	uint32_t calls[NUMBERS];

	for (size_t i = 0; i < c->findings.count; i++) {
		add_finding(r, l, &c->findings.at[i], out);
		failing += c->findings.at[i].fails;
	}
	for (size_t i = 0; i < gap_count && i < ARRAY_COUNT(gaps); i++)
		add_gap(r, l, gaps[i], out);
	if (gap_count > ARRAY_COUNT(gaps))
		buf_add_format(out, "cannot tell: %zu more places\n",
			       gap_count - ARRAY_COUNT(gaps));
	add_notes(r, out, false);
	report_assumptions(r, "", out);
	add_judgement(r, out);
	warnings = c->findings.count - failing;
	add_clean(out, r->program);
	buf_add_format(out, ", from %s: ", r->from);
	if (failing)
		buf_add_format(out, "%zu beyond ", failing);
	else
		buf_add_string(out, "within ");
	buf_add_visible(out, r->policy);
	if (!failing && gap_count)
		buf_add_string(out, ", as far as it can be followed");
	if (warnings)
		buf_add_format(out, "; %zu warning%s", warnings, warnings == 1 ? "" : "s");
	buf_add_format(out, "; %u functions, %zu system calls reachable\n", r->deep->order.count,
		       report_calls(r->deep, calls, NUMBERS));
	lines_free(l);
}

static void json_finding(const struct report *r, struct lines *l, const struct finding *f,
			 struct buf *out)
{
	static const char *const kinds[] = { "right", "path", "unknown" };
	const enum confidence confidence = f->places.at[0].confidence;
	AUTO_BUF struct buf line = { 0 }, chain = { 0 };

	finding_line(f, &line);
	json_open(out, NULL, '{');
	json_string(out, "kind", kinds[f->kind]);
	json_string(out, "effect", libc_effect_row(f->effect)->name);
	json_string(out, f->raw ? "call" : "function", f->name);
	if (f->path)
		json_string(out, "path", f->path);
	json_string(out, "confidence", confidence_text(confidence));
	json_string(out, "class", check_class_word((enum check_class)confidence));
	json_bool(out, "fails", f->fails);
	json_number(out, "places", f->places.count);
	json_string(out, "allow", buf_text(&line));
	buf_clear(&line);
	if (add_cut(r, l, &f->places.at[0], &line))
		json_string(out, "cut", buf_text(&line));
	json_open(out, "chains", '[');
	for (size_t i = 0; i < f->places.count && i < r->chains; i++) {
		buf_clear(&chain);
		add_chain(r, l, f, &f->places.at[i], &chain);
		json_string(out, NULL, buf_text(&chain));
	}
	json_close(out, ']');
	json_close(out, '}');
}

void report_json(const struct report *r, struct buf *out)
{
	const struct comparison *c = r->comparison;
	struct lines *l = lines_new(c->graph->program);
	const struct gap *gaps[256];
	size_t gap_count = report_gaps(r, gaps, ARRAY_COUNT(gaps));
	uint32_t calls[NUMBERS];
	size_t call_count = report_calls(r->deep, calls, NUMBERS);

	json_open(out, NULL, '{');
	json_string(out, "program", r->program);
	json_string(out, "policy", r->policy);
	json_string(out, "from", r->from);
	json_classes(c, true, out);
	json_classes(c, false, out);
	json_open(out, "findings", '[');
	for (size_t i = 0; i < c->findings.count; i++)
		json_finding(r, l, &c->findings.at[i], out);
	json_close(out, ']');
	json_open(out, "cannot_tell", '[');
	for (size_t i = 0; i < gap_count && i < ARRAY_COUNT(gaps); i++) {
		AUTO_BUF struct buf text = { 0 };

		add_gap(r, l, gaps[i], &text);
		json_string(out, NULL, buf_text(&text));
	}
	json_close(out, ']');
	json_assumptions(r, l, out);
	json_lookups(r, l, out);
	json_open(out, "notes", '[');
	add_notes(r, out, true);
	json_close(out, ']');
	json_open(out, "calls", '[');
	for (size_t i = 0; i < call_count && i < NUMBERS; i++) {
		const struct call_row *row = call_by_number(ARCH_X86_64, calls[i]);

		json_string(out, NULL, row ? row->name : "?");
	}
	json_close(out, ']');
	json_close(out, '}');
	buf_add_char(out, '\n');
	lines_free(l);
}
