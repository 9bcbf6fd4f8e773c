#include <string.h>

#include "bgpd-lite/bgp/decode.h"
#include "rib/as_path.h"

static struct verdict verdict(const char *why, enum bgp_update_action action, uint8_t subcode)
{
	return (struct verdict){why, action, subcode};
}

static void fault_record(struct bgp_update *out, struct bgp_fault fault)
{
	if (out->faults_n < BGP_FAULTS_MAX)
		out->faults[out->faults_n++] = fault;
	else if (fault.action > out->faults[BGP_FAULTS_MAX - 1].action)
		out->faults[BGP_FAULTS_MAX - 1] = fault;
}

static void error_set(struct bgp_update *out, uint8_t subcode, struct attr_bytes data)
{
	out->error = (struct bgp_error){.code = BGP_ERROR_UPDATE,
		.subcode = subcode,
		.data_len = data.len,
		.data = data.bytes};
}

void update_fault(struct update_decode *d, uint8_t attribute, struct verdict v)
{
	struct bgp_update *out = d->out;
	fault_record(out, (struct bgp_fault){attribute, (uint8_t)v.action, v.why});
	if (v.action == BGP_UPDATE_RESET && out->action != BGP_UPDATE_RESET)
		error_set(out, v.subcode, d->span);
	if (v.action == BGP_UPDATE_WITHDRAW && d->withdraw_subcode == 0) {
		d->withdraw_subcode = v.subcode;
		d->withdraw_span = d->span;
	}
	if (v.action > out->action)
		out->action = v.action;
}

static bool seen(const struct update_decode *d, uint8_t type)
{
	return d->seen[type / 64] >> (type % 64) & 1;
}

static bool is_mp(uint8_t type)
{
	return type == BGP_ATTRIBUTE_MP_REACH || type == BGP_ATTRIBUTE_MP_UNREACH;
}

static bool length_is_good(const struct attr_row *row, size_t len)
{
	if (row->len_step == 0)
		return len == row->min_len;
	return len >= row->min_len && (len - row->min_len) % row->len_step == 0;
}

static void row_apply(
	struct update_decode *d, const struct attr_row *row, uint8_t type, struct rd *value)
{
	enum bgp_update_action action = d->session->ebgp ? row->ebgp_action : row->ibgp_action;
	if (!length_is_good(row, rd_left(value))) {
		update_fault(d, type, verdict(row->length_why, action, row->subcode));
		return;
	}
	if (!row->parse)
		return;
	struct verdict v = row->parse(d, value);
	if (!v.why)
		return;
	if (v.action == BGP_UPDATE_ACCEPT)
		v.action = action;
	update_fault(d, type, v);
}

static void known_attribute(struct update_decode *d, const struct attr_row *row, uint8_t flags,
	uint8_t type, struct rd *value)
{
	const enum bgp_update_action discard = BGP_UPDATE_DISCARD_ATTRIBUTE;
	if (row->ibgp_only && d->session->ebgp) {
		update_fault(d, type, verdict("not allowed from outside", discard, 0));
		return;
	}
	if (row->as2_only && d->session->as4) {
		update_fault(d, type, verdict("from a peer with 4-octet AS", discard, 0));
		return;
	}
	if ((flags & (ATTR_FLAG_OPTIONAL | ATTR_FLAG_TRANSITIVE)) != row->flags) {
		update_fault(d, type,
			verdict("wrong optional or transitive flag", row->flags_action,
				BGP_UPDATE_FLAGS));
		if (row->flags_action == discard)
			return;
	}
	row_apply(d, row, type, value);
}

static void attribute_decode(struct update_decode *d, uint8_t flags, uint8_t type, struct rd *value)
{
	const struct attr_row *row = attr_row_find(type);
	if (type != BGP_ATTRIBUTE_MP_UNREACH)
		d->has_others = true;
	if (seen(d, type)) {
		struct verdict v =
			is_mp(type) ? verdict("twice", BGP_UPDATE_RESET, BGP_UPDATE_ATTRIBUTE_LIST)
				    : verdict("again", BGP_UPDATE_DISCARD_ATTRIBUTE, 0);
		update_fault(d, type, v);
		return;
	}
	d->seen[type / 64] |= (uint64_t)1 << (type % 64);
	if (row)
		known_attribute(d, row, flags, type, value);
	else if (!(flags & ATTR_FLAG_OPTIONAL))
		update_fault(d, type,
			verdict("unknown well-known attribute", BGP_UPDATE_RESET,
				BGP_UPDATE_UNKNOWN_WELL_KNOWN));
}

/* What stands behind a broken header or value cannot be found. Prefixes of an MP attribute that is
 * cut short cannot be withdrawn either: RFC 7606 3 (j). */
static void area_cut_short(struct update_decode *d, uint8_t type)
{
	d->has_others = true;
	if (is_mp(type))
		update_fault(d, type, verdict("cut short", BGP_UPDATE_RESET, BGP_UPDATE_OPTIONAL));
	else
		update_fault(d, type,
			verdict("attribute cut short", BGP_UPDATE_WITHDRAW,
				BGP_UPDATE_ATTRIBUTE_LIST));
}

static void attributes_decode(struct update_decode *d, struct rd area)
{
	while (rd_left(&area) > 0) {
		const uint8_t *start = area.p;
		size_t before = rd_left(&area);
		uint8_t flags = rd_u8(&area);
		uint8_t type = rd_u8(&area);
		size_t len = flags & ATTR_FLAG_EXTENDED_LENGTH ? rd_u16(&area) : rd_u8(&area);
		struct rd value = rd_sub(&area, len);
		d->span = (struct attr_bytes){start, (uint16_t)(before - rd_left(&area))};
		if (area.err) {
			area_cut_short(d, type);
			return;
		}
		attribute_decode(d, flags, type, &value);
	}
}

