/* SPDX-License-Identifier: ISC */
#include "dhcp.h"

#include <string.h>

/* Where things are in a frame without options of IP: Ethernet 14, IP 20, UDP 8, BOOTP 236. */
enum {
	AT_IP = 14,
	AT_UDP = AT_IP + 20,
	AT_BOOTP = AT_UDP + 8,
	AT_XID = AT_BOOTP + 4,
	AT_YIADDR = AT_BOOTP + 16,
	AT_CHADDR = AT_BOOTP + 28,
	AT_COOKIE = AT_BOOTP + 236,
	AT_OPTIONS = AT_COOKIE + 4,
	COOKIE = 0x63825363,
	SERVER_PORT = 67,
	CLIENT_PORT = 68,
};

enum option {
	OPTION_PAD = 0,
	OPTION_MASK = 1,
	OPTION_ROUTER = 3,
	OPTION_DOMAIN = 15,
	OPTION_ADDRESS = 50,
	OPTION_SECONDS = 51,
	OPTION_TYPE = 53,
	OPTION_SERVER = 54,
	OPTION_WANTED = 55,
	OPTION_END = 255,
};

static uint32_t get16(const uint8_t *p)
{
	return (uint32_t)p[0] << 8 | p[1];
}

static uint32_t get32(const uint8_t *p)
{
	return get16(p) << 16 | get16(p + 2);
}

static void put16(uint8_t *p, uint32_t value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

static void put32(uint8_t *p, uint32_t value)
{
	put16(p, value >> 16);
	put16(p + 2, value);
}

/* ---- building ------------------------------------------------------------------------------ */

static uint8_t *add_option32(uint8_t *p, enum option option, uint32_t value)
{
	if (!value)
		return p;
	p[0] = (uint8_t)option;
	p[1] = 4;
	put32(p + 2, value);
	return p + 6;
}

static uint32_t ip_checksum(const uint8_t *header)
{
	uint32_t sum = 0;

	for (int i = 0; i < 20; i += 2)
		sum += get16(header + i);
	sum = (sum & 0xffff) + (sum >> 16);
	return ~(sum + (sum >> 16)) & 0xffff;
}

static void add_headers(uint8_t *frame, size_t length, const uint8_t mac[6])
{
	memset(frame, 0xff, 6);
	memcpy(frame + 6, mac, 6);
	put16(frame + 12, 0x0800);
	frame[AT_IP] = 0x45;
	put16(frame + AT_IP + 2, (uint32_t)(length - AT_IP));
	frame[AT_IP + 8] = 64;
	frame[AT_IP + 9] = 17;
	put32(frame + AT_IP + 16, UINT32_MAX);
	put16(frame + AT_IP + 10, ip_checksum(frame + AT_IP));
	put16(frame + AT_UDP, CLIENT_PORT);
	put16(frame + AT_UDP + 2, SERVER_PORT);
	put16(frame + AT_UDP + 4, (uint32_t)(length - AT_UDP)); /* no checksum: 0 is none */
}

size_t dhcp_build(const struct dhcp *d, uint8_t *frame, size_t room)
{
	static const uint8_t wanted[] = { OPTION_WANTED, 3, OPTION_MASK, OPTION_ROUTER,
					  OPTION_DOMAIN };
	uint8_t *p = frame + AT_OPTIONS;
	size_t length;

	if (room < AT_OPTIONS + 64)
		return 0;
	memset(frame, 0, AT_OPTIONS + 64);
	frame[AT_BOOTP] = 1; /* a request, over Ethernet, addresses of six bytes */
	frame[AT_BOOTP + 1] = 1;
	frame[AT_BOOTP + 2] = 6;
	put32(frame + AT_XID, d->xid);
	put16(frame + AT_BOOTP + 10, 0x8000); /* answer to everybody: there is no address yet */
	memcpy(frame + AT_CHADDR, d->mac, 6);
	put32(frame + AT_COOKIE, COOKIE);
	*p++ = OPTION_TYPE;
	*p++ = 1;
	*p++ = (uint8_t)d->type;
	p = add_option32(p, OPTION_ADDRESS, d->address);
	p = add_option32(p, OPTION_SERVER, d->server);
	memcpy(p, wanted, sizeof(wanted));
	p += sizeof(wanted);
	*p++ = OPTION_END;
	length = (size_t)(p - frame);
	add_headers(frame, length, d->mac);
	return length;
}

/* ---- parsing ------------------------------------------------------------------------------- */

static bool is_answer(const uint8_t *f, size_t length, const uint8_t mac[6], uint32_t xid)
{
	return xid != DHCP_NO_XID && length >= AT_OPTIONS && get16(f + 12) == 0x0800 &&
	       f[AT_IP] == 0x45 && !(get16(f + AT_IP + 6) & 0x3fff) && f[AT_IP + 9] == 17 &&
	       get16(f + AT_UDP) == SERVER_PORT && get16(f + AT_UDP + 2) == CLIENT_PORT &&
	       f[AT_BOOTP] == 2 && get32(f + AT_XID) == xid && memcmp(f + AT_CHADDR, mac, 6) == 0 &&
	       get32(f + AT_COOKIE) == COOKIE;
}

static void take_option(struct dhcp *d, unsigned option, const uint8_t *data, size_t length)
{
	uint32_t *const words[] = {
		[OPTION_MASK] = &d->mask,
		[OPTION_ROUTER] = &d->router, /* the first of several */
		[OPTION_SECONDS] = &d->seconds,
		[OPTION_SERVER] = &d->server,
	};

	if (option == OPTION_TYPE && length == 1)
		d->type = data[0];
	else if (option == OPTION_DOMAIN && length < sizeof(d->domain)) {
		memcpy(d->domain, data, length);
		d->domain[length] = '\0';
	} else if (option < sizeof(words) / sizeof(*words) && words[option] && length >= 4)
		*words[option] = get32(data);
}

bool dhcp_parse(const uint8_t *frame, size_t length, const uint8_t mac[6], uint32_t xid,
		struct dhcp *ret)
{
	struct dhcp d = { .xid = xid };
	size_t at = AT_OPTIONS;

	if (!is_answer(frame, length, mac, xid))
		return false;
	memcpy(d.mac, mac, 6);
	d.address = get32(frame + AT_YIADDR);
	while (at < length && frame[at] != OPTION_END) {
		size_t n;

		if (frame[at] == OPTION_PAD) {
			at++;
			continue;
		}
		if (length - at < 2)
			return false;
		n = frame[at + 1];
		if (length - at - 2 < n)
			return false;
		take_option(&d, frame[at], frame + at + 2, n);
		at += 2 + n;
	}
	if (!d.type)
		return false;
	*ret = d;
	return true;
}
