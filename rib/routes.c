/* The operations on routes: what the kernel is asked for, and what becomes of what it refuses. A
 * prefix has one route, at one metric; to another metric it moves: the new route is there before
 * the old one goes. */
#include <errno.h>
#include <string.h>

#include "rib/state.h"

static void op_add(struct rib *r, const struct table *t, const struct prefix *p, struct fib_route m)
{
	m.table = r->vrfs[table_vrf(t)].table;
	m.family = t->family;
	m.len = p->len;
	memcpy(m.addr, p->addr.b, sizeof(m.addr));
	out_add(&r->out, FIB_MSG_ROUTES, &m, sizeof(m));
	r->ops_sent++;
}

void route_delete(struct rib *r, const struct table *t, const struct prefix *p, uint32_t metric)
{
	op_add(r, t, p, (struct fib_route){.metric = metric});
}

static void entry_take(
	struct rib *r, struct table *t, struct entry *x, uint16_t group, uint8_t trait)
{
	t->installed += (uint32_t)(group != 0) - (uint32_t)(x->group != 0);
	trait_ref(r, trait);
	trait_put(r, x->trait);
	if (group)
		groups_ref(r, group);
	x->group = group & 0x1ffu;
	x->trait = trait & 0x7fu;
}

void entry_drop(struct rib *r, struct table *t, struct entry *x)
{
	uint16_t old = x->group;

	entry_take(r, t, x, 0, 0);
	if (old)
		groups_unref(r, old);
}

void entry_adopt(struct rib *r, struct table *t, struct entry *x, uint16_t group, uint8_t trait)
{
	entry_take(r, t, x, group, trait);
	trait_put(r, trait);
}

/* The entry's route becomes this one; group 0 deletes. The kernel has one at the metric of the
 * entry's trait; where the operation that should have moved it there was refused, at the one
 * before. */
void entry_set(struct rib *r, struct table *t, uint32_t e, uint16_t group, uint8_t trait)
{
	struct entry *x = table_entry(t, e);
	const struct failure *f = x->flags & ENTRY_FAILED ? failure_find(r, t, e) : NULL;
	const struct filter_kernel *is = &r->traits[trait].is;
	struct prefix p = table_prefix(t, x);
	uint32_t has = trait_of(r, x)->metric;
	bool there = x->group || (x->flags & ENTRY_MAYBE), back = f && f->moves;
	uint16_t old = x->group;
	struct fib_route m = {.group = group ? r->groups[group - 1]->handle : 0,
		.metric = group ? is->metric : has,
		.was = back ? f->was : has};

	m.moves = there && m.was != m.metric;
	if (group)
		memcpy(m.source, is->source.b, sizeof(m.source));
	entry_take(r, t, x, group, trait);
	op_add(r, t, &p, m);
	if (group && back && has != m.metric && has != m.was)
		route_delete(r, t, &p, has); /* should that have come through meanwhile */
	if (!group)
		r->deleted_packet = r->out.made;
	x->link = (uint32_t)r->out.made;
	x->flags &= (uint8_t) ~(ENTRY_MAYBE | ENTRY_SEND);
	if (x->flags & ENTRY_FAILED)
		failure_sent(r, t, e);
	if (old)
		groups_unref(r, old);
}

/* ---- what the kernel says ---- */

/* RIB_NO_VRF: none has that table, or the family is none. */
static uint16_t vrf_of_route(const struct rib *r, const struct fib_route *m)
{
	if (m->family != ADDR_V4 && m->family != ADDR_V6)
		return RIB_NO_VRF;
	for (uint16_t i = 0; i < RIB_VRFS_MAX && m->table; i++)
		if (r->vrfs[i].table == m->table)
			return i;
	return RIB_NO_VRF;
}

struct table *rib_table_of_route(const struct rib *r, const struct fib_route *m)
{
	uint16_t vrf = vrf_of_route(r, m);
	return vrf == RIB_NO_VRF ? NULL : r->vrfs[vrf].family[m->family == ADDR_V6];
}

struct table *rib_table_make(struct rib *r, const struct fib_route *m)
{
	uint16_t vrf = vrf_of_route(r, m);
	return vrf == RIB_NO_VRF ? NULL : vrf_family(r, vrf, m->family);
}

bool entry_has(const struct rib *r, const struct entry *x, const struct fib_route *m)
{
	struct filter_kernel is = trait_found(m);
	return group_is(r, r->groups[x->group - 1], m->group) &&
	       filter_kernel_equal(trait_of(r, x), &is);
}

/* The kernel may still have a route at this metric, though nobody wants one. False: that cannot be
 * remembered, and an audit will find it. */
static bool entry_maybe(struct rib *r, struct table *t, struct entry *x, uint32_t metric)
{
	struct filter_kernel is = {.metric = metric};
	uint8_t trait;

	if ((x->flags & ENTRY_MAYBE) && trait_of(r, x)->metric != metric)
		return false;
	if (!trait_get(r, &is, &trait))
		return false;
	entry_adopt(r, t, x, 0, trait);
	x->flags |= ENTRY_MAYBE;
	return true;
}

/* The entry the error is about; 0: a later operation has put another route there. Where none has,
 * the kernel may still have what was to be replaced or deleted, so a prefix that is gone gets an
 * entry again, to go on trying. */
static uint32_t entry_of_route(
	struct rib *r, struct table *t, const struct prefix *p, const struct fib_route *m)
{
	uint32_t e = table_find(t, p);

	if (e && table_entry(t, e)->group)
		return entry_has(r, table_entry(t, e), m) ? e : 0;
	if (!e && (e = table_add(t, p)))
		r->prefixes++;
	if (!e || entry_maybe(r, t, table_entry(t, e), m->moves ? m->was : m->metric))
		return e;
	entry_free_unused(r, t, e);
	return 0;
}

/* The route was to move and did not, and the entry has moved on from where it should have been. */
static void left_behind(
	struct rib *r, const struct table *t, const struct prefix *p, const struct fib_route *m)
{
	uint32_t e = table_find(t, p);
	const struct entry *x = e ? table_entry(t, e) : NULL;

	if (x && x->group && m->moves && !(x->flags & ENTRY_FAILED) &&
		trait_of(r, x)->metric != m->was)
		route_delete(r, t, p, m->was);
}

void rib_route_error(struct rib *r, const struct fib_msg_route_error *m, uint64_t now_ms)
{
	char text[TEXT_MAX];
	struct table *t = rib_table_of_route(r, &m->route);

	r->now_ms = now_ms;
	if (!t || (!m->route.group && m->error == ESRCH)) /* ESRCH: deleted before */
		return;
	struct prefix p =
		prefix_make(addr_from_bytes(m->route.family, m->route.addr), m->route.len);
	uint32_t e = entry_of_route(r, t, &p, &m->route);
	if (!e) {
		left_behind(r, t, &p, &m->route);
		return;
	}
	memcpy(text, m->text, sizeof(text) - 1);
	text[sizeof(text) - 1] = 0;
	failure_note(r, t, e, m->error, text);
	struct failure *f = failure_find(r, t, e);
	f->moves = m->route.group && m->route.moves;
	f->was = m->route.was;
}
