/* SPDX-License-Identifier: ISC */
/*
 * takeover.c - what somebody does who has taken over a scanner: tests only
 *
 * It tries what an attacker would, prints what succeeded, and then tells the caller the lie whose
 * letter the log begins with. "main" is the control: the same acts where there is no policy.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "syslogparse.h"

/* ---- acts ---------------------------------------------------------------------------------- */

static bool can_read_files(int log)
{
	(void)log;
	return open("/etc/passwd", O_RDONLY | O_CLOEXEC) >= 0;
}

static bool can_write_files(int log)
{
	(void)log;
	return open("/tmp", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600) >= 0;
}

static bool can_use_the_network(int log)
{
	(void)log;
	return socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0) >= 0;
}

static bool can_start_processes(int log)
{
	const pid_t pid = fork();

	(void)log;
	if (pid == 0)
		_exit(0);
	return pid > 0 && waitpid(pid, NULL, 0) == pid;
}

static bool can_signal_others(int log)
{
	(void)log;
	/* The numbers below its own, and the lowest. Of -1 the kernel says yes in any case. */
	for (pid_t pid = 2, own = getpid(); pid < own; pid++) {
		if (kill(pid, 0) == 0)
			return true;
		if (pid == 32768 && own > 65536)
			pid = own - 32768;
	}
	return false;
}

static bool can_read_the_log(int log)
{
	char c;

	return pread(log, &c, 1, 0) == 1;
}

static const struct {
	const char *what;
	bool (*can)(int log);
} acts[] = {
	{ "other files", can_read_files },	    { "writing", can_write_files },
	{ "network", can_use_the_network },	    { "processes", can_start_processes },
	{ "signals to others", can_signal_others }, { "the log", can_read_the_log },
};

/* ---- lies ---------------------------------------------------------------------------------- */

static const struct packet honest_packet = {
	.family = 4,
	.chain = CHAIN_INPUT,
	.in = "eth0",
	.protocol = PROTOCOL_TCP,
	.has_port = 1,
	.port = { 0, 80 },
	.destination = { 192, 0, 2, 1 },
	.source = { 192, 0, 2, 2 },
};
static const struct access honest_access = {
	.kind = ACCESS_FILE,
	.mask = MAY_READ,
	.profile = "/usr/bin/x",
	.name = "/etc/x",
};

/* Each fits the table of protocol.c, but for what no table can see. */
static void change(char lie, struct packet *p, struct access *a)
{
	const char *const names[] = {
		['a'] = "-j",	 ['b'] = "eth+",     ['c'] = "e -j ACCEPT", ['d'] = "e\n-A INPUT",
		['e'] = "e\"x",	 ['f'] = "../x",     ['g'] = "x",	    ['h'] = "/a/../x",
		['i'] = "/a\nb", ['j'] = "/a\" rw,", ['k'] = "//a",
	};
	const char *name = (size_t)lie < sizeof(names) / sizeof(*names) ? names[(int)lie] : NULL;

	if (name && lie <= 'e') {
		memset(p->in, 0, sizeof(p->in));
		memcpy(p->in, name, strlen(name));
	} else if (name) {
		(void)snprintf(a->name, sizeof(a->name), "%s", name);
	}
	p->family = lie == 'l' ? 5 : p->family;
	p->chain = lie == 'm' ? CHAIN_FORWARD : p->chain;
	p->has_port = lie != 'n' && p->has_port;
	p->protocol = lie == 'o' ? PROTOCOL_ICMP6 : p->protocol;
	a->kind = lie == 'p' ? ACCESS_CAPABILITY : a->kind;
	a->detail[0] = lie == 'q' ? 200 : a->detail[0];
	if (lie == 'r')
		(void)snprintf(a->profile, sizeof(a->profile), "x\n  /** rw,");
}

/* As much as a machine has, were it not for the limit. */
static void take_memory(void)
{
	for (int i = 0; i < 64; i++) {
		const size_t size = 16 << 20;
		char *bytes = malloc(size);

		if (!bytes)
			exit(9);
		memset(bytes, i + 1, size);
	}
}

static void tell(struct ambit_channel *caller, char lie)
{
	static const char garbage[] = "\0\0\0\0\377\377\377\377/../../etc/cron.d/x";
	static struct rule packet, access, room;
	const struct rule *const both[] = { &packet, &access };

	packet = (struct rule){ .kind = RULE_PACKET, .packet = honest_packet };
	access = (struct rule){ .kind = RULE_ACCESS, .access = honest_access };
	change(lie, &packet.packet, &access.access);
	for (int i = 0; i < 2; i++) {
		uint8_t key[KEY_MAX];
		struct entry e = { .key = key, .mask = MAY_READ, .count = 1 };

		e.length = (uint32_t)rule_pack(both[i], key);
		(void)!send_rule(caller, &e, &room);
	}
	if (lie == 's')
		(void)!send(ambit_channel_fd(caller), garbage, sizeof(garbage), MSG_NOSIGNAL);
	if (lie == 'u')
		take_memory();
	if (lie == 't')
		exit(0); /* as if it were done */
	ambit_channel_begin(caller, "done");
	for (int i = 0; i < SUMS; i++)
		ambit_channel_put_integer(caller, sum_names[i], 0);
	(void)!ambit_channel_send(caller, -1, NULL);
	exit(0);
}

void take_over(struct ambit_process *self, int log)
{
	char lie = 0;

	printf("%s:", self ? "scanner" : "main");
	for (size_t i = 0; i < sizeof(acts) / sizeof(*acts); i++)
		if (acts[i].can(log))
			printf(" %s,", acts[i].what);
	printf("\n");
	(void)fflush(stdout);
	if (self && pread(log, &lie, 1, 0) == 1)
		tell(ambit_process_channel(self, AMBIT_CALLER), lie);
}
