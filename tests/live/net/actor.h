/* SPDX-License-Identifier: ISC */
/* actor.h - what acts inside the box: each argument is one act, each answer one word */
#ifndef AMBIT_TESTS_LIVE_NET_ACTOR_H
#define AMBIT_TESTS_LIVE_NET_ACTOR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/un.h>

enum { WORDS_MAX = 6 };

union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_un un;
	char bytes[128];
};

/* One act: its words, word 0 is its name. */
struct act {
	char *word[WORDS_MAX + 1];
	int count;
};

/* Say the answer of an act: a word without spaces. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Say "ok", or the name of errno. */
void say_result(long r);
/* The address in @words: "ADDRESS PORT"; IPv4 in any spelling that inet_aton(3) takes. */
socklen_t address_of(char *const *words, union address *ret);
long number_of(const char *word);
/* Connect, read the server's one letter; "ok" counts only with the letter. */
long tcp_visit(int fd, const union address *a, socklen_t length);

extern const struct act_row {
	const char *name;
	void (*run)(const struct act *a);
} plain_acts[], hard_acts[];

#endif
