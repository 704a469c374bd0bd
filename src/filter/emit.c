/* SPDX-License-Identifier: ISC */
#include "emit.h"

/* How far a jump may lead, with room for two helpers put in between. */
enum { REACH = 250 };
/* Values in 32 that lie side by side, from which on they are looked up as bits: 7 instructions. */
enum { WINDOW_MIN = 6, WINDOWS = 8, LOOSE = 256 };

place emit(struct emitter *e, uint16_t code, uint8_t jt, uint8_t jf, uint32_t k)
{
	place here = (place)e->length;

	if (e->length == e->capacity) {
		e->full = true;
		return 0;
	}
	e->length++;
	e->nearest[here] = here;
	*emit_at(e, here) = (struct sock_filter){ .code = code, .jt = jt, .jf = jf, .k = k };
	return here;
}

/* How many instructions a jump put here next would skip to get to @p. */
static size_t distance(const struct emitter *e, place p)
{
	return e->length - p - 1;
}

static bool is_near(const struct emitter *e, place target)
{
	return distance(e, e->nearest[target]) <= REACH;
}

static void bring_near(struct emitter *e, place target)
{
	const struct sock_filter *there = emit_at(e, target);

	if (there->code == EMIT_RETURN)
		e->nearest[target] = emit(e, EMIT_RETURN, 0, 0, there->k);
	else
		e->nearest[target] = emit(e, EMIT_GOTO, 0, 0, (uint32_t)distance(e, target));
}

place emit_jump(struct emitter *e, uint16_t test, uint32_t k, place yes, place no)
{
	if (!is_near(e, yes))
		bring_near(e, yes);
	if (!is_near(e, no))
		bring_near(e, no);
	if (e->full)
		return 0;
	return emit(e, EMIT_JUMP | test, (uint8_t)distance(e, e->nearest[yes]),
		    (uint8_t)distance(e, e->nearest[no]), k);
}

place emit_answer(struct emitter *e, uint32_t answer)
{
	place p;

	for (size_t i = 0; i < e->answer_count; i++) {
		if (e->answers[i].answer == answer)
			return e->answers[i].at;
	}
	p = emit(e, EMIT_RETURN, 0, 0, answer);
	if (e->answer_count < EMIT_ANSWERS) {
		e->answers[e->answer_count].answer = answer;
		e->answers[e->answer_count].at = p;
		e->answer_count++;
	}
	return p;
}

place emit_load(struct emitter *e, uint32_t word, place p)
{
	if (p + 1u != e->length)
		(void)emit(e, EMIT_GOTO, 0, 0, (uint32_t)distance(e, p));
	return emit(e, EMIT_LOAD, 0, 0, word);
}

static place enter(const struct entry *to, int word, uint32_t mask)
{
	return to->word == word && to->mask == mask ? to->loaded : to->start;
}

/* Put the load of a word in front of the test at @test. */
static struct entry load_before(struct emitter *e, place test, int word, uint32_t mask)
{
	struct entry entry = { .loaded = test, .word = word, .mask = mask };
	place masked = test;

	if (mask != UINT32_MAX) {
		if (test + 1u != e->length)
			(void)emit(e, EMIT_GOTO, 0, 0, (uint32_t)distance(e, test));
		masked = emit(e, BPF_ALU | BPF_AND | BPF_K, 0, 0, mask);
	}
	entry.start = emit_load(e, (uint32_t)word, masked);
	return entry;
}

/* Put a test in place, with its load, unless the same is there already. */
static struct entry emit_test(struct emitter *e, const struct known_test *t)
{
	size_t count = e->test_count < EMIT_TESTS ? e->test_count : EMIT_TESTS;
	struct known_test *known;

	for (size_t i = 0; i < count; i++) {
		known = &e->tests[i];
		if (known->k == t->k && known->yes == t->yes && known->no == t->no &&
		    known->test == t->test && known->entry.word == t->entry.word &&
		    known->entry.mask == t->entry.mask)
			return known->entry;
	}
	known = &e->tests[e->test_count++ % EMIT_TESTS];
	*known = *t;
	known->entry = load_before(e, emit_jump(e, t->test, t->k, t->yes, t->no), t->entry.word,
				   t->entry.mask);
	return known->entry;
}

struct entry emit_word(struct emitter *e, int word, uint32_t mask, uint32_t value,
		       const struct entry *yes, const struct entry *no)
{
	struct known_test t = { .entry = { .word = word, .mask = mask },
				.test = BPF_JEQ,
				.k = value };

	/* A test of bits leaves the loaded word as it is, for the tests that follow. */
	if (mask != UINT32_MAX && (value == 0 || (value == mask && (mask & (mask - 1)) == 0))) {
		t.entry.mask = UINT32_MAX;
		t.test = BPF_JSET;
		t.k = mask;
	}
	t.yes = enter(yes, word, t.entry.mask);
	t.no = enter(no, word, t.entry.mask);
	if (t.test == BPF_JSET && value == 0) {
		place none = t.yes;

		t.yes = t.no;
		t.no = none;
	}
	return emit_test(e, &t);
}

