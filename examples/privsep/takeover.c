/* SPDX-License-Identifier: ISC */
/*
 * takeover.c - what somebody does who has taken over a process: tests only
 *
 * TAKEOVER is the name of the process that is theirs. It tries what an attacker would, prints what
 * succeeded, and then lies to everybody it can talk to. "main" is the control: the same acts where
 * there is no policy.
 */
#include "privsep.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static bool can_open(const char *directory, const char *name, int flags)
{
	char path[1024];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", directory, name);
	fd = open(path, flags | O_CLOEXEC, 0600);
	if (fd >= 0)
		(void)close(fd);
	return fd >= 0;
}

static bool can_start_programs(void)
{
	char shell[] = "sh", option[] = "-c", text[] = "exit 7";
	char *const argv[] = { shell, option, text, NULL };
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		(void)execv("/bin/sh", argv);
		_exit(1);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	       WEXITSTATUS(status) == 7;
}

static bool can_signal_others(void)
{
	/* The numbers below its own, and the lowest. Of -1 the kernel says yes in any case. */
	for (pid_t pid = 2, own = getpid(); pid < own; pid++) {
		if (kill(pid, 0) == 0)
			return true;
		if (pid == 32768 && own > 65536)
			pid = own - 32768;
	}
	return false;
}

static bool can_send_frames(void)
{
	static const char frame[60];

	return send((int)strtol(setting("LINK_FD"), NULL, 10), frame, sizeof(frame),
		    MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)sizeof(frame);
}

static const char *const names[] = { "raw", "parser", "writer", "runner", AMBIT_CALLER };
enum { NAMES = sizeof(names) / sizeof(*names) };

static void say(bool can)
{
	printf(" %-5s|", can ? "yes" : "no");
}

/* @self: NULL in main(), which has no policy: there everything succeeds. */
static void print_row(const struct ambit_process *self)
{
	printf("| %-6s |", self ? ambit_process_name(self) : "main");
	say(can_open("/etc", "passwd", O_RDONLY));
	say(can_open(setting("LEASE_DIR"), "forged", O_WRONLY | O_CREAT));
	say(can_open(setting("STATE_DIR"), "forged", O_WRONLY | O_CREAT));
	say(can_start_programs());
	say(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0) >= 0);
	say(can_send_frames());
	say(can_signal_others());
	for (int i = 0; self && i < NAMES; i++)
		if (ambit_process_channel(self, names[i]))
			printf(" %s", strcmp(names[i], AMBIT_CALLER) == 0 ? "caller" : names[i]);
	printf(" |\n");
	(void)fflush(stdout);
}

/* The worst that fits the table: a lease of one's own choice. */
static void forge(struct ambit_channel *next, const char *message, const char *domain)
{
	ambit_channel_begin(next, message);
	ambit_channel_put_integer(next, "address", 0x0a420606);
	ambit_channel_put_integer(next, "prefix", 24);
	ambit_channel_put_integer(next, "router", 0x0a420601);
	ambit_channel_put_integer(next, "seconds", 3600);
	ambit_channel_put_text(next, "domain", domain);
	(void)!ambit_channel_send(next, 1000, NULL);
}

void take_over(struct ambit_process *self)
{
	static const char garbage[] = "\0\0\0\0\377\377\377\177/../../etc/cron.d/x";
	struct ambit_channel *next = NULL;

	if (strcmp(self ? ambit_process_name(self) : "main", TAKEOVER) != 0)
		return;
	print_row(self);
	if (!self)
		exit(EXIT_SUCCESS);
	/* The one that stands between it and what it wants: the next in the chain. */
	for (int i = 0; i < NAMES; i++)
		if (ambit_process_channel(self, names[i]))
			next = ambit_process_channel(self, names[i]);
	if (strcmp(TAKEOVER, "parser") == 0)
		forge(next, "lease", "forged.example");
	if (strcmp(TAKEOVER, "writer") == 0)
		forge(next, "written", "*"); /* for a script that forgets its quotes */
	do
		(void)!send(ambit_channel_fd(next), garbage, sizeof(garbage), MSG_NOSIGNAL);
	while (wait_for_another(next));
	exit(EXIT_SUCCESS);
}
