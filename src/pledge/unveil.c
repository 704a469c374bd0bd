/* SPDX-License-Identifier: ISC */
/*
 * unveil.c - paths are collected; Landlock has them when no more may follow
 *
 * Landlock grants by inode and takes nothing out of what a directory above has. So a path that
 * does not exist yet, and a file that may be made anew, are granted through their parent; and a
 * path with less than a directory above it cannot be enforced, which is said where it would begin
 * to matter.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../include/ambit/pledge.h"
#include "../base/abi.h"
#include "../base/sys.h"
#include "state.h"

static const struct {
	char letter;
	uint64_t access;
} letters[] = {
	{ 'r', LL_FS_READ_FILE | LL_FS_READ_DIR | LL_FS_IOCTL_DEV },
	{ 'w', LL_FS_WRITE_FILE | LL_FS_TRUNCATE | LL_FS_IOCTL_DEV | LL_FS_RESOLVE_UNIX },
	{ 'x', LL_FS_EXECUTE | LL_FS_READ_FILE },
	{ 'c', LL_FS_REMOVE_DIR | LL_FS_REMOVE_FILE | LL_FS_MAKE_DIR | LL_FS_MAKE_REG |
		       LL_FS_MAKE_SOCK | LL_FS_MAKE_FIFO | LL_FS_MAKE_SYM | LL_FS_REFER },
};
#define MAKES LL_FS_MAKE_REG

static int parse(const char *permissions, uint64_t *ret_access)
{
	uint64_t access = 0;

	for (; *permissions; permissions++) {
		size_t i = 0;

		while (i < ARRAY_COUNT(letters) && letters[i].letter != *permissions)
			i++;
		if (i == ARRAY_COUNT(letters))
			return EINVAL;
		access |= letters[i].access;
	}
	*ret_access = access;
	return 0;
}

/* The directory that holds @path, resolved. */
static char *parent_of(const char *path)
{
	char copy[PATH_MAX];
	char *slash;

	memcpy(copy, path, strlen(path) + 1);
	slash = strrchr(copy, '/');
	if (!slash)
		return realpath(".", NULL);
	slash[slash == copy] = '\0';
	return realpath(copy, NULL);
}

/* What is not there yet: its name in its parent, resolved. */
static char *name_of_new(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *parent = parent_of(path), *name = NULL;

	if (parent &&
	    asprintf(&name, "%s/%s", parent[1] ? parent : "", slash ? slash + 1 : path) < 0)
		name = NULL;
	free(parent);
	return name;
}

static size_t parent_length(const char *name)
{
	const size_t length = (size_t)(strrchr(name, '/') - name);

	return length ? length : 1;
}

/* Of what stands for @path: itself, or its parent. Not the parent of a link that leads nowhere. */
static int resolve(const char *path, struct veil *v)
{
	struct stat st;
	bool by_parent = false;

	if (strlen(path) >= PATH_MAX)
		return ENAMETOOLONG;
	v->name = realpath(path, NULL);
	if (v->name) {
		by_parent = (v->access & MAKES) && stat(v->name, &st) == 0 && !S_ISDIR(st.st_mode);
	} else if (errno == ENOENT && *path && lstat(path, &st) != 0 && errno == ENOENT) {
		v->name = name_of_new(path);
		by_parent = true;
	}
	if (!v->name)
		return errno;
	v->length = by_parent ? parent_length(v->name) : strlen(v->name);
	return 0;
}

/* Takes the name of @new. */
static int add(struct pledge_state *s, struct veil *new)
{
	struct veil *v;

	for (v = s->veils; v; v = v->next)
		if (strcmp(v->name, new->name) == 0) {
			if (new->access & ~v->access)
				return EPERM;
			v->access = new->access;
			v->length = new->length;
			free(new->name);
			return 0;
		}
	v = malloc(sizeof(*v));
	if (!v)
		return ENOMEM;
	*v = *new;
	v->next = s->veils;
	s->veils = v;
	return 0;
}

static bool is_same_place(const struct veil *u, const struct veil *v)
{
	return u->length == v->length && memcmp(u->name, v->name, v->length) == 0;
}

static bool is_above(const struct veil *u, const struct veil *v)
{
	if (u->length == 1)
		return v->length > 1;
	return u->length < v->length && memcmp(u->name, v->name, u->length) == 0 &&
	       v->name[u->length] == '/';
}

