/* SPDX-License-Identifier: ISC */
/* own_call.h - a system call of the program's own, where it is written */
#ifndef AMBIT_TESTS_CHECK_OWN_CALL_H
#define AMBIT_TESTS_CHECK_OWN_CALL_H

static inline __attribute__((always_inline)) long own_call(long number, const char *path)
{
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "0"(number), "D"(path)
			 : "rcx", "r11", "memory");
	return result;
}

#endif
