/*
 * Inside of the Adj-RIB-Out, shared by adj_out*.c alone. Pure.
 *
 *   adj_out.c        the set of announcements: a new one against the old
 *   adj_out_merge.c  what one peer gets of the offers of one prefix
 *   adj_out_peer.c   what a peer has and what is pending for it
 */
#pragma once

#include "bgpd-lite/bgp/adj_out.h"

struct offer {
	const struct attrs *attrs; /* a reference */
	struct adj_out_peers peers;
	uint32_t tag;
};

/* One prefix of one offer. */
struct claim {
	struct prefix prefix;
	uint32_t offer;
};

struct offer_set {
	struct offer *offers;
	size_t offers_n, offers_room;
	struct claim *claims; /* by prefix, then by offer */
	size_t claims_n, claims_room;
};

/* A prefix; it keeps its number as long as it is announced or some peer has it. */
struct slot {
	struct prefix prefix;
	bool used;
	uint32_t first; /* claims of it in the present set */
	uint32_t claims_n;
	uint32_t holders; /* peers that have it */
};

struct peer_state {
	uint32_t families;
	uint32_t announced[2];
	uint32_t pending;
	uint32_t refused;
	size_t words;      /* of both bitmaps, by slot */
	uint64_t *has;     /* was told of it */
	uint64_t *changed; /* must be told */
};

struct adj_out {
	struct attr_store *attrs;
	struct offer_set now;
	struct offer_set next;
	struct slot *slots;
	size_t slots_n;
	uint32_t *order; /* slots in use, by prefix */
	size_t order_n;
	uint32_t *free_slots;
	size_t free_n;
	struct peer_state *peers[ADJ_OUT_PEERS_MAX]; /* NULL: down */
	struct filter *exports[ADJ_OUT_PEERS_MAX];   /* NULL: all is permitted */
};

/* What the peer is to be told of these claims, which are of one prefix: a reference, or NULL for
 * nothing. */
const struct attrs *adj_out_merge(struct adj_out *o, const struct offer_set *set,
	const struct claim *claims, size_t n, uint16_t peer);

uint32_t adj_out_family(const struct prefix *p); /* BGP_FAMILY_* */
void adj_out_mark(struct adj_out *o, uint16_t peer, uint32_t slot);
/* More memory for more slots. */
void adj_out_peer_grow(struct peer_state *p, size_t slots_n);
/* realloc() of n elements, never NULL. */
void *adj_out_room(void *array, size_t n, size_t element_len);
