/* SPDX-License-Identifier: ISC */
#include "bpf.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define NATIVE_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE_ARCH AUDIT_ARCH_AARCH64
#else
#error "the instruments know x86-64 and aarch64"
#endif

#define LOAD	(BPF_LD | BPF_W | BPF_ABS)
#define NR_AT	((uint32_t)offsetof(struct seccomp_data, nr))
#define ARCH_AT ((uint32_t)offsetof(struct seccomp_data, arch))
#define ARGS_AT ((uint32_t)offsetof(struct seccomp_data, args))

static void put(struct bpf *f, struct sock_filter line)
{
	if (f->count == BPF_ROOM) {
		f->overflow = 1;
		return;
	}
	f->code[f->count++] = line;
}

static void statement(struct bpf *f, unsigned code, uint32_t k)
{
	put(f, (struct sock_filter){ .code = (uint16_t)code, .k = k });
}

static void jump(struct bpf *f, unsigned test, uint32_t k, unsigned yes, unsigned no)
{
	put(f, (struct sock_filter){ .code = (uint16_t)(BPF_JMP | BPF_K | test),
				     .jt = (uint8_t)yes,
				     .jf = (uint8_t)no,
				     .k = k });
}

static uint32_t answer_errno(int error)
{
	return SECCOMP_RET_ERRNO | ((uint32_t)error & SECCOMP_RET_DATA);
}

void bpf_begin(struct bpf *f)
{
	f->count = 0;
	f->overflow = 0;
	statement(f, LOAD, ARCH_AT);
	jump(f, BPF_JEQ, NATIVE_ARCH, 1, 0);
	statement(f, BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	statement(f, LOAD, NR_AT);
}

void bpf_refuse(struct bpf *f, long nr, int error)
{
	jump(f, BPF_JEQ, (uint32_t)nr, 0, 1);
	statement(f, BPF_RET | BPF_K, answer_errno(error));
}

static void refuse_argument(struct bpf *f, long nr, unsigned arg, struct sock_filter test,
			    int error)
{
	/* Both architectures are little-endian: the low half of an argument comes first. */
	jump(f, BPF_JEQ, (uint32_t)nr, 0, 4);
	statement(f, LOAD, ARGS_AT + arg * (uint32_t)sizeof(uint64_t));
	jump(f, test.code, test.k, 0, 1);
	statement(f, BPF_RET | BPF_K, answer_errno(error));
	statement(f, LOAD, NR_AT);
}

void bpf_refuse_bits(struct bpf *f, long nr, unsigned arg, uint32_t mask, int error)
{
	refuse_argument(f, nr, arg, (struct sock_filter){ .code = BPF_JSET, .k = mask }, error);
}

void bpf_refuse_equal(struct bpf *f, long nr, unsigned arg, uint32_t value, int error)
{
	refuse_argument(f, nr, arg, (struct sock_filter){ .code = BPF_JEQ, .k = value }, error);
}

void bpf_trace(struct bpf *f, long nr)
{
	jump(f, BPF_JEQ, (uint32_t)nr, 0, 1);
	statement(f, BPF_RET | BPF_K, SECCOMP_RET_TRACE);
}

int bpf_load(struct bpf *f)
{
	statement(f, BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	if (f->overflow)
		return -E2BIG;

	struct sock_fprog prog = { .len = f->count, .filter = f->code };

	if (!syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog))
		return 0;
	if (errno != EACCES)
		return -errno;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -errno;
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog) ? -errno : 0;
}
