#include <stdlib.h>
#include <string.h>

#include "rib/nexthops.h"
#include "rib/state.h"

static void peer_free(struct peer *p)
{
	free((char *)p->is.name);
	filter_put(p->import);
	*p = (struct peer){0};
}

void peers_round_done(struct rib *r)
{
	for (uint16_t i = 0; i < RIB_PEERS_MAX; i++) {
		struct peer *p = &r->peers[i];
		if (sweep_pending(r, p->due))
			continue;
		if (p->state == PEER_GONE)
			peer_free(p);
		for (int k = 0; k < 2; k++)
			p->oldest[k] = (uint8_t)(p->epoch[k] - p->age_max[k]);
	}
}

/* BFD said that this gateway is dead; its session is up again. */
static void nexthops_revive(struct rib *r, const struct rib_peer *p)
{
	for (uint32_t n = 1; n <= r->nexthops.top; n++) {
		const struct nexthop *x = rib_nexthop(r, (uint16_t)n);
		if (nexthop_used(r, n) && x->down_bfd && r->peers[x->peer].is.vrf == p->vrf &&
			(addr_equal(x->via, p->address) || addr_equal(x->address, p->address)))
			nexthop_retry(r, (uint16_t)n);
	}
}

/* A route to the peer's own address, learnt before, would now cut it off. */
static void paths_judge_vrf(struct rib *r, uint16_t vrf)
{
	if (r->vrfs[vrf].inside)
		vrf_judge(r, vrf);
}

uint16_t rib_peer_up(struct rib *r, const struct rib_peer *config, struct filter *import)
{
	uint16_t slot = 0;

	while (slot < RIB_PEERS_MAX && r->peers[slot].state != PEER_FREE)
		slot++;
	char *name = slot < RIB_PEERS_MAX ? strdup(config->name) : NULL;
	if (!name)
		return RIB_NO_PEER;
	struct peer *p = &r->peers[slot];
	*p = (struct peer){.state = PEER_UP, .is = *config};
	p->is.name = name;
	p->import = import ? filter_ref(import) : NULL;
	nexthops_revive(r, &p->is);
	paths_judge_vrf(r, p->is.vrf);
	return slot;
}

static bool peer_is_up(const struct rib *r, uint16_t peer)
{
	return peer < RIB_PEERS_MAX && r->peers[peer].state == PEER_UP;
}

/* Does the gateway outlive the session? Another one must hold it, and fib must know that by now: a
 * hold that is still on its way came too late there. What BFD declared dead is dead for all. */
static bool gateway_outlives(
	const struct rib *r, const struct gateway *g, uint16_t peer, enum fib_cause cause)
{
	bool held = false;

	for (const struct hold *h = g->holds; h; h = h->next) {
		if (h->peer == peer && h->own && cause == FIB_CAUSE_BFD)
			return false;
		if (h->peer != peer && h->packet <= r->out.acked)
			held = true;
	}
	return held;
}

static bool hold_take(struct gateway *g, uint16_t peer, bool *own)
{
	struct hold **link = &g->holds;

	while (*link && (*link)->peer != peer)
		link = &(*link)->next;
	struct hold *h = *link;
	if (!h)
		return false;
	*own = h->own;
	*link = h->next;
	free(h);
	return true;
}

static void peer_gateways_go(struct rib *r, uint16_t peer, enum fib_cause cause)
{
	bool own = false;

	for (uint32_t i = r->gateways_top; i-- > 0;) {
		if (i >= r->gateways_top)
			continue;
		struct gateway *g = &r->gateways[i];
		bool outlives = gateway_outlives(r, g, peer, cause);
		if (!g->handle || !hold_take(g, peer, &own) || outlives)
			continue;
		bool bfd = own && cause == FIB_CAUSE_BFD;
		gateway_die(r, (uint16_t)(i + 1), bfd ? LOSS_BFD : LOSS_AGAIN,
			"BFD says that this gateway is down");
	}
}

void rib_peer_down(struct rib *r, uint16_t peer, enum fib_cause cause)
{
	if (!peer_is_up(r, peer))
		return;
	struct peer *p = &r->peers[peer];
	struct fib_handle m = {p->is.incarnation};

	p->state = PEER_GONE;
	for (uint32_t n = 1; n <= r->nexthops.top; n++)
		if (nexthop_used(r, n) && rib_nexthop(r, (uint16_t)n)->peer == peer)
			rib_nexthop(r, (uint16_t)n)->gateway = 0;
	peer_gateways_go(r, peer, cause);
	out_add(&r->out, FIB_MSG_FORGET, &m, sizeof(m));
	if (p->nexthops)
		p->due = sweep_job(r, p->is.vrf);
	else
		peer_free(p);
}

