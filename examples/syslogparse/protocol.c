/* SPDX-License-Identifier: ISC */
/* protocol.c - the whole of what a scanner can say: two kinds of rules, and that it is done */
#include "syslogparse.h"

static const struct ambit_field packet_fields[] = {
	{ "family", AMBIT_FIELD_INTEGER, 4, 6 },
	{ "chain", AMBIT_FIELD_INTEGER, 0, CHAINS - 1 },
	{ "in", AMBIT_FIELD_TEXT, 0, INTERFACE_MAX },
	{ "out", AMBIT_FIELD_TEXT, 0, INTERFACE_MAX },
	{ "protocol", AMBIT_FIELD_INTEGER, 0, 255 },
	{ "port", AMBIT_FIELD_INTEGER, NO_PORT, 65535 },
	{ "source", AMBIT_FIELD_BYTES, 16, 16 },
	{ "destination", AMBIT_FIELD_BYTES, 16, 16 },
	{ "count", AMBIT_FIELD_INTEGER, 1, INT64_MAX },
};
static const struct ambit_field access_fields[] = {
	{ "kind", AMBIT_FIELD_INTEGER, 0, ACCESS_KINDS - 1 },
	{ "first", AMBIT_FIELD_INTEGER, 0, 255 },
	{ "second", AMBIT_FIELD_INTEGER, 0, 255 },
	{ "mask", AMBIT_FIELD_INTEGER, 0, MASK_FILE },
	{ "owner", AMBIT_FIELD_INTEGER, 0, 1 },
	{ "profile", AMBIT_FIELD_TEXT, 1, PROFILE_MAX },
	{ "name", AMBIT_FIELD_TEXT, 0, PATH_BYTES_MAX },
	{ "count", AMBIT_FIELD_INTEGER, 1, INT64_MAX },
};

const char *const sum_names[SUMS] = {
	[SUM_LINES] = "lines",
	[SUM_REFUSED] = "refused",
	[SUM_TOO_LONG] = "too-long",
	[SUM_LEFT_OUT] = "left-out",
};
static const struct ambit_field done_fields[] = {
	{ "lines", AMBIT_FIELD_INTEGER, 0, INT64_MAX },
	{ "refused", AMBIT_FIELD_INTEGER, 0, INT64_MAX },
	{ "too-long", AMBIT_FIELD_INTEGER, 0, INT64_MAX },
	{ "left-out", AMBIT_FIELD_INTEGER, 0, INT64_MAX },
};

static const struct ambit_message_type packet = AMBIT_MESSAGE("packet", packet_fields);
static const struct ambit_message_type access_type = AMBIT_MESSAGE("access", access_fields);
static const struct ambit_message_type done = AMBIT_MESSAGE("done", done_fields);

static const struct ambit_permit to_caller[] = {
	{ &packet, AMBIT_ANY_PHASE, AMBIT_UNLIMITED, RULES_MAX },
	{ &access_type, AMBIT_ANY_PHASE, AMBIT_UNLIMITED, RULES_MAX },
	{ &done, AMBIT_ANY_PHASE, AMBIT_UNLIMITED, 1 },
};
const struct ambit_channel_protocol scanner_to_caller = AMBIT_ONE_WAY(to_caller);
