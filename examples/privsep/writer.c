/* SPDX-License-Identifier: ISC */
/*
 * writer.c - the process that may write one directory, and writes one file there
 *
 * The table has checked each field for itself. What depends on two of them, or on what the file is
 * for, is checked here: the parser may be somebody else's.
 */
#include "privsep.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct lease {
	int64_t address, prefix, router, seconds;
	const char *domain;
};

static bool read_lease(struct ambit_channel *c, struct lease *l)
{
	l->address = ambit_channel_take_integer(c, "address");
	l->prefix = ambit_channel_take_integer(c, "prefix");
	l->router = ambit_channel_take_integer(c, "router");
	l->seconds = ambit_channel_take_integer(c, "seconds");
	l->domain = ambit_channel_take_text(c, "domain");
	return ambit_channel_taken(c, NULL) == AMBIT_OK;
}

static void print_address(FILE *file, const char *name, int64_t a)
{
	(void)fprintf(file, "%s=%d.%d.%d.%d\n", name, (int)(a >> 24 & 255), (int)(a >> 16 & 255),
		      (int)(a >> 8 & 255), (int)(a & 255));
}

/* Either the old file is there or the new one, whole. */
static bool write_file(const char *directory, const struct lease *l)
{
	int dir = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int fd = openat(dir, "lease.new", O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
			0644);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
	bool ok = file != NULL;

	if (file) {
		print_address(file, "address", l->address);
		(void)fprintf(file, "prefix=%d\n", (int)l->prefix);
		print_address(file, "router", l->router);
		(void)fprintf(file, "seconds=%d\ndomain=%s\n", (int)l->seconds, l->domain);
		ok = fflush(file) == 0 && fsync(fd) == 0;
		ok = fclose(file) == 0 && ok;
	}
	ok = ok && renameat(dir, "lease.new", dir, "lease") == 0;
	(void)close(dir);
	return ok;
}

static enum ambit_code tell(struct ambit_channel *runner_end, const struct lease *l)
{
	ambit_channel_begin(runner_end, "written");
	ambit_channel_put_integer(runner_end, "address", l->address);
	ambit_channel_put_integer(runner_end, "prefix", l->prefix);
	ambit_channel_put_integer(runner_end, "router", l->router);
	ambit_channel_put_integer(runner_end, "seconds", l->seconds);
	ambit_channel_put_text(runner_end, "domain", l->domain);
	return ambit_channel_send(runner_end, 1000, NULL);
}

int writer(struct ambit_process *self)
{
	struct ambit_channel *parser_end = ambit_process_channel(self, "parser");
	struct ambit_channel *runner_end = ambit_process_channel(self, "runner");
	const char *directory = setting("LEASE_DIR");
	time_t minute = -1;

	take_over(self);
	for (;;) {
		enum ambit_code code;
		struct lease l;

		new_minute(parser_end, &minute);
		code = ambit_channel_receive(parser_end, MINUTE_MS, NULL);
		if (code == AMBIT_E_TIMEOUT)
			continue;
		if (code == AMBIT_E_CLOSED && wait_for_another(parser_end))
			continue;
		if (code != AMBIT_OK)
			return code == AMBIT_E_PROTOCOL ? 2 : 0;
		if (!read_lease(parser_end, &l) || !is_lease(l.address, l.prefix, l.router) ||
		    !is_domain(l.domain))
			return 3;
		if (!write_file(directory, &l))
			return 4;
		code = tell(runner_end, &l);
		if (code == AMBIT_E_CLOSED && wait_for_another(runner_end))
			code = tell(runner_end, &l);
		if (code != AMBIT_OK)
			return 5;
	}
}
AMBIT_PROCESS(writer)
