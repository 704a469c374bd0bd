/* SPDX-License-Identifier: ISC */
/*
 * allow.c - the typed calls: values become a directive's words, each quoted, and are parsed
 *
 * One way into a policy: what a call can say the language can, and the other way round (the
 * column "call" of the rights table is compared with this file and with the header).
 */
#include <assert.h>
#include <string.h>

#include "../base/buf.h"
#include "../base/num.h"
#include "../policy/check_class.h"
#include "../policy/print.h"
#include "api.h"

static enum ambit_code is_null(struct ambit_error *err, const char *keyword)
{
	return err_set(err, AMBIT_E_USAGE, AMBIT_LAYER_POLICY, 0,
		       "%s: the policy, or a value it needs, is NULL", keyword);
}

/* A value that is none of its enum's, whose name is @what. */
static enum ambit_code is_none(struct ambit_error *err, const char *keyword, const char *what,
			       int value)
{
	return err_set(err, AMBIT_E_USAGE, AMBIT_LAYER_POLICY, 0, "%s: there is no %s %d", keyword,
		       what, value);
}

/* The whole string is one word: what ambit_policy_add() does with paths. */
static enum ambit_code add_whole(struct ambit_policy *policy, const char *keyword,
				 const char *value, struct ambit_error *err)
{
	ERR_BEGIN(err);
	if (!policy || !value)
		return is_null(err, keyword);
	return policy_add_directive(policy, keyword, value, err);
}

static enum ambit_code add_bare(struct ambit_policy *policy, const char *keyword,
				struct ambit_error *err)
{
	ERR_BEGIN(err);
	if (!policy)
		return is_null(err, keyword);
	return policy_add_directive(policy, keyword, NULL, err);
}

static void word(struct buf *line, const char *text)
{
	if (line->length)
		buf_add_char(line, ' ');
	print_word(line, text, strlen(text));
}

static enum ambit_code add_line(struct ambit_policy *policy, const char *keyword, struct buf *line,
				struct ambit_error *err)
{
	const char *text = line->failed ? NULL : line->data;

	return text ? policy_add_directive(policy, keyword, text, err)
		    : err_memory(err, AMBIT_LAYER_POLICY);
}

/* One value that is a word of a line. */
static enum ambit_code add_word(struct ambit_policy *policy, const char *keyword, const char *value,
				struct ambit_error *err)
{
	AUTO_BUF struct buf line = { 0 };

	ERR_BEGIN(err);
	if (!policy || !value)
		return is_null(err, keyword);
	word(&line, value);
	return add_line(policy, keyword, &line, err);
}

/* "KIND NUMBER UNIT"; @kind NULL: the caller's number stands for none. */
static enum ambit_code add_limit(struct ambit_policy *policy, const char *kind, uint64_t value,
				 const char *unit, struct ambit_error *err)
{
	AUTO_BUF struct buf line = { 0 };

	ERR_BEGIN(err);
	if (!policy)
		return is_null(err, "limit");
	if (!kind)
		return err_set(err, AMBIT_E_USAGE, AMBIT_LAYER_POLICY, 0,
			       "limit: there is no kind of this number");
	buf_add_format(&line, "%s %llu%s", kind, (unsigned long long)value, unit);
	return add_line(policy, "limit", &line, err);
}

#define KIND_OF(names, kind) ((size_t)(kind) < ARRAY_COUNT(names) ? (names)[kind] : NULL)

static enum ambit_code add_endpoint(struct ambit_policy *policy, const char *keyword,
				    enum ambit_protocol protocol, const char *host, uint32_t ports,
				    struct ambit_error *err)
{
	AUTO_BUF struct buf line = { 0 };
	const unsigned first = ports >> 16, last = ports & 0xffff;

	if (!policy)
		return is_null(err, keyword);
	if (protocol != AMBIT_TCP && protocol != AMBIT_UDP)
		return is_none(err, keyword, "protocol", (int)protocol);
	word(&line, protocol == AMBIT_TCP ? "tcp" : "udp");
	if (host)
		word(&line, host);
	if (first == 0 && last == 65535)
		buf_add_string(&line, " *");
	else if (first == last)
		buf_add_format(&line, " %u", first);
	else
		buf_add_format(&line, " %u-%u", first, last);
	return add_line(policy, keyword, &line, err);
}

