/* SPDX-License-Identifier: ISC */
/* sim.c - the simulator against programs whose answers are known, and against the kernel */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../src/filter/filter.h"
#include "../tap.h"

static const struct seccomp_data call = {
	.nr = 39,
	.arch = 0xc000003e,
	.args = { UINT64_C(0x1111111122222222), 2, 3, 4, 5, UINT64_C(0xffffffff00000001) },
};

#define RET(k)		BPF_STMT(BPF_RET | BPF_K, k)
#define RET_A		BPF_STMT(BPF_RET | BPF_A, 0)
#define LOAD(k)		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, k)
#define IMM(k)		BPF_STMT(BPF_LD | BPF_IMM, k)
#define ALU(op, k)	BPF_STMT(BPF_ALU | (op) | BPF_K, k)
#define ALU_X(op)	BPF_STMT(BPF_ALU | (op) | BPF_X, 0)
#define X(k)		BPF_STMT(BPF_LDX | BPF_IMM, k)
#define STORE(k)	BPF_STMT(BPF_ST, k)
#define RECALL(k)	BPF_STMT(BPF_LD | BPF_MEM, k)
#define IF(op, k, t, f) BPF_JUMP(BPF_JMP | (op) | BPF_K, k, t, f)

static const struct {
	uint32_t answer;
	struct sock_filter code[8];
} programs[] = {
	{ 7, { RET(7) } },
	{ 39, { LOAD(0), RET_A } },
	{ 0xc000003e, { LOAD(4), RET_A } },
	{ 0x22222222, { LOAD(16), RET_A } },
	{ 0x11111111, { LOAD(20), RET_A } },
	{ 0xffffffff, { LOAD(60), RET_A } },
	{ 64, { BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0), RET_A } },
	{ 12, { IMM(5), ALU(BPF_ADD, 7), RET_A } },
	{ 0xfffffffe, { IMM(5), ALU(BPF_SUB, 7), RET_A } },
	{ 35, { IMM(5), X(7), ALU_X(BPF_MUL), RET_A } },
	{ 2, { IMM(15), ALU(BPF_DIV, 7), RET_A } },
	{ 0, { IMM(15), X(0), ALU_X(BPF_DIV), RET(9) } },
	{ 7, { IMM(5), ALU(BPF_OR, 2), RET_A } },
	{ 4, { IMM(5), ALU(BPF_AND, 6), RET_A } },
	{ 3, { IMM(5), ALU(BPF_XOR, 6), RET_A } },
	{ 0xa0, { IMM(5), ALU(BPF_LSH, 5), RET_A } },
	{ 5, { IMM(0xa0), ALU(BPF_RSH, 5), RET_A } },
	{ 0xfffffffb, { IMM(5), BPF_STMT(BPF_ALU | BPF_NEG, 0), RET_A } },
	{ 5,
	  { IMM(5), BPF_STMT(BPF_MISC | BPF_TAX, 0), IMM(0), BPF_STMT(BPF_MISC | BPF_TXA, 0),
	    RET_A } },
	{ 6, { IMM(6), STORE(15), IMM(1), RECALL(15), RET_A } },
	{ 1, { LOAD(0), IF(BPF_JEQ, 39, 0, 1), RET(1), RET(2) } },
	{ 2, { LOAD(0), IF(BPF_JGT, 39, 0, 1), RET(1), RET(2) } },
	{ 1, { LOAD(0), IF(BPF_JGE, 39, 0, 1), RET(1), RET(2) } },
	{ 2, { LOAD(0), IF(BPF_JSET, 24, 0, 1), RET(1), RET(2) } },
	{ 3, { BPF_STMT(BPF_JMP | BPF_JA, 2), RET(1), RET(2), RET(3) } },
};

/* What the kernel refuses to load; trailing zeros are "LD IMM 0". */
static const struct {
	size_t count;
	struct sock_filter code[4];
} wrong[] = {
	{ 0, { RET(0) } },
	{ 1, { IMM(1) } },
	{ 2, { LOAD(64), RET_A } },
	{ 2, { LOAD(2), RET_A } },
	{ 2, { BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0), RET_A } },
	{ 2, { BPF_STMT(BPF_LD | BPF_W | BPF_IND, 0), RET_A } },
	{ 2, { IF(BPF_JEQ, 0, 1, 0), RET(0) } },
	{ 2, { IF(BPF_JEQ, 0, 0, 1), RET(0) } },
	{ 2, { BPF_STMT(BPF_JMP | BPF_JA, 1), RET(0) } },
	{ 2, { BPF_STMT(BPF_JMP | BPF_JA, 0xffffffff), RET(0) } },
	{ 2, { ALU(BPF_DIV, 0), RET(0) } },
	{ 2, { ALU(BPF_MOD, 3), RET(0) } },
	{ 2, { ALU(BPF_LSH, 32), RET(0) } },
	{ 2, { RECALL(1), RET_A } },
	{ 2, { STORE(16), RET(0) } },
	{ 4, { IF(BPF_JEQ, 0, 0, 1), STORE(3), RECALL(3), RET(0) } },
	{ 2, { BPF_STMT(0xffff, 0), RET(0) } },
	{ 2, { RET(0), BPF_STMT(BPF_RET | BPF_X, 0) } },
};

