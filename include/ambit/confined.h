/* SPDX-License-Identifier: ISC */
/*
 * confined.h - a call that a policy does not grant is an error of compilation
 *
 * Include it, after or before the system's headers, in source that is to run confined.
 * From then on each function of the C library that exercises a right needs that right, and a
 * function has only the rights that its annotation names:
 *
 *	#include "worker_rights.h"		made by `ambit header worker.ambit`
 *
 *	int worker_main(void) AMBIT_CONFINED(worker)
 *	{
 *		return open("/etc/passwd", O_RDONLY);	error: requires holding right ...
 *	}
 *
 * clang proves it, with -Wthread-safety -Werror (-fsyntax-only will do): the call graph of the
 * source is followed function by function, so what a confined function calls needs an annotation,
 * too. gcc compiles the same source unchanged; in a file that defines AMBIT_CONFINED_FILE before
 * the include, all of which runs under one policy, gcc refuses calls of what that policy does not
 * grant at all, when it makes code (not with -fsyntax-only).
 *
 * Not seen: calls through function pointers (hand callbacks over by AMBIT_CALLBACK), functions of
 * other libraries and of files that do not include this, functions looked up at run time.
 * ambit-confined(7) has the whole list. What slips through here `ambit check` finds in the
 * program, and the policy in force refuses in any case: this is a proof for the author, not the
 * confinement.
 */
#ifndef AMBIT_CONFINED_H
#define AMBIT_CONFINED_H

#include <ambit/confined_headers.h>

/* The name in messages; a header made by `ambit header` sets it. */
#ifndef AMBIT_POLICY_NAME
#define AMBIT_POLICY_NAME "none"
#endif

/* -- annotations -- */

#if defined(__clang__)
#define AMBIT_CAPABILITY(kind) __attribute__((capability(kind)))
#define AMBIT_NEEDS(...)       __attribute__((requires_capability(__VA_ARGS__)))
#define AMBIT_GIVES(...)       __attribute__((assert_capability(__VA_ARGS__)))
/* A function that is not looked into: trusted code, before it confines itself. */
#define AMBIT_UNCHECKED __attribute__((no_thread_safety_analysis))
#else
#define AMBIT_CAPABILITY(kind)
#define AMBIT_NEEDS(...)
#define AMBIT_GIVES(...)
#define AMBIT_UNCHECKED
#endif

/* This function runs under that policy and has exactly its rights. */
#define AMBIT_CONFINED(policy) AMBIT_CONFINED_RIGHTS(AMBIT_RIGHTS_OF_##policy)
/*
 * The same, and the library's own functions for each kind of right the policy has, on whatever
 * path or address: for code that keeps calling open(). The rest is left to the policy in force.
 */
#define AMBIT_CONFINED_LIBC(policy) AMBIT_CONFINED_RIGHTS(AMBIT_LIBC_RIGHTS_OF_##policy)
#define AMBIT_CONFINED_RIGHTS(...)  AMBIT_NEEDS(__VA_ARGS__)

/*
 * Hand a function over as a callback, and have it checked here as if it were called with these
 * arguments: qsort(v, n, sizeof(*v), AMBIT_CALLBACK(compare, (v, v))). The call is never made.
 */
#define AMBIT_CALLBACK(function, arguments)                                                        \
	(ambit_callback_never() ? (void)(function)arguments : (void)0, (function))
static inline int ambit_callback_never(void)
{
	return 0;
}

/* -- the libc -- */

