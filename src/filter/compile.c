/* SPDX-License-Identifier: ISC */
/*
 * compile.c - rules become classic BPF
 *
 * DOC: Theory of operation
 *
 * The program is written from its end to its beginning: jumps in classic BPF only go forward,
 * so whatever a jump leads to is then already in place. In memory:
 *
 *	load arch, other than ours: kill
 *	load number, balanced tree of comparisons over ranges of equal treatment
 *	argument checks, one block for all calls that share their rules
 *
 * A conditional jump reaches 255 instructions. bring_near() finds a place within reach that does
 * the same as a far one: a copy when it is a return, else an unconditional jump, whose offset has
 * 32 bits. Both are put where nothing falls through to them, in front of everything so far.
 *
 * The kernel runs the program for every number when it is loaded and keeps a bitmap of those
 * that are allowed whatever their arguments are; it does so for loads of number and architecture,
 * jumps and returns only. A tree makes that quick, and argument checks cheap later.
 *
 * Before the program is handed out, both ends of every range are walked through the tree and must
 * arrive at the answer or the block the rules name: between the ends no comparison can differ.
 */
#include <stddef.h>

#include "rule.h"

#define OFFSET_NUMBER ((uint32_t)offsetof(struct seccomp_data, nr))
#define OFFSET_ARCH ((uint32_t)offsetof(struct seccomp_data, arch))
#define JUMP (BPF_JMP | BPF_K)
#define LOAD (BPF_LD | BPF_W | BPF_ABS)
#define RETURN (BPF_RET | BPF_K)

/* How far a jump may lead, with room for two helpers put in between. */
enum { REACH = 250, ANSWERS = 16, NO_WORD = -1 };

/* A place in the program, counted from its end: 0 is the last instruction. */
typedef uint16_t place;

/*
 * Where a condition begins. Who comes from a place that has looked at the same word, under the
 * same mask, jumps past the load.
 */
struct entry {
	place start;
	place loaded;
	int word; /* offset into struct seccomp_data, NO_WORD when it begins otherwise */
	uint32_t mask;
};

/* Numbers from @first up to the next span are treated alike. */
struct span {
	uint32_t first, treat;
};

struct compiler {
	const struct rule_set *set;
	struct sock_filter *code; /* filled from its end */
	place *nearest;		  /* of each place: the latest that does the same */
	size_t capacity, length;
	bool full;
	struct {
		uint32_t answer;
		place at;
	} answers[ANSWERS];
	size_t answer_count;
	place *block_at;
	struct span *spans;
	size_t span_count;
};

static struct sock_filter *at(const struct compiler *c, place p)
{
	return &c->code[c->capacity - 1 - p];
}

static place emit(struct compiler *c, uint16_t code, uint8_t jt, uint8_t jf, uint32_t k)
{
	place here = (place)c->length;

	if (c->length == c->capacity) {
		c->full = true;
		return 0;
	}
	c->length++;
	c->nearest[here] = here;
	*at(c, here) = (struct sock_filter){ .code = code, .jt = jt, .jf = jf, .k = k };
	return here;
}

/* How many instructions a jump put here next would skip to get to @p. */
static size_t distance(const struct compiler *c, place p)
{
	return c->length - p - 1;
}

static void bring_near(struct compiler *c, place target)
{
	const struct sock_filter *there = at(c, target);

	if (distance(c, c->nearest[target]) <= REACH)
		return;
	if (there->code == RETURN)
		c->nearest[target] = emit(c, RETURN, 0, 0, there->k);
	else
		c->nearest[target] = emit(c, BPF_JMP | BPF_JA, 0, 0, (uint32_t)distance(c, target));
}

static place emit_jump(struct compiler *c, uint16_t test, uint32_t k, place yes, place no)
{
	bring_near(c, yes);
	bring_near(c, no);
	if (c->full)
		return 0;
	return emit(c, JUMP | test, (uint8_t)distance(c, c->nearest[yes]),
		    (uint8_t)distance(c, c->nearest[no]), k);
}

