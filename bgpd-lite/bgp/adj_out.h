/*
 * What this host announces, and what each neighbour has been told of it (Adj-RIB-Out, RFC 4271
 * 3.2). Pure. The bgp process.
 *
 * Announcements are offers: attributes and the peers that may hear of them, each with prefixes. A
 * new configuration declares all of them anew (begin, offer, add, commit); only what differs for a
 * peer is sent to it. Of one prefix offered several times the communities add up, and MED,
 * LOCAL_PREF and AS_PATH are those of the first offer that has some.
 *
 * A peer is a number below ADJ_OUT_PEERS_MAX given by the caller. Memory: about 60 bytes a prefix,
 * 150 an offer, a quarter of a byte a prefix and peer. Functions that need memory abort without it:
 * what is announced must never be guessed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bgpd-lite/bgp/update_encode.h"
#include "rib/attr.h"
#include "rib/filter.h"

enum {
	ADJ_OUT_PEERS_MAX = 1024,
};

struct adj_out_peers {
	uint64_t bits[ADJ_OUT_PEERS_MAX / 64];
};
void adj_out_peers_add(struct adj_out_peers *p, uint16_t peer);
bool adj_out_peers_has(const struct adj_out_peers *p, uint16_t peer);

struct adj_out;
struct adj_out *adj_out_new(uint32_t hash_seed);
void adj_out_free(struct adj_out *o);
struct attr_store *adj_out_attrs(struct adj_out *o); /* where offers' attributes are interned */

/* ---- what is announced ---- */

void adj_out_begin(struct adj_out *o);
/* An offer of the new set; its number. attrs: borrowed, of adj_out_attrs(). tag: the caller's. */
uint32_t adj_out_offer(struct adj_out *o, const struct attrs *attrs,
	const struct adj_out_peers *peers, uint32_t tag);
void adj_out_add(struct adj_out *o, uint32_t offer, const struct prefix *p);
/* The new set replaces the old one. What a peer must be told because of that is pending for it. */
void adj_out_commit(struct adj_out *o);

/* ---- peers ---- */

/* What may be announced to the peer, up or not, from now on: judged is what its offers give
 * together, policies set its LOCAL_PREF and MED. NULL: all. Takes the reference over. */
void adj_out_export(struct adj_out *o, uint16_t peer, struct filter *export);

/* The session is Established: everything for it in these families (BGP_FAMILY_*) is pending. */
void adj_out_peer_up(struct adj_out *o, uint16_t peer, uint32_t families);
void adj_out_peer_down(struct adj_out *o, uint16_t peer);
/* Everything of these families is pending again, also what the peer has. RFC 2918 */
void adj_out_refresh(struct adj_out *o, uint16_t peer, uint32_t families);
bool adj_out_pending(const struct adj_out *o, uint16_t peer);

/* Sends whole messages for what is pending until nothing is left (true) or send() does not return 0
 * (false; what it took counts as sent). A prefix of a family without a next hop in `to`, or whose
 * attributes leave no room for it in a message, is not announced. */
bool adj_out_flush(struct adj_out *o, uint16_t peer, const struct bgp_update_to *to,
	int (*send)(void *arg, const void *bytes, size_t len), void *arg);

/* ---- sight ---- */

struct adj_out_peer_counts {
	uint32_t announced[2]; /* prefixes that the peer has from us: IPv4, IPv6 */
	uint32_t pending;
	uint32_t refused; /* times that a prefix could not be sent: no next hop, or too many
			   * attributes */
};
void adj_out_peer_count(const struct adj_out *o, uint16_t peer, struct adj_out_peer_counts *out);

/* Prefixes by address, 0 .. adj_out_count() - 1; those that are being withdrawn have no offers. */
struct adj_out_view {
	struct prefix prefix;
	size_t offers_n;
};
size_t adj_out_count(const struct adj_out *o);
void adj_out_look(const struct adj_out *o, size_t i, struct adj_out_view *out);
/* Offer k of prefix i: its tag, attributes and peers. */
uint32_t adj_out_look_offer(const struct adj_out *o, size_t i, size_t k, const struct attrs **attrs,
	const struct adj_out_peers **peers);
/* It is offered to the peer, but the export denies it. */
bool adj_out_denied(struct adj_out *o, uint16_t peer, size_t i);
bool adj_out_has(const struct adj_out *o, uint16_t peer, size_t i); /* the peer was told of it */
bool adj_out_tells(const struct adj_out *o, uint16_t peer, const struct prefix *p); /* the same */
size_t adj_out_bytes(const struct adj_out *o);
