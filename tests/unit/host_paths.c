/* SPDX-License-Identifier: ISC */
/* Paths as they are: links of every kind, dots, loops, what cannot be reached. */
#include "../../src/host/host.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../src/base/str.h"
#include "../tap.h"

/*
 * Each test has a directory of its own, made of real components: "<root>/name". It is removed at
 * the end of the test; a failing test leaves it, to be looked at.
 */
static char root[64];

static const char *in(const char *name)
{
	static char paths[8][512];
	static unsigned next;
	char *path = paths[next++ % 8];

	(void)snprintf(path, sizeof(paths[0]), "%s/%s", root, name);
	return path;
}

static void begin(void)
{
	char made[] = "/tmp/ambit-paths-XXXXXX";
	char real[4096];

	CHECK(mkdtemp(made) && realpath(made, real) && strlen(real) < sizeof(root));
	(void)snprintf(root, sizeof(root), "%s", real);
	CHECK(mkdir(in("d"), 0755) == 0 && mkdir(in("d/e"), 0755) == 0);
	int fd = open(in("d/f"), O_CREAT | O_WRONLY | O_CLOEXEC, 0640);
	CHECK(fd >= 0 && close(fd) == 0);
}

static void end(void)
{
	static const char *const names[] = { "d/f", "d/e/up", "d/e", "d/l", "d",
					     "a",   "b",      "c",   "s",   "x" };

	for (size_t i = 0; i < ARRAY_COUNT(names); i++)
		if (unlink(in(names[i])) < 0)
			(void)rmdir(in(names[i]));
	CHECK(rmdir(root) == 0);
}

/* What is at @name, on a host of its own whose memory stays until the test ends. */
static struct host_path look(const char *path)
{
	static struct host h;
	const struct host_path *p;

	CHECK_INT(host_add_path(&h, path, false, NULL), AMBIT_OK);
	p = host_path(&h, path);
	if (!p)
		tap_fail(__FILE__, __LINE__, "%s was not added", path);
	return *p;
}

TEST(what_is_there)
{
	begin();
	CHECK_INT(look(in("d")).kind, KIND_DIR);
	struct host_path f = look(in("d/f"));
	struct stat st;

	CHECK(stat(in("d/f"), &st) == 0);
	CHECK_INT(f.kind, KIND_FILE);
	CHECK_STR(f.real, in("d/f"));
	CHECK(f.device == st.st_dev && f.inode == st.st_ino && f.mode == st.st_mode);
	CHECK_INT(f.link_count, 0);
	CHECK_INT(look("/dev/null").kind, KIND_OTHER);
	CHECK_INT(look("/").kind, KIND_DIR);
	CHECK_STR(look("/").real, "/");
	end();
}

TEST(a_socket)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	begin();
	(void)snprintf(a.sun_path, sizeof(a.sun_path), "%s", in("s"));
	CHECK(bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0);
	CHECK_INT(look(in("s")).kind, KIND_SOCKET);
	end();
}

TEST(absolute_and_relative_links)
{
	begin();
	CHECK(symlink(in("d/f"), in("a")) == 0 && symlink("d/f", in("b")) == 0);
	for (int i = 0; i < 2; i++) {
		const char *name = in(i ? "b" : "a");
		struct host_path p = look(name);

		CHECK_INT(p.kind, KIND_FILE);
		CHECK_STR(p.real, in("d/f"));
		CHECK_INT(p.link_count, 1);
		CHECK_STR(p.links[0].path, name);
		CHECK_STR(p.links[0].target, i ? "d/f" : in("d/f"));
	}
	end();
}

TEST(links_on_the_way_and_chains)
{
	begin();
	CHECK(symlink("b", in("a")) == 0 && symlink("c/", in("b")) == 0 &&
	      symlink("d", in("c")) == 0);
	struct host_path p = look(in("a/f"));

	CHECK_INT(p.kind, KIND_FILE);
	CHECK_STR(p.real, in("d/f"));
	CHECK_INT(p.link_count, 3);
	CHECK_STR(p.links[0].path, in("a"));
	CHECK_STR(p.links[1].path, in("b"));
	CHECK_STR(p.links[2].path, in("c"));
	end();
}

