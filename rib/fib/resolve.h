/*
 * Next hops that are on no link of ours: what the kernel's routes say of them (FIB_MSG_RESOLVE,
 * FIB_MSG_RESOLVED). fib process, edge.
 *
 * Each is looked up as the kernel would for a packet to it (RTM_GETROUTE with the VRF's device):
 * when bgp asks, RESOLVE_SETTLE_MS after something changed that may concern it (a route of another
 * program that has its address, links, addresses), RESOLVE_OURS_MS after we wrote routes, and every
 * RESOLVE_SLOW_MS in any case. bgp is told when the answer is another one.
 *
 * A route of our protocol whose nexthop id is in our range is never a way. Of several equal
 * nexthops of a route the first that is alive is taken: who wants to share the load among them
 * names them as next hops.
 *
 * Notifications of routes come over a socket that is open while there are next hops to look up; it
 * drops what we write ourselves. Where it overflows, all are looked up again.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rib/fib/channel.h"

enum {
	RESOLVE_SETTLE_MS = 50,
	RESOLVE_OURS_MS = 1000,
	RESOLVE_SLOW_MS = 10000,
};

struct fib;

struct resolve_target {
	struct fib_resolved told; /* way FIB_WAY_ASKED: nothing yet */
	bool due;
};

struct resolve {
	struct resolve_target *target;
	size_t n;
	uint64_t at_ms;   /* the next look at what is due; UINT64_MAX: none */
	uint64_t slow_ms; /* the next look at all */
};

void resolve_take(struct fib *f, const struct fib_resolve *m);
void resolve_all(struct fib *f);     /* something changed that may concern all */
void resolve_written(struct fib *f); /* we wrote routes */
/* What waits on f->kernel.routes.fd. */
void resolve_read(struct fib *f);
int resolve_wait_ms(const struct resolve *r, uint64_t now_ms); /* -1: nothing is due */
void resolve_look(struct fib *f);
void resolve_free(struct resolve *r);
