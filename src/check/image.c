/* SPDX-License-Identifier: ISC */
/* image.c - one ELF file: its segments and its dynamic section, every read within bounds */
#include "image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/fd.h"
#include "../base/sys.h"

enum { FILE_MAXIMUM = 512 << 20 };
/* Of what is larger, only what is looked at takes memory. */
enum { READ_MAXIMUM = 1 << 20 };

static enum ambit_code refuse(struct ambit_error *err, const char *path, const char *why)
{
	return err_set(err, AMBIT_E_UNSUPPORTED, AMBIT_LAYER_NONE, 0, "%s: %s", path, why);
}

static enum ambit_code read_all(struct object *o, int fd, struct ambit_error *err)
{
	size_t done = 0;

	o->data = store_alloc(o->size + 1, 1);
	while (done < o->size) {
		ssize_t r = pread(fd, o->data + done, o->size - done, (off_t)done);

		if (r <= 0)
			return refuse(err, o->path, "cannot be read to its end");
		done += (size_t)r;
	}
	return AMBIT_OK;
}

/* A file that becomes shorter meanwhile ends this program: SIGBUS, in main.c. */
static enum ambit_code map_all(struct object *o, int fd, struct ambit_error *err)
{
	int error;

	o->data = sys_mmap(o->size, PROT_READ, MAP_PRIVATE, fd, &error);
	if (!o->data)
		return refuse(err, o->path, "cannot be mapped");
	o->mapped = true;
	return AMBIT_OK;
}

static enum ambit_code read_file(struct object *o, int from, struct ambit_error *err)
{
	AUTO_FD int fd =
		from >= 0 ? fd_duplicate(from) : open(o->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_set(err, AMBIT_E_NOT_FOUND, AMBIT_LAYER_NONE, errno, "cannot read %s",
			       o->path);
	if (!S_ISREG(st.st_mode) || st.st_size > FILE_MAXIMUM)
		return refuse(err, o->path, "not a regular file of at most 512 MiB");
	o->size = (size_t)st.st_size;
	return o->size > READ_MAXIMUM ? map_all(o, fd, err) : read_all(o, fd, err);
}

void image_forget(const struct object *o)
{
	if (o->mapped)
		(void)madvise(o->data, o->size, MADV_DONTNEED);
}

static enum ambit_code add_segment(struct object *o, const Elf64_Phdr *ph, struct ambit_error *err)
{
	struct segment *s;

	if (!ph->p_memsz)
		return AMBIT_OK;
	if (o->segment_count == SEGMENTS_MAX)
		return refuse(err, o->path, "more segments than a compiler makes");
	if (ph->p_filesz > ph->p_memsz || ph->p_offset > o->size ||
	    ph->p_filesz > o->size - ph->p_offset ||
	    ph->p_vaddr > (UINT64_C(1) << OBJECT_SHIFT) - 1 ||
	    ph->p_memsz > (UINT64_C(1) << OBJECT_SHIFT) - 1 - ph->p_vaddr)
		return refuse(err, o->path, "a segment lies outside the file");
	s = &o->segments[o->segment_count++];
	s->start = o->base + ph->p_vaddr;
	s->end = s->start + ph->p_memsz;
	s->file_end = s->start + ph->p_filesz;
	s->bytes = o->data + ph->p_offset;
	s->code = ph->p_flags & PF_X;
	s->writable = ph->p_flags & PF_W;
	return AMBIT_OK;
}

/* .eh_frame_hdr says where .eh_frame begins; it ends with its segment, or with a zero length. */
static void note_eh_frame(struct object *o, const Elf64_Phdr *ph)
{
	int32_t distance;

	if (ph->p_offset > o->size || o->size - ph->p_offset < 8 || o->data[ph->p_offset] != 1 ||
	    o->data[ph->p_offset + 1] != 0x1b)
		return;
	memcpy(&distance, o->data + ph->p_offset + 4, sizeof(distance));
	o->eh_frame = o->base + ph->p_vaddr + 4 + (uint64_t)(int64_t)distance;
}

static void note_build_id(struct object *o, const Elf64_Phdr *ph)
{
	size_t at = ph->p_offset, end;

	if (ph->p_offset > o->size || ph->p_filesz > o->size - ph->p_offset)
		return;
	end = at + ph->p_filesz;
	while (end - at >= 12) {
		uint32_t name, size, type;

		memcpy(&name, o->data + at, 4);
		memcpy(&size, o->data + at + 4, 4);
		memcpy(&type, o->data + at + 8, 4);
		if (name > 4096 || size > 1 << 20 ||
		    ((name + 3) & ~3U) + ((size + 3) & ~3U) > end - at - 12)
			return;
		if (type == NT_GNU_BUILD_ID && name == 4 && size <= sizeof(o->build_id) &&
		    !memcmp(o->data + at + 12, "GNU", 4)) {
			memcpy(o->build_id, o->data + at + 16, size);
			o->build_id_length = size;
		}
		at += 12 + ((name + 3) & ~3U) + ((size + 3) & ~3U);
	}
}

static enum ambit_code read_header(struct object *o, const Elf64_Phdr *ph, struct ambit_error *err)
{
	switch (ph->p_type) {
	case PT_LOAD:
		return add_segment(o, ph, err);
	case PT_DYNAMIC:
		o->dynamic_address = o->base + ph->p_vaddr;
		break;
	case PT_INTERP:
		if (ph->p_offset < o->size && ph->p_filesz <= o->size - ph->p_offset &&
		    memchr(o->data + ph->p_offset, 0, ph->p_filesz))
			o->interpreter = (const char *)o->data + ph->p_offset;
		break;
	case PT_TLS:
		o->tls = o->base + ph->p_vaddr;
		o->tls_size = ph->p_filesz;
		break;
	case PT_GNU_EH_FRAME:
		note_eh_frame(o, ph);
		break;
	case PT_NOTE:
		note_build_id(o, ph);
		break;
	default:
		break;
	}
	return AMBIT_OK;
}

static enum ambit_code read_headers(struct object *o, struct ambit_error *err)
{
	Elf64_Ehdr eh;

