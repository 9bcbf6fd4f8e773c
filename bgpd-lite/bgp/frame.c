#include <string.h>

#include "bgpd-lite/bgp/encode.h"

enum {
	MARKER_LEN = 16,
};

static uint16_t message_max(const struct bgp_frame_rules *rules)
{
	return rules->extended ? BGP_MESSAGE_EXTENDED_MAX : BGP_MESSAGE_MAX;
}

/* Lengths a type may have, header included; 0,0 for a type that is unknown. */
static void type_lengths(
	uint8_t type, const struct bgp_frame_rules *rules, uint16_t *min, uint16_t *max)
{
	uint16_t longest = message_max(rules);
	*min = *max = 0;
	switch ((enum bgp_type)type) {
	case BGP_TYPE_OPEN:
		*min = 29;
		*max = BGP_MESSAGE_MAX;
		break;
	case BGP_TYPE_UPDATE:
		*min = 23;
		*max = longest;
		break;
	case BGP_TYPE_NOTIFICATION:
		*min = 21;
		*max = longest;
		break;
	case BGP_TYPE_KEEPALIVE:
		*min = *max = BGP_HEADER_LEN;
		break;
	case BGP_TYPE_ROUTE_REFRESH:
		*min = rules->enhanced_refresh ? BGP_HEADER_LEN : 23;
		*max = rules->enhanced_refresh ? longest : 23;
		break;
	}
}

static bool marker_is_good(const uint8_t *marker)
{
	for (size_t i = 0; i < MARKER_LEN; i++) {
		if (marker[i] != 0xff)
			return false;
	}
	return true;
}

/* subcode 0: nothing wrong */
static struct bgp_error header_judge(
	const uint8_t *marker, uint16_t len, uint8_t type, const struct bgp_frame_rules *rules)
{
	const uint8_t len_bytes[2] = {(uint8_t)(len >> 8), (uint8_t)len};
	uint16_t min, max;
	type_lengths(type, rules, &min, &max);
	if (!marker_is_good(marker))
		return bgp_error_make(BGP_ERROR_HEADER, BGP_HEADER_MARKER, NULL, 0);
	if (len < BGP_HEADER_LEN || len > message_max(rules))
		return bgp_error_make(BGP_ERROR_HEADER, BGP_HEADER_LENGTH, len_bytes, 2);
	if (max == 0)
		return bgp_error_make(BGP_ERROR_HEADER, BGP_HEADER_TYPE, &type, 1);
	if (len < min || len > max)
		return bgp_error_make(BGP_ERROR_HEADER, BGP_HEADER_LENGTH, len_bytes, 2);
	return (struct bgp_error){0};
}

enum bgp_frame_state bgp_frame(const uint8_t *bytes, size_t have,
	const struct bgp_frame_rules *rules, uint8_t *type, uint16_t *len, struct bgp_error *error)
{
	struct rd r = rd_init(bytes, have);
	const uint8_t *marker = rd_bytes(&r, MARKER_LEN);
	uint16_t message_len = rd_u16(&r);
	uint8_t message_type = rd_u8(&r);
	if (r.err)
		return BGP_FRAME_PARTIAL;
	struct bgp_error e = header_judge(marker, message_len, message_type, rules);
	if (e.code) {
		*error = e;
		return BGP_FRAME_ERROR;
	}
	if (have < message_len)
		return BGP_FRAME_PARTIAL;
	*type = message_type;
	*len = message_len;
	return BGP_FRAME_WHOLE;
}

uint32_t bgp_family_bit(uint16_t afi, uint8_t safi)
{
	if (safi != BGP_SAFI_UNICAST)
		return 0;
	return afi == BGP_AFI_IPV4 ? BGP_FAMILY_IPV4 : afi == BGP_AFI_IPV6 ? BGP_FAMILY_IPV6 : 0;
}

uint16_t bgp_family_afi(uint32_t family_bit)
{
	return family_bit == BGP_FAMILY_IPV6 ? BGP_AFI_IPV6 : BGP_AFI_IPV4;
}

struct wr bgp_message_begin_room(uint8_t *out, size_t room, enum bgp_type type)
{
	struct wr w = wr_init(out, room);
	for (size_t i = 0; i < MARKER_LEN; i++)
		wr_u8(&w, 0xff);
	wr_u16(&w, 0);
	wr_u8(&w, (uint8_t)type);
	return w;
}

struct wr bgp_message_begin(uint8_t *out, enum bgp_type type)
{
	return bgp_message_begin_room(out, BGP_MESSAGE_MAX, type);
}

size_t bgp_message_end(struct wr *w)
{
	wr_put_u16(w, MARKER_LEN, (uint16_t)wr_len(w));
	return wr_len(w);
}

size_t bgp_keepalive_encode(uint8_t *out)
{
	struct wr w = bgp_message_begin(out, BGP_TYPE_KEEPALIVE);
	return bgp_message_end(&w);
}
