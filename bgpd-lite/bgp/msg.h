/*
 * BGP messages: framing, and what the decoder of each type gives. Pure. The bgp process and tests.
 *
 * Decoders never log, send or touch a session; they return a verdict. What a verdict of `reset`
 * carries is sent as NOTIFICATION by the session. Sources: RFC 4271 4 and 6, 5492, 6793, 4760,
 * 2545, 2918, 7606, 9072.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"
#include "rib/attr.h"

enum {
	BGP_HEADER_LEN = 19,
	BGP_MESSAGE_MAX = 4096, /* without RFC 8654 */
	BGP_PORT = 179,
	BGP_AS_TRANS = 23456,
	BGP_NOTIFICATION_DATA_MAX = BGP_MESSAGE_MAX - BGP_HEADER_LEN - 2,
};

enum bgp_type {
	BGP_TYPE_OPEN = 1,
	BGP_TYPE_UPDATE = 2,
	BGP_TYPE_NOTIFICATION = 3,
	BGP_TYPE_KEEPALIVE = 4,
	BGP_TYPE_ROUTE_REFRESH = 5,
};

/* NOTIFICATION codes, RFC 4271 4.5, 9687; subcodes as numbers of bgp.h's table bgp_error_text(). */
enum bgp_error_code {
	BGP_ERROR_NONE = 0,
	BGP_ERROR_HEADER = 1,
	BGP_ERROR_OPEN = 2,
	BGP_ERROR_UPDATE = 3,
	BGP_ERROR_HOLD_TIMER = 4,
	BGP_ERROR_FSM = 5,
	BGP_ERROR_CEASE = 6,
	BGP_ERROR_ROUTE_REFRESH = 7,
	BGP_ERROR_SEND_HOLD_TIMER = 8,
};

/* Cease subcodes, RFC 4486, 8538, 9384 */
enum bgp_cease {
	BGP_CEASE_MAXIMUM_PREFIXES = 1,
	BGP_CEASE_ADMIN_SHUTDOWN = 2,
	BGP_CEASE_DECONFIGURED = 3,
	BGP_CEASE_ADMIN_RESET = 4,
	BGP_CEASE_REJECTED = 5,
	BGP_CEASE_OTHER_CHANGE = 6,
	BGP_CEASE_COLLISION = 7,
	BGP_CEASE_RESOURCES = 8,
	BGP_CEASE_HARD_RESET = 9,
	BGP_CEASE_BFD_DOWN = 10,
};

/* An error that ends the session. code 0: no error. data points into the message or to static or
 * inline storage; valid as long as the message is. */
struct bgp_error {
	uint8_t code;
	uint8_t subcode;
	uint16_t data_len;
	const uint8_t *data;
	uint8_t inline_data[8];
};

/* "UPDATE Message Error/Malformed AS_PATH" for logs; never NULL. */
const char *bgp_error_text(uint8_t code, uint8_t subcode, char *out, size_t capacity);

/* ---- framing ---- */

enum bgp_frame_state {
	BGP_FRAME_PARTIAL, /* more bytes are needed */
	BGP_FRAME_WHOLE,   /* *len bytes are one message */
	BGP_FRAME_ERROR,   /* *error says which NOTIFICATION */
};
/* Looks at the first bytes of a stream. Judges marker, length and type as soon as the 19 bytes are
 * there (RFC 4271 6.1), also the minimum and exact lengths by type. */
enum bgp_frame_state bgp_frame(
	const uint8_t *bytes, size_t have, uint8_t *type, uint16_t *len, struct bgp_error *error);

/* ---- OPEN ---- */

/* AFI/SAFI pairs we know, as bits */
enum {
	BGP_FAMILY_IPV4 = 1,
	BGP_FAMILY_IPV6 = 2,
};

struct bgp_open {
	uint16_t hold_time_s;
	uint32_t as;            /* of the 4-octet capability where present, else the header's */
	struct addr id;         /* IPv4 form */
	uint32_t families;      /* BGP_FAMILY_*: multiprotocol capabilities among those we know */
	bool has_multiprotocol; /* any multiprotocol capability at all (none: IPv4 unicast only) */
	bool route_refresh;
	bool as4;
	uint8_t capabilities[32]; /* bitmap of the capability codes seen, for `show` */
};

