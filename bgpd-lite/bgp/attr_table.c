#include "bgpd-lite/bgp/decode.h"

static struct verdict origin_parse(struct update_decode *d, struct rd *value)
{
	uint8_t origin = rd_u8(value);
	if (origin > ATTR_ORIGIN_INCOMPLETE)
		return (struct verdict){"value over 2", BGP_UPDATE_ACCEPT, BGP_UPDATE_ORIGIN};
	d->out->attrs.origin = origin;
	return (struct verdict){0};
}

static struct verdict next_hop_parse(struct update_decode *d, struct rd *value)
{
	d->next_hop = addr_v4(rd_u32(value));
	return (struct verdict){0};
}

static struct verdict med_parse(struct update_decode *d, struct rd *value)
{
	d->out->attrs.med = rd_u32(value);
	d->out->attrs.has_med = true;
	return (struct verdict){0};
}

static struct verdict local_pref_parse(struct update_decode *d, struct rd *value)
{
	d->out->attrs.local_pref = rd_u32(value);
	d->out->attrs.has_local_pref = true;
	return (struct verdict){0};
}

static struct verdict atomic_aggregate_parse(struct update_decode *d, struct rd *value)
{
	(void)value;
	d->out->attrs.atomic_aggregate = true;
	return (struct verdict){0};
}

static struct verdict as_zero(void)
{
	return (struct verdict){"AS 0", BGP_UPDATE_ACCEPT, BGP_UPDATE_OPTIONAL};
}

static struct verdict aggregator_parse(struct update_decode *d, struct rd *value)
{
	bool as4 = d->session->as4;
	if (rd_left(value) != (as4 ? 8u : 6u))
		return (struct verdict){as4 ? "length not 8" : "length not 6", BGP_UPDATE_ACCEPT,
			BGP_UPDATE_LENGTH};
	uint32_t as = as4 ? rd_u32(value) : rd_u16(value);
	if (as == 0)
		return as_zero();
	d->out->attrs.aggregator_as = as;
	d->out->attrs.aggregator = addr_v4(rd_u32(value));
	d->out->attrs.has_aggregator = true;
	return (struct verdict){0};
}

static struct verdict as4_aggregator_parse(struct update_decode *d, struct rd *value)
{
	uint32_t as = rd_u32(value);
	if (as == 0)
		return as_zero();
	d->as4_aggregator_as = as;
	d->as4_aggregator = addr_v4(rd_u32(value));
	d->has_as4_aggregator = true;
	return (struct verdict){0};
}

static struct verdict originator_id_parse(struct update_decode *d, struct rd *value)
{
	d->out->attrs.originator_id = addr_v4(rd_u32(value));
	d->out->attrs.has_originator_id = true;
	return (struct verdict){0};
}

static struct verdict bytes_take(struct rd *value, struct attr_bytes *out)
{
	size_t len = rd_left(value);
	*out = (struct attr_bytes){.bytes = rd_bytes(value, len), .len = (uint16_t)len};
	return (struct verdict){0};
}

static struct verdict communities_parse(struct update_decode *d, struct rd *value)
{
	return bytes_take(value, &d->out->attrs.communities);
}

static struct verdict ext_communities_parse(struct update_decode *d, struct rd *value)
{
	return bytes_take(value, &d->out->attrs.ext_communities);
}

static struct verdict large_communities_parse(struct update_decode *d, struct rd *value)
{
	return bytes_take(value, &d->out->attrs.large_communities);
}

static struct verdict otc_parse(struct update_decode *d, struct rd *value)
{
	d->out->attrs.otc = rd_u32(value);
	d->out->attrs.has_otc = true;
	return (struct verdict){0};
}

static struct verdict cluster_list_parse(struct update_decode *d, struct rd *value)
{
	return bytes_take(value, &d->out->attrs.cluster_list);
}

enum {
	WELL_KNOWN = ATTR_FLAG_TRANSITIVE,
	OPTIONAL = ATTR_FLAG_OPTIONAL,
	OPTIONAL_TRANSITIVE = ATTR_FLAG_OPTIONAL | ATTR_FLAG_TRANSITIVE,
};

#define DISCARD \
	.ebgp_action = BGP_UPDATE_DISCARD_ATTRIBUTE, .ibgp_action = BGP_UPDATE_DISCARD_ATTRIBUTE
#define WITHDRAW .ebgp_action = BGP_UPDATE_WITHDRAW, .ibgp_action = BGP_UPDATE_WITHDRAW
#define RESET    .ebgp_action = BGP_UPDATE_RESET, .ibgp_action = BGP_UPDATE_RESET
#define IBGP_ONLY                                                       \
	.ibgp_only = true, .ebgp_action = BGP_UPDATE_DISCARD_ATTRIBUTE, \
	.ibgp_action = BGP_UPDATE_WITHDRAW