/* What a libc's headers declare depends on the feature macros: the levels of confined_libc.h. */
#define AMBIT_HAS_N 0
#define AMBIT_HAS_S 1
#if defined(__GLIBC__)
#define AMBIT_GLIBC 1
#if defined(__USE_XOPEN2K8)
#define AMBIT_HAS_P 1
#endif
#if defined(__USE_XOPEN2K8XSI)
#define AMBIT_HAS_X 1
#endif
#if defined(__USE_MISC)
#define AMBIT_HAS_M 1
#endif
#if defined(__USE_GNU)
#define AMBIT_HAS_G 1
#endif
#if defined(__USE_GNU) && __GLIBC_PREREQ(2, 36) && !defined(__cplusplus)
#define AMBIT_HAS_W 1
#endif
#else
#define AMBIT_GLIBC 0
#if defined(_GNU_SOURCE)
#define AMBIT_HAS_G 1
#endif
#if defined(_GNU_SOURCE) || defined(_BSD_SOURCE)
#define AMBIT_HAS_M 1
#endif
#if defined(_GNU_SOURCE) || defined(_BSD_SOURCE) || defined(_XOPEN_SOURCE)
#define AMBIT_HAS_X 1
#endif
#if defined(AMBIT_HAS_X) || defined(_POSIX_SOURCE) || defined(_POSIX_C_SOURCE)
#define AMBIT_HAS_P 1
#endif
#endif
#if defined(AMBIT_HAS_X) || defined(AMBIT_HAS_M)
#define AMBIT_HAS_E 1
#endif
#ifndef AMBIT_HAS_P
#define AMBIT_HAS_P 0
#endif
#ifndef AMBIT_HAS_X
#define AMBIT_HAS_X 0
#endif
#ifndef AMBIT_HAS_M
#define AMBIT_HAS_M 0
#endif
#ifndef AMBIT_HAS_E
#define AMBIT_HAS_E 0
#endif
#ifndef AMBIT_HAS_G
#define AMBIT_HAS_G 0
#endif
#ifndef AMBIT_HAS_W
#define AMBIT_HAS_W 0
#endif

/* The rights, by name for the compiler; they are never defined and have no storage. */
struct AMBIT_CAPABILITY("right (policy " AMBIT_POLICY_NAME ")") ambit_right {
	char unused;
};
#define AMBIT_RIGHT(name) extern struct ambit_right ambit_right_##name;

/*
 * AMBIT_Nn: a function and the n rights it needs. The system's headers have declared it; here it
 * is declared once more. AMBIT_Fn: the same, for a function that _FORTIFY_SOURCE makes an inline
 * one: an attribute after its body would be ignored, so the name is made to mean the function.
 * AMBIT_Dn: its flags decide which of the rights; gcc does not look at them, and lets it pass
 * when the policy grants any. AMBIT_Vn and AMBIT_Wn are Fn without and with such flags, for gcc.
 */
