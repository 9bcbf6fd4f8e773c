/*
 * What a speaker of this host hears of gateways, where its `export` asks for it: the best paths of
 * its VRF, with this host as next hop. bgp process.
 *
 * This is the one way from the RIB to a neighbour, and it begins in neighbor.c where a session is
 * Established as that of a local speaker: a gateway never has a feed. What is announced to the
 * speaker (adj_out.h) comes first: such a prefix is not passed on beside it. Messages go out in
 * batches between the loop's other work, as fast as the speaker reads; while it does not, changes
 * wait as bits in the RIB.
 */
#pragma once

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

#include "rib/follow.h"

struct daemon;
struct neighbor;

/* neighbor.feed; its own but for reading. */
struct feed {
	struct rib_follower *follower; /* NULL: it does not ask, or is not Established */
	struct filter *export;         /* NULL: it does not ask */
	uint32_t refused;              /* times that a prefix could not be sent: no next hop */
	struct ev_timer more;          /* the next batch, in the next turn of the loop */
};

void feed_init(struct neighbor *n);
/* Borrowed; NULL: nothing is passed on. */
void feed_export(struct neighbor *n, struct filter *export);
void feed_up(struct neighbor *n); /* Established as a local speaker */
void feed_down(struct neighbor *n);
/* Everything of these families again. */
void feed_again(struct neighbor *n, uint32_t families);
/* One batch of what is pending, when all that is announced was sent. False: the queue is full. */
bool feed_send(struct neighbor *n);
bool feed_is_complete(const struct neighbor *n); /* End-of-RIB may follow */
/* Decisions were made: who follows them is sent what changed, in the next turn of the loop. */
void feeds_kick(struct daemon *d);
