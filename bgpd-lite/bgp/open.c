#include "bgpd-lite/bgp/capability.h"
#include "bgpd-lite/bgp/encode.h"

enum {
	BGP_VERSION = 4,
	PARAMETER_CAPABILITIES = 2,
	PARAMETER_EXTENDED = 255, /* RFC 9072: in place of the first parameter's type */
};

static struct bgp_error open_error(enum bgp_open_error subcode)
{
	return bgp_error_make(BGP_ERROR_OPEN, (uint8_t)subcode, NULL, 0);
}

static bool parameters_decode(
	struct rd *area, bool extended, struct bgp_open *open, enum bgp_open_error *subcode)
{
	*subcode = BGP_OPEN_UNSPECIFIC;
	while (rd_left(area) > 0) {
		uint8_t type = rd_u8(area);
		struct rd value = rd_sub(area, extended ? rd_u16(area) : rd_u8(area));
		if (area->err)
			return false;
		if (type != PARAMETER_CAPABILITIES) {
			*subcode = BGP_OPEN_PARAMETER;
			return false;
		}
		if (!bgp_capabilities_decode(&value, open))
			return false;
	}
	return !area->err;
}

/* The extended form is known by the type octet; the length octet before it then means nothing but
 * that it is not 0 (RFC 9072 2). Either form must fill the message to its end. */
static bool parameters_find(struct rd *r, struct rd *area, bool *extended)
{
	uint8_t short_len = rd_u8(r);
	struct rd look = *r;
	*extended = short_len != 0 && rd_u8(&look) == PARAMETER_EXTENDED;
	if (!*extended) {
		*area = rd_sub(r, short_len);
	} else {
		(void)rd_u8(r);
		*area = rd_sub(r, rd_u16(r));
	}
	return !r->err && rd_left(r) == 0;
}

static bool as_is_expected(const struct bgp_open_expect *expect, uint32_t as)
{
	if (expect->remote_as)
		return as == expect->remote_as;
	return as == expect->local_as ? expect->internal : expect->external;
}

/* header_as is the AS of the 2-octet field; open->as holds capability 65's, if any. */
static bool as_judge(
	const struct bgp_open_expect *expect, uint16_t header_as, const struct bgp_open *open)
{
	if (header_as == 0 || open->as == 0 || open->as == BGP_AS_TRANS)
		return false;
	if (header_as != BGP_AS_TRANS && header_as != open->as)
		return false;
	return as_is_expected(expect, open->as);
}

static bool id_judge(const struct bgp_open_expect *expect, const struct bgp_open *open)
{
	if (addr_is_unspecified(open->id))
		return false;
	return open->as != expect->local_as || !addr_equal(open->id, expect->local_id);
}

const char *bgp_role_text(uint8_t role)
{
	static const char *const words[] = {
		"none", "provider", "rs-server", "rs-client", "customer", "peer"};
	return role < BGP_ROLE_UNKNOWN ? words[role] : "unknown";
}

/* RFC 9234 4.2 */
static bool roles_fit(uint8_t ours, uint8_t theirs)
{
	static const uint8_t other[] = {[BGP_ROLE_PROVIDER] = BGP_ROLE_CUSTOMER,
		[BGP_ROLE_RS] = BGP_ROLE_RS_CLIENT,
		[BGP_ROLE_RS_CLIENT] = BGP_ROLE_RS,
		[BGP_ROLE_CUSTOMER] = BGP_ROLE_PROVIDER,
		[BGP_ROLE_PEER] = BGP_ROLE_PEER};
	return ours < sizeof(other) && other[ours] == theirs;
}

static bool role_judge(const struct bgp_open_expect *expect, const struct bgp_open *open)
{
	if (expect->role == BGP_ROLE_NONE || open->as == expect->local_as)
		return true;
	if (open->role == BGP_ROLE_NONE)
		return !expect->role_strict;
	return roles_fit(expect->role, open->role);
}

static bool values_judge(const struct bgp_open_expect *expect, uint16_t header_as,
	const struct bgp_open *open, enum bgp_open_error *subcode)
{
	if (!as_judge(expect, header_as, open))
		*subcode = BGP_OPEN_PEER_AS;
	else if (open->hold_time_s == 1 || open->hold_time_s == 2)
		*subcode = BGP_OPEN_HOLD_TIME;
	else if (!id_judge(expect, open))
		*subcode = BGP_OPEN_IDENTIFIER;
	else if (!role_judge(expect, open))
		*subcode = BGP_OPEN_ROLE;
	else
		return true;
	return false;
}

static bool open_read(const uint8_t *body, size_t len, const struct bgp_open_expect *expect,
	struct bgp_open *open, enum bgp_open_error *subcode)
{
	struct rd r = rd_init(body, len);
	*subcode = BGP_OPEN_UNSPECIFIC;
	uint8_t version = rd_u8(&r);
	if (!r.err && version != BGP_VERSION) {
		*subcode = BGP_OPEN_VERSION;
		return false;
	}
	uint16_t header_as = rd_u16(&r);
	open->hold_time_s = rd_u16(&r);
	open->id = addr_v4(rd_u32(&r));
	struct rd area;
	bool extended;
	if (!parameters_find(&r, &area, &extended) ||
		!parameters_decode(&area, extended, open, subcode))
		return false;
	if (!open->as4)
		open->as = header_as;
	if (!open->has_multiprotocol)
		open->families = BGP_FAMILY_IPV4;
	return values_judge(expect, header_as, open, subcode);
}

bool bgp_open_decode(const uint8_t *body, size_t len, const struct bgp_open_expect *expect,
	struct bgp_open *out, struct bgp_error *error)
{
	static const uint8_t our_version[2] = {0, BGP_VERSION};
	struct bgp_open open = {0};
	enum bgp_open_error subcode;
	if (!open_read(body, len, expect, &open, &subcode)) {
		*error = open_error(subcode);
		if (subcode == BGP_OPEN_VERSION)
			*error = bgp_error_make(BGP_ERROR_OPEN, BGP_OPEN_VERSION, our_version, 2);
		return false;
	}
	*out = open;
	return true;
}

size_t bgp_open_encode(const struct bgp_open_send *open, uint8_t *out)
{
	struct wr w = bgp_message_begin(out, BGP_TYPE_OPEN);
	wr_u8(&w, BGP_VERSION);
	wr_u16(&w, open->local_as > UINT16_MAX ? BGP_AS_TRANS : (uint16_t)open->local_as);
	wr_u16(&w, open->hold_time_s);
	wr_u32(&w, addr_u32(open->local_id));
	size_t lengths_at = wr_len(&w);
	wr_u8(&w, 0);
	wr_u8(&w, PARAMETER_CAPABILITIES);
	wr_u8(&w, 0);
	bgp_capabilities_encode(open, &w);
	size_t area_len = wr_len(&w) - lengths_at - 1;
	wr_put_u8(&w, lengths_at, (uint8_t)area_len);
	wr_put_u8(&w, lengths_at + 2, (uint8_t)(area_len - 2));
	return bgp_message_end(&w);
}
