/* SPDX-License-Identifier: ISC */
#include "rule.h"

#include <string.h>

#include "words.h"

/* Letters, digits, and those of @more. */
static bool is_made_of(const char *text, const char *more)
{
	for (; *text; text++) {
		const char small = (char)(*text | 32);

		if (!(small >= 'a' && small <= 'z') && !(*text >= '0' && *text <= '9') &&
		    !strchr(more, *text))
			return false;
	}
	return true;
}

/* Neither an option ("-j") nor a pattern ("eth+", "eth*") of iptables or nft. */
static bool is_interface(const char *name)
{
	return *name != '-' && *name != '.' && is_made_of(name, "._-");
}

static bool is_packet_sound(const struct packet *p)
{
	const bool in = *p->in, out = *p->out;
	const int icmp = p->family == 4 ? PROTOCOL_ICMP : PROTOCOL_ICMP6;
	const int other_icmp = p->family == 4 ? PROTOCOL_ICMP6 : PROTOCOL_ICMP;
	const bool needs_port =
		p->protocol == PROTOCOL_TCP || p->protocol == PROTOCOL_UDP || p->protocol == icmp;

	if ((p->family != 4 && p->family != 6) || p->chain >= CHAINS || p->protocol == other_icmp ||
	    needs_port != p->has_port || (p->protocol == icmp && p->port[0]))
		return false;
	if (in != (p->chain != CHAIN_OUTPUT) || out != (p->chain != CHAIN_INPUT))
		return false;
	return is_interface(p->in) && is_interface(p->out);
}

/* As the kernel writes paths: absolute, and each step leads further down. */
static bool is_path(const char *path)
{
	if (*path != '/')
		return false;
	for (const char *p = path; *p; p++) {
		const size_t n = *p == '/' ? strcspn(p + 1, "/") : 1;

		if ((unsigned char)*p < ' ' || *p == 0x7f || strchr("\"\\", *p))
			return false;
		if (*p == '/' && ((n == 0 && p[1]) || (n == 1 && p[1] == '.') ||
				  (n == 2 && p[1] == '.' && p[2] == '.')))
			return false;
	}
	return true;
}

static bool is_profile(const char *name)
{
	return *name && *name != '-' && is_made_of(name, "._-/:+@") && !strstr(name, "..");
}

static bool is_access_sound(const struct access *a)
{
	if (!is_profile(a->profile))
		return false;
	switch ((enum access_kind)a->kind) {
	case ACCESS_CAPABILITY:
		return a->detail[0] < CAPABILITIES && !a->detail[1] && !a->mask && !*a->name;
	case ACCESS_NETWORK:
		return a->detail[0] < FAMILIES && a->detail[1] < SOCKET_TYPES && !a->mask &&
		       !*a->name;
	case ACCESS_SIGNAL:
		return a->detail[0] < SIGNALS && !a->detail[1] && a->mask && a->mask <= 3 &&
		       is_profile(a->name);
	case ACCESS_PTRACE:
		return !a->detail[0] && !a->detail[1] && a->mask && a->mask <= MASK_SIDES &&
		       is_profile(a->name);
	case ACCESS_FILE:
		return !a->detail[0] && !a->detail[1] && a->mask && a->mask <= MASK_FILE &&
		       is_path(a->name);
	case ACCESS_KINDS:
		break;
	}
	return false;
}

bool rule_is_sound(const struct rule *rule)
{
	if (rule->kind == RULE_PACKET)
		return is_packet_sound(&rule->packet);
	return rule->kind == RULE_ACCESS && is_access_sound(&rule->access);
}

size_t rule_pack(const struct rule *rule, uint8_t key[KEY_MAX])
{
	const struct access *a = &rule->access;
	uint8_t *at = key;
	size_t n;

	*at++ = (uint8_t)rule->kind;
	if (rule->kind == RULE_PACKET) {
		memcpy(at, &rule->packet, sizeof(rule->packet));
		return 1 + sizeof(rule->packet);
	}
	n = strlen(a->profile) + 1;
	memcpy(at, a->profile, n);
	at += n;
	*at++ = a->kind;
	*at++ = a->detail[0];
	*at++ = a->detail[1];
	n = strlen(a->name) + 1;
	memcpy(at, a->name, n);
	return (size_t)(at + n - key);
}

void rule_unpack(const uint8_t *key, size_t length, struct rule *ret)
{
	struct access *a = &ret->access;
	const uint8_t *at = key + 1;
	size_t n;

	ret->kind = (enum rule_kind) * key;
	if (ret->kind == RULE_PACKET) {
		memcpy(&ret->packet, at, sizeof(ret->packet));
		return;
	}
	n = strlen((const char *)at) + 1;
	memcpy(a->profile, at, n);
	at += n;
	a->kind = at[0];
	a->detail[0] = at[1];
	a->detail[1] = at[2];
	memcpy(a->name, at + 3, length - (size_t)(at + 3 - key));
}
