/*
 * The decision process: which paths of a prefix are best, which share the load, and which take over
 * when all of those are lost. Pure. RFC 4271 9.1.2, 4456 9, 6286.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"
#include "rib/attr.h"
#include "rib/group.h"

/* The steps, in order. All our next hops are connected, so the IGP cost is always equal. */
enum decide_step {
	DECIDE_SAME = 0,
	DECIDE_VRF = 1,   /* the VRF's own before those imported from others */
	DECIDE_STALE = 2, /* RFC 9494 4.3: behind all that are not */
	DECIDE_LOCAL_PREF = 3,
	DECIDE_AS_PATH = 4,
	DECIDE_ORIGIN = 5,
	DECIDE_MED = 6, /* between paths of the same neighbouring AS only */
	DECIDE_EBGP = 7,
	DECIDE_ROUTER_ID = 8, /* or ORIGINATOR_ID */
	DECIDE_CLUSTER_LIST = 9,
	DECIDE_PEER_ADDRESS = 10,
	DECIDE_PATH_ID = 11, /* of one peer, RFC 7911 */
};

enum {
	DECIDED_BEST = 1,
	DECIDED_LIVE = 2,
	DECIDED_FALLBACK = 4,
};

/* A usable path. */
struct candidate {
	const struct attrs *attrs;
	uint32_t local_pref; /* in force */
	uint32_t med;
	struct addr router_id; /* of the peer */
	struct addr peer_address;
	uint32_t path_id;
	uint32_t gateway;
	float bandwidth; /* of the link, above 0; 0: not told */
	uint32_t tag;    /* the caller's */
	bool ebgp;
	bool leaked; /* of another VRF */
	bool last_choice;
	bool considered; /* used inside */
	uint8_t decided; /* DECIDED_* */
};

/* What link bandwidths do to an ECMP set. */
enum decide_bandwidth {
	DECIDE_BANDWIDTH_IGNORE,
	DECIDE_BANDWIDTH_ALL,            /* weights where each path of the set has one */
	DECIDE_BANDWIDTH_SKIP_MISSING,   /* paths without one are not taken where others have one */
	DECIDE_BANDWIDTH_DEFAULT_WEIGHT, /* they get the least weight, 1 */
};

struct decide_rules {
	uint16_t maximum_paths; /* 1 .. FIB_GROUP_MEMBERS_MAX */
	bool relax;             /* paths through different neighbouring ASes may share the load */
	enum decide_bandwidth bandwidth;
};

/* The first step in which the two differ: positive when a wins there, negative when b does, 0 when
 * they are the same in all. Not an order by itself: MED is not comparable between ASes. */
int decide_compare(const struct candidate *a, const struct candidate *b);
/* Marks the candidates and fills out->live and out->fallback. The result does not depend on the
 * order of the candidates. */
void decide(struct candidate *c, size_t n, const struct decide_rules *rules, struct group_id *out);
