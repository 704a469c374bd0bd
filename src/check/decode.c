/* SPDX-License-Identifier: ISC */
/* decode.c - one instruction: as much of it as is asked for */
#include "code.h"

bool decode_at(const struct program *p, uint64_t address, struct decoded *ret)
{
	const struct segment *s = segment_of(p, address);

	if (!s || !s->code || address >= s->file_end)
		return false;
	return ZYAN_SUCCESS(ZydisDecoderDecodeFull(&p->decoder, s->bytes + (address - s->start),
						   (size_t)(s->file_end - address), &ret->insn,
						   ret->operands));
}

/* Jumps by what memory holds, what makes an address or lies at a fixed one: all they are for. */
static bool wants_operands(const ZydisDecodedInstruction *insn)
{
	bool rip_relative = (insn->attributes & ZYDIS_ATTRIB_HAS_MODRM) &&
			    insn->raw.modrm.mod == 0 && insn->raw.modrm.rm == 5;

	return rip_relative || insn->mnemonic == ZYDIS_MNEMONIC_LEA ||
	       insn->mnemonic == ZYDIS_MNEMONIC_INT ||
	       (insn->meta.branch_type != ZYDIS_BRANCH_TYPE_NONE && !insn->raw.imm[0].is_relative);
}

/* An instruction that leads to the next one, or a direct branch: no more than that. */
static void simple(struct decoded *ret, ZydisMnemonic mnemonic, size_t length, bool branches)
{
	ret->insn.mnemonic = mnemonic;
	ret->insn.length = (uint8_t)length;
	ret->insn.operand_count_visible = 0;
	ret->insn.raw.imm[0].is_relative = branches;
	ret->insn.meta.category = ZYDIS_CATEGORY_INVALID;
	ret->insn.meta.branch_type = branches ? ZYDIS_BRANCH_TYPE_NEAR : ZYDIS_BRANCH_TYPE_NONE;
	ret->operands[0].type = ZYDIS_OPERAND_TYPE_UNUSED;
}

static bool known_already(const struct program *p, const uint8_t *bytes, size_t left,
			  struct decoded *ret)
{
	struct brief_branch branch;
	size_t length = brief_length(p->brief, bytes, left);

	if (length) {
		simple(ret, ZYDIS_MNEMONIC_INVALID, length, false);
	} else if (brief_branch(bytes, left, &branch)) {
		simple(ret, branch.mnemonic, branch.length, true);
		ret->insn.raw.imm[0].value.s = branch.distance;
	} else {
		return false;
	}
	return true;
}

bool takes_stack_address(const struct decoded *d)
{
	return d->insn.mnemonic == ZYDIS_MNEMONIC_LEA &&
	       (d->operands[1].mem.base == ZYDIS_REGISTER_RSP ||
		d->operands[1].mem.base == ZYDIS_REGISTER_RBP) &&
	       d->operands[0].reg.value != ZYDIS_REGISTER_RSP;
}

/* Does it lead to the next one and nowhere else, and is all there is to say of it its length? */
static bool only_leads_on(const struct decoded *d)
{
	switch ((int)d->insn.mnemonic) {
	case ZYDIS_MNEMONIC_LEA:
		return d->operands[1].mem.base != ZYDIS_REGISTER_RIP && !takes_stack_address(d);
	case ZYDIS_MNEMONIC_CALL:
	case ZYDIS_MNEMONIC_JMP:
	case ZYDIS_MNEMONIC_RET:
	case ZYDIS_MNEMONIC_IRET:
	case ZYDIS_MNEMONIC_IRETQ:
	case ZYDIS_MNEMONIC_IRETD:
	case ZYDIS_MNEMONIC_SYSCALL:
	case ZYDIS_MNEMONIC_SYSENTER:
	case ZYDIS_MNEMONIC_INT:
	case ZYDIS_MNEMONIC_INT3:
	case ZYDIS_MNEMONIC_HLT:
	case ZYDIS_MNEMONIC_UD0:
	case ZYDIS_MNEMONIC_UD1:
	case ZYDIS_MNEMONIC_UD2:
	case ZYDIS_MNEMONIC_ENDBR64:
		return false;
	default:
		return !d->insn.raw.imm[0].is_relative && !wants_operands(&d->insn);
	}
}

bool decode_short(const struct program *p, bool all, uint64_t address, struct decoded *ret)
{
	const struct segment *s = segment_of(p, address);
	ZydisDecoderContext context;
	const uint8_t *bytes;
	size_t left;
	bool wanted;

	if (!s || !s->code || address >= s->file_end)
		return false;
	bytes = s->bytes + (address - s->start);
	left = (size_t)(s->file_end - address);
	if (!all && known_already(p, bytes, left, ret))
		return true;
	if (!ZYAN_SUCCESS(
		    ZydisDecoderDecodeInstruction(&p->decoder, &context, bytes, left, &ret->insn)))
		return false;
	wanted = all || wants_operands(&ret->insn);
	if (wanted &&
	    !ZYAN_SUCCESS(ZydisDecoderDecodeOperands(&p->decoder, &context, &ret->insn,
						     ret->operands, ret->insn.operand_count)))
		return false;
	if (!all && only_leads_on(ret))
		brief_remember(p->brief, bytes, left, ret->insn.length);
	if (!wanted) {
		ret->insn.operand_count_visible = 0;
		ret->operands[0].type = ZYDIS_OPERAND_TYPE_UNUSED;
	}
	return true;
}

uint64_t operand_place(const struct program *p, const struct decoded *d, uint64_t address,
		       const ZydisDecodedOperand *op)
{
	uint64_t place;

	if (op->type != ZYDIS_OPERAND_TYPE_MEMORY || op->mem.index != ZYDIS_REGISTER_NONE ||
	    op->mem.segment == ZYDIS_REGISTER_FS || op->mem.segment == ZYDIS_REGISTER_GS)
		return 0;
	if (op->mem.base == ZYDIS_REGISTER_RIP)
		place = address + d->insn.length + (uint64_t)op->mem.disp.value;
	else if (op->mem.base == ZYDIS_REGISTER_NONE && OBJECT_OF(address) == 0)
		place = (uint64_t)op->mem.disp.value;
	else
		return 0;
	return OBJECT_OF(place) == OBJECT_OF(address) && segment_of(p, place) ? place : 0;
}

uint64_t relative_target(const struct decoded *d, uint64_t address)
{
	if (!d->insn.raw.imm[0].is_relative)
		return 0;
	return address + d->insn.length + d->insn.raw.imm[0].value.u;
}
