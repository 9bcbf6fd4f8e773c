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

enum {
	GRACEFUL_RESTARTED = 0x8000,
	GRACEFUL_NOTIFICATION = 0x4000,
	GRACEFUL_TIME = 0x0fff,
	GRACEFUL_FORWARDING = 0x80,
};

static void graceful_decode(struct rd *value, struct bgp_graceful *out)
{
	uint16_t head = rd_u16(value);

	*out = (struct bgp_graceful){.present = true,
		.restarted = head & GRACEFUL_RESTARTED,
		.notification = head & GRACEFUL_NOTIFICATION,
		.time_s = head & GRACEFUL_TIME};
	while (!value->err && rd_left(value) > 0) {
		uint16_t afi = rd_u16(value);
		uint32_t family = bgp_family_bit(afi, rd_u8(value));
		out->families |= family;
		if (rd_u8(value) & GRACEFUL_FORWARDING)
			out->forwarding |= family;
	}
}

/* RFC 8950 4: (AFI, SAFI of 2 octets, AFI of the next hop) each. IPv4 unicast over IPv6 is the one
 * that means something here. */
static void extended_next_hop_decode(struct rd *value, struct bgp_open *open)
{
	while (!value->err && rd_left(value) > 0) {
		uint16_t afi = rd_u16(value);
		uint16_t safi = rd_u16(value);
		uint16_t next_hop_afi = rd_u16(value);
		if (!value->err && afi == BGP_AFI_IPV4 && safi == BGP_SAFI_UNICAST &&
			next_hop_afi == BGP_AFI_IPV6)
			open->extended_next_hop |= BGP_FAMILY_IPV4;
	}
}

static void long_lived_decode(struct rd *value, struct bgp_long_lived *out)
{
	*out = (struct bgp_long_lived){.present = true};
	while (!value->err && rd_left(value) > 0) {
		uint16_t afi = rd_u16(value);
		uint32_t family = bgp_family_bit(afi, rd_u8(value));
		uint8_t flags = rd_u8(value);
		uint32_t time_s = (uint32_t)rd_u8(value) << 16;
		time_s |= rd_u16(value);
		if (!family)
			continue;
		out->families |= family;
		out->time_s[family == BGP_FAMILY_IPV6] = time_s;
		if (flags & GRACEFUL_FORWARDING)
			out->forwarding |= family;
	}
}

static void role_decode(struct rd *value, struct bgp_open *open)
{
	unsigned role = rd_u8(value) + 1u;
	bool differs = open->role != BGP_ROLE_NONE && open->role != role;

	open->role = role < BGP_ROLE_UNKNOWN && !differs ? (uint8_t)role : BGP_ROLE_UNKNOWN;
}

enum {
	ADD_PATH_RECEIVE = 1,
	ADD_PATH_SEND = 2,
	ADD_PATH_BOTH = 3,
};

