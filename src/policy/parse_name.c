/* SPDX-License-Identifier: ISC */
/* parse_name.c - lines whose arguments are names: users, capabilities, variables, bundles */
#include <string.h>

#include "../base/num.h"
#include "../base/str.h"
#include "bundle.h"
#include "parse.h"
#include "policy.h"

static enum ambit_code name_error(struct parser *ps, const struct word *word, const char *sentence,
				  const char *hint)
{
	char show[SHOW_SIZE];

	(void)lex_error(&ps->lex, word, "%s '%s'", sentence, word_show(show, word));
	return err_hint(ps->err, "%s", hint);
}

/* Letters, digits and what @more holds; not empty. */
static bool chars_ok(const char *text, size_t length, const char *more)
{
	for (size_t i = 0; i < length; i++) {
		char c = text[i], lower = (char)(c | 0x20);

		if (!(lower >= 'a' && lower <= 'z') && !(c >= '0' && c <= '9') && !strchr(more, c))
			return false;
	}
	return length > 0;
}

static enum ambit_code add_name(struct parser *ps, const struct directive *d,
				const struct word *word, struct grant **ret)
{
	const char *name = parse_copy(ps, word);

	if (!name)
		return AMBIT_E_RESOURCE;
	*ret = parse_grant(ps, d, word);
	if (!*ret)
		return AMBIT_E_RESOURCE;
	(*ret)->name = name;
	return AMBIT_OK;
}

enum { IDENTITY_MAX = 256 };

/* user and group: a name to be looked up when planned, or a number. */
enum ambit_code parse_identity(struct parser *ps, const struct directive *d)
{
	enum ambit_code code = parse_count(ps, d, 1, 1);
	const struct word *word = &d->words[1];
	char digits[24];
	struct word number = { .text = digits };
	struct grant *g;
	uint64_t id;

	if (code != AMBIT_OK)
		return code;
	if (memchr(word->text, ':', word->length) && d->row->right == RIGHT_USER)
		return name_error(ps, word,
				  "not a user name:", "name the group on a line: group NAME");
	if (!chars_ok(word->text, word->length, "_.-$@+\\") || word->length > IDENTITY_MAX ||
	    word->text[0] == '-')
		return name_error(ps, word, "not a name or number:",
				  "write it as in /etc/passwd or "
				  "/etc/group");
	if (word->text[0] < '0' || word->text[0] > '9')
		return add_name(ps, d, word, &g);
	/* 4294967295 is (uid_t)-1: to the kernel it means "do not change". */
	if (num_parse(word->text, word->length, 4294967294U, &id) < 0)
		return name_error(ps, word, "not an id:", "write a number up to 4294967294");
	number.length = (uint32_t)num_format(digits, id);
	number.line = word->line;
	number.column = word->column;
	return add_name(ps, d, &number, &g);
}

/*
 * A profile's name. Stacks and namespaces are left to AppArmor's own tools: what is written is one
 * profile, and what is read back is compared with it.
 */
enum ambit_code parse_label(struct parser *ps, const struct directive *d)
{
	enum ambit_code code = parse_count(ps, d, 1, 1);
	const struct word *word = &d->words[1];
	struct grant *g;

	if (code != AMBIT_OK)
		return code;
	if (word_is(word, "unconfined"))
		return name_error(ps, word, "no confinement:", "name a profile that is loaded");
	if (!chars_ok(word->text, word->length, "/_.-+@{}*?[],^") || word->length > IDENTITY_MAX)
		return name_error(ps, word, "not the name of a profile:",
				  "write it as in /sys/kernel/security/apparmor/profiles");
	return add_name(ps, d, word, &g);
}

/* In the order of their numbers, from capabilities(7). */
static const char *const capabilities[] = {
	"chown",
	"dac_override",
	"dac_read_search",
	"fowner",
	"fsetid",
	"kill",
	"setgid",
	"setuid",
	"setpcap",
	"linux_immutable",
	"net_bind_service",
	"net_broadcast",
	"net_admin",
	"net_raw",
	"ipc_lock",
	"ipc_owner",
	"sys_module",
	"sys_rawio",
	"sys_chroot",
	"sys_ptrace",
	"sys_pacct",
	"sys_admin",
	"sys_boot",
	"sys_nice",
	"sys_resource",
	"sys_time",
	"sys_tty_config",
	"mknod",
	"lease",
	"audit_write",
	"audit_control",
	"setfcap",
	"mac_override",
	"mac_admin",
	"syslog",
	"wake_alarm",
	"block_suspend",
	"audit_read",
	"perfmon",
	"bpf",
	"checkpoint_restore",
};
_Static_assert(ARRAY_COUNT(capabilities) == 41, "CAP_LAST_CAP is 40");

