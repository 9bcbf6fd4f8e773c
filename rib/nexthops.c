#include <stdlib.h>
#include <string.h>

#include "rib/nexthops.h"
#include "rib/state.h"

/* A next hop as a key: the peer and both addresses. */
static uint32_t key_hash(
	const struct rib *r, uint16_t peer, struct addr address, struct addr link_local)
{
	uint32_t h = hash_bytes(&address, sizeof(address), r->seed ^ peer);
	return hash_bytes(&link_local, sizeof(link_local), h);
}

static uint32_t nexthop_hash(const void *owner, uint32_t n)
{
	const struct nexthop *x = rib_nexthop(owner, (uint16_t)n);
	return key_hash(owner, x->peer, x->address, x->link_local);
}

static uint32_t *nexthop_chain(const void *owner, uint32_t n)
{
	return &rib_nexthop(owner, (uint16_t)n)->chain;
}

static const struct index_ops nexthop_ops = {nexthop_hash, nexthop_chain};

void nexthops_init(struct rib *r)
{
	pool_init(&r->nexthops, sizeof(struct nexthop));
	index_init(&r->nexthop_index, &nexthop_ops, r);
	r->nexthop_retry_ms = UINT64_MAX;
}

void nexthops_clear(struct rib *r)
{
	for (uint32_t n = 1; n <= r->nexthops.top; n++)
		if (nexthop_used(r, n))
			free(rib_nexthop(r, (uint16_t)n)->text);
	pool_clear(&r->nexthops);
	index_clear(&r->nexthop_index);
	resolver_clear(&r->resolver);
	reach_clear(&r->reach);
}

static bool nexthop_is(
	const struct nexthop *n, uint16_t peer, struct addr address, struct addr link_local)
{
	return n->peer == peer && addr_equal(n->address, address) &&
	       addr_equal(n->link_local, link_local);
}

static uint16_t nexthop_find(
	const struct rib *r, uint16_t peer, struct addr address, struct addr link_local)
{
	uint32_t n = index_chain(&r->nexthop_index, key_hash(r, peer, address, link_local));
	while (n && !nexthop_is(rib_nexthop(r, (uint16_t)n), peer, address, link_local))
		n = rib_nexthop(r, (uint16_t)n)->chain;
	return (uint16_t)n;
}

static uint16_t nexthop_new(
	struct rib *r, uint16_t peer, struct addr address, struct addr link_local)
{
	uint32_t n = pool_take(&r->nexthops);
	if (!n)
		return 0;
	struct nexthop *x = rib_nexthop(r, (uint16_t)n);
	x->peer = peer;
	x->address = address;
	x->link_local = link_local;
	x->why = RIB_WHY_NEXT_HOP_UNRESOLVED;
	if (!index_insert(&r->nexthop_index, key_hash(r, peer, address, link_local), n)) {
		pool_give(&r->nexthops, n);
		return 0;
	}
	r->peers[peer].nexthops++;
	return (uint16_t)n;
}

static bool nexthop_look(struct rib *r, struct nexthop *x);

uint16_t nexthop_get(struct rib *r, uint16_t peer, const struct attrs *a)
{
	struct peer *p = &r->peers[peer];
	struct addr address = a->next_hop, link_local = a->next_hop_link_local;
	uint16_t n = p->last_nexthop;

	if (!nexthop_used(r, n) || !nexthop_is(rib_nexthop(r, n), peer, address, link_local)) {
		n = nexthop_find(r, peer, address, link_local);
		if (!n && (p->nexthops >= NEXTHOPS_PEER_MAX || r->nexthops.used >= NEXTHOPS_MAX)) {
			address = link_local = (struct addr){0};
			n = nexthop_find(r, peer, address, link_local);
		}
		if (!n)
			n = nexthop_new(r, peer, address, link_local);
		if (!n)
			return 0;
		p->last_nexthop = n;
	}
	if (rib_nexthop(r, n)->paths++ == 0)
		nexthop_look(r, rib_nexthop(r, n)); /* who brings the path judges it */
	return n;
}

