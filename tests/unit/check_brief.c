/* SPDX-License-Identifier: ISC */
/*
 * What is remembered of instructions is what the decoder would say: every prefix, opcode and ModRM
 * of the first two maps is read three times, with other displacements, constants and scales, and
 * from the second time on perhaps from memory.
 */
#include "../../src/check/code.h"
#include "../tap.h"

#include <stdlib.h>
#include <string.h>

enum { SIZE = 32 };

_Noreturn void store_exhausted(void)
{
	tap_fail(__FILE__, __LINE__, "no memory");
}

struct bench {
	struct program program;
	struct object object;
	uint8_t bytes[SIZE];
	uint64_t read, remembered;
};

static void begin(struct bench *b, size_t size)
{
	*b = (struct bench){ 0 };
	b->object.segments[0] =
		(struct segment){ .end = size, .file_end = size, .bytes = b->bytes, .code = true };
	b->object.segment_count = 1;
	b->program.objects[0] = &b->object;
	b->program.count = 1;
	b->program.brief = brief_new();
	CHECK(ZYAN_SUCCESS(ZydisDecoderInit(&b->program.decoder, ZYDIS_MACHINE_MODE_LONG_64,
					    ZYDIS_STACK_WIDTH_64)));
}

static bool leads_on(const struct decoded *d)
{
	static const ZydisMnemonic others[] = {
		ZYDIS_MNEMONIC_SYSCALL, ZYDIS_MNEMONIC_SYSENTER, ZYDIS_MNEMONIC_INT,
		ZYDIS_MNEMONIC_INT3,	ZYDIS_MNEMONIC_HLT,	 ZYDIS_MNEMONIC_UD0,
		ZYDIS_MNEMONIC_UD1,	ZYDIS_MNEMONIC_UD2,	 ZYDIS_MNEMONIC_IRET,
		ZYDIS_MNEMONIC_IRETD,	ZYDIS_MNEMONIC_IRETQ,	 ZYDIS_MNEMONIC_ENDBR64,
	};

	for (size_t i = 0; i < ARRAY_COUNT(others); i++)
		if (d->insn.mnemonic == others[i])
			return false;
	for (size_t i = 0; i < d->insn.operand_count_visible; i++)
		if (d->operands[i].type == ZYDIS_OPERAND_TYPE_MEMORY &&
		    d->operands[i].mem.base == ZYDIS_REGISTER_RIP)
			return false;
	return d->insn.meta.branch_type == ZYDIS_BRANCH_TYPE_NONE && !relative_target(d, 0);
}

static bool shares_stack(const struct decoded *d)
{
	ZydisRegister base = d->operands[1].mem.base;

	return d->insn.mnemonic == ZYDIS_MNEMONIC_LEA &&
	       (base == ZYDIS_REGISTER_RSP || base == ZYDIS_REGISTER_RBP) &&
	       d->operands[0].reg.value != ZYDIS_REGISTER_RSP;
}

static void compare_one(struct bench *b)
{
	UNINITIALIZED struct decoded brief, full;
	bool known = brief_length(b->program.brief, b->bytes, SIZE) > 0;
	bool good = decode_at(&b->program, 0, &full);

	b->read++;
	b->remembered += known;
	if (decode_short(&b->program, false, 0, &brief) != good ||
	    (good && brief.insn.length != full.insn.length) ||
	    (known && (!good || !leads_on(&full) || shares_stack(&full))) ||
	    (good && relative_target(&brief, 0) != relative_target(&full, 0)) ||
	    (good && (brief.insn.mnemonic == ZYDIS_MNEMONIC_JMP) !=
			     (full.insn.mnemonic == ZYDIS_MNEMONIC_JMP)) ||
	    (good && (brief.insn.mnemonic == ZYDIS_MNEMONIC_CALL) !=
			     (full.insn.mnemonic == ZYDIS_MNEMONIC_CALL)))
		tap_fail(__FILE__, __LINE__, "%02x %02x %02x %02x %02x %02x: %d and %d bytes",
			 b->bytes[0], b->bytes[1], b->bytes[2], b->bytes[3], b->bytes[4],
			 b->bytes[5], good ? brief.insn.length : 0, good ? full.insn.length : 0);
}

