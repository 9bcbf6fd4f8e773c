/* Next hops that are on no link of ours, and the routes of other programs that lead to them. */
#include <linux/rtnetlink.h>

#include "tests/unit/fib/sim.h"

enum {
	STATIC_METRIC = 50,
};

bool sim_is_far(const struct sim *s, unsigned peer)
{
	return s->faults & SIM_FAR && peer % 2;
}

static struct addr address(unsigned number, unsigned net, uint8_t last, bool v6)
{
	uint8_t b[16] = {0x20, 0x01, 0x0d, 0xb8, (uint8_t)net, (uint8_t)number};
	b[15] = last;
	return v6 ? addr_from_bytes(ADDR_V6, b) : addr_v4((net << 24) + (number << 8) + last);
}

struct addr sim_far_address(unsigned peer, bool v6)
{
	return address(peer, 172, 1, v6);
}

static struct prefix network(unsigned peer, bool v6)
{
	return prefix_make(sim_far_address(peer, v6), v6 ? 48 : 24);
}

/* The router of that peer on that link. */
static struct addr router(unsigned peer, unsigned link, bool v6)
{
	struct addr a = address(link, 10, (uint8_t)(100 + peer), v6);
	if (v6)
		a.b[4] = 0; /* of the links' networks */
	return a;
}

static uint32_t table_of(const struct sim *s, unsigned peer)
{
	return sim_vrf_of(peer) ? s->blue_table : RT_TABLE_MAIN;
}

static void route_set(struct sim *s, unsigned peer, bool v6, unsigned link)
{
	struct hop hop = {.ifindex = link, .addr = router(peer, link, v6), .weight = 1};
	struct nlbuild_route r = {.table = table_of(s, peer),
		.metric = STATIC_METRIC,
		.protocol = RTPROT_STATIC,
		.hop = &hop,
		.hop_n = 1,
		.prefix = network(peer, v6)};
	struct nl_msg *m = sim_message();
	nlbuild_route_set(m, &r);
	sim_ask(s, m, v6 ? "the way to the IPv6 next hop of" : "the way to the next hop of", peer);
}

static void route_del(struct sim *s, unsigned peer, bool v6)
{
	struct nlbuild_route r = {.table = table_of(s, peer),
		.metric = STATIC_METRIC,
		.protocol = RTPROT_STATIC,
		.prefix = network(peer, v6)};
	struct nl_msg *m = sim_message();
	nlbuild_route_del(m, &r);
	sim_ask(s, m, "no way to the next hop of", peer);
}

void sim_far_all(struct sim *s)
{
	for (unsigned n = 1; n < SIM_PEERS; n += 2) {
		route_set(s, n, false, sim_link_of(n));
		route_set(s, n, true, sim_link_of(n));
	}
}

void sim_far_event(struct sim *s)
{
	unsigned peer = 2 * sim_dice(s, SIM_PEERS / 2) + 1;
	bool v6 = sim_dice(s, 2);

	if (!table_of(s, peer))
		return;
	if (sim_dice(s, 3) == 0)
		route_del(s, peer, v6);
	else
		route_set(s, peer, v6, sim_vrf_of(peer) ? 5 : SIM_LINK + sim_dice(s, 3));
}

/* The first that has the address, as the lowest metric comes first; none lies within another. */
static const struct nlread_route *route_of(const struct sim *s, unsigned peer, bool v6)
{
	for (size_t i = 0; i < s->kernel->route_n; i++) {
		const struct nlread_route *r = &s->kernel->route[i].is;
		if (r->table == table_of(s, peer) && r->prefix.len &&
			prefix_has_addr(r->prefix, sim_far_address(peer, v6)))
			return r;
	}
	return NULL;
}

void sim_far_repair(struct sim *s)
{
	for (unsigned i = 0; s->faults & SIM_FAR && i < SIM_PEERS; i++) {
		unsigned n = i | 1;
		bool v6 = i % 2;
		const struct nlread_route *r = route_of(s, n, v6);
		if (r && r->hop_n && !sim_address_is_there(s, r->hop[0].ifindex, v6))
			route_del(s, n, v6);
	}
}

bool sim_far_way(const struct sim *s, unsigned peer, bool v6, struct hop *out)
{
	const struct nlread_route *r = table_of(s, peer) ? route_of(s, peer, v6) : NULL;
	if (!r || r->type != RTN_UNICAST || r->protocol == FAKE_ROUTE_PROTOCOL || !r->hop_n ||
		!(fake_link(s->kernel, r->hop[0].ifindex)->flags & FIB_LINK_CARRIER))
		return false;
	*out = r->hop[0];
	return true;
}
