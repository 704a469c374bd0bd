/* SPDX-License-Identifier: ISC */
/*
 * elf_note_write.c - an ELF program with text in a note, appended
 *
 * All bytes stay where they are; behind them come the note, the names of sections with one more,
 * and the table of sections with one more. Only the header learns of it. Segments, and so what is
 * loaded, do not change. A program that was stripped of its table gets one.
 */
#include <elf.h>
#include <errno.h>
#include <string.h>

#include "elf_note.h"

struct table {
	Elf64_Shdr *sections;	   /* owned by the buffer behind it */
	size_t count, names, note; /* names, note: indices; note 0: none yet */
};

static void align_to(struct buf *out, size_t alignment)
{
	while (out->length % alignment && !out->failed)
		buf_add_char(out, '\0');
}

static bool is_program(const Elf64_Ehdr *eh)
{
	return !memcmp(eh->e_ident, ELFMAG, SELFMAG) && eh->e_ident[EI_CLASS] == ELFCLASS64 &&
	       eh->e_ident[EI_DATA] == ELFDATA2LSB &&
	       (eh->e_type == ET_EXEC || eh->e_type == ET_DYN);
}

static bool within(uint64_t at, uint64_t length, size_t size)
{
	return at <= size && length <= size - at;
}

/* Is it the section that we wrote before? */
static bool is_note(const unsigned char *file, size_t size, const Elf64_Shdr *names,
		    const Elf64_Shdr *section)
{
	const uint64_t at = names->sh_offset + section->sh_name;

	return section->sh_type == SHT_NOTE && section->sh_name < names->sh_size &&
	       names->sh_size - section->sh_name >= sizeof(ELF_NOTE_SECTION) &&
	       within(at, sizeof(ELF_NOTE_SECTION), size) &&
	       !memcmp(file + at, ELF_NOTE_SECTION, sizeof(ELF_NOTE_SECTION));
}

/* The table as it is, with room for two more; one of nothing where there is none. */
static int read_table(const unsigned char *file, size_t size, const Elf64_Ehdr *eh,
		      struct buf *room, struct table *t)
{
	const Elf64_Shdr nothing = { .sh_type = SHT_NULL };
	const Elf64_Shdr no_names = { .sh_type = SHT_STRTAB, .sh_addralign = 1 };
	size_t bytes = eh->e_shoff ? eh->e_shnum * sizeof(Elf64_Shdr) : 0;

	if (bytes && (eh->e_shentsize != sizeof(Elf64_Shdr) || !within(eh->e_shoff, bytes, size)))
		return -EBADMSG;
	if (eh->e_shoff && (!eh->e_shnum || eh->e_shstrndx == SHN_XINDEX))
		return -E2BIG; /* more sections than the header can count */
	if (bytes && (!eh->e_shstrndx || eh->e_shstrndx >= eh->e_shnum))
		return -EBADMSG;
	if (bytes)
		buf_add(room, file + eh->e_shoff, bytes);
	else
		buf_add(room, &nothing, sizeof(nothing));
	if (!bytes)
		buf_add(room, &no_names, sizeof(no_names));
	buf_add(room, &nothing, sizeof(nothing));
	if (room->failed || !room->data)
		return room->failed ? room->failed : -ENOMEM;
	t->sections = (Elf64_Shdr *)(void *)room->data;
	t->count = room->length / sizeof(Elf64_Shdr) - 1;
	t->names = bytes ? eh->e_shstrndx : 1;
	if (!within(t->sections[t->names].sh_offset, t->sections[t->names].sh_size, size))
		return -EBADMSG;
	for (size_t i = 1; i < t->count && !t->note; i++) /* the names may call themselves a note */
		if (i != t->names && is_note(file, size, &t->sections[t->names], &t->sections[i]))
			t->note = i;
	return t->count + !t->note <= ELF_NOTE_SECTIONS_MAX ? 0 : -E2BIG;
}

static void add_note(struct buf *out, const char *text, size_t length, Elf64_Shdr *section)
{
	const Elf64_Nhdr note = { .n_namesz = sizeof(ELF_NOTE_OWNER),
				  .n_descsz = (Elf64_Word)length,
				  .n_type = ELF_NOTE_POLICY };

	align_to(out, 8);
	section->sh_type = SHT_NOTE;
	section->sh_addralign = 4;
	section->sh_offset = out->length;
	buf_add(out, &note, sizeof(note));
	buf_add(out, ELF_NOTE_OWNER, sizeof(ELF_NOTE_OWNER));
	align_to(out, 4);
	buf_add(out, text, length);
	align_to(out, 4);
	section->sh_size = out->length - section->sh_offset;
}

static void add_names(struct buf *out, const unsigned char *file, struct table *t)
{
	Elf64_Shdr *names = &t->sections[t->names];
	const uint64_t old = names->sh_offset, old_size = names->sh_size;

	names->sh_offset = out->length;
	buf_add(out, file + old, old_size);
	if (!old_size)
		buf_add_char(out, '\0');
	t->sections[t->note].sh_name = (Elf64_Word)(out->length - names->sh_offset);
	buf_add(out, ELF_NOTE_SECTION, sizeof(ELF_NOTE_SECTION));
	names->sh_size = out->length - names->sh_offset;
}

int elf_note_write(const unsigned char *file, size_t size, const char *text, size_t length,
		   struct buf *out)
{
	AUTO_BUF struct buf room = { 0 };
	struct table t = { 0 };
	Elf64_Ehdr eh;
	int r;

	if (size < sizeof(eh))
		return -ENOEXEC;
	memcpy(&eh, file, sizeof(eh));
	r = is_program(&eh) ? read_table(file, size, &eh, &room, &t) : -ENOEXEC;
	if (r)
		return r;
	buf_expect(out, size + length + room.length + 4096);
	buf_add(out, file, size);
	t.note = t.note ? t.note
			: t.count++; /* the bytes of an old one stay, and nobody finds them */
	add_note(out, text, length, &t.sections[t.note]);
	add_names(out, file, &t);
	align_to(out, 8);
	eh.e_shoff = out->length;
	eh.e_shentsize = sizeof(Elf64_Shdr);
	eh.e_shnum = (Elf64_Half)t.count;
	eh.e_shstrndx = (Elf64_Half)t.names;
	buf_add(out, t.sections, t.count * sizeof(*t.sections));
	if (!out->failed)
		memcpy(out->data, &eh, sizeof(eh));
	return out->failed;
}
