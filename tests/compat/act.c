/* SPDX-License-Identifier: ISC */
/*
 * act - do what is granted and try what is not, and say of each what came of it: "NAME ERRNO",
 * 0 when it was done
 *
 *	act DIRECTORY PID TCP OTHER-TCP UDP OTHER-UDP LISTEN OTHER-LISTEN [self]
 *
 * The directory, the process and the ports are those of rows.c. Older calls only, so that what a
 * row takes away is missed by the launcher and not by this. Static: it needs no files to start.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

static const char *directory;
static pid_t victim;
static int ports[6];

/* The rest of the name is the argument: 0 or an errno. */
static void say(const char *name, bool done)
{
	printf("%s %s\n", name, done ? "0" : strerrorname_np(errno));
	fflush(stdout);
}

static const char *in(const char *name)
{
	static char paths[2][512];
	static int turn;

	turn = !turn;
	(void)snprintf(paths[turn], sizeof(paths[0]), "%s/%s", directory, name);
	return paths[turn];
}

static bool opened(const char *name, int flags)
{
	int fd = open(in(name), flags | O_CLOEXEC, 0600);

	if (fd >= 0)
		(void)close(fd);
	return fd >= 0;
}

static bool can_read(const char *name)
{
	char byte;
	int fd = open(in(name), O_RDONLY | O_CLOEXEC);
	bool done = fd >= 0 && read(fd, &byte, 1) == 1;

	if (fd >= 0)
		(void)close(fd);
	return done;
}

static void files(void)
{
	struct stat st;

	say("read-granted", can_read("in/file"));
	say("list-granted", opened("in", O_RDONLY | O_DIRECTORY));
	say("write-granted", opened("w/new", O_WRONLY | O_CREAT | O_TRUNC));
	say("rename-granted", !rename(in("w/new"), in("w/newer")));
	say("remove-granted", !unlink(in("w/newer")));
	say("read-outside", can_read("out/file"));
	say("write-outside", opened("out/file", O_WRONLY));
	say("stat-outside", !stat(in("out/file"), &st));
	say("truncate-outside", !truncate(in("out/cut"), 0));
	say("create-outside", opened("out/new", O_WRONLY | O_CREAT));
	say("rename-outside", !rename(in("out/name"), in("out/other")));
	say("remove-outside", !unlink(in("out/gone")));
	say("link-outside", !link(in("out/file"), in("w/link")));
	say("chmod-outside", !chmod(in("out/file"), 0600));
	say("write-read-only", opened("in/file", O_WRONLY));
	say("truncate-read-only", !truncate(in("in/cut"), 0));
	say("cut-read-only", opened("in/cut", O_RDONLY | O_TRUNC));
	say("cut-unopened", opened("in/cut", 3 | O_TRUNC));
	say("chmod-read-only", !chmod(in("in/file"), 0600));
}

static int made(int family, int type)
{
	return socket(family, type | SOCK_CLOEXEC, 0);
}

static struct sockaddr_in loopback(int port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
				     .sin_port = htons((uint16_t)port),
				     .sin_addr = { htonl(INADDR_LOOPBACK) } };
}

static bool reaches(int type, int port)
{
	struct sockaddr_in to = loopback(port);
	int fd = made(AF_INET, type);
	bool done = fd >= 0 &&
		    (type == SOCK_STREAM
			     ? !connect(fd, (struct sockaddr *)&to, sizeof(to))
			     : sendto(fd, "x", 1, 0, (struct sockaddr *)&to, sizeof(to)) == 1);
	int e = errno;

	if (fd >= 0)
		(void)close(fd);
	errno = e;
	return done;
}

static bool listens(int port)
{
	struct sockaddr_in at = loopback(port);
	int fd = made(AF_INET, SOCK_STREAM), one = 1;
	bool done = fd >= 0 && !setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) &&
		    !bind(fd, (struct sockaddr *)&at, sizeof(at)) && !listen(fd, 1);
	int e = errno;

	if (fd >= 0)
		(void)close(fd);
	errno = e;
	return done;
}

/* A name that begins with '@' is abstract. */
static bool meets(const char *name)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	size_t length = strlen(name);
	int fd = made(AF_UNIX, SOCK_STREAM);
	bool done;
	int e;

	memcpy(to.sun_path, name, length);
	if (name[0] == '@')
		to.sun_path[0] = '\0';
	else
		length++;
	done = fd >= 0 && !connect(fd, (struct sockaddr *)&to,
				   (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length));
	e = errno;
	if (fd >= 0)
		(void)close(fd);
	errno = e;
	return done;
}

static void network(void)
{
	char abstract[64];

	(void)snprintf(abstract, sizeof(abstract), "@ambit-compat-%d", ports[0]);
	say("tcp-granted", reaches(SOCK_STREAM, ports[0]));
	say("tcp-other", reaches(SOCK_STREAM, ports[1]));
	say("udp-granted", reaches(SOCK_DGRAM, ports[2]));
	say("udp-other", reaches(SOCK_DGRAM, ports[3]));
	say("listen-granted", listens(ports[4]));
	say("listen-other", listens(ports[5]));
	say("unix-granted", meets(in("here")));
	say("unix-other", meets(in("there")));
	say("abstract", meets(abstract));
}

static void processes(void)
{
	char byte[1], path[64];
	struct iovec to = { byte, 1 }, from = { (void *)(uintptr_t)&say, 1 };

	(void)snprintf(path, sizeof(path), "/proc/%d/status", victim);
	say("signal", !kill(victim, SIGURG));
	say("signal-thread", !syscall(SYS_tgkill, victim, victim, SIGURG));
	say("trace", !ptrace(PTRACE_SEIZE, victim, NULL, NULL));
	/* A bad address is an answer about the memory: the way in was open. */
	say("look-into", process_vm_readv(victim, &to, 1, &from, 1, 0) == 1 || errno == EFAULT);
	say("see", !access(path, F_OK));
	say("user-namespace", !unshare(CLONE_NEWUSER));
	say("write-execute", mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
				  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
}

int main(int argc, char **argv)
{
	static char other[] = "echo", words[] = "execute-other 0";
	char *echo[] = { other, words, NULL };
	char *again[] = { argv[0], words, NULL };

	if (argc == 2) /* executed by itself */
		return puts("execute-self 0") < 0;
	if (argc < 9)
		return 2;
	directory = argv[1];
	victim = (pid_t)strtol(argv[2], NULL, 10);
	for (int i = 0; i < 6; i++)
		ports[i] = (int)strtol(argv[i + 3], NULL, 10);
	files();
	network();
	processes();
	/* What is done ends this, so the control does each in a run of its own. */
	if (argc == 9 && execv("/bin/echo", echo))
		say("execute-other", false);
	(void)execv(in("act"), again);
	say("execute-self", false);
	return 0;
}
