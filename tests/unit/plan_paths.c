/* SPDX-License-Identifier: ISC */
/* From grants to the one list of paths: merged, nested, hidden, linked, refused. */
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>

#include "../../src/base/str.h"
#include "../../src/plan/plan.h"
#include "../tap.h"

#define READS (LL_FS_READ_FILE | LL_FS_READ_DIR)

static const char files[] =
	"path /d dir inode 1\npath /d/e dir inode 2\npath /d/e/f file inode 3\n"
	"path /d-x dir inode 4\npath /d/s socket inode 5\n"
	"path /dev dir inode 6\npath /dev/null other inode 7\n"
	"path /l dir real /d/e link /l /m link /m d/e inode 2\n"
	"path /gone missing ENOENT\npath /locked missing EACCES\n"
	"path /prog file executable looked-inside inode 8\n"
	"path /script file interpreter /prog script executable inode 9\n"
	"path /round file interpreter /round script executable inode 10\n"
	"path /proc/self/status file real /proc/77/status link /proc/self 77 inode 14\n"
	"path /fds dir real /proc/77/fd link /fds /proc/self/fd link /proc/self 77 inode 15\n"
	"path /usr dir inode 16\npath /usr/lib dir inode 17\npath /usr/lib/x file inode 18\n"
	"path /tmp dir inode 11\npath /tmp/x dir inode 12\npath / dir inode 13\n";

struct made {
	struct ambit_policy policy;
	struct host host;
	struct ambit_plan plan;
};

static enum ambit_code plan_of(struct made *m, const char *text, bool view, bool bare,
			       struct ambit_error *err)
{
	const struct text_origin from = { "policy", "/", NULL, false };

	memset(m, 0, sizeof(*m));
	CHECK_INT(host_read(&m->host, files, sizeof(files) - 1, "host", NULL), AMBIT_OK);
	if (view) {
		m->host.caps = UINT64_C(1) << CAP_SYS_ADMIN;
		m->host.facts[FACT_MOUNT_NAMESPACE].answer = HOST_YES;
		m->host.facts[FACT_MOUNT_API].answer = HOST_YES;
		m->host.facts[FACT_MEMFD_EXEC].answer = HOST_YES;
	}
	CHECK_INT(policy_parse_text(&m->policy, text, strlen(text), &from, NULL), AMBIT_OK);
	m->plan.bare = bare;
	return plan_build(&m->plan, &m->policy, &m->host, NULL, (struct plan_layers){ NULL, 0 },
			  err);
}

static enum ambit_code try_plan(struct made *m, const char *text, bool view,
				struct ambit_error *err)
{
	return plan_of(m, text, view, true, err);
}

static void make(struct made *m, const char *text)
{
	CHECK_INT(try_plan(m, text, true, NULL), AMBIT_OK);
}

static void done(struct made *m)
{
	plan_done(&m->plan);
	policy_done(&m->policy);
	host_done(&m->host);
}

static bool has(const struct made *m, const char *path)
{
	for (size_t i = 0; i < m->plan.path_count; i++)
		if (str_equal(m->plan.paths[i].path, path))
			return true;
	return false;
}

static struct plan_path at(const struct made *m, const char *path)
{
	for (size_t i = 0; i < m->plan.path_count; i++)
		if (str_equal(m->plan.paths[i].path, path))
			return m->plan.paths[i];
	tap_fail(__FILE__, __LINE__, "%s is not in the plan", path);
}

static int notes_of(const struct made *m, enum note_kind kind)
{
	int count = 0;

	for (size_t i = 0; i < m->plan.note_count; i++)
		count += m->plan.notes[i].kind == kind;
	return count;
}

TEST(equal_paths_are_one)
{
	struct made m;

	make(&m, "read /d\nread /d\nwrite /d\nexec /d\n");
	CHECK_INT(m.plan.path_count, 1);
	CHECK((at(&m, "/d").access & (READS | LL_FS_MAKE_REG | LL_FS_EXECUTE)) ==
	      (READS | LL_FS_MAKE_REG | LL_FS_EXECUTE));
	CHECK(at(&m, "/d").writable && at(&m, "/d").can_exec);
	done(&m);
}

