/* SPDX-License-Identifier: ISC */
/* matrix.h - the hosts and policies that every property of plans is tried on */
#ifndef AMBIT_TESTS_PLAN_MATRIX_H
#define AMBIT_TESTS_PLAN_MATRIX_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../src/base/fd.h"
#include "../tap.h"
#include "make.h"

static const char *const hosts[] = { "root-6.18",      "user-userns", "user-plain",
				     "container-root", "root-5.10",   "user-5.10",
				     "root-6.1",       "user-6.1",    "user-6.7",
				     "user-6.10",      "user-6.12",   "user-7.3",
				     "cgroup2",	       "cgroup1",     "no-listener",
				     "no-proc",	       "bare-kernel", "root-inherits",
				     "user-inherits",  "apparmor",    "apparmor-user" };

static const char *const policies[] = {
	"",
	"read /usr/share /etc/fonts\nwrite /var/cache/thumbs\nexec /usr/bin/convert\n",
	"read /home/u\nwrite /home/u/project\nhide /home/u/project/secret\ntmp 1M\n",
	"read /home/u\nmodify /home/u/project\ncreate /var/cache/thumbs\n",
	"connect tcp * 443\n",
	"connect tcp 192.0.2.7 443\nlisten tcp 8443\nconnect udp 10.0.0.0/8 53\n",
	"unix /run/postgresql/.s.PGSQL.5432\nspawn\n",
	"limit memory 256M\nlimit processes 16\nlimit open-files 64\nlimit cpu-time 10s\n"
	"limit wall-time 30s\nlimit file-size 1G\nlimit cpu 150%\nlimit stack 8M\n",
	"user nobody\ngroup audio\nspawn\nlimit memory 1G prefer\nlimit processes 9 prefer\n",
	"use compute\n",
	"jit\nterminal\nattributes\nenv LANG\nsyscall keyctl\n",
	"hide /home/u/project/secret prefer\nread /home/u\nconnect tcp 192.0.2.7 443 prefer\n",
	"need landlock prefer\nneed mount-view prefer\nneed seccomp prefer\nneed user-namespace "
	"prefer\n",
	"write /var/cache/thumbs\nneed namespaces off\nneed net-namespace must\n",
	"label thumbnailer\nneed time-namespace prefer\n",
};

enum { TEXT_MAX = 1 << 16 };
static const char program[] = "/usr/bin/cat";

static inline void load_host(struct made *m, const char *name)
{
	const char *source = getenv("SRC");
	char *text = malloc(TEXT_MAX);
	char path[1024];
	int r;

	(void)snprintf(path, sizeof(path), "%s/tests/plan/golden/%s.host", source ? source : ".",
		       name);
	r = fd_read_file(AT_FDCWD, path, text, TEXT_MAX);
	CHECK(r > 0);
	CHECK_INT(make_host(m, text, (size_t)r, NULL), AMBIT_OK);
	free(text);
}

/* Plan @policy and @more on @host; false when they contradict each other. */
static inline bool plan_on(struct made *m, const char *host, const char *policy, const char *more)
{
	struct ambit_error err = { 0 };
	enum ambit_code code;

	load_host(m, "files");
	load_host(m, host);
	code = make_policy(m, policy, strlen(policy), &err);
	if (code == AMBIT_OK)
		code = make_policy(m, more, strlen(more), &err);
	if (code == AMBIT_E_CONFLICT)
		return false;
	if (code == AMBIT_OK)
		code = make_plan(m, program, &err);
	if (code != AMBIT_OK)
		tap_fail(__FILE__, __LINE__, "%s: %s%s: %s", host, policy, more, err.text);
	return true;
}

/* A generator of our own: the same numbers in every run. */
static inline unsigned next_random(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(*state >> 33);
}

static inline int position(const struct ambit_plan *plan, enum ambit_layer layer, bool last)
{
	int found = -1;

	for (size_t i = 0; i < plan->step_count; i++)
		if (plan->steps[i].layer == layer && (last || found < 0))
			found = (int)i;
	return found;
}

static inline bool has_step(const struct ambit_plan *plan, enum ambit_layer layer)
{
	return position(plan, layer, false) >= 0;
}

#endif
