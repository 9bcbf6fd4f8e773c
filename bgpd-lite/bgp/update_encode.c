#include "bgpd-lite/bgp/update_encode.h"

#include <string.h>

#include "bgpd-lite/bgp/decode.h"
#include "bgpd-lite/bgp/encode.h"
#include "rib/as_path.h"

enum {
	WELL_KNOWN = ATTR_FLAG_TRANSITIVE,
	TRANSITIVE = ATTR_FLAG_OPTIONAL | ATTR_FLAG_TRANSITIVE,
	SEGMENT_AS_MAX = 255,
};

size_t bgp_update_max(const struct bgp_update_to *to)
{
	return to->extended ? BGP_MESSAGE_EXTENDED_MAX : BGP_MESSAGE_MAX;
}

/* ---- attributes ---- */

static void attr_begin(struct wr *w, uint8_t flags, uint8_t type, size_t len)
{
	bool wide = len > UINT8_MAX;

	wr_u8(w, wide ? flags | ATTR_FLAG_EXTENDED_LENGTH : flags);
	wr_u8(w, type);
	if (wide)
		wr_u16(w, (uint16_t)len);
	else
		wr_u8(w, (uint8_t)len);
}

static void attr_write(struct wr *w, uint8_t flags, uint8_t type, const void *bytes, size_t len)
{
	attr_begin(w, flags, type, len);
	wr_bytes(w, bytes, len);
}

static void attr_write_u32(struct wr *w, uint8_t flags, uint8_t type, uint32_t value)
{
	wr_u8(w, flags);
	wr_u8(w, type);
	wr_u8(w, sizeof(value));
	wr_u32(w, value);
}

/* A path that is being put together: an open AS_SEQUENCE at its end takes more numbers. */
struct path {
	struct wr w;
	size_t octets;   /* of one AS number */
	size_t count_at; /* of the open sequence's count; 0: none is open */
	uint8_t count;
	bool wide; /* some AS needs 4 octets */
};

static void path_as(struct path *p, uint32_t as)
{
	if (as > UINT16_MAX)
		p->wide = true;
	if (p->octets == 4)
		wr_u32(&p->w, as);
	else
		wr_u16(&p->w, as > UINT16_MAX ? BGP_AS_TRANS : (uint16_t)as);
}

static void path_sequence_add(struct path *p, uint32_t as)
{
	if (!p->count_at || p->count == SEGMENT_AS_MAX) {
		wr_u8(&p->w, AS_SEGMENT_SEQUENCE);
		p->count_at = wr_len(&p->w);
		p->count = 0;
		wr_u8(&p->w, 0);
	}
	wr_put_u8(&p->w, p->count_at, ++p->count);
	path_as(p, as);
}

/* The whole path as the peer gets it, in AS numbers of so many octets. */
static struct path path_make(const struct bgp_update_to *to, const struct attrs *a, size_t octets,
	uint8_t *out, size_t capacity)
{
	struct path p = {.w = wr_init(out, capacity), .octets = octets};
	struct rd path = rd_init(a->bytes, a->as_path_len);
	bool head = true;
	struct as_segment s;

	if (to->ebgp)
		path_sequence_add(&p, to->local_as);
	while (as_segment_next(&path, 4, &s)) {
		/* RFC 5065: confederations are not for the world outside; 9774: no sets for any */
		if (s.type != AS_SEGMENT_SEQUENCE)
			continue;
		for (uint32_t as; (as = as_segment_number(&s));) {
			head = head && as == to->local_as;
			if (!head || to->ebgp)
				path_sequence_add(&p, as);
		}
	}
	return p;
}

/* A path too long for a message is an error of w. */
static void paths_write(
	struct wr *w, const struct bgp_update_to *to, const struct attrs *a, bool *as4_path)
{
	static uint8_t bytes[BGP_MESSAGE_EXTENDED_MAX];
	struct path p = path_make(to, a, to->as4 ? 4 : 2, bytes, bgp_update_max(to));

	*as4_path = p.wide && !to->as4;
	w->err = w->err || p.w.err;
	attr_write(w, WELL_KNOWN, BGP_ATTRIBUTE_AS_PATH, bytes, wr_len(&p.w));
}

