/* SPDX-License-Identifier: ISC */
/*
 * parse_net.c - connect and listen
 *
 * An address is judged in its binary form, so its text must have one meaning only: short, octal
 * and hexadecimal IPv4 forms are refused with the address they would mean, and IPv4-mapped IPv6
 * addresses become the IPv4 addresses they reach.
 */
#include <arpa/inet.h>
#include <string.h>

#include "../base/num.h"
#include "parse.h"

static enum ambit_code host_error(struct parser *ps, const struct word *word, const char *sentence,
				  const char *hint)
{
	char show[SHOW_SIZE];

	(void)lex_error(&ps->lex, word, "%s '%s'", sentence, word_show(show, word));
	return err_hint(ps->err, "%s", hint);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Does @text end in a numeric label, dot or not? Then resolvers take it for an IPv4 address. */
static bool ends_in_number(const char *text)
{
	size_t end = strlen(text), start;

	if (end > 1 && text[end - 1] == '.')
		end--;
	for (start = end; start && text[start - 1] != '.'; start--)
		;
	if (end - start > 1 && text[start] == '0' && (text[start + 1] | 0x20) == 'x')
		return true;
	return end > start && strspn(text + start, "0123456789") >= end - start;
}

static enum ambit_code bad_ipv4(struct parser *ps, const struct word *word, const char *text)
{
	struct in_addr meant;
	char clear[INET_ADDRSTRLEN];

	(void)host_error(ps, word, "not an IPv4 address:", "");
	/* A short number is a port gone astray, not the address it could be read as. */
	if ((strchr(text, '.') || strlen(text) > 5) && inet_aton(text, &meant) &&
	    inet_ntop(AF_INET, &meant, clear, sizeof(clear)))
		return err_hint(ps->err, "write it in full: %s", clear);
	return err_hint(ps->err, "write four decimal numbers from 0 to 255, as in 192.0.2.7");
}

static enum ambit_code bad_ipv6(struct parser *ps, const struct word *word, const char *text)
{
	const char *colon = strchr(text, ':');

	(void)host_error(ps, word, "not an IPv6 address:", "");
	if (text[0] == '[')
		return err_hint(ps->err, "write it without brackets");
	if (strchr(text, '%'))
		return err_hint(ps->err, "write it without the scope after '%%'");
	if (colon && !strchr(colon + 1, ':'))
		return err_hint(ps->err, "write the port as a word of its own: %.*s %s",
				(int)(colon - text), text, colon + 1);
	return err_hint(ps->err, "write it as in 2001:db8::7");
}

/* Fill ret->address and ret->family from @text, prefix not yet known. */
static enum ambit_code host_address(struct parser *ps, const struct word *word, const char *text,
				    struct endpoint *ret)
{
	if (strchr(text, ':')) {
		if (inet_pton(AF_INET6, text, ret->address) != 1)
			return bad_ipv6(ps, word, text);
		ret->family = AF_INET6;
		return AMBIT_OK;
	}
	if (inet_pton(AF_INET, text, ret->address) != 1)
		return bad_ipv4(ps, word, text);
	ret->family = AF_INET;
	return AMBIT_OK;
}

static void map_to_ipv4(struct endpoint *e)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (e->family != AF_INET6 || e->prefix_bits < 96 || memcmp(e->address, mapped, 12) != 0)
		return;
	memmove(e->address, e->address + 12, 4);
	memset(e->address + 4, 0, 12);
	e->family = AF_INET;
	e->prefix_bits = (uint8_t)(e->prefix_bits - 96);
}

