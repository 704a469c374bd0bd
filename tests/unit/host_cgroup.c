/* SPDX-License-Identifier: ISC */
/* Where a control group can be made, from the kernel's own texts: for its inner functions. */
#include "../../src/host/cgroup.c"

#include <sys/stat.h>

#include "../tap.h"

static char root[32];

static const char *in(const char *name)
{
	static char paths[4][256];
	static unsigned next;
	char *path = paths[next++ % 4];

	(void)snprintf(path, sizeof(paths[0]), "%s/%s", root, name);
	return path;
}

static void put(const char *name, const char *text)
{
	FILE *f = fopen(in(name), "we");

	CHECK(f && fputs(text, f) >= 0 && fclose(f) == 0);
}

static void begin(void)
{
	(void)snprintf(root, sizeof(root), "/tmp/ambit-cg-XXXXXX");
	CHECK(mkdtemp(root) && mkdir(in("own"), 0755) == 0 && mkdir(in("own/leaf"), 0755) == 0);
}

static void end(void)
{
	static const char *const names[] = {
		"own/leaf/cgroup.controllers",
		"own/leaf/cgroup.subtree_control",
		"own/leaf/cgroup.procs",
		"own/leaf",
		"own/cgroup.controllers",
		"own/cgroup.subtree_control",
		"own/cgroup.procs",
		"own",
		"cgroup.controllers",
		"cgroup.subtree_control",
		"cgroup.procs",
	};

	for (size_t i = 0; i < ARRAY_COUNT(names); i++)
		if (unlink(in(names[i])) < 0)
			(void)rmdir(in(names[i]));
	CHECK(rmdir(root) == 0);
}

/* The controllers found with these two texts; %s in @mountinfo is the test's directory. */
static struct host scan(const char *mountinfo, const char *own)
{
	static struct host h;
	char mounts[2048], cgroup[512];
	int failed = 0;
	const struct scan s = { &h, mounts, cgroup, &failed };

	h = (struct host){ 0 };
	(void)snprintf(cgroup, sizeof(cgroup), "%s", own);
	mounts[0] = '\0';
	for (const char *p = mountinfo; *p; p++) {
		size_t n = strlen(mounts);

		if (*p == '@')
			(void)snprintf(mounts + n, sizeof(mounts) - n, "%s", root);
		else
			(void)snprintf(mounts + n, sizeof(mounts) - n, "%c", *p);
	}
	scan_lines(&s);
	return h;
}

#define V1 "31 23 0:27 / @ rw,nosuid shared:9 - cgroup cgroup rw,memory\n"
#define V2 "40 23 0:30 / @ rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"

TEST(version_1)
{
	begin();
	struct host h = scan(V1, "9:pids:/\n8:memory:/own\n0::/\n");

	CHECK_INT(h.cgroups[CTL_MEMORY].version, 1);
	CHECK_STR(h.cgroups[CTL_MEMORY].directory, in("own"));
	CHECK_INT(h.facts[FACT_CGROUP_MEMORY].answer, HOST_YES);
	CHECK_INT(h.cgroups[CTL_PIDS].version, 0);
	end();
}

TEST(controllers_that_share_a_hierarchy)
{
	begin();
	struct host h = scan("31 23 0:27 / @ rw - cgroup cgroup rw,cpu,cpuacct,pids\n",
			     "8:cpu,cpuacct,pids:/own\n");

	CHECK_INT(h.cgroups[CTL_CPU].version, 1);
	CHECK_INT(h.cgroups[CTL_PIDS].version, 1);
	CHECK_INT(h.cgroups[CTL_MEMORY].version, 0);
	end();
}

/* "cpu" is no part of "cpuset", nor "memory" of "nomemory". */
TEST(names_are_whole_words)
{
	begin();
	struct host h = scan("31 23 0:27 / @ rw - cgroup cgroup rw,cpuset,nomemory\n",
			     "8:cpuset,nomemory:/own\n");

	for (int c = 0; c < CTL_COUNT; c++)
		CHECK_INT(h.cgroups[c].version, 0);
	end();
}

