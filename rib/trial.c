#include "rib/trial.h"

#include <string.h>

#include "rib/verdict.h"
#include "rib/state.h"

enum {
	TABLES = 2 * RIB_VRFS_MAX,
};

static const struct filter *ceiling_of(
	const struct rib *r, const struct rib_trial *t, const struct nexthop *n)
{
	const struct fib_link *l = n->ifindex ? host_link_by_index(r->host, n->ifindex) : NULL;

	for (size_t i = 0; l && i < t->ceilings_n; i++)
		if (strcmp(t->ceilings[i].interface, l->name) == 0)
			return t->ceilings[i].import;
	return NULL;
}

/* Would the path be used? *effect: with what policies set on it. */
static bool used_then(struct rib *r, const struct rib_trial *t, const struct prefix *prefix,
	const struct path *p, struct filter_effect *effect)
{
	const struct nexthop *n = rib_nexthop(r, p->nexthop);
	const struct rib_trial_peer *x = &t->peers[n->peer];
	const struct judge j = {.block = t->block,
		.deny = t->deny[r->peers[n->peer].is.vrf],
		.import = x->import,
		.ceiling = ceiling_of(r, t, n),
		.own = t->own,
		.own_n = t->own_n,
		.bounds = x->bounds};

	return !x->gone && n->why == RIB_USED && !n->down &&
	       verdict_by(r, &j, n, prefix, p->attrs, effect) == RIB_USED;
}

struct tally {
	bool now;
	bool then;
	bool differs;
};

static void try_path(struct rib *r, const struct rib_trial *t, const struct prefix *prefix,
	uint32_t path, struct tally *out)
{
	const struct path *p = rib_path(r, path);
	const struct peer *peer = &r->peers[rib_nexthop(r, p->nexthop)->peer];
	const struct rib_trial_peer *x = &t->peers[rib_nexthop(r, p->nexthop)->peer];
	struct filter_effect effect;

	if (peer->state != PEER_UP)
		return;
	bool now = path_why(r, p) == RIB_USED, then = now;
	bool hop_fails = p->why == RIB_USED && !now;
	if (!hop_fails && x->incarnation == peer->is.incarnation) {
		then = used_then(r, t, prefix, p, &effect);
		effect.last_choice |= path_is_long_lived(peer, p, prefix->addr.family == ADDR_V6);
		out->differs |= then != now ||
				(now && !filter_effect_equal(&effect, effect_in_force(r, path)));
	}
	out->now |= now;
	out->then |= then;
}

static const struct filter *list_now(const struct vrf *v, uint16_t from)
{
	for (size_t i = 0; i < v->imports_n; i++)
		if (v->imports[i].from == from)
			return v->imports[i].list;
	return NULL;
}

static const struct filter *list_then(const struct rib_trial *t, uint16_t to, uint16_t from)
{
	for (size_t i = 0; i < t->imports_n[to]; i++)
		if (t->imports[to][i].from == from)
			return t->imports[to][i].list;
	return NULL;
}

static bool takes_then(
	const struct rib_trial *t, uint16_t to, const struct filter *list, const struct prefix *p)
{
	return list && filter_permits(list, p, NULL, NULL) &&
	       !(t->deny[to] && filter_permits(t->deny[to], p, NULL, NULL));
}

/* The paths of another VRF, as VRF `to` takes them now and would take them then. */
static void try_leak(struct rib *r, const struct rib_trial *t, uint16_t to, uint16_t from,
	const struct prefix *p, struct tally *out)
{
	const struct filter *list = list_now(&r->vrfs[to], from);
	const struct table *table = r->vrfs[from].family[p->addr.family == ADDR_V6];
	uint32_t e = table ? table_find(table, p) : 0;
	bool hides = e && hides_gateway(r, to, p);
	bool now = e && list && leak_why(r, to, list, p) == RIB_USED;
	bool then = e && takes_then(t, to, list_then(t, to, from), p) && !hides;

	for (uint32_t i = e && (now || then) ? table_entry(table, e)->paths : 0; i;
		i = rib_path(r, i)->next) {
		struct tally y = {0};
		try_path(r, t, p, i, &y);
		y.now = y.now && now;
		y.then = y.then && then;
		out->differs |= y.now != y.then || (y.differs && now && then);
		out->now |= y.now;
		out->then |= y.then;
	}
}

