/* SPDX-License-Identifier: ISC */
/*
 * slice.c - what a register holds: backward from a place, over every path that leads there
 *
 * States are pairs of an instruction and a place (a register, or a word of the stack) whose value
 * before that instruction is wanted. Copies lead to other states, each looked at once; arithmetic
 * is a question of its own, asked to a fixed depth, so that a loop that counts is "unknown" and not
 * one of its values.
 */
#include <stdlib.h>
#include <string.h>

#include "code.h"

enum { DEPTH_MAX = 8, STEPS_MAX = 6000, RAX = 0, RCX = 1, RSP = 4, RBP = 5, R11 = 11 };
/* RAX RCX RDX RSI RDI R8-R11: a call does not keep them. */
#define CLOBBERED 0x0fc7U

struct place {
	bool memory; /* the word at @reg + @offset */
	unsigned reg;
	int64_t offset;
};

struct state {
	uint32_t index;
	struct place place;
};

struct slicer {
	const struct code *code;
	size_t steps;
};

struct walk {
	VEC(struct state) states;
	struct map seen;
	struct value *value;
	unsigned depth;
};

int register_number(ZydisRegister reg)
{
	ZydisRegister full = ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, reg);

	return full >= ZYDIS_REGISTER_RAX && full <= ZYDIS_REGISTER_R15
		       ? (int)(full - ZYDIS_REGISTER_RAX)
		       : -1;
}

static void value_add(struct value *v, uint64_t number)
{
	for (size_t i = 0; i < v->count; i++)
		if (v->at[i] == number)
			return;
	if (v->count == VALUES_MAX) {
		v->unknown = true;
		return;
	}
	v->at[v->count++] = number;
}

static void value_join(struct value *v, const struct value *other)
{
	for (size_t i = 0; i < other->count; i++)
		value_add(v, other->at[i]);
	v->entries |= other->entries;
	v->unknown = v->unknown || other->unknown;
	v->perhaps = v->perhaps || other->perhaps;
}

static void ask(struct slicer *s, uint32_t index, struct place place, unsigned depth,
		struct value *ret);

static void follow(struct walk *w, uint32_t index, struct place place)
{
	uint64_t key = (uint64_t)index << 28 ^ (uint64_t)(place.offset & 0xfffff) << 8 ^
		       (uint64_t)place.reg << 1 ^ (uint64_t)place.memory;
	struct state *next;

	if (!map_put(&w->seen, key, 0))
		return;
	next = vec_add(&w->states);
	*next = (struct state){ .index = index, .place = place };
}

/* A word of the file that nothing changes. */
static void constant_word(const struct program *p, uint64_t place, size_t size, struct value *ret)
{
	const struct segment *segment = segment_of(p, place);
	const struct slot *slot = slot_at(object_of(p, place), place);
	uint64_t word = 0;

	if (slot && size == 8 && (slot->single || !segment->writable))
		value_add(ret, slot->target);
	else if (segment && !segment->writable && size <= 8 && load_bytes(p, place, &word, size))
		value_add(ret, word);
	else
		ret->unknown = true;
}

/* The word of the stack that an operand in memory is, or false. */
static bool stack_place(const ZydisDecodedOperand *op, struct place *ret)
{
	int reg;

	if (op->type != ZYDIS_OPERAND_TYPE_MEMORY || op->mem.index != ZYDIS_REGISTER_NONE)
		return false;
	reg = register_number(op->mem.base);
	if (reg != RSP && reg != RBP)
		return false;
	*ret = (struct place){ .memory = true, .reg = (unsigned)reg, .offset = op->mem.disp.value };
	return true;
}

static uint64_t masked(uint64_t value, unsigned bits)
{
	return bits >= 64 ? value : value & ((UINT64_C(1) << bits) - 1);
}

