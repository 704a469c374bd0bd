/* SPDX-License-Identifier: ISC */
/* residue.c - mounts, control groups and temporary files that a launcher left behind */
#include "walk.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/*
 * Only names that say whose they are count, as others use these places at the same time; homes of
 * test identities (ambit-as-UID) are meant to stay.
 */
static const char *const places[] = {
	"/tmp",
	"/var/tmp",
	"/dev/shm",
	"/run",
	"/sys/fs/cgroup",
	"/sys/fs/cgroup/unified",
	"/sys/fs/cgroup/pids",
	"/sys/fs/cgroup/memory",
	"/sys/fs/cgroup/cpu",
};

static uint64_t hash_file(const char *path)
{
	uint64_t hash = 14695981039346656037U; /* FNV-1a */
	unsigned char bytes[4096];
	ssize_t got;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	while (fd >= 0 && (got = read(fd, bytes, sizeof(bytes))) > 0)
		for (ssize_t i = 0; i < got; i++)
			hash = (hash ^ bytes[i]) * 1099511628211U;
	if (fd >= 0)
		close(fd);
	return hash;
}

static bool is_ours(const char *name)
{
	return strstr(name, "ambit") && strncmp(name, "ambit-as-", 9) != 0;
}

void residue_take(struct residue *r)
{
	r->mounts = hash_file("/proc/self/mountinfo");
	r->count = 0;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		DIR *dir = opendir(places[i]);
		struct dirent *entry;

		while (dir && (entry = readdir(dir)))
			if (is_ours(entry->d_name) && r->count < RESIDUE_MAX)
				(void)snprintf(r->names[r->count++], RESIDUE_NAME, "%s/%.90s",
					       places[i], entry->d_name);
		if (dir)
			closedir(dir);
	}
}

const char *residue_new(const struct residue *before, const struct residue *after)
{
	if (after->mounts != before->mounts)
		return "a mount";
	for (unsigned i = 0; i < after->count; i++) {
		unsigned j = 0;

		while (j < before->count && strcmp(after->names[i], before->names[j]) != 0)
			j++;
		if (j == before->count)
			return after->names[i];
	}
	return NULL;
}
