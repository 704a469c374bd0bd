/* SPDX-License-Identifier: ISC */
/*
 * sim.c - classic BPF as the kernel runs it for seccomp
 *
 * filter_valid() asks what bpf_check_classic() and seccomp_check_filter() of the kernel ask: known
 * instructions only, every jump inside the program, loads inside struct seccomp_data, scratch
 * memory written before it is read, the last instruction a return. All jumps lead forward, so a
 * valid program ends.
 */
#include <string.h>

#include "filter.h"

static bool known_alu(uint16_t code)
{
	switch (BPF_OP(code)) {
	case BPF_ADD:
	case BPF_SUB:
	case BPF_MUL:
	case BPF_DIV:
	case BPF_OR:
	case BPF_AND:
	case BPF_LSH:
	case BPF_RSH:
	case BPF_XOR:
		return (code & ~(BPF_OP(code) | BPF_X)) == BPF_ALU;
	case BPF_NEG:
		return code == (BPF_ALU | BPF_NEG);
	default:
		return false;
	}
}

static bool valid_alu(const struct sock_filter *f)
{
	bool constant = BPF_SRC(f->code) == BPF_K;

	if (!known_alu(f->code))
		return false;
	if (BPF_OP(f->code) == BPF_DIV && constant && f->k == 0)
		return false;
	if ((BPF_OP(f->code) == BPF_LSH || BPF_OP(f->code) == BPF_RSH) && constant && f->k >= 32)
		return false;
	return true;
}

static bool valid_load(const struct sock_filter *f)
{
	switch (f->code) {
	case BPF_LD | BPF_W | BPF_ABS:
		return f->k < sizeof(struct seccomp_data) && f->k % 4 == 0;
	case BPF_LD | BPF_W | BPF_LEN:
	case BPF_LDX | BPF_W | BPF_LEN:
	case BPF_LD | BPF_IMM:
	case BPF_LDX | BPF_IMM:
		return true;
	case BPF_LD | BPF_MEM:
	case BPF_LDX | BPF_MEM:
	case BPF_ST:
	case BPF_STX:
		return f->k < BPF_MEMWORDS;
	default:
		return false;
	}
}

/* @left: how many instructions follow. */
static bool valid_jump(const struct sock_filter *f, size_t left)
{
	switch (BPF_OP(f->code)) {
	case BPF_JA:
		return f->code == (BPF_JMP | BPF_JA) && f->k < left;
	case BPF_JEQ:
	case BPF_JGT:
	case BPF_JGE:
	case BPF_JSET:
		return (f->code & ~(BPF_OP(f->code) | BPF_X)) == BPF_JMP && f->jt < left &&
		       f->jf < left;
	default:
		return false;
	}
}

static bool is_return(const struct sock_filter *f)
{
	return f->code == (BPF_RET | BPF_K) || f->code == (BPF_RET | BPF_A);
}

static bool valid_one(const struct sock_filter *f, size_t left)
{
	switch (BPF_CLASS(f->code)) {
	case BPF_LD:
	case BPF_LDX:
	case BPF_ST:
	case BPF_STX:
		return valid_load(f);
	case BPF_ALU:
		return valid_alu(f);
	case BPF_JMP:
		return valid_jump(f, left);
	case BPF_RET:
		return is_return(f);
	default: /* BPF_MISC */
		return f->code == (BPF_MISC | BPF_TAX) || f->code == (BPF_MISC | BPF_TXA);
	}
}

/*
 * Scratch words that are written on every way to an instruction: @written[i] is what all jumps
 * to i have in common, everything before the first.
 */
static bool memory_written_first(const struct sock_filter *code, size_t count)
{
	uint16_t written[BPF_MAXINSNS], now = 0;

	memset(written, 0xff, sizeof(written));
	for (size_t i = 0; i < count; i++) {
		const struct sock_filter *f = &code[i];
		size_t next = i + 1;

		now &= written[i];
		if (f->code == BPF_ST || f->code == BPF_STX) {
			now = (uint16_t)(now | 1u << f->k);
		} else if (f->code == (BPF_LD | BPF_MEM) || f->code == (BPF_LDX | BPF_MEM)) {
			if (!(now & 1u << f->k))
				return false;
		} else if (f->code == (BPF_JMP | BPF_JA)) {
			written[next + f->k] &= now;
			now = UINT16_MAX;
		} else if (BPF_CLASS(f->code) == BPF_JMP) {
			written[next + f->jt] &= now;
			written[next + f->jf] &= now;
			now = UINT16_MAX;
		}
	}
	return true;
}

