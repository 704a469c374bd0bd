/* SPDX-License-Identifier: ISC */
/*
 * parse_syscall.c - the escape hatch: syscall NAME { arg N OP VALUE ... answer ERRNO }
 *
 * Whether the call exists is the filter table's business; here only the form is checked.
 */
#include <string.h>

#include "../base/errname.h"
#include "../base/num.h"
#include "../base/str.h"
#include "parse.h"
#include "symbol.h"

struct block {
	struct syscall_cond *conds;
	size_t count;
	uint64_t answer;
	bool answered;
};

static enum ambit_code block_usage(struct parser *ps)
{
	return err_hint(ps->err, "in the block: arg N = VALUE, arg N != VALUE, "
				 "arg N & MASK = VALUE, answer ERRNO");
}

static enum ambit_code parse_number(struct parser *ps, const struct word *word, uint64_t *ret)
{
	char show[SHOW_SIZE];

	if (!word->quoted && num_parse_any(word->text, word->length, UINT64_MAX, ret) == 0)
		return AMBIT_OK;
	if (!word->quoted && symbol_value(word->text, word->length, ret))
		return AMBIT_OK;
	(void)lex_error(&ps->lex, word, "not a number or known constant: '%s'",
			word_show(show, word));
	return err_hint(ps->err, "write the number: decimal, 0x hexadecimal or 0 octal");
}

/* words: arg N [& MASK] =|!= VALUE */
static enum ambit_code parse_cond(struct parser *ps, const struct unit *u, struct block *b)
{
	bool masked = u->count == 6 && word_is(&u->words[2], "&");
	const struct word *op = &u->words[masked ? 4 : 2], *value = op + 1;
	struct syscall_cond cond = { 0 };
	enum ambit_code code = AMBIT_OK;
	uint64_t argument;

	if (!masked && u->count != 4) {
		(void)lex_error(&ps->lex, &u->words[0], "a condition is not written like this");
		return block_usage(ps);
	}
	if (num_parse(u->words[1].text, u->words[1].length, 5, &argument) < 0) {
		(void)lex_error(&ps->lex, &u->words[1], "a system call has the arguments 0 to 5");
		return block_usage(ps);
	}
	cond.argument = (uint8_t)argument;
	cond.op = masked ? COND_MASK_EQ : word_is(op, "!=") ? COND_NE : COND_EQ;
	if (cond.op != COND_NE && !word_is(op, "=")) {
		(void)lex_error(&ps->lex, op, "a condition compares with = or !=%s",
				masked ? "; after a mask with = only" : "");
		return block_usage(ps);
	}
	if (masked)
		code = parse_number(ps, &u->words[3], &cond.mask);
	if (code == AMBIT_OK)
		code = parse_number(ps, value, &cond.value);
	if (code != AMBIT_OK)
		return code;
	if (masked && (cond.value & ~cond.mask)) {
		(void)lex_error(&ps->lex, value, "the value has bits outside the mask: never true");
		return err_hint(ps->err, "widen the mask, or take the bits out of the value");
	}
	b->conds[b->count++] = cond;
	return AMBIT_OK;
}

static enum ambit_code parse_answer(struct parser *ps, const struct unit *u, struct block *b)
{
	char show[SHOW_SIZE];

	if (u->count != 2 || b->answered) {
		(void)lex_error(&ps->lex, &u->words[0],
				b->answered ? "a second answer" : "'answer' takes one word");
		return block_usage(ps);
	}
	b->answered = true;
	b->answer = (uint64_t)errno_by_name(u->words[1].text, u->words[1].length);
	if (b->answer)
		return AMBIT_OK;
	(void)lex_error(&ps->lex, &u->words[1], "unknown error '%s'",
			word_show(show, &u->words[1]));
	return err_hint(ps->err, "write its name, as EPERM, ENOSYS or EACCES");
}

static enum ambit_code parse_line(struct parser *ps, const struct unit *u, struct block *b)
{
	char show[SHOW_SIZE];

	if (word_is(&u->words[0], "answer"))
		return parse_answer(ps, u, b);
	if (word_is(&u->words[0], "arg") && b->count < POLICY_CONDS_MAX)
		return parse_cond(ps, u, b);
	if (word_is(&u->words[0], "arg"))
		(void)lex_error(&ps->lex, &u->words[0], "more than %d conditions",
				POLICY_CONDS_MAX);
	else
		(void)lex_error(&ps->lex, &u->words[0], "unknown word '%s' in a syscall block",
				word_show(show, &u->words[0]));
	return block_usage(ps);
}

/* Read up to the '}'. @opener says where the block began, for messages. */
static enum ambit_code parse_block(struct parser *ps, const struct word *opener, struct block *b)
{
	struct unit u;

	for (;;) {
		enum ambit_code code = lex_unit(&ps->lex, &u);

		if (code == AMBIT_OK && u.end == UNIT_OPEN) {
			(void)lex_error(&ps->lex, &u.brace, "a block inside a block");
			code = block_usage(ps);
		}
		if (code == AMBIT_OK && u.count)
			code = parse_line(ps, &u, b);
		if (code != AMBIT_OK || u.end == UNIT_CLOSE)
			return code;
		if (u.end == UNIT_END) {
			(void)lex_error(&ps->lex, opener, "block without end");
			return err_hint(ps->err, "close it with '}' on a line of its own");
		}
	}
}

static bool call_name_ok(const struct word *word)
{
	for (uint32_t i = 0; i < word->length; i++) {
		char c = word->text[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '_')
			return false;
	}
	return word->length > 0 && word->length <= 32;
}

enum ambit_code parse_syscall(struct parser *ps, const struct directive *d)
{
	enum ambit_code code = parse_count(ps, d, 1, 1);
	struct syscall_cond conds[POLICY_CONDS_MAX];
	struct block b = { .conds = conds };
	char show[SHOW_SIZE];
	struct grant *g;

	if (code == AMBIT_OK && !call_name_ok(&d->words[1])) {
		(void)lex_error(&ps->lex, &d->words[1], "not the name of a system call: '%s'",
				word_show(show, &d->words[1]));
		code = err_hint(ps->err, "names are lower case, as in syscalls(2)");
	}
	if (code == AMBIT_OK && d->unit->end == UNIT_OPEN)
		code = parse_block(ps, &d->unit->brace, &b);
	if (code != AMBIT_OK)
		return code;
	/* What follows the block is the next directive's business. */
	if (d->unit->end == UNIT_OPEN)
		d->unit->end = UNIT_CLOSE;
	g = parse_grant(ps, d, &d->words[1]);
	if (!g)
		return AMBIT_E_RESOURCE;
	g->name = parse_copy(ps, &d->words[1]);
	g->number = b.answer;
	g->cond_count = b.count;
	if (b.count) {
		struct syscall_cond *copy = arena_array(&ps->policy->arena, b.count, sizeof(*copy));

		if (!copy)
			return parse_memory(ps);
		memcpy(copy, conds, b.count * sizeof(*copy));
		g->conds = copy;
	}
	return g->name ? AMBIT_OK : AMBIT_E_RESOURCE;
}