/* What an operand that is read is worth before instruction @index. */
static void operand_value(struct slicer *s, uint32_t index, const struct decoded *d,
			  const ZydisDecodedOperand *op, unsigned depth, struct value *ret)
{
	const struct program *p = s->code->program;
	uint64_t place;
	struct place stack;
	int reg;

	switch ((int)op->type) {
	case ZYDIS_OPERAND_TYPE_IMMEDIATE:
		value_add(ret, masked(op->imm.value.u, d->insn.operand_width));
		return;
	case ZYDIS_OPERAND_TYPE_REGISTER:
		reg = register_number(op->reg.value);
		if (reg < 0 ||
		    (op->reg.value >= ZYDIS_REGISTER_AH && op->reg.value <= ZYDIS_REGISTER_BH))
			ret->unknown = true;
		else
			ask(s, index, (struct place){ .reg = (unsigned)reg }, depth + 1, ret);
		break;
	case ZYDIS_OPERAND_TYPE_MEMORY:
		place = operand_place(p, d, s->code->insns.at[index].address, op);
		if (place)
			constant_word(p, place, op->size / 8, ret);
		else if (stack_place(op, &stack))
			ask(s, index, stack, depth + 1, ret);
		else
			ret->unknown = true;
		break;
	default:
		ret->unknown = true;
		break;
	}
	for (size_t i = 0; i < ret->count; i++)
		ret->at[i] = masked(ret->at[i], op->size);
}

enum arithmetic { OP_ADD, OP_SUB, OP_AND, OP_OR, OP_XOR, OP_SHL, OP_SHR, OP_MUL };
static const struct {
	ZydisMnemonic mnemonic;
	enum arithmetic op;
} computations[] = {
	{ ZYDIS_MNEMONIC_ADD, OP_ADD }, { ZYDIS_MNEMONIC_SUB, OP_SUB },
	{ ZYDIS_MNEMONIC_AND, OP_AND }, { ZYDIS_MNEMONIC_OR, OP_OR },
	{ ZYDIS_MNEMONIC_XOR, OP_XOR }, { ZYDIS_MNEMONIC_SHL, OP_SHL },
	{ ZYDIS_MNEMONIC_SHR, OP_SHR }, { ZYDIS_MNEMONIC_IMUL, OP_MUL },
};

static uint64_t compute(enum arithmetic op, uint64_t a, uint64_t b)
{
	switch (op) {
	case OP_ADD:
		return a + b;
	case OP_SUB:
		return a - b;
	case OP_AND:
		return a & b;
	case OP_OR:
		return a | b;
	case OP_XOR:
		return a ^ b;
	case OP_SHL:
		return a << (b & 63);
	case OP_SHR:
		return a >> (b & 63);
	case OP_MUL:
		return a * b;
	}
	return 0;
}

static void combine(struct value *ret, enum arithmetic op, const struct value *a,
		    const struct value *b, unsigned bits)
{
	if (a->unknown || b->unknown || a->entries || b->entries || a->perhaps || b->perhaps)
		ret->unknown = true;
	for (size_t i = 0; i < a->count; i++)
		for (size_t k = 0; k < b->count; k++)
			value_add(ret, masked(compute(op, a->at[i], b->at[k]), bits));
}

/* An instruction that computes its first operand from it and others. */
static bool arithmetic_value(struct slicer *s, uint32_t index, const struct decoded *d,
			     struct walk *w)
{
	struct value a = { 0 }, b = { 0 };
	unsigned visible = d->insn.operand_count_visible;

	for (size_t i = 0; i < ARRAY_COUNT(computations); i++) {
		if (computations[i].mnemonic != d->insn.mnemonic || visible < 2)
			continue;
		operand_value(s, index, d, &d->operands[visible == 3 ? 1 : 0], w->depth, &a);
		operand_value(s, index, d, &d->operands[visible - 1], w->depth, &b);
		combine(w->value, computations[i].op, &a, &b, d->operands[0].size);
		return true;
	}
	return false;
}

