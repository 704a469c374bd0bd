/* SPDX-License-Identifier: ISC */
/* heap.c - the launcher's allocator, beside the one of this program */
#include <stdlib.h>
#include <string.h>

#include "../tap.h"

#define malloc	      heap_malloc
#define calloc	      heap_calloc
#define realloc	      heap_realloc
#define free	      heap_free
#define aligned_alloc heap_aligned_alloc
void *heap_malloc(size_t size);
void *heap_calloc(size_t count, size_t size);
void *heap_realloc(void *pointer, size_t size);
void heap_free(void *pointer);
void *heap_aligned_alloc(size_t alignment, size_t size);
#include "../../src/cli/heap.c"
#undef malloc
#undef calloc
#undef realloc
#undef free
#undef aligned_alloc

enum { SLOTS = 64, ROUNDS = 20000 };

struct slot {
	unsigned char *data;
	size_t size;
	unsigned char value;
};

/* A sequence of its own: the same in every run. */
static unsigned next(unsigned *state)
{
	*state = *state * 1103515245u + 12345u;
	return *state >> 16;
}

static bool holds(const struct slot *s, size_t size, unsigned char value)
{
	for (size_t i = 0; i < size; i++)
		if (s->data[i] != value)
			return false;
	return true;
}

TEST(what_was_written_stays)
{
	struct slot slots[SLOTS] = { 0 };
	unsigned state = 1;

	for (int round = 0; round < ROUNDS; round++) {
		struct slot *s = &slots[next(&state) % SLOTS];
		const size_t size = next(&state) % 100 ? next(&state) % 300 : next(&state) * 4;
		const size_t kept = size < s->size ? size : s->size;
		const bool grow = next(&state) % 2;

		CHECK(holds(s, s->size, s->value));
		if (!grow)
			heap_free(s->data);
		s->data = grow ? heap_realloc(s->data, size) : heap_calloc(1, size);
		CHECK(s->data != NULL);
		CHECK_INT((uintptr_t)s->data % 16, 0);
		CHECK(grow ? holds(s, kept, s->value) : holds(s, size, 0));
		s->size = size;
		s->value = (unsigned char)next(&state);
		memset(s->data, s->value, size);
	}
}

TEST(the_latest_is_given_back)
{
	char *a = heap_malloc(100);
	char *b = heap_malloc(100);

	heap_free(a);
	CHECK(heap_malloc(100) != a); /* not the latest: it stays as it is */
	heap_free(b);
	a = heap_malloc(50);
	heap_free(a);
	CHECK(heap_malloc(20) == a);
	heap_free(NULL);
}

TEST(the_latest_grows_in_place)
{
	char *a = heap_malloc(100);

	CHECK(heap_realloc(a, 5000) == a);
	(void)heap_malloc(1);
	CHECK(heap_realloc(a, 10000) != a);
}

/* Is the page at @page in memory? */
static bool is_there(const char *page)
{
	unsigned char there = 0;

	CHECK(mincore((void *)(uintptr_t)page, PAGE, &there) == 0);
	return there & 1;
}

static char *page_in(char *data)
{
	return (char *)(((uintptr_t)data + PAGE - 1) & ~(uintptr_t)(PAGE - 1));
}

/* What was freed goes, also in pieces; what is in use and its neighbours' heads stay. */
TEST(what_was_freed_is_released)
{
	for (int area = 0; area < 2; area++) { /* the first, and one from mmap */
		char *a = heap_malloc(3 * PAGE), *b = heap_malloc(PAGE), *c = heap_malloc(3 * PAGE);
		char *d = heap_malloc(3 * PAGE), *last = heap_malloc(100);

		memset(a, 1, 3 * PAGE);
		memset(b, 2, PAGE);
		memset(c, 3, 3 * PAGE);
		memset(d, 4, 3 * PAGE);
		memset(last, 5, 100);
		heap_free(a);
		heap_free(c);
		heap_free(d);
		CHECK(is_there(page_in(a)) && is_there(page_in(c)) && is_there(page_in(d)));
		heap_release();
		CHECK(!is_there(page_in(a)) && !is_there(page_in(c)) && !is_there(page_in(d)));
		CHECK(b[0] == 2 && b[PAGE - 1] == 2 && last[0] == 5 && last[99] == 5);
		heap_release(); /* again, over what has become one */
		CHECK(b[0] == 2 && b[PAGE - 1] == 2 && last[0] == 5 && last[99] == 5);
		a = heap_calloc(1, 2 * PAGE);
		CHECK(a[0] == 0 && a[2 * PAGE - 1] == 0);
		memset(heap_malloc(300 * 1024), 6, 300 * 1024);
	}
}

TEST(what_cannot_be_is_refused)
{
	CHECK(heap_malloc(PTRDIFF_MAX) == NULL);
	CHECK_INT(errno, ENOMEM);
	CHECK(heap_calloc(SIZE_MAX / 2, 3) == NULL);
	CHECK(heap_realloc(heap_malloc(3), SIZE_MAX - 5) == NULL);
	CHECK(heap_aligned_alloc(4096, 10) == NULL);
	CHECK(heap_aligned_alloc(16, 10) != NULL);
}