/* Host bits must be zero: 10.1.2.3/8 says two different things. */
static enum ambit_code check_host_bits(struct parser *ps, const struct word *word,
				       const struct endpoint *e)
{
	uint8_t net[16];
	char text[INET6_ADDRSTRLEN];

	memcpy(net, e->address, sizeof(net));
	for (unsigned bit = e->prefix_bits; bit < 128; bit++)
		net[bit / 8] &= (uint8_t) ~(0x80U >> bit % 8);
	if (!memcmp(net, e->address, sizeof(net)))
		return AMBIT_OK;
	(void)host_error(ps, word, "address bits beyond the network's prefix in", "");
	if (!inet_ntop(e->family, net, text, sizeof(text)))
		return AMBIT_E_POLICY;
	return err_hint(ps->err, "write %s/%u for the network, or the address without a prefix",
			text, e->prefix_bits);
}

/* "ADDRESS" or "ADDRESS/BITS"; @text may be changed. */
static enum ambit_code parse_network(struct parser *ps, const struct word *word, char *text,
				     struct endpoint *ret)
{
	char *slash = strchr(text, '/');
	uint64_t bits;
	enum ambit_code code;

	if (slash)
		*slash = '\0';
	code = host_address(ps, word, text, ret);
	if (code != AMBIT_OK)
		return code;
	bits = ret->family == AF_INET ? 32 : 128;
	if (slash && num_parse(slash + 1, strlen(slash + 1), bits, &bits) < 0)
		return host_error(ps, word, "bad prefix length in",
				  "write the number of bits: at most 32 for IPv4, 128 for IPv6");
	ret->prefix_bits = (uint8_t)bits;
	if (slash)
		code = check_host_bits(ps, word, ret);
	if (code == AMBIT_OK)
		map_to_ipv4(ret);
	return code;
}

static bool label_ok(const char *label, size_t length)
{
	if (!length || length > 63 || label[0] == '-' || label[length - 1] == '-')
		return false;
	for (size_t i = 0; i < length; i++)
		if (!is_digit(label[i]) && label[i] != '-' && label[i] != '_' &&
		    !(label[i] >= 'a' && label[i] <= 'z'))
			return false;
	return true;
}

/* A host name or "*.suffix", made lower case in place. */
static bool name_ok(char *text)
{
	size_t length = strlen(text);
	char *label = text;

	for (size_t i = 0; i < length; i++)
		if (text[i] >= 'A' && text[i] <= 'Z')
			text[i] = (char)(text[i] | 0x20);
	if (length > 1 && text[length - 1] == '.')
		text[--length] = '\0';
	if (length > 253)
		return false;
	if (label[0] == '*' && label[1] == '.')
		label += 2;
	for (;;) {
		char *dot = strchr(label, '.');
		size_t n = dot ? (size_t)(dot - label) : strlen(label);

		if (!label_ok(label, n))
			return false;
		if (!dot)
			return true;
		label = dot + 1;
	}
}

enum { HOST_MAX = 256 };

static enum ambit_code parse_host(struct parser *ps, const struct word *word, struct endpoint *ret)
{
	char text[HOST_MAX];

	if (!word->length || word->length >= sizeof(text))
		return host_error(ps, word,
				  "not a host:", "write an address, a network, * or a name");
	memcpy(text, word->text, word->length);
	text[word->length] = '\0';
	if (!strcmp(text, "*"))
		return AMBIT_OK;
	if (strstr(text, "://"))
		return host_error(ps, word, "not a host but a URL:",
				  "write the host and the port: example.com 443");
	if (strpbrk(text, ":/") || ends_in_number(text))
		return parse_network(ps, word, text, ret);
	if (!name_ok(text))
		return host_error(ps, word, "not a host name:",
				  "names are letters, digits, '-' and dots (others in their xn-- "
				  "form); '*.' only in front");
	ret->name = arena_string(&ps->policy->arena, text);
	return ret->name ? AMBIT_OK : parse_memory(ps);
}

/* Names of services people write; we look nothing up, so the hint gives the number. */
static const struct {
	const char *name;
	unsigned port;
} services[] = {
	{ "http", 80 },		{ "https", 443 },  { "ssh", 22 },  { "domain", 53 },
	{ "dns", 53 },		{ "smtp", 25 },	   { "ntp", 123 }, { "ldap", 389 },
	{ "postgresql", 5432 }, { "mysql", 3306 },
};

