/* SPDX-License-Identifier: ISC */
/*
 * render.c - rules as the tools read them
 *
 * Everything is printed from numbers, from the words of our own tables, and from three kinds of
 * text that rule_is_sound() has accepted: interfaces, profiles, paths.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <string.h>

#include "syslogparse.h"
#include "words.h"

typedef void packet_renderer(FILE *file, const struct packet *p);

static void render_note(FILE *file, const char *indent, uint64_t count, const char *danger)
{
	(void)fprintf(file, "%s# %" PRIu64 " time%s%s%s\n", indent, count, count == 1 ? "" : "s",
		      danger ? "; danger: " : "", danger ? danger : "");
}

static const char *address(const struct packet *p, const uint8_t bytes[16],
			   char text[INET6_ADDRSTRLEN])
{
	return inet_ntop(p->family == 4 ? AF_INET : AF_INET6, bytes, text, INET6_ADDRSTRLEN);
}

static unsigned port_of(const struct packet *p)
{
	return (unsigned)(p->port[0] << 8 | p->port[1]);
}

/* ---- iptables ------------------------------------------------------------------------------ */

static void render_iptables_rule(FILE *file, const struct packet *p)
{
	static const char *const chains[CHAINS] = { "INPUT", "OUTPUT", "FORWARD" };
	char from[INET6_ADDRSTRLEN], to[INET6_ADDRSTRLEN];

	(void)fprintf(file, "-A %s", chains[p->chain]);
	if (*p->in)
		(void)fprintf(file, " -i %s", p->in);
	if (*p->out)
		(void)fprintf(file, " -o %s", p->out);
	(void)fprintf(file, " -s %s -d %s", address(p, p->source, from),
		      address(p, p->destination, to));
	if (p->protocol == PROTOCOL_TCP || p->protocol == PROTOCOL_UDP) {
		const char *name = p->protocol == PROTOCOL_TCP ? "tcp" : "udp";

		(void)fprintf(file, " -p %s -m %s --dport %u", name, name, port_of(p));
	} else if (p->protocol == PROTOCOL_ICMP) {
		(void)fprintf(file, " -p icmp -m icmp --icmp-type %u", port_of(p));
	} else if (p->protocol == PROTOCOL_ICMP6) {
		(void)fprintf(file, " -p ipv6-icmp -m icmp6 --icmpv6-type %u", port_of(p));
	} else {
		(void)fprintf(file, " -p %u", p->protocol);
	}
	(void)fprintf(file, " -j ACCEPT\n");
}

/* @family: 0 for both */
static void render_packets(FILE *file, const struct table *rules, unsigned family,
			   packet_renderer *render)
{
	struct rule rule;

	for (size_t i = 0; i < rules->count; i++) {
		const struct entry *e = &rules->entries[i];

		rule_unpack(e->key, e->length, &rule);
		if (rule.kind != RULE_PACKET || (family && rule.packet.family != family))
			continue;
		render_note(file, "", e->count, danger_of_packet(&rule.packet));
		render(file, &rule.packet);
	}
}

void render_iptables(FILE *file, const struct table *rules)
{
	(void)fprintf(file, "# iptables-restore --noflush THIS-FILE\n*filter\n");
	render_packets(file, rules, 4, render_iptables_rule);
	(void)fprintf(file, "COMMIT\n");
}

void render_ip6tables(FILE *file, const struct table *rules)
{
	(void)fprintf(file, "# ip6tables-restore --noflush THIS-FILE\n*filter\n");
	render_packets(file, rules, 6, render_iptables_rule);
	(void)fprintf(file, "COMMIT\n");
}

/* ---- nftables ------------------------------------------------------------------------------ */

static void render_nftables_rule(FILE *file, const struct packet *p)
{
	static const char *const chains[CHAINS] = { "input", "output", "forward" };
	const char *ip = p->family == 4 ? "ip" : "ip6";
	char from[INET6_ADDRSTRLEN], to[INET6_ADDRSTRLEN];

	(void)fprintf(file, "add rule inet filter %s", chains[p->chain]);
	if (*p->in)
		(void)fprintf(file, " iifname \"%s\"", p->in);
	if (*p->out)
		(void)fprintf(file, " oifname \"%s\"", p->out);
	(void)fprintf(file, " %s saddr %s %s daddr %s", ip, address(p, p->source, from), ip,
		      address(p, p->destination, to));
	if (p->protocol == PROTOCOL_TCP || p->protocol == PROTOCOL_UDP)
		(void)fprintf(file, " %s dport %u", p->protocol == PROTOCOL_TCP ? "tcp" : "udp",
			      port_of(p));
	else if (p->has_port)
		(void)fprintf(file, " %s type %u", p->family == 4 ? "icmp" : "icmpv6", port_of(p));
	else
		(void)fprintf(file, " meta l4proto %u", p->protocol);
	(void)fprintf(file, " counter accept\n");
}

