#include <stdlib.h>

#include "rib/order.h"
#include "rib/best.h"
#include "rib/nexthops.h"
#include "rib/verdict.h"
#include "rib/state.h"

enum {
	TABLES = 2 * RIB_VRFS_MAX,
	ENTRIES_A_PREFIX = 256, /* looked at in the time that one is shown in */
};

static enum rib_state entry_state(
	const struct rib *r, const struct table *t, const struct entry *x, bool usable)
{
	const struct vrf *v = &r->vrfs[table_vrf(t)];
	bool there = x->group && r->groups[x->group - 1]->id.live.n;
	bool goes = v->flushed && there; /* the sweep has not come to it yet */

	if (!v->table)
		return usable ? RIB_STATE_WITHHELD : RIB_STATE_NONE;
	if (x->flags & ENTRY_FAILED)
		return RIB_STATE_FAILED;
	if (x->flags & ENTRY_ADOPTED && there && !goes)
		return RIB_STATE_ADOPTED;
	if (x->flags & ENTRY_DIRTY || goes || (usable && !there && !v->flushed))
		return RIB_STATE_WAITING;
	if (!usable && !there)
		return RIB_STATE_NONE;
	if ((int32_t)((uint32_t)r->out.acked - x->link) < 0)
		return RIB_STATE_WAITING;
	return v->flushed ? RIB_STATE_FLUSHED : RIB_STATE_INSTALLED;
}

static void path_view(
	const struct rib *r, const struct prefix *prefix, uint32_t path, struct rib_path_view *v)
{
	const struct path *p = rib_path(r, path);
	const struct nexthop *n = rib_nexthop(r, p->nexthop);
	const struct peer *peer = &r->peers[n->peer];

	*v = (struct rib_path_view){.peer = n->peer,
		.vrf = peer->is.vrf,
		.vrf_name = r->vrfs[peer->is.vrf].is.name,
		.peer_name = peer->is.name,
		.peer_address = peer->is.address,
		.path_id = path_id(r, path),
		.attrs = p->attrs,
		.why = path_why(r, p),
		.why_text = "",
		.stale = path_is_stale(peer, p, prefix->addr.family == ADDR_V6),
		.next_hop = n->via,
		.ifindex = n->ifindex};
	v->bandwidth = attr_bandwidth(p->attrs);
	v->bad_bandwidth = (p->attrs->flags & ATTR_BAD_BANDWIDTH) != 0;
	v->leaving = peer->is.ebgp && (p->attrs->flags & ATTR_GRACEFUL_SHUTDOWN);
	v->local_pref = path_local_pref(r, path);
	v->med = path_med(r, path, &v->has_med);
	v->rule = verdict_rule(r, n, prefix, p->attrs, p->why);
	if (p->why == RIB_USED)
		v->why_text = nexthop_text(n);
}

/* In the order of 0: best, 1: live set, 2: fallback, 3: usable. */
static int rank(const struct candidate *c)
{
	return c->decided & DECIDED_BEST       ? 0
	       : c->decided & DECIDED_LIVE     ? 1
	       : c->decided & DECIDED_FALLBACK ? 2
					       : 3;
}

/* live: the set that the kernel has, or that is wanted. */
static size_t usable_views(
	struct rib *r, const struct prefix *prefix, size_t n, const struct group_set *live)
{
	size_t out = 0;

	for (int k = 0; k < 4; k++)
		for (size_t i = 0; i < n; i++) {
			const struct candidate *c = &r->candidate[i];
			if (rank(c) != k)
				continue;
			struct rib_path_view *v = &r->views[out++];
			path_view(r, prefix, c->tag, v);
			v->best = k == 0;
			v->multipath = (c->decided & DECIDED_LIVE) != 0;
			v->weight = v->multipath ? group_set_weight(live, c->gateway) : 0;
			v->fallback = (c->decided & DECIDED_FALLBACK) != 0;
		}
	return out;
}

/* Where the paths that are not used are shown. */
struct rejects {
	struct rib *r;
	uint16_t vrf;
	const struct prefix *prefix;
	size_t n;
	bool all; /* those too that the list of import-vrf denies */
};

/* A path that its own VRF uses, and this one does not take. */
static void import_refuses(const struct rib *r, uint16_t vrf, const struct prefix *p,
	enum rib_why why, struct rib_path_view *v)
{
	v->why = why;
	v->rule = (struct filter_verdict){0};
	if (why == RIB_WHY_IMPORT_VRF)
		v->rule = filter_explain(leak_list(r, vrf, v->vrf), p, NULL);
	else if (why == RIB_WHY_DENY_IMPORT)
		v->rule = filter_explain(r->vrfs[vrf].deny, p, NULL);
}