/* Is the loaded word one of @list? Few values one by one, runs by their ends. */
static place emit_list(struct emitter *e, const uint32_t *list, size_t count, place yes, place no)
{
	size_t half = count / 2;
	place low, high;

	if (count >= 3 && list[count - 1] - list[0] == count - 1) {
		place end = emit_jump(e, BPF_JGT, list[count - 1], no, yes);

		return emit_jump(e, BPF_JGE, list[0], end, no);
	}
	if (count <= 4) {
		place next = no;

		for (size_t i = count; i-- > 0;)
			next = emit_jump(e, BPF_JEQ, list[i], yes, next);
		return next;
	}
	high = emit_list(e, list + half, count - half, yes, no);
	low = emit_list(e, list, half, yes, no);
	return emit_jump(e, BPF_JGE, list[half], high, low);
}

/* 32 numbers from a multiple of 32 on, as bits. */
struct window {
	uint32_t first, bits;
};

/* Sort @list into windows with many values and loose ones; returns the count of windows. */
static size_t find_windows(const uint32_t *list, size_t count, struct window *windows,
			   uint32_t *loose, size_t *ret_loose)
{
	size_t found = 0, next;

	*ret_loose = 0;
	for (size_t i = 0; i < count; i = next) {
		struct window w = { .first = list[i] & ~31u };

		for (next = i; next < count && (list[next] & ~31u) == w.first; next++)
			w.bits |= 1u << (list[next] & 31);
		if (next - i >= WINDOW_MIN && found < WINDOWS) {
			windows[found++] = w;
			continue;
		}
		for (; i < next; i++)
			loose[(*ret_loose)++] = list[i];
	}
	return found;
}

/* Bit (A & 31) of the window; the word is lost. */
static place emit_bits(struct emitter *e, const struct window *w, place yes, place no)
{
	place first = emit_jump(e, BPF_JSET, w->bits, yes, no);

	(void)emit(e, BPF_ALU | BPF_LSH | BPF_X, 0, 0, 0);
	(void)emit(e, BPF_LD | BPF_IMM, 0, 0, 1);
	first = emit(e, BPF_MISC | BPF_TAX, 0, 0, 0);
	if (w->first != 0)
		first = emit(e, BPF_ALU | BPF_AND | BPF_K, 0, 0, 31);
	return first;
}

/*
 * Is the loaded word in one of the windows? They rise: what lies above one may be in the next,
 * what lies below it can only be among the loose values.
 */
static place emit_windows(struct emitter *e, const struct window *windows, size_t count,
			  const struct entry *const yes_no[2], place loose)
{
	place next = loose;

	for (size_t i = count; i-- > 0;) {
		const struct window *w = &windows[i];
		place inside = emit_bits(e, w, yes_no[0]->start, yes_no[1]->start);

		if (w->first != UINT32_MAX - 31)
			inside = emit_jump(e, BPF_JGT, w->first + 31, next, inside);
		if (w->first != 0 && (i == 0 || windows[i - 1].first + 32 != w->first))
			inside = emit_jump(e, BPF_JGE, w->first, inside, loose);
		next = inside;
	}
	return next;
}

struct entry emit_set(struct emitter *e, int word, uint32_t mask, const uint32_t *list,
		      size_t count, const struct entry *const yes_no[2])
{
	place yes = enter(yes_no[0], word, mask), no = enter(yes_no[1], word, mask), next;
	struct window windows[WINDOWS];
	uint32_t loose[LOOSE];
	size_t loose_count, n;

	if (count > LOOSE)
		return load_before(e, emit_list(e, list, count, yes, no), word, mask);
	n = find_windows(list, count, windows, loose, &loose_count);
	next = loose_count ? emit_list(e, loose, loose_count, yes, no) : no;
	next = emit_windows(e, windows, n, yes_no, next);
	return load_before(e, next, word, mask);
}

struct entry emit_key(struct emitter *e, int word, uint64_t key, const struct entry *yes,
		      const struct entry *no)
{
	(void)emit_jump(e, BPF_JEQ, 0, yes->start, no->start);
	(void)emit(e, BPF_ALU | BPF_OR | BPF_X, 0, 0, 0);
	(void)emit(e, FILTER_KEY_CODE, 0, 0, (uint32_t)(key >> 32));
	(void)emit(e, EMIT_LOAD, 0, 0, (uint32_t)word + 4);
	(void)emit(e, BPF_MISC | BPF_TAX, 0, 0, 0);
	(void)emit(e, FILTER_KEY_CODE, 0, 0, (uint32_t)key);
	return entry_at(emit(e, EMIT_LOAD, 0, 0, (uint32_t)word));
}