static void network_field(struct update_decode *d, struct rd field, struct bgp_nlri *out)
{
	size_t len = rd_left(&field);
	bool has_ids = d->session->add_path & BGP_FAMILY_IPV4;
	if (!nlri_is_whole(field, ADDR_V4, has_ids))
		update_fault(d, 0,
			verdict("prefix too long or cut short", BGP_UPDATE_RESET,
				BGP_UPDATE_NETWORK));
	else if (len && !(d->session->families & BGP_FAMILY_IPV4))
		update_fault(d, 0,
			verdict("IPv4 unicast not negotiated", BGP_UPDATE_DISCARD_ATTRIBUTE, 0));
	else
		*out = (struct bgp_nlri){.bytes = rd_bytes(&field, len),
			.len = len,
			.family = ADDR_V4,
			.has_ids = has_ids};
}

static void missing(struct update_decode *d, uint8_t type)
{
	if (!seen(d, type))
		update_fault(d, type,
			verdict("missing", BGP_UPDATE_WITHDRAW, BGP_UPDATE_MISSING_WELL_KNOWN));
}

static void next_hop_judge(struct update_decode *d, uint8_t type, struct addr next_hop)
{
	if (!d->session->any_next_hop && next_hop.family != ADDR_NONE &&
		next_hop_is_impossible(next_hop))
		update_fault(d, type,
			verdict("impossible next hop", BGP_UPDATE_WITHDRAW, BGP_UPDATE_NEXT_HOP));
}

static void first_as_judge(struct update_decode *d)
{
	struct rd path = rd_init(d->out->attrs.as_path.bytes, d->out->attrs.as_path.len);
	struct as_segment s;
	if (as_segment_next(&path, 4, &s) && s.type == AS_SEGMENT_SEQUENCE &&
		as_segment_number(&s) == d->session->remote_as)
		return;
	update_fault(d, BGP_ATTRIBUTE_AS_PATH,
		verdict("first AS is not the neighbour's", BGP_UPDATE_WITHDRAW,
			BGP_UPDATE_AS_PATH));
}

/* What reachable prefixes need beside attributes that are well-formed each for itself. */
static void reachable_judge(struct update_decode *d)
{
	struct bgp_update *out = d->out;
	d->span = (struct attr_bytes){0};
	missing(d, BGP_ATTRIBUTE_ORIGIN);
	missing(d, BGP_ATTRIBUTE_AS_PATH);
	if (out->reachable[0].len) {
		missing(d, BGP_ATTRIBUTE_NEXT_HOP);
		out->next_hop[0] = d->next_hop;
		next_hop_judge(d, BGP_ATTRIBUTE_NEXT_HOP, d->next_hop);
	}
	if (out->reachable[1].len)
		next_hop_judge(d, BGP_ATTRIBUTE_MP_REACH, out->next_hop[1]);
	if (out->action < BGP_UPDATE_WITHDRAW && d->session->ebgp)
		first_as_judge(d);
}

/* RFC 7606 5.2: attributes without reachable prefixes and a fault: prefixes may have been lost. */
static void withdraw_or_reset(struct update_decode *d)
{
	struct bgp_update *out = d->out;
	if (out->action != BGP_UPDATE_WITHDRAW || d->names_reachable || !d->has_others)
		return;
	out->action = BGP_UPDATE_RESET;
	error_set(out, d->withdraw_subcode, d->withdraw_span);
}

static void end_of_rib_find(struct update_decode *d, size_t area_len)
{
	struct bgp_update *out = d->out;
	if (out->action != BGP_UPDATE_ACCEPT || d->has_others || d->names_reachable ||
		out->withdrawn[0].len || out->withdrawn[1].len)
		return;
	if (area_len == 0)
		out->end_of_rib = d->session->families & BGP_FAMILY_IPV4;
	else
		out->end_of_rib =
			out->withdrawn[1].family == ADDR_V6 ? BGP_FAMILY_IPV6 : BGP_FAMILY_IPV4;
}

static void update_finish(struct update_decode *d, size_t area_len)
{
	struct bgp_update *out = d->out;
	as_path_finish(d);
	if (out->reachable[0].len || out->reachable[1].len)
		reachable_judge(d);
	withdraw_or_reset(d);
	end_of_rib_find(d, area_len);
	if (out->action == BGP_UPDATE_RESET) {
		memset(out->reachable, 0, sizeof(out->reachable));
		memset(out->withdrawn, 0, sizeof(out->withdrawn));
	}
}

void bgp_update_decode(const uint8_t *body, size_t len, const struct bgp_update_session *session,
	struct bgp_update *out)
{
	struct update_decode d = {.session = session, .out = out};
	memset(out, 0, offsetof(struct bgp_update, scratch));
	struct rd r = rd_init(body, len);
	struct rd withdrawn = rd_sub(&r, rd_u16(&r));
	struct rd area = rd_sub(&r, rd_u16(&r));
	if (r.err || len > BGP_MESSAGE_EXTENDED_MAX) {
		update_fault(&d, 0,
			verdict("lengths do not fit the message", BGP_UPDATE_RESET,
				BGP_UPDATE_ATTRIBUTE_LIST));
		return;
	}
	size_t area_len = rd_left(&area);
	d.names_reachable = rd_left(&r) > 0;
	network_field(&d, withdrawn, &out->withdrawn[0]);
	network_field(&d, r, &out->reachable[0]);
	attributes_decode(&d, area);
	update_finish(&d, area_len);
}
