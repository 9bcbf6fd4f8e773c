/*
 * Followers: who is told of the best paths of one VRF as they change (speakers of this host that
 * ask by `export`). Pure. The bgp process.
 *
 * A decision that yields another best path, or none, marks its prefix for each follower of the VRF;
 * followers take what is marked when they can, so a prefix that changes ten times meanwhile is told
 * once. While nobody follows a VRF nothing is kept and nothing is done.
 *
 * What is told: the attributes as received, with LOCAL_PREF and MED as policies set them, without
 * AGGREGATOR; of a path of an internal peer with ORIGINATOR_ID (RFC 4456 8). Not told: what the
 * filter does not permit; NO_ADVERTISE, and to an external follower NO_EXPORT and
 * NO_EXPORT_SUBCONFED (RFC 1997); paths that are the last choice (RFC 9494 4.4). An external
 * follower is told the MED of its filter alone (RFC 4271 5.1.4), and no extended communities that
 * are not transitive (RFC 4360 2).
 *
 * Memory: 8 bytes a prefix of a VRF that is followed, a quarter of a byte a prefix and follower,
 * and an interned set of attributes for each that is told. Families are bits: 1 IPv4, 2 IPv6.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rib/rib.h"

struct rib_follower;

/* From now on: first all there are, in slices of rib_run(), then what changes. export: takes a
 * reference; NULL: nothing. Aborts without memory. */
struct rib_follower *rib_follow(
	struct rib *r, uint16_t vrf, unsigned families, bool external, struct filter *export);
void rib_follow_end(struct rib *r, struct rib_follower *f);

/* Another filter; only what it makes different is told, in slices. */
void rib_follow_export(struct rib *r, struct rib_follower *f, struct filter *export);
/* Everything of these families again, also what the follower has (RFC 2918). */
void rib_follow_again(struct rib *r, struct rib_follower *f, unsigned families);

/* There may be something to take. */
bool rib_follow_pending(const struct rib_follower *f);
/* All that was there when it began, or that it asked for again, was decided and taken. */
bool rib_follow_complete(const struct rib *r, const struct rib_follower *f);

struct rib_news {
	struct prefix prefix;
	const struct attrs *attrs; /* a reference of rib_attrs(), to be put; NULL: withdrawn */
	uint32_t entry;            /* the rib's, for rib_follow_told() */
	bool had;                  /* the follower has it now */
};
/* Some of what is pending: at most `max`, fewer where more would take long (rib_follow_pending()
 * says whether there is more). It stays pending until rib_follow_told() says otherwise, before
 * anything else is done to the rib. */
size_t rib_follow_take(struct rib *r, struct rib_follower *f, struct rib_news *out, size_t max);
/* The follower was told; has: it has the prefix now. */
void rib_follow_told(struct rib *r, struct rib_follower *f, const struct rib_news *n, bool has);

/* ---- sight ---- */

struct rib_follow_counts {
	uint32_t told[2]; /* prefixes that it has: IPv4, IPv6 */
	uint32_t pending;
};
void rib_follow_count(const struct rib_follower *f, struct rib_follow_counts *out);

enum rib_follow_fate {
	RIB_FOLLOW_TOLD,
	RIB_FOLLOW_WAITS, /* it will be */
	RIB_FOLLOW_NO_PATH,
	RIB_FOLLOW_DENIED,      /* by export */
	RIB_FOLLOW_COMMUNITY,   /* NO_ADVERTISE, NO_EXPORT */
	RIB_FOLLOW_LAST_CHOICE, /* long-lived stale */
};
/* Why the follower has the prefix, or has it not. export: what its filter says, where there is a
 * path (NULL: not wanted). */
enum rib_follow_fate rib_follow_explain(struct rib *r, const struct rib_follower *f,
	const struct prefix *p, struct filter_verdict *export);
bool rib_follow_has(
	struct rib *r, const struct rib_follower *f, uint16_t vrf, const struct prefix *p);
/* Some follower, of any VRF, has the prefix from us or will. */
bool rib_is_followed(struct rib *r, const struct prefix *p);
