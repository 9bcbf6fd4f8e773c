/*
 * BGP messages: framing, and what the decoder of each type gives. Pure. The bgp process and tests.
 *
 * Decoders never log, send or touch a session; they return a verdict. What a verdict of `reset`
 * carries is sent as NOTIFICATION by the session. Sources: RFC 4271 4 and 6, 5492, 6793, 4760,
 * 2545, 2918, 7606, 7911, 8950, 9072.
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
	BGP_MESSAGE_EXTENDED_MAX = 65535,
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

/* NOTIFICATION codes, RFC 4271 4.5, 9687; bgp_error_text() knows all subcodes by name. */
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

enum bgp_header_error {
	BGP_HEADER_MARKER = 1,
	BGP_HEADER_LENGTH = 2,
	BGP_HEADER_TYPE = 3,
};

enum bgp_open_error {
	BGP_OPEN_UNSPECIFIC = 0,
	BGP_OPEN_VERSION = 1,
	BGP_OPEN_PEER_AS = 2,
	BGP_OPEN_IDENTIFIER = 3,
	BGP_OPEN_PARAMETER = 4,
	BGP_OPEN_HOLD_TIME = 6,
	BGP_OPEN_CAPABILITY = 7,
	BGP_OPEN_ROLE = 11,
};

enum bgp_update_error {
	BGP_UPDATE_ATTRIBUTE_LIST = 1,
	BGP_UPDATE_UNKNOWN_WELL_KNOWN = 2,
	BGP_UPDATE_MISSING_WELL_KNOWN = 3,
	BGP_UPDATE_FLAGS = 4,
	BGP_UPDATE_LENGTH = 5,
	BGP_UPDATE_ORIGIN = 6,
	BGP_UPDATE_NEXT_HOP = 8,
	BGP_UPDATE_OPTIONAL = 9,
	BGP_UPDATE_NETWORK = 10,
	BGP_UPDATE_AS_PATH = 11,
};

/* An error that ends the session. code 0: no error. data points into the message, valid as long as
 * the message is; where it is NULL the data stands in inline_data. So the struct may be copied. */
struct bgp_error {
	uint8_t code;
	uint8_t subcode;
	uint16_t data_len;
	const uint8_t *data;
	uint8_t inline_data[8];
};
/* An error with up to 8 octets of data of its own. */
struct bgp_error bgp_error_make(uint8_t code, uint8_t subcode, const void *data, size_t len);
/* Cease/Maximum Number of Prefixes Reached with AFI, SAFI and the limit (RFC 4486 4). */
struct bgp_error bgp_cease_limit(uint32_t family_bit, uint32_t limit);
const uint8_t *bgp_error_data(const struct bgp_error *error); /* data_len octets */

/* "UPDATE Message Error/Malformed AS_PATH" for logs; never NULL. */
const char *bgp_error_text(uint8_t code, uint8_t subcode, char *out, size_t capacity);

/* ---- framing ---- */

enum bgp_frame_state {
	BGP_FRAME_PARTIAL, /* more bytes are needed */
	BGP_FRAME_WHOLE,   /* *len bytes are one message */
	BGP_FRAME_ERROR,   /* *error says which NOTIFICATION */
};
/* What both sides agreed to that lengths depend on. */
struct bgp_frame_rules {
	bool extended;         /* RFC 8654: up to 65535 octets but for OPEN and KEEPALIVE */
	bool enhanced_refresh; /* ROUTE-REFRESH of any length is for its decoder to judge */
};
/* Looks at the first bytes of a stream. Judges marker, length and type as soon as the 19 bytes are
 * there (RFC 4271 6.1), also the minimum and exact lengths by type. */
enum bgp_frame_state bgp_frame(const uint8_t *bytes, size_t have,
	const struct bgp_frame_rules *rules, uint8_t *type, uint16_t *len, struct bgp_error *error);

/* ---- OPEN ---- */

/* AFI/SAFI pairs we know, as bits */
enum {
	BGP_FAMILY_IPV4 = 1,
	BGP_FAMILY_IPV6 = 2,
};

