/* SPDX-License-Identifier: ISC */
/* asked.h - where policies come from, and what a program carries */
#ifndef AMBIT_CHECK_ASKED_H
#define AMBIT_CHECK_ASKED_H

#include "../base/buf.h"
#include "../policy/policy.h"

/* By `ambit run`, over descriptors of its own: policy, program, answer. */
struct asked {
	int policy, program, answer;
};

/* "5,6,7" */
bool asked_parse(const char *text, struct asked *ret);
/* The policy becomes descriptor 0, the answer 1 and 2. */
bool asked_take(const struct asked *by);
/* The policy of a file; "-" is descriptor 0. */
enum ambit_code asked_policy(struct ambit_policy *p, const char *path,
			     struct ambit_error *err) MUST_CHECK;
/* What the program carries, as ambit-embed(1) writes it. */
enum ambit_code asked_show(const char *path, struct buf *out, struct ambit_error *err) MUST_CHECK;

#endif
