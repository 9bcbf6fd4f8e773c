/*
 * What the codec's tests share: bytes from hex, exact-size copies so that a sanitizer sees one byte
 * too far, and the outcome of an UPDATE as one line of text.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "bgpd-lite/bgp/msg.h"

struct bytes {
	uint8_t b[8192];
	size_t len;
};

/* Appends hex digits; blanks are passed over. Anything else ends the program. */
void bytes_hex(struct bytes *out, const char *hex);
void bytes_u16(struct bytes *out, size_t v);
void bytes_add(struct bytes *out, const void *bytes, size_t len);
/* A copy in memory of exactly len bytes; the caller frees. */
uint8_t *bytes_exact(const void *bytes, size_t len);
/* The body of an UPDATE from its three fields in hex. */
void bytes_update(struct bytes *out, const char *withdrawn, const char *attrs, const char *nlri);

/* Kinds of session: eBGP with AS 65001 or iBGP, 4 or 2 octets of AS, both families unless said. */
enum kind {
	E4,
	E2,
	I4,
	I2,
	E4_V4, /* IPv4 unicast alone */
	E4_V6,
	E4_NH6, /* IPv4 unicast may have IPv6 next hops */
	E4_IDS, /* prefixes of both families have path identifiers */
	KIND_N,
};
struct bgp_update_session session_of(enum kind kind);
extern const struct bgp_frame_rules bgp_frame_plain; /* nothing was negotiated */

/* "-PREFIX" withdrawn, "+PREFIX@NEXTHOP" reachable, "ID:" before the prefix where it has one;
 * attributes only where they are not empty: "ll=" "origin=" "path=" "med=" "lp=" "atomic" "agg="
 * "com=" "ext=" (hex) "large=" "id=" "otc=" "clu=" "eor=". Attributes are left out where action is
 * withdraw or reset. Static buffer. */
const char *update_text(const struct bgp_update *u);
/* Walks every prefix and interns the attributes as the RIB would; returns the number of prefixes.
 * Ends the program where a prefix is not canonical. */
size_t update_walk(const struct bgp_update *u);
