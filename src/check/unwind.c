/* SPDX-License-Identifier: ISC */
/*
 * unwind.c - what .eh_frame knows of functions, and where exceptions land
 *
 * A hint only: a function may go on past the end of its entry (clone(2)'s ends before its system
 * call), and hand-written code may have none. Landing pads count: nothing else leads to them.
 */
#include <stdlib.h>
#include <string.h>

#include "image.h"

enum { ENC_OMIT = 0xff, ENC_INDIRECT = 0x80, FDES_MAX = 1 << 22 };

struct reader {
	const struct program *program;
	uint64_t at, end;
	bool bad;
};

static uint64_t get(struct reader *r, size_t size)
{
	uint64_t value = 0;

	if (r->bad || r->at > r->end || r->end - r->at < size ||
	    !load_bytes(r->program, r->at, &value, size)) {
		r->bad = true;
		return 0;
	}
	r->at += size;
	return value;
}

static uint64_t get_leb(struct reader *r, bool is_signed)
{
	uint64_t value = 0, byte;
	unsigned shift = 0;

	do {
		byte = get(r, 1);
		if (shift < 64)
			value |= (byte & 0x7f) << shift;
		shift += 7;
	} while ((byte & 0x80) && !r->bad && shift < 70);
	if (is_signed && shift < 64 && (byte & 0x40))
		value |= ~UINT64_C(0) << shift;
	return value;
}

/* A value as the unwind tables encode it; @relative: add the place where pc-relative. */
static uint64_t get_encoded(struct reader *r, uint8_t encoding, bool relative)
{
	uint64_t place = r->at, value;

	switch (encoding & 0x0f) {
	case 0x00: /* a pointer */
	case 0x04:
	case 0x0c:
		value = get(r, 8);
		break;
	case 0x01:
	case 0x09:
		value = get_leb(r, encoding & 0x08);
		break;
	case 0x02:
		value = get(r, 2);
		break;
	case 0x0a:
		value = (uint64_t)(int64_t)(int16_t)get(r, 2);
		break;
	case 0x03:
		value = get(r, 4);
		break;
	case 0x0b:
		value = (uint64_t)(int64_t)(int32_t)get(r, 4);
		break;
	default:
		r->bad = true;
		return 0;
	}
	if (relative && value && (encoding & 0x70) == 0x10)
		value += place;
	return value;
}

struct cie {
	uint8_t code, lsda; /* encodings */
	bool augmented;
	bool signal; /* of a frame that the kernel made: the table's entry begins a byte early */
};

static void read_cie(const struct program *p, uint64_t at, struct cie *ret)
{
	struct reader r = { .program = p, .at = at, .end = UINT64_MAX };
	uint64_t length = get(&r, 4);
	char text[8] = { 0 };
	uint8_t version;

	*ret = (struct cie){ .code = 0, .lsda = ENC_OMIT };
	r.end = r.at + length;
	if (get(&r, 4) != 0 || length > 1 << 20)
		return;
	version = (uint8_t)get(&r, 1);
	for (size_t i = 0; i < sizeof(text) - 1 && (text[i] = (char)get(&r, 1)) != 0; i++)
		;
	(void)get_leb(&r, false);
	(void)get_leb(&r, true);
	if (version == 1)
		(void)get(&r, 1);
	else
		(void)get_leb(&r, false);
	if (text[0] != 'z')
		return;
	ret->augmented = true;
	(void)get_leb(&r, false);
	for (const char *c = text + 1; *c && !r.bad; c++) {
		if (*c == 'R')
			ret->code = (uint8_t)get(&r, 1);
		else if (*c == 'L')
			ret->lsda = (uint8_t)get(&r, 1);
		else if (*c == 'P')
			(void)get_encoded(&r, (uint8_t)get(&r, 1) & 0x7f, false);
		else if (*c == 'S')
			ret->signal = true;
	}
}

static void read_fde(struct reader *r, const struct program *p, struct object *o, uint64_t cie_at)
{
	struct fde f = { 0 };
	struct cie cie;
	uint64_t size;

	read_cie(p, cie_at, &cie);
	f.start = get_encoded(r, cie.code, true);
	size = get_encoded(r, cie.code & 0x0f, false);
	if (cie.code == 0 && f.start < UINT64_C(1) << OBJECT_SHIFT)
		f.start += o->base;
	if (cie.augmented) {
		(void)get_leb(r, false);
		if (cie.lsda != ENC_OMIT && !(cie.lsda & ENC_INDIRECT))
			f.lsda = get_encoded(r, cie.lsda, true);
	}
	f.end = f.start + size;
	if (r->bad || size > UINT64_C(1) << 32 || !is_code(p, f.start))
		return;
	if (f.lsda && object_of(p, f.lsda) != o)
		f.lsda = 0;
	*vec_add(&o->fdes) = f;
	if (cie.signal)
		(void)map_put(&o->starts, f.start + 1, 0);
}

static int by_start(const void *a, const void *b)
{
	const struct fde *x = a, *y = b;

	return (x->start > y->start) - (x->start < y->start);
}

void unwind_read(const struct program *p, struct object *o)
{
	struct reader r = { .program = p, .at = o->eh_frame, .end = UINT64_MAX };

	if (!o->eh_frame || object_of(p, o->eh_frame) != o)
		return;
	if (o->eh_frame_size)
		r.end = r.at + o->eh_frame_size;
	while (!r.bad && o->fdes.count < FDES_MAX && r.at < r.end) {
		uint64_t begin, length = get(&r, 4), id;
		struct reader entry = r;

		if (!length || length >= 0xfffffff0)
			break;
		begin = r.at;
		entry.end = begin + length;
		id = get(&entry, 4);
		if (id && !entry.bad)
			read_fde(&entry, p, o, begin - id);
		r.at = begin + length;
	}
	vec_fit(&o->fdes);
	store_sort(o->fdes.at, o->fdes.count, sizeof(*o->fdes.at), by_start);
	for (size_t i = 0; i < o->fdes.count; i++)
		(void)map_put(&o->starts, o->fdes.at[i].start, 0);
}

const struct fde *fde_at(const struct object *o, uint64_t address)
{
	size_t low = 0, high = o->fdes.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (o->fdes.at[middle].start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low && address < o->fdes.at[low - 1].end ? &o->fdes.at[low - 1] : NULL;
}

void unwind_pads(const struct program *p, const struct fde *f,
		 void (*add)(void *context, uint64_t address), void *context)
{
	struct reader r = { .program = p, .at = f->lsda, .end = UINT64_MAX };
	uint64_t base = f->start, size;
	uint8_t encoding;

	if (!f->lsda)
		return;
	encoding = (uint8_t)get(&r, 1);
	if (encoding != ENC_OMIT)
		base = get_encoded(&r, encoding, true);
	if ((uint8_t)get(&r, 1) != ENC_OMIT)
		(void)get_leb(&r, false);
	encoding = (uint8_t)get(&r, 1);
	size = get_leb(&r, false);
	if (size > 1 << 24)
		return;
	r.end = r.at + size;
	while (r.at < r.end && !r.bad) {
		uint64_t pad;

		(void)get_encoded(&r, encoding, false);
		(void)get_encoded(&r, encoding, false);
		pad = get_encoded(&r, encoding, false);
		(void)get_leb(&r, false);
		if (pad && !r.bad)
			add(context, base + pad);
	}
}