/* One operand only, or none: INC, DEC, NEG, NOT, SETcc, SBB of a register and itself. */
static bool unary_value(struct slicer *s, uint32_t index, const struct decoded *d, struct walk *w)
{
	const struct value one = { .at = { 1 }, .count = 1 }, zero = { .at = { 0 }, .count = 1 };
	const struct value ones = { .at = { UINT64_MAX }, .count = 1 };
	unsigned bits = d->operands[0].size;
	struct value a = { 0 };

	switch ((int)d->insn.mnemonic) {
	case ZYDIS_MNEMONIC_INC:
	case ZYDIS_MNEMONIC_DEC:
		operand_value(s, index, d, &d->operands[0], w->depth, &a);
		combine(w->value, d->insn.mnemonic == ZYDIS_MNEMONIC_INC ? OP_ADD : OP_SUB, &a,
			&one, bits);
		return true;
	case ZYDIS_MNEMONIC_NEG:
		operand_value(s, index, d, &d->operands[0], w->depth, &a);
		combine(w->value, OP_SUB, &zero, &a, bits);
		return true;
	case ZYDIS_MNEMONIC_NOT:
		operand_value(s, index, d, &d->operands[0], w->depth, &a);
		combine(w->value, OP_XOR, &a, &ones, bits);
		return true;
	case ZYDIS_MNEMONIC_SBB:
		if (d->operands[0].reg.value != d->operands[1].reg.value ||
		    d->operands[1].type != ZYDIS_OPERAND_TYPE_REGISTER)
			return false;
		value_add(w->value, 0);
		value_add(w->value, masked(UINT64_MAX, bits));
		return true;
	case ZYDIS_MNEMONIC_ADC:
		operand_value(s, index, d, &d->operands[0], w->depth, &a);
		if (d->operands[1].type != ZYDIS_OPERAND_TYPE_IMMEDIATE)
			return false;
		for (size_t i = 0; i < a.count; i++) {
			uint64_t sum = a.at[i] + d->operands[1].imm.value.u;

			value_add(w->value, masked(sum, bits));
			value_add(w->value, masked(sum + 1, bits));
		}
		w->value->unknown = w->value->unknown || a.unknown || a.entries || a.perhaps;
		return true;
	default:
		return false;
	}
}

static void lea_value(struct slicer *s, uint32_t index, const struct decoded *d, struct walk *w)
{
	const ZydisDecodedOperand *op = &d->operands[1];
	const struct value offset = { .at = { (uint64_t)op->mem.disp.value }, .count = 1 };
	uint64_t address = s->code->insns.at[index].address;
	struct value a = { 0 };
	int reg = register_number(op->mem.base);

	if (op->mem.base == ZYDIS_REGISTER_RIP) {
		value_add(w->value, address + d->insn.length + (uint64_t)op->mem.disp.value);
	} else if (reg >= 0 && op->mem.index == ZYDIS_REGISTER_NONE) {
		ask(s, index, (struct place){ .reg = (unsigned)reg }, w->depth + 1, &a);
		combine(w->value, OP_ADD, &a, &offset, d->operands[0].size);
	} else {
		w->value->unknown = true;
	}
}

/* A plain copy of @op into the whole of a register: the same question at another place. */
static void copy_value(struct slicer *s, uint32_t index, const struct decoded *d,
		       const ZydisDecodedOperand *op, struct walk *w)
{
	struct value v = { 0 };
	struct place stack;
	int reg;

	if (op->type == ZYDIS_OPERAND_TYPE_REGISTER && op->size >= 32 &&
	    (reg = register_number(op->reg.value)) >= 0) {
		follow(w, index, (struct place){ .reg = (unsigned)reg });
	} else if (op->size >= 32 && stack_place(op, &stack)) {
		follow(w, index, stack);
	} else {
		operand_value(s, index, d, op, w->depth, &v);
		value_join(w->value, &v);
	}
}

/* Into 8 or 16 bits of a register: the rest stays. */
static void part_value(struct slicer *s, uint32_t index, const struct decoded *d, struct walk *w)
{
	const ZydisDecodedOperand *to = &d->operands[0];
	const struct value mask = { .at = { ~masked(UINT64_MAX, to->size) }, .count = 1 };
	struct value old = { 0 }, rest = { 0 }, low = { 0 };
	int reg = register_number(to->reg.value);

	if (reg < 0 || (to->reg.value >= ZYDIS_REGISTER_AH && to->reg.value <= ZYDIS_REGISTER_BH)) {
		w->value->unknown = true;
		return;
	}
	ask(s, index, (struct place){ .reg = (unsigned)reg }, w->depth + 1, &old);
	combine(&rest, OP_AND, &old, &mask, 64);
	if (d->insn.meta.category == ZYDIS_CATEGORY_SETCC) {
		value_add(&low, 0);
		value_add(&low, 1);
	} else {
		operand_value(s, index, d, &d->operands[1], w->depth, &low);
	}
	combine(w->value, OP_OR, &rest, &low, 64);
}

/* A pop that matches a push a few instructions before it, on the same straight line. */
static void pop_value(struct slicer *s, uint32_t index, struct walk *w)
{
	(void)s;
	follow(w, index, (struct place){ .memory = true, .reg = RSP });
}

