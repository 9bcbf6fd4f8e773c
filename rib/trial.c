#include "rib/trial.h"

#include <string.h>

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

static void try_entry(struct rib *r, const struct rib_trial *t, const struct table *table,
	uint32_t e,
	void (*visit)(void *arg, uint16_t vrf, const struct prefix *p, enum rib_trial_outcome o),
	void *arg)
{
	const struct entry *x = table_entry(table, e);
	struct prefix prefix = table_prefix(table, x);
	struct tally y = {0};

	for (uint32_t i = x->paths; i; i = rib_path(r, i)->next)
		try_path(r, t, &prefix, i, &y);
	if (y.differs)
		visit(arg, table_vrf(table), &prefix,
			y.now == y.then ? RIB_TRIAL_CHANGED
			: y.now         ? RIB_TRIAL_LOST
					: RIB_TRIAL_GAINED);
}

bool rib_trial_walk(struct rib *r, const struct rib_trial *t, struct rib_cursor *c, unsigned budget,
	void (*visit)(void *arg, uint16_t vrf, const struct prefix *p, enum rib_trial_outcome o),
	void *arg)
{
	for (; c->position[0] < TABLES; c->position[0]++, c->position[1] = 0) {
		const struct table *table = rib_table(r, (uint16_t)c->position[0]);
		while (table && c->position[1] < table->entries.top) {
			if (!budget--)
				return true;
			uint32_t e = ++c->position[1];
			if (table_entry(table, e)->flags & ENTRY_USED)
				try_entry(r, t, table, e, visit, arg);
		}
	}
	return false;
}
