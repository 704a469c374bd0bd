/* SPDX-License-Identifier: ISC */
/* protocol.c - the whole of what can be said inside the client */
#include "privsep.h"

#include <string.h>

static const struct ambit_field frame_fields[] = {
	{ "frame", AMBIT_FIELD_BYTES, FRAME_MIN, FRAME_MAX },
};
/* Of addresses nothing that is no host's: not 0.x, not multicast. */
static const struct ambit_field lease_fields[] = {
	{ "address", AMBIT_FIELD_INTEGER, 0x01000000, 0xdfffffff },
	{ "prefix", AMBIT_FIELD_INTEGER, 1, 32 },
	{ "router", AMBIT_FIELD_INTEGER, 0, 0xdfffffff },
	{ "seconds", AMBIT_FIELD_INTEGER, 60, LEASE_SECONDS_MAX },
	{ "domain", AMBIT_FIELD_TEXT, 0, DOMAIN_MAX },
};
static const struct ambit_field status_fields[] = {
	{ "status", AMBIT_FIELD_INTEGER, 0, 255 },
};

static const struct ambit_message_type received = AMBIT_MESSAGE("received", frame_fields);
static const struct ambit_message_type transmit = AMBIT_MESSAGE("transmit", frame_fields);
static const struct ambit_message_type lease = AMBIT_MESSAGE("lease", lease_fields);
static const struct ambit_message_type written = AMBIT_MESSAGE("written", lease_fields);
static const struct ambit_message_type done = AMBIT_MESSAGE("done", status_fields);

/* A busy network may send much; the client itself has little to say in a minute. */
static const struct ambit_permit from_raw[] = {
	{ &received, AMBIT_ANY_PHASE, AMBIT_UNLIMITED, AMBIT_UNLIMITED },
};
static const struct ambit_permit to_raw[] = {
	{ &transmit, AMBIT_ANY_PHASE, 100, AMBIT_UNLIMITED },
};
/* Two would be much, and a parser that gives more than these is none of ours. */
static const struct ambit_permit to_writer[] = {
	{ &lease, AMBIT_ANY_PHASE, 10, AMBIT_UNLIMITED },
};
static const struct ambit_permit to_runner[] = {
	{ &written, AMBIT_ANY_PHASE, 10, AMBIT_UNLIMITED },
};
static const struct ambit_permit to_caller[] = {
	{ &done, AMBIT_ANY_PHASE, 10, AMBIT_UNLIMITED },
};

const struct ambit_channel_protocol raw_and_parser = AMBIT_TWO_WAYS(from_raw, to_raw);
const struct ambit_channel_protocol parser_to_writer = AMBIT_ONE_WAY(to_writer);
const struct ambit_channel_protocol writer_to_runner = AMBIT_ONE_WAY(to_runner);
const struct ambit_channel_protocol runner_to_caller = AMBIT_ONE_WAY(to_caller);

/* A host's address, not this machine's own, and a router, if any, on the same network. */
bool is_lease(int64_t address, int64_t prefix, int64_t router)
{
	const uint32_t mask = prefix == 32 ? UINT32_MAX : ~(UINT32_MAX >> prefix);

	return address >> 24 != 127 &&
	       (!router || !(((uint32_t)router ^ (uint32_t)address) & mask));
}

/* No character that a shell knows, and nothing that is taken for an option or a path. */
bool is_domain(const char *domain)
{
	static const char characters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					 "0123456789._-";

	return *domain != '-' && *domain != '.' && !domain[strspn(domain, characters)];
}