static place emit_answer(struct compiler *c, uint32_t answer)
{
	place p;

	for (size_t i = 0; i < c->answer_count; i++) {
		if (c->answers[i].answer == answer)
			return c->answers[i].at;
	}
	p = emit(c, RETURN, 0, 0, answer);
	if (c->answer_count < ANSWERS) {
		c->answers[c->answer_count].answer = answer;
		c->answers[c->answer_count].at = p;
		c->answer_count++;
	}
	return p;
}

static struct entry entry_at(place p)
{
	return (struct entry){ .start = p, .loaded = p, .word = NO_WORD };
}

static place enter(const struct entry *e, int word, uint32_t mask)
{
	return e->word == word && e->mask == mask ? e->loaded : e->start;
}

/* Put the load of a word in front of the test that stands at @test, the latest instruction. */
static struct entry load_before(struct compiler *c, place test, int word, uint32_t mask)
{
	struct entry e = { .loaded = test, .word = word, .mask = mask };

	e.start = test;
	if (mask != UINT32_MAX)
		e.start = emit(c, BPF_ALU | BPF_AND | BPF_K, 0, 0, mask);
	e.start = emit(c, LOAD, 0, 0, (uint32_t)word);
	return e;
}

/* (word & mask) == value? */
static struct entry emit_word(struct compiler *c, int word, uint32_t mask, uint32_t value,
			      const struct entry *yes, const struct entry *no)
{
	place test;

	/* A test of bits leaves the loaded word as it is, for the tests that follow. */
	if (mask != UINT32_MAX && (value == 0 || (value == mask && (mask & (mask - 1)) == 0))) {
		place set = enter(value ? yes : no, word, UINT32_MAX);
		place clear = enter(value ? no : yes, word, UINT32_MAX);

		test = emit_jump(c, BPF_JSET, mask, set, clear);
		return load_before(c, test, word, UINT32_MAX);
	}
	test = emit_jump(c, BPF_JEQ, value, enter(yes, word, mask), enter(no, word, mask));
	return load_before(c, test, word, mask);
}

/* Is the loaded word in @list, which rises? Few values one by one, runs by their ends. */
static place emit_list(struct compiler *c, const uint32_t *list, size_t count, place yes, place no)
{
	size_t half = count / 2;
	place low, high;

	if (count >= 3 && list[count - 1] - list[0] == count - 1) {
		place end = emit_jump(c, BPF_JGT, list[count - 1], no, yes);

		return emit_jump(c, BPF_JGE, list[0], end, no);
	}
	if (count <= 3) {
		place next = no;

		for (size_t i = count; i-- > 0;)
			next = emit_jump(c, BPF_JEQ, list[i], yes, next);
		return next;
	}
	high = emit_list(c, list + half, count - half, yes, no);
	low = emit_list(c, list, half, yes, no);
	return emit_jump(c, BPF_JGE, list[half], high, low);
}

static int low_word(const struct rule_cond *cond)
{
	return (int)(offsetof(struct seccomp_data, args) + cond->argument * sizeof(uint64_t));
}

/* (argument & mask) == value, half by half; halves that the mask hides are not looked at. */
static struct entry emit_equal(struct compiler *c, const struct rule_cond *cond, uint64_t mask,
			       const struct entry *yes, const struct entry *no)
{
	int word = low_word(cond);
	struct entry e = *yes;

	if (cond->value & ~mask)
		return *no;
	if (mask >> 32)
		e = emit_word(c, word + 4, (uint32_t)(mask >> 32), (uint32_t)(cond->value >> 32), &e, no);
	if ((uint32_t)mask)
		e = emit_word(c, word, (uint32_t)mask, (uint32_t)cond->value, &e, no);
	return e;
}

/* argument != value: one half that differs is enough. */
static struct entry emit_unequal(struct compiler *c, const struct rule_cond *cond, uint64_t mask,
				 const struct entry *yes, const struct entry *no)
{
	int word = low_word(cond);
	struct entry e = *no;

	if (mask >> 32)
		e = emit_word(c, word + 4, (uint32_t)(mask >> 32), (uint32_t)(cond->value >> 32), &e, yes);
	return emit_word(c, word, (uint32_t)mask, (uint32_t)cond->value, &e, yes);
}