static void as4_path_write(struct wr *w, const struct bgp_update_to *to, const struct attrs *a)
{
	static uint8_t bytes[BGP_MESSAGE_EXTENDED_MAX];
	struct path p = path_make(to, a, 4, bytes, bgp_update_max(to));

	w->err = w->err || p.w.err;
	attr_write(w, TRANSITIVE, BGP_ATTRIBUTE_AS4_PATH, bytes, wr_len(&p.w));
}

static bool has_community(const uint8_t *bytes, size_t len, const uint8_t community[4])
{
	for (size_t at = 0; at + 4 <= len; at += 4)
		if (memcmp(bytes + at, community, 4) == 0)
			return true;
	return false;
}

static void communities_write(
	struct wr *w, const struct bgp_update_to *to, const uint8_t *bytes, size_t len)
{
	static const uint8_t graceful_shutdown[4] = {0xff, 0xff, 0, 0};
	bool more = to->graceful_shutdown && !has_community(bytes, len, graceful_shutdown);
	size_t all = len + (more ? sizeof(graceful_shutdown) : 0);

	if (!all)
		return;
	attr_begin(w, TRANSITIVE, BGP_ATTRIBUTE_COMMUNITIES, all);
	wr_bytes(w, bytes, len);
	wr_bytes(w, graceful_shutdown, all - len);
}

/* A path of an internal neighbour that goes to another: RFC 4456 8. */
static void reflection_write(struct wr *w, const struct bgp_update_to *to, const struct attrs *a)
{
	const uint8_t *clusters = a->bytes + a->len - a->cluster_list_len;

	if (to->ebgp || a->originator_id.family == ADDR_NONE)
		return;
	attr_write(w, ATTR_FLAG_OPTIONAL, BGP_ATTRIBUTE_ORIGINATOR_ID, a->originator_id.b, 4);
	attr_begin(w, ATTR_FLAG_OPTIONAL, BGP_ATTRIBUTE_CLUSTER_LIST, 4u + a->cluster_list_len);
	wr_bytes(w, to->router_id.b, 4);
	wr_bytes(w, clusters, a->cluster_list_len);
}

static void lists_write(struct wr *w, const struct bgp_update_to *to, const struct attrs *a)
{
	const uint8_t *at = a->bytes + a->as_path_len;

	communities_write(w, to, at, a->communities_len);
	reflection_write(w, to, a);
	at += a->communities_len;
	if (a->ext_communities_len)
		attr_write(
			w, TRANSITIVE, BGP_ATTRIBUTE_EXT_COMMUNITIES, at, a->ext_communities_len);
	at += a->ext_communities_len;
	if (a->large_communities_len)
		attr_write(w, TRANSITIVE, BGP_ATTRIBUTE_LARGE_COMMUNITIES, at,
			a->large_communities_len);
}

/* All attributes but MP_REACH_NLRI, by type as far as paths of 4 octets go. */
static void attrs_write(
	struct wr *w, const struct bgp_update_to *to, const struct attrs *a, bool with_next_hop)
{
	bool as4_path;

	attr_write(w, WELL_KNOWN, BGP_ATTRIBUTE_ORIGIN, &a->origin, 1);
	paths_write(w, to, a, &as4_path);
	if (with_next_hop)
		attr_write(w, WELL_KNOWN, BGP_ATTRIBUTE_NEXT_HOP, to->next_hop[0].b, 4);
	if (a->flags & ATTR_HAS_MED)
		attr_write_u32(w, ATTR_FLAG_OPTIONAL, BGP_ATTRIBUTE_MED, a->med);
	if (!to->ebgp)
		attr_write_u32(w, WELL_KNOWN, BGP_ATTRIBUTE_LOCAL_PREF,
			to->graceful_shutdown ? 0 : a->local_pref);
	if (a->flags & ATTR_ATOMIC_AGGREGATE)
		attr_write(w, WELL_KNOWN, BGP_ATTRIBUTE_ATOMIC_AGGREGATE, NULL, 0);
	lists_write(w, to, a);
	if (a->flags & ATTR_HAS_OTC)
		attr_write_u32(w, TRANSITIVE, BGP_ATTRIBUTE_OTC, a->otc);
	else if (to->otc_add)
		attr_write_u32(w, TRANSITIVE, BGP_ATTRIBUTE_OTC, to->local_as);
	if (as4_path)
		as4_path_write(w, to, a);
}

/* ---- prefixes ---- */

