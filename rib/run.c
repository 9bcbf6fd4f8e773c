#include "rib/best.h"
#include "rib/nexthops.h"
#include "rib/state.h"

enum {
	SLICE = 64, /* prefixes between two looks at the queue */
	DIRTY_HIGH = 256 * 1024,
	TABLES = 2 * RIB_VRFS_MAX,
};

void entry_mark(struct rib *r, struct table *t, uint32_t e)
{
	if (table_entry(t, e)->flags & ENTRY_DIRTY)
		return;
	table_mark(t, e);
	r->dirty++;
}

void rib_mark(struct rib *r, struct table *t, uint32_t e)
{
	entry_mark(r, t, e);
	if (r->vrfs[table_vrf(t)].importers_n)
		leak_mark(r, t, e);
}

static void entry_waits(struct rib *r, struct table *t, struct entry *x, bool waits)
{
	struct vrf *v = &r->vrfs[table_vrf(t)];

	if (waits == ((x->flags & ENTRY_WAITS) != 0))
		return;
	x->flags ^= ENTRY_WAITS;
	v->waiting += waits ? 1 : (uint32_t)-1;
}

/* No route. A group that lost all its members has taken its routes along. */
static void entry_unset(struct rib *r, struct table *t, uint32_t e)
{
	struct entry *x = table_entry(t, e);
	bool there = (x->flags & ENTRY_MAYBE) || (x->group && (x->flags & ENTRY_FAILED)) ||
		     (x->group && (r->multipath || r->groups[x->group - 1]->id.live.n));

	if (there)
		entry_set(r, t, e, 0, 0);
	else
		entry_drop(r, t, x);
	if (!there && (x->flags & ENTRY_FAILED))
		failure_drop(r, t, e);
	x->flags &= (uint8_t)~ENTRY_SEND;
}

void entry_forget(struct rib *r, struct table *t, uint32_t e)
{
	struct entry *x = table_entry(t, e);

	entry_waits(r, t, x, false);
	adopt_forget(r, x);
	follow_decided(r, t, e, NULL);
	x->flags &= (uint8_t) ~(ENTRY_MAYBE | ENTRY_SEND);
	entry_drop(r, t, x);
	if (x->flags & ENTRY_FAILED)
		failure_drop(r, t, e);
}

void entry_free_unused(struct rib *r, struct table *t, uint32_t e)
{
	const struct entry *x = table_entry(t, e);

	if (x->paths || x->group ||
		(x->flags & (ENTRY_DIRTY | ENTRY_FAILED | ENTRY_MAYBE | ENTRY_WAITS)) ||
		follow_holds(r, t, e))
		return;
	best_forget(r, t, e);
	table_remove(t, e);
	r->prefixes--;
}

/* What the policy of the best path sets counts for all that share the load. */
static uint8_t best_trait(const struct rib *r, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (r->candidate[i].decided & DECIDED_BEST)
			return effect_trait(r, r->candidate[i].tag);
	return 0;
}

/* For a prefix in this group, 0: in none. Where there is no other, it stays in the one that it
 * should leave. */
static uint16_t entry_group(struct rib *r, uint16_t group, size_t n, bool *exact)
{
	struct group *g = group ? r->groups[group - 1] : NULL;
	bool serves = g && (group_claim(r, group) || group_id_serves(&g->id, &r->wanted));

	*exact = true;
	if (serves && !g->leaves)
		return group;
	uint16_t other = groups_get(r, r->candidate, n, exact);
	if (!serves || (*exact && other))
		return other;
	*exact = true;
	g->leaves = false;
	return group;
}

/* The wanted group is in r->wanted; n usable paths are in r->candidate. */
static void entry_route(struct rib *r, struct table *t, uint32_t e, size_t n)
{
	struct entry *x = table_entry(t, e);
	bool send = (x->flags & (ENTRY_SEND | ENTRY_MAYBE)) != 0, exact;
	uint16_t group = entry_group(r, x->group, n, &exact);
	uint8_t trait = best_trait(r, n);

	entry_waits(r, t, x, !exact);
	if (!group)
		entry_unset(r, t, e);
	else if (group != x->group || trait != x->trait || send)
		entry_set(r, t, e, group, trait);
}

