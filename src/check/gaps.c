/* SPDX-License-Identifier: ISC */
/*
 * gaps.c - code that no unwind table knows: functions of a static program without such tables,
 * linked with a C library that has them
 *
 * What lies between the functions that are known is code if it can be decoded from its start to its
 * end, and ends as code does; otherwise it is constants, or nobody can tell. In code, a function
 * can begin after whatever does not go on, or may not: a jump, a return, a call.
 */
#include "image.h"

/* Shorter than this is what aligns the next function. */
enum { LEAST = 16 };

struct sweep {
	const struct program *program;
	uint64_t at, end;
	ZydisDecodedInstruction insn;
};

static bool sweep_next(struct sweep *s)
{
	size_t left;
	const uint8_t *bytes = bytes_at(s->program, s->at, &left);

	if (!bytes || s->end - s->at < left)
		left = bytes ? (size_t)(s->end - s->at) : 0;
	if (!left || !ZYAN_SUCCESS(ZydisDecoderDecodeInstruction(&s->program->decoder, NULL, bytes,
								 left, &s->insn)))
		return false;
	s->at += s->insn.length;
	return true;
}

static bool is_padding(const ZydisDecodedInstruction *insn)
{
	return insn->meta.category == ZYDIS_CATEGORY_NOP ||
	       insn->meta.category == ZYDIS_CATEGORY_WIDENOP ||
	       insn->mnemonic == ZYDIS_MNEMONIC_INT3 ||
	       (insn->mnemonic == ZYDIS_MNEMONIC_XCHG && insn->length <= 2);
}

/* Control does not go on after it, or perhaps does not. */
static bool may_end(const ZydisDecodedInstruction *insn)
{
	switch ((int)insn->meta.category) {
	case ZYDIS_CATEGORY_CALL:
	case ZYDIS_CATEGORY_RET:
	case ZYDIS_CATEGORY_UNCOND_BR:
		return true;
	default:
		return insn->mnemonic == ZYDIS_MNEMONIC_HLT || insn->mnemonic == ZYDIS_MNEMONIC_UD2;
	}
}

static bool is_code_all(const struct program *p, uint64_t start, uint64_t end)
{
	struct sweep s = { .program = p, .at = start, .end = end };
	bool ended = false;

	while (s.at < end) {
		if (!sweep_next(&s))
			return false;
		ended = may_end(&s.insn) || (ended && is_padding(&s.insn));
	}
	return ended;
}

static void note_starts(const struct program *p, struct object *o, uint64_t start, uint64_t end)
{
	struct sweep s = { .program = p, .at = start, .end = end };
	bool ended = true;

	while (s.at < end) {
		uint64_t here = s.at;

		if (!sweep_next(&s))
			return;
		if (ended)
			(void)map_put(&o->plausible, here, 0);
		ended = may_end(&s.insn) || (ended && is_padding(&s.insn));
	}
}

/* Sections that overlap, which no linker makes, are not gone through again and again: @budget. */
static void look_at_gap(const struct program *p, struct object *o, uint64_t start, uint64_t end,
			uint64_t *budget)
{
	uint8_t last;

	while (end > start && load_bytes(p, end - 1, &last, 1) && !last)
		end--; /* up to the end of a page, or the next section */
	if (end < start || end - start < LEAST || end - start > *budget)
		return;
	*budget -= end - start;
	if (is_code_all(p, start, end))
		note_starts(p, o, start, end);
}

/* What of a section of code, or of a segment, lies in no function that is known. */
static void look_between(const struct program *p, struct object *o, uint64_t start, uint64_t end,
			 uint64_t *budget)
{
	for (size_t i = 0; i < o->fdes.count && start < end; i++) {
		const struct fde *f = &o->fdes.at[i];

		if (f->end <= start)
			continue;
		if (f->start >= end)
			break;
		if (f->start > start)
			look_at_gap(p, o, start, f->start, budget);
		start = f->end;
	}
	if (start < end)
		look_at_gap(p, o, start, end, budget);
}

void gaps_read(const struct program *p, struct object *o)
{
	bool sections = false;
	uint64_t budget = o->size;

	if (!o->fdes.count)
		return;
	for (size_t i = 0; i < o->sections.count; i++) {
		const struct section *s = &o->sections.at[i];

		if (!s->code || !is_code(p, s->start))
			continue;
		sections = true;
		look_between(p, o, s->start, s->end, &budget);
	}
	for (size_t i = 0; i < o->segment_count && !sections; i++)
		if (o->segments[i].code)
			look_between(p, o, o->segments[i].start, o->segments[i].file_end, &budget);
}

bool may_start(const struct object *o, uint64_t address)
{
	return map_has(&o->starts, address) || !o->fdes.count || map_has(&o->plausible, address);
}
