/* SPDX-License-Identifier: ISC */
/*
 * argv.c - any words on the command line
 *
 * Input: words, each ended by a NUL; the first names a subcommand. Reading them ends, with an
 * error that says something printable or with operands that are the tail of the words (all of
 * them, in their order, where options may stand between).
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/cli/cli.h"

/* The command is no part of the library: what the parser is made of is taken in here. */
#include "../../src/cli/commands.c"
#include "../../src/cli/opt.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Nothing runs: the table only has to be whole. */
#define STUB(name)                                                                                 \
	int name(struct cli *c)                                                                    \
	{                                                                                          \
		(void)c;                                                                           \
		return 0;                                                                          \
	}
STUB(cmd_run)
STUB(cmd_plan)
STUB(cmd_doctor)
STUB(cmd_check)
STUB(cmd_diff)
STUB(cmd_embed)
STUB(cmd_fmt)
STUB(cmd_header)
STUB(cmd_help)

enum { WORDS_MAX = 64 };

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "argv: %s\n", what);
	abort();
}

static void check_error(const struct ambit_error *err)
{
	must(err->code != AMBIT_OK && err->text[0], "an error says nothing");
	for (const char *p = err->text; *p; p++)
		must((unsigned char)*p >= 0x20 && *p != 0x7f, "an error is not printable");
}

static void check_operands(const struct cli *c, char *const *words, char *const *end)
{
	char *const *at = words;

	for (int i = 0; i < c->operand_count; i++, at++) {
		while (at < end && *at != c->operands[i])
			at++;
		must(at < end, "an operand is no word, or stands in another order");
	}
	must(!c->operands[c->operand_count], "the operands do not end");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *words[WORDS_MAX + 1], *original[WORDS_MAX + 1], *text = malloc(size + 1);
	struct cli c = { .status_fd = -1 };
	int count = 0;

	must(text != NULL, "no memory");
	memcpy(text, data, size);
	text[size] = '\0';
	for (size_t at = 0; at < size && count < WORDS_MAX; at += strlen(text + at) + 1)
		words[count++] = text + at;
	words[count] = NULL;
	memcpy(original, words, sizeof(original));
	c.command = count ? command_by_name(words[0]) : NULL;
	/* No file but those beside the fuzzer: a device could keep it waiting. */
	if (c.command && !memchr(data, '/', size)) {
		if (opt_settings(&c, count - 1, words + 1) != AMBIT_OK)
			check_error(&c.err);
		else
			check_operands(&c, original + 1, original + count);
		if (c.err.code == AMBIT_OK && c.command->policy &&
		    opt_policy(&c, words + 1) != AMBIT_OK)
			check_error(&c.err);
	}
	ambit_policy_free(c.policy);
	free(text);
	return 0;
}
