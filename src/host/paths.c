/* SPDX-License-Identifier: ISC */
/*
 * paths.c - what the paths of a policy are on this host
 *
 * A path is opened without following links first: most have none, and that answers everything in
 * three calls, and in one for what else is in the same directory. A path that is itself a link is
 * followed; where links are met on the way, the walk is repeated a component at a time. Every link
 * is noted, because a grant of a link grants the link and what it leads to.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/fd.h"
#include "../base/str.h"
#include "../base/sys.h"
#include "elf_start.h"
#include "host.h"

enum { LINKS_MAX = 40 };

const struct host_path *host_path(const struct host *h, const char *path)
{
	for (size_t i = 0; i < h->path_count; i++)
		if (str_equal(h->paths[i].path, path))
			return &h->paths[i];
	return NULL;
}

static void set_facts(struct host_path *p, const struct stat *st)
{
	p->kind = S_ISDIR(st->st_mode)	  ? KIND_DIR
		  : S_ISREG(st->st_mode)  ? KIND_FILE
		  : S_ISSOCK(st->st_mode) ? KIND_SOCKET
					  : KIND_OTHER;
	p->device = st->st_dev;
	p->inode = st->st_ino;
	p->mode = st->st_mode;
	p->owner = st->st_uid;
	p->group = st->st_gid;
}

/*
 * Put "target/rest" or "directory-of-link/target/rest" into @out; @at is where the link's name
 * begins.
 */
static int splice_target(char *out, size_t at, const char *target, const char *rest)
{
	char joined[PATH_MAX];
	size_t head = target[0] == '/' ? 0 : at;
	int n = snprintf(joined, sizeof(joined), "%.*s%s%s", (int)head, out, target, rest);

	if (n < 0 || (size_t)n + 1 >= sizeof(joined))
		return -ENAMETOOLONG;
	memcpy(out, joined, (size_t)n + 1);
	return 0;
}

struct walk {
	struct host *h;
	struct host_path *path;
	char text[PATH_MAX]; /* the part before @at has no links */
	size_t at;
	struct host_link *links;
	size_t link_count;
};

/* Remove "." and ".." components at @w->at; true when one was handled. */
static bool walk_dots(struct walk *w, size_t length)
{
	char *name = w->text + w->at;
	char *rest = name + length;
	size_t back = w->at;

	if (length == 0 || (length == 1 && name[0] == '.')) {
		if (*rest == '/')
			rest++;
		memmove(name, rest, strlen(rest) + 1);
		return true;
	}
	if (length != 2 || name[0] != '.' || name[1] != '.')
		return false;
	if (back > 1)
		for (back--; back > 0 && w->text[back - 1] != '/'; back--)
			;
	if (*rest == '/')
		rest++;
	memmove(w->text + (back ? back : 1), rest, strlen(rest) + 1);
	w->at = back ? back : 1;
	return true;
}

/* One component: 1 when there is more to walk, 0 at the end, -errno. */
static int walk_step(struct walk *w)
{
	size_t length = strcspn(w->text + w->at, "/");
	char target[PATH_MAX], rest[PATH_MAX], saved;
	struct host_link *link;
	ssize_t n;

	if (w->text[w->at] == '\0')
		return 0;
	if (walk_dots(w, length))
		return 1;
	saved = w->text[w->at + length];
	w->text[w->at + length] = '\0';
	n = sys_readlinkat(AT_FDCWD, w->text, target, sizeof(target) - 1);
	if (n == -EINVAL) { /* not a link */
		w->text[w->at + length] = saved;
		w->at += length + (saved == '/');
		return 1;
	}
	if (n < 0)
		return (int)n;
	target[n] = '\0';
	if (w->link_count == LINKS_MAX)
		return -ELOOP;
	link = arena_grow(&w->h->arena, &w->links, &w->link_count, sizeof(*link));
	if (!link)
		return -ENOMEM;
	link->path = arena_string(&w->h->arena, w->text);
	link->target = arena_string(&w->h->arena, target);
	if (!link->path || !link->target)
		return -ENOMEM;
	rest[0] = saved;
	rest[1] = '\0';
	if (saved)
		memcpy(rest + 1, w->text + w->at + length + 1,
		       strlen(w->text + w->at + length + 1) + 1);
	n = splice_target(w->text, w->at, target, rest);
	if (target[0] == '/')
		w->at = 1;
	return n < 0 ? (int)n : 1;
}

