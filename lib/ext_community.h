/*
 * An extended community (RFC 4360) and its text: "rt 64512:80", "soo 192.0.2.11:1", else the eight
 * octets as "0x0123456789abcdef". Pure.
 *
 * Link bandwidth (RFC 10005): AS, and octets per second as an IEEE float.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum {
	EXT_COMMUNITY_AS2 = 0x00, /* types, RFC 4360 3.1: AS of 2 octets, number of 4 */
	EXT_COMMUNITY_IPV4 = 0x01,
	EXT_COMMUNITY_AS4 = 0x02, /* RFC 5668 */
	EXT_COMMUNITY_RT = 0x02,  /* subtypes */
	EXT_COMMUNITY_SOO = 0x03,
	EXT_COMMUNITY_LINK_BANDWIDTH = 0x04,
	EXT_COMMUNITY_NOT_TRANSITIVE = 0x40, /* of the type */
	EXT_COMMUNITY_TEXT_MAX = 40,
};

struct ext_community {
	uint8_t octet[8]; /* as on the wire */
};

/* False: it is none of link bandwidth. Else *out is above 0, or 0 where it says nothing that could
 * be used: no number, negative, zero, infinite. */
bool ext_community_bandwidth(const struct ext_community *c, float *out);
/* That of a link, transitive: octets per second, above 0; an AS beyond 65535 is told as 23456. */
struct ext_community ext_community_of_bandwidth(uint32_t as, float octets);
/* Returns out. */
const char *ext_community_text(const struct ext_community *c, char out[EXT_COMMUNITY_TEXT_MAX]);
