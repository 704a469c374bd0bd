/* SPDX-License-Identifier: ISC */
/* look.c - one function: whom it calls, which addresses it takes, which system calls it makes */
#include <stdlib.h>
#include <string.h>

#include "graph.h"

enum { ARGUMENTS = 6, STORED_WITHIN = 16 };
/* RDI RSI RDX RCX R8 R9 */
static const unsigned argument_registers[ARGUMENTS] = { 7, 6, 2, 1, 8, 9 };

struct look {
	struct graph *graph;
	const struct code *code;
	struct found *ret;
	uint32_t function;
	const struct object *object; /* where it stands */
	size_t named;		     /* of the code's, up to the instruction that is looked at */
	bool libc;
};

static uint32_t add_edge(struct look *l, uint64_t site, uint64_t target, enum edge_kind kind,
			 bool ifunc)
{
	uint32_t to = graph_function(l->graph, target);

	found_edge(l->graph, l->ret, site, to, kind);
	if (ifunc)
		l->graph->functions.at[to].resolver = true;
	return to;
}

static void note_indirect(struct look *l, uint64_t site)
{
	if (!l->ret->indirect)
		l->ret->indirect_at = site;
	l->ret->indirect = true;
}

/* The targets that are certain become edges; false when there are others. */
static bool edges_to(struct look *l, uint64_t site, const struct value *v, enum edge_kind kind)
{
	for (size_t i = 0; i < v->count; i++)
		if (v->at[i] && is_code(l->graph->program, v->at[i]))
			(void)add_edge(l, site, v->at[i], kind, false);
	return v->count && !v->unknown && !v->entries;
}

/* dlsym(3): what has a constant for a name is a function whose address is taken. */
static void look_at_lookup(struct look *l, uint32_t index, const char *name)
{
	const struct program *p = l->graph->program;
	uint64_t site = l->code->insns.at[index].address;
	struct value v;

	code_value(l->code, index, argument_registers[1], &v);
	for (size_t i = 0; i < v.count; i++) {
		const char *wanted = string_at(p, v.at[i]);
		const struct export *e = wanted ? program_lookup(p, wanted, NULL) : NULL;

		v.unknown = v.unknown || !wanted;
		if (e && e->address && graph_is_code(l->graph, e->address))
			graph_take(l->graph, false, e->address, site);
	}
	if (v.unknown || v.entries || !v.count)
		graph_gap(l->graph, GAP_LOOKUP, l->function, site, name);
}

/* @v: what is called later; not @all: and others. A handler that is no function is none. */
static void note_later(struct look *l, uint64_t site, const struct value *v, bool all)
{
	struct graph *g = l->graph;

	for (size_t i = 0; v && i < v->count; i++) {
		struct later *later;

		if (!is_code(g->program, v->at[i]))
			continue;
		later = vec_add(&g->later);
		*later = (struct later){ .what = graph_function(g, v->at[i]),
					 .by = l->function,
					 .site = site };
	}
	if (!all && !g->later_by && (!v || v->unknown || v->entries)) {
		g->later_by = l->function + 1;
		g->later_at = site;
	}
}

/* What functions does a call of the C library call back? */
static void look_at_callbacks(struct look *l, uint32_t index, const char *name)
{
	unsigned arguments = libc_callbacks(name);
	uint64_t site = l->code->insns.at[index].address;
	/* The program's start hands main() over; what it hands on of the loader's is no pointer. */
	bool starts = !strcmp(name, "__libc_start_main");
	struct value v = { 0 };

	for (unsigned i = 0; i < ARGUMENTS; i++) {
		bool all;

		if (!(arguments >> i & 1))
			continue;
		code_value(l->code, index, argument_registers[i], &v);
		all = edges_to(l, site, &v, starts ? EDGE_CALL : EDGE_CALLBACK) || starts;
		if (!all)
			note_indirect(l, site);
		if (runs_later(name))
			note_later(l, site, &v, all);
	}
	if (arguments & CALLBACK_IN_DATA) {
		note_indirect(l, site);
		if (runs_later(name))
			note_later(l, site, NULL, false);
	}
	for (size_t i = 0; runs_last(name) && i < v.count; i++)
		if (is_code(l->graph->program, v.at[i]))
			*vec_add(&l->graph->last) = graph_function(l->graph, v.at[i]);
	if (libc_loads(name))
		graph_gap(l->graph, GAP_OPEN, l->function, site, name);
	if (libc_finds(name))
		look_at_lookup(l, index, name);
	if (ends_process(name))
		l->ret->exits = true;
}

static void look_at_call(struct look *l, uint32_t index)
{
	const struct insn *i = &l->code->insns.at[index];
	const enum edge_kind kind = i->kind == INSN_CALL ? EDGE_CALL : EDGE_JUMP;
	const uint32_t to = add_edge(l, i->address, i->target, kind, i->ifunc);
	const char *name = l->libc ? NULL : libc_name(l->graph, to);

	if (name)
		look_at_callbacks(l, index, name);
}