/* Follow every link of @p->path by hand. 0 or -errno. */
static int walk_links(struct host *h, struct host_path *p)
{
	struct walk w = { .h = h, .path = p, .at = 1 };
	size_t length = strlen(p->path);
	int r;

	if (length >= sizeof(w.text))
		return -ENAMETOOLONG;
	memcpy(w.text, p->path, length + 1);
	do
		r = walk_step(&w);
	while (r > 0);
	p->links = w.links;
	p->link_count = w.link_count;
	if (r < 0)
		return r;
	length = strlen(w.text);
	if (length > 1 && w.text[length - 1] == '/')
		w.text[length - 1] = '\0';
	p->real = arena_string(&h->arena, w.text);
	return p->real ? 0 : -ENOMEM;
}

static size_t parent_length(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? (size_t)(slash - path) : 0;
}

/* No link on the way to a directory means none on the way to those above it. */
static bool is_plain(const struct host *h, const char *path, size_t length)
{
	for (size_t i = 0; i < h->plain_count; i++) {
		const char *plain = h->plain[i].path;
		const size_t n = h->plain[i].length;

		if (n >= length && !memcmp(plain, path, length) &&
		    (n == length || plain[length] == '/'))
			return true;
	}
	return length == 0;
}

static void note_plain(struct host *h, const char *path, size_t length)
{
	if (h->plain_count == ARRAY_COUNT(h->plain) || is_plain(h, path, length))
		return;
	h->plain[h->plain_count].path = path;
	h->plain[h->plain_count++].length = length;
}

enum { IS_LINK = 1, LINK_ON_THE_WAY = 2 };

enum { KEPT_MAX = 32 };

static void keep(struct host *h, struct host_path *p, int *fd)
{
	if (!h->keep || h->kept_count == KEPT_MAX)
		return;
	h->kept_count++;
	p->kept = fd_steal(fd) + 1;
}

/*
 * @path, in the arena, without following links, for @p: its own or what it leads to. 0, IS_LINK,
 * LINK_ON_THE_WAY or -errno.
 */
static int look_plainly(struct host *h, struct host_path *p, const char *path, struct stat *ret)
{
	const struct open_how how = { .flags = O_PATH | O_NOFOLLOW | O_CLOEXEC,
				      .resolve = RESOLVE_NO_SYMLINKS };
	const size_t parent = parent_length(path);
	AUTO_FD int fd = -1;
	int r;

	if (path[parent + 1] && !h->keep && is_plain(h, path, parent)) {
		r = sys_fstatat(AT_FDCWD, path, ret, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT);
		return r < 0 ? r : S_ISLNK(ret->st_mode) ? IS_LINK : 0;
	}
	fd = sys_openat2(AT_FDCWD, path, &how);
	if (fd == -EMFILE && h->kept_count) { /* then each is opened again when its turn comes */
		host_forget_kept(h);
		h->keep = false;
		fd = sys_openat2(AT_FDCWD, path, &how);
	}
	if (fd == -ELOOP || fd == -ENOSYS || fd == -EPERM)
		return LINK_ON_THE_WAY; /* or it cannot be told */
	r = fd < 0 ? fd : sys_fstat(fd, ret);
	if (r < 0)
		return r;
	note_plain(h, path, parent);
	if (S_ISLNK(ret->st_mode))
		return IS_LINK;
	keep(h, p, &fd);
	return 0;
}

static bool is_dots(const char *name, size_t length)
{
	return name[0] == '.' && (length == 1 || (length == 2 && name[1] == '.'));
}

/* Dots, doubled slashes and one at the end: the walk knows what these mean. */
static bool needs_walk(const char *path)
{
	const char *at = path + (path[0] == '/');

	while (*at) {
		const size_t length = strcspn(at, "/");

		if (length == 0 || is_dots(at, length))
			return true;
		at += length;
		if (*at == '/' && !*++at)
			return true;
	}
	return false;
}

/* Follow @p->path, a link to what no further link leads to. Other cases end as look_plainly(). */
static int follow_one(struct host *h, struct host_path *p, struct stat *ret)
{
	const size_t parent = parent_length(p->path);
	char target[256]; /* a longer one is walked */
	struct host_link *link;
	const char *real;
	ssize_t n = sys_readlinkat(AT_FDCWD, p->path, target, sizeof(target) - 1);
	int r;

	if (n == 0 || n == -EINVAL || n == sizeof(target) - 1) /* swapped meanwhile, or too long */
		return LINK_ON_THE_WAY;
	if (n < 0)
		return (int)n;
	target[n] = '\0';
	if (needs_walk(target))
		return LINK_ON_THE_WAY;
	link = arena_alloc(&h->arena, sizeof(*link));
	real = target[0] == '/' ? arena_string(&h->arena, target)
				: arena_format(&h->arena, "%.*s/%s", (int)parent, p->path, target);
	if (!link || !real)
		return -ENOMEM;
	r = look_plainly(h, p, real, ret);
	if (r < 0 && !host_is_absence(r))
		return r;
	if (r != 0)
		return LINK_ON_THE_WAY;
	*link = (struct host_link){ p->path, target[0] == '/' ? real : real + parent + 1 };
	p->links = link;
	p->link_count = 1;
	p->real = real;
	return 0;
}

