/*
 * The state of one UPDATE being decoded, shared by the files of the decoder. Pure; inside the codec
 * only. RFC 4271 4.3 and 6.3, 7606.
 */
#pragma once

#include "bgpd-lite/bgp/msg.h"
#include "lib/wire.h"

struct update_decode {
	const struct bgp_update_session *session;
	struct bgp_update *out;
	uint64_t seen[4];          /* bitmap of attribute types */
	bool has_others;           /* an attribute that is not MP_UNREACH_NLRI, maybe cut short */
	bool names_reachable;      /* reachable prefixes were encoded, of whatever family */
	struct attr_bytes span;    /* the attribute at hand, with its header */
	struct attr_bytes as_path; /* as received */
	struct attr_bytes as4_path;
	bool has_as4_aggregator;
	uint32_t as4_aggregator_as;
	struct addr as4_aggregator;
	struct addr next_hop; /* of the NEXT_HOP attribute */
	/* The first fault of class withdraw, for the case that it has to become a reset. */
	uint8_t withdraw_subcode;
	struct attr_bytes withdraw_span;
};

/* What is wrong with an attribute. why NULL: nothing. action ACCEPT: what its table row says. */
struct verdict {
	const char *why;
	enum bgp_update_action action;
	uint8_t subcode; /* enum bgp_update_error */
};

/* Notes a fault; the strongest action wins. The attribute at hand is the data of a NOTIFICATION. */
void update_fault(struct update_decode *d, uint8_t attribute, struct verdict v);

/* One attribute that is implemented. */
struct attr_row {
	const char *name;
	uint8_t flags;        /* optional and transitive bits as they must be */
	uint8_t flags_action; /* where they are not */
	uint8_t ebgp_action;  /* where it is malformed */
	uint8_t ibgp_action;
	bool ibgp_only;   /* from eBGP discarded unread */
	bool as2_only;    /* from a peer with 4-octet AS discarded unread */
	uint16_t min_len; /* the value's length is min_len plus n times step; step 0: min_len */
	uint16_t len_step;
	const char *length_why;
	uint8_t subcode;                                                    /* for a bad length */
	struct verdict (*parse)(struct update_decode *d, struct rd *value); /* NULL: length alone */
};

enum {
	ATTR_FLAG_OPTIONAL = 0x80,
	ATTR_FLAG_TRANSITIVE = 0x40,
	ATTR_FLAG_EXTENDED_LENGTH = 0x10,
};

/* NULL for an attribute we do not implement. */
const struct attr_row *attr_row_find(uint8_t type);

/* Parse functions of the larger attributes. */
struct verdict as_path_parse(struct update_decode *d, struct rd *value);
struct verdict as4_path_parse(struct update_decode *d, struct rd *value);
struct verdict mp_reach_parse(struct update_decode *d, struct rd *value);
struct verdict mp_unreach_parse(struct update_decode *d, struct rd *value);

/* After the last attribute: AS_PATH and AGGREGATOR of 4 octets each into out->attrs, with what
 * AS4_PATH and AS4_AGGREGATOR add (RFC 6793 4.2.3). */
void as_path_finish(struct update_decode *d);

/* True when the field holds whole prefixes only, each behind its path identifier where has_ids. */
bool nlri_is_whole(struct rd field, enum addr_family family, bool has_ids);
/* Addresses no packet can be forwarded to: 0/8, 127/8, classes D and E, and their like of IPv6. */
bool next_hop_is_impossible(struct addr a);
