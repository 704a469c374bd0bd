/* SPDX-License-Identifier: ISC */
/*
 * closure.c - the shared libraries that a dynamic program loads before main
 *
 * For the bundle compute, whose program gets nothing but these: DT_NEEDED, followed through the
 * directories a loader looks in. A library that is not found is left out; then the loader says
 * so, which is better than granting a directory. Plugins opened later are not in the closure, and
 * are not meant to be.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "../base/fd.h"
#include "../base/str.h"
#include "../base/sys.h"
#include "host.h"

static const char *const directories[] = {
#if defined(__x86_64__)
	"/lib/x86_64-linux-gnu",
	"/usr/lib/x86_64-linux-gnu",
#elif defined(__aarch64__)
	"/lib/aarch64-linux-gnu",
	"/usr/lib/aarch64-linux-gnu",
#endif
	"/lib64",
	"/usr/lib64",
	"/lib",
	"/usr/lib",
	"/usr/local/lib",
};

enum { SEGMENTS_MAX = 64, DYNAMIC_MAX = 512, LIBRARIES_MAX = 256 };

struct object {
	int fd;
	Elf64_Phdr segments[SEGMENTS_MAX];
	unsigned segment_count;
	Elf64_Dyn dynamic[DYNAMIC_MAX];
	size_t dynamic_count;
	uint64_t strings; /* file offset of DT_STRTAB */
	int failed;	  /* -errno: it was not read to the end, whatever it is */
};

static ssize_t read_some(struct object *o, void *out, size_t size, uint64_t at)
{
	ssize_t n = at > INT64_MAX ? 0 : pread(o->fd, out, size, (off_t)at);

	if (n < 0)
		o->failed = -errno;
	return n;
}

static bool read_at(struct object *o, void *out, size_t size, uint64_t at)
{
	return read_some(o, out, size, at) == (ssize_t)size;
}

/* The file offset of a virtual address; 0 when no segment holds it. */
static uint64_t offset_of(const struct object *o, uint64_t address)
{
	for (unsigned i = 0; i < o->segment_count; i++) {
		const Elf64_Phdr *p = &o->segments[i];

		if (p->p_type == PT_LOAD && address >= p->p_vaddr &&
		    address - p->p_vaddr < p->p_filesz)
			return p->p_offset + (address - p->p_vaddr);
	}
	return 0;
}

static bool read_dynamic(struct object *o)
{
	for (unsigned i = 0; i < o->segment_count; i++) {
		const Elf64_Phdr *p = &o->segments[i];

		if (p->p_type != PT_DYNAMIC)
			continue;
		o->dynamic_count = p->p_filesz / sizeof(Elf64_Dyn);
		if (o->dynamic_count > DYNAMIC_MAX)
			o->dynamic_count = DYNAMIC_MAX;
		if (!read_at(o, o->dynamic, o->dynamic_count * sizeof(Elf64_Dyn), p->p_offset))
			return false;
	}
	for (size_t i = 0; i < o->dynamic_count; i++)
		if (o->dynamic[i].d_tag == DT_STRTAB)
			o->strings = offset_of(o, o->dynamic[i].d_un.d_ptr);
	return o->strings != 0;
}

static bool read_object(struct object *o, const char *path)
{
	Elf64_Ehdr e;

	o->fd = sys_openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0);
	o->segment_count = 0;
	o->dynamic_count = 0;
	o->strings = 0;
	o->failed = o->fd < 0 && !host_is_absence(o->fd) ? o->fd : 0;
	if (o->fd < 0 || !read_at(o, &e, sizeof(e), 0) || memcmp(e.e_ident, ELFMAG, SELFMAG) != 0 ||
	    e.e_ident[EI_CLASS] != ELFCLASS64 || e.e_phentsize != sizeof(Elf64_Phdr))
		return false;
	o->segment_count = e.e_phnum < SEGMENTS_MAX ? e.e_phnum : SEGMENTS_MAX;
	return read_at(o, o->segments, o->segment_count * sizeof(Elf64_Phdr), e.e_phoff) &&
	       read_dynamic(o);
}

static bool read_string(struct object *o, uint64_t at, char *out, size_t size)
{
	uint64_t from;
	ssize_t n = -1;

	if (!__builtin_add_overflow(o->strings, at, &from) && from <= INT64_MAX)
		n = read_some(o, out, size - 1, from);
	if (n <= 0)
		return false;
	out[n] = '\0';
	return out[0] && strlen(out) < (size_t)n; /* its own NUL was read */
}

struct closure {
	struct host *h;
	const char *found[LIBRARIES_MAX];
	size_t count;
};

static bool is_known(const struct closure *c, const char *path)
{
	for (size_t i = 0; i < c->count; i++)
		if (str_equal(c->found[i], path))
			return true;
	return false;
}

static enum ambit_code take(struct closure *c, const char *directory, const char *name,
			    bool *ret_taken, struct ambit_error *err)
{
	const char *path = arena_format(&c->h->arena, "%s/%s", directory, name);
	const struct host_path *at;
	enum ambit_code code;

	if (!path)
		return err_memory(err, AMBIT_LAYER_HOST);
	*ret_taken = is_known(c, path);
	if (*ret_taken || c->count == LIBRARIES_MAX || sys_faccess(path, R_OK) < 0)
		return AMBIT_OK;
	code = host_add_path(c->h, path, false, err);
	at = host_path(c->h, path);
	if (code == AMBIT_OK && at && at->kind == KIND_FILE) {
		c->found[c->count++] = path;
		*ret_taken = true;
	}
	return code;
}

static enum ambit_code follow(struct closure *c, const char *path, struct ambit_error *err)
{
	struct object o = { 0 };
	enum ambit_code code = AMBIT_OK;
	bool readable = read_object(&o, path);

	for (size_t i = 0; readable && i < o.dynamic_count && code == AMBIT_OK; i++) {
		char name[256];
		bool taken = false;

		if (o.dynamic[i].d_tag != DT_NEEDED ||
		    !read_string(&o, o.dynamic[i].d_un.d_val, name, sizeof(name)) ||
		    strchr(name, '/'))
			continue;
		for (size_t d = 0; d < ARRAY_COUNT(directories) && !taken && code == AMBIT_OK; d++)
			code = take(c, directories[d], name, &taken, err);
	}
	fd_close(&o.fd);
	if (code == AMBIT_OK && o.failed)
		code = err_set(err, err_code_of_errno(-o.failed), AMBIT_LAYER_HOST, -o.failed,
			       "cannot read %s", path);
	return code;
}

enum ambit_code host_add_closure(struct host *h, const char *program, struct ambit_error *err)
{
	struct closure c = { .h = h };
	enum ambit_code code = follow(&c, program, err);

	for (size_t i = 0; i < c.count && code == AMBIT_OK; i++)
		code = follow(&c, c.found[i], err);
	h->closure = arena_array(&h->arena, c.count + 1, sizeof(*h->closure));
	if (!h->closure)
		return err_memory(err, AMBIT_LAYER_HOST);
	memcpy(h->closure, c.found, c.count * sizeof(*c.found));
	h->closure_count = c.count;
	return code;
}
