/* SPDX-License-Identifier: ISC */
/*
 * parser.c - the process that reads what strangers wrote
 *
 * It has no right at all: no file, no socket, no process. It keeps the state of the conversation
 * with the server, and what comes out of it is frames for the link and, at the end, five fields.
 */
#include "privsep.h"

#include <stdlib.h>
#include <sys/random.h>

#include "dhcp.h"

enum { FIRST_WAIT_MS = 2000, LONGEST_WAIT_MS = 64000 };

struct client {
	struct ambit_channel *raw, *writer;
	struct ambit_untrusted bytes;
	struct dhcp now;
	enum ambit_code last; /* of a receive */
};

static enum ambit_code transmit(struct client *c, unsigned type)
{
	uint8_t frame[FRAME_MAX];
	size_t length;

	c->now.type = type;
	length = dhcp_build(&c->now, frame, sizeof(frame));
	ambit_channel_begin(c->raw, "transmit");
	ambit_channel_put_bytes(c->raw, "frame", frame, length);
	return ambit_channel_send(c->raw, 1000, NULL);
}

static int64_t now_ms(void)
{
	struct timespec t = { 0, 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* An answer of one of the types; AMBIT_E_TIMEOUT, whatever else is said, when the time is over. */
static enum ambit_code await(struct client *c, unsigned type, int wait_ms, struct dhcp *ret)
{
	const int64_t until_ms = now_ms() + wait_ms;

	for (;;) {
		const int64_t left_ms = until_ms - now_ms();
		enum ambit_code code = AMBIT_E_TIMEOUT;
		const void *frame;
		size_t length;

		if (left_ms > 0)
			code = ambit_channel_receive(c->raw, (int)left_ms, NULL);
		c->last = code;
		if (code == AMBIT_OK)
			code = ambit_channel_get_bytes(c->raw, "frame", &c->bytes, NULL);
		if (code == AMBIT_OK)
			code = ambit_validate_bytes(&c->bytes, FRAME_MAX, &frame, &length, NULL);
		if (code != AMBIT_OK)
			return code;
		if (dhcp_parse(frame, length, c->now.mac, c->now.xid, ret) &&
		    (ret->type == type || ret->type == DHCP_NAK))
			return AMBIT_OK;
	}
}

static int prefix_of(uint32_t mask)
{
	int n = 0;

	for (; mask & 0x80000000; mask <<= 1)
		n++;
	return n ? n : 32;
}

/*
 * A server's word may be out of range: then nothing is sent, and the next one asked. What is only
 * strange is left out or cut.
 */
static enum ambit_code tell(struct client *c, const struct dhcp *ack)
{
	const uint32_t seconds =
		ack->seconds < LEASE_SECONDS_MAX ? ack->seconds : LEASE_SECONDS_MAX;

	if (!is_lease(ack->address, prefix_of(ack->mask), ack->router))
		return AMBIT_E_PROTOCOL;
	ambit_channel_begin(c->writer, "lease");
	ambit_channel_put_integer(c->writer, "address", ack->address);
	ambit_channel_put_integer(c->writer, "prefix", prefix_of(ack->mask));
	ambit_channel_put_integer(c->writer, "router", ack->router);
	ambit_channel_put_integer(c->writer, "seconds", seconds);
	ambit_channel_put_text(c->writer, "domain", is_domain(ack->domain) ? ack->domain : "");
	return ambit_channel_send(c->writer, 1000, NULL);
}

/* Ask and hear; seconds of the lease, 0 to begin anew. */
static uint32_t ask_once(struct client *c, int wait_ms)
{
	struct dhcp answer;

	if (getrandom(&c->now.xid, sizeof(c->now.xid), 0) != sizeof(c->now.xid))
		return 0;
	c->now.address = c->now.server = 0;
	if (transmit(c, DHCP_DISCOVER) != AMBIT_OK ||
	    await(c, DHCP_OFFER, wait_ms, &answer) != AMBIT_OK || answer.type != DHCP_OFFER)
		return 0;
	c->now.address = answer.address;
	c->now.server = answer.server;
	if (transmit(c, DHCP_REQUEST) != AMBIT_OK ||
	    await(c, DHCP_ACK, wait_ms, &answer) != AMBIT_OK || answer.type != DHCP_ACK)
		return 0;
	return tell(c, &answer) == AMBIT_OK ? answer.seconds : 0;
}

/* Half of the lease, a day at most. */
static int half_of(uint32_t seconds)
{
	return seconds / 2 > 86400 ? 86400000 : (int)(seconds / 2 * 1000);
}

/* The link is not listened to meanwhile, but for its end. */
static void rest(struct client *c, int ms)
{
	struct dhcp ignored;

	c->now.xid = DHCP_NO_XID;
	if (c->last == AMBIT_OK || c->last == AMBIT_E_TIMEOUT)
		(void)!await(c, DHCP_NAK, ms, &ignored);
}

static bool read_mac(uint8_t mac[6], const char *text)
{
	for (int i = 0; i < 6; i++) {
		char two[3] = { text[0], text[0] ? text[1] : '\0', '\0' };
		char *end;

		mac[i] = (uint8_t)strtoul(two, &end, 16);
		if (end != two + 2)
			return false;
		text += 2;
	}
	return true;
}

int parser(struct ambit_process *self)
{
	struct client c = { .raw = ambit_process_channel(self, "raw"),
			    .writer = ambit_process_channel(self, "writer"),
			    .bytes = AMBIT_UNTRUSTED_INIT };
	int wait_ms = FIRST_WAIT_MS;

	take_over(self);
	if (!read_mac(c.now.mac, setting("LINK_MAC")))
		return 1;
	for (;;) {
		const uint32_t seconds = ask_once(&c, wait_ms);

		/* A server that says no, or nonsense, at once is not asked again at once. */
		rest(&c, seconds ? half_of(seconds) : wait_ms);
		if (c.last == AMBIT_E_PROTOCOL)
			return 2;
		if (c.last == AMBIT_E_CLOSED && !wait_for_another(c.raw))
			return 0;
		wait_ms = seconds ? FIRST_WAIT_MS : wait_ms * 2;
		if (wait_ms > LONGEST_WAIT_MS)
			wait_ms = LONGEST_WAIT_MS;
	}
}
AMBIT_PROCESS(parser)
