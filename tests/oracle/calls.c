/* SPDX-License-Identifier: ISC */
/* calls.c - our system call table against libseccomp's and the kernel's headers */
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/filter/rule.h"
#include "../tap.h"

static const uint32_t tokens[ARCH_COUNT] = { SCMP_ARCH_X86_64, SCMP_ARCH_AARCH64 };

/* libseccomp 2.5.4 ends with Linux 5.17: 450. What it does not know must be newer or dead. */
TEST(every_name_has_libseccomps_number)
{
	for (unsigned arch = 0; arch < ARCH_COUNT; arch++) {
		size_t count, known = 0;
		const struct call_row *rows = call_table(arch, &count);

		for (size_t i = 0; i < count; i++) {
			int theirs = seccomp_syscall_resolve_name_arch(tokens[arch], rows[i].name);

			if (theirs < 0) {
				NOTE("libseccomp has no %s (%u)", rows[i].name, rows[i].number);
				CHECK(rows[i].number > 447 || rows[i].since_major >= 6);
				continue;
			}
			known++;
			if (theirs != rows[i].number)
				tap_fail(__FILE__, __LINE__, "%s is %u here, %d there",
					 rows[i].name, rows[i].number, theirs);
		}
		CHECK(known > 300);
	}
}

TEST(every_number_of_libseccomp_is_in_the_table)
{
	for (unsigned arch = 0; arch < ARCH_COUNT; arch++) {
		size_t known = 0;

		for (int number = 0; number < 1024; number++) {
			char *name = seccomp_syscall_resolve_num_arch(tokens[arch], number);
			const struct call_row *row = call_by_number(arch, (uint32_t)number);

			if (!name)
				continue;
			known++;
			if (!row || strcmp(row->name, name) != 0)
				tap_fail(__FILE__, __LINE__, "%d is %s there, %s here", number,
					 name, row ? row->name : "nothing");
			free(name);
		}
		CHECK(known > 300);
	}
}

static size_t check_header(const char *path)
{
	FILE *f = fopen(path, "re");
	char line[256], name[64];
	unsigned number;
	size_t known = 0;

	if (!f)
		SKIP(path);
	while (fgets(line, sizeof(line), f)) {
		const struct call_row *row;

		if (sscanf(line, "#define __NR_%63s %u", name, &number) != 2)
			continue;
		row = call_by_name(arch_native(), name);
		if (!row || row->number != number)
			tap_fail(__FILE__, __LINE__, "%s is %u in the header", name, number);
		known++;
	}
	fclose(f);
	return known;
}

TEST(every_call_of_the_kernels_header)
{
	if (arch_native() != ARCH_X86_64)
		SKIP("the header of x86-64 is a plain list");
	CHECK(check_header("/usr/include/x86_64-linux-gnu/asm/unistd_64.h") > 300);
}

/* Rising numbers, each call once, letters that mean something, a class and an errno. */
TEST(table_is_sound)
{
	bool somewhere[ID_COUNT] = { false };

	for (unsigned arch = 0; arch < ARCH_COUNT; arch++) {
		size_t count;
		const struct call_row *rows = call_table(arch, &count);
		bool here[ID_COUNT] = { false };

		for (size_t i = 0; i < count; i++) {
			const char *letters = call_arguments(&rows[i]);

			CHECK(i == 0 || rows[i - 1].number < rows[i].number);
			CHECK(rows[i].number < RULE_NUMBERS);
			CHECK(!here[rows[i].id]);
			here[rows[i].id] = somewhere[rows[i].id] = true;
			CHECK_INT(call_number(arch, rows[i].id), rows[i].number);
			CHECK(strspn(letters, "ihlp") == strlen(letters) && strlen(letters) <= 6);
			CHECK(rows[i].klass < CALL_CLASS_COUNT && rows[i].refusal > 0);
			CHECK(call_by_number(arch, rows[i].number) == &rows[i]);
			CHECK(call_by_name(arch, rows[i].name) == &rows[i]);
		}
	}
	for (size_t i = 0; i < ID_COUNT; i++)
		CHECK(somewhere[i]);
	CHECK(call_by_name(ARCH_AARCH64, "open") == NULL);
	CHECK(call_by_number(ARCH_X86_64, 400) == NULL);
	CHECK_INT(call_number(ARCH_AARCH64, ID_open), -1);
}
