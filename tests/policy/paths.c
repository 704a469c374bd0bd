/* SPDX-License-Identifier: ISC */
/* Path words: cleaning, ~, relative paths, ".." and what they are relative to. */
#include "util.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static void check_path_in(const char *directory, const char *home, const char *word,
			  const char *expected)
{
	struct ambit_policy p = { 0 };
	struct ambit_error err = { 0 };
	char text[256];

	(void)snprintf(text, sizeof(text), "read %s", word);
	if (parse_from(&p, text, strlen(text), (struct text_origin){ "t", directory, home, false },
		       &err) != AMBIT_OK)
		tap_fail(word, 0, "refused: %s", err.text);
	CHECK_STR(p.grants[0].path, expected);
	policy_done(&p);
}

static void check_path(const char *word, const char *expected)
{
	check_path_in("/pol", "/home/u", word, expected);
}

TEST(cleaning)
{
	check_path("/", "/");
	check_path("//", "/");
	check_path("/./", "/");
	check_path("/a/", "/a");
	check_path("//a//./b/.", "/a/b");
	check_path("/a/...", "/a/...");
	check_path("/a/.b", "/a/.b");
	check_path("/a/..b", "/a/..b");
}

TEST(relative)
{
	check_path("a", "/pol/a");
	check_path("./a/b/", "/pol/a/b");
	check_path(".", "/pol");
	check_path("./", "/pol");
	check_path("'$a'", "/pol/$a");
	check_path("'a*'", "/pol/a*");
	check_path("\"~\"", "/pol/~");
	check_path("\\~", "/pol/~");
	check_path_in("/", NULL, "a", "/a");
	check_path_in("/x//y/", NULL, "a", "/x/y/a");
}

TEST(home)
{
	check_path("~", "/home/u");
	check_path("~/", "/home/u");
	check_path("~/a//b", "/home/u/a/b");
	check_path("~/'a b'", "/home/u/a b");
	check_path("a~", "/pol/a~");
	check_path("./~", "/pol/~");
}

TEST(no_home)
{
	static const char *const homes[] = { NULL, "", "relative" };

	for (int i = 0; i < 3; i++) {
		struct ambit_policy p = { 0 };
		struct ambit_error err = { 0 };

		CHECK_INT(parse_from(&p, "read ~/a", 8,
				     (struct text_origin){ "t", "/", homes[i], false }, &err),
			  AMBIT_E_POLICY);
		CHECK_STR(err.text, "t:1:6: the home directory is unknown: '~/a'");
		CHECK_STR(err.hint, "set HOME, or write the path in full");
		policy_done(&p);
	}
}

/* ".." goes up from where the directory really is, not from its name. */
TEST(up_from_a_link)
{
	char base[] = "/tmp/ambit-paths-XXXXXX", dir[64], link[64], expected[128];

	CHECK(mkdtemp(base) != NULL);
	(void)snprintf(dir, sizeof(dir), "%s/real", base);
	(void)snprintf(link, sizeof(link), "%s/link", base);
	CHECK_INT(mkdir(dir, 0700), 0);
	(void)snprintf(dir, sizeof(dir), "%s/real/deep", base);
	CHECK_INT(mkdir(dir, 0700), 0);
	CHECK_INT(symlink("real/deep", link), 0);
	(void)snprintf(expected, sizeof(expected), "%s/real/x", base);
	check_path_in(link, NULL, "../x", expected);
	(void)snprintf(expected, sizeof(expected), "%s/x", base);
	check_path_in(link, NULL, "../../x", expected);
	check_path_in(link, NULL, ".././/../x", expected);
	(void)snprintf(expected, sizeof(expected), "%s", base);
	check_path_in(link, NULL, "../..", expected);
	check_path_in(link, NULL, "../../../../../../..", "/");
	/* without "..", the name it was given */
	(void)snprintf(expected, sizeof(expected), "%s/x", link);
	check_path_in(link, NULL, "x", expected);
	(void)unlink(link);
	(void)rmdir(dir);
	*strrchr(dir, '/') = '\0';
	(void)rmdir(dir);
	(void)rmdir(base);
}

TEST(up_from_nowhere)
{
	struct ambit_policy p = { 0 };
	struct ambit_error err = { 0 };

	CHECK_INT(parse_from(&p, "read ../x", 9,
			     (struct text_origin){ "t", "/nonexistent/a", NULL, false }, &err),
		  AMBIT_E_NOT_FOUND);
	CHECK_STR(err.text, "t:1:6: cannot tell what the relative path '../x' is relative to");
	CHECK_STR(err.hint, "write an absolute path");
	CHECK_INT(err.sys_errno, 2);
	policy_done(&p);
}

TEST(working_directory)
{
	CHECK_INT(chdir("/usr/share"), 0);
	check_path_in(NULL, NULL, "x", "/usr/share/x");
	check_path_in(NULL, NULL, "../x", "/usr/x");
	check_path_in("a/b", NULL, "x", "/usr/share/a/b/x");
	check_path_in("..", NULL, "x", "/usr/x");
}

TEST(words_that_are_paths)
{
	check_path("./optional", "/pol/optional");
	check_path("prefer", "/pol/prefer"); /* read has no such modifier */
	check_path("'optional'", "/pol/optional");
	check_path("\"/a b\"", "/a b");
	check_path("\"/\\xff\"", "/\xff");
}

TEST(modifiers)
{
	check_canonical("read /a /b optional\nunix /c prefer optional\nhide /d optional prefer",
			"read /a optional\nread /b optional\nhide /d optional prefer\n"
			"unix /c optional prefer\n");
}