/* ---- one a keyword ------------------------------------------------------------------------- */

#define WHOLE(name, keyword)                                                                       \
	enum ambit_code name(struct ambit_policy *policy, const char *path,                        \
			     struct ambit_error *err)                                              \
	{                                                                                          \
		return add_whole(policy, keyword, path, err);                                      \
	}
#define WORD(name, keyword)                                                                        \
	enum ambit_code name(struct ambit_policy *policy, const char *value,                       \
			     struct ambit_error *err)                                              \
	{                                                                                          \
		return add_word(policy, keyword, value, err);                                      \
	}
#define BARE(name, keyword)                                                                        \
	enum ambit_code name(struct ambit_policy *policy, struct ambit_error *err)                 \
	{                                                                                          \
		return add_bare(policy, keyword, err);                                             \
	}

WHOLE(ambit_allow_read, "read")
WHOLE(ambit_allow_write, "write")
WHOLE(ambit_allow_modify, "modify")
WHOLE(ambit_allow_create, "create")
WHOLE(ambit_allow_exec, "exec")
WHOLE(ambit_allow_unix, "unix")
WHOLE(ambit_hide, "hide")
WHOLE(ambit_include, "include")
WORD(ambit_set_user, "user")
WORD(ambit_set_group, "group")
WORD(ambit_keep_capability, "keep-capability")
WORD(ambit_set_label, "label")
WORD(ambit_allow_broker, "broker")
WORD(ambit_allow_syscall, "syscall")
WORD(ambit_use, "use")
WORD(ambit_allow_promises, "promises")
WORD(ambit_allow_privileges, "privileges")
BARE(ambit_allow_attributes, "attributes")
BARE(ambit_allow_spawn, "spawn")
BARE(ambit_allow_jit, "jit")
BARE(ambit_allow_terminal, "terminal")

enum ambit_code ambit_allow_tmp(struct ambit_policy *policy, uint64_t bytes,
				struct ambit_error *err)
{
	char text[24];

	ERR_BEGIN(err);
	(void)num_format(text, bytes);
	return add_word(policy, "tmp", text, err);
}

enum ambit_code ambit_allow_connect(struct ambit_policy *policy, enum ambit_protocol protocol,
				    const char *host, uint16_t port_first, uint16_t port_last,
				    struct ambit_error *err)
{
	ERR_BEGIN(err);
	return add_endpoint(policy, "connect", protocol, host ? host : "*",
			    (uint32_t)port_first << 16 | port_last, err);
}

enum ambit_code ambit_allow_listen(struct ambit_policy *policy, enum ambit_protocol protocol,
				   const char *address, uint16_t port_first, uint16_t port_last,
				   struct ambit_error *err)
{
	ERR_BEGIN(err);
	return add_endpoint(policy, "listen", protocol, address,
			    (uint32_t)port_first << 16 | port_last, err);
}

enum ambit_code ambit_limit_bytes(struct ambit_policy *policy, enum ambit_bytes kind,
				  uint64_t bytes, struct ambit_error *err)
{
	static const char *const names[] = {
		[AMBIT_MEMORY] = "memory", [AMBIT_FILE_SIZE] = "file-size", [AMBIT_STACK] = "stack"
	};

	return add_limit(policy, KIND_OF(names, kind), bytes, "", err);
}

enum ambit_code ambit_limit_count(struct ambit_policy *policy, enum ambit_count kind,
				  uint64_t count, struct ambit_error *err)
{
	static const char *const names[] = {
		[AMBIT_PROCESSES] = "processes", [AMBIT_OPEN_FILES] = "open-files"
	};

	return add_limit(policy, KIND_OF(names, kind), count, "", err);
}

enum ambit_code ambit_limit_time(struct ambit_policy *policy, enum ambit_time kind,
				 uint64_t milliseconds, struct ambit_error *err)
{
	static const char *const names[] = {
		[AMBIT_CPU_TIME] = "cpu-time", [AMBIT_WALL_TIME] = "wall-time"
	};

	return add_limit(policy, KIND_OF(names, kind), milliseconds, "ms", err);
}

