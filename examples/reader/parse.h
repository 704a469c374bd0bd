/* SPDX-License-Identifier: ISC */
/* parse.h - configuration files: lines of "key = value" and "include FILE" */
#ifndef READER_PARSE_H
#define READER_PARSE_H

#include "config_rights.h"

struct settings {
	char name[64];
	unsigned connections;
};

/*
 * Read @file of the directory that @files stands for, and all it includes. The only right it has
 * is that of config.ambit: to read there, through this handle. 0, or -1 with a sentence on stderr.
 */
int parse(const struct config_reader *files, const char *file, struct settings *to)
	AMBIT_CONFINED(config);

/* helper.c: another file, which says nothing of rights. */
int helper_first_line(const char *path, char *line, int size);

#endif
