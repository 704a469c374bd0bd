/* SPDX-License-Identifier: ISC */
/*
 * parse_path.c - path words to absolute, clean paths
 *
 * Cleaning is lexical ("//", "/./", a trailing "/"), which changes nothing the kernel would see.
 * ".." is different: after a symbolic link it does not lead back, so it is refused but at the
 * front of a relative path, where it is taken from the real directory of the policy.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parse.h"

/* Append the components of @text to @out, where "" is the root. false at a "..". */
static bool path_append(char *out, size_t *used, const char *text, size_t length)
{
	const char *at = text, *end = text + length;

	while (at < end) {
		const char *slash;
		size_t n;

		if (*at == '/') {
			at++;
			continue;
		}
		slash = memchr(at, '/', (size_t)(end - at));
		n = (size_t)((slash ? slash : end) - at);
		if (n == 2 && at[0] == '.' && at[1] == '.')
			return false;
		if (n != 1 || at[0] != '.') {
			out[(*used)++] = '/';
			memcpy(out + *used, at, n);
			*used += n;
		}
		at += n;
	}
	return true;
}

static enum ambit_code path_error(struct parser *ps, const struct word *word, const char *sentence,
				  const char *hint)
{
	char show[SHOW_SIZE];

	(void)lex_error(&ps->lex, word, "%s '%s'", sentence, word_show(show, word));
	return err_hint(ps->err, "%s", hint);
}

static enum ambit_code no_directory(struct parser *ps, const struct word *word, int sys_errno)
{
	char show[SHOW_SIZE];

	(void)lex_fail(&ps->lex, word, AMBIT_E_NOT_FOUND, sys_errno,
		       "cannot tell what the relative path '%s' is relative to",
		       word_show(show, word));
	return err_hint(ps->err, "write an absolute path");
}

/* Make ps->directory absolute; with @up > 0 also real, and that many components shorter. */
static enum ambit_code resolve_directory(struct parser *ps, const struct word *word, size_t up,
					 const char **ret)
{
	char joined[2 * PATH_MAX], real[PATH_MAX], clean[2 * PATH_MAX + 2];
	const char *given = ps->directory ? ps->directory : "";
	size_t used = 0, length = strlen(given);
	bool plain;

	if (ps->alone) {
		*ret = given;
		return AMBIT_OK;
	}
	if (length >= PATH_MAX)
		return no_directory(ps, word, ENAMETOOLONG);
	joined[0] = '\0';
	if (given[0] != '/' && !getcwd(joined, PATH_MAX))
		return no_directory(ps, word, errno);
	used = strlen(joined);
	joined[used] = '/';
	memcpy(joined + used + 1, given, length + 1);
	used = 0;
	plain = path_append(clean, &used, joined, strlen(joined));
	clean[used] = '\0';
	if (!plain || up) {
		if (!realpath(joined, real))
			return no_directory(ps, word, errno);
		used = strlen(real);
		memcpy(clean, real, used + 1);
	}
	while (up-- && used) {
		while (used && clean[used - 1] != '/')
			used--;
		used -= used > 0;
	}
	*ret = arena_copy(&ps->policy->arena, clean, used);
	return *ret ? AMBIT_OK : parse_memory(ps);
}

/* How many "../" @text begins with; *text and *length are moved past them. */
static size_t leading_ups(const char **text, size_t *length)
{
	size_t ups = 0;

	for (;;) {
		size_t n = 0;

		if (*length >= 2 && (*text)[0] == '.' && (*text)[1] == '/')
			n = 2;
		else if (*length >= 2 && !memcmp(*text, "..", 2) &&
			 (*length == 2 || (*text)[2] == '/')) {
			n = *length == 2 ? 2 : 3;
			ups++;
		}
		if (!n)
			return ups;
		*text += n;
		*length -= n;
		while (*length && **text == '/') {
			(*text)++;
			(*length)--;
		}
	}
}

