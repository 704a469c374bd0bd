/* SPDX-License-Identifier: ISC */
/* heap.h - the launcher's own allocator (src/cli/heap.c), where it is linked in */
#ifndef AMBIT_BASE_HEAP_H
#define AMBIT_BASE_HEAP_H

/*
 * Give the kernel back the pages of what was freed, and those of the stack that nothing uses any
 * more: before a long wait. NULL where another allocator serves.
 */
void heap_release(void) __attribute__((weak));

#endif