	if (o->size < sizeof(eh) || memcmp(o->data, ELFMAG, SELFMAG) != 0)
		return refuse(err, o->path, "not an ELF file");
	memcpy(&eh, o->data, sizeof(eh));
	if (eh.e_ident[EI_CLASS] != ELFCLASS64 || eh.e_ident[EI_DATA] != ELFDATA2LSB ||
	    eh.e_machine != EM_X86_64)
		return refuse(err, o->path, "not x86-64 code: no other can be read");
	if (eh.e_type != ET_EXEC && eh.e_type != ET_DYN)
		return refuse(err, o->path, "neither a program nor a shared library");
	if (eh.e_phentsize != sizeof(Elf64_Phdr) || eh.e_phoff > o->size ||
	    eh.e_phnum > (o->size - eh.e_phoff) / sizeof(Elf64_Phdr))
		return refuse(err, o->path, "the program headers lie outside the file");
	o->fixed = eh.e_type == ET_EXEC;
	o->entry = eh.e_entry < UINT64_C(1) << OBJECT_SHIFT ? o->base + eh.e_entry : UINT64_MAX;
	for (size_t i = 0; i < eh.e_phnum; i++) {
		enum ambit_code code;
		Elf64_Phdr ph;

		memcpy(&ph, o->data + eh.e_phoff + i * sizeof(ph), sizeof(ph));
		code = read_header(o, &ph, err);
		if (code != AMBIT_OK)
			return code;
	}
	if (!o->segment_count)
		return refuse(err, o->path, "nothing of it would be loaded");
	return AMBIT_OK;
}

enum ambit_code image_read(struct object *o, const char *path, int fd, size_t index,
			   struct ambit_error *err)
{
	const char *slash = strrchr(path, '/');
	enum ambit_code code;

	o->path = strdup(path);
	if (!o->path)
		store_exhausted();
	o->name = slash ? o->path + (slash + 1 - path) : o->path;
	o->base = OBJECT_BASE(index);
	o->debug_fd = -1;
	code = read_file(o, fd, err);
	if (code == AMBIT_OK)
		code = read_headers(o, err);
	return code;
}

void image_done(struct object *o)
{
	elf_end(o->elf);
	elf_end(o->debug);
	auto_fd_close(&o->debug_fd);
	free(o->needed.at);
	free(o->symbols.at);
	free(o->exports.at);
	free(o->fdes.at);
	free(o->labels.at);
	free(o->sections.at);
	free(o->slots.at);
	map_done(&o->export_heads);
	map_done(&o->starts);
	map_done(&o->plausible);
	if (o->mapped)
		(void)sys_munmap(o->data, o->size);
	else
		free(o->data);
	free((char *)(uintptr_t)o->path);
	free(o);
}

const struct segment *segment_of(const struct program *p, uint64_t address)
{
	const struct object *o = object_of(p, address);

	if (!o)
		return NULL;
	for (size_t i = 0; i < o->segment_count; i++)
		if (address >= o->segments[i].start && address < o->segments[i].end)
			return &o->segments[i];
	return NULL;
}

const uint8_t *bytes_at(const struct program *p, uint64_t address, size_t *ret_left)
{
	const struct segment *s = segment_of(p, address);

	if (!s || address >= s->file_end)
		return NULL;
	*ret_left = (size_t)(s->file_end - address);
	return s->bytes + (address - s->start);
}

bool load_bytes(const struct program *p, uint64_t address, void *to, size_t size)
{
	size_t left;
	const uint8_t *bytes = bytes_at(p, address, &left);

	if (!bytes || left < size)
		return false;
	memcpy(to, bytes, size);
	return true;
}

const char *string_at(const struct program *p, uint64_t address)
{
	size_t left;
	const uint8_t *bytes = bytes_at(p, address, &left);

	return bytes && memchr(bytes, 0, left) ? (const char *)bytes : NULL;
}
