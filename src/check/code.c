/* SPDX-License-Identifier: ISC */
#include "code.h"

#include <stdlib.h>
#include <string.h>

enum { INSNS_MAX = 400000, WINDOW_MAX = 1 << 18 };

uint64_t stub_target(const struct program *p, uint64_t address, bool *ret_ifunc)
{
	uint64_t at = address;
	UNINITIALIZED struct decoded d;

	for (int i = 0; i < 3; i++) {
		const struct slot *slot;
		uint64_t place;

		if (!decode_short(p, false, at, &d))
			return address;
		if (d.insn.mnemonic == ZYDIS_MNEMONIC_ENDBR64) {
			at += d.insn.length;
			continue;
		}
		if (d.insn.mnemonic != ZYDIS_MNEMONIC_JMP)
			return address;
		place = operand_place(p, &d, at, &d.operands[0]);
		slot = place ? slot_at(object_of(p, place), place) : NULL;
		if (!slot || !slot->target)
			return address;
		*ret_ifunc = slot->ifunc;
		return slot->target;
	}
	return address;
}

/* The place in the window that is for @address; NULL: it is in none. */
static uint32_t *window_at(const struct code *c, uint64_t address)
{
	const struct fde *own = c->own;

	return c->window_size && own && address >= own->start && address < own->end &&
			       own->end - own->start <= c->window_size
		       ? &c->window[address - own->start]
		       : NULL;
}

bool code_find(const struct code *c, uint64_t address, uint32_t *ret_index)
{
	const uint32_t *at = window_at(c, address);

	if (!at)
		return map_get(&c->index, address, ret_index);
	*ret_index = *at - 1;
	return *at;
}

static void note_index(struct code *c, uint64_t address, uint32_t index)
{
	uint32_t *at = window_at(c, address);

	if (at)
		*at = index + 1;
	else
		(void)map_put(&c->index, address, index);
}

/* What of the window was used is wiped, and no more: it may be large. */
static void forget_index(struct code *c)
{
	for (size_t i = 0; i < c->insns.count; i++) {
		uint32_t *at = window_at(c, c->insns.at[i].address);

		if (at)
			*at = 0;
	}
	map_clear(&c->index);
}

static void widen_window(struct code *c)
{
	const uint64_t size = c->own ? c->own->end - c->own->start : 0;

	if (size <= c->window_size || size > WINDOW_MAX)
		return;
	free(c->window);
	c->window_size = (size_t)size * 2;
	c->window = store_alloc(c->window_size, sizeof(*c->window));
}

void code_begin(struct code *c, const struct program *p, uint64_t entry,
		const struct code_calls *calls)
{
	forget_index(c);
	c->program = p;
	c->object = object_of(p, entry);
	c->calls = *calls;
	c->entry = entry;
	c->own = c->object ? fde_at(c->object, entry) : NULL;
	c->insns.count = c->links.count = c->pending.count = c->tables.count = 0;
	c->leaves.count = c->refers.count = c->named.count = 0;
	c->returns = c->too_long = c->stack_shared = c->guesses = c->everywhere = false;
	c->budget = INSNS_MAX;
	widen_window(c);
}

void code_done(struct code *c)
{
	free(c->insns.at);
	free(c->links.at);
	free(c->pending.at);
	free(c->tables.at);
	free(c->leaves.at);
	free(c->refers.at);
	free(c->named.at);
	free(c->window);
	map_done(&c->index);
}

void code_start(struct code *c, uint64_t address)
{
	struct pending *next = vec_add(&c->pending);

	*next = (struct pending){ .address = address, .start = true };
}

static void add_pad(void *context, uint64_t address)
{
	struct code *c = context;

	if (is_code(c->program, address))
		code_goes(c, address, 0);
}

void code_goes(struct code *c, uint64_t address, uint32_t from)
{
	struct pending *next = vec_add(&c->pending);

	*next = (struct pending){ .address = address, .from = from };
}

