/* SPDX-License-Identifier: ISC */
/*
 * compile.c - rules become classic BPF
 *
 * DOC: Theory of operation
 *
 * The program, which emit.c writes from its end to its beginning:
 *
 *	load arch, other than ours: kill
 *	load number, balanced tree of comparisons over ranges of equal treatment
 *	argument checks, one block for all calls that share their rules
 *
 * The kernel runs the program for every number when it is loaded and keeps a bitmap of those
 * that are allowed whatever their arguments are; it does so for loads of number and architecture,
 * jumps and returns only. A tree makes that quick, and argument checks cheap later. What loading
 * costs beside it goes by the count of instructions, so lists of values become bits where
 * they lie close together, and a range with few exceptions is one leaf.
 *
 * Before the program is handed out, all 2^32 numbers are followed through its tree, as ranges that
 * split where a comparison splits them, and must arrive at the answer or the block the rules name.
 */
#include <stddef.h>
#include <string.h>

#include "emit.h"

#define OFFSET_NUMBER ((uint32_t)offsetof(struct seccomp_data, nr))
#define OFFSET_ARCH   ((uint32_t)offsetof(struct seccomp_data, arch))

/* Exceptions tested one by one at a leaf of the tree; values of rules that are put together. */
enum { EXCEPTIONS = 3, MERGED = 256 };
/* Instructions that nearly every filter fits into: less memory to touch than the maximum. */
enum { USUAL = 704 };

/* Numbers from @first up to the next span are treated alike. */
struct span {
	uint32_t first, treat;
};

struct compiler {
	struct emitter e;
	const struct rule_set *set;
	place *block_at;
	bool *block_done;
	struct span *spans;
	size_t span_count;
};

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

	if (mask >> 32)
		e = emit_word(&c->e, word + 4, (uint32_t)(mask >> 32),
			      (uint32_t)(cond->value >> 32), &e, no);
	if ((uint32_t)mask)
		e = emit_word(&c->e, word, (uint32_t)mask, (uint32_t)cond->value, &e, no);
	return e;
}

/* argument != value: one half that differs is enough. */
static struct entry emit_unequal(struct compiler *c, const struct rule_cond *cond, uint64_t mask,
				 const struct entry *yes, const struct entry *no)
{
	int word = low_word(cond);
	struct entry e = *no;

	if (mask >> 32)
		e = emit_word(&c->e, word + 4, (uint32_t)(mask >> 32),
			      (uint32_t)(cond->value >> 32), &e, yes);
	return emit_word(&c->e, word, (uint32_t)mask, (uint32_t)cond->value, &e, yes);
}

static struct entry emit_cond(struct compiler *c, uint16_t call, const struct rule_cond *cond,
			      const struct entry *yes, const struct entry *no)
{
	uint64_t bits = call_argument_bits(call, cond->argument);

	switch ((enum rule_op)cond->op) {
	case RULE_EQ:
		return emit_equal(c, cond, bits, yes, no);
	case RULE_MASK_EQ:
		return emit_equal(c, cond, bits & cond->mask, yes, no);
	case RULE_NE:
		return emit_unequal(c, cond, bits, yes, no);
	case RULE_IN:
		return emit_set(&c->e, low_word(cond), (uint32_t)(cond->mask & bits), cond->list,
				cond->list_count, (const struct entry *[]){ yes, no });
	case RULE_KEY:
		return emit_key(&c->e, low_word(cond), cond->value, yes, no);
	}
	return *no;
}

/* A rule that asks for one of some values of an argument of 32 bits, and nothing else. */
static bool is_plain_list(uint16_t call, const struct rule *r)
{
	const struct rule_cond *cond = r->conds;

	if (r->cond_count != 1 || call_argument_bits(call, cond->argument) != UINT32_MAX)
		return false;
	return cond->op == RULE_EQ || (cond->op == RULE_IN && cond->mask == UINT32_MAX);
}

