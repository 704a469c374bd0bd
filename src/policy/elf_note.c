/* SPDX-License-Identifier: ISC */
/* elf_note.c - the text that an ELF program carries, read from a file that may be hostile */
#include "elf_note.h"

#include <elf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { AT_ONCE = 32, NOTES_MAX = 64 };

struct source {
	int fd;
	struct buf *out;
	bool found;
};

/* All of @size bytes, or -ENODATA: the file ends before. */
static int read_at(const struct source *s, void *to, size_t size, uint64_t at)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n;

		if (at > INT64_MAX - size)
			return -ENODATA;
		n = pread(s->fd, (char *)to + done, size - done, (off_t)(at + done));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -ENODATA;
		done += (size_t)n;
	}
	return 0;
}

static int take_text(struct source *s, uint64_t at, uint32_t length)
{
	int r;

	if (s->found)
		return -EEXIST;
	if (length > ELF_NOTE_TEXT_MAX)
		return -EFBIG;
	buf_expect(s->out, length + 1);
	if (s->out->failed)
		return s->out->failed;
	r = read_at(s, s->out->data, length, at);
	if (r < 0)
		return r == -ENODATA ? -EBADMSG : r;
	s->out->length = length;
	s->out->data[length] = '\0';
	s->found = true;
	return memchr(s->out->data, 0, length) ? -EBADMSG : 0;
}

/* Notes of others lie beside ours, or are all there are. What is broken ends the section. */
static int read_section(struct source *s, const Elf64_Shdr *section)
{
	const uint64_t align = section->sh_addralign == 8 ? 8 : 4;
	uint64_t at = section->sh_offset, left = section->sh_size;

	for (int i = 0; i < NOTES_MAX && left >= sizeof(Elf64_Nhdr); i++) {
		uint64_t name, text, whole;
		char owner[sizeof(ELF_NOTE_OWNER)];
		Elf64_Nhdr note;
		int r = read_at(s, &note, sizeof(note), at);

		if (r < 0)
			return r == -ENODATA ? 0 : r;
		name = sizeof(note);
		text = (name + note.n_namesz + align - 1) & ~(align - 1);
		whole = (text + note.n_descsz + align - 1) & ~(align - 1);
		if (note.n_type == ELF_NOTE_POLICY && note.n_namesz == sizeof(owner) &&
		    read_at(s, owner, sizeof(owner), at + name) == 0 &&
		    !memcmp(owner, ELF_NOTE_OWNER, sizeof(owner))) {
			r = text + note.n_descsz > left ? -EBADMSG
							: take_text(s, at + text, note.n_descsz);
			if (r < 0)
				return r;
		}
		if (whole >= left)
			return 0;
		at += whole;
		left -= whole;
	}
	return 0;
}

static bool is_ours(const Elf64_Ehdr *eh)
{
	return !memcmp(eh->e_ident, ELFMAG, SELFMAG) && eh->e_ident[EI_CLASS] == ELFCLASS64 &&
	       eh->e_ident[EI_DATA] == ELFDATA2LSB && eh->e_shentsize == sizeof(Elf64_Shdr) &&
	       eh->e_shoff && eh->e_shnum <= ELF_NOTE_SECTIONS_MAX;
}

int elf_note_read(int fd, struct buf *out)
{
	struct source s = { .fd = fd, .out = out };
	Elf64_Shdr sections[AT_ONCE] = { { 0 } };
	Elf64_Ehdr eh;
	int r = read_at(&s, &eh, sizeof(eh), 0);

	buf_clear(out);
	if (r < 0)
		return r == -ENODATA || r == -EISDIR || r == -ESPIPE ? 0 : r;
	if (!is_ours(&eh) || eh.e_shoff > INT64_MAX / 2)
		return 0;
	for (size_t i = 0; i < eh.e_shnum; i += AT_ONCE) {
		size_t count = eh.e_shnum - i < AT_ONCE ? eh.e_shnum - i : AT_ONCE;

		r = read_at(&s, sections, count * sizeof(*sections),
			    eh.e_shoff + i * sizeof(*sections));
		for (size_t k = 0; k < count && r == 0; k++)
			if (sections[k].sh_type == SHT_NOTE &&
			    sections[k].sh_offset < INT64_MAX / 2)
				r = read_section(&s, &sections[k]);
		if (r < 0)
			return r == -ENODATA ? (int)s.found : r;
	}
	return s.found;
}
