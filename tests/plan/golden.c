/* SPDX-License-Identifier: ISC */
/*
 * Golden plans: policies on hosts, compared byte for byte.
 *
 * golden/HOST.POLICY.txt is the plan of POLICY.policy on files.host and HOST.host, .json the same
 * for a program. A comment in a policy says how it is planned: "# program PATH", "# bare", "#
 * strict". Where no plan can be made the text holds the error. AMBIT_GOLDEN=update writes what the
 * planner says now: read the difference before it is committed.
 */
#include "make.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../src/base/buf.h"
#include "../../src/base/fd.h"
#include "../../src/base/str.h"
#include "../tap.h"

static const char *const hosts[] = {
	"root-6.18",	 "user-userns", "user-plain",	 "container-root", "root-5.10",
	"user-5.10",	 "root-6.1",	"user-6.1",	 "user-6.7",	   "user-6.10",
	"user-6.12",	 "user-7.3",	"cgroup2",	 "cgroup1",	   "no-listener",
	"no-proc",	 "bare-kernel", "root-inherits", "user-inherits",  "apparmor",
	"apparmor-user",
};
static const char *const policies[] = {
	"empty",    "none",	    "bare",	    "strict",	      "script",
	"files",    "nested",	    "hide",	    "hide-prefer",    "links",
	"finer",    "connect",	    "connect-port", "connect-prefer", "listen",
	"udp",	    "unix",	    "limits",	    "limits-spawn",   "limits-prefer",
	"user",	    "group-prefer", "compute",	    "compute-static", "jit",
	"terminal", "tmp",	    "need-must",    "need-prefer",    "need-off",
	"syscall",  "proc",	    "full",	    "inherit",	      "inherit-attributes",
	"label",    "label-prefer", "time",	    "time-prefer",
};
/* Refused before there is a plan. */
static const char *const refused[] = { "bad-user", "bad-path" };

enum { TEXT_MAX = 1 << 16 };

static const char *golden_directory(void)
{
	static char path[512];
	const char *source = getenv("SRC");

	(void)snprintf(path, sizeof(path), "%s/tests/plan/golden", source ? source : ".");
	return path;
}

/* The whole of a file of the golden directory; NULL when there is none. */
static char *slurp(const char *name, const char *suffix, size_t *ret_length)
{
	char path[1024];
	char *text = malloc(TEXT_MAX);
	int r;

	(void)snprintf(path, sizeof(path), "%s/%s%s", golden_directory(), name, suffix);
	r = fd_read_file(AT_FDCWD, path, text, TEXT_MAX);
	if (r < 0) {
		free(text);
		return NULL;
	}
	*ret_length = (size_t)r;
	return text;
}

static void write_golden(const char *name, const char *suffix, const struct buf *out)
{
	char path[1024];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s%s", golden_directory(), name, suffix);
	f = fopen(path, "we");
	CHECK(f && fwrite(out->data, 1, out->length, f) == out->length && fclose(f) == 0);
}

static void show_difference(const char *expected, const char *actual)
{
	unsigned line = 1;

	while (*expected || *actual) {
		size_t a = strcspn(expected, "\n"), b = strcspn(actual, "\n");

		if (a != b || memcmp(expected, actual, a) != 0) {
			NOTE("line %u was: %.*s", line, (int)a, expected);
			NOTE("line %u is:  %.*s", line, (int)b, actual);
			return;
		}
		expected += a + (expected[a] != '\0');
		actual += b + (actual[b] != '\0');
		line++;
	}
}

static void compare(const char *name, const char *suffix, const struct buf *out)
{
	const char *mode = getenv("AMBIT_GOLDEN");
	size_t length = 0;
	char *expected;

	CHECK(!out->failed);
	if (mode && str_equal(mode, "update")) {
		write_golden(name, suffix, out);
		return;
	}
	expected = slurp(name, suffix, &length);
	if (!expected)
		tap_fail(__FILE__, __LINE__, "%s%s is missing: AMBIT_GOLDEN=update makes it", name,
			 suffix);
	if (length != out->length || memcmp(expected, out->data, length) != 0) {
		show_difference(expected, buf_text(out));
		tap_fail(__FILE__, __LINE__, "%s%s differs", name, suffix);
	}
	free(expected);
}

static void load_host(struct made *m, const char *name)
{
	struct ambit_error err = { 0 };
	size_t length = 0;
	char *text = slurp(name, ".host", &length);

	CHECK(text != NULL);
	if (make_host(m, text, length, &err) != AMBIT_OK)
		tap_fail(__FILE__, __LINE__, "%s.host: %s", name, err.text);
	free(text);
}

/* What follows "# program " in the policy's comments, into @program; NULL for none. */
static const char *find_program(const char *text, char *program, size_t size)
{
	static const char mark[] = "# program ";
	const char *at = strstr(text, mark);

	if (!at)
		return NULL;
	at += sizeof(mark) - 1;
	(void)snprintf(program, size, "%.*s", (int)strcspn(at, "\n"), at);
	return program;
}

static enum ambit_code plan_one(struct made *m, const char *host, const char *policy,
				struct ambit_error *err)
{
	size_t length = 0;
	char *text = slurp(policy, ".policy", &length);
	char program[256];
	enum ambit_code code;

	CHECK(text != NULL);
	load_host(m, "files");
	load_host(m, host);
	code = make_policy(m, text, length, err);
	if (code != AMBIT_OK)
		tap_fail(__FILE__, __LINE__, "%s.policy: %s", policy, err->text);
	m->plan.bare = strstr(text, "# bare\n") != NULL;
	m->plan.strict = strstr(text, "# strict\n") != NULL;
	code = make_plan(m, find_program(text, program, sizeof(program)), err);
	free(text);
	return code;
}