/* why: of all paths of the entry, for one that imports them; RIB_USED: nothing else. */
static void reject_views(void *arg, struct table *t, uint32_t e, enum rib_why why)
{
	struct rejects *j = arg;
	struct rib *r = j->r;

	if (why == RIB_WHY_IMPORT_VRF && !j->all)
		return;
	for (uint32_t i = table_entry(t, e)->paths; i && j->n < RIB_PATHS_MAX;
		i = rib_path(r, i)->next) {
		const struct path *p = rib_path(r, i);
		bool up = r->peers[rib_nexthop(r, p->nexthop)->peer].state == PEER_UP;
		bool used = path_why(r, p) == RIB_USED;
		if (!up || (used && why == RIB_USED))
			continue;
		struct rib_path_view *v = &r->views[j->n++];
		path_view(r, j->prefix, i, v);
		if (used)
			import_refuses(r, j->vrf, j->prefix, why, v);
	}
}

static size_t path_views(struct rib *r, struct table *t, const struct prefix *prefix, uint32_t e,
	const struct entry *x, bool all)
{
	const struct vrf *v = &r->vrfs[table_vrf(t)];
	struct decide_rules rules = vrf_rules(v);
	size_t usable = paths_candidates(r, t, x, prefix);

	decide(r->candidate, usable, &rules, &r->wanted);
	const struct group_set *live =
		x->group ? &r->groups[x->group - 1]->id.live : &r->wanted.live;
	struct rejects j = {r, table_vrf(t), prefix, usable_views(r, prefix, usable, live), all};
	if (e)
		reject_views(&j, t, e, RIB_USED);
	leak_each(r, table_vrf(t), prefix, reject_views, &j);
	return j.n;
}

/* e 0: what is said of a prefix that has no entry. */
static void prefix_view(struct rib *r, struct table *t, struct prefix prefix, uint32_t e, bool all,
	void (*visit)(void *arg, const struct rib_route_view *v), void *arg)
{
	static const struct entry none;
	const struct vrf *v = &r->vrfs[table_vrf(t)];
	const struct entry *x = e ? table_entry(t, e) : &none;
	const struct failure *f = x->flags & ENTRY_FAILED ? failure_find(r, t, e) : NULL;
	size_t n = path_views(r, t, &prefix, e, x, all);
	struct rib_route_view view = {.vrf = table_vrf(t),
		.prefix = prefix,
		.state = entry_state(r, t, x, n && r->views[0].why == RIB_USED),
		.table = v->table,
		.group = x->group ? r->groups[x->group - 1]->handle : 0,
		.kernel = *trait_of(r, x),
		.metric = trait_of(r, x)->metric ? trait_of(r, x)->metric
						 : r->metric[t->family == ADDR_V6],
		.error = f ? f->error : 0,
		.error_text = f && f->text ? f->text : "",
		.paths_n = n,
		.paths = r->views};
	visit(arg, &view);
}

static void entry_view(struct rib *r, struct table *t, uint32_t e,
	void (*visit)(void *arg, const struct rib_route_view *v), void *arg)
{
	prefix_view(r, t, table_prefix(t, table_entry(t, e)), e, false, visit, arg);
}

bool rib_walk(struct rib *r, uint16_t vrf, struct rib_cursor *c, unsigned budget,
	void (*visit)(void *arg, const struct rib_route_view *v), void *arg)
{
	for (; c->position[0] < TABLES; c->position[0]++, c->position[1] = 0) {
		struct table *t = rib_table(r, (uint16_t)c->position[0]);
		if (!t || (vrf != RIB_NO_VRF && table_vrf(t) != vrf))
			continue;
		while (c->position[1] < t->entries.top) {
			if (!budget--)
				return true;
			uint32_t e = ++c->position[1];
			if (table_entry(t, e)->flags & ENTRY_USED)
				entry_view(r, t, e, visit, arg);
		}
	}
	return false;
}

struct rib_ordered {
	uint16_t vrf;
	uint16_t table; /* number of the one that is walked, TABLES: the end */
	bool sorted;    /* its picks are */
	uint32_t at;    /* of the next pick */
	struct order order;
};

