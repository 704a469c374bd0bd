/* SPDX-License-Identifier: ISC */
/*
 * code.h - the instructions of one function, and what a register holds at a place in it
 *
 * A function is what its entry leads to by falling through and jumping, but not by calling; a
 * jump to where another function begins is a call that does not come back. Nothing is swept: data
 * between functions is never taken for code.
 */
#ifndef AMBIT_CHECK_CODE_H
#define AMBIT_CHECK_CODE_H

#include <Zydis/Zydis.h>

#include "image.h"

enum insn_kind {
	INSN_PLAIN,
	INSN_CALL,	    /* of @target, directly or by a fixed slot */
	INSN_CALL_INDIRECT, /* of what a register or memory holds */
	INSN_JUMP,	    /* within the function */
	INSN_TAIL,	    /* a jump to another function, @target */
	INSN_JUMP_INDIRECT, /* where to, nobody could tell */
	INSN_JUMP_TABLE,    /* by a table that was read */
	INSN_BRANCH,	    /* goes on after it, too */
	INSN_RETURN,
	INSN_SYSCALL,
	INSN_STOP,
	INSN_BAD, /* no instruction that the decoder knows */
};

struct insn {
	uint64_t address, target;
	uint32_t before; /* plus one: the instruction that falls through to this one */
	uint32_t jumps;	 /* plus one: the first of those that jump here, in links */
	uint8_t length;
	uint8_t kind;
	bool ifunc;  /* the target chooses the function */
	bool refers; /* an operand may be an address */
	bool start;  /* the function, or this look at it, begins here */
};

struct link {
	uint32_t from, next; /* next: plus one */
};

/* A place that an operand of an instruction names for good. */
enum named_how { NAMED_ADDRESS, NAMED_MOVED, NAMED_OTHER };
struct named {
	uint64_t place;
	uint32_t insn;
	int8_t reg;  /* the general register that is the first operand; -1: none */
	uint8_t how; /* enum named_how */
};

struct pending {
	uint64_t address;
	uint32_t from; /* plus one */
	bool start;
};

/* Whether a call of a function ever comes back: asked of the graph. */
struct code_calls {
	bool (*returns)(void *context, uint64_t target, bool ifunc);
	void *context;
};

struct code {
	const struct program *program;
	const struct object *object;
	struct code_calls calls;
	uint64_t entry;
	const struct fde *own;
	VEC(struct insn) insns;
	uint32_t *window; /* by byte of @own: instruction, plus one */
	size_t window_size;
	struct map index; /* the same for what lies elsewhere */
	VEC(struct link) links;
	VEC(struct pending) pending;
	VEC(uint32_t) tables;	 /* indirect jumps that wait until all before them is known */
	VEC(uint64_t) refers;	 /* data whose address it takes */
	VEC(struct named) named; /* by instruction */
	VEC(uint64_t) leaves;	 /* targets of tables that are other functions */
	bool returns, too_long;
	bool stack_shared; /* an address of the stack is taken */
	bool guesses;	   /* a table without a bound: what it seems to lead to may be no code */
	bool everywhere;   /* all of the function was gone through for such a one */
	uint64_t budget;
};

struct decoded {
	ZydisDecodedInstruction insn;
	ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
};

/* decode.c; false for what is no instruction */
bool decode_at(const struct program *p, uint64_t address, struct decoded *ret);
/*
 * The same for those who follow control, unless @all: of what only leads to the next instruction
 * the length, and there are no operands; of a direct branch where it goes, too, and CALL, JMP or
 * any other mnemonic.
 */
bool decode_short(const struct program *p, bool all, uint64_t address, struct decoded *ret);
/* Where a direct call, jump or branch goes; 0: it is none. */
uint64_t relative_target(const struct decoded *d, uint64_t address);
/* The address that an operand in memory names for good, RIP-relative or absolute; 0: none. */
uint64_t operand_place(const struct program *p, const struct decoded *d, uint64_t address,
		       const ZydisDecodedOperand *op);
/* It puts an address of the stack into a register. */
bool takes_stack_address(const struct decoded *d);
/* Where a call of @address ends up when a stub of the PLT stands there. */
uint64_t stub_target(const struct program *p, uint64_t address, bool *ret_ifunc);

/* brief.c; 0: ask the decoder, and let it remember that it is nothing special */
size_t brief_length(uint32_t *known, const uint8_t *bytes, size_t left);
void brief_remember(uint32_t *known, const uint8_t *bytes, size_t left, size_t length);
struct brief_branch {
	size_t length;
	int64_t distance;
	ZydisMnemonic mnemonic; /* CALL, JMP or, for any other one, JNZ */
};
bool brief_branch(const uint8_t *bytes, size_t left, struct brief_branch *ret);

/* Begin with entry; then add starts (at least one), then explore. */
void code_begin(struct code *c, const struct program *p, uint64_t entry,
		const struct code_calls *calls);
void code_start(struct code *c, uint64_t address);
void code_explore(struct code *c);
void code_done(struct code *c);
bool code_find(const struct code *c, uint64_t address, uint32_t *ret_index);
/* Where control goes on from @address, from instruction @from (plus one). */
void code_goes(struct code *c, uint64_t address, uint32_t from);
bool code_leaves(const struct code *c, uint64_t target);

/*
 * table.c: the targets of an indirect jump are given to code_goes(); false: nobody can tell.
 * @ret_bounded: and there are no others.
 */
bool table_read(struct code *c, uint32_t index, bool *ret_bounded);

/* slice.c */
enum { VALUES_MAX = 24 };
struct value {
	uint64_t at[VALUES_MAX];
	size_t count;
	uint32_t entries; /* a bit for each register whose value at the entry it may be */
	bool unknown;	  /* and something else */
	bool perhaps;	  /* the same, but what is known is to be looked for all the same */
};
/* What general register @reg (0 is RAX) holds before instruction @index. */
void code_value(const struct code *c, uint32_t index, unsigned reg, struct value *ret);
/* The number of a general register, or -1. */
int register_number(ZydisRegister reg);

#endif
