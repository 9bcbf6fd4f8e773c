/*
 * What this host announces, and to whom: the edge of bgp/adj_out.h. bgp process.
 *
 *   announced.c  attributes of an [announce] section
 *   when.c       what its `when` looks at
 *   speaker.c    what a speaker of this host announces
 *   outlet.c     the sending to one neighbour
 *
 * Of one prefix the sections count before the speakers. Each change declares the whole set anew;
 * the Adj-RIB-Out finds what differs for whom.
 */
#pragma once

#include <stdint.h>

#include "bgpd-lite/bgp/adj_out.h"
#include "conf/conf.h"

struct daemon;

struct announcer;
struct announcer *announcer_new(struct daemon *d, uint32_t hash_seed); /* NULL: no memory */
void announcer_free(struct announcer *a);                              /* NULL is allowed */
/* An offer's tag: the place of an [announce] section in the configuration in force, or a local
 * speaker's number with this bit. */
#define ANNOUNCER_SPEAKER 0x80000000u

struct attr_store *announcer_attrs(struct announcer *a);   /* of what is announced */
bool announcer_is_internal(const struct conf_neighbor *c); /* NO_EXPORT does not keep it from c */
/* What a local speaker announces changed: looked at in the next turn of the loop. */
void announcer_changed(struct announcer *a);
struct adj_out *announcer_table(const struct announcer *a);

/* Addresses changed: what waits for one, or had one, is looked at again. */
void announcer_addresses_changed(struct announcer *a);
void announcer_rib_at_rest(struct announcer *a); /* routes may have come or gone */
/* All that will be announced after a restart is: End-of-RIB may be sent (RFC 4724 4.1). Speakers of
 * this host have a minute to come back and say theirs. */
bool announcer_is_complete(const struct announcer *a);
/* The configuration in force, or its neighbours, changed: what differs is sent. */
void announcer_update(struct announcer *a);