struct rib_ordered *rib_ordered_new(uint16_t vrf, const struct prefix *within)
{
	struct rib_ordered *o = malloc(sizeof(*o));
	if (!o)
		abort();
	o->vrf = vrf;
	o->table = 0;
	o->sorted = false;
	o->at = 0;
	order_begin(&o->order, within);
	return o;
}

void rib_ordered_free(struct rib_ordered *o)
{
	free(o);
}

static void next_pass(struct rib_ordered *o)
{
	if (o->order.picks_n < ORDER_PICKS) {
		struct prefix within = o->order.within;
		o->table++;
		order_begin(&o->order, &within);
	} else {
		order_next(&o->order);
	}
	o->sorted = false;
	o->at = 0;
}

bool rib_ordered_walk(struct rib *r, struct rib_ordered *o, unsigned budget,
	void (*visit)(void *arg, const struct rib_route_view *v), void *arg)
{
	for (; o->table < TABLES; next_pass(o)) {
		struct table *t = rib_table(r, o->table);
		if (!t || (o->vrf != RIB_NO_VRF && table_vrf(t) != o->vrf)) {
			o->order.picks_n = 0;
			continue;
		}
		if (!o->sorted) {
			o->sorted = order_scan(&o->order, t, budget * ENTRIES_A_PREFIX);
			return true;
		}
		while (o->at < o->order.picks_n) {
			if (!budget--)
				return true;
			uint32_t i = o->at++;
			if (order_pick(&o->order, t, i))
				entry_view(r, t, o->order.picks[i].entry, visit, arg);
		}
	}
	return false;
}

bool rib_look(struct rib *r, uint16_t vrf, const struct prefix *p,
	void (*visit)(void *arg, const struct rib_route_view *v), void *arg)
{
	if (vrf >= RIB_VRFS_MAX || !addr_bits(p->addr.family))
		return false;
	struct table *t = r->vrfs[vrf].family[p->addr.family == ADDR_V6];
	uint32_t e = t ? table_find(t, p) : 0;
	if (!e && leak_each(r, vrf, p, NULL, NULL))
		t = vrf_family(r, vrf, (enum addr_family)p->addr.family);
	else if (!e)
		return false;
	if (t)
		prefix_view(r, t, *p, e, true, visit, arg);
	return t != NULL;
}

static void groups_count(const struct rib *r, struct rib_counts *out)
{
	for (uint16_t i = 0; i < RIB_GROUPS_MAX; i++) {
		const struct group *g = r->groups[i];
		if (!g)
			continue;
		out->groups++;
		if (g->id.live.n)
			out->installed += g->refs;
	}
}

void rib_count(const struct rib *r, struct rib_counts *out)
{
	*out = (struct rib_counts){.prefixes = r->prefixes,
		.paths = r->paths.used,
		.dirty = r->dirty,
		.failed = r->failures.pool.used,
		.attr_sets = attr_store_count(r->attrs),
		.ops_sent = r->ops_sent};
	groups_count(r, out);
	for (uint32_t i = 0; i < r->gateways_top; i++)
		out->gateways += r->gateways[i].handle != 0;
	for (uint32_t n = 1; n <= r->nexthops.top; n++)
		if (nexthop_used(r, n) &&
			rib_nexthop(r, (uint16_t)n)->why == RIB_WHY_NEXT_HOP_UNRESOLVED)
			out->unresolved += rib_nexthop(r, (uint16_t)n)->paths;
	struct rib_memory m;
	rib_memory(r, &m);
	out->bytes = m.prefixes + m.paths + m.next_hops + m.fixed;
}

void rib_memory(const struct rib *r, struct rib_memory *out)
{
	*out = (struct rib_memory){.paths = pool_bytes(&r->paths) + r->effect_of_n +
					    r->path_id_n * sizeof(*r->path_id),
		.next_hops = pool_bytes(&r->nexthops) + index_bytes(&r->nexthop_index),
		.attributes = attr_store_bytes(r->attrs),
		.failures = pool_bytes(&r->failures.pool) + index_bytes(&r->failures.index),
		.queue = r->out.bytes,
		.followed = follow_bytes(r),
		.fixed = sizeof(*r) + r->own_n * sizeof(*r->own)};
	for (uint16_t i = 0; i < TABLES; i++)
		if (rib_table(r, i))
			out->prefixes += table_bytes(rib_table(r, i));
	for (uint16_t i = 0; i < RIB_GROUPS_MAX; i++)
		if (r->groups[i])
			out->groups += sizeof(*r->groups[i]);
}