TEST(dots_in_targets)
{
	begin();
	CHECK(symlink("../../d/./f", in("d/e/up")) == 0);
	CHECK_STR(look(in("d/e/up")).real, in("d/f"));
	CHECK(symlink("../../../../../../../../../../../../..", in("x")) == 0);
	CHECK_STR(look(in("x")).real, "/");
	CHECK(symlink(".", in("c")) == 0);
	CHECK_STR(look(in("c")).real, root);
	end();
}

/* Under whatever name it is asked for, what is there has the one the kernel knows it by. */
TEST(dots_and_slashes_in_paths)
{
	static const char *const odd[] = { "d/../d/f", "d//f",	   "d/./f",    "./d/f",
					   "/d/f",     "d/e/../f", "a/../d/f", "d/e/..//.//f" };

	begin();
	CHECK(symlink("d", in("a")) == 0);
	for (size_t i = 0; i < ARRAY_COUNT(odd); i++) {
		struct host_path p = look(in(odd[i]));

		CHECK_INT(p.kind, KIND_FILE);
		CHECK_STR(p.real, in("d/f"));
	}
	CHECK_STR(look(in("d/")).real, in("d"));
	CHECK_STR(look(in("d/.")).real, in("d"));
	CHECK_STR(look(in("d/e/..")).real, in("d"));
	CHECK_STR(look("/..").real, "/");
	CHECK_STR(look("//").real, "/");
	/* A name that only begins with a dot is one like others. */
	CHECK(rename(in("d/f"), in("d/..f")) == 0);
	CHECK_STR(look(in("d/..f")).real, in("d/..f"));
	CHECK(rename(in("d/..f"), in("d/f")) == 0);
	end();
}

/* ".." after a link is the parent of where the link leads, not of the link. */
TEST(dots_after_a_link)
{
	char target[512];

	begin();
	CHECK(symlink("d/e", in("a")) == 0);
	(void)snprintf(target, sizeof(target), "%s/../f", in("a"));
	CHECK(symlink(target, in("b")) == 0);
	CHECK_STR(look(in("b")).real, in("d/f"));
	end();
}

static void check_missing(const char *path, int why)
{
	struct host_path p = look(path);

	CHECK_INT(p.kind, KIND_MISSING);
	CHECK_INT(p.missing_errno, why);
}

TEST(what_is_missing)
{
	char name[300];

	begin();
	CHECK(symlink("nowhere", in("a")) == 0 && symlink("b", in("b")) == 0 &&
	      symlink("x", in("c")) == 0 && symlink("c", in("x")) == 0);
	check_missing(in("nothing"), ENOENT);
	check_missing(in("a"), ENOENT);
	check_missing(in("a/below"), ENOENT);
	check_missing(in("b"), ELOOP);
	check_missing(in("c/below"), ELOOP);
	check_missing(in("d/f/below"), ENOTDIR);
	check_missing(in("d/f/"), ENOTDIR);
	check_missing(in("d/f/."), ENOTDIR);
	check_missing(in("d/f/../e"), ENOTDIR);
	check_missing(in("nothing/../d"), ENOENT);
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	check_missing(in(name), ENAMETOOLONG);
	end();
}

TEST(too_many_links)
{
	char target[512] = "", full[1024];

	begin();
	CHECK(symlink(".", in("c")) == 0);
	for (int i = 0; i < 45; i++)
		strcat(target, "c/");
	strcat(target, "d");
	(void)snprintf(full, sizeof(full), "%s", in(target));
	check_missing(full, ELOOP);
	end();
}

TEST(a_path_that_is_too_long)
{
	static char path[5000];

	memset(path, 'x', sizeof(path) - 1);
	for (size_t i = 0; i < sizeof(path) - 1; i += 100)
		path[i] = '/';
	check_missing(path, ENAMETOOLONG);
}

