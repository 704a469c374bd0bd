/* SPDX-License-Identifier: ISC */
/* A host as text: there and back the same, every mistake with its place. */
#include "../../src/host/host.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/base/buf.h"
#include "../tap.h"

static enum ambit_code read_text(struct host *h, const char *text, struct ambit_error *err)
{
	return host_read(h, text, strlen(text), "host", err);
}

/* Reads what was printed, prints it again, and keeps the copy in @ret. */
static void check_round_trip(const struct host *h, struct host *ret)
{
	struct ambit_error err = { 0 };
	struct buf once = { 0 }, twice = { 0 };

	host_print(h, &once);
	CHECK_INT(host_read(ret, once.data, once.length, "host", &err), AMBIT_OK);
	CHECK_STR(err.text, "");
	host_print(ret, &twice);
	CHECK_STR(buf_text(&twice), buf_text(&once));
	buf_done(&once);
	buf_done(&twice);
}

TEST(this_host_there_and_back)
{
	static const char *const paths[] = {
		"/bin",	       "/usr",		"/bin/sh", "/dev/null", "/nowhere/at/all",
		"/etc/passwd", "/proc/self/exe"
	};
	struct host h = { 0 }, copy = { 0 };

	CHECK_INT(host_probe(&h, false, NULL), AMBIT_OK);
	CHECK_INT(host_probe_cgroups(&h, NULL), AMBIT_OK);
	for (size_t i = 0; i < ARRAY_COUNT(paths); i++)
		CHECK_INT(host_add_path(&h, paths[i], true, NULL), AMBIT_OK);
	CHECK_INT(host_add_user(&h, "root", false, NULL), AMBIT_OK);
	CHECK_INT(host_add_user(&h, "no such user", false, NULL), AMBIT_OK);
	CHECK_INT(host_add_user(&h, "root", true, NULL), AMBIT_OK);
	CHECK_INT(host_add_closure(&h, "/bin/sh", NULL), AMBIT_OK);
	check_round_trip(&h, &copy);
	CHECK_INT(copy.uid, h.uid);
	CHECK_INT(copy.caps, h.caps);
	CHECK_INT(copy.bounding, h.bounding);
	CHECK_INT(copy.path_count, h.path_count);
	CHECK_INT(copy.closure_count, h.closure_count);
	for (size_t i = 0; i < ARRAY_COUNT(paths); i++) {
		const struct host_path *a = host_path(&h, paths[i]),
				       *b = host_path(&copy, paths[i]);

		CHECK(a && b);
		CHECK_INT(a->device == b->device && a->inode == b->inode, true);
		CHECK_INT(a->mode, b->mode);
		CHECK_STR(a->real, b->real);
		CHECK_INT(a->executable, b->executable);
		CHECK_INT(a->missing_errno, b->missing_errno);
	}
	host_done(&h);
	host_done(&copy);
}

TEST(names_with_every_byte)
{
	char name[258] = "/";
	struct host h = { 0 }, copy = { 0 };
	struct host_path path = { .kind = KIND_FILE, .device = UINT64_MAX, .inode = UINT64_MAX };
	struct host_link link = { name, name };

	for (int i = 1; i < 256; i++)
		name[i] = (char)i;
	path.path = path.real = path.interpreter = name;
	path.links = &link;
	path.link_count = 1;
	h.paths = &path;
	h.path_count = 1;
	h.directory = name;
	h.facts[FACT_PROC].cause = name;
	check_round_trip(&h, &copy);
	CHECK_STR(copy.paths[0].path, name);
	CHECK_STR(copy.paths[0].links[0].target, name);
	CHECK_STR(copy.directory, name);
	CHECK_STR(copy.facts[FACT_PROC].cause, name);
	CHECK(copy.paths[0].device == path.device && copy.paths[0].inode == path.inode);
	host_done(&copy);
}

TEST(every_member_is_kept)
{
	static const char text[] =
		"# a machine\n"
		"kernel 6.18\n uid 1000 \nuid 1001\ngid 1002\ngroups 4 24\ngroups 27\n"
		"caps 0x3fffffffff\nbounding 0x1ff\nlast-cap 40\nlandlock 0 EOPNOTSUPP\n"
		"tty yes\nno-new-privs yes\nquick yes\nspare-uid 1610612736\n"
		"cgroups-probed yes\ndirectory \"/home/a b\"\n"
		"fact user-namespace no EPERM \"kernel.unprivileged_userns_clone=0\"\n"
		"fact proc assumed\n"
		"cgroup memory 2 /sys/fs/cgroup/user.slice\n"
		"path /usr dir device 8:1 inode 5 mode 040755 owner 1 2\n"
		"path /bin dir real /usr/bin link /bin usr/bin device 8:1 inode 6\n"
		"path /bin/ls file interpreter /lib64/ld.so executable looked-inside\n"
		"path /x missing ENOENT\n"
		"user nobody 65534 65533\nuser who missing\ngroup audio 29 29\n"
		"library /lib/libc.so.6"; /* no newline at the end */
	struct host h = { 0 }, copy = { 0 };

	CHECK_INT(read_text(&h, text, NULL), AMBIT_OK);
	CHECK_INT(h.kernel_major * 100 + h.kernel_minor, 618);
	CHECK_INT(h.uid, 1001);
	CHECK_INT(h.gid, 1002);
	CHECK_INT(h.group_count, 3);
	CHECK_INT(h.groups[2], 27);
	CHECK_INT(h.caps, 0x3fffffffff);
	CHECK_INT(h.bounding, 0x1ff);
	CHECK_INT(h.last_cap, 40);
	CHECK_INT(h.landlock_abi, 0);
	CHECK_INT(h.landlock_errno, EOPNOTSUPP);
	CHECK(h.has_tty && h.no_new_privs && h.quick && h.cgroups_probed);
	CHECK_INT(h.spare_uid, 1610612736);
	CHECK_STR(h.directory, "/home/a b");
	CHECK_INT(h.facts[FACT_USER_NAMESPACE].cause_errno, EPERM);
	CHECK_STR(h.facts[FACT_USER_NAMESPACE].cause, "kernel.unprivileged_userns_clone=0");
	CHECK_INT(h.facts[FACT_PROC].answer, HOST_ASSUMED);
	CHECK_INT(h.facts[FACT_MDWE].answer, HOST_NO);
	CHECK_INT(h.cgroups[CTL_MEMORY].version, 2);
	CHECK_INT(h.cgroups[CTL_PIDS].version, 0);
	CHECK_STR(h.paths[1].real, "/usr/bin");
	CHECK_STR(h.paths[1].links[0].target, "usr/bin");
	CHECK_INT(h.paths[0].device, 8 << 8 | 1);
	CHECK_INT(h.paths[0].mode, 040755);
	CHECK_INT(h.paths[0].group, 2);
	CHECK(h.paths[2].executable && h.paths[2].probed_exec && !h.paths[2].is_script);
	CHECK_INT(h.paths[3].missing_errno, ENOENT);
	CHECK_INT(host_user(&h, "nobody", false)->gid, 65533);
	CHECK(!host_user(&h, "who", false)->found);
	CHECK_INT(host_user(&h, "audio", true)->uid, 29);
	CHECK_STR(h.closure[0], "/lib/libc.so.6");
	check_round_trip(&h, &copy);
	host_done(&h);
	host_done(&copy);
}

