/* SPDX-License-Identifier: ISC */
#include "regs.h"

#include <elf.h>
#include <errno.h>
#include <string.h>
#include <sys/ptrace.h>
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

static void put_arguments(registers *r, unsigned long long value, bool keep_second)
{
	r->rsi = keep_second ? r->rsi : value;
	r->rdi = r->rdx = r->r10 = r->r8 = r->r9 = value;
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

static void put_arguments(registers *r, unsigned long long value, bool keep_second)
{
	for (int i = 0; i < 6; i++)
		if (i != 1 || !keep_second)
			r->regs[i] = value;
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

int regs_spoil_arguments(pid_t tid, bool keep_second)
{
	registers r;
	int e = get(tid, &r);

	if (e)
		return e;
	put_arguments(&r, (unsigned long long)-1, keep_second);
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
