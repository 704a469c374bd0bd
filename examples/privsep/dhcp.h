/* SPDX-License-Identifier: ISC */
/* dhcp.h - RFC 2131, as much as a client needs: bytes to fields and back, no system call */
#ifndef DHCP_H
#define DHCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum dhcp_type { DHCP_DISCOVER = 1, DHCP_OFFER = 2, DHCP_REQUEST = 3, DHCP_ACK = 5, DHCP_NAK = 6 };

enum { DHCP_NO_XID = 0 }; /* no answer is an answer to this one */

/* Addresses in the machine's own order; 0 for what is not said. */
struct dhcp {
	unsigned type;
	uint32_t xid;
	uint8_t mac[6];
	uint32_t address, server, router, mask, seconds;
	char domain[254];
};

/* An Ethernet frame to everybody. Its length; 0 when there is no room. */
size_t dhcp_build(const struct dhcp *d, uint8_t *frame, size_t room);
/* An answer to @mac and @xid, or false; @ret is written only on success. */
bool dhcp_parse(const uint8_t *frame, size_t length, const uint8_t mac[6], uint32_t xid,
		struct dhcp *ret);

#endif
