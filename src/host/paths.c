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

enum ambit_code host_cannot_look(struct ambit_error *err, int r, const char *path)
{
	return err_set(err, err_code_of_errno(-r), AMBIT_LAYER_HOST, -r, "cannot look at %s", path);
}

int host_may_execute(const char *path)
{
	int r = sys_faccess(path, X_OK);

	return r >= 0 ? 1 : r == -EROFS || host_is_absence(r) ? 0 : r;
}

static enum ambit_code look_inside(struct host *h, struct host_path *p, struct ambit_error *err)
{
	int r;

	if (p->probed_exec || p->kind != KIND_FILE)
		return AMBIT_OK;
	r = host_may_execute(p->real);
	if (r < 0)
		return host_cannot_look(err, r, p->real);
	p->executable = r;
	r = elf_start(&h->arena, p->real, &p->interpreter, &p->is_script);
	/* One that cannot be read can still be executable; whether it is static is not known. */
	if (r < 0 && r != -ENOEXEC && !host_is_absence(r))
		return host_cannot_look(err, r, p->real);
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
			return host_cannot_look(err, r, path);
		p->missing_errno = r < 0 ? -r : 0;
	}
	return executable ? look_inside(h, p, err) : AMBIT_OK;
}