/* Put the values of a rule into @values, which rises. */
static size_t merge_values(uint32_t *values, size_t count, const struct rule_cond *cond)
{
	const uint32_t one = (uint32_t)cond->value, *list = cond->op == RULE_IN ? cond->list : &one;
	size_t list_count = cond->op == RULE_IN ? cond->list_count : 1;
	uint32_t old[MERGED] = { 0 };
	size_t i = 0, j = 0, n = 0;

	memcpy(old, values, count * sizeof(*old));
	while (i < count || j < list_count) {
		uint32_t next =
			j == list_count || (i < count && old[i] <= list[j]) ? old[i] : list[j];

		i += i < count && old[i] == next;
		j += j < list_count && list[j] == next;
		values[n++] = next;
	}
	return n;
}

/*
 * Of the rules up to @last, not itself: how many from the end on all answer the same and ask for
 * values of the same argument only, so that they are one set.
 */
static size_t mergeable(const struct rule_block *block, size_t last)
{
	const struct rule *const *rules = block->rules;
	size_t first = last, values = 0;

	while (first > 0 && is_plain_list(block->call, rules[first - 1])) {
		const struct rule *r = rules[first - 1], *end = rules[last - 1];

		values += r->conds->op == RULE_IN ? r->conds->list_count : 1;
		if (values > MERGED || r->conds->argument != end->conds->argument ||
		    r->answer != end->answer || r->sys_errno != end->sys_errno)
			break;
		first--;
	}
	return last - first;
}

static place emit_block(struct compiler *c, const struct rule_block *block)
{
	struct entry next = entry_at(emit_answer(&c->e, block->otherwise));
	size_t merged;

	for (size_t i = block->rule_count; i > 0; i -= merged) {
		const struct rule *r = block->rules[i - 1];
		struct entry e = entry_at(emit_answer(&c->e, rule_answer(c->set, r)));
		const struct entry *const yes_no[] = { &e, &next };

		merged = mergeable(block, i);
		if (merged > 1) {
			uint32_t values[MERGED];
			size_t count = 0;

			for (size_t j = i - merged; j < i; j++)
				count = merge_values(values, count, block->rules[j]->conds);
			next = emit_set(&c->e, low_word(r->conds), UINT32_MAX, values, count,
					yes_no);
			continue;
		}
		merged = 1;
		for (size_t j = r->cond_count; j-- > 0;)
			e = emit_cond(c, block->call, &r->conds[j], &e, &next);
		next = e;
	}
	return next.start;
}

/* A block is put where it is needed first: near the leaf that leads there. */
static place treat_at(struct compiler *c, uint32_t treat)
{
	if (treat >= RULE_BLOCK_LIMIT)
		return emit_answer(&c->e, treat);
	if (!c->block_done[treat]) {
		c->block_at[treat] = emit_block(c, &c->set->blocks[treat]);
		c->block_done[treat] = true;
	}
	return c->block_at[treat];
}

/* One span, or one that has others of a single number each in it. */
struct leaf {
	uint16_t first_span, span_count;
};

static uint32_t first_number(const struct compiler *c, const struct leaf *leaf)
{
	return c->spans[leaf->first_span].first;
}

static place emit_leaf(struct compiler *c, const struct leaf *leaf)
{
	const struct span *spans = &c->spans[leaf->first_span];
	place next = treat_at(c, spans[0].treat);

	for (size_t i = leaf->span_count; i > 1; i -= 2) {
		place single = treat_at(c, spans[i - 2].treat);

		next = emit_jump(&c->e, BPF_JEQ, spans[i - 2].first, single, next);
	}
	return next;
}

/*
 * Where to split: so that about as many numbers lie on either side. The kernel runs every
 * number through the tree when it loads the program, so long ranges belong near its top.
 */
static size_t split(const struct compiler *c, const struct leaf *leaves, size_t count)
{
	uint32_t first = first_number(c, &leaves[0]), last = first_number(c, &leaves[count - 1]);
	uint32_t middle = first + ((last < RULE_NUMBERS ? last : RULE_NUMBERS) - first) / 2;
	size_t low = 1, high = count - 1;

	while (low < high) {
		size_t i = low + (high - low) / 2;

		if (first_number(c, &leaves[i]) <= middle)
			low = i + 1;
		else
			high = i;
	}
	return low;
}

