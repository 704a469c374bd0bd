/* SPDX-License-Identifier: ISC */
/* answer.h - from what is asked to what is sent */
#ifndef WEBSERVER_ANSWER_H
#define WEBSERVER_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "file.h"

enum { ANSWER_HEAD_MAX = 512, ANSWER_SMALL = 4096 };

struct answer {
	unsigned status;
	char text[ANSWER_HEAD_MAX + ANSWER_SMALL]; /* the head, and with it what is small */
	size_t length;
	struct file *file; /* what is left to be sent of it; owned, NULL for nothing */
	off_t offset;
	uint64_t left;
};

struct moment {
	int64_t seconds; /* since 1970 */
	char date[FILE_DATE_SIZE];
};

void answer_request(struct files *files, const struct http_request *request,
		    const struct moment *now, struct answer *ret);
void answer_refuse(unsigned status, bool keep_alive, const struct moment *now, struct answer *ret);

#endif