#define FLAGS(f) .flags = (f), .flags_action = BGP_UPDATE_WITHDRAW, .subcode = BGP_UPDATE_LENGTH
/* RFC 6793 6: whatever is wrong with them costs no route */
#define AS2_ONLY                                                                    \
	.flags = OPTIONAL_TRANSITIVE, .flags_action = BGP_UPDATE_DISCARD_ATTRIBUTE, \
	.subcode = BGP_UPDATE_LENGTH, .as2_only = true
#define LENGTH(text, min, step) .length_why = (text), .min_len = (min), .len_step = (step)

/* RFC 7606 7 and the RFC of each attribute. */
static const struct attr_row rows[] = {
	[BGP_ATTRIBUTE_ORIGIN] = {"ORIGIN", FLAGS(WELL_KNOWN), WITHDRAW,
		LENGTH("length not 1", 1, 0), .parse = origin_parse},
	[BGP_ATTRIBUTE_AS_PATH] = {"AS_PATH", FLAGS(WELL_KNOWN), WITHDRAW, LENGTH("", 0, 1),
		.parse = as_path_parse},
	[BGP_ATTRIBUTE_NEXT_HOP] = {"NEXT_HOP", FLAGS(WELL_KNOWN), WITHDRAW,
		LENGTH("length not 4", 4, 0), .parse = next_hop_parse},
	[BGP_ATTRIBUTE_MED] = {"MULTI_EXIT_DISC", FLAGS(OPTIONAL), WITHDRAW,
		LENGTH("length not 4", 4, 0), .parse = med_parse},
	[BGP_ATTRIBUTE_LOCAL_PREF] = {"LOCAL_PREF", FLAGS(WELL_KNOWN), IBGP_ONLY,
		LENGTH("length not 4", 4, 0), .parse = local_pref_parse},
	[BGP_ATTRIBUTE_ATOMIC_AGGREGATE] = {"ATOMIC_AGGREGATE", FLAGS(WELL_KNOWN), DISCARD,
		LENGTH("length not 0", 0, 0), .parse = atomic_aggregate_parse},
	/* 6 or 8: its parser knows which */
	[BGP_ATTRIBUTE_AGGREGATOR] = {"AGGREGATOR", FLAGS(OPTIONAL_TRANSITIVE), DISCARD,
		LENGTH("length not 6 or 8", 6, 2), .parse = aggregator_parse},
	[BGP_ATTRIBUTE_COMMUNITIES] = {"COMMUNITIES", FLAGS(OPTIONAL_TRANSITIVE), WITHDRAW,
		LENGTH("length 0 or not n x 4", 4, 4), .parse = communities_parse},
	[BGP_ATTRIBUTE_ORIGINATOR_ID] = {"ORIGINATOR_ID", FLAGS(OPTIONAL), IBGP_ONLY,
		LENGTH("length not 4", 4, 0), .parse = originator_id_parse},
	[BGP_ATTRIBUTE_CLUSTER_LIST] = {"CLUSTER_LIST", FLAGS(OPTIONAL), IBGP_ONLY,
		LENGTH("length 0 or not n x 4", 4, 4), .parse = cluster_list_parse},
	[BGP_ATTRIBUTE_MP_REACH] = {"MP_REACH_NLRI", FLAGS(OPTIONAL), RESET, LENGTH("", 0, 1),
		.parse = mp_reach_parse},
	[BGP_ATTRIBUTE_MP_UNREACH] = {"MP_UNREACH_NLRI", FLAGS(OPTIONAL), RESET, LENGTH("", 0, 1),
		.parse = mp_unreach_parse},
	[BGP_ATTRIBUTE_EXT_COMMUNITIES] = {"EXTENDED COMMUNITIES", FLAGS(OPTIONAL_TRANSITIVE),
		WITHDRAW, LENGTH("length 0 or not n x 8", 8, 8), .parse = ext_communities_parse},
	[BGP_ATTRIBUTE_AS4_PATH] = {"AS4_PATH", AS2_ONLY, DISCARD,
		LENGTH("length below 6 or odd", 6, 2), .parse = as4_path_parse},
	[BGP_ATTRIBUTE_AS4_AGGREGATOR] = {"AS4_AGGREGATOR", AS2_ONLY, DISCARD,
		LENGTH("length not 8", 8, 0), .parse = as4_aggregator_parse},
	[BGP_ATTRIBUTE_LARGE_COMMUNITIES] = {"LARGE_COMMUNITY", FLAGS(OPTIONAL_TRANSITIVE),
		WITHDRAW, LENGTH("length 0 or not n x 12", 12, 12),
		.parse = large_communities_parse},
	[BGP_ATTRIBUTE_OTC] = {"OTC", FLAGS(OPTIONAL_TRANSITIVE), WITHDRAW,
		LENGTH("length not 4", 4, 0), .parse = otc_parse},
};

const struct attr_row *attr_row_find(uint8_t type)
{
	if (type >= sizeof(rows) / sizeof(rows[0]) || !rows[type].name)
		return NULL;
	return &rows[type];
}

const char *bgp_attribute_name(uint8_t type)
{
	const struct attr_row *row = attr_row_find(type);
	if (type == 0)
		return "message";
	return row ? row->name : "unknown attribute";
}
