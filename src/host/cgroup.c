/* SPDX-License-Identifier: ISC */
/*
 * cgroup.c - where this caller may make a control group, per controller
 *
 * cgroup v2 may be mounted beside v1, so hierarchies are found by their file system type in
 * mountinfo, never by path. A controller counts when its hierarchy has it and the caller's own
 * cgroup directory may be written.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/fd.h"
#include "../base/str.h"
#include "../base/sys.h"
#include "host.h"

static const char *const controller_names[CTL_COUNT] = {
	[CTL_MEMORY] = "memory", [CTL_PIDS] = "pids", [CTL_CPU] = "cpu"
};
static const enum host_fact controller_facts[CTL_COUNT] = { [CTL_MEMORY] = FACT_CGROUP_MEMORY,
							    [CTL_PIDS] = FACT_CGROUP_PIDS,
							    [CTL_CPU] = FACT_CGROUP_CPU };

enum { TEXT_MAX = 1 << 20 };

struct scan {
	struct host *h;
	char *mountinfo, *own; /* /proc/self/mountinfo, /proc/self/cgroup */
	int *failed;
};

static bool word_in_list(const char *list, size_t length, const char *word)
{
	size_t n = strlen(word);

	for (size_t i = 0; i + n <= length; i++)
		if ((i == 0 || list[i - 1] == ',') && !memcmp(list + i, word, n) &&
		    (i + n == length || list[i + n] == ','))
			return true;
	return false;
}

/* The caller's cgroup in the hierarchy that has @controller (v1), or in v2 for NULL. */
static const char *own_cgroup(const struct scan *s, const char *controller, size_t *length)
{
	for (const char *line = s->own; *line;) {
		size_t n = strcspn(line, "\n");
		const char *names = memchr(line, ':', n);
		const char *path =
			names ? memchr(names + 1, ':', n - (size_t)(names + 1 - line)) : NULL;

		if (path) {
			size_t names_length = (size_t)(path - names - 1);
			bool match = controller ? word_in_list(names + 1, names_length, controller)
						: names_length == 0;

			if (match) {
				*length = n - (size_t)(path + 1 - line);
				return path + 1;
			}
		}
		line += n + (line[n] == '\n');
	}
	return NULL;
}

/* Field @index (from 0) of a mountinfo line before " - ". */
static const char *field(const char *line, size_t length, int index, size_t *ret_length)
{
	const char *p = line, *end = line + length;

	for (; index > 0 && p < end; index--) {
		p = memchr(p, ' ', (size_t)(end - p));
		if (!p)
			return NULL;
		p++;
	}
	const char *stop = memchr(p, ' ', (size_t)(end - p));
	*ret_length = (size_t)((stop ? stop : end) - p);
	return p;
}

static const char *super_part(const char *line, size_t length)
{
	for (size_t i = 0; i + 3 <= length; i++)
		if (!memcmp(line + i, " - ", 3))
			return line + i + 3;
	return NULL;
}

/* Is this line the hierarchy for @controller? @version: which kind is looked for. */
static bool is_hierarchy(const char *line, size_t length, int version, const char *controller)
{
	const char *super = super_part(line, length);
	size_t rest, n;
	const char *options;

	if (!super)
		return false;
	rest = length - (size_t)(super - line);
	if (version == 2)
		return rest > 8 && !memcmp(super, "cgroup2 ", 8);
	if (rest < 8 || memcmp(super, "cgroup ", 7) != 0)
		return false;
	options = field(super, rest, 2, &n);
	return options && word_in_list(options, n, controller);
}

static const char *directory_of(const struct scan *s, const char *line, size_t length,
				const char *controller)
{
	size_t root_length, point_length, own_length = 0;
	const char *root = field(line, length, 3, &root_length);
	const char *point = field(line, length, 4, &point_length);
	const char *own = own_cgroup(s, controller, &own_length);

	if (!root || !point || !own)
		return NULL;
	/* A mount of a part of the hierarchy: the own path is relative to that part. */
	if (root_length > 1 && own_length >= root_length && !memcmp(own, root, root_length)) {
		own += root_length;
		own_length -= root_length;
	}
	if (own_length == 1)
		own_length = 0;
	return arena_format(&s->h->arena, "%.*s%.*s", (int)point_length, point, (int)own_length,
			    own);
}

/* What is not there and what may not be is an answer; the first other failure ends the scan. */
static int told(const struct scan *s, int r)
{
	if (r < 0 && r != -EROFS && r != -EFBIG && !host_is_absence(r) && !*s->failed)
		*s->failed = r;
	return r;
}

