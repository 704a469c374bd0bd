/* SPDX-License-Identifier: ISC */
/*
 * image.h - an ELF program and every library it needs, as they would lie in memory
 *
 * Each object has an address space of its own: bits 40 and up of an address are the object's
 * number, the program is 0. What the loader would follow decides (program headers, the dynamic
 * section); section headers and symbols are hints: names, starts and sizes.
 */
#ifndef AMBIT_CHECK_IMAGE_H
#define AMBIT_CHECK_IMAGE_H

#include <elf.h>
#include <gelf.h>
#include <Zydis/Zydis.h>

#include "../base/buf.h"
#include "../base/err.h"
#include "store.h"

enum { OBJECT_SHIFT = 40, SEGMENTS_MAX = 32, OBJECTS_MAX = 512 };
#define OBJECT_BASE(index) ((uint64_t)(index) << OBJECT_SHIFT)
#define OBJECT_OF(address) ((size_t)((address) >> OBJECT_SHIFT))

struct segment {
	uint64_t start, end, file_end; /* addresses; what lies past @file_end is zero */
	const uint8_t *bytes;
	bool code, writable;
};

enum symbol_kind { SYMBOL_OTHER, SYMBOL_FUNCTION, SYMBOL_IFUNC, SYMBOL_OBJECT };
struct symbol {
	uint64_t address;
	const char *name;
	uint32_t size; /* at most */
	uint8_t kind;  /* enum symbol_kind */
};

/* What the object offers to others. */
struct export
{
	const char *name, *version; /* version NULL: none */
	uint64_t address;
	uint32_t next; /* plus one: the next of the same hash */
	uint8_t kind;  /* enum symbol_kind */
	bool hidden;   /* not the default version */
};

/* A function as the unwind tables know it. */
struct fde {
	uint64_t start, end, lsda; /* lsda 0: none */
};

struct section {
	uint64_t start, end;
	bool single; /* read a word at a time: .got */
	bool code;
};

/* A word in memory that holds an address. */
struct slot {
	uint64_t place, target : 62;
	uint64_t single : 1; /* of the GOT: reached by its own address only */
	uint64_t ifunc : 1;  /* the target is a function that chooses the real one */
};
#define SLOT_TARGET_MASK ((UINT64_C(1) << 62) - 1)

struct dynamic {
	uint64_t strtab, strsz, symtab, hash, gnu_hash, versym, verneed, verdef;
	uint64_t rela, relasz, jmprel, pltrelsz, relr, relrsz;
	uint64_t init, fini, init_array, init_arraysz, fini_array, fini_arraysz;
	uint64_t preinit_array, preinit_arraysz, soname, rpath, runpath;
	size_t symbol_count;
};

struct object {
	const char *path; /* owned */
	const char *name; /* the last part of the path, or its soname */
	uint8_t *data;	  /* the file; owned */
	size_t size;
	uint64_t base, entry;
	struct segment segments[SEGMENTS_MAX];
	size_t segment_count;
	bool mapped; /* @data is the file itself, not a copy */
	bool fixed;  /* ET_EXEC: immediates may be addresses */
	bool libc;   /* of the C library's family */
	bool loader;
	bool symbol_table; /* its own or its file's of debugging symbols, not only the dynamic */
	bool plugin;	   /* loaded by name while the program runs */
	struct summary *summary; /* stands for its code; NULL */
	const char *interpreter;
	struct dynamic dynamic;
	uint64_t dynamic_address, eh_frame, eh_frame_size;
	uint64_t tls, tls_size; /* what each thread gets a copy of */
	VEC(const char *) needed;
	VEC(struct symbol) symbols; /* by address */
	VEC(struct export) exports;
	struct map export_heads; /* hash of a name to the first, plus one */
	VEC(struct fde) fdes;	 /* by start */
	VEC(struct section) sections;
	VEC(struct slot) slots; /* by place */
	VEC(uint64_t) labels;	/* what they lead to within functions, in their order */
	struct map starts;	/* of functions, as far as anything says */
	struct map plausible;	/* where functions may start that no unwind table knows */
	uint8_t build_id[20];
	size_t build_id_length;
	Elf *elf, *debug; /* debug: the separate file of debugging symbols */
	int debug_fd;
};