/* RFC 7911 4: another value of send/receive means nothing; of two of a family the last counts. */
static void add_path_decode(struct rd *value, struct bgp_open *open)
{
	while (!value->err && rd_left(value) > 0) {
		uint16_t afi = rd_u16(value);
		uint32_t family = bgp_family_bit(afi, rd_u8(value));
		uint8_t how = rd_u8(value);
		if (value->err || how < ADD_PATH_RECEIVE || how > ADD_PATH_BOTH)
			continue;
		open->add_path_send &= ~family;
		open->add_path_send |= how & ADD_PATH_SEND ? family : 0;
	}
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
	case BGP_CAPABILITY_EXTENDED_MESSAGE:
		open->extended_message = true;
		break;
	case BGP_CAPABILITY_LONG_LIVED:
		long_lived_decode(value, &open->long_lived);
		break;
	case BGP_CAPABILITY_ROLE:
		role_decode(value, open);
		break;
	case BGP_CAPABILITY_ENHANCED_REFRESH:
		open->enhanced_refresh = true;
		break;
	case BGP_CAPABILITY_AS4:
		open->as4 = true;
		open->as = rd_u32(value);
		break;
	case BGP_CAPABILITY_GRACEFUL:
		graceful_decode(value, &open->graceful);
		break;
	case BGP_CAPABILITY_ADD_PATH:
		add_path_decode(value, open);
		break;
	case BGP_CAPABILITY_EXTENDED_NEXT_HOP:
		extended_next_hop_decode(value, open);
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

static void empty_encode(uint8_t code, struct wr *w)
{
	wr_u8(w, code);
	wr_u8(w, 0);
}

static void graceful_encode(const struct bgp_graceful *g, struct wr *w)
{
	static const uint32_t each[] = {BGP_FAMILY_IPV4, BGP_FAMILY_IPV6};
	unsigned head = g->time_s & GRACEFUL_TIME;

	head |= g->restarted ? GRACEFUL_RESTARTED : 0;
	head |= g->notification ? GRACEFUL_NOTIFICATION : 0;
	wr_u8(w, BGP_CAPABILITY_GRACEFUL);
	size_t length_at = wr_len(w);
	wr_u8(w, 0);
	wr_u16(w, (uint16_t)head);
	for (size_t i = 0; i < 2; i++) {
		if (!(g->families & each[i]))
			continue;
		wr_u16(w, bgp_family_afi(each[i]));
		wr_u8(w, BGP_SAFI_UNICAST);
		wr_u8(w, g->forwarding & each[i] ? GRACEFUL_FORWARDING : 0);
	}
	wr_put_u8(w, length_at, (uint8_t)(wr_len(w) - length_at - 1));
}

static void extended_next_hop_encode(struct wr *w)
{
	wr_u8(w, BGP_CAPABILITY_EXTENDED_NEXT_HOP);
	wr_u8(w, 6);
	wr_u16(w, BGP_AFI_IPV4);
	wr_u16(w, BGP_SAFI_UNICAST);
	wr_u16(w, BGP_AFI_IPV6);
}

static void add_path_encode(uint32_t families, struct wr *w)
{
	static const uint32_t each[] = {BGP_FAMILY_IPV4, BGP_FAMILY_IPV6};

	wr_u8(w, BGP_CAPABILITY_ADD_PATH);
	size_t length_at = wr_len(w);
	wr_u8(w, 0);
	for (size_t i = 0; i < 2; i++) {
		if (!(families & each[i]))
			continue;
		wr_u16(w, bgp_family_afi(each[i]));
		wr_u8(w, BGP_SAFI_UNICAST);
		wr_u8(w, ADD_PATH_RECEIVE);
	}
	wr_put_u8(w, length_at, (uint8_t)(wr_len(w) - length_at - 1));
}

void bgp_capabilities_encode(const struct bgp_open_send *open, struct wr *w)
{
	if (open->families & BGP_FAMILY_IPV4)
		multiprotocol_encode(BGP_AFI_IPV4, w);
	if (open->families & BGP_FAMILY_IPV6)
		multiprotocol_encode(BGP_AFI_IPV6, w);
	empty_encode(BGP_CAPABILITY_ROUTE_REFRESH, w);
	wr_u8(w, BGP_CAPABILITY_AS4);
	wr_u8(w, 4);
	wr_u32(w, open->local_as);
	if (open->enhanced_refresh)
		empty_encode(BGP_CAPABILITY_ENHANCED_REFRESH, w);
	if (open->extended_message)
		empty_encode(BGP_CAPABILITY_EXTENDED_MESSAGE, w);
	if (open->long_lived)
		empty_encode(BGP_CAPABILITY_LONG_LIVED, w);
	if (open->role != BGP_ROLE_NONE) {
		wr_u8(w, BGP_CAPABILITY_ROLE);
		wr_u8(w, 1);
		wr_u8(w, (uint8_t)(open->role - 1));
	}
	if (open->graceful.present)
		graceful_encode(&open->graceful, w);
	if (open->extended_next_hop)
		extended_next_hop_encode(w);
	if (open->add_path_receive)
		add_path_encode(open->add_path_receive, w);
}
