/* Healing: what other programs did to routes of ours is found by notifications and by audits, and
 * written again. */
#include "rib/state.h"

static void noted(struct rib *r, const struct table *t, struct prefix p, enum fib_drift_cause cause)
{
	struct rib_drift *d = &r->drift;

	d->n[cause]++;
	d->last = p;
	d->last_vrf = table_vrf(t);
}

/* The group that the kernel should have there; NULL: no route, or its group went with it, which
 * has its own way back. */
static const struct group *entry_group(const struct rib *r, const struct entry *x)
{
	const struct group *g = x->group ? r->groups[x->group - 1] : NULL;
	return g && g->id.live.n ? g : NULL;
}

static void write_again(struct rib *r, struct table *t, uint32_t e, enum fib_drift_cause cause)
{
	table_entry(t, e)->flags |= ENTRY_SEND;
	entry_mark(r, t, e);
	noted(r, t, table_prefix(t, table_entry(t, e)), cause);
}

/* ---- notifications ---- */

void rib_route_drift(struct rib *r, const struct fib_drift *m)
{
	struct table *t = rib_table_of_route(r, &m->route);

	if (m->cause == FIB_DRIFT_NEXTHOP)
		r->drift.n[FIB_DRIFT_NEXTHOP]++;
	if (!t || (m->cause != FIB_DRIFT_DELETED && m->cause != FIB_DRIFT_REPLACED))
		return;
	struct prefix p =
		prefix_make(addr_from_bytes(m->route.family, m->route.addr), m->route.len);
	uint32_t e = table_find(t, &p);
	const struct group *g = e ? entry_group(r, table_entry(t, e)) : NULL;
	if (!g || (table_entry(t, e)->flags & ENTRY_FAILED) ||
		trait_of(r, table_entry(t, e))->metric != m->route.metric)
		return;
	if (entry_has(r, table_entry(t, e), &m->route) == (m->cause == FIB_DRIFT_DELETED))
		write_again(r, t, e, (enum fib_drift_cause)m->cause);
}

/* ---- audits ---- */

/* Nothing was told to the kernel since the list began, and nothing is about to be. */
static bool entry_settled(const struct table *t, const struct entry *x)
{
	return !(x->flags & (ENTRY_DIRTY | ENTRY_FAILED | ENTRY_SEND)) &&
	       (int32_t)((uint32_t)t->audit.packets - x->link) >= 0;
}

/* The list is at its end, and what it lacks is looked for; `whole` false: only forgotten. */
static void list_end(struct rib *r, bool whole)
{
	struct table *t = rib_table(r, (uint16_t)(r->audit_table - 1));

	r->audit_table = 0;
	t->audit.whole = whole;
	t->audit.phase = AUDIT_WALK;
	t->audit.entry = 0;
	r->audits_walking++;
}

static void list_begin(struct rib *r, const struct fib_msg_audit *m)
{
	struct fib_route key = {.table = m->table, .family = m->family};
	/* Made where it is not there: a route of ours that it has is found, and goes. */
	struct table *t = rib_table_make(r, &key);

	if (!t || t->audit.phase != AUDIT_NONE)
		return;
	t->audit = (struct table_audit){.phase = AUDIT_LIST, .packets = m->packets};
	r->audit_table = (uint16_t)(t->number + 1);
}

void rib_audit(struct rib *r, const struct fib_msg_audit *m)
{
	if (r->adopt == ADOPT_LIST)
		return;
	if (r->audit_table)
		list_end(r, m->phase == FIB_AUDIT_END);
	if (m->phase == FIB_AUDIT_BEGIN)
		list_begin(r, m);
}

/* Nobody wants it, as far as we know; before all have told all, only what has a group of ours is
 * ours for sure. */
static bool is_extra(const struct rib *r, const struct fib_route *m)
{
	return m->group && (m->group != FIB_GROUP_OTHER || r->adopt == ADOPT_NONE);
}

/* A route of ours that nobody wants. */
static void extra(
	struct rib *r, const struct table *t, const struct prefix *p, const struct fib_route *m)
{
	route_delete(r, t, p, m->metric);
	noted(r, t, *p, FIB_DRIFT_EXTRA);
}

/* Compares what is listed with the entry, to which nothing happened since the list began. */
static void compare(struct rib *r, struct table *t, uint32_t e, const struct prefix *p,
	const struct fib_route *m)
{
	const struct entry *x = table_entry(t, e);
	bool elsewhere = !x->group || trait_of(r, x)->metric != m->metric;

	if (elsewhere && is_extra(r, m))
		extra(r, t, p, m);
	else if (!elsewhere && entry_group(r, x) && !entry_has(r, x, m))
		write_again(r, t, e, FIB_DRIFT_CHANGED);
}

void rib_audit_found(struct rib *r, const struct fib_route *m)
{
	struct table *t = rib_table_of_route(r, m);

	if (r->adopt == ADOPT_LIST)
		adopt_route(r, m);
	if (!t || t->number + 1 != r->audit_table)
		return;
	struct prefix p = prefix_make(addr_from_bytes(m->family, m->addr), m->len);
	uint32_t e = table_find(t, &p);
	if (!e && is_extra(r, m) && t->audit.packets >= r->deleted_packet)
		extra(r, t, &p, m);
	if (!e)
		return;
	struct entry *x = table_entry(t, e);
	if (trait_of(r, x)->metric == m->metric)
		x->flags |= ENTRY_SEEN;
	if (entry_settled(t, x))
		compare(r, t, e, &p, m);
}

static void walk_entry(struct rib *r, struct table *t, uint32_t e)
{
	struct entry *x = table_entry(t, e);
	bool seen = (x->flags & ENTRY_SEEN) != 0;

	x->flags &= (uint8_t)~ENTRY_SEEN;
	if (!seen && t->audit.whole && entry_settled(t, x) && entry_group(r, x))
		write_again(r, t, e, FIB_DRIFT_MISSING);
}

static unsigned walk(struct rib *r, struct table *t, unsigned budget)
{
	unsigned visited = 0;

	for (; t->audit.entry < t->entries.top && visited < budget; visited++) {
		uint32_t e = ++t->audit.entry;
		if (table_entry(t, e)->flags & ENTRY_USED)
			walk_entry(r, t, e);
	}
	if (t->audit.entry >= t->entries.top) {
		t->audit.phase = AUDIT_NONE;
		r->audits_walking--;
	}
	return visited;
}

unsigned audits_run(struct rib *r, unsigned budget)
{
	unsigned visited = 0;

	for (uint16_t i = 0; i < 2 * RIB_VRFS_MAX && r->audits_walking && visited < budget; i++) {
		struct table *t = rib_table(r, i);
		if (t && t->audit.phase == AUDIT_WALK)
			visited += walk(r, t, budget - visited);
	}
	return visited;
}

const struct rib_drift *rib_drift(const struct rib *r)
{
	return &r->drift;
}
