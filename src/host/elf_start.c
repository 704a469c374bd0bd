/* SPDX-License-Identifier: ISC */
#include "elf_start.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "../base/sys.h"

enum { HEAD = 1024, INTERPRETER_MAX = 1024 };

/* "#! /usr/bin/env -S" : the first word after #!, as the kernel takes it. */
static int script_start(struct arena *a, const char *head, size_t length, const char **ret)
{
	size_t from = 2, to;

	while (from < length && (head[from] == ' ' || head[from] == '\t'))
		from++;
	to = from;
	while (to < length && !strchr(" \t\n\r", head[to]))
		to++;
	if (to == from || head[from] != '/')
		return -ENOEXEC;
	*ret = arena_copy(a, head + from, to - from);
	return *ret ? 0 : -ENOMEM;
}

/* What was read of the file already, so that most of it need not be read once more. */
struct head {
	const char *data;
	size_t length;
	int fd;
};

static int read_at(const struct head *head, void *out, size_t size, uint64_t at)
{
	ssize_t n;

	if (at <= head->length && size <= head->length - at) {
		memcpy(out, head->data + at, size);
		return 0;
	}
	n = at > INT64_MAX ? 0 : pread(head->fd, out, size, (off_t)at);
	return n < 0 ? -errno : n == (ssize_t)size ? 0 : -ENOEXEC;
}

static int program_start(struct arena *a, const struct head *head, const char **ret)
{
	const Elf64_Ehdr *e = (const Elf64_Ehdr *)(const void *)head->data;
	Elf64_Phdr p;

	for (unsigned i = 0; i < e->e_phnum && i < 128; i++) {
		char *text;
		int r = read_at(head, &p, sizeof(p), e->e_phoff + (uint64_t)i * sizeof(p));

		if (r < 0)
			return r;
		if (p.p_type != PT_INTERP)
			continue;
		if (p.p_filesz < 2 || p.p_filesz > INTERPRETER_MAX)
			return -ENOEXEC;
		text = arena_alloc(a, p.p_filesz + 1);
		if (!text)
			return -ENOMEM;
		r = read_at(head, text, p.p_filesz, p.p_offset);
		*ret = r < 0 ? NULL : text;
		return r;
	}
	return 0;
}

int elf_start(struct arena *a, const char *path, const char **ret_interpreter, bool *ret_is_script)
{
	AUTO_FD int fd =
		sys_openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0);
	_Alignas(Elf64_Ehdr) char head[HEAD];
	ssize_t n;

	*ret_interpreter = NULL;
	*ret_is_script = false;
	if (fd < 0)
		return fd;
	n = sys_read(fd, head, sizeof(head));
	if (n < 0)
		return (int)n;
	if (n > 2 && head[0] == '#' && head[1] == '!') {
		*ret_is_script = true;
		return script_start(a, head, (size_t)n, ret_interpreter);
	}
	if ((size_t)n < sizeof(Elf64_Ehdr) || memcmp(head, ELFMAG, SELFMAG) != 0 ||
	    head[EI_CLASS] != ELFCLASS64)
		return -ENOEXEC;
	return program_start(a, &(struct head){ head, (size_t)n, fd }, ret_interpreter);
}