TEST(known_answers)
{
	for (size_t i = 0; i < ARRAY_COUNT(programs); i++) {
		size_t count = 8;

		while (BPF_CLASS(programs[i].code[count - 1].code) != BPF_RET)
			count--;
		CHECK(filter_valid(programs[i].code, count));
		CHECK_INT(filter_simulate(programs[i].code, count, &call), programs[i].answer);
	}
}

TEST(wrong_programs)
{
	for (size_t i = 0; i < ARRAY_COUNT(wrong); i++) {
		if (filter_valid(wrong[i].code, wrong[i].count))
			tap_fail(__FILE__, __LINE__, "program %zu passes", i);
		CHECK_INT(filter_simulate(wrong[i].code, wrong[i].count, &call),
			  SECCOMP_RET_KILL_PROCESS);
	}
	CHECK(!filter_valid(NULL, 1));
	CHECK(!filter_valid(programs[0].code, BPF_MAXINSNS + 1));
}

/* A filter may refuse exit_group() too: then the runtime of a sanitizer never comes to an end. */
#if !TAP_SANITIZED

static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

/* Mostly sensible instructions, so that a good part of the programs is accepted. */
static struct sock_filter random_instruction(uint32_t *state, size_t left)
{
	static const uint16_t codes[] = {
		BPF_LD | BPF_W | BPF_ABS,
		BPF_LD | BPF_IMM,
		BPF_LDX | BPF_IMM,
		BPF_ST,
		BPF_STX,
		BPF_LD | BPF_MEM,
		BPF_LDX | BPF_MEM,
		BPF_ALU | BPF_ADD | BPF_K,
		BPF_ALU | BPF_DIV | BPF_X,
		BPF_ALU | BPF_AND | BPF_K,
		BPF_ALU | BPF_LSH | BPF_X,
		BPF_ALU | BPF_NEG,
		BPF_ALU | BPF_MOD,
		BPF_ALU | BPF_SUB | BPF_X,
		BPF_ALU | BPF_RSH | BPF_K,
		BPF_ALU | BPF_DIV | BPF_K,
		BPF_MISC | BPF_TAX,
		BPF_MISC | BPF_TXA,
		BPF_JMP | BPF_JA,
		BPF_JMP | BPF_JEQ | BPF_K,
		BPF_JMP | BPF_JGE | BPF_X,
		BPF_JMP | BPF_JSET | BPF_K,
		BPF_JMP | BPF_JGT | BPF_K,
		BPF_RET | BPF_K,
		BPF_RET | BPF_A,
		BPF_LD | BPF_W | BPF_LEN,
	};
	struct sock_filter f = { .code = codes[next_random(state) % ARRAY_COUNT(codes)] };

	f.k = next_random(state) % 8;
	if (f.code == (BPF_LD | BPF_W | BPF_ABS))
		f.k = next_random(state) % 16 ? 16 + 4 * (next_random(state) % 12)
					      : next_random(state) % 80;
	f.jt = (uint8_t)(next_random(state) % (left + 2));
	f.jf = (uint8_t)(next_random(state) % (left + 2));
	if (BPF_CLASS(f.code) == BPF_RET)
		f.k = next_random(state) % 2 ? SECCOMP_RET_ALLOW : SECCOMP_RET_ERRNO | 21;
	return f;
}

enum { LENGTH = 8, NOT_LOADED = -1000, LOADED = -1001 };

/* In a process of its own: load, call, leave the result in shared memory. */
static void try_in_kernel(struct sock_filter *code, volatile long *result)
{
	struct sock_fprog p = { .len = LENGTH, .filter = code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &p) != 0)
		_exit(0);
	*result = LOADED;
	long r = syscall(SYS_getpid, call.args[0], call.args[1], call.args[2], call.args[3],
			 call.args[4], call.args[5]);

	*result = r < 0 ? -errno : 1;
	_exit(0);
}

static long expected(uint32_t answer)
{
	if ((answer & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ALLOW ||
	    (answer & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_LOG)
		return 1;
	/* errno 0 is success, with 0 */
	if ((answer & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO)
		return answer & SECCOMP_RET_DATA ? -(long)(answer & SECCOMP_RET_DATA) : 1;
	return LOADED;
}

TEST_TIMEOUT(random_programs_as_in_the_kernel, 120)
{
	struct seccomp_data here = call;
	volatile long *result =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	size_t accepted = 0, refused = 0;
	uint32_t state = 7;

	CHECK(result != MAP_FAILED);
	here.nr = SYS_getpid;
	for (size_t n = 0; n < 1500; n++) {
		struct sock_filter code[LENGTH];
		int status;
		pid_t pid;

		for (size_t i = 0; i < LENGTH; i++)
			code[i] = random_instruction(&state, LENGTH - i - 1);
		if (next_random(&state) % 8)
			code[LENGTH - 1] = (struct sock_filter)RET_A;
		*result = NOT_LOADED;
		pid = fork();
		if (pid == 0)
			try_in_kernel(code, result);
		CHECK_INT(waitpid(pid, &status, 0), pid);
		if (!filter_valid(code, LENGTH)) {
			CHECK_INT(*result, NOT_LOADED);
			refused++;
			continue;
		}
		CHECK_INT(*result, expected(filter_simulate(code, LENGTH, &here)));
		accepted++;
	}
	CHECK(accepted > 100 && refused > 100);
}
#endif
