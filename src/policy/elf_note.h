/* SPDX-License-Identifier: ISC */
/*
 * elf_note.h - text that an ELF program carries in a note
 *
 * A section of notes that no segment loads: the owner's name is ELF_NOTE_OWNER, the type
 * ELF_NOTE_POLICY, what it holds is the text without a NUL at its end. The files read may be
 * hostile: what is not as elf_note_write() writes it is an error, or no note at all.
 */
#ifndef AMBIT_POLICY_ELF_NOTE_H
#define AMBIT_POLICY_ELF_NOTE_H

#include "../base/buf.h"

#define ELF_NOTE_OWNER	 "ambit"
#define ELF_NOTE_SECTION ".note.ambit"
enum { ELF_NOTE_POLICY = 0x100, ELF_NOTE_TEXT_MAX = 64 << 10 };
/* What a linker makes has some forty; who has more than this is not looked through. */
enum { ELF_NOTE_SECTIONS_MAX = 4096 };

/*
 * elf_note.c: the text that the file behind @fd carries. 1 when there is one, 0 for none and for
 * what is no 64-bit ELF file of this machine's byte order. -EBADMSG for a note that is ours and
 * broken, -EEXIST for two, -EFBIG for one that is too long, or another -errno.
 */
int elf_note_read(int fd, struct buf *out) MUST_CHECK;

/*
 * elf_note_write.c: the bytes of an ELF file, with @text in a note, instead of the one it has. 0;
 * -ENOEXEC for no such file; -EBADMSG for one whose section table lies outside; -E2BIG for one with
 * more sections than elf_note_read() looks through; or another -errno.
 */
int elf_note_write(const unsigned char *file, size_t size, const char *text, size_t length,
		   struct buf *out) MUST_CHECK;

#endif
