/*
 * UPDATE messages, written: as many prefixes of one family that share their attributes as fit.
 * Pure; one call at a time, for large scratch is static. RFC 4271 4.3, 4760, 2545, 6793 4.2.2,
 * 8654, 8950; 4456 8.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bgpd-lite/bgp/msg.h"
#include "rib/attr.h"

/* The session that the message is for. */
struct bgp_update_to {
	bool as4;
	bool ebgp;
	bool graceful_shutdown; /* RFC 8326: with that community, LOCAL_PREF 0 */
	uint32_t local_as;
	struct addr router_id;           /* ours, for CLUSTER_LIST */
	struct addr next_hop[2];         /* for IPv4 and IPv6 prefixes; ADDR_NONE: there is none.
					  * That of IPv4 may be IPv6 (RFC 8950) */
	struct addr next_hop_link_local; /* beside a global IPv6 next hop, or ADDR_NONE */
	bool otc_add;      /* to a customer, a peer or a route server's client: RFC 9234 5 */
	bool otc_withhold; /* to a provider, a peer or a route server: nothing that has OTC */
	bool extended;     /* messages of up to BGP_MESSAGE_EXTENDED_MAX (RFC 8654) */
};

/* Octets that a message may have. */
size_t bgp_update_max(const struct bgp_update_to *to);

/* One whole message into out (bgp_update_max() bytes): the attributes, and the first *taken of the
 * n prefixes, which are of one family. Its length; 0 when not even one prefix fits beside the
 * attributes. The attributes' own next hop is not looked at. eBGP: our AS stands before the path,
 * no LOCAL_PREF. iBGP: LOCAL_PREF always (100 where there is none); our own AS at the head of the
 * path, which is what as-path-prepend makes, is left out; attributes with ORIGINATOR_ID are
 * reflected: our router_id before their CLUSTER_LIST. Whether OTC withholds it is the caller's to
 * ask. */
size_t bgp_announce_encode(const struct bgp_update_to *to, const struct attrs *a,
	const struct prefix *prefixes, size_t n, size_t *taken, uint8_t *out);
/* The same for withdrawn prefixes; n > 0. */
size_t bgp_withdraw_encode(const struct bgp_update_to *to, const struct prefix *prefixes, size_t n,
	size_t *taken, uint8_t *out);