void nexthop_put(struct rib *r, uint16_t n)
{
	struct nexthop *x = rib_nexthop(r, n);

	if (--x->paths)
		return;
	index_remove(&r->nexthop_index, key_hash(r, x->peer, x->address, x->link_local), n);
	r->peers[x->peer].nexthops--;
	nexthop_far_leave(r, x);
	neighbor_unwatch(r, x->reach);
	free(x->text);
	x->text = NULL;
	pool_give(&r->nexthops, n);
}

/* Is the gateway the peer's own address? Also when the peer names its link-local address beside the
 * one it is configured with (RFC 2545); not where another one leads to the peer. */
static bool nexthop_own(const struct peer *p, const struct nexthop *n)
{
	return (!n->far && addr_equal(n->address, p->is.address)) ||
	       addr_equal(n->via, p->is.address);
}

static void retry_arm(struct rib *r, struct nexthop *n, uint64_t wait_ms)
{
	n->retry_ms = r->now_ms + wait_ms;
	if (n->retry_ms < r->nexthop_retry_ms)
		r->nexthop_retry_ms = n->retry_ms;
}

static void nexthop_down(struct rib *r, struct nexthop *n, const char *text, uint64_t wait_ms)
{
	n->down = true;
	n->why = RIB_WHY_NEXT_HOP_DOWN;
	free(n->text);
	n->text = strdup(text);
	retry_arm(r, n, wait_ms);
}

/* Holds the gateway while there are permitted paths to it, and only then. */
static void nexthop_hold(struct rib *r, struct nexthop *n)
{
	const struct peer *p = &r->peers[n->peer];
	bool wanted = n->why == RIB_USED && n->permitted && p->state == PEER_UP;

	if (wanted && !n->gateway) {
		n->gateway = gateway_hold(r, n, nexthop_own(p, n));
		if (!n->gateway)
			nexthop_down(r, n, "too many gateways", GATEWAY_RETRY_MAX);
	} else if (!wanted && n->gateway) {
		if (p->state == PEER_UP)
			gateway_release(r, n->gateway, n->peer);
		n->gateway = 0;
	}
}

void nexthop_permitted(struct rib *r, uint16_t n, int by)
{
	struct nexthop *x = rib_nexthop(r, n);
	x->permitted += (uint32_t)by;
	nexthop_hold(r, x);
}

/* What host and peer say of the next hop: everything but `down`. */
static struct nexthop_answer nexthop_answer(const struct rib *r, const struct nexthop *n)
{
	const struct peer *p = &r->peers[n->peer];
	const struct vrf *v = &r->vrfs[p->is.vrf];
	struct nexthop_answer a = {.why = RIB_WHY_NEXT_HOP_UNRESOLVED, .via = n->address};
	bool own = false;

	if (n->link_local.family && p->is.ifindex)
		a.via = n->link_local;
	if (!a.via.family || addr_is_unspecified(a.via) || addr_is_loopback(a.via) ||
		addr_is_multicast(a.via) || !v->device_lives)
		return a;
	a.ifindex = host_resolve(r->host, v->ifindex, a.via, p->is.ifindex, &a.connected, &own);
	if (own) {
		a.why = RIB_WHY_NEXT_HOP_OWN;
	} else if (a.ifindex && !nexthop_may_be_far(&p->is) && a.ifindex != p->is.ifindex) {
		a.ifindex = 0;
	} else if (!a.ifindex) {
		a.far = nexthop_may_be_far(&p->is) &&
			!(a.via.family == ADDR_V6 && addr_is_link_local(a.via));
	} else {
		const struct fib_link *l = host_link_by_index(r->host, a.ifindex);
		a.why = host_link_usable(l) ? RIB_USED : RIB_WHY_NEXT_HOP_DOWN;
	}
	return a;
}

/* Paths inside the connected network may hide the gateway: they are judged again. */
static void connected_changed(struct rib *r, uint16_t vrf)
{
	if (r->vrfs[vrf].inside)
		vrf_judge(r, vrf);
}

