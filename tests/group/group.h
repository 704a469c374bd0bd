/* SPDX-License-Identifier: ISC */
/* group.h - what the tests of groups and of channels share */
#ifndef AMBIT_TESTS_GROUP_H
#define AMBIT_TESTS_GROUP_H

#include "../../include/ambit.h"
#include "../tap.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MUST(call)                                                                                 \
	do {                                                                                       \
		struct ambit_error must = { 0 };                                                   \
		if ((call) != AMBIT_OK)                                                            \
			tap_fail(__FILE__, __LINE__, "%s: %s (%s)", #call, must.text, must.hint);  \
	} while (0)

static inline int open_descriptors(void)
{
	int count = 0;

	for (int fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

static inline void add(struct ambit_group *g, const char *name, const char *policy,
		       ambit_process_fn *function, const struct ambit_process_options *options)
{
	struct ambit_policy *p = ambit_policy_new();

	MUST(ambit_policy_parse(p, policy, strlen(policy), "test", &must));
	MUST(ambit_group_add(g, name, p, function, options, &must));
	ambit_policy_free(p);
}

/* Nothing runs any more, nothing is open that was not before. */
static inline void check_nothing_left(int open_before)
{
	CHECK_INT(open_descriptors(), open_before);
	CHECK(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
}

#endif
