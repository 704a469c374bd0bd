/* SPDX-License-Identifier: ISC */
/* lines.c - source lines of addresses, from DWARF; each object is opened when first asked about */
#include <elfutils/libdw.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

struct lines {
	const struct program *program;
	Dwarf *dwarf[OBJECTS_MAX];
	bool tried[OBJECTS_MAX];
};

struct lines *lines_new(const struct program *p)
{
	struct lines *l = store_alloc(1, sizeof(*l));

	l->program = p;
	return l;
}

void lines_free(struct lines *l)
{
	for (size_t i = 0; i < OBJECTS_MAX; i++)
		if (l->dwarf[i])
			(void)dwarf_end(l->dwarf[i]);
	free(l);
}

static Dwarf *open_object(struct lines *l, size_t index)
{
	const struct object *o = l->program->objects[index];

	if (!l->tried[index] && o->elf)
		l->dwarf[index] = dwarf_begin_elf(o->elf, DWARF_C_READ, NULL);
	l->tried[index] = true;
	return l->dwarf[index];
}

bool lines_find(struct lines *l, uint64_t address, struct buf *out)
{
	size_t index = OBJECT_OF(address);
	Dwarf *dwarf = index < l->program->count ? open_object(l, index) : NULL;
	const char *file, *slash;
	Dwarf_Line *line;
	Dwarf_Die die;
	int number;

	if (!dwarf || !dwarf_addrdie(dwarf, address - OBJECT_BASE(index), &die))
		return false;
	line = dwarf_getsrc_die(&die, address - OBJECT_BASE(index));
	if (!line || dwarf_lineno(line, &number) != 0)
		return false;
	file = dwarf_linesrc(line, NULL, NULL);
	if (!file)
		return false;
	slash = strrchr(file, '/');
	buf_add_visible(out, slash ? slash + 1 : file);
	buf_add_format(out, ":%d", number);
	return true;
}
