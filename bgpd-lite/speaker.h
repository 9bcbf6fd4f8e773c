/*
 * A BGP speaker of this host (`local-speaker = yes`): what it announces is kept here and offered to
 * its `announce-to` by the announcer. It never meets the RIB, so it never enters the kernel. bgp
 * process.
 *
 * Refused: what import does not permit; paths with our AS (RFC 4271 9.1.2); paths with
 * NO_ADVERTISE, and for external neighbours those with NO_EXPORT or NO_EXPORT_SUBCONFED (RFC 1997).
 * The MED of an external speaker stays here (RFC 4271 5.1.4). At most maximum-prefix prefixes,
 * 10000 where that is not set: one more ends the session with Cease 6/1.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bgpd-lite/bgp/msg.h"

struct neighbor;
struct session;

enum {
	SPEAKER_PREFIXES_MAX = 10000,
};

struct speaker_path {
	struct prefix prefix;
	const struct attrs *attrs; /* a reference, of the Adj-RIB-Out's store */
	bool stale;                /* not announced again since the session was lost */
};

/* Lives as long as the session is Established, or the speaker restarts. */
struct speaker {
	struct speaker_path *paths; /* by prefix */
	size_t paths_n, paths_room;
	bool ebgp;
	uint32_t local_as;
};

/* Established; what it has from before stays. */
void speaker_up(struct neighbor *n, bool ebgp, uint32_t local_as);
void speaker_down(struct neighbor *n);
/* Graceful restart (RFC 4724 4.2): paths of these families stay as stale ones, others go; stale
 * ones of these families go. Forwarding bits are not looked at: its paths never were in the kernel.
 */
void speaker_stale(struct neighbor *n, uint32_t families);
void speaker_drop_stale(struct neighbor *n, uint32_t families);
void speaker_update(struct neighbor *n, struct session *s, const struct bgp_update *u);
/* import permits it, and it may leave this host at all. */
bool speaker_permits(const struct neighbor *n, const struct speaker_path *p);
/* What must not go to an external neighbour. */
bool speaker_is_internal(const struct attrs *a);
size_t speaker_permitted(const struct neighbor *n); /* paths */
