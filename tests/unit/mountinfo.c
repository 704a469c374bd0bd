/* SPDX-License-Identifier: ISC */
/* Which lines of mountinfo no path leads to: all others must be what was planned. */
#include "../../src/layer/mountinfo.c"

#include <stdio.h>
#include <string.h>

#include "../tap.h"

/* As mountinfo has them; "/" is the view's root. */
#define LINE(id, parent, point) #id " " #parent " 0:" #id " / " point " ro,nosuid - tmpfs t rw\n"

static struct mount_table *table_of(const char *text)
{
	static struct mount_table table;
	char *p = table.text;

	CHECK(strlen(text) < sizeof(table.text));
	memcpy(table.text, text, strlen(text) + 1);
	for (table.count = 0; *p; table.count++)
		p = parse_line(p, &table.lines[table.count]);
	return &table;
}

/* The ids of what is out of reach, each after a blank. */
static const char *hidden(const char *text)
{
	static char out[256];
	struct mount_table *table = table_of(text);
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < table->count; i++)
		if (is_out_of_reach(table, &table->lines[i]))
			used += (size_t)snprintf(out + used, sizeof(out) - used, " %d",
						 (int)table->lines[i].id);
	return out;
}

#define VIEW LINE(10, 2, "/") LINE(11, 10, "/a")

TEST(one_in_the_other)
{
	CHECK_STR(hidden(VIEW), "");
	CHECK_STR(hidden(VIEW LINE(12, 11, "/a/b") LINE(13, 12, "/a/b/c")), "");
	/* Two in one, and a name that begins as another does. */
	CHECK_STR(hidden(VIEW LINE(12, 11, "/a/b") LINE(13, 11, "/a/bc") LINE(14, 11, "/a/bc.d/e")),
		  "");
}

TEST(over_a_root)
{
	CHECK_STR(hidden(VIEW LINE(12, 11, "/a")), " 11");
	CHECK_STR(hidden(VIEW LINE(12, 11, "/a/b") LINE(13, 11, "/a")), " 11 12");
	CHECK_STR(hidden(VIEW LINE(12, 11, "/a") LINE(13, 12, "/a/b") LINE(14, 13, "/a/b")),
		  " 11 13");
}

/* A path enters what is nearer to the root, in whichever order the two were mounted. */
TEST(on_the_way)
{
	CHECK_STR(hidden(VIEW LINE(12, 11, "/a/b/c") LINE(13, 11, "/a/b")), " 12");
	CHECK_STR(hidden(VIEW LINE(13, 11, "/a/b") LINE(12, 11, "/a/b/c")), " 12");
	/* And its own copy of the same is what the path then leads to. */
	CHECK_STR(hidden(VIEW LINE(12, 11, "/a/b/c") LINE(13, 11, "/a/b") LINE(14, 13, "/a/b/c")),
		  " 12");
	/* With what is mounted in it; not what is elsewhere. */
	CHECK_STR(hidden(VIEW LINE(12, 11, "/a/b/c") LINE(13, 12, "/a/b/c/d") LINE(14, 11, "/a/b")
				 LINE(15, 11, "/a/x") LINE(16, 14, "/a/b/c/d")),
		  " 12 13");
	CHECK_STR(hidden(VIEW LINE(12, 11, "/a/b/c\\040d/e") LINE(13, 11, "/a/b/c\\040d")), " 12");
}

/* Lookups begin in the root that the process has, whatever lies over it. */
TEST(over_the_view)
{
	CHECK_STR(hidden(VIEW LINE(12, 10, "/")), "");
	CHECK_STR(hidden(LINE(10, 2, "/") LINE(12, 10, "/") LINE(13, 10, "/a/b")), "");
	/* A mount that hides what it lies over does not hide what another mount has there. */
	CHECK_STR(hidden(VIEW LINE(12, 10, "/x") LINE(13, 11, "/x/y")), "");
}

/* What is planned has to stand where a path leads to it. */
TEST(at_its_place)
{
	const char *text = VIEW LINE(12, 11, "/a/b/c") LINE(13, 11, "/a/b");

	CHECK(has_point(table_of(text), "/a/b"));
	CHECK(!has_point(table_of(text), "/a/b/c"));
	CHECK(!has_point(table_of(text), "/a/b/c/d"));
	CHECK(has_point(table_of(text), "/"));
}