static struct entry emit_cond(struct compiler *c, uint16_t call, const struct rule_cond *cond,
			      const struct entry *yes, const struct entry *no)
{
	uint64_t bits = call_argument_bits(call, cond->argument);
	uint32_t mask = (uint32_t)(cond->mask & bits);
	place test;

	switch ((enum rule_op)cond->op) {
	case RULE_EQ:
		return emit_equal(c, cond, bits, yes, no);
	case RULE_MASK_EQ:
		return emit_equal(c, cond, bits & cond->mask, yes, no);
	case RULE_NE:
		return emit_unequal(c, cond, bits, yes, no);
	case RULE_IN:
		test = emit_list(c, cond->list, cond->list_count, enter(yes, low_word(cond), mask),
				 enter(no, low_word(cond), mask));
		return load_before(c, test, low_word(cond), mask);
	}
	return *no;
}

static place emit_block(struct compiler *c, const struct rule_block *block)
{
	struct entry next = entry_at(emit_answer(c, block->otherwise));

	for (size_t i = block->rule_count; i-- > 0;) {
		const struct rule *r = block->rules[i];
		struct entry e = entry_at(emit_answer(c, rule_answer(c->set, r)));

		for (size_t j = r->cond_count; j-- > 0;)
			e = emit_cond(c, block->call, &r->conds[j], &e, &next);
		next = e;
	}
	return next.start;
}

static place treat_at(struct compiler *c, uint32_t treat)
{
	return treat < RULE_BLOCK_LIMIT ? c->block_at[treat] : emit_answer(c, treat);
}

static place emit_tree(struct compiler *c, const struct span *spans, size_t count)
{
	size_t half = count / 2;
	place low, high;

	if (count == 1)
		return treat_at(c, spans[0].treat);
	if (count == 3 && spans[0].treat == spans[2].treat && spans[2].first - spans[1].first == 1) {
		high = treat_at(c, spans[1].treat);
		low = treat_at(c, spans[0].treat);
		return emit_jump(c, BPF_JEQ, spans[1].first, high, low);
	}
	high = emit_tree(c, spans + half, count - half);
	low = emit_tree(c, spans, half);
	return emit_jump(c, BPF_JGE, spans[half].first, high, low);
}

static void add_span(struct compiler *c, uint32_t first, uint32_t treat)
{
	if (c->span_count && c->spans[c->span_count - 1].treat == treat)
		return;
	c->spans[c->span_count].first = first;
	c->spans[c->span_count].treat = treat;
	c->span_count++;
}

static void find_spans(struct compiler *c)
{
	for (uint32_t i = 0; i < RULE_NUMBERS; i++)
		add_span(c, i, c->set->treat[i]);
	add_span(c, RULE_NUMBERS, c->set->unknown);
	add_span(c, RULE_X32_BIT, c->set->x32);
	add_span(c, 2 * RULE_X32_BIT, c->set->unknown);
}

/* More instructions than the program can have: a word is load, mask and jump, and helpers. */
static size_t estimate(const struct compiler *c)
{
	size_t words = 64 + 3 * c->span_count;

	for (size_t i = 0; i < c->set->block_count; i++) {
		const struct rule_block *block = &c->set->blocks[i];

		for (size_t j = 0; j < block->rule_count; j++) {
			words += 4;
			for (size_t k = 0; k < block->rules[j]->cond_count; k++)
				words += 8 + 2 * (size_t)block->rules[j]->conds[k].list_count;
		}
	}
	return words < BPF_MAXINSNS ? words : BPF_MAXINSNS;
}

