/* SPDX-License-Identifier: ISC */
/*
 * worker_inside.c - the worker's own side: from the constructor to the end
 *
 * It runs in the program's own image before main, already confined. A worker for single calls
 * (FRESH) stays as it was born and forks for each: the process of a call has neither the control
 * page nor any descriptor of ours, and may not fork unless the policy says spawn.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../base/fd.h"
#include "../base/num.h"
#include "../base/sys.h"
#include "worker.h"
#include "worker_wire.h"

struct ambit_reply {
	unsigned char *data;
	size_t length, maximum;
};

/*
 * The program's functions, in a list that only constructors write, before there is a second thread;
 * main() and all that it starts read it.
 */
static struct ambit_worker_entry *entries;

const struct ambit_worker_entry *worker_entry_of(ambit_worker_fn *function)
{
	for (const struct ambit_worker_entry *e = entries; e; e = e->next)
		if (e->function == function)
			return e;
	return NULL;
}

/* ---- the reply ----------------------------------------------------------------------------- */

void *worker_reply_room(struct ambit_reply *reply, size_t length)
{
	reply->length = length <= reply->maximum ? length : 0;
	return length <= reply->maximum ? reply->data : NULL;
}

int worker_reply_format(struct ambit_reply *reply, const char *format, va_list args)
{
	int n = vsnprintf((char *)reply->data, reply->maximum, format, args);

	/* The final NUL needs room, too, but is not sent. */
	if (n < 0 || (size_t)n >= reply->maximum) {
		reply->length = 0;
		return -1;
	}
	reply->length = (size_t)n;
	return 0;
}

/* ---- one call ------------------------------------------------------------------------------ */

static void run_function(const struct worker_inside *w, size_t in_length, uint64_t max_in,
			 uint64_t max_out)
{
	struct worker_header *header = (void *)w->data;
	struct ambit_reply reply = { .data = w->data + worker_out_at(max_in), .maximum = max_out };

	header->result = w->function(w->data + worker_in_at(), in_length, &reply);
	header->out_length = reply.length;
}

/* Threads only. The filter of the policy stands above: it knows architectures and clone3. */
static int forbid_processes(void)
{
	static const struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
#ifdef __x86_64__
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_fork, 4, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_vfork, 3, 0),
#endif
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args)),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { ARRAY_COUNT(code), (struct sock_filter *)(uintptr_t)code };

	return sys_seccomp(SECCOMP_SET_MODE_FILTER, 0, &prog);
}

/* @parent: whose end is ours, too. */
__attribute__((noreturn)) static void be_one_call(struct worker_inside *w, pid_t parent)
{
	const size_t in_length = (size_t)w->control->in_length;
	const uint64_t max_in = w->control->max_in, max_out = w->control->max_out;
	const bool may_spawn = w->control->may_spawn != 0;

	fd_close(&w->event_fd);
	if (sys_prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 || sys_getppid() != parent)
		_exit(EXIT_FAILURE);
	if ((!may_spawn && forbid_processes() < 0) || worker_prune(w->control) < 0 ||
	    munmap(w->control, WORKER_PAGE) < 0)
		_exit(EXIT_FAILURE);
	run_function(w, in_length, max_in, max_out);
	_exit(EXIT_SUCCESS);
}

/* In a process of its own; its wait status. */
static int run_fresh(struct worker_inside *w)
{
	const pid_t self = sys_getpid();
	int status = 0, r;
	pid_t pid = fork();

	if (pid == 0)
		be_one_call(w, self);
	if (pid < 0)
		return SIGKILL; /* as if it had not come far */
	do
		r = sys_wait4(pid, &status, 0, NULL);
	while (r == -EINTR);
	return r < 0 ? SIGKILL : status;
}

void worker_inside_serve(struct worker_inside *w)
{
	struct worker_control *c = w->control;
	uint32_t seen = 0;

	if (!c->fresh && worker_prune(c) < 0)
		_exit(EXIT_FAILURE);
	for (;;) {
		bool polled;

		IGNORE_RESULT(
			worker_wait(&c->request, seen, c->spin_us, 0)); /* without a deadline */
		seen = __atomic_load_n(&c->request.value, __ATOMIC_ACQUIRE);
		polled = c->wants_event != 0; /* once answered it belongs to the next call */
		if (c->fresh)
			c->wait_status = run_fresh(w);
		else
			run_function(w, (size_t)c->in_length, c->max_in, c->max_out);
		worker_tell(&c->answered, seen);
		if (polled)
			(void)!write(w->event_fd, "", 1); /* nobody to tell */
	}
}

/* ---- becoming a worker --------------------------------------------------------------------- */

static const char *take_number(const char *text, int *ret)
{
	size_t n = strspn(text, "0123456789");
	uint64_t value;

	if (num_parse(text, n, INT32_MAX, &value) < 0)
		return NULL;
	*ret = (int)value;
	return text + n + (text[n] == ':');
}

static int map(int fd, size_t size, void **ret)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	const int r = at == MAP_FAILED ? -errno : 0;

	(void)close(fd);
	*ret = r < 0 ? NULL : at;
	return r;
}

int worker_inside_map(struct worker_inside *w, int control_fd, int data_fd)
{
	void *at = NULL;
	int r = map(control_fd, WORKER_PAGE, &at);

	w->control = at;
	if (r < 0)
		return r;
	if (w->control->magic != WORKER_MAGIC)
		return -EPROTO;
	w->data_size = worker_data_size(w->control->max_in, w->control->max_out);
	r = map(data_fd, w->data_size, &at);
	w->data = at;
	return r;
}

static void become(const struct ambit_worker_entry *entry, const char *text)
{
	struct worker_inside w = { .function = entry->function, .event_fd = -1 };
	int control = -1, data = -1;

	text = take_number(text, &control);
	text = text ? take_number(text, &data) : NULL;
	text = text ? take_number(text, &w.event_fd) : NULL;
	if (!text || worker_inside_map(&w, control, data) < 0)
		_exit(EXIT_FAILURE);
	worker_inside_serve(&w);
}

void worker_register(struct ambit_worker_entry *entry)
{
	/* secure: a program with more rights than its caller is what its file says. */
	const char *text = secure_getenv(WORKER_VARIABLE);
	size_t n = strlen(entry->name);

	entry->next = entries;
	entries = entry;
	if (text && strncmp(text, entry->name, n) == 0 && text[n] == ':')
		become(entry, text + n + 1);
}
