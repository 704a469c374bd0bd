/* SPDX-License-Identifier: ISC */
/* A note that is written is found again, or it is not written: programs of many sections. */
#include "../../src/policy/elf_note.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "../../src/base/fd.h"
#include "../tap.h"

static const char text[] = "spawn\n";

/* A program of @count sections, of which the last has the names. To be ended with free(). */
static unsigned char *make_program(size_t count, size_t *ret_size)
{
	static const char names[] = "";
	const size_t table = count * sizeof(Elf64_Shdr);
	unsigned char *data = calloc(1, sizeof(Elf64_Ehdr) + table + sizeof(names));
	Elf64_Shdr *sections;
	Elf64_Ehdr *eh;

	CHECK(data != NULL);
	*ret_size = sizeof(*eh) + table + sizeof(names);
	eh = (Elf64_Ehdr *)(void *)data;
	memcpy(eh->e_ident, ELFMAG, SELFMAG);
	eh->e_ident[EI_CLASS] = ELFCLASS64;
	eh->e_ident[EI_DATA] = ELFDATA2LSB;
	eh->e_type = ET_EXEC;
	eh->e_shoff = sizeof(*eh);
	eh->e_shentsize = sizeof(Elf64_Shdr);
	eh->e_shnum = (Elf64_Half)count;
	eh->e_shstrndx = (Elf64_Half)(count - 1);
	sections = (Elf64_Shdr *)(void *)(data + sizeof(*eh));
	for (size_t i = 1; i < count; i++)
		sections[i].sh_type = SHT_PROGBITS;
	sections[count - 1].sh_type = SHT_STRTAB;
	sections[count - 1].sh_offset = sizeof(*eh) + table;
	sections[count - 1].sh_size = sizeof(names);
	return data;
}

static void check_found(const struct buf *program)
{
	AUTO_BUF struct buf found = { 0 };
	AUTO_FD int fd = memfd_create("program", MFD_CLOEXEC);

	CHECK_INT(fd_write_all(fd, program->data, program->length), 0);
	CHECK_INT(elf_note_read(fd, &found), 1);
	CHECK_STR(buf_text(&found), text);
}

/* How it is written into a program of so many sections; what is written is found. */
static int write_into(size_t count)
{
	AUTO_BUF struct buf first = { 0 };
	AUTO_BUF struct buf second = { 0 };
	size_t size;
	unsigned char *program = make_program(count, &size);
	int r = elf_note_write(program, size, text, strlen(text), &first);

	free(program);
	if (r < 0)
		return r;
	check_found(&first);
	/* Once more, in place of the first: that takes no further section. */
	CHECK_INT(elf_note_write((unsigned char *)first.data, first.length, text, strlen(text),
				 &second),
		  0);
	check_found(&second);
	return 0;
}

TEST(as_many_as_are_read)
{
	CHECK_INT(write_into(2), 0);
	CHECK_INT(write_into(40), 0);
	CHECK_INT(write_into(ELF_NOTE_SECTIONS_MAX - 1), 0);
	CHECK_INT(write_into(ELF_NOTE_SECTIONS_MAX), -E2BIG);
	CHECK_INT(write_into(ELF_NOTE_SECTIONS_MAX + 1), -E2BIG);
	CHECK_INT(write_into(SHN_LORESERVE - 2), -E2BIG);
}
