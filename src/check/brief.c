/* SPDX-License-Identifier: ISC */
/*
 * brief.c - of most instructions only the length matters, and it is remembered
 *
 * Prefix, opcode, ModRM and the base of the SIB byte decide how long an instruction is, what it is
 * and which registers it names; a displacement or a constant does not. What the decoder has said of
 * such a combination once it would say again. Only what moves or computes is kept: not what goes
 * elsewhere, names a place or is made of other bytes, too (VEX, the maps of three bytes). Direct
 * branches without a prefix are read here.
 */
#include <string.h>

#include "code.h"

enum { PREFIX_NONE, PREFIX_WIDTH, PREFIX_REPNE, PREFIX_REP, PREFIX_FS };
enum { NO_REX = 0x10, PLACES_BITS = 14, LENGTH_BITS = 4, LENGTH_MASK = (1 << LENGTH_BITS) - 1 };

/* What is remembered: key and length; 0: nothing. */
uint32_t *brief_new(void)
{
	return store_alloc((size_t)1 << PLACES_BITS, sizeof(uint32_t));
}

static uint32_t *place_of(uint32_t *known, uint32_t key)
{
	return &known[key * UINT32_C(0x9e3779b9) >> (32 - PLACES_BITS)];
}

static unsigned prefix_of(uint8_t byte)
{
	switch (byte) {
	case 0x66:
		return PREFIX_WIDTH;
	case 0xf2:
		return PREFIX_REPNE;
	case 0xf3:
		return PREFIX_REP;
	case 0x64:
		return PREFIX_FS;
	default:
		return PREFIX_NONE;
	}
}

/* All that decides, in 28 bits: 3 of prefix, 5 of REX, 1 + 8 of opcode, 8 of ModRM, 3 of a base. */
static uint32_t key_of(const uint8_t *bytes)
{
	const unsigned prefix = prefix_of(*bytes);
	unsigned rex = NO_REX, base = 0, opcode, modrm;
	bool second;

	bytes += prefix != PREFIX_NONE;
	if ((*bytes & 0xf0) == 0x40)
		rex = *bytes++ & 0x0f;
	second = *bytes == 0x0f;
	bytes += second;
	opcode = bytes[0];
	modrm = bytes[1];
	if (!second && ((opcode & 0xf0) == 0x50 || (opcode & 0xf0) == 0xb0))
		modrm = 0; /* push, pop, a constant: the register is in the opcode */
	else if (modrm >> 6 != 3 && (modrm & 7) == 4)
		base = bytes[2] & 7;
	return prefix << 25 | rex << 20 | (unsigned)second << 19 | opcode << 11 | modrm << 3 | base;
}

size_t brief_length(uint32_t *known, const uint8_t *bytes, size_t left)
{
	uint32_t key, word;

	if (left < ZYDIS_MAX_INSTRUCTION_LENGTH)
		return 0;
	key = key_of(bytes);
	word = *place_of(known, key);
	return word >> LENGTH_BITS == key ? word & LENGTH_MASK : 0;
}

/* Does the key say it all? Not of what has more prefixes, nor of what other bytes decide. */
static bool is_whole(uint32_t key)
{
	static const uint8_t first_map[] = { 0x0f, 0x26, 0x2e, 0x36, 0x3e, 0x62, 0x64, 0x65,
					     0x66, 0x67, 0x8f, 0xc4, 0xc5, 0xf0, 0xf2, 0xf3 };
	static const uint8_t second_map[] = { 0x0f, 0x38, 0x3a };
	const uint8_t opcode = key >> 11 & 0xff;

	if (key >> 19 & 1)
		return !memchr(second_map, opcode, sizeof(second_map));
	return (opcode & 0xf0) != 0x40 && !memchr(first_map, opcode, sizeof(first_map));
}

void brief_remember(uint32_t *known, const uint8_t *bytes, size_t left, size_t length)
{
	uint32_t key;

	if (left < ZYDIS_MAX_INSTRUCTION_LENGTH)
		return;
	key = key_of(bytes);
	if (is_whole(key))
		*place_of(known, key) = key << LENGTH_BITS | (uint32_t)length;
}

bool brief_branch(const uint8_t *bytes, size_t left, struct brief_branch *ret)
{
	const bool second = left > 1 && bytes[0] == 0x0f;
	const uint8_t opcode = left > second ? bytes[second] : 0;
	const bool near = second ? (opcode & 0xf0) == 0x80 : opcode == 0xe8 || opcode == 0xe9;
	const size_t length = near ? second + 5U : 2;
	int32_t distance;

	if ((!near && (second || ((opcode & 0xf0) != 0x70 && opcode != 0xeb))) || left < length)
		return false;
	if (near)
		memcpy(&distance, bytes + second + 1, sizeof(distance));
	else
		distance = bytes[1] < 0x80 ? bytes[1] : bytes[1] - 0x100;
	*ret = (struct brief_branch){
		.length = length,
		.distance = distance,
		.mnemonic = second || (!near && opcode != 0xeb) ? ZYDIS_MNEMONIC_JNZ
			    : opcode == 0xe8			? ZYDIS_MNEMONIC_CALL
								: ZYDIS_MNEMONIC_JMP,
	};
	return true;
}
