/* SPDX-License-Identifier: ISC */
/* Any line to the parsers of examples/syslogparse: what comes out as a rule is sound. */
#include "../../examples/syslogparse/line.h"
#include "require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* There and back is the same rule, and equal rules are equal bytes. */
static void check_packing(const struct rule *rule)
{
	static uint8_t key[KEY_MAX], again[KEY_MAX];
	static struct rule copy;
	const size_t n = rule_pack(rule, key);

	require(n <= sizeof(key));
	copy.access.mask = rule->access.mask;
	rule_unpack(key, n, &copy);
	require(rule_is_sound(&copy));
	require(rule_pack(&copy, again) == n && memcmp(key, again, n) == 0);
}

static void check_text(const char *text)
{
	for (; *text; text++)
		require((unsigned char)*text >= ' ' && *text != '"' && *text != '\\');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct rule rule;
	struct text lines = { (const char *)data, (const char *)data + size };

	while (lines.at < lines.end) {
		const struct text line = text_cut(&lines, '\n');

		line_parse(line.at, text_length(line), &rule);
		if (rule.kind != RULE_PACKET && rule.kind != RULE_ACCESS)
			continue;
		require(rule_is_sound(&rule));
		check_packing(&rule);
		if (rule.kind == RULE_PACKET) {
			check_text(rule.packet.in);
			check_text(rule.packet.out);
		} else {
			check_text(rule.access.profile);
			check_text(rule.access.name);
		}
	}
	return 0;
}
