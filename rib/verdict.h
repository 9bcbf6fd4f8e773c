/*
 * Why a path is used or is not, for the RIB's own files: verdict.c. Pure.
 */
#pragma once

#include "rib/state.h"

/* What a path is judged by. */
struct judge {
	const struct filter *block;   /* NULL: none */
	const struct filter *deny;    /* of its VRF; NULL: none */
	const struct filter *import;  /* of its peer; NULL: none */
	const struct filter *ceiling; /* of its next hop's interface; NULL: none */
	const struct prefix *own;     /* what this host announces, by prefix_compare() */
	size_t own_n;
	struct rib_bounds bounds;
};
enum rib_why verdict_by(struct rib *r, const struct judge *j, const struct nexthop *n,
	const struct prefix *p, const struct attrs *a, struct filter_effect *effect);
/* The same by what is in force. *effect is what policy sets on the path, when it is used. */
enum rib_why verdict(struct rib *r, const struct nexthop *n, const struct prefix *p,
	const struct attrs *a, struct filter_effect *effect);
/* Would the prefix hide a gateway of that VRF on a connected network? */
bool hides_gateway(struct rib *r, uint16_t vrf, const struct prefix *p);
/* Which filter and which of its rules decided. */
struct filter_verdict verdict_rule(const struct rib *r, const struct nexthop *n,
	const struct prefix *p, const struct attrs *a, enum rib_why why);