static bool same_register_twice(const struct decoded *d)
{
	return d->insn.operand_count_visible == 2 &&
	       d->operands[1].type == ZYDIS_OPERAND_TYPE_REGISTER &&
	       d->operands[0].reg.value == d->operands[1].reg.value;
}

/* Instruction @index writes the register that is asked for: what does it write? */
static void written_value(struct slicer *s, uint32_t index, const struct decoded *d,
			  struct place place, struct walk *w)
{
	const ZydisDecodedOperand *to = &d->operands[0];

	if (to->type != ZYDIS_OPERAND_TYPE_REGISTER ||
	    register_number(to->reg.value) != (int)place.reg) {
		w->value->unknown = true; /* a hidden result: a multiplication, a string move */
		return;
	}
	switch ((int)d->insn.mnemonic) {
	case ZYDIS_MNEMONIC_MOV:
		if (to->size < 32)
			part_value(s, index, d, w);
		else
			copy_value(s, index, d, &d->operands[1], w);
		return;
	case ZYDIS_MNEMONIC_MOVZX:
	case ZYDIS_MNEMONIC_MOVSXD:
	case ZYDIS_MNEMONIC_MOVSX:
		copy_value(s, index, d, &d->operands[1], w);
		return;
	case ZYDIS_MNEMONIC_LEA:
		lea_value(s, index, d, w);
		return;
	case ZYDIS_MNEMONIC_POP:
		pop_value(s, index, w);
		return;
	case ZYDIS_MNEMONIC_XOR:
	case ZYDIS_MNEMONIC_SUB:
		if (same_register_twice(d) && to->size >= 32) {
			value_add(w->value, 0);
			return;
		}
		break;
	default:
		break;
	}
	if (d->insn.meta.category == ZYDIS_CATEGORY_CMOV) {
		copy_value(s, index, d, &d->operands[1], w);
		follow(w, index, place);
	} else if (d->insn.meta.category == ZYDIS_CATEGORY_SETCC) {
		part_value(s, index, d, w);
	} else if (to->size < 32 ||
		   (!unary_value(s, index, d, w) && !arithmetic_value(s, index, d, w))) {
		w->value->unknown = true;
	}
}

static bool writes_register(const struct decoded *d, unsigned reg)
{
	for (size_t i = 0; i < d->insn.operand_count; i++) {
		const ZydisDecodedOperand *op = &d->operands[i];

		if (op->type == ZYDIS_OPERAND_TYPE_REGISTER &&
		    (op->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) &&
		    register_number(op->reg.value) == (int)reg)
			return true;
	}
	return false;
}

static void over_register(struct slicer *s, uint32_t index, const struct decoded *d,
			  struct place place, struct walk *w)
{
	enum insn_kind kind = (enum insn_kind)s->code->insns.at[index].kind;

	if (kind == INSN_CALL || kind == INSN_CALL_INDIRECT) {
		/*
		 * A compiler that sees the callee knows what it leaves alone (gcc's -fipa-ra): the
		 * old value, perhaps.
		 */
		bool seen = kind == INSN_CALL &&
			    object_of(s->code->program, s->code->insns.at[index].target) ==
				    s->code->object;

		if (CLOBBERED >> place.reg & 1)
			*(seen && place.reg != RAX ? &w->value->perhaps : &w->value->unknown) =
				true;
		follow(w, index, place);
	} else if (kind == INSN_SYSCALL) {
		if (place.reg == RAX || place.reg == RCX || place.reg == R11)
			w->value->unknown = true;
		else
			follow(w, index, place);
	} else if (place.reg == RSP || !writes_register(d, place.reg)) {
		follow(w, index, place);
	} else {
		written_value(s, index, d, place, w);
	}
}

/* The stack pointer moves, the word does not: its offset changes. False: unknown how. */
static bool moved_stack(const struct decoded *d, struct place *place)
{
	const ZydisDecodedOperand *by = &d->operands[1];

	switch ((int)d->insn.mnemonic) {
	case ZYDIS_MNEMONIC_PUSH:
		place->offset -= d->operands[0].size / 8;
		return true;
	case ZYDIS_MNEMONIC_POP:
		place->offset += d->operands[0].size / 8;
		return true;
	case ZYDIS_MNEMONIC_SUB:
	case ZYDIS_MNEMONIC_ADD:
		if (by->type != ZYDIS_OPERAND_TYPE_IMMEDIATE)
			return false;
		place->offset +=
			d->insn.mnemonic == ZYDIS_MNEMONIC_ADD ? by->imm.value.s : -by->imm.value.s;
		return true;
	default:
		return false;
	}
}

