/* SPDX-License-Identifier: ISC */
/* Policy files: what they include, loops, and all that can be wrong with a file. */
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Every test works in a directory of its own; what it wrote goes with it. */
static char base[64];

static void enter(void)
{
	(void)snprintf(base, sizeof(base), "/tmp/ambit-files-XXXXXX");
	CHECK(mkdtemp(base) != NULL);
	CHECK_INT(chdir(base), 0);
}

static void leave(void)
{
	char command[128];

	(void)snprintf(command, sizeof(command), "rm -rf '%s'", base);
	CHECK_INT(chdir("/"), 0);
	CHECK_INT(system(command), 0);
}

static void write_bytes(const char *name, const char *text, size_t length)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	CHECK(fd >= 0);
	CHECK_INT(write(fd, text, length), (ssize_t)length);
	(void)close(fd);
}

static void write_file(const char *name, const char *text)
{
	write_bytes(name, text, strlen(text));
}

static void check_load(const char *name, const char *expected)
{
	struct ambit_policy p = { 0 };
	struct ambit_error err = { 0 };

	if (policy_load_file(&p, name, &err) != AMBIT_OK)
		tap_fail(name, 0, "refused: %s", err.text);
	check_prints(&p, expected);
	policy_done(&p);
}

static void check_refused(const char *name, enum ambit_code code, int sys_errno, const char *text,
			  const char *hint)
{
	struct ambit_policy p = { 0 };
	struct ambit_error err = { 0 };

	CHECK_INT(policy_load_file(&p, name, &err), code);
	CHECK_STR(err.text, text);
	CHECK_STR(err.hint, hint);
	CHECK_INT(err.code, code);
	CHECK_INT(err.sys_errno, sys_errno);
	CHECK_INT(err.layer, AMBIT_LAYER_POLICY);
	CHECK_INT(p.count, 0);
	policy_done(&p);
}

TEST(one_file)
{
	char expected[256], path[128];

	enter();
	write_file("a.ambit", "read x /y\n# no line end at the end of the file\nspawn");
	(void)snprintf(expected, sizeof(expected), "read %s/x\nread /y\nspawn\n", base);
	check_load("a.ambit", expected);
	check_load("./a.ambit", expected);
	(void)snprintf(path, sizeof(path), "%s/a.ambit", base);
	CHECK_INT(chdir("/"), 0);
	check_load(path, expected);
	leave();
}

TEST(empty_file)
{
	enter();
	write_file("a", "");
	check_load("a", "");
	leave();
}

/* Paths in an included file are relative to that file; the second mention counts for nothing. */
TEST(includes)
{
	char expected[256];

	enter();
	CHECK_INT(mkdir("d", 0700), 0);
	write_file("a", "include d/b d/c\nspawn\ninclude ./d//b");
	write_file("d/b", "read x\n");
	write_file("d/c", "include b ../e\njit");
	write_file("e", "read y");
	(void)snprintf(expected, sizeof(expected), "read %s/d/x\nread %s/y\nspawn\njit\n", base,
		       base);
	check_load("a", expected);
	leave();
}

TEST(places_in_includes)
{
	struct ambit_policy p = { 0 };
	char place[128], expected[128];

	enter();
	write_file("a", "include b\nspawn\n");
	write_file("b", "\n jit\n");
	CHECK_INT(policy_load_file(&p, "a", NULL), AMBIT_OK);
	(void)snprintf(expected, sizeof(expected), "%s/b:2:2", base);
	CHECK_STR(origin_text(&policy_first(&p, RIGHT_JIT)->origin, place, sizeof(place)),
		  expected);
	CHECK_STR(origin_text(&policy_first(&p, RIGHT_SPAWN)->origin, place, sizeof(place)),
		  "a:2:1");
	policy_done(&p);
	leave();
}

TEST(error_in_an_include)
{
	char text[128];

	enter();
	write_file("a", "spawn\ninclude b\n");
	write_file("b", "jit\n\nraed x\n");
	(void)snprintf(text, sizeof(text), "%s/b:3:1: unknown keyword 'raed'", base);
	check_refused("a", AMBIT_E_POLICY, 0, text, "did you mean 'read'?");
	leave();
}

