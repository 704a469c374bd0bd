/* SPDX-License-Identifier: ISC */
/*
 * DOC: Theory of operation
 *
 * Source lines of addresses, from DWARF; each object is opened when first asked about. A chain
 * names functions of the machine code, so the line is one of that function's own file: where code
 * of a header was inlined, the line that called it.
 *
 * DWARF comes from whom the program comes from: nothing is searched deeper than DEPTH_MAX, and in
 * all no more than BYTES_MAX of it are gone through.
 */
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

enum { DEPTH_MAX = 64, BYTES_MAX = 64 << 20, UNIT_BYTES = 64, RANGE_BYTES = 16 };

struct lines {
	const struct program *program;
	int64_t bytes_left;
	Dwarf *dwarf[OBJECTS_MAX];
	bool tried[OBJECTS_MAX];
};

struct lines *lines_new(const struct program *p)
{
	struct lines *l = store_alloc(1, sizeof(*l));

	l->program = p;
	l->bytes_left = BYTES_MAX;
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

/* Each range is paid for, too. */
static bool holds(struct lines *l, Dwarf_Die *die, uint64_t address)
{
	Dwarf_Addr base, begin, end;
	ptrdiff_t at = 0;

	while (l->bytes_left > 0 && (at = dwarf_ranges(die, at, &base, &begin, &end)) > 0) {
		l->bytes_left -= RANGE_BYTES;
		if (address >= begin && address < end)
			return true;
	}
	return false;
}

/* A table finds the unit at once. clang makes none, so all are asked. */
static bool find_unit(struct lines *l, Dwarf *dwarf, uint64_t address, Dwarf_Die *ret)
{
	Dwarf_CU *unit = NULL;

	if (dwarf_addrdie(dwarf, address, ret))
		return true;
	while (l->bytes_left > 0 &&
	       dwarf_get_units(dwarf, unit, &unit, NULL, NULL, ret, NULL) == 0) {
		l->bytes_left -= UNIT_BYTES;
		if (holds(l, ret, address))
			return true;
	}
	return false;
}

/* The next one beside it, paid for by what is skipped. */
static bool next_beside(struct lines *l, Dwarf_Die *die)
{
	const Dwarf_Off before = dwarf_dieoffset(die);

	if (l->bytes_left <= 0 || dwarf_siblingof(die, die) != 0)
		return false;
	l->bytes_left -= (int64_t)(dwarf_dieoffset(die) - before);
	return dwarf_dieoffset(die) > before;
}

/* The code at @address was inlined there: the outermost of those calls, inside @at. */
static bool find_inlined(struct lines *l, Dwarf_Die *at, uint64_t address, int depth,
			 Dwarf_Die *ret)
{
	Dwarf_Die die;

	if (depth > DEPTH_MAX || dwarf_child(at, &die) != 0)
		return false;
	do {
		switch (dwarf_tag(&die)) {
		case DW_TAG_namespace:
			if (find_inlined(l, &die, address, depth + 1, ret))
				return true;
			break;
		case DW_TAG_subprogram:
		case DW_TAG_lexical_block:
		case DW_TAG_try_block:
		case DW_TAG_catch_block:
			if (holds(l, &die, address))
				return find_inlined(l, &die, address, depth + 1, ret);
			break;
		case DW_TAG_inlined_subroutine:
			if (holds(l, &die, address)) {
				*ret = die;
				return true;
			}
			break;
		default:
			break;
		}
	} while (next_beside(l, &die));
	return false;
}

static bool number_of(Dwarf_Die *die, unsigned name, Dwarf_Word *ret)
{
	Dwarf_Attribute attribute;

	return dwarf_attr(die, name, &attribute) && dwarf_formudata(&attribute, ret) == 0;
}

struct source {
	const char *file; /* NULL: no line */
	int line;
};

static struct source called_from(Dwarf_Die *unit, Dwarf_Die *inlined)
{
	Dwarf_Word file, line;
	Dwarf_Files *files;
	size_t count;

	if (!number_of(inlined, DW_AT_call_file, &file) ||
	    !number_of(inlined, DW_AT_call_line, &line) || line > INT32_MAX ||
	    dwarf_getsrcfiles(unit, &files, &count) != 0 || file >= count)
		return (struct source){ NULL, 0 };
	return (struct source){ dwarf_filesrc(files, file, NULL, NULL), (int)line };
}

static struct source stands_at(Dwarf_Die *unit, uint64_t address)
{
	Dwarf_Line *line = dwarf_getsrc_die(unit, address);
	int number;

	if (!line || dwarf_lineno(line, &number) != 0)
		return (struct source){ NULL, 0 };
	return (struct source){ dwarf_linesrc(line, NULL, NULL), number };
}

static bool same_file(const struct source *a, const struct source *b)
{
	return a->file && b->file && strcmp(a->file, b->file) == 0;
}

/* From the outermost call to what stands there itself: the last in the file of the first. */
static struct source find_place(struct lines *l, Dwarf_Die *unit, uint64_t address)
{
	struct source found = { NULL, 0 }, next;
	Dwarf_Die at = *unit, inlined;

	for (int depth = 0; find_inlined(l, &at, address, depth, &inlined); depth++) {
		next = called_from(unit, &inlined);
		if (!found.file || same_file(&found, &next))
			found = next;
		at = inlined;
	}
	next = stands_at(unit, address);
	return !found.file || same_file(&found, &next) ? next : found;
}

bool lines_find(struct lines *l, uint64_t address, struct buf *out)
{
	const size_t index = OBJECT_OF(address);
	Dwarf *dwarf = index < l->program->count ? open_object(l, index) : NULL;
	struct source place;
	const char *slash;
	Dwarf_Die unit;

	address -= OBJECT_BASE(index);
	if (!dwarf || !find_unit(l, dwarf, address, &unit))
		return false;
	place = find_place(l, &unit, address);
	if (!place.file)
		return false;
	slash = strrchr(place.file, '/');
	buf_add_visible(out, slash ? slash + 1 : place.file);
	buf_add_format(out, ":%d", place.line);
	return true;
}
