/*
 * Next hops of the RIB, the gateways that they lead to and the holds on them, for the RIB's own
 * files: gateways.c, nexthops.c, far.c (those on no link of ours), neighbors.c (ARP and ND). Pure.
 */
#pragma once

#include "rib/state.h"

/* gateways.c */
uint16_t gateway_find(const struct rib *r, uint32_t handle); /* slot + 1, 0 */
/* Finds or makes the next hop's gateway and adds its peer's hold to it. Slot + 1; 0: too many
 * gateways. */
uint16_t gateway_hold(struct rib *r, const struct nexthop *n, bool own);
void gateway_release(struct rib *r, uint16_t gateway, uint16_t peer);
void gateways_free_unused(struct rib *r);
void gateway_named(struct rib *r, uint32_t handle, int by); /* groups that name it: +1, -1 */
enum gateway_loss {
	LOSS_AGAIN,  /* its next hops are resolved again at once */
	LOSS_KERNEL, /* they wait for a retry */
	LOSS_BFD,    /* they wait for the session with its address */
};
/* The gateway is dead in fib, or will be when fib reads that it is free. */
void gateway_die(struct rib *r, uint16_t gateway, enum gateway_loss loss, const char *text);

/* nexthops.c */
void nexthops_init(struct rib *r);
void nexthops_clear(struct rib *r);
uint16_t nexthop_get(struct rib *r, uint16_t peer, const struct attrs *a); /* 0: no memory */
void nexthop_put(struct rib *r, uint16_t n); /* one path less; frees it with the last */
void nexthop_permitted(struct rib *r, uint16_t n, int by);
/* Finds interface and gateway again; what changed is swept. */
void nexthop_resolve(struct rib *r, uint16_t n);
void nexthop_gateway_died(struct rib *r, uint16_t n, enum gateway_loss loss, const char *text);
void nexthop_retry(struct rib *r, uint16_t n); /* nothing is down any more, as far as we know */
void nexthops_run(struct rib *r);              /* retries that are due */
static inline bool nexthop_used(const struct rib *r, uint32_t n)
{
	return n && n <= r->nexthops.top && rib_nexthop(r, (uint16_t)n)->paths > 0;
}

/* What host, peer and the kernel's routes say of a next hop: everything but `down`. */
struct nexthop_answer {
	enum rib_why why;
	uint32_t ifindex;
	struct addr via;
	struct prefix connected;
	bool far; /* on no link of ours */
	bool onlink;
	const char *said; /* a constant; NULL: `why` says it all */
};

/* far.c */
/* Sessions of several hops, and internal ones, may name next hops that are on no link of ours. */
bool nexthop_may_be_far(const struct rib_peer *p);
void nexthop_far_answer(struct rib *r, struct nexthop *x, struct nexthop_answer *a);
void nexthop_far_leave(struct rib *r, struct nexthop *x); /* it is far no longer, if it was */
/* The next hop of such a path needs a route of the kernel itself: could the path become the way to
 * one, next hops would lead to each other, or to themselves. */
bool nexthop_far_hidden(const struct rib *r, const struct nexthop *n, const struct prefix *p);
const char *nexthop_text(const struct nexthop *x); /* more than `why` says; "" for nothing */

/* neighbors.c */
/* Slot + 1 of r->reach; 0: too many. probe: the kernel is to ask at once. */
uint16_t neighbor_watch(struct rib *r, uint32_t ifindex, struct addr a, bool probe);
void neighbor_unwatch(struct rib *r, uint16_t slot); /* 0: nothing */
/* The neighbour entry of the answer's gateway is watched; one that failed makes it unusable. */
void nexthop_reach(struct rib *r, struct nexthop *x, struct nexthop_answer *a);
