/* SPDX-License-Identifier: ISC */
/*
 * worker_inside.c - the worker's own side: from the constructor to the end
 *
 * It runs in the program's own image before main, already confined. Where the first process keeps
 * others, those are forked from it as it was born: see worker_keep.c.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../base/fd.h"
#include "../base/sys.h"
#include "self.h"
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

int worker_entry_nth(const struct ambit_worker_entry *entry)
{
	int nth = 0;

	for (const struct ambit_worker_entry *e = entry->next; e; e = e->next)
		nth += strcmp(e->name, entry->name) == 0;
	return nth;
}

/* ---- the reply ----------------------------------------------------------------------------- */

void *worker_reply_room(struct ambit_reply *reply, size_t length)
{
	if (!reply)
		return NULL;
	reply->length = length <= reply->maximum ? length : 0;
	return length <= reply->maximum ? reply->data : NULL;
}

int worker_reply_format(struct ambit_reply *reply, const char *format, va_list args)
{
	int n;

	if (!reply || !format)
		return -1;
	/* The final NUL needs room, too, but is not sent: the memory has a byte for it. */
	n = vsnprintf((char *)reply->data, reply->maximum + 1, format, args);
	if (n < 0 || (size_t)n > reply->maximum) {
		reply->length = 0;
		return -1;
	}
	reply->length = (size_t)n;
	return 0;
}

/* ---- calls --------------------------------------------------------------------------------- */

void worker_inside_run(const struct worker_inside *w, size_t in_length, uint64_t max_in,
		       uint64_t max_out)
{
	struct worker_header *header = (void *)w->data;
	struct ambit_reply reply = { .data = w->data + worker_out_at(max_in), .maximum = max_out };

	header->result = w->function(w->data + worker_in_at(), in_length, &reply);
	header->out_length = reply.length;
}

void worker_inside_serve(struct worker_inside *w)
{
	struct worker_control *c = w->control;
	uint32_t seen = 0;

	if (worker_prune(c) < 0)
		_exit(EXIT_FAILURE);
	for (;;) {
		bool polled;

		IGNORE_RESULT(
			worker_wait(&c->request, seen, c->spin_us, 0)); /* without a deadline */
		seen = __atomic_load_n(&c->request.value, __ATOMIC_ACQUIRE);
		polled = c->wants_event != 0; /* once answered it belongs to the next call */
		worker_inside_run(w, (size_t)c->in_length, c->max_in, c->max_out);
		worker_tell(&c->answered, seen);
		if (polled)
			(void)!write(w->event_fd, "", 1); /* nobody to tell */
	}
}

void worker_inside_begin(struct worker_inside *w)
{
	if (w->keeping)
		worker_keep(w);
	worker_inside_serve(w);
}

/* ---- becoming a worker --------------------------------------------------------------------- */

static int map(int fd, size_t size, void **ret)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	const int r = at == MAP_FAILED ? -errno : 0;

	(void)close(fd);
	*ret = r < 0 ? NULL : at;
	return r;
}

int worker_inside_map(struct worker_inside *w, int control_fd, int data_fd, int keeping_fd)
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
	if (r < 0 || !keeping_fd)
		return r;
	r = map(keeping_fd, WORKER_PAGE, &at);
	w->keeping = at;
	return r < 0 ? r : w->keeping->magic == WORKER_MAGIC ? 0 : -EPROTO;
}

static void become(const struct ambit_worker_entry *entry, const char *text)
{
	struct worker_inside w = { .function = entry->function };
	int control = -1, data = -1, keeping = -1;
	int *const numbers[] = { &control, &data, &w.event_fd, &keeping, &w.order_fd, &w.end_fd };

	for (size_t i = 0; i < ARRAY_COUNT(numbers) && text; i++)
		text = self_take_number(text, numbers[i]);
	if (!text || worker_inside_map(&w, control, data, keeping) < 0)
		_exit(EXIT_FAILURE);
	worker_inside_begin(&w);
}

void worker_register(struct ambit_worker_entry *entry)
{
	const char *text;

	entry->next = entries;
	entries = entry;
	text = self_told(WORKER_VARIABLE, entry->name, worker_entry_nth(entry));
	if (text)
		become(entry, text);
}