static void look_at_indirect(struct look *l, uint32_t index)
{
	const struct insn *i = &l->code->insns.at[index];
	struct value v = { 0 };
	UNINITIALIZED struct decoded d;
	uint64_t place;
	int reg;

	if (!decode_at(l->graph->program, i->address, &d))
		return;
	place = operand_place(l->graph->program, &d, i->address, &d.operands[0]);
	if (place && slot_at(object_of(l->graph->program, place), place))
		return; /* a weak symbol that nobody defines */
	if (d.operands[0].type == ZYDIS_OPERAND_TYPE_REGISTER &&
	    (reg = register_number(d.operands[0].reg.value)) >= 0)
		code_value(l->code, index, (unsigned)reg, &v);
	if (!edges_to(l, i->address, &v, i->kind == INSN_CALL_INDIRECT ? EDGE_CALL : EDGE_JUMP))
		note_indirect(l, i->address);
}

static void look_at_syscall(struct look *l, uint32_t index)
{
	const struct insn *i = &l->code->insns.at[index];
	struct decoded d;
	struct value v;

	if (decode_at(l->graph->program, i->address, &d) &&
	    d.insn.mnemonic != ZYDIS_MNEMONIC_SYSCALL) {
		graph_gap(l->graph, GAP_OTHER, l->function, i->address, NULL);
		return;
	}
	code_value(l->code, index, 0, &v);
	for (size_t n = 0; n < v.count; n++) {
		struct site *s = vec_add(&l->ret->sites);

		*s = (struct site){ .address = i->address,
				    .number = (int32_t)(v.at[n] & 0x7fffffff) };
	}
	l->ret->number_from = (uint16_t)(l->ret->number_from | v.entries);
	if (v.unknown)
		graph_gap(l->graph, GAP_NUMBER, l->function, i->address, NULL);
}

static bool has_register(const ZydisDecodedOperand *op, int reg)
{
	return op->type == ZYDIS_OPERAND_TYPE_REGISTER && register_number(op->reg.value) == reg;
}

/*
 * Does what instruction @index puts into @reg (-1: into what it names) get into memory? Followed on
 * a straight line; where that ends, perhaps.
 */
static bool is_stored(const struct look *l, uint32_t index, int reg)
{
	const struct insn *insn = &l->code->insns.at[index];
	UNINITIALIZED struct decoded d;

	for (unsigned i = 0; i < STORED_WITHIN; i++) {
		if (!decode_at(l->graph->program, insn->address, &d))
			return false;
		if (d.insn.mnemonic == ZYDIS_MNEMONIC_MOV &&
		    d.operands[0].type == ZYDIS_OPERAND_TYPE_MEMORY &&
		    (reg < 0 || has_register(&d.operands[1], reg)))
			return true;
		/* The first is the one that puts it there. */
		if (reg < 0 || (i && has_register(&d.operands[0], reg)))
			return false;
		if (!code_find(l->code, insn->address + insn->length, &index))
			return true;
		insn = &l->code->insns.at[index];
		if (insn->kind != INSN_PLAIN)
			return insn->kind != INSN_JUMP_INDIRECT;
	}
	return true;
}

/* A place in the middle of a function; what lies between functions is in none of them. */
static void note_label(struct look *l, uint32_t index, int reg, uint64_t address)
{
	if (l->libc || !fde_at(l->object, address) || !is_stored(l, index, reg))
		return;
	*vec_add(&l->graph->labels) = (struct label){ .function = l->function, .address = address };
}

/* An address in a register or in memory: of data, a label, a function that may be called. */
static void look_at_address(struct look *l, uint32_t index, int reg, uint64_t address)
{
	const struct object *o = object_of(l->graph->program, address);

	if (!o || !segment_of(l->graph->program, address))
		return;
	if (!graph_is_code(l->graph, address)) {
		graph_touch(l->graph, address);
		return;
	}
	if (!may_start(o, address)) {
		note_label(l, index, reg, address);
		return;
	}
	if (address == o->entry)
		return;
	*vec_add(&l->ret->takes) = address;
	if (reg < 0 || !escape_follow(l->graph, l->code, index, (unsigned)reg, l->ret, address))
		graph_take(l->graph, l->libc, address, l->code->insns.at[index].address);
}

static void look_at_place(struct look *l, const struct named *n)
{
	const struct slot *slot = slot_at(l->object, n->place);

	if (n->how == NAMED_ADDRESS)
		look_at_address(l, n->insn, n->reg, n->place);
	else if (slot && slot->single)
		look_at_address(l, n->insn, n->how == NAMED_MOVED ? n->reg : -1, slot->target);
	else if (!graph_is_code(l->graph, n->place))
		graph_touch(l->graph, n->place);
}

