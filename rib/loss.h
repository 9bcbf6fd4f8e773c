/*
 * Which ECMP sets the loss of some peers would leave, found out without losing them. Pure.
 */
#pragma once

#include "rib/rib.h"

/* A prefix that is usable now. */
struct rib_loss {
	uint16_t vrf;
	struct prefix prefix;
	const struct group_set *now;  /* live sets, as the decision yields them now */
	const struct group_set *then; /* without the paths of those peers; empty: it is lost */
};

/* A walk of all prefixes, as rib_walk(). lost: RIB_PEERS_MAX slots. Paths of the other peers stay
 * as they are. */
bool rib_loss_walk(struct rib *r, const bool *lost, struct rib_cursor *c, unsigned budget,
	void (*visit)(void *arg, const struct rib_loss *x), void *arg);
