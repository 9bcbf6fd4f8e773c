/*
 * Addresses and prefixes of both families as plain values. Every process.
 *
 * A struct addr always has the bytes behind its length zero, and a struct prefix the bits behind
 * its length, so that memcmp and hashing of the whole struct work.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum addr_family {
	ADDR_NONE = 0,
	ADDR_V4 = 4,
	ADDR_V6 = 6,
};

struct addr {
	uint8_t family; /* enum addr_family */
	uint8_t b[16];  /* network order, 4 or 16 bytes of it */
};

struct prefix {
	struct addr addr; /* bits past len are zero */
	uint8_t len;      /* bits, 0..32 or 0..128 */
};

enum {
	ADDR_TEXT_MAX = 48,   /* any address as text, with its NUL */
	PREFIX_TEXT_MAX = 52, /* any prefix as text, with its NUL */
};

struct addr addr_v4(uint32_t host_order);
struct addr addr_from_bytes(enum addr_family family, const void *bytes);
size_t addr_bytes(enum addr_family family); /* 4, 16, 0 */
uint8_t addr_bits(enum addr_family family); /* 32, 128, 0 */
uint32_t addr_u32(struct addr a);           /* an IPv4 address in host order */
int addr_family_af(enum addr_family f);     /* AF_INET, AF_INET6, AF_UNSPEC */
bool addr_equal(struct addr a, struct addr b);
int addr_compare(struct addr a, struct addr b); /* by family, then value */
bool addr_is_link_local(struct addr a);         /* 169.254/16, fe80::/10 */
bool addr_is_loopback(struct addr a);
bool addr_is_multicast(struct addr a);
bool addr_is_unspecified(struct addr a);
/* Text of exactly one address, no blanks, no zone. False leaves *out untouched. */
bool addr_parse(const char *text, struct addr *out);
const char *addr_text(struct addr a, char text[ADDR_TEXT_MAX]); /* returns text; "-" for none */

/* Cuts the bits behind len. */
struct prefix prefix_make(struct addr a, uint8_t len);
bool prefix_equal(struct prefix a, struct prefix b);
int prefix_compare(struct prefix a, struct prefix b);           /* by address, shorter first */
bool prefix_contains(struct prefix outer, struct prefix inner); /* an equal one too */
bool prefix_has_addr(struct prefix p, struct addr a);
/* ADDRESS/LEN, or ADDRESS alone for a host prefix. Host bits set: false, and *host_bits set. */
bool prefix_parse(const char *text, struct prefix *out, bool *host_bits);
const char *prefix_text(struct prefix p, char text[PREFIX_TEXT_MAX]);

/* A fair 32-bit hash of any bytes (tables in memory, not for outside attackers to aim at: seed it
 * with a random number where the bytes come from a peer). */
uint32_t hash_bytes(const void *bytes, size_t len, uint32_t seed);
