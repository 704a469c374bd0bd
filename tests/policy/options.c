/* SPDX-License-Identifier: ISC */
/* Directives as options: --keyword 'the rest of the line'. */
#include "util.h"

#include <unistd.h>

#include "../../src/base/str.h"

static const struct {
	const char *keyword, *argument, *printed;
} good[] = {
	{ "read", "/a b", "read \"/a b\"\n" },
	{ "read", "/a optional", "read \"/a optional\"\n" },
	{ "read", "/a/*", "read \"/a/*\"\n" },
	{ "read", "/#", "read \"/#\"\n" },
	{ "write", "x", "write /usr/share/x\n" },
	{ "exec", "../x", "exec /usr/x\n" },
	{ "hide", "~/x", "hide /home/me/x\n" },
	{ "unix", "/a\"b", "unix \"/a\\\"b\"\n" },
	{ "connect", "tcp 127.0.0.1 80", "connect tcp 127.0.0.1 80\n" },
	{ "connect", "udp * 53 prefer # comment", "connect udp * 53 prefer\n" },
	{ "listen", "tcp 80", "listen tcp 80\n" },
	{ "limit", "memory 1M", "limit memory 1M\n" },
	{ "tmp", "64M", "tmp 64M\n" },
	{ "env", "A=b c", "env \"A=b c\"\n" },
	{ "env", "A B", "env A\nenv B\n" },
	{ "user", "nobody", "user nobody\n" },
	{ "spawn", NULL, "spawn\n" },
	{ "spawn", "", "spawn\n" },
	{ "syscall", "ioctl { arg 1 = 2 }", "syscall ioctl {\n\targ 1 = 0x2\n}\n" },
	{ "syscall", "ioctl {\n arg 1 = 2\n answer EPERM\n}\n",
	  "syscall ioctl {\n\targ 1 = 0x2\n\tanswer EPERM\n}\n" },
	{ "use", "compute", "use compute\n" },
};

TEST(good_options)
{
	CHECK_INT(setenv("HOME", "/home/me", 1), 0);
	CHECK_INT(chdir("/usr/share"), 0);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct ambit_policy p = { 0 };
		struct ambit_error err = { 0 };

		if (policy_add_directive(&p, good[i].keyword, good[i].argument, &err) != AMBIT_OK)
			tap_fail(good[i].printed, 0, "refused: %s", err.text);
		check_prints(&p, good[i].printed);
		CHECK_INT(p.grants[0].origin.line, 0);
		CHECK(str_starts(p.grants[0].origin.file, "--"));
		policy_done(&p);
	}
}

static const struct {
	const char *keyword, *argument;
	enum ambit_code code;
	const char *text, *hint;
} bad[] = {
	{ "raed", "/x", AMBIT_E_POLICY, "--raed: unknown keyword 'raed'", "did you mean 'read'?" },
	{ "compute", NULL, AMBIT_E_POLICY, "--compute: unknown keyword 'compute'",
	  "write: use compute" },
	{ "\x1b", NULL, AMBIT_E_POLICY, "--\\x1b: unknown keyword '\\x1b'",
	  "'ambit help' lists the keywords" },
	{ "", NULL, AMBIT_E_POLICY, "--: unknown keyword ''", "'ambit help' lists the keywords" },
	{ "read", NULL, AMBIT_E_POLICY, "--read: 'read' needs more words after it",
	  "write: read PATH..., as in: read /usr/share/fonts /etc/fonts" },
	{ "read", "", AMBIT_E_POLICY, "--read: empty path ''",
	  "write . for the working directory" },
	{ "read", "/a/../b", AMBIT_E_POLICY, "--read: '..' inside a path: '/a/../b'",
	  "write the path without it; it stands only at the front of a relative path" },
	{ "connect", "tcp 127.1 80", AMBIT_E_POLICY, "--connect: not an IPv4 address: '127.1'",
	  "write it in full: 127.0.0.1" },
	{ "spawn", "now", AMBIT_E_POLICY, "--spawn: 'now' is one word too many for 'spawn'",
	  "write: spawn" },
	{ "limit", "memory 1M\nlimit memory 2M", AMBIT_E_POLICY, "--limit: more than one directive",
	  "give the option once for each" },
	{ "syscall", "a { } b", AMBIT_E_POLICY, "--syscall: more than one directive",
	  "give the option once for each" },
	{ "syscall", "a { }\n}", AMBIT_E_POLICY, "--syscall: more than one directive",
	  "give the option once for each" },
	{ "syscall", "a }", AMBIT_E_POLICY, "--syscall: this is not one directive",
	  "give the option once for each" },
	{ "syscall", "a {", AMBIT_E_POLICY, "--syscall: block without end",
	  "close it with '}' on a line of its own" },
	{ "user", "\"x", AMBIT_E_POLICY, "--user: quote without end",
	  "a quoted word ends on the line it begins" },
	{ "user", "a", AMBIT_E_CONFLICT, "--user: 'user a' contradicts 'user before' at t:1:6",
	  "order does not matter, so neither can win: keep one" },
	{ "include", "/nonexistent/x", AMBIT_E_NOT_FOUND,
	  "--include: cannot read the included file '/nonexistent/x'",
	  "check the spelling; a relative name is relative to where it is written" },
};

TEST(bad_options)
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct ambit_policy p = { 0 };
		struct ambit_error err = { 0 };

		add_text(&p, "user before");
		CHECK_INT(policy_add_directive(&p, bad[i].keyword, bad[i].argument, &err),
			  bad[i].code);
		CHECK_STR(err.text, bad[i].text);
		CHECK_STR(err.hint, bad[i].hint);
		CHECK_INT(err.line, 0);
		CHECK_INT(err.column, 0);
		check_prints(&p, "user before\n");
		policy_done(&p);
	}
}

TEST(long_option)
{
	struct ambit_policy p = { 0 };
	struct ambit_error err = { 0 };
	char text[9000];

	memset(text, ' ', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	CHECK_INT(policy_add_directive(&p, "tmp", text, &err), AMBIT_E_POLICY);
	CHECK_STR(err.text, "--tmp: longer than 8192 bytes");
	CHECK(err.hint[0] != '\0');
	policy_done(&p);
}

/* Without a home ~ is refused, but a bundle only leaves its paths there out. */
TEST(home_of_nobody)
{
	struct ambit_policy p = { 0 };
	struct ambit_error err = { 0 };

	CHECK_INT(unsetenv("HOME"), 0);
	CHECK_INT(policy_add_directive(&p, "read", "~/x", &err), AMBIT_E_POLICY);
	CHECK_STR(err.text, "--read: the home directory is unknown: '~/x'");
	CHECK_INT(policy_add_directive(&p, "use", "python", NULL), AMBIT_OK);
	policy_done(&p);
}
