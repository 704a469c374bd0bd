/* SPDX-License-Identifier: ISC */
/*
 * actor - acts on sockets, inside the box
 *
 *	actor 'ACT WORDS...' ...
 *
 * One answer an act, on one line with spaces between: "ok", the name of an errno, or what the act
 * says of itself. It knows nothing of ambit: without a box around it it shows what the acts do.
 */
#include "actor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool said;

void say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (said)
		(void)putchar(' ');
	(void)vprintf(format, args);
	said = true;
	va_end(args);
}

void say_result(long r)
{
	if (r >= 0)
		say("ok");
	else
		say("%s", strerrorname_np(errno));
}

long number_of(const char *word)
{
	return word ? strtol(word, NULL, 0) : 0;
}

socklen_t address_of(char *const *words, union address *ret)
{
	char text[80];
	char *scope;

	memset(ret, 0, sizeof(*ret));
	(void)snprintf(text, sizeof(text), "%s", words[0]);
	scope = strchr(text, '%');
	if (scope)
		*scope++ = '\0';
	if (strchr(text, ':')) {
		ret->in6.sin6_family = AF_INET6;
		ret->in6.sin6_port = htons((uint16_t)number_of(words[1]));
		ret->in6.sin6_scope_id = scope ? (uint32_t)number_of(scope) : 0;
		if (inet_pton(AF_INET6, text, &ret->in6.sin6_addr) != 1)
			_exit(2);
		return sizeof(ret->in6);
	}
	ret->in.sin_family = AF_INET;
	ret->in.sin_port = htons((uint16_t)number_of(words[1]));
	if (!inet_aton(text, &ret->in.sin_addr))
		_exit(2);
	return sizeof(ret->in);
}

long tcp_visit(int fd, const union address *a, socklen_t length)
{
	char letter;

	if (connect(fd, &a->any, length) < 0)
		return -1;
	if (read(fd, &letter, 1) != 1) {
		errno = ENODATA;
		return -1;
	}
	return 0;
}

static void split(char *text, struct act *a)
{
	char *save;

	memset(a, 0, sizeof(*a));
	for (char *w = strtok_r(text, " ", &save); w && a->count < WORDS_MAX;
	     w = strtok_r(NULL, " ", &save))
		a->word[a->count++] = w;
}

static bool run(const struct act_row *rows, const struct act *a)
{
	for (; rows->name; rows++)
		if (!strcmp(rows->name, a->word[0])) {
			rows->run(a);
			return true;
		}
	return false;
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		struct act a;

		split(argv[i], &a);
		if (!a.count || (!run(plain_acts, &a) && !run(hard_acts, &a)))
			say("no-such-act");
		(void)fflush(stdout);
	}
	return 0;
}
