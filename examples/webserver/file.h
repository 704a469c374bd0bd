/* SPDX-License-Identifier: ISC */
/* file.h - files that are served, open for a second: opening is what a policy makes dearer */
#ifndef WEBSERVER_FILE_H
#define WEBSERVER_FILE_H

#include <stdint.h>

#include "http.h"

enum { FILE_DATE_SIZE = 32, FILE_NAME_SIZE = HTTP_PATH_MAX + 16, FILES_OPEN = 64 };

struct file {
	int fd;
	uint64_t size;
	int64_t opened; /* in seconds since 1970 */
	unsigned users;
	char modified[FILE_DATE_SIZE];
	char name[FILE_NAME_SIZE];
};

struct files {
	int root_fd; /* O_PATH; everything is below it */
	struct file *open[FILES_OPEN];
};

/* A regular file below the root, or the index.html of a directory; NULL with errno. */
struct file *file_get(struct files *files, const char *path, int64_t now);
/* @file may be NULL. */
void file_put(struct file *file);
void files_close(struct files *files);

/* "Sun, 06 Nov 1994 08:49:37 GMT" */
void file_print_date(int64_t at, char ret[FILE_DATE_SIZE]);

#endif
