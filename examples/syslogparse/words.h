/* SPDX-License-Identifier: ISC */
/* words.h - the words of the kernel's logs that are words of AppArmor's profiles, too */
#ifndef WORDS_H
#define WORDS_H

enum { CAPABILITIES = 41, FAMILIES = 18, SOCKET_TYPES = 6, SIGNALS = 33, SIDES = 4 };

extern const char *const capability_names[CAPABILITIES]; /* by number */
extern const char *const family_names[FAMILIES];
extern const char *const socket_type_names[SOCKET_TYPES];
extern const char *const signal_names[SIGNALS];
extern const char *const signal_sides[SIDES]; /* a bit each */
extern const char *const ptrace_sides[SIDES];

#endif