/*
 * A path with dots or spare slashes is not the name by which mounts are read back: that takes a
 * walk. Whether it leads anywhere the kernel says: "file/.." does not.
 */
static int look_oddly(const struct host_path *p, struct stat *ret)
{
	int r = sys_fstatat(AT_FDCWD, p->path, ret, AT_NO_AUTOMOUNT);

	return r < 0 ? r : LINK_ON_THE_WAY;
}

/* What is at the path, links resolved. 0 or -errno. */
static int look(struct host *h, struct host_path *p)
{
	struct stat st;
	int r;

	p->real = p->path;
	r = needs_walk(p->path) ? look_oddly(p, &st) : look_plainly(h, p, p->path, &st);
	if (r == IS_LINK)
		r = follow_one(h, p, &st);
	if (r == LINK_ON_THE_WAY || r == IS_LINK) {
		r = walk_links(h, p);
		if (r >= 0)
			r = sys_fstatat(AT_FDCWD, p->real, &st,
					AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT);
	}
	if (r >= 0)
		set_facts(p, &st);
	return r;
}

/* What may be at a path tells of the path; whatever else happened tells nothing. */
static enum ambit_code cannot_look(struct ambit_error *err, int r, const char *path)
{
	return err_set(err, err_code_of_errno(-r), AMBIT_LAYER_HOST, -r, "cannot look at %s", path);
}

/* 1, 0 or -errno */
static int may_execute(const char *path)
{
	int r = sys_faccess(path, X_OK);

	return r >= 0 ? 1 : r == -EROFS || host_is_absence(r) ? 0 : r;
}

static enum ambit_code look_inside(struct host *h, struct host_path *p, struct ambit_error *err)
{
	int r;

	if (p->probed_exec || p->kind != KIND_FILE)
		return AMBIT_OK;
	r = may_execute(p->real);
	if (r < 0)
		return cannot_look(err, r, p->real);
	p->executable = r;
	r = elf_start(&h->arena, p->real, &p->interpreter, &p->is_script);
	/* One that cannot be read can still be executable; whether it is static is not known. */
	if (r < 0 && r != -ENOEXEC && !host_is_absence(r))
		return cannot_look(err, r, p->real);
	p->probed_exec = r != -EACCES;
	return AMBIT_OK;
}

enum ambit_code host_add_path(struct host *h, const char *path, bool executable,
			      struct ambit_error *err)
{
	struct host_path *p = (struct host_path *)(uintptr_t)host_path(h, path);
	int r;

	if (!p) {
		p = arena_grow(&h->arena, &h->paths, &h->path_count, sizeof(*p));
		if (!p)
			return err_memory(err, AMBIT_LAYER_HOST);
		p->path = arena_string(&h->arena, path);
		if (!p->path) {
			h->path_count--;
			return err_memory(err, AMBIT_LAYER_HOST);
		}
		r = look(h, p);
		if (r < 0 && !host_is_absence(r))
			return cannot_look(err, r, path);
		p->missing_errno = r < 0 ? -r : 0;
	}
	return executable ? look_inside(h, p, err) : AMBIT_OK;
}

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
	r = S_ISREG(st.st_mode) ? may_execute(path) : 0;
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
	return leave_ups_out(h, ret_path, err);
}

/* The plan needs a look at it anyway; what is not plainly a program is then looked at as one. */
static enum ambit_code look_at_once(struct host *h, const char *command, const char **ret_path,
				    bool *ret_found, struct ambit_error *err)
{
	enum ambit_code code = absolute(h, command, ret_path, err);
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
					  : cannot_look(err, r, command);
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

enum ambit_code host_find_program(struct host *h, const char *command, const char *search_path,
				  const char **ret_path, struct ambit_error *err)
{
	struct search s = { .worst = ENOENT };
	char path[PATH_MAX];
	int r;

	if (strchr(command, '/'))
		return find_at(h, command, ret_path, err);
	for (const char *dir = search_path, *end; command[0] && dir; dir = *end ? end + 1 : NULL) {
		const size_t length = strcspn(dir, ":");

		end = dir + length;
		if (!in_part(h, dir, length, command, path))
			continue;
		r = candidate(path, dir, length, &s);
		if (r == 0)
			return absolute(h, path, ret_path, err);
		if (!host_is_absence(r))
			return cannot_look(err, r, path);
	}
	return not_found(err, command, &s);
}
