/*
 * The common frame of messages that are being written. Pure; inside the codec only.
 */
#pragma once

#include "bgpd-lite/bgp/msg.h"
#include "lib/wire.h"

/* AFI and SAFI of the families we speak, RFC 4760 */
enum {
	BGP_AFI_IPV4 = 1,
	BGP_AFI_IPV6 = 2,
	BGP_SAFI_UNICAST = 1,
};

/* The BGP_FAMILY_ bit of a pair, 0 for one we do not speak. */
uint32_t bgp_family_bit(uint16_t afi, uint8_t safi);
uint16_t bgp_family_afi(uint32_t family_bit);

/* Header with the length still open, and the length put in. A message may have BGP_MESSAGE_MAX
 * bytes, or as many as room says. */
struct wr bgp_message_begin(uint8_t *out, enum bgp_type type);
struct wr bgp_message_begin_room(uint8_t *out, size_t room, enum bgp_type type);
size_t bgp_message_end(struct wr *w);
