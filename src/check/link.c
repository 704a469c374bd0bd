/* SPDX-License-Identifier: ISC */
/* link.c - the dynamic section, and the libraries it names, found as the loader finds them */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/str.h"
#include "image.h"

enum { NEEDED_MAX = 256, DYNAMIC_MAX = 512, SYMBOL_MAX = 1 << 22, PATH_SIZE = 4096 };

static const char *const directories[] = {
	"/lib/x86_64-linux-gnu",
	"/usr/lib/x86_64-linux-gnu",
	"/lib64",
	"/usr/lib64",
	"/lib",
	"/usr/lib",
	"/usr/local/lib",
};

/* The C library's own: what they call back is in a table, and their pointers are a pool apart. */
static const char *const libc_names[] = {
	"libc.so.6",	"ld-linux-x86-64.so.2",
	"libm.so.6",	"libpthread.so.0",
	"libdl.so.2",	"librt.so.1",
	"libutil.so.1", "libresolv.so.2",
	"libanl.so.1",	"libmvec.so.1",
	"libc.so",	"ld-musl-x86_64.so.1",
	"libnsl.so.1",	"libc.musl-x86_64.so.1",
};

static const struct {
	int64_t tag;
	size_t offset;
	bool address;
} tags[] = {
#define TAG(name, member, is_address)                                                              \
	{                                                                                          \
		name, offsetof(struct dynamic, member), is_address                                 \
	}
	TAG(DT_STRTAB, strtab, true),
	TAG(DT_STRSZ, strsz, false),
	TAG(DT_SYMTAB, symtab, true),
	TAG(DT_HASH, hash, true),
	TAG(DT_GNU_HASH, gnu_hash, true),
	TAG(DT_VERSYM, versym, true),
	TAG(DT_VERNEED, verneed, true),
	TAG(DT_VERDEF, verdef, true),
	TAG(DT_RELA, rela, true),
	TAG(DT_RELASZ, relasz, false),
	TAG(DT_JMPREL, jmprel, true),
	TAG(DT_PLTRELSZ, pltrelsz, false),
	TAG(36 /* DT_RELR */, relr, true),
	TAG(35 /* DT_RELRSZ */, relrsz, false),
	TAG(DT_INIT, init, true),
	TAG(DT_FINI, fini, true),
	TAG(DT_INIT_ARRAY, init_array, true),
	TAG(DT_INIT_ARRAYSZ, init_arraysz, false),
	TAG(DT_FINI_ARRAY, fini_array, true),
	TAG(DT_FINI_ARRAYSZ, fini_arraysz, false),
	TAG(DT_PREINIT_ARRAY, preinit_array, true),
	TAG(DT_PREINIT_ARRAYSZ, preinit_arraysz, false),
	TAG(DT_SONAME, soname, false),
	TAG(DT_RPATH, rpath, false),
	TAG(DT_RUNPATH, runpath, false),
#undef TAG
};

static const char *dynamic_string(const struct program *p, const struct object *o, uint64_t offset)
{
	if (!o->dynamic.strtab || offset >= o->dynamic.strsz)
		return NULL;
	return string_at(p, o->dynamic.strtab + offset);
}

static void take_tag(struct object *o, const Elf64_Dyn *d)
{
	for (size_t i = 0; i < ARRAY_COUNT(tags); i++) {
		uint64_t value = d->d_un.d_val;

		if (tags[i].tag != d->d_tag)
			continue;
		if (tags[i].address)
			value = value < UINT64_C(1) << OBJECT_SHIFT ? value + o->base : 0;
		memcpy((char *)&o->dynamic + tags[i].offset, &value, sizeof(value));
	}
}

static size_t count_by_gnu_hash(const struct program *p, const struct object *o)
{
	uint32_t head[4], bucket, last = 0, value;
	uint64_t buckets, chain;

	if (!load_bytes(p, o->dynamic.gnu_hash, head, sizeof(head)) || head[0] > SYMBOL_MAX ||
	    head[2] > SYMBOL_MAX)
		return 0;
	buckets = o->dynamic.gnu_hash + 16 + (uint64_t)head[2] * 8;
	chain = buckets + (uint64_t)head[0] * 4;
	for (uint32_t i = 0; i < head[0]; i++) {
		if (!load_bytes(p, buckets + (uint64_t)i * 4, &bucket, 4))
			break;
		last = bucket > last ? bucket : last;
	}
	if (last < head[1])
		return head[1];
	for (; last < SYMBOL_MAX; last++)
		if (!load_bytes(p, chain + (uint64_t)(last - head[1]) * 4, &value, 4) ||
		    (value & 1))
			break;
	return (size_t)last + 1;
}

