/* SPDX-License-Identifier: ISC */
/* Typed calls: each is the directive it stands for; header, table and map name the same ones. */
#include "../../src/base/fd.h"
#include "util.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#define CASE(text, call)                                                                           \
	do {                                                                                       \
		struct ambit_policy *p = ambit_policy_new();                                       \
		struct ambit_error err;                                                            \
                                                                                                   \
		NOTE("%s", #call);                                                                 \
		CHECK_INT(call, AMBIT_OK);                                                         \
		check_equal(p, text);                                                              \
		ambit_policy_free(p);                                                              \
	} while (0)

static void check_equal(const struct ambit_policy *p, const char *text)
{
	struct ambit_policy *q = ambit_policy_new();
	char *a = NULL, *b = NULL;

	CHECK_INT(ambit_policy_parse(q, text, strlen(text), "expected", NULL), AMBIT_OK);
	CHECK_INT(ambit_policy_print(p, &a, NULL), AMBIT_OK);
	CHECK_INT(ambit_policy_print(q, &b, NULL), AMBIT_OK);
	CHECK_STR(a, b);
	free(a);
	free(b);
	ambit_policy_free(q);
}

TEST(each_is_its_directive)
{
	CASE("read \"/a b\"\n", ambit_allow_read(p, "/a b", &err));
	CASE("write /w\n", ambit_allow_write(p, "/w", &err));
	CASE("modify /m\n", ambit_allow_modify(p, "/m", &err));
	CASE("create /c\n", ambit_allow_create(p, "/c", &err));
	CASE("exec /x\n", ambit_allow_exec(p, "/x", &err));
	CASE("hide /h\n", ambit_hide(p, "/h", &err));
	CASE("unix /run/s\n", ambit_allow_unix(p, "/run/s", &err));
	CASE("tmp 64M\n", ambit_allow_tmp(p, 64 << 20, &err));
	CASE("attributes\n", ambit_allow_attributes(p, &err));
	CASE("spawn\n", ambit_allow_spawn(p, &err));
	CASE("jit\n", ambit_allow_jit(p, &err));
	CASE("terminal\n", ambit_allow_terminal(p, &err));
	CASE("connect tcp 192.0.2.1 443\n",
	     ambit_allow_connect(p, AMBIT_TCP, "192.0.2.1", 443, 443, &err));
	CASE("connect udp 10.0.0.0/8 *\n",
	     ambit_allow_connect(p, AMBIT_UDP, "10.0.0.0/8", 0, 65535, &err));
	CASE("connect tcp * 8000-8010\n",
	     ambit_allow_connect(p, AMBIT_TCP, NULL, 8000, 8010, &err));
	CASE("listen tcp 8443\n", ambit_allow_listen(p, AMBIT_TCP, NULL, 8443, 8443, &err));
	CASE("listen tcp 127.0.0.1 0\n", ambit_allow_listen(p, AMBIT_TCP, "127.0.0.1", 0, 0, &err));
	CASE("limit memory 256M\n", ambit_limit_bytes(p, AMBIT_MEMORY, 256 << 20, &err));
	CASE("limit file-size 1M\n", ambit_limit_bytes(p, AMBIT_FILE_SIZE, 1 << 20, &err));
	CASE("limit stack 1M\n", ambit_limit_bytes(p, AMBIT_STACK, 1 << 20, &err));
	CASE("limit processes 16\n", ambit_limit_count(p, AMBIT_PROCESSES, 16, &err));
	CASE("limit open-files 64\n", ambit_limit_count(p, AMBIT_OPEN_FILES, 64, &err));
	CASE("limit cpu-time 10s\n", ambit_limit_time(p, AMBIT_CPU_TIME, 10000, &err));
	CASE("limit wall-time 1500ms\n", ambit_limit_time(p, AMBIT_WALL_TIME, 1500, &err));
	CASE("limit cpu 150%\n", ambit_limit_cpu(p, 150, &err));
	CASE("user nobody\n", ambit_set_user(p, "nobody", &err));
	CASE("group 7\n", ambit_set_group(p, "7", &err));
	CASE("keep-capability net_bind_service\n",
	     ambit_keep_capability(p, "net_bind_service", &err));
	CASE("label thumbnailer\n", ambit_set_label(p, "thumbnailer", &err));
	CASE("env LANG\n", ambit_pass_env(p, "LANG", &err));
	CASE("env \"A=b c\"\n", ambit_set_env(p, "A", "b c", &err));
	CASE("fd 3\n", ambit_pass_fd(p, 3, AMBIT_ANY, &err));
	CASE("fd 4 read\n", ambit_pass_fd(p, 4, AMBIT_READ_ONLY, &err));
	CASE("fd 5 write\n", ambit_pass_fd(p, 5, AMBIT_WRITE_ONLY, &err));
	CASE("broker log\n", ambit_allow_broker(p, "log", &err));
	CASE("on-denial kill\n", ambit_on_denial(p, AMBIT_DENIAL_KILL, &err));
	CASE("check-fails direct library\n",
	     ambit_check_fails(p, AMBIT_CHECK_LIBRARY | AMBIT_CHECK_DIRECT, &err));
	CASE("check-fails callback indirect\n",
	     ambit_check_fails(p, AMBIT_CHECK_INDIRECT | AMBIT_CHECK_CALLBACK, &err));
	CASE("check-fails none\n", ambit_check_fails(p, 0, &err));
	CASE("syscall keyctl\n", ambit_allow_syscall(p, "keyctl", &err));
	CASE("need user-namespace prefer\n", ambit_need(p, AMBIT_LAYER_USERNS, AMBIT_PREFER, &err));
	CASE("promises stdio rpath\n", ambit_allow_promises(p, "stdio rpath", &err));
	CASE("privileges basic,!net_access\n",
	     ambit_allow_privileges(p, "basic,!net_access", &err));
	CASE("use locale\n", ambit_use(p, "locale", &err));
}

/* What is one value stays one: no blank, quote or line end in it begins another word or line. */
TEST(values_are_not_text)
{
	struct ambit_policy *p = ambit_policy_new();
	struct ambit_error err;

	CHECK_INT(ambit_allow_connect(p, AMBIT_TCP, "192.0.2.1 443 prefer", 80, 80, &err),
		  AMBIT_E_POLICY);
	CHECK_INT(ambit_allow_connect(p, AMBIT_TCP, "192.0.2.1\nspawn", 80, 80, &err),
		  AMBIT_E_POLICY);
	CHECK_INT(ambit_keep_capability(p, "chown sys_admin", &err), AMBIT_E_POLICY);
	CHECK_INT(ambit_set_user(p, "nobody\nspawn", &err), AMBIT_E_POLICY);
	CHECK_INT(ambit_use(p, "locale shell", &err), AMBIT_E_POLICY);
	CHECK_INT(ambit_pass_env(p, "LD_PRELOAD=/x", &err), AMBIT_E_POLICY);
	CHECK_INT(ambit_pass_env(p, "LANG LD_PRELOAD", &err), AMBIT_E_POLICY);
	CHECK_INT(ambit_pass_env(p, "\"LANG\"", &err), AMBIT_E_POLICY);
	CHECK_INT(ambit_pass_env(p, "LANG # more", &err), AMBIT_E_POLICY);
	CHECK_INT(p->count, 0);
	CHECK_INT(ambit_allow_read(p, "/a\" /b", &err), AMBIT_OK);
	CHECK_INT(p->count, 1);
	CHECK_STR(p->grants[0].path, "/a\" /b");
	ambit_policy_free(p);
}

TEST(misuse_is_said)
{
	struct ambit_policy *p = ambit_policy_new();
	struct ambit_error err;

	CHECK_INT(ambit_allow_read(NULL, "/", NULL), AMBIT_E_USAGE);
	CHECK_INT(ambit_allow_read(p, NULL, NULL), AMBIT_E_USAGE);
	CHECK_INT(ambit_allow_spawn(NULL, NULL), AMBIT_E_USAGE);
	CHECK_INT(ambit_allow_connect(p, (enum ambit_protocol)9, NULL, 1, 1, NULL), AMBIT_E_USAGE);
	CHECK_INT(ambit_limit_bytes(p, (enum ambit_bytes)9, 1, NULL), AMBIT_E_USAGE);
	/* A compiler need not warn of these: they are not another limit by accident. */
	CHECK_INT(ambit_limit_count(p, (enum ambit_count)AMBIT_MEMORY, 1, NULL), AMBIT_E_USAGE);
	CHECK_INT(ambit_limit_bytes(p, (enum ambit_bytes)AMBIT_PROCESSES, 1, NULL), AMBIT_E_USAGE);
	CHECK_INT(ambit_limit_time(p, (enum ambit_time)AMBIT_STACK, 1, NULL), AMBIT_E_USAGE);
	CHECK_INT(ambit_limit_bytes(p, (enum ambit_bytes)AMBIT_CPU_TIME, 1, NULL), AMBIT_E_USAGE);
	CHECK_INT(ambit_pass_fd(p, -1, AMBIT_ANY, NULL), AMBIT_E_USAGE);
	CHECK_INT(ambit_need(p, AMBIT_LAYER_SECCOMP, (enum ambit_need)9, &err), AMBIT_E_USAGE);
	CHECK_STR(err.text, "need: there is no degree 9");
	CHECK_INT(ambit_on_denial(p, (enum ambit_denial)9, &err), AMBIT_E_USAGE);
	CHECK_STR(err.text, "on-denial: there is no reaction 9");
	CHECK_INT(ambit_on_denial(NULL, AMBIT_DENIAL_KILL, &err), AMBIT_E_USAGE);
	CHECK_STR(err.text, "on-denial: the policy, or a value it needs, is NULL");
	CHECK_INT(ambit_check_fails(p, 16, NULL), AMBIT_E_USAGE);
	CHECK_INT(ambit_check_fails(NULL, 1, NULL), AMBIT_E_USAGE);
	CHECK_INT(p->count, 0);
	ambit_policy_free(p);
}

/* What allow.h says of a file that is named. */
TEST(a_file_that_is_missing_is_not_found)
{
	struct ambit_policy *p = ambit_policy_new();

	CHECK_INT(ambit_include(p, "/nonexistent/x.ambit", NULL), AMBIT_E_NOT_FOUND);
	CHECK_INT(p->count, 0);
	ambit_policy_free(p);
}

/* ---- drift --------------------------------------------------------------------------------- */

static char *header_text(void)
{
	char *text = calloc(1, 1 << 16);
	char path[1024];
	const char *source = getenv("SRC");

	if (!source)
		SKIP("SRC is not set: there is no header to compare with");
	(void)snprintf(path, sizeof(path), "%s/include/ambit/allow.h", source);
	CHECK(fd_read_file(AT_FDCWD, path, text, 1 << 16) > 0);
	return text;
}

TEST(each_row_names_its_calls)
{
	char *header = header_text();
	size_t named = 0, declared = 0;

	for (int i = 0; i < RIGHT_COUNT; i++) {
		const struct right_row *row = right_row((enum right)i);
		char names[256], *save = NULL;

		if (row->flags & ROW_HIDDEN)
			continue;
		NOTE("%s", row->keyword);
		CHECK(row->call != NULL);
		(void)snprintf(names, sizeof(names), "%s", row->call);
		for (char *n = strtok_r(names, " ", &save); n; n = strtok_r(NULL, " ", &save)) {
			char declaration[128];

			(void)snprintf(declaration, sizeof(declaration), "%s(", n);
			CHECK_HAS(header, declaration);
			named++;
		}
	}
	for (const char *at = header; (at = strstr(at, "AMBIT_EXPORT")); at++)
		declared++;
	CHECK_INT(declared, named);
	free(header);
}