static void become_nobody(void)
{
	if (geteuid() != 0)
		return;
	if (setgid(65534) < 0 || setuid(65534) < 0)
		SKIP("uid 0 here, and it cannot be left");
}

TEST(what_cannot_be_reached)
{
	struct host h = { 0 };
	const struct host_path *p;

	begin();
	CHECK(chmod(in("d"), 0) == 0);
	pid_t child = fork();
	if (child == 0) {
		become_nobody();
		CHECK_INT(host_add_path(&h, in("d/f"), false, NULL), AMBIT_OK);
		p = host_path(&h, in("d/f"));
		_exit(p && p->kind == KIND_MISSING && p->missing_errno == EACCES ? 0 : 1);
	}
	int status = -1;
	CHECK(waitpid(child, &status, 0) == child);
	CHECK(chmod(in("d"), 0755) == 0);
	end();
	CHECK_INT(status, 0);
}

/* A program that may be executed and not read: nobody knows whether it is static. */
TEST(a_program_that_cannot_be_read)
{
	struct host h = { 0 };
	const struct host_path *p;

	begin();
	CHECK(chmod(root, 0755) == 0 && chmod(in("d/f"), 0111) == 0);
	pid_t child = fork();
	if (child == 0) {
		become_nobody();
		CHECK_INT(host_add_path(&h, in("d/f"), true, NULL), AMBIT_OK);
		p = host_path(&h, in("d/f"));
		_exit(p && p->executable && !p->probed_exec && !p->interpreter ? 0 : 1);
	}
	int status = -1;
	CHECK(waitpid(child, &status, 0) == child);
	end();
	CHECK_INT(status, 0);
}

TEST(asked_twice_known_once)
{
	struct host h = { 0 };

	CHECK_INT(host_add_path(&h, "/dev/null", false, NULL), AMBIT_OK);
	CHECK_INT(host_add_path(&h, "/dev/null", true, NULL), AMBIT_OK);
	CHECK_INT(h.path_count, 1);
	CHECK(host_path(&h, "/dev/zero") == NULL);
	host_done(&h);
}

/* ---- looking for a program -------------------------------------------------------------- */

static enum ambit_code find(const char *command, const char *path, const char **ret,
			    struct ambit_error *err)
{
	static struct host h;

	h.directory = root;
	return host_find_program(&h, command, path, ret, err);
}

TEST(along_the_search_path)
{
	struct ambit_error err = { 0 };
	char path[512];
	const char *found = NULL;

	begin();
	(void)snprintf(path, sizeof(path), "/nowhere:%s:/also-nowhere", in("d"));
	CHECK_INT(find("f", path, &found, &err), AMBIT_E_NOT_EXECUTABLE);
	CHECK_INT(err.sys_errno, EACCES);
	CHECK(err.hint[0]);
	err = (struct ambit_error){ 0 };
	CHECK(chmod(in("d/f"), 0755) == 0);
	CHECK_INT(find("f", path, &found, &err), AMBIT_OK);
	CHECK_STR(found, in("d/f"));
	CHECK_INT(find("e", path, &found, &err), AMBIT_E_NOT_EXECUTABLE);
	CHECK_INT(err.sys_errno, EISDIR);
	err = (struct ambit_error){ 0 };
	CHECK_INT(find("nonesuch", path, &found, &err), AMBIT_E_NOT_FOUND);
	err = (struct ambit_error){ 0 };
	CHECK_INT(find("", path, &found, &err), AMBIT_E_NOT_FOUND);
	end();
}

/* As a shell takes it: below the working directory, whatever slashes follow the dot. */
TEST(by_a_relative_path)
{
	static const char *const odd[] = { "./d/f", ".//d/f", "d//f", "./././/d/./f", "d/e/../f" };
	struct ambit_error err = { 0 };
	char path[512];
	const char *found = NULL;

	begin();
	CHECK(chmod(in("d/f"), 0755) == 0);
	CHECK(chdir(root) == 0);
	for (size_t i = 0; i < ARRAY_COUNT(odd); i++) {
		CHECK_INT(find(odd[i], "/nowhere", &found, &err), AMBIT_OK);
		CHECK_STR(found, in("d/f"));
	}
	(void)snprintf(path, sizeof(path), "%s/", in("d"));
	CHECK_INT(find("f", path, &found, &err), AMBIT_OK);
	CHECK_STR(found, in("d/f"));
	CHECK_INT(find("f", "d/e/..", &found, &err), AMBIT_OK);
	CHECK_STR(found, in("d/f"));
	CHECK_INT(find("d/f/", path, &found, &err), AMBIT_E_NOT_FOUND);
	CHECK(chdir("/") == 0);
	end();
}

