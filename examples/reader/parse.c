/* SPDX-License-Identifier: ISC */
/*
 * parse.c - all of this file runs confined: see README.md
 *
 * WRONG_OPEN and WRONG_HELPER are the mistakes that the README tells of; they are never built
 * into the example.
 */
#define AMBIT_CONFINED_FILE
#include "parse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 8, LINE_SIZE = 256 };

static int read_file(const struct config_reader *files, const char *file, struct settings *to,
		     int depth) AMBIT_CONFINED(config);

/* The word behind @key, or NULL when the line is about something else. */
static const char *value_of(const char *line, const char *key)
{
	const size_t length = strlen(key);

	if (strncmp(line, key, length) != 0 || (line[length] != ' ' && line[length] != '='))
		return NULL;
	return line + length + strspn(line + length, " =");
}

static int take_line(const struct config_reader *files, const char *line, struct settings *to,
		     int depth) AMBIT_CONFINED(config);
static int take_line(const struct config_reader *files, const char *line, struct settings *to,
		     int depth)
{
	const char *value;

	if (line[0] == '#' || line[0] == '\0')
		return 0;
	value = value_of(line, "include");
	if (value)
		return read_file(files, value, to, depth + 1);
	value = value_of(line, "connections");
	if (value) {
		to->connections = (unsigned)strtoul(value, NULL, 10);
		return 0;
	}
	value = value_of(line, "name");
	if (value) {
		(void)snprintf(to->name, sizeof(to->name), "%s", value);
		return 0;
	}
	fprintf(stderr, "reader: what is \"%s\"?\n", line);
	return -1;
}

static int read_file(const struct config_reader *files, const char *file, struct settings *to,
		     int depth)
{
	const int fd = depth < DEPTH_MAX ? config_open_read(files, file) : -1;
	FILE *stream = fd < 0 ? NULL : fdopen(fd, "r");
	char line[LINE_SIZE];
	int r = 0;

	if (!stream) {
		fprintf(stderr, "reader: %s: %s\n", file, strerror(errno));
		return -1;
	}
	while (r == 0 && fgets(line, sizeof(line), stream)) {
		line[strcspn(line, "\n")] = '\0';
		r = take_line(files, line, to, depth);
	}
	(void)fclose(stream);
	return r;
}

int parse(const struct config_reader *files, const char *file, struct settings *to)
{
#ifdef WRONG_OPEN
	(void)close(open("/etc/hostname", O_RDONLY));
#endif
#ifdef WRONG_HELPER
	if (helper_first_line("/etc/hostname", to->name, sizeof(to->name)) < 0)
		fprintf(stderr, "reader: /etc/hostname: %s\n", strerror(errno));
#endif
	return read_file(files, file, to, 0);
}
