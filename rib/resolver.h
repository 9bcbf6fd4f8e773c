/*
 * Next hops that are on no link of ours: which of them are of interest, and what the kernel's
 * routes say of each (FIB_MSG_RESOLVE, FIB_MSG_RESOLVED). Pure; bgp process, a part of the RIB.
 *
 * One slot a (VRF device, address), shared by all sessions that send that next hop. The caller
 * tells fib of the first user and of the last one that goes.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rib/fib/channel.h"

struct resolving {
	struct fib_resolved is; /* way FIB_WAY_ASKED until fib has answered */
	uint32_t users;         /* 0: a free slot */
};

struct resolver {
	struct resolving *at;
	uint16_t top; /* slots, some of them free */
	uint16_t room;
};

/* Slot + 1, with one user more; 0: FIB_RESOLVE_MAX are in use, or no memory. */
uint16_t resolver_get(struct resolver *x, uint32_t vrf_ifindex, struct addr a);
/* One user less. True: that was the last one, and *was says whom fib is to forget. */
bool resolver_put(struct resolver *x, uint16_t slot, struct fib_resolve *was);
/* Slot + 1 of what the answer is about, when it says something new; 0: it does not, or nobody is
 * interested any more. */
uint16_t resolver_answer(struct resolver *x, const struct fib_resolved *m);
/* A sentence on what `way` means where it is not FIB_WAY_FOUND. */
const char *resolver_text(enum fib_way way);
void resolver_clear(struct resolver *x);

static inline const struct resolving *resolver_at(const struct resolver *x, uint16_t slot)
{
	return &x->at[slot - 1];
}
