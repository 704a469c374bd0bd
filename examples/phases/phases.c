/* SPDX-License-Identifier: ISC */
/* phases.c - a server's life in three calls, each narrower than the last: see README.md */
#include <ambit.h>

#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* Try what a server, or whoever has taken it over, might do. */
static void what_is_possible(const char *phase)
{
	struct sockaddr_in any = { .sin_family = AF_INET };
	int file = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
	int own = open("/etc/hostname", O_RDONLY | O_CLOEXEC);
	int tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int bound = tcp < 0 ? -1 : bind(tcp, (struct sockaddr *)&any, sizeof(any));

	printf("%-6s other files: %-4s own files: %-4s sockets: %-4s binding: %s\n", phase,
	       file < 0 ? "no" : "yes", own < 0 ? "no" : "yes", tcp < 0 ? "no" : "yes",
	       bound < 0 ? "no" : "yes");
	(void)fflush(stdout);
	(void)close(file), (void)close(own), (void)close(tcp);
}

/* Enter a policy or end: a process that is confined in part must not go on. */
static void enter(const char *text, size_t length)
{
	struct ambit_policy *policy = ambit_policy_new();
	struct ambit_error err;

	if (ambit_policy_parse(policy, text, length, "phase", &err) != AMBIT_OK ||
	    ambit_enter(policy, NULL, &err) != AMBIT_OK) {
		fprintf(stderr, "phases: %s\n", err.text);
		if (err.hint[0])
			fprintf(stderr, "  hint: %s\n", err.hint);
		exit(EXIT_FAILURE);
	}
	ambit_policy_free(policy);
}
#define ENTER(text) enter(text, sizeof(text) - 1)

int main(void)
{
	what_is_possible("none");
	/* Start: read the configuration, and bind later; nothing else of the system. */
	ENTER("read /etc/hostname\nlisten tcp *\n");
	what_is_possible("start");
	/* Bind: the configuration is in memory; only the port is left to be had. */
	ENTER("listen tcp *\n");
	what_is_possible("bind");
	/* Serve: what is open is enough. */
	ENTER("");
	what_is_possible("serve");
	return EXIT_SUCCESS;
}
