/* SPDX-License-Identifier: ISC */
/* self.c - this program, started once more: where its file is, and what it needs to start */
#include "self.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/num.h"
#include "../base/sys.h"

enum { LINE_SIZE = 256 };

enum ambit_code self_find(char program[SELF_PATH_SIZE], const char *what, struct ambit_error *err)
{
	ssize_t n = sys_readlinkat(AT_FDCWD, "/proc/self/exe", program, SELF_PATH_SIZE);

	if (n >= SELF_PATH_SIZE)
		n = -ENAMETOOLONG;
	if (n > 0) {
		program[n] = '\0';
		return AMBIT_OK;
	}
	(void)err_set(err, err_code_of_errno((int)-n), AMBIT_LAYER_RUN, (int)-n,
		      "cannot find this program's own file");
	return err_hint(err, "%s is this program started again: /proc has to be there", what);
}

enum ambit_code self_add(struct ambit_policy *p, const char *keyword, struct ambit_error *err,
			 const char *format, ...)
{
	char text[LINE_SIZE];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return ambit_policy_add(p, keyword, text[0] ? text : NULL, err);
}

struct objects {
	struct ambit_policy *policy;
	struct ambit_error *err;
	enum ambit_code code;
};

static int add_object(struct dl_phdr_info *info, size_t size, void *argument)
{
	struct objects *o = argument;

	(void)size;
	if (info->dlpi_name && info->dlpi_name[0] == '/')
		o->code = ambit_policy_add(o->policy, "read", info->dlpi_name, o->err);
	return o->code != AMBIT_OK;
}

enum ambit_code self_grant(struct ambit_policy *p, struct ambit_error *err)
{
	struct objects o = { p, err, AMBIT_OK };
	const char *path = secure_getenv("LD_LIBRARY_PATH");

	(void)dl_iterate_phdr(add_object, &o);
	if (o.code == AMBIT_OK && path)
		o.code = ambit_set_env(p, "LD_LIBRARY_PATH", path, err);
	return o.code;
}

const char *self_told(const char *variable, const char *name, int nth)
{
	const char *text = secure_getenv(variable);
	const size_t n = strlen(name);
	int told = -1;

	if (!text || strncmp(text, name, n) != 0 || text[n] != ':')
		return NULL;
	text = self_take_number(text + n + 1, &told);
	return told == nth ? text : NULL;
}

const char *self_take_number(const char *text, int *ret)
{
	size_t n = strspn(text, "0123456789");
	uint64_t value;

	if (num_parse(text, n, INT32_MAX, &value) < 0)
		return NULL;
	*ret = (int)value;
	return text + n + (text[n] == ':');
}
