/* SPDX-License-Identifier: ISC */
/*
 * standin.c - a DHCP server and a link, without a network
 *
 *	standin [-h] PROGRAM [ARGUMENT...]
 *	standin -i INTERFACE PROGRAM [ARGUMENT...]
 *
 * Runs PROGRAM with the other end of the link as descriptor 3 and answers what it sends there,
 * until it ends; its status. -h sends hostile frames before every answer. -i executes PROGRAM with
 * a real link instead.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { AT_BOOTP = 42, AT_OPTIONS = AT_BOOTP + 240, FRAME = 400, LINK = 3 };

static void put(uint8_t **at, const void *data, size_t length)
{
	memcpy(*at, data, length);
	*at += length;
}

/* 192.0.2.50/24 by 192.0.2.1, for an hour */
static size_t answer(uint8_t *f, const uint8_t *request, unsigned type)
{
	const uint8_t kind[] = { 53, 1, (uint8_t)type };
	uint8_t *at = f + AT_OPTIONS;

	memcpy(f, request, FRAME);
	f[23] = 17;
	memcpy(f + 34, "\0\103\0\104", 4); /* ports 67, 68 */
	f[AT_BOOTP] = 2;
	memcpy(f + AT_BOOTP + 16, "\300\0\2\62", 4);
	put(&at, kind, 3);
	put(&at, "\66\4\300\0\2\1", 6);
	put(&at, "\1\4\377\377\377\0", 6);
	put(&at, "\3\4\300\0\2\1", 6);
	put(&at, "\63\4\0\0\16\20", 6);
	put(&at, "\17\13example.org", 13);
	put(&at, "\377", 1);
	return (size_t)(at - f);
}

static void send_frame(int fd, const uint8_t *f, size_t length)
{
	(void)!send(fd, f, length, MSG_NOSIGNAL);
}

/* Cut off everywhere, and with lengths that lie. */
static void send_hostile(int fd, const uint8_t *good, size_t length)
{
	uint8_t f[FRAME];

	for (size_t n = 14; n < length; n += 7)
		send_frame(fd, good, n);
	for (size_t at = AT_OPTIONS; at < length; at += 3) {
		memcpy(f, good, FRAME);
		f[at] = 255;
		send_frame(fd, f, length);
		f[at] = 254;
		send_frame(fd, f, length);
	}
}

static void serve(int fd, bool hostile)
{
	uint8_t request[2048], f[FRAME];
	ssize_t n;

	while ((n = recv(fd, request, sizeof(request), 0)) > 0) {
		const unsigned type = n > AT_OPTIONS + 2 ? request[AT_OPTIONS + 2] : 0;
		size_t length;

		if (type != 1 && type != 3)
			continue;
		length = answer(f, request, type == 1 ? 2 : 5);
		if (hostile)
			send_hostile(fd, f, length);
		send_frame(fd, f, length);
	}
}

static int run_on(const char *interface, char **argv)
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET,
				       .sll_protocol = htons(ETH_P_IP),
				       .sll_ifindex = (int)if_nametoindex(interface) };
	int fd = socket(AF_PACKET, SOCK_RAW, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return 95;
	if (fd != LINK && (dup2(fd, LINK) < 0 || close(fd) < 0))
		return 98;
	execvp(argv[0], argv);
	return 97;
}

int main(int argc, char **argv)
{
	const bool hostile = argc > 1 && strcmp(argv[1], "-h") == 0;
	int fds[2], status;
	pid_t pid;

	if (argc > 3 && strcmp(argv[1], "-i") == 0)
		return run_on(argv[2], argv + 3);
	argv += 1 + hostile;
	if (argc < 2 + hostile || socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds) < 0)
		return 99;
	pid = fork();
	if (pid == 0) {
		if (fds[1] != LINK && (dup2(fds[1], LINK) < 0 || close(fds[1]) < 0))
			_exit(98);
		if (fds[0] != LINK)
			(void)close(fds[0]);
		execv(argv[0], argv);
		_exit(97);
	}
	(void)close(fds[1]);
	serve(fds[0], hostile);
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : 96;
}
