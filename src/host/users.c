/* SPDX-License-Identifier: ISC */
/* users.c - names of users and groups from /etc/passwd and /etc/group: files only, no NSS */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../base/fd.h"
#include "../base/num.h"
#include "../base/str.h"
#include "../base/sys.h"
#include "host.h"

const struct host_user *host_user(const struct host *h, const char *name, bool is_group)
{
	for (size_t i = 0; i < h->user_count; i++)
		if (h->users[i].is_group == is_group && str_equal(h->users[i].name, name))
			return &h->users[i];
	return NULL;
}

/* Field @index of a colon-separated line as a number. */
static bool number_field(const char *line, size_t length, int index, uint32_t *ret)
{
	const char *end = line + length;
	uint64_t value;

	for (; index > 0 && line < end; index--) {
		line = memchr(line, ':', (size_t)(end - line));
		if (!line)
			return false;
		line++;
	}
	const char *stop = memchr(line, ':', (size_t)(end - line));
	if (num_parse(line, (size_t)((stop ? stop : end) - line), UINT32_MAX - 1, &value) < 0)
		return false;
	*ret = (uint32_t)value;
	return true;
}

/* Find "name:" or, for a number, the line whose id is @id. */
static bool search(const char *text, struct host_user *u, bool by_id, uint32_t id)
{
	size_t n = strlen(u->name);

	for (const char *line = text; *line;) {
		size_t length = strcspn(line, "\n");
		uint32_t line_id;
		bool match = !by_id && length > n && !memcmp(line, u->name, n) && line[n] == ':';

		if (number_field(line, length, 2, &line_id)) {
			match |= by_id && line_id == id;
			if (match) {
				u->uid = u->gid = line_id;
				return u->is_group || number_field(line, length, 3, &u->gid);
			}
		}
		line += length + (line[length] == '\n');
	}
	return false;
}

enum { USERS_FILE_MAX = 1 << 20 };

enum ambit_code host_add_user(struct host *h, const char *name, bool is_group,
			      struct ambit_error *err)
{
	const char *file = is_group ? "/etc/group" : "/etc/passwd";
	AUTO_FREE char *text = NULL;
	struct host_user *u;
	uint64_t id = 0;
	bool by_id;
	int r;

	if (host_user(h, name, is_group))
		return AMBIT_OK;
	u = arena_grow(&h->arena, &h->users, &h->user_count, sizeof(*u));
	if (!u || !(u->name = arena_string(&h->arena, name))) {
		h->user_count -= u != NULL;
		return err_memory(err, AMBIT_LAYER_HOST);
	}
	u->is_group = is_group;
	by_id = num_parse(name, strlen(name), UINT32_MAX - 1, &id) == 0;
	text = malloc(USERS_FILE_MAX);
	if (!text)
		return err_memory(err, AMBIT_LAYER_HOST);
	r = fd_read_file(AT_FDCWD, file, text, USERS_FILE_MAX);
	if (r < 0 && !host_is_absence(r))
		return err_set(err, err_code_of_errno(-r), AMBIT_LAYER_HOST, -r, "cannot read %s",
			       file);
	u->found = r >= 0 && search(text, u, by_id, (uint32_t)id);
	if (!u->found && by_id) { /* a number needs no name */
		u->found = true;
		u->uid = u->gid = (uint32_t)id;
	}
	return AMBIT_OK;
}
