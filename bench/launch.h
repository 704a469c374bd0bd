/* SPDX-License-Identifier: ISC */
/*
 * launch.h - what the benches share: commands with placeholders, starting them, identities
 */
#ifndef BENCH_LAUNCH_H
#define BENCH_LAUNCH_H

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <sched.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { WORDS = 64, NOBODY = 65534 };

/* In commands: %t target, %n its name, %f floor, %b their directory, %A ambit, %p policies. */
#define BWRAP_VIEW                                                                                 \
	"--ro-bind /usr /usr --symlink usr/lib /lib --symlink usr/lib64 /lib64 --symlink "         \
	"usr/bin /bin --proc /proc --dev /dev --tmpfs /tmp --ro-bind %b /bench --chdir / "         \
	"--new-session /bench/%n"

struct places {
	const char *build;    /* %b */
	const char *ambit;    /* %A */
	const char *policies; /* %p */
	const char *target;   /* as "/target": %t with its directory, %n without the slash */
};

static inline double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static inline void __attribute__((noreturn)) die(const char *what)
{
	fprintf(stderr, "%s: %s\n", program_invocation_short_name, what);
	exit(1);
}

/* One word of a command with its placeholders filled in. */
static inline char *fill(const struct places *p, const char *word, size_t length)
{
	char text[PATH_MAX];
	size_t n = 0;

	for (size_t i = 0; i < length && n < sizeof(text); i++) {
		const char *value = NULL;
		const char *tail = "";
		if (word[i] == '%' && i + 1 < length) {
			const char c = word[++i];
			value = c == 'A'   ? p->ambit
				: c == 'p' ? p->policies
				: c == 'n' ? p->target + 1
					   : p->build;
			tail = c == 't' ? p->target : c == 'f' ? "/floor" : "";
		}
		if (value != NULL)
			n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s", value, tail);
		else
			text[n++] = word[i];
	}
	if (n >= sizeof(text))
		die("a path is too long");
	return strndup(text, n);
}

static inline void split(const struct places *p, const char *command, char **words)
{
	size_t count = 0;

	while (*command != '\0' && count + 1 < WORDS) {
		size_t length = strcspn(command, " ");
		words[count++] = fill(p, command, length);
		command += length;
		command += strspn(command, " ");
	}
	words[count] = NULL;
}

/* Microseconds of one launch; below 0 when it did not end well. @out is its fd 1, or -1. */
static inline double launch(char *const *words, int out)
{
	char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
	char home[] = "HOME=/tmp";
	char *env[] = { path, home, NULL };
	posix_spawn_file_actions_t actions;
	pid_t child;
	int status;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	if (out >= 0)
		posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	else
		posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
	double start = now_us();
	int r = posix_spawnp(&child, words[0], &actions, NULL, words, env);
	while (r == 0 && waitpid(child, &status, 0) < 0)
		r = errno == EINTR ? 0 : errno;
	double end = now_us();
	posix_spawn_file_actions_destroy(&actions);
	return r == 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0 ? end - start : -1;
}

static inline void shuffle(size_t *order, size_t count, uint64_t *seed)
{
	for (size_t i = count; i > 1; i--) {
		*seed ^= *seed << 13;
		*seed ^= *seed >> 7;
		*seed ^= *seed << 17;
		size_t j = *seed % i;
		size_t other = order[i - 1];
		order[i - 1] = order[j];
		order[j] = other;
	}
}

static inline int by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static inline void become_nobody(void)
{
	if (setgroups(0, NULL) != 0 || setresgid(NOBODY, NOBODY, NOBODY) != 0 ||
	    setresuid(NOBODY, NOBODY, NOBODY) != 0)
		die("cannot become uid 65534");
}

static inline void real_time(void)
{
	const struct sched_param priority = { .sched_priority = 10 };

	if (sched_setscheduler(0, SCHED_FIFO, &priority) != 0)
		die("cannot use SCHED_FIFO");
}

#endif
