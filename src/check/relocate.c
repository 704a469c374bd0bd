/* SPDX-License-Identifier: ISC */
/*
 * relocate.c - which word of memory holds which address once the loader is done
 *
 * Relocations say so; where there are none (a program at fixed addresses) every aligned word of
 * data that could be an address is taken for one.
 */
#include <stdlib.h>
#include <string.h>

#include "image.h"

enum { FORGET_EACH = 2 << 20 }; /* bytes looked through once */
enum { RELOCATIONS_MAX = 1 << 24, VERSIONS_MAX = 1 << 12, SYMBOLS_MAX = 1 << 24 };

static const char *text_of(const struct program *p, const struct object *o, uint64_t offset)
{
	if (!o->dynamic.strtab || offset >= o->dynamic.strsz)
		return NULL;
	return string_at(p, o->dynamic.strtab + offset);
}

static bool read_symbol(const struct program *p, const struct object *o, size_t index,
			Elf64_Sym *ret)
{
	/* Tables of what is exported do not tell how many there are beside. */
	return o->dynamic.symtab && index < SYMBOLS_MAX &&
	       load_bytes(p, o->dynamic.symtab + index * sizeof(*ret), ret, sizeof(*ret));
}

/* The name of version @number, of those the object defines or of those it needs. */
static const char *version_defined(const struct program *p, const struct object *o, uint16_t number)
{
	uint64_t at = o->dynamic.verdef;
	Elf64_Verdef d;
	Elf64_Verdaux aux;

	for (size_t i = 0; at && i < VERSIONS_MAX && load_bytes(p, at, &d, sizeof(d)); i++) {
		if (d.vd_ndx == number)
			return load_bytes(p, at + d.vd_aux, &aux, sizeof(aux))
				       ? text_of(p, o, aux.vda_name)
				       : NULL;
		if (!d.vd_next)
			break;
		at += d.vd_next;
	}
	return NULL;
}

static const char *version_needed(const struct program *p, const struct object *o, uint16_t number)
{
	uint64_t at = o->dynamic.verneed;
	Elf64_Verneed n;
	Elf64_Vernaux aux;

	for (size_t i = 0; at && i < VERSIONS_MAX && load_bytes(p, at, &n, sizeof(n)); i++) {
		uint64_t inner = at + n.vn_aux;

		for (size_t k = 0; k < n.vn_cnt && load_bytes(p, inner, &aux, sizeof(aux)); k++) {
			if ((aux.vna_other & 0x7fff) == number)
				return text_of(p, o, aux.vna_name);
			inner += aux.vna_next;
			if (!aux.vna_next)
				break;
		}
		if (!n.vn_next)
			break;
		at += n.vn_next;
	}
	return NULL;
}

static const char *version_of(const struct program *p, const struct object *o, size_t index,
			      bool defined, bool *ret_hidden)
{
	uint16_t number = 0;

	*ret_hidden = false;
	if (!o->dynamic.versym || !load_bytes(p, o->dynamic.versym + index * 2, &number, 2))
		return NULL;
	*ret_hidden = number & 0x8000;
	number &= 0x7fff;
	if (number < 2)
		return NULL;
	return defined ? version_defined(p, o, number) : version_needed(p, o, number);
}

static void read_exports(const struct program *p, struct object *o)
{
	Elf64_Sym s;

	for (size_t i = 1; i < o->dynamic.symbol_count && read_symbol(p, o, i, &s); i++) {
		const char *name = text_of(p, o, s.st_name);
		uint32_t hash, head = 0;
		struct export *e;

		if (!name || !*name || s.st_shndx == SHN_UNDEF ||
		    ELF64_ST_BIND(s.st_info) == STB_LOCAL || ELF64_ST_TYPE(s.st_info) == STT_TLS ||
		    s.st_value >= UINT64_C(1) << OBJECT_SHIFT)
			continue;
		e = vec_add(&o->exports);
		e->name = name;
		e->address = s.st_shndx == SHN_ABS ? 0 : o->base + s.st_value;
		e->kind = (uint8_t)symbol_kind_of(s.st_info);
		e->version = version_of(p, o, i, true, &e->hidden);
		hash = symbol_hash(name);
		if (map_get(&o->export_heads, hash, &head)) {
			e->next = o->exports.at[head].next;
			o->exports.at[head].next = (uint32_t)o->exports.count;
		} else {
			(void)map_put(&o->export_heads, hash, (uint32_t)o->exports.count - 1);
		}
	}
}

static const struct export *lookup_in(const struct object *o, const char *name, const char *version)
{
	const struct export *best = NULL;
	uint32_t at;

	if (!map_get(&o->export_heads, symbol_hash(name), &at))
		return NULL;
	for (at++; at; at = o->exports.at[at - 1].next) {
		const struct export *e = &o->exports.at[at - 1];

		if (strcmp(e->name, name) != 0)
			continue;
		if (version && e->version && !strcmp(e->version, version))
			return e;
		if (!best || best->hidden)
			best = e;
	}
	return best;
}