void rib_peer_import(struct rib *r, uint16_t peer, struct filter *import)
{
	if (!peer_is_up(r, peer))
		return;
	struct peer *p = &r->peers[peer];
	struct filter *old = p->import;
	bool same = old == import || (old && import && filter_equal(old, import));

	p->import = import ? filter_ref(import) : NULL;
	filter_put(old);
	if (!same)
		p->due = sweep_job(r, p->is.vrf);
}

static bool bounds_equal(const struct rib_bounds *a, const struct rib_bounds *b)
{
	return a->allow_as_in == b->allow_as_in && a->as_path == b->as_path &&
	       a->communities == b->communities;
}

void rib_peer_limits(
	struct rib *r, uint16_t peer, uint32_t maximum_prefix, const struct rib_bounds *bounds)
{
	if (!peer_is_up(r, peer))
		return;
	struct peer *p = &r->peers[peer];
	bool same = bounds_equal(&p->is.bounds, bounds);

	p->is.maximum_prefix = maximum_prefix;
	p->is.bounds = *bounds;
	if (!same)
		p->due = sweep_job(r, p->is.vrf);
}

/* ---- graceful restart and route refresh ---- */

enum {
	EPOCHS_MAX = 250, /* that paths of one family may be apart: epochs are octets */
};

static uint8_t families_have(unsigned families, int which)
{
	return families >> which & 1;
}

void rib_peer_stale(struct rib *r, uint16_t peer, unsigned families)
{
	if (!peer_is_up(r, peer))
		return;
	struct peer *p = &r->peers[peer];

	for (int i = 0; i < 2; i++) {
		uint8_t age_max = p->refreshing[i] ? p->age_max[i] + 1 : 1;
		p->epoch[i]++;
		p->age_max[i] = families_have(families, i) ? age_max : 0;
		p->refreshing[i] = p->long_lived[i] = false;
		p->fresh[i] = 0;
	}
	p->due = sweep_job(r, p->is.vrf);
}

bool rib_peer_refresh(struct rib *r, uint16_t peer, unsigned families)
{
	if (!peer_is_up(r, peer))
		return false;
	struct peer *p = &r->peers[peer];

	for (int i = 0; i < 2; i++)
		if (families_have(families, i) &&
			(uint8_t)(p->epoch[i] - p->oldest[i]) >= EPOCHS_MAX)
			return false;
	for (int i = 0; i < 2; i++) {
		if (!families_have(families, i))
			continue;
		p->epoch[i]++;
		p->age_max[i]++;
		p->refreshing[i] = true;
		p->fresh[i] = 0;
	}
	return true;
}

void rib_peer_long_lived(struct rib *r, uint16_t peer, unsigned families)
{
	if (!peer_is_up(r, peer))
		return;
	struct peer *p = &r->peers[peer];

	for (int i = 0; i < 2; i++)
		p->long_lived[i] = p->long_lived[i] || families_have(families, i);
	p->due = sweep_job(r, p->is.vrf);
}

static bool same_speaker(const struct rib_peer *a, const struct rib_peer *b)
{
	return a->vrf == b->vrf && a->incarnation == b->incarnation && a->ifindex == b->ifindex &&
	       a->local_as == b->local_as && a->remote_as == b->remote_as && a->ebgp == b->ebgp &&
	       a->otc == b->otc && addr_equal(a->address, b->address) &&
	       addr_equal(a->router_id, b->router_id);
}

bool rib_peer_back(struct rib *r, uint16_t peer, const struct rib_peer *config, unsigned families)
{
	if (!peer_is_up(r, peer) || !same_speaker(&r->peers[peer].is, config))
		return false;
	rib_peer_limits(r, peer, config->maximum_prefix, &config->bounds);
	rib_peer_drop_stale(r, peer, ~families);
	return true;
}

void rib_peer_drop_stale(struct rib *r, uint16_t peer, unsigned families)
{
	if (!peer_is_up(r, peer))
		return;
	struct peer *p = &r->peers[peer];

	for (int i = 0; i < 2; i++) {
		if (!families_have(families, i))
			continue;
		p->age_max[i] = 0;
		p->refreshing[i] = p->long_lived[i] = false;
		if (p->fresh[i] != p->received[i])
			p->due = sweep_job(r, p->is.vrf);
		else if (!sweep_pending(r, p->due))
			p->oldest[i] = p->epoch[i];
	}
}