/* As many as leave `reserve` bytes free. */
static size_t prefixes_write(struct wr *w, const struct prefix *prefixes, size_t n, size_t reserve)
{
	size_t taken = 0;

	for (; taken < n; taken++) {
		size_t len = (prefixes[taken].len + 7u) / 8;
		if (wr_left(w) < 1 + len + reserve)
			break;
		wr_u8(w, prefixes[taken].len);
		wr_bytes(w, prefixes[taken].addr.b, len);
	}
	return taken;
}

/* Header of an MP attribute, always with a length of two octets; where that length stands. */
static size_t mp_begin(struct wr *w, uint8_t type, uint16_t afi)
{
	wr_u8(w, ATTR_FLAG_OPTIONAL | ATTR_FLAG_EXTENDED_LENGTH);
	wr_u8(w, type);
	size_t at = wr_len(w);
	wr_u16(w, 0);
	wr_u16(w, afi);
	wr_u8(w, BGP_SAFI_UNICAST);
	return at;
}

static void length_set(struct wr *w, size_t at)
{
	wr_put_u16(w, at, (uint16_t)(wr_len(w) - at - 2));
}

static size_t announce_v4(struct wr *w, const struct wr *attrs, const struct prefix *p, size_t n)
{
	wr_u16(w, (uint16_t)wr_len(attrs));
	wr_bytes(w, attrs->base, wr_len(attrs));
	return prefixes_write(w, p, n, 0);
}

/* MP_REACH_NLRI stands first (RFC 7606 5.1). The next hop is IPv6 whatever the prefixes are. */
static size_t announce_mp(struct wr *w, const struct bgp_update_to *to, const struct wr *attrs,
	const struct prefix *p, size_t n)
{
	bool v4 = p->addr.family == ADDR_V4;
	bool both = to->next_hop_link_local.family != ADDR_NONE;
	size_t area_at = wr_len(w);

	wr_u16(w, 0);
	size_t mp_at = mp_begin(w, BGP_ATTRIBUTE_MP_REACH, v4 ? BGP_AFI_IPV4 : BGP_AFI_IPV6);
	wr_u8(w, both ? 32 : 16);
	wr_bytes(w, to->next_hop[v4 ? 0 : 1].b, 16);
	if (both)
		wr_bytes(w, to->next_hop_link_local.b, 16);
	wr_u8(w, 0);
	size_t taken = prefixes_write(w, p, n, wr_len(attrs));
	length_set(w, mp_at);
	wr_bytes(w, attrs->base, wr_len(attrs));
	length_set(w, area_at);
	return taken;
}

size_t bgp_announce_encode(const struct bgp_update_to *to, const struct attrs *a,
	const struct prefix *prefixes, size_t n, size_t *taken, uint8_t *out)
{
	static uint8_t bytes[BGP_MESSAGE_EXTENDED_MAX];
	size_t room = bgp_update_max(to);
	struct wr attrs = wr_init(bytes, room);
	struct wr w = bgp_message_begin_room(out, room, BGP_TYPE_UPDATE);
	bool plain = prefixes[0].addr.family == ADDR_V4 && to->next_hop[0].family == ADDR_V4;

	attrs_write(&attrs, to, a, plain);
	wr_u16(&w, 0);
	size_t count = plain ? announce_v4(&w, &attrs, prefixes, n)
			     : announce_mp(&w, to, &attrs, prefixes, n);
	if (attrs.err || w.err || count == 0)
		return 0;
	*taken = count;
	return bgp_message_end(&w);
}

size_t bgp_withdraw_encode(const struct bgp_update_to *to, const struct prefix *prefixes, size_t n,
	size_t *taken, uint8_t *out)
{
	struct wr w = bgp_message_begin_room(out, bgp_update_max(to), BGP_TYPE_UPDATE);
	size_t field_at = wr_len(&w);

	wr_u16(&w, 0);
	if (prefixes[0].addr.family == ADDR_V4) {
		*taken = prefixes_write(&w, prefixes, n, 2);
		length_set(&w, field_at);
		wr_u16(&w, 0);
		return bgp_message_end(&w);
	}
	size_t area_at = wr_len(&w);
	wr_u16(&w, 0);
	size_t mp_at = mp_begin(&w, BGP_ATTRIBUTE_MP_UNREACH, BGP_AFI_IPV6);
	*taken = prefixes_write(&w, prefixes, n, 0);
	length_set(&w, mp_at);
	length_set(&w, area_at);
	return bgp_message_end(&w);
}
