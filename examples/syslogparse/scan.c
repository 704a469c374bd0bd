/* SPDX-License-Identifier: ISC */
/*
 * scan.c - the process that reads what anybody may have written
 *
 * It has the log, open for reading, and nothing else. It reads from SHARE_BEGIN to SHARE_END: a
 * line belongs to the share that it begins in. Equal rules are counted, not sent one by one.
 */
#include "syslogparse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "line.h"

enum { ROOM = 1 << 18, LINE_MAX_BYTES = 16384 };

struct scanner {
	int log;
	off_t at, end; /* of the next byte to read; where no line begins any more */
	char *bytes;
	size_t length;
	bool skipping; /* the rest of a line that is not ours, or too long */
	struct table rules;
	struct rule rule; /* the newest, and its bytes */
	uint8_t key[KEY_MAX];
	int64_t sums[SUMS];
};

static void take_line(struct scanner *s, const char *line, size_t length)
{
	struct entry seen = { .key = s->key, .count = 1 };

	s->sums[SUM_LINES]++;
	if (length > LINE_MAX_BYTES) {
		s->sums[SUM_TOO_LONG]++;
		return;
	}
	line_parse(line, length, &s->rule);
	s->sums[SUM_REFUSED] += s->rule.kind == RULE_REFUSED;
	if (s->rule.kind != RULE_PACKET && s->rule.kind != RULE_ACCESS)
		return;
	seen.length = (uint32_t)rule_pack(&s->rule, s->key);
	seen.mask = s->rule.kind == RULE_ACCESS ? s->rule.access.mask : 0;
	seen.owner = s->rule.kind == RULE_ACCESS && s->rule.access.owner;
	s->sums[SUM_LEFT_OUT] += !table_add(&s->rules, &seen);
}

/* The whole lines of the buffer; what is left of it is moved to its beginning. */
static void take_lines(struct scanner *s)
{
	const off_t begin = s->at - (off_t)s->length;
	const char *at = s->bytes, *const end = s->bytes + s->length;
	const char *stop;

	for (; (stop = memchr(at, '\n', (size_t)(end - at))) != NULL; at = stop + 1) {
		if (!s->skipping && begin + (at - s->bytes) >= s->end)
			break;
		if (!s->skipping)
			take_line(s, at, (size_t)(stop - at));
		s->skipping = false;
	}
	s->length = (size_t)(end - at);
	if (s->length == ROOM) { /* one line, and no end in sight */
		s->sums[SUM_LINES] += !s->skipping;
		s->sums[SUM_TOO_LONG] += !s->skipping;
		s->skipping = true;
	}
	if (s->skipping)
		s->length = 0;
	memmove(s->bytes, at, s->length);
}

/* A file is shared by all scanners, so each says where it reads; a pipe cannot be told. */
static ssize_t read_more(const struct scanner *s)
{
	char *to = s->bytes + s->length;
	ssize_t n = pread(s->log, to, ROOM - s->length, s->at);

	return n < 0 && errno == ESPIPE ? read(s->log, to, ROOM - s->length) : n;
}

static bool scan_share(struct scanner *s)
{
	ssize_t n = 1;

	/* A line that began before us is not ours: so begin with the byte before. */
	s->skipping = s->at > 0;
	s->at -= s->skipping;
	while (n > 0 && s->at - (off_t)s->length < s->end) {
		n = read_more(s);
		if (n <= 0)
			break;
		s->at += n;
		s->length += (size_t)n;
		take_lines(s);
	}
	if (n == 0 && s->length && !s->skipping)
		take_line(s, s->bytes, s->length); /* the last line has no end */
	return n >= 0;
}

static enum ambit_code send_packet(struct ambit_channel *c, const struct packet *p, uint64_t count)
{
	ambit_channel_begin(c, "packet");
	ambit_channel_put_integer(c, "family", p->family);
	ambit_channel_put_integer(c, "chain", p->chain);
	ambit_channel_put_text(c, "in", p->in);
	ambit_channel_put_text(c, "out", p->out);
	ambit_channel_put_integer(c, "protocol", p->protocol);
	ambit_channel_put_integer(c, "port", p->has_port ? p->port[0] << 8 | p->port[1] : NO_PORT);
	ambit_channel_put_bytes(c, "source", p->source, sizeof(p->source));
	ambit_channel_put_bytes(c, "destination", p->destination, sizeof(p->destination));
	ambit_channel_put_integer(c, "count", (int64_t)count);
	return ambit_channel_send(c, -1, NULL);
}

static enum ambit_code send_access(struct ambit_channel *c, const struct access *a,
				   const struct entry *e)
{
	ambit_channel_begin(c, "access");
	ambit_channel_put_integer(c, "kind", a->kind);
	ambit_channel_put_integer(c, "first", a->detail[0]);
	ambit_channel_put_integer(c, "second", a->detail[1]);
	ambit_channel_put_integer(c, "mask", e->mask);
	ambit_channel_put_integer(c, "owner", e->owner);
	ambit_channel_put_text(c, "profile", a->profile);
	ambit_channel_put_text(c, "name", a->name);
	ambit_channel_put_integer(c, "count", (int64_t)e->count);
	return ambit_channel_send(c, -1, NULL);
}

enum ambit_code send_rule(struct ambit_channel *caller, const struct entry *e, struct rule *room)
{
	rule_unpack(e->key, e->length, room);
	if (room->kind == RULE_PACKET)
		return send_packet(caller, &room->packet, e->count);
	return send_access(caller, &room->access, e);
}

static enum ambit_code send_all(struct ambit_channel *caller, struct scanner *s)
{
	for (size_t i = 0; i < s->rules.count; i++) {
		enum ambit_code code = send_rule(caller, &s->rules.entries[i], &s->rule);

		if (code != AMBIT_OK)
			return code;
	}
	ambit_channel_begin(caller, "done");
	for (int i = 0; i < SUMS; i++)
		ambit_channel_put_integer(caller, sum_names[i], s->sums[i]);
	return ambit_channel_send(caller, -1, NULL);
}

int scan(struct ambit_process *self)
{
	static struct scanner s;

	s.log = (int)strtol(setting("LOG_FD"), NULL, 10);
	s.at = strtoll(setting("SHARE_BEGIN"), NULL, 10);
	s.end = strtoll(setting("SHARE_END"), NULL, 10);
	take_over(self, s.log);
	s.bytes = malloc(ROOM);
	if (!s.bytes || !table_init(&s.rules))
		return 1;
	if (!scan_share(&s))
		return 2;
	return send_all(ambit_process_channel(self, AMBIT_CALLER), &s) == AMBIT_OK ? 0 : 3;
}
AMBIT_PROCESS(scan)
