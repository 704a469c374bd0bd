/* SPDX-License-Identifier: ISC */
/* program.c - which file a command names: by its path, or along PATH as execvp(3) looks for it */
#include <errno.h>
#include <fcntl.h>
#include <linux/limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "../base/str.h"
#include "../base/sys.h"
#include "host.h"

/* What a search along PATH met that was not the program. */
struct search {
	int worst;	/* ENOENT, EACCES or EISDIR */
	bool closed;	/* some directory could not be entered, and no file was found */
	const char *at; /* the first such part of PATH; NULL: on the way to a path */
	size_t at_length;
};

/*
 * One candidate of a PATH search, from the part @at of it: 0 when it is the program, what speaks
 * against it, or another -errno.
 */
static int candidate(const char *path, const char *at, size_t at_length, struct search *s)
{
	struct stat st;
	int r = sys_fstatat(AT_FDCWD, path, &st, 0);

	if (r == -EACCES && s->worst == ENOENT)
		*s = (struct search){ EACCES, true, at, at_length };
	if (r < 0)
		return r;
	r = S_ISREG(st.st_mode) ? host_may_execute(path) : 0;
	if (r)
		return r < 0 ? r : 0;
	s->worst = S_ISDIR(st.st_mode) ? EISDIR : EACCES;
	s->closed = false;
	return -EACCES;
}

static enum ambit_code not_found(struct ambit_error *err, const char *command,
				 const struct search *s)
{
	char part[256];

	if (s->worst == ENOENT) {
		(void)err_set(err, AMBIT_E_NOT_FOUND, AMBIT_LAYER_EXEC, ENOENT,
			      "%s: command not found", command);
		return err_hint(err, "give its full path, or install it");
	}
	(void)err_set(err, AMBIT_E_NOT_EXECUTABLE, AMBIT_LAYER_EXEC, s->worst,
		      "%s cannot be executed", command);
	if (s->closed && !s->at)
		return err_hint(err, "a directory on the way to it may not be entered");
	if (s->closed)
		return err_hint(err,
				"nor found: %s, which is in PATH, may not be entered; give the "
				"program's full path",
				str_escape(part, sizeof(part), s->at, s->at_length));
	return err_hint(err, s->worst == EISDIR
				     ? "it is a directory: name the program inside it"
				     : "make it executable with chmod +x, or run its interpreter");
}

enum ambit_code host_no_directory(enum ambit_layer layer, const char *path, struct ambit_error *err)
{
	(void)err_set(err, AMBIT_E_NOT_FOUND, layer, ENOENT,
		      "cannot tell what the relative path %s is relative to", path);
	return err_hint(err, "write an absolute path, or start from a directory that has one");
}

/* Take out "." and what is between two slashes, which say nothing; but for the end, which does. */
static void tidy(char *path)
{
	char *to = path + 1;

	for (const char *at = to; *at;) {
		size_t length = strcspn(at, "/");
		const bool last = !at[length];

		length += !last;
		if (last || (at[0] != '/' && !(at[0] == '.' && length == 2))) {
			memmove(to, at, length);
			to += length;
		}
		at += length;
	}
	*to = '\0';
}

/* The end of the last ".." that is a component of @path, or NULL. */
static const char *last_up(const char *path)
{
	const char *found = NULL;

	for (const char *at = path; (at = strstr(at, "/..")) != NULL; at += 3)
		if (!at[3] || at[3] == '/')
			found = at + 3;
	return found;
}

/*
 * A script is started by its path, which in the view leads through nothing but what is granted:
 * the directories before a ".." need not be there, and the links after it are.
 */
static enum ambit_code leave_ups_out(struct host *h, const char **path, struct ambit_error *err)
{
	const char *up = last_up(*path), *prefix;
	const struct host_path *at;
	enum ambit_code code;

	if (!up)
		return AMBIT_OK;
	prefix = arena_copy(&h->arena, *path, (size_t)(up - *path));
	if (!prefix)
		return err_memory(err, AMBIT_LAYER_HOST);
	code = host_add_path(h, prefix, false, err);
	at = code == AMBIT_OK ? host_path(h, prefix) : NULL;
	if (!at || at->kind == KIND_MISSING) /* it is looked at as it is, and found missing */
		return code;
	*path = *up ? arena_format(&h->arena, "%s%s", at->real[1] ? at->real : "", up) : at->real;
	return *path ? AMBIT_OK : err_memory(err, AMBIT_LAYER_HOST);
}

static enum ambit_code absolute(struct host *h, const char *path, const char **ret_path,
				struct ambit_error *err)
{
	char *full;

