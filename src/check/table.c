/* SPDX-License-Identifier: ISC */
/*
 * table.c - jumps by a table: a switch of the compiler, a computed goto
 *
 *	lea table(%rip),%b; movslq (%b,%i,4),%x; add %b,%x; jmp *%x      distances from the table
 *	jmp *table(,%i,8)                                                addresses
 *	the first, with another place than the table added               distances from there
 *
 * How many entries there are says the comparison of the index; without one the table goes on as
 * long as its entries lie in the function.
 */
#include <stdlib.h>
#include <string.h>

#include "code.h"

enum { TABLE_MAX = 4096, LOOK_BACK = 24, STEPS_MAX = 300 };

struct table {
	uint64_t base; /* 0: not found */
	size_t width;  /* of an entry: 4 distances, 8 addresses */
	uint64_t from; /* distances from there, not from the table; 0 */
	int index;     /* register; -1 */
	uint32_t load; /* the instruction that reads the entry */
	size_t bound;  /* entries; 0: unknown */
};

/* The instruction before on the straight line, or the only one that jumps here; plus one, or 0. */
static uint32_t before(const struct code *c, uint32_t at)
{
	const struct insn *i = &c->insns.at[at];

	if (i->before)
		return i->before;
	return i->jumps && !c->links.at[i->jumps - 1].next ? c->links.at[i->jumps - 1].from + 1 : 0;
}

static uint64_t constant(const struct code *c, uint32_t at, ZydisRegister reg)
{
	int number = register_number(reg);
	struct value v;

	if (number < 0)
		return 0;
	code_value(c, at, (unsigned)number, &v);
	return v.count == 1 && !v.unknown && !v.entries ? v.at[0] : 0;
}

static bool take_operand(const struct code *c, uint32_t at, const ZydisDecodedOperand *op,
			 size_t width, struct table *t)
{
	ZydisRegister base = op->mem.base, index = op->mem.index;

	if (op->type != ZYDIS_OPERAND_TYPE_MEMORY || index == ZYDIS_REGISTER_NONE ||
	    (op->mem.scale != width && op->mem.scale != 1))
		return false;
	t->width = width;
	t->load = at;
	/* Without optimization the index is multiplied before: either register may be the table. */
	if (op->mem.scale == 1 && !constant(c, at, base)) {
		base = op->mem.index;
		index = op->mem.base;
	}
	t->index = op->mem.scale == 1 ? -1 : register_number(index);
	if (base == ZYDIS_REGISTER_NONE)
		t->base = OBJECT_OF(c->entry) == 0 ? (uint64_t)op->mem.disp.value : 0;
	else
		t->base = constant(c, at, base);
	if (t->base && base != ZYDIS_REGISTER_NONE)
		t->base += (uint64_t)op->mem.disp.value;
	return t->base != 0;
}

/* The load of an entry: of how many bytes, from which operand? */
static size_t entry_width(const struct decoded *d)
{
	if (d->insn.mnemonic == ZYDIS_MNEMONIC_MOVSXD && d->operands[1].size == 32)
		return 4;
	if (d->insn.mnemonic == ZYDIS_MNEMONIC_MOV &&
	    d->operands[0].type == ZYDIS_OPERAND_TYPE_REGISTER && d->operands[0].size >= 32)
		return d->operands[0].size / 8;
	return 0;
}

static unsigned register_bit(const ZydisDecodedOperand *op)
{
	int number = op->type == ZYDIS_OPERAND_TYPE_REGISTER ? register_number(op->reg.value) : -1;

	return number < 0 ? 0 : 1U << (unsigned)number;
}

static unsigned lea_parts(const ZydisDecodedOperand *op)
{
	int base = register_number(op->mem.base), index = register_number(op->mem.index);

	return (base < 0 ? 0 : 1U << (unsigned)base) | (index < 0 ? 0 : 1U << (unsigned)index);
}

static unsigned written_registers(const struct decoded *d)
{
	unsigned bits = 0;

	for (size_t i = 0; i < d->insn.operand_count; i++)
		if (d->operands[i].actions & ZYDIS_OPERAND_ACTION_MASK_WRITE)
			bits |= register_bit(&d->operands[i]);
	return bits;
}

/* One of what is added is the entry; the other one is where distances count from. */
static uint64_t added(const struct code *c, uint32_t at, const struct decoded *d)
{
	uint64_t from = constant(c, at, d->operands[0].reg.value);

	if (!from && d->operands[1].type == ZYDIS_OPERAND_TYPE_REGISTER)
		from = constant(c, at, d->operands[1].reg.value);
	return from;
}

/*
 * Back from the jump to the load of the entry, along the registers that make up where it goes:
 * @parts are those, one of which is the table's address once there was an addition.
 */