struct program {
	ZydisDecoder decoder;
	uint32_t *brief; /* what it has said, for brief.c */
	struct object *objects[OBJECTS_MAX];
	size_t count;
	int from_fd;		   /* one more than what the program is read from; 0: its path */
	bool alone;		   /* the libraries it needs are not looked for */
	VEC(const char *) missing; /* libraries that are not there; symbols nobody defines */
};

/* brief.c */
uint32_t *brief_new(void);

/* image.c: one file */
/* @fd: where it is open, at whatever offset; negative: it is opened by its path. */
enum ambit_code image_read(struct object *o, const char *path, int fd, size_t index,
			   struct ambit_error *err) MUST_CHECK;
void image_done(struct object *o);
/* What was looked at need not stay in memory: whoever looks again gets it from the file. */
void image_forget(const struct object *o);

/* unwind.c: fdes and landing pads */
void unwind_read(const struct program *p, struct object *o);
/* gaps.c: once sections and unwind tables are there */
void gaps_read(const struct program *p, struct object *o);
/* Could a function begin at @address, of code? Otherwise it is a label, or a constant. */
bool may_start(const struct object *o, uint64_t address);
/* symbols.c: symbols, sections, starts */
enum symbol_kind symbol_kind_of(unsigned char info);
void symbols_read(const struct program *p, struct object *o);
/* The symbol at or around @address; NULL. */
const struct symbol *symbol_at(const struct object *o, uint64_t address);
uint32_t symbol_hash(const char *name);

/* link.c: the program with all it needs; then relocated */
enum ambit_code program_load(struct program *p, const char *path,
			     struct ambit_error *err) MUST_CHECK;
/* Another library with all it needs, as dlopen() would bring it; before program_relocate(). */
enum ambit_code program_add(struct program *p, const char *path,
			    struct ambit_error *err) MUST_CHECK;
/* Once all are there: symbols, unwind tables, relocations. */
void program_link(struct program *p);
void program_done(struct program *p);
/* relocate.c */
void program_relocate(struct program *p);
/* The definition of @name that a program would get. */
const struct export *program_lookup(const struct program *p, const char *name, const char *version);
/* The first of @o that is at @place or behind it. */
size_t slots_from(const struct object *o, uint64_t place);
const struct slot *slot_at(const struct object *o, uint64_t place);

static inline struct object *object_of(const struct program *p, uint64_t address)
{
	return OBJECT_OF(address) < p->count ? p->objects[OBJECT_OF(address)] : NULL;
}
/* The section around @address, or NULL: a hint. */
const struct section *section_at(const struct object *o, uint64_t address);
const struct segment *segment_of(const struct program *p, uint64_t address);
/* The bytes of the file at @address and how many follow; NULL when there are none. */
const uint8_t *bytes_at(const struct program *p, uint64_t address, size_t *ret_left);
/* @size bytes, as of the file: relocations are not applied. */
bool load_bytes(const struct program *p, uint64_t address, void *to, size_t size);
/* A string that ends within its segment; NULL. */
const char *string_at(const struct program *p, uint64_t address);
static inline bool is_code(const struct program *p, uint64_t address)
{
	const struct segment *s = segment_of(p, address);

	return s && s->code && address < s->file_end;
}
/* The function around @address as far as the unwind tables know, or NULL. */
const struct fde *fde_at(const struct object *o, uint64_t address);
/* Landing pads of @f are given to @add. */
void unwind_pads(const struct program *p, const struct fde *f,
		 void (*add)(void *context, uint64_t address), void *context);

#endif
