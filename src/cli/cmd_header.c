/* SPDX-License-Identifier: ISC */
/* cmd_header.c - ambit header: a policy as a C header, its name taken from the file's */
#include <string.h>

#include "../base/err.h"
#include "../base/str.h"
#include "cli.h"

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

static int print_header(struct cli *c, struct ambit_policy *policy, const char *name)
{
	AUTO_FREE char *text = NULL;

	if (!policy) {
		(void)err_memory(&c->err, AMBIT_LAYER_POLICY);
		return fail(c);
	}
	if (ambit_policy_load(policy, c->operands[0], &c->err) != AMBIT_OK ||
	    ambit_policy_header(policy, name, &text, &c->err) != AMBIT_OK)
		return fail(c);
	return print(c, text, strlen(text), STATUS_OK);
}

int cmd_header(struct cli *c)
{
	char name[NAME_MAX_LENGTH + 1];
	struct ambit_policy *policy;
	int status;

	if (c->operand_count != 1 || !name_of(c->operands[0], name)) {
		(void)err_set(&c->err, AMBIT_E_USAGE, AMBIT_LAYER_NONE, 0,
			      c->operand_count == 1 ? "the file's name is too long for one in C"
						    : "one policy file is needed, not %d",
			      c->operand_count);
		(void)err_hint(&c->err, "write: ambit header worker.ambit");
		return fail(c);
	}
	policy = ambit_policy_new();
	status = print_header(c, policy, name);
	ambit_policy_free(policy);
	return status;
}
