/* SPDX-License-Identifier: ISC */
/*
 * emit.h - BPF written from its end to its beginning
 *
 * Jumps in classic BPF only go forward, so whatever a jump leads to is then already in place.
 * A conditional jump reaches 255 instructions. Where its target is farther, something within
 * reach that does the same is put in place first: a copy when the target is a return, else an
 * unconditional jump, whose offset has 32 bits. It goes where nothing falls through to it, in
 * front of everything so far.
 */
#ifndef AMBIT_FILTER_EMIT_H
#define AMBIT_FILTER_EMIT_H

#include "rule.h"

#define EMIT_LOAD   (BPF_LD | BPF_W | BPF_ABS)
#define EMIT_JUMP   (BPF_JMP | BPF_K)
#define EMIT_GOTO   (BPF_JMP | BPF_JA)
#define EMIT_RETURN (BPF_RET | BPF_K)

enum { EMIT_ANSWERS = 16, EMIT_TESTS = 16, EMIT_NO_WORD = -1 };

/* A place in the program, counted from its end: 0 is the last instruction. */
typedef uint16_t place;

/*
 * Where a condition begins. Who comes from a place that holds the same word, under the same
 * mask, jumps past the load.
 */
struct entry {
	place start;
	place loaded;
	int word; /* offset into struct seccomp_data, EMIT_NO_WORD when it begins otherwise */
	uint32_t mask;
};

/* A test that is in place, for who needs the same again. */
struct known_test {
	struct entry entry;
	uint32_t k;
	uint16_t test;
	place yes, no;
};

struct emitter {
	struct sock_filter *code; /* filled from its end */
	place *nearest;		  /* of each place: the latest that does the same */
	size_t capacity, length;
	bool full;
	size_t answer_count;
	struct {
		uint32_t answer;
		place at;
	} answers[EMIT_ANSWERS];
	struct known_test tests[EMIT_TESTS]; /* the latest, in turn */
	size_t test_count;
};

static inline struct sock_filter *emit_at(const struct emitter *e, place p)
{
	return &e->code[e->capacity - 1 - p];
}

static inline struct entry entry_at(place p)
{
	return (struct entry){ .start = p, .loaded = p, .word = EMIT_NO_WORD };
}

/* One more instruction, in front of all others; a full program sticks in e->full. */
place emit(struct emitter *e, uint16_t code, uint8_t jt, uint8_t jf, uint32_t k);
/* A conditional jump: BPF_JEQ, BPF_JGE, BPF_JGT or BPF_JSET. */
place emit_jump(struct emitter *e, uint16_t test, uint32_t k, place yes, place no);
place emit_answer(struct emitter *e, uint32_t answer);
/* Load @word, then what stands at @p, even where that is not the latest instruction. */
place emit_load(struct emitter *e, uint32_t word, place p);
/* (word & mask) == value? */
struct entry emit_word(struct emitter *e, int word, uint32_t mask, uint32_t value,
		       const struct entry *yes, const struct entry *no);
/* (word & mask) in @list, which rises? */
struct entry emit_set(struct emitter *e, int word, uint32_t mask, const uint32_t *list,
		      size_t count, const struct entry *const yes_no[2]);

/* The two words from @word on are @key? One jump at the end, so the time taken tells no half. */
struct entry emit_key(struct emitter *e, int word, uint64_t key, const struct entry *yes,
		      const struct entry *no);

#endif