bool code_leaves(const struct code *c, uint64_t target)
{
	if (target == c->entry)
		return false;
	if (c->own && target >= c->own->start && target < c->own->end)
		return false;
	return map_has(&c->object->starts, target);
}

static void link_jump(struct code *c, uint32_t to, uint32_t from)
{
	struct link *l = vec_add(&c->links);

	*l = (struct link){ .from = from, .next = c->insns.at[to].jumps };
	c->insns.at[to].jumps = (uint32_t)c->links.count;
}

/* The stub of the PLT is looked through; a slot of the GOT that nothing fills is never called. */
static void resolve_branch(const struct code *c, const struct decoded *d, struct insn *i)
{
	uint64_t place = operand_place(c->program, d, i->address, &d->operands[0]);
	const struct slot *slot = place ? slot_at(object_of(c->program, place), place) : NULL;

	i->target = relative_target(d, i->address);
	if (i->target) {
		i->target = is_code(c->program, i->target)
				    ? stub_target(c->program, i->target, &i->ifunc)
				    : 0;
	} else if (slot) {
		i->target = slot->target;
		i->ifunc = slot->ifunc;
	}
}

static void classify_jump(const struct code *c, const struct decoded *d, struct insn *i)
{
	bool outside;

	resolve_branch(c, d, i);
	outside = i->target &&
		  (i->ifunc || object_of(c->program, i->target) != c->object ||
		   i->target != relative_target(d, i->address) || code_leaves(c, i->target));
	if (d->insn.mnemonic != ZYDIS_MNEMONIC_JMP) {
		i->kind = INSN_BRANCH;
		return;
	}
	if (!i->target)
		i->kind = relative_target(d, i->address) ? INSN_BAD : INSN_JUMP_INDIRECT;
	else
		i->kind = outside ? INSN_TAIL : INSN_JUMP;
}

static void classify_call(const struct code *c, const struct decoded *d, struct insn *i)
{
	resolve_branch(c, d, i);
	if (i->target == i->address + i->length) { /* call to the next: it asks where it is */
		i->target = 0;
		i->kind = INSN_PLAIN;
		return;
	}
	i->kind = i->target ? INSN_CALL : INSN_CALL_INDIRECT;
	if (!i->target && relative_target(d, i->address))
		i->kind = INSN_BAD;
}

static void classify(const struct code *c, const struct decoded *d, struct insn *i)
{
	switch ((int)d->insn.mnemonic) {
	case ZYDIS_MNEMONIC_CALL:
		classify_call(c, d, i);
		return;
	case ZYDIS_MNEMONIC_RET:
	case ZYDIS_MNEMONIC_IRETQ:
	case ZYDIS_MNEMONIC_IRETD:
		i->kind = INSN_RETURN;
		return;
	case ZYDIS_MNEMONIC_SYSCALL:
	case ZYDIS_MNEMONIC_SYSENTER:
		i->kind = INSN_SYSCALL;
		return;
	case ZYDIS_MNEMONIC_INT:
		i->kind = d->operands[0].imm.value.u == 0x80 ? INSN_SYSCALL : INSN_STOP;
		return;
	case ZYDIS_MNEMONIC_HLT:
	case ZYDIS_MNEMONIC_UD0:
	case ZYDIS_MNEMONIC_UD1:
	case ZYDIS_MNEMONIC_UD2:
	case ZYDIS_MNEMONIC_INT3:
		i->kind = INSN_STOP;
		return;
	default:
		break;
	}
	if (d->insn.mnemonic == ZYDIS_MNEMONIC_JMP || relative_target(d, i->address))
		classify_jump(c, d, i);
}

