#include "bgpd-lite/bgp/encode.h"

bool bgp_route_refresh_decode(const uint8_t *body, size_t len, uint32_t *family_bit,
	uint8_t *subtype, struct bgp_error *error)
{
	struct rd r = rd_init(body, len);
	uint16_t afi = rd_u16(&r);
	uint8_t sub = rd_u8(&r);
	uint8_t safi = rd_u8(&r);
	if (r.err || rd_left(&r) > 0) {
		*error = bgp_error_make(BGP_ERROR_ROUTE_REFRESH, 1, NULL, 0);
		return false;
	}
	*family_bit = sub <= BGP_REFRESH_END ? bgp_family_bit(afi, safi) : 0;
	*subtype = sub;
	return true;
}

size_t bgp_route_refresh_encode(uint32_t family_bit, enum bgp_refresh subtype, uint8_t *out)
{
	struct wr w = bgp_message_begin(out, BGP_TYPE_ROUTE_REFRESH);
	wr_u16(&w, bgp_family_afi(family_bit));
	wr_u8(&w, (uint8_t)subtype);
	wr_u8(&w, BGP_SAFI_UNICAST);
	return bgp_message_end(&w);
}

/* RFC 4724 2: empty for IPv4 unicast, an empty MP_UNREACH_NLRI for IPv6. */
size_t bgp_end_of_rib_encode(uint32_t family_bit, uint8_t *out)
{
	struct wr w = bgp_message_begin(out, BGP_TYPE_UPDATE);
	wr_u16(&w, 0);
	if (family_bit == BGP_FAMILY_IPV4) {
		wr_u16(&w, 0);
	} else {
		wr_u16(&w, 6);
		wr_u8(&w, 0x80);
		wr_u8(&w, BGP_ATTRIBUTE_MP_UNREACH);
		wr_u8(&w, 3);
		wr_u16(&w, BGP_AFI_IPV6);
		wr_u8(&w, BGP_SAFI_UNICAST);
	}
	return bgp_message_end(&w);
}
