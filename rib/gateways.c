#include <stdlib.h>

#include "rib/nexthops.h"
#include "rib/state.h"

uint16_t gateway_find(const struct rib *r, uint32_t handle)
{
	for (uint32_t i = 0; i < r->gateways_top && handle; i++)
		if (r->gateways[i].handle == handle)
			return (uint16_t)(i + 1);
	return 0;
}

static struct hold **hold_find(struct gateway *g, uint16_t peer)
{
	struct hold **h = &g->holds;
	while (*h && (*h)->peer != peer)
		h = &(*h)->next;
	return h;
}

static void hold_tell(
	struct rib *r, enum fib_msg_type type, const struct gateway *g, struct hold *h)
{
	struct fib_hold m = {.incarnation = r->peers[h->peer].is.incarnation,
		.gateway = g->handle,
		.own = h->own};
	out_add(&r->out, type, &m, sizeof(m));
	h->packet = r->out.made;
}

/* Frees the gateway when nobody holds it and no group names it. */
static void gateway_free_unused(struct rib *r, struct gateway *g)
{
	if (!g->handle || g->holds || g->groups || (g->adopted && r->adopt != ADOPT_NONE))
		return;
	struct fib_handle m = {g->handle};
	out_add(&r->out, FIB_MSG_GATEWAY_FREE, &m, sizeof(m));
	neighbor_unwatch(r, g->reach);
	*g = (struct gateway){0};
	while (r->gateways_top && !r->gateways[r->gateways_top - 1].handle)
		r->gateways_top--;
}

void gateways_free_unused(struct rib *r)
{
	for (uint32_t i = r->gateways_top; i-- > 0;)
		if (i < r->gateways_top)
			gateway_free_unused(r, &r->gateways[i]);
}

/* The living gateway of that name, or a new one in a free slot; NULL: no slot. */
static struct gateway *gateway_get(struct rib *r, uint32_t ifindex, struct addr addr, bool onlink)
{
	struct gateway *unused = NULL;

	for (uint32_t i = 0; i < r->gateways_top; i++) {
		struct gateway *g = &r->gateways[i];
		if (g->handle && g->ifindex == ifindex && addr_equal(g->addr, addr))
			return g;
		if (!g->handle && !unused)
			unused = g;
	}
	if (!unused && r->gateways_top < GATEWAYS_MAX)
		unused = &r->gateways[r->gateways_top++];
	if (!unused)
		return NULL;
	*unused = (struct gateway){.handle = ++r->gateway_handle, .ifindex = ifindex, .addr = addr};
	struct fib_gateway m = {
		.gateway = unused->handle, .ifindex = ifindex, .addr = addr, .onlink = onlink};
	out_add(&r->out, FIB_MSG_GATEWAY, &m, sizeof(m));
	return unused;
}

uint16_t gateway_hold(struct rib *r, const struct nexthop *n, bool own)
{
	uint16_t peer = n->peer;
	struct gateway *g = gateway_get(r, n->ifindex, n->via, n->onlink);
	if (!g)
		return 0;
	struct hold **place = hold_find(g, peer), *h = *place;
	if (!h) {
		h = reserve_malloc(&r->out.reserve, sizeof(*h));
		if (!h) {
			r->out.no_memory = true;
			gateway_free_unused(r, g);
			return 0;
		}
		*h = (struct hold){.peer = peer, .own = own};
		*place = h;
		hold_tell(r, FIB_MSG_HOLD, g, h);
	} else if (own && !h->own) {
		h->own = true;
		hold_tell(r, FIB_MSG_HOLD, g, h);
	}
	h->nexthops++;
	return (uint16_t)(g - r->gateways + 1);
}

void gateway_release(struct rib *r, uint16_t gateway, uint16_t peer)
{
	struct gateway *g = &r->gateways[gateway - 1];
	struct hold **place = hold_find(g, peer), *h = *place;

	if (!h || --h->nexthops)
		return;
	hold_tell(r, FIB_MSG_RELEASE, g, h);
	*place = h->next;
	free(h);
	gateway_free_unused(r, g);
}

void gateway_named(struct rib *r, uint32_t handle, int by)
{
	uint16_t gateway = gateway_find(r, handle);

	if (!gateway)
		return;
	struct gateway *g = &r->gateways[gateway - 1];
	g->groups += (uint32_t)by;
	gateway_free_unused(r, g);
}

void gateway_die(struct rib *r, uint16_t gateway, enum gateway_loss loss, const char *text)
{
	struct gateway *g = &r->gateways[gateway - 1];

	while (g->holds) {
		struct hold *h = g->holds;
		g->holds = h->next;
		free(h);
	}
	g->adopted = false;
	g->groups++; /* kept until all groups have dropped it */
	groups_drop(r, g->handle);
	g->groups--;
	gateway_free_unused(r, g);
	/* from here on the slot may be another gateway's: next hops that led to the dead one know
	 * its slot only until this loop has passed */
	for (uint32_t n = 1; n <= r->nexthops.top; n++)
		if (nexthop_used(r, n) && rib_nexthop(r, (uint16_t)n)->gateway == gateway)
			rib_nexthop(r, (uint16_t)n)->gateway = UINT16_MAX;
	for (uint32_t n = 1; n <= r->nexthops.top; n++)
		if (nexthop_used(r, n) && rib_nexthop(r, (uint16_t)n)->gateway == UINT16_MAX)
			nexthop_gateway_died(r, (uint16_t)n, loss, text);
}

static const char *gateway_doubt(const struct rib *r, const struct gateway *g)
{
	return rib_neighbor(r, g->ifindex, g->addr) == FIB_NEIGHBOR_FAILED
		       ? "it does not answer (ARP, ND), but its BFD is Up"
		       : "";
}

size_t rib_gateways(const struct rib *r, struct rib_gateway_view *out, size_t max)
{
	size_t found = 0;

	for (uint32_t i = 0; i < r->gateways_top; i++) {
		const struct gateway *g = &r->gateways[i];
		if (!g->handle)
			continue;
		if (found < max) {
			out[found] = (struct rib_gateway_view){.gateway = g->handle,
				.ifindex = g->ifindex,
				.addr = g->addr,
				.usable = true,
				.reason = gateway_doubt(r, g)};
			for (const struct hold *h = g->holds; h; h = h->next)
				out[found].holders++;
		}
		found++;
	}
	return found;
}