static bool find_table(const struct code *c, uint32_t jump, struct table *t)
{
	unsigned parts;
	uint32_t at = jump;
	struct decoded d;

	if (!decode_at(c->program, c->insns.at[jump].address, &d))
		return false;
	if (take_operand(c, jump, &d.operands[0], 8, t))
		return true;
	parts = register_bit(&d.operands[0]);
	for (int i = 0; i < LOOK_BACK && parts && (at = before(c, at)); i++) {
		size_t width;

		if (!decode_at(c->program, c->insns.at[--at].address, &d))
			return false;
		if (!(written_registers(&d) & parts))
			continue;
		width = entry_width(&d);
		if (width && take_operand(c, at, &d.operands[1], width, t))
			return true;
		if (d.insn.mnemonic == ZYDIS_MNEMONIC_ADD) {
			parts |= register_bit(&d.operands[1]);
			t->from = added(c, at, &d);
		} else if (d.insn.mnemonic == ZYDIS_MNEMONIC_LEA &&
			   d.operands[1].mem.base == ZYDIS_REGISTER_RIP)
			parts &= ~register_bit(&d.operands[0]);
		else if (d.insn.mnemonic == ZYDIS_MNEMONIC_LEA) /* lea (%b,%x), jmp */
			parts |= lea_parts(&d.operands[1]);
		else if (d.insn.mnemonic != ZYDIS_MNEMONIC_CDQE &&
			 d.insn.mnemonic != ZYDIS_MNEMONIC_MOVSXD)
			return false;
	}
	return false;
}

/* On a path back from the jump: the register that holds the index, and the branch passed last. */
struct step {
	uint32_t index; /* what is before this one is looked at next */
	int reg;
	bool above; /* it was passed on the side where the index is below the bound */
	bool equal; /* or at it */
};

struct search {
	const struct code *code;
	VEC(struct step) steps;
	struct map seen;
	size_t bound;
	bool open; /* a path without a bound */
};

static void step_back(struct search *s, uint32_t index, struct step step)
{
	step.index = index;
	if (step.reg < 0 || s->steps.count >= STEPS_MAX)
		s->open = true;
	else if (map_put(&s->seen, (uint64_t)index << 4 | (unsigned)step.reg, 0))
		*vec_add(&s->steps) = step;
}

static void bounded(struct search *s, uint64_t count)
{
	if (count > TABLE_MAX)
		s->open = true;
	else if (count > s->bound)
		s->bound = (size_t)count;
}

/* The comparison whose branch was passed: it bounds the index, or says nothing. */
static bool compares(struct search *s, const struct decoded *d, const struct step *step)
{
	const ZydisDecodedOperand *left = &d->operands[0], *right = &d->operands[1];

	if (d->insn.mnemonic != ZYDIS_MNEMONIC_CMP || !step->above ||
	    left->type != ZYDIS_OPERAND_TYPE_REGISTER ||
	    right->type != ZYDIS_OPERAND_TYPE_IMMEDIATE ||
	    register_number(left->reg.value) != step->reg)
		return false;
	bounded(s, (right->imm.value.u & 0xffffffff) + step->equal);
	return true;
}

static bool writes(const struct decoded *d, int reg)
{
	for (size_t i = 0; i < d->insn.operand_count; i++)
		if (d->operands[i].type == ZYDIS_OPERAND_TYPE_REGISTER &&
		    (d->operands[i].actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) &&
		    register_number(d->operands[i].reg.value) == reg)
			return true;
	return false;
}

/* The index is written: a copy leads on, a mask is a bound, anything else is none. */
static void written(struct search *s, uint32_t index, const struct decoded *d, struct step step)
{
	const ZydisDecodedOperand *from = &d->operands[1];
	bool copies = d->insn.mnemonic == ZYDIS_MNEMONIC_MOV ||
		      d->insn.mnemonic == ZYDIS_MNEMONIC_MOVZX ||
		      d->insn.mnemonic == ZYDIS_MNEMONIC_MOVSXD;

	if (d->insn.mnemonic == ZYDIS_MNEMONIC_AND && from->type == ZYDIS_OPERAND_TYPE_IMMEDIATE) {
		bounded(s, (from->imm.value.u & 0xffffffff) + 1);
	} else if (copies && from->type == ZYDIS_OPERAND_TYPE_REGISTER) {
		step.reg = register_number(from->reg.value);
		step_back(s, index, step);
	} else {
		s->open = true;
	}
}

