/* SPDX-License-Identifier: ISC */
/* residue.c - mounts, control groups and temporary files that a launcher left behind */
#include "walk.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

uint64_t residue_mounts(void)
{
	return hash_file("/proc/self/mountinfo");
}

/*
 * By what the run itself made, not by what is new in a directory: others use these places at the
 * same time.
 */
const char *residue_of(const struct trace_result *run, uint64_t mounts_before)
{
	struct stat st;

	if (residue_mounts() != mounts_before)
		return "a mount";
	for (unsigned i = 0; i < run->made_count; i++)
		if (!lstat(run->made[i], &st))
			return run->made[i];
	return NULL;
}

/* Only what can be nobody else's. Last made, first removed; what is not there is no matter. */
void residue_remove(const struct trace_result *run)
{
	for (unsigned i = run->made_count; i--;)
		if (strstr(run->made[i], "/cgroup/") && strstr(run->made[i], "/ambit-"))
			(void)rmdir(run->made[i]);
}
