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
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../include/ambit/pledge.h"
#include "../base/abi.h"
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

	if (strlen(path) >= sizeof(copy)) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	memcpy(copy, path, strlen(path) + 1);
	slash = strrchr(copy, '/');
	if (!slash)
		return realpath(".", NULL);
	slash[slash == copy] = '\0';
	return realpath(copy, NULL);
}

/* What stands for @path: itself, or its parent. */
static int resolve(const char *path, uint64_t access, char **ret)
{
	struct stat st;
	char *real = realpath(path, NULL);

	if (!real && errno != ENOENT)
		return errno;
	if (real && (access & MAKES) && stat(real, &st) == 0 && !S_ISDIR(st.st_mode)) {
		*ret = parent_of(real);
		free(real);
	} else {
		*ret = real ? real : parent_of(path);
	}
	return *ret ? 0 : errno;
}

static int add(struct pledge_state *s, char *path, uint64_t access, bool exactly)
{
	struct veil *v;

	for (v = s->veils; v; v = v->next)
		if (strcmp(v->path, path) == 0) {
			if (exactly && (access & ~v->access))
				return EPERM;
			v->access = exactly ? access : v->access | access;
			free(path);
			return 0;
		}
	v = malloc(sizeof(*v));
	if (!v)
		return ENOMEM;
	*v = (struct veil){ path, access, s->veils };
	s->veils = v;
	return 0;
}

static bool is_above(const char *directory, const char *path)
{
	const size_t n = strlen(directory);

	return n == 1 ? path[1] != '\0' : strncmp(path, directory, n) == 0 && path[n] == '/';
}

/* Less than a directory above it has: Landlock cannot take anything out. */
static bool is_hole(const struct pledge_state *s, const struct veil *v)
{
	for (const struct veil *u = s->veils; u; u = u->next)
		if (is_above(u->path, v->path) && (u->access & ~v->access))
			return true;
	return false;
}

static int grant(struct ambit_policy *p, const char *path, uint64_t access)
{
	struct grant *g = arena_grow(&p->arena, &p->grants, &p->count, sizeof(*g));

	if (!g)
		return ENOMEM;
	*g = (struct grant){ .right = RIGHT_UNVEIL,
			     .optional = true,
			     .origin = { "unveil", 0, 0 },
			     .path = arena_string(&p->arena, path),
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
		r = grant(p, loaders[i], LL_FS_EXECUTE | LL_FS_READ_FILE);
	return r;
}

int veils_add(struct pledge_state *s, struct ambit_policy *p, uint64_t most)
{
	uint64_t all = 0;
	int r = 0;

	for (const struct veil *v = s->veils; v; v = v->next)
		if (is_hole(s, v))
			return ENOSYS;
	for (const struct veil *v = s->veils; v && !r; v = v->next) {
		uint64_t access = v->access & most;

		/* Execution may be what was not promised, and with it reading. */
		if ((v->access & LL_FS_EXECUTE) && !(v->access & LL_FS_READ_DIR) &&
		    !(most & LL_FS_EXECUTE))
			access &= ~(uint64_t)LL_FS_READ_FILE;
		/* Reading may come of executing: that of files that are to be executed. */
		if (!(v->access & LL_FS_EXECUTE) && !(most & LL_FS_READ_DIR))
			access &= ~(uint64_t)LL_FS_READ_FILE;
		r = grant(p, v->path, access);
		all |= access;
	}
	return !r && (all & LL_FS_EXECUTE) ? add_loaders(p) : r;
}

void veils_done(struct pledge_state *s)
{
	while (s->veils) {
		struct veil *v = s->veils;

		s->veils = v->next;
		free(v->path);
		free(v);
	}
	s->no_more = true;
}

static int collect(struct pledge_state *s, const char *path, const char *permissions)
{
	uint64_t access = 0;
	char *real = NULL;
	int r = parse(permissions, &access);

	if (!r)
		r = resolve(path, access, &real);
	if (real)
		r = add(s, real, access, true);
	if (r)
		free(real);
	return r;
}

int unveil(const char *path, const char *permissions)
{
	struct pledge_state *s = state_lock();
	int r;

	if (s->no_more || (s->pledged && !(s->promises & promise_bit(BIT_UNVEIL))))
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
