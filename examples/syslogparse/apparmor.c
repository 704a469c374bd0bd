/* SPDX-License-Identifier: ISC */
/* apparmor.c - apparmor="DENIED" operation="open" profile="..." name="..." denied_mask="r" ... */
#include <ambit.h>

#include "line.h"
#include "words.h"

enum field {
	APPARMOR,
	OPERATION,
	PROFILE,
	NAME,
	REQUESTED,
	DENIED,
	CAPABILITY,
	FAMILY,
	SOCK_TYPE,
	SIGNAL,
	PEER,
	FSUID,
	OUID,
	FIELDS
};

static const char *const field_names[FIELDS] = {
	[APPARMOR] = "apparmor",
	[OPERATION] = "operation",
	[PROFILE] = "profile",
	[NAME] = "name",
	[REQUESTED] = "requested_mask",
	[DENIED] = "denied_mask",
	[CAPABILITY] = "capability",
	[FAMILY] = "family",
	[SOCK_TYPE] = "sock_type",
	[SIGNAL] = "signal",
	[PEER] = "peer",
	[FSUID] = "fsuid",
	[OUID] = "ouid",
};

struct value {
	struct text text;
	bool quoted;
};

/* ---- fields -------------------------------------------------------------------------------- */

static bool is_key(struct text t)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz_";

	for (const char *p = t.at; p < t.end; p++)
		if (!*p || !strchr(letters, *p))
			return false;
	return t.at < t.end && *t.end == '=';
}

/* One KEY=VALUE or KEY="VALUE", with the blanks around it. */
static bool take(struct text *record, struct value values[FIELDS])
{
	struct value value = { 0 };
	struct text name;
	int field;

	while (text_skip(record, " "))
		;
	if (record->at == record->end)
		return true;
	name = text_cut(record, '=');
	if (name.end == record->end || !is_key(name))
		return false;
	value.quoted = text_skip(record, "\"");
	value.text = text_cut(record, value.quoted ? '"' : ' ');
	if (value.quoted && record->at == record->end && record->end[-1] != '"')
		return false;
	if (value.quoted && record->at < record->end && !text_skip(record, " "))
		return false;
	field = text_index(name, field_names, FIELDS);
	if (field >= 0 && values[field].text.at)
		return false; /* said twice */
	if (field >= 0)
		values[field] = value;
	return true;
}

static bool is(const struct value *v, const char *word)
{
	return v->text.at && text_is(v->text, word, strlen(word));
}