/* A container sees a part of the hierarchy: its own path begins with that part. */
TEST(a_mount_of_a_part)
{
	begin();
	struct host h = scan("31 23 0:27 /docker/abc @ rw - cgroup cgroup rw,memory\n",
			     "8:memory:/docker/abc/own\n");

	CHECK_STR(h.cgroups[CTL_MEMORY].directory, in("own"));
	host_done(&h);
	h = scan("31 23 0:27 /docker/abc @ rw - cgroup cgroup rw,memory\n",
		 "8:memory:/docker/abc\n");
	CHECK_STR(h.cgroups[CTL_MEMORY].directory, root);
	end();
}

TEST(version_2_at_a_delegated_leaf)
{
	begin();
	put("own/leaf/cgroup.controllers", "cpu memory pids\n");
	put("own/leaf/cgroup.subtree_control", "memory\n");
	put("own/leaf/cgroup.procs", "12\n");
	struct host h = scan(V2, "0::/own/leaf\n");

	CHECK_INT(h.cgroups[CTL_MEMORY].version, 2);
	CHECK_STR(h.cgroups[CTL_MEMORY].directory, in("own/leaf"));
	/* Not handed on, and the group has processes: neither it nor one above serves. */
	CHECK_INT(h.cgroups[CTL_PIDS].version, 0);
	end();
}

TEST(version_2_beside_the_sessions_own)
{
	begin();
	put("own/cgroup.controllers", "memory pids\n");
	put("own/cgroup.subtree_control", "memory pids\n");
	put("own/leaf/cgroup.controllers", "memory pids\n");
	put("own/leaf/cgroup.subtree_control", "\n");
	put("own/leaf/cgroup.procs", "12\n");
	struct host h = scan(V2, "0::/own/leaf\n");

	CHECK_INT(h.cgroups[CTL_MEMORY].version, 2);
	CHECK_STR(h.cgroups[CTL_MEMORY].directory, in("own"));
	end();
}

TEST(version_2_beside_version_1)
{
	begin();
	put("own/cgroup.controllers", "pids\n");
	put("own/cgroup.subtree_control", "pids\n");
	struct host h = scan(V1 V2, "8:memory:/own\n0::/own\n");

	CHECK_INT(h.cgroups[CTL_MEMORY].version, 1);
	CHECK_INT(h.cgroups[CTL_PIDS].version, 2);
	end();
}

/* Never by path: what is mounted at /sys/fs/cgroup need not be one. */
TEST(only_by_file_system_type)
{
	begin();
	struct host h =
		scan("31 23 0:27 / @ rw - tmpfs cgroup rw,memory\n", "8:memory:/own\n0::/own\n");

	CHECK_INT(h.cgroups[CTL_MEMORY].version, 0);
	end();
}

TEST(no_leave_to_write)
{
	begin();
	struct host h = scan(V1, "8:memory:/nowhere\n");

	CHECK_INT(h.cgroups[CTL_MEMORY].version, 0);
	CHECK_INT(h.facts[FACT_CGROUP_MEMORY].cause_errno, EACCES);
	CHECK(h.facts[FACT_CGROUP_MEMORY].cause != NULL);
	end();
}

TEST(texts_that_are_cut_or_odd)
{
	static const char *const mounts[] = { "",
					      "\n",
					      "31",
					      "31 23",
					      "31 23 0:27 /",
					      " - cgroup ",
					      "31 23 0:27 / @ rw - cgroup",
					      "31 23 0:27 / @ rw - cgroup cgroup",
					      "31 23 0:27 / @ rw - cgroup cgroup rw,memory",
					      " - ",
					      "- - -",
					      "31 23 0:27 / @ rw -cgroup cgroup rw,memory",
					      "          " };
	static const char *const owns[] = {
		"", "\n", ":", "::", "8", "8:memory", "8:memory:", "0::", "::::", "8:memory:/own"
	};
	unsigned found = 0;

	begin();
	for (size_t i = 0; i < ARRAY_COUNT(mounts); i++)
		for (size_t j = 0; j < ARRAY_COUNT(owns); j++) {
			struct host h = scan(mounts[i], owns[j]);

			found += h.cgroups[CTL_MEMORY].version != 0;
			host_done(&h);
		}
	CHECK(found <= 2); /* the whole line, with its own path or an empty one */
	CHECK(found >= 1);
	end();
}