/* True when it is not what it was. */
static bool nexthop_look(struct rib *r, struct nexthop *x)
{
	uint16_t vrf = r->peers[x->peer].is.vrf;
	struct nexthop_answer a = nexthop_answer(r, x);

	if (!a.far)
		nexthop_far_leave(r, x);
	else
		nexthop_far_answer(r, x, &a);
	const struct filter *ceiling = a.ifindex ? ceiling_find(r, a.ifindex) : NULL;

	nexthop_reach(r, x, &a);
	if (x->down && a.why == RIB_USED)
		a.why = RIB_WHY_NEXT_HOP_DOWN;
	bool moved = x->ifindex != a.ifindex || !addr_equal(x->via, a.via) ||
		     !prefix_equal(x->connected, a.connected);
	x->said = a.said;
	x->onlink = a.onlink;
	if (!moved && x->why == a.why && x->ceiling == ceiling)
		return false;
	if (x->gateway && (moved || a.why != RIB_USED)) {
		x->why = RIB_WHY_NEXT_HOP_DOWN; /* gives the old gateway back */
		nexthop_hold(r, x);
	}
	x->why = (uint8_t)a.why;
	x->ifindex = a.ifindex;
	x->via = a.via;
	x->connected = a.connected;
	x->ceiling = ceiling;
	if (moved)
		connected_changed(r, vrf);
	nexthop_hold(r, x);
	return true;
}

void nexthop_resolve(struct rib *r, uint16_t n)
{
	struct nexthop *x = rib_nexthop(r, n);

	if (nexthop_look(r, x))
		x->due = sweep_job(r, r->peers[x->peer].is.vrf);
}

void nexthop_gateway_died(struct rib *r, uint16_t n, enum gateway_loss loss, const char *text)
{
	struct nexthop *x = rib_nexthop(r, n);

	x->gateway = 0;
	if (r->peers[x->peer].state != PEER_UP)
		return;
	x->due = sweep_job(r, r->peers[x->peer].is.vrf);
	if (loss == LOSS_AGAIN) {
		x->level = 0;
		nexthop_resolve(r, n);
		nexthop_hold(r, x);
		return;
	}
	uint64_t wait = (uint64_t)RETRY_FIRST_MS << x->level;
	if (wait < GATEWAY_RETRY_MAX)
		x->level++;
	else
		wait = GATEWAY_RETRY_MAX;
	nexthop_down(r, x, text, wait);
	if (loss == LOSS_BFD) { /* tells no time: armed by the next nexthops_run() */
		x->down_bfd = true;
		x->retry_ms = 0;
		r->nexthop_retry_ms = 0;
	}
}

void nexthop_retry(struct rib *r, uint16_t n)
{
	struct nexthop *x = rib_nexthop(r, n);

	x->down = x->down_bfd = false;
	x->retry_ms = 0;
	free(x->text);
	x->text = NULL;
	nexthop_resolve(r, n);
}

void nexthops_run(struct rib *r)
{
	if (r->now_ms < r->nexthop_retry_ms)
		return;
	r->nexthop_retry_ms = UINT64_MAX;
	for (uint32_t n = 1; n <= r->nexthops.top; n++) {
		struct nexthop *x = rib_nexthop(r, (uint16_t)n);
		if (!nexthop_used(r, n) || !x->down)
			continue;
		if (x->down_bfd && !x->retry_ms)
			retry_arm(r, x, GATEWAY_RETRY_BFD);
		else if (x->retry_ms <= r->now_ms)
			nexthop_retry(r, (uint16_t)n);
		else if (x->retry_ms < r->nexthop_retry_ms)
			r->nexthop_retry_ms = x->retry_ms;
	}
}

static struct rib_gateway_view *find_view(
	struct rib_gateway_view *views, size_t n, const struct nexthop *x)
{
	for (size_t i = 0; i < n; i++)
		if (views[i].ifindex == x->ifindex && addr_equal(views[i].addr, x->via))
			return &views[i];
	return NULL;
}

size_t rib_next_hops_down(const struct rib *r, struct rib_gateway_view *out, size_t max)
{
	size_t found = 0;

	for (uint32_t n = 1; n <= r->nexthops.top; n++) {
		if (!nexthop_used(r, n))
			continue;
		const struct nexthop *x = rib_nexthop(r, (uint16_t)n);
		struct rib_gateway_view *v = find_view(out, found, x);
		if (x->why != RIB_WHY_NEXT_HOP_DOWN || (!v && found == max))
			continue;
		if (!v) {
			v = &out[found++];
			*v = (struct rib_gateway_view){.ifindex = x->ifindex,
				.addr = x->via,
				.reason = nexthop_text(x)[0] ? nexthop_text(x)
							     : "its interface is down"};
		}
		v->holders++;
	}
	return found;
}