struct trial_walk {
	const struct rib_trial *t;
	void (*visit)(void *arg, uint16_t vrf, const struct prefix *p, enum rib_trial_outcome o);
	void *arg;
	uint16_t importing[RIB_VRFS_MAX]; /* VRFs that import now or would then */
	size_t importing_n;
};

static bool imports_from(const struct rib *r, const struct rib_trial *t, uint16_t to, uint16_t from)
{
	return list_now(&r->vrfs[to], from) || list_then(t, to, from);
}

/* Paths of all VRFs that it imports from now, then those it would only then. */
static void try_leaks(struct rib *r, const struct rib_trial *t, uint16_t to, const struct prefix *p,
	struct tally *out)
{
	const struct vrf *v = &r->vrfs[to];

	for (size_t i = 0; i < v->imports_n; i++)
		try_leak(r, t, to, v->imports[i].from, p, out);
	for (size_t i = 0; i < t->imports_n[to]; i++)
		if (!list_now(v, t->imports[to][i].from))
			try_leak(r, t, to, t->imports[to][i].from, p, out);
}

/* The prefix in this VRF; e 0: it has no entry there. */
static void try_prefix(struct rib *r, const struct trial_walk *w, uint16_t vrf,
	const struct prefix *p, const struct table *table, uint32_t e)
{
	struct tally y = {0};

	for (uint32_t i = e ? table_entry(table, e)->paths : 0; i; i = rib_path(r, i)->next)
		try_path(r, w->t, p, i, &y);
	try_leaks(r, w->t, vrf, p, &y);
	if (y.differs)
		w->visit(w->arg, vrf, p,
			y.now == y.then ? RIB_TRIAL_CHANGED
			: y.now         ? RIB_TRIAL_LOST
					: RIB_TRIAL_GAINED);
}

static bool has_entry(const struct rib *r, uint16_t vrf, const struct prefix *p)
{
	const struct table *t = r->vrfs[vrf].family[p->addr.family == ADDR_V6];
	return t && table_find(t, p);
}

/* Is this VRF the first that could give the prefix to one that has no entry of it? */
static bool gives_first(const struct rib *r, const struct rib_trial *t, uint16_t to, uint16_t from,
	const struct prefix *p)
{
	if (to == from || !imports_from(r, t, to, from) || has_entry(r, to, p))
		return false;
	for (uint16_t i = 0; i < from; i++)
		if (imports_from(r, t, to, i) && has_entry(r, i, p))
			return false;
	return true;
}

static void try_entry(
	struct rib *r, const struct trial_walk *w, const struct table *table, uint32_t e)
{
	struct prefix p = table_prefix(table, table_entry(table, e));
	uint16_t vrf = table_vrf(table);

	try_prefix(r, w, vrf, &p, table, e);
	for (size_t i = 0; i < w->importing_n; i++)
		if (gives_first(r, w->t, w->importing[i], vrf, &p))
			try_prefix(r, w, w->importing[i], &p, NULL, 0);
}

bool rib_trial_walk(struct rib *r, const struct rib_trial *t, struct rib_cursor *c, unsigned budget,
	void (*visit)(void *arg, uint16_t vrf, const struct prefix *p, enum rib_trial_outcome o),
	void *arg)
{
	struct trial_walk w = {t, visit, arg, {0}, 0};

	for (uint16_t i = 0; i < RIB_VRFS_MAX; i++)
		if (r->vrfs[i].imports_n || t->imports_n[i])
			w.importing[w.importing_n++] = i;
	for (; c->position[0] < TABLES; c->position[0]++, c->position[1] = 0) {
		const struct table *table = rib_table(r, (uint16_t)c->position[0]);
		while (table && c->position[1] < table->entries.top) {
			if (!budget--)
				return true;
			uint32_t e = ++c->position[1];
			if (table_entry(table, e)->flags & ENTRY_USED)
				try_entry(r, &w, table, e);
		}
	}
	return false;
}