/* Capability 64, RFC 4724 3 and 8538 2. */
struct bgp_graceful {
	bool present;
	bool restarted;      /* R: the sender has restarted and waits for nobody's End-of-RIB */
	bool notification;   /* N: it keeps routes over a NOTIFICATION too */
	uint16_t time_s;     /* restart time, 0 .. 4095 */
	uint32_t families;   /* BGP_FAMILY_*: listed */
	uint32_t forwarding; /* of them with F: it went on forwarding */
};

/* Capability 71, RFC 9494 3. */
struct bgp_long_lived {
	bool present;
	uint32_t families;   /* BGP_FAMILY_*: listed */
	uint32_t forwarding; /* of them with F */
	uint32_t time_s[2];  /* long-lived stale time of IPv4 and IPv6, 24 bits */
};

/* RFC 9234 4.1: the value of capability 9 and 1. */
enum bgp_role {
	BGP_ROLE_NONE = 0,
	BGP_ROLE_PROVIDER,
	BGP_ROLE_RS, /* a route server */
	BGP_ROLE_RS_CLIENT,
	BGP_ROLE_CUSTOMER,
	BGP_ROLE_PEER,
	BGP_ROLE_UNKNOWN, /* a value without a meaning, or several that differ */
};
const char *bgp_role_text(uint8_t role); /* "rs-client" */

struct bgp_open {
	uint16_t hold_time_s;
	uint32_t as;            /* of the 4-octet capability where present, else the header's */
	struct addr id;         /* IPv4 form */
	uint32_t families;      /* BGP_FAMILY_*: multiprotocol capabilities among those we know;
				 * IPV4 where there is no such capability at all */
	bool has_multiprotocol; /* any multiprotocol capability at all */
	bool route_refresh;
	bool enhanced_refresh; /* RFC 7313 */
	bool extended_message; /* RFC 8654 */
	uint8_t role;          /* enum bgp_role */
	bool as4;
	struct bgp_graceful graceful;
	uint32_t extended_next_hop; /* BGP_FAMILY_*: IPv6 next hops are understood (RFC 8950) */
	uint32_t add_path_send;     /* BGP_FAMILY_*: it can send several paths (RFC 7911) */
	struct bgp_long_lived long_lived;
	uint8_t capabilities[32]; /* bitmap of the capability codes seen, for `show` */
};

/* What we expect; a 0 in remote_as accepts `external` resp. `internal` by the flags. */
struct bgp_open_expect {
	uint32_t local_as;
	uint32_t remote_as;
	bool external; /* any AS but ours */
	bool internal; /* our AS */
	struct addr local_id;
	uint8_t role;     /* ours, enum bgp_role; not looked at where the peer is internal */
	bool role_strict; /* the peer must say its own */
};
/* body: the message without its header. False: *error is filled, 2/0 .. 2/6 or 2/11, and *out
 * untouched. 2/7 (no common family) is the session's to say. */
bool bgp_open_decode(const uint8_t *body, size_t len, const struct bgp_open_expect *expect,
	struct bgp_open *out, struct bgp_error *error);

struct bgp_open_send {
	uint32_t local_as;
	struct addr local_id;
	uint16_t hold_time_s;
	uint32_t families;
	bool enhanced_refresh;
	bool extended_message;
	uint8_t role;    /* enum bgp_role */
	bool long_lived; /* RFC 9494, as one that helps */
	struct bgp_graceful graceful;
	uint32_t extended_next_hop; /* BGP_FAMILY_IPV4 or 0 */
	uint32_t add_path_receive;  /* BGP_FAMILY_*: several paths of a prefix are wanted */
};
/* Whole messages into out (BGP_MESSAGE_MAX bytes); return the length. */
size_t bgp_open_encode(const struct bgp_open_send *open, uint8_t *out);
size_t bgp_keepalive_encode(uint8_t *out);
size_t bgp_notification_encode(const struct bgp_error *error, uint8_t *out);
/* Cease/Hard Reset with that error inside (RFC 8538 3.1). */
size_t bgp_hard_reset_encode(const struct bgp_error *inner, uint8_t *out);
/* Subtypes of ROUTE-REFRESH, RFC 7313 3.2 */
enum bgp_refresh {
	BGP_REFRESH_REQUEST = 0,
	BGP_REFRESH_BEGIN = 1, /* BoRR */
	BGP_REFRESH_END = 2,   /* EoRR */
};
size_t bgp_route_refresh_encode(uint32_t family_bit, enum bgp_refresh subtype, uint8_t *out);
size_t bgp_end_of_rib_encode(uint32_t family_bit, uint8_t *out);

