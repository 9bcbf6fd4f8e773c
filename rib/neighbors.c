/* Entries of the kernel's neighbour table that gateways stand for. */
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

void rib_neighbor_state(struct rib *r, const struct fib_neighbor_state *m)
{
	uint16_t slot = reach_find(&r->reach, m->ifindex, m->addr);

	if (slot && m->state <= FIB_NEIGHBOR_FAILED)
		reach_at(&r->reach, slot)->state = m->state;
}

enum fib_neighbor rib_neighbor(const struct rib *r, uint32_t ifindex, struct addr a)
{
	uint16_t slot = reach_find(&r->reach, ifindex, a);
	return slot ? (enum fib_neighbor)reach_at(&r->reach, slot)->state : FIB_NEIGHBOR_NONE;
}
