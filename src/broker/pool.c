/* SPDX-License-Identifier: ISC */
/* pool.c - workers of one function, for several threads at once */
#include "pool.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "worker.h"
#include "worker_wire.h"

enum { POOL_MAX = 256 };

struct ambit_pool {
	pthread_mutex_t lock;
	pthread_cond_t freed;
	size_t count, free_count;
	struct ambit_worker *workers[POOL_MAX]; /* owned */
	struct ambit_worker *free[POOL_MAX];
};

static enum ambit_code begin(struct ambit_pool *pool, struct ambit_error *err)
{
	pthread_condattr_t attributes;
	int r = pthread_condattr_init(&attributes);

	if (!r)
		r = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	if (!r)
		r = pthread_cond_init(&pool->freed, &attributes);
	if (!r)
		r = pthread_mutex_init(&pool->lock, NULL);
	return r ? err_set(err, AMBIT_E_RESOURCE, AMBIT_LAYER_RUN, r, "cannot make a pool")
		 : AMBIT_OK;
}

enum ambit_code pool_new(const struct ambit_policy *policy, ambit_worker_fn *function,
			 const struct ambit_worker_options *options, size_t count,
			 struct ambit_pool **ret, struct ambit_error *err)
{
	struct ambit_pool *pool;
	enum ambit_code code;

	if (count < 1 || count > POOL_MAX)
		return err_set(err, AMBIT_E_USAGE, AMBIT_LAYER_RUN, 0,
			       "a pool has from 1 to %d workers, not %zu", POOL_MAX, count);
	pool = calloc(1, sizeof(*pool));
	if (!pool)
		return err_memory(err, AMBIT_LAYER_RUN);
	code = begin(pool, err);
	if (code != AMBIT_OK) {
		free(pool);
		return code;
	}
	for (; pool->count < count && code == AMBIT_OK; pool->count += code == AMBIT_OK)
		code = worker_new(policy, function, options, &pool->workers[pool->count], err);
	for (size_t i = 0; i < pool->count; i++)
		pool->free[pool->free_count++] = pool->workers[i];
	if (code != AMBIT_OK) {
		pool_free(pool);
		return code;
	}
	*ret = pool;
	return AMBIT_OK;
}

void pool_free(struct ambit_pool *pool)
{
	bool is_own;

	if (!pool)
		return;
	/* In a child threads seem to wait that are not there, and would be waited for. */
	is_own = !pool->count || worker_is_own(pool->workers[0]);
	for (size_t i = 0; i < pool->count; i++)
		worker_free(pool->workers[i]);
	if (is_own) {
		(void)pthread_cond_destroy(&pool->freed);
		(void)pthread_mutex_destroy(&pool->lock);
	}
	free(pool);
}

/* The one that was used last: its pages are warm. NULL when the deadline passes first. */
static struct ambit_worker *take(struct ambit_pool *pool, uint64_t until_us)
{
	const struct timespec until = { (time_t)(until_us / 1000000),
					(long)(until_us % 1000000 * 1000) };
	struct ambit_worker *w = NULL;
	int r = 0;

	(void)pthread_mutex_lock(&pool->lock);
	while (!pool->free_count && r == 0)
		r = until_us ? pthread_cond_timedwait(&pool->freed, &pool->lock, &until)
			     : pthread_cond_wait(&pool->freed, &pool->lock);
	if (pool->free_count)
		w = pool->free[--pool->free_count];
	(void)pthread_mutex_unlock(&pool->lock);
	return w;
}

/* One whose process has yet to end is taken last: a call would wait for that. */
static void give_back(struct ambit_pool *pool, struct ambit_worker *w)
{
	struct ambit_worker **const all = pool->free;

	(void)pthread_mutex_lock(&pool->lock);
	all[pool->free_count++] = w;
	if (worker_is_ending(w)) {
		memmove(all + 1, all, (pool->free_count - 1) * sizeof(*all));
		all[0] = w;
	}
	(void)pthread_cond_signal(&pool->freed);
	(void)pthread_mutex_unlock(&pool->lock);
}

enum ambit_code pool_call(struct ambit_pool *pool, const void *in, size_t in_length,
			  struct ambit_untrusted *ret, uint64_t until_us, struct ambit_error *err)
{
	struct ambit_worker *w;
	enum ambit_code code;

	/* In a child the lock may be another thread's, for ever: no worker of it serves, anyhow. */
	if (!worker_is_own(pool->workers[0]))
		return worker_begin(pool->workers[0], in, in_length, false, until_us, err);
	w = take(pool, until_us);
	if (!w)
		return err_set(err, AMBIT_E_TIMEOUT, AMBIT_LAYER_RUN, 0,
			       "no worker of the pool was free in time");
	code = worker_begin(w, in, in_length, false, until_us, err);
	if (code == AMBIT_OK)
		code = worker_end(w, ret, until_us, err);
	give_back(pool, w);
	return code;
}
