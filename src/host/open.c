/* SPDX-License-Identifier: ISC */
/*
 * open.c - what the descriptors are that a program inherits
 *
 * They point outside every view: what could be done through one, beyond reading and writing,
 * depends on what it is. A socket that is not connected is a way to anywhere.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include "../base/str.h"
#include "../base/sys.h"
#include "host.h"

#ifndef SO_PEERNAME
#define SO_PEERNAME 28
#endif

static int socket_fact(int fd, int name)
{
	int value = -1;
	unsigned length = sizeof(value);
	int r = sys_getsockopt(fd, SOL_SOCKET, name, &value, &length);

	return r < 0 ? -1 : value;
}

static bool is_connected(int fd)
{
	/* Its family alone: the kernel refuses room for more than there is. */
	sa_family_t family;
	unsigned length = sizeof(family);

	return sys_getsockopt(fd, SOL_SOCKET, SO_PEERNAME, &family, &length) >= 0;
}

/* Multipath TCP, SCTP and their kin can be connected anew where no layer looks. */
static bool is_plain_stream(int fd, int type)
{
	const int family = socket_fact(fd, SO_DOMAIN), protocol = socket_fact(fd, SO_PROTOCOL);

	if (family == AF_UNIX)
		return type == SOCK_STREAM || type == SOCK_SEQPACKET;
	if (family == AF_VSOCK)
		return type == SOCK_STREAM;
	return (family == AF_INET || family == AF_INET6) && type == SOCK_STREAM &&
	       protocol == IPPROTO_TCP;
}

static enum open_kind socket_kind(int fd)
{
	const int type = socket_fact(fd, SO_TYPE);

	if (socket_fact(fd, SO_ACCEPTCONN) == 1)
		return OPEN_LISTENER;
	if (type == SOCK_DGRAM)
		return OPEN_DATAGRAM;
	return is_plain_stream(fd, type) && is_connected(fd) ? OPEN_STREAM : OPEN_SOCKET;
}

/* /dev/ptmx makes another terminal each time it is opened, /dev/tty is whatever one has. */
static bool is_terminal(int fd, const struct stat *st)
{
	struct winsize size;

	return S_ISCHR(st->st_mode) && major(st->st_rdev) != 5 &&
	       sys_ioctl(fd, TIOCGWINSZ, &size) >= 0;
}

static enum open_kind kind_of(int fd, int flags, const struct stat *st)
{
	struct statfs fs;

	if (S_ISDIR(st->st_mode))
		return OPEN_DIR;
	if (flags & O_PATH)
		return OPEN_OBJECT;
	if (S_ISSOCK(st->st_mode))
		return socket_kind(fd);
	if (S_ISREG(st->st_mode))
		return st->st_nlink ? OPEN_FILE : OPEN_PIPE;
	if (S_ISFIFO(st->st_mode))
		return sys_fstatfs(fd, &fs) >= 0 && fs.f_type == PIPEFS_MAGIC ? OPEN_PIPE
									      : OPEN_FILE;
	if (is_terminal(fd, st))
		return OPEN_TERMINAL;
	return S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode) ? OPEN_DEVICE : OPEN_OBJECT;
}

static enum ambit_code cannot_look(struct ambit_error *err, int r, int fd)
{
	return err_set(err, err_code_of_errno(-r), AMBIT_LAYER_HOST, -r,
		       "cannot look at descriptor %d", fd);
}

#ifndef F_DUPFD_QUERY
#define F_DUPFD_QUERY 1027 /* Linux 6.10 */
#endif

/*
 * One open file under several numbers, as a shell's 0 to 2 are, has one name; asking for it is the
 * dearest question of a start. Older kernels do not know: then it is asked again.
 */
static const struct host_open *same_file(const struct host *h, const struct host_open *o)
{
	for (size_t i = 0; i < h->opens.count; i++) {
		const struct host_open *other = &h->opens.list[i];

		if (other != o && other->inode == o->inode && other->device == o->device &&
		    sys_fcntl(o->number, F_DUPFD_QUERY, other->number) == 1)
			return other;
	}
	return NULL;
}

/* The name it was opened by, when that still leads to the same inode. */
static enum ambit_code find_name(struct host *h, struct host_open *o, struct ambit_error *err)
{
	const struct host_open *same = same_file(h, o);
	char entry[32], name[PATH_MAX];
	struct stat st;
	ssize_t n;
	int r;

	if (same) {
		o->path = same->path;
		return AMBIT_OK;
	}
	(void)snprintf(entry, sizeof(entry), "/proc/self/fd/%d", o->number);
	n = sys_readlinkat(AT_FDCWD, entry, name, sizeof(name) - 1);
	if (n < 0 && !host_is_absence((int)n))
		return cannot_look(err, (int)n, o->number);
	if (n <= 0 || name[0] != '/')
		return AMBIT_OK;
	name[n] = '\0';
	r = sys_fstatat(AT_FDCWD, name, &st, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT);
	if (r < 0 && !host_is_absence(r))
		return cannot_look(err, r, o->number);
	if (r < 0 || st.st_dev != o->device || st.st_ino != o->inode)
		return AMBIT_OK;
	o->path = arena_string(&h->arena, name);
	return o->path ? AMBIT_OK : err_memory(err, AMBIT_LAYER_HOST);
}

enum ambit_code host_add_open(struct host *h, int fd, bool names, struct ambit_error *err)
{
	int flags = sys_fcntl(fd, F_GETFL, 0);
	struct host_open *o;
	struct stat st;
	int r;

	if (host_open(h, fd) || flags == -EBADF)
		return AMBIT_OK; /* it is closed, and stays so */
	r = flags < 0 ? flags : sys_fstat(fd, &st);
	if (r < 0)
		return cannot_look(err, r, fd);
	o = arena_grow(&h->arena, &h->opens.list, &h->opens.count, sizeof(*o));
	if (!o)
		return err_memory(err, AMBIT_LAYER_HOST);
	*o = (struct host_open){ .number = fd,
				 .kind = kind_of(fd, flags, &st),
				 .reads = (flags & O_ACCMODE) != O_WRONLY,
				 .writes = (flags & O_ACCMODE) != O_RDONLY,
				 .device = st.st_dev,
				 .inode = st.st_ino,
				 .mode = st.st_mode,
				 .owner = st.st_uid,
				 .group = st.st_gid };
	/* Whether what was only written to may be read as well goes by its name. */
	names |= S_ISREG(st.st_mode) && o->writes && !o->reads;
	if (!names || o->kind < OPEN_FILE || o->kind > OPEN_TERMINAL)
		return AMBIT_OK;
	return find_name(h, o, err);
}

const struct host_open *host_open(const struct host *h, int fd)
{
	for (size_t i = 0; i < h->opens.count; i++)
		if (h->opens.list[i].number == fd)
			return &h->opens.list[i];
	return NULL;
}
