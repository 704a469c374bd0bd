/* SPDX-License-Identifier: ISC */
/* What a file needs to start, when the file lies. */
#include "../../src/host/elf_start.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../src/host/host.h"
#include "../tap.h"

static char directory[] = "/tmp/ambit-elf-XXXXXX";

static const char *make_file(const void *data, size_t length)
{
	static char path[64];
	int fd;

	if (strchr(directory, 'X'))
		CHECK(mkdtemp(directory) != NULL);
	(void)snprintf(path, sizeof(path), "%s/file", directory);
	fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0755);
	CHECK(fd >= 0 && write(fd, data, length) == (ssize_t)length && close(fd) == 0);
	return path;
}

static void clean(void)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "%s/file", directory);
	(void)unlink(path);
	(void)rmdir(directory);
}

static int start(const void *data, size_t length, const char **ret_interpreter, bool *ret_is_script)
{
	static struct arena a;
	int r = elf_start(&a, make_file(data, length), ret_interpreter, ret_is_script);

	clean();
	memcpy(directory + strlen(directory) - 6, "XXXXXX", 6);
	return r;
}

static const struct {
	const char *text;
	const char *interpreter; /* NULL: refused */
} scripts[] = {
	{ "#!/bin/sh\n", "/bin/sh" },
	{ "#!/bin/sh", "/bin/sh" },
	{ "#! \t/usr/bin/env -S x\n", "/usr/bin/env" },
	{ "#!/bin/sh\r\n", "/bin/sh" },
	{ "#!/bin/\033[m x\n", "/bin/\033[m" },
	{ "#!", NULL },
	{ "#!\n", NULL },
	{ "#!   \n/bin/sh\n", NULL },
	{ "#!sh\n", NULL },
	{ "#", NULL },
	{ "", NULL },
	{ "echo hello\n", NULL },
};

TEST(scripts_with_and_without_interpreter)
{
	for (size_t i = 0; i < ARRAY_COUNT(scripts); i++) {
		const char *interpreter = "?";
		bool is_script = true;
		int r = start(scripts[i].text, strlen(scripts[i].text), &interpreter, &is_script);

		NOTE("case %zu", i);
		CHECK_INT(r, scripts[i].interpreter ? 0 : -ENOEXEC);
		if (scripts[i].interpreter)
			CHECK_STR(interpreter, scripts[i].interpreter);
		else
			CHECK(interpreter == NULL);
		CHECK(!scripts[i].interpreter || is_script);
	}
}

struct image {
	Elf64_Ehdr e;
	Elf64_Phdr p[4];
	char text[64];
};

/* A program whose interpreter is /lib/ld.so. */
static struct image good_image(void)
{
	struct image m = { .e = { .e_type = ET_DYN,
				  .e_phoff = offsetof(struct image, p),
				  .e_phentsize = sizeof(Elf64_Phdr),
				  .e_phnum = 4 },
			   .text = "/lib/ld.so" };

	memcpy(m.e.e_ident, ELFMAG, SELFMAG);
	m.e.e_ident[EI_CLASS] = ELFCLASS64;
	m.p[1] = (Elf64_Phdr){ .p_type = PT_INTERP,
			       .p_offset = offsetof(struct image, text),
			       .p_filesz = 11 };
	return m;
}

static int start_image(const struct image *m, const char **ret_interpreter)
{
	bool is_script;

	return start(m, sizeof(*m), ret_interpreter, &is_script);
}

TEST(programs)
{
	struct image m = good_image();
	const char *interpreter;

	CHECK_INT(start_image(&m, &interpreter), 0);
	CHECK_STR(interpreter, "/lib/ld.so");
	m.p[1].p_type = PT_NULL;
	CHECK_INT(start_image(&m, &interpreter), 0);
	CHECK(interpreter == NULL);
	m.e.e_phnum = 0;
	CHECK_INT(start_image(&m, &interpreter), 0);
	CHECK(interpreter == NULL);
}

static void break_class(struct image *m)
{
	m->e.e_ident[EI_CLASS] = ELFCLASS32;
}
static void break_magic(struct image *m)
{
	m->e.e_ident[1] = 'F';
}
static void break_table_far(struct image *m)
{
	m->e.e_phoff = 1 << 30;
}
static void break_table_negative(struct image *m)
{
	m->e.e_phoff = UINT64_MAX - 8;
}
static void break_table_long(struct image *m)
{
	m->e.e_phnum = UINT16_MAX;
	m->p[1].p_type = PT_NULL;
}
static void break_name_far(struct image *m)
{
	m->p[1].p_offset = 1 << 30;
}
static void break_name_negative(struct image *m)
{
	m->p[1].p_offset = UINT64_MAX;
}
static void break_name_long(struct image *m)
{
	m->p[1].p_filesz = UINT64_MAX;
}
static void break_name_beyond_end(struct image *m)
{
	m->p[1].p_filesz = 1000;
}
static void break_name_empty(struct image *m)
{
	m->p[1].p_filesz = 0;
}