static const struct {
	const char *text;
	uint32_t line, column;
	const char *says;
} mistakes[] = {
	{ "nonsense 1", 1, 1, "no line begins with this word: nonsense" },
	{ "uid 1\n\nuid", 3, 4, "a number is missing" },
	{ "uid -1", 1, 5, "not a number" },
	{ "uid 4294967296", 1, 5, "not a number" },
	{ "uid 1 2", 1, 7, "more than this line" },
	{ "last-cap 64", 1, 10, "not a number" },
	{ "kernel 6", 1, 8, "not a number" },
	{ "kernel 6.", 1, 8, "not a number" },
	{ "tty maybe", 1, 5, "not one of the words" },
	{ "groups 1 x", 1, 10, "not a number" },
	{ "landlock 7 EWHAT", 1, 12, "not a number" },
	{ "fact colour yes", 1, 6, "no fact of this name: colour" },
	{ "fact proc", 1, 10, "a word is missing" },
	{ "directory home", 1, 11, "not an absolute path: home" },
	{ "path", 1, 5, "a path is missing" },
	{ "path /x pipe", 1, 9, "not one of the words" },
	{ "path /x missing", 1, 16, "why it is missing" },
	{ "path /x dir colour", 1, 13, "not a word for a path" },
	{ "path /x dir link /x", 1, 20, "a link's target is missing" },
	{ "path /x dir device 8", 1, 20, "not a number" },
	{ "path /x dir\npath /x dir", 2, 6, "has a line already" },
	{ "user a 1 1\nuser a 1 1", 2, 8, "has a line already" },
	{ "cgroup io 2 /x", 1, 8, "not one of the words" },
	{ "cgroup cpu 3 /x", 1, 12, "not a number" },
	{ "directory \"/x", 1, 11, "a quoted word that does not end" },
	{ "directory \"/x\"y", 1, 11, "a quoted word that does not end" },
	{ "directory \"/\\x0\"", 1, 11, "only \\xHH" },
	{ "directory \"/\\x00\"", 1, 11, "only \\xHH" },
	{ "directory /x\033[m", 1, 11, "has to be quoted" },
};

TEST(mistakes_and_where_they_are)
{
	for (size_t i = 0; i < ARRAY_COUNT(mistakes); i++) {
		struct ambit_error err = { 0 };
		struct host h = { 0 };

		NOTE("%s", mistakes[i].text);
		CHECK_INT(read_text(&h, mistakes[i].text, &err), AMBIT_E_POLICY);
		CHECK_INT(err.code, AMBIT_E_POLICY);
		CHECK_INT(err.layer, AMBIT_LAYER_HOST);
		CHECK_INT(err.line, mistakes[i].line);
		CHECK_INT(err.column, mistakes[i].column);
		CHECK_HAS(err.text, mistakes[i].says);
		CHECK(err.hint[0]);
		host_done(&h);
	}
}

TEST(messages_hold_no_control_characters)
{
	struct ambit_error err = { 0 };
	struct host h = { 0 };

	CHECK_INT(host_read(&h, "\"\\x1b[2J\"", 9, "na\033me", &err), AMBIT_E_POLICY);
	CHECK(!strchr(err.text, '\033'));
	CHECK_HAS(err.text, "\\x1b[2J");
	host_done(&h);
}

TEST(a_nul_byte_is_no_word)
{
	struct ambit_error err = { 0 };
	struct host h = { 0 };

	CHECK_INT(host_read(&h, "uid 1\0 2\n", 9, "host", &err), AMBIT_E_POLICY);
	CHECK_INT(err.column, 5);
	host_done(&h);
}

TEST(too_many_lines_are_refused)
{
	struct buf text = { 0 };
	struct ambit_error err = { 0 };
	struct host h = { 0 };

	for (int i = 0; i < 5000; i++)
		buf_add_format(&text, "path /%d dir\n", i);
	CHECK_INT(host_read(&h, text.data, text.length, "host", &err), AMBIT_E_POLICY);
	CHECK_HAS(err.text, "too many");
	CHECK_INT(err.line, 4097);
	buf_done(&text);
	host_done(&h);
}
