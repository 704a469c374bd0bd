/* SPDX-License-Identifier: ISC */
/*
 * confined_fortify.h - names of functions that glibc's _FORTIFY_SOURCE has as inline ones
 *
 * confined.h has declared another name for each, fortified_NAME, that stands for the function
 * itself and carries the rights. The check of buffer sizes is lost for these few in confined
 * code. A structure with a member of such a name, declared before, no longer has it: include
 * confined.h first.
 */
#ifndef AMBIT_CONFINED_FORTIFY_H
#define AMBIT_CONFINED_FORTIFY_H

#if AMBIT_HAS_E
#define realpath fortified_realpath
#endif
#if AMBIT_HAS_P
#define readlink   fortified_readlink
#define readlinkat fortified_readlinkat
#define ttyname_r  fortified_ttyname_r
#define getlogin_r fortified_getlogin_r
#endif
#if AMBIT_HAS_M
#define vsyslog fortified_vsyslog
#endif

#if defined(__clang__)
#if AMBIT_HAS_M
AMBIT_N1(__syslog_chk, log)
#endif
#else
#define open	fortified_open
#define mq_open fortified_mq_open
#define syslog	fortified_syslog
#if AMBIT_HAS_P
#define openat fortified_openat
#endif
#if AMBIT_HAS_G
#define open64	 fortified_open64
#define openat64 fortified_openat64
#endif
#endif

#endif
