/* SPDX-License-Identifier: ISC */
/* target.c - recognise the confined program when it is executed */
#include "regs.h"
#include "trace.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <unistd.h>

int target_read(struct trace_target *t, const char *spec)
{
	unsigned long long dev, ino;
	struct stat st;
	char end;

	memset(t, 0, sizeof(*t));
	if (sscanf(spec, "%llu:%llu%c", &dev, &ino, &end) == 2) {
		t->dev = (dev_t)dev;
		t->ino = (ino_t)ino;
		return 0;
	}

	int fd = open(spec, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;

	ssize_t got = read(fd, t->head, sizeof(t->head));
	int bad = got < 0 || fstat(fd, &st) ? -errno : 0;

	close(fd);
	if (bad)
		return bad;
	t->head_len = (size_t)got;
	t->dev = st.st_dev;
	t->ino = st.st_ino;
	return 0;
}

static unsigned long stack_pointer(pid_t pid)
{
	struct user_regs_struct r;
	struct iovec io = { .iov_base = &r, .iov_len = sizeof(r) };

	if (ptrace(PTRACE_GETREGSET, pid, (void *)NT_PRSTATUS, &io))
		return 0;
#if defined(__x86_64__)
	return r.rsp;
#else
	return r.sp;
#endif
}

/* Of a program at its first instruction: past argv and envp to the auxiliary vector. */
static unsigned long auxiliary(pid_t pid, unsigned long type)
{
	unsigned long at = stack_pointer(pid), word, pair[2];
	int ends = 0;

	for (at += sizeof(word); ends < 2; at += sizeof(word)) {
		if (regs_read(pid, at, &word, sizeof(word)) != (ssize_t)sizeof(word))
			return 0;
		ends += !word;
	}
	for (;; at += sizeof(pair)) {
		if (regs_read(pid, at, pair, sizeof(pair)) != (ssize_t)sizeof(pair) || !pair[0])
			return 0;
		if (pair[0] == type)
			return pair[1];
	}
}

/*
 * A tracer may always read the memory of what it traces, but /proc only where its credentials
 * cover the other's: not as a container's root when the program runs as another user. The program
 * headers follow the ELF header, so its page is where the file begins.
 */
static bool image_is(const struct trace_target *t, pid_t pid)
{
	unsigned char head[TARGET_HEAD];
	unsigned long image = auxiliary(pid, AT_PHDR) & ~0xfffUL;

	return t->head_len && image &&
	       regs_read(pid, image, head, t->head_len) == (ssize_t)t->head_len &&
	       !memcmp(head, t->head, t->head_len);
}

bool target_is(const struct trace_target *t, pid_t pid)
{
	char exe[64];
	struct stat st;

	(void)snprintf(exe, sizeof(exe), "/proc/%d/exe", pid);
	if (stat(exe, &st))
		return image_is(t, pid);
	return st.st_dev == t->dev && st.st_ino == t->ino;
}
