/* SPDX-License-Identifier: ISC */
/* symbols.c - names, starts and sizes: of the file itself and of its file of debugging symbols */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "../base/fd.h"
#include "image.h"

enum { SYMBOLS_MAX = 1 << 22 };

uint32_t symbol_hash(const char *name)
{
	uint32_t h = 5381;

	for (; *name; name++)
		h = h * 33 + (unsigned char)*name;
	return h;
}

enum symbol_kind symbol_kind_of(unsigned char info)
{
	switch (ELF64_ST_TYPE(info)) {
	case STT_FUNC:
		return SYMBOL_FUNCTION;
	case STT_GNU_IFUNC:
		return SYMBOL_IFUNC;
	case STT_OBJECT:
		return SYMBOL_OBJECT;
	default:
		return SYMBOL_OTHER;
	}
}

static void add_symbol(const struct program *p, struct object *o, const GElf_Sym *sym,
		       const char *name)
{
	enum symbol_kind kind = symbol_kind_of(sym->st_info);
	uint64_t address = o->base + sym->st_value;
	struct symbol *s;

	if (!name || !*name || sym->st_shndx == SHN_UNDEF || sym->st_shndx == SHN_ABS ||
	    sym->st_value >= UINT64_C(1) << OBJECT_SHIFT || o->symbols.count >= SYMBOLS_MAX ||
	    ELF64_ST_TYPE(sym->st_info) == STT_TLS || ELF64_ST_TYPE(sym->st_info) == STT_SECTION ||
	    !segment_of(p, address))
		return;
	s = vec_add(&o->symbols);
	*s = (struct symbol){
		.address = address,
		.size = sym->st_size < UINT32_MAX ? (uint32_t)sym->st_size : UINT32_MAX,
		.name = name,
		.kind = (uint8_t)kind,
	};
	if (kind == SYMBOL_FUNCTION || kind == SYMBOL_IFUNC)
		(void)map_put(&o->starts, address, 0);
}

static void add_table(const struct program *p, struct object *o, Elf *elf, Elf_Scn *scn,
		      const GElf_Shdr *sh)
{
	Elf_Data *data = elf_getdata(scn, NULL);
	GElf_Sym sym;

	for (int i = 1; data && gelf_getsym(data, i, &sym); i++)
		add_symbol(p, o, &sym, elf_strptr(elf, sh->sh_link, sym.st_name));
}

static void note_section(struct object *o, Elf *elf, size_t names, const GElf_Shdr *sh)
{
	const char *name = elf_strptr(elf, names, sh->sh_name);
	struct section *s;

	if (!name || !(sh->sh_flags & SHF_ALLOC) || sh->sh_addr >= UINT64_C(1) << OBJECT_SHIFT ||
	    sh->sh_size > UINT64_C(1) << 32)
		return;
	s = vec_add(&o->sections);
	s->start = o->base + sh->sh_addr;
	s->end = s->start + sh->sh_size;
	s->code = sh->sh_flags & SHF_EXECINSTR;
	s->single = !strcmp(name, ".got") || !strcmp(name, ".got.plt");
	if (!strcmp(name, ".eh_frame") && (!o->eh_frame || o->eh_frame == s->start)) {
		o->eh_frame = s->start;
		o->eh_frame_size = sh->sh_size;
	}
}

static void read_sections(const struct program *p, struct object *o, Elf *elf, bool own)
{
	Elf_Scn *scn = NULL;
	size_t names = 0;
	GElf_Shdr sh;

	if (elf_kind(elf) != ELF_K_ELF || elf_getshdrstrndx(elf, &names) != 0)
		return;
	while ((scn = elf_nextscn(elf, scn))) {
		if (!gelf_getshdr(scn, &sh))
			continue;
		if (own)
			note_section(o, elf, names, &sh);
		if (sh.sh_type == SHT_SYMTAB || (own && sh.sh_type == SHT_DYNSYM))
			add_table(p, o, elf, scn, &sh);
	}
}

/* The symbols of a stripped library, where the system has them in a file of their own. */
static void open_debug(const struct program *p, struct object *o)
{
	char path[128] = "/usr/lib/debug/.build-id/";
	size_t length = strlen(path);

	if (o->build_id_length < 2)
		return;
	for (size_t i = 0; i < o->build_id_length; i++) {
		static const char digits[] = "0123456789abcdef";

		path[length++] = digits[o->build_id[i] >> 4];
		path[length++] = digits[o->build_id[i] & 15];
		if (i == 0)
			path[length++] = '/';
	}
	memcpy(path + length, ".debug", sizeof(".debug"));
	o->debug_fd = open(path, O_RDONLY | O_CLOEXEC);
	if (o->debug_fd < 0)
		return;
	o->debug = elf_begin(o->debug_fd, ELF_C_READ_MMAP, NULL);
	if (o->debug)
		read_sections(p, o, o->debug, false);
}

/* At one address by kind, size and name: the answer is the same each time. */
static int by_address(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	if (x->address != y->address)
		return x->address > y->address ? 1 : -1;
	if (x->kind != y->kind)
		return x->kind > y->kind ? 1 : -1;
	if (x->size != y->size)
		return x->size > y->size ? 1 : -1;
	return strcmp(y->name, x->name);
}

void symbols_read(const struct program *p, struct object *o)
{
	o->elf = elf_memory((char *)o->data, o->size);
	if (o->elf)
		read_sections(p, o, o->elf, true);
	if (o->symbols.count <= o->dynamic.symbol_count)
		open_debug(p, o);
	o->symbol_table = o->symbols.count > o->dynamic.symbol_count;
	vec_fit(&o->symbols);
	store_sort(o->symbols.at, o->symbols.count, sizeof(*o->symbols.at), by_address);
}

const struct section *section_at(const struct object *o, uint64_t address)
{
	for (size_t i = 0; i < o->sections.count; i++)
		if (address >= o->sections.at[i].start && address < o->sections.at[i].end)
			return &o->sections.at[i];
	return NULL;
}

const struct symbol *symbol_at(const struct object *o, uint64_t address)
{
	size_t low = 0, high = o->symbols.count;
	const struct symbol *best = NULL;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (o->symbols.at[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	/* The nearest one that has a type, a few back: labels without size stand between. */
	for (size_t i = 0; i < 16 && low > 0; i++, low--) {
		const struct symbol *s = &o->symbols.at[low - 1];

		if (s->address == address && s->kind != SYMBOL_OTHER)
			return s;
		if (address - s->address < s->size)
			return s;
		if (s->address == address && !best)
			best = s;
	}
	return best;
}
