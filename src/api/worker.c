/* SPDX-License-Identifier: ISC */
/* worker.c - exported functions on workers and pools */
#include <stdio.h>
#include <string.h>

#include "../broker/pool.h"
#include "../broker/worker.h"
#include "api.h"

static enum ambit_code usage(struct ambit_error *err)
{
	return err_set(err, AMBIT_E_USAGE, AMBIT_LAYER_RUN, 0,
		       "a worker, its policy, function, request or answer is NULL");
}

void ambit_worker_register(struct ambit_worker_entry *entry)
{
	worker_register(entry);
}

/* ---- inside the worker --------------------------------------------------------------------- */

int ambit_reply_set(struct ambit_reply *reply, const void *data, size_t length)
{
	void *room = worker_reply_room(reply, length);

	if (room && length)
		memcpy(room, data, length);
	return room ? 0 : -1;
}

void *ambit_reply_room(struct ambit_reply *reply, size_t length)
{
	return worker_reply_room(reply, length);
}

int ambit_reply_printf(struct ambit_reply *reply, const char *format, ...)
{
	va_list args;
	int r;

	va_start(args, format);
	r = worker_reply_format(reply, format, args);
	va_end(args);
	return r;
}

/* ---- the caller ---------------------------------------------------------------------------- */

enum ambit_code ambit_worker_new(const struct ambit_policy *policy, ambit_worker_fn *function,
				 const struct ambit_worker_options *options,
				 struct ambit_worker **ret_worker, struct ambit_error *err)
{
	ERR_BEGIN(err);
	if (!policy || !ret_worker)
		return usage(err);
	return worker_new(policy, function, options, ret_worker, err);
}

void ambit_worker_free(struct ambit_worker *worker)
{
	worker_free(worker);
}

void ambit_worker_replace(struct ambit_worker *worker)
{
	if (worker)
		worker_replace(worker);
}

enum ambit_code ambit_call(struct ambit_worker *worker, const void *in, size_t in_length,
			   struct ambit_untrusted *ret_answer, int timeout_ms,
			   struct ambit_error *err)
{
	const uint64_t until_us = worker_deadline(timeout_ms);
	enum ambit_code code;

	ERR_BEGIN(err);
	if (!worker || !ret_answer || (!in && in_length))
		return usage(err);
	code = worker_begin(worker, in, in_length, false, until_us, err);
	return code == AMBIT_OK ? worker_end(worker, ret_answer, until_us, err) : code;
}

enum ambit_code ambit_call_begin(struct ambit_worker *worker, const void *in, size_t in_length,
				 struct ambit_error *err)
{
	ERR_BEGIN(err);
	if (!worker || (!in && in_length))
		return usage(err);
	return worker_begin(worker, in, in_length, true, 0, err);
}

enum ambit_code ambit_call_end(struct ambit_worker *worker, struct ambit_untrusted *ret_answer,
			       int timeout_ms, struct ambit_error *err)
{
	ERR_BEGIN(err);
	if (!worker || !ret_answer)
		return usage(err);
	return worker_end(worker, ret_answer, worker_deadline(timeout_ms), err);
}

int ambit_worker_fd(const struct ambit_worker *worker)
{
	return worker ? worker_fd(worker) : -1;
}

enum ambit_code ambit_pool_new(const struct ambit_policy *policy, ambit_worker_fn *function,
			       const struct ambit_worker_options *options, size_t count,
			       struct ambit_pool **ret_pool, struct ambit_error *err)
{
	ERR_BEGIN(err);
	if (!policy || !ret_pool)
		return usage(err);
	return pool_new(policy, function, options, count, ret_pool, err);
}

enum ambit_code ambit_pool_call(struct ambit_pool *pool, const void *in, size_t in_length,
				struct ambit_untrusted *ret_answer, int timeout_ms,
				struct ambit_error *err)
{
	ERR_BEGIN(err);
	if (!pool || !ret_answer || (!in && in_length))
		return usage(err);
	return pool_call(pool, in, in_length, ret_answer, worker_deadline(timeout_ms), err);
}

void ambit_pool_free(struct ambit_pool *pool)
{
	pool_free(pool);
}
