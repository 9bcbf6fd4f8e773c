#include "rib/nexthops.h"
#include "rib/verdict.h"
#include "rib/state.h"

/* The path's verdict and all that counts it. True when it was, or became, permitted. */
static bool path_set_why(struct rib *r, struct path *p, enum rib_why why)
{
	bool was = p->why == RIB_USED, is = why == RIB_USED;
	struct peer *peer = &r->peers[rib_nexthop(r, p->nexthop)->peer];

	p->why = (uint8_t)why;
	if (was != is) {
		peer->accepted += is ? 1 : (uint32_t)-1;
		nexthop_permitted(r, p->nexthop, is ? 1 : -1);
	}
	return was != is;
}

/* True when it was, or became, permitted, or what policy sets on it changed. */
bool path_judge(struct rib *r, struct table *t, uint32_t e, uint32_t path)
{
	static const struct filter_effect none;
	struct path *p = rib_path(r, path);
	struct prefix prefix = table_prefix(t, table_entry(t, e));
	struct filter_effect effect;
	enum rib_why why = verdict(r, rib_nexthop(r, p->nexthop), &prefix, p->attrs, &effect);
	bool changed = false;

	effect.last_choice |= path_is_long_lived(
		&r->peers[rib_nexthop(r, p->nexthop)->peer], p, t->family == ADDR_V6);
	if (why == RIB_USED && !effect_set(r, path, &effect, &changed))
		why = RIB_WHY_TOO_MANY_EFFECTS;
	if (why != RIB_USED)
		effect_set(r, path, &none, &changed);
	return path_set_why(r, p, why) || changed;
}

/* Paths of the peer with what its attributes tell: by +1 and -1. */
static void peer_counts(struct peer *peer, const struct attrs *a, int by)
{
	if (a->flags & ATTR_GRACEFUL_SHUTDOWN)
		peer->leaving += (uint32_t)by;
	if (a->flags & ATTR_BAD_BANDWIDTH)
		peer->bad_bandwidth += (uint32_t)by;
}

bool path_add(struct rib *r, struct table *t, uint32_t e, uint16_t peer, uint32_t id,
	const struct attrs *a, bool *matters)
{
	uint32_t index = pool_take(&r->paths);
	if (!index)
		return false;
	bool room = effect_possible(r, index) && path_id_set(r, index, id);
	uint16_t n = room ? nexthop_get(r, peer, a) : 0;
	if (!n) {
		pool_give(&r->paths, index);
		return false;
	}
	struct path *p = rib_path(r, index);
	struct entry *x = table_entry(t, e);
	attr_ref(a);
	*p = (struct path){.attrs = a,
		.next = x->paths,
		.nexthop = n,
		.why = RIB_WHY_NEXT_HOP_UNRESOLVED,
		.epoch = r->peers[peer].epoch[t->family == ADDR_V6]};
	x->paths = index;
	r->peers[peer].received[t->family == ADDR_V6]++;
	r->peers[peer].fresh[t->family == ADDR_V6]++;
	peer_counts(&r->peers[peer], a, 1);
	*matters = path_judge(r, t, e, index);
	return true;
}

bool path_change(struct rib *r, struct table *t, uint32_t e, uint32_t path, const struct attrs *a,
	bool *matters)
{
	struct path *p = rib_path(r, path), old = *p;
	uint16_t peer = rib_nexthop(r, p->nexthop)->peer, n = nexthop_get(r, peer, a);

	if (!n)
		return false;
	/* the new one counts before the old one goes: a gateway that both use is held throughout */
	attr_ref(a);
	peer_counts(&r->peers[peer], a, 1);
	peer_counts(&r->peers[peer], old.attrs, -1);
	p->attrs = a;
	p->nexthop = n;
	p->why = RIB_WHY_NEXT_HOP_UNRESOLVED;
	*matters = path_judge(r, t, e, path);
	*matters = path_set_why(r, &old, RIB_WHY_NEXT_HOP_UNRESOLVED) || *matters;
	attr_put(r->attrs, old.attrs);
	nexthop_put(r, old.nexthop);
	return true;
}