/* Does a file of a cgroup directory, a list of words, have @word? */
static bool v2_lists(const struct scan *s, const char *directory, const char *file,
		     const char *word)
{
	char path[4096], text[512];
	int n;

	if (snprintf(path, sizeof(path), "%s/%s", directory, file) >= (int)sizeof(path))
		return false;
	n = told(s, fd_read_file(AT_FDCWD, path, text, sizeof(text)));
	for (char *p = text; n > 0 && *p; p++)
		if (*p == ' ' || *p == '\n')
			*p = ',';
	return n > 0 && word_in_list(text, (size_t)n - 1, word);
}

static bool v2_is_empty(const struct scan *s, const char *directory)
{
	char path[4096], text[64];

	if (snprintf(path, sizeof(path), "%s/cgroup.procs", directory) >= (int)sizeof(path))
		return false;
	return told(s, fd_read_file(AT_FDCWD, path, text, sizeof(text))) == 0;
}

static bool may_write(const struct scan *s, const char *directory)
{
	return told(s, sys_faccess(directory, W_OK | X_OK)) == 0;
}

/*
 * A v2 group with processes cannot hand controllers on (EBUSY), the root excepted. So a child is
 * made below the nearest ancestor that hands the controller on already, or that can be told to:
 * in a delegated subtree that is usually the group above the session's own.
 */
static const char *v2_parent(const struct scan *s, const char *own, size_t mount_length,
			     const char *controller)
{
	char *directory = arena_string(&s->h->arena, own);

	while (directory && strlen(directory) >= mount_length && may_write(s, directory)) {
		bool root = strlen(directory) == mount_length;
		char *slash;

		if (v2_lists(s, directory, "cgroup.controllers", controller) &&
		    (v2_lists(s, directory, "cgroup.subtree_control", controller) || root ||
		     v2_is_empty(s, directory)))
			return directory;
		slash = strrchr(directory, '/');
		if (!slash)
			break;
		*slash = '\0';
	}
	return NULL;
}

static void try_line(const struct scan *s, const char *line, size_t length, enum host_controller c,
		     int version)
{
	const char *name = controller_names[c];
	const char *directory;

	if (s->h->cgroups[c].version || !is_hierarchy(line, length, version, name))
		return;
	directory = directory_of(s, line, length, version == 2 ? NULL : name);
	if (!directory || (version == 2 && !v2_lists(s, directory, "cgroup.controllers", name)))
		return;
	if (version == 2) {
		size_t point = 0;

		(void)field(line, length, 4, &point);
		directory = v2_parent(s, directory, point, name);
	}
	if (!directory || !may_write(s, directory)) {
		s->h->facts[controller_facts[c]] =
			(struct host_answer_of){ HOST_NO, EACCES,
						 "its directory may not be written" };
		return;
	}
	s->h->cgroups[c] = (struct host_cgroup){ version, directory };
	s->h->facts[controller_facts[c]] = (struct host_answer_of){ HOST_YES, 0, NULL };
}

static void scan_lines(const struct scan *s)
{
	for (int version = 2; version >= 1; version--)
		for (const char *line = s->mountinfo; *line;) {
			size_t n = strcspn(line, "\n");

			for (int c = 0; c < CTL_COUNT; c++)
				try_line(s, line, n, (enum host_controller)c, version);
			line += n + (line[n] == '\n');
		}
}

enum ambit_code host_probe_cgroups(struct host *h, struct ambit_error *err)
{
	AUTO_FREE char *mountinfo = malloc(TEXT_MAX);
	AUTO_FREE char *own = malloc(TEXT_MAX);
	int a, b, failed = 0;
	struct scan s = { h, mountinfo, own, &failed };

	if (h->cgroups_probed)
		return AMBIT_OK;
	if (!mountinfo || !own)
		return err_memory(err, AMBIT_LAYER_HOST);
	for (int c = 0; c < CTL_COUNT; c++)
		h->facts[controller_facts[c]] =
			(struct host_answer_of){ HOST_NO, ENOENT,
						 "no hierarchy has this controller" };
	h->cgroups_probed = true;
	a = told(&s, fd_read_file(AT_FDCWD, "/proc/self/mountinfo", mountinfo, TEXT_MAX));
	b = told(&s, fd_read_file(AT_FDCWD, "/proc/self/cgroup", own, TEXT_MAX));
	if (a > 0 && b > 0)
		scan_lines(&s);
	return failed ? err_set(err, err_code_of_errno(-failed), AMBIT_LAYER_HOST, -failed,
				"cannot look at control groups")
		      : AMBIT_OK;
}