/* Load, test and end with @otherwise unless it is the architecture the numbers belong to. */
static void emit_head(struct compiler *c, place tree)
{
	place kill, test;

	/* The load of the number falls through to the tree's top, so that must come next. */
	if (tree + 1u != c->length)
		(void)emit(c, BPF_JMP | BPF_JA, 0, 0, (uint32_t)distance(c, tree));
	tree = emit(c, LOAD, 0, 0, OFFSET_NUMBER);
	kill = emit(c, RETURN, 0, 0, SECCOMP_RET_KILL_PROCESS);
	test = emit_jump(c, BPF_JEQ, filter_audit_arch(c->set->arch), tree, kill);
	(void)load_before(c, test, (int)OFFSET_ARCH, UINT32_MAX);
}

/* Does @number arrive where its treatment says? Steps are bounded: every jump is forward. */
static bool arrives(const struct compiler *c, const struct sock_filter *code, uint32_t number,
		    uint32_t treat)
{
	uint32_t a = 0;
	size_t i = 0;

	while (i < c->length) {
		const struct sock_filter *f = &code[i];

		i++;
		if (f->code == RETURN)
			return f->k == treat;
		if (f->code == LOAD && f->k == OFFSET_NUMBER)
			a = number;
		else if (f->code == LOAD && f->k == OFFSET_ARCH)
			a = filter_audit_arch(c->set->arch);
		else if (f->code == LOAD)
			return treat < RULE_BLOCK_LIMIT && f == at(c, c->block_at[treat]);
		else if (f->code == (BPF_JMP | BPF_JA))
			i += f->k;
		else if (f->code == (JUMP | BPF_JEQ))
			i += a == f->k ? f->jt : f->jf;
		else if (f->code == (JUMP | BPF_JGE))
			i += a >= f->k ? f->jt : f->jf;
		else
			return false;
	}
	return false;
}

static bool is_as_asked(const struct compiler *c, const struct sock_filter *code)
{
	for (size_t i = 0; i < c->span_count; i++) {
		uint32_t last = i + 1 < c->span_count ? c->spans[i + 1].first - 1 : UINT32_MAX;

		if (!arrives(c, code, c->spans[i].first, c->spans[i].treat) ||
		    !arrives(c, code, last, c->spans[i].treat))
			return false;
	}
	return true;
}

enum ambit_code rule_compile(struct arena *a, const struct rule_set *set,
			     struct filter_prog *ret_prog, struct ambit_error *err)
{
	struct compiler c = { .set = set };
	struct sock_filter *code;

	c.spans = arena_array(a, RULE_NUMBERS + 3, sizeof(*c.spans));
	c.block_at = arena_array(a, set->block_count, sizeof(*c.block_at));
	if (!c.spans || !c.block_at)
		return err_memory(err, AMBIT_LAYER_SECCOMP);
	find_spans(&c);
	c.capacity = estimate(&c);
	c.code = arena_array(a, c.capacity, sizeof(*c.code));
	c.nearest = arena_array(a, c.capacity, sizeof(*c.nearest));
	if (!c.code || !c.nearest)
		return err_memory(err, AMBIT_LAYER_SECCOMP);
	for (size_t i = 0; i < set->block_count && !c.full; i++)
		c.block_at[i] = emit_block(&c, &set->blocks[i]);
	if (!c.full)
		emit_head(&c, emit_tree(&c, c.spans, c.span_count));
	if (c.full)
		return err_set(err, AMBIT_E_INTERNAL, AMBIT_LAYER_SECCOMP, 0,
			       "the filter needs more than %d instructions", BPF_MAXINSNS);
	code = c.code + (c.capacity - c.length);
	if (!is_as_asked(&c, code))
		return err_set(err, AMBIT_E_INTERNAL, AMBIT_LAYER_SECCOMP, 0,
			       "the filter does not answer as its rules say");
	ret_prog->code = code;
	ret_prog->count = c.length;
	return AMBIT_OK;
}

enum ambit_code filter_build(struct arena *a, const struct filter_want *want,
			     struct filter_prog *ret_prog, struct ambit_error *err)
{
	struct rule_set set;
	enum ambit_code code = rule_set_build(a, want, &set, err);

	if (code != AMBIT_OK)
		return code;
	return rule_compile(a, &set, ret_prog, err);
}
