/* SPDX-License-Identifier: ISC */
/* danger.c - which rules give more than one might think: tables */
#include <string.h>

#include "syslogparse.h"

static const struct {
	uint16_t port;
	const char *why;
} ports[] = {
	{ 22, "a login on this machine" },
	{ 23, "a login on this machine, unencrypted" },
	{ 445, "file shares" },
	{ 2375, "a container engine, which is root" },
	{ 3389, "a login on this machine" },
	{ 5900, "a login on this machine" },
	{ 6379, "a database that often has no password" },
};

const char *danger_of_packet(const struct packet *p)
{
	static const uint8_t nobody[16];
	const uint8_t *d = p->destination;
	const unsigned port = (unsigned)(p->port[0] << 8 | p->port[1]);

	if (!p->has_port)
		return "the whole protocol";
	if (memcmp(p->source, nobody, 16) == 0)
		return "anybody without an address yet";
	if (p->family == 4 ? d[0] >= 224 || d[3] == 255 : d[0] == 255)
		return "more than one machine is addressed";
	if (p->protocol == PROTOCOL_ICMP && port == 5)
		return "redirects change routes";
	if (p->protocol == PROTOCOL_ICMP6 && (port == 134 || port == 137))
		return "the sender changes routes";
	for (size_t i = 0; p->protocol == PROTOCOL_TCP && i < sizeof(ports) / sizeof(*ports); i++)
		if (ports[i].port == port)
			return ports[i].why;
	return NULL;
}

/* By the kernel's numbers. */
static const struct {
	uint8_t number;
	const char *why;
} capabilities[] = {
	{ 1, "every file, whatever its permissions" },
	{ 2, "reading every file" },
	{ 6, "becoming other groups" },
	{ 7, "becoming root" },
	{ 8, "giving rights to others" },
	{ 12, "the whole network configuration" },
	{ 16, "loading code into the kernel" },
	{ 17, "the hardware" },
	{ 19, "the memory of every process" },
	{ 21, "nearly everything" },
	{ 27, "making devices" },
	{ 31, "giving rights to files" },
	{ 32, "overriding AppArmor" },
	{ 33, "changing AppArmor" },
	{ 39, "code in the kernel" },
};

enum { ANY_CHANGE = MAY_WRITE | MAY_APPEND | MAY_LINK, ANYTHING = MASK_FILE };

/* The first that fits. Behind a slash: everything below. */
static const struct {
	const char *path;
	uint32_t mask;
	const char *why;
} paths[] = {
	{ "/etc/shadow", ANYTHING, "password hashes" },
	{ "/etc/gshadow", ANYTHING, "password hashes" },
	{ "/etc/sudoers", ANYTHING, "who may become root" },
	{ "/etc/", ANY_CHANGE, "the system's configuration" },
	{ "/usr/", ANY_CHANGE, "programs that others run" },
	{ "/bin/", ANY_CHANGE, "programs that others run" },
	{ "/sbin/", ANY_CHANGE, "programs that others run" },
	{ "/lib/", ANY_CHANGE, "libraries that others load" },
	{ "/boot/", ANY_CHANGE, "what the machine boots" },
	{ "/root/", ANYTHING, "root's own files" },
	{ "/dev/mem", ANYTHING, "the memory of the machine" },
	{ "/dev/kmem", ANYTHING, "the memory of the machine" },
	{ "/dev/sd", ANYTHING, "a whole disk" },
	{ "/dev/nvme", ANYTHING, "a whole disk" },
	{ "/dev/dm-", ANYTHING, "a whole disk" },
	{ "/proc/kcore", ANYTHING, "the memory of the machine" },
	{ "/proc/sys/", ANY_CHANGE, "the kernel's settings" },
	{ "/sys/", ANY_CHANGE, "the kernel's settings" },
	{ "/run/docker.sock", ANYTHING, "a container engine, which is root" },
	{ "/var/run/docker.sock", ANYTHING, "a container engine, which is root" },
};

static const char *danger_of_file(const struct access *a)
{
	const char *end = strrchr(a->name, '/');

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		if ((a->mask & paths[i].mask) &&
		    strncmp(a->name, paths[i].path, strlen(paths[i].path)) == 0)
			return paths[i].why;
	if (strstr(a->name, "/.ssh/"))
		return "keys that open other machines";
	if ((a->mask & MAY_EXECUTE) && end &&
	    (strstr(end, "sh") || strstr(end, "python") || strstr(end, "perl")))
		return "an interpreter runs anything";
	if ((a->mask & MAY_EXECUTE) && (a->mask & ANY_CHANGE))
		return "what it writes it may run";
	return NULL;
}

static const char *danger_of_capability(unsigned number)
{
	for (size_t i = 0; i < sizeof(capabilities) / sizeof(*capabilities); i++)
		if (capabilities[i].number == number)
			return capabilities[i].why;
	return NULL;
}

const char *danger_of_access(const struct access *a)
{
	switch ((enum access_kind)a->kind) {
	case ACCESS_CAPABILITY:
		return danger_of_capability(a->detail[0]);
	case ACCESS_NETWORK:
		return "every socket of this kind, to anybody";
	case ACCESS_SIGNAL:
		return strcmp(a->name, "unconfined") == 0 ? "every unconfined process" : NULL;
	case ACCESS_PTRACE:
		return "the memory of other processes";
	case ACCESS_FILE:
		return danger_of_file(a);
	case ACCESS_KINDS:
		break;
	}
	return NULL;
}