bool filter_valid(const struct sock_filter *code, size_t count)
{
	if (!code || count == 0 || count > BPF_MAXINSNS)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (!valid_one(&code[i], count - i - 1))
			return false;
	}
	return is_return(&code[count - 1]) && memory_written_first(code, count);
}

struct machine {
	uint32_t a, x;
	uint32_t memory[BPF_MEMWORDS];
};

/* False when a division by zero ends the program, which the kernel answers with 0. */
static bool run_alu(struct machine *m, const struct sock_filter *f)
{
	uint32_t by = BPF_SRC(f->code) == BPF_X ? m->x : f->k;

	switch (BPF_OP(f->code)) {
	case BPF_ADD:
		m->a += by;
		return true;
	case BPF_SUB:
		m->a -= by;
		return true;
	case BPF_MUL:
		m->a *= by;
		return true;
	case BPF_DIV:
		m->a = by ? m->a / by : 0;
		return by != 0;
	case BPF_OR:
		m->a |= by;
		return true;
	case BPF_AND:
		m->a &= by;
		return true;
	case BPF_XOR:
		m->a ^= by;
		return true;
	case BPF_LSH:
		m->a <<= by & 31;
		return true;
	case BPF_RSH:
		m->a >>= by & 31;
		return true;
	default: /* BPF_NEG */
		m->a = 0u - m->a;
		return true;
	}
}

static void run_load(struct machine *m, const struct sock_filter *f,
		     const struct seccomp_data *data)
{
	uint32_t *to = BPF_CLASS(f->code) == BPF_LD ? &m->a : &m->x;

	switch (BPF_MODE(f->code)) {
	case BPF_ABS:
		memcpy(to, (const char *)data + f->k, sizeof(*to));
		return;
	case BPF_LEN:
		*to = sizeof(*data);
		return;
	case BPF_IMM:
		*to = f->k;
		return;
	default: /* BPF_MEM */
		*to = m->memory[f->k];
		return;
	}
}

static size_t run_jump(const struct machine *m, const struct sock_filter *f)
{
	uint32_t with = BPF_SRC(f->code) == BPF_X ? m->x : f->k;

	switch (BPF_OP(f->code)) {
	case BPF_JEQ:
		return m->a == with ? f->jt : f->jf;
	case BPF_JGT:
		return m->a > with ? f->jt : f->jf;
	case BPF_JGE:
		return m->a >= with ? f->jt : f->jf;
	case BPF_JSET:
		return m->a & with ? f->jt : f->jf;
	default: /* BPF_JA */
		return f->k;
	}
}

static uint32_t run(const struct sock_filter *code, const struct seccomp_data *data)
{
	struct machine m = { .a = 0 };

	/* filter_valid() has seen that it ends, and where it reads. */
	for (size_t i = 0;; i++) {
		const struct sock_filter *f = &code[i];

		switch (BPF_CLASS(f->code)) {
		case BPF_LD:
		case BPF_LDX:
			run_load(&m, f, data);
			break;
		case BPF_ST:
			m.memory[f->k] = m.a;
			break;
		case BPF_STX:
			m.memory[f->k] = m.x;
			break;
		case BPF_ALU:
			if (!run_alu(&m, f))
				return SECCOMP_RET_KILL_THREAD;
			break;
		case BPF_JMP:
			i += run_jump(&m, f);
			break;
		case BPF_RET:
			return BPF_RVAL(f->code) == BPF_A ? m.a : f->k;
		default: /* BPF_MISC */
			if (BPF_MISCOP(f->code) == BPF_TAX)
				m.x = m.a;
			else
				m.a = m.x;
			break;
		}
	}
}

uint32_t filter_simulate(const struct sock_filter *code, size_t count,
			 const struct seccomp_data *data)
{
	if (!filter_valid(code, count))
		return SECCOMP_RET_KILL_PROCESS;
	return run(code, data);
}
