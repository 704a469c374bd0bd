/* SPDX-License-Identifier: ISC */
/* ambit fmt: what changes, what stays, and that twice is once. */
#include "util.h"

#include "../../src/policy/bundle.h"

static void check_format(const char *text, const char *expected)
{
	struct ambit_error err = { 0 };
	struct buf once = { 0 }, twice = { 0 };

	if (policy_format(text, strlen(text), "t", &once, &err) != AMBIT_OK)
		tap_fail(text, 0, "refused: %s", err.text);
	CHECK_STR(buf_text(&once), expected);
	CHECK_INT(policy_format(buf_text(&once), once.length, "t", &twice, &err), AMBIT_OK);
	CHECK_STR(buf_text(&twice), expected);
	buf_done(&once);
	buf_done(&twice);
}

TEST(blanks)
{
	check_format("", "");
	check_format("\n \n\t\n", "");
	check_format("read /a", "read /a\n");
	check_format("  read \t /a   /b  \n\n\n\n spawn\n\n", "read /a /b\n\nspawn\n");
}

TEST(order_and_names_stay)
{
	check_format("spawn\nread ./b//c ../d ~/e\nread /a/\nspawn\n",
		     "spawn\nread ./b//c ../d ~/e\nread /a/\nspawn\n");
	check_format("limit memory 1024K\nconnect tcp A.EXAMPLE. *\n",
		     "limit memory 1024K\nconnect tcp A.EXAMPLE. *\n");
	check_format("limit memory 262144K\nconnect tcp 2001:DB8:0:0::7 80\n",
		     "limit memory 262144K\nconnect tcp 2001:DB8:0:0::7 80\n");
	check_format("include nothing-that-exists\nuse locale\n",
		     "include nothing-that-exists\nuse locale\n");
	/* paths it cannot know are nothing to complain of */
	check_format("hide /a\nread a\nhide ~\n", "hide /a\nread a\nhide ~\n");
}

TEST(quotes)
{
	check_format("read '/a' \"/b\" '/c d' /e\\ f \"/\\x41\"",
		     "read /a /b \"/c d\" \"/e f\" /A\n");
	check_format("read '*' 'optional' '~' ~/'a b' ~'/a' optional",
		     "read \"*\" \"optional\" \"~\" ~\"/a b\" ~/a optional\n");
	check_format("env A='b c' \"D=\xff\" E=\"\"", "env \"A=b c\" \"D=\\xff\" E=\n");
}

TEST(comments)
{
	check_format("# a  \n#b\n\n\n#c\nread /a# b\nread /a # b", "# a\n#b\n\n#c\nread /a# b\n"
								   "read /a # b\n");
	check_format("read /a #1\nspawn # 2 \n\njit   #3\nread /long/path\nuse locale #4\n",
		     "read /a #1\nspawn   # 2\n\njit        #3\nread /long/path\nuse locale #4\n");
	/* one long line does not push the others away */
	check_format(
		"read /aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa # a\n"
		"spawn # b\nread /caf\xc3\xa9 # c\n",
		"read /aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa # a\n"
		"spawn      # b\nread /caf\xc3\xa9 # c\n");
}

TEST(blocks)
{
	check_format(
		"syscall ioctl { arg 1 = 2 # why\n  # more\n\n\n answer EPERM } # end\n jit",
		"syscall ioctl {\n\targ 1 = 2 # why\n\t# more\n\n\tanswer EPERM\n} # end\njit\n");
	check_format("syscall a { }", "syscall a {\n}\n");
	check_format("syscall a { # x\n}", "syscall a { # x\n}\n");
}

TEST(refused)
{
	struct ambit_error err = { 0 };
	struct buf out = { 0 };

	CHECK_INT(policy_format("jit\nraed /x", 11, "t", &out, &err), AMBIT_E_POLICY);
	CHECK_STR(err.text, "t:2:1: unknown keyword 'raed'");
	CHECK_STR(err.hint, "did you mean 'read'?");
	CHECK_INT(out.length, 0);
	buf_done(&out);
}

/* A file that contradicts itself has a form all the same. */
TEST(contradiction)
{
	check_format("user a\nuser  b", "user a\nuser b\n");
}

TEST(bundles_are_canonical)
{
	const struct bundle *b;

	for (size_t i = 0; (b = bundle_at(i)); i++)
		if (strcmp(b->name, "compute") != 0)
			check_format(b->text, b->text);
}