/* Which of two entries of one path comes first is the sort's: what must be found there is not. */
TEST(the_stronger_view_is_whole)
{
	static const char *const orders[] = { "tmp 4096\nread /tmp\nread /\n",
					      "read /\nread /tmp\ntmp 4096\n" };
	struct made m;

	for (size_t i = 0; i < ARRAY_COUNT(orders); i++) {
		make(&m, orders[i]);
		CHECK(at(&m, "/tmp").view == VIEW_TMPFS && at(&m, "/tmp").size == 4096);
		CHECK_INT(at(&m, "/tmp").inode, 0);
		CHECK_INT(at(&m, "/tmp").device_id, 0);
		done(&m);
	}
}

/* What is written is not executed, and nothing would start: libraries stay out of it. */
TEST(libraries_stay_as_they_are)
{
	struct made m;

	CHECK_INT(plan_of(&m, "write /usr\n", true, false, NULL), AMBIT_OK);
	CHECK(at(&m, "/usr").writable && !at(&m, "/usr").can_exec);
	CHECK(at(&m, "/usr/lib").view == VIEW_BIND && !at(&m, "/usr/lib").writable &&
	      at(&m, "/usr/lib").can_exec);
	CHECK_INT(notes_of(&m, NOTE_NARROWER), 1);
	done(&m);
	CHECK_INT(plan_of(&m, "write /usr\nwrite /usr/lib\n", true, false, NULL), AMBIT_OK);
	CHECK(at(&m, "/usr/lib").writable && !at(&m, "/usr/lib").can_exec);
	CHECK_INT(notes_of(&m, NOTE_NARROWER), 0);
	done(&m);
	CHECK_INT(plan_of(&m, "write /usr\nexec /usr\n", true, false, NULL), AMBIT_OK);
	CHECK(at(&m, "/usr/lib").writable);
	done(&m);
}

/* The number of the process that asked is not the program's. */
TEST(its_own_directory_of_proc)
{
	struct made m;

	make(&m, "read /proc/self/status\nread /fds\n");
	CHECK(!has(&m, "/proc/77/status") && !has(&m, "/proc/77/fd") && !has(&m, "/proc/self"));
	CHECK(at(&m, "/proc/self/status").view == VIEW_NONE && at(&m, "/proc/self/fd").own);
	CHECK_STR(at(&m, "/fds").target, "/proc/self/fd");
	done(&m);
}

TEST(sorted_and_not_confused_by_prefixes)
{
	struct made m;

	make(&m, "write /d\nread /d-x\nread /d/e\n");
	CHECK_INT(m.plan.path_count, 3);
	CHECK(!at(&m, "/d-x").writable && at(&m, "/d-x").view == VIEW_BIND);
	CHECK(at(&m, "/d/e").view == VIEW_NONE);
	done(&m);
}

TEST(read_inside_write_adds_nothing)
{
	struct made m;

	make(&m, "write /d\nread /d/e\n");
	CHECK(at(&m, "/d").writable && !at(&m, "/d").can_exec);
	CHECK(at(&m, "/d/e").view == VIEW_NONE && at(&m, "/d/e").writable);
	done(&m);
}

TEST(write_inside_read_is_a_mount)
{
	struct made m;

	make(&m, "read /d\nwrite /d/e\n");
	CHECK(!at(&m, "/d").writable);
	CHECK(at(&m, "/d/e").view == VIEW_BIND && at(&m, "/d/e").writable &&
	      !at(&m, "/d/e").can_exec);
	done(&m);
}

/* What is writable is noexec, but for what exec names. */
TEST(exec_inside_write_is_a_mount)
{
	struct made m;

	make(&m, "write /d\nexec /d/e/f\n");
	CHECK(!at(&m, "/d").can_exec);
	CHECK(at(&m, "/d/e/f").view == VIEW_BIND && at(&m, "/d/e/f").can_exec);
	done(&m);
}

TEST(files_have_no_accesses_of_directories)
{
	struct made m;

	make(&m, "write /d/e/f\n");
	CHECK_INT(at(&m, "/d/e/f").access & ~LL_FS_ON_FILES, 0);
	CHECK(at(&m, "/d/e/f").access & LL_FS_WRITE_FILE);
	done(&m);
}

TEST(everything_below_the_root)
{
	struct made m;

	make(&m, "read /\nwrite /d/e\nread /d-x\n");
	CHECK(at(&m, "/").view == VIEW_BIND && at(&m, "/d-x").view == VIEW_NONE);
	CHECK(at(&m, "/d/e").view == VIEW_BIND);
	done(&m);
}

