/* SPDX-License-Identifier: ISC */
/* rule.h - what a line of a log can become, and when it is fit to be printed */
#ifndef RULE_H
#define RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { INTERFACE_MAX = 15, PROFILE_MAX = 255, PATH_BYTES_MAX = 4095, NO_PORT = -1 };
enum { PROTOCOL_ICMP = 1, PROTOCOL_TCP = 6, PROTOCOL_UDP = 17, PROTOCOL_ICMP6 = 58 };
enum chain { CHAIN_INPUT, CHAIN_OUTPUT, CHAIN_FORWARD, CHAINS };

/* Bytes only, so that it is compared as it is, and sorted by what is first. */
struct packet {
	uint8_t family; /* 4 or 6 */
	uint8_t chain;
	char in[INTERFACE_MAX + 1], out[INTERFACE_MAX + 1]; /* "" for none; padded with NUL */
	uint8_t protocol;
	uint8_t has_port, port[2]; /* the port it goes to; of ICMP its type */
	uint8_t destination[16], source[16];
};

enum access_kind {
	ACCESS_CAPABILITY,
	ACCESS_NETWORK,
	ACCESS_SIGNAL,
	ACCESS_PTRACE,
	ACCESS_FILE,
	ACCESS_KINDS
};

/* What may be done with a file; of a signal and of ptrace, as which side. */
enum {
	MAY_READ = 1,
	MAY_WRITE = 2,
	MAY_APPEND = 4,
	MAY_EXECUTE = 8,
	MAY_MAP = 16,
	MAY_LOCK = 32,
	MAY_LINK = 64,
	MASK_FILE = 127,
	MASK_SIDES = 15 /* a bit for each of side_names */
};

struct access {
	uint8_t kind;
	uint8_t detail[2]; /* capability; family and type of a socket; signal: see words.h */
	uint32_t mask;
	bool owner; /* only the owner's own files were asked for */
	char profile[PROFILE_MAX + 1];
	char name[PATH_BYTES_MAX + 1]; /* the file; the other process's profile; or "" */
};

enum rule_kind { RULE_NONE, RULE_PACKET, RULE_ACCESS, RULE_REFUSED };

struct rule {
	enum rule_kind kind; /* which of the two is filled; RULE_REFUSED: a record that is unfit */
	struct packet packet;
	struct access access;
};

/*
 * Is it what an honest log says, so that it can stand in a rule? Asked by who reads the log, and
 * again by who writes the rules, as the first may be somebody else's by then.
 */
bool rule_is_sound(const struct rule *rule);

/* A rule as bytes, all but mask and owner: equal rules are equal bytes. */
enum { KEY_MAX = PROFILE_MAX + PATH_BYTES_MAX + 8 };
size_t rule_pack(const struct rule *rule, uint8_t key[KEY_MAX]);
void rule_unpack(const uint8_t *key, size_t length, struct rule *ret);

#endif
