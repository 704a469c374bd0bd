/* SPDX-License-Identifier: ISC */
/*
 * bpf.h - small seccomp filters for the test instruments
 *
 * Deliberately not ambit's own compiler: an instrument that shared it would share its faults.
 * A filter is a list of refusals in front of "allow"; calls of other architectures than the one
 * the instrument was built for are allowed.
 */
#ifndef AMBIT_TESTS_BPF_H
#define AMBIT_TESTS_BPF_H

#include <linux/filter.h>
#include <stdint.h>

enum { BPF_ROOM = 1024 };

struct bpf {
	struct sock_filter code[BPF_ROOM];
	unsigned short count;
	int overflow;
};

/* Begin an empty filter. */
void bpf_begin(struct bpf *f);

/* Make call nr fail with error, whatever its arguments. */
void bpf_refuse(struct bpf *f, long nr, int error);

/* Make call nr fail with error when the low half of argument arg has one of the bits of mask. */
void bpf_refuse_bits(struct bpf *f, long nr, unsigned arg, uint32_t mask, int error);

/* The same when that half is value. */
void bpf_refuse_equal(struct bpf *f, long nr, unsigned arg, uint32_t value, int error);

/* Hand call nr to the ptrace tracer, as PTRACE_EVENT_SECCOMP. */
void bpf_trace(struct bpf *f, long nr);

/*
 * Load the filter on the calling thread: 0 or -errno. no_new_privs is set only when the kernel
 * refuses the filter without it, so that what a privileged caller does next is not changed.
 */
int bpf_load(struct bpf *f);

#endif
