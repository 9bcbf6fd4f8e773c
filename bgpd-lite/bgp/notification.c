#include <stdio.h>

#include "bgpd-lite/bgp/encode.h"

/* Printable ASCII as it is, the rest as \xNN: the text goes to logs and terminals. */
static void text_escape(const uint8_t *bytes, size_t len, char *out, size_t capacity)
{
	size_t n = 0;
	for (size_t i = 0; i < len && n + 5 <= capacity; i++) {
		uint8_t c = bytes[i];
		if (c >= 0x20 && c < 0x7f && c != '\\' && c != '"')
			out[n++] = (char)c;
		else
			n += (size_t)snprintf(out + n, 5, "\\x%02x", c);
	}
	out[n] = 0;
}

/* RFC 9003 2. A length that does not fit the data is not an error: what is there is shown. */
static void shutdown_text(struct bgp_notification *n)
{
	struct rd r = rd_init(n->data, n->data_len);
	size_t len = rd_u8(&r);
	if (len > rd_left(&r))
		len = rd_left(&r);
	if (len)
		text_escape(rd_bytes(&r, len), len, n->text, sizeof(n->text));
}

bool bgp_notification_decode(const uint8_t *body, size_t len, struct bgp_notification *out)
{
	struct rd r = rd_init(body, len);
	uint8_t code = rd_u8(&r);
	uint8_t subcode = rd_u8(&r);
	if (r.err || rd_left(&r) > UINT16_MAX)
		return false;
	out->code = code;
	out->subcode = subcode;
	out->data_len = (uint16_t)rd_left(&r);
	out->data = rd_bytes(&r, out->data_len);
	out->text[0] = 0;
	if (code == BGP_ERROR_CEASE &&
		(subcode == BGP_CEASE_ADMIN_SHUTDOWN || subcode == BGP_CEASE_ADMIN_RESET))
		shutdown_text(out);
	return true;
}

struct bgp_error bgp_cease_limit(uint32_t family_bit, uint32_t limit)
{
	const uint8_t data[] = {0, family_bit == BGP_FAMILY_IPV6 ? BGP_AFI_IPV6 : BGP_AFI_IPV4,
		BGP_SAFI_UNICAST, (uint8_t)(limit >> 24), (uint8_t)(limit >> 16),
		(uint8_t)(limit >> 8), (uint8_t)limit};
	return bgp_error_make(BGP_ERROR_CEASE, BGP_CEASE_MAXIMUM_PREFIXES, data, sizeof(data));
}

size_t bgp_notification_encode(const struct bgp_error *error, uint8_t *out)
{
	struct wr w = bgp_message_begin(out, BGP_TYPE_NOTIFICATION);
	size_t len = error->data_len;
	if (len > BGP_NOTIFICATION_DATA_MAX)
		len = BGP_NOTIFICATION_DATA_MAX;
	wr_u8(&w, error->code);
	wr_u8(&w, error->subcode);
	wr_bytes(&w, bgp_error_data(error), len);
	return bgp_message_end(&w);
}

size_t bgp_hard_reset_encode(const struct bgp_error *inner, uint8_t *out)
{
	struct wr w = bgp_message_begin(out, BGP_TYPE_NOTIFICATION);
	size_t len = inner->data_len;
	if (len > BGP_NOTIFICATION_DATA_MAX - 2)
		len = BGP_NOTIFICATION_DATA_MAX - 2;
	wr_u8(&w, BGP_ERROR_CEASE);
	wr_u8(&w, BGP_CEASE_HARD_RESET);
	wr_u8(&w, inner->code);
	wr_u8(&w, inner->subcode);
	wr_bytes(&w, bgp_error_data(inner), len);
	return bgp_message_end(&w);
}