/* True when some path is other than it was. */
static bool judge_again(struct rib *r, const struct vrf *v, struct table *t, uint32_t e)
{
	bool changed = false;

	for (uint32_t i = table_entry(t, e)->paths; i; i = rib_path(r, i)->next) {
		const struct path *p = rib_path(r, i);
		if (r->peers[rib_nexthop(r, p->nexthop)->peer].state == PEER_UP &&
			sweep_judges(r, v, p))
			changed = path_judge(r, t, e, i) || changed;
	}
	return changed;
}

/* The VRF's own: one of another VRF is told to nobody. */
static const struct candidate *best_of(const struct rib *r, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (r->candidate[i].decided & DECIDED_BEST && !r->candidate[i].leaked)
			return &r->candidate[i];
	return NULL;
}

static void entry_decide(struct rib *r, struct table *t, uint32_t e)
{
	const struct vrf *v = &r->vrfs[table_vrf(t)];
	struct entry *x = table_entry(t, e);

	x->link = (uint32_t)r->out.made;
	if (!v->table) {
		entry_forget(r, t, e);
		entry_free_unused(r, t, e);
		return;
	}
	if (r->sweep.running && judge_again(r, v, t, e) && v->importers_n)
		leak_mark(r, t, e);
	if (adopt_holds(r, x) && !v->flushed) {
		if (x->flags & ENTRY_SEND) /* others changed it */
			entry_set(r, t, e, x->group, x->trait);
		return;
	}
	adopt_forget(r, x);
	struct prefix p = table_prefix(t, x);
	size_t n = paths_candidates(r, t, x, &p);
	struct decide_rules rules = vrf_rules(v);
	if (n) {
		decide(r->candidate, n, &rules, &r->wanted);
		follow_decided(r, t, e, best_of(r, n));
	} else {
		follow_decided(r, t, e, NULL);
	}
	if (n && !v->flushed) {
		entry_route(r, t, e, n);
	} else {
		entry_waits(r, t, x, false);
		entry_unset(r, t, e);
	}
	entry_free_unused(r, t, e);
}

/* Up to `budget` prefixes of the next table that has dirty ones. */
static unsigned decide_run(struct rib *r, unsigned budget)
{
	unsigned done = 0;

	if (!r->dirty || r->adopt == ADOPT_LIST)
		return 0;
	for (unsigned i = 0; i < TABLES && !done; i++) {
		struct table *t = rib_table(r, r->run_table);
		for (uint32_t e; t && done < budget && (e = table_next_dirty(t)); done++) {
			r->dirty--;
			entry_decide(r, t, e);
		}
		r->run_table = (uint16_t)((r->run_table + 1) % TABLES);
	}
	return done;
}

static bool rib_busy(const struct rib *r)
{
	return (r->dirty && r->adopt != ADOPT_LIST) || r->sweep.running || r->audits_walking ||
	       r->releasing;
}

bool rib_run(struct rib *r, unsigned budget, uint64_t now_ms)
{
	r->now_ms = now_ms;
	if (r->out.bytes <= RIB_QUEUE_HIGH) {
		nexthops_run(r);
		failures_run(r);
		groups_run(r);
	}
	while (budget && rib_busy(r) && r->out.bytes <= RIB_QUEUE_HIGH) {
		unsigned slice = budget < SLICE ? budget : SLICE;
		unsigned done = decide_run(r, slice) + sweep_run(r, slice) + audits_run(r, slice);
		best_run(r, slice);
		budget -= done < budget ? done : budget;
	}
	return rib_busy(r);
}

static void sooner(int *next, int other)
{
	if (other >= 0 && (*next < 0 || other < *next))
		*next = other;
}

int rib_next_ms(const struct rib *r, uint64_t now_ms)
{
	int next = rib_busy(r) ? 0 : -1;

	if (r->nexthop_retry_ms != UINT64_MAX)
		sooner(&next,
			r->nexthop_retry_ms > now_ms ? (int)(r->nexthop_retry_ms - now_ms) : 0);
	sooner(&next, groups_next_ms(r, now_ms));
	sooner(&next, failures_next_ms(r, now_ms));
	return next;
}

bool rib_congested(const struct rib *r)
{
	return r->dirty > DIRTY_HIGH;
}
