/* SPDX-License-Identifier: ISC */
#include "symbol.h"

#include <asm/termbits.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/keyctl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

struct symbol {
	char name[32]; /* not a pointer, which had to be relocated */
	uint64_t value;
};

#define SYMBOL(name)                                                                               \
	{                                                                                          \
#name, (uint64_t)(name)                                                            \
	}

static const struct symbol symbols[] = {
	/* ioctl */
	SYMBOL(TCGETS),
	SYMBOL(TCSETS),
	SYMBOL(TCSETSW),
	SYMBOL(TCSETSF),
	SYMBOL(TCSBRK),
	SYMBOL(TCFLSH),
	SYMBOL(TIOCGWINSZ),
	SYMBOL(TIOCSWINSZ),
	SYMBOL(TIOCGPGRP),
	SYMBOL(TIOCSPGRP),
	SYMBOL(TIOCSCTTY),
	SYMBOL(TIOCNOTTY),
	SYMBOL(TIOCGSID),
	SYMBOL(TIOCOUTQ),
	SYMBOL(TIOCEXCL),
	SYMBOL(TIOCNXCL),
	SYMBOL(FIONREAD),
	SYMBOL(FIONBIO),
	SYMBOL(FIOASYNC),
	SYMBOL(FIOCLEX),
	SYMBOL(FIONCLEX),
	SYMBOL(FICLONE),
	SYMBOL(FICLONERANGE),
	SYMBOL(FS_IOC_GETFLAGS),
	SYMBOL(FS_IOC_SETFLAGS),
	SYMBOL(BLKGETSIZE64),
	/* socket */
	SYMBOL(AF_UNSPEC),
	SYMBOL(AF_UNIX),
	SYMBOL(AF_INET),
	SYMBOL(AF_INET6),
	SYMBOL(AF_NETLINK),
	SYMBOL(AF_PACKET),
	SYMBOL(AF_ALG),
	SYMBOL(AF_VSOCK),
	SYMBOL(SOCK_STREAM),
	SYMBOL(SOCK_DGRAM),
	SYMBOL(SOCK_RAW),
	SYMBOL(SOCK_SEQPACKET),
	SYMBOL(SOCK_NONBLOCK),
	SYMBOL(SOCK_CLOEXEC),
	SYMBOL(SOL_SOCKET),
	SYMBOL(SO_REUSEADDR),
	SYMBOL(SO_PEERCRED),
	/* prctl */
	SYMBOL(PR_SET_NAME),
	SYMBOL(PR_GET_NAME),
	SYMBOL(PR_SET_DUMPABLE),
	SYMBOL(PR_GET_DUMPABLE),
	SYMBOL(PR_SET_PDEATHSIG),
	SYMBOL(PR_CAPBSET_READ),
	SYMBOL(PR_SET_TIMERSLACK),
	/* mmap, mprotect */
	SYMBOL(PROT_READ),
	SYMBOL(PROT_WRITE),
	SYMBOL(PROT_EXEC),
	SYMBOL(MAP_SHARED),
	SYMBOL(MAP_PRIVATE),
	SYMBOL(MAP_ANONYMOUS),
	SYMBOL(MAP_FIXED),
	/* open, fcntl */
	SYMBOL(O_RDONLY),
	SYMBOL(O_WRONLY),
	SYMBOL(O_RDWR),
	SYMBOL(O_CREAT),
	SYMBOL(O_CLOEXEC),
	SYMBOL(O_NONBLOCK),
	SYMBOL(F_GETFL),
	SYMBOL(F_SETFL),
	SYMBOL(F_DUPFD_CLOEXEC),
	SYMBOL(F_SETPIPE_SZ),
	SYMBOL(F_ADD_SEALS),
	SYMBOL(F_GET_SEALS),
	/* keyctl */
	SYMBOL(KEYCTL_GET_KEYRING_ID),
	SYMBOL(KEYCTL_JOIN_SESSION_KEYRING),
	SYMBOL(KEYCTL_READ),
	SYMBOL(KEYCTL_SEARCH),
	SYMBOL(KEYCTL_REVOKE),
	SYMBOL(KEYCTL_DESCRIBE),
};

static const struct symbol *find(const struct symbol *table, size_t count, const char *name,
				 size_t length)
{
	for (size_t i = 0; i < count; i++)
		if (!strncmp(table[i].name, name, length) && !table[i].name[length])
			return &table[i];
	return NULL;
}

bool symbol_value(const char *name, size_t length, uint64_t *ret)
{
	const struct symbol *s = find(symbols, ARRAY_COUNT(symbols), name, length);

	if (s)
		*ret = s->value;
	return s != NULL;
}