static enum ambit_code bad_port(struct parser *ps, const struct word *word)
{
	char show[SHOW_SIZE];

	(void)lex_error(&ps->lex, word, "not a port: '%s'", word_show(show, word));
	for (size_t i = 0; i < ARRAY_COUNT(services); i++)
		if (word_is(word, services[i].name))
			return err_hint(ps->err, "write its number: %u", services[i].port);
	return err_hint(ps->err, "write a number up to 65535, a range as 8000-8010, or *");
}

static enum ambit_code parse_port(struct parser *ps, const struct word *word, uint64_t least,
				  struct endpoint *ret)
{
	const char *dash = memchr(word->text, '-', word->length);
	size_t length = dash ? (size_t)(dash - word->text) : word->length;
	uint64_t first = 0, last = 65535;

	if (word->length == 1 && word->text[0] == '*') {
		ret->port_first = 0;
		ret->port_last = 65535;
		return AMBIT_OK;
	}
	if (num_parse(word->text, length, 65535, &first) < 0)
		return bad_port(ps, word);
	last = first;
	if (dash && num_parse(dash + 1, word->length - length - 1, 65535, &last) < 0)
		return bad_port(ps, word);
	if (first < least) {
		(void)lex_error(&ps->lex, word, "nobody can be reached at port 0");
		return err_hint(ps->err, "write a number from 1 to 65535, a range, or *");
	}
	if (first > last) {
		(void)lex_error(&ps->lex, word, "the range of ports ends before it begins");
		return err_hint(ps->err, "write %u-%u", (unsigned)last, (unsigned)first);
	}
	ret->port_first = (uint16_t)first;
	ret->port_last = (uint16_t)last;
	return AMBIT_OK;
}

static enum ambit_code parse_protocol(struct parser *ps, const struct word *word,
				      struct endpoint *ret)
{
	static const char *const names[] = { "tcp", "udp" };
	int i = parse_choice(ps, word, "protocol", names, ARRAY_COUNT(names));

	ret->protocol = i == 1 ? NET_UDP : NET_TCP;
	return i < 0 ? AMBIT_E_POLICY : AMBIT_OK;
}

static enum ambit_code add_endpoint(struct parser *ps, const struct directive *d,
				    const struct endpoint *e)
{
	struct grant *g = parse_grant(ps, d, &d->words[0]);

	if (!g)
		return AMBIT_E_RESOURCE;
	g->net = *e;
	return AMBIT_OK;
}

enum ambit_code parse_connect(struct parser *ps, const struct directive *d)
{
	struct endpoint e = { 0 };
	enum ambit_code code = AMBIT_OK;

	/* "connect example.com 443": say what is missing, not that the host is no protocol. */
	if (d->count > 1)
		code = parse_protocol(ps, &d->words[1], &e);
	if (code == AMBIT_OK)
		code = parse_count(ps, d, 3, 3);
	if (code == AMBIT_OK)
		code = parse_host(ps, &d->words[2], &e);
	if (code == AMBIT_OK)
		code = parse_port(ps, &d->words[3], 1, &e);
	return code == AMBIT_OK ? add_endpoint(ps, d, &e) : code;
}

enum ambit_code parse_listen(struct parser *ps, const struct directive *d)
{
	struct endpoint e = { 0 };
	enum ambit_code code = AMBIT_OK;

	if (d->count > 1)
		code = parse_protocol(ps, &d->words[1], &e);
	if (code == AMBIT_OK)
		code = parse_count(ps, d, 2, 3);
	if (code == AMBIT_OK && d->count == 4)
		code = parse_host(ps, &d->words[2], &e);
	if (code == AMBIT_OK && e.name)
		return host_error(ps, &d->words[2], "not an address to listen on:",
				  "write an address, or leave it out for all");
	if (code == AMBIT_OK)
		code = parse_port(ps, &d->words[d->count - 1], 0, &e);
	return code == AMBIT_OK ? add_endpoint(ps, d, &e) : code;
}