const struct export *program_lookup(const struct program *p, const char *name, const char *version)
{
	for (size_t i = 0; i < p->count; i++) {
		const struct export *e = lookup_in(p->objects[i], name, version);

		if (e)
			return e;
	}
	return NULL;
}

static void add_slot(const struct program *p, struct object *o, uint64_t place, uint64_t target,
		     bool single, bool ifunc)
{
	struct slot *s;

	if (object_of(p, place) != o || !segment_of(p, place) || (target && !segment_of(p, target)))
		return;
	s = vec_add(&o->slots);
	*s = (struct slot){
		.place = place,
		.target = target & SLOT_TARGET_MASK, /* it lies in a segment: nothing is lost */
		.single = single,
		.ifunc = ifunc,
	};
}

static void miss_symbol(struct program *p, const char *name)
{
	for (size_t i = 0; i < p->missing.count; i++)
		if (!strcmp(p->missing.at[i], name))
			return;
	*vec_add(&p->missing) = name;
}

/* A variable that the program keeps in place of a library's: what that pointed to, this does. */
static void relocate_copy(struct program *p, struct object *o, const char *name, uint64_t place)
{
	for (size_t i = 1; i < p->count; i++) {
		const struct export *e = lookup_in(p->objects[i], name, NULL);

		if (e && p->objects[i] != o)
			add_slot(p, o, place, e->address, false, false);
	}
}

static void relocate_symbol(struct program *p, struct object *o, const Elf64_Rela *r)
{
	uint32_t type = (uint32_t)ELF64_R_TYPE(r->r_info);
	size_t index = ELF64_R_SYM(r->r_info);
	uint64_t place = o->base + r->r_offset;
	const struct export *e;
	const char *name, *version;
	bool hidden;
	Elf64_Sym s;

	if (!read_symbol(p, o, index, &s) || !(name = text_of(p, o, s.st_name)))
		return;
	if (ELF64_ST_BIND(s.st_info) == STB_LOCAL && s.st_shndx != SHN_UNDEF) {
		add_slot(p, o, place, o->base + s.st_value + (uint64_t)r->r_addend, false,
			 symbol_kind_of(s.st_info) == SYMBOL_IFUNC);
		return;
	}
	if (type == R_X86_64_COPY) {
		relocate_copy(p, o, name, place);
		return;
	}
	version = version_of(p, o, index, s.st_shndx != SHN_UNDEF, &hidden);
	e = program_lookup(p, name, version);
	if (!e) {
		if (ELF64_ST_BIND(s.st_info) != STB_WEAK)
			miss_symbol(p, name);
		else
			add_slot(p, o, place, 0, true, false);
		return;
	}
	if (type == R_X86_64_64)
		add_slot(p, o, place, e->address + (uint64_t)r->r_addend, false,
			 e->kind == SYMBOL_IFUNC);
	else
		add_slot(p, o, place, e->address, true, e->kind == SYMBOL_IFUNC);
}

static bool in_got(const struct object *o, uint64_t place)
{
	for (size_t i = 0; i < o->sections.count; i++)
		if (o->sections.at[i].single && place >= o->sections.at[i].start &&
		    place < o->sections.at[i].end)
			return true;
	return false;
}

static void relocate_one(struct program *p, struct object *o, const Elf64_Rela *r)
{
	uint64_t place = o->base + r->r_offset;

	if (r->r_offset >= UINT64_C(1) << OBJECT_SHIFT)
		return;
	switch (ELF64_R_TYPE(r->r_info)) {
	case R_X86_64_RELATIVE:
		add_slot(p, o, place, o->base + (uint64_t)r->r_addend, in_got(o, place), false);
		break;
	case R_X86_64_IRELATIVE:
		add_slot(p, o, place, o->base + (uint64_t)r->r_addend, true, true);
		break;
	case R_X86_64_64:
	case R_X86_64_COPY:
	case R_X86_64_GLOB_DAT:
	case R_X86_64_JUMP_SLOT:
		relocate_symbol(p, o, r);
		break;
	default: /* thread-local storage: no address of code */
		break;
	}
}

static void relocate_table(struct program *p, struct object *o, uint64_t at, uint64_t size)
{
	Elf64_Rela r;

	for (uint64_t i = 0; at && i < RELOCATIONS_MAX && (i + 1) * sizeof(r) <= size; i++) {
		if (!load_bytes(p, at + i * sizeof(r), &r, sizeof(r)))
			break;
		relocate_one(p, o, &r);
	}
}

static void relocate_relative(struct program *p, struct object *o, uint64_t place)
{
	uint64_t value;

	if (load_bytes(p, place, &value, sizeof(value)) && value < UINT64_C(1) << OBJECT_SHIFT)
		add_slot(p, o, place, o->base + value, in_got(o, place), false);
}

