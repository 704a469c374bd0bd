/* SPDX-License-Identifier: ISC */
#include "../../src/base/arena.h"
#include "../tap.h"

#include <string.h>

TEST(memory_is_zeroed_and_aligned)
{
	struct arena a = { .first = NULL };

	for (size_t size = 1; size < 5000; size += 37) {
		unsigned char *p = arena_alloc(&a, size);

		CHECK(p != NULL);
		CHECK_INT((uintptr_t)p % _Alignof(max_align_t), 0);
		for (size_t i = 0; i < size; i++)
			CHECK_INT(p[i], 0);
		memset(p, 0xff, size);
	}
	arena_done(&a);
}

TEST(allocations_do_not_overlap)
{
	struct arena a = { .first = NULL };
	unsigned char *parts[64];

	for (size_t i = 0; i < ARRAY_COUNT(parts); i++) {
		parts[i] = arena_alloc(&a, 700);
		CHECK(parts[i] != NULL);
		memset(parts[i], (int)i, 700);
	}
	for (size_t i = 0; i < ARRAY_COUNT(parts); i++)
		for (size_t j = 0; j < 700; j++)
			CHECK_INT(parts[i][j], i);
	arena_done(&a);
}

TEST(larger_than_a_block)
{
	struct arena a = { .first = NULL };
	unsigned char *p = arena_alloc(&a, 1 << 20);

	CHECK(p != NULL);
	memset(p, 1, 1 << 20);
	CHECK(arena_alloc(&a, 1) != NULL);
	arena_done(&a);
}

TEST(the_maximum_is_hard)
{
	struct arena a = { .maximum = 1024 };

	CHECK(arena_alloc(&a, 1025) == NULL);
	CHECK(arena_alloc(&a, 1024) != NULL);
	CHECK(arena_alloc(&a, 1) == NULL);
	CHECK(arena_alloc(&a, SIZE_MAX) == NULL);
	arena_done(&a);
	CHECK(arena_alloc(&a, 1024) != NULL);
	arena_done(&a);
}

TEST(array_size_cannot_overflow)
{
	struct arena a = { .first = NULL };

	CHECK(arena_array(&a, SIZE_MAX / 2, 4) == NULL);
	CHECK(arena_array(&a, SIZE_MAX, SIZE_MAX) == NULL);
	CHECK(arena_array(&a, 3, 4) != NULL);
	arena_done(&a);
}

TEST(copies_end_in_nul)
{
	struct arena a = { .first = NULL };

	CHECK_STR(arena_copy(&a, "abcdef", 3), "abc");
	CHECK_STR(arena_copy(&a, NULL, 0), "");
	CHECK_STR(arena_string(&a, "whole"), "whole");
	CHECK_STR(arena_format(&a, "%s:%d", "line", 7), "line:7");
	CHECK_STR(arena_format(&a, "%s", ""), "");
	a.maximum = 16;
	CHECK(arena_format(&a, "%100d", 1) == NULL);
	CHECK(arena_string(&a, "a string that is longer than that") == NULL);
	arena_done(&a);
}

TEST(grow_keeps_what_is_there)
{
	struct arena a = { .first = NULL };
	int *array = NULL;
	size_t count = 0;

	for (int i = 0; i < 1000; i++) {
		int *slot = arena_grow(&a, &array, &count, sizeof(*slot));

		CHECK(slot == &array[i]);
		CHECK_INT(*slot, 0);
		CHECK_INT(count, i + 1);
		*slot = i;
		for (int j = 0; j <= i; j++)
			CHECK_INT(array[j], j);
	}
	arena_done(&a);
}

TEST(grow_that_fails_changes_nothing)
{
	struct arena a = { .maximum = 16 };
	int *array = NULL;
	size_t count = 0;

	for (int i = 0; i < 4; i++)
		CHECK(arena_grow(&a, &array, &count, sizeof(int)) != NULL);
	CHECK(arena_grow(&a, &array, &count, sizeof(int)) == NULL);
	CHECK_INT(count, 4);
	arena_done(&a);
}

TEST(done_twice_is_harmless)
{
	struct arena a = { .first = NULL };

	CHECK(arena_alloc(&a, 1) != NULL);
	arena_done(&a);
	arena_done(&a);
	CHECK(a.first == NULL);
}