/* The bytes up to ModRM are there: what comes after them, in three ways. */
static void compare_rest(struct bench *b, size_t at)
{
	static const uint8_t fill[] = { 0x00, 0xff, 0x8d };
	static const uint8_t index[] = { 0x20, 0x98, 0xd0 }; /* none; RBX * 4; RDX * 8 */

	const bool sib = (b->bytes[at - 1] & 7) == 4;

	for (unsigned base = 4; base < (sib ? 6 : 5); base++)
		for (size_t i = 0; i < ARRAY_COUNT(fill); i++) {
			memset(b->bytes + at, fill[i], SIZE - at);
			if (sib)
				b->bytes[at] = (uint8_t)(index[i] | base);
			compare_one(b);
		}
}

static void compare_map(struct bench *b, size_t at, bool second)
{
	/* All of it takes minutes where all is slow: a part, in which each value comes. */
	const unsigned step = getenv("TAP_SLOW") ? 11 : 1;

	if (second)
		b->bytes[at++] = 0x0f;
	for (unsigned opcode = 0; opcode < 256; opcode++)
		for (unsigned modrm = opcode % step; modrm < 256; modrm += step) {
			b->bytes[at] = (uint8_t)opcode;
			b->bytes[at + 1] = (uint8_t)modrm;
			compare_rest(b, at + 2);
		}
}

TEST_TIMEOUT(what_is_remembered_is_what_is_read, 60)
{
	static const uint8_t prefixes[] = { 0, 0x66, 0xf2, 0xf3, 0x64, 0x65, 0xf0 };
	static const uint8_t rexes[] = { 0, 0x41, 0x48, 0x4d };
	struct bench b;

	begin(&b, SIZE);
	for (size_t p = 0; p < ARRAY_COUNT(prefixes); p++)
		for (size_t r = 0; r < ARRAY_COUNT(rexes); r++) {
			size_t at = 0;

			if (prefixes[p])
				b.bytes[at++] = prefixes[p];
			if (rexes[r])
				b.bytes[at++] = rexes[r];
			compare_map(&b, at, false);
			compare_map(&b, at, true);
		}
	NOTE("%llu of %llu remembered", (unsigned long long)b.remembered,
	     (unsigned long long)b.read);
	CHECK(b.remembered > b.read / 4); /* else nothing was compared */
	free(b.program.brief);
}

/* At the end of a segment nothing is read past it. */
TEST(what_is_cut_short_is_no_instruction)
{
	static const uint8_t call[] = { 0xe8, 1, 2, 3, 4 }, jump[] = { 0x0f, 0x84, 1, 2, 3, 4 };
	UNINITIALIZED struct decoded d;
	struct bench b;

	for (size_t size = 1; size <= sizeof(jump); size++) {
		begin(&b, size);
		memcpy(b.bytes, call, sizeof(call));
		CHECK(decode_short(&b.program, false, 0, &d) == (size >= sizeof(call)));
		memcpy(b.bytes, jump, sizeof(jump));
		CHECK(decode_short(&b.program, false, 0, &d) == (size >= sizeof(jump)));
		free(b.program.brief);
	}
}

/* What was remembered of one is not said of another: a control for the first test. */
TEST(a_wrong_memory_is_seen)
{
	static const uint8_t move[] = { 0x48, 0x89, 0xc3 }; /* mov %rax,%rbx */
	UNINITIALIZED struct decoded d;
	struct bench b;

	begin(&b, SIZE);
	memcpy(b.bytes, move, sizeof(move));
	brief_remember(b.program.brief, b.bytes, SIZE, 7);
	CHECK(decode_short(&b.program, false, 0, &d));
	CHECK_INT(d.insn.length, 7);
	CHECK(decode_at(&b.program, 0, &d));
	CHECK_INT(d.insn.length, 3);
	free(b.program.brief);
}
