/* SPDX-License-Identifier: ISC */
/*
 * worker_prune.c - the system calls that a worker's function has no use for
 *
 * The filter of the policy has to let the loader, the libc and what runs before main through. Once
 * the function is all that is left to run, another is put above it. Filters only ever take away:
 * what the list has and the policy does not grant stays refused. The filter of the policy knows
 * architectures; the numbers of x32 are in no range.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>

#include "../base/str.h"
#include "../base/sys.h"
#include "../filter/filter.h"
#include "worker.h"
#include "worker_wire.h"

/*
 * What a worker does beside its function: wait, answer, end; and what its memory grows by, which
 * the libc does in places that a list of the function's own calls may lack.
 */
static const char *const own_calls[] = { "futex",      "write",	       "exit",
					 "exit_group", "rt_sigreturn", "restart_syscall",
					 "munmap",     "mmap",	       "mprotect",
					 "brk",	       "clock_gettime" };

static bool add_call(uint64_t *bits, const char *name)
{
	const struct call_row *row = call_by_name(arch_native(), name);

	if (!row || row->number >= WORKER_CALLS)
		return false;
	bits[row->number / 64] |= UINT64_C(1) << row->number % 64;
	return true;
}

enum ambit_code worker_calls(uint64_t *bits, const char *const *names, struct ambit_error *err)
{
	char shown[64];

	for (size_t i = 0; names && names[i]; i++)
		if (!add_call(bits, names[i])) {
			str_escape(shown, sizeof(shown), names[i], strlen(names[i]));
			(void)err_set(err, AMBIT_E_USAGE, AMBIT_LAYER_SECCOMP, 0,
				      "the list of a worker's system calls has %s, and there is "
				      "none of that name",
				      shown);
			return err_hint(err, "'ambit header --prune' writes the list anew");
		}
	for (size_t i = 0; names && i < ARRAY_COUNT(own_calls); i++)
		(void)add_call(bits, own_calls[i]); /* not every architecture has all */
	return AMBIT_OK;
}

/* Every second number at worst. */
enum { RANGE_CODE = 3, CODE_MAX = 2 + RANGE_CODE * WORKER_CALLS / 2 };

static bool has(const struct worker_control *c, uint32_t number)
{
	return number < WORKER_CALLS && (c->calls[number / 64] >> number % 64 & 1);
}

static size_t build(const struct worker_control *c, struct sock_filter *code)
{
	size_t count = 0;

	code[count++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
						     offsetof(struct seccomp_data, nr));
	for (uint32_t first = 0; first < WORKER_CALLS; first++) {
		uint32_t last = first;

		if (!has(c, first))
			continue;
		while (has(c, last + 1))
			last++;
		code[count++] =
			(struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, first, 0, 2);
		code[count++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, last, 1, 0);
		code[count++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
		first = last;
	}
	code[count++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
	return count;
}

int worker_prune(const struct worker_control *c)
{
	struct sock_filter code[CODE_MAX];
	struct sock_fprog prog = { .filter = code };
	int r;

	if (!c->pruned)
		return 0;
	prog.len = (unsigned short)build(c, code);
	/* Constructors may have started threads: all of them, or none. */
	r = sys_seccomp(SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &prog);
	return r > 0 ? -ESRCH : r;
}
