/* SPDX-License-Identifier: ISC */
/*
 * standin.c - a DHCP server and a link, without a network
 *
 *	standin [-h|-o|-c] PROGRAM [ARGUMENT...]
 *	standin -i INTERFACE PROGRAM [ARGUMENT...]
 *
 * Runs PROGRAM with the other end of the link as descriptor 3 and answers what it sends there,
 * until it ends; its status. -h sends hostile frames before every answer. -o is odd: the first
 * lease has a router elsewhere, the next is for ever, with a domain for a shell. -c does not
 * answer at first, and chatters with others meanwhile. -i executes PROGRAM with a real link.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CHATTER_MS = 300 };
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

/* What fits into the client's table, and is no lease, or strange. */
static void make_odd(uint8_t *f, unsigned type, int *leases)
{
	if (type != 3)
		return;
	if ((*leases)++ == 0)
		memcpy(f + AT_OPTIONS + 17, "\306\63\144\1", 4); /* 198.51.100.1 */
	else {
		memcpy(f + AT_OPTIONS + 23, "\377\377\377\377", 4);
		memcpy(f + AT_OPTIONS + 29, "-x;reboot *", 11);
	}
}

/* False: the client has ended. */
static bool chatter(int fd)
{
	static const uint8_t others[FRAME] = { [12] = 8 };
	struct pollfd client = { fd, POLLIN, 0 };

	while (poll(&client, 1, CHATTER_MS) == 0)
		send_frame(fd, others, sizeof(others));
	return client.revents & POLLIN;
}

static void serve(int fd, char mode)
{
	uint8_t request[2048], f[FRAME];
	int leases = 0;
	ssize_t n;

	if (mode == 'c' && (recv(fd, request, sizeof(request), 0) <= 0 || !chatter(fd)))
		return;
	while ((n = recv(fd, request, sizeof(request), 0)) > 0) {
		const unsigned type = n > AT_OPTIONS + 2 ? request[AT_OPTIONS + 2] : 0;
		size_t length;

		if (type != 1 && type != 3)
			continue;
		length = answer(f, request, type == 1 ? 2 : 5);
		if (mode == 'h')
			send_hostile(fd, f, length);
		if (mode == 'o')
			make_odd(f, type, &leases);
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
	const char mode = argc > 1 && argv[1][0] == '-' ? argv[1][1] : '\0';
	int fds[2], status;
	pid_t pid;

	if (argc > 3 && mode == 'i')
		return run_on(argv[2], argv + 3);
	argv += mode ? 2 : 1;
	if (!argv[0] || socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds) < 0)
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
	serve(fds[0], mode);
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : 96;
}
