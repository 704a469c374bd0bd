/* SPDX-License-Identifier: ISC */
/* policy.c - the exported functions on policies: validate, call in, keep to the documented codes */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "../plan/start.h"
#include "../policy/policy.h"
#include "api.h"

#define CODE_BIT(name) (1U << AMBIT_##name)

/* What every function here may return beside what it names itself. */
enum { ALWAYS = CODE_BIT(OK) | CODE_BIT(E_USAGE) | CODE_BIT(E_RESOURCE) | CODE_BIT(E_INTERNAL) };
enum {
	READING = ALWAYS | CODE_BIT(E_POLICY) | CODE_BIT(E_CONFLICT) | CODE_BIT(E_NOT_FOUND) |
		  CODE_BIT(E_DENIED),
};

/* An undocumented code is a fault of ours, and said to be. */
static enum ambit_code documented(enum ambit_code code, unsigned codes, struct ambit_error *err)
{
	if (codes & 1U << code)
		return code;
	if (err)
		err->code = AMBIT_E_INTERNAL;
	return AMBIT_E_INTERNAL;
}

static enum ambit_code usage(struct ambit_error *err, const char *function)
{
	return err_set(err, AMBIT_E_USAGE, AMBIT_LAYER_POLICY, 0,
		       "%s() was called with a NULL argument", function);
}

/* Hand a finished text to the caller. */
static enum ambit_code give(struct buf *text, char **ret_text, struct ambit_error *err)
{
	char *taken = buf_take(text);

	if (!taken)
		return err_memory(err, AMBIT_LAYER_POLICY);
	*ret_text = taken;
	return AMBIT_OK;
}

/* Part of a name in C: it may begin with a digit only behind something else, so it may not. */
static bool is_identifier(const char *name)
{
	size_t n = 0;

	for (; name[n]; n++) {
		const char c = name[n];
		const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';

		if (!letter && !(n && c >= '0' && c <= '9'))
			return false;
	}
	return n && n <= 40;
}

struct ambit_policy *ambit_policy_new(void)
{
	return calloc(1, sizeof(struct ambit_policy));
}

void ambit_policy_free(struct ambit_policy *policy)
{
	if (policy)
		policy_done(policy);
	free(policy);
}

enum ambit_code ambit_policy_load(struct ambit_policy *policy, const char *path,
				  struct ambit_error *err)
{
	ERR_BEGIN(err);
	if (!policy || !path)
		return usage(err, __func__);
	return documented(policy_load_file(policy, path, err), READING, err);
}

enum ambit_code ambit_policy_parse(struct ambit_policy *policy, const char *text, size_t length,
				   const char *name, struct ambit_error *err)
{
	struct text_origin from = { .name = name ? name : "policy", .home = policy_home() };

	ERR_BEGIN(err);
	if (!policy || (!text && length))
		return usage(err, __func__);
	return documented(policy_parse_text(policy, text ? text : "", length, &from, err), READING,
			  err);
}

enum ambit_code ambit_policy_add(struct ambit_policy *policy, const char *keyword,
				 const char *argument, struct ambit_error *err)
{
	ERR_BEGIN(err);
	if (!policy || !keyword)
		return usage(err, __func__);
	return documented(policy_add_directive(policy, keyword, argument, err), READING, err);
}

enum ambit_code ambit_policy_merge(struct ambit_policy *policy, const struct ambit_policy *other,
				   struct ambit_error *err)
{
	ERR_BEGIN(err);
	if (!policy || !other)
		return usage(err, __func__);
	return documented(policy_merge(policy, other, err), ALWAYS | CODE_BIT(E_CONFLICT), err);
}

enum ambit_code ambit_policy_print(const struct ambit_policy *policy, char **ret_text,
				   struct ambit_error *err)
{
	AUTO_BUF struct buf text = { 0 };

	ERR_BEGIN(err);
	if (!policy || !ret_text)
		return usage(err, __func__);
	policy_print(policy, &text);
	return give(&text, ret_text, err);
}

static const char *always(size_t index)
{
	const struct start_path *s = plan_start_path(index);

	return s ? s->path : NULL;
}

