/* SPDX-License-Identifier: ISC */
/*
 * relro.c - the launcher makes its relocated data read-only
 *
 * musl relocates a static-PIE program at its start but leaves PT_GNU_RELRO to a loader, which a
 * static program has not got; glibc does it itself. So this is part of the launcher where its
 * libc is musl, and nowhere else. Without it function pointers in constant tables, and the
 * global offset table, would stay writable: then there is no launcher.
 */
#include <elf.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "../base/attr.h"
#include "../base/sys.h"

extern const Elf64_Ehdr __ehdr_start __attribute__((visibility("hidden")));

static void __attribute__((constructor)) protect_relocated(void)
{
	static const char failed[] = "ambit: cannot make its own data read-only\n"
				     "  hint: the system is short of memory; try again\n";
	const char *base = (const char *)&__ehdr_start;
	const Elf64_Phdr *p = (const Elf64_Phdr *)(const void *)(base + __ehdr_start.e_phoff);
	const size_t page = getauxval(AT_PAGESZ);

	for (unsigned i = 0; i < __ehdr_start.e_phnum; i++) {
		const size_t start = p[i].p_vaddr & -page;
		const size_t end = (p[i].p_vaddr + p[i].p_memsz) & -page;

		if (p[i].p_type != PT_GNU_RELRO || start == end)
			continue;
		if (sys_call(SYS_mprotect, (long)(base + start), (long)(end - start), PROT_READ, 0,
			     0, 0) >= 0)
			continue;
		IGNORE_RESULT(sys_write(2, failed, sizeof(failed) - 1)); /* 125 says it too */
		sys_exit_group(125);
	}
}
