#include <string.h>

#include "bgpd-lite/bgp/decode.h"
#include "bgpd-lite/bgp/encode.h"

/* The octets of one prefix, *bits long. NULL: too long, or cut short. */
static const uint8_t *prefix_bytes(struct rd *r, enum addr_family family, uint8_t *bits)
{
	*bits = rd_u8(r);
	if (*bits > addr_bits(family))
		return NULL;
	return rd_bytes(r, (*bits + 7u) / 8);
}

bool nlri_is_whole(struct rd field, enum addr_family family, bool has_ids)
{
	uint8_t bits;
	while (rd_left(&field) > 0) {
		if (has_ids)
			(void)rd_u32(&field);
		if (!prefix_bytes(&field, family, &bits))
			return false;
	}
	return !field.err;
}

bool bgp_nlri_next(struct bgp_nlri *n, struct prefix *out)
{
	struct rd r = rd_init(n->bytes, n->len);
	uint8_t bits;
	if (n->len == 0)
		return false;
	uint32_t id = n->has_ids ? rd_u32(&r) : 0;
	const uint8_t *bytes = prefix_bytes(&r, n->family, &bits);
	if (!bytes)
		return false;
	n->id = id;
	size_t len = (bits + 7u) / 8;
	*out = (struct prefix){.addr.family = (uint8_t)n->family, .len = bits};
	memcpy(out->addr.b, bytes, len);
	if (bits % 8)
		out->addr.b[len - 1] = (uint8_t)(out->addr.b[len - 1] & 0xff00 >> bits % 8);
	n->bytes = r.p;
	n->len = rd_left(&r);
	return true;
}

bool next_hop_is_impossible(struct addr a)
{
	if (a.family == ADDR_V4)
		return a.b[0] == 0 || a.b[0] == 127 || a.b[0] >= 224;
	return addr_is_unspecified(a) || addr_is_loopback(a) || addr_is_multicast(a);
}

static struct verdict mp_reset(const char *why)
{
	return (struct verdict){why, BGP_UPDATE_RESET, BGP_UPDATE_OPTIONAL};
}

static struct verdict not_negotiated(void)
{
	return (struct verdict){"family not negotiated", BGP_UPDATE_DISCARD_ATTRIBUTE, 0};
}

static enum addr_family family_of(const struct update_decode *d, uint32_t bit)
{
	if (!(bit & d->session->families))
		return ADDR_NONE;
	return bit == BGP_FAMILY_IPV6 ? ADDR_V6 : ADDR_V4;
}

static bool nlri_take(
	const struct update_decode *d, struct rd *r, uint32_t bit, struct bgp_nlri *out)
{
	enum addr_family family = family_of(d, bit);
	bool has_ids = bit & d->session->add_path;
	if (!nlri_is_whole(*r, family, has_ids))
		return false;
	size_t len = rd_left(r);
	*out = (struct bgp_nlri){
		.bytes = rd_bytes(r, len), .len = len, .family = family, .has_ids = has_ids};
	return true;
}

/* The global address, and the link-local one of 32 octets. Some send the link-local address alone,
 * in 16 octets or behind an unspecified one: then it is the next hop. The next hop of IPv4 is IPv6
 * where that was negotiated and its length says so (RFC 8950 3). */
static bool next_hop_take(
	struct rd *r, enum addr_family family, bool extended, struct bgp_update *out)
{
	size_t len = rd_left(r);
	if (extended && len != addr_bytes(ADDR_V4))
		family = ADDR_V6;
	size_t one = addr_bytes(family);
	if (len != one && !(family == ADDR_V6 && len == 2 * one))
		return false;
	struct addr global = addr_from_bytes(family, rd_bytes(r, one));
	struct addr local = {.family = ADDR_NONE};
	if (len == 2 * one)
		local = addr_from_bytes(family, rd_bytes(r, one));
	if (!addr_is_link_local(local))
		local = (struct addr){.family = ADDR_NONE};
	if (addr_is_unspecified(global) && local.family)
		global = local;
	out->next_hop[1] = global;
	out->next_hop_link_local = local;
	return true;
}

/* RFC 4760 3, 2545 3, 7606 7.11, 8950 3 */
struct verdict mp_reach_parse(struct update_decode *d, struct rd *value)
{
	uint16_t afi = rd_u16(value);
	uint32_t bit = bgp_family_bit(afi, rd_u8(value));
	enum addr_family family = family_of(d, bit);
	if (value->err)
		return mp_reset("too short");
	if (family == ADDR_NONE) {
		d->names_reachable = true;
		return not_negotiated();
	}
	struct rd next_hop = rd_sub(value, rd_u8(value));
	(void)rd_u8(value); /* reserved */
	if (value->err)
		return mp_reset("too short");
	if (!next_hop_take(&next_hop, family, bit & d->session->extended_next_hop, d->out))
		return mp_reset("impossible length of next hop");
	if (!nlri_take(d, value, bit, &d->out->reachable[1]))
		return mp_reset("prefix too long or cut short");
	if (d->out->reachable[1].len)
		d->names_reachable = true;
	return (struct verdict){0};
}

/* RFC 4760 4, 7606 7.12 */
struct verdict mp_unreach_parse(struct update_decode *d, struct rd *value)
{
	uint16_t afi = rd_u16(value);
	uint32_t bit = bgp_family_bit(afi, rd_u8(value));
	enum addr_family family = family_of(d, bit);
	if (value->err)
		return mp_reset("too short");
	if (family == ADDR_NONE)
		return not_negotiated();
	if (!nlri_take(d, value, bit, &d->out->withdrawn[1]))
		return mp_reset("prefix too long or cut short");
	return (struct verdict){0};
}