static size_t count_symbols(const struct program *p, const struct object *o)
{
	uint32_t head[2];

	if (o->dynamic.hash && load_bytes(p, o->dynamic.hash, head, sizeof(head)) &&
	    head[1] < SYMBOL_MAX)
		return head[1];
	return o->dynamic.gnu_hash ? count_by_gnu_hash(p, o) : 0;
}

static void read_dynamic(const struct program *p, struct object *o)
{
	VEC(uint64_t) needed = { 0 };
	Elf64_Dyn d;
	const char *name;

	for (uint64_t i = 0; o->dynamic_address && i < DYNAMIC_MAX; i++) {
		if (!load_bytes(p, o->dynamic_address + i * sizeof(d), &d, sizeof(d)) ||
		    d.d_tag == DT_NULL)
			break;
		take_tag(o, &d);
		if (d.d_tag == DT_NEEDED && needed.count < NEEDED_MAX)
			*vec_add(&needed) = d.d_un.d_val;
	}
	for (size_t i = 0; i < needed.count; i++)
		if ((name = dynamic_string(p, o, needed.at[i])) && *name)
			*vec_add(&o->needed) = name;
	free(needed.at);
	if (o->dynamic.soname && (name = dynamic_string(p, o, o->dynamic.soname)) && *name)
		o->name = name;
	o->dynamic.symbol_count = count_symbols(p, o);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* A program that calls itself the C library is none: its code is read like any other. */
static void classify(struct object *o, bool program)
{
	for (size_t i = 0; i < ARRAY_COUNT(libc_names); i++)
		if (!strcmp(o->name, libc_names[i]) || !strcmp(base_name(o->path), libc_names[i]))
			o->libc = true;
	o->libc = (o->libc || !strncmp(o->name, "libnss_", 7)) && !program;
	o->loader = !strncmp(o->name, "ld-", 3);
}

static enum ambit_code add_object(struct program *p, const char *path, struct ambit_error *err)
{
	struct object *o;
	enum ambit_code code;

	if (p->count == OBJECTS_MAX)
		return err_set(err, AMBIT_E_RESOURCE, AMBIT_LAYER_NONE, 0, "more than %d libraries",
			       OBJECTS_MAX);
	o = store_alloc(1, sizeof(*o));
	p->objects[p->count] = o;
	code = image_read(o, path, p->count ? -1 : p->from_fd - 1, p->count, err);
	p->count++;
	if (code != AMBIT_OK)
		return code;
	read_dynamic(p, o);
	classify(o, p->count == 1);
	return AMBIT_OK;
}

static bool have(const struct program *p, const char *name)
{
	for (size_t i = 0; i < p->count; i++)
		if (!strcmp(p->objects[i]->name, name) ||
		    !strcmp(base_name(p->objects[i]->path), name))
			return true;
	return false;
}

/* One entry of a search path, with $ORIGIN; true when @name is in it. */
static bool in_directory(const struct object *o, const char *entry, size_t length, const char *name,
			 char *path)
{
	static const char *const origins[] = { "$ORIGIN", "${ORIGIN}" };
	size_t directory = (size_t)(base_name(o->path) - o->path);
	int n;

	for (size_t i = 0; i < ARRAY_COUNT(origins); i++) {
		size_t word = strlen(origins[i]);

		if (length < word || strncmp(entry, origins[i], word) != 0)
			continue;
		n = snprintf(path, PATH_SIZE, "%.*s.%.*s/%s", (int)directory, o->path,
			     (int)(length - word), entry + word, name);
		return n > 0 && n < PATH_SIZE && access(path, R_OK) == 0;
	}
	n = snprintf(path, PATH_SIZE, "%.*s/%s", (int)length, entry, name);
	return n > 0 && n < PATH_SIZE && length < PATH_SIZE && access(path, R_OK) == 0;
}

static bool in_list(const struct object *o, const char *list, const char *name, char *path)
{
	while (list && *list) {
		size_t length = strcspn(list, ":");

		if (length && in_directory(o, list, length, name, path))
			return true;
		list += length + (list[length] == ':');
	}
	return false;
}

static bool find_library(const struct program *p, const struct object *o, const char *name,
			 char *path)
{
	const struct object *main_object = p->objects[0];

	if (strchr(name, '/')) {
		(void)snprintf(path, PATH_SIZE, "%s", name);
		return access(path, R_OK) == 0;
	}
	if (in_list(o, dynamic_string(p, o, o->dynamic.runpath), name, path) ||
	    in_list(o, dynamic_string(p, o, o->dynamic.rpath), name, path) ||
	    in_list(main_object, dynamic_string(p, main_object, main_object->dynamic.rpath), name,
		    path))
		return true;
	for (size_t i = 0; i < ARRAY_COUNT(directories); i++)
		if (in_directory(o, directories[i], strlen(directories[i]), name, path))
			return true;
	return false;
}

static void miss(struct program *p, const char *name)
{
	for (size_t i = 0; i < p->missing.count; i++)
		if (!strcmp(p->missing.at[i], name))
			return;
	*vec_add(&p->missing) = name;
}

/* Breadth first: the order in which the loader searches them for symbols. */
static enum ambit_code add_needed(struct program *p, struct ambit_error *err)
{
	char path[PATH_SIZE];

	for (size_t i = 0; i < p->count; i++) {
		const struct object *o = p->objects[i];

		for (size_t n = 0; n < o->needed.count; n++) {
			const char *name = o->needed.at[n];
			enum ambit_code code;

			if (have(p, name))
				continue;
			if (p->alone || !find_library(p, o, name, path)) {
				miss(p, name);
				continue;
			}
			code = add_object(p, path, err);
			if (code != AMBIT_OK)
				return code;
		}
	}
	return AMBIT_OK;
}

static enum ambit_code add_interpreter(struct program *p, struct ambit_error *err)
{
	const char *path = p->objects[0]->interpreter;

	if (!path || p->alone || have(p, base_name(path)))
		return AMBIT_OK;
	if (access(path, R_OK) == 0)
		return add_object(p, path, err);
	miss(p, path);
	return AMBIT_OK;
}

enum ambit_code program_load(struct program *p, const char *path, struct ambit_error *err)
{
	enum ambit_code code;

	(void)elf_version(EV_CURRENT);
	if (!ZYAN_SUCCESS(ZydisDecoderInit(&p->decoder, ZYDIS_MACHINE_MODE_LONG_64,
					   ZYDIS_STACK_WIDTH_64)))
		return err_set(err, AMBIT_E_INTERNAL, AMBIT_LAYER_NONE, 0,
			       "the decoder does not start");
	p->brief = brief_new();
	code = add_object(p, path, err);
	/* musl's loader is its C library: it comes before what would be looked for by that name. */
	if (code == AMBIT_OK && p->objects[0]->interpreter &&
	    str_starts(base_name(p->objects[0]->interpreter), "ld-musl"))
		code = add_interpreter(p, err);
	if (code == AMBIT_OK)
		code = add_needed(p, err);
	if (code == AMBIT_OK)
		code = add_interpreter(p, err);
	return code;
}

enum ambit_code program_add(struct program *p, const char *path, struct ambit_error *err)
{
	char found[PATH_SIZE];
	enum ambit_code code;

	if (have(p, base_name(path)))
		return AMBIT_OK;
	if (!find_library(p, p->objects[0], path, found))
		return err_set(err, AMBIT_E_NOT_FOUND, AMBIT_LAYER_NONE, 0,
			       "there is no library %s", path);
	code = add_object(p, found, err);
	if (code == AMBIT_OK)
		p->objects[p->count - 1]->plugin = true;
	return code == AMBIT_OK ? add_needed(p, err) : code;
}

void program_link(struct program *p)
{
	for (size_t i = 0; i < p->count; i++) {
		symbols_read(p, p->objects[i]);
		unwind_read(p, p->objects[i]);
		gaps_read(p, p->objects[i]);
		image_forget(p->objects[i]);
	}
	program_relocate(p);
}

void program_done(struct program *p)
{
	for (size_t i = 0; i < p->count; i++)
		image_done(p->objects[i]);
	free(p->missing.at);
	free(p->brief);
	*p = (struct program){ 0 };
}