/* A directory gets what each path that it stands for would. */
static uint64_t access_at_place(const struct pledge_state *s, const struct veil *v)
{
	uint64_t access = 0;

	for (const struct veil *u = s->veils; u; u = u->next)
		if (is_same_place(u, v))
			access |= u->access;
	return access;
}

/* Less than a directory above it has: Landlock cannot take anything out. */
static bool is_hole(const struct pledge_state *s, const struct veil *v)
{
	const uint64_t access = access_at_place(s, v);

	for (const struct veil *u = s->veils; u; u = u->next)
		if (is_above(u, v) && (u->access & ~access))
			return true;
	return false;
}

static int grant(struct ambit_policy *p, const char *path, size_t length, uint64_t access)
{
	struct grant *g = arena_grow(&p->arena, &p->grants, &p->count, sizeof(*g));

	if (!g)
		return ENOMEM;
	*g = (struct grant){ .right = RIGHT_UNVEIL,
			     .optional = true,
			     .origin = { "unveil", 0, 0 },
			     .path = arena_copy(&p->arena, path, length),
			     .number = access };
	return g->path ? 0 : ENOMEM;
}

/* What a dynamic program of an unveiled directory is loaded by. */
static int add_loaders(struct ambit_policy *p)
{
	static const char *const loaders[] = { "/lib64/ld-linux-x86-64.so.2",
					       "/lib/ld-linux-aarch64.so.1",
					       "/lib/ld-musl-x86_64.so.1",
					       "/lib/ld-musl-aarch64.so.1" };
	int r = 0;

	for (size_t i = 0; i < ARRAY_COUNT(loaders) && !r; i++)
		r = grant(p, loaders[i], strlen(loaders[i]), LL_FS_EXECUTE | LL_FS_READ_FILE);
	return r;
}

/* What of @all is left where no more than @most was promised. */
static uint64_t bounded(uint64_t all, uint64_t most)
{
	uint64_t access = all & most;

	/* Execution may be what was not promised, and with it reading. */
	if ((all & LL_FS_EXECUTE) && !(all & LL_FS_READ_DIR) && !(most & LL_FS_EXECUTE))
		access &= ~(uint64_t)LL_FS_READ_FILE;
	/* Reading may come of executing: that of files that are to be executed. */
	if (!(all & LL_FS_EXECUTE) && !(most & LL_FS_READ_DIR))
		access &= ~(uint64_t)LL_FS_READ_FILE;
	return access;
}

static bool is_first_at_place(const struct pledge_state *s, const struct veil *v)
{
	const struct veil *u = s->veils;

	while (!is_same_place(u, v))
		u = u->next;
	return u == v;
}

int veils_add(struct pledge_state *s, struct ambit_policy *p, uint64_t most)
{
	uint64_t all = 0;
	int r = 0;

	for (const struct veil *v = s->veils; v; v = v->next)
		if (is_hole(s, v))
			return ENOSYS;
	for (const struct veil *v = s->veils; v && !r; v = v->next) {
		const uint64_t access = bounded(access_at_place(s, v), most);

		if (is_first_at_place(s, v))
			r = grant(p, v->name, v->length, access);
		all |= access;
	}
	return !r && (all & LL_FS_EXECUTE) ? add_loaders(p) : r;
}

void veils_done(struct pledge_state *s)
{
	while (s->veils) {
		struct veil *v = s->veils;

		s->veils = v->next;
		free(v->name);
		free(v);
	}
	s->no_more = true;
}

static int collect(struct pledge_state *s, const char *path, const char *permissions)
{
	struct veil v = { 0 };
	int r = text_there(path);

	if (!r)
		r = text_there(permissions);
	if (!r)
		r = parse(permissions, &v.access);
	if (!r)
		r = resolve(path, &v);
	if (!r)
		r = add(s, &v);
	if (r)
		free(v.name);
	return r;
}

/* A call that nobody promises: the filter answers as to any other. */
static int violation(void)
{
	const long r = sys_call(SYS_pivot_root, 0, 0, 0, 0, 0, 0);

	return r < 0 ? (int)-r : EPERM;
}

int unveil(const char *path, const char *permissions)
{
	struct pledge_state *s = state_lock();
	int r;

	if (s->pledged && !(s->promises & promise_bit(BIT_UNVEIL)))
		r = violation();
	else if (s->no_more)
		r = EPERM;
	else if (!path && !permissions)
		r = enforce_veils(s);
	else if (!path || !permissions)
		r = EINVAL;
	else
		r = collect(s, path, permissions);
	state_unlock();
	if (r)
		errno = r;
	return r ? -1 : 0;
}