	if (path[0] == '/')
		full = arena_string(&h->arena, path);
	else if (h->directory)
		full = arena_format(&h->arena, "%s/%s", h->directory[1] ? h->directory : "", path);
	else
		return host_no_directory(AMBIT_LAYER_EXEC, path, err);
	if (!full)
		return err_memory(err, AMBIT_LAYER_HOST);
	tidy(full);
	*ret_path = full;
	return AMBIT_OK;
}

static enum ambit_code locate(struct host *h, const char *path, const char **ret_path,
			      struct ambit_error *err)
{
	enum ambit_code code = absolute(h, path, ret_path, err);

	return code == AMBIT_OK ? leave_ups_out(h, ret_path, err) : code;
}

/* The plan needs a look at it anyway; what is not plainly a program is then looked at as one. */
static enum ambit_code look_at_once(struct host *h, const char *command, const char **ret_path,
				    bool *ret_found, struct ambit_error *err)
{
	enum ambit_code code = locate(h, command, ret_path, err);
	const struct host_path *p;

	if (code == AMBIT_OK)
		code = host_add_path(h, *ret_path, true, err);
	p = code == AMBIT_OK ? host_path(h, *ret_path) : NULL;
	*ret_found = p && p->kind == KIND_FILE && p->executable;
	return code;
}

/* Relative to where the program will work, which need not be where the caller is. */
static enum ambit_code find_at(struct host *h, const char *command, const char **ret_path,
			       struct ambit_error *err)
{
	struct search s = { .worst = ENOENT };
	bool found;
	enum ambit_code code = look_at_once(h, command, ret_path, &found, err);
	int r;

	if (code != AMBIT_OK || found)
		return code;
	r = candidate(*ret_path, NULL, 0, &s);
	if (r < 0)
		return host_is_absence(r) ? not_found(err, command, &s)
					  : host_cannot_look(err, r, command);
	return AMBIT_OK;
}

/*
 * What a part of PATH makes of a name: an empty one is the directory itself. False where that is no
 * path.
 */
static bool in_part(const struct host *h, const char *part, size_t length, const char *command,
		    char ret_path[PATH_MAX])
{
	const bool relative = part[0] != '/';
	int n;

	if (relative && !h->directory) /* it is removed, and nothing is in it */
		return false;
	n = snprintf(ret_path, PATH_MAX, "%s%s%.*s/%s", relative ? h->directory : "",
		     relative ? "/" : "", (int)length, part, command);
	return n > 0 && n < PATH_MAX;
}

/* A search along PATH: what is left of it, and the part that it is in. */
struct parts {
	const char *next, *at;
	size_t length;
};

static bool next_part(const struct host *h, struct parts *p, const char *command,
		      char ret_path[PATH_MAX])
{
	while (command[0] && p->next) {
		p->at = p->next;
		p->length = strcspn(p->at, ":");
		p->next = p->at[p->length] ? p->at + p->length + 1 : NULL;
		if (in_part(h, p->at, p->length, command, ret_path))
			return true;
	}
	return false;
}

enum ambit_code host_find_program(struct host *h, const char *command, const char *search_path,
				  const char **ret_path, struct ambit_error *err)
{
	struct search s = { .worst = ENOENT };
	struct parts parts = { .next = search_path };
	char path[PATH_MAX];

	if (strchr(command, '/'))
		return find_at(h, command, ret_path, err);
	while (next_part(h, &parts, command, path)) {
		int r = candidate(path, parts.at, parts.length, &s);

		if (r == 0)
			return locate(h, path, ret_path, err);
		if (!host_is_absence(r))
			return host_cannot_look(err, r, path);
	}
	return not_found(err, command, &s);
}

static bool is_listed(const struct host *h, const char *path)
{
	const struct host_path *p = host_path(h, path);

	return p && p->kind == KIND_FILE && p->executable;
}

static enum ambit_code not_listed(struct ambit_error *err, const char *command)
{
	char shown[128];

	(void)err_set(err, AMBIT_E_NOT_FOUND, AMBIT_LAYER_EXEC, ENOENT,
		      "%s: no program of that host",
		      str_escape(shown, sizeof(shown), command, strlen(command)));
	return err_hint(err, "the host file needs a line as in: path /usr/bin/env file executable "
			     "looked-inside");
}

enum ambit_code host_find_listed(struct host *h, const char *command, const char *search_path,
				 const char **ret_path, struct ambit_error *err)
{
	struct parts parts = { .next = strchr(command, '/') ? NULL : search_path };
	char path[PATH_MAX];
	enum ambit_code code;

	while (next_part(h, &parts, command, path)) {
		code = absolute(h, path, ret_path, err);
		if (code != AMBIT_OK || is_listed(h, *ret_path))
			return code;
	}
	if (!strchr(command, '/'))
		return not_listed(err, command);
	code = absolute(h, command, ret_path, err);
	return code != AMBIT_OK || is_listed(h, *ret_path) ? code : not_listed(err, command);
}