static int digit(char c)
{
	static const char digits[] = "0123456789ABCDEF";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* The kernel quotes what is harmless and writes the rest in hexadecimal. */
static bool decode(const struct value *v, char *out, size_t maximum)
{
	const size_t n = text_length(v->text);

	if (!v->text.at || n == 0 || (v->quoted ? n : n / 2) > maximum)
		return false;
	if (v->quoted) {
		memcpy(out, v->text.at, n);
		out[n] = '\0';
		return memchr(out, '\0', n) == NULL;
	}
	for (size_t i = 0; i < n / 2; i++) {
		const int high = digit(v->text.at[2 * i]), low = digit(v->text.at[2 * i + 1]);

		if (high < 0 || low < 0 || !(high | low))
			return false;
		out[i] = (char)(high << 4 | low);
	}
	out[n / 2] = '\0';
	return n % 2 == 0;
}

static bool is_utf8(const char *text)
{
	struct ambit_untrusted u = AMBIT_UNTRUSTED_INIT;
	const char *same;
	const bool ok = ambit_untrusted_set(&u, text, strlen(text), NULL) == AMBIT_OK &&
			ambit_validate_utf8(&u, PATH_BYTES_MAX, &same, NULL) == AMBIT_OK;

	ambit_untrusted_done(&u);
	return ok;
}

/* ---- the kinds of rules -------------------------------------------------------------------- */

static bool read_detail(const struct value *v, const char *const words[], int count, uint8_t *ret)
{
	const int i = v->text.at ? text_index(v->text, words, count) : -1;

	*ret = (uint8_t)i;
	return i >= 0;
}

static const struct value *mask_of(const struct value values[FIELDS])
{
	return values[DENIED].text.at ? &values[DENIED] : &values[REQUESTED];
}

static bool read_file(const struct value values[FIELDS], struct access *a)
{
	/* Creating and deleting are writing, in a rule. */
	static const char letters[] = "rwaxmklcd";
	static const uint8_t bits[] = { MAY_READ, MAY_WRITE, MAY_APPEND, MAY_EXECUTE, MAY_MAP,
					MAY_LOCK, MAY_LINK,  MAY_WRITE,	 MAY_WRITE };
	const struct value *mask = mask_of(values);

	if (!mask->text.at || !decode(&values[NAME], a->name, PATH_BYTES_MAX))
		return false;
	for (const char *p = mask->text.at; p < mask->text.end; p++) {
		const char *at = *p ? strchr(letters, *p) : NULL;

		if (!at)
			return false;
		a->mask |= bits[at - letters];
	}
	a->owner =
		values[FSUID].text.at && values[OUID].text.at &&
		text_is(values[FSUID].text, values[OUID].text.at, text_length(values[OUID].text));
	return is_utf8(a->name);
}

static bool read_side(const struct value values[FIELDS], struct access *a,
		      const char *const sides[SIDES])
{
	const struct value *mask = mask_of(values);
	uint8_t side;

	if (!read_detail(mask, sides, SIDES, &side) || !decode(&values[PEER], a->name, PROFILE_MAX))
		return false;
	a->mask = UINT32_C(1) << side;
	return true;
}

static bool read_access(const struct value values[FIELDS], struct access *a)
{
	if (!decode(&values[PROFILE], a->profile, PROFILE_MAX))
		return false;
	if (values[CAPABILITY].text.at) {
		const int number = text_number(values[CAPABILITY].text, CAPABILITIES - 1);

		a->kind = ACCESS_CAPABILITY;
		a->detail[0] = (uint8_t)number;
		return number >= 0;
	}
	if (values[FAMILY].text.at) {
		a->kind = ACCESS_NETWORK;
		return read_detail(&values[FAMILY], family_names, FAMILIES, &a->detail[0]) &&
		       read_detail(&values[SOCK_TYPE], socket_type_names, SOCKET_TYPES,
				   &a->detail[1]);
	}
	if (is(&values[OPERATION], "signal")) {
		a->kind = ACCESS_SIGNAL;
		return read_detail(&values[SIGNAL], signal_names, SIGNALS, &a->detail[0]) &&
		       read_side(values, a, signal_sides);
	}
	if (is(&values[OPERATION], "ptrace")) {
		a->kind = ACCESS_PTRACE;
		return read_side(values, a, ptrace_sides);
	}
	a->kind = ACCESS_FILE;
	return read_file(values, a);
}

void apparmor_parse(struct text record, struct rule *ret)
{
	struct value values[FIELDS] = { 0 };
	struct access *a = &ret->access;

	/* What auditd adds for the reader is behind this character. */
	record = text_cut(&record, '\x1d');
	if (text_length(record) < 10 || memcmp(record.at, "apparmor=\"", 10) != 0)
		return;
	ret->kind = RULE_REFUSED;
	while (record.at < record.end)
		if (!take(&record, values))
			return;
	if (!is(&values[APPARMOR], "DENIED") && !is(&values[APPARMOR], "ALLOWED")) {
		ret->kind = RULE_NONE; /* a profile was loaded, and the like */
		return;
	}
	a->mask = 0;
	a->owner = false;
	a->detail[0] = a->detail[1] = 0;
	*a->name = '\0';
	if (!read_access(values, a))
		return;
	ret->kind = RULE_ACCESS;
	if (!rule_is_sound(ret))
		ret->kind = RULE_REFUSED;
}