struct bgp_notification {
	uint8_t code;
	uint8_t subcode;
	uint16_t data_len;
	const uint8_t *data;
	char text[256 * 4]; /* RFC 9003 shutdown text as printable ASCII, the rest \xNN; "" */
};
/* False: shorter than code and subcode; there is no answer to that but closing. */
bool bgp_notification_decode(const uint8_t *body, size_t len, struct bgp_notification *out);

/* family bit, or 0 for a family or subtype we do not know; false: length not 4, 7/1 */
bool bgp_route_refresh_decode(const uint8_t *body, size_t len, uint32_t *family_bit,
	uint8_t *subtype, struct bgp_error *error);

/* ---- UPDATE ---- */

enum bgp_attribute {
	BGP_ATTRIBUTE_ORIGIN = 1,
	BGP_ATTRIBUTE_AS_PATH = 2,
	BGP_ATTRIBUTE_NEXT_HOP = 3,
	BGP_ATTRIBUTE_MED = 4,
	BGP_ATTRIBUTE_LOCAL_PREF = 5,
	BGP_ATTRIBUTE_ATOMIC_AGGREGATE = 6,
	BGP_ATTRIBUTE_AGGREGATOR = 7,
	BGP_ATTRIBUTE_COMMUNITIES = 8,
	BGP_ATTRIBUTE_ORIGINATOR_ID = 9,
	BGP_ATTRIBUTE_CLUSTER_LIST = 10,
	BGP_ATTRIBUTE_MP_REACH = 14,
	BGP_ATTRIBUTE_MP_UNREACH = 15,
	BGP_ATTRIBUTE_EXT_COMMUNITIES = 16,
	BGP_ATTRIBUTE_AS4_PATH = 17,
	BGP_ATTRIBUTE_AS4_AGGREGATOR = 18,
	BGP_ATTRIBUTE_LARGE_COMMUNITIES = 32,
	BGP_ATTRIBUTE_OTC = 35,
};
/* "AS_PATH"; "unknown attribute" for those we do not implement, "message" for 0 */
const char *bgp_attribute_name(uint8_t type);

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
	uint32_t families;          /* negotiated */
	bool any_next_hop;          /* next hops are not looked at: a speaker of this host */
	uint32_t extended_next_hop; /* of the families: the next hop may be IPv6 (RFC 8950) */
	uint32_t add_path; /* of the families: prefixes come with path identifiers (RFC 7911) */
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
	bool has_ids; /* each prefix has a path identifier before it (RFC 7911) */
	uint32_t id;  /* of the last that bgp_nlri_next() gave; 0 where there are none */
};

struct bgp_update {
	enum bgp_update_action action;
	struct bgp_error error;       /* action reset */
	struct attr_view attrs;       /* valid where something is reachable and action < withdraw */
	struct bgp_nlri withdrawn[2]; /* plain IPv4, MP_UNREACH_NLRI */
	struct bgp_nlri reachable[2]; /* plain IPv4, MP_REACH_NLRI; to be treated as withdrawn where
				       * action is withdraw */
	struct addr next_hop[2];      /* of reachable[i]; an IPv6 one is the global address, or the
				       * link-local one where it stands alone */
	struct addr next_hop_link_local; /* second address of a 32-octet MP next hop, or NONE */
	uint32_t end_of_rib;             /* family bit when the message is an End-of-RIB */
	unsigned faults_n;
	struct bgp_fault faults[BGP_FAULTS_MAX];
	uint8_t scratch[UINT16_MAX]; /* AS_PATH widened to 4 octets and merged */
};

/* Decodes one UPDATE body. Reset leaves all four fields of prefixes empty. Always fills *out;
 * pointers in it stay valid as long as body and *out. Allocates nothing. The whole attribute area
 * is parsed before anything is decided (RFC 7606 3). */
void bgp_update_decode(const uint8_t *body, size_t len, const struct bgp_update_session *session,
	struct bgp_update *out);
/* Next prefix of a checked field; false at its end. Bits behind the length are cut. */
bool bgp_nlri_next(struct bgp_nlri *n, struct prefix *out);