/* What we expect; a 0 in remote_as accepts `external` resp. `internal` by the flags. */
struct bgp_open_expect {
	uint32_t local_as;
	uint32_t remote_as;
	bool external; /* any AS but ours */
	bool internal; /* our AS */
	struct addr local_id;
};
/* body: the message without its header. False: *error is filled. */
bool bgp_open_decode(const uint8_t *body, size_t len, const struct bgp_open_expect *expect,
	struct bgp_open *out, struct bgp_error *error);
struct bgp_open_send {
	uint32_t local_as;
	struct addr local_id;
	uint16_t hold_time_s;
	uint32_t families;
};
/* Whole messages into out (BGP_MESSAGE_MAX bytes); return the length. */
size_t bgp_open_encode(const struct bgp_open_send *open, uint8_t *out);
size_t bgp_keepalive_encode(uint8_t *out);
size_t bgp_notification_encode(const struct bgp_error *error, uint8_t *out);
size_t bgp_route_refresh_encode(uint32_t family_bit, uint8_t *out);
size_t bgp_end_of_rib_encode(uint32_t family_bit, uint8_t *out);

struct bgp_notification {
	uint8_t code;
	uint8_t subcode;
	uint16_t data_len;
	const uint8_t *data;
	char text[256 * 4]; /* RFC 9003 shutdown text, escaped; "" */
};
bool bgp_notification_decode(const uint8_t *body, size_t len, struct bgp_notification *out);

/* family bit, or 0 for a family or subtype we ignore; false: 7/1 */
bool bgp_route_refresh_decode(const uint8_t *body, size_t len, uint32_t *family_bit,
	uint8_t *subtype, struct bgp_error *error);

/* ---- UPDATE ---- */

enum bgp_update_action {
	BGP_UPDATE_ACCEPT = 0,
	BGP_UPDATE_DISCARD_ATTRIBUTE, /* accepted without the attributes in `faults` */
	BGP_UPDATE_WITHDRAW,          /* treat the reachable prefixes as withdrawn, RFC 7606 2 */
	BGP_UPDATE_RESET,             /* error says what to send */
};

/* What is known of the session that the decoder needs. */
struct bgp_update_session {
	bool as4; /* both sides: 4-octet AS in AS_PATH and AGGREGATOR */
	bool ebgp;
	uint32_t remote_as;
	uint32_t families; /* negotiated */
};

struct bgp_fault {
	uint8_t attribute; /* type code; 0: NLRI or the message itself */
	uint8_t action;    /* enum bgp_update_action */
	const char *why;   /* static text: "length not 4" */
};
enum {
	BGP_FAULTS_MAX = 8,
};

/* A field of NLRI that was checked to be whole; walk it with bgp_nlri_next(). */
struct bgp_nlri {
	const uint8_t *bytes;
	size_t len;
	enum addr_family family;
};

struct bgp_update {
	enum bgp_update_action action;
	struct bgp_error error;       /* action reset */
	struct attr_view attrs;       /* valid where something is reachable and action < withdraw */
	struct bgp_nlri withdrawn[2]; /* plain IPv4, MP_UNREACH_NLRI */
	struct bgp_nlri reachable[2]; /* plain IPv4, MP_REACH_NLRI; to be treated as withdrawn where
				       * action is withdraw */
	struct addr next_hop[2];      /* of reachable[i] (global) */
	struct addr next_hop_link_local; /* second address of a 32-octet MP next hop, or NONE */
	uint32_t end_of_rib;             /* family bit when the message is an End-of-RIB */
	unsigned faults_n;
	struct bgp_fault faults[BGP_FAULTS_MAX];
	uint8_t scratch[2 * BGP_MESSAGE_MAX]; /* AS_PATH widened to 4 octets and merged */
};

/* Decodes one UPDATE body. Always fills *out; pointers in it stay valid as long as body and *out.
 * Allocates nothing. The whole attribute area is parsed before anything is decided (RFC 7606 3). */
void bgp_update_decode(const uint8_t *body, size_t len, const struct bgp_update_session *session,
	struct bgp_update *out);
/* Next prefix of a checked field; false at its end. Bits behind the length are cut. */
bool bgp_nlri_next(struct bgp_nlri *n, struct prefix *out);