TEST(links_are_kept_with_what_they_lead_to)
{
	struct made m;

	make(&m, "read /l\n");
	CHECK_STR(at(&m, "/l").target, "/m");
	CHECK_STR(at(&m, "/m").target, "d/e");
	CHECK(at(&m, "/l").view == VIEW_LINK && !at(&m, "/l").access);
	CHECK(at(&m, "/d/e").view == VIEW_BIND && at(&m, "/d/e").inode == 2);
	done(&m);
}

TEST(hidden_wins)
{
	struct made m;

	make(&m, "read /d\nread /l\nhide /d/e prefer\n"); /* /l leads to what is hidden */
	CHECK(at(&m, "/d/e").view == VIEW_HIDE && !at(&m, "/d/e").access);
	done(&m);
}

TEST(below_hidden_is_nothing)
{
	struct ambit_error err = { 0 };
	struct made m;

	CHECK_INT(try_plan(&m, "read /l\nhide /d\n", true, &err), AMBIT_OK);
	CHECK(!has(&m, "/d/e"));
	CHECK(!has(&m, "/d")); /* not in the view: nothing to mount over */
	CHECK(m.plan.note_count && m.plan.notes[0].kind == NOTE_WARNING);
	done(&m);
}

TEST(a_hidden_file)
{
	struct made m;

	make(&m, "read /d\nhide /d/e/f\n");
	CHECK(at(&m, "/d/e/f").view == VIEW_HIDE && !at(&m, "/d/e/f").is_dir);
	done(&m);
}

/* Whoever may write above a hidden path could give it another name: the way to it is held. */
TEST(the_way_to_what_is_hidden_is_held)
{
	struct made m;

	make(&m, "write /d\nhide /d/e/f\n");
	CHECK(at(&m, "/d/e").view == VIEW_BIND && at(&m, "/d/e").pinned);
	CHECK(at(&m, "/d/e").writable && !at(&m, "/d/e").can_exec && !at(&m, "/d/e").access);
	CHECK(at(&m, "/d/e").inode == 2); /* compared before it is mounted on */
	CHECK(!at(&m, "/d").pinned);	  /* nobody may write above it */
	CHECK(m.plan.paths[0].path[2] == 0 && m.plan.paths[2].view == VIEW_HIDE); /* sorted */
	done(&m);
	make(&m, "write /d\nread /d/e\nhide /d/e/f\n"); /* an entry of its own, merged away */
	CHECK(at(&m, "/d/e").pinned && (at(&m, "/d/e").access & READS));
	done(&m);
	make(&m, "write /d\nexec /d/e\nhide /d/e/f\n"); /* a mount already */
	CHECK(at(&m, "/d/e").view == VIEW_BIND && !at(&m, "/d/e").pinned);
	done(&m);
	make(&m, "read /d\nhide /d/e/f\n");
	CHECK(!has(&m, "/d/e"));
	done(&m);
	make(&m, "write /\nhide /d/e/f\n");
	CHECK(at(&m, "/d").pinned && at(&m, "/d/e").pinned && !at(&m, "/").pinned);
	done(&m);
	CHECK_INT(try_plan(&m, "write /d\nhide /d/e/f\n", false, NULL), AMBIT_OK);
	CHECK(!has(&m, "/d/e")); /* no view: a gap as a whole */
	done(&m);
}

/* A link cannot be held: whoever may turn it decides what is hidden. */
TEST(a_link_to_what_is_hidden)
{
	struct made m;

	make(&m, "write /\nhide /l\n");
	CHECK(at(&m, "/d/e").view == VIEW_HIDE);
	CHECK_INT(plan_gap_count(&m.plan), 2); /* /l and /m; no layers, no other gaps */
	done(&m);
	make(&m, "write /\nhide /l prefer\n");
	CHECK_INT(plan_gap_count(&m.plan), 0);
	done(&m);
	make(&m, "write /d\nhide /l\n"); /* the links lie outside */
	CHECK_INT(plan_gap_count(&m.plan), 0);
	done(&m);
}

TEST(what_a_private_tmp_covers_needs_no_hiding)
{
	struct made m;

	make(&m, "tmp 1M\nhide /tmp/x\n");
	CHECK(at(&m, "/tmp").view == VIEW_TMPFS && at(&m, "/tmp").size == 1 << 20);
	CHECK(!has(&m, "/tmp/x"));
	done(&m);
	make(&m, "tmp 1M\nread /tmp/x\n");
	CHECK(at(&m, "/tmp/x").view == VIEW_BIND);
	done(&m);
}