static bool over_limit(const struct peer *p, const struct prefix *prefix)
{
	return p->is.maximum_prefix &&
	       p->fresh[prefix->addr.family == ADDR_V6] >= p->is.maximum_prefix;
}

static enum rib_result announce_new(struct rib *r, struct table *t, uint16_t peer,
	const struct prefix *p, uint32_t id, const struct attrs *attrs, uint32_t e)
{
	bool matters = false, added = false;

	if (!reserve_take(&r->out.reserve))
		return RIB_NO_MEMORY;
	if (e && id && paths_full(r, t, e, peer)) {
		r->peers[peer].left_out++;
		return RIB_OK;
	}
	if (over_limit(&r->peers[peer], p))
		return RIB_LIMIT;
	if (!e) {
		e = table_add(t, p);
		if (!e)
			return RIB_NO_MEMORY;
		r->prefixes++;
		added = true;
	}
	if (!path_add(r, t, e, peer, id, attrs, &matters)) {
		if (added)
			entry_free_unused(r, t, e);
		return RIB_NO_MEMORY;
	}
	if (matters)
		rib_mark(r, t, e);
	return RIB_OK;
}

enum rib_result rib_announce_path(struct rib *r, uint16_t peer, const struct prefix *p, uint32_t id,
	const struct attrs *attrs)
{
	bool matters = false;

	if (!peer_is_up(r, peer) || !addr_bits(p->addr.family))
		return RIB_OK;
	struct table *t = vrf_family(r, r->peers[peer].is.vrf, p->addr.family);
	if (!t)
		return RIB_NO_MEMORY;
	uint32_t e = table_find(t, p);
	uint32_t *link = e ? path_find(r, t, e, peer, id) : NULL;
	if (!link)
		return announce_new(r, t, peer, p, id, attrs, e);
	if (path_is_stale(&r->peers[peer], rib_path(r, *link), p->addr.family == ADDR_V6) &&
		over_limit(&r->peers[peer], p))
		return RIB_LIMIT;
	bool revived =
		path_is_long_lived(&r->peers[peer], rib_path(r, *link), p->addr.family == ADDR_V6);
	path_refresh(r, t, rib_path(r, *link));
	if (rib_path(r, *link)->attrs == attrs) {
		if (revived && path_judge(r, t, e, *link))
			rib_mark(r, t, e);
		return RIB_OK;
	}
	if (!path_change(r, t, e, *link, attrs, &matters))
		return RIB_NO_MEMORY;
	if (matters || rib_path(r, *link)->why == RIB_USED)
		rib_mark(r, t, e);
	return RIB_OK;
}

void rib_withdraw_path(struct rib *r, uint16_t peer, const struct prefix *p, uint32_t id)
{
	bool matters = false;

	if (!peer_is_up(r, peer) || !addr_bits(p->addr.family))
		return;
	struct table *t = r->vrfs[r->peers[peer].is.vrf].family[p->addr.family == ADDR_V6];
	uint32_t e = t ? table_find(t, p) : 0;
	uint32_t *link = e ? path_find(r, t, e, peer, id) : NULL;
	if (!link)
		return;
	path_remove(r, t, link, &matters);
	if (matters)
		rib_mark(r, t, e);
	else
		entry_free_unused(r, t, e);
}

enum rib_result rib_announce(
	struct rib *r, uint16_t peer, const struct prefix *p, const struct attrs *attrs)
{
	return rib_announce_path(r, peer, p, 0, attrs);
}

void rib_withdraw(struct rib *r, uint16_t peer, const struct prefix *p)
{
	rib_withdraw_path(r, peer, p, 0);
}

void rib_peer_count(const struct rib *r, uint16_t peer, struct rib_peer_counts *out)
{
	*out = (struct rib_peer_counts){0};
	if (!peer_is_up(r, peer))
		return;
	const struct peer *p = &r->peers[peer];
	out->received_family[0] = p->received[0];
	out->received_family[1] = p->received[1];
	out->received = p->received[0] + p->received[1];
	out->stale = out->received - p->fresh[0] - p->fresh[1];
	out->accepted = p->accepted;
	out->leaving = p->leaving;
	out->bad_bandwidth = p->bad_bandwidth;
	out->left_out = p->left_out;
}