void render_nftables(FILE *file, const struct table *rules)
{
	(void)fprintf(file, "# nft -f THIS-FILE, where there are input, output and forward in "
			    "\"inet filter\"\n");
	render_packets(file, rules, 0, render_nftables_rule);
}

/* ---- AppArmor ------------------------------------------------------------------------------ */

/* A path is a pattern there: what would mean something is written so that it does not. */
static void render_path(FILE *file, const char *path)
{
	(void)fputc('"', file);
	for (; *path; path++) {
		if (strchr("*?[]{}^", *path))
			(void)fputc('\\', file);
		(void)fputc(*path, file);
	}
	(void)fputc('"', file);
}

static void render_file(FILE *file, const struct access *a)
{
	static const struct {
		uint32_t bit;
		const char *letters;
	} letters[] = {
		{ MAY_MAP, "m" },  { MAY_READ, "r" }, { MAY_WRITE, "w" },    { MAY_APPEND, "a" },
		{ MAY_LOCK, "k" }, { MAY_LINK, "l" }, { MAY_EXECUTE, "ix" },
	};
	/* Writing has appending in it; the parser refuses both. */
	const uint32_t mask = a->mask & MAY_WRITE ? a->mask & ~(uint32_t)MAY_APPEND : a->mask;

	(void)fprintf(file, "%s", a->owner ? "owner " : "");
	render_path(file, a->name);
	(void)fputc(' ', file);
	for (size_t i = 0; i < sizeof(letters) / sizeof(*letters); i++)
		if (mask & letters[i].bit)
			(void)fputs(letters[i].letters, file);
	(void)fputs(",\n", file);
}

static void render_sides(FILE *file, uint32_t mask, const char *const names[SIDES])
{
	const char *between = "(";

	for (int i = 0; i < SIDES; i++)
		if (mask & UINT32_C(1) << i) {
			(void)fprintf(file, "%s%s", between, names[i]);
			between = ", ";
		}
	(void)fputc(')', file);
}

static void render_access(FILE *file, const struct access *a)
{
	switch ((enum access_kind)a->kind) {
	case ACCESS_CAPABILITY:
		(void)fprintf(file, "capability %s,\n", capability_names[a->detail[0]]);
		return;
	case ACCESS_NETWORK:
		(void)fprintf(file, "network %s %s,\n", family_names[a->detail[0]],
			      socket_type_names[a->detail[1]]);
		return;
	case ACCESS_SIGNAL:
		(void)fprintf(file, "signal ");
		render_sides(file, a->mask, signal_sides);
		(void)fprintf(file, " set=(%s) peer=\"%s\",\n", signal_names[a->detail[0]],
			      a->name);
		return;
	case ACCESS_PTRACE:
		(void)fprintf(file, "ptrace ");
		render_sides(file, a->mask, ptrace_sides);
		(void)fprintf(file, " peer=\"%s\",\n", a->name);
		return;
	case ACCESS_FILE:
		render_file(file, a);
		return;
	case ACCESS_KINDS:
		return;
	}
}

void render_apparmor(FILE *file, const struct table *rules)
{
	char profile[PROFILE_MAX + 1] = "";
	struct rule rule;

	(void)fprintf(file, "# lines for profiles: see /etc/apparmor.d/local/README\n");
	for (size_t i = 0; i < rules->count; i++) {
		const struct entry *e = &rules->entries[i];

		rule_unpack(e->key, e->length, &rule);
		if (rule.kind != RULE_ACCESS)
			continue;
		rule.access.mask = e->mask;
		rule.access.owner = e->owner;
		if (strcmp(profile, rule.access.profile) != 0)
			(void)fprintf(file, "\n# profile %s\n", rule.access.profile);
		memcpy(profile, rule.access.profile, sizeof(profile));
		render_note(file, "  ", e->count, danger_of_access(&rule.access));
		(void)fprintf(file, "  ");
		render_access(file, &rule.access);
	}
}