static void look_at_named(struct look *l, uint32_t index)
{
	const struct code *c = l->code;

	while (l->named < c->named.count && c->named.at[l->named].insn < index)
		l->named++;
	if (l->named < c->named.count && c->named.at[l->named].insn == index)
		look_at_place(l, &c->named.at[l->named]);
}

/* Of a program at fixed addresses: in memory, as table(,%rax,8), and immediate. */
static void look_at_fixed(struct look *l, uint32_t index)
{
	const struct insn *i = &l->code->insns.at[index];
	UNINITIALIZED struct decoded d;
	struct named named = { .insn = index, .reg = -1, .how = NAMED_OTHER };

	if (!decode_at(l->graph->program, i->address, &d))
		return;
	if (d.operands[0].type == ZYDIS_OPERAND_TYPE_REGISTER)
		named.reg = (int8_t)register_number(d.operands[0].reg.value);
	if (d.insn.mnemonic == ZYDIS_MNEMONIC_LEA || d.insn.mnemonic == ZYDIS_MNEMONIC_MOV)
		named.how = d.insn.mnemonic == ZYDIS_MNEMONIC_LEA ? NAMED_ADDRESS : NAMED_MOVED;
	for (size_t n = 0; n < d.insn.operand_count_visible; n++) {
		const ZydisDecodedOperand *op = &d.operands[n];

		if (op->type == ZYDIS_OPERAND_TYPE_MEMORY && i->kind != INSN_CALL &&
		    i->kind != INSN_TAIL) {
			named.place = operand_place(l->graph->program, &d, i->address, op);
			if (!named.place && op->mem.base != ZYDIS_REGISTER_RIP &&
			    op->mem.disp.has_displacement)
				named.place = (uint64_t)op->mem.disp.value;
			if (named.place)
				look_at_place(l, &named);
		} else if (op->type == ZYDIS_OPERAND_TYPE_IMMEDIATE && !op->imm.is_relative &&
			   OBJECT_OF(op->imm.value.u) == 0) {
			look_at_address(l, index, named.how == NAMED_MOVED ? named.reg : -1,
					op->imm.value.u);
		}
	}
}

static void look_at_operands(struct look *l, uint32_t index)
{
	const struct insn *i = &l->code->insns.at[index];

	if (!i->refers)
		return;
	if (l->object->fixed)
		look_at_fixed(l, index);
	else if (i->kind != INSN_CALL && i->kind != INSN_TAIL)
		look_at_named(l, index);
}

static void look_at_insn(struct look *l, uint32_t index)
{
	const struct insn *i = &l->code->insns.at[index];

	switch ((enum insn_kind)i->kind) {
	case INSN_CALL:
	case INSN_TAIL:
		look_at_call(l, index);
		break;
	case INSN_BRANCH:
		if (i->target && code_leaves(l->code, i->target))
			look_at_call(l, index);
		break;
	case INSN_CALL_INDIRECT:
	case INSN_JUMP_INDIRECT:
		look_at_indirect(l, index);
		break;
	case INSN_SYSCALL:
		look_at_syscall(l, index);
		break;
	case INSN_BAD:
		if (!l->code->guesses)
			graph_gap(l->graph, GAP_CODE, l->function, i->address, NULL);
		return;
	case INSN_PLAIN:
	case INSN_JUMP:
	case INSN_JUMP_TABLE:
	case INSN_RETURN:
	case INSN_STOP:
		break;
	}
	look_at_operands(l, index);
}

uint32_t graph_look(struct graph *g, uint32_t function, const uint64_t *starts, size_t count,
		    struct found *ret)
{
	const struct code_calls calls = { .returns = graph_returns, .context = g };
	uint64_t entry = g->functions.at[function].entry;
	const struct object *o = object_of(g->program, entry);
	struct look l = { .graph = g, .code = &g->code, .ret = ret, .function = function };
	uint32_t counted;

	if (!o)
		return 0;
	l.object = o;
	l.libc = o->libc;
	code_begin(&g->code, g->program, entry, &calls);
	for (size_t i = 0; i < count; i++)
		if (starts[i] == entry)
			code_start(&g->code, entry);
		else
			code_goes(&g->code, starts[i], 0);
	code_explore(&g->code);
	counted = (uint32_t)g->code.insns.count;
	/* What stands before a start in the middle does not count, but says what registers hold. */
	if (starts[0] != entry) {
		code_start(&g->code, entry);
		code_explore(&g->code);
	}
	for (size_t i = 0; i < g->code.leaves.count; i++)
		(void)add_edge(&l, entry, g->code.leaves.at[i], EDGE_JUMP, false);
	for (uint32_t i = 0; i < counted; i++)
		look_at_insn(&l, i);
	if (g->code.too_long)
		graph_gap(g, GAP_LENGTH, function, entry, NULL);
	return counted;
}