/* The link is how a script knows by which name it was called. */
TEST(a_link_after_dots_keeps_its_name)
{
	struct ambit_error err = { 0 };
	const char *found = NULL;

	begin();
	CHECK(symlink("f", in("d/l")) == 0 && symlink("d/e", in("a")) == 0);
	CHECK(chmod(in("d/f"), 0755) == 0);
	CHECK_INT(find(in("a/../l"), "", &found, &err), AMBIT_OK);
	CHECK_STR(found, in("d/l"));
	end();
}

TEST(without_a_directory)
{
	struct host h = { 0 };
	struct ambit_error err = { 0 };
	const char *found = NULL;

	CHECK_INT(host_find_program(&h, "bin/sh", "/bin", &found, &err), AMBIT_E_NOT_FOUND);
	CHECK(strstr(err.text, "cannot tell what the relative path bin/sh is relative to"));
	CHECK(err.hint[0]);
	err = (struct ambit_error){ 0 };
	CHECK_INT(host_find_program(&h, "sh", "/bin", &found, &err), AMBIT_OK);
	host_done(&h);
}

/* A host from a file is searched like this one, and nothing of this one is found there. */
TEST(among_what_is_listed)
{
	static const char text[] = "path /opt/prog file executable looked-inside\n"
				   "path /home/me/tool file executable looked-inside\n"
				   "path /home/me/notes file\n";
	static const struct {
		const char *command, *path, *found;
	} rows[] = {
		{ "prog", "/bin:/opt", "/opt/prog" },
		{ "prog", "/opt/", "/opt/prog" },
		{ "tool", "/bin:", "/home/me/tool" },
		{ "tool", ":/bin", "/home/me/tool" },
		{ "tool", "me/../me:.", "/home/me/tool" },
		{ "prog", "../../opt:/opt", "/opt/prog" },
		{ "./tool", "/bin", "/home/me/tool" },
		{ ".//tool", "/bin", "/home/me/tool" },
		{ "/opt//prog", "", "/opt/prog" },
		{ "tool", "/bin:/opt", NULL },
		{ "notes", ".", NULL },
		{ "sh", "/bin:/usr/bin", NULL },
		{ "/bin/sh", "", NULL },
		{ "", "/opt", NULL },
	};
	struct host h = { 0 };
	struct ambit_error err = { 0 };
	const char *found = NULL;

	CHECK_INT(host_read(&h, text, sizeof(text) - 1, "here", &err), AMBIT_OK);
	h.directory = "/home/me";
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		enum ambit_code code =
			host_find_listed(&h, rows[i].command, rows[i].path, &found, &err);

		NOTE("%s along %s", rows[i].command, rows[i].path);
		CHECK_INT(code, rows[i].found ? AMBIT_OK : AMBIT_E_NOT_FOUND);
		if (rows[i].found)
			CHECK_STR(found, rows[i].found);
		else
			CHECK(strstr(err.text, "no program of that host"));
		err = (struct ambit_error){ 0 };
	}
	h.directory = NULL;
	CHECK_INT(host_find_listed(&h, "./tool", "", &found, &err), AMBIT_E_NOT_FOUND);
	CHECK(strstr(err.text, "cannot tell what the relative path ./tool is relative to"));
	err = (struct ambit_error){ 0 };
	CHECK_INT(host_find_listed(&h, "tool", ":.", &found, &err), AMBIT_E_NOT_FOUND);
	CHECK_INT(h.path_count, 3);
	host_done(&h);
}