enum ambit_code ambit_limit_cpu(struct ambit_policy *policy, unsigned percent,
				struct ambit_error *err)
{
	return add_limit(policy, "cpu", percent, "%", err);
}

enum ambit_code ambit_pass_env(struct ambit_policy *policy, const char *name,
			       struct ambit_error *err)
{
	ERR_BEGIN(err);
	if (name && strchr(name, '='))
		return err_set(err, AMBIT_E_POLICY, AMBIT_LAYER_POLICY, 0,
			       "env: a name has no equals sign");
	return add_word(policy, "env", name, err);
}

enum ambit_code ambit_set_env(struct ambit_policy *policy, const char *name, const char *value,
			      struct ambit_error *err)
{
	AUTO_BUF struct buf line = { 0 };

	ERR_BEGIN(err);
	if (!policy || !name || !value)
		return is_null(err, "env");
	if (strchr(name, '='))
		return err_set(err, AMBIT_E_POLICY, AMBIT_LAYER_POLICY, 0,
			       "env: a name has no equals sign");
	buf_add_format(&line, "%s=%s", name, value);
	return add_line(policy, "env", &line, err);
}

enum ambit_code ambit_pass_fd(struct ambit_policy *policy, int fd, enum ambit_direction direction,
			      struct ambit_error *err)
{
	static const char *const words[] = {
		[AMBIT_ANY] = "", [AMBIT_READ_ONLY] = " read", [AMBIT_WRITE_ONLY] = " write"
	};
	AUTO_BUF struct buf line = { 0 };

	ERR_BEGIN(err);
	if (!policy)
		return is_null(err, "fd");
	if (fd < 0 || (size_t)direction >= ARRAY_COUNT(words))
		return err_set(err, AMBIT_E_USAGE, AMBIT_LAYER_POLICY, 0,
			       "fd: %d is no descriptor, or the direction is none", fd);
	buf_add_format(&line, "%d%s", fd, words[direction]);
	return add_line(policy, "fd", &line, err);
}

enum ambit_code ambit_on_denial(struct ambit_policy *policy, enum ambit_denial denial,
				struct ambit_error *err)
{
	static const char *const words[] = { [AMBIT_DENIAL_ERROR] = "error",
					     [AMBIT_DENIAL_KILL] = "kill",
					     [AMBIT_DENIAL_REPORT] = "report" };

	ERR_BEGIN(err);
	return policy && (size_t)denial >= ARRAY_COUNT(words)
		       ? is_none(err, "on-denial", "reaction", (int)denial)
		       : add_word(policy, "on-denial", policy ? words[denial] : NULL, err);
}

enum ambit_code ambit_check_fails(struct ambit_policy *policy, unsigned classes,
				  struct ambit_error *err)
{
	AUTO_BUF struct buf line = { 0 };

	ERR_BEGIN(err);
	if (!policy)
		return is_null(err, "check-fails");
	if (classes >> CHECK_CLASS_COUNT)
		return err_set(err, AMBIT_E_USAGE, AMBIT_LAYER_POLICY, 0,
			       "check-fails: there is no class with a bit of 0x%x", classes);
	for (unsigned i = 0; i < CHECK_CLASS_COUNT; i++)
		if (classes >> i & 1)
			word(&line, check_class_word((enum check_class)i));
	if (!classes)
		word(&line, "none");
	return add_line(policy, "check-fails", &line, err);
}

static_assert(AMBIT_CHECK_DIRECT == 1 << CHECK_DIRECT && AMBIT_CHECK_LIBRARY == 1 << CHECK_LIBRARY,
	      "the bits of the call are those of the grant");

enum ambit_code ambit_need(struct ambit_policy *policy, enum ambit_layer layer,
			   enum ambit_need need, struct ambit_error *err)
{
	static const char *const words[] = {
		[AMBIT_MUST] = "must", [AMBIT_PREFER] = "prefer", [AMBIT_OFF] = "off"
	};
	AUTO_BUF struct buf line = { 0 };

	ERR_BEGIN(err);
	if (!policy)
		return is_null(err, "need");
	if ((size_t)need >= ARRAY_COUNT(words))
		return is_none(err, "need", "degree", (int)need);
	buf_add_format(&line, "%s %s", ambit_layer_name(layer), words[need]);
	return add_line(policy, "need", &line, err);
}