static void check_plan(const char *host, const char *policy, bool json)
{
	struct made m = { 0 };
	struct ambit_error err = { 0 };
	struct buf out = { 0 };
	char name[128];

	(void)snprintf(name, sizeof(name), "%s.%s", host, policy);
	if (plan_one(&m, host, policy, &err) != AMBIT_OK)
		buf_add_format(&out, "%s\nhint: %s\n", err.text, err.hint);
	else if (json)
		plan_print_json(&m.plan, &out);
	else
		plan_print_text(&m.plan, false, &out);
	compare(name, json ? ".json" : ".txt", &out);
	buf_done(&out);
	made_done(&m);
}

TEST(one_policy_on_every_host)
{
	for (size_t i = 0; i < ARRAY_COUNT(hosts); i++)
		check_plan(hosts[i], "full", false);
}

TEST(nothing_granted_on_every_host)
{
	for (size_t i = 0; i < ARRAY_COUNT(hosts); i++)
		check_plan(hosts[i], "empty", false);
}

TEST(every_policy_as_root)
{
	for (size_t i = 0; i < ARRAY_COUNT(policies); i++)
		check_plan("root-6.18", policies[i], false);
}

TEST(every_policy_as_a_user)
{
	for (size_t i = 0; i < ARRAY_COUNT(policies); i++)
		check_plan("user-plain", policies[i], false);
}

TEST(limits_where_there_are_cgroups)
{
	static const char *const of[] = { "limits", "limits-spawn", "limits-prefer" };

	for (size_t i = 0; i < ARRAY_COUNT(of); i++) {
		check_plan("cgroup1", of[i], false);
		check_plan("cgroup2", of[i], false);
	}
}

TEST(network_by_kernel)
{
	static const char *const of[] = { "connect", "connect-port", "connect-prefer",
					  "listen",  "udp",	     "unix" };
	static const char *const on[] = { "user-5.10", "user-6.1", "user-6.7", "user-7.3",
					  "no-listener" };

	for (size_t i = 0; i < ARRAY_COUNT(of); i++)
		for (size_t j = 0; j < ARRAY_COUNT(on); j++)
			check_plan(on[j], of[i], false);
}

TEST(user_and_privilege_in_a_container)
{
	static const char *const of[] = { "user", "group-prefer", "compute", "syscall",
					  "need-must" };

	for (size_t i = 0; i < ARRAY_COUNT(of); i++) {
		check_plan("container-root", of[i], false);
		check_plan("user-userns", of[i], false);
	}
}

TEST(descriptors_of_the_caller)
{
	static const char *const of[] = { "inherit", "inherit-attributes", "terminal" };

	for (size_t i = 0; i < ARRAY_COUNT(of); i++) {
		check_plan("root-inherits", of[i], false);
		check_plan("user-inherits", of[i], false);
	}
}

TEST(labels_where_there_is_apparmor)
{
	static const char *const on[] = { "apparmor", "apparmor-user" };

	for (size_t i = 0; i < ARRAY_COUNT(on); i++) {
		check_plan(on[i], "label", false);
		check_plan(on[i], "label-prefer", false);
	}
	check_plan("root-5.10", "label", false);
	check_plan("container-root", "time", false);
	check_plan("user-userns", "time", false);
	check_plan("container-root", "time-prefer", false);
}

TEST(for_a_program)
{
	static const char *const on[] = { "root-6.18", "user-plain", "container-root",
					  "user-5.10" };

	for (size_t i = 0; i < ARRAY_COUNT(on); i++)
		check_plan(on[i], "full", true);
}

TEST(refused_before_there_is_a_plan)
{
	for (size_t i = 0; i < ARRAY_COUNT(refused); i++) {
		struct made m = { 0 };
		struct ambit_error err = { 0 };

		CHECK_INT(plan_one(&m, "root-6.18", refused[i], &err), AMBIT_E_POLICY);
		CHECK(err.line > 0);
		made_done(&m);
		check_plan("root-6.18", refused[i], false);
	}
}

static bool is_listed(const char *name, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (str_equal(list[i], name))
			return true;
	return str_equal(name, "files");
}

/* A file that no test looks at proves nothing. */
TEST(every_file_is_used)
{
	DIR *d = opendir(golden_directory());
	struct dirent *e;
	char name[256];

	CHECK(d != NULL);
	while ((e = readdir(d)) != NULL) {
		char *dot;
		bool used = true;

		(void)snprintf(name, sizeof(name), "%s", e->d_name);
		dot = strrchr(name, '.');
		if (e->d_name[0] == '.' || !dot)
			continue;
		*dot = '\0';
		if (str_equal(dot + 1, "host"))
			used = is_listed(name, hosts, ARRAY_COUNT(hosts));
		else if (str_equal(dot + 1, "policy"))
			used = is_listed(name, policies, ARRAY_COUNT(policies)) ||
			       is_listed(name, refused, ARRAY_COUNT(refused));
		if (!used)
			tap_fail(__FILE__, __LINE__, "no test uses %s", e->d_name);
	}
	(void)closedir(d);
}

/* The comparison can fail: a plan that lacks a step is told from the one that has it. */
TEST(a_difference_is_seen)
{
	struct made a = { 0 }, b = { 0 };
	struct buf x = { 0 }, y = { 0 };

	CHECK_INT(plan_one(&a, "root-6.18", "full", NULL), AMBIT_OK);
	CHECK_INT(plan_one(&b, "root-6.18", "full", NULL), AMBIT_OK);
	b.plan.step_count--;
	plan_print_text(&a.plan, false, &x);
	plan_print_text(&b.plan, false, &y);
	CHECK(!str_equal(buf_text(&x), buf_text(&y)));
	buf_done(&x);
	buf_done(&y);
	made_done(&a);
	made_done(&b);
}