#if defined(__clang__)
#define AMBIT_N1(f, a)	  extern __typeof__(f) f AMBIT_NEEDS(ambit_right_##a);
#define AMBIT_N2(f, a, b) extern __typeof__(f) f AMBIT_NEEDS(ambit_right_##a, ambit_right_##b);
#define AMBIT_N3(f, a, b, c)                                                                       \
	extern __typeof__(f) f AMBIT_NEEDS(ambit_right_##a, ambit_right_##b, ambit_right_##c);
#define AMBIT_N4(f, a, b, c, d)                                                                    \
	extern __typeof__(f) f AMBIT_NEEDS(ambit_right_##a, ambit_right_##b, ambit_right_##c,      \
					   ambit_right_##d);
#define AMBIT_D3(f, a, b, c) AMBIT_N3(f, a, b, c)
#define AMBIT_FORTIFIED(f, a)                                                                      \
	extern __typeof__(f) fortified_##f __asm__(#f) AMBIT_NEEDS(ambit_right_##a);
#elif defined(AMBIT_CONFINED_FILE)
/* Of several, gcc says the last: the first right that lacks is to be it. */
#define AMBIT_REFUSED(right)                                                                       \
	__attribute__((error("needs the right " right ", which policy " AMBIT_POLICY_NAME          \
			     " does not grant")))
#define AMBIT_N1(f, a)	  extern __typeof__(f) f AMBIT_REFUSED_##a;
#define AMBIT_N2(f, a, b) extern __typeof__(f) f AMBIT_REFUSED_##b AMBIT_REFUSED_##a;
#define AMBIT_N3(f, a, b, c)                                                                       \
	extern __typeof__(f) f AMBIT_REFUSED_##c AMBIT_REFUSED_##b AMBIT_REFUSED_##a;
#define AMBIT_N4(f, a, b, c, d)                                                                    \
	extern __typeof__(f) f                                                                     \
		AMBIT_REFUSED_##d AMBIT_REFUSED_##c AMBIT_REFUSED_##b AMBIT_REFUSED_##a;
#define AMBIT_D3(f, a, b, c)  extern __typeof__(f) f AMBIT_REFUSED_by_flags;
#define AMBIT_FORTIFIED(f, a) extern __typeof__(f) fortified_##f __asm__(#f) AMBIT_REFUSED_##a;
#else
#define AMBIT_N1(f, a)
#define AMBIT_N2(f, a, b)
#define AMBIT_N3(f, a, b, c)
#define AMBIT_N4(f, a, b, c, d)
#define AMBIT_D3(f, a, b, c)
#endif

#if defined(__USE_FORTIFY_LEVEL) && __USE_FORTIFY_LEVEL > 0 && defined(AMBIT_FORTIFIED)
#define AMBIT_F1(f, a) AMBIT_FORTIFIED(f, a)
#else
#define AMBIT_F1(f, a) AMBIT_N1(f, a)
#endif
/* Inline for gcc only: they take a variable number of arguments. */
#if defined(__USE_FORTIFY_LEVEL) && __USE_FORTIFY_LEVEL > 0 && defined(AMBIT_FORTIFIED) &&         \
	!defined(__clang__)
#define AMBIT_V1(f, a)	     AMBIT_FORTIFIED(f, a)
#define AMBIT_W3(f, a, b, c) AMBIT_FORTIFIED(f, by_flags)
#else
#define AMBIT_V1(f, a)	     AMBIT_N1(f, a)
#define AMBIT_W3(f, a, b, c) AMBIT_D3(f, a, b, c)
#endif

/* Naming a function that a libc calls deprecated is not using it. */
#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
#include <ambit/confined_libc.h>
#pragma GCC diagnostic pop

#if defined(__USE_FORTIFY_LEVEL) && __USE_FORTIFY_LEVEL > 0 && defined(AMBIT_FORTIFIED)
#include <ambit/confined_fortify.h>
#endif
#ifdef __cplusplus
}
#endif

/*
 * open() and fopen() need all of reading, modifying and creating, unless the flags are a constant
 * that says less: clang picks a narrower declaration then. Where a file's offset is wider than a
 * long these names are other functions' than open and fopen: there the wide declaration is all.
 */
#if defined(__clang__) && !defined(__cplusplus) && __SIZEOF_LONG__ == 8
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wgcc-compat"
#define AMBIT_WHEN(condition) __attribute__((overloadable, enable_if(condition, "constant flags")))
#define AMBIT_OPENS(flags)    ((flags)&O_ACCMODE)
#define AMBIT_MAKES(flags)    ((flags) & (O_CREAT | O_TRUNC | 020000000)) /* O_TMPFILE */

extern int open(const char *path, int flags, ...) __asm__("open")
	AMBIT_WHEN(AMBIT_OPENS(flags) == O_RDONLY && !AMBIT_MAKES(flags))
		AMBIT_NEEDS(ambit_right_read);
extern int open(const char *path, int flags, ...) __asm__("open")
	AMBIT_WHEN(AMBIT_OPENS(flags) == O_WRONLY && !AMBIT_MAKES(flags))
		AMBIT_NEEDS(ambit_right_modify);
extern int open(const char *path, int flags, ...) __asm__("open")
	AMBIT_WHEN(AMBIT_OPENS(flags) == O_RDWR && !AMBIT_MAKES(flags))
		AMBIT_NEEDS(ambit_right_read, ambit_right_modify);
#if AMBIT_HAS_P
extern int openat(int dir, const char *path, int flags, ...) __asm__("openat")
	AMBIT_WHEN(AMBIT_OPENS(flags) == O_RDONLY && !AMBIT_MAKES(flags))
		AMBIT_NEEDS(ambit_right_read);
extern int openat(int dir, const char *path, int flags, ...) __asm__("openat")
	AMBIT_WHEN(AMBIT_OPENS(flags) == O_WRONLY && !AMBIT_MAKES(flags))
		AMBIT_NEEDS(ambit_right_modify);
extern int openat(int dir, const char *path, int flags, ...) __asm__("openat")
	AMBIT_WHEN(AMBIT_OPENS(flags) == O_RDWR && !AMBIT_MAKES(flags))
		AMBIT_NEEDS(ambit_right_read, ambit_right_modify);
#endif
extern FILE *fopen(const char *path, const char *mode) __asm__("fopen")
	AMBIT_WHEN(mode[0] == 'r' && (!mode[1] || (mode[1] != '+' && (!mode[2] || mode[2] != '+'))))
		AMBIT_NEEDS(ambit_right_read);
#pragma clang diagnostic pop
#endif

#endif
