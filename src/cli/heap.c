/* SPDX-License-Identifier: ISC */
/*
 * heap.c - the launcher's malloc(3): memory is handed out once, in order
 *
 * A launcher lives for a millisecond before its program runs, and allocates nothing afterwards.
 * musl's allocator maps each of our arenas by a call of its own, touches a page for each size, and
 * unmaps them again one by one; together that costs more than parsing and planning. Here all of
 * it is one area of zeros from the program's own file mapping, of which only what is used is
 * ever touched, and further ones from mmap(2). free(3) gives back only the latest allocation, so
 * a pointer used too late meets what it pointed to; the rest is given back to the kernel once, by
 * heap_release(), when the launcher begins to wait. Part of the launcher where its libc is musl.
 *
 * The one place with a variable that outlives a call: the state of an allocator has no other home.
 * Not for threads: the command makes none.
 */
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "../base/heap.h"
#include "../base/sys.h"

/* The compiler takes what our own malloc() hands out for memory that realloc() has to free. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif

enum { ALIGN = 16, FIRST_SIZE = 4 << 20, MORE_SIZE = 1 << 20 };
/* What nearly every start uses of the first area: one call costs less than a fault a page. */
enum { USUAL_SIZE = 36 * 1024, PAGE = 4096 };
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

/* Before each allocation. */
struct head {
	size_t size;
	size_t freed; /* not the latest when it was */
};

/*
 * Common, so that the linker puts it behind all other variables: those and its own beginning lie
 * in the page of the program's data, which the kernel has written to already.
 */
#define first ambit_heap_first
extern _Alignas(ALIGN) char first[FIRST_SIZE];
__attribute__((common)) _Alignas(ALIGN) char first[FIRST_SIZE];

static struct {
	char *at, *end;
	char *clean;	       /* from here to the end nothing was ever handed out: zeros */
	char *area;	       /* the one that @at is in */
	const char *first_end; /* of what was handed out of the first */
} heap;

_Static_assert(sizeof(struct head) == ALIGN, "an allocation follows its head");

static struct head *head_of(void *pointer)
{
	return (struct head *)(void *)((char *)pointer - sizeof(struct head));
}

static bool is_latest(const void *pointer, size_t size)
{
	return (const char *)pointer + size == heap.at;
}

/* Have @size bytes at heap.at. */
static bool reserve(size_t size)
{
	const size_t more = size > MORE_SIZE ? size : MORE_SIZE;
	char *area;
	int unused;

	if (!heap.at) {
		heap.at = heap.clean = heap.area = first;
		heap.end = first + sizeof(first);
		/* Kernels before 5.14 do not know it: then the faults come one by one. */
		(void)sys_call(SYS_madvise, ((long)first + PAGE - 1) & -PAGE, USUAL_SIZE,
			       MADV_POPULATE_WRITE, 0, 0, 0);
	}
	if (size <= (size_t)(heap.end - heap.at))
		return true;
	area = sys_mmap(more, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, &unused);
	if (!area)
		return false;
	if (heap.area == first)
		heap.first_end = heap.at;
	heap.at = heap.clean = heap.area = area;
	heap.end = area + more;
	return true;
}

/* @ret_dirty: how many of the bytes are not known to be zeros. */
static void *take(size_t size, size_t *ret_dirty)
{
	struct head *head;
	char *data;

	if (size > PTRDIFF_MAX - 2 * ALIGN || !reserve(size + 2 * ALIGN)) {
		errno = ENOMEM;
		return NULL;
	}
	size = (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	head = (struct head *)(void *)heap.at;
	data = heap.at + sizeof(*head);
	*ret_dirty = heap.clean > data ? (size_t)(heap.clean - data) : 0;
	if (*ret_dirty > size)
		*ret_dirty = size;
	head->size = size;
	head->freed = 0;
	heap.at = data + size;
	if (heap.clean < heap.at)
		heap.clean = heap.at;
	return data;
}

void *malloc(size_t size)
{
	size_t dirty;

	return take(size, &dirty);
}

void *calloc(size_t count, size_t size)
{
	size_t bytes, dirty;
	void *data;

	if (__builtin_mul_overflow(count, size, &bytes)) {
		errno = ENOMEM;
		return NULL;
	}
	data = take(bytes, &dirty);
	return data ? memset(data, 0, dirty) : NULL;
}

void free(void *pointer)
{
	if (pointer && is_latest(pointer, head_of(pointer)->size))
		heap.at = (char *)head_of(pointer);
	else if (pointer)
		head_of(pointer)->freed = 1;
}

/* The whole pages between two places; what lies there is zeros from then on. */
static void drop(uintptr_t from, uintptr_t to)
{
	from = (from + PAGE - 1) & ~(uintptr_t)(PAGE - 1);
	to &= ~(uintptr_t)(PAGE - 1);
	if (from < to) /* a gap of the stack is ENOMEM, and the rest is done all the same */
		(void)sys_call(SYS_madvise, (long)from, (long)(to - from), MADV_DONTNEED, 0, 0, 0);
}

/* Neighbours that were freed become one. */
static void release_area(char *p, const char *end)
{
	while (p < end) {
		struct head *head = (struct head *)(void *)p;
		char *next = p + sizeof(*head) + head->size;

		while (head->freed && next < end && ((struct head *)(void *)next)->freed)
			next += sizeof(*head) + ((struct head *)(void *)next)->size;
		head->size = (size_t)(next - p) - sizeof(*head);
		if (head->freed)
			drop((uintptr_t)p + sizeof(*head), (uintptr_t)next);
		p = next;
	}
}

void heap_release(void)
{
	enum { STACK = 128 * 1024, KEPT = 512 };
	const uintptr_t here = (uintptr_t)__builtin_frame_address(0);

	release_area(first, heap.area == first ? heap.at : heap.first_end);
	if (heap.area != first) {
		drop((uintptr_t)heap.first_end, (uintptr_t)first + sizeof(first));
		release_area(heap.area, heap.at);
	}
	drop((uintptr_t)heap.at, (uintptr_t)heap.end);
	drop(here - STACK, here - KEPT);
}

void *realloc(void *pointer, size_t size)
{
	size_t old, dirty;
	void *data;

	if (!pointer)
		return malloc(size);
	old = head_of(pointer)->size;
	if (size <= old)
		return pointer;
	if (is_latest(pointer, old) && size < (size_t)(heap.end - (char *)pointer) - ALIGN) {
		heap.at = pointer;
		head_of(pointer)->size = (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
		heap.at += head_of(pointer)->size;
		if (heap.clean < heap.at)
			heap.clean = heap.at;
		return pointer;
	}
	data = take(size, &dirty);
	return data ? memcpy(data, pointer, old) : NULL;
}

/* Not called; but were it, it must not come from another allocator. */
void *aligned_alloc(size_t alignment, size_t size)
{
	if (alignment <= ALIGN)
		return malloc(size);
	errno = ENOMEM;
	return NULL;
}