/* DT_RELR: an address, then words whose bits say which of the next 63 words are relative. */
static void relocate_packed(struct program *p, struct object *o)
{
	uint64_t place = 0, word;

	for (uint64_t i = 0; i < RELOCATIONS_MAX && (i + 1) * 8 <= o->dynamic.relrsz; i++) {
		if (!load_bytes(p, o->dynamic.relr + i * 8, &word, sizeof(word)))
			return;
		if (!(word & 1)) {
			place = o->base + word;
			relocate_relative(p, o, place);
			place += 8;
			continue;
		}
		for (unsigned bit = 1; bit < 64; bit++)
			if (word >> bit & 1)
				relocate_relative(p, o, place + (bit - 1) * UINT64_C(8));
		place += UINT64_C(63) * 8;
	}
}

static void scan_word(const struct program *p, struct object *o, uint64_t at, uint64_t value)
{
	if (o->dynamic_address && in_got(o, at))
		return; /* what the loader puts there, relocations say */
	if (value && OBJECT_OF(value) == 0 && segment_of(p, value) &&
	    (!is_code(p, value) || fde_at(o, value) || may_start(o, value)))
		add_slot(p, o, at, value, in_got(o, at), false);
}

/* A program at fixed addresses: what looks like an address is one. */
static void scan_words(const struct program *p, struct object *o)
{
	for (size_t i = 0; i < o->segment_count; i++) {
		const struct segment *s = &o->segments[i];

		if (s->code)
			continue;
		for (uint64_t at = (s->start + 7) & ~UINT64_C(7); at + 8 <= s->file_end; at += 8) {
			uint64_t value;

			memcpy(&value, s->bytes + (at - s->start), sizeof(value));
			scan_word(p, o, at, value);
			if (at % FORGET_EACH == 0)
				image_forget(o);
		}
	}
}

/*
 * In a static program only the symbols of its start say where the relocations of IFUNCs lie, and a
 * stripped one has none: they are looked for by what they look like.
 */
static void relocate_static(struct program *p, struct object *o)
{
	for (size_t i = 0; i < o->segment_count; i++) {
		const struct segment *s = &o->segments[i];
		Elf64_Rela r;

		if (s->code || s->writable)
			continue;
		for (uint64_t at = (s->start + 7) & ~UINT64_C(7); at < s->file_end; at += 8)
			if (load_bytes(p, at, &r, sizeof(r)) && r.r_info == R_X86_64_IRELATIVE &&
			    segment_of(p, r.r_offset) && segment_of(p, r.r_offset)->writable &&
			    is_code(p, (uint64_t)r.r_addend))
				relocate_one(p, o, &r);
	}
}

/* Of several for a place the last one added by a relocation counts; scanned words come after. */
static int by_place(const void *a, const void *b)
{
	const struct slot *x = a, *y = b;

	if (x->place != y->place)
		return x->place > y->place ? 1 : -1;
	if (x->ifunc != y->ifunc)
		return x->ifunc ? -1 : 1;
	return (x->single < y->single) - (x->single > y->single);
}

/* Is @address within a function and not where one begins? @ends: of all up to each of them. */
static bool is_within(const struct object *o, const uint64_t *ends, uint64_t address)
{
	size_t low = 0, high = o->fdes.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (o->fdes.at[middle].start < address)
			low = middle + 1;
		else
			high = middle;
	}
	return low && address < ends[low - 1];
}

/* A jump that nothing explains asks for these, and there are many such jumps. */
static void find_labels(struct object *o)
{
	uint64_t *ends = store_alloc(o->fdes.count, sizeof(*ends));
	uint64_t most = 0;

	for (size_t i = 0; i < o->fdes.count; i++)
		ends[i] = most = o->fdes.at[i].end > most ? o->fdes.at[i].end : most;
	for (size_t i = 0; i < o->slots.count; i++)
		if (is_within(o, ends, o->slots.at[i].target))
			*vec_add(&o->labels) = o->slots.at[i].target;
	free(ends);
}

void program_relocate(struct program *p)
{
	for (size_t i = 0; i < p->count; i++) {
		read_exports(p, p->objects[i]);
		image_forget(p->objects[i]);
	}
	for (size_t i = 0; i < p->count; i++) {
		struct object *o = p->objects[i];

		relocate_table(p, o, o->dynamic.rela, o->dynamic.relasz);
		relocate_table(p, o, o->dynamic.jmprel, o->dynamic.pltrelsz);
		if (o->dynamic.relr)
			relocate_packed(p, o);
		if (o->fixed && !o->dynamic_address)
			relocate_static(p, o);
		if (o->fixed)
			scan_words(p, o);
		vec_fit(&o->slots);
		store_sort(o->slots.at, o->slots.count, sizeof(*o->slots.at), by_place);
		find_labels(o);
		image_forget(o);
	}
}

size_t slots_from(const struct object *o, uint64_t place)
{
	size_t low = 0, high = o->slots.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (o->slots.at[middle].place < place)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct slot *slot_at(const struct object *o, uint64_t place)
{
	const size_t i = o ? slots_from(o, place) : 0;

	return o && i < o->slots.count && o->slots.at[i].place == place ? &o->slots.at[i] : NULL;
}
