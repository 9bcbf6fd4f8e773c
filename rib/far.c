/* Next hops that are on no link of ours: which of them fib looks up, and what follows from its
 * answers. */
#include "rib/nexthops.h"
#include "rib/state.h"

static void resolve_tell(struct rib *r, const struct fib_resolve *m)
{
	out_add(&r->out, FIB_MSG_RESOLVE, m, sizeof(*m));
}

void nexthop_far_leave(struct rib *r, struct nexthop *x)
{
	struct fib_resolve was;

	if (x->far && resolver_put(&r->resolver, x->far, &was))
		resolve_tell(r, &was);
	x->far = 0;
}

/* False: there are too many. */
static bool far_join(struct rib *r, struct nexthop *x)
{
	uint32_t vrf_ifindex = r->vrfs[r->peers[x->peer].is.vrf].ifindex;
	struct fib_resolve m = {.vrf_ifindex = vrf_ifindex, .addr = x->address, .present = 1};

	if (x->far && resolver_at(&r->resolver, x->far)->is.vrf_ifindex != vrf_ifindex)
		nexthop_far_leave(r, x);
	if (x->far)
		return true;
	x->far = resolver_get(&r->resolver, vrf_ifindex, x->address);
	if (x->far && resolver_at(&r->resolver, x->far)->users == 1)
		resolve_tell(r, &m);
	return x->far != 0;
}

/* By the kernel's routes. */
static void far_answer(const struct rib *r, const struct nexthop *n, struct nexthop_answer *a)
{
	const struct fib_resolved *k = &resolver_at(&r->resolver, n->far)->is;
	const struct fib_link *l = host_link_by_index(r->host, k->ifindex);

	a->said = resolver_text((enum fib_way)k->way);
	if (k->way != FIB_WAY_FOUND)
		return;
	if (!l || l->vrf_table || host_link_vrf(r->host, k->ifindex) != k->vrf_ifindex) {
		a->said = "the kernel's route to it leaves the VRF";
		return;
	}
	a->ifindex = k->ifindex;
	a->via = k->gateway;
	a->onlink = k->onlink;
	a->connected = prefix_make(n->address, k->len);
	a->why = host_link_usable(l) ? RIB_USED : RIB_WHY_NEXT_HOP_DOWN;
}

void nexthop_far_answer(struct rib *r, struct nexthop *x, struct nexthop_answer *a)
{
	if (far_join(r, x))
		far_answer(r, x, a);
	else
		a->said = "too many next hops are to be resolved by the kernel's routes";
}

bool nexthop_may_be_far(const struct rib_peer *p)
{
	return !p->ebgp || !p->ifindex;
}

bool nexthop_far_hidden(const struct rib *r, const struct nexthop *n, const struct prefix *p)
{
	for (uint16_t i = 0; n->far && i < r->resolver.top; i++) {
		const struct resolving *x = &r->resolver.at[i];
		if (x->users && x->is.way == FIB_WAY_FOUND && x->is.len <= p->len &&
			x->is.vrf_ifindex == r->resolver.at[n->far - 1].is.vrf_ifindex &&
			prefix_has_addr(*p, x->is.addr))
			return true;
	}
	return false;
}

/* Paths of other far next hops may have been the better way to this one, or are it no longer. */
void rib_resolved(struct rib *r, const struct fib_resolved *m)
{
	uint16_t far = resolver_answer(&r->resolver, m);

	for (uint32_t n = 1; far && n <= r->nexthops.top; n++) {
		struct nexthop *x = rib_nexthop(r, (uint16_t)n);
		if (!nexthop_used(r, n) || !x->far || r->peers[x->peer].state != PEER_UP ||
			resolver_at(&r->resolver, x->far)->is.vrf_ifindex != m->vrf_ifindex)
			continue;
		x->due = sweep_job(r, r->peers[x->peer].is.vrf);
		bool moved = x->ifindex != m->ifindex || !addr_equal(x->via, m->gateway);
		if (x->far == far && x->down && moved)
			nexthop_retry(r, (uint16_t)n); /* another gateway is not down */
		else if (x->far == far)
			nexthop_resolve(r, (uint16_t)n);
	}
}

size_t rib_next_hops(const struct rib *r, struct rib_next_hop_view *out, size_t max)
{
	size_t found = 0;

	for (uint32_t n = 1; n <= r->nexthops.top; n++) {
		const struct nexthop *x = rib_nexthop(r, (uint16_t)n);
		if (!nexthop_used(r, n) || r->peers[x->peer].state != PEER_UP ||
			(!x->far && (x->why == RIB_USED || x->why == RIB_WHY_NEXT_HOP_DOWN)))
			continue;
		if (found < max)
			out[found] =
				(struct rib_next_hop_view){.peer_name = r->peers[x->peer].is.name,
					.vrf = r->peers[x->peer].is.vrf,
					.address = x->address,
					.far = x->far != 0,
					.gateway = x->via,
					.ifindex = x->ifindex,
					.route = x->connected,
					.why = x->why,
					.why_text = nexthop_text(x),
					.paths = x->paths};
		found++;
	}
	return found;
}

const char *nexthop_text(const struct nexthop *x)
{
	if (x->why == RIB_WHY_NEXT_HOP_DOWN && x->text)
		return x->text;
	return x->why != RIB_USED && x->said ? x->said : "";
}
