/* SPDX-License-Identifier: ISC */
/* asked.c - where policies come from, and what a program carries */
#include "asked.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "../base/fd.h"
#include "../base/num.h"

bool asked_parse(const char *text, struct asked *ret)
{
	int *const to[] = { &ret->policy, &ret->program, &ret->answer };

	for (size_t i = 0; i < ARRAY_COUNT(to); i++) {
		size_t n = strspn(text, "0123456789");
		uint64_t value;

		if (num_parse(text, n, INT32_MAX - 1, &value) < 0 ||
		    text[n] != (i + 1 < ARRAY_COUNT(to) ? ',' : '\0'))
			return false;
		*to[i] = (int)value;
		text += n + 1;
	}
	return true;
}

bool asked_take(const struct asked *by)
{
	return fd_become(by->policy, 0) == 0 && fd_become(by->answer, 1) == 0 &&
	       fd_become(by->answer, 2) == 0;
}

static enum ambit_code read_standard(struct ambit_policy *p, struct ambit_error *err)
{
	const struct text_origin from = { .name = "-" };
	AUTO_BUF struct buf text = { .maximum = 2 << 20 };
	char part[4096];
	ssize_t n;

	while ((n = read(0, part, sizeof(part))) > 0 || (n < 0 && errno == EINTR))
		if (n > 0)
			buf_add(&text, part, (size_t)n);
	if (n < 0 || text.failed)
		return err_set(err, AMBIT_E_RESOURCE, AMBIT_LAYER_POLICY, n < 0 ? errno : 0,
			       "cannot read the policy from descriptor 0");
	return policy_parse_text(p, buf_text(&text), text.length, &from, err);
}

enum ambit_code asked_policy(struct ambit_policy *p, const char *path, struct ambit_error *err)
{
	return strcmp(path, "-") ? policy_load_file(p, path, err) : read_standard(p, err);
}

enum ambit_code asked_show(const char *path, struct buf *out, struct ambit_error *err)
{
	AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct ambit_policy policy = { 0 };
	bool found = false;
	enum ambit_code code;

	if (fd < 0) {
		(void)err_set(err, AMBIT_E_NOT_FOUND, AMBIT_LAYER_NONE, errno, "cannot read %s",
			      path);
		return err_hint(err, "name a program that can be read");
	}
	code = policy_embedded(&policy, fd, path, &found, err);
	policy_print(&policy, out);
	policy_done(&policy);
	if (code != AMBIT_OK || found)
		return code;
	(void)err_set(err, AMBIT_E_NOT_FOUND, AMBIT_LAYER_NONE, 0, "the program carries no policy");
	return err_hint(err, "ambit embed POLICY PROGRAM");
}