/*
 * What @path leads to on this host, as far as it exists: what is not there yet, or cannot be looked
 * at, comes to lie below what can.
 */
static bool follow(const char *path, char *real)
{
	char above[PATH_MAX];
	size_t length = strlen(path), used;

	if (length >= sizeof(above))
		return false;
	memcpy(above, path, length + 1);
	while (!realpath(above, real)) {
		char *slash = strrchr(above, '/');

		if (!slash || !slash[1])
			return false;
		slash[slash == above] = '\0';
	}
	used = strlen(above);
	if (!path[used])
		return true;
	length = strlen(real);
	if (real[length - 1] == '/')
		length--;
	path += used - (path[used] != '/');
	if (length + strlen(path) >= PATH_MAX)
		return false;
	memcpy(real + length, path, strlen(path) + 1);
	return true;
}

enum ambit_code ambit_policy_within(const struct ambit_policy *inner,
				    const struct ambit_policy *outer, bool *ret_is, char **ret_more,
				    struct ambit_error *err)
{
	static const struct within_place place = { always, follow };
	AUTO_BUF struct buf more = { 0 };
	enum ambit_code code;
	bool within;

	ERR_BEGIN(err);
	if (!inner || !outer || !ret_is)
		return usage(err, __func__);
	code = policy_within(inner, outer, &place, &within, ret_more ? &more : NULL, err);
	if (code == AMBIT_OK && ret_more)
		code = give(&more, ret_more, err);
	if (code == AMBIT_OK)
		*ret_is = within;
	return documented(code, ALWAYS, err);
}

enum ambit_code ambit_policy_format(const char *text, size_t length, const char *name,
				    char **ret_text, struct ambit_error *err)
{
	AUTO_BUF struct buf out = { 0 };
	enum ambit_code code;

	ERR_BEGIN(err);
	if ((!text && length) || !ret_text)
		return usage(err, __func__);
	code = policy_format(text ? text : "", length, name ? name : "policy", &out, err);
	if (code == AMBIT_OK)
		code = give(&out, ret_text, err);
	return documented(code, ALWAYS | CODE_BIT(E_POLICY), err);
}

enum ambit_code ambit_policy_header(const struct ambit_policy *policy, const char *name,
				    char **ret_text, struct ambit_error *err)
{
	AUTO_BUF struct buf out = { 0 };
	enum ambit_code code;

	ERR_BEGIN(err);
	if (!policy || !name || !ret_text)
		return usage(err, __func__);
	if (!is_identifier(name)) {
		(void)err_set(err, AMBIT_E_USAGE, AMBIT_LAYER_POLICY, 0,
			      "the name of a policy in C is letters, digits and _, at most 40");
		return AMBIT_E_USAGE;
	}
	code = policy_header(policy, name, &out, err);
	if (code == AMBIT_OK)
		code = give(&out, ret_text, err);
	return documented(code, ALWAYS, err);
}

bool ambit_keyword_at(size_t index, struct ambit_keyword *ret_keyword)
{
	struct ambit_keyword full = { 0 };
	const struct right_row *row = NULL;

	for (int i = 0; i < RIGHT_COUNT; i++) {
		row = right_row((enum right)i);
		if (!(row->flags & ROW_HIDDEN) && index-- == 0)
			break;
		row = NULL;
	}
	if (!row || !ret_keyword)
		return false;
	/* A caller built with another version knows fewer members, or more. */
	full.size = ret_keyword->size < sizeof(full) ? ret_keyword->size : sizeof(full);
	full.name = row->keyword;
	full.arguments = row->arguments;
	full.help = row->help;
	full.takes_argument = row->arguments[0] != '\0';
	memcpy(ret_keyword, &full, full.size);
	return true;
}

enum ambit_code ambit_help(const char *topic, char **ret_text, struct ambit_error *err)
{
	AUTO_BUF struct buf text = { 0 };
	enum ambit_code code;

	ERR_BEGIN(err);
	if (!ret_text)
		return usage(err, __func__);
	code = policy_help(topic, &text, err);
	if (code == AMBIT_OK)
		code = give(&text, ret_text, err);
	return documented(code, ALWAYS | CODE_BIT(E_NOT_FOUND), err);
}
