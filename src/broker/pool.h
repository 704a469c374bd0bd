/* SPDX-License-Identifier: ISC */
/* pool.h - several workers of one function */
#ifndef AMBIT_BROKER_POOL_H
#define AMBIT_BROKER_POOL_H

#include "../base/err.h"

enum ambit_code pool_new(const struct ambit_policy *policy, ambit_worker_fn *function,
			 const struct ambit_worker_options *options, size_t count,
			 struct ambit_pool **ret, struct ambit_error *err) MUST_CHECK;
enum ambit_code pool_call(struct ambit_pool *pool, const void *in, size_t in_length,
			  struct ambit_untrusted *ret, uint64_t until_us,
			  struct ambit_error *err) MUST_CHECK;
void pool_free(struct ambit_pool *pool);

#endif
