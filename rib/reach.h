/*
 * Gateways whose entry in the kernel's neighbour table (ARP, ND) is of interest, and what it says
 * (FIB_MSG_NEIGHBOR, FIB_MSG_NEIGHBOR_STATE). Pure; bgp process, a part of the RIB.
 *
 * One slot an (interface, address). The caller tells fib of the first user and of the last one that
 * goes.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "rib/fib/channel.h"

struct reached {
	uint32_t ifindex;
	struct addr addr;
	uint8_t state;  /* enum fib_neighbor */
	bool vouched;   /* its BFD is Up, which is stronger evidence than an entry that failed */
	uint32_t users; /* 0: a free slot */
};

struct reach {
	struct reached *at;
	uint16_t top;
	uint16_t room;
};

/* Slot + 1 with one user more; 0: FIB_NEIGHBORS_MAX are in use, or no memory. */
uint16_t reach_get(struct reach *x, uint32_t ifindex, struct addr a);
/* One user less; true: it was the last one. */
bool reach_put(struct reach *x, uint16_t slot);
uint16_t reach_find(const struct reach *x, uint32_t ifindex, struct addr a); /* slot + 1, 0 */
void reach_clear(struct reach *x);

static inline struct reached *reach_at(const struct reach *x, uint16_t slot)
{
	return &x->at[slot - 1];
}
