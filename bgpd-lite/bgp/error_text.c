#include "bgpd-lite/bgp/msg.h"

#include <stdio.h>
#include <string.h>

struct error_row {
	uint8_t code;
	uint8_t subcode; /* 0: the code's own name */
	const char *text;
};

/* RFC 4271 4.5, 4486, 5492, 6608, 7313, 8538, 9234, 9384, 9687 */
static const struct error_row rows[] = {
	{1, 0, "Message Header Error"},
	{1, 1, "Connection Not Synchronized"},
	{1, 2, "Bad Message Length"},
	{1, 3, "Bad Message Type"},
	{2, 0, "OPEN Message Error"},
	{2, 1, "Unsupported Version Number"},
	{2, 2, "Bad Peer AS"},
	{2, 3, "Bad BGP Identifier"},
	{2, 4, "Unsupported Optional Parameter"},
	{2, 6, "Unacceptable Hold Time"},
	{2, 7, "Unsupported Capability"},
	{2, 11, "Role Mismatch"},
	{3, 0, "UPDATE Message Error"},
	{3, 1, "Malformed Attribute List"},
	{3, 2, "Unrecognized Well-known Attribute"},
	{3, 3, "Missing Well-known Attribute"},
	{3, 4, "Attribute Flags Error"},
	{3, 5, "Attribute Length Error"},
	{3, 6, "Invalid ORIGIN Attribute"},
	{3, 8, "Invalid NEXT_HOP Attribute"},
	{3, 9, "Optional Attribute Error"},
	{3, 10, "Invalid Network Field"},
	{3, 11, "Malformed AS_PATH"},
	{4, 0, "Hold Timer Expired"},
	{5, 0, "Finite State Machine Error"},
	{5, 1, "Unexpected Message in OpenSent"},
	{5, 2, "Unexpected Message in OpenConfirm"},
	{5, 3, "Unexpected Message in Established"},
	{6, 0, "Cease"},
	{6, 1, "Maximum Number of Prefixes Reached"},
	{6, 2, "Administrative Shutdown"},
	{6, 3, "Peer De-configured"},
	{6, 4, "Administrative Reset"},
	{6, 5, "Connection Rejected"},
	{6, 6, "Other Configuration Change"},
	{6, 7, "Connection Collision Resolution"},
	{6, 8, "Out of Resources"},
	{6, 9, "Hard Reset"},
	{6, 10, "BFD Down"},
	{7, 0, "ROUTE-REFRESH Message Error"},
	{7, 1, "Invalid Message Length"},
	{8, 0, "Send Hold Timer Expired"},
};

static const char *row_text(uint8_t code, uint8_t subcode)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].code == code && rows[i].subcode == subcode)
			return rows[i].text;
	}
	return NULL;
}

const char *bgp_error_text(uint8_t code, uint8_t subcode, char *out, size_t capacity)
{
	const char *main_text = row_text(code, 0);
	const char *sub_text = subcode ? row_text(code, subcode) : "";
	if (!main_text)
		snprintf(out, capacity, "code %u/subcode %u", code, subcode);
	else if (!sub_text)
		snprintf(out, capacity, "%s/subcode %u", main_text, subcode);
	else
		snprintf(out, capacity, "%s%s%s", main_text, *sub_text ? "/" : "", sub_text);
	return out;
}

struct bgp_error bgp_error_make(uint8_t code, uint8_t subcode, const void *data, size_t len)
{
	struct bgp_error e = {.code = code, .subcode = subcode};
	if (len > sizeof(e.inline_data))
		len = sizeof(e.inline_data);
	if (len)
		memcpy(e.inline_data, data, len);
	e.data_len = (uint16_t)len;
	return e;
}

const uint8_t *bgp_error_data(const struct bgp_error *error)
{
	return error->data ? error->data : error->inline_data;
}
