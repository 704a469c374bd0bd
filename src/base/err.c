/* SPDX-License-Identifier: ISC */
#include "err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "str.h"

enum ambit_code err_set(struct ambit_error *err, enum ambit_code code, enum ambit_layer layer,
			int sys_errno, const char *format, ...)
{
	va_list args;

	if (!err || err->code != AMBIT_OK)
		return code;
	err->code = code;
	err->layer = layer;
	err->sys_errno = sys_errno;
	va_start(args, format);
	(void)vsnprintf(err->text, sizeof(err->text), format, args); /* a cut sentence is fine */
	va_end(args);
	str_make_visible(err->text);
	return code;
}

enum ambit_code err_hint(struct ambit_error *err, const char *format, ...)
{
	va_list args;

	if (!err)
		return AMBIT_E_INTERNAL;
	if (!err->hint[0]) {
		va_start(args, format);
		(void)vsnprintf(err->hint, sizeof(err->hint), format, args);
		va_end(args);
		str_make_visible(err->hint);
	}
	return (enum ambit_code)err->code;
}

enum ambit_code err_prefix(struct ambit_error *err, const char *format, ...)
{
	char old[sizeof(err->text)];
	va_list args;
	int length;

	if (!err)
		return AMBIT_E_INTERNAL;
	memcpy(old, err->text, sizeof(old));
	va_start(args, format);
	length = vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	if (length >= 0 && (size_t)length < sizeof(err->text))
		(void)snprintf(err->text + length, sizeof(err->text) - (size_t)length, ": %s", old);
	str_make_visible(err->text);
	return (enum ambit_code)err->code;
}

void err_at(struct ambit_error *err, uint32_t line, uint32_t column)
{
	if (err && !err->line) {
		err->line = line;
		err->column = column;
	}
}

enum ambit_code err_memory(struct ambit_error *err, enum ambit_layer layer)
{
	return err_set(err, AMBIT_E_RESOURCE, layer, ENOMEM, "out of memory");
}

static const struct {
	int sys_errno;
	const char *hint;
} exhausted[] = {
	{ EMFILE, "too many open descriptors: raise ulimit -n" },
	{ ENFILE, "the system is out of descriptors: raise fs.file-max" },
	{ ENOMEM, "memory is exhausted: raise ulimit -v or the memory limit, or try later" },
	{ EAGAIN, "too many processes: raise RLIMIT_NPROC (ulimit -u) or the pids limit" },
	{ EFBIG, "the limit on the size of files is too low: raise ulimit -f (RLIMIT_FSIZE)" },
	{ ENOSPC, "a disk is full, or a limit of /proc/sys/user is used up" },
	{ EDQUOT, "the disk quota of this user is used up" },
	{ EUSERS, "user namespaces are nested too deep" },
	{ EIO, "a device failed: look at the kernel's log" },
	{ ECHILD, "what was to find out was killed, or memory ran out: try later" },
};

enum ambit_code err_exhausted(struct ambit_error *err)
{
	if (!err)
		return AMBIT_E_INTERNAL;
	for (size_t i = 0; i < ARRAY_COUNT(exhausted); i++)
		if ((err->code == AMBIT_E_RESOURCE || err->sys_errno == ECHILD) &&
		    err->sys_errno == exhausted[i].sys_errno)
			(void)err_hint(err, "%s", exhausted[i].hint);
	return (enum ambit_code)err->code;
}

/* Exhausted resources must never look like missing features: a caller would degrade. */
static const struct {
	int sys_errno;
	enum ambit_code code;
} errno_codes[] = {
	{ ENOENT, AMBIT_E_NOT_FOUND },	     { ENOTDIR, AMBIT_E_NOT_FOUND },
	{ ELOOP, AMBIT_E_NOT_FOUND },	     { ESRCH, AMBIT_E_NOT_FOUND },
	{ EPERM, AMBIT_E_DENIED },	     { EACCES, AMBIT_E_DENIED },
	{ EROFS, AMBIT_E_DENIED },	     { EBUSY, AMBIT_E_DENIED },
	{ ENOSYS, AMBIT_E_UNSUPPORTED },     { EOPNOTSUPP, AMBIT_E_UNSUPPORTED },
	{ EINVAL, AMBIT_E_UNSUPPORTED },     { ENODEV, AMBIT_E_UNSUPPORTED },
	{ ENOTTY, AMBIT_E_UNSUPPORTED },     { E2BIG, AMBIT_E_UNSUPPORTED },
	{ ENOMEM, AMBIT_E_RESOURCE },	     { EAGAIN, AMBIT_E_RESOURCE },
	{ ENOSPC, AMBIT_E_RESOURCE },	     { EMFILE, AMBIT_E_RESOURCE },
	{ ENFILE, AMBIT_E_RESOURCE },	     { EUSERS, AMBIT_E_RESOURCE },
	{ EDQUOT, AMBIT_E_RESOURCE },	     { EFBIG, AMBIT_E_RESOURCE },
	{ EIO, AMBIT_E_RESOURCE },	     { ETIMEDOUT, AMBIT_E_TIMEOUT },
	{ EPROTO, AMBIT_E_PROTOCOL },	     { EBADMSG, AMBIT_E_PROTOCOL },
	{ ENOEXEC, AMBIT_E_NOT_EXECUTABLE }, { ETXTBSY, AMBIT_E_NOT_EXECUTABLE },
	{ ELIBBAD, AMBIT_E_NOT_EXECUTABLE }, { ECHILD, AMBIT_E_CHILD },
};

enum ambit_code err_code_of_errno(int sys_errno)
{
	for (size_t i = 0; i < ARRAY_COUNT(errno_codes); i++)
		if (errno_codes[i].sys_errno == sys_errno)
			return errno_codes[i].code;
	return AMBIT_E_INTERNAL;
}

void err_clear(struct ambit_error *err)
{
	if (err)
		memset(err, 0, sizeof(*err));
}
