/* SPDX-License-Identifier: ISC */
/*
 * webserver_bare.c - examples/webserver without its policies, and its processes as they were
 *
 * In place of confine.c: no phase narrows anything, and a parser is a child that shares a page of
 * futexes and the bytes of a call with the server, as a worker of ambit does. What the difference
 * costs is what bench/webserver measures. And for tests: a control that can be taken over.
 */
#include "confine.h"

#include <linux/futex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

struct shared {
	uint32_t asked __attribute__((aligned(64)));
	uint32_t answered __attribute__((aligned(64)));
	struct batch batch;
	struct http_request requests[PARSER_BATCH];
};

struct parser {
	bool is_lost; /* nobody here starts another */
	struct shared *shared;
	int event_fd;
	struct http_request requests[PARSER_BATCH]; /* the caller's own copy */
};

void confine_enter(enum phase phase, const struct settings *settings, int listener)
{
	(void)phase;
	(void)settings;
	(void)listener;
}

void confine_prove(bool was_root)
{
	(void)was_root;
}

static void futex(uint32_t *word, int operation, uint32_t value)
{
	(void)syscall(SYS_futex, word, operation, value, NULL, NULL, 0);
}

__attribute__((noreturn)) static void be_parser(struct parser *p)
{
	struct shared *s = p->shared;

	(void)prctl(PR_SET_PDEATHSIG, 9);
	for (uint32_t seen = 0;; seen++) {
		const uint64_t one = 1;
		const char *head = s->batch.heads;

		while (__atomic_load_n(&s->asked, __ATOMIC_ACQUIRE) == seen)
			futex(&s->asked, FUTEX_WAIT, seen);
		for (uint32_t i = 0; i < s->batch.count; i++) {
			http_parse(head, s->batch.lengths[i], &s->requests[i]);
			head += s->batch.lengths[i];
		}
		__atomic_store_n(&s->answered, seen + 1, __ATOMIC_RELEASE);
		futex(&s->answered, FUTEX_WAKE, 1);
		(void)!write(p->event_fd, &one, sizeof(one)); /* nobody else to tell */
	}
}

struct parser *parser_new(void)
{
	struct parser *p = calloc(1, sizeof(*p));
	pid_t pid;

	if (!p)
		abort();
	p->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	p->shared = mmap(NULL, sizeof(*p->shared), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (p->event_fd < 0 || p->shared == MAP_FAILED)
		abort();
	pid = fork();
	if (pid == 0)
		be_parser(p);
	if (pid < 0)
		abort();
	return p;
}

void parser_free(struct parser *p)
{
	(void)munmap(p->shared, sizeof(*p->shared));
	(void)close(p->event_fd);
	free(p);
}

int parser_fd(const struct parser *p)
{
	return p->event_fd;
}

bool parser_begin(struct parser *p, const struct batch *batch)
{
	size_t length = offsetof(struct batch, heads);

	if (p->is_lost)
		return false;
	for (uint32_t i = 0; i < batch->count; i++)
		length += batch->lengths[i];
	memcpy(&p->shared->batch, batch, length);
	__atomic_store_n(&p->shared->asked, p->shared->asked + 1, __ATOMIC_RELEASE);
	futex(&p->shared->asked, FUTEX_WAKE, 1);
	return true;
}

void parser_replace(struct parser *p)
{
	p->is_lost = true;
}

const struct http_request *parser_end(struct parser *p, uint32_t count)
{
	uint64_t events;

	p->is_lost = read(p->event_fd, &events, sizeof(events)) < 0;
	if (p->is_lost)
		return NULL;
	memcpy(p->requests, p->shared->requests, count * sizeof(*p->requests));
	for (uint32_t i = 0; i < count; i++)
		p->is_lost |= !http_request_is_sane(&p->requests[i]);
	return p->is_lost ? NULL : p->requests;
}