static void look_before(struct search *s, uint32_t index, bool jumped, struct step step)
{
	const struct insn *i = &s->code->insns.at[index];
	ZydisMnemonic m;
	UNINITIALIZED struct decoded d;

	if (!decode_at(s->code->program, i->address, &d) || i->kind == INSN_CALL ||
	    i->kind == INSN_CALL_INDIRECT) {
		s->open = true;
		return;
	}
	m = d.insn.mnemonic;
	if (i->kind == INSN_BRANCH) {
		step.equal = m == ZYDIS_MNEMONIC_JNBE || m == ZYDIS_MNEMONIC_JBE;
		step.above = jumped ? m == ZYDIS_MNEMONIC_JBE || m == ZYDIS_MNEMONIC_JB
				    : m == ZYDIS_MNEMONIC_JNBE || m == ZYDIS_MNEMONIC_JNB;
		step_back(s, index, step);
	} else if (compares(s, &d, &step)) {
		return;
	} else if (writes(&d, step.reg)) {
		written(s, index, &d, step);
	} else {
		if (m == ZYDIS_MNEMONIC_CMP || m == ZYDIS_MNEMONIC_TEST)
			step.above = false;
		step_back(s, index, step);
	}
}

/* Back from the load of the entry on every path, to what bounds the index on each of them. */
static void find_bound(const struct code *c, struct table *t)
{
	struct search s = { .code = c };

	step_back(&s, t->load, (struct step){ .reg = t->index });
	for (size_t done = 0; done < s.steps.count && !s.open; done++) {
		struct step step = s.steps.at[done];
		const struct insn *i = &c->insns.at[step.index];

		if (!i->before && !i->jumps)
			s.open = true;
		if (i->before)
			look_before(&s, i->before - 1, false, step);
		for (uint32_t l = i->jumps; l; l = c->links.at[l - 1].next)
			look_before(&s, c->links.at[l - 1].from, true, step);
	}
	t->bound = s.open ? 0 : s.bound;
	free(s.steps.at);
	map_done(&s.seen);
}

/* Code does not begin with what is no instruction. */
static bool is_sane(const struct code *c, uint64_t target)
{
	UNINITIALIZED struct decoded d;

	for (int i = 0; i < 6; i++) {
		if (!decode_short(c->program, false, target, &d))
			return false;
		if (d.insn.meta.branch_type != ZYDIS_BRANCH_TYPE_NONE)
			return true;
		target += d.insn.length;
	}
	return true;
}

/* Where the next thing that the function refers to begins, a table without a bound ends. */
static size_t room_for(const struct code *c, const struct table *t)
{
	uint64_t end = UINT64_MAX;

	for (size_t i = 0; i < c->refers.count; i++)
		if (c->refers.at[i] > t->base && c->refers.at[i] < end)
			end = c->refers.at[i];
	return end - t->base < TABLE_MAX * t->width ? (size_t)((end - t->base) / t->width)
						    : TABLE_MAX;
}

static uint64_t entry_of(const struct code *c, const struct table *t, size_t i)
{
	uint64_t place = t->base + i * t->width, value = 0;
	const struct slot *slot;
	int32_t distance;

	if (t->width == 4)
		return load_bytes(c->program, place, &distance, 4)
			       ? (t->from ? t->from : t->base) + (uint64_t)(int64_t)distance
			       : 0;
	slot = object_of(c->program, place) ? slot_at(object_of(c->program, place), place) : NULL;
	if (slot)
		return slot->target;
	return c->object && c->object->fixed && load_bytes(c->program, place, &value, 8) ? value
											 : 0;
}

/* Of the function, or of the part of it that the compiler has put apart because it is rare. */
static bool of_function(const struct code *c, uint64_t target)
{
	const struct symbol *s;

	if (!c->own || (target >= c->own->start && target < c->own->end))
		return true;
	if (!map_has(&c->object->starts, target))
		return fde_at(c->object, target) != NULL;
	s = symbol_at(c->object, target);
	return s && s->address == target && strstr(s->name, ".cold");
}

bool table_read(struct code *c, uint32_t index, bool *ret_bounded)
{
	struct table t = { .index = -1 };
	size_t count = 0, most;

	if (!find_table(c, index, &t))
		return false;
	find_bound(c, &t);
	c->guesses = c->guesses || !t.bound;
	*ret_bounded = t.bound > 0;
	most = t.bound ? t.bound : room_for(c, &t);
	for (size_t i = 0; i < most; i++) {
		uint64_t target = entry_of(c, &t, i);

		if (!target || !is_code(c->program, target) ||
		    object_of(c->program, target) != c->object ||
		    (!t.bound && (!of_function(c, target) || !is_sane(c, target))))
			break;
		if (!is_sane(c, target))
			continue; /* the bound is not the closest one: no entry */
		count++;
		if (code_leaves(c, target))
			*vec_add(&c->leaves) = target;
		else
			code_goes(c, target, index + 1);
	}
	return count > 0;
}