TEST(conflict_between_files)
{
	char text[128];

	enter();
	write_file("a", "include b\nuser x\n");
	write_file("b", "user y\n");
	(void)snprintf(text, sizeof(text), "a:2:6: 'user x' contradicts 'user y' at %s/b:1:6",
		       base);
	check_refused("a", AMBIT_E_CONFLICT, 0, text,
		      "order does not matter, so neither can win: keep one");
	leave();
}

TEST(missing)
{
	char text[128];

	check_refused("/nonexistent/a", AMBIT_E_NOT_FOUND, ENOENT,
		      "cannot read the policy file '/nonexistent/a'",
		      "check the spelling; a relative name is relative to where it is written");
	enter();
	write_file("a", "jit\ninclude b\n");
	(void)snprintf(text, sizeof(text), "a:2:9: cannot read the included file '%s/b'", base);
	check_refused("a", AMBIT_E_NOT_FOUND, ENOENT, text,
		      "check the spelling; a relative name is relative to where it is written");
	write_file("a", "jit\ninclude b optional\n");
	check_load("a", "jit\n");
	leave();
}

TEST(directory)
{
	check_refused("/usr", AMBIT_E_POLICY, EISDIR, "cannot read the policy file '/usr'",
		      "name a file in it");
}

TEST(not_readable)
{
	enter();
	write_file("a", "");
	CHECK_INT(chmod("a", 0), 0);
	if (geteuid() == 0) /* root may read every file */
		CHECK_INT(seteuid(65534), 0);
	check_refused("a", AMBIT_E_DENIED, EACCES, "cannot read the policy file 'a'",
		      "the file and the directories above it must be readable by you");
	if (getuid() == 0)
		CHECK_INT(seteuid(0), 0);
	leave();
}

TEST(name_in_a_terminal)
{
	check_refused("/\x1b[2J", AMBIT_E_NOT_FOUND, ENOENT,
		      "cannot read the policy file '/\\x1b[2J'",
		      "check the spelling; a relative name is relative to where it is written");
}

