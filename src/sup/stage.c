/* SPDX-License-Identifier: ISC */
/*
 * stage.c - the freestanding image: the first thing that runs in the child
 *
 * It is linked without a libc: no start-up code (that of glibc alone costs 0.27 ms in a virtual
 * machine, bench/NOTES.md), no allocator, no locks, and nothing of the caller's memory. argv[1]
 * is the number of the descriptor that holds the kit, argv[2] that of the pipe for a report. It
 * becomes the leader, or, where nothing has to stay, the program itself.
 */
#include <sys/mman.h>
#include <sys/stat.h>

#include "../layer/child.h"
#include "../run/processor.h"
#include "leader.h"

/* The compiler may call these two even in freestanding code. */
void *memset(void *to, int value, size_t length);
void *memcpy(void *restrict to, const void *restrict from, size_t length);

void *memset(void *to, int value, size_t length)
{
	volatile char *p = to;

	for (size_t i = 0; i < length; i++)
		p[i] = (char)value;
	return to;
}

void *memcpy(void *restrict to, const void *restrict from, size_t length)
{
	volatile char *p = to;
	const char *q = from;

	for (size_t i = 0; i < length; i++)
		p[i] = q[i];
	return to;
}

/* argv and envp come as offsets; the kernel wants pointers. */
static void point(struct kit *kit, uint32_t table)
{
	uint64_t *entry = (uint64_t *)(void *)((char *)kit + table);

	for (; table && *entry; entry++)
		*entry += (uint64_t)(uintptr_t)kit;
}

static int map_kit(int fd, struct kit **ret, struct kit **ret_shared)
{
	struct stat st;
	struct kit *kit;
	int r = sys_fstat(fd, &st);

	if (r < 0)
		return r;
	if ((size_t)st.st_size < sizeof(*kit))
		return -EPROTO;
	kit = sys_mmap((size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, &r);
	if (r >= 0)
		*ret_shared = sys_mmap(sizeof(*kit), PROT_READ | PROT_WRITE, MAP_SHARED, fd, &r);
	(void)sys_close(fd);
	if (r < 0)
		return r;
	if (kit->magic != KIT_MAGIC || kit->size > (size_t)st.st_size)
		return -EPROTO;
	point(kit, kit->argv);
	point(kit, kit->envp);
	*ret = kit;
	return 0;
}

static int number(const char *text)
{
	int value = 0;

	for (; text && *text >= '0' && *text <= '9' && value < 1000000; text++)
		value = value * 10 + (*text - '0');
	return value;
}

/* Descriptors of ours never reach the program, whatever the policy says of others. */
static int close_on_exec(const struct kit *kit)
{
	const int fds[] = { kit->report_fd, kit->control_fd, kit->judge_fd, kit->judge_peer_fd,
			    kit->kill_fd };
	int r = 0;

	for (size_t i = 0; i < ARRAY_COUNT(fds) && r >= 0; i++)
		if (fds[i] >= 0)
			r = sys_fcntl(fds[i], F_SETFD, FD_CLOEXEC);
	return r;
}

__attribute__((used, noreturn)) void stage_main(long *stack);

void stage_main(long *stack)
{
	long argc = stack[0];
	char **argv = (char **)(stack + 1);
	struct kit none = { .report_fd = argc >= 3 ? number(argv[2]) : -1, .kill_fd = -1 };
	struct kit *kit = &none, *shared = NULL;
	struct child child;
	int r = argc >= 3 ? map_kit(number(argv[1]), &kit, &shared) : -EPROTO;

	if (r >= 0)
		r = processor_leave(kit);
	if (r >= 0)
		r = close_on_exec(kit);
	child_init(&child, kit);
	child.left = shared ? &shared->left : NULL;
	child.is_next = shared ? &shared->is_next : NULL;
	if (r < 0) {
		child_report(&child, NULL, WHERE_START, false, r);
		child_end(&child);
	}
	if (kit->leader)
		leader_main(kit, child.left);
	child.leader_pid = (int)kit->caller_pid;
	if (child_leader(&child) >= 0)
		IGNORE_RESULT(child_program(&child)); /* reported through the pipe */
	child_end(&child);
}

#if defined(__x86_64__)
__asm__(".globl _start\n"
	"_start:\n\t"
	"xor %ebp, %ebp\n\t"
	"mov %rsp, %rdi\n\t"
	"and $-16, %rsp\n\t"
	"call stage_main\n\t"
	"hlt\n");
#elif defined(__aarch64__)
__asm__(".globl _start\n"
	"_start:\n\t"
	"mov x29, xzr\n\t"
	"mov x30, xzr\n\t"
	"mov x0, sp\n\t"
	"and sp, x0, #-16\n\t"
	"bl stage_main\n\t"
	"brk #1\n");
#endif
