/*
 * Capabilities of OPEN. Pure; inside the codec only. RFC 5492, 4760 8, 2918, 6793, 4724 3, 7313,
 * 8654, 8950, 7911, 9234, 9494. Those we do not speak are noted in the bitmap and otherwise
 * ignored.
 */
#pragma once

#include "bgpd-lite/bgp/msg.h"
#include "lib/wire.h"

enum {
	BGP_CAPABILITY_MULTIPROTOCOL = 1,
	BGP_CAPABILITY_ROUTE_REFRESH = 2,
	BGP_CAPABILITY_EXTENDED_NEXT_HOP = 5,
	BGP_CAPABILITY_EXTENDED_MESSAGE = 6,
	BGP_CAPABILITY_ROLE = 9,
	BGP_CAPABILITY_GRACEFUL = 64,
	BGP_CAPABILITY_AS4 = 65,
	BGP_CAPABILITY_ADD_PATH = 69,
	BGP_CAPABILITY_ENHANCED_REFRESH = 70,
	BGP_CAPABILITY_LONG_LIVED = 71,
};

/* Reads the value of one capabilities parameter to its end into *open: families, has_multiprotocol,
 * route_refresh, enhanced_refresh, extended_message, role, as4, as (by capability 65), graceful,
 * long_lived, extended_next_hop, add_path_send and the bitmap. Where 64, 65 or 71 comes twice the
 * last one counts. False: a length that does not fit. */
bool bgp_capabilities_decode(struct rd *value, struct bgp_open *open);
void bgp_capabilities_encode(const struct bgp_open_send *open, struct wr *w);