TEST(too_large)
{
	char text[128];
	int fd;

	enter();
	fd = open("big", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	CHECK(fd >= 0);
	CHECK_INT(ftruncate(fd, (1 << 20) + 1), 0);
	check_refused("big", AMBIT_E_POLICY, 0, "policy file 'big' is too large",
		      "a policy file holds at most 1 MiB; grant directories, not each file");
	write_file("a", "include big");
	(void)snprintf(text, sizeof(text), "a:1:9: included file '%s/big' is too large", base);
	check_refused("a", AMBIT_E_POLICY, 0, text,
		      "a policy file holds at most 1 MiB; grant directories, not each file");
	/* at the limit it is read, and found to be no text */
	CHECK_INT(ftruncate(fd, 1 << 20), 0);
	(void)close(fd);
	check_refused("big", AMBIT_E_POLICY, 0, "big:1:1: line longer than 8192 bytes",
		      "use several lines");
	leave();
}

TEST(endless)
{
	check_refused("/dev/zero", AMBIT_E_POLICY, 0, "policy file '/dev/zero' is too large",
		      "a policy file holds at most 1 MiB; grant directories, not each file");
}

TEST(nul_bytes)
{
	enter();
	write_bytes("a",
		    "\x7f"
		    "ELF\0\0",
		    6);
	check_refused("a", AMBIT_E_POLICY, 0, "a:1:1: control character \\x7f",
		      "write it as \"\\x7f\" inside double quotes");
	write_bytes("a", "spawn\n\0", 7);
	check_refused("a", AMBIT_E_POLICY, 0, "a:2:1: NUL byte",
		      "a policy is text; is this the right file?");
	leave();
}

TEST(loops)
{
	char text[400];

	enter();
	write_file("self", "spawn\ninclude self\n");
	check_refused("self", AMBIT_E_POLICY, 0, "self:2:9: include loop: this file is self",
		      "remove this line");
	write_file("a", "include b\n");
	write_file("b", "\ninclude c\n");
	write_file("c", "include a");
	(void)snprintf(text, sizeof(text),
		       "%s/c:1:9: include loop: this file is %s/c, included by %s/b, included by a",
		       base, base, base);
	check_refused("a", AMBIT_E_POLICY, 0, text, "remove this line");
	/* by another name */
	CHECK_INT(symlink("a", "alias"), 0);
	write_file("c", "include alias");
	check_refused("a", AMBIT_E_POLICY, 0, text, "remove this line");
	/* a loop that the first file is no part of, and that an earlier mention would hide */
	write_file("a", "include b\n");
	write_file("b", "include c\n");
	write_file("c", "include b");
	(void)snprintf(text, sizeof(text),
		       "%s/c:1:9: include loop: this file is %s/c, included by %s/b", base, base,
		       base);
	check_refused("a", AMBIT_E_POLICY, 0, text, "remove this line");
	leave();
}

static void write_chain(int length)
{
	for (int i = 0; i < length; i++) {
		char name[16], text[32];

		(void)snprintf(name, sizeof(name), "f%d", i);
		(void)snprintf(text, sizeof(text), "include f%d", i + 1);
		write_file(name, i + 1 < length ? text : "spawn");
	}
}

TEST(depth)
{
	char text[128];

	enter();
	write_chain(16);
	check_load("f0", "spawn\n");
	write_chain(17);
	(void)snprintf(text, sizeof(text), "%s/f15:1:9: more than 16 files include each other",
		       base);
	check_refused("f0", AMBIT_E_POLICY, 0, text, "include them from one file");
	leave();
}

/* "-p <(generate)": a pipe, with its writer still at work. */
TEST(pipe_as_file)
{
	char name[64];
	int ends[2];

	CHECK_INT(pipe2(ends, O_CLOEXEC), 0);
	(void)snprintf(name, sizeof(name), "/proc/self/fd/%d", ends[0]);
	if (fork() == 0) {
		(void)close(ends[0]);
		(void)usleep(50000);
		_exit(write(ends[1], "spawn\n", 6) != 6);
	}
	(void)close(ends[1]);
	check_load(name, "spawn\n");
}

/* Its writer has ended, and wrote nothing: an empty file, and nobody to wait for. */
TEST(empty_pipe)
{
	char name[64];
	int ends[2];

	CHECK_INT(pipe2(ends, O_CLOEXEC), 0);
	(void)snprintf(name, sizeof(name), "/proc/self/fd/%d", ends[0]);
	(void)close(ends[1]);
	check_load(name, "");
	(void)close(ends[0]);
}

/* A name without a writer yet, with one: never a policy that says nothing because of that. */
TEST(fifo)
{
	pid_t writer;
	int status;

	enter();
	CHECK_INT(mkfifo("fifo", 0600), 0);
	for (int wait = 0; wait < 2; wait++) {
		writer = fork();
		CHECK(writer >= 0);
		if (writer == 0) {
			(void)usleep(wait ? 100000 : 0);
			write_file("fifo", "limit wall-time 1s\nuser nobody\n");
			_exit(0);
		}
		check_load("fifo", "limit wall-time 1s\nuser nobody\n");
		CHECK_INT(waitpid(writer, &status, 0), writer);
		CHECK_INT(status, 0);
	}
	leave();
}

TEST(without_descriptors)
{
	enter();
	write_file("a", "spawn");
	while (open("a", O_RDONLY | O_CLOEXEC) >= 0)
		;
	CHECK_INT(errno, EMFILE);
	check_refused("a", AMBIT_E_RESOURCE, EMFILE, "cannot read the policy file 'a'",
		      "raise the limit on open files (ulimit -n)");
	for (int fd = 100; fd < 200; fd++)
		(void)close(fd);
	check_load("a", "spawn\n"); /* the control: with descriptors it is read */
	leave();
}

/* Nothing of a file that is wrong anywhere, and nothing lost of what was there. */
TEST(all_or_nothing)
{
	struct ambit_policy p = { 0 };
	struct ambit_error err = { 0 };

	enter();
	add_text(&p, "read /a\nlimit memory 1M");
	write_file("b", "read /b\nuse locale compiler\ninclude c\n");
	write_file("c", "limit memory 2M\n");
	CHECK_INT(policy_load_file(&p, "b", &err), AMBIT_E_CONFLICT);
	check_prints(&p, "read /a\nlimit memory 1M\n");
	add_text(&p, "spawn\nread /c /d /e /f");
	check_prints(&p, "read /a\nread /c\nread /d\nread /e\nread /f\nspawn\nlimit memory 1M\n");
	policy_done(&p);
	leave();
}
