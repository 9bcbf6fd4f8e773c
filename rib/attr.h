/*
 * Path attributes: what a decoder hands over (a view), and the interned form that paths refer to.
 * Pure. RFC 4271 5, 1997, 4360, 8092, 8326, 9234, 9494, 10005.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"

enum attr_origin {
	ATTR_ORIGIN_IGP = 0,
	ATTR_ORIGIN_EGP = 1,
	ATTR_ORIGIN_INCOMPLETE = 2,
};

/* Borrowed bytes in wire form, checked by the decoder. */
struct attr_bytes {
	const uint8_t *bytes;
	uint16_t len;
};

/* Attributes of one UPDATE, borrowed from its bytes. Everything is well-formed. */
struct attr_view {
	uint8_t origin; /* enum attr_origin */
	bool has_med;
	bool has_local_pref;
	bool atomic_aggregate;
	bool has_aggregator;
	bool has_originator_id;
	bool has_otc;
	uint32_t med;
	uint32_t local_pref;
	uint32_t aggregator_as;
	uint32_t otc; /* Only to Customer, RFC 9234 5: the AS that set it */
	struct addr aggregator;
	struct addr originator_id;
	struct attr_bytes as_path; /* segments: type, count, AS numbers of 4 octets */
	struct attr_bytes communities;
	struct attr_bytes ext_communities;
	struct attr_bytes large_communities;
	struct attr_bytes cluster_list;
};

/* An interned set of attributes with its next hop. Shared, counted, immutable. */
struct attrs {
	struct attrs *next; /* the store's chain */
	uint32_t refs;
	uint32_t hash;
	uint32_t med;        /* 0 when absent */
	uint32_t local_pref; /* 100 when absent */
	uint32_t first_as;   /* leftmost AS where the path begins with a sequence, else 0 (MED, RFC
			      * 4271 9.1.2.2); confederation segments are passed over */
	uint32_t origin_as;  /* rightmost where the path ends with a sequence, else 0 */
	uint32_t aggregator_as;  /* 0 for none */
	uint32_t aggregator;     /* IPv4 address in host order */
	uint32_t otc;            /* 0 where there is none, too */
	uint16_t as_path_length; /* for the decision: AS_SET counts 1, confederation segments 0 */
	uint16_t len;            /* of bytes[] */
	uint8_t origin;
	uint8_t flags; /* ATTR_* */
	struct addr next_hop;
	struct addr next_hop_link_local; /* ADDR_NONE mostly */
	uint16_t as_path_len;            /* parts of bytes[], in this order */
	uint16_t communities_len;
	uint16_t ext_communities_len;
	uint16_t large_communities_len;
	uint16_t cluster_list_len;
	struct addr originator_id; /* ADDR_NONE for none */
	uint8_t bytes[];
};

enum {
	ATTR_HAS_MED = 1,
	ATTR_HAS_LOCAL_PREF = 2,
	ATTR_ATOMIC_AGGREGATE = 4,
	ATTR_GRACEFUL_SHUTDOWN = 8, /* among the communities: RFC 8326 */
	ATTR_HAS_OTC = 16,
	ATTR_LLGR_STALE = 32, /* among the communities: RFC 9494 */
	ATTR_NO_LLGR = 64,
	ATTR_BAD_BANDWIDTH = 128, /* among the extended communities: a link bandwidth of no use */
};

/* Every set once. No call does work that grows with the number of sets: the hash table grows and
 * shrinks by a bucket or two a call; memory is allocated only for a set that is new and returned
 * with its last reference. Chains are hashed with the seed: take it from the system's random
 * source. */
struct attr_store;
struct attr_store *attr_store_new(uint32_t seed); /* NULL when there is no memory */
void attr_store_free(struct attr_store *s);       /* with all sets, whatever their references */
size_t attr_store_count(const struct attr_store *s);
size_t attr_store_bytes(const struct attr_store *s); /* memory held */
/* The interned set equal to the view; takes one reference. NULL when there is no memory, or when
 * the parts together exceed 65535 bytes (no UPDATE of 4096 can). */
const struct attrs *attr_get(struct attr_store *s, const struct attr_view *view,
	struct addr next_hop, struct addr next_hop_link_local);
void attr_ref(const struct attrs *a);
/* The set as a view, borrowed from it. */
struct attr_view attr_view_of(const struct attrs *a);
bool attr_has_community(const struct attrs *a, uint32_t community);
void attr_put(struct attr_store *s, const struct attrs *a);
/* Of the link, octets per second: the lowest that the extended communities tell (RFC 10005); 0:
 * none does. */
float attr_bandwidth(const struct attrs *a);
/* True when the AS appears anywhere in the path (loops, RFC 4271 9.1.2). */
unsigned attr_path_count(const struct attrs *a, uint32_t as);
/* "65001 65002 {65003}", confederations in () and []; cut after the last item that fits. Returns
 * out, as the two below. capacity 0 writes nothing. */
const char *attr_path_text(const struct attrs *a, char *out, size_t capacity);
/* "65001:100 ..." */
const char *attr_communities_text(const struct attrs *a, char *out, size_t capacity);
/* "rt 65001:1, soo 192.0.2.1:2", RFC 4360 */
const char *attr_ext_communities_text(const struct attrs *a, char *out, size_t capacity);
/* "65001:1:2 ...", RFC 8092 */
const char *attr_large_communities_text(const struct attrs *a, char *out, size_t capacity);