/* At most one operand lies at a fixed distance from here, and that is all that is an address. */
static void note_place(struct code *c, const struct decoded *d, uint32_t at)
{
	struct insn *i = &c->insns.at[at];
	uint64_t place = 0;
	struct named *named;

	for (size_t n = 0; n < d->insn.operand_count_visible && !place; n++)
		place = operand_place(c->program, d, i->address, &d->operands[n]);
	if (!place)
		return;
	named = vec_add(&c->named);
	*named = (struct named){
		.place = place,
		.insn = at,
		.reg = d->operands[0].type == ZYDIS_OPERAND_TYPE_REGISTER
			       ? (int8_t)register_number(d->operands[0].reg.value)
			       : -1,
		.how = d->insn.mnemonic == ZYDIS_MNEMONIC_LEA	? NAMED_ADDRESS
		       : d->insn.mnemonic == ZYDIS_MNEMONIC_MOV ? NAMED_MOVED
								: NAMED_OTHER,
	};
	if (named->how == NAMED_ADDRESS)
		*vec_add(&c->refers) = place;
}

/* Has it an operand that names a place for good? Most have not, and are not looked at again. */
static bool refers(const struct code *c, const struct decoded *d)
{
	for (size_t i = 0; i < d->insn.operand_count_visible; i++) {
		const ZydisDecodedOperand *op = &d->operands[i];

		if (op->type == ZYDIS_OPERAND_TYPE_MEMORY &&
		    (op->mem.base == ZYDIS_REGISTER_RIP ||
		     (c->object->fixed && op->mem.disp.has_displacement)))
			return true;
		if (op->type == ZYDIS_OPERAND_TYPE_IMMEDIATE && c->object->fixed &&
		    !op->imm.is_relative)
			return true;
	}
	return false;
}

static uint32_t add_insn(struct code *c, uint64_t address)
{
	uint32_t at = (uint32_t)c->insns.count;
	struct insn *i = vec_add(&c->insns);
	UNINITIALIZED struct decoded d;

	note_index(c, address, at);
	*i = (struct insn){ .address = address };
	if (!decode_short(c->program, c->object->fixed, address, &d)) {
		i->kind = INSN_BAD;
		return at;
	}
	i->length = d.insn.length;
	classify(c, &d, i);
	i->refers = refers(c, &d);
	if (i->refers)
		note_place(c, &d, at);
	c->stack_shared = c->stack_shared || takes_stack_address(&d);
	if (i->kind == INSN_JUMP_INDIRECT)
		*vec_add(&c->tables) = at;
	if (i->kind == INSN_RETURN || i->kind == INSN_JUMP_INDIRECT)
		c->returns = true;
	return at;
}

/* Does control go on after instruction @at? What it jumps to is put down. */
static bool falls_through(struct code *c, uint32_t at)
{
	const struct insn *i = &c->insns.at[at];

	switch ((enum insn_kind)i->kind) {
	case INSN_PLAIN:
	case INSN_CALL_INDIRECT:
	case INSN_SYSCALL:
		return true;
	case INSN_CALL:
		return c->calls.returns(c->calls.context, i->target, i->ifunc);
	case INSN_BRANCH:
		if (i->target && !i->ifunc && !code_leaves(c, i->target))
			code_goes(c, i->target, at + 1);
		return true;
	case INSN_JUMP:
		code_goes(c, i->target, at + 1);
		return false;
	case INSN_TAIL:
		if (c->calls.returns(c->calls.context, i->target, i->ifunc))
			c->returns = true;
		return false;
	case INSN_JUMP_INDIRECT:
	case INSN_JUMP_TABLE:
	case INSN_RETURN:
	case INSN_STOP:
	case INSN_BAD:
		return false;
	}
	return false;
}

