/*
 * What this host announces, to whom, and the sending of it: the edge of bgp/adj_out.h. bgp process.
 *
 * Announcements come from [announce] sections, whose `when` is looked at when addresses or files
 * come or go, and from local speakers (speaker.h). Of one prefix the sections count first. Every
 * neighbour has a number in the Adj-RIB-Out for as long as it is configured. Next hops are this
 * host's addresses on the way to the neighbour; a family that has none there is not announced to
 * it.
 */
#pragma once

#include <stdint.h>

#include "bgpd-lite/bgp/adj_out.h"
#include "conf/conf.h"

struct daemon;
struct neighbor;

enum {
	ANNOUNCER_NO_NUMBER = 0xffff,
};

struct announcer;
struct announcer *announcer_new(struct daemon *d, uint32_t hash_seed); /* NULL: no memory */
void announcer_free(struct announcer *a);                              /* NULL is allowed */
/* An offer's tag: the place of an [announce] section in the configuration in force, or a local
 * speaker's number with this bit. */
#define ANNOUNCER_SPEAKER 0x80000000u

struct attr_store *announcer_attrs(struct announcer *a); /* of what is announced */
/* What a local speaker announces changed: looked at in the next turn of the loop. */
void announcer_changed(struct announcer *a);
const struct adj_out *announcer_table(const struct announcer *a);

/* A number that no neighbour of the daemon has, or ANNOUNCER_NO_NUMBER. */
uint16_t announcer_number_free(const struct daemon *d);
/* Why this prefix of an announcement in force is announced to nobody now, "" for no reason. */
const char *announcer_waits(
	const struct announcer *a, const struct conf_announcement *c, const struct prefix *p);
/* Addresses changed: what waits for one, or had one, is looked at again. */
void announcer_addresses_changed(struct announcer *a);
/* The configuration in force, or its neighbours, changed: what differs is sent. */
void announcer_update(struct announcer *a);

/* The session is Established: everything for it is sent, then End-of-RIB. */
void announcer_neighbor_up(struct announcer *a, struct neighbor *n);
void announcer_neighbor_down(struct announcer *a, struct neighbor *n);
/* It asks for our routes of these families again (RFC 2918): all of them, then End-of-RIB. */
void announcer_refresh(struct announcer *a, struct neighbor *n, uint32_t families);
/* Addresses changed: other next hops are announced. */
void announcer_links_changed(struct announcer *a, struct neighbor *n);
