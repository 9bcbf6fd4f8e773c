/*
 * A BGP speaker of this host (`local-speaker = yes`): what it announces is kept here and offered to
 * its `announce-to` by the announcer. It never meets the RIB, so it never enters the kernel. bgp
 * process.
 *
 * Refused: what import does not permit; paths with our AS (RFC 4271 9.1.2); paths with
 * NO_ADVERTISE, and for external neighbours those with NO_EXPORT or NO_EXPORT_SUBCONFED (RFC 1997);
 * of an internal speaker what we reflected to it (our router id in ORIGINATOR_ID or CLUSTER_LIST);
 * echoes.
 *
 * An echo is a path whose prefix was passed on to some speaker of this host (feed.h) when it came,
 * or since, whatever its attributes say: a node is never transit, even where a speaker calls its
 * own what it heard. It stays an echo, also when the prefix is no longer learnt, until the speaker
 * announces it again. A prefix that a speaker announces before it is learnt is its own: then what a
 * gateway sends of it is refused.
 * The MED of an external speaker stays here (RFC 4271 5.1.4). At most maximum-prefix prefixes,
 * 10000 where that is not set: one more ends the session with Cease 6/1.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bgpd-lite/bgp/msg.h"

struct filter;
struct neighbor;
struct session;

enum {
	SPEAKER_PREFIXES_MAX = 10000,
};

struct speaker_path {
	struct prefix prefix;
	const struct attrs *attrs; /* a reference, of the Adj-RIB-Out's store */
	bool stale;                /* not announced again since the session was lost */
	bool echo;                 /* it was learnt and passed on to a speaker, see above */
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
/* import (NULL: none) permits it, it may leave this host at all, and it is no echo. */
bool speaker_permits_by(
	const struct speaker *s, const struct filter *import, const struct speaker_path *p);
bool speaker_permits(
	const struct neighbor *n, const struct speaker_path *p); /* by what is in force */
/* Finds echoes among what it announced before their prefixes were passed on. */
void speaker_find_echoes(struct neighbor *n);
size_t speaker_echoes(const struct neighbor *n); /* paths */
/* What must not go to an external neighbour. */
bool speaker_is_internal(const struct attrs *a);
size_t speaker_permitted(const struct neighbor *n); /* paths */