/* A return to what stands there instead of the caller's place: a call by a thunk, push and ret. */
static bool replaces_return(const struct code *c, const struct insn *i)
{
	UNINITIALIZED struct decoded d;

	if (!decode_at(c->program, i->address, &d))
		return false;
	return d.insn.mnemonic == ZYDIS_MNEMONIC_PUSH ||
	       (d.insn.mnemonic == ZYDIS_MNEMONIC_MOV &&
		d.operands[0].type == ZYDIS_OPERAND_TYPE_MEMORY &&
		d.operands[0].mem.base == ZYDIS_REGISTER_RSP &&
		d.operands[0].mem.index == ZYDIS_REGISTER_NONE &&
		d.operands[0].mem.disp.value == 0);
}

/* From one place on, until it joins what is known or control goes elsewhere. */
static void explore_from(struct code *c, const struct pending *begin)
{
	uint64_t address = begin->address;
	uint32_t before = 0;

	for (bool first = true;; first = false) {
		uint32_t at;
		bool known = code_find(c, address, &at);

		if (!first && !known && code_leaves(c, address)) {
			*vec_add(&c->leaves) = address;
			c->returns = true;
			return;
		}
		if (!known) {
			if (c->insns.count >= c->budget) {
				c->too_long = true;
				return;
			}
			at = add_insn(c, address);
			if (c->insns.at[at].kind == INSN_RETURN && before &&
			    replaces_return(c, &c->insns.at[before - 1]))
				c->insns.at[at].kind = INSN_JUMP_INDIRECT;
		}
		if (first && begin->from)
			link_jump(c, at, begin->from - 1);
		c->insns.at[at].start = c->insns.at[at].start || (first && begin->start);
		if (before)
			c->insns.at[at].before = before;
		if (known || !falls_through(c, at))
			return;
		before = at + 1;
		address += c->insns.at[at].length;
	}
}

static void explore_pending(struct code *c)
{
	while (c->pending.count) {
		struct pending next = c->pending.at[--c->pending.count];

		explore_from(c, &next);
	}
}

/* A jump that no table explains goes perhaps to any label whose address is in data. */
static void go_to_labels(struct code *c, uint32_t from)
{
	for (size_t i = 0; c->own && i < c->object->labels.count; i++) {
		uint64_t target = c->object->labels.at[i];

		if (target > c->own->start && target < c->own->end)
			code_goes(c, target, from + 1);
	}
}

/*
 * A jump that nothing explains, or a table without a bound, leads anywhere in its function: all of
 * that counts which is not there to align what follows.
 */
static void go_everywhere(struct code *c, uint32_t from)
{
	const struct segment *segment = segment_of(c->program, c->own->start);
	const uint64_t end =
		segment && segment->file_end < c->own->end ? segment->file_end : c->own->end;
	uint64_t at = c->own->start;

	c->guesses = c->everywhere = true;
	while (segment && at < end && !c->too_long) {
		UNINITIALIZED struct decoded d;
		uint32_t known;

		if (code_find(c, at, &known)) {
			at += c->insns.at[known].length ? c->insns.at[known].length : 1;
		} else if (!decode_at(c->program, at, &d)) {
			at++;
		} else if (d.insn.meta.category == ZYDIS_CATEGORY_NOP ||
			   d.insn.meta.category == ZYDIS_CATEGORY_WIDENOP ||
			   d.insn.mnemonic == ZYDIS_MNEMONIC_INT3) {
			at += d.insn.length;
		} else {
			code_goes(c, at, from + 1);
			explore_pending(c);
		}
	}
}

void code_explore(struct code *c)
{
	if (!c->object)
		return;
	explore_pending(c);
	if (c->own && c->own->lsda)
		unwind_pads(c->program, c->own, add_pad, c);
	explore_pending(c);
	for (size_t done = 0; done < c->tables.count; done++) {
		uint32_t at = c->tables.at[done];
		bool bounded = false;

		if (table_read(c, at, &bounded))
			c->insns.at[at].kind = INSN_JUMP_TABLE;
		else
			go_to_labels(c, at);
		explore_pending(c);
		/* A second one adds nothing. */
		if (!bounded && c->own && !c->everywhere)
			go_everywhere(c, at);
	}
}