static enum ambit_code add_capability(struct parser *ps, const struct directive *d,
				      const struct word *word)
{
	struct word bare = *word;
	char lower[32] = "";
	struct grant *g;
	int number;

	if (word->length < sizeof(lower)) {
		for (uint32_t i = 0; i < word->length; i++)
			lower[i] = word->text[i] >= 'A' && word->text[i] <= 'Z'
					   ? (char)(word->text[i] | 0x20)
					   : word->text[i];
		bare.text = str_starts(lower, "cap_") ? lower + 4 : lower;
		bare.length = (uint32_t)strlen(bare.text);
	}
	number = parse_choice(ps, &bare, "capability", capabilities, ARRAY_COUNT(capabilities));
	if (number < 0)
		return AMBIT_E_POLICY;
	g = parse_grant(ps, d, word);
	if (!g)
		return AMBIT_E_RESOURCE;
	g->name = capabilities[number];
	g->number = (uint64_t)number;
	return AMBIT_OK;
}

enum ambit_code parse_capability(struct parser *ps, const struct directive *d)
{
	enum ambit_code code = parse_count(ps, d, 1, LEX_WORDS_MAX);

	for (size_t i = 1; i < d->count && code == AMBIT_OK; i++)
		code = add_capability(ps, d, &d->words[i]);
	return code;
}

static enum ambit_code add_env(struct parser *ps, const struct directive *d,
			       const struct word *word)
{
	const char *equals = memchr(word->text, '=', word->length);
	struct word name = *word, value = *word;
	const char *text = NULL;
	enum ambit_code code;
	struct grant *g;

	if (equals) {
		name.length = (uint32_t)(equals - word->text);
		value.text = equals + 1;
		value.length = word->length - name.length - 1;
		text = parse_copy(ps, &value);
		if (!text)
			return AMBIT_E_RESOURCE;
	}
	if (!chars_ok(name.text, name.length, "_") || (name.text[0] >= '0' && name.text[0] <= '9'))
		return name_error(ps, &name, "not the name of a variable:",
				  "write NAME or NAME=VALUE; patterns are not supported");
	code = add_name(ps, d, &name, &g);
	if (code == AMBIT_OK)
		g->value = text;
	return code;
}

enum ambit_code parse_env(struct parser *ps, const struct directive *d)
{
	enum ambit_code code = parse_count(ps, d, 1, LEX_WORDS_MAX);

	for (size_t i = 1; i < d->count && code == AMBIT_OK; i++)
		code = add_env(ps, d, &d->words[i]);
	return code;
}

enum { SERVICE_MAX = 64 };

enum ambit_code parse_broker(struct parser *ps, const struct directive *d)
{
	enum ambit_code code = parse_count(ps, d, 1, LEX_WORDS_MAX);
	struct grant *g;

	for (size_t i = 1; i < d->count && code == AMBIT_OK; i++) {
		const struct word *word = &d->words[i];

		if (!chars_ok(word->text, word->length, "-_.") || word->length > SERVICE_MAX)
			return name_error(ps, word,
					  "not the name of a service:", "write: broker resolve");
		code = add_name(ps, d, word, &g);
	}
	return code;
}

static bool already_used(const struct ambit_policy *p, const char *name)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->grants[i].right == RIGHT_USE && str_equal(p->grants[i].name, name))
			return true;
	return false;
}

static enum ambit_code unknown_bundle(struct parser *ps, const struct word *word)
{
	char show[SHOW_SIZE];
	const char *close;

	(void)lex_error(&ps->lex, word, "unknown bundle '%s'", word_show(show, word));
	close = policy_suggest(show);
	if (close && bundle_by_name(close, strlen(close)))
		return err_hint(ps->err, "did you mean '%s'?", close);
	return err_hint(ps->err, "'ambit help' lists the bundles");
}

/* A bundle's text goes through this same parser; a bundle that is in already is not read again. */
static enum ambit_code add_bundle(struct parser *ps, const struct directive *d,
				  const struct word *word)
{
	const struct bundle *b = bundle_by_name(word->text, word->length);
	struct parser inner = {
		.policy = ps->policy,
		.err = ps->err,
		.home = ps->home,
		.parent = ps,
		.start = ps->start,
		.lex = { .arena = ps->lex.arena, .err = ps->err },
	};
	struct grant *g;
	bool known;

	if (!b)
		return unknown_bundle(ps, word);
	known = already_used(ps->policy, b->name);
	g = parse_grant(ps, d, word);
	if (!g)
		return AMBIT_E_RESOURCE;
	g->name = b->name;
	if (known || ps->alone)
		return AMBIT_OK;
	inner.bundle = b->name;
	lex_init(&inner.lex, b->origin, b->text, b->length);
	return parse_text(&inner);
}

enum ambit_code parse_use(struct parser *ps, const struct directive *d)
{
	enum ambit_code code = parse_count(ps, d, 1, LEX_WORDS_MAX);

	for (size_t i = 1; i < d->count && code == AMBIT_OK; i++)
		code = add_bundle(ps, d, &d->words[i]);
	return code;
}
