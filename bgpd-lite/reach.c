/* Does a gateway answer? What the kernel's neighbour table says, and BFD, which is the stronger
 * evidence: an entry that failed while BFD is Up is only shown. */
#include <stdio.h>

#include "bgpd-lite/neighbor.h"
#include "lib/clock.h"
#include "lib/log.h"

static bool is_its_bfd(const struct neighbor *n, uint32_t ifindex, struct addr a)
{
	return n->bfd_id && !n->bfd_wish.multihop && n->bfd_wish.ifindex == ifindex &&
	       addr_equal(n->bfd_wish.remote, a);
}

static bool is_up(const struct neighbor *n)
{
	return n->bfd_told && n->bfd.state == BFD_STATE_UP;
}

static bool bfd_vouches(const struct daemon *d, uint32_t ifindex, struct addr a)
{
	for (size_t i = 0; i < d->neighbors_n; i++)
		if (is_its_bfd(d->neighbors[i], ifindex, a) && is_up(d->neighbors[i]))
			return true;
	return false;
}

static void lose(struct daemon *d, uint32_t gateway, struct addr a)
{
	char text[ADDR_TEXT_MAX];

	if (gateway) {
		fibc_gateway_down(d, gateway);
		events_add(&d->events, clock_realtime_ns(), EVENT_GATEWAY, addr_text(a, text),
			"lost: it does not answer (ARP, ND)");
	}
	fibc_kick(d);
}

void reach_receive(struct daemon *d, const struct fib_neighbor_state *m)
{
	enum fib_neighbor was = rib_neighbor(d->rib, m->ifindex, m->addr);
	bool vouched = bfd_vouches(d, m->ifindex, m->addr);
	uint32_t gateway = rib_neighbor_state(d->rib, m, vouched);
	char text[ADDR_TEXT_MAX];

	if (m->state == FIB_NEIGHBOR_FAILED && was != FIB_NEIGHBOR_FAILED) {
		log_warn("gateway does not answer address=%s ifindex=%u used=%s",
			addr_text(m->addr, text), m->ifindex,
			vouched ? "\"yes, its BFD is Up\"" : "no");
	} else if (was == FIB_NEIGHBOR_FAILED && m->state == FIB_NEIGHBOR_GOOD) {
		log_info("gateway answers again address=%s ifindex=%u", addr_text(m->addr, text),
			m->ifindex);
		events_add(&d->events, clock_realtime_ns(), EVENT_GATEWAY, addr_text(m->addr, text),
			"answers again (ARP, ND)");
	}
	lose(d, gateway, m->addr);
}

void reach_bfd_changed(struct neighbor *n)
{
	struct daemon *d = n->daemon;
	uint32_t ifindex = n->bfd_wish.ifindex;
	struct addr a = n->bfd_wish.remote;

	if (n->bfd_wish.multihop || !ifindex)
		return;
	lose(d, rib_neighbor_vouch(d->rib, ifindex, a, bfd_vouches(d, ifindex, a)), a);
}