static bool stores_to(const struct decoded *d, struct place place)
{
	struct place to;

	return stack_place(&d->operands[0], &to) && to.reg == place.reg &&
	       to.offset == place.offset &&
	       (d->operands[0].actions & ZYDIS_OPERAND_ACTION_MASK_WRITE);
}

static bool stores_elsewhere(const struct decoded *d)
{
	struct place to;

	return d->operands[0].type == ZYDIS_OPERAND_TYPE_MEMORY &&
	       (d->operands[0].actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) &&
	       !stack_place(&d->operands[0], &to) && d->operands[0].mem.base != ZYDIS_REGISTER_RIP;
}

static void over_frame_pointer(uint32_t index, const struct decoded *d, struct place place,
			       struct walk *w)
{
	if (d->insn.mnemonic == ZYDIS_MNEMONIC_MOV &&
	    d->operands[1].type == ZYDIS_OPERAND_TYPE_REGISTER &&
	    register_number(d->operands[1].reg.value) == RSP) {
		place.reg = RSP;
		follow(w, index, place);
	} else {
		w->value->unknown = true;
	}
}

static void over_memory(struct slicer *s, uint32_t index, const struct decoded *d,
			struct place place, struct walk *w)
{
	enum insn_kind kind = (enum insn_kind)s->code->insns.at[index].kind;
	bool call = kind == INSN_CALL || kind == INSN_CALL_INDIRECT;

	if (s->code->stack_shared && (call || stores_elsewhere(d))) {
		w->value->unknown = true;
	} else if (call) {
		follow(w, index, place);
	} else if (place.reg == RSP && d->insn.mnemonic == ZYDIS_MNEMONIC_PUSH &&
		   place.offset == 0) {
		copy_value(s, index, d, &d->operands[0], w);
	} else if (stores_to(d, place)) {
		if (d->insn.mnemonic == ZYDIS_MNEMONIC_MOV && d->operands[0].size >= 32)
			copy_value(s, index, d, &d->operands[1], w);
		else
			w->value->unknown = true;
	} else if (place.reg == RBP && writes_register(d, RBP)) {
		over_frame_pointer(index, d, place, w);
	} else if (place.reg == RSP && writes_register(d, RSP) && !moved_stack(d, &place)) {
		w->value->unknown = true;
	} else {
		follow(w, index, place);
	}
}

/* The value of @place after instruction @index. */
static void over(struct slicer *s, uint32_t index, struct place place, struct walk *w)
{
	UNINITIALIZED struct decoded d;

	if (!decode_at(s->code->program, s->code->insns.at[index].address, &d))
		w->value->unknown = true;
	else if (place.memory)
		over_memory(s, index, &d, place, w);
	else
		over_register(s, index, &d, place, w);
}

static void at_start(const struct code *c, const struct insn *i, struct place place,
		     struct value *ret)
{
	if (i->address == c->entry && !place.memory)
		ret->entries |= 1U << place.reg;
	else
		ret->unknown = true;
}

static void ask(struct slicer *s, uint32_t index, struct place place, unsigned depth,
		struct value *ret)
{
	struct walk w = { .value = ret, .depth = depth };

	if (depth > DEPTH_MAX) {
		ret->unknown = true;
		return;
	}
	follow(&w, index, place);
	for (size_t done = 0; done < w.states.count && !ret->unknown; done++) {
		struct state now = w.states.at[done];
		const struct insn *i = &s->code->insns.at[now.index];

		if (++s->steps > STEPS_MAX) {
			ret->unknown = true;
			break;
		}
		if (i->start || (!i->before && !i->jumps))
			at_start(s->code, i, now.place, ret);
		if (i->before)
			over(s, i->before - 1, now.place, &w);
		for (uint32_t l = i->jumps; l; l = s->code->links.at[l - 1].next)
			over(s, s->code->links.at[l - 1].from, now.place, &w);
	}
	free(w.states.at);
	map_done(&w.seen);
}

void code_value(const struct code *c, uint32_t index, unsigned reg, struct value *ret)
{
	struct slicer s = { .code = c };

	*ret = (struct value){ 0 };
	ask(&s, index, (struct place){ .reg = reg }, 0, ret);
	ret->unknown = ret->unknown || ret->perhaps;
}
