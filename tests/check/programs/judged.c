/* SPDX-License-Identifier: ISC */
/* Calls that every program may make, with some arguments: the filter judges the others. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef CALL
#define CALL mprotect(page, 4096, PROT_READ | PROT_EXEC)
#endif
#define MINE (MAP_PRIVATE | MAP_ANONYMOUS)
volatile int any;
char page[4096] __attribute__((aligned(4096)));
void *(*volatile map)(void *, size_t, int, int, int, off_t) = mmap;

int main(int argc, char **argv)
{
	(void)argv;
	CALL;
	return argc;
}
