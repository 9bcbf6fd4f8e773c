/* Entries of the kernel's neighbour table that gateways stand for. */
#include "rib/nexthops.h"
#include "rib/state.h"

static void tell(struct rib *r, uint32_t ifindex, struct addr a, bool present, bool probe)
{
	struct fib_watch_neighbor m = {
		.ifindex = ifindex, .addr = a, .present = present, .probe = probe};
	out_add(&r->out, FIB_MSG_NEIGHBOR, &m, sizeof(m));
}

uint16_t neighbor_watch(struct rib *r, uint32_t ifindex, struct addr a, bool probe)
{
	uint16_t slot = reach_get(&r->reach, ifindex, a);

	if (slot && reach_at(&r->reach, slot)->users == 1)
		tell(r, ifindex, a, true, probe);
	return slot;
}

void neighbor_unwatch(struct rib *r, uint16_t slot)
{
	struct reached was;

	if (!slot)
		return;
	was = *reach_at(&r->reach, slot);
	if (reach_put(&r->reach, slot))
		tell(r, was.ifindex, was.addr, false, false);
}

static bool is_lost(const struct reached *x)
{
	return x->state == FIB_NEIGHBOR_FAILED && !x->vouched;
}

void nexthop_reach(struct rib *r, struct nexthop *x, struct nexthop_answer *a)
{
	uint16_t was = x->reach;
	const struct reached *e = was ? reach_at(&r->reach, was) : NULL;

	if (!e || e->ifindex != a->ifindex || !addr_equal(e->addr, a->via)) {
		x->reach = a->ifindex ? neighbor_watch(r, a->ifindex, a->via, false) : 0;
		neighbor_unwatch(r, was);
	}
	if (a->why == RIB_USED && x->reach && is_lost(reach_at(&r->reach, x->reach))) {
		a->why = RIB_WHY_NEXT_HOP_DOWN;
		a->said = "it does not answer (ARP, ND)";
	}
}

/* The gateway with that entry dies at once, with one message, where it is lost; its handle, 0. */
static uint32_t gateway_of_lost(struct rib *r, const struct reached *e)
{
	for (uint32_t i = 0; i < r->gateways_top && is_lost(e); i++) {
		const struct gateway *g = &r->gateways[i];
		uint32_t handle = g->handle;
		if (!handle || g->ifindex != e->ifindex || !addr_equal(g->addr, e->addr))
			continue;
		gateway_die(r, (uint16_t)(i + 1), LOSS_AGAIN, "");
		return handle;
	}
	return 0;
}

static uint32_t neighbor_changed(struct rib *r, uint16_t slot)
{
	const struct reached e = *reach_at(&r->reach, slot);
	uint32_t handle = gateway_of_lost(r, &e);

	for (uint32_t n = 1; n <= r->nexthops.top; n++)
		if (nexthop_used(r, n) && rib_nexthop(r, (uint16_t)n)->reach == slot &&
			r->peers[rib_nexthop(r, (uint16_t)n)->peer].state == PEER_UP)
			nexthop_resolve(r, (uint16_t)n);
	return handle;
}

uint32_t rib_neighbor_state(struct rib *r, const struct fib_neighbor_state *m, bool vouched)
{
	uint16_t slot = reach_find(&r->reach, m->ifindex, m->addr);

	if (!slot || m->state > FIB_NEIGHBOR_FAILED)
		return 0;
	reach_at(&r->reach, slot)->state = m->state;
	reach_at(&r->reach, slot)->vouched = vouched;
	return neighbor_changed(r, slot);
}

uint32_t rib_neighbor_vouch(struct rib *r, uint32_t ifindex, struct addr a, bool vouched)
{
	uint16_t slot = reach_find(&r->reach, ifindex, a);

	if (!slot || reach_at(&r->reach, slot)->vouched == vouched)
		return 0;
	reach_at(&r->reach, slot)->vouched = vouched;
	return neighbor_changed(r, slot);
}

enum fib_neighbor rib_neighbor(const struct rib *r, uint32_t ifindex, struct addr a)
{
	uint16_t slot = reach_find(&r->reach, ifindex, a);
	return slot ? (enum fib_neighbor)reach_at(&r->reach, slot)->state : FIB_NEIGHBOR_NONE;
}