void path_refresh(struct rib *r, const struct table *t, struct path *p)
{
	struct peer *peer = &r->peers[rib_nexthop(r, p->nexthop)->peer];
	bool v6 = t->family == ADDR_V6;

	if (path_is_stale(peer, p, v6))
		peer->fresh[v6]++;
	p->epoch = peer->epoch[v6];
}

void path_remove(struct rib *r, struct table *t, uint32_t *link, bool *matters)
{
	uint32_t index = *link;
	struct path *p = rib_path(r, index);
	uint16_t peer = rib_nexthop(r, p->nexthop)->peer;
	bool v6 = t->family == ADDR_V6;

	*link = p->next;
	*matters = path_set_why(r, p, RIB_WHY_NEXT_HOP_UNRESOLVED);
	effect_forget(r, index);
	path_id_set(r, index, 0);
	r->peers[peer].received[v6]--;
	peer_counts(&r->peers[peer], p->attrs, -1);
	if (!path_is_stale(&r->peers[peer], p, v6))
		r->peers[peer].fresh[v6]--;
	attr_put(r->attrs, p->attrs);
	nexthop_put(r, p->nexthop);
	pool_give(&r->paths, index);
	if (!r->paths.used) {
		pool_clear(&r->paths);
		effects_clear(r);
		path_ids_clear(r);
	}
}

uint32_t *path_find(struct rib *r, struct table *t, uint32_t e, uint16_t peer, uint32_t id)
{
	uint32_t *link = &table_entry(t, e)->paths;

	while (*link) {
		struct path *p = rib_path(r, *link);
		if (rib_nexthop(r, p->nexthop)->peer == peer && path_id(r, *link) == id)
			return link;
		link = &p->next;
	}
	return NULL;
}

bool paths_full(const struct rib *r, const struct table *t, uint32_t e, uint16_t peer)
{
	unsigned all = 0, of_peer = 0;

	for (uint32_t i = table_entry(t, e)->paths; i; i = rib_path(r, i)->next) {
		all++;
		of_peer += rib_nexthop(r, rib_path(r, i)->nexthop)->peer == peer;
	}
	return all >= RIB_PATHS_MAX || of_peer >= RIB_PATHS_PEER_MAX;
}

enum rib_why path_why(const struct rib *r, const struct path *p)
{
	const struct nexthop *n = rib_nexthop(r, p->nexthop);

	if (p->why != RIB_USED)
		return p->why;
	if (n->why == RIB_USED && !n->gateway)
		return RIB_WHY_NEXT_HOP_DOWN;
	return n->why;
}

size_t entry_candidates(struct rib *r, const struct entry *e, size_t n, bool leaked)
{
	for (uint32_t i = e->paths; i && n < RIB_PATHS_MAX; i = rib_path(r, i)->next) {
		const struct path *p = rib_path(r, i);
		const struct nexthop *x = rib_nexthop(r, p->nexthop);
		const struct peer *peer = &r->peers[x->peer];
		if (peer->state != PEER_UP || path_why(r, p) != RIB_USED)
			continue;
		struct candidate *c = &r->candidate[n++];
		bool has_med;
		c->attrs = p->attrs;
		c->local_pref = path_local_pref(r, i);
		c->med = path_med(r, i, &has_med);
		c->router_id = peer->is.router_id;
		c->peer_address = peer->is.address;
		c->gateway = r->gateways[x->gateway - 1].handle;
		c->bandwidth = attr_bandwidth(p->attrs);
		c->tag = i;
		c->path_id = path_id(r, i);
		c->ebgp = peer->is.ebgp;
		c->leaked = leaked;
		c->last_choice = effect_in_force(r, i)->last_choice;
	}
	return n;
}

size_t paths_candidates(
	struct rib *r, const struct table *t, const struct entry *e, const struct prefix *p)
{
	return leak_candidates(r, t, p, entry_candidates(r, e, 0, false));
}
