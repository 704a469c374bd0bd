/* SPDX-License-Identifier: ISC */
/*
 * receive.c - what a scanner says, believed as far as it can be checked
 *
 * The table of protocol.c has looked at each field for itself. Whether the fields make a rule that
 * an honest log can lead to, rule_is_sound() is asked once more, here.
 */
#include "syslogparse.h"

#include <string.h>

struct reader {
	const struct ambit_channel *channel;
	struct ambit_error *err;
	bool ok;
};

static int64_t get_integer(struct reader *r, const char *field)
{
	int64_t n = 0;

	r->ok = r->ok && ambit_channel_get_integer(r->channel, field, &n, r->err) == AMBIT_OK;
	return n;
}

/* The table says how long it is at most: shorter than @out is. */
static void get_text(struct reader *r, const char *field, char *out)
{
	const char *text;

	r->ok = r->ok && ambit_channel_get_text(r->channel, field, &text, r->err) == AMBIT_OK;
	if (r->ok)
		memcpy(out, text, strlen(text) + 1);
}

static void get_address(struct reader *r, const char *field, uint8_t out[16])
{
	struct ambit_untrusted u = AMBIT_UNTRUSTED_INIT;
	const void *bytes;
	size_t length;

	r->ok = r->ok && ambit_channel_get_bytes(r->channel, field, &u, r->err) == AMBIT_OK &&
		ambit_validate_bytes(&u, 16, &bytes, &length, r->err) == AMBIT_OK;
	if (r->ok)
		memcpy(out, bytes, length);
	ambit_untrusted_done(&u);
}

static void get_packet(struct reader *r, struct packet *p)
{
	int64_t port;

	*p = (struct packet){ 0 };
	p->family = (uint8_t)get_integer(r, "family");
	p->chain = (uint8_t)get_integer(r, "chain");
	get_text(r, "in", p->in);
	get_text(r, "out", p->out);
	p->protocol = (uint8_t)get_integer(r, "protocol");
	port = get_integer(r, "port");
	p->has_port = port != NO_PORT;
	p->port[0] = (uint8_t)(p->has_port ? port >> 8 : 0);
	p->port[1] = (uint8_t)(p->has_port ? port : 0);
	get_address(r, "source", p->source);
	get_address(r, "destination", p->destination);
}

static void get_access(struct reader *r, struct access *a)
{
	a->kind = (uint8_t)get_integer(r, "kind");
	a->detail[0] = (uint8_t)get_integer(r, "first");
	a->detail[1] = (uint8_t)get_integer(r, "second");
	a->mask = (uint32_t)get_integer(r, "mask");
	a->owner = get_integer(r, "owner") == 1;
	get_text(r, "profile", a->profile);
	get_text(r, "name", a->name);
}

/* A rule into the table. False: not one of ours. */
static bool take_rule(struct reader *r, enum rule_kind kind, struct table *rules, int64_t *left_out)
{
	struct rule rule = { .kind = kind };
	uint8_t key[KEY_MAX];
	struct entry e = { .key = key };

	if (kind == RULE_PACKET)
		get_packet(r, &rule.packet);
	else
		get_access(r, &rule.access);
	e.count = (uint64_t)get_integer(r, "count");
	if (!r->ok || !rule_is_sound(&rule))
		return false;
	e.length = (uint32_t)rule_pack(&rule, key);
	e.mask = rule.access.mask;
	e.owner = rule.access.owner;
	*left_out += !table_add(rules, &e);
	return true;
}

bool receive_all(struct ambit_channel *scanner, struct table *rules, int64_t sums[SUMS],
		 struct ambit_error *err)
{
	struct reader r = { scanner, err, true };

	for (;;) {
		const char *message;
		enum rule_kind kind;

		if (ambit_channel_receive(scanner, -1, err) != AMBIT_OK)
			return false;
		message = ambit_channel_message(scanner);
		if (strcmp(message, "done") == 0)
			break;
		kind = strcmp(message, "packet") == 0 ? RULE_PACKET : RULE_ACCESS;
		if (!take_rule(&r, kind, rules, &sums[SUM_LEFT_OUT])) {
			(void)snprintf(err->text, sizeof(err->text),
				       "a scanner sent a rule that no log leads to");
			return false;
		}
	}
	for (int i = 0; i < SUMS; i++) {
		const int64_t n = get_integer(&r, sum_names[i]);

		if (__builtin_add_overflow(sums[i], n, &sums[i]))
			sums[i] = INT64_MAX;
	}
	return r.ok;
}
