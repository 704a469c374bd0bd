/* SPDX-License-Identifier: ISC */
/* write.c - the files: each is the old one or the new one, whole */
#include <fcntl.h>
#include <unistd.h>

#include "syslogparse.h"

static const struct {
	const char *name, *new_name;
	void (*render)(FILE *file, const struct table *rules);
} outputs[] = {
	{ "iptables.rules", "iptables.rules.new", render_iptables },
	{ "ip6tables.rules", "ip6tables.rules.new", render_ip6tables },
	{ "nftables.rules", "nftables.rules.new", render_nftables },
	{ "apparmor.rules", "apparmor.rules.new", render_apparmor },
};
enum { OUTPUTS = sizeof(outputs) / sizeof(*outputs) };

static bool write_new(int directory, int i, const struct table *rules)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	FILE *file;
	bool ok;
	int fd;

	(void)unlinkat(directory, outputs[i].new_name, 0); /* left by one that was killed */
	fd = openat(directory, outputs[i].new_name, flags, 0600);
	file = fd < 0 ? NULL : fdopen(fd, "w");
	if (!file)
		return false;
	outputs[i].render(file, rules);
	ok = fflush(file) == 0 && !ferror(file) && fsync(fd) == 0;
	return fclose(file) == 0 && ok;
}

bool write_all(int directory, const struct table *rules)
{
	for (int i = 0; i < OUTPUTS; i++)
		if (!write_new(directory, i, rules))
			return false;
	for (int i = 0; i < OUTPUTS; i++)
		if (renameat(directory, outputs[i].new_name, directory, outputs[i].name) < 0)
			return false;
	return fsync(directory) == 0;
}
