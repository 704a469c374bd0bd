/* SPDX-License-Identifier: ISC */
#include "regs.h"

#include <elf.h>
#include <errno.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>

#ifndef NT_ARM_SYSTEM_CALL
#define NT_ARM_SYSTEM_CALL 0x404
#endif

typedef struct user_regs_struct registers;

static int transfer(enum __ptrace_request request, pid_t tid, int what, void *data, size_t size)
{
	struct iovec io = { .iov_base = data, .iov_len = size };

	return ptrace(request, tid, (void *)(long)what, &io) ? -errno : 0;
}

static int get(pid_t tid, registers *r)
{
	return transfer(PTRACE_GETREGSET, tid, NT_PRSTATUS, r, sizeof(*r));
}

static int set(pid_t tid, registers *r)
{
	return transfer(PTRACE_SETREGSET, tid, NT_PRSTATUS, r, sizeof(*r));
}

#if defined(__x86_64__)

int regs_skip_call(pid_t tid)
{
	registers r;
	int e = get(tid, &r);

	if (e)
		return e;
	r.orig_rax = (unsigned long long)-1;
	return set(tid, &r);
}

static void put_result(registers *r, long result)
{
	r->rax = (unsigned long long)result;
}

static int put_read(pid_t tid, registers *r)
{
	r->orig_rax = SYS_read;
	r->rdi = (unsigned long long)-1;
	r->rsi = r->rdx = 0;
	return set(tid, r);
}

#elif defined(__aarch64__)

int regs_skip_call(pid_t tid)
{
	int none = -1;

	return transfer(PTRACE_SETREGSET, tid, NT_ARM_SYSTEM_CALL, &none, sizeof(none));
}

static void put_result(registers *r, long result)
{
	r->regs[0] = (unsigned long long)result;
}

static int put_read(pid_t tid, registers *r)
{
	int nr = SYS_read;
	int e = transfer(PTRACE_SETREGSET, tid, NT_ARM_SYSTEM_CALL, &nr, sizeof(nr));

	r->regs[0] = (unsigned long long)-1;
	r->regs[1] = r->regs[2] = 0;
	return e ? e : set(tid, r);
}

#endif

int regs_set_result(pid_t tid, long result)
{
	registers r;
	int e = get(tid, &r);

	if (e)
		return e;
	put_result(&r, result);
	return set(tid, &r);
}

int regs_replace_call(pid_t tid, struct user_regs_struct *saved)
{
	registers r;
	int e = get(tid, &r);

	if (e)
		return e;
	*saved = r;
	return put_read(tid, &r);
}

int regs_restore(pid_t tid, const struct user_regs_struct *saved, long result)
{
	registers r = *saved;

	put_result(&r, result);
	return set(tid, &r);
}

/* By words: a tracer may read what it traces even where process_vm_readv() is refused. */
ssize_t regs_read(pid_t tid, unsigned long address, void *to, size_t size)
{
	size_t done = 0;

	while (done < size) {
		unsigned long at = address + done, skew = at % sizeof(long);
		size_t part = sizeof(long) - skew;

		errno = 0;
		long word = ptrace(PTRACE_PEEKDATA, tid, (void *)(at - skew), NULL);

		if (errno)
			return done ? (ssize_t)done : -errno;
		if (part > size - done)
			part = size - done;
		memcpy((char *)to + done, (char *)&word + skew, part);
		done += part;
	}
	return (ssize_t)done;
}