static place emit_tree(struct compiler *c, const struct leaf *leaves, size_t count)
{
	size_t half = count > 1 ? split(c, leaves, count) : 0;
	place low, high;

	if (count == 1)
		return emit_leaf(c, leaves);
	high = emit_tree(c, leaves + half, count - half);
	low = emit_tree(c, leaves, half);
	return emit_jump(&c->e, BPF_JGE, first_number(c, &leaves[half]), high, low);
}

static size_t find_leaves(const struct compiler *c, struct leaf *leaves)
{
	size_t count = 0, next;

	for (size_t i = 0; i < c->span_count; i = next) {
		const struct span *s = &c->spans[i];

		for (next = i + 1; next + 1 < c->span_count && next < i + 2 * EXCEPTIONS;
		     next += 2) {
			if (c->spans[next + 1].treat != s->treat ||
			    c->spans[next + 1].first - c->spans[next].first != 1)
				break;
		}
		leaves[count++] = (struct leaf){ (uint16_t)i, (uint16_t)(next - i) };
	}
	return count;
}

/* The span that begins at @number, unless it goes on as before; returns the count. */
static size_t add_span(const struct compiler *c, size_t count, uint32_t number, uint32_t treat)
{
	if (c->spans[count - 1].treat == treat)
		return count;
	c->spans[count] = (struct span){ number, treat };
	return count + 1;
}

static size_t find_spans(const struct compiler *c)
{
	const uint32_t *treat = c->set->treat;
	struct span *spans = c->spans;
	size_t count = 1;

	spans[0] = (struct span){ 0, treat[0] };
	for (uint32_t i = 1; i < RULE_NUMBERS; i++)
		if (treat[i] != treat[i - 1])
			spans[count++] = (struct span){ i, treat[i] };
	count = add_span(c, count, RULE_NUMBERS, c->set->unknown);
	count = add_span(c, count, RULE_X32_BIT, c->set->x32);
	return add_span(c, count, 2 * RULE_X32_BIT, c->set->unknown);
}

/* Kill what is of another architecture; then the number, and the tree. */
static void emit_head(struct compiler *c, place tree)
{
	place numbers = emit_load(&c->e, OFFSET_NUMBER, tree);
	place kill = emit(&c->e, EMIT_RETURN, 0, 0, SECCOMP_RET_KILL_PROCESS);
	place test = emit_jump(&c->e, BPF_JEQ, filter_audit_arch(c->set->arch), numbers, kill);

	(void)emit_load(&c->e, OFFSET_ARCH, test);
}

/* Numbers on their way through the tree, all treated alike so far. */
struct way {
	const struct sock_filter *at;
	uint32_t low, high;
};

/* They have arrived: is it where the one span they lie in says? @span follows as they rise. */
static bool is_right_end(const struct compiler *c, const struct way *way, size_t *span)
{
	uint32_t treat;

	while (*span + 1 < c->span_count && c->spans[*span + 1].first <= way->low)
		++*span;
	if (*span + 1 < c->span_count && c->spans[*span + 1].first <= way->high)
		return false;
	treat = c->spans[*span].treat;
	if (treat >= RULE_BLOCK_LIMIT)
		return way->at->code == EMIT_RETURN && way->at->k == treat;
	return way->at == emit_at(&c->e, c->block_at[treat]);
}