static enum ambit_code check_word(struct parser *ps, const struct word *word)
{
	if (!word->length)
		return path_error(ps, word, "empty path",
				  ps->directory ? "write . for the policy's own directory"
						: "write . for the working directory");
	if (word->length > POLICY_PATH_MAX)
		return path_error(ps, word, "path longer than 4095 bytes",
				  "the kernel takes no longer ones");
	if (word->quoted)
		return AMBIT_OK;
	if (memchr(word->text, '*', word->length))
		return path_error(ps, word, "patterns are not supported in paths:",
				  "name the directory: all below it is covered; quote the word if "
				  "the name really holds a '*'");
	if (word->text[0] == '$')
		return path_error(ps, word, "variables are not expanded:",
				  "write ~ for the home directory; quote the word if the name "
				  "really begins with '$'");
	return AMBIT_OK;
}

static enum ambit_code tilde_base(struct parser *ps, const struct word *word, const char **ret)
{
	if (word->length > 1 && word->text[1] != '/')
		return path_error(ps, word, "the homes of other users are not looked up:",
				  "write the path in full; quote the word if the name really "
				  "begins with '~'");
	if (!ps->home || ps->home[0] != '/' || strlen(ps->home) >= PATH_MAX)
		return path_error(ps, word, "the home directory is unknown:",
				  "set HOME, or write the path in full");
	*ret = ps->home;
	return AMBIT_OK;
}

enum ambit_code parse_path(struct parser *ps, const struct word *word, const char **ret_path)
{
	enum ambit_code code = check_word(ps, word);
	const char *base = "", *rest = word->text;
	size_t length = word->length, used = 0;
	char *path;

	if (code == AMBIT_OK && word->tilde) {
		code = tilde_base(ps, word, &base);
		rest++;
		length--;
	} else if (code == AMBIT_OK && rest[0] != '/') {
		size_t ups = leading_ups(&rest, &length);

		code = resolve_directory(ps, word, ups, &base);
	}
	if (code != AMBIT_OK)
		return code;
	path = arena_alloc(&ps->policy->arena, strlen(base) + length + 3);
	if (!path)
		return parse_memory(ps);
	if (!path_append(path, &used, base, strlen(base)) ||
	    !path_append(path, &used, rest, length))
		return path_error(ps, word, "'..' inside a path:",
				  "write the path without it; it stands only at the front of a "
				  "relative path");
	if (used > POLICY_PATH_MAX && !ps->alone)
		return path_error(ps, word, "path longer than 4095 bytes",
				  "the kernel takes no longer ones");
	if (!used)
		path[used++] = '/';
	*ret_path = path;
	return AMBIT_OK;
}

static enum ambit_code check_path(struct parser *ps, const struct directive *d,
				  const struct word *word, const char *path)
{
	if (d->row->right == RIGHT_UNIX && word->text[0] == '@' && !word->quoted)
		return path_error(ps, word, "abstract sockets cannot be granted:",
				  "have the server listen on a path");
	if (d->row->right == RIGHT_HIDE && !path[1])
		return path_error(ps, word, "nothing is left after hiding",
				  "grant less instead: what is not granted is denied");
	return AMBIT_OK;
}

enum ambit_code parse_paths(struct parser *ps, const struct directive *d)
{
	enum ambit_code code = parse_count(ps, d, 1, LEX_WORDS_MAX);

	for (size_t i = 1; i < d->count && code == AMBIT_OK; i++) {
		const struct word *word = &d->words[i];
		const char *path = "";
		struct grant *g;

		/* A bundle's ~ is left out where there is no home: all its paths are optional. */
		if (ps->bundle && word->tilde && (!ps->home || ps->home[0] != '/'))
			continue;
		code = parse_path(ps, word, &path);
		if (code == AMBIT_OK)
			code = check_path(ps, d, word, path);
		if (code != AMBIT_OK)
			return code;
		g = parse_grant(ps, d, word);
		if (!g)
			return AMBIT_E_RESOURCE;
		g->path = path;
	}
	return code;
}