TEST(programs_that_lie)
{
	void (*const breaks[])(struct image *) = {
		break_class,	       break_magic,	 break_table_far,     break_table_negative,
		break_table_long,      break_name_far,	 break_name_negative, break_name_long,
		break_name_beyond_end, break_name_empty,
	};

	for (size_t i = 0; i < ARRAY_COUNT(breaks); i++) {
		struct image m = good_image();
		const char *interpreter = "?";

		NOTE("case %zu", i);
		breaks[i](&m);
		CHECK_INT(start_image(&m, &interpreter), -ENOEXEC);
		CHECK(interpreter == NULL);
	}
}

TEST(a_name_without_its_end)
{
	struct image m = good_image();
	const char *interpreter;

	m.p[1].p_filesz = 4;
	CHECK_INT(start_image(&m, &interpreter), 0);
	CHECK_STR(interpreter, "/lib");
}

TEST(cut_anywhere)
{
	struct image m = good_image();

	for (size_t length = 0; length < sizeof(m); length++) {
		const char *interpreter = "?";
		bool is_script;
		int r = start(&m, length, &interpreter, &is_script);

		CHECK(r == 0 || (r == -ENOEXEC && interpreter == NULL));
	}
}

TEST(what_is_no_file)
{
	struct arena a = { 0 };
	const char *interpreter;
	bool is_script;

	CHECK_INT(elf_start(&a, "/", &interpreter, &is_script), -EISDIR);
	CHECK_INT(elf_start(&a, "/nowhere", &interpreter, &is_script), -ENOENT);
	CHECK_INT(elf_start(&a, "/dev/null", &interpreter, &is_script), -ENOEXEC);
}

/* ---- the libraries of a program --------------------------------------------------------- */

struct library {
	Elf64_Ehdr e;
	Elf64_Phdr p[2];
	Elf64_Dyn d[4];
	char strings[64];
};

static struct library good_library(void)
{
	struct library m = { .e = { .e_phoff = offsetof(struct library, p),
				    .e_phentsize = sizeof(Elf64_Phdr),
				    .e_phnum = 2 },
			     .strings = "\0libc.so.6\0nonesuch.so" };

	memcpy(m.e.e_ident, ELFMAG, SELFMAG);
	m.e.e_ident[EI_CLASS] = ELFCLASS64;
	m.p[0] = (Elf64_Phdr){ .p_type = PT_LOAD, .p_filesz = sizeof(m), .p_vaddr = 0x1000 };
	m.p[1] = (Elf64_Phdr){ .p_type = PT_DYNAMIC,
			       .p_offset = offsetof(struct library, d),
			       .p_filesz = sizeof(m.d) };
	m.d[0] = (Elf64_Dyn){ DT_STRTAB, { 0x1000 + offsetof(struct library, strings) } };
	m.d[1] = (Elf64_Dyn){ DT_NEEDED, { 1 } };
	m.d[2] = (Elf64_Dyn){ DT_NEEDED, { 11 } };
	return m;
}

static size_t closure_of(const void *image, size_t length)
{
	struct host h = { 0 };
	size_t count;

	CHECK_INT(host_add_closure(&h, make_file(image, length), NULL), AMBIT_OK);
	clean();
	memcpy(directory + strlen(directory) - 6, "XXXXXX", 6);
	for (size_t i = 0; i < h.closure_count; i++)
		CHECK(host_path(&h, h.closure[i]) != NULL);
	count = h.closure_count;
	host_done(&h);
	return count;
}

TEST(libraries)
{
	struct library m = good_library();
	size_t with;

	with = closure_of(&m, sizeof(m));
	if (!with)
		SKIP("no libc.so.6 where loaders look");
	m.d[1].d_tag = DT_NULL;
	CHECK_INT(closure_of(&m, sizeof(m)), 0);
	m = good_library();
	m.d[2].d_un.d_val = 1; /* twice the same */
	CHECK_INT(closure_of(&m, sizeof(m)), with);
}

TEST(libraries_that_lie)
{
	struct library m = good_library();

	m.d[0].d_un.d_ptr = 0x10; /* in no segment */
	CHECK_INT(closure_of(&m, sizeof(m)), 0);
	m = good_library();
	m.p[1].p_offset = UINT64_MAX;
	CHECK_INT(closure_of(&m, sizeof(m)), 0);
	m = good_library();
	m.p[1].p_filesz = UINT64_MAX;
	CHECK_INT(closure_of(&m, sizeof(m)), 0);
	m = good_library();
	m.e.e_phnum = UINT16_MAX;
	CHECK_INT(closure_of(&m, sizeof(m)), 0);
	m = good_library();
	m.e.e_phoff = UINT64_MAX;
	CHECK_INT(closure_of(&m, sizeof(m)), 0);
	m = good_library();
	m.d[1].d_un.d_val = m.d[2].d_un.d_val = UINT64_MAX;
	CHECK_INT(closure_of(&m, sizeof(m)), 0);
	m = good_library();
	memcpy(m.strings + 1, "/etc/../etc/passwd", 19); /* a path is no library */
	m.d[2].d_tag = DT_NULL;
	CHECK_INT(closure_of(&m, sizeof(m)), 0);
	m = good_library();
	memset(m.strings, 'x', sizeof(m.strings)); /* no end */
	CHECK_INT(closure_of(&m, sizeof(m)), 0);
}

TEST(libraries_cut_anywhere)
{
	struct library m = good_library();

	for (size_t length = 0; length < sizeof(m); length++)
		(void)closure_of(&m, length);
}