/* Follow every number of @way through the tree, lower ones first. Every jump leads forward. */
static bool all_arrive(const struct compiler *c, struct way way, size_t *span)
{
	for (;;) {
		const struct sock_filter *f = way.at, *yes = f + 1 + f->jt, *no = f + 1 + f->jf;

		if (f->code == (EMIT_JUMP | BPF_JGE)) {
			way.at = way.low >= f->k ? yes : no;
			if (way.low >= f->k || way.high < f->k)
				continue;
			if (!all_arrive(c, (struct way){ no, way.low, f->k - 1 }, span))
				return false;
			way.at = yes;
			way.low = f->k;
		} else if (f->code == (EMIT_JUMP | BPF_JEQ)) {
			way.at = no;
			if (f->k < way.low || f->k > way.high)
				continue;
			if ((f->k > way.low &&
			     !all_arrive(c, (struct way){ no, way.low, f->k - 1 }, span)) ||
			    !all_arrive(c, (struct way){ yes, f->k, f->k }, span))
				return false;
			if (f->k == way.high)
				return true;
			way.low = f->k + 1;
		} else if (f->code == EMIT_GOTO) {
			way.at = f + 1 + f->k;
		} else {
			return is_right_end(c, &way, span);
		}
	}
}

/* Does the program begin by looking at the architecture, and treat every number as asked? */
static bool is_as_asked(const struct compiler *c, const struct sock_filter *code)
{
	const struct sock_filter *yes = code + 2 + code[1].jt, *no = code + 2 + code[1].jf;
	size_t span = 0;

	return code[0].code == EMIT_LOAD && code[0].k == OFFSET_ARCH &&
	       code[1].code == (EMIT_JUMP | BPF_JEQ) &&
	       code[1].k == filter_audit_arch(c->set->arch) && no->code == EMIT_RETURN &&
	       no->k == SECCOMP_RET_KILL_PROCESS && yes->code == EMIT_LOAD &&
	       yes->k == OFFSET_NUMBER &&
	       all_arrive(c, (struct way){ yes + 1, 0, UINT32_MAX }, &span);
}

static size_t count_spans(const struct rule_set *set)
{
	size_t count = 4;

	for (size_t i = 1; i < RULE_NUMBERS; i++)
		count += set->treat[i] != set->treat[i - 1];
	return count;
}

/* False when memory ran out. A program that needs more than @capacity is seen in c->e.full. */
static bool compile(struct arena *a, struct compiler *c, size_t capacity)
{
	size_t spans = count_spans(c->set);
	struct leaf *leaves = arena_array(a, spans, sizeof(*leaves));

	c->spans = arena_array(a, spans, sizeof(*c->spans));
	c->block_at = arena_array(a, c->set->block_count, sizeof(*c->block_at));
	c->block_done = arena_array(a, c->set->block_count, sizeof(*c->block_done));
	c->e.nearest = arena_array(a, capacity, sizeof(*c->e.nearest));
	c->e.code = arena_array(a, capacity, sizeof(*c->e.code));
	c->e.capacity = capacity;
	if (!leaves || !c->spans || !c->block_at || !c->block_done || !c->e.nearest || !c->e.code)
		return false;
	c->span_count = find_spans(c);
	emit_head(c, emit_tree(c, leaves, find_leaves(c, leaves)));
	return true;
}

enum ambit_code rule_compile(struct arena *a, const struct rule_set *set,
			     struct filter_prog *ret_prog, struct ambit_error *err)
{
	struct compiler c = { .set = set };
	struct sock_filter *code;

	if (!compile(a, &c, USUAL))
		return err_memory(err, AMBIT_LAYER_SECCOMP);
	if (c.e.full) {
		c = (struct compiler){ .set = set };
		if (!compile(a, &c, BPF_MAXINSNS))
			return err_memory(err, AMBIT_LAYER_SECCOMP);
	}
	if (c.e.full)
		return err_set(err, AMBIT_E_INTERNAL, AMBIT_LAYER_SECCOMP, 0,
			       "the filter needs more than %d instructions", BPF_MAXINSNS);
	code = c.e.code + (c.e.capacity - c.e.length);
	if (!is_as_asked(&c, code))
		return err_set(err, AMBIT_E_INTERNAL, AMBIT_LAYER_SECCOMP, 0,
			       "the filter does not answer as its rules say");
	ret_prog->code = code;
	ret_prog->count = c.e.length;
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
