/* SPDX-License-Identifier: ISC */
/* netfilter.c - IN=eth0 OUT= MAC=... SRC=... DST=... LEN=60 ... PROTO=TCP SPT=51413 DPT=22 ... */
#include <arpa/inet.h>

#include "line.h"

enum field { IN, OUT, SRC, DST, PROTO, DPT, TYPE, FIELDS };

static const char *const field_names[FIELDS] = {
	[IN] = "IN",	   [OUT] = "OUT", [SRC] = "SRC",   [DST] = "DST",
	[PROTO] = "PROTO", [DPT] = "DPT", [TYPE] = "TYPE",
};

static const struct {
	const char *name;
	uint8_t number;
} protocols[] = {
	{ "TCP", PROTOCOL_TCP }, { "UDP", PROTOCOL_UDP },      { "ICMP", PROTOCOL_ICMP },
	{ "ESP", 50 },		 { "ICMPv6", PROTOCOL_ICMP6 }, { "AH", 51 },
};

/* False: a field is said twice. What has no "=" is a flag: DF, SYN. */
static bool take(struct text token, struct text values[FIELDS])
{
	struct text value = token;
	const struct text name = text_cut(&value, '=');
	int field;

	if (name.end == token.end)
		return true;
	field = text_index(name, field_names, FIELDS);
	if (field < 0)
		return true;
	if (values[field].at)
		return false;
	values[field] = value;
	return true;
}

/* The packet that an ICMP error quotes is in brackets: none of our fields. */
static bool collect(struct text record, struct text values[FIELDS])
{
	while (record.at < record.end) {
		if (*record.at == '[') {
			if (text_cut(&record, ']').end == record.end)
				return false;
		} else if (!take(text_cut(&record, ' '), values)) {
			return false;
		}
	}
	return true;
}

static bool read_interface(struct text value, char out[INTERFACE_MAX + 1])
{
	if (!value.at || text_length(value) > INTERFACE_MAX)
		return false;
	memcpy(out, value.at, text_length(value));
	return true;
}

/* 4, 6, or 0 */
static uint8_t read_address(struct text value, uint8_t out[16])
{
	char text[INET6_ADDRSTRLEN] = { 0 };

	if (!value.at || text_length(value) >= sizeof(text))
		return 0;
	memcpy(text, value.at, text_length(value));
	if (inet_pton(AF_INET, text, out) == 1)
		return 4;
	return inet_pton(AF_INET6, text, out) == 1 ? 6 : 0;
}

static bool read_protocol(struct text value, uint8_t *ret)
{
	int number;

	if (!value.at)
		return false;
	for (size_t i = 0; i < sizeof(protocols) / sizeof(*protocols); i++)
		if (text_is(value, protocols[i].name, strlen(protocols[i].name))) {
			*ret = protocols[i].number;
			return true;
		}
	number = text_number(value, 255);
	*ret = (uint8_t)number;
	return number >= 0;
}

static bool read_port(const struct text values[FIELDS], struct packet *p)
{
	const bool icmp = p->protocol == PROTOCOL_ICMP || p->protocol == PROTOCOL_ICMP6;
	const struct text value = values[icmp ? TYPE : DPT];
	const int port = value.at ? text_number(value, icmp ? 255 : 65535) : NO_PORT;

	if (value.at && port < 0)
		return false;
	p->has_port = port != NO_PORT;
	p->port[0] = (uint8_t)(p->has_port ? port >> 8 : 0);
	p->port[1] = (uint8_t)(p->has_port ? port : 0);
	return true;
}

static bool read_packet(const struct text values[FIELDS], struct packet *p)
{
	if (!read_interface(values[IN], p->in) || !read_interface(values[OUT], p->out))
		return false;
	p->chain = *p->in ? (*p->out ? CHAIN_FORWARD : CHAIN_INPUT) : CHAIN_OUTPUT;
	p->family = read_address(values[SRC], p->source);
	if (!p->family || read_address(values[DST], p->destination) != p->family)
		return false;
	return read_protocol(values[PROTO], &p->protocol) && read_port(values, p);
}

/* Anything but ' ' to '~'? Eight at a time: each line of the kernel's comes by here. */
static bool has_control(struct text t)
{
	const uint64_t ones = UINT64_MAX / 255, tops = ones << 7;
	uint64_t has = 0, word;

	for (; text_length(t) >= sizeof(word); t.at += sizeof(word)) {
		memcpy(&word, t.at, sizeof(word));
		/* The top bit of a byte: it is 128 or more, or 127, or less than 32. */
		has |= word | (word + ones) | ~((word | tops) - ones * ' ');
	}
	for (; t.at < t.end; t.at++)
		has |= (unsigned char)(*t.at - ' ') > '~' - ' ' ? tops : 0;
	return has & tops;
}

void netfilter_parse(struct text record, struct rule *ret)
{
	struct text values[FIELDS] = { 0 };

	ret->kind = RULE_REFUSED;
	ret->packet = (struct packet){ 0 };
	if (has_control(record) || !collect(record, values) || !read_packet(values, &ret->packet))
		return;
	ret->kind = RULE_PACKET;
	if (!rule_is_sound(ret))
		ret->kind = RULE_REFUSED;
}
