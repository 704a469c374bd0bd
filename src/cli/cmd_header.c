/* SPDX-License-Identifier: ISC */
/* cmd_header.c - ambit header: a policy as a C header, its name taken from the file's */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "../base/err.h"
#include "../base/fd.h"
#include "../base/str.h"
#include "checker.h"

enum { NAME_MAX_LENGTH = 40 };

/* "/a/my-worker.ambit" is my_worker. */
static bool name_of(const char *path, char *to)
{
	static const char ending[] = ".ambit";
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;
	size_t length = strlen(base);

	if (length > strlen(ending) && str_equal(base + length - strlen(ending), ending))
		length -= strlen(ending);
	if (!length || length > NAME_MAX_LENGTH)
		return false;
	for (size_t i = 0; i < length; i++) {
		const char c = base[i];
		const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
				   (i && c >= '0' && c <= '9');

		to[i] = plain ? c : '_';
	}
	to[length] = '\0';
	return true;
}

enum { SHOW_SIZE = 200, FIXED_WORDS = 8 };

/* What it says instead of an answer begins with its name. */
static enum ambit_code refuse(struct cli *c, const struct buf *answer)
{
	char shown[SHOW_SIZE], said[SHOW_SIZE];
	const char *text = buf_text(answer);
	const bool speaks = str_starts(text, "ambit");

	str_escape(shown, sizeof(shown), c->prune, strlen(c->prune));
	str_escape(said, sizeof(said), text, strcspn(text, "\n"));
	(void)err_set(&c->err, AMBIT_E_UNSUPPORTED, AMBIT_LAYER_NONE, 0,
		      "what %s can reach is not known%s%s", shown, speaks ? ": " : "",
		      speaks ? said : "");
	return err_hint(&c->err, "'ambit check' says where; what you know of it goes into a file "
				 "for --assume");
}

/* The names of the system calls, one a line, from ambit-check. */
static enum ambit_code ask_calls(struct cli *c, int program, const char *policy, struct buf *out)
{
	char *words[FIXED_WORDS + 2 * ENTRIES_MAX] = { NULL };
	AUTO_BUF struct buf input = { 0 };
	char calls[] = "--calls", assume[] = "--assume", entry[] = "--entry", dash[] = "-";
	size_t count = 2;
	int status;

	words[count++] = calls;
	words[count++] = dash;
	words[count++] = (char *)(uintptr_t)c->prune;
	if (c->assume) {
		words[count++] = assume;
		words[count++] = (char *)(uintptr_t)c->assume;
	}
	for (size_t i = 0; c->entries[i]; i++) {
		words[count++] = entry;
		words[count++] = (char *)(uintptr_t)c->entries[i];
	}
	buf_add_string(&input, policy);
	if (input.failed)
		return err_memory(&c->err, AMBIT_LAYER_NONE);
	status = checker_ask(c, words, &input, program, out);
	if (status < 0)
		return (enum ambit_code)c->err.code;
	if (status == 1)
		note(c, "the program can reach beyond the policy: see 'ambit check'");
	return status > 1 ? refuse(c, out) : AMBIT_OK;
}

/* The lines of the answer that are comments, as those of C. */
static void add_assumptions(struct buf *out, const char *answer)
{
	while (*answer) {
		const size_t length = strcspn(answer, "\n");

		if (answer[0] == '#') {
			buf_add_string(out, "/*");
			for (size_t i = 1; i < length; i++) {
				buf_add_char(out, answer[i]);
				if (answer[i] == '*' && answer[i + 1] == '/')
					buf_add_char(out, ' ');
			}
			buf_add_string(out, " */\n");
		}
		answer += length + (answer[length] == '\n');
	}
}

/* "read\nwrite\n" as the elements of an array. */
static void add_calls(struct buf *out, const char *name, const char *calls)
{
	buf_add_string(
		out,
		"\n/* For struct ambit_worker_options: of what the policy grants, only what the "
		"code can reach. */\n");
	add_assumptions(out, calls);
	buf_add_format(out, "static const char *const %s_calls[] __attribute__((unused)) = {\n",
		       name);
	while (*calls) {
		const int length = (int)strcspn(calls, "\n");

		if (calls[0] != '#')
			buf_add_format(out, "\t\"%.*s\",\n", length, calls);
		calls += length + (calls[length] == '\n');
	}
	buf_add_string(out, "\t0\n};\n");
}

static enum ambit_code prune(struct cli *c, const struct ambit_policy *policy, const char *name,
			     struct buf *out)
{
	AUTO_FD int program = open(c->prune, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	AUTO_BUF struct buf calls = { 0 };
	AUTO_FREE char *text = NULL;
	enum ambit_code code;

	if (program < 0) {
		(void)err_set(&c->err, AMBIT_E_NOT_FOUND, AMBIT_LAYER_NONE, errno, "cannot read %s",
			      c->prune);
		return err_hint(&c->err, "build the program first, then name it");
	}
	code = ambit_policy_print(policy, &text, &c->err);
	if (code == AMBIT_OK)
		code = ask_calls(c, program, text, &calls);
	if (code == AMBIT_OK)
		add_calls(out, name, buf_text(&calls));
	return code;
}

static enum ambit_code make_header(struct cli *c, struct ambit_policy *policy, const char *name,
				   struct buf *out)
{
	static const char ending[] = "\n#endif\n";
	AUTO_FREE char *text = NULL;
	enum ambit_code code;
	size_t length;

	if (!policy)
		return err_memory(&c->err, AMBIT_LAYER_POLICY);
	code = ambit_policy_load(policy, c->operands[0], &c->err);
	if (code == AMBIT_OK)
		code = ambit_policy_header(policy, name, &text, &c->err);
	if (code != AMBIT_OK)
		return code;
	length = strlen(text) - strlen(ending);
	buf_add(out, text, length);
	if (c->prune)
		code = prune(c, policy, name, out);
	buf_add_string(out, ending);
	return code;
}

static int usage_of_prune(struct cli *c)
{
	(void)err_set(&c->err, AMBIT_E_USAGE, AMBIT_LAYER_NONE, 0,
		      "--entry and --assume are of no use without --prune");
	(void)err_hint(&c->err, "write: ambit header --prune PROGRAM --entry FUNCTION FILE");
	return fail(c);
}

int cmd_header(struct cli *c)
{
	char name[NAME_MAX_LENGTH + 1];
	AUTO_BUF struct buf out = { 0 };
	struct ambit_policy *policy;
	enum ambit_code code;

	if (!c->prune && (c->entries[0] || c->assume))
		return usage_of_prune(c);
	if (c->operand_count != 1 || !name_of(c->operands[0], name)) {
		(void)err_set(&c->err, AMBIT_E_USAGE, AMBIT_LAYER_NONE, 0,
			      c->operand_count == 1 ? "the file's name is too long for one in C"
						    : "one policy file is needed, not %d",
			      c->operand_count);
		(void)err_hint(&c->err, "write: ambit header worker.ambit");
		return fail(c);
	}
	policy = ambit_policy_new();
	code = make_header(c, policy, name, &out);
	ambit_policy_free(policy);
	return code == AMBIT_OK ? print_buf(c, &out, STATUS_OK) : fail(c);
}
