#include "bgpd-lite/bgp/capability.h"

#include "bgpd-lite/bgp/encode.h"

static void multiprotocol_decode(struct rd *value, struct bgp_open *open)
{
	uint16_t afi = rd_u16(value);
	(void)rd_u8(value); /* reserved */
	uint8_t safi = rd_u8(value);
	open->families |= bgp_family_bit(afi, safi);
	open->has_multiprotocol = true;
}

/* The reader is in error, or something is left, where the length is not the capability's. */
static bool capability_decode(uint8_t code, struct rd *value, struct bgp_open *open)
{
	switch (code) {
	case BGP_CAPABILITY_MULTIPROTOCOL:
		multiprotocol_decode(value, open);
		break;
	case BGP_CAPABILITY_ROUTE_REFRESH:
		open->route_refresh = true;
		break;
	case BGP_CAPABILITY_AS4:
		open->as4 = true;
		open->as = rd_u32(value);
		break;
	default:
		return true;
	}
	return !value->err && rd_left(value) == 0;
}

bool bgp_capabilities_decode(struct rd *value, struct bgp_open *open)
{
	while (rd_left(value) > 0) {
		uint8_t code = rd_u8(value);
		struct rd one = rd_sub(value, rd_u8(value));
		if (value->err)
			return false;
		open->capabilities[code / 8] |= (uint8_t)(1u << (code % 8));
		if (!capability_decode(code, &one, open))
			return false;
	}
	return true;
}

static void multiprotocol_encode(uint16_t afi, struct wr *w)
{
	wr_u8(w, BGP_CAPABILITY_MULTIPROTOCOL);
	wr_u8(w, 4);
	wr_u16(w, afi);
	wr_u8(w, 0);
	wr_u8(w, BGP_SAFI_UNICAST);
}

void bgp_capabilities_encode(const struct bgp_open_send *open, struct wr *w)
{
	if (open->families & BGP_FAMILY_IPV4)
		multiprotocol_encode(BGP_AFI_IPV4, w);
	if (open->families & BGP_FAMILY_IPV6)
		multiprotocol_encode(BGP_AFI_IPV6, w);
	wr_u8(w, BGP_CAPABILITY_ROUTE_REFRESH);
	wr_u8(w, 0);
	wr_u8(w, BGP_CAPABILITY_AS4);
	wr_u8(w, 4);
	wr_u32(w, open->local_as);
}