/* The /tmp that all share is not what "tmp" grants. */
TEST(no_view_no_tmp)
{
	struct made m;

	CHECK_INT(try_plan(&m, "tmp 1M\n", false, NULL), AMBIT_OK);
	CHECK(!has(&m, "/tmp"));
	done(&m);
}

TEST(scripts_bring_their_interpreters)
{
	struct made m;

	make(&m, "exec /script\n");
	CHECK(at(&m, "/prog").access & LL_FS_EXECUTE);
	done(&m);
	make(&m, "exec /round\n"); /* its own interpreter: the walk ends */
	CHECK_INT(m.plan.path_count, 1);
	done(&m);
}

static const struct {
	const char *policy, *says;
	int sys_errno;
	uint32_t line;
} refusals[] = {
	{ "read /gone\n", "/gone does not exist", ENOENT, 1 },
	{ "read /d\nwrite /locked\n", "/locked cannot be reached", EACCES, 2 },
	{ "hide /gone\n", "/gone does not exist", ENOENT, 1 },
	{ "unix /gone\n", "/gone does not exist", ENOENT, 1 },
	{ "exec /not/asked\n", "/not/asked does not exist", 0, 1 },
	{ "user nobody-here\n", "no user named nobody-here", 0, 1 },
	{ "\ngroup nobody-here\n", "no group named nobody-here", 0, 2 },
};

TEST(what_is_missing_is_refused)
{
	for (size_t i = 0; i < ARRAY_COUNT(refusals); i++) {
		struct ambit_error err = { 0 };
		struct made m;

		NOTE("%s", refusals[i].policy);
		CHECK_INT(try_plan(&m, refusals[i].policy, true, &err), AMBIT_E_POLICY);
		CHECK_HAS(err.text, refusals[i].says);
		CHECK_INT(err.sys_errno, refusals[i].sys_errno);
		CHECK_INT(err.line, refusals[i].line);
		CHECK(err.hint[0]);
		done(&m);
	}
}

TEST(what_is_optional_is_not)
{
	struct made m;

	make(&m, "read /gone optional\nwrite /locked optional\nhide /other optional\nread /d\n");
	CHECK_INT(m.plan.path_count, 1);
	CHECK(m.plan.note_count && m.plan.notes[0].kind == NOTE_SKIPPED); /* of hide: said */
	done(&m);
}

/* ---- where the program begins ----------------------------------------------------------- */

static const char *directory_of(const char *policy, const char *directory)
{
	static char found[64];
	struct made m = { 0 };
	const struct text_origin from = { "policy", "/", NULL, false };

	CHECK_INT(host_read(&m.host, files, sizeof(files) - 1, "host", NULL), AMBIT_OK);
	m.host.caps = UINT64_C(1) << CAP_SYS_ADMIN;
	m.host.facts[FACT_MOUNT_NAMESPACE].answer = m.host.facts[FACT_MOUNT_API].answer = HOST_YES;
	m.host.facts[FACT_MEMFD_EXEC].answer = HOST_YES;
	m.host.directory = directory;
	CHECK_INT(policy_parse_text(&m.policy, policy, strlen(policy), &from, NULL), AMBIT_OK);
	m.plan.bare = true;
	CHECK_INT(plan_build(&m.plan, &m.policy, &m.host, NULL, (struct plan_layers){ NULL, 0 },
			     NULL),
		  AMBIT_OK);
	(void)snprintf(found, sizeof(found), "%s", m.plan.directory);
	done(&m);
	return found;
}

TEST(the_working_directory)
{
	CHECK_STR(directory_of("read /d\n", "/d/e"), "/d/e");
	CHECK_STR(directory_of("read /d/e\n", "/d"), "/d");
	CHECK_STR(directory_of("read /d\n", "/d-x"), "/");
	CHECK_STR(directory_of("", "/d"), "/");
	CHECK_STR(directory_of("read /d\nhide /d/e\n", "/d/e"), "/");
	CHECK_STR(directory_of("tmp 1M\n", "/tmp"), "/tmp");
	CHECK_STR(directory_of("tmp 1M\n", "/tmp/x"), "/");
	CHECK_STR(directory_of("read /\ntmp 1M\n", "/tmp/x"), "/");
	CHECK_STR(directory_of("tmp 1M\nread /tmp/x\n", "/tmp/x"), "/tmp/x");
}
