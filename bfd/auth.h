/*
 * Authentication of BFD packets (RFC 5880 4.2-4.4, 6.7): simple password, keyed and meticulous
 * keyed MD5 and SHA1. Pure; used by the bfd process. The digest is the plain one of the packet with
 * the key, filled up with zeros, in the digest's place (no HMAC).
 *
 * Several keys may be configured: all are accepted, the first is sent with. So keys are changed
 * without a loss: add the new one on both ends, put it first on both, take the old one away.
 */
#pragma once

#include <stddef.h>

#include "bfd/packet.h"

enum {
	BFD_AUTH_KEYS = 4,
	BFD_AUTH_SHORT_KEY = 16, /* the longest of simple and MD5 */
	BFD_AUTH_LONG_KEY = 20,  /* of SHA1 */
	BFD_AUTH_SECTION_MAX = 28,
	BFD_PACKET_MAX = BFD_PACKET_LEN + BFD_AUTH_SECTION_MAX,
};

/* RFC 5880 4.1 */
enum bfd_auth_type {
	BFD_AUTH_NONE = 0,
	BFD_AUTH_SIMPLE = 1,
	BFD_AUTH_KEYED_MD5 = 2,
	BFD_AUTH_METICULOUS_MD5 = 3,
	BFD_AUTH_KEYED_SHA1 = 4,
	BFD_AUTH_METICULOUS_SHA1 = 5,
};

struct bfd_auth_key {
	uint8_t id;
	uint8_t len; /* 1 .. bfd_auth_key_max() */
	uint8_t bytes[BFD_AUTH_LONG_KEY];
};

struct bfd_auth {
	uint8_t type; /* enum bfd_auth_type */
	uint8_t keys_n;
	struct bfd_auth_key keys[BFD_AUTH_KEYS];
};

/* Sequence numbers the receiver may accept: from first on, n of them (they wrap); n 0: any. */
struct bfd_auth_window {
	uint32_t first;
	uint32_t n;
};

uint8_t bfd_auth_key_max(uint8_t type);
bool bfd_auth_is_meticulous(uint8_t type);
bool bfd_auth_is_sane(const struct bfd_auth *a); /* what came from another process */

/* Packet: bytes that bfd_packet_decode() accepted as p. BFD_DROP_NONE and the sequence number (0
 * for simple), or the first check that failed and *seq untouched. */
enum bfd_drop bfd_auth_check(const struct bfd_auth *a, const uint8_t *packet,
	const struct bfd_packet *p, struct bfd_auth_window w, uint32_t *seq);

/* Adds the section to an encoded packet: sets A and Length. The new length. */
size_t bfd_auth_sign(const struct bfd_auth *a, uint32_t seq, uint8_t packet[BFD_PACKET_MAX]);
